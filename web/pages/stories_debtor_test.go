package pages

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/payments/casefund"
	"mingchui/payments/debtor"
)

// debtorStories are the door of a case, and what stands behind it.
func debtorStories() []story {
	at := func(name string, change func(p *Page, v *debtor.View) (plans []casefund.Made)) story {
		return story{"debtor-" + name, func(p *Page) templ.Component {
			p.Title = p.T("debtor.heading")
			v := sampleDebtor(p)
			plans := change(p, &v)
			out := p.debtorOf(v, plans)
			if name == "refused" {
				(&debtorForm{"pay", fault.New(fault.Invalid, fault.AmountInvalid).InField("amount_fen").ByRule("R17w"), map[string][]string{"amount_fen": {"0"}}}).on(p, &out)
			}
			if name == "paid" {
				out.Movements = sampleMovements(p)
			}
			return DebtorPage(p, out)
		}}
	}
	return []story{
		{"debtor-door", func(p *Page) templ.Component {
			p.Title = p.T("debtor.heading")
			return DebtorDoorPage(p, DebtorDoorView{})
		}},
		{"debtor-door-refused", func(p *Page) templ.Component {
			p.Title = p.T("debtor.heading")
			return DebtorDoorPage(p, DebtorDoorView{Errors: ErrorsOf(p.W, fault.New(fault.Unauthenticated, fault.DebtorCodeWrong).InField("code"), "code")})
		}},
		at("owed", func(*Page, *debtor.View) []casefund.Made { return nil }),
		at("refused", func(*Page, *debtor.View) []casefund.Made { return nil }),
		at("paid", func(p *Page, v *debtor.View) []casefund.Made {
			v.Sum.Rest, v.Lots = 0, nil
			v.Payments = []debtor.Payment{{At: p.Now, Counted: 700_00, Back: 300_00}, {At: p.Now.Add(-time.Hour), Counted: 300_00, Back: 1, Returned: true}}
			v.Account = &debtor.Proposal{ID: uuid.New(), Account: casefund.Account{Number: "6222000011112222"}, At: p.Now, State: debtor.Declined, Reason: p.W.Pick("户名不符", "the name differs")}
			return []casefund.Made{sampleMade(p)}
		}),
		{"debtor-doors", func(p *Page) templ.Component {
			p.Viewer = Viewer{AccountID: uuid.New(), Login: "judge1", Role: RoleJudge}
			p.Title = p.T("debtor.doors")
			used := p.Now.Add(-time.Hour)
			v := p.doorsOf(uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0701"), "（2026）皖9902执101号", []debtor.Door{
				{ID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0702"), GivenAt: p.Now, Expires: p.Now.Add(1000 * time.Hour)},
				{ID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0703"), GivenAt: used, Expires: p.Now.Add(1000 * time.Hour), FirstUsedAt: &used, RevokedAt: &used},
			})
			v.Code, v.Address = "7K2QX-M9TRB-0WZ4N-HC6DP", "https://example.org/debtor"
			return DebtorDoorsPage(p, v)
		}},
		{"debtor-accounts", func(p *Page) templ.Component {
			p.Viewer = Viewer{AccountID: uuid.New(), Login: "finance1", Role: RoleFinance}
			p.Title, p.Nav = p.T("debtor.accounts"), "funds"
			return DebtorAccountsPage(p, p.debtorAccountsOf([]debtor.Proposal{{
				ID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0704"), Number: "（2026）皖9902执101号", At: p.Now,
				Account: casefund.Account{Holder: p.W.Pick("样例公司", "Sample Ltd."), Bank: p.W.Pick("江岸银行", "Jiang’an Bank"), Number: "6222000011112222"},
			}}))
		}},
		{"debtor-accounts-none", func(p *Page) templ.Component {
			p.Viewer = Viewer{AccountID: uuid.New(), Login: "finance1", Role: RoleFinance}
			p.Title, p.Nav = p.T("debtor.accounts"), "funds"
			return DebtorAccountsPage(p, DebtorAccountsView{})
		}},
	}
}

// sampleDebtor has a line of each kind, and a sale of each.
func sampleDebtor(p *Page) debtor.View {
	paid := p.Now.Add(-time.Hour)
	return debtor.View{
		CaseID: uuid.New(), Number: "（2026）皖9902执101号", Court: docket.Court{Name: tx("鸠兹市江岸区人民法院", "Jiang’an District Court")},
		Sum: debtor.Sum{
			Rest: 186_400_37, Later: 12_000_00,
			Lines: []debtor.Line{
				{Part: debtor.Applicant, Fen: 2_000_000_00},
				{Part: debtor.Claim, No: 2, Kind: "secured", Fen: 400_000_00},
				{Part: debtor.SaleCosts, Fen: 1_200_00},
				{Part: debtor.Enforcement, Fen: 24_300_37},
				{Part: debtor.Given, Fen: 1},
				{Part: debtor.Sold, Title: tx("鸠兹里 6 幢 1203 室住宅", "Flat 1203, block 6, Jiuzili"), Fen: -2_100_000_00},
				{Part: debtor.Direct, Fen: -4_000_00},
				{Part: debtor.Forfeits, Fen: -23_100_00},
				{Part: debtor.Paid, At: &paid, Fen: -100_000_01},
			},
		},
		Lots: []debtor.Lot{
			{ID: uuid.New(), Title: tx("江岸路商铺", "Shop, Jiang’an Road"), StartsAt: p.Now.Add(48 * time.Hour), Stops: true},
			{ID: uuid.New(), Title: tx("皖B·样例小客车", "A car"), StartsAt: p.Now.Add(-time.Hour)},
		},
		Payments: []debtor.Payment{{At: paid, Counted: 100_000_01}},
	}
}
