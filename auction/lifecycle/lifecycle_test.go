package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"mingchui/auction/law"
	"mingchui/auction/lifecycle"
	"mingchui/auction/money"
)

// world is a case under random events, with the duties as the book would hold them.
type world struct {
	now  time.Time
	kase lifecycle.Case
	ids  []uuid.UUID
	owed map[uuid.UUID]map[lifecycle.Duty]time.Time
	done int
	// changed are the lots that something happened to.
	changed []uuid.UUID
}

func newWorld() *world {
	return &world{
		now:  time.Date(2026, 1, 5, 1, 0, 0, 0, time.UTC),
		kase: lifecycle.Case{Lots: map[uuid.UUID]lifecycle.Lot{}}, owed: map[uuid.UUID]map[lifecycle.Duty]time.Time{},
	}
}

func (w *world) list(stage law.Stage, kind law.Kind, criminal bool) uuid.UUID {
	id := uuid.UUID{byte(len(w.ids) >> 8), byte(len(w.ids))}
	w.ids = append(w.ids, id)
	w.kase.Lots[id] = lifecycle.Lot{Stage: stage, Kind: kind, State: lifecycle.Draft, BalanceDueDays: 10, Limited: kind == law.Immovable, Criminal: criminal}
	if l := w.kase.Lots[id]; kind == law.OtherRight {
		l.ApprovalDays = 45
		w.kase.Lots[id] = l
	}
	w.owed[id] = map[lifecycle.Duty]time.Time{}
	w.apply(id, lifecycle.Listed(law.China2017(), w.now))
	return id
}

func (w *world) apply(id uuid.UUID, effects []lifecycle.Effect) {
	w.changed = append(w.changed, id)
	for _, e := range effects {
		if e.Do == lifecycle.Owe {
			w.owed[id][e.Duty] = e.DueAt
		} else {
			delete(w.owed[id], e.Duty)
		}
	}
}

// waitsFor is what I9 asks of each state: the duties without which nobody would be reminded that it waits.
func waitsFor(l lifecycle.Lot) []lifecycle.Duty {
	again := []lifecycle.Duty{}
	if l.AwaitsNext() {
		again = append(again, lifecycle.ReSale)
	}
	switch l.State {
	case lifecycle.Draft:
		return []lifecycle.Duty{lifecycle.JudgeVote}
	case lifecycle.Voted:
		return []lifecycle.Duty{lifecycle.Announce, lifecycle.NotifyParties}
	case lifecycle.Announced:
		return []lifecycle.Duty{lifecycle.CloseCourse}
	case lifecycle.Suspended:
		return []lifecycle.Duty{lifecycle.Resume, lifecycle.CloseCourse}
	case lifecycle.Sold:
		return []lifecycle.Duty{lifecycle.PayBalance, lifecycle.BalanceDue, lifecycle.ConfirmSale}
	case lifecycle.Unsold:
		switch {
		case l.NextAnnounced:
			return nil
		case l.Stage == law.First:
			return []lifecycle.Duty{lifecycle.SecondSale}
		case l.Stage == law.Second:
			return []lifecycle.Duty{lifecycle.AskCreditors, lifecycle.SellOffSale}
		}
		return []lifecycle.Duty{lifecycle.AskCreditors, lifecycle.ReturnProperty}
	case lifecycle.Paid, lifecycle.Taken:
		if l.Limited || l.ApprovalDays > 0 {
			return []lifecycle.Duty{lifecycle.MakeRuling, lifecycle.CheckEligibility}
		}
		return []lifecycle.Duty{lifecycle.MakeRuling}
	case lifecycle.Ruled:
		if l.HandedOver {
			return nil
		}
		return []lifecycle.Duty{lifecycle.HandOver}
	case lifecycle.Defaulted, lifecycle.SetAside, lifecycle.Withdrawn:
		return again
	case lifecycle.Returned:
	}
	return nil
}

// settled are duties that may outlast the state that made them due: the machine's own, and finance's.
func settled(d lifecycle.Duty) bool {
	switch d { //nolint:exhaustive // the others end with their state
	case lifecycle.CheckEligibility, lifecycle.OpenCourse, lifecycle.ReleaseDeposits, lifecycle.ConfirmSale, lifecycle.PayOut:
		return true
	}
	return false
}

// over is a state that waits for nobody.
func over(l lifecycle.Lot) bool { return len(waitsFor(l)) == 0 }

