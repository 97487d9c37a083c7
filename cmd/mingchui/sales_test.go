package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
	"mingchui/cmd/mingchui/court"
	"mingchui/cmd/mingchui/house"
	"mingchui/cmd/mingchui/house/housetest"
	"mingchui/web/account"
	"mingchui/web/static"
)

const (
	// logsOfEach rule set are written, each by a house of its own: a hundred in all.
	logsOfEach = 50
	// The first longOfEach of them grow for rounds, with salesInRound each time;
	// the others hold one sale or two.
	longOfEach, rounds, salesInRound = 2, 5, 2
	// leastOfEach is how often the hundred logs hold each outcome, at least.
	// Chance is bent to twice as many; a slow machine may spoil some.
	leastOfEach = 10
	// papersLast is how long a docket that was read once serves: its reports age.
	papersLast = 30 * 24 * time.Hour
)

// I2, I6: a hundred houses under both rule sets each write a log of generated
// sales, with a tree and a key of its own. Over HTTP the auditor finds nothing
// in any, re-runs every lot to the result that the house holds, and follows the
// long ones from round to round by the checkpoint that it kept.
func TestI6_AuditorHoldsAHundredLogs(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	a := newAuditor(t)
	assets, err := static.Load()
	if err != nil {
		t.Fatal(err)
	}
	all := &logbook{keys: map[string]string{}, outcomes: map[string]int{}}
	t.Cleanup(func() { all.complete(t) })
	for _, rules := range []law.RuleSet{law.China2017(), law.Demonstration()} {
		t.Run(rules.Name, func(t *testing.T) {
			t.Parallel() // two at a time: within a rule set the houses share their servers
			w := writers{book: all, rules: rules, assets: assets, servers: housetest.NewServers(t)}
			if w.docket, err = court.ReadDocket(rules, time.Now()); err != nil {
				t.Fatal(err)
			}
			for i := range logsOfEach {
				t.Run(strconv.Itoa(i+1), func(t *testing.T) {
					w.write(t, a.keptApart(t), i, rand.New(rand.NewPCG(seed, uint64(i))))
				})
			}
		})
	}
}

// writers open one house after the other, and spare what their logs do not
// depend on: servers of their own, reading the docket and the assets again, and
// passwords that are hard to guess.
type writers struct {
	book    *logbook
	rules   law.RuleSet
	assets  *static.Assets
	servers *housetest.Servers
	docket  docket.File
}

// write lets the i-th house write its log and the auditor hold it.
func (w *writers) write(t *testing.T, a auditor, i int, luck *rand.Rand) {
	t.Helper()
	r := housetest.Open(t, housetest.Options{
		Rules: w.rules, Servers: w.servers,
		House: func(c *house.Config) {
			c.LogName = fmt.Sprintf("mingchui.example/%s/%d", w.rules.Name, i+1)
			c.Assets, c.Hash = w.assets, account.HashParams{MemoryKiB: 8, Iterations: 1, AtOnce: 4, MaxWaiting: 64}
		},
	})
	config := court.Config{House: r.House, Clock: r.Clock, SiteURL: r.SiteURL, Docket: &w.docket}
	opened := r.Clock.Now()
	if i >= longOfEach {
		sales, turn := 1, court.Turns()[i%len(court.Turns())]
		if i%5 == 0 {
			sales = 2
		}
		lots := sell(t, r, config, luck, sales, turn)
		w.book.enter(t, r, a.holds(r.SiteURL), lots)
		return
	}
	var lots []court.Sold
	var last verify.Report
	for round := range rounds {
		if r.Clock.Now().Sub(opened) > papersLast {
			config.Docket = nil
		}
		lots = append(lots, sell(t, r, config, luck, salesInRound, court.Turns()[round])...)
		last = a.holds(r.SiteURL)
		if len(last.Lots) != len(lots) {
			t.Errorf("round %d: %d lots were sold, the auditor re-ran %d", round+1, len(lots), len(last.Lots))
		}
	}
	w.book.enter(t, r, last, lots)
}

// sell holds n sales and leaves the house's books in order.
func sell(t *testing.T, r *housetest.Rig, config court.Config, luck *rand.Rand, n int, turns ...court.Turn) []court.Sold {
	t.Helper()
	lots, err := court.Sell(t.Context(), config, luck, n, turns...)
	if err != nil {
		t.Fatal(err)
	}
	r.RunDue()
	r.Fsck()
	return lots
}

