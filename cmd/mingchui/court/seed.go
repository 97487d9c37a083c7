package court

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// Past is how long before the present the stepped clock of a demonstration's
// first start begins: the sales of three days and the night before them.
const Past = 4 * 24 * time.Hour

// Seed makes the court, its people and its past: every lot of the docket goes
// through the real use cases to where the plan wants it, in the order of time,
// and the clock arrives at the present. The house runs without River and with
// a rule set whose days are short enough for Past.
func Seed(ctx context.Context, cfg Config) error { return seed(ctx, cfg, nil) }

// seed is Seed for the lots that only wants; nil wants all.
func seed(ctx context.Context, cfg Config, only func(ref string) bool) error {
	line, err := stage(cfg)
	if err != nil {
		return err
	}
	if days := cfg.House.Auction.RuleSet().AnnounceFirst.Rest; days > Past/8 {
		return fmt.Errorf("court: the plan needs announcements of a few hours, not %s", days)
	}
	present := cfg.Clock.Now().Add(-cfg.Clock.Offset())
	file, err := ReadDocket(cfg.House.Auction.RuleSet(), present)
	if err != nil {
		return err
	}
	p, err := readPlan()
	if err != nil {
		return err
	}
	if only != nil {
		file.Cases, p = part(file.Cases, p, only)
	}
	people, err := gather(ctx, cfg, file.Court, crowd{everybody: true})
	if err != nil {
		return err
	}
	d := newDirector(cfg, line, people, cfg.luck())
	s := &seeding{director: d, plan: p, present: present, court: file.Court}
	scripts, err := s.scripts(file.Cases)
	if err != nil {
		return err
	}
	d.told = s.counter(len(p.Lots), cfg.Progress)
	if err := line.Run(ctx, scripts...); err != nil {
		return err
	}
	cfg.Clock.Settle()
	_, err = cfg.House.Duties.RunDue(ctx)
	return err
}

// part is the docket and the plan of some lots alone.
func part(cases []docket.Case, p plan, only func(ref string) bool) ([]docket.Case, plan) {
	some := plan{Format: p.Format, Lots: map[string]lotPlan{}}
	var kept []docket.Case
	for _, c := range cases {
		c.Lots = slices.DeleteFunc(slices.Clone(c.Lots), func(l docket.Lot) bool { return !only(l.Ref) })
		for _, l := range c.Lots {
			some.Lots[l.Ref] = p.Lots[l.Ref]
		}
		if len(c.Lots) > 0 {
			kept = append(kept, c)
		}
	}
	return kept, some
}

// seeding is the past of the demonstration in the making.
type seeding struct {
	director *director
	plan     plan
	present  time.Time
	court    docket.Court
}

// counter reports lots one at a time.
func (s *seeding) counter(total int, progress func(done, total int, what string)) func(string) {
	var mu sync.Mutex
	done := 0
	return func(what string) {
		mu.Lock()
		defer mu.Unlock()
		if done++; progress != nil {
			progress(done, total, what)
		}
	}
}

// scripts is one for each case: it is imported before its first lot is voted
// on, then its lots go their ways.
func (s *seeding) scripts(cases []docket.Case) ([]func(context.Context) error, error) {
	roads, err := s.roads(cases)
	if err != nil {
		return nil, err
	}
	scripts := make([]func(context.Context) error, 0, len(cases))
	for _, c := range cases {
		first := s.present
		for _, l := range c.Lots {
			r := roads[l.Ref]
			if begins := s.begins(r); begins.Before(first) {
				first = begins
			}
		}
		scripts = append(scripts, func(ctx context.Context) error {
			d := s.director
			if err := d.pace.Until(ctx, first, d.rules.Day/2); err != nil {
				return err
			}
			sales, err := d.importCase(ctx, s.court, c)
			if err != nil {
				return err
			}
			walks := make([]func(context.Context) error, len(sales))
			for i, one := range sales {
				one.road = roads[one.lot.Ref]
				walks[i] = func(ctx context.Context) error { return d.walk(ctx, one) }
			}
			return d.pace.All(ctx, walks...)
		})
	}
	return scripts, nil
}

// begins is when a lot must be listed to be announced in time.
func (s *seeding) begins(r road) time.Time {
	if r.announceAt.IsZero() {
		return s.present.Add(-time.Hour)
	}
	return r.announceAt.Add(-3 * s.director.rules.Day)
}

