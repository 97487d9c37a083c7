package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// drawn publishes the log and runs the machine until a draw is made.
func (w *world) drawn(id string) call {
	w.t.Helper()
	w.pass(10 * time.Minute)
	for range 3 {
		_, err := w.seq.Sequence(w.t.Context())
		w.must(err)
		w.duties()
		w.clock.To(w.clock.Now().Add(time.Second))
	}
	c := w.want(200, "", "", "GET", "/api/v1/draws/"+id, nil)
	if c.text("status") != "drawn" || c.text("root") == "" || c.text("nonce") == "" {
		w.t.Fatalf("the draw reads %s", c.body)
	}
	return c
}

// R16d: over the API: two creditors of equal rank, a draw that everybody reads, and the taking by whom it put first.
func TestR16d_EqualRanksOverTheAPI(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	path := "/api/v1/lots/" + lot
	w.want(409, "state_conflict", "judge1", "POST", path+"/draws", nil)
	w.live()
	w.pass(24 * time.Hour)
	w.eventually("the lot is unsold", func() bool { return w.do("", "GET", path, nil).text("outcome") == "unsold" })
	w.want(409, "draw_needless", "judge1", "POST", path+"/draws", nil)
	var offers []string
	for i := range 2 {
		c := w.want(201, "", "judge1", "POST", path+"/taking-offers", map[string]any{
			"creditor": map[string]any{"zh": "普通债权人", "en": "an ordinary creditor"}, "rank": 1, "claim_fen": i + 1,
		})
		offers = append(offers, c.text("id"))
	}
	w.want(403, "role_forbidden", "bidder1", "POST", path+"/draws", nil)
	listed := w.want(201, "", "judge1", "POST", path+"/draws", nil)
	id := listed.text("draw")
	if listed.text("status") != "listed" || strings.Contains(listed.body, "nonce") {
		t.Errorf("listed as %s", listed.body)
	}
	again := w.want(409, "draw_repeated", "judge1", "POST", path+"/draws", nil)
	if again.text("rule") != "R16d" || again.text("article") == "" || !strings.Contains(again.body, id) {
		t.Errorf("the refusal reads %s", again.body)
	}
	w.want(409, "draw_listed", "judge1", "POST", path+"/taking-offers", map[string]any{
		"creditor": map[string]any{"zh": "普通债权人", "en": "an ordinary creditor"}, "rank": 1, "claim_fen": 3,
	})
	w.want(409, "draw_not_made", "judge1", "POST", path+"/taking", map[string]any{"offer": offers[0], "draw": id})
	order := w.drawn(id).json["candidates"].([]any)
	first := order[0].(map[string]any)["candidate"].(string)
	last := order[1].(map[string]any)["candidate"].(string)
	w.want(409, "not_best_offer", "judge1", "POST", path+"/taking", map[string]any{"offer": last, "draw": id})
	w.want(409, "draw_needed", "judge1", "POST", path+"/taking", map[string]any{"offer": first})
	w.want(201, "", "judge1", "POST", path+"/taking", map[string]any{"offer": first, "draw": id})
	w.want(404, "not_found", "", "GET", "/api/v1/draws/"+lot, nil)
}

// R10p: over the API: firms for a piece of property.
func TestR10p_FirmsAreDrawnOverTheAPI(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.drafted()
	var asset, kase string
	w.must(w.pool.QueryRow(t.Context(), `SELECT a.id, a.case_id FROM lot_assets la JOIN assets a ON a.id = la.asset_id WHERE la.lot_id = $1`, lot).Scan(&asset, &kase))
	firms := func(n int) map[string]any {
		var list []any
		for i := range n {
			list = append(list, map[string]any{"zh": fmt.Sprintf("第%d评估公司", i), "en": fmt.Sprintf("Appraisers %d", i)})
		}
		return map[string]any{"firms": list}
	}
	path := "/api/v1/assets/" + asset + "/draws"
	w.want(422, "draw_list_invalid", "judge1", "POST", path, firms(2))
	w.want(403, "role_forbidden", "finance1", "POST", path, firms(3))
	id := w.want(201, "", "judge1", "POST", path, firms(3)).text("draw")
	w.want(409, "draw_not_made", "judge1", "POST", path, firms(4))
	w.drawn(id)
	w.want(422, "reason_required", "judge1", "POST", path, firms(4))
	w.want(409, "draw_repeated", "judge1", "POST", path, firms(3))
	more := firms(4)
	more["reason"] = map[string]any{"zh": "三家机构均退回委托。", "en": "All three declined."}
	w.want(201, "", "judge1", "POST", path, more)
	if list := w.want(200, "", "", "GET", "/api/v1/cases/"+kase+"/draws", nil).json["items"].([]any); len(list) != 2 {
		t.Errorf("the case has %d draws", len(list))
	}
}
