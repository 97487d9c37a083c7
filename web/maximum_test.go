package web_test

import (
	"bufio"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// offering lists the phone with maximum bids.
func (w *world) offering() string {
	w.t.Helper()
	f := w.file(phone)
	f["cases"].([]any)[0].(map[string]any)["lots"].([]any)[0].(map[string]any)["maximum_bids"] = true
	id, _ := w.want(201, "", "judge1", "POST", "/api/v1/dockets", f).json["lots"].(map[string]any)[phone].(string)
	return id
}

// maximumBid sets one, or withdraws it when amount is 0.
func (w *world) maximumBid(status int, code string, b bidder, lot, key string, amount int64) call {
	w.t.Helper()
	method, body := "PUT", any(map[string]any{"amount_fen": amount})
	if amount == 0 {
		method, body = "DELETE", nil
	}
	return w.want(status, code, "", method, "/api/v1/lots/"+lot+"/maximum-bid", body, "Authorization", "Bearer "+b.session, "Idempotency-Key", key)
}

func TestMaximumBidsOverHTTP(t *testing.T) {
	t.Parallel()
	w := startUnder(t, law.DemonstrationMaximum())
	lot := w.announce(w.offering())
	path := "/api/v1/lots/" + lot
	if c := w.want(200, "", "", "GET", path, nil); c.json["announcement"].(map[string]any)["maximum_bids"] != true || !strings.Contains(c.body, "最高限价") {
		t.Errorf("the announcement says nothing of maximum bids: %s", c.body)
	}
	one, two := w.admitted(lot, "bidder1"), w.admitted(lot, "bidder2")
	w.maximumBid(409, "not_started", one, lot, "k0", 300_000)
	w.live()
	w.maximumBid(409, "bid_below_start", one, lot, "k1", 259_999)
	w.want(400, "idempotency_key_required", "", "PUT", path+"/maximum-bid", map[string]any{"amount_fen": 300_000}, "Authorization", "Bearer "+one.session)
	w.maximumBid(409, "maximum_none", one, lot, "k2", 0)
	set := w.maximumBid(200, "", one, lot, "k3", 300_000)
	if set.json["leads"] != true || set.json["price_fen"] != 260_000.0 || set.json["amount_fen"] != 300_000.0 {
		t.Errorf("the maximum answers %s", set.body)
	}
	if again := w.maximumBid(200, "", one, lot, "k3", 300_000); again.body != set.body {
		t.Errorf("the same key answers %s, first %s", again.body, set.body)
	}
	lower := w.maximumBid(200, "", two, lot, "k4", 280_000)
	if lower.json["leads"] != false || lower.json["price_fen"] != 285_000.0 {
		t.Errorf("the lower maximum answers %s", lower.body)
	}
	bids := w.want(200, "", "", "GET", path+"/bids", nil)
	if strings.Count(bids.body, `"automatic":true`) != 3 || strings.Contains(bids.body, "300000") {
		t.Errorf("the bids read %s", bids.body)
	}
	salt, _ := hex.DecodeString(set.text("salt"))
	if want := course.Commit(uuid.MustParse(lot), one.code, money.Fen(300_000), [course.SaltBytes]byte(salt)); set.text("commitment") != want {
		t.Errorf("the commitment is %s, want %s", set.text("commitment"), want)
	}
	w.wantBid(201, "", two, lot, "k5", 290_000)
	w.maximumBid(200, "", one, lot, "k6", 0)
	if before := w.record(lot); strings.Contains(before, "300000") || strings.Contains(before, set.text("salt")) || strings.Count(before, `"kind":"course.maximum"`) != 2 {
		t.Errorf("before the end the record reads %s", before)
	}
	w.pass(24 * time.Hour)
	w.eventually("the lot is closed", func() bool {
		w.duties()
		return w.do("", "GET", path, nil).text("outcome") == "sold"
	})
	after := w.record(lot)
	if strings.Count(after, `"kind":"lot.maximum_opened"`) != 2 || !strings.Contains(after, set.text("salt")) {
		t.Errorf("after the end the record reads %s", after)
	}
	if log := w.log.String(); strings.Contains(log, set.text("salt")) {
		t.Error("the server's log holds a salt")
	}
	w.checkLog()
}

// record is the lot's public record, whose lines are entries.
func (w *world) record(lot string) string {
	w.t.Helper()
	_, err := w.seq.Sequence(w.t.Context())
	w.must(err)
	c := w.want(200, "", "", "GET", "/api/v1/lots/"+lot+"/record", nil)
	lines := bufio.NewScanner(strings.NewReader(c.body))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		_, err := audit.Parse(lines.Bytes())
		w.must(err)
	}
	return c.body
}

// Under rules that allow none they are refused with the listing; and where a lot offers none, with the bid.
func TestMaximumBidsWhereTheyAreNotAllowed(t *testing.T) {
	t.Parallel()
	w := start(t)
	f := w.file(phone)
	f["cases"].([]any)[0].(map[string]any)["lots"].([]any)[0].(map[string]any)["maximum_bids"] = true
	if c := w.do("judge1", "POST", "/api/v1/dockets", f); c.status != 422 || !strings.Contains(c.body, "maximum_not_allowed") {
		t.Errorf("listed with maximum bids: %d %s", c.status, c.body)
	}
	lot := w.announced()
	one := w.admitted(lot, "bidder1")
	w.live()
	w.maximumBid(409, "maximum_not_offered", one, lot, "k1", 300_000)
	w.maximumBid(409, "maximum_not_offered", one, lot, "k2", 0)
}

// A maximum costs nothing and stays on the record, so a code may not go on setting them.
func TestMaximumBidsAreLimited(t *testing.T) {
	t.Parallel()
	w := startUnder(t, law.DemonstrationMaximum())
	lot := w.announce(w.offering())
	one, two := w.admitted(lot, "bidder1"), w.admitted(lot, "bidder2")
	w.live()
	set := 0
	for ; set < 100; set++ {
		c := w.do("", "PUT", "/api/v1/lots/"+lot+"/maximum-bid", map[string]any{"amount_fen": 300_000 + set},
			"Authorization", "Bearer "+one.session, "Idempotency-Key", "k"+strconv.Itoa(set))
		if c.status == 429 {
			break
		}
		if c.status != 200 {
			t.Fatalf("maximum %d: %d %s", set, c.status, c.body)
		}
	}
	if set < 12 || set == 100 {
		t.Errorf("a code set %d maxima, want 12, and what a slow machine adds", set)
	}
	w.maximumBid(200, "", two, lot, "k0", 300_000)
	w.pass(time.Minute)
	w.maximumBid(200, "", one, lot, "again", 0)
	if n := strings.Count(w.record(lot), `"kind":"course.maximum"`); n != set+1 {
		t.Errorf("%d maxima are on record, want %d", n, set+1)
	}
}
