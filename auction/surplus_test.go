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
	"mingchui/auction/money"
)

// announceFaults lists what keeps a lot from being announced 40 days ahead.
func (h *house) announceFaults(lot uuid.UUID) []*fault.Error {
	h.t.Helper()
	starts := h.clock.Now().Add(40 * oneDay)
	list, err := h.s.CheckAnnouncement(h.t.Context(), h.judges[0], auction.Announcement{Lot: lot, StartsAt: starts, EndsAt: starts.Add(oneDay)})
	h.must(err)
	return list
}

func codesAndRules(list []*fault.Error) (out []string) {
	for _, f := range list {
		out = append(out, string(f.Code)+" "+f.Rule)
	}
	return out
}

// R6s: at prior claims and costs of the starting price nothing is left, one fen below it something is; told, the applicant has
// five days to insist, and bears the costs of a sale that fails.
func TestR6s_APriceThatLeavesNothingIsNotAnnounced(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.vote(lot)
	d, err := h.s.Draft(t.Context(), h.judges[0], lot, h.clock.Now())
	h.must(err)
	start, judge, proof := d.StartingPriceFen, h.judges[0], strings.Repeat("0c", 32)
	h.same("before", codesAndRules(h.announceFaults(lot)), nil)
	h.refused(h.s.Insist(t.Context(), judge, lot, proof), fault.StateConflict, "")
	told := auction.NoSurplus{Lot: lot, Priority: start - 1_000, Costs: 1_000}
	h.must(h.s.TellNoSurplus(t.Context(), judge, told))
	h.refused(h.s.TellNoSurplus(t.Context(), judge, told), fault.StateConflict, "")
	h.due(lot, "surplus_answer", h.clock.Now().Add(5*oneDay))
	h.same("nothing left", codesAndRules(h.announceFaults(lot)), []string{"no_surplus R6s"})
	if least := h.announceFaults(lot)[0].Args["least_fen"]; least != start+1 {
		t.Errorf("the least start is %v", least)
	}
	h.refused(h.s.Insist(t.Context(), judge, lot, "no"), fault.InvalidRequest, "R6s")
	_, err = h.pool.Exec(t.Context(), `WITH step AS (INSERT INTO trail (id, case_id, lot_id, at, role, act, public)
		SELECT gen_random_uuid(), case_id, id, now(), 'machine', 'no_surplus_told', false FROM lots WHERE id = $1)
		UPDATE surplus_notices SET costs_fen = costs_fen - 1 WHERE lot_id = $1`, lot)
	h.must(err)
	h.same("a fen left, not insisted", codesAndRules(h.announceFaults(lot)), []string{"not_insisted R6s"})
	late := h.clock.Now().Add(5 * oneDay)
	h.clock.To(late)
	h.must(h.s.Insist(t.Context(), judge, lot, proof))
	h.same("insisted on the fifth day", codesAndRules(h.announceFaults(lot)), nil)
	h.announceVoted(lot)
	h.end(lot, false, "")
	var borne string
	h.must(h.pool.QueryRow(t.Context(), `SELECT detail ->> 'costs_borne_by' FROM trail WHERE lot_id = $1 AND act = 'ended'`, lot).Scan(&borne))
	if borne != "applicant" {
		t.Errorf("the costs fall on %q", borne)
	}
}

func TestR6s_AfterFiveDaysNobodyInsists(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.must(h.s.TellNoSurplus(t.Context(), h.judges[0], auction.NoSurplus{Lot: lot, Priority: 1}))
	h.clock.To(h.clock.Now().Add(5*oneDay + time.Millisecond))
	h.refused(h.s.Insist(t.Context(), h.judges[0], lot, strings.Repeat("0c", 32)), fault.InsistedTooLate, "R6s")
	h.refused(h.s.TellNoSurplus(t.Context(), h.judges[0], auction.NoSurplus{Lot: lot, Priority: -1}), fault.AmountInvalid, "")
}

