package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// The whole road under the law itself: weeks pass on a stepped clock, the
// payment stand-in is a process of its own, names and figures are chance, and
// every step is the act of the person whose act it is, over the API. What is
// refused on the way answers with its code and changes nothing.
func TestTheWholeRoadUnderChina2017(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	w := openWorld(t, seed, law.China2017())
	s := w.sellFlat()
	finance := w.listens()
	s.beforeTheAnnouncement()
	s.announcement()
	s.enrolments()
	finance.knows(false) // deposits are here, and sealed
	s.beforeTheStart()
	s.bidding()
	s.stay()
	s.extensions()
	public := newAuditor(t)
	w.rig.Fsck()
	public.holds(w.rig.SiteURL)
	s.afterTheEnd()
	s.depositsGoBack()
	s.balance()
	s.ruling()
	w.defaultAndReSale()
	w.badImport()
	finance.knows(true)
	s.audited(public)
}

// sale is one lot on its road.
type sale struct {
	*world
	model    docket.Case
	caseID   uuid.UUID
	lot      uuid.UUID
	start    int64
	step     int64
	starts   time.Time
	ends     time.Time
	price    int64
	seats    []*seat
	unpaid   *seat
	leader   *seat
	lastSeen accepted
}

// sellFlat opens a case with a flat and drafts its first sale; what breaks R6,
// R10, R17 or the keys of the API is refused on the way.
func (w *world) sellFlat() *sale {
	w.t.Helper()
	s := &sale{world: w, model: w.figures.sale(w.now(), w.rules)}
	lot := &s.model.Lots[0]
	s.start, s.step = lot.StartingPriceFen, lot.IncrementFen
	judge := w.judges[0]

	body := without(w.t, s.model, "assets", "lots")
	key := uuid.NewString()
	first := judge.postOnce("/api/v1/cases", key, body)
	s.caseID = first.made()
	w.unchanged("the same key", func() {
		if again := judge.postOnce("/api/v1/cases", key, body); string(again.body) != string(first.body) {
			w.t.Errorf("the same key and body answered %s, first %s", again.body, first.body)
		}
		other := without(w.t, s.model, "assets", "lots")
		other["claim_fen"] = s.model.ClaimFen + 1
		judge.postOnce("/api/v1/cases", key, other).refused(http.StatusConflict, "idempotency_key_reused")
		judge.post("/api/v1/cases", body).refused(http.StatusConflict, "case_number_taken")
	})

	asset := judge.post(fmt.Sprintf("/api/v1/cases/%s/assets", s.caseID), without(w.t, s.model.Assets[0], "ref")).made()
	lots := fmt.Sprintf("/api/v1/assets/%s/lots", asset)
	w.unchanged("terms outside the law", func() {
		low := *lot
		low.StartingPriceFen = lot.AppraisalFen*7/10 - 100
		low.DepositFen = low.StartingPriceFen / 10
		if r := judge.post(lots, newLot(w.t, low)).refused(http.StatusUnprocessableEntity, "reserve_too_low"); r.Rule != "R10" || r.Article == "" {
			w.t.Errorf("a start below 70 %% of the appraisal is refused without its rule: %+v", r)
		}
		cheap := *lot
		cheap.DepositFen = lot.StartingPriceFen/20 - 1
		if r := judge.post(lots, newLot(w.t, cheap)).refused(http.StatusUnprocessableEntity, "deposit_out_of_bounds"); r.Rule != "R17" {
			w.t.Errorf("a deposit below 5 %% is refused without its rule: %+v", r)
		}
		w.public.post(lots, newLot(w.t, *lot)).refused(http.StatusUnauthorized, "sign_in_required")
	})
	s.lot = judge.post(lots, newLot(w.t, *lot)).made()
	return s
}

// beforeTheAnnouncement: R6, R12, R13, R20b refuse what is not ready.
func (s *sale) beforeTheAnnouncement() {
	s.t.Helper()
	judge, call := s.judges[0], path(s.lot, "announcement")
	month := s.rules.AnnounceLead(law.First, law.Immovable)
	starts := s.now().Add(month + time.Hour)
	at := func(starts time.Time, length time.Duration) map[string]any {
		return map[string]any{"starts_at": starts, "ends_at": starts.Add(length)}
	}
	s.unchanged("an announcement without votes", func() {
		judge.post(call, at(starts, 24*time.Hour)).refused(http.StatusUnprocessableEntity, "votes_missing")
	})
	judge.post(path(s.lot, "votes"), map[string]any{"approve": true}).into(new(any))
	s.unchanged("a second vote", func() {
		judge.post(path(s.lot, "votes"), map[string]any{"approve": true}).refused(http.StatusConflict, "vote_repeated")
	})
	s.judges[1].post(path(s.lot, "votes"), map[string]any{"approve": true}).into(new(any))
	s.judges[2].post(path(s.lot, "votes"), map[string]any{"approve": true}).into(new(any))
	s.unchanged("an announcement at a wrong time", func() {
		if r := judge.post(call, at(starts.Add(-2*time.Hour), 24*time.Hour)).refused(http.StatusUnprocessableEntity, "announcement_too_late"); r.Rule != "R12" {
			s.t.Errorf("29 days ahead: rule %q", r.Rule)
		}
		if r := judge.post(call, at(starts, 24*time.Hour-time.Second)).refused(http.StatusUnprocessableEntity, "bidding_too_short"); r.Rule != "R20b" {
			s.t.Errorf("bidding of less than a day: rule %q", r.Rule)
		}
	})
	s.incomplete()
}

