package pages

import "mingchui/auction/papers"

// PaperView is one paper.
type PaperView struct {
	Title, LotHref string
	Text           papers.Text
	Hash           string
	// Erased: names were taken out after ten years (R29).
	Erased bool
	// QR is our own SVG; it leads to the entry.
	QR                 string
	EntryHref, PDFHref string
}

// PaperLink is a paper in a list.
type PaperLink struct {
	Kind                papers.Kind
	Name, At, Href, PDF string
}

// EntryView is one entry of the log.
type EntryView struct {
	ID, LeafHash, Bytes, Proof string
	Placed                     bool
	Index, Size                int64
	LotHref                    string
}
