package pages_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// R12e: by its form the court finds of a buyer of equity that the transfer is approved, not approved, or not approved and the buyer knew better.
func TestR12e_TheFindingOnAnApprovalIsMadeByForm(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	w.clock.To(w.clock.Now().Add(16*24*time.Hour + time.Minute))
	w.pass(25 * time.Hour)
	_, err := w.runner.RunDue(t.Context())
	w.must(err)
	_, err = w.pool.Exec(t.Context(), `UPDATE lots SET document = jsonb_set(document, '{approval}',
		'{"authority": {"zh": "甲局", "en": "A"}, "condition": {"zh": "乙", "en": "B"}, "within_days": 45}') WHERE id = $1`, lot)
	w.must(err)
	judge := w.signedIn("judge1")
	page := "/bench/lots/" + lot
	judge.post(page+"/offer", "creditor_zh", "甲银行", "creditor_en", "A Bank", "rank", "1", "claim", "50000")
	judge.want(http.StatusOK, "甲银行")
	judge.post(page+"/taking", "offer", judge.find(`<option value="([0-9a-f-]{36})"[^>]*>[^<]*甲银行`))
	judge.get(page)
	judge.want(http.StatusOK, "审查股权变更批准", `value="qualified"`, `value="not_qualified"`, `value="knew"`, "且买受人明知不符合条件", "第15条第3款")
	for act, want := range map[string]struct{ qualified, knew bool }{"qualified": {true, false}, "not_qualified": {false, false}, "knew": {false, true}} {
		judge.post(page+"/eligibility", "act", act, "proof", strings.Repeat("5a", 32), "reason_zh", "未获批准", "reason_en", "Not approved.")
		judge.want(http.StatusOK)
		var qualified, knew bool
		w.must(w.pool.QueryRow(t.Context(), `SELECT qualified, knew FROM eligibility_checks WHERE lot_id = $1 ORDER BY checked_at DESC, id DESC LIMIT 1`, lot).Scan(&qualified, &knew))
		if qualified != want.qualified || knew != want.knew {
			t.Errorf("%s: qualified %v, knew %v", act, qualified, knew)
		}
		w.clock.To(w.clock.Now().Add(time.Second))
	}
}