// announceVoted announces a lot that was voted already.
func (h *house) announceVoted(lot uuid.UUID) {
	h.t.Helper()
	starts := h.clock.Now().Add(40 * oneDay)
	h.must(h.s.Announce(h.t.Context(), h.judges[0], auction.Announcement{Lot: lot, StartsAt: starts, EndsAt: starts.Add(oneDay)}))
}

// R31d: a movable with a ground is sold without an auction: not below the market price; appraised, not below the appraisal, and
// once that was tried in vain not below half of it.
func TestR31d_DirectSaleWithoutAuction(t *testing.T) {
	t.Parallel()
	reason := docket.Text{Zh: "鲜活水产品，不宜保存。", En: "Live seafood that does not keep."}
	sale := func(kind auction.ReferenceKind, reference, price money.Fen, tried bool) auction.DirectSale {
		return auction.DirectSale{Ground: auction.Perishable, ReferenceKind: kind, Reference: reference, Price: price, TriedAtValue: tried, Reason: reason}
	}
	with := func(s auction.DirectSale, change func(*auction.DirectSale)) auction.DirectSale { change(&s); return s }
	for name, c := range map[string]struct {
		kind law.Kind
		sale auction.DirectSale
		want string
	}{
		"at the market price":                  {law.Movable, sale("market", 10_000, 10_000, false), ""},
		"a fen below the market price":         {law.Movable, sale("market", 10_000, 9_999, true), "direct_price_too_low R31d"},
		"at the appraisal":                     {law.Movable, sale("appraisal", 10_001, 10_001, false), ""},
		"a fen below the appraisal, not tried": {law.Movable, sale("appraisal", 10_001, 10_000, false), "direct_price_too_low R31d"},
		"at half of it, tried":                 {law.Movable, sale("appraisal", 10_001, 5_001, true), ""},
		"a fen below half of it, tried":        {law.Movable, sale("appraisal", 10_001, 5_000, true), "direct_price_too_low R31d"},
		"at half of an even one":               {law.Movable, sale("appraisal", 10_000, 5_000, true), ""},
		"an immovable":                         {law.Immovable, sale("market", 1, 1, false), "direct_ground_missing R31d"},
		"no such ground":                       {law.Movable, with(sale("market", 1, 1, false), func(s *auction.DirectSale) { s.Ground = "handy" }), "direct_ground_missing R31d"},
		"market price by appraisal":            {law.Movable, with(sale("appraisal", 1, 1, false), func(s *auction.DirectSale) { s.Ground = auction.PublicMarketPrice }), "direct_ground_missing R31d"},
		"no reason":                            {law.Movable, with(sale("market", 1, 1, false), func(s *auction.DirectSale) { s.Reason.En = " " }), "reason_required R31d"},
		"no reference":                         {law.Movable, sale("market", 0, 1, false), "amount_invalid R31d"},
		"by costs":                             {law.Movable, sale("costs", 1, 1, false), "amount_invalid R31d"},
	} {
		if got := strings.Join(codesAndRules(auction.CheckDirectSale(c.kind, c.sale)), ", "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// R31d: a thing that is being auctioned, and one that was sold directly, is not sold directly; what is refused changes nothing.
func TestR31d_OnlyWhatIsNotInASaleAndOnlyOnce(t *testing.T) {
	t.Parallel()
	h := houseOf(t, 0)
	var kase, listed uuid.UUID
	h.must(h.pool.QueryRow(t.Context(), `SELECT a.case_id, a.id FROM assets a JOIN lot_assets la ON la.asset_id = a.id WHERE a.kind = 'movable' ORDER BY a.id LIMIT 1`).
		Scan(&kase, &listed))
	var goods docket.Asset
	h.must(h.pool.QueryRow(t.Context(), `SELECT document FROM assets WHERE id = $1`, listed).Scan(&goods))
	goods.Ref = ""
	free, err := h.s.AddAsset(t.Context(), h.judges[0], kase, goods)
	h.must(err)
	d := auction.DirectSale{
		Case: kase, Asset: free, Ground: auction.Seasonal, ReferenceKind: auction.ByMarket, Reference: 100, Price: 99,
		Reason: docket.Text{Zh: "应季商品。", En: "Goods of the season."},
	}
	_, err = h.s.SellDirectly(t.Context(), h.judges[0], d)
	h.refused(err, fault.DirectPriceTooLow, "R31d")
	d.Price = 100
	_, err = h.s.SellDirectly(t.Context(), h.judges[0], d)
	h.must(err)
	_, err = h.s.SellDirectly(t.Context(), h.judges[0], d)
	h.refused(err, fault.StateConflict, "R31d")
	d.Asset = listed
	_, err = h.s.SellDirectly(t.Context(), h.judges[0], d)
	h.refused(err, fault.StateConflict, "R31d")
	d.Asset = uuid.New()
	_, err = h.s.SellDirectly(t.Context(), h.judges[0], d)
	h.refused(err, fault.NotFoundCode, "")
	_, err = h.pool.Exec(t.Context(), `UPDATE direct_sales SET price_fen = 99`)
	if err == nil {
		t.Error("SQL takes a price below the market's")
	}
}

// R7: the announcement names the auxiliary firms with their work, and that the debtor bears the cost.
func TestR7_AuxiliaryFirmsAreNamedWithTheirWork(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	d, err := h.s.Draft(t.Context(), h.judges[0], lot, h.clock.Now())
	h.must(err)
	doc := d.Document
	doc.Auxiliary = []docket.Auxiliary{{Name: docket.Text{Zh: "徽准房地产评估有限公司", En: "Huizhun Appraisers Ltd"}}}
	_, err = h.s.Revise(t.Context(), h.judges[0], auction.Revision{Lot: lot, Document: doc})
	h.must(err)
	h.vote(lot)
	if got := h.announceFaults(lot); len(got) == 0 || !strings.HasPrefix(got[0].Field, "lot.auxiliary[0].work") {
		t.Errorf("a firm without its work: %v", got)
	}
	doc.Auxiliary[0].Work = docket.Text{Zh: "现场勘查", En: "Survey on the spot"}
	_, err = h.s.Revise(t.Context(), h.judges[0], auction.Revision{Lot: lot, Document: doc})
	h.must(err)
	h.announceVoted(lot)
	full, err := h.s.Lot(t.Context(), lot, h.clock.Now())
	h.must(err)
	var text strings.Builder
	for _, s := range full.Announcement.Sections("zh-CN") {
		text.WriteString(s.Heading + strings.Join(s.Paragraphs, ""))
	}
	for _, want := range []string{"现场勘查：徽准房地产评估有限公司", "必要费用由被执行人承担"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the announcement does not say %s", want)
		}
	}
}

// R15w: the court is free of warranty only when what R13 and R14 ask for is complete and the disclaimer stands.
func TestR15w_FreeOfWarrantyOnlyWhenAllIsPublished(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	d, err := h.s.Draft(t.Context(), h.judges[0], lot, h.clock.Now())
	h.must(err)
	h.vote(lot)
	if list := h.announceFaults(lot); !auction.FreeOfWarranty(list) {
		t.Errorf("all is complete: %v", codesAndRules(list))
	}
	for name, change := range map[string]func(*docket.Lot){
		"without the disclaimer": func(l *docket.Lot) { l.Disclaimer = docket.Text{} },
		"without viewing":        func(l *docket.Lot) { l.Viewing.How = docket.Text{} },
	} {
		doc := d.Document
		change(&doc)
		_, err = h.s.Revise(t.Context(), h.judges[0], auction.Revision{Lot: lot, Document: doc})
		h.must(err)
		if list := h.announceFaults(lot); auction.FreeOfWarranty(list) {
			t.Errorf("%s: free of warranty with %v", name, codesAndRules(list))
		}
	}
	if auction.FreeOfWarranty([]*fault.Error{fault.New(fault.Invalid, fault.AnnouncementTooLate).ByRule("R12")}) != true {
		t.Error("a time that is too soon has nothing to do with the warranty")
	}
}
