package court

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mingchui/auction/law"
	"mingchui/cmd/mingchui/house/housetest"
)

func config(r *housetest.Rig) Config {
	return Config{House: r.House, Clock: r.Clock, SiteURL: r.SiteURL, Password: "a demonstration"}
}

// warnings is a log that keeps what should not happen.
func warnings(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// stood is a lot as the seeding left it.
type stood struct {
	Status, Outcome  string
	Stage            law.Stage
	Bids, Extensions int
	Increments       int
	// Live: bidding has begun and has not ended.
	Live bool
}

// Lots of every kind stand where the plan wants them when the clock arrives at
// the present: bids, extensions and price as planned, and all books in order.
func TestSeed_LotsStandWhereThePlanWantsThem(t *testing.T) {
	t.Parallel()
	r := housetest.Open(t, housetest.Options{Start: time.Now().Add(-Past)})
	cfg := config(r)
	logged := &strings.Builder{}
	cfg.Log = warnings(logged)
	told := 0
	cfg.Progress = func(done, _ int, _ string) { told = done }
	want := map[string]struct {
		is    stood // of the docket's own lot; bids, extensions and price are the plan's
		later []stood
	}{
		"MH-001": {is: stood{Status: "announced", Live: true}},
		"MH-002": {is: stood{Status: "announced"}},
		"MH-005": {is: stood{Status: "ended", Outcome: "ruled"}},
		"MH-008": {
			is:    stood{Status: "ended", Outcome: "unsold"},
			later: []stood{{Status: "ended", Outcome: "ruled", Stage: law.Second, Bids: 8, Extensions: 1, Increments: 11}},
		},
		"MH-011": {is: stood{Status: "ended", Outcome: "ruled"}},
		"MH-019": {is: stood{Status: "ended", Outcome: "sold"}},
		"MH-022": {is: stood{Status: "ended", Outcome: "paid"}},
		"MH-028": {is: stood{Status: "ended", Outcome: "defaulted"}, later: []stood{{Status: "announced", Stage: law.First}}},
		"MH-033": {is: stood{Status: "announced", Stage: law.SellOff, Live: true}},
		"MH-034": {is: stood{Status: "ended", Outcome: "unsold"}, later: []stood{{Status: "draft", Stage: law.Second}}},
		"MH-036": {is: stood{Status: "withdrawn"}},
		"MH-041": {is: stood{Status: "suspended", Live: true}},
		"MH-042": {is: stood{Status: "suspended"}},
	}
	if err := seed(t.Context(), cfg, func(ref string) bool { _, some := want[ref]; return some }); err != nil {
		t.Fatal(err)
	}
	if r.Clock.Offset() != 0 {
		t.Errorf("the clock stands %s from the present", r.Clock.Offset())
	}
	if told != len(want) {
		t.Errorf("%d lots were told, want %d", told, len(want))
	}
	if logged.Len() > 0 {
		t.Errorf("the scripts met errors:\n%s", logged)
	}
	p, err := readPlan()
	if err != nil {
		t.Fatal(err)
	}
	titles := titlesOf(t)
	for ref, w := range want {
		planned := p.Lots[ref]
		w.is.Bids, w.is.Extensions, w.is.Increments = planned.Bids, planned.Extensions, planned.Increments
		if w.is.Stage == "" {
			w.is.Stage = law.First
		}
		got := standing(t, r, titles[ref])
		wanted := append([]stood{w.is}, w.later...)
		if len(got) != len(wanted) {
			t.Errorf("%s: %d sales, want %d", ref, len(got), len(wanted))
			continue
		}
		for i := range got {
			if planned.Stage != hintLive && planned.Stage != hintSuspended && planned.Then != "live" {
				wanted[i].Live = false
			}
			if got[i] != wanted[i] {
				t.Errorf("%s, sale %d: %+v, want %+v", ref, i+1, got[i], wanted[i])
			}
		}
	}
	r.RunDue()
	r.Fsck()
}

func titlesOf(t *testing.T) map[string]string {
	t.Helper()
	file, err := ReadDocket(law.Demonstration(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	titles := map[string]string{}
	for _, c := range file.Cases {
		for _, l := range c.Lots {
			titles[l.Ref] = l.Title.Zh
		}
	}
	return titles
}

// standing reads the sales of a lot, oldest first.
func standing(t *testing.T, r *housetest.Rig, title string) []stood {
	t.Helper()
	rows, err := r.House.Pool.Query(t.Context(), `
		SELECT l.status, coalesce(l.outcome, ''), l.stage, coalesce(c.bids, 0), coalesce(c.extensions, 0),
			coalesce((c.price_fen - l.starting_price_fen) / l.increment_fen, 0),
			l.status <> 'withdrawn' AND c.phase <> 'closed' AND c.starts_at <= @now AND c.ends_at > @now
		FROM lots l LEFT JOIN courses c ON c.lot_id = l.id WHERE l.title_zh = @title ORDER BY l.id`,
		pgx.NamedArgs{"title": title, "now": r.Clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (stood, error) {
		var s stood
		var live *bool
		err := row.Scan(&s.Status, &s.Outcome, &s.Stage, &s.Bids, &s.Extensions, &s.Increments, &live)
		s.Live = live != nil && *live
		return s, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A priority purchaser of the plan takes the leading price as it stands (R21).
func TestR21_APlannedPurchaserMatches(t *testing.T) {
	t.Parallel()
	r := housetest.Open(t, housetest.Options{Start: time.Now().Add(-Past)})
	if err := seed(t.Context(), config(r), func(ref string) bool { return ref == "MH-009" }); err != nil {
		t.Fatal(err)
	}
	var matches int
	err := r.House.Pool.QueryRow(t.Context(), `
		SELECT count(*) FROM bids a JOIN bids b ON b.lot_id = a.lot_id AND b.amount_fen = a.amount_fen AND b.seq > a.seq
		JOIN enrolments e ON e.lot_id = b.lot_id AND e.bidder_code = b.bidder_code AND e.capacity = 'priority'`).Scan(&matches)
	if err != nil {
		t.Fatal(err)
	}
	if matches != 1 {
		t.Errorf("%d matches, want 1", matches)
	}
}
