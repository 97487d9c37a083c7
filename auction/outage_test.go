package auction_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// outage records one in a transaction, and suspends or resumes the course's row as the engine would.
func (h *house) outage(o auction.Outage) {
	h.t.Helper()
	ctx := h.t.Context()
	h.must(pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error { return auction.RecordOutage(ctx, tx, h.book, o) }))
	if o.Over {
		h.must(courses{h.pool}.Resume(ctx, o.Lot))
	} else {
		h.must(courses{h.pool}.Stay(ctx, o.Lot, ""))
	}
}

func TestR28o_ABriefOutageIsToldAndIsOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	at := h.clock.Now()
	h.outage(auction.Outage{Lot: lot, At: at, Since: at.Add(-7 * time.Second), EndsAt: at.Add(time.Minute)})
	d, err := h.s.Lot(t.Context(), lot, h.clock.Now())
	h.must(err)
	since := at.Add(-7 * time.Second).In(time.FixedZone("CST", 8*60*60)).Format(time.DateTime)
	if d.Status != auction.StatusSuspended || d.Reason == nil || !strings.Contains(d.Reason.Zh, since) || !strings.Contains(d.Reason.En, since) {
		t.Errorf("stayed: %+v, %+v", d.Status, d.Reason)
	}
	h.same("the judge owes the resumption", h.owed(lot, "owed"), []string{"close_course", "open_course", "resume"})
	h.outage(auction.Outage{Lot: lot, Over: true, At: at.Add(time.Second), EndsAt: at.Add(6 * time.Minute)})
	if d, err = h.s.Lot(t.Context(), lot, h.clock.Now()); err != nil || d.Status != auction.StatusAnnounced || d.Reason != nil {
		t.Errorf("goes on: %+v, %v", d.LotSummary, err)
	}
	if len(d.Acts) != 2 || d.Acts[0].Ground != "outage" || d.Acts[1].Kind != "resumed" || d.Acts[1].Reason.En == "" {
		t.Errorf("its acts: %+v", d.Acts)
	}
	h.same("nothing is owed for it", h.owed(lot, "owed"), []string{"close_course", "open_course"})
}

func TestR28o_AfterALongOutageTheCourtWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, judge := t.Context(), h.judges[0]
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	at := h.clock.Now() // 09:00 of court time
	h.outage(auction.Outage{Lot: lot, At: at, Since: at.Add(-time.Minute), EndsAt: at.Add(time.Minute)})
	act := auction.CourtAct{Lot: lot, Reason: docket.Text{Zh: "案外人提出异议", En: "A third person objected"}}
	h.refused(h.s.Stay(ctx, judge, act), fault.StateConflict, "")
	h.refused(h.s.Resume(ctx, judge, act), fault.ResumeNotYet, "R28o")
	h.clock.To(at.Add(2*time.Hour - time.Minute))
	h.refused(h.s.Resume(ctx, judge, act), fault.ResumeNotYet, "R28o")
	h.clock.To(at.Add(9 * time.Hour)) // after hours
	h.refused(h.s.Resume(ctx, judge, act), fault.ResumeNotYet, "R28o")
	h.clock.To(at.Add(24 * time.Hour))
	h.must(h.s.Resume(ctx, judge, act))
	if d, err := h.s.Lot(ctx, lot, h.clock.Now()); err != nil || d.Status != auction.StatusAnnounced || len(d.Acts) != 2 {
		t.Errorf("goes on: %+v, %v", d.LotSummary, err)
	}
}

// A lot that the court withdrew during an outage stays withdrawn, and its course does not go on.
func TestR17w_AWithdrawnLotDoesNotComeBackAfterAnOutage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	at := h.clock.Now()
	h.outage(auction.Outage{Lot: lot, At: at, Since: at, EndsAt: at.Add(time.Minute)})
	h.must(h.s.Withdraw(ctx, h.judges[0], auction.CourtAct{
		Lot: lot, Ground: auction.DebtPaid, Reason: docket.Text{Zh: "被执行人已清偿", En: "The debtor has paid"},
	}))
	err := pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		return auction.RecordOutage(ctx, tx, h.book, auction.Outage{Lot: lot, Over: true, At: at, EndsAt: at.Add(time.Minute)})
	})
	h.refused(err, fault.StateConflict, "")
}
