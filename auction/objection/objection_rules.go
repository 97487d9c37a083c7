package objection

import (
	"slices"
	"strings"
	"unicode/utf8"

	"mingchui/auction"
	"mingchui/auction/fault"
)

// Capacity is as whom somebody objects.
type Capacity string

// The capacities of OJA 36: a party and an interested person (priority
// purchasers and bidders among them) object to the sale, a third person claims its property.
const (
	Party             Capacity = "party"
	PriorityPurchaser Capacity = "priority_purchaser"
	Bidder            Capacity = "bidder"
	ThirdParty        Capacity = "third_party"
)

// Kind is what an objection is about. Against the reference price there is a way of its own.
type Kind string

// The kinds of objections.
const (
	// Conduct is against how the sale is held (OJA 36).
	Conduct Kind = "conduct"
	// Claim is a third person's to the property (OJA 36, second paragraph).
	Claim Kind = "claim"
	// ToSetAside asks that a sale that brought a result is set aside (OJA 31).
	ToSetAside Kind = "set_aside"
)

// Ground is why a sale is set aside.
type Ground string

// The six grounds of OJA 31, in its order.
const (
	// UntrueStatement: text, video, pictures or the account of defects were so wrong that the buyer cannot have what it was bought for.
	UntrueStatement Ground = "untrue_statement"
	// SystemFault: a fault, a virus, an attack or wrong data made the result wrong.
	SystemFault Ground = "system_fault"
	// Collusion among bidders, or of bidders with the platform.
	Collusion Ground = "collusion"
	// UnqualifiedBuyer: the buyer had no right to bid.
	UnqualifiedBuyer Ground = "unqualified_buyer"
	// UnequalTerms: bidders were kept away, or equals had unequal terms.
	UnequalTerms Ground = "unequal_terms"
	// SeriousBreach is any other serious breach of the procedure that harms parties or bidders.
	SeriousBreach Ground = "serious_breach"
)

// Grounds lists the six.
func Grounds() []Ground {
	return []Ground{UntrueStatement, SystemFault, Collusion, UnqualifiedBuyer, UnequalTerms, SeriousBreach}
}

// State is where an objection stands.
type State string

const (
	// Lodged waits for the court: it decides within 15 days, or accepts a claim for review; the objector may withdraw it.
	Lodged State = "lodged"
	// UnderReview is a third person's claim whose prima facie proof the court accepted: the lot stands still until the court
	// decides or the objector withdraws it.
	UnderReview State = "under_review"
	// Founded by the court's decision. Final.
	Founded State = "founded"
	// Unfounded by the court's decision. Final.
	Unfounded State = "unfounded"
	// Withdrawn by the objector. Final.
	Withdrawn State = "withdrawn"
)

// Open tells whether the court still owes a decision.
func (s State) Open() bool { return s == Lodged || s == UnderReview }

// Next is an objection's state after to is asked of it, or state_conflict.
func Next(kind Kind, from, to State) (State, error) {
	ok := false
	switch from {
	case Lodged:
		ok = to == Founded || to == Unfounded || to == Withdrawn || (to == UnderReview && kind == Claim)
	case UnderReview:
		ok = to == Founded || to == Unfounded || to == Withdrawn
	case Founded, Unfounded, Withdrawn:
	}
	if !ok {
		return from, fault.New(fault.Conflict, fault.StateConflict).ByRule("R31").With("state", string(from)).With("event", string(to))
	}
	return to, nil
}

// maxText bounds what is written, in characters.
const maxText = 20_000

// decideDays are the court's to decide. R31; CPL 232, 234 with the same fifteen.
const decideDays = 15

// check holds a lodging against the rules that need no store.
func (n Lodging) check() error {
	size := utf8.RuneCountInString(strings.TrimSpace(n.Text))
	switch {
	case !slices.Contains([]Capacity{Party, PriorityPurchaser, Bidder, ThirdParty}, n.Capacity):
		return invalid("capacity")
	case !slices.Contains([]Kind{Conduct, Claim, ToSetAside}, n.Kind), (n.Kind == Claim) != (n.Capacity == ThirdParty):
		return invalid("kind")
	case (n.Kind == ToSetAside) != (n.Ground != ""), n.Ground != "" && !slices.Contains(Grounds(), n.Ground):
		return invalid("ground")
	case size == 0 || size > maxText:
		return invalid("text")
	}
	return nil
}

// mayLodge is which lots an objection of a kind can be about: a published one,
// and to set aside only a sale with a result that stands.
func mayLodge(kind Kind, s auction.State) error {
	ok := true
	switch s {
	case auction.Draft, auction.Voted:
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("lot")
	case auction.Announced, auction.Suspended, auction.Unsold:
		ok = kind != ToSetAside
	case auction.Sold, auction.Paid, auction.Taken, auction.Ruled, auction.Defaulted:
	case auction.Returned, auction.SetAside, auction.Withdrawn:
		ok = kind == Conduct
	}
	if !ok {
		return fault.New(fault.Conflict, fault.StateConflict).ByRule("R31").With("state", string(s))
	}
	return nil
}

func invalid(field string) *fault.Error {
	return fault.New(fault.Invalid, fault.InvalidRequest).InField(field).ByRule("R31")
}
