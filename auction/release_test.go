package auction_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

func release(lot uuid.UUID, ground auction.Ground) auction.CourtAct {
	return auction.CourtAct{Lot: lot, Ground: ground, Reason: docket.Text{Zh: "债务已经清偿。", En: "The debt is paid."}}
}

// nextOf are the terms of the sale after.
func nextOf(d *auction.LotDetail) auction.NextSale {
	return auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen}
}

// R24r, R17w: the debt is paid after the first sale failed: the seizure is lifted on a published ground, nothing is owed, nothing is
// sold on; without a ground only what is unsold to the last goes back.
func TestR24r_TheDebtIsPaidBeforeTheNextSale(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	judge := h.judges[0]
	h.refused(h.s.ReturnToDebtor(t.Context(), judge, release(lot, auction.DebtPaid)), fault.StateConflict, "") // it runs
	d := h.end(lot, false, "")
	h.refused(h.s.ReturnToDebtor(t.Context(), judge, release(lot, "")), fault.StateConflict, "")
	h.refused(h.s.ReturnToDebtor(t.Context(), judge, release(lot, auction.Collusion)), fault.InvalidRequest, "R24r") // leaves the seizure
	h.refused(h.s.ReturnToDebtor(t.Context(), judge, auction.CourtAct{Lot: lot, Ground: auction.DebtPaid}), fault.ReasonRequired, "R17w")
	h.refused(h.s.ReturnToDebtor(t.Context(), auction.Actor{AccountID: uuid.New(), Role: "judge", CourtID: uuid.New()}, release(lot, auction.DebtPaid)), fault.RoleForbidden, "")
	h.refused(h.s.ReturnToDebtor(t.Context(), judge, release(lot, auction.DebtCoveredGround)), fault.DebtNotCovered, "R14s")

	second, err := h.s.ListSecondSale(t.Context(), judge, lot, nextOf(&d))
	h.must(err)
	h.refused(h.s.ReturnToDebtor(t.Context(), judge, release(lot, auction.DebtPaid)), fault.NextSaleDrafted, "R17w")
	h.vote(second)
	h.refused(h.s.ReturnToDebtor(t.Context(), judge, release(lot, auction.DebtPaid)), fault.NextSaleDrafted, "R17w")
	h.must(h.s.WithdrawDraft(t.Context(), judge, second))

	h.must(h.s.ReturnToDebtor(t.Context(), judge, release(lot, auction.DebtPaid)))
	h.refused(h.s.ReturnToDebtor(t.Context(), judge, release(lot, auction.DebtPaid)), fault.StateConflict, "")
	if owed := h.owed(lot, "owed"); slices.Contains(owed, "second_sale") {
		t.Errorf("still owed: %v", owed)
	}
	_, err = h.s.ListSecondSale(t.Context(), judge, lot, nextOf(&d))
	h.refused(err, fault.StateConflict, "")
	d, err = h.s.Lot(t.Context(), lot, h.clock.Now())
	h.must(err)
	if d.State != auction.Returned || len(d.Acts) != 1 || d.Acts[0].Kind != "returned" || d.Acts[0].Ground != "debt_paid" || d.Acts[0].Reason.En != "The debt is paid." {
		t.Errorf("%s, acts %+v", d.State, d.Acts)
	}
	if kinds := h.entries(lot); kinds[len(kinds)-1] != "lot.returned" {
		t.Errorf("entries %v", kinds)
	}
	var rule, ground string
	h.must(h.pool.QueryRow(t.Context(), `SELECT rule, ground FROM trail WHERE lot_id = $1 AND act = 'returned'`, lot).Scan(&rule, &ground))
	if rule != "R17w" || ground != "debt_paid" {
		t.Errorf("on the trail by %s on %s", rule, ground)
	}
}

