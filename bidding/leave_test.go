package bidding

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
)

// R28o: in the 48th hour of a stay nobody leaves, a millisecond later whoever does not lead; after the resumption nobody.
func TestR28o_LeavingOpensAfter48Hours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lot := w.lot(sale{})
	since := w.begin.Truncate(time.Millisecond)
	leaves := func(at time.Time) *fault.Error {
		t.Helper()
		var s stayed
		err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) (err error) {
			s, err = holdStay(t.Context(), tx, lot)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		f, ok := errors.AsType[*fault.Error](s.leave(at, "K7Q2M"))
		if ok && (f.Code != fault.LeaveNotOpen || f.Rule != "R28o") {
			t.Fatal(f)
		}
		return f
	}
	w.exec(`ALTER TABLE lots DISABLE TRIGGER USER`) // the step on the trail is auction's
	w.exec(`UPDATE lots SET status = 'suspended', suspended_at = $2 WHERE id = $1`, lot, since)
	const day = 24 * time.Hour
	for _, at := range []time.Duration{0, 2 * day} {
		if f := leaves(since.Add(at)); f == nil || !since.Add(2*day).Equal(f.Args["earliest_at"].(time.Time)) {
			t.Errorf("after %s: %+v", at, f)
		}
	}
	for _, at := range []time.Duration{2*day + time.Millisecond, 90 * day} {
		if f := leaves(since.Add(at)); f != nil {
			t.Errorf("after %s: %v", at, f)
		}
	}
	w.exec(`UPDATE lots SET status = 'announced', suspended_at = NULL WHERE id = $1`, lot)
	if f := leaves(since.Add(90 * day)); f == nil || f.Args["earliest_at"] != nil {
		t.Errorf("a lot that runs: %+v", f)
	}
}

// R28o: who leads is bound, and keeps the deposit there if the lead came while others left.
func TestR28o_WhoLeadsIsBound(t *testing.T) {
	t.Parallel()
	s := stayed{now: true, least: time.Hour, leader: "K7Q2M"}
	at := s.since.Add(2 * time.Hour)
	if err := s.leave(at, "K7Q2M"); fault.CodeOf(err) != fault.LeadingIsBound {
		t.Errorf("the leader: %v", err)
	}
	if err := s.leave(at, "N3FTX"); err != nil {
		t.Errorf("another: %v", err)
	}
	a, b := uuid.New(), uuid.New()
	list := []leaver{{a, "K7Q2M"}, {b, "N3FTX"}}
	if got := getBack(list, "K7Q2M"); !slices.Equal(got, []uuid.UUID{b}) {
		t.Errorf("back: %v", got)
	}
	if got := getBack(list, ""); !slices.Equal(got, []uuid.UUID{a, b}) {
		t.Errorf("back where nobody leads: %v", got)
	}
}
