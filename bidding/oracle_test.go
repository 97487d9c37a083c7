package bidding

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/fault"
	"mingchui/bidding/course"
	"mingchui/bidding/course/oracle"
)

// TestI2_FunctionSaysWhatTheArticlesSay runs the cases that were written from the articles through the Redis function, each
// step at its instant.
func TestI2_FunctionSaysWhatTheArticlesSay(t *testing.T) {
	t.Parallel()
	cases, err := oracle.Cases()
	if err != nil {
		t.Fatal(err)
	}
	r := &oracleRun{client: patientRedis(t), lib: newLibrary()}
	if err := r.lib.load(t.Context(), r.client); err != nil {
		t.Fatal(err)
	}
	lots, longest := make([]uuid.UUID, len(cases)), 0
	for i, c := range cases {
		lots[i], longest = uuid.New(), max(longest, len(c.Steps))
	}
	for number := range longest {
		if err := r.step(t, cases, lots, number); err != nil {
			t.Fatalf("step %d: %v", number+1, err)
		}
	}
}

// oracleRun takes all cases through their steps side by side, on one shard.
type oracleRun struct {
	client   *redis.Client
	lib      library
	epoch, n int64
	h        string
}

// step rebuilds the shard with every case's lot at the instant of its next step, then takes it.
func (r *oracleRun) step(t *testing.T, cases []oracle.Case, lots []uuid.UUID, number int) error {
	t.Helper()
	stands := map[uuid.UUID]int64{}
	for i, c := range cases {
		stands[lots[i]] = c.Steps[min(number, len(c.Steps)-1)].At
	}
	r.epoch++
	if _, err := rebuild(t.Context(), r.client, r.lib, 0, r.epoch, r.n, r.h, stands); err != nil {
		return err
	}
	var calls []*redis.Cmd
	var called []oracle.Case
	var ids []uuid.UUID
	pipe, wall := r.client.Pipeline(), time.Now().UnixMilli()
	for i, c := range cases {
		if number < len(c.Steps) {
			ids = append(ids, lots[i])
			calls, called = append(calls, r.call(t.Context(), pipe, lots[i], c.Steps[0].Command.Terms, c.Steps[number], wall)), append(called, c)
		}
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		return err
	}
	for i, c := range called {
		for strings.HasPrefix(calls[i].Val().(string), "clock") { //nolint:forcetypeassert // the function answers text
			calls[i] = r.call(t.Context(), r.client, ids[i], c.Steps[0].Command.Terms, c.Steps[number], time.Now().UnixMilli()) // a slow machine
		}
	}
	events, err := r.stream(t.Context())
	if err != nil {
		return err
	}
	for i, c := range called {
		step := c.Steps[number]
		text, err := calls[i].Text()
		if err != nil {
			return err
		}
		reply, err := parseReply(text, commandsOf(step))
		if err != nil || reply.word != "ok" {
			return fmt.Errorf("%s: %q %w", step.Text, text, err)
		}
		last := reply.verdicts[len(reply.verdicts)-1]
		// What follows the step's own event in the lot, up to the end of the shard.
		var followed []course.Event
		for n := last.n + 1; last.n > 0 && events[n].lot == events[last.n].lot; n++ {
			followed = append(followed, events[n].event)
		}
		if problem := step.Unanswered(followed); problem != "" {
			t.Errorf("%s:%d, %s: %s: %s", c.File, c.Line, c.Article, c.Name, problem)
		}
		if problem := step.Disagreement(events[last.n].event, fault.Code(last.code)); problem != "" {
			t.Errorf("%s:%d, %s: %s: %s", c.File, c.Line, c.Article, c.Name, problem)
		}
	}
	return nil
}

// call sends a step; a course that has begun marks the epoch of the rebuild first. Only an opening, which has no course
// before it, takes its time from the platform's clock; the case does not look at it.
func (r *oracleRun) call(ctx context.Context, to redis.Cmdable, lot uuid.UUID, terms course.Terms, step oracle.Step, wall int64) *redis.Cmd {
	keys := decideKeys(0, lot, terms)
	keys[1] = streamKey(0, r.epoch)
	args := []any{r.epoch, 0, wall, (step.At - behindMillis - wall) * 1000, 600_000, 1 << 40, lot.String()}
	if step.Command.Kind != course.Open {
		args = append(args, string(course.Epoch))
	}
	return to.FCall(ctx, r.lib.decide, keys, appendCommand(args, step.In(r.epoch), carried{uuid.NewString(), wall, "00"})...)
}

func commandsOf(step oracle.Step) int {
	if step.Command.Kind == course.Open {
		return 1
	}
	return 2
}

// stream reads what was decided in this epoch, by place.
func (r *oracleRun) stream(ctx context.Context) (map[int64]decision, error) {
	entries, err := r.client.XRange(ctx, streamKey(0, r.epoch), "-", "+").Result()
	if err != nil {
		return nil, err
	}
	events := map[int64]decision{}
	for _, entry := range entries {
		r.n++
		text, _ := entry.Values["p"].(string)
		if r.h = chain(r.h, text); entry.Values["h"] != r.h {
			return nil, fmt.Errorf("entry %s breaks the chain", entry.ID)
		}
		d, err := parseDecision(text, 0, r.epoch, r.n)
		if err != nil {
			return nil, err
		}
		events[r.n] = d
	}
	return events, nil
}
