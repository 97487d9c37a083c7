package bidding

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// receiptOf exchanges the token of a refused bid for its receipt and reads it by the key.
func (w *world) receiptOf(e *Engine, err error) audit.Refusal {
	w.t.Helper()
	receipt, failed := e.RefusalReceipt(w.t.Context(), RefusalToken(err))
	if failed != nil {
		w.t.Fatalf("the receipt of %v: %v", err, failed)
	}
	r, failed := receipt.Verify(w.key.VerifierKey())
	if failed != nil {
		w.t.Fatalf("the receipt of %v: %v", err, failed)
	}
	return r
}

// TestR31_ARefusedBidHasAReceipt: what it says is what the bid was and what it was judged against, also on another node and
// after a restart; a bid that met a 503 has one too.
func TestR31_ARefusedBidHasAReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, stop := w.start()
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB")
	led := w.mustBid(e, lot, "AAAAA", 10_000_000)
	b := Bid{Lot: lot, Code: "BBBBB", Amount: 10_050_000, Key: "the-same", ReceivedAt: audit.Millis(w.clock.Now())}
	_, err := e.Bid(t.Context(), b)
	if fault.CodeOf(err) != fault.BidTooLow {
		t.Fatalf("half an increment: %v", err)
	}
	got := w.receiptOf(e, err)
	if took := got.DecidedAt.Sub(b.ReceivedAt); took < -time.Second || took > time.Minute {
		t.Errorf("received at %s and decided at %s", b.ReceivedAt, got.DecidedAt)
	}
	want := audit.Refusal{
		Lot: lot.String(), BidderCode: "BBBBB", AmountFen: 10_050_000, ReceivedAt: b.ReceivedAt, Answer: fault.BidTooLow, DecidedAt: got.DecidedAt,
		Seq: led.Seq, PriceFen: 10_000_000, EndsAt: led.EndsAt, KeyHash: audit.HashText("the-same"),
	}
	if got != want {
		t.Errorf("the receipt says %+v, want %+v", got, want)
	}
	stop()
	_, late := e.Bid(t.Context(), b)
	if fault.CodeOf(late) != fault.BidNotPlaced {
		t.Fatalf("a node that stops: %v", late)
	}
	other, _ := w.start()
	if again := w.receiptOf(other, err); again != want {
		t.Errorf("another node says %+v, want %+v", again, want)
	}
	want.Answer, want.Seq, want.PriceFen, want.EndsAt = fault.BidNotPlaced, 0, 0, time.Time{}
	got = w.receiptOf(other, late)
	if want.DecidedAt = got.DecidedAt; got != want {
		t.Errorf("of a bid that was not judged it says %+v, want %+v", got, want)
	}
	if _, err := e.Bid(t.Context(), Bid{Lot: lot, Code: "BBBBB", Key: "k"}); RefusalToken(err) != "" {
		t.Errorf("a bid that is none has a token: %v", err)
	}
}

