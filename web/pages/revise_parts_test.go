package pages_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// R15: property of a group that is not sold apart asks for the reason at its field, and by the form it gets one; other property has no
// such field. The reason is text, so the votes hold.
func TestR15_AReasonToSellApartByForm(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge := w.signedIn("judge1")
	lot := w.imported(judge)
	page := "/bench/lots/" + lot
	judge.get(page)
	judge.lacks(`name="split_reason.zh"`, "indivisible_split")
	tag, err := w.pool.Exec(t.Context(), `UPDATE assets SET document = jsonb_set(document, '{indivisible_group}', '"成套"') WHERE case_id = (SELECT case_id FROM lots WHERE id = $1)`, lot)
	w.must(err)
	if tag.RowsAffected() < 2 {
		t.Fatalf("the case has %d pieces of property", tag.RowsAffected())
	}
	w.votes(lot, "approve", "")
	judge.get(page)
	judge.want(http.StatusOK, "不可分财产分别拍卖", "indivisible_split", "R15", `href="#rv-split_reason.zh"`, `id="split_reason-e"`)
	judge.revise(lot, map[string]string{"split_reason.zh": "另一部分已灭失。", "split_reason.en": "The other part perished."})
	judge.want(http.StatusOK, "表决仍然有效", "另一部分已灭失。", "The other part perished.")
	judge.lacks("indivisible_split")
	judge.revise(lot, map[string]string{"split_reason.zh": "", "split_reason.en": ""})
	judge.want(http.StatusOK, "indivisible_split")
}

// R7, R34: auxiliary firms are entered, mended and taken away by the form, and stand in the announcement with their work.
func TestR7_AuxiliaryFirmsByForm(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge := w.signedIn("judge1")
	lot := w.imported(judge)
	page := "/bench/lots/" + lot
	firms := func() (n int) {
		w.must(w.pool.QueryRow(t.Context(), `SELECT coalesce(jsonb_array_length(document->'auxiliary'), 0) FROM lots WHERE id = $1`, lot).Scan(&n))
		return n
	}
	before := firms()
	judge.get(page)
	at := fmt.Sprintf("auxiliary[%d]", before) // the empty row
	if f := judge.fields(page + "/revise"); f[at+".name.zh"] != "" || before > 0 && f["auxiliary[0].name.zh"] == "" {
		t.Errorf("of %d firms the form shows %q, and after them %q", before, f["auxiliary[0].name.zh"], f[at+".name.zh"])
	}
	judge.revise(lot, map[string]string{at + ".name.zh": "江澜云仓仓储有限公司", at + ".work.zh": "保管"})
	judge.want(http.StatusOK, "announcement_incomplete", `id="`+at+`.name.en-e"`, `id="`+at+`.work.en-e"`)
	judge.revise(lot, map[string]string{at + ".name.en": "Jianglan Yuncang Storage Ltd.", at + ".work.en": "storage"})
	judge.want(http.StatusOK, "表决仍然有效")
	judge.lacks("announcement_incomplete")
	if n := firms(); n != before+1 {
		t.Errorf("%d firms, want %d", n, before+1)
	}
	w.votes(lot, "approve", "")
	if before > 0 { // the first goes, the last moves up
		judge.revise(lot, map[string]string{"auxiliary[0].name.zh": "", "auxiliary[0].name.en": "", "auxiliary[0].work.zh": "", "auxiliary[0].work.en": ""})
		judge.want(http.StatusOK, "表决仍然有效")
		if n := firms(); n != before {
			t.Errorf("%d firms, want %d", n, before)
		}
	}
	starts := w.clock.Now().Add(16 * 24 * time.Hour)
	judge.post(page+"/announce", "starts_at", beijing(starts), "ends_at", beijing(starts.Add(24*time.Hour)))
	judge.want(http.StatusOK, "公告已发布")
	public := w.browser()
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "江澜云仓仓储有限公司", "保管")
}

// R6: a judge whose page shows the property as it was before somebody stated it anew is told so, and votes on what stands now from the
// page that tells it.
func TestR6_AVoteFromAnOldPageIsRefused(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge := w.signedIn("judge1")
	lot := w.imported(judge)
	page := "/bench/lots/" + lot
	vote := func() {
		judge.post(page+"/vote", "act", "approve", "terms_digest", judge.find(`name="terms_digest"[^>]*value="([0-9a-f]{64})"`),
			"property_digest", judge.find(`name="property_digest"[^>]*value="([0-9a-f]{64})"`))
	}
	judge.get(page)
	_, err := w.pool.Exec(t.Context(), `UPDATE assets SET document = jsonb_set(document, '{ownership,certificate}', '"****0001"') WHERE id IN (SELECT asset_id FROM lot_assets WHERE lot_id = $1)`, lot)
	w.must(err)
	vote()
	judge.want(http.StatusConflict, "vote_terms_changed", "财产情况已有变动")
	vote() // from the page that told it, which shows what stands now
	judge.want(http.StatusOK, "您的表决已记录")
}
