package course

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// TestI2_NextRefusesEventsThatTheRulesDoNotGive changes one thing of a true event at a time.
func TestI2_NextRefusesEventsThatTheRulesDoNotGive(t *testing.T) {
	t.Parallel()
	s := must(t, sale(t), bid("AAAAA", 10_000_000), begin)
	honest, err := Decide(s, bid("BBBBB", 10_100_000), finish-1)
	if err != nil {
		t.Fatal(err)
	}
	honest.Epoch, honest.N = s.Epoch, s.N+3
	if _, err := Next(s, honest); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Event){
		"seq skipped":       func(e *Event) { e.Seq++ },
		"seq repeated":      func(e *Event) { e.Seq-- },
		"time before last":  func(e *Event) { e.At = s.LastAt - 1 },
		"after the end":     func(e *Event) { e.At = finish },
		"other end":         func(e *Event) { e.EndsAt++ },
		"lower amount":      func(e *Event) { e.Amount = 10_000_000 },
		"off the increment": func(e *Event) { e.Amount++ },
		"the leader":        func(e *Event) { e.Code = "AAAAA" },
		"unknown code":      func(e *Event) { e.Code = "ZZZZZ" },
		"excluded code":     func(e *Event) { e.Code = "XXXXX" },
		"other epoch":       func(e *Event) { e.Epoch++ },
		"place not after":   func(e *Event) { e.N = s.N },
		"foreign field":     func(e *Event) { e.Price = 1 },
		"unknown kind":      func(e *Event) { e.Kind = "gift" },
		"closed instead":    func(e *Event) { e.Kind = Close },
	} {
		e := honest
		spoil(&e)
		if _, err := Next(s, e); fault.CodeOf(err) != fault.CourseBroken || fault.KindOf(err) != fault.Fatal {
			t.Errorf("%s: %v", name, err)
		}
	}
	opened := must(t, State{}, Command{Kind: Open, Terms: sale(t).Terms}, begin-minute)
	admitted, err := Decide(opened, Command{Kind: Admit, Code: "AAAAA", Capacity: Ordinary, NameCommitment: strings.Repeat("ab", 32)}, begin)
	if err != nil {
		t.Fatal(err)
	}
	admitted.Epoch, admitted.N = opened.Epoch, opened.N+1
	for name, spoil := range map[string]func(*Event){
		"right":                         func(*Event) {},
		"in the first event's place":    func(e *Event) { e.N = opened.N },
		"of another epoch as the first": func(e *Event) { e.Epoch++ },
	} {
		e := admitted
		spoil(&e)
		if _, err := Next(opened, e); (err == nil) != (name == "right") {
			t.Errorf("the second event, %s: %v", name, err)
		}
	}
	began, err := Decide(s, Command{Kind: Epoch}, finish-1)
	if err != nil {
		t.Fatal(err)
	}
	began.N = s.N + 1
	for epoch, ok := range map[int64]bool{s.Epoch: false, s.Epoch + 1: true} {
		began.Epoch = epoch
		if _, err := Next(s, began); (err == nil) != ok {
			t.Errorf("an epoch %d after %d: %v", epoch, s.Epoch, err)
		}
	}
	ended, err := Decide(s, closing(s), finish)
	if err != nil {
		t.Fatal(err)
	}
	ended.Epoch, ended.N, ended.Leader = s.Epoch, s.N+1, "BBBBB"
	if _, err := Next(s, ended); fault.CodeOf(err) != fault.CourseBroken {
		t.Errorf("a swapped winner: %v", err)
	}
}

// command draws one that is interesting in state s: amounts around the price, codes known and unknown.
func command(t *rapid.T, s State) Command {
	kind := rapid.SampledFrom([]Kind{Bid, Bid, Bid, Bid, Bid, Bid, Admit, Exclude, Stay, Resume, Resume, Epoch, Close, Open}).Draw(t, "kind")
	c := Command{Kind: kind, Code: rapid.SampledFrom([]string{"AAAAA", "BBBBB", "PPPPP", "QQQQQ", "RRRRR", "ZZZZZ"}).Draw(t, "code")}
	switch kind {
	case Open:
		c.Terms = terms(t)
	case Admit:
		c.Capacity = rapid.SampledFrom([]Capacity{Ordinary, Priority, Creditor}).Draw(t, "capacity")
		if c.Capacity == Priority {
			c.Rank = rapid.IntRange(1, 3).Draw(t, "rank")
		}
		c.NameCommitment = strings.Repeat("0f", 32)
	case Bid:
		c.Amount = max(s.Price, s.Terms.StartingPrice) + s.Terms.Increment*money.Fen(rapid.IntRange(-1, 3).Draw(t, "steps")) +
			money.Fen(rapid.SampledFrom([]int{0, 0, 0, 0, 1, -1}).Draw(t, "off"))
	case Stay:
		c.Ground = rapid.SampledFrom([]Ground{ByCourt, ByPlatform, ByOutage}).Draw(t, "ground")
		c.ReasonHash = rapid.SampledFrom([]string{"", strings.Repeat("1e", 32)}).Draw(t, "reason")
		c.Since = s.EndsAt - rapid.Int64Range(-minute, 9*minute).Draw(t, "since")
	case Resume:
		c.Ground = rapid.SampledFrom([]Ground{"", ByOutage}).Draw(t, "by")
	case Close:
		c = closing(s)
		c.Span.To += rapid.SampledFrom([]int64{0, 0, 0, -1}).Draw(t, "cut")
	case Exclude, Epoch, Maximum, MaximumWithdrawn:
	}
	return c
}

