package pages

import (
	"fmt"

	"mingchui/auction/money"
)

// FundView is a case's money as the public sees it.
type FundView struct {
	CaseID, Number, Court string
	// Division is where the reader divides the money; empty for who does not.
	Division  string
	Lots      []Link
	Chip      Chip
	Clock     *FundClock
	Accounts  []Pair
	Checks    []Step
	Flow      *Flow
	Movements []Movement
	// Plan divides it; nil while there is none.
	Plan      *PlanView
	Statement StatementForm
	// Owed is what payees owe back (R31).
	Owed []PayoutRow
}

// StatementForm asks for a statement of a period; what was typed stays when it is refused.
type StatementForm struct {
	From, To string
	Errors   Errors
}

// FundClock is the period to pay out (F2).
type FundClock struct {
	Left, Unit, Text, Width string
	// Delay is one that a superior approved; empty for none.
	Delay string
}

// FundsView is a list of cases.
type FundsView struct {
	Lede string
	Due  []Due
	Rows []FundRow
	// Sums shows finance's columns.
	Sums bool
	// Ages is what courts hold for owners who have not come.
	Ages []AgeRow
}

// FundRow is a case of the list.
type FundRow struct {
	Href, Number, Court, Lot, Price, PayBy string
	Escrow, Proceeds, Forfeits             money.Fen
}

// ResultsView is a list of ended lots.
type ResultsView struct {
	Figures []Figure
	Rows    []Card
	Next    string
}

// Flow is the picture of a case's money, ready to be printed.
type Flow struct {
	Height, Desc string
	Bands        []FlowBand
	Nodes        []FlowNode
}

// FlowBand is a band whose width is an amount.
type FlowBand struct{ Class, D string }

// FlowNode is an account or a group of people.
type FlowNode struct{ X, Y, H, TX, TY, TY2, Anchor, Name, Amount string }

// FlowSums are a case's movements summed by what they are.
type FlowSums struct {
	// Deposits in, and what became of them.
	Deposits, Applied, Returned, Forfeited money.Fen
	// Balance is what buyers paid beside their deposits.
	Balance money.Fen
	// Approved is what plans gave payees, PaidOut what of it left the case, Costs what they settled.
	Approved, PaidOut, Costs money.Fen
}

// flowPlot lays bands out from top to bottom.
type flowPlot struct {
	p     *Page
	f     *Flow
	scale float64
}

// DrawFlow draws the sums; nil when no money has moved. Left are the payers,
// right is where their money is now.
func DrawFlow(p *Page, s FlowSums) *Flow {
	total := s.Deposits + s.Balance
	if total == 0 {
		return nil
	}
	const height, gap, top = 300.0, 44.0, 40.0
	pl := flowPlot{p: p, f: &Flow{}, scale: height / float64(total)}
	held := s.Deposits - s.Applied - s.Returned - s.Forfeited
	proceeds := s.Applied + s.Balance
	balanceY, depositY := top, top
	if s.Balance > 0 {
		pl.node(236, balanceY, s.Balance, p.T("fund.from_balance"), "end")
		depositY = balanceY + pl.h(s.Balance) + gap
	}
	if s.Deposits > 0 {
		pl.node(236, depositY, s.Deposits, p.T("fund.from_deposits"), "end")
	}
	y, bottom := top, 0.0
	from := depositY
	if proceeds > 0 {
		if s.Approved+s.Costs > 0 {
			bottom = pl.onwards(y, proceeds, s)
		} else {
			pl.node(700, y, proceeds, p.T("fund.to_proceeds"), "start")
		}
		pl.band("f1", balanceY, y, s.Balance)
		pl.band("f1", from, y+pl.h(s.Balance), s.Applied)
		from += pl.h(s.Applied)
		y += pl.h(proceeds) + gap
	}
	for _, part := range []struct {
		amount      money.Fen
		class, name string
	}{{held, "f3", "fund.to_held"}, {s.Forfeited, "f3", "fund.to_forfeits"}, {s.Returned, "f2", "fund.to_returned"}} {
		if part.amount <= 0 {
			continue
		}
		pl.node(700, y, part.amount, p.T(part.name), "start")
		pl.band(part.class, from, y, part.amount)
		from += pl.h(part.amount)
		y += pl.h(part.amount) + gap
	}
	pl.f.Height = fmt.Sprintf("%.0f", max(y, bottom, depositY+pl.h(s.Deposits)+gap)+10)
	pl.f.Desc = p.T("fund.flow_desc", "deposits", p.M(s.Deposits), "balance", p.M(s.Balance), "proceeds", p.M(proceeds), "returned", p.M(s.Returned))
	return pl.f
}

// onwards draws where the proceeds went, in a third column, and tells how far down it reaches.
func (pl flowPlot) onwards(y float64, proceeds money.Fen, s FlowSums) (bottom float64) {
	p := pl.p
	pl.f.Nodes = append(pl.f.Nodes, FlowNode{f1(700), f1(y), f1(pl.h(proceeds)), f1(700), f1(y - 21), f1(y - 5), "start", p.T("fund.to_proceeds"), p.M(proceeds)})
	from := y
	for _, part := range []struct {
		amount      money.Fen
		class, name string
	}{
		{s.PaidOut, "f1", "fund.to_payees"}, {s.Approved - s.PaidOut, "f3", "account.paid_out"}, {s.Costs, "f2", "account.costs"}, {proceeds - s.Approved - s.Costs, "f3", "fund.to_left"},
	} {
		if part.amount <= 0 {
			continue
		}
		pl.node(940, y, part.amount, p.T(part.name), "start")
		pl.bandBetween(part.class, 710, 940, from, y, part.amount)
		from += pl.h(part.amount)
		y += max(pl.h(part.amount), 34) + 12
	}
	return y
}

func (pl flowPlot) h(a money.Fen) float64 { return max(1.5, float64(a)*pl.scale) }

func (pl flowPlot) node(x, y float64, a money.Fen, name, anchor string) {
	tx := x - 12
	if anchor == "start" {
		tx = x + 22
	}
	mid := y + pl.h(a)/2
	pl.f.Nodes = append(pl.f.Nodes, FlowNode{f1(x), f1(y), f1(pl.h(a)), f1(tx), f1(mid - 4), f1(mid + 13), anchor, name, pl.p.M(a)})
}

func (pl flowPlot) band(class string, y0, y1 float64, a money.Fen) {
	pl.bandBetween(class, 246, 700, y0, y1, a)
}

func (pl flowPlot) bandBetween(class string, x0, x1, y0, y1 float64, a money.Fen) {
	if a <= 0 {
		return
	}
	h, mid := pl.h(a), (x0+x1)/2
	pl.f.Bands = append(pl.f.Bands, FlowBand{class, fmt.Sprintf("M%.0f %.1fC%.0f %.1f %.0f %.1f %.0f %.1fV%.1fC%.0f %.1f %.0f %.1f %.0f %.1fz", x0, y0, mid, y0, mid, y1, x1, y1, y1+h, mid, y1+h, mid, y0+h, x0, y0+h)})
}