// incomplete drafts another lot that lacks what R13, R2024 and R16 ask for; its
// announcement is refused with everything that is missing, once each.
func (s *sale) incomplete() {
	s.t.Helper()
	c := s.figures.sale(s.now(), s.rules)
	asset, lot := &c.Assets[0], &c.Lots[0]
	asset.Documents = slices.DeleteFunc(asset.Documents, func(d docket.Document) bool { return d.Kind != docket.RegisterExtract })
	asset.Occupancy.State = docket.NotApplicable
	lot.Notifications[0].On = docket.Date(s.now().Format(time.DateOnly))
	_, id := s.list(c)
	for _, j := range s.judges {
		j.post(path(id, "votes"), map[string]any{"approve": true}).into(new(any))
	}
	starts := s.now().Add(s.rules.AnnounceLead(law.First, law.Immovable) + time.Hour)
	s.unchanged("an incomplete announcement", func() {
		r := s.judges[0].post(path(id, "announcement"), map[string]any{"starts_at": starts, "ends_at": starts.Add(24 * time.Hour)})
		if r.status != http.StatusUnprocessableEntity {
			s.t.Fatalf("%s: answered %d %s", r.call, r.status, r.body)
		}
		var doc refusal
		r.intoProblem(&doc)
		found := map[string]bool{}
		for _, f := range doc.Faults {
			found[f.Code+" "+f.Rule] = true
		}
		for _, want := range []string{"announcement_incomplete R13", "occupancy_unknown R2024", "notice_too_late R16"} {
			if !found[want] {
				s.t.Errorf("an incomplete announcement is refused without %s: %v", want, found)
			}
		}
	})
}

func (s *sale) announcement() {
	s.t.Helper()
	lead := s.rules.AnnounceLead(law.First, law.Immovable) + time.Duration(s.figures.between(1, 72))*time.Hour
	length := 24*time.Hour + time.Duration(s.figures.between(0, 24))*time.Hour
	s.starts = s.now().Add(lead).Truncate(time.Second)
	s.ends = s.starts.Add(length)
	s.judges[1].post(path(s.lot, "announcement"), map[string]any{"starts_at": s.starts, "ends_at": s.ends}).into(new(any))
	s.settle()
	v := s.public.lot(s.lot)
	if v.Status != "announced" || v.StartingPriceFen != s.start || v.IncrementFen != s.step || !v.EndsAt.Equal(s.ends) || v.RuleSet != s.rules.Name {
		s.t.Errorf("the announced lot: %+v", v)
	}
	if strings.Contains(string(v.Announcement), s.model.Debtors[0].Name.Zh) {
		s.t.Error("the announcement names the debtor, a person")
	}
	var found struct {
		Total int `json:"total"`
	}
	s.public.get("/api/v1/lots?q=" + urlQuery(s.model.Lots[0].Title.Zh)).into(&found)
	if found.Total != 1 {
		s.t.Errorf("searching for the lot's title finds %d lots", found.Total)
	}
}

