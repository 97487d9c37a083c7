package pricing_test

import (
	"errors"
	"strings"
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

// R10p, Price 1: seized on 1 November, the thirtieth day after ends with 1 December, court time.
func TestR10p_FixingBeginsWithinThirtyDaysOfTheSeizure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset, other, none := w.asset("2026-11-01"), w.asset("2026-11-01"), w.asset("")
	last := time.Date(2026, 12, 1, 23, 59, 59, 999e6, time.FixedZone("CST", 8*60*60))
	if due := w.owed(duty.FixReferencePrice); len(due) != 2 || !due[0].Equal(last) {
		t.Fatalf("due %v, want two at %v", due, last)
	}
	w.clock.To(last)
	w.start(asset)
	w.clock.To(last.Add(ms))
	before := w.marks()
	_, err := w.s.Start(t.Context(), w.clerk, other, auction.Late{})
	if got := w.refused("a millisecond late", err, fault.LateReasonRequired, "R10p")["latest_at"]; !last.Equal(got.(time.Time)) {
		t.Errorf("latest %v", got)
	}
	if w.marks() != before {
		t.Error("a refusal left something")
	}
	_, err = w.s.Start(t.Context(), w.clerk, other, boss())
	w.must(err)
	w.start(none) // its seizure is not on record here, so nothing is late
	if due := w.owed(duty.FixReferencePrice); len(due) != 0 {
		t.Errorf("still due %v", due)
	}
	over, err := w.sales.Oversight(t.Context(), auction.Actor{Role: "inspector"})
	w.must(err)
	if over.LateCount != 1 || over.Late[0].Act != "price_started" {
		t.Errorf("oversight has %+v", over)
	}
	_, err = w.s.Start(t.Context(), w.clerk, other, auction.Late{})
	w.refused("a second at once", err, fault.PriceStands, "R10p")
	bidder := auction.Actor{AccountID: uuid.New(), Role: "bidder"}
	_, err = w.s.Start(t.Context(), bidder, none, auction.Late{})
	w.refused("a bidder", err, fault.RoleForbidden, "")
	elsewhere := auction.Actor{AccountID: uuid.New(), Role: "judge", CourtID: uuid.New()}
	_, err = w.s.Start(t.Context(), elsewhere, none, auction.Late{})
	w.refused("another court's judge", err, fault.RoleForbidden, "")
}

// R10p: the day of the seizure that is stated anew moves the duty; a day to come is refused.
func TestR10p_AnotherDayOfSeizureMovesTheDuty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("2026-11-01")
	a := w.estate.Property(w.estate.Lots[0])[0]
	for _, c := range []struct {
		on  docket.Date
		due time.Time
	}{
		{"2026-11-05", time.Date(2026, 12, 5, 15, 59, 59, 999e6, time.UTC)},
		{"2026-11-01", time.Date(2026, 12, 1, 15, 59, 59, 999e6, time.UTC)},
	} {
		a.SeizedOn = c.on
		w.must(w.sales.ReviseAsset(t.Context(), w.judges[0], auction.AssetRevision{Asset: asset, Document: a}))
		if due := w.owed(duty.FixReferencePrice); len(due) != 1 || !due[0].Equal(c.due) {
			t.Errorf("%s: due %v", c.on, due)
		}
	}
	a.SeizedOn = "2026-11-21"
	w.refused("to come", w.sales.ReviseAsset(t.Context(), w.judges[0], auction.AssetRevision{Asset: asset, Document: a}), fault.InvalidRequest, "R10p")
	w.start(asset)
	a.SeizedOn = "2026-11-06"
	w.must(w.sales.ReviseAsset(t.Context(), w.judges[0], auction.AssetRevision{Asset: asset, Document: a}))
	if due := w.owed(duty.FixReferencePrice); len(due) != 0 {
		t.Errorf("begun, and due %v", due)
	}
}

