package bidding

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// TestI2_FunctionAgreesWithCourse holds the Redis function and package course equal on random events: every answer, every
// refusal's standing, every idempotent retry, the stream with its chain, what Redis holds and how it is rebuilt. It counts
// the events that were met and fails when they were dull. The long run:
//
//	MINGCHUI_EVENTS=1000000 make test PKG=./bidding TESTFLAGS='-run TestI2_FunctionAgrees -timeout 30m -v'
func TestI2_FunctionAgreesWithCourse(t *testing.T) {
	t.Parallel()
	events, seed := eventsOf(t), seedOf(t)
	client, lib := patientRedis(t), newLibrary()
	if err := lib.load(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	a := &agreement{
		client: client, lib: lib, random: rand.New(rand.NewPCG(seed, 1)), epoch: 1, codes: map[fault.Code]int{}, met: map[string]int{},
	}
	a.agree(t, events)
	a.notDull(t)
	t.Logf("%d events: %d accepted, %d answered again; refused %v; %v", a.events, a.accepted, a.replayed, a.codes, a.met)
}

// notDull is what the events must have held for their agreement to say something.
func (a *agreement) notDull(t *testing.T) {
	t.Helper()
	if accepted := a.accepted - a.met[rebuilt]; 5*accepted < a.events {
		t.Errorf("%d of %d events accepted beside those that mark an epoch, less than a fifth", accepted, a.events)
	}
	for _, code := range []fault.Code{
		fault.BidBelowStart, fault.BidTooLow, fault.OffIncrement, fault.AlreadyLeading, fault.NotEnrolled, fault.Excluded, fault.NotStarted,
		fault.Closed, fault.Suspended, fault.GapInClosing, fault.EnrolmentExists, fault.StateConflict, fault.IdempotencyKeyReused,
	} {
		if 100*a.codes[code] < a.events {
			t.Errorf("%s: %d of %d events, less than a hundredth", code, a.codes[code], a.events)
		}
	}
	if a.met[nearEnd] < 1000 {
		t.Errorf("%d events within 1 ms of an end", a.met[nearEnd])
	}
	for _, what := range []string{
		"1 ms before the start", "at the start", "1 ms before the closing window", "as the closing window opens", "1 ms after it opened",
		"1 ms before the end", "at the end", "1 ms after the end",
		"extension", "priority matches ordinary", "better rank matches worse", "rank that may not match", "first bid of a sell-off",
		"stay", "stay after the end", "outage since before", "outage cut by what was decided", "resumption by itself", "resumption with time left", "resumption at the least", "sold", "unsold", "not yet restored",
	} {
		if 1000*a.met[what] < a.events {
			t.Errorf("%s: %d of %d events, less than a thousandth", what, a.met[what], a.events)
		}
	}
}

const (
	// nearEnd counts events decided within 1 ms of the end that then held.
	nearEnd = "within 1 ms of an end"
	// rebuilt counts the events that mark an epoch.
	rebuilt = "rebuilt"
)

// eventsOf is how many events are drawn at least.
func eventsOf(t *testing.T) int {
	t.Helper()
	given := os.Getenv("MINGCHUI_EVENTS")
	if given == "" {
		return 50_000
	}
	n, err := strconv.Atoi(given)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// seedOf draws the seed of a test's chance and prints it; MC_SEED repeats a run.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("MC_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed: MC_SEED=%d", seed)
	return seed
}

const (
	agreementShards = 4
	// together histories go side by side, for so many steps of a batch each.
	together, historySteps = 200, 8
)

// chainEnd is how far a shard has decided (n) and was compared (read, h).
type chainEnd struct {
	n, read int64
	h       string
}

type agreement struct {
	client *redis.Client
	lib    library
	random *rand.Rand
	epoch  int64 // of all shards
	chains [agreementShards]chainEnd
	sent   int64 // when the step's batches were sent, ms
	// What was met.
	events, accepted, replayed int
	codes                      map[fault.Code]int
	met                        map[string]int
	// maxima: the lots offer maximum bids.
	maxima bool
}

// agree runs histories until so many events were met.
func (a *agreement) agree(t *testing.T, events int) {
	t.Helper()
	if err := a.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	for a.events < events {
		if err := a.run(t.Context()); err != nil {
			t.Fatalf("after %d events: %v", a.events, err)
		}
	}
}

func (a *agreement) begin(ctx context.Context) error {
	for shard := range a.chains {
		if _, err := rebuild(ctx, a.client, a.lib, shard, a.epoch, 0, "", nil); err != nil {
			return err
		}
	}
	return nil
}

// run takes new histories through their steps in lockstep, one pipeline a step. The platform's clock flows at the first and at
// one other step; at the rest the shards are rebuilt, so that each lot stands at an instant.
func (a *agreement) run(ctx context.Context) error {
	all := make([]*history, together)
	for i := range all {
		all[i] = &history{
			lot: uuid.New(), shard: a.random.IntN(agreementShards), random: rand.New(rand.NewPCG(a.random.Uint64(), 2)),
			keys: map[string]answer{}, quiet: a.random.IntN(6) == 0,
		}
		if a.maxima {
			all[i].amounts = map[string]money.Fen{}
		}
	}
	flowing := 1 + a.random.IntN(historySteps-1)
	for i := range historySteps {
		standing := i > 0 && i != flowing
		if standing {
			if err := a.stand(ctx, all); err != nil {
				return err
			}
		}
		if err := a.step(ctx, all, standing); err != nil {
			return err
		}
		if err := a.compareStreams(ctx, all); err != nil {
			return err
		}
	}
	for _, h := range all {
		if err := h.rerun(); err != nil {
			return err
		}
	}
	return nil
}

// stand rebuilds the shards under the next epoch with every lot at an instant of its own.
func (a *agreement) stand(ctx context.Context, all []*history) error {
	a.epoch++
	stands := [agreementShards]map[uuid.UUID]int64{}
	for shard := range stands {
		stands[shard] = map[uuid.UUID]int64{}
	}
	for _, h := range all {
		h.at = h.instant()
		stands[h.shard][h.lot] = h.at
	}
	for shard, lots := range stands {
		end := &a.chains[shard]
		reserved := end.n
		if a.maxima {
			end.n, end.read = end.n+2*int64(len(lots)), end.read+2*int64(len(lots))
		}
		was, err := rebuild(ctx, a.client, a.lib, shard, a.epoch, end.n, end.h, lots)
		if err != nil {
			return err
		}
		for _, h := range all {
			if h.shard != shard {
				continue
			}
			if err := h.sameAs(was[h.lot]); err != nil {
				return err
			}
			h.model.LastAt = max(h.model.LastAt, h.at)
			if a.maxima {
				if err := a.loseAnswers(ctx, h, reserved+1); err != nil {
					return err
				}
				reserved += 2
			}
		}
	}
	return nil
}

func (a *agreement) step(ctx context.Context, all []*history, standing bool) error {
	pipe := a.client.Pipeline()
	now := time.Now().UnixMilli()
	a.sent = now
	for _, h := range all {
		if standing {
			h.offset = h.at - behindMillis - now
		} else {
			h.flow(now)
		}
		h.draw(now, a.epoch)
		h.sent = now
		h.send(ctx, pipe, a.lib, a.epoch, now)
	}
	replies, err := pipe.Exec(ctx)
	if err != nil {
		return err
	}
	for i, h := range all {
		reply := replies[i].(*redis.Cmd)                       //nolint:forcetypeassert // pipe.FCall makes it
		for strings.HasPrefix(reply.Val().(string), "clock") { //nolint:forcetypeassert // the function answers text
			reply = h.send(ctx, a.client, a.lib, a.epoch, time.Now().UnixMilli()) // a slow machine: again, alone
		}
		if err := a.judge(h, reply); err != nil {
			return fmt.Errorf("history of lot %s: %w", h.lot, err)
		}
	}
	return nil
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
	if h.early {
		if r.word != "restoring" {
			return fmt.Errorf("a course of an older epoch was decided upon: %s", text)
		}
		a.met["not yet restored"]++
		a.events++
		return nil
	}
	if r.word != "ok" {
		return fmt.Errorf("nothing decided: %s", text)
	}
	if least, most := max(h.model.LastAt, h.sent+h.offset), max(h.model.LastAt, time.Now().UnixMilli()+h.offset); r.now < least || r.now > most {
		return fmt.Errorf("decided at %d, where the last time and the platform's clock say %d to %d", r.now, least, most)
	}
	end := &a.chains[h.shard]
	for i, s := range h.batch {
		before, known := h.model, len(h.decided)
		want := h.expect(s, r.now, a.epoch, end)
		got := r.verdicts[i]
		if got != want {
			return fmt.Errorf("step %d %+v at %d in %+v: the function says %+v, the course %+v", i, s, r.now, before, got, want)
		}
		a.count(before, h.model, s.command, r.now, got)
		if a.maxima && got.sign == decided {
			a.countAnswers(s.command, h.decided[known+1:])
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
		want[h.lot] = h.decided[h.compared:]
		h.compared = len(h.decided)
	}
	for shard := range a.chains {
		end := &a.chains[shard]
		entries, err := a.client.XRange(ctx, streamKey(shard, a.epoch), fmt.Sprintf("%d-0", end.read+1), "+").Result()
		if err != nil {
			return err
		}
		for _, entry := range entries {
			end.read++
			text, _ := entry.Values["p"].(string)
			if end.h = chain(end.h, text); entry.Values["h"] != end.h || entry.ID != fmt.Sprintf("%d-0", end.read) {
				return fmt.Errorf("entry %s of shard %d breaks the chain", entry.ID, shard)
			}
			got, err := parseDecision(text, shard, a.epoch, end.read)
			if err != nil {
				return err
			}
			if at, _ := entry.Values["t"].(string); parseInt(at) < a.sent || parseInt(at) > time.Now().UnixMilli() {
				return fmt.Errorf("entry %s of shard %d was decided at %s by the machine's clock, sent at %d", entry.ID, shard, at, a.sent)
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

// sameAs compares what Redis held of the lot with the model, as a rebuild from PostgreSQL would write it.
func (h *history) sameAs(was held) error {
	if h.model.Phase == course.Unopened {
		if len(was.fields)+len(was.admitted)+len(was.keys) > 0 {
			return fmt.Errorf("lot %s: Redis holds %+v of a course that never began", h.lot, was)
		}
		return nil
	}
	want := held{fields: map[string]string{}, admitted: map[string]string{}, keys: map[string]string{}, maxima: map[string]string{}}
	pairs := courseFields(h.model)
	for i := 0; i < len(pairs); i += 2 {
		want.fields[fmt.Sprint(pairs[i])] = fmt.Sprint(pairs[i+1])
	}
	for code, a := range h.model.Admitted {
		want.admitted[code] = itoa(int64(a.Rank))
		if a.Excluded {
			want.admitted[code] += "x"
		}
	}
	for name, first := range h.keys {
		want.keys[name] = fmt.Sprintf("%s %d %d %d", body(first.command), first.seq, first.at, first.ends)
	}
	for code, m := range h.model.Maxima {
		want.maxima[code] = fmt.Sprintf("%d %d", h.amounts[code], m.Seq)
	}
	if !reflect.DeepEqual(was, want) {
		return fmt.Errorf("lot %s: Redis holds %+v, want %+v", h.lot, was, want)
	}
	return nil
}

// rerun folds the history's events from the first: the end is the model's, whatever Redis went through meanwhile.
func (h *history) rerun() error {
	s := course.State{}
	for _, d := range h.decided {
		var err error
		if s, err = course.Next(s, d.event); err != nil {
			return fmt.Errorf("re-run of lot %s: %w", h.lot, err)
		}
	}
	s.LastAt = h.model.LastAt
	if !reflect.DeepEqual(s, h.model) {
		return fmt.Errorf("re-run of lot %s gives %+v, want %+v", h.lot, s, h.model)
	}
	return nil
}