func terms(t *rapid.T) Terms {
	out := Terms{
		StartingPrice: money.Fen(rapid.Int64Range(1, 1<<40).Draw(t, "start")), Increment: money.Fen(rapid.Int64Range(1, 1<<20).Draw(t, "increment")),
		StartsAt: begin, EndsAt: finish, Extension: 5 * minute,
	}
	if rapid.Bool().Draw(t, "sell-off") {
		out.SellOffCourse = 24 * 60 * minute
	}
	return out
}

// TestI2_RandomCourses: what Decide makes Next takes; states given to Next do not change; the bytes of each event read
// back to it, are canonical, and the course re-run from them is the same.
func TestI2_RandomCourses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, replayed, now := State{}, State{}, begin-minute
		for range rapid.IntRange(1, 60).Draw(t, "length") {
			now += rapid.SampledFrom([]int64{0, 1, 1000, minute, 5 * minute, 24 * 60 * minute}).Draw(t, "pause")
			if s.Phase == Running && rapid.Bool().Draw(t, "to the end") {
				now = max(now, s.EndsAt-rapid.Int64Range(-1, 6*minute).Draw(t, "before the end"))
			}
			c := command(t, s)
			if s.Phase == Unopened {
				c = Command{Kind: Open, Terms: terms(t)}
			}
			e, err := Decide(s, c, now)
			if err != nil {
				continue
			}
			e.Shard, e.Epoch, e.N = 7, max(s.Epoch, 1), s.N+1
			if e.Kind == Epoch {
				e.Epoch = s.Epoch + 1
			}
			before, was := s, len(s.Admitted)
			if s, err = Next(before, e); err != nil {
				t.Fatalf("Next refuses what Decide made: %v", err)
			}
			if len(before.Admitted) != was || before.Seq != e.Seq-1 {
				t.Fatal("Next changed the state it was given")
			}
			read := reread(t, e)
			if read != e {
				t.Fatalf("read back %+v, was %+v", read, e)
			}
			if replayed, err = Next(replayed, read); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(s, replayed) {
			t.Fatalf("re-run gives %+v, want %+v", replayed, s)
		}
		check(t, s)
	})
}

func reread(t *rapid.T, e Event) Event {
	lot := uuid.UUID{1}
	entry, err := audit.NewRaw(e.Kind.EntryKind(), timeOf(e.At), nil, &lot, e.Seq, e.AppendBody(nil))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := audit.Parse(entry.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	read, err := FromEntry(parsed)
	if err != nil {
		t.Fatal(err)
	}
	if again := read.AppendBody(nil); !bytes.Equal(again, parsed.Body) {
		t.Fatalf("bytes %s became %s", parsed.Body, again)
	}
	return read
}

// check holds what is true of every course.
func check(t *rapid.T, s State) {
	switch {
	case (s.Price == 0) != (s.Leader == ""):
		t.Fatal("a price without a leader")
	case s.Price > 0 && (s.Price < s.Terms.StartingPrice || (s.Price-s.Terms.StartingPrice)%s.Terms.Increment != 0):
		t.Fatalf("price %d is off the increment", s.Price)
	case s.Phase == Closed && (s.Outcome == Sold) != (s.Leader != ""):
		t.Fatal("sold without a leader")
	case s.Phase == Closed && s.ClosedAt < s.EndsAt:
		t.Fatal("closed before the end")
	case s.Extensions > s.Bids:
		t.Fatal("more extensions than bids")
	}
}

func FuzzI2_ParseBody(f *testing.F) {
	f.Add("bid", int64(3), []byte(`{"bidder_code":"AAAAA","amount_fen":10000000,"ends_at":"2026-06-19T02:16:40.000Z","shard":7,"epoch":1,"n":9}`))
	f.Add("open", int64(1), []byte(`{"starting_price_fen":1,"increment_fen":1,"starts_at":"2026-06-18T02:16:40.000Z","ends_at":"2026-06-19T02:16:40.000Z","extension_ms":300000,"shard":0,"epoch":1,"n":1}`))
	f.Add("close", int64(2), []byte(`{"outcome":"unsold","shard":0,"epoch":1,"n":2}`))
	f.Fuzz(func(t *testing.T, kind string, seq int64, b []byte) {
		e, err := ParseBody(Kind(kind), seq, begin, b)
		if err != nil {
			return
		}
		if _, err := Next(State{}, e); err == nil && e.Kind != Open {
			t.Error("a course began with another event than open")
		}
		s := State{Phase: Running, Seq: seq - 1, LastAt: begin, Epoch: e.Epoch, N: e.N - 1, EndsAt: finish, Terms: Terms{
			StartingPrice: 1, Increment: 1, StartsAt: begin, EndsAt: finish, Extension: 1,
		}, Admitted: map[string]Admission{e.Code: {}}}
		next, err := Next(s, e)
		if err == nil && (next.Seq != seq || next.LastAt < begin) {
			t.Errorf("folded to %+v", next)
		}
	})
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
