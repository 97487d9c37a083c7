package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/cmd/mingchui/house"
	"mingchui/cmd/mingchui/house/housetest"
	"mingchui/deploy/local"
	"mingchui/payments/gateway"
	"mingchui/web/account"
)

// world is a court with its judges on a house whose clock is stepped, and the
// payment stand-in as a process of its own, whose clock follows.
type world struct {
	t       *testing.T
	rig     *housetest.Rig
	rules   law.RuleSet
	figures *figures
	pool    *pgxpool.Pool
	// config is what the house was opened with.
	config house.Config
	// public is nobody in particular; provider holds the stand-in's key.
	public, provider person
	court            uuid.UUID
	judges           [3]person
	bidders          int
	// people are all who signed in, and signedInAt is when they last did.
	people     []*person
	signedInAt time.Time
}

const (
	worldKey  = "sk_test_road"
	worldHook = "whsec_road"
)

func openWorld(t *testing.T, seed uint64, rules law.RuleSet, change ...func(*house.Config)) *world {
	t.Helper()
	port, err := local.FreePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	payments := fmt.Sprintf("http://127.0.0.1:%d", port)
	w := &world{t: t, rules: rules, figures: newFigures(t, seed), signedInAt: time.Now()}
	w.rig = housetest.Open(t, housetest.Options{Rules: rules, House: func(c *house.Config) {
		c.Stripe = gateway.Config{SecretKey: worldKey, WebhookSecret: worldHook, BaseURL: payments}
		for _, f := range change {
			f(c)
		}
		w.config = *c
	}})
	w.pool, w.public, w.provider = w.rig.House.Pool, person{t: t, site: w.rig.SiteURL}, person{t: t, site: payments, token: worldKey}
	w.startStandin(fmt.Sprintf("127.0.0.1:%d", port))
	w.openCourt()
	return w
}

// startStandin runs mingchui standin; it ends with the test.
func (w *world) startStandin(address string) {
	w.t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(w.t.Context(), program(w.t), "standin", "--listen", address, "--webhook-url", w.rig.SiteURL+"/webhooks/stripe")
	cmd.Env = []string{"MINGCHUI_STRIPE_SECRET_KEY=" + worldKey, "MINGCHUI_STRIPE_WEBHOOK_SECRET=" + worldHook}
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
		if w.t.Failed() && out.Len() > 0 {
			w.t.Logf("the stand-in's log:\n%s", &out)
		}
	})
	await(w.t, "the stand-in", 10*time.Millisecond, func() bool {
		req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.provider.site+"/c/mark.svg", http.NoBody)
		if err != nil {
			w.t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		return res.Body.Close() == nil && res.StatusCode == http.StatusOK
	})
}

