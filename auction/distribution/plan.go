package distribution

import (
	"fmt"
	"maps"
	"slices"

	"mingchui/auction/money"
)

// Place is a step of a plan: its place in the order.
type Place string

// The places, in the order in which they can come; Kinds says where each kind of claim stands.
const (
	OwnCosts    Place = "own_costs"
	CommonCosts Place = "common_costs"
	ToMedical   Place = "medical"
	ToSecured   Place = "secured"
	ToVictims   Place = "restitution"
	ForHome     Place = "sole_home"
	ForLiving   Place = "living"
	ToOrdinary  Place = "ordinary"
	ToFines     Place = "fine"
	ToConfiscat Place = "confiscation"
	// PaidBefore: who was paid more by the plan before its revision keeps it.
	PaidBefore Place = "paid_before"
	ToDebtor   Place = "debtor"
)

// Draw is what a step takes from a pot.
type Draw struct {
	Pot   string    `json:"pot"`
	Held  money.Fen `json:"held_fen"`
	Taken money.Fen `json:"taken_fen"`
}

// Share is what a claim gets by a step: of what was open of it. By PaidBefore it is below zero for who gives.
type Share struct {
	Claim string    `json:"claim"`
	Open  money.Fen `json:"open_fen"`
	Fen   money.Fen `json:"share_fen"`
}

// Step is a line of the plan: so much was there, so much was asked for, and this is what each gets. Of OwnCosts, CommonCosts, ForHome, ForLiving
// and ToDebtor there is no claim; Paid says what they take.
type Step struct {
	Place Place `json:"place"`
	// Rank of a secured step, or the place of a seizure by that order; 0 elsewhere.
	Rank      int       `json:"rank,omitempty"`
	Available money.Fen `json:"available_fen"`
	Asked     money.Fen `json:"asked_fen"`
	Paid      money.Fen `json:"paid_fen"`
	Draws     []Draw    `json:"draws,omitempty"`
	Shares    []Share   `json:"shares,omitempty"`
}

// Due is what a claim gets in all.
type Due struct {
	Claim string `json:"claim"`
	// Fen is its whole share, SetAside the part of it that is in dispute, Open what of the claim stays unpaid.
	Fen      money.Fen `json:"share_fen"`
	SetAside money.Fen `json:"set_aside_fen"`
	Open     money.Fen `json:"open_fen"`
}

// Plan is a case divided (财产分配方案).
type Plan struct {
	Steps []Step `json:"steps"`
	Dues  []Due  `json:"dues"`
	// Costs are met before all, Kept stays for the debtor's life and home, Debtor is what is left.
	Costs  money.Fen `json:"costs_fen"`
	Kept   money.Fen `json:"kept_fen"`
	Debtor money.Fen `json:"debtor_fen"`
}

// Divide makes the plan of a case.
//
// Faults: those of Case.Check; invalid_request for a claim that was paid more than all that there is can leave it (claims[i].paid_fen).
func Divide(c Case) (Plan, error) {
	if err := c.Check(); err != nil {
		return Plan{}, err
	}
	w := &work{kase: c, held: make([]money.Fen, len(c.Pots)), open: make([]money.Fen, len(c.Claims))}
	for i, p := range c.Pots {
		w.held[i] = p.Proceeds
	}
	for i, k := range c.Claims {
		w.open[i] = k.Amount
	}
	w.costs()
	if c.Order == Criminal {
		w.all(ToMedical, w.of(Medical))
		w.secured()
		w.all(ToVictims, w.of(Restitution))
		w.keep(ForHome, c.SoleHome)
		w.all(ToOrdinary, w.of(Secured, Ordinary))
		w.keep(ForLiving, c.Living)
		w.all(ToFines, w.of(Fine))
		w.all(ToConfiscat, w.of(Confiscation))
	} else {
		w.secured()
		w.keep(ForHome, c.SoleHome)
		w.keep(ForLiving, c.Living)
		w.ordinary()
	}
	if err := w.paidBefore(); err != nil {
		return Plan{}, err
	}
	w.plan.Debtor = w.keep(ToDebtor, w.left())
	w.plan.Kept -= w.plan.Debtor
	w.dues()
	return w.plan, nil
}

// work is a plan in the making: what each pot holds yet, and what is open of each claim.
type work struct {
	kase Case
	held []money.Fen
	open []money.Fen
	plan Plan
}

// left is what all pots hold.
func (w *work) left() (sum money.Fen) {
	for _, f := range w.held {
		sum += f
	}
	return sum
}

// of are the claims of kinds, by their places in the case.
func (w *work) of(kinds ...Kind) (list []int) {
	for i, k := range w.kase.Claims {
		if slices.Contains(kinds, k.Kind) && w.open[i] > 0 {
			list = append(list, i)
		}
	}
	return list
}

// costs meets the costs: of a property from what it brought, and the rest, with what that did not cover, from all pots.
func (w *work) costs() {
	common := w.kase.Costs
	for i, p := range w.kase.Pots {
		if p.Costs == 0 {
			continue
		}
		met := w.step(Step{Place: OwnCosts, Asked: p.Costs}, i).Paid
		w.plan.Costs += met
		common += p.Costs - met
	}
	if common > 0 {
		w.plan.Costs += w.step(Step{Place: CommonCosts, Asked: common}).Paid
	}
}