// logbook is what the auditor said of the logs.
type logbook struct {
	mu sync.Mutex
	// keys are the logs' verifier keys, and which log has each.
	keys map[string]string
	// outcomes count what the logs hold.
	outcomes map[string]int
}

// enter compares a report with what the house sold and counts what it holds.
func (b *logbook) enter(t *testing.T, r *housetest.Rig, report verify.Report, lots []court.Sold) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	key, _, _ := strings.Cut(report.VerifierKey, "\n") // the batches' comes after it
	if other := b.keys[key]; other != "" || key != r.LogKey.VerifierKey() {
		t.Errorf("the log's key is %q, want %q of this log alone, not of %q too", key, r.LogKey.VerifierKey(), other)
	}
	b.keys[key] = report.Origin
	ran := map[string]verify.LotReport{}
	for _, lot := range report.Lots {
		ran[lot.Lot] = lot
		b.outcomes["bid"] += int(lot.Bids)
		b.outcomes["extended"] += int(lot.Extensions)
	}
	if len(ran) != len(lots) {
		t.Errorf("%d lots were sold, the auditor re-ran %d", len(lots), len(ran))
	}
	held := results(t, r)
	for _, lot := range lots {
		got, want := ran[lot.Lot.String()], held[lot.Lot]
		if got.Standing != standingOf(lot) || got.Stage != string(lot.Stage) || got.PriceFen != want.Price || got.LeaderCode != want.Leader {
			t.Errorf("the auditor re-ran %+v, the house holds %+v %+v", got, lot, want)
		}
		b.outcomes[got.Standing]++
		b.outcomes[got.Stage+" sale"]++
		b.outcomes["matched"] += want.Matches
	}
	b.outcomes["lot"] += len(lots)
	b.outcomes["entry"] += int(report.Size)
	for _, kind := range report.Kinds {
		switch kind.Kind {
		case course.Stay.EntryKind(), course.Resume.EntryKind(), audit.KindDefaulted, audit.KindHandedOver:
			b.outcomes[kind.Kind] += int(kind.Count)
		}
	}
}

// standingOf is how the auditor names a lot's end.
func standingOf(lot court.Sold) string {
	switch {
	case lot.Status == "withdrawn":
		return lot.Status
	case lot.Outcome == "unsold":
		return lot.Outcome
	}
	return string(course.Sold)
}

// result is what the house's rows say of a lot's course.
type result struct {
	Price   money.Fen
	Leader  string
	Matches int
}

func results(t *testing.T, r *housetest.Rig) map[uuid.UUID]result {
	t.Helper()
	rows, err := r.House.Pool.Query(t.Context(), `
		SELECT c.lot_id, coalesce(c.price_fen, 0), coalesce(c.leader_code, ''), (
			SELECT count(*) FROM bids a JOIN bids b ON b.lot_id = a.lot_id AND b.amount_fen = a.amount_fen AND b.seq > a.seq WHERE a.lot_id = c.lot_id
		) FROM courses c`)
	if err != nil {
		t.Fatal(err)
	}
	held := map[uuid.UUID]result{}
	var lot uuid.UUID
	var of result
	if _, err := pgx.ForEachRow(rows, []any{&lot, &of.Price, &of.Leader, &of.Matches}, func() error {
		held[lot] = of
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return held
}

// complete holds that all logs were written, and that every outcome came up in
// them; -run may have chosen a few.
func (b *logbook) complete(t *testing.T) {
	t.Helper()
	t.Logf("%d logs: %v", len(b.keys), b.outcomes)
	if len(b.keys) < 2*logsOfEach {
		return
	}
	for _, outcome := range []string{
		string(course.Sold), string(course.Unsold), "withdrawn", "matched", "extended", string(law.Second) + " sale", string(law.SellOff) + " sale",
		course.Stay.EntryKind(), course.Resume.EntryKind(), audit.KindDefaulted, audit.KindHandedOver,
	} {
		if n := b.outcomes[outcome]; n < leastOfEach {
			t.Errorf("%s: %d times, want at least %d", outcome, n, leastOfEach)
		}
	}
}
