package pages

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/distribution"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
)

// divisionStories are a case's money on the way to its payees, for finance and for a judge.
func divisionStories() []story {
	as := func(p *Page, role string) auction.Actor {
		p.Viewer = Viewer{AccountID: uuid.New(), Login: "finance1", Role: role}
		p.Title, p.Nav = p.T("division.heading"), "funds"
		return auction.Actor{AccountID: p.Viewer.AccountID, Role: role, CourtID: uuid.New()}
	}
	at := func(name string, role string, change func(p *Page, d *casefund.Desk)) story {
		return story{"division-" + name, func(p *Page) templ.Component {
			by := as(p, role)
			d, c := sampleDesk(p)
			change(p, &d)
			v := p.division(&c, &d, by)
			if name == "refused" {
				refused := fault.New(fault.Invalid, fault.InvalidRequest).InField("sure").ByRule("F5")
				(&refusedAct{act: "approval", err: refused, values: map[string][]string{}}).on(p, &v.Acts[0])
			}
			return DivisionPage(p, v)
		}}
	}
	waits := func(w casefund.Waits) func(p *Page, d *casefund.Desk) {
		return func(_ *Page, d *casefund.Desk) { d.Plans[0].WaitsFor = w }
	}
	return []story{
		at("none", RoleFinance, func(_ *Page, d *casefund.Desk) { d.Plans, d.Claims = nil, nil }),
		at("service", RoleFinance, func(_ *Page, d *casefund.Desk) { d.Plans[0].WaitsFor, d.Plans[0].Receipts = casefund.ForService, nil }),
		at("answers", RoleFinance, func(p *Page, d *casefund.Desk) {
			m := &d.Plans[0]
			m.WaitsFor = casefund.ForAnswers
			m.Objections = []casefund.Contested{{
				ID: uuid.New(), No: 1, By: distribution.TheDebtor, Claim: m.Case.Claims[1].ID, AskedFen: 400_000_00, LodgedAt: p.Now, Outcome: distribution.Telling,
			}}
		}),
		at("panel", RoleJudge, waits(casefund.ForPanel)),
		at("approval", RoleFinance, waits(casefund.ForApproval)),
		at("refused", RoleFinance, waits(casefund.ForApproval)),
		at("payouts", RoleFinance, samplePayouts),
	}
}

// sampleDesk is a case with three creditors and a plan that all received.
func sampleDesk(p *Page) (casefund.Desk, auction.CaseDetail) {
	m := sampleMade(p)
	m.Stale = false
	c := auction.CaseDetail{ID: m.CaseID, Number: "（2026）皖9902执101号"}
	due := p.Now.Add(9 * 24 * time.Hour)
	d := casefund.Desk{PayOutDue: &due}
	for i, name := range []string{"江岸银行", "芜港工程机械有限公司", "沈某某"} {
		d.Claims = append(d.Claims, casefund.Claim{
			ID: m.Claims[i].ID, No: i + 1, Kind: m.Claims[i].Kind, Creditor: tx(name, []string{"Jiang’an Bank", "Wugang Machinery Co., Ltd.", "Ms Shen"}[i]), Instrument: "（2025）皖9902民初88号",
			AmountFen: m.Case.Claims[i].Amount, Applicant: i == 0, LodgedAt: p.Now,
		})
		m.Receipts = append(m.Receipts, distribution.Receipt{Who: distribution.Addressee(m.Claims[i].ID.String()), At: p.Now.Add(-20 * 24 * time.Hour)})
	}
	m.Receipts = append(m.Receipts, distribution.Receipt{Who: distribution.TheDebtor, At: p.Now.Add(-20 * 24 * time.Hour)})
	m.PanelNeeded = true
	m.Votes.For, m.Votes.Against, m.Votes.Panel = 2, 0, 3
	d.Plans = []casefund.Made{m}
	return d, c
}

// samplePayouts are payouts in each state, with the accounts and a file.
func samplePayouts(p *Page, d *casefund.Desk) {
	m := &d.Plans[0]
	m.ApprovedAt, m.WaitsFor = &p.Now, casefund.ForJudgment
	for i, state := range []casefund.PayoutState{casefund.PayoutPaid, casefund.PayoutSent, casefund.PayoutApproved} {
		o := casefund.Payout{ID: uuid.New(), Plan: m.ID, To: distribution.Addressee(m.Claims[i].ID.String()), Purpose: casefund.ToClaim, AmountFen: m.Plan.Dues[i].Fen - m.Plan.Dues[i].SetAside, State: state, ApprovedAt: p.Now}
		if state == casefund.PayoutPaid {
			o.PaidAt = &p.Now
		}
		m.Payouts = append(m.Payouts, o)
		d.Payees = append(d.Payees, casefund.PayeeAccount{To: o.To, Holder: d.Claims[i].Creditor.Zh, Bank: "江岸银行鸠兹支行", Number: "6222000011112222", RecordedAt: p.Now, Mine: i == 0})
	}
	m.Payouts = append(m.Payouts, casefund.Payout{ID: uuid.New(), Plan: m.ID, To: distribution.TheDebtor, Purpose: casefund.ToKeep, AmountFen: m.Plan.Kept, State: casefund.PayoutApproved, ApprovedAt: p.Now})
	d.Files = []casefund.FileHead{{ID: uuid.New(), No: 1, ReleasedAt: p.Now, Lines: 2, Sum: m.Payouts[0].AmountFen + m.Payouts[1].AmountFen}}
	d.Sendable = money.Fen(96_000_00)
}
