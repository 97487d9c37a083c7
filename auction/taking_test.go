package auction_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// failed sells a lot of the docket in vain, first and second sale, and the sell-off where it is asked for; it returns the last of them.
func (h *house) failed(upTo law.Stage) auction.LotDetail {
	h.t.Helper()
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	d := h.end(lot, false, "")
	for _, next := range []struct {
		stage law.Stage
		list  func(context.Context, auction.Actor, uuid.UUID, auction.NextSale) (uuid.UUID, error)
	}{{law.Second, h.s.ListSecondSale}, {law.SellOff, h.s.ListSellOff}} {
		if d.Stage == upTo {
			return d
		}
		id, err := next.list(h.t.Context(), h.judges[0], lot, auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen})
		h.must(err)
		h.announce(id)
		d, lot = h.end(id, false, ""), id
	}
	return d
}

func (h *house) offerToTake(lot uuid.UUID, rank int, claim money.Fen) uuid.UUID {
	h.t.Helper()
	id, err := h.s.OfferToTake(h.t.Context(), h.judges[0], auction.TakingOffer{
		Lot: lot, Creditor: docket.Text{Zh: "首查封债权人", En: "creditor of the first seizure"}, Rank: rank, Claim: claim,
	})
	h.must(err)
	return id
}

// R16d: at the reserve price of the sale that failed, better rank first; a claim of the price pays nothing in, a claim of one fen
// less pays one fen, before the ruling.
func TestR16d_ACreditorTakesTheUnsoldProperty(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		short      money.Fen
		difference money.Fen
	}{{"claim of the price", 0, 0}, {"claim a fen below", 1, 1}, {"claim a fen above", -1, 0}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			d := h.failed(law.Second)
			judge := h.judges[0]
			worse, better := h.offerToTake(d.ID, 2, d.StartingPriceFen), h.offerToTake(d.ID, 1, d.StartingPriceFen-c.short)
			_, err := h.s.TakeForDebt(t.Context(), judge, auction.Taking{Lot: d.ID, Offer: worse})
			h.refused(err, fault.NotBestOffer, "R16d")
			if f, _ := errors.AsType[*fault.Error](err); f.Args["rank"] != 1 {
				t.Errorf("the best rank is %v", f.Args["rank"])
			}
			_, err = h.s.TakeForDebt(t.Context(), judge, auction.Taking{Lot: d.ID, Offer: uuid.New()})
			h.refused(err, fault.NotFoundCode, "")
			got, err := h.s.TakeForDebt(t.Context(), judge, auction.Taking{Lot: d.ID, Offer: better})
			h.must(err)
			if got.Price != d.StartingPriceFen || got.Difference != c.difference {
				t.Errorf("taken: %+v", got)
			}
			h.same("what ends with it", h.owed(d.ID, "cancelled"), []string{"sell_off_sale"})
			if owed := slices.Contains(h.owed(d.ID, "owed"), "pay_difference"); owed != (c.difference > 0) {
				t.Errorf("a difference of %d fen; it is a duty: %t", c.difference, owed)
			}
			h.qualify(d.ID)
			err = h.s.Rule(t.Context(), judge, auction.Ruling{Lot: d.ID, Number: "（2026）皖9902执101号之三"})
			if c.difference > 0 {
				h.refused(err, fault.DifferenceUnpaid, "R16d")
				return
			}
			h.must(err)
			after, err := h.s.Lot(t.Context(), d.ID, h.clock.Now())
			h.must(err)
			if after.Outcome != "ruled" || *after.PriceFen != d.StartingPriceFen {
				t.Errorf("ruled: %+v", after.LotSummary)
			}
		})
	}
}

