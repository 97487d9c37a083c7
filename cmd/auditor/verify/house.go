package verify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// A house holds the lots of a log while its entries come by in order.
type house struct {
	v    *run
	lots map[uuid.UUID]*lot
	// order is the lots as they first appeared.
	order   []*lot
	unknown map[string]int64
	// funds are credits less debits by case and account.
	funds map[account]money.Fen
	// kinds are those of the cases (R26n).
	kinds map[uuid.UUID]string
	// prices are the reference prices that stand, by their ids.
	prices map[string]audit.PriceFixed
	// direct are the things that were sold without an auction (R31d).
	direct map[string]directSale
	// postings are those that were seen: each moves money once.
	postings map[string]bool
	// asides are what was set aside, by case (R31).
	asides map[uuid.UUID]*asideSums
	// courts are by case, choices what each court chose of the settings (ADR 017).
	courts  map[uuid.UUID]string
	choices map[string][]choice
	// epochs are those of each shard; endings are the closes that are held against them at last (I8).
	epochs  epochs
	draws   *draws
	endings []ending
	// claims and plans are those about a case's money (F4), withdrawals of claims.
	claims      []*claim
	withdrawals []withdrawal
	plans       []plan
	// payouts are what became of plans.
	payouts payouts
	// outside and costs count lots for the notes.
	outside, costs int
	// newest is the latest time of any entry; sealed counts the automatic bids whose maxima are not open yet.
	newest time.Time
	sealed int
}

// An account is one of a case's accounts.
type account struct {
	caseID uuid.UUID
	name   string
}

// clearing is the one account without a limit: what lies with the payment provider.
const clearing = "clearing"

// suspense is money that the provider booked and that no case knows yet.
const suspense = "suspense"

func newHouse(v *run) *house {
	h := &house{
		v: v, lots: make(map[uuid.UUID]*lot), unknown: make(map[string]int64), funds: make(map[account]money.Fen), postings: make(map[string]bool), asides: map[uuid.UUID]*asideSums{}, epochs: epochs{}, prices: make(map[string]audit.PriceFixed), direct: map[string]directSale{},
		courts: map[uuid.UUID]string{}, choices: map[string][]choice{}, kinds: map[uuid.UUID]string{},
	}
	h.draws = newDraws(h)
	return h
}

// A lot is what the log has told of one lot so far.
type lot struct {
	id        uuid.UUID
	listed    *audit.LotListed
	listedAt  time.Time
	caseID    uuid.UUID
	votes     []audit.LotVoted
	announced *notice
	rules     law.RuleSet
	// judges and approvals are the votes that the announcement rests on.
	judges, approvals int

	state course.State
	// names are the commitments by code.
	names map[string]string
	// agencies are the commitments to agencies by code; agents are the hashes that the court confirmed before the start (R14).
	agencies map[string]string
	agents   map[string]bool
	// events and openings are those of a lot that offers maximum bids.
	events   []course.Event
	openings []course.Opening
	// broken stops the re-run after its first fault, which would only bring others.
	broken bool

	withdrawn, paid, defaulted, taken, annulled bool
	// returned: the seizure was lifted; followed: the next sale of the property was announced.
	returned, followed bool
	// offers are those of creditors who would take the property, by their ids (R16d).
	offers map[string]audit.TakingOffered
	// difference is what a creditor who took the property pays in (R16d).
	difference     money.Fen
	differencePaid bool
	// takenBy is the offer by which it was taken.
	takenBy string

	// paidAt is when the price, or the difference of a taking, was there.
	paidAt time.Time
	// takenFor is the price at which a creditor took the property, annulledAt when its sale was set aside.
	takenFor   money.Fen
	annulledAt time.Time
	// recoverable is what payees owe back of it then.
	recoverable money.Fen
	forfeit     forfeit
	// knew: by the newest finding the buyer bid knowing that what was announced was not met (R12e).
	knew bool

	confirmed *audit.Confirmation
	findings  int
}

func (h *house) lot(id uuid.UUID) *lot {
	l, ok := h.lots[id]
	if !ok {
		l = &lot{id: id, names: make(map[string]string), agencies: make(map[string]string), agents: make(map[string]bool), offers: map[string]audit.TakingOffered{}}
		h.lots[id] = l
		h.order = append(h.order, l)
	}
	return l
}