// R24r: a defaulted sale, one withdrawn for collusion and one set aside keep their state when the property is released.
func TestR24r_WhatWaitsForItsReSaleIsReleased(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	refs := h.refs(law.First)
	defaulted, withdrawn := h.got.Lots[refs[0]], h.got.Lots[refs[2]]
	h.announce(defaulted)
	h.buyer("K7Q2M", "甲公司")
	d := h.end(defaulted, true, "K7Q2M")
	h.must(pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return h.s.RecordDefault(t.Context(), tx, h.clock.Now(), defaulted, 1) }))
	h.announce(withdrawn)
	h.open(withdrawn)
	stop := auction.CourtAct{Lot: withdrawn, Ground: auction.Collusion, Reason: docket.Text{Zh: "恶意串通。", En: "Collusion."}}
	h.must(h.s.Withdraw(t.Context(), h.judges[0], stop))
	for lot, state := range map[uuid.UUID]auction.State{defaulted: auction.Defaulted, withdrawn: auction.Withdrawn} {
		if owed := h.owed(lot, "owed"); !slices.Contains(owed, "re_sale") {
			t.Errorf("a lot that is %s owes %v", state, owed)
		}
		h.must(h.s.ReturnToDebtor(t.Context(), h.judges[0], release(lot, auction.PartiesSettled)))
		v, err := h.s.Draft(t.Context(), h.judges[0], lot, h.clock.Now())
		h.must(err)
		if owed := h.owed(lot, "owed"); v.State != state || v.AwaitsNext || slices.Contains(owed, "re_sale") {
			t.Errorf("%s after the release, awaits %t, owes %v", v.State, v.AwaitsNext, owed)
		}
		_, err = h.s.ListReSale(t.Context(), h.judges[0], lot, nextOf(&d))
		h.refused(err, fault.StateConflict, "")
	}
	problems, err := auction.Fsck(t.Context(), h.pool)
	if h.must(err); len(problems) > 0 {
		t.Errorf("fsck: %+v", problems)
	}
}

// R14s: an unsold lot goes back when the others brought enough, not a fen before, and not where the debtor agreed that all is sold.
func TestR14s_EnoughWasBroughtBeforeTheNextSale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		above  money.Fen
		agreed bool
		code   fault.Code
	}{{"a fen is missing", 1, false, fault.DebtNotCovered}, {"enough", 0, false, ""}, {"the debtor agreed", 0, true, fault.DebtNotCovered}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			unsold, sold, _, _ := h.running(1, c.above)
			h.end(unsold, false, "")
			h.end(sold, true, "K7Q2M")
			if c.agreed {
				h.must(h.s.DebtorAgrees(t.Context(), h.judges[0], h.caseOf(unsold), audit.HashText("consent")))
			}
			err := h.s.ReturnToDebtor(t.Context(), h.judges[0], release(unsold, auction.DebtCoveredGround))
			if c.code == "" {
				h.must(err)
			} else {
				h.refused(err, c.code, "R14s")
			}
		})
	}
}

// R24r: twenty days after a sell-off that failed (ours) the return is in time; a millisecond later it takes a superior's reason and counts
// as late. A release on a ground has no day.
func TestR24r_ALateReturnNeedsAReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		after  time.Duration
		ground auction.Ground
		late   bool
	}{
		{"on the 20th day", 20 * oneDay, "", false},
		{"a millisecond later", 20*oneDay + time.Millisecond, "", true},
		{"on a ground, after a year", 365 * oneDay, auction.DebtPaid, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			d := h.failed(law.SellOff)
			h.clock.To(d.EndedAt.Add(c.after))
			act := release(d.ID, c.ground)
			if c.late {
				h.refused(h.s.ReturnToDebtor(t.Context(), h.judges[0], act), fault.LateReasonRequired, "R24r")
				act.Late = approved()
			}
			h.must(h.s.ReturnToDebtor(t.Context(), h.judges[0], act))
			if n := h.lateSteps(act.Lot); (n == 1) != c.late {
				t.Errorf("%d acts are late", n)
			}
		})
	}
}
