package handover_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
	"mingchui/deploy/local/soldtest"
)

// world is a court whose sales are handed over.
type world struct {
	*soldtest.World
	s *handover.Service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := soldtest.New(t, handover.Planner{})
	return &world{w, handover.New(w.Pool, w.Auction)}
}

func of(c docket.Category, s docket.OccupancyState) func(docket.Asset) bool {
	return func(a docket.Asset) bool { return a.Category == c && a.Occupancy.State == s }
}

func (w *world) settle(in handover.Settlement) error {
	w.T.Helper()
	return w.s.Settle(w.T.Context(), w.Judges[0], in)
}

func (w *world) steps(lot uuid.UUID) string {
	w.T.Helper()
	v, err := w.s.Steps(w.T.Context(), w.Judges[0], lot)
	w.Must(err)
	var list []string
	for _, s := range v.Steps {
		line := string(s.Step) + " " + string(s.State)
		if s.Late {
			line += " late"
		}
		list = append(list, line)
	}
	return strings.Join(list, ", ")
}

func boss() auction.Late {
	return auction.Late{Superior: docket.Text{Zh: "执行局局长", En: "head of the bureau"}, Reason: docket.Text{Zh: "占用人住院。", En: "The occupant was in hospital."}}
}

// occupied has a flat ruled that somebody must leave.
func (w *world) occupied() (lot uuid.UUID, served time.Time) {
	w.T.Helper()
	lot = w.Lot(func(a docket.Asset) bool {
		return a.Category == docket.Flat && a.Occupancy.Handover == docket.CourtVacates && a.Occupancy.State != docket.Vacant
	})
	return lot, w.Rule(lot)
}

// R20r: a flat that is held: each step is a duty, in order, once; the last hands it over.
func TestR20r_PremisesAreClearedStepByStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lot, served := w.occupied()
	if owed := w.Duties(lot, "owed"); !slices.Contains(owed, "handover_notice_to_vacate") || !slices.Contains(owed, "handover_record_signed") || !slices.Contains(owed, "hand_over") {
		t.Errorf("the ruling makes due %v", owed)
	}
	days := func(n int) time.Time { return served.AddDate(0, 0, n) }
	at := func(s handover.Step) handover.Settlement { return handover.Settlement{Lot: lot, Step: s} }
	w.Refused("the deadline before the notice", w.settle(handover.Settlement{Lot: lot, Step: handover.DeadlineToVacate, Outcome: handover.Stayed}), fault.StepOutOfOrder, "R20r")
	w.Refused("the record before the rest", w.settle(at(handover.RecordSigned)), fault.StepOutOfOrder, "R20r")
	w.Refused("a step of goods", w.settle(at(handover.Collected)), fault.NotFoundCode, "")

	notice := at(handover.NoticeToVacate)
	notice.VacateBy = served
	w.Refused("a deadline that is now", w.settle(notice), fault.InvalidRequest, "R20r")
	notice.VacateBy = days(15).Add(time.Millisecond)
	w.Refused("a deadline after the fifteenth day", w.settle(notice), fault.InvalidRequest, "R20r")
	notice.VacateBy = days(9)
	w.Must(w.settle(notice))
	w.Refused("the same again", w.settle(notice), fault.StateConflict, "")

	stayed := handover.Settlement{Lot: lot, Step: handover.DeadlineToVacate, Outcome: handover.Stayed}
	w.Clock.To(days(9).Add(-time.Millisecond))
	w.Refused("a millisecond early", w.settle(stayed), fault.VacateNotYet, "R20r")
	w.Clock.To(days(9))
	w.Refused("without its outcome", w.settle(at(handover.DeadlineToVacate)), fault.InvalidRequest, "R20r")
	w.Must(w.settle(stayed))
	list := at(handover.Inventory)
	w.Refused("an inventory of nothing", w.settle(list), fault.InvalidRequest, "R20r")
	list.Note = "卧室衣柜一组、空调两台；已封存。"
	w.Must(w.settle(list))
	w.Must(w.settle(at(handover.ClearingDecided)))
	w.Must(w.settle(at(handover.ClearingDone)))
	w.Must(w.settle(at(handover.KeysHandedOver)))
	final := at(handover.RecordSigned)
	final.Skip, final.Reason = true, docket.Text{Zh: "买受人拒签。", En: "The buyer refused."}
	w.Refused("the last step left out", w.settle(final), fault.InvalidRequest, "R20r")
	w.Must(w.settle(at(handover.RecordSigned)))
	if got := w.steps(lot); strings.Contains(got, "owed") || strings.Contains(got, "late") || strings.Count(got, " done") != 7 {
		t.Errorf("at last %s", got)
	}
	d, err := w.Auction.Lot(t.Context(), lot, w.Clock.Now())
	w.Must(err)
	if d.Ruling.HandedOverAt == nil || !d.Ruling.HandedOverAt.Equal(w.Clock.Now()) {
		t.Errorf("handed over at %v", d.Ruling.HandedOverAt)
	}
	for _, kind := range w.Duties(lot, "owed") {
		if strings.HasPrefix(kind, "hand") {
			t.Errorf("%s is still owed", kind)
		}
	}
	if list := w.Entries(lot, "lot.handover_step"); len(list) != 7 || strings.Contains(strings.Join(list, ""), "衣柜") || !strings.Contains(list[2], "note_hash") {
		t.Errorf("the log has %v", list)
	}
	w.Refused("after the end", w.settle(at(handover.KeysHandedOver)), fault.StateConflict, "")
	w.recordTells(lot, "送达腾退通知", "占用人仍占用", "强制清场", "交付钥匙", "卧室衣柜一组、空调两台；已封存", "第二十七条")
}