// enrolments: R14, R17, R18, R34.
func (s *sale) enrolments() {
	s.t.Helper()
	call := path(s.lot, "enrolments")
	barred := s.register()
	account, err := s.rig.House.Accounts.ByLogin(s.t.Context(), barred.login)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.rig.House.Accounts.Bar(s.t.Context(), account.ID, "spouse of the appraiser"); err != nil {
		s.t.Fatal(err)
	}
	anybody := s.register()
	yes := map[string]any{"accept_notices": true, "capacity": "ordinary", "promise_limits": true}
	s.unchanged("enrolments that are refused", func() {
		if r := barred.post(call, yes).refused(http.StatusForbidden, "barred_person"); r.Rule != "R34" {
			s.t.Errorf("a barred person is refused by %q", r.Rule)
		}
		s.judges[0].post(call, yes).refused(http.StatusForbidden, "role_forbidden")
		s.public.post(call, yes).refused(http.StatusUnauthorized, "sign_in_required")
		anybody.post(call, map[string]any{"accept_notices": false}).refused(http.StatusConflict, "notices_not_accepted")
		anybody.post(call, map[string]any{"accept_notices": true, "capacity": "priority", "promise_limits": true}).refused(http.StatusForbidden, "priority_not_confirmed")
		anybody.post(path(s.lot, "bidding-sessions"), map[string]string{"bidder_code": "AAAAA", "passphrase": "guess"}).refused(http.StatusUnauthorized, "passphrase_wrong")
	})
	for range s.figures.between(3, 5) {
		s.seats = append(s.seats, s.admitted(s.register(), s.lot))
	}
	s.unpaid = s.enrol(anybody, s.lot)
	payOn(s.t, s.unpaid.page, "decline")
	s.settle()
	if d := s.unpaid.deposit(); d.Status != "requested" {
		s.t.Errorf("after a declined payment the deposit is %s", d.Status)
	}
	s.unchanged("a second enrolment", func() { anybody.post(call, yes).refused(http.StatusConflict, "enrolment_exists") })
	s.sealedDeposits()
	s.webhooks()
}

// sealedDeposits: R18. The deposits are in the books and nobody is shown them, nor how many codes are admitted.
func (s *sale) sealedDeposits() {
	s.t.Helper()
	var held int64
	err := s.pool.QueryRow(s.t.Context(), `SELECT balance_fen FROM ledger_accounts WHERE case_id = $1 AND purpose = 'escrow'`, s.caseID).Scan(&held)
	if err != nil || held != int64(len(s.seats))*s.model.Lots[0].DepositFen {
		s.t.Errorf("%d deposits of %d are held as %d, %v", len(s.seats), s.model.Lots[0].DepositFen, held, err)
	}
	if fund := s.public.fund(s.caseID); len(fund) != 0 {
		s.t.Errorf("before the end the public sees the fund as %v", fund)
	}
	if lot := s.public.get(fmt.Sprintf("/api/v1/lots/%s", s.lot)); strings.Contains(string(lot.body), `"admitted"`) {
		s.t.Error("before the end the lot shows how many are admitted")
	}
}

// webhooks: one with a wrong signature is refused, one that comes twice is
// handled once; neither changes anything.
func (s *sale) webhooks() {
	s.t.Helper()
	var id string
	var payload []byte
	err := s.pool.QueryRow(s.t.Context(), `SELECT id, payload FROM stripe_events WHERE state = 'applied' ORDER BY received_at LIMIT 1`).Scan(&id, &payload)
	if err != nil {
		s.t.Fatal(err)
	}
	s.unchanged("webhooks", func() {
		forged := s.provider.post("/standin/webhooks/forge", payload)
		if forged.status != http.StatusOK || !strings.Contains(string(forged.body), "400") {
			s.t.Errorf("a forged webhook: %d %s", forged.status, forged.body)
		}
		s.public.do(http.MethodPost, "/webhooks/stripe", payload, map[string]string{"Stripe-Signature": "t=1,v1=00"}).
			refused(http.StatusBadRequest, "webhook_signature_invalid")
		s.public.post("/webhooks/stripe", payload).refused(http.StatusBadRequest, "webhook_signature_invalid")
		again := s.provider.post("/standin/webhooks/resend", map[string]string{"event": id})
		if again.status != http.StatusOK || !strings.Contains(string(again.body), "200") {
			s.t.Errorf("a webhook sent twice: %d %s", again.status, again.body)
		}
		s.settle()
	})
}

func (s *sale) beforeTheStart() {
	s.t.Helper()
	s.unchanged("a bid before the start", func() { s.seats[0].bid(s.start).refused(http.StatusConflict, "not_started") })
	s.to(s.starts.Add(time.Second))
	if v := s.public.lot(s.lot); v.Status != "live" {
		s.t.Errorf("after the start the lot is %s", v.Status)
	}
}

// badAmounts are amounts that are none, as written, with their codes.
func badAmounts() map[string]string {
	return map[string]string{
		"-1": "amount_invalid", "0": "amount_invalid", "1000000.5": "amount_invalid", "1e9": "amount_invalid", `"1000000"`: "amount_invalid",
		"9007199254740992": "amount_too_large", "9007199254740993": "amount_too_large", "18446744073709551617": "amount_too_large",
	}
}

