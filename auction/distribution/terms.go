package distribution

import (
	"fmt"
	"slices"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Order is by which order of the law a case is divided.
type Order string

// The orders. ProRata is of a natural person or other organisation, and of the ordinary case (CPI 508, 按比例受偿). BySeizure is of an
// enterprise whose bankruptcy was asked for and not opened (CPI 514, 查封顺位). Criminal is of who answers by criminal and civil law at once
// (Criminal 13).
const (
	ProRata   Order = "pro_rata"
	BySeizure Order = "by_seizure"
	Criminal  Order = "criminal"
)

// Orders lists them.
func Orders() []Order { return []Order{ProRata, BySeizure, Criminal} }

// Kind is what a claim is for.
type Kind string

// The kinds of claims. Secured is one with priority over the price of certain property (优先受偿权). The rest but Ordinary are of criminal cases:
// medical costs of the injured (医疗费用), restitution to victims (退赔), fines (罚金), confiscation (没收财产).
const (
	Secured      Kind = "secured"
	Ordinary     Kind = "ordinary"
	Medical      Kind = "medical"
	Restitution  Kind = "restitution"
	Fine         Kind = "fine"
	Confiscation Kind = "confiscation"
)

// Kinds lists those that an order knows, in the order in which they are met.
func (o Order) Kinds() []Kind {
	if o == Criminal {
		return []Kind{Medical, Secured, Restitution, Ordinary, Fine, Confiscation}
	}
	return []Kind{Secured, Ordinary}
}

// Pot is what one property brought, with what its own sale and enforcement cost. One with no property holds what belongs to none: a forfeit
// used for the debt, a payment of the debtor.
type Pot struct {
	// ID is a lot or an asset; unique.
	ID       string    `json:"pot"`
	Proceeds money.Fen `json:"proceeds_fen"`
	Costs    money.Fen `json:"costs_fen"`
}

// Security is a claim's priority over a pot. Rank counts from 1; equal ranks share.
type Security struct {
	Pot  string `json:"pot"`
	Rank int    `json:"rank"`
}

// Claim is what one creditor asks for. Claims stand in the order in which they were lodged, which decides ties.
type Claim struct {
	// ID is unique.
	ID     string    `json:"claim"`
	Kind   Kind      `json:"kind"`
	Amount money.Fen `json:"amount_fen"`
	// Securities of a Secured claim; it is paid from its pots in their order, and what they do not cover is an ordinary claim.
	Securities []Security `json:"securities,omitempty"`
	// Seized is the place of the claim's seizure, from 1; needed of ordinary and secured claims by BySeizure, equal places share.
	Seized int `json:"seized,omitempty"`
	// Disputed is the part of the amount about which a suit is open: its share is set aside (CPI 510).
	Disputed money.Fen `json:"disputed_fen,omitempty"`
	// Paid was paid of it by this plan before its revision; its share beside what is set aside is no less.
	Paid money.Fen `json:"paid_fen,omitempty"`
}

// Case is all that a plan is made from.
type Case struct {
	Order Order `json:"order"`
	Pots  []Pot `json:"pots"`
	// Costs are those of the enforcement that belong to no property; every pot bears them in proportion to what its own costs leave.
	Costs  money.Fen `json:"costs_fen"`
	Claims []Claim   `json:"claims"`
	// SoleHome is what is kept for the debtor's housing after the sale of a sole home, before ordinary creditors; Living what the debtor and
	// dependants need to live, before ordinary creditors or, by the criminal order, before fines and confiscation (F4l).
	SoleHome money.Fen `json:"sole_home_fen,omitempty"`
	Living   money.Fen `json:"living_fen,omitempty"`
}

// Check holds a case against what a plan needs.
//
// Faults, all invalid_request with the field, amounts amount_invalid or amount_too_large: an order, kind or pot that is not known, an id twice, an
// amount of 0, a part in dispute above its claim, a security of what is not secured, a rank below 1, no place of a seizure where it decides.
func (c Case) Check() error {
	if !slices.Contains(Orders(), c.Order) {
		return wrong("order", "F4")
	}
	pots := map[string]bool{}
	var sum money.Fen
	for i, p := range c.Pots {
		at := fmt.Sprintf("pots[%d]", i)
		if pots[p.ID] {
			return wrong(at+".pot", "F1")
		}
		pots[p.ID] = true
		var err error
		if sum, err = added(sum, p.Proceeds, at+".proceeds_fen"); err != nil {
			return err
		}
		if sum, err = added(sum, p.Costs, at+".costs_fen"); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		field string
		fen   money.Fen
	}{{"costs_fen", c.Costs}, {"sole_home_fen", c.SoleHome}, {"living_fen", c.Living}} {
		var err error
		if sum, err = added(sum, x.fen, x.field); err != nil {
			return err
		}
	}
	return c.checkClaims(pots)
}

func (c Case) checkClaims(pots map[string]bool) error {
	ids := map[string]bool{}
	var sum money.Fen
	for i, k := range c.Claims {
		at, rule := fmt.Sprintf("claims[%d]", i), "F4"
		if c.Order == Criminal {
			rule = "F4c"
		}
		var err error
		if sum, err = added(sum, k.Amount, at+".amount_fen"); err != nil {
			return err
		}
		switch {
		case k.ID == "" || ids[k.ID]:
			return wrong(at+".claim", rule)
		case !slices.Contains(c.Order.Kinds(), k.Kind):
			return wrong(at+".kind", rule)
		case k.Amount == 0:
			return wrong(at+".amount_fen", rule)
		case k.Disputed < 0 || k.Disputed > k.Amount:
			return wrong(at+".disputed_fen", "F4o")
		case k.Paid < 0 || k.Paid > k.Amount:
			return wrong(at+".paid_fen", "F4o")
		case (k.Kind == Secured) != (len(k.Securities) > 0):
			return wrong(at+".securities", rule)
		case k.Seized < 0 || (c.Order == BySeizure && k.Seized < 1):
			return wrong(at+".seized", rule)
		}
		ids[k.ID] = true
		if err := checkSecurities(k.Securities, pots, at, rule); err != nil {
			return err
		}
	}
	return nil
}

func checkSecurities(list []Security, pots map[string]bool, at, rule string) error {
	held := map[string]bool{}
	for j, s := range list {
		on := fmt.Sprintf("%s.securities[%d]", at, j)
		switch {
		case !pots[s.Pot] || held[s.Pot]:
			return wrong(on+".pot", rule)
		case s.Rank < 1:
			return wrong(on+".rank", rule)
		}
		held[s.Pot] = true
	}
	return nil
}

func wrong(field, rule string) error {
	return fault.New(fault.Invalid, fault.InvalidRequest).InField(field).ByRule(rule)
}

// added is the sum with a further amount, which must be valid.
func added(sum, f money.Fen, field string) (money.Fen, error) {
	err := f.Valid()
	if err == nil {
		sum, err = sum.Add(f)
	}
	if err != nil {
		return 0, fault.New(fault.KindOf(err), fault.CodeOf(err)).InField(field).ByRule("F4")
	}
	return sum, nil
}