// R10p, Price 2, 4, 5, 7, 14: agreed, authority, online, appraisal; each waits for those before it.
func TestR10p_TheOriginsComeInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price := w.start(asset)
	early := func(what string, err error, waiting, article string) {
		t.Helper()
		got := w.refused(what, err, fault.PriceOriginTooEarly, "R10p")
		if got["waiting"] != waiting || got["article"] != article {
			t.Errorf("%s: waits for %v of art. %v", what, got["waiting"], got["article"])
		}
	}
	ask := func(o pricing.Origin) error {
		return w.s.Inquire(t.Context(), w.clerk, pricing.Inquiry{Price: price, Origin: o, Of: names("某局"), DueAt: w.clock.Now().Add(day)})
	}
	choose := func() error {
		return w.s.Choose(t.Context(), w.clerk, pricing.Choice{Price: price, Firms: names("甲", "乙", "丙"), By: pricing.ByAgreement})
	}
	skip := func(o pricing.Origin, g pricing.SkipGround) error {
		return w.s.Skip(t.Context(), w.judges[0], price, o, g, why())
	}
	before := w.marks()
	early("the authority first", ask(pricing.Authority), "agreed", "4")
	early("firms first", choose(), "agreed", "4")
	early("skipping the second", skip(pricing.Authority, pricing.NoOfficialPrice), "agreed", "4")
	w.refused("a ground of another origin", skip(pricing.Agreed, pricing.NoOfficialPrice), fault.PriceGroundInvalid, "R10p")
	w.refused("no reason", w.s.Skip(t.Context(), w.judges[0], price, pricing.Agreed, pricing.PartyMissing, docket.Text{}), fault.ReasonRequired, "R10p")
	w.refused("a clerk skips", w.s.Skip(t.Context(), w.clerk, price, pricing.Agreed, pricing.PartyMissing, why()), fault.RoleForbidden, "")
	if w.marks() != before {
		t.Error("a refusal left something")
	}
	w.must(skip(pricing.Agreed, pricing.PartyMissing))
	early("platforms before the authority", ask(pricing.Online), "authority", "5")
	w.must(skip(pricing.Authority, pricing.NoOfficialPrice))
	early("firms before the platforms", choose(), "online_inquiry", "7")
	w.refused("the authority again", ask(pricing.Authority), fault.StateConflict, "R10p")
	w.refused("platforms that were not asked did not answer", skip(pricing.Online, pricing.NoAnswer), fault.PriceGroundInvalid, "R10p")
	w.must(skip(pricing.Online, pricing.NeedsExpert))
	w.must(choose())
	w.refused("appraisal is the last", skip(pricing.Appraisal, pricing.NoAnswer), fault.PriceGroundInvalid, "R10p")
	if v := w.view(asset); len(v.Skips) != 3 || v.Skips[2].Ground != pricing.NeedsExpert {
		t.Errorf("skipped %+v", v.Skips)
	}
}

// R10p, Price 4, 24, 27: the same figure of every party, at once; a term of a year, not a day more.
func TestR10p_ThePartiesAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := len(w.parties())
	results := func(fen money.Fen) []money.Fen {
		list := make([]money.Fen, n)
		for i := range list {
			list[i] = fen
		}
		return list
	}
	asset := w.asset("")
	price := w.start(asset)
	agree := func(price uuid.UUID, list []money.Fen, until docket.Date) error {
		return w.s.Agree(t.Context(), w.judges[0], pricing.Agreement{Price: price, Results: list, Paper: hash("c"), ValidUntil: until})
	}
	before := w.marks()
	differ := results(500_000_00)
	differ[n-1]++
	w.refused("a fen apart", agree(price, differ, ""), fault.PriceNotAgreed, "R10p")
	w.refused("one is missing", agree(price, results(500_000_00)[1:], ""), fault.InvalidRequest, "R10p")
	w.refused("nothing", agree(price, results(0), ""), fault.AmountInvalid, "R10p")
	if got := w.refused("a year and a day", agree(price, results(500_000_00), "2027-11-21"), fault.PriceValidityInvalid, "R10p"); got["latest"] != "2027-11-20" {
		t.Errorf("latest %v", got)
	}
	if w.marks() != before {
		t.Error("a refusal left something")
	}
	w.must(agree(price, results(500_000_00), "2027-11-20"))
	v := w.view(asset)
	if v.State != pricing.Fixed || v.Fen != 500_000_00 || v.Origin != pricing.Agreed || v.ValidUntil != "2027-11-20" || v.PaperHash != hash("c") {
		t.Errorf("fixed as %+v", v)
	}
	if due := w.owed(duty.BeginDisposal); len(due) != 1 || !due[0].Equal(w.clock.Now().Add(10*day)) {
		t.Errorf("disposal due %v", due)
	}
	w.refused("twice", agree(price, results(1), ""), fault.StateConflict, "R10p")
	w.clock.To(time.Date(2027, 11, 20, 12, 0, 0, 0, time.UTC))
	_, err := w.s.Start(t.Context(), w.clerk, asset, auction.Late{})
	w.refused("another on its last day", err, fault.PriceStands, "R10p")
	w.clock.To(time.Date(2027, 11, 20, 16, 0, 0, 0, time.UTC)) // midnight in court time
	w.start(asset)
}