// bidding: R20a, keys, and everything that is no bid.
func (s *sale) bidding() {
	s.t.Helper()
	a, b := s.seats[0], s.seats[1]
	s.unchanged("bids that are none", func() {
		for amount, code := range badAmounts() {
			a.bidText(amount).refused(http.StatusUnprocessableEntity, code)
		}
		a.session.post(path(s.lot, "bids"), map[string]int64{"amount_fen": s.start}).refused(http.StatusBadRequest, "idempotency_key_required")
		a.bid(s.start-s.step).refused(http.StatusConflict, "bid_below_start")
		a.bid(s.start+1).refused(http.StatusConflict, "off_increment")
		s.unpaid.bid(s.start).refused(http.StatusConflict, "not_enrolled")
		a.postOnce(path(s.lot, "bids"), uuid.NewString(), map[string]int64{"amount_fen": s.start}).refused(http.StatusUnauthorized, "bidding_session_required")
	})
	key := uuid.NewString()
	first := a.bidAs(key, s.start)
	var got accepted
	first.into(&got)
	s.took(a, got)
	s.unchanged("the same key, and bids too low", func() {
		if again := a.bidAs(key, s.start); string(again.body) != string(first.body) {
			s.t.Errorf("the same key and bid answered %s, first %s", again.body, first.body)
		}
		a.bidAs(key, s.start+s.step).refused(http.StatusConflict, "idempotency_key_reused")
		a.bid(s.start+s.step).refused(http.StatusConflict, "already_leading")
		if r := b.bid(s.start).refused(http.StatusConflict, "bid_too_low"); r.PriceFen != s.price || r.Seq != got.Seq {
			s.t.Errorf("bid_too_low shows price %d of seq %d, committed is %d of %d", r.PriceFen, r.Seq, s.price, got.Seq)
		}
		b.bid(s.start+s.step-1).refused(http.StatusConflict, "bid_too_low")
		b.bid(s.start+2*s.step+1).refused(http.StatusConflict, "off_increment")
		b.bid(s.start+s.step/2).refused(http.StatusConflict, "bid_too_low")
	})
	for range s.figures.between(5, 15) {
		s.raiseByChance()
	}
}

// took notes an accepted bid.
func (s *sale) took(by *seat, a accepted) {
	s.leader, s.price, s.lastSeen = by, a.AmountFen, a
}

// raiseByChance lets somebody else than the leader raise by some increments.
func (s *sale) raiseByChance() accepted {
	s.t.Helper()
	by := s.leader
	for by == s.leader {
		by = pick(s.figures, s.seats...)
	}
	a := by.raise(s.price + int64(s.figures.between(1, 4))*s.step)
	s.took(by, a)
	return a
}

// stay: R28, R28o. The court suspends the sale, nobody bids, the time left is kept.
func (s *sale) stay() {
	s.t.Helper()
	reason := docket.Text{Zh: "案外人提出异议，需审查。", En: "A third person's objection is under review."}
	left := s.ends.Sub(s.now()) // at most this is kept: the stay comes a moment later
	s.judges[0].post(path(s.lot, "stay"), map[string]any{"reason": reason}).into(new(any))
	s.unchanged("a bid on a suspended lot", func() {
		s.next().bid(s.price+s.step).refused(http.StatusConflict, "suspended")
	})
	if v := s.public.lot(s.lot); v.Status != "suspended" {
		s.t.Errorf("a stayed lot is %s", v.Status)
	}
	s.to(s.now().Add(time.Duration(s.figures.between(1, 100)) * time.Hour))
	s.judges[0].post(path(s.lot, "resumption"), map[string]any{}).into(new(any))
	v := s.public.lot(s.lot)
	if kept := v.EndsAt.Sub(s.now()); v.Status != "live" || kept > left || kept < left-time.Minute {
		s.t.Errorf("resumed %s with %s left of %s", v.Status, kept, left)
	}
	s.ends = v.EndsAt
}

// next is somebody who does not lead.
func (s *sale) next() *seat {
	for _, one := range s.seats {
		if one != s.leader {
			return one
		}
	}
	return nil
}

// extensions: R20c. A bid in the last five minutes moves the end to five minutes
// after itself; one before them does not.
func (s *sale) extensions() {
	s.t.Helper()
	window := s.rules.Extension
	s.to(s.ends.Add(-window - time.Minute))
	if a := s.raiseByChance(); !a.EndsAt.Equal(s.ends) {
		s.t.Errorf("a bid before the last five minutes moved the end from %s to %s", s.ends, a.EndsAt)
	}
	n := s.figures.between(3, 12)
	for range n {
		before := time.Duration(s.figures.luck.Int64N(int64(window-10*time.Second))) + 5*time.Second
		s.to(s.ends.Add(-before))
		a := s.raiseByChance()
		if want := a.AcceptedAt.Add(window); !a.EndsAt.Equal(want) {
			s.t.Errorf("a bid at %s moved the end to %s, want %s", a.AcceptedAt, a.EndsAt, want)
		}
		s.ends = a.EndsAt
	}
	if v := s.public.lot(s.lot); v.Extensions != n || v.PriceFen != s.price || v.LeaderCode != s.leader.code || !v.EndsAt.Equal(s.ends) {
		s.t.Errorf("after %d extensions at %d: %+v", n, s.price, v)
	}
}
