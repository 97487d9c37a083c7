package course

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/money"
)

// TestR20c_ThirtyOneThousandExtensionsRunAndReplay: a real sale claims as many. Each bid comes in the last millisecond; the
// course is then re-run from the bytes of its log entries, as the auditor does it.
func TestR20c_ThirtyOneThousandExtensionsRunAndReplay(t *testing.T) {
	t.Parallel()
	const bids = 31_674
	begun := sale(t)
	s, lot := begun, uuid.UUID{1}
	entries := make([][]byte, 0, bids)
	began := time.Now()
	for i := range bids {
		e, err := Decide(s, bid([]string{"AAAAA", "BBBBB"}[i%2], 10_000_000+money.Fen(i)*100_000), s.EndsAt-1)
		if err != nil {
			t.Fatal(err)
		}
		e.Epoch, e.N = 1, s.N+1
		if s, err = Next(s, e); err != nil {
			t.Fatal(err)
		}
		entry, err := audit.NewRaw(e.Kind.EntryKind(), timeOf(e.At), nil, &lot, e.Seq, e.AppendBody(nil))
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry.Bytes)
	}
	ran, replayed := time.Since(began), begun
	for _, b := range entries {
		entry, err := audit.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		e, err := FromEntry(entry)
		if err != nil {
			t.Fatal(err)
		}
		if replayed, err = Next(replayed, e); err != nil {
			t.Fatal(err)
		}
	}
	if replayed.Extensions != bids || replayed.EndsAt != s.EndsAt || replayed.Price != s.Price || replayed.Leader != s.Leader {
		t.Errorf("replayed to %+v", replayed)
	}
	// Each bid leaves five minutes from its own moment, a millisecond before the end that stood.
	if want := finish + bids*(5*minute-1); replayed.EndsAt != want {
		t.Errorf("ends at %d, want %d", replayed.EndsAt, want)
	}
	t.Logf("%d extensions made in %s, re-run from their entries in %s", bids, ran, time.Since(began)-ran)
}
