package court

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Sold is a lot that Sell took along its road.
type Sold struct {
	Lot, Case uuid.UUID
	Stage     law.Stage
	// Status and Outcome are the lot's, as its row holds them.
	Status, Outcome string
}

// Sell lists n sales of chance and takes each along a road of chance, to its
// end: sold and handed over, sold and not paid for, unsold with the later sales
// that follow, stayed and resumed, withdrawn, matched by a priority purchaser,
// bought by the applicant creditor. The periods are those of the house's rule
// set, so the clock moves by weeks under law.China2017. It returns the lots in
// the order of listing, later sales included. The i-th sale takes the i-th of
// turns; those beyond them are of chance alone. The same rng and rule set give
// the same sales but for ids and bidder codes.
//
// It runs on the stepped clock, in a house without River; several calls on one
// house follow each other.
func Sell(ctx context.Context, cfg Config, rng *rand.Rand, n int, turns ...Turn) ([]Sold, error) {
	line, err := stage(cfg)
	if err != nil {
		return nil, err
	}
	line.grain = cfg.House.Auction.RuleSet().Day / 24 // a stay of days is looked at each hour, not each minute
	file := cfg.Docket
	if file == nil {
		read, err := ReadDocket(cfg.House.Auction.RuleSet(), cfg.Clock.Now())
		if err != nil {
			return nil, err
		}
		file = &read
	}
	const enough = 12 // bidders; hashing more passwords takes more time than the sales
	people, err := gather(ctx, cfg, file.Court, crowd{bidders: enough})
	if err != nil {
		return nil, err
	}
	d := newDirector(cfg, line, people, rng.Uint64())
	m := &market{director: d, rng: rng, file: *file, now: cfg.Clock.Now()}
	d.listed = m.note
	scripts := make([]func(context.Context) error, n)
	for i := range scripts {
		turn := AnyTurn
		if i < len(turns) {
			turn = turns[i]
		}
		c, r := m.invent(i, turn)
		begins := m.now.Add(time.Duration(rng.Int64N(int64(2 * d.rules.Day))))
		scripts[i] = func(ctx context.Context) error {
			if err := d.pace.Until(ctx, begins, d.rules.Day/8); err != nil {
				return err
			}
			sales, err := d.importCase(ctx, file.Court, c)
			if err != nil {
				return err
			}
			sales[0].road = r
			return d.walk(ctx, sales[0])
		}
	}
	if err := line.Run(ctx, scripts...); err != nil {
		return nil, err
	}
	return m.result(ctx)
}

// market invents sales.
type market struct {
	director *director
	rng      *rand.Rand
	file     docket.File
	now      time.Time

	mu   sync.Mutex
	lots []Sold
}

// note remembers a lot that was listed.
func (m *market) note(s *sale) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lots = append(m.lots, Sold{Lot: s.id, Case: s.caseID, Stage: s.lot.Stage})
}

func (m *market) result(ctx context.Context) ([]Sold, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.lots {
		at, err := m.director.look(ctx, m.lots[i].Lot)
		if err != nil {
			return nil, err
		}
		m.lots[i].Status, m.lots[i].Outcome = at.status, at.outcome
	}
	return m.lots, nil
}

// invent makes a case with one lot out of the docket's property, with a number
// and figures of its own, and a road for it.
func (m *market) invent(i int, turn Turn) (docket.Case, road) {
	c, l := m.draw(turn)
	unit := money.Fen(10_000)                            // ¥100
	reference := unit * money.Fen(50+m.rng.IntN(30_000)) // ¥5,000 to ¥3,000,000
	start := roundUp(reference*money.Fen(700+m.rng.IntN(301))/1000, unit)
	if l.AppraisalFen > 0 { // the documents of the property say which it is
		l.AppraisalFen = int64(reference)
	} else {
		l.MarketPriceFen = int64(reference)
	}
	l.StartingPriceFen, l.IncrementFen = int64(start), int64(roundUp(start*money.Fen(5+m.rng.IntN(20))/1000, 100))
	l.DepositFen = int64(start * money.Fen(50+m.rng.IntN(150)) / 1000)
	c.Lots = []docket.Lot{l}
	c.Assets = c.Property(l)
	if c.Assets[0].Category == docket.Equity { // only as much of it is sold as is needed (R12e)
		c.ClaimFen = max(c.ClaimFen, int64(start))
	}
	c.PriorityClaims = nil // they may name property that is left out
	c = renumber(c, m.now.In(law.CourtTime()).Year(), 40_000+m.rng.IntN(50_000)*10+i%10)
	return c, m.firstRoad(c, l, turn)
}