// R10p, Price 5, 6, 24: an authority's answer in the court's time is the price; no objections.
func TestR10p_AnAuthorityAnswersInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, late := range []bool{false, true} {
		asset := w.asset("")
		price := w.start(asset)
		w.skip(price, pricing.Agreed)
		due := w.clock.Now().Add(7 * day)
		w.refused("a time that is over", w.s.Inquire(t.Context(), w.clerk, pricing.Inquiry{
			Price: price, Origin: pricing.Authority, Of: names("税务局"), DueAt: w.clock.Now(),
		}), fault.InvalidRequest, "R10p")
		w.must(w.s.Inquire(t.Context(), w.clerk, pricing.Inquiry{Price: price, Origin: pricing.Authority, Of: names("税务局"), DueAt: due}))
		no := func() error {
			return w.s.Skip(t.Context(), w.judges[0], price, pricing.Authority, pricing.NoAnswer, why())
		}
		w.refused("no price exists, though it was asked", w.s.Skip(t.Context(), w.judges[0], price, pricing.Authority, pricing.NoOfficialPrice, why()),
			fault.PriceGroundInvalid, "R10p")
		w.clock.To(due)
		w.refused("it may still answer", no(), fault.AnswerNotDue, "R10p")
		if late {
			w.clock.To(due.Add(ms))
		}
		report, err := w.answer(price, w.view(asset).Sources[0].ID, 90_000_01, "d")
		w.must(err)
		fixed := w.s.Fix(t.Context(), w.judges[0], price, pricing.Authority)
		if late {
			w.refused("an answer a millisecond late", fixed, fault.ReportMissing, "R10p")
			w.must(no())
			continue
		}
		w.refused("an objection", w.object(price, report, pricing.Who{Role: pricing.Debtor, No: 1}, pricing.FactsWrong), fault.StateConflict, "R10p")
		w.must(fixed)
		if v := w.view(asset); v.Fen != 90_000_01 || v.Origin != pricing.Authority {
			t.Errorf("fixed as %+v", v)
		}
	}
}

func (w *world) object(price, report uuid.UUID, by pricing.Who, ground pricing.ObjectionGround) error {
	_, err := w.s.Object(w.t.Context(), w.clerk, pricing.Objecting{Price: price, Report: report, By: by, Ground: ground, Text: hash("e")})
	return err
}

// R10p, Price 10, 11, 13: all platforms at once, three days; the mean of what came in time, to the nearest fen.
func TestR10p_TheMeanOfThePlatformsInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price := w.start(asset)
	w.skip(price, pricing.Agreed, pricing.Authority)
	asked := w.clock.Now()
	w.must(w.s.Inquire(t.Context(), w.clerk, pricing.Inquiry{Price: price, Origin: pricing.Online, Of: names("平台一", "平台二", "平台三")}))
	src := w.view(asset).Sources
	if len(src) != 3 || !src[2].DueAt.Equal(asked.Add(3*day)) {
		t.Fatalf("asked %+v", src)
	}
	fix := func() error { return w.s.Fix(t.Context(), w.judges[0], price, pricing.Online) }
	_, err := w.answer(price, src[0].ID, 100_00, "1")
	w.must(err)
	w.must(w.s.Extend(t.Context(), w.clerk, price, src[2].ID, 0)) // in vain: one has answered
	w.clock.To(asked.Add(3 * day))
	_, err = w.answer(price, src[1].ID, 100_01, "2")
	w.must(err)
	w.refused("the third may still answer", fix(), fault.AnswerNotDue, "R10p")
	w.clock.To(asked.Add(3*day + ms))
	_, err = w.answer(price, src[2].ID, 999_99, "3") // a millisecond late: kept, and does not count
	w.must(err)
	w.refused("nobody has the reports", fix(), fault.ReportUnserved, "R10p")
	w.refused("another origin while these stand", w.s.Skip(t.Context(), w.judges[0], price, pricing.Online, pricing.PartiesChose, why()), fault.StateConflict, "R10p")
	w.clock.To(asked.Add(3*day + 2*ms))
	for _, p := range w.parties() {
		send := pricing.Sending{Price: price, Who: p, Way: pricing.Direct, Received: true, Proof: hash("b")}
		// The first came three days and two milliseconds ago.
		w.refused("after three days", w.s.Send(t.Context(), w.clerk, send), fault.LateReasonRequired, "R10p")
		send.Late = boss()
		w.must(w.s.Send(t.Context(), w.clerk, send))
	}
	if due := w.owed(duty.ServePriceReport); len(due) != 0 {
		t.Errorf("service still due %v", due)
	}
	w.clock.To(w.clock.Now().Add(5 * day))
	w.refused("five days run", fix(), fault.ObjectionTimeRuns, "R10p")
	w.clock.To(w.clock.Now().Add(ms))
	w.must(fix())
	// (10000 + 10001) / 2 = 10000.5 fen: halves go up, and the sum stands beside.
	if v := w.view(asset); v.Fen != 100_01 || v.Sum != 200_01 || v.Amounts != 2 || v.Origin != pricing.Online {
		t.Errorf("fixed as %+v", v)
	}
}