// importCase lists a case with its lots, as a judge imports a docket.
func (d *director) importCase(ctx context.Context, court docket.Court, c docket.Case) ([]*sale, error) {
	made, err := d.house.Auction.Import(ctx, docket.File{Format: docket.Format, Court: court, Cases: []docket.Case{c}}, d.cast.judge(0))
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", c.Number, err)
	}
	sales := make([]*sale, len(c.Lots))
	for i, l := range c.Lots {
		sales[i] = &sale{id: made.Lots[l.Ref], caseID: made.Cases[c.Number], caseNumber: c.Number, lot: l, kind: docket.KindOf(c.Property(l))}
		d.listed(sales[i])
	}
	return sales, nil
}

// roads plans every lot of the docket.
func (s *seeding) roads(cases []docket.Case) (map[string]road, error) {
	roads := map[string]road{}
	var past []string // ended on the days before, in the order of the docket
	for _, c := range cases {
		for _, l := range c.Lots {
			p, ok := s.plan.Lots[l.Ref]
			if !ok {
				return nil, fmt.Errorf("the plan has no lot %s", l.Ref)
			}
			r, today, err := s.roadToday(l, docket.KindOf(c.Property(l)), p)
			if err != nil {
				return nil, fmt.Errorf("plan of %s: %w", l.Ref, err)
			}
			if !today {
				past = append(past, l.Ref)
			}
			roads[l.Ref] = r
		}
	}
	if len(roads) != len(s.plan.Lots) {
		return nil, errors.New("the plan has lots that the docket has not")
	}
	sort.Strings(past)
	for i, ref := range past {
		r := roads[ref]
		s.onEarlierDay(&r, i, s.plan.Lots[ref].Showpiece)
		roads[ref] = r
	}
	return roads, nil
}

// onEarlierDay gives a sale its hours on one of the three days before.
func (s *seeding) onEarlierDay(r *road, i int, early bool) {
	const days = 3
	local := s.present.In(law.CourtTime())
	morning := time.Date(local.Year(), local.Month(), local.Day()-days+i%days, 9, 0, 0, 0, law.CourtTime())
	starts := morning.Add(time.Duration(i/days) * 55 * time.Minute)
	if early {
		starts = morning
	}
	lead := r.startsAt.Sub(r.announceAt)
	length := r.endsAt.Sub(r.startsAt)
	r.startsAt, r.endsAt, r.announceAt = starts, starts.Add(length), starts.Add(-lead)
	if h := r.withdrawal; h != nil {
		h.at = r.startsAt.Add(-lead / 3)
	}
}

// Lots that ended in the last minutes, so that their duties are still to be
// done when somebody looks: how long before the present their bidding ended,
// and how far they came.
var lately = map[string]struct { //nolint:gochecknoglobals // a table
	ended time.Duration
	fate  fate
	// guest is who of the people's accounts bought it: the pages of a buyer
	// are to be seen without having bought before.
	guest string
}{
	"MH-019": {3 * time.Minute, unpaid, "bidder9"},
	"MH-022": {9 * time.Minute, paid, ""},
	"MH-007": {15 * time.Minute, ruled, "bidder8"},
	"MH-028": {40 * time.Minute, defaults, ""},
	"MH-032": {12 * time.Minute, unpaid, ""},
	"MH-034": {6 * time.Minute, unpaid, ""},
}

const (
	// leeway is added to the plan's minutes left, for the first look around.
	leeway = 7 * time.Minute
	// settleIn is by how much acts of the last minutes stay before the present.
	settleIn = 30 * time.Second
	// soonest is in how many minutes an announced lot starts at the earliest.
	soonest = 5
	// begunFor is how long live lots have been bid for, at least.
	begunFor = 20 * time.Minute
)

