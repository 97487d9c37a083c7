package problem_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/web/problem"
	"mingchui/web/words"
)

// A kept document is the one that would be made, at the first time and at the next, for every code and in both languages.
func TestKeptDocumentsAreThoseThatWouldBeMade(t *testing.T) {
	t.Parallel()
	cache := problem.NewCache()
	var group sync.WaitGroup
	for i, code := range []fault.Code{
		fault.BidTooLow, fault.AlreadyLeading, fault.OffIncrement, fault.BidBelowStart, fault.NotStarted, fault.Closed, fault.Suspended,
		fault.Excluded, fault.NotEnrolled, fault.IdempotencyKeyReused, fault.StateConflict,
	} {
		e := fault.New(fault.Conflict, code).ByRule("R20a").With("price_fen", int64(132520000+i)).With("seq", int64(211)).
			With("ends_at", "2026-06-18T02:31:48.127Z").With("starts_at", "2026-06-17T02:00:00.000Z").With("leader_code", `<&"长`)
		if i%2 == 0 {
			e = e.InField("amount_fen").After(1500 * time.Millisecond)
		}
		for range 4 {
			group.Go(func() {
				for round, lang := range []string{words.Chinese, words.English, words.Chinese, words.Chinese, words.English, words.Chinese} {
					id := uuid.NewString()
					var told error = e
					switch round % 3 {
					case 1: // before and after the request's id
						told = &fault.Personal{Shared: e, Name: "refusal_token", Value: "AZ_" + uuid.NewString()}
					case 2:
						told = &fault.Personal{Shared: e, Name: "zone", Value: uuid.NewString()}
					}
					want, got := httptest.NewRecorder(), httptest.NewRecorder()
					if err := problem.Of(told, lang, id).Write(want); err != nil {
						t.Error(err)
					}
					if written, err := cache.Write(got, told, lang, id); err != nil || !written {
						t.Errorf("%s is not kept: %v", code, err)
					}
					if got.Code != want.Code || got.Body.String() != want.Body.String() || !maps.EqualFunc(got.Header(), want.Header(), equal) {
						t.Errorf("%d %v\n%s\nwant %d %v\n%s", got.Code, got.Header(), got.Body, want.Code, want.Header(), want.Body)
					}
				}
			})
		}
	}
	group.Wait()
}

func equal(a, b []string) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

func TestWhatIsNotKeptIsLeftToOthers(t *testing.T) {
	t.Parallel()
	cache, e := problem.NewCache(), fault.New(fault.Conflict, fault.BidTooLow)
	const mark = "00000000-mark-mark-mark-000000000000"
	for name, err := range map[string]error{
		"wrapped": fmt.Errorf("place bid: %w", e), "several": errors.Join(e, e), "another kind": fault.New(fault.Invalid, fault.AmountInvalid),
		"with reasons": fault.Wrap(fault.Conflict, fault.StateConflict, errors.Join(e, e)), "nobody's": errors.New("no fault"),
		"the mark in it":          e.With("zone", mark),
		"the own mark in it":      &fault.Personal{Shared: e.With("zone", "11111111-mark-mark-mark-111111111111"), Name: "refusal_token", Value: "a"},
		"its own needs an escape": &fault.Personal{Shared: e, Name: "refusal_token", Value: `a"`},
	} {
		rec := httptest.NewRecorder()
		if written, err := cache.Write(rec, err, words.English, "r1"); written || err != nil || rec.Body.Len() > 0 {
			t.Errorf("%s: %t, %v, %q", name, written, err, rec.Body)
		}
	}
	if written, _ := cache.Write(httptest.NewRecorder(), e, words.English, `r"1`); written {
		t.Error("an id that needs an escape is taken")
	}
}
