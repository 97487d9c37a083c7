package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"mingchui/auction/law"
	"mingchui/cmd/auditor/verify"
	"mingchui/cmd/mingchui/court"
	"mingchui/cmd/mingchui/house/housetest"
)

const (
	// logs houses of two rule sets each write a log; in rounds they hold
	// generated sales, a hundred and more in all.
	housesOfEach = 2
	rounds       = 5
	salesAtOnce  = 5
)

// I2, I6: over a hundred sales of chance, made by the house itself under both
// rule sets, the auditor finds nothing, follows each log from round to round by
// the checkpoint that it kept, and re-runs every lot.
func TestI6_AuditorHoldsGeneratedSales(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	a := newAuditor(t)
	for _, rules := range []law.RuleSet{law.China2017(), law.Demonstration()} {
		for i := range housesOfEach {
			t.Run(fmt.Sprintf("%s/%d", rules.Name, i+1), func(t *testing.T) {
				t.Parallel()
				luck := rand.New(rand.NewPCG(seed, uint64(i)))
				auditGenerated(t, a.keptApart(t), rules, luck)
			})
		}
	}
}

func auditGenerated(t *testing.T, a auditor, rules law.RuleSet, luck *rand.Rand) {
	t.Helper()
	r := housetest.Open(t, housetest.Options{Rules: rules})
	config := court.Config{House: r.House, Clock: r.Clock, SiteURL: r.SiteURL}
	var sold int
	var selling, auditing time.Duration
	var last verify.Report
	for range rounds {
		began := time.Now()
		lots, err := court.Sell(t.Context(), config, luck, salesAtOnce)
		if err != nil {
			t.Fatal(err)
		}
		sold += len(lots)
		r.RunDue()
		r.Fsck()
		selling += time.Since(began)
		began = time.Now()
		last = a.holds(r.SiteURL)
		auditing += time.Since(began)
		if len(last.Lots) != sold {
			t.Errorf("%d lots were sold, the auditor re-ran %d", sold, len(last.Lots))
		}
	}
	outcomes := map[string]int{}
	bids := int64(0)
	for _, lot := range last.Lots {
		outcomes[lot.Standing]++
		bids += lot.Bids
	}
	t.Logf("%d entries, %d lots %v, %d bids; selling %s, auditing %s", last.Size, sold, outcomes, bids,
		selling.Round(time.Millisecond), auditing.Round(time.Millisecond))
}
