package main

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"mingchui/auction/law"
	"mingchui/cmd/mingchui/house"
	"mingchui/payments/custody"
	"mingchui/payments/custody/bank"
	"mingchui/web/account"
)

// R18, I7: whoever has everything that is stored and logged before the end, but not the sealing key, cannot join a code to
// an account: not by a row that holds both, nor by following values from row to row, times to the minute and the database's
// own transaction marks included. That the search finds joins is shown by planting some.
func TestI7_NothingStoredJoinsACodeToAnAccount(t *testing.T) {
	t.Parallel()
	t.Run("page and transfer", func(t *testing.T) {
		t.Parallel()
		nothingJoins(t, func(*house.Config) {}, func(s *sale, pass func(time.Duration)) func(*seat) {
			maker, second := s.staff("dumpmaker", account.Finance), s.staff("dumpsecond", account.Finance)
			// All pay in both ways, for what one alone had in common with the court would lead to it.
			return func(seat *seat) { s.paysBothWays(pass, seat, maker, second) }
		}, "returning") // what came by a transfer goes back with the end (ADR 026)
	})
	t.Run("custodian", func(t *testing.T) {
		t.Parallel()
		var custodian *bank.Server
		nothingJoins(t, func(c *house.Config) { custodian = custodianOf(t, c) }, func(s *sale, _ func(time.Duration)) func(*seat) {
			custodian.SetNoticeURL(s.rig.SiteURL + "/webhooks/custodian")
			return func(seat *seat) { s.paysTheCustodian(seat, custodian) }
		}, "returned")
	})
}

// custodianOf gives a house a custodian for every deposit.
func custodianOf(t *testing.T, c *house.Config) *bank.Server {
	t.Helper()
	custodian, err := bank.New(bank.Config{Key: "k", Secret: "s", Now: c.Clock.Now, Sign: custody.Sign})
	must(t, err)
	api := httptest.NewServer(custodian.Handler())
	t.Cleanup(api.Close)
	c.Custodian = custody.Config{URL: api.URL, Key: "k", Secret: "s"}
	return custodian
}

// paysTheCustodian pays a deposit to the account that is its own.
func (s *sale) paysTheCustodian(seat *seat, custodian *bank.Server) {
	s.t.Helper()
	var in struct {
		Missing int64 `json:"missing_fen"`
		Custody struct {
			Number string `json:"number"`
		} `json:"custody"`
	}
	seat.get(path(s.lot, "payment-reference")).into(&in)
	_, err := custodian.Pay(s.t.Context(), in.Custody.Number, "payer "+in.Custody.Number, in.Missing)
	must(s.t, err)
}

