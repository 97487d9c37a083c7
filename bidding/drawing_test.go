package bidding

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// codes of a history; P, Q and R are priority purchasers, nobody ever admits Y.
var codes = []string{"AAAAA", "BBBBB", "CCCCC", "PPPPP", "QQQQQ", "RRRRR", "ZZZZZ"}

const stranger = "YYYYY"

// instant is where the lot is to stand next: mostly on or beside an instant at which a rule turns.
func (h *history) instant() int64 {
	r, m := h.random, h.model
	if m.Phase == course.Unopened {
		return 0
	}
	t := m.Terms
	if m.LastAt < t.StartsAt && r.IntN(3) > 0 {
		return max(m.LastAt, t.StartsAt+r.Int64N(3)-1)
	}
	var near int64
	switch r.IntN(8) {
	case 0, 1, 2:
		near = m.EndsAt + r.Int64N(3) - 1
	case 3, 4:
		near = m.EndsAt - t.Extension + r.Int64N(3) - 1
	case 5:
		near = m.EndsAt - r.Int64N(t.Extension)
	case 6:
		near = m.LastAt + r.Int64N(3_600_000)
	}
	return max(m.LastAt, near)
}

// flow lets the platform's clock go on: often to about the running end, sometimes a little back (a clock that steps).
func (h *history) flow(now int64) {
	r := h.random
	if h.model.Phase == course.Unopened {
		h.offset = r.Int64N(1000 * 24 * 3600 * 1000)
		return
	}
	platform := max(now+h.offset, h.model.LastAt)
	switch r.IntN(6) {
	case 0, 1, 2:
		platform = max(platform, h.model.EndsAt-r.Int64N(400_000))
	case 3:
		platform -= r.Int64N(1000)
	case 4:
		platform += r.Int64N(3_600_000)
	}
	h.offset = platform - now
}

// draw makes the next batch: commands that are interesting as the course will stand when their turn comes.
func (h *history) draw(now, epoch int64) {
	d := &drawing{Rand: h.random, h: h, s: h.model, now: max(now+h.offset, h.model.LastAt), epoch: epoch}
	h.batch, h.early = h.batch[:0], false
	switch {
	case h.model.Phase == course.Unopened:
		d.add(step{command: course.Command{
			Kind: course.Open, Terms: h.terms(d.now), NotBefore: max(0, d.now+[]int64{-1000, 0, 5, 700}[d.IntN(4)]),
		}})
		for _, code := range codes[:len(codes)-1] {
			if d.IntN(4) > 0 {
				d.add(step{command: d.admission(code)})
			}
		}
	case h.model.Phase != course.Closed && h.model.Epoch != epoch:
		if h.early = d.IntN(40) == 0; !h.early {
			d.add(step{command: course.Command{Kind: course.Epoch}})
		}
	}
	more := 2 + d.IntN(8)
	if h.model.Phase == course.Closed {
		more = 1
	}
	for range more {
		d.add(d.step())
	}
}

func (h *history) terms(now int64) course.Terms {
	t := drawTerms(h.random, now)
	t.MaximumBids = h.amounts != nil
	return t
}

func drawTerms(r *rand.Rand, now int64) course.Terms {
	t := course.Terms{
		StartingPrice: money.Fen(1 + r.Int64N(1<<uint(1+r.IntN(52)))), Increment: money.Fen(1 + r.Int64N(1<<uint(1+r.IntN(40)))),
		StartsAt: now + 3_600_000*r.Int64N(3), Extension: 300_000,
	}
	t.EndsAt = t.StartsAt + 24*3_600_000
	if r.IntN(3) == 0 {
		t.SellOffCourse = 24 * 3_600_000
	}
	return t
}

// drawing is a batch that is being drawn: s is the course as the commands drawn so far will leave it, if time does not move.
type drawing struct {
	*rand.Rand
	h          *history
	s          course.State
	now, epoch int64
}

func (d *drawing) add(s step) {
	d.h.batch = append(d.h.batch, s)
	if _, repeated := d.h.keys[s.command.Code+" "+s.key]; repeated && isKeyed(s.command.Kind) {
		return
	}
	e, err := course.Decide(d.s, s.command, d.now)
	if err != nil {
		return
	}
	e.Epoch, e.N = d.epoch, d.s.N+1
	if next, err := course.Next(d.s, e); err == nil {
		d.s = next
	}
}

// goal is a kind of step, drawn in proportion to its weight; false when it cannot be had.
type goal struct {
	weight int
	draw   func() (step, bool)
}

