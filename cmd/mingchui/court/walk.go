package court

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// walk takes a listed lot along its road, and its next sales along theirs.
func (d *director) walk(ctx context.Context, s *sale) error {
	luck := d.chance(s.lot.Ref + string(s.lot.Stage) + s.caseNumber)
	for {
		next, err := d.walkOnce(ctx, s, luck)
		if err != nil {
			return err
		}
		if next == nil {
			d.told(s.lot.Title.Zh)
			return nil
		}
		s = next
	}
}

func (d *director) walkOnce(ctx context.Context, s *sale, luck *rand.Rand) (*sale, error) {
	r := s.road
	if r.announceAt.IsZero() {
		return nil, d.vote(ctx, s, r.votes, time.Time{})
	}
	if err := d.vote(ctx, s, d.rules.PanelMin, r.announceAt); err != nil {
		return nil, err
	}
	if err := d.pace.Until(ctx, r.announceAt, 0); err != nil {
		return nil, err
	}
	if err := d.announce(ctx, s); err != nil {
		return nil, err
	}
	if err := d.admit(ctx, s, luck); err != nil {
		return nil, err
	}
	if h := r.withdrawal; h != nil && h.at.Before(r.startsAt) {
		return nil, d.withdraw(ctx, s)
	}
	if r.stay != nil && r.stay.at.Before(r.startsAt) {
		if err := d.stay(ctx, s); err != nil {
			return nil, err
		}
	}
	if !r.leaves.IsZero() && !r.startsAt.Before(r.leaves) {
		return nil, d.pace.Until(ctx, r.leaves, 0)
	}
	if err := d.bidding(ctx, s, luck); err != nil {
		return nil, err
	}
	if r.withdrawal != nil {
		return nil, d.withdraw(ctx, s)
	}
	if !r.leaves.IsZero() || (r.stay != nil && r.stay.resume.IsZero()) {
		return nil, d.pace.Until(ctx, r.leaves, 0)
	}
	if err := d.close(ctx, s); err != nil {
		return nil, err
	}
	return d.afterwards(ctx, s, luck)
}

// admit enrols the bidders between announcement and start. Who defaulted on
// the property before (R24x) lets another one bid.
func (d *director) admit(ctx context.Context, s *sale, luck *rand.Rand) error {
	r := s.road
	s.people = map[string]person{}
	span := r.startsAt.Sub(r.announceAt)
	q := &queue{people: make([]person, 0, len(d.cast.bidders)+1)}
	if r.guest != "" {
		q.people = append(q.people, d.cast.guests[r.guest])
	}
	for _, i := range luck.Perm(len(d.cast.bidders)) {
		q.people = append(q.people, d.cast.bidders[i])
	}
	first := make([]person, min(r.bidders, len(q.people)))
	for i := range first {
		first[i], _ = q.next()
	}
	codes, who := make([]string, len(first)), make([]person, len(first))
	scripts := make([]func(context.Context) error, len(first))
	for i := range first {
		at := r.announceAt.Add(span/20 + time.Duration(luck.Int64N(int64(span/2))))
		scripts[i] = func(ctx context.Context) error {
			if err := d.pace.Until(ctx, at, span/4); err != nil {
				return err
			}
			for one, ok := first[i], true; ok; one, ok = q.next() {
				if err := d.confirm(ctx, s, one, r.capacityOf(i)); err != nil {
					return err
				}
				code, err := d.enrol(ctx, s.id, one, r.capacityOf(i))
				if !errors.Is(err, errBarred) {
					codes[i], who[i] = code, one
					return err
				}
			}
			return nil
		}
	}
	if err := d.pace.All(ctx, scripts...); err != nil {
		return err
	}
	for i, code := range codes {
		if code != "" {
			s.people[code] = who[i]
			s.codes = append(s.codes, code)
		}
	}
	return nil
}

// queue is people who would bid, the first first.
type queue struct {
	mu     sync.Mutex
	people []person
}

func (q *queue) next() (person, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.people) == 0 {
		return person{}, false
	}
	p := q.people[0]
	q.people = q.people[1:]
	return p, true
}

