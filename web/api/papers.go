package api

import (
	"context"
	"net/http"

	"mingchui/auction"
	"mingchui/auction/papers"
	"mingchui/web/press"
	"mingchui/web/words"
)

// paperBody is a paper with its words in the reader's language.
type paperBody struct {
	auction.PaperView

	Text papers.Text `json:"text"`
}

func (a *API) paperList(c *Call, list []auction.PaperView) (Answer, error) {
	out := struct {
		Items []paperBody `json:"items"`
	}{make([]paperBody, len(list))}
	for i := range list {
		text, err := list[i].Text(c.Visitor.Lang)
		if err != nil {
			return Answer{}, err
		}
		out.Items[i] = paperBody{list[i], text}
	}
	return ok(out)
}

// lotPapers are the papers of a lot that the caller may read.
func (a *API) lotPapers(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	list, err := a.Auction.Papers(ctx, actor(c.Visitor.Identity), lot)
	if err != nil {
		return Answer{}, err
	}
	return a.paperList(c, list)
}

// casePapers are the papers of a case that the caller may read.
func (a *API) casePapers(ctx context.Context, c *Call) (Answer, error) {
	id, err := a.caseID(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	list, err := a.Auction.PapersOfCase(ctx, actor(c.Visitor.Identity), id)
	if err != nil {
		return Answer{}, err
	}
	return a.paperList(c, list)
}

func (a *API) findPaper(ctx context.Context, c *Call) (auction.PaperView, papers.Text, error) {
	id, err := c.ID("paper")
	if err != nil {
		return auction.PaperView{}, papers.Text{}, err
	}
	p, err := a.Auction.Paper(ctx, actor(c.Visitor.Identity), id)
	if err != nil {
		return auction.PaperView{}, papers.Text{}, err
	}
	text, err := p.Text(c.Visitor.Lang)
	return p, text, err
}

// paper is one paper: its facts as they were hashed, and its words.
func (a *API) paper(ctx context.Context, c *Call) (Answer, error) {
	p, text, err := a.findPaper(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	return ok(paperBody{p, text})
}

func (a *API) sheet(ctx context.Context, c *Call) (press.Sheet, error) {
	p, text, err := a.findPaper(ctx, c)
	return press.Sheet{W: words.In(c.Visitor.Lang), Text: text, Hash: p.Hash, EntryURL: a.SiteURL + "/entries/" + p.Entry.String(), Erased: p.ErasedAt != nil}, err
}

// paperHTML is a paper as a sheet that stands alone.
func (a *API) paperHTML(ctx context.Context, c *Call) (Answer, error) {
	s, err := a.sheet(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	html, err := s.HTML(ctx)
	out := printed(html, "text/html; charset=utf-8")
	// The one answer of the contract that a browser renders: its own style and nothing else.
	out.Header.Set("Content-Security-Policy", "default-src 'none'; style-src '"+press.StyleHash()+"'; frame-ancestors 'none'")
	return out, err
}

// paperPDF is the sheet printed, with text that can be selected.
func (a *API) paperPDF(ctx context.Context, c *Call) (Answer, error) {
	s, err := a.sheet(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	pdf, err := a.Press.Paper(ctx, s)
	return printed(pdf, "application/pdf"), err
}

func printed(b []byte, kind string) Answer {
	return Answer{Status: http.StatusOK, Bytes: b, ContentType: kind, Header: http.Header{"Cache-Control": {"private, no-store"}}}
}