// R10p, Price 11: where no platform answered, those that applied have three days more.
func TestR10p_PlatformsThatAppliedHaveThreeDaysMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price := w.start(asset)
	w.skip(price, pricing.Agreed, pricing.Authority)
	asked := w.clock.Now()
	w.must(w.s.Inquire(t.Context(), w.clerk, pricing.Inquiry{Price: price, Origin: pricing.Online, Of: names("平台一", "平台二")}))
	src := w.view(asset).Sources
	no := func() error {
		return w.s.Skip(t.Context(), w.judges[0], price, pricing.Online, pricing.NoAnswer, why())
	}
	w.clock.To(asked.Add(3 * day))
	w.must(w.s.Extend(t.Context(), w.clerk, price, src[0].ID, 0))
	w.refused("twice", w.s.Extend(t.Context(), w.clerk, price, src[0].ID, 0), fault.ExtensionRefused, "R10p")
	w.clock.To(asked.Add(3*day + ms))
	w.refused("an application a millisecond late", w.s.Extend(t.Context(), w.clerk, price, src[1].ID, 0), fault.ExtensionRefused, "R10p")
	w.clock.To(asked.Add(6 * day))
	w.refused("the first may still answer", no(), fault.AnswerNotDue, "R10p")
	_, err := w.answer(price, src[0].ID, 70_000_00, "1")
	w.must(err)
	_, err = w.answer(price, src[1].ID, 90_000_00, "2")
	w.must(err)
	if r := w.view(asset).Reports; !r[0].InTime || r[1].InTime {
		t.Errorf("in time: %+v", r)
	}
	other := w.asset("")
	price = w.start(other)
	w.skip(price, pricing.Agreed, pricing.Authority)
	w.must(w.s.Inquire(t.Context(), w.clerk, pricing.Inquiry{Price: price, Origin: pricing.Online, Of: names("平台一", "平台二")}))
	w.clock.To(w.clock.Now().Add(3*day + ms))
	w.must(no())
}

// R10p, Price 21: reports go out within three days of their receipt; published, they are received after fifteen.
func TestR10p_ReportsGoToThePartiesWithinThreeDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price := w.start(asset)
	w.skip(price, pricing.Agreed, pricing.Authority, pricing.Online)
	w.must(w.s.Choose(t.Context(), w.clerk, pricing.Choice{Price: price, Firms: names("甲", "乙", "丙"), By: pricing.ByAgreement}))
	w.must(w.s.Engage(t.Context(), w.clerk, price))
	got := w.clock.Now()
	report, err := w.answer(price, w.view(asset).Sources[0].ID, 800_000_00, "a")
	w.must(err)
	if due := w.owed(duty.ServePriceReport); len(due) != 1 || !due[0].Equal(got.Add(3*day)) {
		t.Fatalf("due %v", due)
	}
	parties := w.parties()
	last := parties[len(parties)-1]
	w.clock.To(got.Add(3 * day))
	for _, p := range parties[:len(parties)-1] {
		w.must(w.s.Send(t.Context(), w.clerk, pricing.Sending{Price: price, Who: p, Way: pricing.Post}))
		w.must(w.s.Receive(t.Context(), w.clerk, price, p, w.clock.Now(), hash("b")))
	}
	publish := pricing.Sending{Price: price, Who: last, Way: pricing.Published, Reason: why()}
	bare := publish
	bare.Reason = docket.Text{}
	w.refused("published without a reason", w.s.Send(t.Context(), w.clerk, bare), fault.ReasonRequired, "R10p")
	w.clock.To(got.Add(3*day + ms))
	before := w.marks()
	w.refused("a millisecond late", w.s.Send(t.Context(), w.clerk, publish), fault.LateReasonRequired, "R10p")
	w.refused("nobody of that number", w.s.Send(t.Context(), w.clerk, pricing.Sending{Price: price, Who: pricing.Who{Role: pricing.Debtor, No: 99}, Way: pricing.Post}),
		fault.InvalidRequest, "R10p")
	if w.marks() != before {
		t.Error("a refusal left something")
	}
	publish.Late = boss()
	w.must(w.s.Send(t.Context(), w.clerk, publish))
	w.refused("again", w.s.Send(t.Context(), w.clerk, publish), fault.StateConflict, "R10p")
	if due := w.owed(duty.ServePriceReport); len(due) != 0 {
		t.Errorf("still due %v", due)
	}
	// Fifteen days until it counts as received, five to object.
	end := w.clock.Now().Add(20 * day)
	w.clock.To(end)
	if at := w.refused("a millisecond early", w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal), fault.ObjectionTimeRuns, "R10p")["earliest_at"]; !end.Add(ms).Equal(at.(time.Time)) {
		t.Errorf("earliest %v", at)
	}
	w.must(w.object(price, report, last, pricing.ScopeWrong))
	w.clock.To(end.Add(ms))
	w.refused("under review", w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal), fault.ReportObjectionOpen, "R10p")
	public, err := w.s.OfCase(t.Context(), w.caseID)
	w.must(err)
	if len(public) != 1 || len(public[0].Reports) != 1 || len(public[0].Services) != 1 || len(public[0].Objections) != 0 {
		t.Errorf("the public reads %+v", public)
	}
}

