package bidding

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

func (w *world) limit(lot uuid.UUID, code string, amount money.Fen) MaximumBid {
	return MaximumBid{Lot: lot, Code: code, Amount: amount, Key: freshKey(), ReceivedAt: w.clock.Now()}
}

func (w *world) mustSet(e *Engine, b MaximumBid) MaximumSet {
	w.t.Helper()
	set, err := e.SetMaximum(w.t.Context(), b)
	if err != nil {
		w.t.Fatalf("maximum of %s: %v", b.Code, err)
	}
	return set
}

// story is a lot's bids as stored: "A0001 10000000 automatic".
func (w *world) story(lot uuid.UUID) (story []string) {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), `SELECT bidder_code || ' ' || amount_fen || CASE WHEN automatic THEN ' automatic' ELSE '' END
FROM bids WHERE lot_id = $1 ORDER BY seq`, lot)
	if err == nil {
		story, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return story
}

func (w *world) wantStory(lot uuid.UUID, want ...string) {
	w.t.Helper()
	if got := w.story(lot); !slices.Equal(got, want) {
		w.t.Errorf("bids %q, want %q", got, want)
	}
}

// openings reads the opened maxima of a lot as the log tells them.
func (w *world) openings(lot uuid.UUID) (list []audit.MaximumOpened) {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), `SELECT bytes FROM entries WHERE lot_id = $1 AND kind = $2 ORDER BY id`, lot, audit.KindMaximumOpened)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range raw {
		e, err := audit.Parse(b)
		var body audit.MaximumOpened
		if err == nil {
			err = json.Unmarshal(e.Body, &body)
		}
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, body)
	}
	return list
}

// TestMaximum_IsBidUpToAndOpenedAtTheEnd is a lot's life with maximum bids.
func TestMaximum_IsBidUpToAndOpenedAtTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot := w.openLot(e, sale{maximumBids: true}, "A1", "B1", "C1")
	first := w.limit(lot, "A1", 12_000_000)
	set := w.mustSet(e, first)
	if !set.Leads || set.Price != 10_000_000 || set.Commitment != course.Commit(lot, "A1", 12_000_000, set.Salt) {
		t.Errorf("set: %+v", set)
	}
	if receipt, err := e.Receipt(t.Context(), set.ReceiptID); err != nil || !strings.Contains(receipt.Entry, set.Commitment) {
		t.Errorf("receipt %+v: %v", receipt, err)
	}
	if again := w.mustSet(e, first); again != set {
		t.Errorf("the same key gives %+v, gave %+v", again, set)
	}
	other := first
	other.Amount++
	if _, err := e.SetMaximum(t.Context(), other); fault.CodeOf(err) != fault.IdempotencyKeyReused {
		t.Errorf("another amount under the key: %v", err)
	}
	w.refused(e, Bid{Lot: lot, Code: "A1", Amount: 12_000_000, Key: first.Key}, fault.IdempotencyKeyReused)
	if _, err := e.WithdrawMaximum(t.Context(), first); fault.CodeOf(err) != fault.IdempotencyKeyReused {
		t.Errorf("withdrawn under the key: %v", err)
	}
	w.mustBid(e, lot, "B1", 10_100_000)
	second := w.mustSet(e, w.limit(lot, "B1", 11_050_000))
	if second.Leads || second.Price != 11_100_000 {
		t.Errorf("the lower maximum: %+v", second)
	}
	w.mustSet(e, w.limit(lot, "C1", 11_200_000))
	gone := w.limit(lot, "A1", 0)
	withdrawn, err := e.WithdrawMaximum(t.Context(), gone)
	if err != nil || !withdrawn.Leads {
		t.Fatalf("withdrawn %+v: %v", withdrawn, err)
	}
	if _, err := e.WithdrawMaximum(t.Context(), w.limit(lot, "A1", 0)); fault.CodeOf(err) != fault.MaximumNone {
		t.Errorf("withdrawn again: %v", err)
	}
	w.mustBid(e, lot, "B1", 11_400_000)
	w.wantStory(lot, "A1 10000000 automatic", "B1 10100000", "A1 10200000 automatic", "B1 11000000 automatic", "A1 11100000 automatic",
		"C1 11200000 automatic", "A1 11300000 automatic", "B1 11400000")
	if n := len(w.openings(lot)); n > 0 {
		t.Errorf("%d maxima were opened before the end", n)
	}
	w.pass(e, 24*time.Hour+time.Minute)
	opened := w.openings(lot)
	if len(opened) != 3 {
		t.Fatalf("opened %+v", opened)
	}
	for _, o := range opened {
		if o.Seq == set.Seq && (o.AmountFen != 12_000_000 || o.Salt != hex.EncodeToString(set.Salt[:]) || o.BidderCode != "A1") {
			t.Errorf("%+v opens %+v", o, set)
		}
	}
	// Redis may forget a closed lot; its keys are still known.
	w.redis.Wipe()
	if again, err := e.SetMaximum(t.Context(), first); err != nil || again.Seq != set.Seq || again.Salt != set.Salt {
		t.Errorf("after the end the same key gives %+v, %v", again, err)
	}
	if again, err := e.WithdrawMaximum(t.Context(), gone); err != nil || again.Seq != withdrawn.Seq {
		t.Errorf("after the end the withdrawal's key gives %+v, %v", again, err)
	}
	if _, err := e.SetMaximum(t.Context(), w.limit(lot, "A1", 20_000_000)); fault.CodeOf(err) != fault.Closed {
		t.Errorf("set after the end: %v", err)
	}
}

