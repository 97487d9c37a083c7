package bidding

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
)

// R28o: in the 48th hour of a stay nobody leaves, a millisecond later whoever does not lead; after the resumption nobody.
func TestR28o_LeavingOpensAfter48Hours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lot := w.lot(sale{})
	since := w.begin.Truncate(time.Millisecond)
	open := func(at time.Time) *fault.Error {
		t.Helper()
		err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
			_, err := leaveOpen(t.Context(), tx, at, lot)
			return err
		})
		f, ok := errors.AsType[*fault.Error](err)
		if err != nil && (!ok || f.Code != fault.LeaveNotOpen || f.Rule != "R28o") {
			t.Fatal(err)
		}
		return f
	}
	w.exec(`ALTER TABLE lots DISABLE TRIGGER USER`) // the step on the trail is auction's
	w.exec(`UPDATE lots SET status = 'suspended', suspended_at = $2 WHERE id = $1`, lot, since)
	const day = 24 * time.Hour
	for _, at := range []time.Duration{0, 2 * day} {
		if f := open(since.Add(at)); f == nil || !since.Add(2*day).Equal(f.Args["earliest_at"].(time.Time)) {
			t.Errorf("after %s: %+v", at, f)
		}
	}
	for _, at := range []time.Duration{2*day + time.Millisecond, 90 * day} {
		if f := open(since.Add(at)); f != nil {
			t.Errorf("after %s: %v", at, f)
		}
	}
	w.exec(`UPDATE lots SET status = 'announced', suspended_at = NULL WHERE id = $1`, lot)
	if f := open(since.Add(90 * day)); f == nil || f.Args["earliest_at"] != nil {
		t.Errorf("a lot that runs: %+v", f)
	}
}