// R10p, Price 22, 23: five days from the receipt, to the millisecond; the court decides with a reason.
func TestR10p_ObjectionsWithinFiveDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price, report := w.appraised(asset, 800_000_00)
	served := w.clock.Now()
	debtor, applicant := pricing.Who{Role: pricing.Debtor, No: 1}, pricing.Who{Role: pricing.Applicant, No: 1}
	w.clock.To(served.Add(5 * day))
	w.must(w.object(price, report, debtor, pricing.Method))
	w.clock.To(served.Add(5*day + ms))
	before := w.marks()
	late := w.refused("a millisecond late", w.object(price, report, applicant, pricing.FactsWrong), fault.ReportObjectionTooLate, "R10p")
	if at := late["latest_at"].(time.Time); !at.Equal(served.Add(5*day)) || w.marks() != before {
		t.Errorf("latest %v", at)
	}
	fix := func() error { return w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal) }
	w.refused("under review", fix(), fault.ReportObjectionOpen, "R10p")
	o := w.view(asset).Objections[0]
	decide := pricing.Ruling{Price: price, Objection: o.ID, Outcome: pricing.Dismissed, Reason: why()}
	w.refused("before the firm answered", w.s.Decide(t.Context(), w.judges[0], decide), fault.StateConflict, "R10p")
	lodged := served.Add(5 * day)
	if due := w.owed(duty.ForwardReportObjection); len(due) != 1 || !due[0].Equal(lodged.Add(3*day)) {
		t.Errorf("to pass on %v", due)
	}
	w.clock.To(lodged.Add(3*day + ms))
	w.refused("passed on a millisecond late", w.s.Pass(t.Context(), w.clerk, price, o.ID, auction.Late{}), fault.LateReasonRequired, "R10p")
	w.must(w.s.Pass(t.Context(), w.clerk, price, o.ID, boss()))
	w.clock.To(lodged.Add(15 * day))
	bare := decide
	bare.Reason = docket.Text{}
	w.refused("without a reason", w.s.Decide(t.Context(), w.judges[0], bare), fault.ReasonRequired, "R10p")
	w.must(w.s.Decide(t.Context(), w.judges[0], decide))
	w.refused("twice", w.s.Decide(t.Context(), w.judges[0], decide), fault.StateConflict, "R10p")
	w.must(fix())
	if v := w.view(asset); v.Fen != 800_000_00 || v.Objections[0].Reason != why() {
		t.Errorf("fixed as %+v", v)
	}
	if got := len(w.owed(duty.DecideReportObjection)) + len(w.owed(duty.ForwardReportObjection)); got != 0 {
		t.Errorf("%d duties are left", got)
	}
}

