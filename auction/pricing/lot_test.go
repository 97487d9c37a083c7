package pricing_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/pricing"
)

// lot is the docket's first lot at a price.
func (w *world) lot(fen, start money.Fen, until docket.Date) docket.Lot {
	l := w.estate.Lots[0]
	l.PricingBasis.Origin, l.PricingBasis.ValuedOn, l.PricingBasis.ValidUntil = pricing.Appraisal, "2026-11-20", until
	l.AppraisalFen, l.MarketPriceFen, l.StartingPriceFen = int64(fen), 0, int64(start)
	l.IncrementFen, l.DepositFen, l.PriorityPurchasers = 1_000_00, int64(start)/10, []docket.PriorityPurchaser{}
	return l
}

func (w *world) list(asset uuid.UUID, l docket.Lot) (uuid.UUID, error) {
	return w.sales.ListLot(w.t.Context(), w.judges[0], auction.NewLot{AssetIDs: []uuid.UUID{asset}, Lot: l})
}

func (w *world) vote(lot uuid.UUID) {
	w.t.Helper()
	for _, j := range w.judges {
		_, err := w.sales.Vote(w.t.Context(), j, auction.Ballot{Lot: lot, Approve: true})
		w.must(err)
	}
}

// announce publishes a lot that starts in forty days.
func (w *world) announce(lot uuid.UUID, late auction.Late) error {
	starts := w.clock.Now().Add(40 * day)
	return w.sales.Announce(w.t.Context(), w.judges[0], auction.Announcement{
		Lot: lot, StartsAt: starts, EndsAt: starts.Add(2 * day), LateReason: late.Reason, Superior: late.Superior,
	})
}

// finds tells the faults of an announcement by code and rule.
func finds(err error, code fault.Code, rule string) *fault.Error {
	r, ok := errors.AsType[*auction.Refusal](err)
	if !ok {
		return nil
	}
	i := slices.IndexFunc(r.Faults, func(f *fault.Error) bool { return f.Code == code && f.Rule == rule })
	if i < 0 {
		return nil
	}
	return r.Faults[i]
}

// R10, R10p: the lot quotes the price that was fixed, to the fen, with its origin and term; 70 % are taken of it.
func TestR10p_LotsAreBoundByTheFixedPrice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("2026-11-10")
	draft, err := w.list(asset, w.lot(900_000_00, 900_000_00, "2027-11-20"))
	w.must(err) // nothing binds yet
	w.vote(draft)
	if f := finds(w.announce(draft, auction.Late{}), fault.PriceNotFixed, "R10p"); f == nil {
		t.Error("announced without a fixed price")
	}
	price, _ := w.appraised(asset, 800_000_00)
	if f := finds(w.announce(draft, auction.Late{}), fault.PriceNotFixed, "R10p"); f == nil {
		t.Error("announced while the price is open")
	}
	w.clock.To(w.clock.Now().Add(5*day + ms))
	w.must(w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal))
	if f := finds(w.announce(draft, auction.Late{}), fault.ReferenceDiffers, "R10"); f == nil || f.Args["expected_fen"] != money.Fen(800_000_00) {
		t.Errorf("the draft of another price was not refused: %+v", f)
	}

	agreed := w.lot(0, 800_000_00, "2027-11-20")
	agreed.PricingBasis.Origin, agreed.MarketPriceFen = pricing.Agreed, 800_000_00
	for what, l := range map[string]docket.Lot{
		"a fen more":     w.lot(800_000_01, 800_000_00, "2027-11-20"),
		"a fen less":     w.lot(799_999_99, 800_000_00, "2027-11-20"),
		"a day more":     w.lot(800_000_00, 800_000_00, "2027-11-21"),
		"a day less":     w.lot(800_000_00, 800_000_00, "2027-11-19"),
		"another origin": agreed,
	} {
		before := w.marks()
		_, err := w.list(asset, l)
		w.refused(what, err, fault.ReferenceDiffers, "R10")
		_, err = w.sales.Revise(t.Context(), w.judges[0], auction.Revision{Lot: draft, Document: l})
		if f := finds(err, fault.ReferenceDiffers, "R10"); f == nil || w.marks() != before {
			t.Errorf("%s: revised with %v", what, err)
		}
	}
	_, err = w.list(asset, w.lot(800_000_00, 559_999_99, "2027-11-20"))
	w.refused("a fen below 70 %", err, fault.ReserveTooLow, "R10")
	_, err = w.sales.Revise(t.Context(), w.judges[0], auction.Revision{Lot: draft, Document: w.lot(800_000_00, 560_000_00, "2027-11-20")})
	w.must(err)
}

