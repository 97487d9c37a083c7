package auction_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/trail"
)

// R3: every step of a sale is on the trail of its case, in order; the public reads what it may and no account.
func TestR3_EveryStepIsOnTheTrail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	h.clock.To(h.clock.Now().Add(time.Minute))
	reason := docket.Text{Zh: "案外人提出异议。", En: "A third party objects."}
	h.must(h.s.Stay(t.Context(), h.judges[1], auction.CourtAct{Lot: lot, Ground: "objection", Reason: reason}))
	h.must(h.s.Resume(t.Context(), h.judges[1], auction.CourtAct{Lot: lot}))
	h.end(lot, true, "K7Q2M")
	read := func(whole bool) []trail.Line {
		list, err := trail.Read(t.Context(), h.pool, trail.Page{Case: h.caseOf(lot), Lot: lot, Whole: whole, Limit: 100})
		h.must(err)
		return list
	}
	acts := func(list []trail.Line) (out []string) {
		for _, l := range list {
			if l.LotID != nil {
				out = append(out, string(l.Act))
			}
		}
		return out
	}
	h.same("whole", acts(read(true)), []string{"lot_listed", "voted", "voted", "voted", "announced", "stayed", "resumed", "ended"})
	h.same("public", acts(read(false)), []string{"announced", "stayed", "resumed", "ended"})
	for _, l := range read(false) {
		if l.Login != "" {
			t.Errorf("%s shows an account", l.Act)
		}
		if l.Act == trail.Stayed && (l.Reason != reason || l.Ground != "objection" || l.Rule != "R28" || l.By == "") {
			t.Errorf("the stay reads %+v", l)
		}
	}
	if !slices.ContainsFunc(read(true), func(l trail.Line) bool { return l.Act == trail.Voted && l.Login != "" }) {
		t.Error("the inspector does not see who voted")
	}
}

// R3: SQL refuses a change of a lot that is not on the trail, and a trail that is changed afterwards.
func TestR3_NothingIsDoneOffTheTrail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	for name, sql := range map[string]string{
		"a lot is suspended": `UPDATE lots SET status = 'suspended', suspended_at = now() WHERE id = '` + lot.String() + `'`,
		"an act is invented": `INSERT INTO lot_acts (id, lot_id, kind, reason_zh, reason_en, made_at) VALUES (gen_random_uuid(), '` + lot.String() + `', 'stayed', '', '', now())`,
		"a step is changed":  `UPDATE trail SET act = 'resumed'`,
		"a step is removed":  `DELETE FROM trail`,
	} {
		if _, err := h.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s, and nobody did it", name)
		}
	}
}

// An act on a lot by the choke point: refused for strangers, on the trail or undone.
func TestOnLot_CommitsWithItsStepOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	step := trail.Step{Act: trail.CreditorAsked, Rule: "R26s"}
	stranger := auction.Actor{AccountID: uuid.New(), Role: "judge", CourtID: uuid.New()}
	none := func(*auction.LotAct) error { return nil }
	h.refused(h.s.OnLot(t.Context(), stranger, lot, nil, step, none), fault.RoleForbidden, "")
	before := h.steps(lot)
	refusal := fault.New(fault.Invalid, fault.InvalidRequest)
	h.refused(h.s.OnLot(t.Context(), h.judges[0], lot, nil, step, func(*auction.LotAct) error { return refusal }), fault.InvalidRequest, "")
	if got := h.steps(lot); got != before {
		t.Errorf("a refused act left %d steps", got-before)
	}
	h.must(h.s.OnLot(t.Context(), h.judges[0], lot, nil, step, func(a *auction.LotAct) error {
		a.Step.Late = &trail.Late{
			DueAt: a.Now.Add(-time.Millisecond), Superior: docket.Text{Zh: "执行局局长", En: "head of the enforcement bureau"},
			Reason: docket.Text{Zh: "债权人地址变更。", En: "The creditor had moved."},
		}
		return nil
	}))
	if got := h.steps(lot); got != before+1 {
		t.Errorf("an act left %d steps", got-before)
	}
}

func (h *house) steps(lot uuid.UUID) (n int) {
	h.t.Helper()
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT count(*) FROM trail WHERE lot_id = $1`, lot).Scan(&n))
	return n
}

func (h *house) caseOf(lot uuid.UUID) (id uuid.UUID) {
	h.t.Helper()
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT case_id FROM lots WHERE id = $1`, lot).Scan(&id))
	return id
}