// step draws a goal until one can be had as the course stands.
func (d *drawing) step() step {
	goals := []goal{
		{22, d.raise},
		{9, d.match},
		{5, d.belowStart},
		{4, d.tooLow},
		{4, d.off},
		{5, d.byLeader},
		{3, d.byStranger},
		{6, d.byExcluded},
		{6, d.repeat},
		{2, d.newcomer},
		{3, d.again},
		{2, d.exclusion},
		{3, d.stay},
		{12, d.resume},
		{5, d.close},
		{14, d.gapped},
		{4, d.outOfPhase},
		{10, d.anything},
	}
	if d.h.amounts != nil {
		goals = append(goals, d.maxima()...)
	}
	total := 0
	for _, g := range goals {
		total += g.weight
	}
	for {
		at := d.IntN(total)
		for _, g := range goals {
			if at -= g.weight; at >= 0 {
				continue
			}
			if s, ok := g.draw(); ok {
				return s
			}
			break
		}
	}
}

// one draws a code that fits.
func (d *drawing) one(fits func(code string, a course.Admission, admitted bool) bool) (string, bool) {
	var found []string
	for _, code := range codes {
		if a, admitted := d.s.Admitted[code]; fits(code, a, admitted) {
			found = append(found, code)
		}
	}
	if len(found) == 0 {
		return "", false
	}
	return found[d.IntN(len(found))], true
}

// rival may bid now.
func (d *drawing) rival(code string, a course.Admission, admitted bool) bool {
	return admitted && !a.Excluded && code != d.s.Leader
}

// bid is one of an amount that may be asked for at all.
func (d *drawing) bid(code string, amount money.Fen) (step, bool) {
	return step{command: course.Command{Kind: course.Bid, Code: code, Amount: amount}, key: "k" + strconv.Itoa(d.IntN(100_000))},
		code != "" && amount >= 1 && amount <= money.Max
}

// base is the price that the next bid is measured from.
func (d *drawing) base() money.Fen { return max(d.s.Price, d.s.Terms.StartingPrice) }

func (d *drawing) raise() (step, bool) {
	code, _ := d.one(d.rival)
	if d.h.quiet && d.IntN(20) > 0 {
		return step{}, false
	}
	steps := []money.Fen{1, 1, 1, 1, 2, 5}[d.IntN(6)]
	if d.s.Leader == "" {
		steps--
	}
	return d.bid(code, d.base()+steps*d.s.Terms.Increment)
}

// match is a bid at the price by a priority purchaser, who may or may not (R21).
func (d *drawing) match() (step, bool) {
	may := d.IntN(4) > 0
	code, _ := d.one(func(code string, a course.Admission, admitted bool) bool {
		return d.rival(code, a, admitted) && a.Rank > 0 && course.Better(a.Rank, d.s.LeaderRank) == may
	})
	s, ok := d.bid(code, d.s.Price)
	return s, ok && d.s.Leader != ""
}

func (d *drawing) belowStart() (step, bool) {
	code, _ := d.one(d.rival)
	return d.bid(code, d.s.Terms.StartingPrice-1-money.Fen(d.IntN(2))*d.s.Terms.Increment)
}

func (d *drawing) tooLow() (step, bool) {
	code, _ := d.one(func(code string, a course.Admission, admitted bool) bool {
		return d.rival(code, a, admitted) && a.Rank == 0
	})
	low := []money.Fen{d.s.Price, d.s.Price + d.s.Terms.Increment - 1, d.s.Price - d.s.Terms.Increment}[d.IntN(3)]
	s, ok := d.bid(code, low)
	return s, ok && d.s.Leader != "" && low >= d.s.Terms.StartingPrice
}

func (d *drawing) off() (step, bool) {
	code, _ := d.one(d.rival)
	s, ok := d.bid(code, d.base()+money.Fen(d.IntN(3)+1)*d.s.Terms.Increment+1-2*money.Fen(d.IntN(2)))
	return s, ok && d.s.Terms.Increment > 2
}

func (d *drawing) byLeader() (step, bool) { return d.bid(d.s.Leader, d.base()+d.s.Terms.Increment) }

func (d *drawing) byStranger() (step, bool) { return d.bid(stranger, d.base()+d.s.Terms.Increment) }

func (d *drawing) byExcluded() (step, bool) {
	code, _ := d.one(func(_ string, a course.Admission, _ bool) bool { return a.Excluded })
	return d.bid(code, d.base()+d.s.Terms.Increment)
}

