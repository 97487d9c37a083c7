package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/cmd/auditor/verify"
)

// priced writes one sale whose reference is the mean of two platforms' answers, half a fen rounded up.
func priced(t *testing.T) []audit.Entry {
	t.Helper()
	entries := generate(t, seed, 1)
	i := nth(t, entries, audit.KindLotAnnounced, 0)
	var n audit.LotAnnounced
	if err := audit.Decode(entries[i].Body, &n); err != nil {
		t.Fatal(err)
	}
	price := uuid.NewSHA1(uuid.NameSpaceOID, []byte("price")).String()
	entries = replaceIn(audit.KindLotAnnounced, 0, func(b string) string {
		return strings.TrimSuffix(b, "}") + `,"prices":["` + price + `"]}`
	})(t, entries)
	at, kase := entries[0].At, entries[0].CaseID
	var more []audit.Entry
	for _, x := range []struct {
		kind string
		body any
	}{
		{audit.KindPriceStarted, audit.PriceStarted{Price: price, Asset: "a", Late: false}},
		{audit.KindPriceReport, audit.PriceReport{Price: price, Report: "r", Origin: "online_inquiry", Source: "s", AmountFen: n.ReferenceFen, Hash: "h", ValidUntil: "2026-12-31", InTime: true}},
		{audit.KindPriceObjection, audit.PriceObjection{Price: price, Objection: "o", Report: "r", Ground: "procedure", TextHash: "h", Outcome: "dismissed", ReasonHash: "h"}},
		{audit.KindPriceFixed, audit.PriceFixed{
			Price: price, Asset: "a", Origin: "online_inquiry", PriceFen: n.ReferenceFen, AmountsFen: []money.Fen{n.ReferenceFen, n.ReferenceFen - 1},
			Rounding: "half_up", ValidUntil: "2026-12-31", SkipsHash: "h", ReportHashes: []string{"h", "h"},
		}},
	} {
		e, err := audit.New(x.kind, at, &kase, nil, 0, x.body)
		if err != nil {
			t.Fatal(err)
		}
		more = append(more, e)
	}
	return slices.Insert(entries, 1, more...)
}

// R10p: who reads the log reckons the reference price again, and holds the announcement against it.
func TestR10p_TheAuditorReckonsTheReferencePrice(t *testing.T) {
	t.Parallel()
	entries := priced(t)
	code, r, text := auditor(t, "verify", "--log", newCourt(t, slices.Clone(entries)).url)
	if code != exitHolds || slices.ContainsFunc(r.NotChecked, func(n verify.Note) bool { return n.Code == verify.KindsUnknown }) {
		t.Fatalf("exit %d, %+v\n%s", code, r, text)
	}
	fixed := func(old, with string) change {
		return replaceIn(audit.KindPriceFixed, 0, func(b string) string { return strings.Replace(b, old, with, 1) })
	}
	for name, x := range map[string]struct {
		want   verify.Code
		change change
	}{
		"another price":      {verify.PriceMisreckoned, replaceIn(audit.KindPriceFixed, 0, func(b string) string { return bump(b, `"price_fen":`) })},
		"another amount":     {verify.PriceMisreckoned, replaceIn(audit.KindPriceFixed, 0, func(b string) string { return bump(b, `"amounts_fen":[`) })},
		"by costs, no cause": {verify.PriceMisreckoned, fixed(`"origin":"online_inquiry"`, `"origin":"costs"`)},
		"expired":            {verify.PriceExpired, fixed(`"2026-12-31"`, `"2026-02-28"`)},
		"no price":           {verify.PriceDiffers, remove(audit.KindPriceFixed, 0)},
		"another reference":  {verify.PriceDiffers, replaceIn(audit.KindLotAnnounced, 0, func(b string) string { return bump(b, `"reference_fen":`) })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found(t, x.want, "--log", newCourt(t, x.change(t, slices.Clone(entries))).url)
		})
	}
}

// costed writes an announced lot of equity that starts one fen above its costs, or more fen nearer to them (R12e).
func costed(more money.Fen, change func(*audit.PriceFixed)) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		id := uuid.NewSHA1(uuid.NameSpaceOID, []byte("price")).String()
		s := newSales(t, seed)
		f := audit.PriceFixed{Price: id, Asset: "a", Origin: "costs", Rounding: "half_up", ReportHashes: []string{}, ApplicationHash: "h"}
		s.terms = func(n *audit.LotAnnounced) {
			byCosts(law.OtherRight, 1)(n)
			n.Prices = []string{id}
			f.CostsFen = n.StartingPriceFen - 1 + more
		}
		x := s.one(law.China2017(), law.First, nil)
		if change != nil {
			change(&f)
		}
		e, err := audit.New(audit.KindPriceFixed, s.entries[0].At, &x.caseID, nil, 0, f)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Insert(s.entries, 1, e)
	}
}