// draw takes a first sale of the docket.
func (m *market) draw(turn Turn) (docket.Case, docket.Lot) {
	for {
		c := m.file.Cases[m.rng.IntN(len(m.file.Cases))]
		l := c.Lots[m.rng.IntN(len(c.Lots))]
		if l.Stage == law.First && (turn != MatchedTurn || len(l.PriorityPurchasers) > 0) {
			return c, l
		}
	}
}

func (m *market) firstRoad(c docket.Case, l docket.Lot, turn Turn) road {
	r := m.road(m.rng, law.First, docket.KindOf(c.Property(l)), m.now.Add(3*m.director.rules.Day), turn)
	r.priority = r.bidders > 1 && len(l.PriorityPurchasers) > 0
	r.match = r.priority && r.bids > 2
	r.creditor = r.bidders > 2 && m.rng.IntN(3) == 0
	return r
}

// road invents a road that is announced some time after from.
func (m *market) road(rng *rand.Rand, stage law.Stage, kind law.Kind, from time.Time, turn Turn) road {
	rules := m.director.rules
	some := func(most time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(most))) }
	r := road{announceAt: from.Add(some(rules.Day))}
	r.startsAt = r.announceAt.Add(rules.AnnounceLead(stage, kind) + some(rules.Day))
	r.endsAt = r.startsAt.Add(rules.BiddingMin + some(rules.BiddingMin))
	if stage == law.SellOff {
		r.endsAt = r.startsAt.Add(rules.SellOffPeriod)
		r.from = r.startsAt.Add(some(rules.SellOffPeriod - rules.Extension))
	}
	if r.bidders, r.bids = turn.demand(rng); r.bids > 0 {
		r.extensions = rng.IntN(r.bids + 1)
		if stage == law.SellOff {
			r.extensions = min(r.extensions, r.bids-1) // the first bid sets the end
		}
		r.increments = r.bids - 1 + rng.IntN(2*r.bids)
	}
	r.fate = turn.fate(rng)
	m.court(rng, stage, &r, turn)
	r.next = func(ended time.Time) road {
		following, then := law.Second, AnyTurn
		switch {
		case r.fate == defaults && r.bids > 0:
			following = stage
		case stage == law.Second:
			following = law.SellOff
		case turn == UnsoldTurn:
			then = UnsoldTurn
		}
		return m.road(m.director.chance(fmt.Sprint(r.announceAt.UnixNano(), following)), following, kind, ended.Add(4*rules.Day), then) // after three of R16
	}
	again := rng.IntN(2) > 0 || turn == DefaultedTurn
	if stage == law.SellOff || (r.fate == defaults && r.bids > 0 && !again) {
		r.next = nil
	}
	return r
}

// court adds what the court may do in the middle: a stay that ends again, or a
// withdrawal before bidding.
func (m *market) court(rng *rand.Rand, stage law.Stage, r *road, turn Turn) {
	rules := m.director.rules
	stays, withdraws := turn.interrupted(rng)
	switch {
	case stays:
		at := r.startsAt.Add(-rules.Day / 2)
		if stage != law.SellOff && rng.IntN(2) == 0 {
			at = r.startsAt.Add(r.endsAt.Sub(r.startsAt) / 2)
		}
		r.stay = &halt{
			at: at, resume: at.Add(rules.ResumeWithin / 2),
			reason: docket.Text{Zh: "案外人提出异议，审查期间中止拍卖。", En: "A third person objected; the sale is stayed while that is examined."},
		}
		if at.Before(r.startsAt) {
			r.from = later(r.from, r.stay.resume.Add(rules.Extension/10))
		}
	case withdraws:
		grounds := auction.Grounds()
		r.withdrawal = &halt{
			at: r.startsAt.Add(-rules.Day / 3), ground: grounds[rng.IntN(len(grounds))],
			reason: docket.Text{Zh: "撤回拍卖，理由见裁定。", En: "The sale is withdrawn for the reasons of the order."},
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
