package auction_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/deploy/local/soldtest"
)

const oneDay = 24 * time.Hour

func approved() auction.Late {
	return auction.Late{
		Superior: docket.Text{Zh: "执行局局长", En: "head of the enforcement bureau"},
		Reason:   docket.Text{Zh: "案卷移送期间无法办理。", En: "The file was with another court."},
	}
}

// lateSteps counts the acts on a lot that oversight counts as late.
func (h *house) lateSteps(lot uuid.UUID) (n int) {
	h.t.Helper()
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT count(*) FROM trail WHERE lot_id = $1 AND due_at IS NOT NULL`, lot).Scan(&n))
	return n
}

// R28: a resumption five days after the cause was gone is in time; a millisecond later it is done with a superior's reason and
// counted late, and is never barred.
func TestR28_AResumptionOnTheSixthDayIsDoneLate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	stay := auction.CourtAct{Lot: lot, Reason: docket.Text{Zh: "审查异议。", En: "An objection is reviewed."}}
	resume := auction.CourtAct{Lot: lot}
	judge := h.judges[0]

	h.must(h.s.Stay(t.Context(), judge, stay))
	stayed := h.clock.Now()
	h.clock.To(stayed.Add(5 * oneDay))
	h.must(h.s.Resume(t.Context(), judge, resume))
	if n := h.lateSteps(lot); n != 0 {
		t.Fatalf("on the fifth day %d acts are late", n)
	}

	h.must(h.s.Stay(t.Context(), judge, stay))
	stayed = h.clock.Now()
	h.clock.To(stayed.Add(5*oneDay + time.Millisecond))
	h.refused(h.s.Resume(t.Context(), judge, resume), fault.LateReasonRequired, "R28")
	for _, lacks := range []func(*auction.Late){
		func(l *auction.Late) { l.Superior = docket.Text{} },
		func(l *auction.Late) { l.Superior.Zh = "" },
		func(l *auction.Late) { l.Superior.En = "" },
		func(l *auction.Late) { l.Reason.Zh = "" },
		func(l *auction.Late) { l.Reason.En = "" },
	} {
		half := resume
		half.Late = approved()
		lacks(&half.Late)
		h.refused(h.s.Resume(t.Context(), judge, half), fault.LateReasonRequired, "R28")
	}
	early, future := resume, resume
	early.CauseEndedAt, future.CauseEndedAt = stayed.Add(-time.Millisecond), h.clock.Now().Add(time.Millisecond)
	h.refused(h.s.Resume(t.Context(), judge, early), fault.InvalidRequest, "R28")
	h.refused(h.s.Resume(t.Context(), judge, future), fault.InvalidRequest, "R28")
	late := resume
	late.Late = approved()
	h.must(h.s.Resume(t.Context(), judge, late))
	if n := h.lateSteps(lot); n != 1 {
		t.Fatalf("on the sixth day %d acts are late", n)
	}

	// Ten days of stay whose cause was gone on the fifth: in time.
	h.must(h.s.Stay(t.Context(), judge, stay))
	stayed = h.clock.Now()
	h.clock.To(stayed.Add(10 * oneDay))
	told := resume
	told.CauseEndedAt = stayed.Add(5 * oneDay)
	h.must(h.s.Resume(t.Context(), judge, told))

	// Acts count milliseconds: a cause gone in this one is gone by now.
	h.must(h.s.Stay(t.Context(), judge, stay))
	told.CauseEndedAt = h.clock.Now().Add(time.Millisecond - time.Nanosecond)
	h.must(h.s.Resume(t.Context(), judge, told))
	if n := h.lateSteps(lot); n != 1 {
		t.Fatalf("%d acts are late", n)
	}
}

// R26: a second sale that begins 30 days after the first ended is in time; on the 31st day it needs a superior's reason and counts as late.
func TestR26_ASecondSaleOnTheThirtyFirstDayIsDoneLate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		after time.Duration
		late  bool
	}{{"on the 30th day", 30 * oneDay, false}, {"a millisecond later", 30*oneDay + time.Millisecond, true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			first := h.got.Lots[h.refs(law.First)[0]]
			h.announce(first)
			d := h.end(first, false, "")
			n := auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen}
			second, err := h.s.ListSecondSale(t.Context(), h.judges[0], first, n)
			h.must(err)
			h.vote(second)
			soldtest.Waive(t, h.pool, h.s, h.judges[0], second)
			starts := d.EndedAt.Add(c.after)
			a := auction.Announcement{Lot: second, StartsAt: starts, EndsAt: starts.Add(oneDay)}
			if c.late {
				h.refused(h.s.Announce(t.Context(), h.judges[0], a), fault.SecondSaleTooLate, "R26")
				a.LateReason = approved().Reason
				h.refused(h.s.Announce(t.Context(), h.judges[0], a), fault.SecondSaleTooLate, "R26")
				a.Superior = approved().Superior
			}
			h.must(h.s.Announce(t.Context(), h.judges[0], a))
			if n := h.lateSteps(second); (n == 1) != c.late {
				t.Errorf("%d acts are late", n)
			}
		})
	}
}

// R20r: the ruling is served within ten days of full payment, handing over is due fifteen days after that.
func TestR20r_TheRulingIsServedWithinTenDays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.end(lot, true, "K7Q2M")
	h.buyer("K7Q2M", "甲公司")
	h.must(pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return h.s.RecordPaid(t.Context(), tx, h.clock.Now(), lot) }))
	paid := h.clock.Now()
	h.due(lot, "make_ruling", paid.Add(10*oneDay))
	h.clock.To(paid.Add(10*oneDay + time.Millisecond))
	r := auction.Ruling{Lot: lot, Number: "（2026）皖9902执101号之一"}
	h.refused(h.s.Rule(t.Context(), h.judges[0], r), fault.LateReasonRequired, "R20r")
	h.qualify(lot)
	// It had reached the buyer on the tenth day: in time.
	r.ServedAt = paid.Add(10 * oneDay)
	h.must(h.s.Rule(t.Context(), h.judges[0], r))
	h.due(lot, "hand_over", paid.Add(25*oneDay))
	if n := h.lateSteps(lot); n != 0 {
		t.Errorf("%d acts are late", n)
	}
}

// due checks by when a lot owes a duty.
func (h *house) due(lot uuid.UUID, kind string, want time.Time) {
	h.t.Helper()
	var got time.Time
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT due_at FROM duties WHERE lot_id = $1 AND kind = $2 AND state = 'owed'`, lot, kind).Scan(&got))
	if !got.Equal(want) {
		h.t.Errorf("%s is due %s, want %s", kind, got, want)
	}
}
