package pages

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction/agency"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

func asClerk(p *Page) {
	p.Viewer = Viewer{AccountID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0003"), Login: "clerk1", Role: RoleClerk}
	p.Nav = "agencies"
}

// sampleAgency is a joint bid of two in a state; the numbers stand for the court alone.
func sampleAgency(p *Page, st agency.State, court bool) agency.View {
	v := agency.View{
		ID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0a01"), Lot: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c1203"), Title: tx("鸠兹里 6 幢 1203 室住宅", "Flat 1203, block 6, Jiuzili"),
		Case: "（2026）皖0202执恢318号", Status: st, Agent: agency.Named{Name: "Ming Xu"}, Proof: strings.Repeat("5a", 32), Hash: strings.Repeat("0f", 32),
		RequestedAt: p.Now.Add(-20 * time.Hour), StartsAt: p.Now.Add(50 * time.Hour),
		Principals: []agency.PrincipalView{{Named: agency.Named{Name: "Gu"}, ShareBP: 3333}, {Named: agency.Named{Name: "Jianglan Trading"}, ShareBP: 6667, Agent: true}},
	}
	if court {
		v.Agent.Number, v.Principals[0].Number, v.Principals[1].Number = "A0", "A1", "A2"
	}
	if st != agency.Requested {
		at := p.Now.Add(-time.Hour)
		v.DecidedAt = &at
	}
	if st == agency.Refused {
		v.Reason = tx("委托书没有签名", "The power of attorney is not signed")
	}
	return v
}

// sampleAsk is the page of who asks, with inputs and what was asked before.
func sampleAsk(p *Page, refused error, mine ...agency.State) AgencyView {
	asBidder(p)
	p.Title, p.Nav = p.T("agency.heading"), "lots"
	v := AgencyView{LotHref: "/lots/x", Title: p.W.Pick("鸠兹里 6 幢 1203 室住宅", "Flat 1203, block 6, Jiuzili"), Action: "/lots/x/agency", Until: p.W.Minute(p.Now.Add(50 * time.Hour)), Rows: make([]AgencyInput, firstInputs)}
	for _, st := range mine {
		one := sampleAgency(p, st, false)
		v.Mine = append(v.Mine, p.myAgency(&one))
	}
	if refused != nil {
		v.Rows[0], v.Rows[1] = AgencyInput{"Gu", "A1", "33.33"}, AgencyInput{"Jianglan Trading", "A2", "66.66"}
		v.Errors = agencyErrors(p, &v, refused)
	}
	return v
}

func agencyStories() []story {
	ask := func(refused error, mine ...agency.State) func(p *Page) templ.Component {
		return func(p *Page) templ.Component { return AgencyPage(p, sampleAsk(p, refused, mine...)) }
	}
	one := func(st agency.State, asked string, refused error) func(p *Page) templ.Component {
		return func(p *Page) templ.Component {
			asClerk(p)
			p.Title = p.T("agency.single")
			view := sampleAgency(p, st, true)
			v := BenchAgencyView{AgencyRow: p.agencyRow(&view), Action: "/bench/agencies/x", Fields: both("reason", p.T("agency.reason"), "textarea", true), Ask: asked, Errors: ErrorsOf(p.W, refused, "reason_zh", "reason_en")}
			return BenchAgencyPage(p, v)
		}
	}
	return []story{
		{"agency", ask(nil)},
		{"agency-asked", ask(nil, agency.Requested)},
		{"agency-decided", ask(nil, agency.Confirmed, agency.Refused)},
		{"agency-refused", ask(fault.New(fault.Invalid, fault.SharesNotWhole).ByRule("R14").InField(agencyField(1, "share_bp")).With("sum_bp", 9999))},
		{"agency-closed", func(p *Page) templ.Component {
			v := sampleAsk(p, nil)
			v.Closed = true
			return AgencyPage(p, v)
		}},
		{"bench-agencies", func(p *Page) templ.Component {
			asClerk(p)
			p.Title = p.T("agency.bench")
			v := BenchAgenciesView{Said: p.T("agency.said_confirmed"), Next: "/bench/agencies?cursor=x"}
			for _, st := range []agency.State{agency.Requested, agency.Confirmed, agency.Refused} {
				view := sampleAgency(p, st, true)
				v.Rows = append(v.Rows, p.agencyRow(&view))
			}
			return BenchAgenciesPage(p, v)
		}},
		{"bench-agencies-none", func(p *Page) templ.Component {
			asJudge(p)
			p.Title = p.T("agency.bench")
			return BenchAgenciesPage(p, BenchAgenciesView{LotTitle: sampleTitle(p)})
		}},
		{"bench-agency", one(agency.Requested, "", nil)},
		{"bench-agency-confirm", one(agency.Requested, "confirm", nil)},
		{"bench-agency-refuse", one(agency.Requested, "refuse", nil)},
		{"bench-agency-refused", one(agency.Requested, "", fault.New(fault.Invalid, fault.ReasonRequired).InField("reason_en").ByRule("R14"))},
		{"bench-agency-decided", one(agency.Refused, "", nil)},
	}
}

