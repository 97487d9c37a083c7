package auction_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// dying is an engine whose server ends as soon as a course took what was asked; deaf, one that ends before it.
type dying struct {
	courses
	deaf bool
	end  context.CancelFunc
}

func (d dying) Stay(ctx context.Context, lot uuid.UUID, hash string) error {
	defer d.end()
	if d.deaf {
		return fault.New(fault.Unavailable, fault.ServiceUnavailable)
	}
	return d.courses.Stay(ctx, lot, hash)
}

func (d dying) Resume(ctx context.Context, lot uuid.UUID) error {
	defer d.end()
	if d.deaf {
		return fault.New(fault.Unavailable, fault.ServiceUnavailable)
	}
	return d.courses.Resume(ctx, lot)
}

// killed runs an act on a server that ends between the course and the record.
func (h *house) killed(deaf bool, act func(ctx context.Context, s *auction.Service) error) {
	h.t.Helper()
	ctx, end := context.WithCancel(h.t.Context())
	s := auction.New(auction.Config{
		Pool: h.pool, Clock: h.clock, Duties: h.book, RuleSet: law.China2017(), Buyers: h.buyers, Courses: dying{courses{h.pool}, deaf, end},
	})
	if err := act(ctx, s); err == nil {
		h.t.Fatal("the act of a server that ended is answered")
	}
}

// after lets so long pass and runs what is due of the machine for the acts of courts.
func (h *house) after(d time.Duration, lot uuid.UUID) auction.LotDetail {
	h.t.Helper()
	h.clock.To(h.clock.Now().Add(d))
	kind := duty.Kind("finish_court_act")
	runner := duty.NewRunner(h.pool, h.clock, map[duty.Kind]duty.Handler{kind: h.s.Handlers()[kind]}, slog.New(slog.DiscardHandler))
	_, err := runner.RunDue(h.t.Context())
	h.must(err)
	got, err := h.s.Lot(h.t.Context(), lot, h.clock.Now())
	h.must(err)
	return got
}

func (h *house) announced() uuid.UUID {
	h.t.Helper()
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	return lot
}

func objected(lot uuid.UUID) auction.CourtAct {
	return auction.CourtAct{Lot: lot, Reason: docket.Text{Zh: "案外人提出异议", En: "A third person objected"}}
}

// R28: a course that a court stayed or let go on is told of, though the server ended before it could be put on record; half a
// minute later, once, as the judge's act.
func TestR28_WhatTheCourseTookIsOnRecordThoughTheServerEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.announced()
	h.killed(false, func(ctx context.Context, s *auction.Service) error { return s.Stay(ctx, h.judges[0], objected(lot)) })
	if d := h.after(29_999*time.Millisecond, lot); h.phase(lot) != "stayed" || d.Status != auction.StatusAnnounced {
		t.Fatalf("a millisecond before: course %s, lot %s", h.phase(lot), d.Status)
	}
	d := h.after(time.Millisecond, lot)
	if d.Status != auction.StatusSuspended || len(d.Acts) != 1 || d.Acts[0].Reason.En != "A third person objected" {
		t.Fatalf("a stay that the course took: the lot is %s, acts %+v", d.Status, d.Acts)
	}

	h.killed(false, func(ctx context.Context, s *auction.Service) error { return s.Resume(ctx, h.judges[0], objected(lot)) })
	if d := h.after(29_999*time.Millisecond, lot); h.phase(lot) != "open" || d.Status != auction.StatusSuspended {
		t.Fatalf("a millisecond before: course %s, lot %s", h.phase(lot), d.Status)
	}
	if d := h.after(time.Millisecond, lot); d.Status != auction.StatusAnnounced || len(d.Acts) != 2 {
		t.Fatalf("a resumption that the course took: the lot is %s, acts %+v", d.Status, d.Acts)
	}

	act := objected(lot)
	act.Ground = auction.DebtPaid
	h.killed(false, func(ctx context.Context, s *auction.Service) error { return s.Withdraw(ctx, h.judges[0], act) })
	if d := h.after(30*time.Second, lot); d.Status != auction.StatusWithdrawn || len(d.Acts) != 3 || h.phase(lot) != "stayed" {
		t.Fatalf("a withdrawal that the course took: the lot is %s, acts %+v", d.Status, d.Acts)
	}
}

// R28: what the course did not take did not happen, and what is on record is not recorded twice.
func TestR28_WhatTheCourseDidNotTakeIsNotOnRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.announced()
	withdrawal := objected(lot)
	withdrawal.Ground = auction.DebtPaid
	h.killed(true, func(ctx context.Context, s *auction.Service) error { return s.Stay(ctx, h.judges[0], objected(lot)) })
	h.killed(true, func(ctx context.Context, s *auction.Service) error { return s.Withdraw(ctx, h.judges[0], withdrawal) })
	if d := h.after(time.Minute, lot); d.Status != auction.StatusAnnounced || len(d.Acts) != 0 || h.phase(lot) != "open" {
		t.Fatalf("nothing was stayed: the lot is %s, acts %+v", d.Status, d.Acts)
	}
	// A withdrawal that failed, and then a stay: the lot is stayed, not withdrawn.
	h.killed(true, func(ctx context.Context, s *auction.Service) error { return s.Withdraw(ctx, h.judges[0], withdrawal) })
	h.must(h.s.Stay(t.Context(), h.judges[1], objected(lot)))
	if d := h.after(time.Minute, lot); d.Status != auction.StatusSuspended || len(d.Acts) != 1 {
		t.Fatalf("stayed once: the lot is %s, acts %+v", d.Status, d.Acts)
	}
	h.killed(true, func(ctx context.Context, s *auction.Service) error { return s.Resume(ctx, h.judges[0], objected(lot)) })
	if d := h.after(time.Minute, lot); d.Status != auction.StatusSuspended || len(d.Acts) != 1 || h.phase(lot) != "stayed" {
		t.Fatalf("nothing went on: the lot is %s, acts %+v", d.Status, d.Acts)
	}
	h.must(h.s.Resume(t.Context(), h.judges[0], objected(lot)))
	if d := h.after(time.Minute, lot); d.Status != auction.StatusAnnounced || len(d.Acts) != 2 {
		t.Fatalf("resumed once: the lot is %s, acts %+v", d.Status, d.Acts)
	}
}
