package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
)

// A refused bid leads to a receipt that holds by the key at /log/key; a token that is none leads to a refusal that says so; the
// counts are public, and hold no code.
func TestRefusedBidsOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	one, two := w.admitted(lot, "bidder1"), w.admitted(lot, "bidder2")
	w.live()
	first := w.wantBid(201, "", one, lot, "k1", 260_000)
	low := w.wantBid(409, "bid_too_low", two, lot, "k2", 261_000)
	again := w.wantBid(409, "bid_too_low", two, lot, "k3", 261_000)
	token := low.text("refusal_token")
	if token == "" || token == again.text("refusal_token") {
		t.Fatalf("the tokens are %q and %q", token, again.text("refusal_token"))
	}
	const receipts = "/api/v1/refusal-receipts"
	got := w.want(200, "", "", "POST", receipts, map[string]string{"token": token})
	receipt, err := audit.ParseRefusalReceipt([]byte(got.body))
	w.must(err)
	key := w.want(200, "", "", "GET", "/log/key", nil)
	said, err := receipt.Verify(strings.TrimSpace(key.body))
	w.must(err)
	want := audit.Refusal{
		Lot: lot, BidderCode: two.code, AmountFen: 261_000, Answer: fault.BidTooLow, ReceivedAt: said.ReceivedAt, DecidedAt: said.DecidedAt,
		Seq: int64(first.json["seq"].(float64)), PriceFen: 260_000, EndsAt: said.EndsAt, KeyHash: audit.HashText("k2"),
	}
	if said != want || said.DecidedAt.IsZero() || said.EndsAt.Format(contractTime) != first.text("ends_at") {
		t.Errorf("the receipt says %+v, want %+v", said, want)
	}
	if second := w.want(200, "", "bidder1", "POST", receipts, map[string]string{"token": token}); second.body != got.body {
		t.Errorf("the same token gives another receipt:\n%s\n%s", got.body, second.body)
	}
	for name, x := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"changed":       {map[string]string{"token": token[:40] + "A" + token[41:]}, 422, "refusal_token_invalid"},
		"made up":       {map[string]string{"token": strings.Repeat("A", 100)}, 422, "refusal_token_invalid"},
		"two into one":  {map[string]string{"token": token[:len(token)-43] + again.text("refusal_token")[len(token)-43:]}, 422, "refusal_token_invalid"},
		"empty":         {map[string]string{"token": ""}, 422, "field_invalid"},
		"too long":      {map[string]string{"token": strings.Repeat("A", 401)}, 422, "field_invalid"},
		"a number":      {`{"token": 1}`, 422, "field_invalid"},
		"missing":       {`{}`, 422, "field_missing"},
		"one too many":  {`{"token": "A", "lot": "x"}`, 400, "unknown_field"},
		"far too large": {`{"token": "` + strings.Repeat("A", 5000) + `"}`, 413, "body_too_large"},
	} {
		c := w.do("", "POST", receipts, x.body, "Accept-Language", "en")
		if c.status != x.status || c.code() != x.code {
			t.Errorf("%s: %d %s, want %d %s", name, c.status, c.code(), x.status, x.code)
		}
		if c.code() == "refusal_token_invalid" && (c.json["rule"] != "R31" || c.json["field"] != "token" || !strings.Contains(c.text("detail"), "Send it whole")) {
			t.Errorf("%s: %s", name, c.body)
		}
	}
	w.must(w.engine.FlushRefusals(t.Context()))
	counts := w.want(200, "", "", "GET", "/api/v1/lots/"+lot+"/refusals", nil)
	if items := counts.json["items"].([]any); len(items) != 1 || items[0].(map[string]any)["count"] != 2.0 || items[0].(map[string]any)["code"] != "bid_too_low" {
		t.Errorf("the counts are %s", counts.body)
	}
	if strings.Contains(counts.body, one.code) || strings.Contains(counts.body, two.code) {
		t.Errorf("the counts name a bidder: %s", counts.body)
	}
	w.want(400, "invalid_request", "", "GET", "/api/v1/lots/"+lot+"/refusals?cursor=x", nil)
	w.want(404, "not_found", "", "GET", "/api/v1/lots/00000000-0000-7000-8000-000000000000/refusals", nil)
}

// What a crowd is answered is what is published: as many, by code; and each has a token of its own.
func TestRefusalsOfACrowdAreCounted(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	bidders := []bidder{w.admitted(lot, "bidder1"), w.admitted(lot, "bidder2"), w.admitted(lot, "bidder3")}
	w.live()
	w.wantBid(201, "", bidders[0], lot, "first", 260_000)
	answered, tokens := map[string]int64{}, map[string]bool{}
	var mu sync.Mutex
	var crowd sync.WaitGroup
	for i := range 90 {
		crowd.Go(func() {
			c := w.bid(bidders[i%3], lot, fmt.Sprint("k", i), 260_001)
			mu.Lock()
			defer mu.Unlock()
			if c.status != http.StatusConflict {
				t.Errorf("answers %d %s", c.status, c.body)
			}
			answered[c.code()]++
			tokens[c.text("refusal_token")] = true
		})
	}
	crowd.Wait()
	w.must(w.engine.FlushRefusals(t.Context()))
	published, cursor := map[string]int64{}, ""
	for {
		page := w.want(200, "", "", "GET", "/api/v1/lots/"+lot+"/refusals?limit=1&cursor="+cursor, nil)
		for _, item := range page.json["items"].([]any) {
			line := item.(map[string]any)
			published[line["code"].(string)] += int64(line["count"].(float64))
		}
		if cursor = page.text("next_cursor"); cursor == "" {
			break
		}
	}
	if fmt.Sprint(published) != fmt.Sprint(answered) || len(tokens) != 90 || len(answered) != 2 {
		t.Errorf("answered %v with %d tokens, published %v", answered, len(tokens), published)
	}
}