func TestMaximum_WhereItIsNotOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot := w.openLot(e, sale{}, "A1")
	if _, err := e.SetMaximum(t.Context(), w.limit(lot, "A1", 12_000_000)); fault.CodeOf(err) != fault.MaximumNotOffered {
		t.Errorf("set: %v", err)
	}
	if _, err := e.WithdrawMaximum(t.Context(), w.limit(lot, "A1", 0)); fault.CodeOf(err) != fault.MaximumNotOffered {
		t.Errorf("withdrawn: %v", err)
	}
	w.mustBid(e, lot, "A1", 10_000_000)
	keys, err := w.redis.Client().Keys(t.Context(), "*max:*").Result()
	if err != nil || len(keys) > 0 {
		t.Errorf("Redis holds %v, %v", keys, err)
	}
	entries, err := w.redis.Client().XRange(t.Context(), streamKey(0, 1), "-", "+").Result()
	for _, entry := range entries {
		if text := fmt.Sprint(entry.Values["p"]); strings.Contains(text, "maximum") || strings.Contains(text, "automatic") {
			t.Errorf("the stream says %s", text)
		}
	}
	if err != nil {
		t.Error(err)
	}
	// The table holds the same, whatever writes to it.
	_, err = w.pool.Exec(t.Context(), `INSERT INTO maxima (lot_id, seq, bidder_code, idempotency_key, accepted_at, ends_at) VALUES ($1, 1, 'A1', 'k', now(), now())`, lot)
	if pg, ok := err.(*pgconn.PgError); !ok || pg.Code != "23001" { //nolint:errorlint // Exec gives it unwrapped
		t.Errorf("a maximum of a lot that offers none: %v", err)
	}
}

