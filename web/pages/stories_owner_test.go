package pages

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
	"mingchui/payments/owner"
)

// ownerStories are money looking for its owner, for the person, for finance and for everybody.
func ownerStories() []story {
	as := func(p *Page, role, title, nav string) {
		p.Viewer = Viewer{AccountID: uuid.New(), Login: role + "1", Role: role}
		p.Title, p.Nav = p.T(title), nav
	}
	return []story{
		{"money", func(p *Page) templ.Component {
			as(p, RoleBidder, "owner.mine", "me")
			return MoneyPage(p, p.moneyOf(sampleHeld(p), sampleRequests(p), sampleCourts()))
		}},
		{"money-none", func(p *Page) templ.Component {
			as(p, RoleBidder, "owner.mine", "me")
			v := p.moneyOf(nil, nil, sampleCourts())
			v.Errors = ErrorsOf(p.W, fault.New(fault.Invalid, fault.InvalidRequest).InField("statement").ByRule("F1"))
			return MoneyPage(p, v)
		}},
		{"owners", func(p *Page) templ.Component {
			as(p, RoleFinance, "owner.heading", "funds")
			return OwnersPage(p, p.ownersOf(sampleRequests(p), sampleOld(p)))
		}},
		{"owners-none", func(p *Page) templ.Component {
			as(p, RoleFinance, "owner.heading", "funds")
			return OwnersPage(p, p.ownersOf(nil, nil))
		}},
		{"funds-ages", func(p *Page) templ.Component {
			p.Title, p.Nav = p.T("funds.heading"), "funds"
			return FundsPage(p, FundsView{Lede: p.T("funds.lede"), Ages: p.agesOf([]owner.Age{
				{Court: tx("鸠兹市江岸区人民法院", "Jiang’an District Court"), Count: 12, Over30: 9, Over90: 4, Over365: 1, Fen: 1_244_000_56, Fen30: 944_000_00, Fen90: 144_000_00, Fen365: 1_234_56},
			})})
		}},
	}
}

func ownerID(n string) uuid.UUID { return uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c08" + n) }

func sampleCourts() []owner.Court {
	return []owner.Court{{ID: ownerID("01"), Name: tx("鸠兹市江岸区人民法院", "Jiang’an District Court")}}
}

func sampleHeld(p *Page) []owner.Held {
	court := tx("鸠兹市江岸区人民法院", "Jiang’an District Court")
	return []owner.Held{
		{Subject: owner.Deposit, ID: ownerID("11"), Court: court, CaseNumber: "（2026）皖9902执101号", Title: tx("江岸路商铺", "Shop, Jiang’an Road"), Fen: 15_000_000, Since: p.Now.Add(-400 * time.Hour)},
		{Subject: owner.Claim, ID: ownerID("12"), Court: court, CaseNumber: "（2026）皖9902执102号", Fen: 100_01, Since: p.Now.Add(-100 * time.Hour), Asked: true},
	}
}

func sampleRequests(p *Page) []owner.Request {
	done, fen := p.Now.Add(-time.Hour), money.Fen(15_000_000)
	court := tx("鸠兹市江岸区人民法院", "Jiang’an District Court")
	account := casefund.Account{Holder: p.W.Pick("样例公司", "Sample Ltd."), Bank: p.W.Pick("江岸银行", "Jiang’an Bank"), Number: "6222000011112222"}
	asker := p.W.Pick("某甲", "A.")
	return []owner.Request{
		{ID: ownerID("21"), Subject: owner.Old, Court: court, CaseNumber: "（2019）皖9902执7号", Statement: p.W.Pick("2019 年缴纳的保证金", "A deposit of 2019"), AskedAt: done, DueAt: p.Now.Add(300 * time.Hour), State: "asked", Asker: asker, Account: account},
		{ID: ownerID("22"), Subject: owner.Deposit, Court: court, CaseNumber: "（2026）皖9902执101号", Fen: &fen, AskedAt: p.Now.Add(-400 * time.Hour), DueAt: done, State: "asked", Asker: asker, Account: account},
		{ID: ownerID("23"), Subject: owner.Claim, Court: court, CaseNumber: "（2026）皖9902执102号", AskedAt: done, DueAt: p.Now, State: "granted", DecidedAt: &done, Asker: asker, Account: account},
		{ID: ownerID("24"), Subject: owner.Old, Court: court, AskedAt: done, DueAt: p.Now, State: "refused", Reason: p.W.Pick("凭据不足", "The proof does not suffice"), DecidedAt: &done, Asker: asker, Account: account},
	}
}

func sampleOld(p *Page) []owner.OldBalance {
	one := func(n, state string, mine bool) owner.OldBalance {
		return owner.OldBalance{ID: ownerID(n), CaseNumber: "（2019）皖9902执7号", Payer: p.W.Pick("某甲", "A."), Fen: 1_234_56, ReceivedOn: p.Now.Add(-20000 * time.Hour), Kind: "deposit", Note: p.W.Pick("现金", "cash"), State: state, Mine: mine}
	}
	return []owner.OldBalance{one("31", "held", false), one("32", "owed", false), one("33", "owed", true)}
}