// find adds a finding about a lot, unless the run is about another lot.
func (h *house) find(l *lot, leaf int64, e audit.Entry, c Code, args ...any) {
	l.findings++
	if h.v.o.Lot != uuid.Nil && h.v.o.Lot != l.id {
		return
	}
	f := logFinding(c, leaf, args...)
	f.Lot, f.Seq = l.id.String(), e.Seq
	h.v.report.add(f)
}

// entry takes the next entry of the log; event is what it says if it is a course's.
func (h *house) entry(leaf int64, e audit.Entry, event eventOrFault) {
	if e.At.After(h.newest) {
		h.newest = e.At
	}
	if drawEntry(e) {
		h.draws.entry(leaf, e)
		return
	}
	if e.LotID == uuid.Nil {
		h.beside(leaf, e)
		return
	}
	l := h.lot(e.LotID)
	if l.annulled && afterSale(e.Kind) {
		h.find(l, leaf, e, AfterSettingAside, e.Kind)
	}
	if strings.HasPrefix(e.Kind, audit.CoursePrefix) {
		h.course(l, leaf, e, event)
		return
	}
	switch e.Kind {
	case audit.KindLotListed:
		if body, ok := read[audit.LotListed](h, leaf, e); ok {
			l.listed, l.listedAt, l.caseID = &body, e.At, e.CaseID
		}
	case audit.KindLotVoted:
		h.vote(l, leaf, e)
	case audit.KindLotRevised:
		h.revised(l, leaf, e)
	case audit.KindLotAnnounced:
		h.announce(l, leaf, e)
	case audit.KindLotWithdrawn:
		l.withdrawn = true
	case audit.KindConfirmation:
		h.confirm(l, leaf, e)
	case audit.KindBalancePaid:
		h.paid(l, leaf, e)
	case audit.KindDefaulted:
		h.defaultedBy(l, leaf, e)
	case audit.KindTakingOffered:
		if body, ok := read[audit.TakingOffered](h, leaf, e); ok {
			l.offers[body.Offer] = body
		}
	case audit.KindTaken:
		h.takenBy(l, leaf, e)
	case audit.KindDifference:
		h.differenceOf(l, leaf, e)
	case audit.KindTakingLapsed:
		h.takingLapsed(l, leaf, e)
	case audit.KindReturned:
		h.returnedOf(l, leaf, e)
	case audit.KindSetAside:
		h.setAside(l, leaf, e)
	case audit.KindEligibility, audit.KindCostsRecorded, audit.KindForfeitUsed:
		h.forfeitEntry(l, leaf, e)
	case audit.KindRuled:
		if !l.paid && (!l.taken || (l.difference > 0 && !l.differencePaid)) {
			h.find(l, leaf, e, RuledUnpaid)
		}
	case audit.KindHandedOver, audit.KindHandoverStep, audit.KindHandoverNote, audit.KindStatementMarked, audit.KindDocumentsErased:
	case audit.KindCommitted:
		h.committed(l, leaf, e)
	case audit.KindAgencyDecided:
		h.agencyDecided(l, leaf, e)
	case audit.KindOpened:
		h.opened(l, leaf, e)
	case audit.KindMaximumOpened:
		h.maximumOpened(l, leaf, e)
	default:
		h.beside(leaf, e)
	}
}

// beside takes an entry that is not about the sale of a lot.
func (h *house) beside(leaf int64, e audit.Entry) {
	switch e.Kind {
	case audit.KindCaseOpened:
		if body, ok := read[audit.CaseOpened](h, leaf, e); ok {
			h.courts[e.CaseID], h.kinds[e.CaseID] = body.Court, body.Kind
		}
	case audit.KindCourtSettings:
		h.chose(leaf, e)
	case audit.KindFundPosted:
		h.posted(leaf, e)
	case audit.KindDirectSale:
		h.soldDirectly(leaf, e)
	default:
		if !h.priceEntry(leaf, e) && !h.planEntry(leaf, e) {
			h.unknown[e.Kind]++
		}
	}
}

// accountOf is a case's account; the account of unknown money has no case, also where a case takes from it.
func accountOf(caseID uuid.UUID, name string) account {
	if name == suspense {
		return account{uuid.Nil, name}
	}
	return account{caseID, name}
}

