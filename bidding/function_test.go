package bidding

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/deploy/local/testserver"
)

// history is one random course, run by the Redis function and by package course side by side.
type history struct {
	lot     uuid.UUID
	shard   int
	random  *rand.Rand
	model   course.State
	keys    map[string]answer // "code key" of accepted bids
	names   []string          // of keys, in order
	matches int               // bids at the standing price (R21)
	offset  int64             // the platform's clock against Redis', ms
	batch   []step
	decided []decision // what the stream must hold, in order
}

type step struct {
	command course.Command
	key     string
}

// answer is an accepted bid's first answer.
type answer struct {
	amount        money.Fen
	seq, at, ends int64
}

var codes = []string{"AAAAA", "BBBBB", "CCCCC", "PPPPP", "QQQQQ", "RRRRR", "ZZZZZ"}

// TestI2_FunctionAgreesWithCourse holds the Redis function and package course equal on 10,000 random histories: every
// answer, every refusal's standing, every idempotent retry, and the stream with its chain.
func TestI2_FunctionAgreesWithCourse(t *testing.T) {
	t.Parallel()
	const histories, together, steps = 10_000, 500, 6
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	client, lib := testserver.Redis(t), newLibrary()
	if err := lib.load(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	agreement := &agreement{client: client, lib: lib, random: rand.New(rand.NewPCG(seed, 1)), chains: map[int]*chainEnd{}}
	for done := 0; done < histories; done += together {
		if err := agreement.run(t.Context(), together, steps); err != nil {
			t.Fatal(err)
		}
	}
	if agreement.accepted < histories || agreement.refused < histories || agreement.replayed < histories/100 || agreement.matches < histories/100 {
		t.Errorf("the histories were dull: %d accepted, %d refused, %d replayed, %d matches", agreement.accepted, agreement.refused, agreement.replayed, agreement.matches)
	}
	for _, code := range []fault.Code{
		fault.BidBelowStart, fault.BidTooLow, fault.OffIncrement, fault.AlreadyLeading, fault.NotEnrolled, fault.Excluded, fault.NotStarted,
		fault.Closed, fault.Suspended, fault.EnrolmentExists, fault.StateConflict, fault.IdempotencyKeyReused,
	} {
		if agreement.codes[code] == 0 {
			t.Errorf("no history met %s", code)
		}
	}
	t.Logf("%d accepted, %d refused, %d replayed, %d matches; %v", agreement.accepted, agreement.refused, agreement.replayed, agreement.matches, agreement.codes)
}

// chainEnd is how far a shard has decided (n) and was compared (read, h).
type chainEnd struct {
	n, read int64
	h       string
}

type agreement struct {
	client                      *redis.Client
	lib                         library
	random                      *rand.Rand
	chains                      map[int]*chainEnd
	accepted, refused, replayed int
	matches                     int
	codes                       map[fault.Code]int
}

// run takes several histories through their steps in lockstep, one pipeline a step.
func (a *agreement) run(ctx context.Context, together, steps int) error {
	if a.codes == nil {
		a.codes = map[fault.Code]int{}
	}
	all := make([]*history, together)
	for i := range all {
		h := &history{
			lot: uuid.New(), shard: a.random.IntN(4), random: rand.New(rand.NewPCG(a.random.Uint64(), 2)), keys: map[string]answer{},
		}
		h.offset = h.random.Int64N(1000 * 24 * 3600 * 1000)
		all[i] = h
	}
	for shard := range 4 {
		if a.chains[shard] == nil {
			a.chains[shard] = &chainEnd{}
			if err := a.client.HSet(ctx, shardPrefix(shard)+"shard", "epoch", 1, "n", 0, "h", "", "c", 0).Err(); err != nil {
				return err
			}
		}
	}
	for range steps {
		pipe := a.client.Pipeline()
		now := time.Now().UnixMilli()
		for _, h := range all {
			h.draw(now)
			h.send(ctx, pipe, a.lib, now)
		}
		replies, err := pipe.Exec(ctx)
		if err != nil {
			return err
		}
		for i, h := range all {
			reply := replies[i].(*redis.Cmd)                       //nolint:forcetypeassert // pipe.FCall makes it
			for strings.HasPrefix(reply.Val().(string), "clock") { //nolint:forcetypeassert // the function answers text
				reply = h.send(ctx, a.client, a.lib, time.Now().UnixMilli()) // a slow machine: again, alone
			}
			if err := a.judge(h, reply); err != nil {
				return fmt.Errorf("history of lot %s: %w", h.lot, err)
			}
		}
	}
	return a.compareStreams(ctx, all)
}

// draw makes the next batch: time moves on, then commands that are interesting as the model stands.
func (h *history) draw(now int64) {
	r := h.random
	h.batch = h.batch[:0]
	platform := now + h.offset
	if h.model.Phase == course.Unopened {
		h.batch = append(h.batch, step{command: course.Command{Kind: course.Open, Terms: drawTerms(r, platform)}})
		for i := range r.IntN(6) {
			h.batch = append(h.batch, step{command: h.drawCommand(course.Admit, codes[i])})
		}
	} else {
		h.move(platform)
	}
	for range 1 + r.IntN(8) {
		kind := course.Bid
		if r.IntN(4) == 0 {
			kinds := []course.Kind{course.Admit, course.Exclude, course.Stay, course.Resume, course.Resume, course.Close, course.Open}
			kind = kinds[r.IntN(len(kinds))]
		}
		s := step{command: h.drawCommand(kind, codes[r.IntN(len(codes))])}
		if kind == course.Bid {
			s.key = "k" + strconv.Itoa(r.IntN(1000))
			if r.IntN(10) == 0 {
				h.repeat(&s)
			}
		}
		h.batch = append(h.batch, s)
	}
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

// move lets time pass: often to about the running end, sometimes a little back (a clock that steps).
func (h *history) move(platform int64) {
	r := h.random
	switch r.IntN(8) {
	case 0, 1, 2:
		h.offset += h.model.EndsAt - platform - r.Int64N(400_000)
	case 3:
		h.offset += max(h.model.EndsAt-platform, 0) + r.Int64N(2)
	case 4:
		h.offset += h.model.Terms.StartsAt - platform
	case 5:
		h.offset -= r.Int64N(1000)
	case 6:
		h.offset += r.Int64N(3_600_000)
	}
}

func (h *history) drawCommand(kind course.Kind, code string) course.Command {
	r := h.random
	c := course.Command{Kind: kind}
	switch kind {
	case course.Open:
		c.Terms = drawTerms(r, 1_781_749_000_000)
	case course.Admit:
		c.Code, c.Capacity, c.NameCommitment = code, course.Ordinary, strings.Repeat("0f", 32)
		if code >= "P" && code < "Z" {
			c.Capacity, c.Rank = course.Priority, 1+r.IntN(3)
		}
	case course.Exclude:
		c.Code = code
	case course.Bid:
		c.Code, c.Amount = code, h.amount()
	case course.Stay:
		c.Ground = []course.Ground{course.ByCourt, course.ByPlatform, course.ByOutage}[r.IntN(3)]
	case course.Resume, course.Epoch, course.Close:
	}
	return c
}

// amount lies about the price that the bids before it in the batch may make.
func (h *history) amount() money.Fen {
	r, m := h.random, h.model
	if m.Phase == course.Unopened {
		m.Terms = h.batch[0].command.Terms
	}
	base := max(m.Price, m.Terms.StartingPrice)
	for _, s := range h.batch {
		if s.command.Kind == course.Bid {
			base = max(base, min(s.command.Amount, money.Max/2))
		}
	}
	a := base + m.Terms.Increment*money.Fen([]int{-1, 0, 0, 1, 1, 1, 1, 2, 5}[r.IntN(9)])
	if r.IntN(8) == 0 {
		a += money.Fen(1 - 2*r.IntN(2))
	}
	if r.IntN(50) == 0 {
		a = money.Max - money.Fen(r.IntN(3))
	}
	return min(max(a, 1), money.Max)
}

// repeat makes s a retry of an accepted bid, with its body or another.
func (h *history) repeat(s *step) {
	if len(h.names) == 0 {
		return
	}
	name := h.names[h.random.IntN(len(h.names))]
	code, key, _ := strings.Cut(name, " ")
	s.command.Code, s.key, s.command.Amount = code, key, h.keys[name].amount
	if h.random.IntN(3) == 0 {
		s.command.Amount++
	}
}

func (h *history) send(ctx context.Context, pipe redis.Cmdable, lib library, wall int64) *redis.Cmd {
	keys := lotKeys(h.shard, h.lot)
	keys[1] = streamKey(h.shard, 1)
	args := []any{1, 0, wall, h.offset * 1000, 600_000, 1 << 40, h.lot.String()}
	for _, s := range h.batch {
		args = appendCommand(args, s.command, s.key, wall)
	}
	return pipe.FCall(ctx, lib.decide, keys, args...)
}

// judge runs the model at the time that the function decided by and compares every answer.
func (a *agreement) judge(h *history, cmd *redis.Cmd) error {
	text, err := cmd.Text()
	if err != nil {
		return err
	}
	r, err := parseReply(text, len(h.batch))
	if err != nil {
		return err
	}
	if r.word != "ok" {
		return fmt.Errorf("nothing decided: %s", text)
	}
	end := a.chains[h.shard]
	for i, s := range h.batch {
		want := h.expect(s, r.now, end)
		got := r.verdicts[i]
		if got != want {
			return fmt.Errorf("step %d %+v at %d in %+v: the function says %+v, the course %+v", i, s, r.now, h.model, got, want)
		}
		switch got.sign {
		case decided:
			a.accepted++
		case replayed:
			a.replayed++
		case refused:
			a.refused++
			a.codes[fault.Code(got.code)]++
		}
	}
	if end.n != r.n {
		return fmt.Errorf("the stream ends at %d, want %d", r.n, end.n)
	}
	return nil
}

// compareStreams reads what the function wrote since the last comparison: the chain must hold, and the decisions of each
// lot must be the model's events in their order.
func (a *agreement) compareStreams(ctx context.Context, all []*history) error {
	want := map[uuid.UUID][]decision{}
	for _, h := range all {
		want[h.lot] = h.decided
	}
	for _, h := range all {
		a.matches += h.matches
	}
	for shard, end := range a.chains {
		entries, err := a.client.XRange(ctx, streamKey(shard, 1), fmt.Sprintf("%d-0", end.read+1), "+").Result()
		if err != nil {
			return err
		}
		for _, entry := range entries {
			end.read++
			text, _ := entry.Values["p"].(string)
			if end.h = chain(end.h, text); entry.Values["h"] != end.h || entry.ID != fmt.Sprintf("%d-0", end.read) {
				return fmt.Errorf("entry %s of shard %d breaks the chain", entry.ID, shard)
			}
			got, err := parseDecision(text, shard, 1, end.read)
			if err != nil {
				return err
			}
			events := want[got.lot]
			if len(events) == 0 || got.event != events[0].event || got.key != events[0].key {
				return fmt.Errorf("shard %d holds %+v where %+v was decided", shard, got, events)
			}
			want[got.lot] = events[1:]
		}
		if end.read != end.n {
			return fmt.Errorf("shard %d holds %d decisions of %d", shard, end.read, end.n)
		}
	}
	return nil
}

// expect is the answer that package course gives, with the idempotency of bids in front of it.
func (h *history) expect(s step, now int64, end *chainEnd) verdict {
	name := s.command.Code + " " + s.key
	standing := h.model.Standing()
	refuse := func(code fault.Code) verdict {
		return verdict{sign: refused, code: string(code), seq: standing.Seq, price: int64(standing.Price), leader: standing.Leader, ends: standing.EndsAt}
	}
	if first, there := h.keys[name]; there && s.command.Kind == course.Bid {
		if first.amount != s.command.Amount {
			return refuse(fault.IdempotencyKeyReused)
		}
		return verdict{sign: replayed, seq: first.seq, at: first.at, ends: first.ends}
	}
	e, err := course.Decide(h.model, s.command, now)
	if err != nil {
		return refuse(fault.CodeOf(err))
	}
	end.n++
	e.Shard, e.Epoch, e.N = h.shard, 1, end.n
	if h.model, err = course.Next(h.model, e); err != nil {
		return verdict{code: err.Error()}
	}
	h.decided = append(h.decided, decision{lot: h.lot, event: e, key: s.key})
	if s.command.Kind == course.Bid {
		if e.Amount == standing.Price {
			h.matches++
		}
		h.names = append(h.names, name)
		h.keys[name] = answer{amount: e.Amount, seq: e.Seq, at: e.At, ends: e.EndsAt}
	}
	return verdict{sign: decided, seq: e.Seq, at: e.At, ends: h.model.EndsAt, n: end.n}
}
