package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/distribution"
	"mingchui/auction/money"
	"mingchui/payments"
	"mingchui/payments/casefund"
	"mingchui/payments/ledger"
	"mingchui/payments/statement"
	"mingchui/web/account"
)

// movements makes a case's movements ready.
func (p *Page) movements(list []ledger.Movement) []Movement {
	out := make([]Movement, len(list))
	for i, m := range list {
		what := m.Kind
		if key := "transfer." + m.Kind; p.W.Has(key) {
			what = p.T(key)
		}
		out[i] = Movement{At: m.PostedAt, What: what, From: p.T("account." + string(m.Debit)), To: p.T("account." + string(m.Credit)), Log: m.Entry.String(), Amount: m.AmountFen}
	}
	return out
}

func (s *Site) fund(r *Request) error {
	p := r.P
	c, err := s.Auction.CaseByKey(r.Context(), r.Params["case"], r.Now)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	form := StatementForm{From: q.Get("from"), To: q.Get("to")}
	status := http.StatusOK
	if q.Has("format") {
		asked := statement.Days{From: form.From, To: form.To}
		err := asked.Check(r.Now)
		if err == nil {
			file := url.Values{"from": {form.From}, "to": {form.To}, "format": {q.Get("format")}}
			return r.seeOther("/api/v1/cases/" + c.ID.String() + "/fund/statement?" + file.Encode())
		}
		form.Errors, status = ErrorsOf(p.W, err, "from", "to"), http.StatusUnprocessableEntity
	}
	f, err := s.Payments.Fund(r.Context(), c.ID)
	if err != nil {
		return err
	}
	p.Title, p.Nav, p.NoIndex = p.T("fund.heading")+" "+f.Number, "funds", true
	v := FundView{CaseID: c.ID.String(), Number: f.Number, Court: p.pick(c.Court.Name), Movements: p.movements(f.Movements), Statement: form}
	if me := r.Visitor.Identity; (me.Role == account.Finance || me.Role == account.Judge) && me.CourtID == c.CourtID {
		v.Division = "/cases/" + c.ID.String() + "/division"
	}
	for _, l := range atMost(c.Lots, 6) {
		v.Lots = append(v.Lots, Link{"/lots/" + l.ID.String(), p.pick(l.Title)})
	}
	v.Accounts = []Pair{{p.T("fund.claim"), p.M(f.ClaimFen)}}
	v.Chip = Chip{"soft", "s-wait", p.T("fund.chip_none")}
	if len(f.Movements) > 0 {
		v.Chip = Chip{"", "s-held", p.T("fund.chip_held")}
	}
	for _, a := range f.Accounts {
		v.Accounts = append(v.Accounts, Pair{p.T("account." + string(a.Purpose)), p.M(a.BalanceFen)})
		if a.Purpose == ledger.Proceeds && a.BalanceFen > 0 {
			v.Chip = Chip{"", "s-done", p.T("fund.chip_proceeds")}
		}
	}
	for _, k := range f.Clocks {
		if !k.Done {
			v.Clock = p.fundClock(k)
			if len(f.Delays) > 0 && f.Delays[0].EndedAt == nil {
				v.Clock.Delay = p.delayed(&f.Delays[0])
			}
			v.Chip = Chip{"", "s-due", p.T("fund.chip_due")}
			break
		}
	}
	sums := sumsOf(f.Movements)
	if sums.PaidOut > 0 {
		v.Accounts = append(v.Accounts, Pair{p.T("fund.to_payees"), p.M(sums.PaidOut)})
		if v.Clock == nil && sums.PaidOut == sums.Approved {
			v.Chip = Chip{"", "s-done", p.T("fund.chip_paid")}
		}
	}
	v.Checks = p.books(f)
	if v.Plan, err = s.planOf(r.Context(), p, c.ID); err != nil {
		return err
	}
	for _, x := range f.Receivables {
		v.Owed = append(v.Owed, PayoutRow{To: p.owes(x), Purpose: p.W.Minute(x.AroseAt), Amount: p.M(x.AmountFen)})
	}
	v.Flow = DrawFlow(p, sums)
	return r.show(status, FundPage(p, v))
}

// owes names who owes something back, by number.
func (p *Page) owes(x casefund.Receivable) string {
	switch {
	case x.No > 0:
		return p.T("fund.creditor", "n", x.No)
	case x.From == distribution.TheDebtor:
		return p.T("plan.to_debtor")
	}
	return p.T("plan.costs")
}

// statementHref is a case's statement from its first movement to today.
func statementHref(caseID, format string) templ.SafeURL {
	return templ.SafeURL("/api/v1/cases/" + caseID + "/fund/statement?format=" + format)
}

