package web_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"mingchui/auction/audit"
)

const contractTime = "2006-01-02T15:04:05.000Z"

// file is the docket's case with these lots alone, as a client would send it.
func (w *world) file(refs ...string) map[string]any {
	w.t.Helper()
	src, err := os.ReadFile("../cmd/mingchui/court/docket.json")
	w.must(err)
	var f map[string]any
	w.must(json.Unmarshal(src, &f))
	for _, c := range f["cases"].([]any) {
		c := c.(map[string]any)
		var lots, assets []any
		keep := map[any]bool{}
		for _, l := range c["lots"].([]any) {
			l := l.(map[string]any)
			for _, ref := range refs {
				if l["ref"] == ref {
					lots = append(lots, l)
					for _, a := range l["asset_refs"].([]any) {
						keep[a] = true
					}
				}
			}
		}
		if len(lots) == 0 {
			continue
		}
		for _, a := range c["assets"].([]any) {
			if keep[a.(map[string]any)["ref"]] {
				assets = append(assets, a)
			}
		}
		c["lots"], c["assets"], c["priority_claims"] = lots, assets, []any{}
		f["cases"] = []any{c}
		return f
	}
	w.t.Fatalf("no case has %v", refs)
	return nil
}

// phone is a movable of little value: start 2,600 yuan, increment 50, deposit 300.
const phone = "MH-013"

// drafted imports the phone's case and returns the lot's id.
func (w *world) drafted() string {
	w.t.Helper()
	c := w.want(201, "", "judge1", "POST", "/api/v1/dockets", w.file(phone))
	id, _ := c.json["lots"].(map[string]any)[phone].(string)
	return id
}

// announced brings the phone to the public; bidding starts in sixteen days.
func (w *world) announced() string {
	w.t.Helper()
	return w.announce(w.drafted())
}

// announce has a draft voted on and brings it to the public.
func (w *world) announce(lot string) string {
	w.t.Helper()
	for _, judge := range []string{"judge1", "judge2", "judge3"} {
		w.want(201, "", judge, "POST", "/api/v1/lots/"+lot+"/votes", map[string]any{"approve": true})
	}
	starts := w.clock.Now().Add(16 * 24 * time.Hour)
	w.want(201, "", "judge1", "POST", "/api/v1/lots/"+lot+"/announcement", map[string]any{
		"starts_at": starts.Format(contractTime), "ends_at": starts.Add(24 * time.Hour).Format(contractTime),
	})
	w.duties()
	return lot
}

// bidder is one who may bid on a lot.
type bidder struct{ login, code, passphrase, session string }

// admitted enrols, pays at the stand-in's page and opens a bidding session.
func (w *world) admitted(lot, login string) bidder {
	w.t.Helper()
	c := w.want(201, "", login, "POST", "/api/v1/lots/"+lot+"/enrolments", map[string]any{"accept_notices": true, "capacity": "ordinary"})
	b := bidder{login: login, code: c.text("bidder_code"), passphrase: c.text("passphrase")}
	page, _ := c.json["deposit"].(map[string]any)["payment_url"].(string)
	w.pay(page)
	mine := w.want(200, "", login, "GET", "/api/v1/lots/"+lot+"/enrolments/me", nil)
	if mine.text("status") != "admitted" || mine.text("bidder_code") != b.code || mine.text("passphrase") != "" {
		w.t.Fatalf("the enrolment reads %s", mine.body)
	}
	b.session = w.want(201, "", "", "POST", "/api/v1/lots/"+lot+"/bidding-sessions", map[string]any{"bidder_code": b.code, "passphrase": b.passphrase}).text("token")
	return b
}

// pay pays at the stand-in's page as a person does; the webhook comes by HTTP.
func (w *world) pay(page string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, page, strings.NewReader(url.Values{"outcome": {"succeed"}}.Encode()))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c := w.send(r); c.status >= 400 {
		w.t.Fatalf("paying at %s answers %d %s", page, c.status, c.body)
	}
	w.settle()
}

// settle runs duties until the stand-in's webhooks are all there and applied.
func (w *world) settle() {
	w.t.Helper()
	w.eventually("the webhook is applied", func() bool {
		w.duties()
		var stored, open int
		w.must(w.pool.QueryRow(w.t.Context(), `SELECT (SELECT count(*) FROM stripe_events WHERE state = 'stored'),
			(SELECT count(*) FROM payments WHERE state = 'open' AND paid_at IS NULL)`).Scan(&stored, &open))
		return stored == 0 && open == 0
	})
}

