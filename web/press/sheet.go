package press

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"

	"mingchui/auction/fault"
	"mingchui/auction/papers"
	"mingchui/web/words"
)

// Sheet is a paper as it is printed: what it says, and where the log fixes it.
type Sheet struct {
	W    *words.Words
	Text papers.Text
	// Hash is the paper's, EntryURL the public address of the entry that fixes it: the QR code leads there.
	Hash, EntryURL string
	// Erased: names were taken out of it (R29), so that the hash is that of the paper before.
	Erased bool
}

// last is the last paragraph, which stays on one page with the signatures: no
// signature or seal stands on a page of its own.
func (s Sheet) last() string {
	if n := len(s.Text.Sections); n > 0 {
		if p := s.Text.Sections[n-1].Paragraphs; len(p) > 0 {
			return p[len(p)-1]
		}
	}
	return ""
}

// first are the paragraphs of a section, without the last of all.
func (s Sheet) first(i int) []string {
	p := s.Text.Sections[i].Paragraphs
	if i == len(s.Text.Sections)-1 && len(p) > 0 {
		return p[:len(p)-1]
	}
	return p
}

// StyleHash names the style of a sheet in a content security policy.
func StyleHash() string {
	sum := sha256.Sum256([]byte(CSS))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// QR is the code of a sheet, in SVG.
func (s Sheet) QR() (string, error) {
	svg, err := QR(s.EntryURL, s.W.T("paper.qr"))
	if err != nil {
		return "", fault.Internalf("draw a QR code: %w", err)
	}
	return svg, nil
}

// HTML is a sheet that stands alone: it needs nothing from elsewhere.
func (s Sheet) HTML(ctx context.Context) ([]byte, error) {
	svg, err := s.QR()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := sheet(s, svg, CSS).Render(ctx, &b); err != nil { //nolint:contextcheck // a component takes its context when it is rendered
		return nil, fault.Internalf("render paper: %w", err)
	}
	return b.Bytes(), nil
}

// Paper prints a sheet as PDF.
//
// Faults: pdf_unavailable.
func (p *Press) Paper(ctx context.Context, s Sheet) ([]byte, error) {
	html, err := s.HTML(ctx)
	if err != nil {
		return nil, err
	}
	key := s.Hash + " " + s.W.Lang() + " " + s.EntryURL
	if s.Erased {
		key += " erased"
	}
	return p.PDF(ctx, key, html)
}