// bidding plays the history of the lot's bids.
func (d *director) bidding(ctx context.Context, s *sale, luck *rand.Rand) error {
	r := s.road
	window := d.rules.Extension
	first, last := r.startsAt.Add(window/10), s.endsAt.Add(-window-window/10)
	if !r.from.IsZero() {
		first = r.from
		if s.lot.Stage == law.SellOff {
			last = first.Add(d.rules.SellOffCourse - window - window/10)
		}
	}
	if !r.leaves.IsZero() && r.leaves.Before(last) {
		last = r.leaves
	}
	if h := r.stay; h != nil && h.resume.IsZero() && h.at.Before(last) {
		last = h.at.Add(-time.Second)
	}
	h := compose(luck, first, last, r.bids, r.extensions, r.increments, r.match)
	if s.lot.Stage == law.SellOff && len(h.openly) > 0 {
		h.openly[0] = first // it sets the end (R26s)
	}
	planned, shift := s.endsAt, time.Duration(0)
	stayed := r.stay == nil || r.stay.at.Before(r.startsAt)
	bids := r.bids
	if len(s.codes) < 2 { // nobody bids against himself
		bids = min(bids, len(s.codes))
	}
	for i := range bids {
		at := s.endsAt.Add(-window)
		if i < len(h.openly) {
			at = h.openly[i].Add(shift)
		} else {
			at = at.Add(time.Duration(h.closing[i-len(h.openly)] * float64(window)))
		}
		if !stayed && !at.Before(r.stay.at) {
			stayed = true
			if err := d.stay(ctx, s); err != nil {
				return err
			}
			shift = r.stay.resume.Sub(r.stay.at)
			if i < len(h.openly) {
				at = at.Add(shift)
			} else {
				at = at.Add(s.endsAt.Sub(planned))
			}
		}
		if err := d.pace.Next(ctx, at); err != nil {
			return err
		}
		if err := d.raise(ctx, s, luck, h, i); err != nil {
			if errors.Is(err, errRefused) && fault.CodeOf(err) == fault.Closed {
				d.log.WarnContext(ctx, "a scripted bid came after the end", slog.String("lot", s.id.String()), slog.Int("bid", i))
				return nil
			}
			return fmt.Errorf("bid %d of %d for %s: %w", i+1, r.bids, s.lot.Title.Zh, err)
		}
	}
	if !stayed {
		return d.stay(ctx, s)
	}
	return nil
}

// raise places the i-th bid of a history.
func (d *director) raise(ctx context.Context, s *sale, luck *rand.Rand, h history, i int) error {
	base := s.price
	if s.leader == "" {
		base = money.Fen(s.lot.StartingPriceFen)
	}
	amount := base + money.Fen(h.steps[i])*money.Fen(s.lot.IncrementFen)
	code := s.pick(luck, i)
	if s.road.guest != "" && i >= s.road.bids-2 { // the guest buys
		if code = s.codes[0]; i == s.road.bids-2 {
			code = s.other(luck, s.codes[0])
		}
	}
	if s.road.match && (i == h.match || i == h.match-1) {
		if code = s.codes[0]; i != h.match { // somebody else leads before the match
			code = s.other(luck, s.codes[0])
		}
	}
	if code == s.leader { // the purchaser with priority led before: nothing to match
		code = s.other(luck, s.leader)
		if h.steps[i] == 0 {
			amount += money.Fen(s.lot.IncrementFen)
		}
	}
	accepted, err := d.bid(ctx, s.id, code, amount)
	if err != nil {
		return err
	}
	s.price, s.leader, s.endsAt = amount, code, accepted.EndsAt
	return nil
}

// pick chooses who bids next: anybody but the leader, and towards the end
// mostly the two who want it most.
func (s *sale) pick(luck *rand.Rand, i int) string {
	if len(s.codes) == 1 {
		return s.codes[0]
	}
	if i > s.road.bids*2/3 && luck.IntN(8) != 0 {
		for _, code := range s.codes[len(s.codes)-2:] {
			if code != s.leader {
				return code
			}
		}
	}
	return s.other(luck, s.leader)
}

// other is any code but this one and the leader's.
func (s *sale) other(luck *rand.Rand, not string) string {
	for range 64 {
		if code := s.codes[luck.IntN(len(s.codes))]; code != not && code != s.leader {
			return code
		}
	}
	for _, code := range s.codes {
		if code != s.leader {
			return code
		}
	}
	return s.codes[0]
}

// stay suspends the sale and, where the road says so, lets it go on.
func (d *director) stay(ctx context.Context, s *sale) error {
	h := s.road.stay
	if err := d.pace.Until(ctx, h.at, 0); err != nil {
		return err
	}
	if err := d.house.Auction.Stay(ctx, d.cast.judge(0), auction.CourtAct{Lot: s.id, Reason: h.reason}); err != nil {
		return fmt.Errorf("stay %s: %w", s.lot.Title.Zh, err)
	}
	if h.resume.IsZero() {
		return nil
	}
	if err := d.pace.Until(ctx, h.resume, 0); err != nil {
		return err
	}
	if err := d.house.Auction.Resume(ctx, d.cast.judge(0), auction.CourtAct{Lot: s.id}); err != nil {
		return fmt.Errorf("resume %s: %w", s.lot.Title.Zh, err)
	}
	at, err := d.look(ctx, s.id)
	s.endsAt = at.endsAt
	return err
}

