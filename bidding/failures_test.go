package bidding

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
)

// R28o: a bid that was answered 503 before the course was asked, since PostgreSQL did not say what the lot is or how its maxima are
// sealed, is a failure of the service as every other; one for a lot that is not there is none.
func TestR28o_ABidThatFailedBeforeTheCourseWasAskedIsAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, err := NewEngine(w.config())
	if err != nil {
		t.Fatal(err)
	}
	known, unknown := w.lot(sale{maximumBids: true}), w.lot(sale{})
	if _, err := e.gateOf(t.Context(), known); err != nil {
		t.Fatal(err)
	}
	none := uuid.New()
	if _, err := e.Bid(t.Context(), Bid{Lot: none, Code: "A1", Amount: 1, Key: "k", ReceivedAt: w.begin}); fault.CodeOf(err) != fault.NotFoundCode {
		t.Fatalf("a bid for no lot: %v", err)
	}
	tx, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), `LOCK TABLE lots, lot_keys IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	answers := make(chan error, 2)
	go func() {
		_, err := e.SetMaximum(t.Context(), MaximumBid{Lot: known, Code: "A1", Amount: 20_000_000, Key: "k", ReceivedAt: w.begin.Add(time.Millisecond)})
		answers <- err
	}()
	go func() {
		_, err := e.Bid(t.Context(), Bid{Lot: unknown, Code: "A1", Amount: 20_000_000, Key: "k", ReceivedAt: w.begin.Add(2 * time.Millisecond)})
		answers <- err
	}()
	for range 2 {
		if err := <-answers; fault.KindOf(err) != fault.Unavailable {
			t.Errorf("without PostgreSQL: %v", err)
		}
	}
	e.failures.mu.Lock()
	defer e.failures.mu.Unlock()
	begin := w.begin.UnixMilli()
	if f := e.failures.first; len(f) != 2 || f[known] != begin+1 || f[unknown] != begin+2 {
		t.Errorf("failures since %d: %v", begin, f)
	}
}
