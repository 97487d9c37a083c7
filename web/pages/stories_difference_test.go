package pages

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments"
	"mingchui/payments/custody"
)

func differenceStories() []story {
	as := func(p *Page) {
		p.Viewer = Viewer{AccountID: uuid.New(), Login: "finance1", Role: RoleFinance}
		p.Title, p.Nav = p.T("difference.heading"), "funds"
	}
	return []story{
		{"differences", func(p *Page) templ.Component { as(p); return DifferencesPage(p, sampleDifferences(p)) }},
		{"differences-none", func(p *Page) templ.Component { as(p); return DifferencesPage(p, DifferencesView{}) }},
		{"returns", func(p *Page) templ.Component {
			as(p)
			return ByHandPage(p, p.returnsOf(sampleReturns(p), uuid.Nil, nil))
		}},
		{"returns-none", func(p *Page) templ.Component { as(p); return ByHandPage(p, p.returnsOf(nil, uuid.Nil, nil)) }},
		{"transfers", func(p *Page) templ.Component {
			as(p)
			refused := fault.New(fault.Invalid, fault.PaymentReferenceInvalid).InField("payment_reference")
			return ByHandPage(p, p.transfersOf(sampleTransfers(p), uuid.Nil, &refusedAct{act: "entry", err: refused, values: map[string][]string{"amount_fen": {"59999.99"}}}))
		}},
		{"transfers-none", func(p *Page) templ.Component { as(p); return ByHandPage(p, p.transfersOf(nil, uuid.Nil, nil)) }},
		{"transfer", func(p *Page) templ.Component {
			p.Viewer = Viewer{AccountID: uuid.New(), Login: "bidder1", Role: RoleBidder}
			d, _ := sampleLot(auction.Announced, 0)
			return TransferPage(p, p.transferOf(&d, &payments.Instructions{For: "deposit", Reference: "7K3M0T5YQ2ABCD4E", AmountFen: 250_000_000, PaidFen: 200_000_000, MissingFen: 50_000_000}))
		}},
		{"transfer-custody", func(p *Page) templ.Component {
			p.Viewer = Viewer{AccountID: uuid.New(), Login: "bidder1", Role: RoleBidder}
			d, _ := sampleLot(auction.Announced, 0)
			return TransferPage(p, p.transferOf(&d, &payments.Instructions{
				For: "balance", Reference: "7K3M0T5YQ2ABCD4E", AmountFen: 250_000_000, MissingFen: 250_000_000,
				Custody: &custody.Account{Number: "9558 8000 0000 0007", Holder: "示范法院案款托管户", Bank: "示范托管银行"},
			}))
		}},
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

// sampleReturns has one of each state: owed, entered by another and by the reader, given back, of nobody's lot.
func sampleReturns(p *Page) []payments.Return {
	id := func(n string) uuid.UUID { return uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c06" + n) }
	lot, done := id("00"), p.Now.Add(-time.Hour)
	entry := func(state payments.EntryState, mine bool) payments.ReturnTransfer {
		t := payments.ReturnTransfer{ID: id("99"), AmountFen: 15_000_000, BankReference: "20260618-0102", Payee: "王某 6222 0001", State: state, PreparedBy: "finance2", PreparedAt: p.Now.Add(-2 * time.Hour), Mine: mine}
		if state != payments.Prepared {
			t.DecidedBy, t.DecidedAt = "finance1", &done
		}
		if state == payments.RefusedEntry {
			t.Reason = p.W.Pick("账号有误", "the account is wrong")
		}
		return t
	}
	one := func(n, of, status string, list ...payments.ReturnTransfer) payments.Return {
		return payments.Return{
			ID: id(n), CaseID: &lot, LotID: &lot, Title: tx("鸠兹里 6 幢 1203 室住宅", "Flat 1203, block 6, Jiuzili"), Number: "（2026）皖9902执101号", Of: of,
			AmountFen: 15_000_000, Payer: tx("王某", "Wang"), Why: "lost_or_stolen_card", Status: status, DueAt: p.Now.Add(5 * time.Hour), Transfers: list,
		}
	}
	nobodys := payments.Return{ID: id("05"), Of: "unknown", AmountFen: 9, Payer: tx("李某", "Li"), Status: "owed", DueAt: done}
	return []payments.Return{
		one("01", "deposit", "owed", entry(payments.RefusedEntry, false), entry(payments.WithdrawnEntry, true)), one("02", "balance", "owed", entry(payments.Prepared, false)),
		one("03", "difference", "owed", entry(payments.Prepared, true)), one("04", "deposit", "returned", entry(payments.Approved, false)), nobodys,
	}
}

// sampleTransfers has one of each state: waiting for another and for the reader, sealed, told, in suspense, refused.
func sampleTransfers(p *Page) []payments.Transfer {
	id := func(n string) uuid.UUID { return uuid.MustParse("0197f2c4-7a11-7c21-9e0d-3b1f5a2c07" + n) }
	lot, done := id("00"), p.Now.Add(-time.Hour)
	one := func(n string, state payments.EntryState, reference string, mine bool) payments.Transfer {
		t := payments.Transfer{ID: id(n), AmountFen: 250_000_000, BankReference: "20260618-02" + n, PaymentReference: reference, Payer: "王某", State: state, PreparedBy: "finance2", PreparedAt: p.Now.Add(-2 * time.Hour), Mine: mine}
		if state != payments.Prepared {
			t.DecidedBy, t.DecidedAt = "finance1", &done
		}
		return t
	}
	list := []payments.Transfer{
		one("01", payments.Prepared, "7K3M0T5YQ2ABCD4E", false), one("02", payments.Prepared, "", true), one("03", payments.Approved, "7K3M0T5YQ2ABCD4E", false),
		one("04", payments.Approved, "7K3M0T5YQ2ABCD4E", false), one("05", payments.Approved, "", false), one("06", payments.RefusedEntry, "", false),
	}
	list[3].For, list[3].LotID, list[3].Number = "deposit", &lot, "（2026）皖9902执101号"
	list[5].Reason = p.W.Pick("金额有误", "the amount is wrong")
	return list
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