// TestR31_NoTokenIsForged: a token that this installation did not make, or that was changed, gives nothing.
func TestR31_NoTokenIsForged(t *testing.T) {
	t.Parallel()
	key := func(name string) *refusalSeal {
		k, err := audit.NewKey(name, bytes.Repeat([]byte(name), 32)[:32])
		if err != nil {
			t.Fatal(err)
		}
		s, err := newRefusalSeal(k)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := key("a.example/log")
	b := &Bid{Lot: uuid.New(), Code: strings.Repeat("Z", 16), Amount: money.Max, Key: strings.Repeat("k", maxKeyBytes), ReceivedAt: time.UnixMilli(1_781_749_257_052)}
	v := &verdict{sign: refused, seq: 1<<53 - 1, price: int64(money.Max), ends: 1_781_749_257_052, at: 1_781_749_257_053}
	token := s.token(b, v, fault.Code(strings.Repeat("x", 64)))
	if r, err := s.open(token); err != nil || r.Lot != b.Lot.String() || r.AmountFen != money.Max || len(token) > maxTokenBytes {
		t.Fatalf("the longest token of %d bytes: %+v, %v", len(token), r, err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	forged := map[string]string{
		"nothing": "", "not base64": "*" + token[1:], "another's": key("b.example/log").token(b, v, fault.BidTooLow), "cut": token[:len(token)-4],
		"longer": token + "AAAA", "far too long": strings.Repeat(token, 400), "with padding": token + "=", "a line after it": token + "\n",
		"the HMAC alone": base64.RawURLEncoding.EncodeToString(raw[len(raw)-32:]), "the content alone": base64.RawURLEncoding.EncodeToString(raw[:len(raw)-32]),
		"a short one": "AAAA",
	}
	otherLot := bytes.Clone(raw)
	copy(otherLot[1:17], uuid.Nil[:])
	forged["another lot"] = base64.RawURLEncoding.EncodeToString(otherLot)
	for name, f := range forged {
		if r, err := s.open(f); fault.CodeOf(err) != fault.RefusalTokenInvalid {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	for i := range raw {
		for bit := range 8 {
			changed := bytes.Clone(raw)
			changed[i] ^= 1 << bit
			if _, err := s.open(base64.RawURLEncoding.EncodeToString(changed)); fault.CodeOf(err) != fault.RefusalTokenInvalid {
				t.Fatalf("bit %d of byte %d is changed: %v", bit, i, err)
			}
		}
	}
	// The last character of a base64 text has bits that stand for nothing.
	for last := range strings.SplitSeq("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "") {
		if other := token[:len(token)-1] + last; other != token {
			if _, err := s.open(other); err == nil {
				t.Errorf("two texts are one token: they end in %s and %s", token[len(token)-1:], last)
			}
		}
	}
}

// TestRefusals_AreCountedOnce: many bidders at once; writes that fail, and writes that fail after they were made. What is
// published at the end is what was answered.
func TestRefusals_AreCountedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, err := NewEngine(w.config())
	if err != nil {
		t.Fatal(err)
	}
	var writes atomic.Int64
	e.probe = func(at string) error {
		if !strings.HasPrefix(at, "refusals") {
			return nil
		}
		switch writes.Add(1) % 5 {
		case 1, 3: // of three tries one fails before it writes, one after it wrote, and one succeeds
			return errors.New("the connection broke")
		}
		return nil
	}
	stop := w.run(e)
	lots := []uuid.UUID{w.openLot(e, sale{}, "AAAAA", "BBBBB"), w.openLot(e, sale{shard: 1}, "AAAAA", "BBBBB")}
	for _, lot := range lots {
		w.mustBid(e, lot, "AAAAA", 10_000_000)
	}
	answered := map[uuid.UUID]map[fault.Code]int64{lots[0]: {}, lots[1]: {}}
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 400 {
		all.Go(func() {
			lot, bidder, amount := lots[i%2], "BBBBB", money.Fen(10_000_001+i)
			if i%5 == 0 {
				bidder = "AAAAA"
			}
			_, err := w.bid(e, lot, bidder, amount)
			mu.Lock()
			defer mu.Unlock()
			answered[lot][fault.CodeOf(err)]++
			if i%100 == 0 {
				_ = e.FlushRefusals(t.Context()) // it may fail, as above
			}
		})
	}
	all.Wait()
	for tries := 0; writes.Load()%5 != 0 || tries == 0; tries++ { // a batch whose outcome is not known is sent again
		_ = e.FlushRefusals(t.Context())
	}
	for lot := range answered {
		_, err := w.bid(e, lot, "AAAAA", 10_100_000)
		answered[lot][fault.CodeOf(err)]++
	}
	stop()
	e.probe = nil // the last write succeeds
	if err := e.FlushRefusals(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, lot := range lots {
		lines, err := e.RefusedMinutes(t.Context(), lot, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		got := map[fault.Code]int64{}
		for _, l := range lines {
			got[l.Code] += l.Count
		}
		for code, n := range answered[lot] {
			if got[code] != n || n == 0 {
				t.Errorf("%s was answered %d times and is counted %d times", code, n, got[code])
			}
		}
		if len(got) != len(answered[lot]) || got[fault.BidTooLow] < 100 {
			t.Errorf("counted are %v, answered %v", got, answered[lot])
		}
	}
	if n := w.count(`SELECT n FROM refusal_flushes WHERE node = $1`, e.refusals.node); n < 2 {
		t.Errorf("only %d batches were written", n)
	}
}

// TestRefusals_ArePaged: the latest first, each once; a lot without any, one that is not there, a cursor that is none.
// What was counted while a write had failed is written with it: nothing is left behind by the last write of a node.
func TestRefusals_TheLastWriteHoldsAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, err := NewEngine(w.config())
	if err != nil {
		t.Fatal(err)
	}
	lot := w.lot(sale{})
	at := w.begin.UnixMilli()
	e.probe = func(string) error { return errors.New("the connection broke") }
	e.refusals.add(lot, at, fault.BidTooLow)
	if err := e.FlushRefusals(t.Context()); err == nil {
		t.Fatal("a write that failed is called written")
	}
	e.refusals.add(lot, at, fault.OffIncrement)
	e.probe = nil
	if err := e.FlushRefusals(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines, err := e.RefusedMinutes(t.Context(), lot, "", 100)
	if err != nil || len(lines) != 2 || lines[0].Count != 1 || lines[1].Count != 1 {
		t.Errorf("written are %+v, %v", lines, err)
	}
}

func TestRefusals_ArePaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot, quiet := w.lot(sale{}), w.lot(sale{})
	at := w.begin.UnixMilli()
	for i := range int64(7) {
		for _, code := range []fault.Code{fault.BidTooLow, fault.AlreadyLeading} {
			for range i + 1 {
				e.refusals.add(lot, at+i*minuteMS, code)
			}
		}
	}
	if err := e.FlushRefusals(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all []RefusedMinute
	for cursor := ""; ; {
		page, err := e.RefusedMinutes(t.Context(), lot, cursor, 3)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < 3 {
			break
		}
		cursor = page[2].Cursor()
	}
	if len(all) != 14 {
		t.Fatalf("%d lines, not 14: %+v", len(all), all)
	}
	for i, l := range all {
		code, count := fault.BidTooLow, int64(7-i/2)
		if i%2 == 1 {
			code = fault.AlreadyLeading
		}
		if l.Code != code || l.Count != count || !l.Minute.Equal(instant(at-at%minuteMS+(count-1)*minuteMS)) {
			t.Errorf("line %d is %+v, want %d of %s", i, l, count, code)
		}
	}
	if none, err := e.RefusedMinutes(t.Context(), quiet, "", 3); err != nil || len(none) > 0 {
		t.Errorf("a lot without refusals: %+v, %v", none, err)
	}
	if _, err := e.RefusedMinutes(t.Context(), uuid.New(), "", 3); fault.CodeOf(err) != fault.NotFoundCode {
		t.Errorf("a lot that is not there: %v", err)
	}
	for _, cursor := range []string{"x", "1", "1.", "-1.closed", "99999999999999999.closed", ".closed"} {
		if _, err := e.RefusedMinutes(t.Context(), lot, cursor, 3); fault.CodeOf(err) != fault.InvalidRequest {
			t.Errorf("the cursor %q: %v", cursor, err)
		}
	}
}

// TestRefusals_WaitWithinBounds: what PostgreSQL does not take is held up to a bound, and what is counted beyond it says so.
func TestRefusals_WaitWithinBounds(t *testing.T) {
	t.Parallel()
	c, lot := newRefusalCounts(), uuid.New()
	for i := range int64(maxRefusalCounts) {
		if !c.add(lot, i*minuteMS, fault.Closed) {
			t.Fatalf("count %d is left out", i)
		}
	}
	if c.add(lot, maxRefusalCounts*minuteMS, fault.Closed) {
		t.Error("one above the bound is counted")
	}
	if !c.add(lot, minuteMS, fault.Closed) || len(c.counts) != maxRefusalCounts || c.counts[refusedIn{lot, minuteMS, fault.Closed}] != 2 {
		t.Error("what is held is not counted on")
	}
}

// TestRefusals_GoThroughTheirIndex: a page of the counts is read by the key, without a sort.
func TestRefusals_GoThroughTheirIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lot := w.lot(sale{})
	w.exec(`INSERT INTO refusals_by_minute (lot_id, minute, code, count)
SELECT $1, timestamptz '2026-01-01 00:00Z' + i * interval '1 minute', 'closed', 1 FROM generate_series(1, 5000) AS i`, lot)
	w.exec(`ANALYZE refusals_by_minute`)
	rows, err := w.pool.Query(t.Context(), `EXPLAIN SELECT minute, code, count FROM refusals_by_minute
WHERE lot_id = $1 AND (minute, code) < (timestamptz '2026-01-03 00:00Z', 'x') ORDER BY minute DESC, code DESC LIMIT 60`, lot)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil || !strings.Contains(plan.String(), "Index Scan Backward using refusals_by_minute_pkey") || strings.Contains(plan.String(), "Sort") {
		t.Errorf("%v\n%s", err, plan.String())
	}
}

// BenchmarkRefusalToken is what a refused bid pays for its token.
func BenchmarkRefusalToken(b *testing.B) {
	k, err := audit.NewKey("test.example/log", make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	s, err := newRefusalSeal(k)
	if err != nil {
		b.Fatal(err)
	}
	bid := &Bid{Lot: uuid.New(), Code: "K7Q2M", Amount: 132_520_000, Key: uuid.NewString(), ReceivedAt: time.UnixMilli(1_781_749_257_052)}
	v := &verdict{sign: refused, code: string(fault.BidTooLow), seq: 211, price: 132_520_000, leader: "AAAAA", ends: 1_781_749_557_052, at: 1_781_749_257_053}
	b.ReportAllocs()
	for b.Loop() {
		s.token(bid, v, fault.BidTooLow)
	}
}

// BenchmarkRefusalSigned is what it would pay for a signature, to compare with.
func BenchmarkRefusalSigned(b *testing.B) {
	k, err := audit.NewKey("test.example/log", make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	r := audit.Refusal{Lot: uuid.NewString(), BidderCode: "K7Q2M", AmountFen: 132_520_000, Answer: fault.BidTooLow, KeyHash: strings.Repeat("0", 64)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Sign(k); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefusalCounted is what the count costs, many at once on one lot.
func BenchmarkRefusalCounted(b *testing.B) {
	c, lot := newRefusalCounts(), uuid.New()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.add(lot, 1_781_749_257_052, fault.BidTooLow)
		}
	})
}