// recordTells looks for texts in the record of the handing over, which is the court's alone.
func (w *world) recordTells(lot uuid.UUID, texts ...string) {
	w.T.Helper()
	list, err := w.Auction.Papers(w.T.Context(), w.Judges[0], lot)
	w.Must(err)
	for _, p := range list {
		if p.Kind != papers.HandoverRecord {
			continue
		}
		text, err := p.Text("zh-CN")
		w.Must(err)
		var all strings.Builder
		for _, part := range text.Sections {
			all.WriteString(strings.Join(part.Paragraphs, ""))
		}
		for _, want := range texts {
			if !strings.Contains(all.String(), want) {
				w.T.Errorf("the record lacks %s: %s", want, all.String())
			}
		}
		return
	}
	w.T.Error("there is no record of the handing over")
}

// R20r: occupants who left need no clearing; what cannot be done is skipped with a reason; a correction stands beside.
func TestR20r_StepsFallAwayWithAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lot, served := w.occupied()
	w.Must(w.settle(handover.Settlement{Lot: lot, Step: handover.NoticeToVacate, VacateBy: served.AddDate(0, 0, 15)}))
	w.Must(w.settle(handover.Settlement{Lot: lot, Step: handover.DeadlineToVacate, Outcome: handover.Left}))
	if got := w.steps(lot); !strings.Contains(got, "clearing_decided skipped, clearing_done skipped") {
		t.Errorf("they left: %s", got)
	}
	w.Refused("skipped without a reason", w.settle(handover.Settlement{Lot: lot, Step: handover.Inventory, Skip: true}), fault.ReasonRequired, "R20r")
	w.Must(w.settle(handover.Settlement{Lot: lot, Step: handover.Inventory, Skip: true, Reason: docket.Text{Zh: "室内空无一物。", En: "The rooms are empty."}}))
	ctx := t.Context()
	w.Refused("a correction of an open step", w.s.Correct(ctx, w.Judges[0], lot, handover.KeysHandedOver, "笔误"), fault.StateConflict, "")
	w.Must(w.s.Correct(ctx, w.Judges[1], lot, handover.Inventory, "阳台另有花盆三只。"))
	v, err := w.s.Steps(ctx, w.Judges[0], lot)
	w.Must(err)
	i := slices.IndexFunc(v.Steps, func(s handover.StepView) bool { return s.Step == handover.Inventory })
	if s := v.Steps[i]; s.State != handover.Skipped || len(s.Corrections) != 1 || s.Corrections[0].Note != "阳台另有花盆三只。" {
		t.Errorf("the inventory reads %+v", s)
	}
	for what, sql := range map[string]string{
		"undone":    `UPDATE handover_steps SET state = 'owed', settled_at = NULL, settled_by = NULL WHERE state = 'done'`,
		"rewritten": `UPDATE handover_steps SET note = 'x' WHERE state = 'skipped'`,
		"deleted":   `DELETE FROM handover_steps`,
	} {
		if _, err := w.Pool.Exec(ctx, sql); err == nil {
			t.Errorf("a settled step is %s", what)
		}
	}
	stranger := auction.Actor{AccountID: uuid.New(), Role: "judge", CourtID: uuid.New()}
	w.Refused("another court", w.s.Settle(ctx, stranger, handover.Settlement{Lot: lot, Step: handover.KeysHandedOver}), fault.RoleForbidden, "")
	if _, err := w.s.Steps(ctx, stranger, lot); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("another court reads %v", err)
	}
}

