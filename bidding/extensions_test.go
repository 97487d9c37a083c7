package bidding

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// extensions as many as a real sale claims.
const extensions = 31_674

// TestR20c_ThirtyOneThousandExtensionsInTheFunction: bids a minute apart, each within the five minutes that the one before
// left; then the stream is read back and folded, and the lot is rebuilt with all its keys.
func TestR20c_ThirtyOneThousandExtensionsInTheFunction(t *testing.T) {
	t.Parallel()
	client, lib, lot := patientRedis(t), newLibrary(), uuid.New()
	if err := lib.load(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if _, err := rebuild(t.Context(), client, lib, 0, 1, 0, "", nil); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	now := began.UnixMilli()
	begin := []course.Command{{Kind: course.Open, Terms: course.Terms{
		StartingPrice: 10_000_000, Increment: 100_000, StartsAt: now - 1, EndsAt: now + 300_000, Extension: 300_000,
	}}, {Kind: course.Admit, Code: "AAAAA", Capacity: course.Ordinary}, {Kind: course.Admit, Code: "BBBBB", Capacity: course.Ordinary}}
	call := func(pipe redis.Cmdable, minutes int64, commands ...course.Command) *redis.Cmd {
		keys := lotKeys(0, lot)
		keys[1] = streamKey(0, 1)
		wall := time.Now().UnixMilli()
		args := []any{1, 0, wall, minutes * 60_000_000, 600_000, 1 << 40, lot.String()}
		for _, c := range commands {
			args = appendCommand(args, c, carried{key: fmt.Sprintf("k%d", minutes), received: wall})
		}
		return pipe.FCall(t.Context(), lib.decide, keys, args...)
	}
	if text, err := call(client, 0, begin...).Text(); err != nil || strings.Count(text, "\n+") != len(begin) {
		t.Fatal(text, err)
	}
	for placed := 0; placed < extensions; {
		pipe := client.Pipeline()
		for i := placed; i < min(placed+500, extensions); i++ {
			call(pipe, int64(i+1), course.Command{
				Kind: course.Bid, Code: []string{"AAAAA", "BBBBB"}[i%2], Amount: 10_000_000 + money.Fen(i)*100_000,
			})
		}
		calls, err := pipe.Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range calls {
			text, _ := c.(*redis.Cmd).Text() //nolint:forcetypeassert // pipe.FCall makes it
			if strings.HasPrefix(text, "clock") {
				break // a slow machine: this one and those behind it again
			}
			if !strings.Contains(text, "\n+") {
				t.Fatalf("bid %d: %s", placed+1, text)
			}
			placed++
		}
	}
	decided := time.Since(began)
	s := foldStream(t, client, lot)
	if s.Extensions != extensions || s.Bids != extensions || s.EndsAt != s.LastAt+300_000 || s.EndsAt < now+extensions*60_000 {
		t.Errorf("folded to %+v", s)
	}
	t.Logf("%d extensions decided in %s, read and folded in %s", extensions, decided, time.Since(began)-decided)
}

// foldStream folds what shard 0 decided about a lot in epoch 1; the chain must hold.
func foldStream(t *testing.T, client *redis.Client, lot uuid.UUID) (s course.State) {
	t.Helper()
	h, from := "", "-"
	for {
		entries, err := client.XRangeN(t.Context(), streamKey(0, 1), from, "+", 5000).Result()
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			return s
		}
		for _, entry := range entries {
			text, _ := entry.Values["p"].(string)
			if h = chain(h, text); h != entry.Values["h"] {
				t.Fatalf("entry %s breaks the chain", entry.ID)
			}
			d, err := parseDecision(text, 0, 1, s.N+1)
			if err != nil || d.lot != lot {
				t.Fatal(text, err)
			}
			if s, err = course.Next(s, d.event); err != nil {
				t.Fatal(err)
			}
		}
		from = "(" + entries[len(entries)-1].ID
	}
}
