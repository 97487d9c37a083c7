package docket

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// equityProblems reads the demonstration court's docket with its first lot of equity, or of a flat, changed.
func equityProblems(t *testing.T, category Category, change func(*Lot)) []Problem {
	t.Helper()
	src, err := os.ReadFile("../../cmd/mingchui/court/docket.json")
	if err != nil {
		t.Fatal(err)
	}
	var file File
	if err := json.Unmarshal(src, &file); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(file.Cases, func(k Case) bool { return k.Assets[0].Category == category && len(k.Lots) == 1 })
	file.Cases = file.Cases[i : i+1]
	change(&file.Cases[0].Lots[0])
	out, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	_, problems := Parse(bytes.NewReader(out))
	return problems
}

// R12e: an approval is had within 1 to 365 days, an application has its hash; both are of equity alone.
func TestR12e_ApprovalsAndApplicationsAreOfEquityAlone(t *testing.T) {
	t.Parallel()
	text := Text{Zh: "文", En: "text"}
	approval := func(days int) func(*Lot) {
		return func(l *Lot) { l.Approval = &Approval{Authority: text, Condition: text, WithinDays: days} }
	}
	whole := func(hash string) func(*Lot) {
		return func(l *Lot) { l.WholeEquity = &WholeEquity{AppliedOn: "2026-11-01", Application: hash, Reason: text} }
	}
	hash := strings.Repeat("5a", 32)
	for name, c := range map[string]struct {
		category Category
		change   func(*Lot)
		want     string
	}{
		"an approval within a day":        {Equity, approval(1), ""},
		"within no day":                   {Equity, approval(0), "out_of_range within_days"},
		"within 365 days":                 {Equity, approval(365), ""},
		"within 366 days":                 {Equity, approval(366), "out_of_range within_days"},
		"an approval of a flat":           {Flat, approval(30), "not_equity approval"},
		"an application":                  {Equity, whole(hash), ""},
		"with a digit less":               {Equity, whole(hash[1:]), "bad_hash application"},
		"with a capital":                  {Equity, whole("A" + hash[1:]), "bad_hash application"},
		"an application to sell all flat": {Flat, whole(hash), "not_equity whole_equity"},
		"by the costs, a flat": {Flat, func(l *Lot) {
			l.PricingBasis.Origin, l.AppraisalFen = PricedByCosts, 0
		}, "price_mismatch origin"},
	} {
		var got []string
		for _, p := range equityProblems(t, c.category, c.change) {
			if p.Rule == "R12e" && !p.Article.IsZero() {
				got = append(got, string(p.Code)+p.Path[strings.LastIndex(p.Path, "."):])
			}
		}
		if text := strings.ReplaceAll(strings.Join(got, ", "), ".", " "); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}