// repeat is a retry of what was accepted, with its body or another.
func (d *drawing) repeat() (step, bool) {
	if len(d.h.names) == 0 {
		return step{}, false
	}
	name := d.h.names[d.IntN(len(d.h.names))]
	code, key, _ := strings.Cut(name, " ")
	s := step{command: d.h.keys[name].command, key: key}
	switch {
	case d.IntN(2) == 0 || s.command.Amount == money.Max:
	case s.command.Kind == course.MaximumWithdrawn:
		s.command = course.Command{Kind: course.Bid, Code: code, Amount: d.base()}
	default:
		s.command.Amount++
		s.command.Commitment = commitment(s.command)
	}
	return s, true
}

func (d *drawing) admission(code string) course.Command {
	c := course.Command{Kind: course.Admit, Code: code, Capacity: course.Ordinary, NameCommitment: strings.Repeat("0f", 32)}
	switch {
	case code >= "P" && code < "Y":
		c.Capacity, c.Rank = course.Priority, 1+d.IntN(3)
	case code[0] == 'C':
		c.Capacity = course.Creditor
	}
	return c
}

func (d *drawing) newcomer() (step, bool) {
	code, ok := d.one(func(_ string, _ course.Admission, admitted bool) bool { return !admitted })
	if !ok {
		return step{}, false
	}
	return step{command: d.admission(code)}, true
}

func (d *drawing) again() (step, bool) {
	code, ok := d.one(func(_ string, _ course.Admission, admitted bool) bool { return admitted })
	if !ok {
		return step{}, false
	}
	return step{command: d.admission(code)}, true
}

func (d *drawing) exclusion() (step, bool) {
	return step{command: course.Command{Kind: course.Exclude, Code: codes[d.IntN(len(codes))]}}, true
}

func (d *drawing) stay() (step, bool) {
	ground := []course.Ground{course.ByCourt, course.ByPlatform, course.ByOutage}[d.IntN(3)]
	if d.now >= d.s.EndsAt && d.IntN(2) == 0 {
		ground = course.ByOutage
	}
	return step{command: course.Command{
		Kind: course.Stay, Ground: ground,
		Since: []int64{0, 1, d.s.LastAt, d.s.ActedAt + 1, d.now - d.Int64N(400_000), d.s.EndsAt + d.Int64N(400_000)}[d.IntN(6)],
	}}, true
}

func (d *drawing) resume() (step, bool) {
	by := []course.Ground{"", course.ByOutage}[d.IntN(2)]
	return step{command: course.Command{Kind: course.Resume, Ground: by}}, d.s.Phase == course.Stayed
}

// closing rests on a span that serves.
func (d *drawing) closing() course.Command {
	from, to := d.s.ClosingFrom(), d.s.EndsAt
	if d.now > to && d.IntN(2) == 0 {
		from, to = from-d.Int64N(1000), to+d.Int64N(d.now-to+1)
	}
	return course.Command{Kind: course.Close, Span: course.Span{Epoch: d.epoch, From: from, To: to}}
}

func (d *drawing) close() (step, bool) {
	return step{command: d.closing()}, d.s.Phase == course.Running && d.now >= d.s.EndsAt
}

// gapped is a close whose span does not serve (R28o).
func (d *drawing) gapped() (step, bool) {
	c := d.closing()
	switch d.IntN(4) {
	case 0:
		c.Span.From = d.s.ClosingFrom() + 1
	case 1:
		c.Span.To = d.s.EndsAt - 1
	case 2:
		c.Span.To = d.now + 1
	case 3:
		c.Span.Epoch--
	}
	return step{command: c}, d.s.Phase == course.Running && d.now >= d.s.EndsAt
}

// outOfPhase is a step that the phase does not allow.
func (d *drawing) outOfPhase() (step, bool) {
	c := []course.Command{d.closing(), {Kind: course.Resume}, {Kind: course.Open, Terms: drawTerms(d.Rand, 1_781_749_000_000)}}[d.IntN(3)]
	return step{command: c}, d.s.Phase != course.Closed
}

// anything at all, whether it makes sense or not.
func (d *drawing) anything() (step, bool) {
	code := codes[d.IntN(len(codes))]
	switch d.IntN(8) {
	case 0:
		return d.exclusion()
	case 1:
		return d.stay()
	case 2:
		return step{command: []course.Command{{Kind: course.Resume, Ground: course.ByOutage}, {Kind: course.Close}, d.closing()}[d.IntN(3)]}, true
	case 3:
		return step{command: d.admission(code)}, true
	case 4:
		return d.bid(code, money.Max-money.Fen(d.IntN(3)))
	default:
		return d.bid(code, d.base()+d.s.Terms.Increment*money.Fen(d.IntN(7)-1)+money.Fen(d.IntN(3)-1))
	}
}
