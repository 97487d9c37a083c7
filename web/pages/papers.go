package pages

import "mingchui/auction/papers"

// PaperView is one paper.
type PaperView struct {
	Title, LotHref string
	Text           papers.Text
	Hash           string
	// QR is our own SVG; it leads to EntryURL.
	QR                           string
	EntryHref, EntryURL, PDFHref string
}

// PaperLink is a paper in a list.
type PaperLink struct{ Name, At, Href, PDF string }

// EntryView is one entry of the log.
type EntryView struct {
	ID, LeafHash, Bytes, Proof string
	Placed                     bool
	Index, Size                int64
	LotHref                    string
}
