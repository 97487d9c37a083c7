package verify

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// recoverable is the one account of a case that grows by debits: what payees owe back (R31).
const recoverable = "recoverable"

// takenBy takes a creditor's taking of an unsold property (R16d): at the reserve price of the sale that failed, the difference to the
// claim paid in.
func (h *house) takenBy(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.TakenForDebt](h, leaf, e)
	if !ok {
		return
	}
	l.taken, l.difference, l.takenBy, l.takenFor = true, body.DifferenceFen, body.Offer, body.PriceFen
	if l.returned {
		h.find(l, leaf, e, AfterReturn, e.Kind)
	}
	if !h.draws.taken(l, leaf, e, body) || l.broken {
		return
	}
	switch {
	case l.announced == nil || l.state.Outcome != course.Unsold || body.PriceFen != l.announced.reserve() || body.DifferenceFen != max(body.PriceFen-body.ClaimFen, 0):
		h.find(l, leaf, e, TakenDiffers, body.PriceFen)
	case !l.mayTake(body):
		h.find(l, leaf, e, OfferPassedBy, body.Offer)
	}
}

// mayTake holds R16d's order: the taking is an offer that was made, none of a better rank was, and between equal ranks a draw decided.
func (l *lot) mayTake(body audit.TakenForDebt) bool {
	own, made := l.offers[body.Offer]
	if !made || own.Rank != body.Rank || own.ClaimFen != body.ClaimFen {
		return false
	}
	first := l.firstOffers()
	return slices.Contains(first, body.Offer) && (len(first) == 1 || body.Draw != "")
}

// firstOffers are those of the best rank that anybody offered at, in order.
func (l *lot) firstOffers() (first []string) {
	best := 0
	for id, o := range l.offers {
		if len(first) == 0 || o.Rank < best {
			first, best = nil, o.Rank
		}
		if o.Rank == best {
			first = append(first, id)
		}
	}
	slices.Sort(first)
	return first
}

// differenceOf takes what a creditor who took the property paid in above its claim (R16d).
func (h *house) differenceOf(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.DifferencePaid](h, leaf, e)
	if !ok {
		return
	}
	l.differencePaid, l.paidAt = true, e.At
	if !l.taken || body.AmountFen != l.difference {
		h.find(l, leaf, e, TakenDiffers, body.AmountFen)
	}
}

// takingLapsed takes the end of a taking whose difference was not paid in (ASE 22): its offer counts no more.
func (h *house) takingLapsed(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.TakingLapsed](h, leaf, e)
	if !ok {
		return
	}
	if !l.taken || l.differencePaid || l.difference < 1 || body.DifferenceFen != l.difference || body.Offer != l.takenBy {
		h.find(l, leaf, e, TakenDiffers, body.DifferenceFen)
	}
	delete(l.offers, body.Offer)
	l.taken, l.difference, l.takenBy, l.takenFor = false, 0, "", 0
}

// returnedOf takes the lifting of the seizure: of what is unsold to the last (R24r), or on a ground that ends the enforcement of what
// waits for its next sale (R17w, R14s). No sale follows.
func (h *house) returnedOf(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.ReturnedToDebtor](h, leaf, e)
	if !ok {
		return
	}
	again := l.returned
	l.returned = true
	if !again && !l.followed && (l.broken || l.mayReturn(body.Ground)) {
		return
	}
	h.find(l, leaf, e, ReturnedWrongly, body.Ground)
}

func (l *lot) mayReturn(ground string) bool {
	unsold := l.announced != nil && l.state.Outcome == course.Unsold && !l.taken
	switch ground {
	case "":
		return unsold && (l.announced.Stage == law.SellOff || l.announced.Stage == law.NoReserve)
	case "debt_paid", "applicant_withdrew", "parties_settled", "instrument_annulled", "objection_founded", "debt_covered":
		return unsold || l.defaulted || l.withdrawn || l.annulled
	}
	return false
}

// follows marks the sale before as followed by this one, which its return forbids.
func (h *house) follows(l *lot, leaf int64, e audit.Entry) {
	if l.listed == nil || l.listed.PreviousLot == "" {
		return
	}
	if before := h.byText(l.listed.PreviousLot); before != nil {
		before.followed = true
		if before.returned {
			h.find(l, leaf, e, AfterReturn, e.Kind)
		}
	}
}

// setAside takes a ruling that a sale does not stand (R31): there was one, and it ends all that the sale made due.
func (h *house) setAside(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.SetAside](h, leaf, e)
	if !ok {
		return
	}
	again := l.annulled
	l.annul(e.At)
	h.aside(e).said += body.ReversedFen
	l.forfeit.kept, l.recoverable = body.KeptFen, body.RecoverableFen
	if l.broken {
		return
	}
	least := money.Fen(0)
	switch {
	case l.paid:
		least = l.state.Price - body.KeptFen // the deposit is part of it
	case l.differencePaid:
		least = l.difference
	}
	if again || (l.state.Outcome != course.Sold && !l.taken) || body.ReversedFen < least || body.RecoverableFen > body.ReversedFen || !l.mayKeep(body) {
		h.find(l, leaf, e, SetAsideWrongly, body.ReversedFen)
	}
}

// mayKeep holds the deposit that a fallen sale's buyer loses: only who may not own the property, and knew it by the newest finding (R12e).
func (l *lot) mayKeep(body audit.SetAside) bool {
	return body.KeptFen == 0 || (body.KeptFen > 0 && body.KeptFen <= l.state.Price && body.Ground == "unqualified_buyer" && l.knew)
}

// asideSums are what a case's settings aside say goes back, and what was posted for them; at is the latest of their entries.
type asideSums struct {
	said, posted money.Fen
	at           time.Time
}

func (h *house) aside(e audit.Entry) *asideSums {
	a, ok := h.asides[e.CaseID]
	if !ok {
		a = &asideSums{}
		h.asides[e.CaseID] = a
	}
	if e.At.After(a.at) {
		a.at = e.At
	}
	return a
}

// asidesSettle holds what rulings say goes back against what was posted. The entries of one transaction may stand on both sides of a
// checkpoint, so they have as long as a maximum's openings.
func (h *house) asidesSettle() {
	for _, id := range slices.SortedFunc(maps.Keys(h.asides), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }) {
		if a := h.asides[id]; a.said != a.posted && !h.newest.Before(a.at.Add(settling)) {
			h.v.report.add(logFinding(SetAsideWrongly, -1, a.said))
		}
	}
}

// afterSale tells of which entries a sale that was set aside has none any more.
func afterSale(kind string) bool {
	switch kind {
	case audit.KindConfirmation, audit.KindBalancePaid, audit.KindDefaulted, audit.KindRuled, audit.KindHandedOver, audit.KindTaken, audit.KindDifference:
		return true
	}
	return false
}