// posted follows the money of a case (I4).
func (h *house) posted(leaf int64, e audit.Entry) {
	body, ok := read[audit.FundPosted](h, leaf, e)
	if ok && h.postings[body.Posting] {
		h.v.report.add(logFinding(TransferInvalid, leaf, body.Posting+" ×2"))
		return
	}
	h.postings[body.Posting] = true
	if ok && slices.Contains([]string{"plan_paid", "payout_settled", "payout_returned", "debt_paid"}, body.Kind) {
		h.payouts.posted = append(h.payouts.posted, timed[audit.FundPosted]{body, e.CaseID, e.At, leaf})
	}
	for _, t := range body.Transfers {
		debit, credit := accountOf(e.CaseID, t.Debit), accountOf(e.CaseID, t.Credit)
		less, err1 := h.funds[debit].Sub(t.AmountFen)
		more, err2 := h.funds[credit].Add(t.AmountFen)
		if t.AmountFen < 1 || t.Debit == t.Credit || t.Debit == "" || t.Credit == "" || err1 != nil || err2 != nil {
			h.v.report.add(logFinding(TransferInvalid, leaf, fmt.Sprintf("%s → %s, %d fen", t.Debit, t.Credit, t.AmountFen)))
			continue
		}
		h.funds[debit], h.funds[credit] = less, more
		if body.Kind == "sale_set_aside" {
			h.aside(e).posted += t.AmountFen
		}
	}
}

// read decodes a body whose fields may be more than this auditor knows: kinds grow, and old auditors go on.
func read[T any](h *house, leaf int64, e audit.Entry) (body T, ok bool) {
	if err := json.Unmarshal(e.Body, &body); err != nil {
		h.v.report.add(logFinding(BodyUnreadable, leaf, e.Kind, err))
		return body, false
	}
	return body, true
}

// course takes a course event: dense seq (I2), and what the rules give (R11, R20a-d, R21, R26s, R28o).
func (h *house) course(l *lot, leaf int64, e audit.Entry, read eventOrFault) {
	if l.broken {
		return
	}
	if e.Seq != l.state.Seq+1 {
		l.broken = true
		h.find(l, leaf, e, SeqGap, l.state.Seq+1, e.Seq)
		return
	}
	if read.err != nil {
		l.broken = true
		h.find(l, leaf, e, BodyUnreadable, e.Kind, read.err)
		return
	}
	event := read.event
	if event.Kind == course.Open {
		h.open(l, leaf, e, event.Terms)
	}
	if l.withdrawn && (event.Kind == course.Bid || event.Kind == course.Close) {
		h.find(l, leaf, e, AfterWithdrawal, e.Kind)
	}
	next, err := course.Next(l.state, event)
	if err != nil {
		l.broken = true
		h.find(l, leaf, e, RuleBroken, err)
		return
	}
	l.state = next
	h.epochs.note(&event)
	if next.Terms.MaximumBids {
		l.events = append(l.events, event)
	}
	switch event.Kind { //nolint:exhaustive // others are wholly in the state
	case course.Admit:
		l.names[event.Code] = event.NameCommitment
	case course.Close:
		h.endings = append(h.endings, ending{l, leaf, e, event})
	}
}

// confirm holds the confirmation against the course (R22).
func (h *house) confirm(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.Confirmation](h, leaf, e)
	if !ok {
		return
	}
	if l.confirmed != nil {
		h.find(l, leaf, e, ConfirmedTwice)
	}
	l.confirmed = &body
	s := l.state
	switch {
	case l.broken: // the course itself is in doubt
	case s.Phase != course.Closed || s.Outcome != course.Sold:
		h.find(l, leaf, e, ConfirmedUnsold)
	case body.BidderCode != s.Leader || body.PriceFen != s.Price:
		h.find(l, leaf, e, WinnerDiffers, body.BidderCode, body.PriceFen, s.Leader, s.Price)
	case body.NameCommitment != l.names[s.Leader]:
		h.find(l, leaf, e, NameDiffers)
	default:
		h.agency(l, leaf, e, body)
	}
}

