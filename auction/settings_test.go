package auction_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// R10: a court may ask for more than 70 % of the appraisal. Lots listed from then on have its figure; those listed before keep theirs.
func TestR10_ALotKeepsTheSettingsItWasListedUnder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	before := h.got.Lots[h.refs(law.First)[0]]
	choice := auction.CourtSettings{
		Settings:  law.Settings{ReserveMinPermille: 800, PayOutDays: 10, BriefOutageSeconds: 300},
		DecidedBy: docket.Text{Zh: "执行局局长", En: "head of the enforcement bureau"}, Reason: docket.Text{Zh: "本地成交价高。", En: "Prices here are high."},
	}
	set := func(by auction.Actor, change func(c *auction.CourtSettings)) error {
		c := choice
		change(&c)
		_, err := h.s.SetSettings(t.Context(), by, h.court, c)
		return err
	}
	none := func(*auction.CourtSettings) {}
	judge := h.judges[0]
	h.refused(set(auction.Actor{AccountID: judge.AccountID, Role: "judge", CourtID: uuid.New()}, none), fault.RoleForbidden, "")
	h.refused(set(auction.Actor{AccountID: h.account("operator", nil), Role: "operator"}, none), fault.RoleForbidden, "")
	h.refused(set(judge, func(c *auction.CourtSettings) { c.ReserveMinPermille = 699 }), fault.SettingOutOfBounds, "R10")
	h.refused(set(judge, func(c *auction.CourtSettings) { c.DecidedBy.En = "" }), fault.ReasonRequired, "")
	h.refused(set(judge, func(c *auction.CourtSettings) { c.Reason.Zh = " " }), fault.ReasonRequired, "")
	h.refused(set(judge, func(c *auction.CourtSettings) { c.Settings = law.China2017().Settings() }), fault.SettingsUnchanged, "")
	h.must(set(judge, none))
	h.refused(set(judge, none), fault.SettingsUnchanged, "")
	got, err := h.s.SettingsOf(t.Context(), h.court.String())
	h.must(err)
	list := got.Chosen
	const name = "china2017+reserve=800,payout=10,outage=300,maximum=false,noreserve=false"
	if len(list) != 2 || list[0].RuleSet != name || list[0].Reason != choice.Reason || !list[0].Since.Equal(h.clock.Now()) || list[1].RuleSet != "china2017" || !list[1].Since.IsZero() {
		t.Errorf("listed: %+v", list)
	}
	if byCode, err := h.s.SettingsOf(t.Context(), got.Court.Code); err != nil || byCode.ID != h.court || len(byCode.Chosen) != 2 {
		t.Errorf("by its code: %+v, %v", byCode, err)
	}
	_, err = h.s.SettingsOf(t.Context(), uuid.NewString())
	h.refused(err, fault.NotFoundCode, "")
	_, err = h.s.SettingsOf(t.Context(), "none")
	h.refused(err, fault.NotFoundCode, "")

	kase := h.file.Cases[0]
	l := kase.Lots[0]
	l.AppraisalFen, l.MarketPriceFen, l.IncrementFen = 1_000_000_00, 0, 1_000_00
	at := func(start int64) (uuid.UUID, error) {
		l.StartingPriceFen, l.DepositFen = start, start/10
		return h.s.ListLot(t.Context(), judge, auction.NewLot{AssetIDs: []uuid.UUID{h.got.Assets[kase.Lots[0].AssetRefs[0]]}, Lot: l})
	}
	_, err = at(799_999_99)
	if f := codesAndRules(err.(*auction.Refusal).Faults); strings.Join(f, ",") != "reserve_too_low R10" { //nolint:errorlint // it is one
		t.Errorf("a fen below 80 %%: %v", f)
	}
	lot, err := at(800_000_00)
	h.must(err)
	h.announce(lot)
	d, err := h.s.Lot(t.Context(), lot, h.clock.Now())
	h.must(err)
	rules, ok := law.ByName(d.RuleSet)
	if d.RuleSet != name || d.Announcement.RuleSet != name || !ok || d.Announcement.RuleDigest != rules.Digest() || rules.BriefOutage != 5*time.Minute {
		t.Errorf("announced under %s, %s", d.RuleSet, d.Announcement.RuleSet)
	}
	h.open(lot)
	h.must(h.s.Withdraw(t.Context(), judge, auction.CourtAct{Lot: lot, Ground: auction.DebtPaid, Reason: docket.Text{Zh: "债务已清偿", En: "The debt is paid"}}))
	h.announce(before) // of the same property
	if d, err = h.s.Lot(t.Context(), before, h.clock.Now()); err != nil || d.RuleSet != "china2017" {
		t.Errorf("the lot of before is under %s, %v", d.RuleSet, err)
	}
	if _, err := h.pool.Exec(t.Context(), `UPDATE court_settings SET pay_out_days = 30`); err == nil {
		t.Error("settings can be changed in place")
	}
	// Within the same millisecond: each choice has its own, so that it is told which was the last.
	h.must(set(judge, func(c *auction.CourtSettings) { c.Settings = law.China2017().Settings() }))
	h.must(set(judge, none))
	if got, err = h.s.SettingsOf(t.Context(), h.court.String()); err != nil || len(got.Chosen) != 4 || got.Chosen[1].RuleSet != "china2017" ||
		!got.Chosen[1].Since.Equal(list[0].Since.Add(time.Millisecond)) || !got.Chosen[0].Since.Equal(list[0].Since.Add(2*time.Millisecond)) {
		t.Errorf("back and again: %+v, %v", got.Chosen, err)
	}
	for court, want := range map[uuid.UUID]string{h.court: name, uuid.New(): "china2017", uuid.Nil: "china2017"} {
		if r, err := h.s.RulesFor(t.Context(), auction.Actor{CourtID: court}); err != nil || r.Name != want {
			t.Errorf("%s lists under %s, %v", court, r.Name, err)
		}
	}
}