// R10p, Price 30: disposal begins within ten days of the price, later with a superior's reason; the price is valid then (27).
func TestR10p_DisposalBeginsWithinTenDays(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{0, ms} {
		w := newWorld(t)
		asset := w.asset("")
		price, _ := w.appraised(asset, 800_000_00)
		w.clock.To(w.clock.Now().Add(5*day + ms))
		w.must(w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal))
		fixed := w.clock.Now()
		if due := w.owed(duty.BeginDisposal); len(due) != 1 || !due[0].Equal(fixed.Add(10*day)) {
			t.Fatalf("due %v", due)
		}
		lot, err := w.list(asset, w.lot(800_000_00, 700_000_00, "2027-11-20"))
		w.must(err)
		w.vote(lot)
		w.clock.To(fixed.Add(10*day + late))
		err = w.announce(lot, auction.Late{})
		if late > 0 {
			if f := finds(err, fault.LateReasonRequired, "R10p"); f == nil || !f.Args["latest_at"].(time.Time).Equal(fixed.Add(10*day)) {
				t.Fatalf("a millisecond late: %v", err)
			}
			err = w.announce(lot, boss())
		}
		w.must(err)
		if due := w.owed(duty.BeginDisposal); len(due) != 0 {
			t.Errorf("still due %v", due)
		}
		w.refused("supervision after the announcement", w.s.Withdraw(t.Context(), w.judges[0], price, pricing.Supervision, why()), fault.StateConflict, "R10p")
		list, err := w.s.OfLot(t.Context(), lot)
		w.must(err)
		if len(list) != 1 || list[0].Fen != 800_000_00 || list[0].Origin != pricing.Appraisal || len(list[0].Skips) != 3 || len(list[0].Services) != 0 {
			t.Errorf("the public reads %+v", list)
		}
		over, err := w.sales.Oversight(t.Context(), auction.Actor{Role: "inspector"})
		w.must(err)
		if want := int64(late / ms); over.LateCount != want {
			t.Errorf("%d late acts, want %d", over.LateCount, want)
		}
	}
}

// R10p, Price 27: announced on the last valid day, to its last millisecond.
func TestR10p_TheFirstAnnouncementNeedsAValidPrice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price, _ := w.appraised(asset, 800_000_00)
	w.clock.To(w.clock.Now().Add(5*day + ms))
	w.must(w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal))
	lot, err := w.list(asset, w.lot(800_000_00, 700_000_00, "2027-11-20"))
	w.must(err)
	w.vote(lot)
	end := time.Date(2027, 11, 21, 0, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	check := func() *fault.Error {
		starts := w.clock.Now().Add(40 * day)
		list, err := w.sales.CheckAnnouncement(t.Context(), w.judges[0], auction.Announcement{
			Lot: lot, StartsAt: starts, EndsAt: starts.Add(2 * day), LateReason: boss().Reason, Superior: boss().Superior,
		})
		w.must(err)
		return finds(&auction.Refusal{Faults: list}, fault.AnnouncementIncomplete, "R10p")
	}
	w.clock.To(end.Add(-ms))
	if f := check(); f != nil {
		t.Errorf("refused on the last day: %v", f)
	}
	w.clock.To(end)
	if f := check(); f == nil || f.Field != "lot.pricing_basis.valid_until" {
		t.Errorf("after it: %v", f)
	}
	_, err = w.s.Start(t.Context(), w.clerk, asset, auction.Late{})
	w.must(err) // anew
}

// equity is a piece of equity whose firm found that it cannot be appraised.
func (w *world) equity() (asset, price uuid.UUID, lot docket.Lot) {
	w.t.Helper()
	src, err := os.ReadFile("../../cmd/mingchui/court/docket.json")
	w.must(err)
	file, _ := docket.Parse(bytes.NewReader(src))
	for _, k := range file.Cases {
		for _, l := range k.Lots {
			if p := k.Property(l); len(p) == 1 && p[0].Category == docket.Equity {
				p[0].SeizedOn = "2026-11-10"
				paper := p[0].Documents[0]
				paper.Kind = docket.PricingPaper // the application, published with the announcement (R13)
				p[0].Documents = append(p[0].Documents, paper)
				asset, err = w.sales.AddAsset(w.t.Context(), w.judges[0], w.caseID, p[0])
				w.must(err)
				lot = l
			}
		}
	}
	price = w.start(asset)
	w.skip(price, pricing.Agreed, pricing.Authority, pricing.Online)
	w.must(w.s.Choose(w.t.Context(), w.clerk, pricing.Choice{Price: price, Firms: names("甲", "乙", "丙"), By: pricing.ByAgreement}))
	w.must(w.s.Engage(w.t.Context(), w.clerk, price))
	lot.Stage, lot.Previous, lot.AppraisalFen, lot.MarketPriceFen = "first", nil, 0, 0
	lot.PricingBasis.Origin, lot.PriorityPurchasers, lot.Notifications = pricing.Costs, []docket.PriorityPurchaser{}, w.estate.Lots[0].Notifications
	return asset, price, lot
}

