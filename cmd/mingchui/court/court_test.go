package court

import (
	"math/rand/v2"
	"testing"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// The plan names every lot of the docket and no other, and brings at least 40
// of them to a stage of their own.
func TestPlanFitsDocket(t *testing.T) {
	t.Parallel()
	file, err := ReadDocket(law.Demonstration(), day(t, writtenOn))
	if err != nil {
		t.Fatal(err)
	}
	p, err := readPlan()
	if err != nil {
		t.Fatal(err)
	}
	refs, stages := map[string]bool{}, map[stageHint]int{}
	for _, c := range file.Cases {
		for _, l := range c.Lots {
			refs[l.Ref] = true
			lot, ok := p.Lots[l.Ref]
			if !ok {
				t.Errorf("the plan has no lot %s", l.Ref)
			}
			stages[lot.Stage]++
			if lot.Bidders > len(scriptNames()) {
				t.Errorf("%s: %d bidders, the cast has %d", l.Ref, lot.Bidders, len(scriptNames()))
			}
		}
	}
	for ref := range p.Lots {
		if !refs[ref] {
			t.Errorf("the docket has no lot %s", ref)
		}
	}
	for ref := range lately {
		if !refs[ref] {
			t.Errorf("lately names %s, which the docket has not", ref)
		}
	}
	if len(refs) < 40 {
		t.Errorf("%d lots, want at least 40", len(refs))
	}
	for _, s := range []stageHint{hintLive, hintAnnounced, hintEndedSold, hintEndedUnsold, hintSecondSale, hintSellOff, hintSuspended, hintWithdrawn} {
		if stages[s] == 0 {
			t.Errorf("no lot is %s", s)
		}
	}
	if p.Lots["MH-011"].Bids != 708 || p.Lots["MH-011"].Extensions != 377 {
		t.Errorf("the showpiece has %d bids and %d extensions, want 708 and 377", p.Lots["MH-011"].Bids, p.Lots["MH-011"].Extensions)
	}
}

// Whenever a demonstration begins, its docket has no problem and its papers
// are of that time.
func TestDocketIsDatedForItsDay(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"2025-03-01", "2026-11-23", "2027-06-30", "2031-02-28"} {
		file, err := ReadDocket(law.China2017(), day(t, first))
		if err != nil {
			t.Fatalf("begun on %s: %v", first, err)
		}
		for _, c := range file.Cases {
			for _, l := range c.Lots {
				for _, n := range l.Notifications {
					if n.On != "" && !day(t, string(n.On)).Before(day(t, first)) {
						t.Errorf("begun on %s: a notice of %s was served on %s", first, l.Ref, n.On)
					}
				}
				if !day(t, string(l.PricingBasis.ValidUntil)).After(day(t, first)) {
					t.Errorf("begun on %s: the price of %s was valid until %s", first, l.Ref, l.PricingBasis.ValidUntil)
				}
			}
		}
	}
}

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, s, law.CourtTime())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A history has as many bids as asked, climbs as far as asked, each raise at
// least one increment but for the match, and its times are in order and apart.
func TestComposedHistories(t *testing.T) {
	t.Parallel()
	first := day(t, "2026-11-20")
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		bids := 1 + rng.IntN(60)
		extensions := rng.IntN(bids + 1)
		increments := bids - 1 + rng.IntN(80)
		last := first.Add(time.Duration(10+rng.IntN(100)) * time.Minute)
		h := compose(rng, first, last, bids, extensions, increments, rng.IntN(2) == 0)
		if len(h.openly)+len(h.closing) != bids || len(h.steps) != bids {
			t.Fatalf("seed %d: %d and %d bids, want %d", seed, len(h.openly), len(h.closing), bids)
		}
		sum := 0
		for i, n := range h.steps {
			sum += n
			if i > 0 && n < 1 && i != h.match {
				t.Errorf("seed %d: bid %d raises by %d", seed, i, n)
			}
		}
		if sum != increments {
			t.Errorf("seed %d: climbs %d increments, want %d", seed, sum, increments)
		}
		for i, at := range h.openly {
			if at.Before(first) || at.After(last) || (i > 0 && !at.After(h.openly[i-1])) {
				t.Errorf("seed %d: bid %d of %d at %s, out of order or out of %s to %s", seed, i, len(h.openly), at, first, last)
			}
		}
	}
}

func TestChineseFigures(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "一", 10: "十", 11: "十一", 20: "二十", 35: "三十五"} {
		if got := chinese(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

// Every case keeps the court's way of writing numbers when it is given another.
func TestRenumber(t *testing.T) {
	t.Parallel()
	if got := renumber(docket.Case{Number: "（2026）皖9902执恢118号"}, 2027, 30001).Number; got != "（2027）皖9902执恢30001号" {
		t.Errorf("got %s", got)
	}
}