// nothingJoins runs a sale whose deposits are paid in one way, up to its bids, and searches all that is stored; back is how the
// deposits stand that are not admitted.
func nothingJoins(t *testing.T, with func(*house.Config), way func(s *sale, pass func(time.Duration)) func(*seat), back string) {
	t.Helper()
	const admitEvery = 6 * time.Hour
	logged := &logBuffer{}
	w := openWorld(t, seedOf(t), law.China2017(), func(c *house.Config) {
		c.AdmitEvery = admitEvery
		c.Log = slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		with(c)
	})
	s := w.sealedSale()
	// Away from the machine's own time, which stands in logs and UUIDv7s; and away from the instant of a batch, which is
	// everybody's: who acts in that very minute shares it with all codes of the batch.
	w.to(w.now().Add(48 * time.Hour).Truncate(admitEvery).Add(admitEvery + 10*time.Minute))
	// People act minutes apart, the log places entries every second: what they do does not share a transaction of the log's.
	pass := func(d time.Duration) {
		t.Helper()
		w.awaitPlaced()
		w.to(w.now().Add(d))
		w.awaitPlaced()
	}
	var accounts, codes [][]string
	clerk, paid := w.staff("dumpclerk", account.Clerk), way(s, pass)
	// All are agents (R14): what one alone had in common with the lot would lead to whoever leads there.
	asAgent := func(p person, i int) uuid.UUID {
		t.Helper()
		r := jointly()
		for j, form := range []string{"44030019800101%04d", "91340000MA2N%06d"} { // nobody has two agents (R20a)
			r["principals"].([]map[string]any)[j]["id_number"] = fmt.Sprintf(form, i)
		}
		agency := s.confirmedAgency(p, clerk, r)
		pass(7 * time.Minute)
		return agency
	}
	for i := range 3 {
		// Each acts in minutes of its own, as people do.
		pass(7 * time.Minute)
		p := w.register()
		pass(7 * time.Minute)
		seat := s.unpaidFor(p, asAgent(p, i))
		pass(7 * time.Minute)
		paid(seat)
		pass(7 * time.Minute)
		s.seats = append(s.seats, seat)
		accounts = append(accounts, []string{w.account(p).String(), p.login})
		codes = append(codes, []string{seat.code})
		var e enrolment
		seat.get(path(s.lot, "enrolments/me")).into(&e)
		if e.Status != "awaiting_deposit" || e.Deposit.Status != "held" || e.BidderCode != seat.code {
			t.Fatalf("before its batch an enrolment is %+v", e)
		}
	}
	// Each has a second code under another account, which is paid and not admitted (R20a).
	var twice []*seat
	for i, first := range s.seats {
		twice = append(twice, s.secondCode(pass, first, asAgent, paid, 10+i))
		accounts = append(accounts, []string{w.account(twice[i].person).String(), twice[i].login})
		codes = append(codes, []string{twice[i].code})
	}
	pass(7 * time.Minute)
	asAgent(w.register(), 3) // who does not enrol; the lot's row bears the marks of this act alone
	pass(7 * time.Hour)      // the batch
	w.to(s.starts.Add(time.Minute))
	for i, seat := range s.seats {
		pass(3 * time.Minute)
		s.took(seat, seat.raise(s.start+int64(i+1)*s.step)) // not the starting price, which stands elsewhere too
	}
	s.stands("admitted", "held", s.seats...)
	s.stands("not_admitted", back, twice...)
	d := w.dump(logged, codes)
	t.Logf("%d rows and lines with %d values", len(d.rows), len(d.where))
	d.joins(t, accounts, codes)
	if t.Failed() {
		return
	}
	s.plantedJoinsAreFound(logged, accounts, codes)
}

// paysBothWays pays a deposit in two parts: one to the court's account, which one person of finance enters and another approves
// (F5), one on the page for the rest.
func (s *sale) paysBothWays(pass func(time.Duration), seat *seat, maker, second person) {
	s.t.Helper()
	var in struct {
		Reference string `json:"payment_reference"`
		Missing   int64  `json:"missing_fen"`
	}
	seat.get(path(s.lot, "payment-reference")).into(&in)
	pass(7 * time.Minute)
	var made struct {
		ID string `json:"id"`
	}
	maker.post("/api/v1/finance/transfers", map[string]any{
		"amount_fen": in.Missing / 2, "bank_reference": in.Reference[:8], "payer": in.Reference[8:], "payment_reference": in.Reference,
	}).into(&made)
	pass(7 * time.Minute)
	second.post("/api/v1/transfers-in/"+made.ID+"/decision", map[string]any{"approve": true})
	pass(7 * time.Minute)
	var e enrolment
	seat.get(path(s.lot, "enrolments/me")).into(&e)
	payOn(s.t, e.Deposit.PaymentURL, "succeed")
}

// secondCode is an agent's enrolment under another account of the number of who holds a code, after the court confirmed it.
func (s *sale) secondCode(pass func(time.Duration), first *seat, asAgent func(person, int) uuid.UUID, paid func(*seat), i int) *seat {
	s.t.Helper()
	pass(7 * time.Minute)
	p := s.register()
	pass(7 * time.Minute)
	agency := asAgent(p, i)
	_, err := s.pool.Exec(s.t.Context(), `UPDATE accounts SET id_number = (SELECT id_number FROM accounts WHERE login = $2) WHERE login = $1`, p.login, first.login)
	must(s.t, err)
	seat := s.unpaidFor(p, agency)
	pass(7 * time.Minute)
	paid(seat)
	pass(7 * time.Minute)
	return seat
}

// awaitPlaced waits until the log has placed every entry.
func (w *world) awaitPlaced() {
	w.t.Helper()
	await(w.t, "all entries placed in the log", 10*time.Millisecond, func() bool {
		var pending int
		if err := w.pool.QueryRow(w.t.Context(), `SELECT count(*) FROM pending`).Scan(&pending); err != nil {
			w.t.Fatal(err)
		}
		return pending == 0
	})
}