// openCourt brings the court into being by importing a case of its own, as an
// operator does, and signs three of its judges in.
func (w *world) openCourt() {
	w.t.Helper()
	file := demonstrationDocket(w.t)
	file.Cases = []docket.Case{w.figures.sale(w.now(), w.rules)}
	made, err := w.rig.House.Auction.Import(w.t.Context(), file, auction.Actor{Role: string(account.Operator)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.court = made.CourtID
	for i := range w.judges {
		w.judges[i] = w.staff(fmt.Sprintf("judge%d", i+1), account.Judge)
		w.people = append(w.people, &w.judges[i])
	}
}

// staff makes a staff account and signs it in.
func (w *world) staff(login string, role account.Role) person {
	w.t.Helper()
	_, err := w.rig.House.Accounts.Create(w.t.Context(), account.Staff{
		Login: login, Password: password, Role: role, CourtID: w.court, RealName: w.figures.name().Zh,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.public.signIn(login)
}

func (w *world) now() time.Time { return w.rig.Clock.Now() }

// to steps both clocks to an instant, and lets everything happen that is due then.
func (w *world) to(at time.Time) {
	w.t.Helper()
	w.step(at)
	if w.now().Sub(w.signedInAt) > tokenLife {
		w.signedInAt = w.now()
		for _, p := range w.people {
			p.again()
		}
	}
	w.settle()
}

// step steps both clocks to an instant; what is due then waits.
func (w *world) step(at time.Time) {
	w.t.Helper()
	before := w.rig.Clock.Offset()
	w.rig.Pass(at)
	if moved := w.rig.Clock.Offset() - before; moved > 0 {
		w.control("clock", map[string]any{"advance": moved})
	}
}

// tokenLife is below how long a token lasts.
const tokenLife = 12 * time.Hour

// control turns a knob of the stand-in.
func (w *world) control(path string, v any) {
	w.t.Helper()
	if r := w.provider.post("/standin/"+path, v); r.status != http.StatusOK {
		w.t.Fatalf("%s: answered %d: %s", r.call, r.status, r.body)
	}
}

// settle runs the machine's duties that are due, and those that webhooks under
// way bring, until nothing is left to do.
func (w *world) settle() {
	w.t.Helper()
	for {
		w.control("flush", map[string]any{})
		n, err := w.rig.House.Duties.RunDue(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// register makes a bidder's account over the API.
func (w *world) register() person {
	w.t.Helper()
	w.bidders++
	login := fmt.Sprintf("buyer%d", w.bidders)
	var made struct {
		Login string `json:"login"`
	}
	w.public.post("/api/v1/accounts", map[string]string{
		"login": login, "password": password, "real_name": w.figures.name().Zh, "id_number": fmt.Sprintf("11010519491231%03dX", w.bidders),
	}).into(&made)
	return w.public.signIn(made.Login)
}

// list brings a case with its property and lot to the court, step by step, over
// the API, and returns the case's and the lot's id.
func (w *world) list(c docket.Case) (caseID, lot uuid.UUID) {
	w.t.Helper()
	judge := w.judges[0]
	caseID = judge.post("/api/v1/cases", without(w.t, c, "assets", "lots")).made()
	asset := judge.post(fmt.Sprintf("/api/v1/cases/%s/assets", caseID), without(w.t, c.Assets[0], "ref")).made()
	return caseID, judge.post(fmt.Sprintf("/api/v1/assets/%s/lots", asset), newLot(w.t, c.Lots[0])).made()
}

func newLot(t *testing.T, l docket.Lot) map[string]any {
	t.Helper()
	return map[string]any{"lot": without(t, l, "ref", "asset_refs")}
}

// announce lets the three judges vote and publishes the lot, with lead to spare,
// and returns when bidding begins and ends.
func (w *world) announce(lot uuid.UUID, lead, length time.Duration) (starts, ends time.Time) {
	w.t.Helper()
	for _, judge := range w.judges {
		judge.post(path(lot, "votes"), map[string]any{"approve": true}).into(new(any))
	}
	starts = w.now().Add(lead).Truncate(time.Second)
	ends = starts.Add(length)
	w.judges[1].post(path(lot, "announcement"), map[string]any{"starts_at": starts, "ends_at": ends}).into(new(any))
	w.settle()
	return starts, ends
}

func path(lot uuid.UUID, call string) string { return fmt.Sprintf("/api/v1/lots/%s/%s", lot, call) }

// stateTables are what a refused request may not change. Left out are the tables
// of answers, of sessions, of counted refusals, and of what works on by itself: ticks move the marks of shards and spans.
const stateTables = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
	AND table_name NOT LIKE 'river%' AND table_name NOT IN ('goose_db_version', 'idempotency', 'tokens', 'bidding_sessions', 'pending', 'leaves', 'tree', 'tree_hashes', 'outbox',
		'refusals_by_minute', 'refusal_flushes', 'heartbeats', 'shards', 'spans')
	ORDER BY table_name`

// state digests every row of every table.
func (w *world) state() map[string]string {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), stateTables)
	if err != nil {
		w.t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	parts := make([]string, len(tables))
	for i, table := range tables {
		name := pgx.Identifier{table}.Sanitize()
		parts[i] = fmt.Sprintf(`SELECT '%s', count(*) || ' ' || md5(coalesce(string_agg(x::text, ' ' ORDER BY x::text), '')) FROM %s x`, table, name)
	}
	rows, err = w.pool.Query(w.t.Context(), strings.Join(parts, " UNION ALL "))
	if err != nil {
		w.t.Fatal(err)
	}
	digests := map[string]string{}
	var table, digest string
	if _, err := pgx.ForEachRow(rows, []any{&table, &digest}, func() error { digests[table] = digest; return nil }); err != nil {
		w.t.Fatal(err)
	}
	return digests
}

// unchanged fails when any table differs after acts that were to change nothing.
func (w *world) unchanged(what string, acts func()) {
	w.t.Helper()
	w.relayed() // what was told before is not queued for a court's finance meanwhile
	before := w.state()
	acts()
	after := w.state()
	for _, table := range slices.Sorted(maps.Keys(before)) {
		if before[table] != after[table] {
			w.t.Errorf("%s: the table %s was changed", what, table)
		}
	}
}