// roadToday plans one lot; today is false for those of the days before, whose
// hours are given later.
func (s *seeding) roadToday(l docket.Lot, kind law.Kind, p lotPlan) (r road, today bool, err error) {
	luck := s.director.chance("plan " + l.Ref)
	rules, now := s.director.rules, s.present
	minutes := func(least, most int) time.Duration {
		return time.Duration(least)*time.Minute + time.Duration(luck.Int64N(int64(most-least+1)*int64(time.Minute)))
	}
	length := max(rules.BiddingMin, (45*time.Minute + minutes(0, 60)).Truncate(5*time.Minute))
	if l.Stage == law.SellOff {
		length = rules.SellOffPeriod
	}
	lead := rules.AnnounceLead(l.Stage, kind) + minutes(2, 12).Truncate(time.Minute)
	r = road{
		bidders: p.Bidders, bids: p.Bids, extensions: p.Extensions, increments: p.Increments,
		fate: handedOver, leaves: now.Add(-settleIn),
	}
	r.priority = len(l.PriorityPurchasers) > 0 && p.Bidders > 2
	r.match = r.priority
	between := func(starts time.Time) {
		starts = starts.Truncate(time.Minute)
		r.startsAt, r.endsAt, r.announceAt = starts, starts.Add(length), starts.Add(-lead)
	}
	switch p.now() {
	case hintAnnounced:
		starts := minutes(15, 50)
		if p.StartsIn > 0 {
			starts = time.Duration(max(p.StartsIn, soonest)) * time.Minute
		}
		between(now.Add(starts))
		// What starts later than the lead is announced in the last minutes.
		if late := now.Add(-minutes(2, 20)); r.announceAt.After(late) {
			r.announceAt = late
		}
	case hintLive:
		left := time.Duration(p.EndsIn) * time.Minute
		if l.Stage == law.SellOff { // its period has one length, and its first bid sets the end anew
			r.from = now.Add(-4 * settleIn)
		} else {
			left += leeway
			length = max(length, left+begunFor)
		}
		between(now.Add(left - length))
	case hintSuspended:
		r.stay = &halt{at: now.Add(-2 * time.Minute), reason: withSource(p)}
		between(now.Add(-length / 2))
		if p.Then == "before_bidding" {
			between(now.Add(25 * time.Minute))
			r.announceAt = now.Add(-lead)
		}
	case hintWithdrawn:
		between(now)
		r.leaves = time.Time{}
		r.withdrawal = &halt{reason: withSource(p), ground: auction.PartiesSettled}
		return r, false, nil
	case hintEndedSold, hintEndedUnsold:
		late, today := lately[l.Ref]
		between(now.Add(-late.ended - length))
		r.leaves = time.Time{}
		if today {
			r.fate, r.guest = late.fate, late.guest
		}
		s.sequels(l.Ref, kind, &r)
		return r, today, nil
	case hintSecondSale, hintSellOff: // of which the plan says no more
		return r, false, fmt.Errorf("stage %q then %q", p.Stage, p.Then)
	default:
		return r, false, fmt.Errorf("stage %q then %q", p.Stage, p.Then)
	}
	return r, true, nil
}

// withSource is a reason and the article that it rests on.
func withSource(p lotPlan) docket.Text {
	return docket.Text{Zh: p.Reason.Zh + "（" + p.Source.Zh + "）", En: p.Reason.En + " (" + p.Source.En + ")"}
}

// wholeMinute is the next minute that begins at t or after it.
func wholeMinute(t time.Time) time.Time {
	if m := t.Truncate(time.Minute); m.Before(t) {
		return m.Add(time.Minute)
	}
	return t
}

// sequels plans the sales that follow some of the unsold and defaulted ones.
func (s *seeding) sequels(ref string, kind law.Kind, r *road) {
	rules := s.director.rules
	follow := func(stage law.Stage, ended time.Time, wait, length time.Duration) road {
		announced := ended.Add(4 * rules.Day) // after three of R16
		starts := wholeMinute(announced.Add(rules.AnnounceLead(stage, kind) + wait))
		return road{announceAt: announced, startsAt: starts, endsAt: starts.Add(length)}
	}
	switch ref {
	case "MH-008": // sold at the second sale
		r.next = func(ended time.Time) road {
			second := follow(law.Second, ended, rules.Day, 3*rules.BiddingMin)
			second.bidders, second.bids, second.increments, second.extensions, second.fate = 3, 8, 11, 1, handedOver
			return second
		}
	case "MH-043": // unsold twice; the sell-off is announced
		r.next = func(ended time.Time) road {
			second := follow(law.Second, ended, rules.Day, 2*rules.BiddingMin)
			second.next = func(time.Time) road {
				starts := wholeMinute(s.present.Add(20 * rules.Day))
				return road{
					announceAt: s.present.Add(-2 * rules.Day), startsAt: starts, endsAt: starts.Add(rules.SellOffPeriod),
					leaves: s.present.Add(-settleIn),
				}
			}
			return second
		}
	case "MH-034": // the second sale is drafted and waits for the panel
		r.next = func(time.Time) road { return road{votes: 1} }
	case "MH-028": // to be sold again after the default
		r.next = func(ended time.Time) road {
			again := follow(law.First, ended, 5*rules.Day, 4*rules.BiddingMin)
			again.leaves = s.present.Add(-settleIn)
			return again
		}
	}
}