// R20r: on the fifteenth day to the millisecond nothing is late; a millisecond later it takes a superior's reason, and counts.
func TestR20r_TheFifteenthDay(t *testing.T) {
	t.Parallel()
	for late, want := range map[time.Duration]int{0: 0, time.Millisecond: 1} {
		w := newWorld(t)
		lot := w.Lot(of(docket.Equity, docket.NotApplicable))
		served := w.Rule(lot)
		w.Clock.To(served.AddDate(0, 0, 3))
		w.Must(w.settle(handover.Settlement{Lot: lot, Step: handover.RegisterNotified}))
		w.Clock.To(served.AddDate(0, 0, 15).Add(late))
		final := handover.Settlement{Lot: lot, Step: handover.RegisterChanged}
		if late > 0 {
			w.Refused("late without a reason", w.settle(final), fault.LateReasonRequired, "R20r")
			final.Late.Superior = boss().Superior
			w.Refused("late without the reason itself", w.settle(final), fault.LateReasonRequired, "R20r")
			final.Late = boss()
		}
		w.Must(w.settle(final))
		if got := w.Late(lot); got != want {
			t.Errorf("%s after the fifteenth day: %d late steps on the trail, want %d", late, got, want)
		}
		list, err := trail.Read(t.Context(), w.Pool, trail.Page{Case: w.Case(lot), Lot: lot, Limit: 100})
		w.Must(err)
		if last := list[len(list)-1]; last.Act != trail.HandedOver || (last.DueAt != nil) != (want > 0) || (want > 0 && last.LateReason != boss().Reason) {
			t.Errorf("the trail ends with %+v", last)
		}
	}
	// The third day of the first step, likewise.
	w := newWorld(t)
	lot := w.Lot(of(docket.Equity, docket.NotApplicable))
	w.Clock.To(w.Rule(lot).AddDate(0, 0, 3).Add(time.Millisecond))
	notified := handover.Settlement{Lot: lot, Step: handover.RegisterNotified}
	w.Refused("the fourth day", w.settle(notified), fault.LateReasonRequired, "R20r")
	notified.Late = boss()
	w.Must(w.settle(notified))
	if got := w.steps(lot); got != "register_notified done late, register_changed owed" || w.Late(lot) != 1 {
		t.Errorf("the fourth day: %s", got)
	}
}

// R20r: handing over in one act ends the steps that are left; after the fifteenth day it too takes a reason.
func TestR20r_HandingOverInOneAct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lot, served := w.occupied()
	ctx := t.Context()
	w.Clock.To(served.AddDate(0, 0, 15).Add(time.Millisecond))
	w.Refused("late", w.Auction.HandOver(ctx, w.Judges[0], auction.Delivery{Lot: lot}), fault.LateReasonRequired, "R20r")
	w.Must(w.Auction.HandOver(ctx, w.Judges[0], auction.Delivery{Lot: lot, Late: boss()}))
	if got := w.steps(lot); strings.Count(got, "cancelled") != 7 || w.Late(lot) != 1 {
		t.Errorf("in one act: %s, %d late", got, w.Late(lot))
	}
	for _, kind := range w.Duties(lot, "owed") {
		if strings.HasPrefix(kind, "hand") {
			t.Errorf("%s is still owed", kind)
		}
	}
}