// R10p, Price 13, 22, 26: a correction takes the report's place; of platforms, those without an objection count.
func TestR10p_CorrectedAndFallenReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price, report := w.appraised(asset, 800_000_00)
	w.must(w.object(price, report, pricing.Who{Role: pricing.Court}, pricing.FactsWrong))
	o := w.view(asset).Objections[0]
	w.must(w.s.Decide(t.Context(), w.judges[0], pricing.Ruling{
		Price: price, Objection: o.ID, Outcome: pricing.Corrected, Reason: why(),
		Correction: pricing.Answer{Fen: 780_000_00, Hash: hash("f"), ValuedOn: "2026-11-20", ValidUntil: "2027-11-20"},
	}))
	corrected := w.view(asset).Reports[1].ID
	w.refused("against a correction", w.object(price, corrected, pricing.Who{Role: pricing.Debtor, No: 1}, pricing.Result), fault.ReportObjectionBarred, "R10p")
	w.must(w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal))
	if v := w.view(asset); v.Fen != 780_000_00 {
		t.Errorf("fixed as %+v", v)
	}

	other := w.asset("")
	price = w.start(other)
	w.skip(price, pricing.Agreed, pricing.Authority)
	w.must(w.s.Inquire(t.Context(), w.clerk, pricing.Inquiry{Price: price, Origin: pricing.Online, Of: names("平台一", "平台二", "平台三")}))
	var reports []uuid.UUID
	for i, src := range w.view(other).Sources {
		id, err := w.answer(price, src.ID, money.Fen(100_00*(i+1)), string(rune('1'+i)))
		w.must(err)
		reports = append(reports, id)
	}
	w.serve(price)
	w.refused("art. 23 is for appraisals", w.object(price, reports[0], pricing.Who{Role: pricing.Debtor, No: 1}, pricing.Result), fault.PriceGroundInvalid, "R10p")
	w.must(w.object(price, reports[0], pricing.Who{Role: pricing.Debtor, No: 1}, pricing.Procedure))
	decide := pricing.Ruling{Price: price, Objection: w.view(other).Objections[0].ID, Outcome: pricing.Dismissed, Reason: why()}
	w.clock.To(w.clock.Now().Add(15*day + ms))
	w.refused("decided a millisecond late", w.s.Decide(t.Context(), w.judges[0], decide), fault.LateReasonRequired, "R10p")
	decide.Late = boss()
	w.must(w.s.Decide(t.Context(), w.judges[0], decide))
	w.must(w.s.Fix(t.Context(), w.judges[0], price, pricing.Online))
	if v := w.view(other); v.Fen != 250_00 || v.Amounts != 2 {
		t.Errorf("the mean of the two unobjected: %+v", v)
	}
}

// R10p, Price 13: objected to all, those whose objections were dismissed count; all fallen, appraisal follows.
func TestR10p_EveryPlatformObjectedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	debtor := pricing.Who{Role: pricing.Debtor, No: 1}
	for _, all := range []bool{false, true} {
		asset := w.asset("")
		price := w.start(asset)
		w.skip(price, pricing.Agreed, pricing.Authority)
		w.must(w.s.Inquire(t.Context(), w.clerk, pricing.Inquiry{Price: price, Origin: pricing.Online, Of: names("平台一", "平台二")}))
		for i, src := range w.view(asset).Sources {
			id, err := w.answer(price, src.ID, money.Fen(100_00*(i+1)), string(rune('1'+i)))
			w.must(err)
			w.must(w.object(price, id, debtor, pricing.FactsWrong))
		}
		w.serve(price)
		for i, o := range w.view(asset).Objections {
			outcome := pricing.Upheld
			if i == 0 && !all {
				outcome = pricing.Dismissed
			}
			w.must(w.s.Decide(t.Context(), w.judges[0], pricing.Ruling{Price: price, Objection: o.ID, Outcome: outcome, Reason: why()}))
		}
		w.clock.To(w.clock.Now().Add(5*day + ms))
		err := w.s.Fix(t.Context(), w.judges[0], price, pricing.Online)
		if all {
			w.refused("nothing stands", err, fault.ReportMissing, "R10p")
			w.must(w.s.Skip(t.Context(), w.judges[0], price, pricing.Online, pricing.ReportsFell, why()))
			continue
		}
		w.must(err)
		if v := w.view(asset); v.Fen != 100_00 || v.Amounts != 1 {
			t.Errorf("fixed as %+v", v)
		}
	}
}

// R10p: names are bounded in characters, 200 of either language, and not in bytes.
func TestR10p_NamesHave200Characters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	price := w.start(w.asset(""))
	w.skip(price, pricing.Agreed, pricing.Authority, pricing.Online)
	choose := func(zh, en int) error {
		firms := names("甲", "乙", "丙")
		firms[0].Zh, firms[0].En = strings.Repeat("甲", zh), strings.Repeat("é", en)
		return w.s.Choose(t.Context(), w.clerk, pricing.Choice{Price: price, Firms: firms, By: pricing.ByAgreement})
	}
	w.refused("201 Chinese characters", choose(201, 200), fault.FirmsInvalid, "R10p")
	w.refused("201 in English", choose(200, 201), fault.FirmsInvalid, "R10p")
	w.must(choose(200, 200))
}

