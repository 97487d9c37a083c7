package verify

import (
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// A notice is an announcement with its own time.
type notice struct {
	audit.LotAnnounced
	at time.Time
}

// byCosts is the origin of a price for equity that cannot be appraised (R12e).
const byCosts = "costs"

func instant(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// revised drops the votes on the terms before, which count no more, even where the terms come back to what they were (R6).
func (h *house) revised(l *lot, leaf int64, e audit.Entry) {
	if _, ok := read[audit.LotRevised](h, leaf, e); !ok {
		return
	}
	if l.announced != nil {
		h.find(l, leaf, e, RevisedAfterNotice)
	}
	l.votes = nil
}

// vote keeps a judge's last vote on each digest.
func (h *house) vote(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.LotVoted](h, leaf, e)
	if !ok {
		return
	}
	if l.announced != nil {
		h.find(l, leaf, e, VoteAfterNotice)
	}
	for i, v := range l.votes {
		if v.Judge == body.Judge && v.TermsDigest == body.TermsDigest {
			l.votes[i] = body
			return
		}
	}
	l.votes = append(l.votes, body)
}

// announce holds an announcement against the votes (R6) and its rule set (R10, R12, R17, R20a, R20b, R26, R26s, R26n).
func (h *house) announce(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.LotAnnounced](h, leaf, e)
	if !ok {
		return
	}
	if l.announced != nil {
		h.find(l, leaf, e, AnnouncedTwice)
		return
	}
	if l.withdrawn {
		h.find(l, leaf, e, AfterWithdrawal, e.Kind)
	}
	n := &notice{LotAnnounced: body, at: e.At}
	l.announced = n
	h.asListed(l, leaf, e)
	h.follows(l, leaf, e)
	rules, known := law.ByName(n.RuleSet)
	if !known {
		h.find(l, leaf, e, RuleSetUnknown, n.RuleSet)
		return
	}
	if rules.Digest() != n.RuleDigest {
		h.find(l, leaf, e, RuleSetChanged, n.RuleSet)
	}
	l.rules = rules
	if n.MaximumBids && !rules.MaximumBids {
		h.find(l, leaf, e, MaximaNotAllowed, n.RuleSet)
	}
	h.panel(l, leaf, e)
	h.price(l, leaf, e)
	if n.NoReserve != nil && n.Stage != law.NoReserve {
		h.find(l, leaf, e, NoReserveGround, "stage "+string(n.Stage))
	}
	h.priced(l, leaf, e)
	if n.IncrementFen < 1 || n.IncrementFen > n.StartingPriceFen {
		h.find(l, leaf, e, IncrementInvalid, n.IncrementFen)
	}
	if least, most, err := rules.DepositBounds(n.StartingPriceFen); n.ReferenceKind != byCosts &&
		(err != nil || n.DepositFen < least || n.DepositFen > most) {
		h.find(l, leaf, e, DepositOutOfBounds, n.DepositFen, least, most)
	}
	if lead, least := n.StartsAt.Sub(n.at), rules.AnnounceLead(n.Stage, n.PropertyKind); lead < least {
		h.find(l, leaf, e, LeadTooShort, lead, least)
	}
	length := n.EndsAt.Sub(n.StartsAt)
	switch {
	case n.Stage == law.SellOff && length != rules.SellOffPeriod:
		h.find(l, leaf, e, SellOffPeriod, length, rules.SellOffPeriod)
	case length < rules.BiddingMin:
		h.find(l, leaf, e, BiddingTooShort, length, rules.BiddingMin)
	}
}

// asListed holds what the periods and bounds hang on against the listing: another kind of property would shorten R12's.
func (h *house) asListed(l *lot, leaf int64, e audit.Entry) {
	if l.listed == nil {
		h.find(l, leaf, e, ListedDiffers, audit.KindLotListed)
		return
	}
	for what, same := range map[string]bool{
		"stage": l.listed.Stage == l.announced.Stage, "property_kind": l.listed.PropertyKind == l.announced.PropertyKind,
		"rule_set": l.listed.RuleSet == l.announced.RuleSet,
	} {
		if !same {
			h.find(l, leaf, e, ListedDiffers, what)
		}
	}
}

// panel holds R6: an odd number of judges, enough of them, voted on these very terms, and most approved.
func (h *house) panel(l *lot, leaf int64, e audit.Entry) {
	n := l.announced
	for _, v := range l.votes {
		if v.TermsDigest != n.TermsDigest {
			continue
		}
		l.judges++
		if v.Approve {
			l.approvals++
		}
		if v.StartingPriceFen != n.StartingPriceFen || v.IncrementFen != n.IncrementFen || v.DepositFen != n.DepositFen ||
			v.MaximumBids != n.MaximumBids {
			h.find(l, leaf, e, VotedOtherTerms, v.Judge)
		}
	}
	switch {
	case l.judges < l.rules.PanelMin:
		h.find(l, leaf, e, PanelTooSmall, l.judges, l.rules.PanelMin)
	case l.judges%2 == 0:
		h.find(l, leaf, e, PanelEven, l.judges)
	case l.approvals*2 <= l.judges:
		h.find(l, leaf, e, NoMajority, l.approvals, l.judges)
	}
}