// opened holds an opening against the course: after the close, and of the buyer alone (I7).
func (h *house) opened(l *lot, leaf int64, e audit.Entry) {
	if body, ok := read[audit.Opened](h, leaf, e); ok && !l.broken && (l.state.Phase != course.Closed || body.BidderCode != l.state.Leader) {
		h.find(l, leaf, e, OpenedWrongly, body.BidderCode)
	}
}

// paid holds a payment against the course: the whole price was paid (R25).
func (h *house) paid(l *lot, leaf int64, e audit.Entry) {
	l.paid, l.paidAt = true, e.At
	if body, ok := read[audit.BalancePaid](h, leaf, e); ok && !l.broken && (l.state.Outcome != course.Sold || body.AmountFen != l.state.Price) {
		h.find(l, leaf, e, PaidDiffers, body.AmountFen, l.state.Price)
	}
}

func (h *house) defaultedBy(l *lot, leaf int64, e audit.Entry) {
	l.defaulted = true
	body, ok := read[audit.Defaulted](h, leaf, e)
	l.forfeit.kept = body.ForfeitedFen
	if ok && !l.broken && (l.state.Outcome != course.Sold || body.BidderCode != l.state.Leader) {
		h.find(l, leaf, e, DefaultDiffers, body.BidderCode, l.state.Leader)
	}
}

// settle looks at what must hold when all entries are read.
func (h *house) settle() {
	h.spans()
	for _, l := range h.order {
		h.answers(l)
		h.underSettings(l)
		if (l.paid || l.defaulted) && l.confirmed == nil {
			h.find(l, -1, audit.Entry{}, PaidUnconfirmed)
		}
	}
	h.asidesSettle()
	h.forfeits()
	h.divide()
	for _, a := range slices.SortedFunc(maps.Keys(h.funds), func(a, b account) int {
		return cmp.Or(bytes.Compare(a.caseID[:], b.caseID[:]), cmp.Compare(a.name, b.name))
	}) {
		if a.name != clearing && a.name != recoverable && h.funds[a] < 0 || a.name == recoverable && h.funds[a] > 0 {
			h.v.report.add(logFinding(FundNegative, -1, a.caseID, a.name, h.funds[a]))
		}
	}
}

// finish reports on the lots and on what was passed over.
func (h *house) finish() {
	h.settle()
	h.draws.finish()
	only := h.v.o.Lot
	for _, l := range h.order {
		if only == uuid.Nil || only == l.id {
			h.v.report.Lots = append(h.v.report.Lots, l.report())
		}
	}
	if only != uuid.Nil {
		h.v.report.note(OneLotOnly)
	}
	if len(h.unknown) > 0 {
		total := int64(0)
		for _, n := range h.unknown {
			total += n
		}
		h.v.report.note(KindsUnknown, total, strings.Join(slices.Sorted(maps.Keys(h.unknown)), ", "))
	}
	if h.outside > 0 {
		h.v.report.note(PreviousOutside, h.outside)
	}
	if h.sealed > 0 {
		h.v.report.note(MaximaSealed, h.sealed)
	}
	if h.costs > 0 {
		h.v.report.note(PricedByCosts, h.costs)
	}
}

func (l *lot) report() LotReport {
	s := l.state
	r := LotReport{
		Lot: l.id.String(), Judges: l.judges, Approvals: l.approvals, Standing: l.standing(), Admitted: len(s.Admitted),
		Bids: s.Bids, Extensions: s.Extensions, Events: s.Seq, PriceFen: s.Price, LeaderCode: s.Leader,
		Confirmed: l.confirmed != nil, Findings: l.findings,
	}
	if l.announced != nil {
		r.Stage, r.RuleSet = string(l.announced.Stage), l.announced.RuleSet
	} else if l.listed != nil {
		r.Stage, r.RuleSet = string(l.listed.Stage), l.listed.RuleSet
	}
	if s.EndsAt > 0 {
		r.EndsAt = instant(s.EndsAt)
	}
	return r
}

func (l *lot) standing() string {
	switch {
	case l.broken:
		return "broken"
	case l.withdrawn:
		return "withdrawn"
	case l.state.Phase == course.Closed:
		return string(l.state.Outcome)
	case l.state.Phase != course.Unopened:
		return string(l.state.Phase)
	case l.announced != nil:
		return "announced"
	default:
		return "listed"
	}
}