func TestMaximum_LivesThroughTheLossOfRedis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot := w.openLot(e, sale{maximumBids: true}, "A1", "B1", "C1")
	first := w.limit(lot, "A1", 20_000_000)
	set := w.mustSet(e, first)
	w.mustSet(e, w.limit(lot, "B1", 11_000_000))
	w.mustSet(e, w.limit(lot, "C1", 12_000_000))
	if _, err := e.WithdrawMaximum(t.Context(), w.limit(lot, "C1", 0)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		w.redis.Wipe()
		w.mustBid(e, lot, "B1", 13_000_000+200_000*money.Fen(i))
		w.redis.Wipe()
		if again := w.mustSet(e, first); again.Seq != set.Seq || !again.Leads {
			t.Errorf("the same key gives %+v, gave %+v", again, set)
		}
	}
	w.wantStory(lot, "A1 10000000 automatic", "B1 11000000 automatic", "A1 11100000 automatic", "C1 12000000 automatic", "A1 12100000 automatic",
		"B1 13000000", "A1 13100000 automatic", "B1 13200000", "A1 13300000 automatic", "B1 13400000", "A1 13500000 automatic")
	w.pass(e, 24*time.Hour+time.Minute)
	if n := len(w.openings(lot)); n != 3 {
		t.Errorf("%d opened", n)
	}
}

// TestMaximum_AnswersLostWithTheirCommitAreGivenAfterTheEpoch: the maximum is committed, another epoch begins before its answers are.
func TestMaximum_AnswersLostWithTheirCommitAreGivenAfterTheEpoch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, err := NewEngine(w.config())
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	armed, calls := false, 0
	e.probe = func(point string) error {
		mu.Lock()
		defer mu.Unlock()
		if !armed || point != "before commit" {
			return nil
		}
		switch calls++; calls {
		case 1: // the run as a whole is refused, so it goes row by row
			return &pgconn.PgError{Code: "22000"}
		case 3: // the maximum is committed; its answer meets another's fence
			armed = false
			_, err := w.pool.Exec(t.Context(), `UPDATE shards SET epoch = epoch + 1 WHERE shard = 0`)
			return err
		}
		return nil
	}
	w.run(e)
	lot := w.openLot(e, sale{maximumBids: true}, "A1", "B1")
	w.mustBid(e, lot, "B1", 10_000_000)
	mu.Lock()
	armed = true
	mu.Unlock()
	b := w.limit(lot, "A1", 12_000_000)
	set, err := e.SetMaximum(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return len(w.story(lot)) == 2 })
	w.wantStory(lot, "B1 10000000", "A1 10100000 automatic")
	var kinds []string
	rows, err := w.pool.Query(t.Context(), `SELECT kind FROM course_events WHERE lot_id = $1 AND seq >= $2 ORDER BY seq`, lot, set.Seq)
	if err == nil {
		kinds, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil || !slices.Equal(kinds, []string{"maximum", "epoch", "bid"}) {
		t.Errorf("events %v, %v", kinds, err)
	}
	w.pass(e, 24*time.Hour+time.Minute) // fsck re-runs it with its opening
	if n := len(w.openings(lot)); n != 1 {
		t.Errorf("%d opened", n)
	}
}

// TestMaximum_NothingTellsHowHighBeforeTheEnd looks for the amount and the salt wherever something is kept, sent or logged.
func TestMaximum_NothingTellsHowHighBeforeTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var log bytes.Buffer
	var mu sync.Mutex
	e, _ := w.start(func(c *EngineConfig) {
		c.Log = slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	lot := w.openLot(e, sale{maximumBids: true}, "A1", "B1")
	const amount = money.Fen(7_321_984_651)
	set := w.mustSet(e, w.limit(lot, "A1", amount))
	w.redis.Wipe()
	w.mustBid(e, lot, "B1", 10_100_000)
	secrets := map[string][]byte{
		"the amount": []byte("7321984651"), "the amount in yuan": []byte("73219846"), "the salt": []byte(hex.EncodeToString(set.Salt[:])), "the salt's bytes": set.Salt[:],
	}
	look := func(where string, b []byte) {
		t.Helper()
		for what, secret := range secrets {
			if bytes.Contains(b, secret) {
				t.Errorf("%s holds %s", where, what)
			}
		}
	}
	tables, err := w.pool.Query(t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(tables, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		rows, err := w.pool.Query(t.Context(), `SELECT convert_to(t::text, 'UTF8') FROM `+pgx.Identifier{name}.Sanitize()+` AS t`)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			look("table "+name, line)
			look("table "+name, unhex(line))
		}
	}
	receipt, err := e.Receipt(t.Context(), set.ReceiptID)
	if err != nil {
		t.Fatal(err)
	}
	look("the receipt", []byte(receipt.Entry+receipt.Proof))
	mu.Lock()
	defer mu.Unlock()
	look("the server's log", log.Bytes())
	if len(names) < 30 || log.Len() == 0 {
		t.Errorf("%d tables and %d bytes of log were looked at", len(names), log.Len())
	}
}

// unhex gives the bytes of all \x… in a row's text, one after the other.
func unhex(line []byte) []byte {
	var out []byte
	for _, part := range bytes.Split(line, []byte(`\x`))[1:] {
		end := bytes.IndexFunc(part, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) })
		if end < 0 {
			end = len(part)
		}
		b, _ := hex.DecodeString(string(part[:end])) // as far as it goes
		out = append(out, b...)
	}
	return out
}

