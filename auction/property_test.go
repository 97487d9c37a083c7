package auction_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// offer adds changed property to the first case, lists it as one lot, has it voted on and announces it with a day to spare.
func (h *house) offer(assets []docket.Asset, change func(l *docket.Lot)) error {
	h.t.Helper()
	ctx, k := h.t.Context(), h.file.Cases[0]
	l := k.Lots[0]
	change(&l)
	n := auction.NewLot{Lot: l}
	for _, a := range assets {
		id, err := h.s.AddAsset(ctx, h.judges[0], h.got.Cases[k.Number], a)
		h.must(err)
		n.AssetIDs = append(n.AssetIDs, id)
	}
	return h.list(n)
}

// list lists, votes on and announces a lot.
func (h *house) list(n auction.NewLot) error {
	h.t.Helper()
	id, err := h.s.ListLot(h.t.Context(), h.judges[0], n)
	if err != nil {
		return err
	}
	h.vote(id)
	starts := h.clock.Now().AddDate(0, 0, 31)
	return h.s.Announce(h.t.Context(), h.judges[0], auction.Announcement{Lot: id, StartsAt: starts, EndsAt: starts.AddDate(0, 0, 1)})
}

// flat is the first flat of the demonstration docket, changed.
func (h *house) flat(change func(a *docket.Asset)) docket.Asset {
	a := h.file.Cases[0].Assets[0]
	a.Survey, a.Encumbrances, a.Taxes = slices.Clone(a.Survey), slices.Clone(a.Encumbrances), slices.Clone(a.Taxes)
	a.Documents, a.Ref = slices.Clone(a.Documents), ""
	change(&a)
	return a
}

func sameLot(*docket.Lot) {}

// refusedFor checks that an announcement was refused for one reason alone.
func (h *house) refusedFor(name string, err error, code fault.Code, rule string) {
	h.t.Helper()
	refusal, ok := errors.AsType[*auction.Refusal](err)
	if !ok || len(refusal.Faults) != 1 || refusal.Faults[0].Code != code || refusal.Faults[0].Rule != rule {
		h.t.Errorf("%s: %v; want %s by %s alone", name, err, code, rule)
	}
}

// R2024: who holds an immovable, and each item of its survey, is known before it is announced.
func TestR2024_AnAnnouncementAsksForTheSurvey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must(h.offer([]docket.Asset{h.flat(func(*docket.Asset) {})}, sameLot))
	without := func(item string, documents ...docket.DocumentKind) func(*docket.Asset) {
		return func(a *docket.Asset) {
			a.Survey = slices.DeleteFunc(a.Survey, func(f docket.Finding) bool { return f.Item == item })
			a.Documents = slices.DeleteFunc(a.Documents, func(d docket.Document) bool { return slices.Contains(documents, d.Kind) })
		}
	}
	for name, c := range map[string]struct {
		change func(*docket.Asset)
		code   fault.Code
	}{
		"occupancy unknown":      {func(a *docket.Asset) { a.Occupancy.State = "unknown" }, fault.OccupancyUnknown},
		"the court won't vacate": {func(a *docket.Asset) { a.Occupancy.Handover = "court_does_not_vacate" }, fault.OccupancyUnknown},
		"no end of the lease":    {func(a *docket.Asset) { a.Occupancy.Until = "" }, fault.OccupancyUnknown},
		"registration":           {without("title"), fault.AnnouncementIncomplete},
		"occupancy not surveyed": {without("occupancy"), fault.AnnouncementIncomplete},
		"arrears not surveyed":   {without("arrears"), fault.AnnouncementIncomplete},
	} {
		h.refusedFor(name, h.offer([]docket.Asset{h.flat(c.change)}, sameLot), c.code, "R2024")
	}
	// A record of the visit, or the plan with the register's extract, answers what older files have no finding for.
	h.must(h.offer([]docket.Asset{h.flat(without("site_visit", docket.Photographs, docket.Video))}, sameLot))
	h.must(h.offer([]docket.Asset{h.flat(without("floor_plan", docket.RegisterExtract))}, sameLot))
	priced := func(l *docket.Lot) {
		l.AppraisalFen, l.MarketPriceFen, l.PricingBasis.Origin = 0, l.AppraisalFen, docket.PricedByAgreement
	}
	plan := func(kind docket.DocumentKind) docket.Asset {
		return h.flat(func(a *docket.Asset) {
			without("floor_plan", docket.RegisterExtract, docket.AppraisalReport)(a)
			a.Documents = append(a.Documents, docket.Document{Kind: docket.PricingPaper, Title: a.Title}, docket.Document{Kind: kind, Title: a.Title})
		})
	}
	h.must(h.offer([]docket.Asset{plan(docket.FloorPlan)}, priced))
	h.refusedFor("no plan", h.offer([]docket.Asset{plan(docket.OtherDocument)}, priced), fault.AnnouncementIncomplete, "R2024")
}