// R16d: equal ranks are not the judge's to choose between; no sale that was sold, and none whose next one runs, is taken.
func TestR16d_EqualRanksNeedADraw(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.failed(law.First)
	one := h.offerToTake(d.ID, 1, 1)
	h.offerToTake(d.ID, 1, 2)
	_, err := h.s.TakeForDebt(t.Context(), h.judges[0], auction.Taking{Lot: d.ID, Offer: one})
	h.refused(err, fault.DrawNeeded, "R16d")
	second, err := h.s.ListSecondSale(t.Context(), h.judges[0], d.ID, auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen})
	h.must(err)
	h.announce(second)
	_, err = h.s.OfferToTake(t.Context(), h.judges[0], auction.TakingOffer{Lot: d.ID, Creditor: docket.Text{Zh: "甲", En: "A"}, Rank: 1, Claim: 1})
	h.refused(err, fault.StateConflict, "")
	for field, o := range map[string]auction.TakingOffer{
		"creditor  ": {Lot: second, Rank: 1, Claim: 1},
		"creditor ":  {Lot: second, Creditor: docket.Text{Zh: "甲"}, Rank: 1, Claim: 1},
		"creditor":   {Lot: second, Creditor: docket.Text{En: "A"}, Rank: 1, Claim: 1},
		"rank":       {Lot: second, Creditor: docket.Text{Zh: "甲", En: "A"}, Claim: 1},
		"claim_fen":  {Lot: second, Creditor: docket.Text{Zh: "甲", En: "A"}, Rank: 1},
	} {
		if _, err := h.s.OfferToTake(t.Context(), h.judges[0], o); fieldOf(err) != strings.TrimSpace(field) {
			t.Errorf("without %s: %v", field, err)
		}
	}
}

// R26s: the creditors are asked within ten days of the failed second sale; later with a superior's reason.
func TestR26s_TheCreditorsAreAskedWithinTenDays(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{0, time.Millisecond} {
		h := newHouse(t)
		d := h.failed(law.Second)
		h.due(d.ID, "ask_creditors", d.EndedAt.Add(10*oneDay))
		h.due(d.ID, "sell_off_sale", d.EndedAt.Add(15*oneDay))
		h.clock.To(d.EndedAt.Add(10*oneDay + late))
		q := auction.Asking{Lot: d.ID, How: docket.Text{Zh: "书面送达。", En: "Served in writing."}}
		for _, how := range []docket.Text{{Zh: q.How.Zh}, {En: q.How.En}} {
			h.refused(h.s.AskCreditors(t.Context(), h.judges[0], auction.Asking{Lot: d.ID, How: how}), fault.ReasonRequired, "R26s")
		}
		err := h.s.AskCreditors(t.Context(), h.judges[0], q)
		if late == 0 {
			h.must(err)
			continue
		}
		h.refused(err, fault.LateReasonRequired, "R26s")
		q.Late = approved()
		h.must(h.s.AskCreditors(t.Context(), h.judges[0], q))
		if n := h.lateSteps(d.ID); n != 1 {
			t.Errorf("%d acts are late", n)
		}
	}
}

// R26s: announced 15 days after the failed second sale is in time; a millisecond later needs a superior's reason.
func TestR26s_ASellOffIsAnnouncedWithinFifteenDays(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{0, time.Millisecond} {
		h := newHouse(t)
		d := h.failed(law.Second)
		id, err := h.s.ListSellOff(t.Context(), h.judges[0], d.ID, auction.NextSale{Increment: d.IncrementFen, Deposit: d.DepositFen})
		h.must(err)
		h.vote(id)
		h.clock.To(d.EndedAt.Add(15*oneDay + late))
		starts := h.clock.Now().Add(15*oneDay + time.Hour)
		a := auction.Announcement{Lot: id, StartsAt: starts, EndsAt: starts.Add(60 * oneDay)}
		err = h.s.Announce(t.Context(), h.judges[0], a)
		if late == 0 {
			h.must(err)
			continue
		}
		h.refused(err, fault.SecondSaleTooLate, "R26s")
		a.LateReason, a.Superior = approved().Reason, approved().Superior
		h.must(h.s.Announce(t.Context(), h.judges[0], a))
	}
}