// R12e, Equity 12: on the applicant's application, above the costs by a fen at least, the deposit as the court sees fit.
func TestR12e_EquityThatCannotBeAppraised(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset, price, lot := w.equity()
	apply := pricing.Application{Price: price, Paper: hash("1"), On: "2026-11-19", Costs: 30_000_00, Reason: why()}
	do := func(f func(*pricing.Application)) error {
		a := apply
		if f != nil {
			f(&a)
		}
		return w.s.PriceByCosts(t.Context(), w.judges[0], a)
	}
	w.refused("no firm said so", do(nil), fault.EquityAppraisable, "R12e")
	w.must(w.s.EndEngagement(t.Context(), w.judges[0], price, pricing.CannotAppraise, why()))
	before := w.marks()
	w.refused("no application", do(func(a *pricing.Application) { a.Paper = "" }), fault.ApplicationMissing, "R12e")
	w.refused("no day", do(func(a *pricing.Application) { a.On = "" }), fault.ApplicationMissing, "R12e")
	w.refused("a day to come", do(func(a *pricing.Application) { a.On = "2026-11-21" }), fault.ApplicationMissing, "R12e")
	w.refused("plainly worthless", do(func(a *pricing.Application) { a.Worthless = true }), fault.EquityWorthless, "R12e")
	w.refused("no costs", do(func(a *pricing.Application) { a.Costs = 0 }), fault.AmountInvalid, "R10p")
	w.refused("no reason", do(func(a *pricing.Application) { a.Reason = docket.Text{} }), fault.ReasonRequired, "R10p")
	if w.marks() != before {
		t.Error("a refusal left something")
	}
	at := func(start, deposit int64) docket.Lot {
		l := lot
		l.StartingPriceFen, l.DepositFen, l.IncrementFen = start, deposit, 1_00
		return l
	}
	draft, err := w.list(asset, at(50_000_00, 0))
	w.must(err)
	w.vote(draft)
	if f := finds(w.announce(draft, auction.Late{}), fault.PriceNotFixed, "R10p"); f == nil {
		t.Error("announced without the application")
	}
	w.must(do(nil))
	if v := w.view(asset); v.Origin != pricing.Costs || v.Costs != 30_000_00 || v.Fen != 0 || v.PaperHash != hash("1") {
		t.Errorf("fixed as %+v", v)
	}
	_, err = w.list(asset, at(30_000_00, 0))
	if got := w.refused("at the costs", err, fault.ReserveTooLow, "R12e")["least_fen"]; got != money.Fen(30_000_01) {
		t.Errorf("at least %v", got)
	}
	lots := map[string]docket.Lot{"a fen above, no deposit": at(30_000_01, 0), "a deposit of half": at(30_000_01, 15_000_00)}
	for what, l := range lots {
		if _, err := w.list(asset, l); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	appraised := at(50_000_00, 5_000_00)
	appraised.PricingBasis.Origin, appraised.AppraisalFen = pricing.Appraisal, 50_000_00
	_, err = w.list(asset, appraised)
	w.refused("with a price nobody fixed", err, fault.ReferenceDiffers, "R10")
	w.must(w.announce(draft, auction.Late{}))
}

// R12e: a lot priced by the costs without an application on record, and equity that is plainly worthless, are not sold.
func TestR12e_NothingIsSoldByTheCostsWithoutIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flat := w.asset("")
	l := w.lot(0, 50_000_00, "2027-11-20")
	l.PricingBasis.Origin = pricing.Costs
	lot, err := w.list(flat, l)
	w.must(err)
	w.vote(lot)
	if f := finds(w.announce(lot, auction.Late{}), fault.ApplicationMissing, "R12e"); f == nil {
		t.Error("announced by the costs without an application")
	}
	price := w.start(flat)
	w.skip(price, pricing.Agreed, pricing.Authority, pricing.Online)
	w.refused("a flat by the costs", w.s.PriceByCosts(t.Context(), w.judges[0], pricing.Application{
		Price: price, Paper: hash("1"), On: "2026-11-19", Costs: 1, Reason: why(),
	}), fault.EquityAppraisable, "R12e")
	equity, price, _ := w.equity()
	w.must(w.s.EndEngagement(t.Context(), w.judges[0], price, pricing.CannotAppraise, why()))
	w.must(w.s.Withdraw(t.Context(), w.judges[0], price, pricing.PlainlyWorthless, why()))
	w.refused("after that", w.s.PriceByCosts(t.Context(), w.judges[0], pricing.Application{
		Price: price, Paper: hash("1"), On: "2026-11-19", Costs: 1, Reason: why(),
	}), fault.StateConflict, "R10p")
	if v := w.view(equity); v.State != pricing.Withdrawn || v.Ground != string(pricing.PlainlyWorthless) {
		t.Errorf("ended as %+v", v)
	}
}

// R10p: where one thing of a lot has a fixed price, the others need one too.
func TestR10p_EachThingOfALotNeedsItsPrice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, other := w.asset("2026-11-10"), w.asset("")
	price, _ := w.appraised(one, 800_000_00)
	w.clock.To(w.clock.Now().Add(5*day + ms))
	w.must(w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal))
	l := w.lot(800_000_00, 800_000_00, "2027-11-20")
	lot, err := w.sales.ListLot(t.Context(), w.judges[0], auction.NewLot{AssetIDs: []uuid.UUID{one, other}, Lot: l})
	w.must(err)
	w.vote(lot)
	if f := finds(w.announce(lot, auction.Late{}), fault.PriceNotFixed, "R10p"); f == nil || f.Args["missing"] != 1 {
		t.Errorf("announced with one price of two: %+v", f)
	}
}
