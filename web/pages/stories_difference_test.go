package pages

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
)

func differenceStories() []story {
	as := func(p *Page) {
		p.Viewer = Viewer{AccountID: uuid.New(), Login: "finance1", Role: RoleFinance}
		p.Title, p.Nav = p.T("difference.heading"), "funds"
	}
	return []story{
		{"differences", func(p *Page) templ.Component { as(p); return DifferencesPage(p, sampleDifferences(p)) }},
		{"differences-none", func(p *Page) templ.Component { as(p); return DifferencesPage(p, DifferencesView{}) }},
		{"reconciliation", func(p *Page) templ.Component {
			as(p)
			return ReconciliationPage(p, p.reconciliationOf(sampleReconciliation(p)))
		}},
		{"reconciliation-none", func(p *Page) templ.Component {
			as(p)
			return ReconciliationPage(p, p.reconciliationOf(payments.ReconciliationView{}))
		}},
	}
}

// sampleDifferences has one of each state: owed and refused at the form, entered by another, by the reader, paid, fallen.
func sampleDifferences(p *Page) DifferencesView {
	due, done := p.Now.Add(-30*time.Hour), p.Now.Add(-time.Hour)
	one := func(n string, fallen bool, paid *time.Time, list ...payments.TransferEntry) payments.DifferenceOwed {
		return payments.DifferenceOwed{
			LotID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c04" + n), Title: tx("鸠兹里 6 幢 1203 室住宅", "Flat 1203, block 6, Jiuzili"), Number: "（2026）皖9902执101号",
			Creditor: tx("江岸银行", "Jiang’an Bank"), AmountFen: 6_000_000, DueAt: &due, Fallen: fallen, PaidAt: paid, Transfers: list,
		}
	}
	entry := func(state string, mine bool) payments.TransferEntry {
		e := payments.TransferEntry{TransferIn: payments.TransferIn{ID: uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c0499"), AmountFen: 6_000_000, BankReference: "20260618-0071", State: state, PreparedAt: p.Now.Add(-2 * time.Hour)}, PreparedBy: "finance2", Mine: mine}
		if state != "prepared" {
			e.DecidedAt, e.DecidedBy = &done, "finance1"
		}
		if state == "refused" {
			e.Reason = p.W.Pick("流水号有误", "the reference is wrong")
		}
		return e
	}
	var v DifferencesView
	for _, d := range []payments.DifferenceOwed{
		one("01", false, nil, entry("refused", false)), one("02", false, nil, entry("prepared", false)), one("03", false, nil, entry("prepared", true)),
		one("04", false, &done, entry("approved", false)), one("05", true, nil), one("06", true, nil, entry("prepared", false)),
	} {
		v.Rows = append(v.Rows, p.differenceRow(&d))
	}
	refused := fault.New(fault.Invalid, fault.AmountInvalid).InField("amount_fen").ByRule("R16d").With("expected_fen", money.Fen(6_000_000))
	(&refusedAct{act: "entry", err: refused, values: map[string][]string{"amount_fen": {"59999.99"}, "bank_reference": {"20260618-0072"}}}).on(p, v.Rows[0].Form)
	return v
}

// sampleReconciliation has a difference in the open and one that is sealed, money that is held, on its way back and sealed, and two runs.
func sampleReconciliation(p *Page) payments.ReconciliationView {
	id := func(n string) uuid.UUID { return uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c05" + n) }
	here, there, booking, payment, done := money.Fen(15_000_000), money.Fen(14_999_999), "txn_3PqJ1kA2", id("01"), p.Now.Add(-time.Hour)
	return payments.ReconciliationView{
		Runs: []payments.Reconciliation{
			{ID: id("11"), State: "fetching", AskedAt: p.Now.Add(-time.Minute)},
			{ID: id("12"), Daily: true, State: "done", AskedAt: p.Now.Add(-2 * time.Hour), FinishedAt: &done, Found: 2, Closed: 1},
		},
		Differences: []payments.BookDifference{
			{ID: id("21"), Kind: payments.OtherAmount, BookingID: &booking, PaymentID: &payment, RefundID: &payment, HereFen: &here, ThereFen: &there, Currency: "cny", FoundAt: done},
			{ID: id("22"), Kind: payments.OtherCurrency, BookingID: &booking, HereFen: &here, ThereFen: &there, Currency: "hkd", FoundAt: done},
			{ID: id("23"), Kind: payments.UnknownThere, Sealed: true, FoundAt: done},
		},
		SuspenseFen: 2 * there,
		Suspense: []payments.Unknown{
			{ID: id("31"), Kind: payments.UnknownHere, State: "held", BookingID: &booking, AmountFen: &there, FoundAt: done},
			{ID: id("32"), Kind: payments.OtherAmount, State: "returning", BookingID: &booking, NamesPayment: &payment, AmountFen: &there, FoundAt: done},
			{ID: id("33"), Kind: payments.CountedTwice, State: "sealed", FoundAt: done},
		},
	}
}
