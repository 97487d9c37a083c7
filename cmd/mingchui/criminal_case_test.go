package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// criminal makes a case one of the property part of a criminal judgment, as the demonstration's docket has one: referred by the
// criminal division, for restitution to victims, of a flat that secures nothing.
func (f *figures) criminal(c docket.Case) docket.Case {
	f.t.Helper()
	all := demonstrationDocket(f.t).Cases
	for i := range all {
		if all[i].Kind != docket.Criminal {
			continue
		}
		c.Kind, c.Cause, c.Instrument, c.Applicants = all[i].Kind, all[i].Cause, all[i].Instrument, all[i].Applicants
		c.PriorityClaims = all[i].PriorityClaims
		c.PriorityClaims[0].AmountFen = c.ClaimFen / 2
		asset, lot := &c.Assets[0], &c.Lots[0]
		asset.Encumbrances = asset.Encumbrances[:1]
		for j := range asset.Survey {
			if asset.Survey[j].Item == "seizure_and_security" {
				asset.Survey[j].Finding = docket.Text{Zh: "本院首封，无抵押", En: "First seizure by this court; no mortgage"}
			}
		}
		day := lot.Notifications[0].On
		lot.Notifications = all[i].Lots[0].Notifications
		for j := range lot.Notifications {
			lot.Notifications[j].On = day
		}
		return c
	}
	f.t.Fatal("the docket has no criminal case")
	return c
}

// settings takes down over the API what the court chose: the law's own figures, and sales without a reserve or not.
func (w *world) settings(noReserve bool) reply {
	w.t.Helper()
	s := law.China2017().Settings()
	return w.judges[0].do(http.MethodPut, fmt.Sprintf("/api/v1/courts/%s/settings", w.court), map[string]any{
		"reserve_min_permille": s.ReserveMinPermille, "pay_out_days": s.PayOutDays, "brief_outage_seconds": s.BriefOutageSeconds,
		"maximum_bids": s.MaximumBids, "no_reserve": noReserve,
		"decided_by": docket.Text{Zh: "执行局局长", En: "head of the enforcement bureau"}, "reason": docket.Text{Zh: "刑事裁判涉财产部分执行需要。", En: "Needed for the property part of criminal judgments."},
	}, nil)
}

// R26n, R26, R26s, R20r: property of a criminal case that nobody bought in the first sale, the second and the sell-off; the victim
// refuses the thing, so it is sold without a reserve for a small part of its value, paid, ruled and handed over. The court allows such
// sales before the first of them is listed.
func TestR26n_ACriminalCaseSoldWithoutAReserve(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	w.settings(true).into(new(any))
	w.to(w.now().Add(time.Second))
	s := &sale{world: w, model: w.figures.criminal(w.figures.sale(w.now(), w.rules))}
	s.start, s.step = s.model.Lots[0].StartingPriceFen, s.model.Lots[0].IncrementFen
	s.caseID, s.lot = w.list(s.model)
	s.announced(30*oneDay+time.Hour, oneDay)
	s.unsold()
	reserve := (s.start*80 + 99) / 100 // at most 20 % below
	s.nextSale("second", reserve)
	s.announced(15*oneDay+time.Hour, oneDay)
	s.unsold()
	w.judges[0].post(path(s.lot, "creditors-asked"), map[string]any{"how": docket.Text{Zh: "书面征询", En: "asked in writing"}}).into(new(any))
	s.nextSale("sell_off", reserve)
	s.announced(15*oneDay+time.Hour, 60*oneDay)
	s.unsold()
	s.withoutReserve(reserve)
	s.announced(15*oneDay+time.Hour, oneDay)
	s.holdsAnnouncement(reserve)
	s.sold()
	if s.price*100 > reserve {
		t.Errorf("sold for %d, the last reserve was %d", s.price, reserve)
	}
	s.toTheHandover()
	if fund := w.public.fund(s.caseID); fund["proceeds"] != s.price || fund["escrow"] != 0 {
		t.Errorf("the price is %d, the fund %v", s.price, fund)
	}
	s.closed("no-reserve", "special_notices", "buyer_receipt", "ruling_draft", "registry_notice", "handover_record")
}

// withoutReserve drafts the sale without a reserve from 1,000 yuan, by the answer of the victim of that day. What is refused on the way changes nothing.
func (s *sale) withoutReserve(reserve int64) {
	s.t.Helper()
	notices := s.toldAnew()
	day := docket.Date(s.now().In(law.CourtTime()).Format(time.DateOnly))
	s.start, s.step = 100_000, 5_000
	ground := docket.NoReserve{Ground: docket.VictimRefuses, OfferedOn: day, AnsweredOn: day, Document: strings.Repeat("3c", 32)}
	call, draft := path(s.lot, "next-sale"), map[string]any{
		"sale": "no_reserve", "starting_price_fen": s.start, "increment_fen": s.step, "deposit_fen": s.start / 10, "notifications": notices,
	}
	s.unchanged("a sale without a reserve and without its ground", func() {
		if got := s.judges[0].post(call, draft).refused(http.StatusUnprocessableEntity, "no_reserve_ground"); got.Rule != "R26n" || !strings.Contains(got.Article, "12") {
			s.t.Errorf("refused by %+v", got)
		}
		draft["sale"] = "second"
		s.judges[0].post(call, draft).refused(http.StatusConflict, "state_conflict")
	})
	draft["sale"], draft["no_reserve"] = "no_reserve", ground
	s.lot = s.judges[0].post(call, draft).made()
	s.seats, s.leader, s.price = nil, nil, 0
}

// holdsAnnouncement: the ground is public, with the last price that was a reserve.
func (s *sale) holdsAnnouncement(reserve int64) {
	s.t.Helper()
	var a struct {
		Stage     law.Stage         `json:"stage"`
		NoReserve *docket.NoReserve `json:"no_reserve"`
		Previous  []struct {
			Stage    law.Stage `json:"stage"`
			StartFen int64     `json:"starting_price_fen"`
		} `json:"previous"`
	}
	v := s.public.lot(s.lot)
	if err := json.Unmarshal(v.Announcement, &a); err != nil {
		s.t.Fatal(err)
	}
	if a.Stage != law.NoReserve || a.NoReserve == nil || a.NoReserve.Ground != docket.VictimRefuses || len(a.Previous) != 3 || a.Previous[2].StartFen != reserve || a.Previous[2].Stage != law.SellOff {
		s.t.Errorf("announced: %s", v.Announcement)
	}
	if v.StartingPriceFen != s.start || !strings.Contains(v.RuleSet, "noreserve=true") {
		s.t.Errorf("the lot begins at %d under %s", v.StartingPriceFen, v.RuleSet)
	}
}