// plantedJoinsAreFound stores what must not be and expects the search to see it.
func (s *sale) plantedJoinsAreFound(logged *logBuffer, accounts, codes [][]string) {
	s.t.Helper()
	for name, sql := range map[string]string{
		"a row that holds both":  `INSERT INTO planted SELECT @account::text, @code::text`,
		"a time to the minute":   `INSERT INTO planted SELECT @code::text, to_char(date_trunc('minute', requested_at AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS') FROM deposits WHERE account_id = @account`,
		"the id of the deposit":  `INSERT INTO planted SELECT @code::text, id::text FROM deposits WHERE account_id = @account`,
		"the key of the payment": `INSERT INTO planted SELECT @code::text, idempotency_key FROM payments WHERE account_id = @account`,
	} {
		if _, err := s.pool.Exec(s.t.Context(), `CREATE TABLE planted (a text, b text)`); err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.pool.Exec(s.t.Context(), sql, pgx.NamedArgs{"account": accounts[1][0], "code": codes[1][0]}); err != nil {
			s.t.Fatal(err)
		}
		if found := s.dump(logged, codes).join(accounts, codes); len(found) == 0 {
			s.t.Errorf("%s was planted and is not found", name)
		}
		if _, err := s.pool.Exec(s.t.Context(), `DROP TABLE planted`); err != nil {
			s.t.Fatal(err)
		}
	}
}

// logBuffer keeps a log whole.
type logBuffer struct {
	mu   sync.Mutex
	kept bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept.Write(p)
}

func (b *logBuffer) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Split(b.kept.String(), "\n")
}

// dump is everything that is stored, as rows of values.
type dump struct {
	rows []dumped
	// where are the rows that hold a value.
	where map[string][]int
	// marks are values that count although they are short.
	marks map[string]bool
}

type dumped struct {
	from   string
	values []string
}

func (d *dump) add(from string, values []string) {
	slices.Sort(values)
	values = slices.Compact(values)
	for _, v := range values {
		d.where[v] = append(d.where[v], len(d.rows))
	}
	d.rows = append(d.rows, dumped{from, values})
}