// price holds the starting price against R10, or against the sale before (R26, R26s).
func (h *house) price(l *lot, leaf int64, e audit.Entry) {
	n := l.announced
	switch n.Stage {
	case law.First:
		if n.ReferenceKind == byCosts && n.PropertyKind == law.OtherRight {
			h.costs++
			return
		}
		least, err := l.rules.MinFirstStart(n.ReferenceFen)
		if err != nil || n.ReferenceFen < 1 || n.StartingPriceFen < least {
			h.find(l, leaf, e, ReserveTooLow, n.StartingPriceFen, least)
		}
	case law.Second:
		before, _ := h.previous(l, leaf, e)
		least, err := l.rules.MinSecondStart(before)
		if err != nil || n.StartingPriceFen < least {
			h.find(l, leaf, e, SecondTooLow, n.StartingPriceFen, least)
		}
	case law.SellOff:
		if before, _ := h.previous(l, leaf, e); n.StartingPriceFen != before {
			h.find(l, leaf, e, SellOffPrice, n.StartingPriceFen, before)
		}
	case law.NoReserve:
		h.noReserve(l, leaf, e)
	default:
		h.find(l, leaf, e, PreviousDiffers, "stage "+string(n.Stage))
	}
}

// maxSales bounds the walk back through the sales of one property.
const maxSales = 100

// previous is the starting price of the failed sale of the stage before: as the log has it, or as the announcement says when that
// sale was elsewhere; failed is nil then. Between the two stand the sales of the same stage whose buyers defaulted,
// that were set aside or withdrawn.
func (h *house) previous(l *lot, leaf int64, e audit.Entry) (start money.Fen, failed *lot) {
	n := l.announced
	wrong := func(what string) (money.Fen, *lot) {
		h.find(l, leaf, e, PreviousDiffers, what)
		return n.PreviousStartingPriceFen, nil
	}
	if n.PreviousStartingPriceFen < 1 {
		return wrong("previous_starting_price_fen")
	}
	stageBefore := law.First
	switch n.Stage { //nolint:exhaustive // first sales have none before them
	case law.SellOff:
		stageBefore = law.Second
	case law.NoReserve:
		stageBefore = law.SellOff
	}
	at := l
	for range maxSales {
		if at.listed == nil || at.listed.PreviousLot == "" {
			h.outside++
			return n.PreviousStartingPriceFen, nil
		}
		id := at.listed.PreviousLot
		at = h.byText(id)
		switch {
		case at == nil || at.announced == nil:
			return wrong(id)
		case at.announced.Stage == n.Stage && (at.defaulted || at.annulled || at.withdrawn):
		case at.announced.Stage != stageBefore || (!at.broken && at.state.Outcome != course.Unsold):
			return wrong(id)
		case at.announced.StartingPriceFen != n.PreviousStartingPriceFen:
			return wrong("previous_starting_price_fen")
		default:
			return at.announced.StartingPriceFen, at
		}
	}
	return wrong("previous_lot")
}

func (h *house) byText(id string) *lot {
	key, err := uuid.Parse(id)
	if err != nil {
		return nil
	}
	return h.lots[key]
}

// open holds the course's terms against the announcement.
func (h *house) open(l *lot, leaf int64, e audit.Entry, t course.Terms) {
	n := l.announced
	if n == nil || e.At.Before(n.at) {
		h.find(l, leaf, e, CourseWithoutNotice)
		return
	}
	differs := func(what string, same bool) {
		if !same {
			h.find(l, leaf, e, TermsDiffer, what)
		}
	}
	differs("starting_price_fen", t.StartingPrice == n.StartingPriceFen)
	differs("increment_fen", t.Increment == n.IncrementFen)
	differs("starts_at", t.StartsAt == n.StartsAt.UnixMilli())
	differs("ends_at", t.EndsAt == n.EndsAt.UnixMilli())
	differs("maximum_bids", t.MaximumBids == n.MaximumBids)
	if l.rules.Name == "" {
		return // unknown rule set, told already
	}
	differs("extension_ms", t.Extension == l.rules.Extension.Milliseconds())
	selling := int64(0)
	if n.Stage == law.SellOff {
		selling = l.rules.SellOffCourse.Milliseconds()
	}
	differs("sell_off_course_ms", t.SellOffCourse == selling)
}