// R10p, Price 16, 17, 19: three firms in order, thirty days, twice fifteen more asked for five days before; then the next.
func TestR10p_FirmsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price := w.start(asset)
	w.skip(price, pricing.Agreed, pricing.Authority, pricing.Online)
	for what, c := range map[string]pricing.Choice{
		"two":                   {Firms: names("甲", "乙"), By: pricing.ByAgreement},
		"four":                  {Firms: names("甲", "乙", "丙", "丁"), By: pricing.ByAgreement},
		"one twice":             {Firms: names("甲", "乙", "甲"), By: pricing.ByAgreement},
		"a draw without its id": {Firms: names("甲", "乙", "丙"), By: pricing.ByDraw},
		"agreed, with a draw":   {Firms: names("甲", "乙", "丙"), By: pricing.ByAgreement, Draw: uuid.New()},
		"by nobody":             {Firms: names("甲", "乙", "丙")},
	} {
		c.Price = price
		w.refused(what, w.s.Choose(t.Context(), w.clerk, c), fault.FirmsInvalid, "R10p")
	}
	choice := pricing.Choice{Price: price, Firms: names("甲", "乙", "丙"), By: pricing.ByAgreement}
	w.must(w.s.Choose(t.Context(), w.clerk, choice))
	w.refused("three others", w.s.Choose(t.Context(), w.clerk, choice), fault.StateConflict, "R10p")
	w.must(w.s.Engage(t.Context(), w.clerk, price))
	w.refused("two at once", w.s.Engage(t.Context(), w.clerk, price), fault.StateConflict, "R10p")
	engaged := w.clock.Now()
	first := w.view(asset).Sources[0]
	if first.Name.Zh != "甲" || !first.DueAt.Equal(engaged.Add(30*day)) {
		t.Fatalf("engaged %+v", first)
	}
	extend := func(days int) error { return w.s.Extend(t.Context(), w.clerk, price, first.ID, days) }
	w.clock.To(engaged.Add(25 * day))
	w.refused("sixteen days", extend(16), fault.InvalidRequest, "R10p")
	w.refused("no days", extend(0), fault.InvalidRequest, "R10p")
	w.must(extend(15)) // until day 45
	w.clock.To(engaged.Add(40 * day))
	w.must(extend(15)) // until day 60
	w.refused("a third", extend(1), fault.ExtensionRefused, "R10p")
	end := func(g pricing.EndGround) error { return w.s.EndEngagement(t.Context(), w.judges[0], price, g, why()) }
	w.clock.To(engaged.Add(60 * day))
	w.refused("it may still deliver", end(pricing.NotDelivered), fault.AnswerNotDue, "R10p")
	w.refused("its report did not fall", end(pricing.ReportFell), fault.PriceGroundInvalid, "R10p")
	w.refused("a flat can be appraised", end(pricing.CannotAppraise), fault.PriceGroundInvalid, "R10p")
	w.clock.To(engaged.Add(60*day + ms))
	_, err := w.answer(price, first.ID, 1_000_00, "1")
	w.must(err) // late: kept, and does not count
	w.refused("a late report", w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal), fault.ReportMissing, "R10p")
	w.must(end(pricing.NotDelivered))
	w.must(w.s.Engage(t.Context(), w.clerk, price))
	w.clock.To(w.clock.Now().Add(25*day + ms))
	w.refused("a millisecond into the last five days", w.s.Extend(t.Context(), w.clerk, price, w.view(asset).Sources[1].ID, 1), fault.ExtensionRefused, "R10p")
	w.must(end(pricing.Refused))
	w.must(w.s.Engage(t.Context(), w.clerk, price))
	third := w.view(asset).Sources[2]
	report, err := w.answer(price, third.ID, 2_000_00, "2")
	w.must(err)
	w.refused("it delivered", end(pricing.Refused), fault.PriceGroundInvalid, "R10p")
	w.must(w.object(price, report, pricing.Who{Role: pricing.Interested, No: 1}, pricing.Unqualified))
	w.must(w.s.Decide(t.Context(), w.judges[0], pricing.Ruling{Price: price, Objection: w.view(asset).Objections[0].ID, Outcome: pricing.Upheld, Reason: why()}))
	w.must(end(pricing.ReportFell))
	w.refused("none is left", w.s.Engage(t.Context(), w.clerk, price), fault.StateConflict, "R10p")
	w.must(w.s.Choose(t.Context(), w.clerk, choice))
	w.must(w.s.Engage(t.Context(), w.clerk, price))
	if src := w.view(asset).Sources; len(src) != 6 || src[3].Round != 2 || src[3].AskedAt == nil {
		t.Errorf("the second three %+v", src)
	}
}

