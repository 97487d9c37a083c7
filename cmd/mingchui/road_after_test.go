package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/law"
)

// afterTheEnd: the last bid is the price; R22 publishes the buyer's name alone.
func (s *sale) afterTheEnd() {
	s.t.Helper()
	s.to(s.ends.Add(time.Second))
	late := s.register()
	s.unchanged("after the end", func() {
		s.next().bid(s.price+s.step).refused(http.StatusConflict, "closed")
		s.nobodyComesLate(late)
	})
	v := s.public.lot(s.lot)
	if v.Status != "ended" || v.Outcome != "sold" || v.PriceFen != s.price || v.Confirmation == nil {
		s.t.Fatalf("after the end: %+v", v)
	}
	var me struct {
		RealName string `json:"real_name"`
	}
	s.leader.get("/api/v1/me").into(&me)
	if v.Confirmation.BuyerName != me.RealName || v.Confirmation.BidderCode != s.leader.code {
		s.t.Errorf("the confirmation names %+v, the buyer is %s as %s", v.Confirmation, me.RealName, s.leader.code)
	}
	if got := len(s.public.bids(s.lot)); got != v.Bids {
		s.t.Errorf("%d bids are listed of %d", got, v.Bids)
	}
}

// nobodyComesLate: a wrong passphrase opens no session, and nobody enrols after
// the end (R18).
func (s *sale) nobodyComesLate(late person) {
	s.t.Helper()
	s.unpaid.post(path(s.lot, "bidding-sessions"), map[string]string{"bidder_code": s.unpaid.code, "passphrase": "wrong"}).
		refused(http.StatusUnauthorized, "passphrase_wrong")
	late.post(path(s.lot, "enrolments"), map[string]any{"accept_notices": true}).refused(http.StatusConflict, "enrolment_closed")
}

// depositsGoBack: R23, the buyer's counts towards the price, every other goes
// back within 24 hours of the end.
func (s *sale) depositsGoBack() {
	s.t.Helper()
	s.settle()
	within := s.ends.Add(s.rules.ReturnDepositsWithin)
	for _, seat := range s.seats {
		d := seat.deposit()
		want := "returned"
		if seat == s.leader {
			want = "applied"
		}
		if d.Status != want || d.SettledAt == nil || d.SettledAt.After(within) {
			s.t.Errorf("%s's deposit: %+v, want %s by %s", seat.login, d, want, within)
		}
	}
	if s.now().After(within) {
		s.t.Errorf("it is %s, and deposits go back by %s", s.now(), within)
	}
	fund := s.public.fund(s.caseID)
	if fund["escrow"] != 0 || fund["proceeds"] != s.model.Lots[0].DepositFen {
		s.t.Errorf("after the deposits went back the fund is %v", fund)
	}
}

// balance: R25. The buyer alone pays, in parts where it is large, and the
// proceeds stand in the case's account with the payment itself.
func (s *sale) balance() {
	s.t.Helper()
	call := path(s.lot, "balance")
	s.unchanged("a balance and a ruling that are not due", func() {
		s.next().post(call, nil).refused(http.StatusForbidden, "not_the_buyer")
		s.judges[0].post(path(s.lot, "ruling"), map[string]any{"number": "x"}).refused(http.StatusConflict, "state_conflict")
	})
	s.to(s.now().Add(time.Duration(s.figures.between(1, 90)) * time.Hour))
	s.payBalance(s.leader, s.lot)
	if v := s.public.lot(s.lot); v.Outcome != "paid" {
		s.t.Errorf("after the balance the lot is %s", v.Outcome)
	}
	if fund := s.public.fund(s.caseID); fund["proceeds"] != s.price || fund["escrow"] != 0 {
		s.t.Errorf("the price is %d, the fund %v", s.price, fund)
	}
}

// payBalance pays what is left on the payment page, part by part.
func (w *world) payBalance(buyer *seat, lot uuid.UUID) {
	w.t.Helper()
	for range 50 {
		var b struct {
			Status     string `json:"status"`
			PaymentURL string `json:"payment_url"`
		}
		buyer.post(path(lot, "balance"), nil).into(&b)
		if b.Status == "paid" {
			return
		}
		payOn(w.t, b.PaymentURL, "succeed")
		w.settle()
	}
	w.t.Fatal("the balance is not paid after 50 parts")
}

