package bidding

import (
	"context"
	"math/rand/v2"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// history is one random course, run by the Redis function and by package course side by side.
type history struct {
	lot    uuid.UUID
	shard  int
	random *rand.Rand
	model  course.State
	keys   map[string]answer // "code key" of what bidders sent and was accepted
	names  []string          // of keys, in order
	offset int64             // the platform's clock against Redis', ms
	at     int64             // the instant that the lot stands at, when it does
	sent   int64             // when the batch was sent, ms
	batch  []step
	// amounts are how high the maxima are, by code; nil when the lot offers none.
	amounts map[string]money.Fen
	// quiet: hardly anybody wants the property.
	quiet bool
	// early: the batch leaves out the epoch event that must come first.
	early    bool
	decided  []decision // what the stream must hold, in order
	compared int        // of decided
}

type step struct {
	command course.Command
	key     string
}

// answer is the first answer to what a bidder sent.
type answer struct {
	command       course.Command
	seq, at, ends int64
}

// isKeyed tells whether bidders send such commands, with a key.
func isKeyed(k course.Kind) bool {
	return k == course.Bid || k == course.Maximum || k == course.MaximumWithdrawn
}

// body is by what a command is known again under its key.
func body(c course.Command) string {
	switch c.Kind { //nolint:exhaustive // others have no key
	case course.Bid:
		return itoa(int64(c.Amount))
	case course.Maximum:
		return c.Commitment
	}
	return withdrawnWord
}

func (h *history) send(ctx context.Context, pipe redis.Cmdable, lib library, epoch, wall int64) *redis.Cmd {
	keys := decideKeys(h.shard, h.lot, course.Terms{MaximumBids: h.amounts != nil})
	keys[1] = streamKey(h.shard, epoch)
	args := []any{epoch, 0, wall, h.offset * 1000, 600_000, 1 << 40, h.lot.String()}
	for _, s := range h.batch {
		args = appendCommand(args, s.command, carried{s.key, wall, "00"})
	}
	return pipe.FCall(ctx, lib.decide, keys, args...)
}

// expect is the answer that package course gives, with the idempotency of bids in front of it.
func (h *history) expect(s step, now, epoch int64, end *chainEnd) verdict {
	name := s.command.Code + " " + s.key
	standing := h.model.Standing()
	refuse := func(code fault.Code) verdict {
		return verdict{sign: refused, code: string(code), seq: standing.Seq, price: int64(standing.Price), leader: standing.Leader, ends: standing.EndsAt}
	}
	if first, there := h.keys[name]; there && isKeyed(s.command.Kind) {
		if body(first.command) != body(s.command) {
			return refuse(fault.IdempotencyKeyReused)
		}
		return verdict{sign: replayed, seq: first.seq, at: first.at, ends: first.ends}
	}
	e, err := course.Decide(h.model, s.command, now)
	if err != nil {
		return refuse(fault.CodeOf(err))
	}
	if err := h.fold(e, s.key, epoch, end); err != nil {
		return verdict{code: err.Error()}
	}
	got := verdict{sign: decided, seq: e.Seq, at: e.At, ends: h.model.EndsAt, n: end.n}
	if isKeyed(s.command.Kind) {
		h.names = append(h.names, name)
		h.keys[name] = answer{command: s.command, seq: e.Seq, at: e.At, ends: h.model.EndsAt}
	}
	if e.Kind == course.Maximum {
		h.amounts[e.Code] = s.command.Amount
	}
	for c, called := course.Answer(h.model, h.amounts); called; c, called = course.Answer(h.model, h.amounts) {
		auto, err := course.Decide(h.model, c, h.model.LastAt)
		if err == nil {
			err = h.fold(auto, "", epoch, end)
		}
		if err != nil {
			return verdict{code: err.Error()}
		}
	}
	return got
}

// fold takes an event at the next place of the shard into the model.
func (h *history) fold(e course.Event, key string, epoch int64, end *chainEnd) (err error) {
	end.n++
	e.Shard, e.Epoch, e.N = h.shard, epoch, end.n
	h.model, err = course.Next(h.model, e)
	h.decided = append(h.decided, decision{lot: h.lot, event: e, carried: carried{key: key}})
	return err
}

// count notes what one event was: the course before and after it, and the answer.
func (a *agreement) count(before, after course.State, c course.Command, now int64, got verdict) {
	a.events++
	switch got.sign {
	case decided:
		a.accepted++
		a.countAccepted(before, after, c)
	case replayed:
		a.replayed++
	case refused:
		a.codes[fault.Code(got.code)]++
		if got.code == string(fault.BidTooLow) && c.Amount == before.Price && before.Admitted[c.Code].Rank > 0 {
			a.met["rank that may not match"]++
		}
	}
	if before.Phase != course.Running {
		return
	}
	now = max(now, before.LastAt)
	terms := before.Terms
	for what, at := range map[string]int64{
		"1 ms before the start": terms.StartsAt - 1, "at the start": terms.StartsAt,
		"1 ms before the closing window": before.EndsAt - terms.Extension - 1, "as the closing window opens": before.EndsAt - terms.Extension,
		"1 ms after it opened": before.EndsAt - terms.Extension + 1,
		"1 ms before the end":  before.EndsAt - 1, "at the end": before.EndsAt, "1 ms after the end": before.EndsAt + 1,
	} {
		if now == at {
			a.met[what]++
		}
	}
	if now >= before.EndsAt-1 && now <= before.EndsAt+1 {
		a.met[nearEnd]++
	}
}

func (a *agreement) countAccepted(before, after course.State, c course.Command) {
	switch c.Kind {
	case course.Bid:
		switch {
		case before.Leader == "" && before.Terms.SellOffCourse > 0:
			a.met["first bid of a sell-off"]++
		case after.Extensions > before.Extensions:
			a.met["extension"]++
		}
		if before.Leader != "" && c.Amount == before.Price {
			if before.LeaderRank == 0 {
				a.met["priority matches ordinary"]++
			} else {
				a.met["better rank matches worse"]++
			}
		}
	case course.Stay:
		a.met["stay"]++
		if after.Left(after.LastAt) == 0 {
			a.met["stay after the end"]++
		}
		switch {
		case c.Ground != course.ByOutage || c.Since == 0:
		case after.StayedAt == c.Since:
			a.met["outage since before"]++
		case after.StayedAt > c.Since:
			a.met["outage cut by what was decided"]++
		}
	case course.Resume:
		if c.Ground == course.ByOutage {
			a.met["resumption by itself"]++
		}
		if after.EndsAt-after.LastAt == after.Terms.Extension {
			a.met["resumption at the least"]++
		} else {
			a.met["resumption with time left"]++
		}
	case course.Close:
		a.met[string(after.Outcome)]++
	case course.Epoch:
		a.met[rebuilt]++
	case course.Open, course.Admit, course.Exclude, course.Maximum, course.MaximumWithdrawn:
	}
}