// R10p, Price 25, 29: a determination is withdrawn on a ground of the law; a fixed price by supervision, or because the enforcement
// against the property ended, before its announcement.
func TestR10p_Withdrawn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price, _ := w.appraised(asset, 800_000_00)
	withdraw := func(g pricing.WithdrawGround) error {
		return w.s.Withdraw(t.Context(), w.judges[0], price, g, why())
	}
	w.refused("supervision of what is open", withdraw(pricing.Supervision), fault.PriceGroundInvalid, "R10p")
	w.refused("a flat is worth something", withdraw(pricing.PlainlyWorthless), fault.PriceGroundInvalid, "R10p")
	w.must(withdraw(pricing.Performed))
	w.refused("twice", withdraw(pricing.Performed), fault.StateConflict, "R10p")
	price, _ = w.appraised(asset, 800_000_00)
	w.clock.To(w.clock.Now().Add(5*day + ms))
	w.must(w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal))
	w.refused("a better price, though fixed", withdraw(pricing.OtherGround), fault.PriceGroundInvalid, "R10p")
	w.refused("worthless, though fixed", withdraw(pricing.PlainlyWorthless), fault.PriceGroundInvalid, "R10p")
	w.must(withdraw(pricing.Supervision))
	if due := w.owed(duty.BeginDisposal); len(due) != 0 {
		t.Errorf("still due %v", due)
	}
	w.start(asset)
}

// R10p, Price 29, 30: a fixed price whose enforcement ended before any announcement is taken back on the record, and disposal is
// owed no more; what is to be sold all the same is priced anew.
func TestR10p_AFixedPriceEndsWithTheEnforcement(t *testing.T) {
	t.Parallel()
	for _, g := range []pricing.WithdrawGround{pricing.ApplicantWithdrew, pricing.Performed, pricing.TitleVoid, pricing.PartiesSettled} {
		t.Run(string(g), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			asset := w.asset("")
			price, _ := w.appraised(asset, 800_000_00)
			w.clock.To(w.clock.Now().Add(5*day + ms))
			w.must(w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal))
			lot, err := w.list(asset, w.lot(800_000_00, 800_000_00, "2027-11-20"))
			w.must(err)
			w.vote(lot)
			w.must(w.s.Withdraw(t.Context(), w.judges[0], price, g, why()))
			if due := w.owed(duty.BeginDisposal); len(due) != 0 {
				t.Errorf("still due %v", due)
			}
			if v := w.view(asset); v.State != pricing.Withdrawn || v.Ground != string(g) || v.Fen != 800_000_00 {
				t.Errorf("ended as %+v", v)
			}
			if f := finds(w.announce(lot, auction.Late{}), fault.PriceNotFixed, "R10p"); f == nil {
				t.Error("announced by a price that was taken back")
			}
		})
	}
}

// R10p, Price 25: a price that supervision found wrong sells nothing, of property without a seizure date too.
func TestR10p_AWrongPriceSellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price, _ := w.appraised(asset, 800_000_00)
	w.clock.To(w.clock.Now().Add(5*day + ms))
	w.must(w.s.Fix(t.Context(), w.judges[0], price, pricing.Appraisal))
	lot, err := w.list(asset, w.lot(800_000_00, 800_000_00, "2027-11-20"))
	w.must(err)
	w.vote(lot)
	w.must(w.s.Withdraw(t.Context(), w.judges[0], price, pricing.Supervision, why()))
	if f := finds(w.announce(lot, auction.Late{}), fault.PriceNotFixed, "R10p"); f == nil || f.Args["missing"] != 1 {
		t.Errorf("announced by the wrong price: %+v", f)
	}
}

// Nothing is done off the trail, and a fixed price is not changed: SQL says so too.
func TestR10p_SQLHoldsItToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price, report := w.appraised(asset, 800_000_00)
	for what, sql := range map[string]string{
		"off the trail":          `UPDATE price_determinations SET state = 'withdrawn', withdrawn_at = now(), ground = 'other', reason_zh = 'x', reason_en = 'x' WHERE id = $1`,
		"a price without origin": `UPDATE price_determinations SET state = 'fixed', fixed_at = now() WHERE id = $1`,
		"a price of no sum": `UPDATE price_determinations SET state = 'fixed', fixed_at = now(), origin = 'appraisal', price_fen = 5, sum_fen = 11, amounts = 2,
			valued_on = '2026-01-01', valid_until = '2026-02-01' WHERE id = $1`,
		"a year and a day": `UPDATE price_reports SET valued_on = '2026-01-01', valid_until = '2027-01-02' WHERE determination_id = $1`,
	} {
		if _, err := w.pool.Exec(t.Context(), sql, price); err == nil {
			t.Errorf("%s went through", what)
		}
	}
	w.must(w.object(price, report, pricing.Who{Role: pricing.Court}, pricing.ScopeWrong))
	_, err := w.pool.Exec(t.Context(), `UPDATE price_determinations SET state = 'fixed', fixed_at = now(), origin = 'appraisal', price_fen = 6, sum_fen = 11, amounts = 2,
		valued_on = '2026-01-01', valid_until = '2026-02-01' WHERE id = $1`, price)
	if err == nil || errors.Is(err, t.Context().Err()) {
		t.Error("fixed with an objection under review")
	}
}