// ruling: R20r.
func (s *sale) ruling() {
	s.t.Helper()
	if s.model.Lots[0].PurchaseLimits != nil { // R17h
		s.judges[2].post(path(s.lot, "ruling"), map[string]any{"number": s.model.Number + "之一"}).refused(http.StatusConflict, "eligibility_unproven")
		s.judges[0].post(path(s.lot, "eligibility"), map[string]any{"qualified": true, "proof": strings.Repeat("5a", 32)}).into(new(any))
	}
	s.judges[2].post(path(s.lot, "ruling"), map[string]any{"number": s.model.Number + "之一"}).into(new(any))
	if v := s.public.lot(s.lot); v.Outcome != "ruled" {
		s.t.Errorf("after the ruling the lot is %s", v.Outcome)
	}
}

// defaultAndReSale: R24, R24x. A buyer who does not pay loses the deposit to the
// case and may not bid when the property is sold again.
func (w *world) defaultAndReSale() {
	w.t.Helper()
	s := &sale{world: w, model: w.figures.sale(w.now(), w.rules)}
	s.start, s.step = s.model.Lots[0].StartingPriceFen, s.model.Lots[0].IncrementFen
	s.caseID, s.lot = w.list(s.model)
	s.starts, s.ends = w.announce(s.lot, w.rules.AnnounceLead(law.First, law.Immovable)+time.Hour, 24*time.Hour)
	s.seats = []*seat{w.admitted(w.register(), s.lot), w.admitted(w.register(), s.lot)}
	w.to(s.starts.Add(time.Minute))
	s.took(s.seats[0], s.seats[0].raise(s.start))
	s.raiseByChance()
	w.to(s.ends.Add(time.Second))
	v := w.public.lot(s.lot)
	if v.Outcome != "sold" {
		w.t.Fatalf("the sale before the default: %+v", v)
	}
	w.to(v.BalanceDueAt.Add(time.Minute))
	if v = w.public.lot(s.lot); v.Outcome != "defaulted" {
		w.t.Fatalf("the balance was due at %s, it is %s, and the lot is %s", v.BalanceDueAt, w.now(), v.Outcome)
	}
	if d := s.leader.deposit(); d.Status != "forfeited" {
		w.t.Errorf("the defaulter's deposit is %s", d.Status)
	}
	if fund := w.public.fund(s.caseID); fund["forfeits"] != s.model.Lots[0].DepositFen {
		w.t.Errorf("the forfeited deposit is not in the fund: %v", fund)
	}
	w.unchanged("a balance past its day", func() {
		s.leader.post(path(s.lot, "balance"), nil).refused(http.StatusConflict, "balance_past_due")
	})
	again := w.judges[0].post(path(s.lot, "next-sale"), map[string]any{
		"sale": "resale", "starting_price_fen": s.start, "increment_fen": s.step, "deposit_fen": s.model.Lots[0].DepositFen, "notifications": s.toldAnew(),
	}).made()
	w.announce(again, w.rules.AnnounceLead(law.First, law.Immovable)+time.Hour, 24*time.Hour)
	w.unchanged("the defaulter's enrolment", func() {
		r := s.leader.post(path(again, "enrolments"), map[string]any{"accept_notices": true, "promise_limits": true})
		if got := r.refused(http.StatusForbidden, "defaulter_excluded"); got.Rule != "R24x" {
			w.t.Errorf("the defaulter is refused by %q", got.Rule)
		}
	})
	w.admitted(s.next().person, again)
}

// badImport: a file with a broken line is refused with that line, and nothing
// of it is imported; whole, it is.
func (w *world) badImport() {
	w.t.Helper()
	file := w.figures.asDocket(w.figures.sale(w.now(), w.rules), w.figures.sale(w.now(), w.rules))
	bad, line := broken(w.t, file)
	w.unchanged("an import with a broken line", func() {
		r := w.judges[0].post("/api/v1/dockets", bad).refused(http.StatusUnprocessableEntity, "import_invalid")
		if len(r.Faults) == 0 || r.Faults[0].Line != line {
			w.t.Errorf("line %d is broken, the answer lists %+v", line, r.Faults)
		}
	})
	var made struct {
		Lots map[string]uuid.UUID `json:"lots"`
	}
	w.judges[0].post("/api/v1/dockets", file).into(&made)
	if len(made.Lots) != 2 {
		w.t.Errorf("the import made %v", made.Lots)
	}
}