// check holds the lots that changed since it was called last.
func (w *world) check(t *rapid.T) {
	changed := w.changed
	w.changed = nil
	for _, id := range changed {
		l := w.kase.Lots[id]
		wanted := map[lifecycle.Duty]bool{}
		for _, d := range waitsFor(l) {
			wanted[d] = true
			if _, ok := w.owed[id][d]; !ok {
				t.Fatalf("I9: a lot that is %s (%s) does not owe %s", l.State, l.Stage, d)
			}
		}
		for d := range w.owed[id] {
			if !wanted[d] && !settled(d) {
				t.Fatalf("a lot that is %s still owes %s", l.State, d)
			}
		}
		if len(w.possible(id)) == 0 && !over(l) {
			t.Fatalf("no way out of %s", l.State)
		}
	}
}

// possible lists the events that a lot takes now.
func (w *world) possible(id uuid.UUID) (list []lifecycle.Event) {
	for _, e := range lifecycle.Events() {
		if _, _, err := lifecycle.Step(law.China2017(), w.kase.Lots[id], lifecycle.Happening{Event: e, At: w.now}); err == nil {
			list = append(list, e)
		}
	}
	return list
}

func (w *world) step(t *rapid.T) {
	if len(w.ids) < 2 || (len(w.ids) < 6 && rapid.IntRange(0, 9).Draw(t, "list") == 0) {
		stage := rapid.SampledFrom([]law.Stage{law.First, law.Second, law.SellOff, law.NoReserve}).Draw(t, "stage")
		w.list(stage, rapid.SampledFrom([]law.Kind{law.Movable, law.Immovable}).Draw(t, "kind"), rapid.Bool().Draw(t, "criminal"))
		return
	}
	w.now = w.now.Add(time.Duration(rapid.IntRange(1, 100_000).Draw(t, "seconds")) * time.Second)
	id := w.ids[rapid.IntRange(0, len(w.ids)-1).Draw(t, "lot")]
	events := lifecycle.Events()
	if possible := w.possible(id); len(possible) > 0 && rapid.Bool().Draw(t, "possible") {
		events = possible // most others are refused
	}
	h := lifecycle.Happening{
		Event: rapid.SampledFrom(events).Draw(t, "event"), At: w.now,
		StartsAt: w.now.Add(time.Hour), EndsAt: w.now.Add(25 * time.Hour), ServedAt: w.now,
		Price: money.Fen(rapid.IntRange(1, 1000).Draw(t, "price")), Again: rapid.Bool().Draw(t, "again"), Ended: rapid.Bool().Draw(t, "ended"),
	}
	before := w.kase
	after, effects, stop, err := lifecycle.StepCase(law.China2017(), w.kase, id, h)
	if err != nil {
		if fmt.Sprint(after) != fmt.Sprint(before) || len(effects)+len(stop) > 0 {
			t.Fatalf("%s was refused and did something", h.Event)
		}
		return
	}
	w.kase = after
	w.done++
	w.apply(id, effects)
	for _, s := range stop {
		if w.kase.Lots[s].State != lifecycle.Announced || s == id {
			t.Fatalf("R14s stops a lot that is %s", w.kase.Lots[s].State)
		}
		w.stop(s)
	}
	if after.Lots[id].AwaitsNext() && rapid.Bool().Draw(t, "next") && len(w.ids) < 40 {
		w.list(after.Lots[id].Stage, after.Lots[id].Kind, after.Lots[id].Criminal)
	}
	if l := after.Lots[id]; h.Event == lifecycle.EndedUnsold && l.Stage == law.SellOff && l.Criminal && len(w.ids) < 40 { // R26n
		w.list(law.NoReserve, l.Kind, true)
	}
	if w.kase.Covered() && !w.kase.DebtorAgrees && len(w.kase.ToStop()) > 0 && h.Event == lifecycle.EndedSold {
		t.Fatal("R14s: the others brought enough, and a lot still runs")
	}
}

// stop stays a lot, as the use case does.
func (w *world) stop(id uuid.UUID) {
	l, effects, err := lifecycle.Step(law.China2017(), w.kase.Lots[id], lifecycle.Happening{Event: lifecycle.WasStayed, At: w.now})
	if err == nil {
		w.kase.Lots[id] = l
		w.apply(id, effects)
	}
}

// I9: random events drive random cases for 100,000 steps: no state without a way out, no duty missing, none left over.
func TestI9_NoStateWithoutAWayOutAndNoDutyMissing(t *testing.T) {
	t.Parallel()
	const wanted = 100_000
	steps, done := 0, 0
	for steps < wanted {
		rapid.Check(t, func(t *rapid.T) {
			w := newWorld()
			w.kase.Claim = money.Fen(rapid.IntRange(0, 1500).Draw(t, "claim"))
			w.kase.DebtorAgrees = rapid.Bool().Draw(t, "agrees")
			for range 200 {
				w.step(t)
				w.check(t)
				steps++
			}
			done += w.done
		})
	}
	t.Logf("%d steps, %d events happened", steps, done)
	if done < wanted/10 {
		t.Errorf("only %d events happened in %d steps", done, steps)
	}
}
