package handover

import (
	"cmp"
	"math"
	"slices"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/law"
)

// Step is one step on the way to the buyer. Steps are only ever added.
type Step string

// The steps, by track and in their order.
const (
	NoticeToVacate   Step = "notice_to_vacate"
	DeadlineToVacate Step = "deadline_to_vacate"
	Inventory        Step = "inventory"
	ClearingDecided  Step = "clearing_decided"
	ClearingDone     Step = "clearing_done"
	// TenantTold: the tenant of a lease that remains is told whom to pay (R28p).
	TenantTold     Step = "tenant_told"
	KeysHandedOver Step = "keys_handed_over"

	CollectionOffered Step = "collection_offered"
	// CollectionBooked is the buyer's.
	CollectionBooked Step = "collection_booked"
	Collected        Step = "collected"

	RegisterNotified Step = "register_notified"
	RegisterChanged  Step = "register_changed"

	RecordSigned Step = "record_signed"
)

// Track is what a step is about; steps of one track follow one another.
type Track string

// The tracks. Record comes after all others.
const (
	Premises Track = "premises"
	Goods    Track = "goods"
	Register Track = "register"
	Record   Track = "record"
)

// kindOf is the duty that a step is.
func kindOf(s Step) duty.Kind { return duty.Kind("handover_" + string(s)) }

// Steps lists every step, in the order of plans.
func Steps() []Step {
	return []Step{
		NoticeToVacate, DeadlineToVacate, Inventory, ClearingDecided, ClearingDone, TenantTold, KeysHandedOver,
		CollectionOffered, CollectionBooked, Collected, RegisterNotified, RegisterChanged, RecordSigned,
	}
}

// Actor is whose step it is.
func (s Step) Actor() duty.Actor {
	if s == CollectionBooked {
		return duty.Bidder
	}
	return duty.Judge
}

// Planned is a step with its due time.
type Planned struct {
	Step  Step
	Track Track
	// Place is its place in the plan, from 1.
	Place int
	DueAt time.Time
}

// within is a step and by which of the fifteen days it is due. The law names
// the last day alone (ASE 27); the days on the way are ours.
type within struct {
	step  Step
	track Track
	days  int
}

// Plan is what leads the property to the buyer of a sale whose ruling was
// served at servedAt: by what the property is and who holds it. All of it is
// due within the rule set's time for the handing over; the last step is it.
func Plan(property []docket.Asset, rules law.RuleSet, servedAt time.Time) []Planned {
	var all []within
	for _, a := range property {
		for _, w := range wayOf(a) {
			if !slices.ContainsFunc(all, func(have within) bool { return have.step == w.step }) {
				all = append(all, w)
			}
		}
	}
	order := Steps()
	slices.SortStableFunc(all, func(a, b within) int { return cmp.Compare(slices.Index(order, a.step), slices.Index(order, b.step)) })
	out := make([]Planned, len(all))
	for i, w := range all {
		due := servedAt.Add(min(time.Duration(w.days)*rules.Day, rules.HandoverWithin))
		out[i] = Planned{Step: w.step, Track: w.track, Place: i + 1, DueAt: due}
	}
	return out
}

// last is the fifteenth day, and whatever day a rule set puts in its place: it lies after all of them.
const last = math.MaxInt16

// wayOf is the way of one thing.
func wayOf(a docket.Asset) []within {
	info, _ := docket.Info(a.Category)
	signed := within{RecordSigned, Record, last}
	switch info.Family {
	case docket.FamilyImmovable:
		return append(premises(a.Occupancy), signed)
	case docket.FamilyEquity, docket.FamilyIntangible:
		return []within{{RegisterNotified, Register, 3}, {RegisterChanged, Register, last}}
	case docket.FamilyVehicle, docket.FamilyGoods:
	}
	return []within{{CollectionOffered, Goods, 5}, {CollectionBooked, Goods, 8}, {Collected, Goods, last}, signed}
}

// premises is the way of an immovable, by who holds it.
func premises(o docket.Occupancy) []within {
	switch {
	case o.Handover == docket.WithLease:
		return []within{{TenantTold, Premises, 5}}
	case o.State == docket.Vacant:
		return []within{{Inventory, Premises, 10}, {KeysHandedOver, Premises, last}}
	}
	return []within{
		{NoticeToVacate, Premises, 3},
		{DeadlineToVacate, Premises, 10},
		{Inventory, Premises, 12},
		{ClearingDecided, Premises, 12},
		{ClearingDone, Premises, 14},
		{KeysHandedOver, Premises, last},
	}
}