// R20r: goods are fetched at an appointment that the court offers and the buyer takes.
func TestR20r_GoodsAreCollectedByAppointment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lot := w.Lot(func(a docket.Asset) bool { return a.Category == docket.VehicleCar })
	ctx, judge := t.Context(), w.Judges[0]
	w.Refused("before the ruling", w.s.Offer(ctx, judge, lot, nil, auction.Late{}), fault.StateConflict, "")
	if _, err := w.s.Bought(ctx, w.Buyer.AccountID, lot); fault.CodeOf(err) != fault.NotFoundCode {
		t.Errorf("a buyer before the end: %v", err)
	}
	served := w.Rule(lot)
	due := served.AddDate(0, 0, 15)
	place := docket.Text{Zh: "扣押车辆停车场", En: "the court's yard"}
	slot := func(from, to time.Time) []handover.Slot {
		return []handover.Slot{{StartsAt: from, EndsAt: to, Place: place}}
	}
	offer := func(s []handover.Slot) error { return w.s.Offer(ctx, judge, lot, s, auction.Late{}) }
	w.Refused("no appointment", offer(nil), fault.SlotInvalid, "R20r")
	w.Refused("one that has begun", offer(slot(served, served.Add(time.Hour))), fault.SlotInvalid, "R20r")
	w.Refused("one that ends before it begins", offer(slot(served.Add(time.Hour), served.Add(time.Hour))), fault.SlotInvalid, "R20r")
	w.Refused("one beyond the fifteenth day", offer(slot(due.Add(-time.Hour), due.Add(time.Millisecond))), fault.SlotInvalid, "R20r")
	w.Refused("done without appointments", w.settle(handover.Settlement{Lot: lot, Step: handover.CollectionOffered}), fault.SlotInvalid, "R20r")
	w.Must(offer(slot(due.Add(-time.Hour), due)))
	w.Must(offer(slot(served.AddDate(0, 0, 6), served.AddDate(0, 0, 6).Add(time.Hour)))) // one more
	v, err := w.s.Bought(ctx, w.Buyer.AccountID, lot)
	w.Must(err)
	if len(v.Slots) != 2 || !v.Slots[0].StartsAt.Equal(served.AddDate(0, 0, 6)) || v.Steps[1].Actor != "bidder" || !v.Steps[1].Next {
		t.Fatalf("the buyer sees %+v", v)
	}
	other := auction.Actor{AccountID: w.Account("bidder"), Role: "bidder"}
	w.Refused("another bidder", w.s.Book(ctx, other, lot, v.Slots[0].ID), fault.NotTheBuyer, "")
	w.Refused("a judge", w.s.Book(ctx, judge, lot, v.Slots[0].ID), fault.RoleForbidden, "")
	w.Refused("booked by the court", w.settle(handover.Settlement{Lot: lot, Step: handover.CollectionBooked}), fault.NotTheBuyer, "")
	w.Clock.To(served.AddDate(0, 0, 6))
	w.Refused("one that began", w.s.Book(ctx, w.Buyer, lot, v.Slots[0].ID), fault.SlotInvalid, "R20r")
	w.Must(w.s.Book(ctx, w.Buyer, lot, v.Slots[1].ID))
	w.Refused("a second one", w.s.Book(ctx, w.Buyer, lot, v.Slots[1].ID), fault.StateConflict, "")
	w.Refused("more after it is taken", offer(slot(due.Add(-time.Hour), due)), fault.StateConflict, "")
	w.Clock.To(due)
	w.Must(w.settle(handover.Settlement{Lot: lot, Step: handover.Collected}))
	w.Must(w.settle(handover.Settlement{Lot: lot, Step: handover.RecordSigned}))
	if got := w.steps(lot); got != "collection_offered done, collection_booked done, collected done, record_signed done" {
		t.Errorf("at last %s", got)
	}
	if w.Late(lot) != 0 {
		t.Error("something is late")
	}
	if problems, err := auction.Fsck(ctx, w.Pool); err != nil || slices.ContainsFunc(problems, func(p auction.Problem) bool { return p.Lot == lot && p.Detail != "the duty open_course is not there" }) {
		t.Errorf("fsck: %v, %v", problems, err)
	}
}

// A court that is late offers later appointments; a buyer who is late is asked nothing, and marked.
func TestR20r_LateGoodsAreFetchedAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lot := w.Lot(func(a docket.Asset) bool { return a.Category == docket.VehicleCar })
	served := w.Rule(lot)
	w.Clock.To(served.AddDate(0, 0, 16))
	from := w.Clock.Now().AddDate(0, 0, 2)
	slots := []handover.Slot{{StartsAt: from, EndsAt: from.Add(time.Hour), Place: docket.Text{Zh: "仓库", En: "the store"}}}
	w.Refused("late", w.s.Offer(t.Context(), w.Judges[0], lot, slots, auction.Late{}), fault.LateReasonRequired, "R20r")
	w.Must(w.s.Offer(t.Context(), w.Judges[0], lot, slots, boss()))
	v, err := w.s.Bought(t.Context(), w.Buyer.AccountID, lot)
	w.Must(err)
	w.Must(w.s.Book(t.Context(), w.Buyer, lot, v.Slots[0].ID))
	if got := w.steps(lot); !strings.HasPrefix(got, "collection_offered done late, collection_booked done late, collected owed") {
		t.Errorf("late: %s", got)
	}
}