// R24r: only what is unsold to the last and not taken goes back to the debtor.
func TestR24r_UnsoldToTheLastItGoesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	act := auction.CourtAct{Reason: docket.Text{Zh: "变卖不成，申请执行人不接受抵债。", En: "The sell-off failed and no creditor takes it."}}
	act.Lot = h.failed(law.Second).ID
	h.refused(h.s.ReturnToDebtor(t.Context(), h.judges[0], act), fault.StateConflict, "")

	h = newHouse(t)
	d := h.failed(law.SellOff)
	act.Lot = d.ID
	h.refused(h.s.ReturnToDebtor(t.Context(), h.judges[0], auction.CourtAct{Lot: d.ID}), fault.ReasonRequired, "R24r")
	h.must(h.s.ReturnToDebtor(t.Context(), h.judges[0], act))
	h.refused(h.s.ReturnToDebtor(t.Context(), h.judges[0], act), fault.StateConflict, "")
	after, err := h.s.Lot(t.Context(), d.ID, h.clock.Now())
	h.must(err)
	if after.Outcome != "returned" || after.PriceFen != nil {
		t.Errorf("returned: %+v", after.LotSummary)
	}
	h.same("what is still owed", h.owed(d.ID, "owed"), []string{"open_course", "release_deposits"})
	if got := h.entries(d.ID); got[len(got)-1] != "lot.returned" {
		t.Errorf("entries %v", got)
	}
	_, err = h.s.TakeForDebt(t.Context(), h.judges[0], auction.Taking{Lot: d.ID, Offer: uuid.New()})
	h.refused(err, fault.NotFoundCode, "")
}

// R14s: one fen below debt and costs the case's other lots go on; at the fen they stop, unless the debtor agrees to go on.
func TestR14s_OtherLotsStopWhenSomeBroughtEnough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		short  money.Fen
		agrees bool
		stops  bool
	}{{"a fen short", 1, false, false}, {"enough", 0, false, true}, {"enough, and the debtor agrees", 0, true, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			sold, other, draft := h.three()
			for _, lot := range []uuid.UUID{sold, other} {
				h.announce(lot)
				h.open(lot)
			}
			h.vote(draft)
			d, err := h.s.Lot(t.Context(), sold, h.clock.Now())
			h.must(err)
			_, err = h.pool.Exec(t.Context(), `UPDATE cases SET claim_fen = $1 WHERE id = $2`, d.StartingPriceFen+d.IncrementFen+c.short, h.caseOf(sold))
			h.must(err)
			if c.agrees {
				h.refused(h.s.DebtorAgrees(t.Context(), h.judges[0], h.caseOf(sold), "no hash"), fault.InvalidRequest, "R14s")
				h.must(h.s.DebtorAgrees(t.Context(), h.judges[0], h.caseOf(sold), strings.Repeat("ab", 32)))
			}
			h.end(sold, true, "K7Q2M")
			h.buyer("K7Q2M", "甲公司")
			runner := duty.NewRunner(h.pool, h.clock, map[duty.Kind]duty.Handler{duty.StopOther: h.s.Handlers()[duty.StopOther]}, slog.New(slog.DiscardHandler))
			_, err = runner.RunDue(t.Context())
			h.must(err)
			after, err := h.s.Lot(t.Context(), other, h.clock.Now())
			h.must(err)
			if (after.Status == auction.StatusSuspended) != c.stops {
				t.Errorf("the other lot is %s", after.Status)
			}
			h.must(h.s.Handlers()[duty.StopOther](t.Context(), duty.Duty{LotID: &other})) // again, after a fall
			starts := h.clock.Now().Add(40 * oneDay)
			list, err := h.s.CheckAnnouncement(t.Context(), h.judges[0], auction.Announcement{Lot: draft, StartsAt: starts, EndsAt: starts.Add(oneDay)})
			h.must(err)
			if refused := len(list) > 0 && list[0].Code == fault.DebtCovered && list[0].Rule == "R14s"; refused != c.stops {
				t.Errorf("the announcement of a third lot: %v", list)
			}
		})
	}
}

// three drafts three lots of one case: the docket's first one, and property like its own twice more.
func (h *house) three() (a, b, c uuid.UUID) {
	h.t.Helper()
	a = h.got.Lots[h.refs(law.First)[0]]
	d, err := h.s.Draft(h.t.Context(), h.judges[0], a, h.clock.Now())
	h.must(err)
	for _, into := range []*uuid.UUID{&b, &c} {
		var assets []uuid.UUID
		for _, like := range h.file.Cases[0].Property(h.file.Cases[0].Lots[0]) {
			like.Ref = uuid.NewString()[:8]
			id, err := h.s.AddAsset(h.t.Context(), h.judges[0], h.caseOf(a), like)
			h.must(err)
			assets = append(assets, id)
		}
		*into, err = h.s.ListLot(h.t.Context(), h.judges[0], auction.NewLot{AssetIDs: assets, Lot: d.Document})
		h.must(err)
	}
	return a, b, c
}

func fieldOf(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Field
	}
	return ""
}
