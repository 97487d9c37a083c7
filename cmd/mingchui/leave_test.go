package main

import (
	"net/http"
	"testing"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// R28o: when a stay lasts over 48 hours a bidder may leave with the deposit. Who leads is bound. Who left bids no
// more, in an open session or a new one; the others go on where the sale stood, and a second leaving answers as the first.
func TestR28o_ABidderLeavesAStayOfOver48Hours(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	leaver, leads := w.admitted(w.register(), s.lot), w.admitted(w.register(), s.lot)
	unpaid := w.enrol(w.register(), s.lot)
	w.to(s.starts.Add(time.Minute))
	s.took(leaver, leaver.raise(s.start))
	s.took(leads, leads.raise(s.start+s.step))
	call := path(s.lot, "enrolments/me/withdrawal")
	leave := func(x *seat) reply { return x.post(call, nil) }
	s.unchanged("leaving while bidding runs", func() { leave(leaver).refused(http.StatusConflict, "leave_not_open") })

	why := docket.Text{Zh: "审查案外人异议。", En: "A third person's objection is reviewed."}
	w.judges[0].post(path(s.lot, "stay"), map[string]any{"reason": why, "ground": "third_party_claim"}).into(new(any))
	var v struct {
		Acts []struct {
			At time.Time `json:"at"`
		} `json:"acts"`
	}
	w.public.get("/api/v1/lots/" + s.lot.String()).into(&v)
	stayed := v.Acts[0].At
	w.to(stayed.Add(48*time.Hour - time.Minute))
	s.unchanged("leaving before 48 hours are over", func() {
		if got := leave(leaver).refused(http.StatusConflict, "leave_not_open"); got.Rule != "R28o" {
			t.Errorf("refused by %q", got.Rule)
		}
	})
	w.to(stayed.Add(48*time.Hour + time.Second))
	s.unchanged("the leader's leaving", func() { leave(leads).refused(http.StatusConflict, "leading_is_bound") })
	leave(w.enrol(w.register(), s.lot)) // who has not paid may leave too
	for range 2 {
		var e enrolment
		leave(leaver).into(&e)
		if e.Status != "withdrawn" || e.Deposit.AmountFen != s.model.Lots[0].DepositFen {
			t.Fatalf("after leaving: %+v", e)
		}
	}
	w.settle()
	s.stands("withdrawn", "returned", leaver)
	s.stands("admitted", "held", leads)
	s.stands("awaiting_deposit", "requested", unpaid)
	leaver.post(path(s.lot, "enrolments/me/passphrase"), nil).refused(http.StatusConflict, "left_the_sale")

	w.judges[0].post(path(s.lot, "resumption"), map[string]any{"reason": why}).into(new(any))
	s.unchanged("leaving after the resumption", func() { leave(leads).refused(http.StatusConflict, "leave_not_open") })
	s.unchanged("a bid of who left", func() {
		if r := leaver.bid(s.start + 2*s.step); r.status < http.StatusBadRequest {
			t.Errorf("answered %d", r.status)
		}
	})
	w.to(w.public.lot(s.lot).EndsAt.Add(time.Second))
	if v := w.public.lot(s.lot); v.Outcome != "sold" || v.PriceFen != s.start+s.step {
		t.Errorf("sold: %+v", v)
	}
	w.settle()
	s.stands("withdrawn", "returned", leaver)
	w.rig.Fsck()
}