// eventually waits for what other goroutines do, without sleeping for a fixed time.
func (w *world) eventually(what string, done func() bool) {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !done() {
		select {
		case <-tick.C:
		case <-limit:
			w.t.Fatalf("waited in vain: %s\n%s", what, w.log.String())
		}
	}
}

// live opens bidding on an announced lot.
func (w *world) live() {
	w.t.Helper()
	w.clock.To(w.clock.Now().Add(16*24*time.Hour + time.Minute))
}

func (w *world) bid(b bidder, lot, key string, fen int64) call {
	w.t.Helper()
	return w.do(b.session, "POST", "/api/v1/lots/"+lot+"/bids", fmt.Sprintf(`{"amount_fen": %d}`, fen), "Idempotency-Key", key)
}

// wantBid is bid with what it must answer.
func (w *world) wantBid(status int, code string, b bidder, lot, key string, fen int64) call {
	w.t.Helper()
	c := w.bid(b, lot, key, fen)
	if c.status != status || c.code() != code {
		w.t.Fatalf("a bid of %d by %s answers %d %s, want %d %s:\n%s", fen, b.login, c.status, c.code(), status, code, c.body)
	}
	return c
}

func TestTheRoadOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	path := "/api/v1/lots/" + lot
	one, two := w.admitted(lot, "bidder1"), w.admitted(lot, "bidder2")
	w.wantBid(409, "not_started", one, lot, "k0", 260_000)
	w.live()
	w.wantBid(409, "bid_below_start", one, lot, "k1", 259_999)
	first := w.wantBid(201, "", one, lot, "k2", 260_000)
	if first.text("bidder_code") != one.code || first.text("lot") != lot || first.json["amount_fen"] != 260000.0 {
		t.Errorf("the bid answers %s", first.body)
	}
	if at, err := time.Parse(contractTime, first.text("accepted_at")); err != nil || at.Format(contractTime) != first.text("accepted_at") {
		t.Errorf("accepted_at %q is not in the contract's form", first.text("accepted_at"))
	}
	low := w.wantBid(409, "bid_too_low", two, lot, "k3", 260_000)
	if low.json["price_fen"] != 260000.0 || low.json["seq"] != first.json["seq"] || low.text("rule") != "R20a" || low.text("article") == "" {
		t.Errorf("the refusal reads %s", low.body)
	}
	w.wantBid(409, "off_increment", two, lot, "k4", 265_001)
	w.wantBid(409, "already_leading", one, lot, "k5", 265_000)
	again := w.wantBid(201, "", one, lot, "k2", 260_000)
	if again.body != first.body {
		t.Errorf("the same key answers %s, first %s", again.body, first.body)
	}
	w.wantBid(409, "idempotency_key_reused", one, lot, "k2", 270_000)
	second := w.wantBid(201, "", two, lot, "k6", 265_000)

	detail := w.want(200, "", "", "GET", path, nil)
	if detail.text("status") != "live" || detail.json["price_fen"] != 265000.0 || detail.text("leader_code") != two.code || detail.json["seq"] != second.json["seq"] {
		t.Errorf("the lot reads %s", detail.body)
	}
	list := w.want(200, "", "", "GET", path+"/bids?limit=1", nil)
	rest := w.want(200, "", "", "GET", path+"/bids?cursor="+list.text("next_cursor"), nil)
	if items := rest.json["items"].([]any); len(items) != 1 || items[0].(map[string]any)["seq"] != second.json["seq"] {
		t.Errorf("the second page of bids reads %s", rest.body)
	}
	if _, err := w.seq.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	receipt := w.want(200, "", "", "GET", "/api/v1/receipts/"+second.text("receipt"), nil)
	r, err := audit.ParseReceipt([]byte(receipt.body))
	w.must(err)
	if v, err := r.Verify(w.key.VerifierKey()); err != nil || !v.InLog {
		t.Errorf("the receipt does not verify: %+v, %v", v, err)
	}
	w.endOfTheRoad(lot, two)
}