// publicStories are the pages that everybody reads beside the lots.
func publicStories() []story {
	return []story{
		{"notices", func(p *Page) templ.Component {
			p.Title = p.T("published.heading")
			return NoticesPage(p, []PublishedNotice{{
				Case: "（2026）皖0202执恢318号", Court: p.pick(sampleCourt().Name), Title: sampleTitle(p), Who: p.W.Pick("被执行人 1", "Debtor 1"), Reason: p.W.Pick("下落不明", "Whereabouts unknown"),
				At: p.W.Time(p.Now), Until: p.W.Time(p.Now.Add(5 * 24 * time.Hour)),
			}})
		}},
		{"notices-none", func(p *Page) templ.Component { p.Title = p.T("published.heading"); return NoticesPage(p, nil) }},
		{"entry", func(p *Page) templ.Component {
			p.Title = p.T("entry.heading")
			return EntryPage(p, EntryView{ID: uuid.NewString(), LeafHash: strings.Repeat("0f", 32), Bytes: `{"v":1,"kind":"lot_revised"}`, Placed: true, Index: 48_213_000, Size: 48_213_907, Proof: "c2sp.org/tlog-proof@v1\nindex 48213000", LotHref: "/lots/x"})
		}},
		{"entry-waiting", func(p *Page) templ.Component {
			p.Title = p.T("entry.heading")
			return EntryPage(p, EntryView{ID: uuid.NewString(), LeafHash: strings.Repeat("0f", 32), Bytes: `{"v":1}`})
		}},
		{"guide", func(p *Page) templ.Component {
			p.Title = p.T("guide.heading")
			rules := law.China2017()
			v := GuideView{RuleSet: p.T("rule_set." + rules.Name), Return: rules.ReturnDepositsWithin, Extension: rules.Extension, Figures: p.ruleFigures(rules)}
			for _, id := range guideRules() {
				if src, ok := law.Article(id); ok {
					v.Rules = append(v.Rules, Figure{Name: p.T("guide.r_" + id), Value: id, Unit: p.W.Pick(src.TextZH, src.TextEN)})
				}
			}
			return GuidePage(p, v)
		}},
	}
}

// Each page of the templates stands in the storybook, in one state at least.
func TestEachPageHasAStory(t *testing.T) {
	t.Parallel()
	told := ""
	files, err := filepath.Glob("stories_*test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		told += string(src)
	}
	files, err = filepath.Glob("*.templ")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d templates: %v", len(files), err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^templ (\w+Page)\(`).FindAllStringSubmatch(string(src), -1) {
			if !strings.Contains(told, " "+m[1]+"(p") {
				t.Errorf("%s of %s is in no story", m[1], f)
			}
		}
	}
}

// sampleLists are the lists of a lot on the bench, with the way to each.
func sampleLists(p *Page, v *BenchLotView, waiting int64) {
	a := sampleProperty()
	v.Property = []PropertyRow{{Title: p.pick(a.Document.Title), Kind: p.categoryName(docket.Flat), Version: p.T("asset.version", "n", 2), Href: "/bench/assets/x"}}
	v.AgenciesHref, v.Agencies = "/bench/agencies?lot=x", waiting
}