// secured pays who has priority, pot by pot and rank by rank, from the pot alone.
func (w *work) secured() {
	for i, p := range w.kase.Pots {
		ranks := map[int][]int{}
		for k, claim := range w.kase.Claims {
			for _, s := range claim.Securities {
				if s.Pot == p.ID {
					ranks[s.Rank] = append(ranks[s.Rank], k)
				}
			}
		}
		for _, rank := range slices.Sorted(maps.Keys(ranks)) {
			list := slices.DeleteFunc(ranks[rank], func(k int) bool { return w.open[k] == 0 })
			w.pay(Step{Place: ToSecured, Rank: rank}, list, []int{i})
		}
	}
}

// ordinary pays what no priority covers, in proportion or by the order of seizure.
func (w *work) ordinary() {
	list := w.of(Secured, Ordinary)
	if w.kase.Order != BySeizure {
		w.all(ToOrdinary, list)
		return
	}
	places := map[int][]int{}
	for _, k := range list {
		places[w.kase.Claims[k].Seized] = append(places[w.kase.Claims[k].Seized], k)
	}
	for _, place := range slices.Sorted(maps.Keys(places)) {
		w.pay(Step{Place: ToOrdinary, Rank: place}, places[place], w.pots())
	}
}

// all pays claims in proportion from all pots.
func (w *work) all(place Place, claims []int) { w.pay(Step{Place: place}, claims, w.pots()) }

// keep takes an amount, or what is there of it, for the debtor.
func (w *work) keep(place Place, f money.Fen) money.Fen {
	if f == 0 {
		return 0
	}
	met := w.step(Step{Place: place, Asked: f}).Paid
	w.plan.Kept += met
	return met
}

func (w *work) pots() []int {
	list := make([]int, len(w.held))
	for i := range list {
		list[i] = i
	}
	return list
}

// pay divides what pots hold among claims in proportion to what is open of each.
func (w *work) pay(s Step, claims, pots []int) {
	if len(claims) == 0 {
		return
	}
	open := make([]money.Fen, len(claims))
	for i, k := range claims {
		open[i] = w.open[k]
		s.Asked += w.open[k]
	}
	made := w.step(s, pots...)
	for i, f := range split(made.Paid, open) {
		k := claims[i]
		made.Shares = append(made.Shares, Share{Claim: w.kase.Claims[k].ID, Open: w.open[k], Fen: f})
		w.open[k] -= f
	}
}

// step takes what a step asks for, or what is there, from pots (all, where none is named) in proportion to what they hold.
func (w *work) step(s Step, pots ...int) *Step {
	if len(pots) == 0 {
		pots = w.pots()
	}
	held := make([]money.Fen, len(pots))
	for i, p := range pots {
		held[i] = w.held[p]
		s.Available += w.held[p]
	}
	s.Paid = min(s.Asked, s.Available)
	for i, f := range split(s.Paid, held) {
		if f > 0 {
			s.Draws = append(s.Draws, Draw{Pot: w.kase.Pots[pots[i]].ID, Held: held[i], Taken: f})
			w.held[pots[i]] -= f
		}
	}
	w.plan.Steps = append(w.plan.Steps, s)
	return &w.plan.Steps[len(w.plan.Steps)-1]
}

// paidBefore leaves everybody what the plan paid before it was revised. Who counts for less now makes the shares of the others larger, so it is a
// matter of fen: the one that rounding leaves over goes to another claim than before. They come from who gets most beyond what was paid, ties
// to the earlier claim.
func (w *work) paidBefore() error {
	beyond := func(i int) money.Fen { return w.kase.Claims[i].Amount - w.open[i] - w.kase.Claims[i].Paid }
	s := Step{Place: PaidBefore}
	for i, k := range w.kase.Claims {
		for beyond(i) < 0 {
			from := 0
			for j := range w.kase.Claims {
				if beyond(j) > beyond(from) {
					from = j
				}
			}
			f := min(-beyond(i), beyond(from))
			if f <= 0 {
				return wrong(fmt.Sprintf("claims[%d].paid_fen", i), "F4o")
			}
			s.Asked += f
			s.Shares = append(s.Shares, Share{k.ID, w.open[i], f}, Share{w.kase.Claims[from].ID, w.open[from], -f})
			w.open[i] -= f
			w.open[from] += f
		}
	}
	if s.Asked > 0 {
		s.Paid = s.Asked
		w.plan.Steps = append(w.plan.Steps, s)
	}
	return nil
}

// dues sums what each claim gets; of a claim that is in dispute in part, the share of that part is set aside, but for what was paid before.
func (w *work) dues() {
	w.plan.Dues = make([]Due, len(w.kase.Claims))
	for i, k := range w.kase.Claims {
		got := k.Amount - w.open[i]
		aside := min(split(got, []money.Fen{k.Amount - k.Disputed, k.Disputed})[1], got-k.Paid)
		w.plan.Dues[i] = Due{Claim: k.ID, Fen: got, SetAside: aside, Open: w.open[i]}
	}
}

// split is money.Split of amounts that Check found valid. What is paid is never more than the sum of what it is split by: a share is no more
// than its weight.
func split(total money.Fen, weights []money.Fen) []money.Fen {
	shares, err := money.Split(total, weights)
	if err != nil {
		panic("distribution: " + err.Error()) // the sums were checked
	}
	return shares
}