func (d *director) withdraw(ctx context.Context, s *sale) error {
	h := s.road.withdrawal
	if err := d.pace.Until(ctx, h.at, 0); err != nil {
		return err
	}
	err := d.house.Auction.Withdraw(ctx, d.cast.judge(0), auction.CourtAct{Lot: s.id, Reason: h.reason, Ground: h.ground})
	if err != nil {
		return fmt.Errorf("withdraw %s: %w", s.lot.Title.Zh, err)
	}
	return nil
}

// close follows the course to its end, however often that moves.
func (d *director) close(ctx context.Context, s *sale) error {
	for {
		at, err := d.look(ctx, s.id)
		if err != nil || at.phase == string(course.Closed) {
			return err
		}
		end := at.endsAt.Add(time.Millisecond)
		if now := d.pace.Now(); !end.After(now) { // stayed by an outage, or about to be: it goes on by itself
			end = now.Add(time.Second)
		}
		if err := d.pace.Until(ctx, end, 0); err != nil {
			return err
		}
		_, err = d.house.Engine.Close(ctx, s.id)
		if kind := fault.KindOf(err); err != nil && kind != fault.Conflict && kind != fault.Unavailable {
			return fmt.Errorf("close %s: %w", s.lot.Title.Zh, err)
		}
	}
}

// afterwards is what buyer and court do after the end; it returns the next
// sale where there is one.
func (d *director) afterwards(ctx context.Context, s *sale, luck *rand.Rand) (*sale, error) {
	at, err := d.look(ctx, s.id)
	if err != nil {
		return nil, err
	}
	defaulted := at.outcome == "sold" && s.road.fate == defaults
	switch {
	case defaulted:
		if err := d.pace.Until(ctx, at.dueAt.Add(time.Millisecond), d.rules.Day/4); err != nil {
			return nil, err
		}
		err = d.pace.When(ctx, "the default", func(ctx context.Context) (bool, error) {
			now, err := d.look(ctx, s.id)
			at = now
			return now.outcome == "defaulted", err
		})
		at.endedAt = d.pace.Now()
	case at.outcome == "sold":
		return nil, d.settle(ctx, s, at, luck)
	}
	if err != nil || s.road.next == nil {
		return nil, err
	}
	r := s.road.next(at.endedAt)
	if err := d.pace.Until(ctx, at.endedAt.Add(d.rules.Day/2), d.rules.Day); err != nil {
		return nil, err
	}
	next, err := d.listNext(ctx, s, defaulted)
	if err != nil {
		return nil, err
	}
	next.road = r
	return next, nil
}

// settle pays the balance and makes the ruling, as far as the fate says.
func (d *director) settle(ctx context.Context, s *sale, at seen, luck *rand.Rand) error {
	wait := func(from time.Time, within time.Duration) (time.Time, error) {
		to := from.Add(within/4 + time.Duration(luck.Int64N(int64(within/3))))
		return to, d.pace.Until(ctx, to, within/8)
	}
	fate := s.road.fate
	if fate < paid {
		return nil
	}
	// Buyers pay within days, however long the announcement lets them.
	when, err := wait(at.endedAt, min(at.dueAt.Sub(at.endedAt), 6*d.rules.Day))
	if err != nil {
		return err
	}
	if err := d.payBalance(ctx, s.id, s.people[at.leader]); err != nil {
		return fmt.Errorf("buy %s: %w", s.lot.Title.Zh, err)
	}
	if fate < ruled {
		return nil
	}
	if when, err = wait(when, d.rules.RulingWithin); err != nil {
		return err
	}
	if err := d.rule(ctx, s); err != nil {
		return err
	}
	if fate < handedOver {
		return nil
	}
	if _, err = wait(when, d.rules.HandoverWithin); err != nil {
		return err
	}
	if err := d.house.Auction.HandOver(ctx, d.cast.judge(0), delivery(s.id)); err != nil {
		return fmt.Errorf("hand over %s: %w", s.lot.Title.Zh, err)
	}
	return nil
}

// delivery hands a lot over in one act; a director that fell behind says so, as a court would.
func delivery(lot uuid.UUID) auction.Delivery {
	return auction.Delivery{Lot: lot, Late: auction.Late{
		Superior: docket.Text{Zh: "执行局局长", En: "head of the enforcement bureau"},
		Reason:   docket.Text{Zh: "交接时间经与买受人商定顺延。", En: "The buyer agreed to a later day."},
	}}
}
