package pages

import (
	"os"
	"slices"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// sampleProperty is a flat of the demonstration court.
func sampleProperty() auction.AssetView {
	f, err := os.Open("../../cmd/mingchui/court/docket.json")
	if err != nil {
		panic(err)
	}
	defer func() { _ = f.Close() }()
	file, _ := docket.Parse(f)
	for _, c := range file.Cases {
		for _, a := range c.Assets {
			if a.Category == docket.Flat && len(a.Encumbrances) > 1 {
				id := uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0901")
				return auction.AssetView{
					ID: id, Number: c.Number, Document: a, DocumentHash: "x", Version: 1,
					Lots: []auction.AssetLot{{ID: id, Title: a.Title, State: auction.Draft}},
				}
			}
		}
	}
	panic("the demonstration court has no flat")
}

// lacking is a revision of the sample without an item of its survey and one defect more.
func lacking(v *auction.AssetView) docket.Asset {
	a := v.Document
	a.Survey = slices.Clone(a.Survey)[1:]
	a.Defects = append(slices.Clone(a.Defects), tx("厨房墙面渗水", "Damp on the kitchen wall"))
	a.Occupancy.State = docket.Vacant
	v.Lacks = []*fault.Error{fault.New(fault.Invalid, fault.AnnouncementIncomplete).InField("survey").ByRule("R2024").With("missing_zh", "勘查清单缺少“权属”（title）。").With("missing_en", "The survey lacks “Title” (title).")}
	return a
}

func assetStories() []story {
	page := func(make func(p *Page, v *auction.AssetView) AssetPageView) func(p *Page) templ.Component {
		return func(p *Page) templ.Component {
			asJudge(p)
			v := sampleProperty()
			p.Title = p.pick(v.Document.Title)
			return AssetPage(p, make(p, &v))
		}
	}
	return []story{
		{"asset", page(func(p *Page, v *auction.AssetView) AssetPageView { return p.assetPage(v) })},
		{"asset-lacks", page(func(p *Page, v *auction.AssetView) AssetPageView {
			before := v.Document
			v.Document = lacking(v)
			v.Version, v.Before, v.RevisedAt = 2, &before, &p.Now
			return p.assetPage(v)
		})},
		{"asset-ask", page(func(p *Page, v *auction.AssetView) AssetPageView {
			after := lacking(v)
			page := p.assetPage(v)
			page.Ask = &AssetAsk{Changes: p.assetChanges(v.Document, after), Lacks: []string{p.W.Refusal(v.Lacks[0]).Detail}, Drafts: 1, Hidden: []Pair{{"title.zh", "x"}}}
			page.Form, page.Lacks = nil, nil
			return page
		})},
		{"asset-refused", page(func(p *Page, v *auction.AssetView) AssetPageView {
			rows, at := rowsOf(v.Document)
			page := p.assetPage(v)
			page.Form = p.assetEditor(v, v.Document, rows, at, []*fault.Error{
				fault.New(fault.Invalid, fault.DocumentInvalid).InField("survey[2].on").With("problem_zh", "应为日期。").With("problem_en", "This takes a date."),
				fault.New(fault.Conflict, fault.DraftChanged),
			})
			return page
		})},
		{"asset-locked", page(func(p *Page, v *auction.AssetView) AssetPageView {
			v.Lots[0].State = auction.Announced
			return p.assetPage(v)
		})},
	}
}