// endOfTheRoad: the lot closes, the buyer pays the rest, the court rules.
func (w *world) endOfTheRoad(lot string, buyer bidder) {
	w.t.Helper()
	path := "/api/v1/lots/" + lot
	w.want(409, "balance_not_due", buyer.login, "POST", path+"/balance", nil)
	w.pass(25 * time.Hour)
	w.eventually("the lot is closed", func() bool {
		w.duties()
		return w.do("", "GET", path, nil).text("outcome") == "sold"
	})
	w.wantBid(409, "closed", buyer, lot, "late", 275_000)
	w.want(403, "not_the_buyer", "bidder1", "POST", path+"/balance", nil)
	page := w.want(201, "", buyer.login, "POST", path+"/balance", nil).text("payment_url")
	w.pay(page)
	if got := w.want(200, "", "", "GET", path, nil).text("outcome"); got != "paid" {
		w.t.Fatalf("after the balance the outcome is %q", got)
	}
	w.want(201, "", "judge1", "POST", path+"/ruling", map[string]any{"number": "（2026）皖9902执77号之一"})
	w.want(409, "state_conflict", "judge1", "POST", path+"/ruling", map[string]any{"number": "（2026）皖9902执77号之二"})
	number := w.want(200, "", "", "GET", path, nil).text("case_number")
	fund := w.want(200, "", "", "GET", "/api/v1/cases/"+url.PathEscape(number)+"/fund", nil)
	if fund.text("number") != number || len(fund.json["movements"].([]any)) == 0 || strings.Contains(fund.body, buyer.code) || strings.Contains(fund.body, "测试") {
		w.t.Errorf("the fund reads %s", fund.body)
	}
	mine := w.want(200, "", buyer.login, "GET", "/api/v1/me/deposits", nil)
	if strings.Contains(mine.body, buyer.code) || !strings.Contains(mine.body, `"status":"applied"`) {
		w.t.Errorf("the buyer's deposits read %s", mine.body)
	}
	if _, err := w.seq.Sequence(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	record := w.want(200, "", "", "GET", path+"/record", nil)
	lines := bufio.NewScanner(strings.NewReader(record.body))
	lines.Buffer(nil, 1<<20)
	kinds := map[string]int{}
	for lines.Scan() {
		e, err := audit.Parse(lines.Bytes())
		w.must(err)
		kinds[e.Kind]++
	}
	for _, kind := range []string{"lot.listed", "lot.announced", "course.open", "course.close", "lot.ruled"} {
		if kinds[kind] != 1 {
			w.t.Errorf("the record holds %d of %s: %v", kinds[kind], kind, kinds)
		}
	}
	if kinds["course.bid"] != 2 || kinds["lot.voted"] != 3 {
		w.t.Errorf("the record holds %v", kinds)
	}
	w.fetched(lot, buyer)
	w.checkLog()
	if n := w.answers.held.Load(); n < 30 {
		w.t.Errorf("only %d answers were held against the document", n)
	}
}

// checkLog: the access log and the errors name no person, code, token or id.
func (w *world) checkLog() {
	w.t.Helper()
	for line := range strings.Lines(w.log.String()) {
		if !strings.Contains(line, "msg=request ") {
			continue
		}
		for _, secret := range []string{"bidder1", "测试", "127.0.0.1", "cursor="} {
			if strings.Contains(line, secret) {
				w.t.Errorf("the access log holds %q: %s", secret, line)
			}
		}
	}
	for _, token := range w.tokens {
		if strings.Contains(w.log.String(), token) {
			w.t.Error("the log holds a token")
		}
	}
}

func TestTheLogOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.announced()
	if _, err := w.seq.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	key := w.want(200, "", "", "GET", "/log/key", nil)
	signed := w.want(200, "", "", "GET", "/log/checkpoint", nil)
	c, err := audit.OpenCheckpoint([]byte(signed.body), strings.TrimSpace(key.body))
	w.must(err)
	if c.Size == 0 || !strings.HasPrefix(signed.header.Get("Content-Type"), "text/plain") || signed.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("checkpoint %+v, %v", c, signed.header)
	}
	bundle := w.want(200, "", "", "GET", fmt.Sprintf("/log/tile/entries/000.p/%d", c.Size), nil)
	entries, err := audit.SplitBundle([]byte(bundle.body), int(c.Size))
	w.must(err)
	if _, err := audit.Parse(entries[0]); err != nil {
		t.Error(err)
	}
	if cc := bundle.header.Get("Cache-Control"); !strings.Contains(cc, "immutable") || bundle.header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("a bundle comes as %v", bundle.header)
	}
	tile := w.want(200, "", "", "GET", fmt.Sprintf("/log/tile/0/000.p/%d", c.Size), nil)
	if len(tile.body) != int(c.Size)*32 {
		t.Errorf("a tile of %d hashes has %d bytes", c.Size, len(tile.body))
	}
	w.want(404, "not_found", "", "GET", "/log/tile/0/000", nil)
	w.want(400, "invalid_request", "", "GET", "/log/tile/0/nonsense", nil)
}