// R30: each tax on whom the law names; "the buyer bears all" is refused in figures and in the words of both languages.
func TestR30_AnAnnouncementPutsNoTaxOnTheWrongSide(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tax := func(item string) int {
		return slices.IndexFunc(h.file.Cases[0].Assets[0].Taxes, func(x docket.Tax) bool { return x.Item.Zh == item })
	}
	for name, change := range map[string]func(*docket.Asset){
		"VAT on the buyer":        func(a *docket.Asset) { a.Taxes[tax("增值税及附加")].BorneBy = docket.Buyer },
		"income tax on the buyer": func(a *docket.Asset) { a.Taxes[tax("个人所得税")].BorneBy = docket.Buyer },
		"deed tax on the debtor":  func(a *docket.Asset) { a.Taxes[tax("契税")].BorneBy = docket.Debtor },
		"all on the buyer":        func(a *docket.Asset) { a.Description.Zh += "过户所涉一切税费均由买受人承担。" },
		"all on the buyer, anew":  func(a *docket.Asset) { a.Taxes[tax("契税")].Note.Zh = "税费全部由买受人负担。" },
		"all on the buyer, in en": func(a *docket.Asset) {
			a.Description.En += " All taxes and fees of the transfer are borne by the buyer."
		},
		"the buyer bears all":      func(a *docket.Asset) { a.Taxes[tax("契税")].Note.En = "The buyer bears all taxes." },
		"a rate of nothing stated": func(a *docket.Asset) { a.Taxes[tax("契税")].Basis = docket.Text{} },
	} {
		code := fault.TaxesAllOnBuyer
		if name == "a rate of nothing stated" {
			code = fault.AnnouncementIncomplete
		}
		h.refusedFor(name, h.offer([]docket.Asset{h.flat(change)}, sameLot), code, "R30")
	}
	for bp, refused := range map[int]bool{10_000: false, 10_001: true} {
		err := h.offer([]docket.Asset{h.flat(func(a *docket.Asset) { a.Taxes[tax("契税")].RateBP = bp })}, sameLot)
		if (err != nil) != refused {
			t.Errorf("a rate of %d basis points: %v", bp, err)
		}
	}
	h.refusedFor("in the lot's conditions", h.offer([]docket.Asset{h.flat(func(*docket.Asset) {})}, func(l *docket.Lot) {
		l.BidderConditions.En += " The buyer pays all taxes."
	}), fault.TaxesAllOnBuyer, "R30")
}

// R28p: security ends with the sale; leases and usufructs remain or were removed before.
func TestR28p_AnAnnouncementEndsSecurityAndNoLease(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	set := func(kind docket.EncumbranceKind, after docket.AfterSale) docket.Asset {
		return h.flat(func(a *docket.Asset) {
			a.Encumbrances = slices.DeleteFunc(a.Encumbrances, func(e docket.Encumbrance) bool { return e.Kind == docket.Lease || e.Kind == kind })
			a.Encumbrances = append(a.Encumbrances, docket.Encumbrance{Kind: kind, Holder: docket.Text{Zh: "权利人", En: "Holder"}, AfterSale: after})
			a.Occupancy.Handover = docket.CourtVacates
			if kind == docket.Lease && after == docket.Remains {
				a.Occupancy.Handover = docket.WithLease
			}
		})
	}
	for _, c := range []struct {
		kind    docket.EncumbranceKind
		after   docket.AfterSale
		refused bool
	}{
		{docket.Mortgage, docket.Remains, true},
		{docket.Mortgage, docket.Extinguished, false},
		{docket.Pledge, docket.Remains, true},
		{docket.LienOn, docket.Remains, true},
		{docket.Seizure, docket.Remains, true},
		{docket.Lease, docket.Extinguished, true},
		{docket.Lease, docket.Remains, false},
		{docket.Lease, docket.Removed, false},
		{docket.Residence, docket.Extinguished, true},
		{docket.Residence, docket.Remains, false},
		{docket.Easement, docket.Extinguished, true},
		{docket.Easement, docket.Removed, false},
	} {
		err := h.offer([]docket.Asset{set(c.kind, c.after)}, sameLot)
		if name := string(c.kind) + " " + string(c.after); c.refused {
			h.refusedFor(name, err, fault.AnnouncementIncomplete, "R28p")
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// R15: what cannot be used apart is sold as one lot, or the lot says why not.
func TestR15_WhatCannotBeUsedApartIsOneLot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, kase := t.Context(), h.got.Cases[h.file.Cases[0].Number]
	group := func(name string) (ids [3]uuid.UUID, part docket.Asset) {
		part = h.flat(func(a *docket.Asset) { a.IndivisibleGroup = name })
		for i := range 2 {
			var err error
			ids[i], err = h.s.AddAsset(ctx, h.judges[0], kase, part)
			h.must(err)
		}
		return ids, part
	}
	ids, part := group("line-1")
	split, _ := group("line-2")
	whole, _ := group("line-3")
	l := h.file.Cases[0].Lots[0]
	h.refused(h.list(auction.NewLot{AssetIDs: ids[:1], Lot: l}), fault.IndivisibleSplit, "R15")
	apart := l
	apart.SplitReason = docket.Text{Zh: "两部分各有独立产权与出入口，经评估分别拍卖不减损价值。", En: "Each has its own title and entrance; the appraisal finds no loss."}
	h.must(h.list(auction.NewLot{AssetIDs: split[:1], Lot: apart}))
	h.must(h.list(auction.NewLot{AssetIDs: whole[:2], Lot: l}))

	// A third part that is found after the draft holds up its announcement.
	draft, err := h.s.ListLot(ctx, h.judges[0], auction.NewLot{AssetIDs: ids[:2], Lot: l})
	h.must(err)
	h.vote(draft)
	ids[2], err = h.s.AddAsset(ctx, h.judges[0], kase, part)
	h.must(err)
	starts := h.clock.Now().AddDate(0, 0, 31)
	err = h.s.Announce(ctx, h.judges[0], auction.Announcement{Lot: draft, StartsAt: starts, EndsAt: starts.Add(24 * time.Hour)})
	h.refusedFor("a part found later", err, fault.IndivisibleSplit, "R15")
	h.must(h.list(auction.NewLot{AssetIDs: ids[:], Lot: l}))
}