// dump reads every row of every table with its transaction mark, every key of Redis, and the log's lines.
func (w *world) dump(logged *logBuffer, marks [][]string) *dump {
	w.t.Helper()
	d := &dump{where: map[string][]int{}, marks: map[string]bool{}}
	for _, m := range marks {
		d.marks[m[0]] = true
	}
	rows, err := w.pool.Query(w.t.Context(), `SELECT table_name FROM information_schema.tables
		WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'goose_db_version'`)
	if err != nil {
		w.t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	for _, table := range tables {
		name := pgx.Identifier{table}.Sanitize()
		rows, err := w.pool.Query(w.t.Context(), fmt.Sprintf(`SELECT to_jsonb(x)::text, 'xmin ' || x.xmin FROM %s x`, name))
		if err != nil {
			w.t.Fatal(err)
		}
		var row, xmin string
		if _, err := pgx.ForEachRow(rows, []any{&row, &xmin}, func() error {
			d.add(table, append(d.valuesOf(row), xmin))
			return nil
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	w.dumpRedis(d)
	for _, line := range logged.lines() {
		_, line, _ = strings.Cut(line, " ") // the machine's time
		d.add("log", d.valuesOf(line))
	}
	return d
}

func (w *world) dumpRedis(d *dump) {
	w.t.Helper()
	ctx, rdb := w.t.Context(), w.rig.Redis.Client()
	keys, err := rdb.Keys(ctx, "*").Result()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, key := range keys {
		var value any
		var err error
		switch kind := rdb.Type(ctx, key).Val(); kind {
		case "string":
			value, err = rdb.Get(ctx, key).Result()
		case "hash":
			value, err = rdb.HGetAll(ctx, key).Result()
		case "set":
			value, err = rdb.SMembers(ctx, key).Result()
		case "stream":
			value, err = rdb.XRange(ctx, key, "-", "+").Result()
		case "none": // it ended meanwhile
		default:
			w.t.Fatalf("Redis holds %s of type %s", key, kind)
		}
		if err != nil && !errors.Is(err, redis.Nil) {
			w.t.Fatal(err)
		}
		d.add("redis "+key, d.valuesOf(fmt.Sprintf("%s %v", key, value)))
	}
}

var (
	// A value worth following: a word of letters and digits, with what ids, times, hashes and logins hold.
	word = regexp.MustCompile(`[0-9A-Za-z_:.+\-]{5,}`)
	when = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d`)
)

// valuesOf takes a text apart: the values of JSON, without its names, and the words of what is none. Bytes that are JSON are
// read as such; an instant counts to the minute. Words below five signs and numbers below eight digits join anything to
// anything and are left out.
func (d *dump) valuesOf(text string) (out []string) {
	var v any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if strings.HasPrefix(text, "{") && decoder.Decode(&v) == nil {
		return d.flat(v)
	}
	for _, v := range word.FindAllString(text, -1) {
		v = strings.Trim(v, ":.-+")
		switch {
		case d.marks[v]:
		case when.MatchString(v):
			v = v[:len("2006-01-02T15:04")]
		case len(v) < 5, len(v) < 8 && strings.Trim(v, "0123456789") == "":
			continue
		}
		out = append(out, v)
	}
	return out
}

func (d *dump) flat(v any) (out []string) {
	switch x := v.(type) {
	case map[string]any:
		for _, one := range x {
			out = append(out, d.flat(one)...)
		}
	case []any:
		for _, one := range x {
			out = append(out, d.flat(one)...)
		}
	case json.Number:
		out = d.valuesOf(x.String())
	case string:
		if digits, isBytes := strings.CutPrefix(x, `\x`); isBytes {
			if b, err := hex.DecodeString(digits); err == nil && json.Valid(b) {
				return d.valuesOf(string(b))
			}
		}
		out = d.valuesOf(x)
	}
	return out
}

// step is how a value was reached: from which, over which row.
type step struct {
	from string
	row  int
}

// reach is what one can follow to from a bidder's marks without passing over a value that several of the same kind have.
func (d *dump) reach(marks [][]string, shared map[string]bool) []map[string]step {
	const far = 4
	sets := make([]map[string]step, len(marks))
	for i, m := range marks {
		sets[i] = map[string]step{}
		for _, v := range m {
			sets[i][v] = step{}
		}
	}
	for range far {
		count := map[string]int{}
		next := make([]map[string]step, len(sets))
		for i, set := range sets {
			next[i] = maps.Clone(set)
			for v := range set {
				for _, row := range d.where[v] {
					for _, other := range d.rows[row].values {
						if _, known := next[i][other]; !known {
							next[i][other] = step{v, row}
						}
					}
				}
			}
			for v := range next[i] {
				count[v]++
			}
		}
		for v, n := range count {
			shared[v] = shared[v] || n > 1
		}
		for _, set := range next {
			maps.DeleteFunc(set, func(v string, _ step) bool { return shared[v] })
		}
		sets = next
	}
	return sets
}

// way tells how a value was reached.
func (d *dump) way(set map[string]step, v string) string {
	text := v
	for s := set[v]; s.from != ""; s = set[s.from] {
		text = fmt.Sprintf("%s -[%s]- %s", s.from, d.rows[s.row].from, text)
	}
	return text
}

// join lists the values by which an account and a code come together.
func (d *dump) join(accounts, codes [][]string) []string {
	var found []string
	for _, r := range d.rows {
		for _, a := range accounts {
			for _, c := range codes {
				if slices.Contains(r.values, c[0]) && (slices.Contains(r.values, a[0]) || slices.Contains(r.values, a[1])) {
					found = append(found, fmt.Sprintf("a row of %s holds %s and %s", r.from, a[1], c[0]))
				}
			}
		}
	}
	shared := map[string]bool{}
	left, right := d.reach(accounts, shared), d.reach(codes, shared)
	for i, a := range left {
		for j, c := range right {
			for v := range a {
				if _, both := c[v]; both && !shared[v] {
					found = append(found, fmt.Sprintf("%s and %s come together: %s; and %s", accounts[i][1], codes[j][0], d.way(a, v), d.way(c, v)))
				}
			}
		}
	}
	return found
}

func (d *dump) joins(t *testing.T, accounts, codes [][]string) {
	t.Helper()
	for _, a := range accounts {
		if len(d.where[a[0]]) < 4 {
			t.Fatalf("the dump has %d rows of %s", len(d.where[a[0]]), a[1])
		}
	}
	for _, c := range codes {
		if len(d.where[c[0]]) < 2 { // one that is not admitted has its enrolment and its session
			t.Fatalf("the dump has %d rows of code %s", len(d.where[c[0]]), c[0])
		}
	}
	found := d.join(accounts, codes)
	slices.SortFunc(found, func(a, b string) int { return cmp.Compare(len(a), len(b)) }) // the shortest ways first
	for i, f := range found {
		if i == 20 {
			t.Errorf("and %d more", len(found)-i)
			return
		}
		t.Error(f)
	}
}