func (p *Page) fundClock(k payments.Clock) *FundClock {
	left, unit := p.W.SpanParts(k.DueAt.Sub(p.Now))
	gone := clamp(share(p.Now.Sub(k.Since), k.DueAt.Sub(k.Since)), 0, 1)
	return &FundClock{
		Left: left, Unit: p.T("fund.clock_left", "unit", unit), Width: fmt.Sprintf("%.0f", 300*gone),
		Text: p.T("fund.clock_text", "from", p.W.Minute(k.Since), "to", p.W.Minute(k.DueAt)),
	}
}

// books recomputes the balances from the movements (I4).
func (p *Page) books(f payments.Fund) []Step {
	steps := []Step{{Done, p.T("fund.books_balance"), p.T("fund.books_balance_text")}}
	sums := map[ledger.Purpose]money.Fen{}
	for _, m := range f.Movements {
		sums[m.Debit] -= m.AmountFen
		sums[m.Credit] += m.AmountFen
	}
	agree := Step{Done, p.T("fund.books_sum"), p.T("fund.books_sum_text")}
	for _, a := range f.Accounts {
		if a.Purpose != ledger.Clearing && sums[a.Purpose] != a.BalanceFen && len(f.Movements) < 1000 {
			agree = Step{Late, p.T("fund.books_bad"), p.T("account." + string(a.Purpose))}
		}
	}
	return append(steps, agree)
}

func sumsOf(list []ledger.Movement) FlowSums {
	var s FlowSums
	for _, m := range list {
		switch m.Kind {
		case "deposit_held":
			s.Deposits += m.AmountFen
		case "deposit_applied":
			s.Applied += m.AmountFen
		case "deposit_returned":
			s.Returned += m.AmountFen
		case "deposit_forfeited":
			s.Forfeited += m.AmountFen
			if m.Debit == ledger.Proceeds { // it had been counted towards the price
				s.Applied -= m.AmountFen
			}
		case "balance_paid":
			s.Balance += m.AmountFen
		case "plan_paid":
			if m.Credit == ledger.Costs {
				s.Costs += m.AmountFen
			} else {
				s.Approved += m.AmountFen
			}
		case "payout_settled":
			s.PaidOut += m.AmountFen
		case "payout_returned":
			s.PaidOut -= m.AmountFen
		}
	}
	return s
}

// funds lists cases: for finance what must be paid out by when, for everybody
// else the cases whose lots were sold.
func (s *Site) funds(r *Request) error {
	p := r.P
	p.Title, p.Nav = p.T("funds.heading"), "funds"
	held, err := s.Owners.Ages(r.Context(), r.Now)
	if err != nil {
		return err
	}
	v := FundsView{Lede: p.T("funds.lede"), Ages: p.agesOf(held)}
	if r.Visitor.Identity.Role == account.Finance {
		return s.financeFunds(r, v)
	}
	found, err := s.Auction.Results(r.Context(), auction.Query{Limit: auction.MaxLimit}, r.Now)
	if err != nil {
		return err
	}
	seen := map[uuid.UUID]bool{}
	for i := range found.Items {
		l := &found.Items[i]
		c := p.card(l)
		if seen[l.CaseID] || !c.Phase.Bought() {
			continue
		}
		seen[l.CaseID] = true
		v.Rows = append(v.Rows, FundRow{Href: "/cases/" + l.CaseID.String() + "/fund", Number: c.CaseNumber, Court: c.Court, Lot: c.Title, Price: p.M(c.Price)})
	}
	return r.show(http.StatusOK, FundsPage(p, v))
}

func (s *Site) financeFunds(r *Request, v FundsView) error {
	p := r.P
	duties, err := s.Auction.DutiesOf(r.Context(), r.actor(), r.Now)
	if err != nil {
		return err
	}
	list, err := s.Payments.Funds(r.Context(), r.Visitor.Identity.CourtID)
	if err != nil {
		return err
	}
	v.Lede, v.Sums, v.Due = p.T("funds.lede_finance"), true, p.duties(duties)
	for _, c := range list {
		row := FundRow{Href: "/cases/" + c.CaseID.String() + "/fund", Number: c.Number, Escrow: c.EscrowFen, Proceeds: c.ProceedsFen, Forfeits: c.ForfeitsFen, PayBy: "—"}
		if c.PayOutDueAt != nil {
			row.PayBy = p.W.Minute(*c.PayOutDueAt)
			if c.PayOutDueAt.Before(r.Now.Add(-time.Second)) {
				row.PayBy += "　" + p.T("due.late_mark")
			}
		}
		v.Rows = append(v.Rows, row)
	}
	p.NoIndex = true
	return r.show(http.StatusOK, FundsPage(p, v))
}