type lockedWriter struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (w lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(b)
}

// TestI2_FsckFindsSpoiledMaxima changes one thing at a time, and takes it back.
func TestI2_FsckFindsSpoiledMaxima(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot := w.openLot(e, sale{maximumBids: true}, "A1", "B1")
	w.mustSet(e, w.limit(lot, "A1", 12_000_000))
	w.mustSet(e, w.limit(lot, "B1", 11_000_000))
	w.pass(e, 24*time.Hour+time.Minute)
	for spoil, want := range map[string]string{
		`DELETE FROM entries WHERE lot_id = $1 AND kind = 'lot.maximum_opened'`:                              string(course.NotOpened),
		`DELETE FROM maxima WHERE lot_id = $1 AND bidder_code = 'B1'`:                                        "another maximum or none",
		`UPDATE maxima SET commitment = repeat('0', 64) WHERE lot_id = $1`:                                   "another maximum or none",
		`INSERT INTO maxima SELECT lot_id, 1, 'A1', 'x', now(), now() FROM maxima WHERE lot_id = $1 LIMIT 1`: "where no event set one",
		`UPDATE bids SET automatic = false, idempotency_key = 'x' || seq WHERE lot_id = $1`:                  "bids has another bid or none",
	} {
		f := &fsck{batches: map[uuid.UUID][]audit.Hash{}}
		tx, err := w.pool.Begin(t.Context())
		if err == nil {
			_, err = tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica`)
		}
		if err == nil {
			_, err = tx.Exec(t.Context(), spoil, lot)
		}
		if err == nil {
			err = f.lot(t.Context(), tx, lot)
		}
		if err != nil {
			t.Fatalf("%s: %v", spoil, err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(f.found, func(p Problem) bool { return strings.Contains(p.Detail, want) }) {
			t.Errorf("%s: found %+v", spoil, f.found)
		}
	}
}

// TestMaximum_ALotWhoseSealsAreBrokenIsHaltedAlone: its neighbour in the shard goes on after the loss of Redis.
func TestMaximum_ALotWhoseSealsAreBrokenIsHaltedAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot, next := w.openLot(e, sale{maximumBids: true}, "A1"), w.openLot(e, sale{maximumBids: true}, "A1", "B1")
	for _, l := range []uuid.UUID{lot, next} {
		w.mustSet(e, w.limit(l, "A1", 12_000_000))
	}
	w.exec(`ALTER TABLE maxima DISABLE TRIGGER append_only`)
	w.exec(`UPDATE maxima SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE lot_id = $1`, lot)
	w.redis.Wipe()
	w.mustBid(e, next, "B1", 10_100_000)
	w.wantStory(next, "A1 10000000 automatic", "B1 10100000", "A1 10200000 automatic")
	if _, err := w.bid(e, lot, "A1", 10_500_000); fault.CodeOf(err) != fault.CourseBroken {
		t.Errorf("a bid on the broken lot: %v", err)
	}
}
