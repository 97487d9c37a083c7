package pages_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

// state sends the form of a piece of property with changes, for a last look.
func (b *browser) state(asset string, changes map[string]string) map[string]string {
	b.w.t.Helper()
	b.get(asset)
	b.want(http.StatusOK, "修改财产记载")
	f := b.fields(asset)
	maps.Copy(f, changes)
	b.post(asset, append(pairsOf(f), "act", "ask")...)
	return f
}

// R2024: what the survey lacks is told item by item; a revision is shown before it is made, and a lot's draft lacks what its property does.
func TestR2024_PropertyIsStatedAnewByForm(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge, clerk := w.signedIn("judge1"), w.signedIn("clerk1")
	lot := w.imported(judge)
	judge.get("/bench/lots/" + lot)
	judge.want(http.StatusOK, `id="h-property"`, "第 1 版")
	asset := judge.find(`href="(/bench/assets/[0-9a-f-]{36})"`)

	// Goods have seven items; the phone's are answered. Sent as it stands, nothing is to be confirmed.
	clerk.get(asset)
	clerk.want(http.StatusOK, "已查明 7 项，共 7 项", "数量与品质", "鉴定与来源", "/price")
	clerk.lacks("公告前还缺", "户籍与学位")
	as := clerk.state(asset, nil)
	clerk.want(http.StatusOK, "没有改动")
	clerk.lacks(`name="confirmed"`)

	// Each refusal stands at its field, with what was typed.
	clerk.state(asset, map[string]string{"arrears[0].item.zh": "保管费", "arrears[0].item.en": "Storage", "arrears[0].borne_by": "debtor", "arrears[0].as_of": "2026-06-01", "arrears[0].amount_fen": "abc", "taxes[0].rate_bp": "1.5"})
	clerk.want(http.StatusUnprocessableEntity, `id="arrears[0].amount_fen-e"`, `value="abc"`, `id="taxes[0].rate_bp-e"`, `value="1.5"`, "保管费")
	clerk.state(asset, map[string]string{"title.zh": strings.Repeat("财", 201), "seized_on": "2026-02-30"})
	clerk.post(asset, append(pairsOf(maps.Clone(clerk.fields(asset))), "act", "revise", "confirmed", "yes")...)
	clerk.want(http.StatusUnprocessableEntity, `id="title.zh-e"`, "document_invalid", "200", `id="seized_on-e"`)
	clerk.post(asset, append(pairsOf(with(as, "encumbrances[1].holder.zh", "质权人", "encumbrances[1].holder.en", "A pledgee")), "act", "revise", "confirmed", "yes")...)
	clerk.want(http.StatusUnprocessableEntity, `id="encumbrances[1].kind-e"`, "质权人")
	clerk.get(asset)
	clerk.want(http.StatusOK, "第 1 版")

	// An item that is emptied is lacking: told before it is saved and after, at its row, on the lot's page with the way to it.
	row := rowOf(as, "quantity_and_quality")
	emptied := map[string]string{"title.zh": strings.Repeat("财", 200)}
	for name := range as {
		if strings.HasPrefix(name, row+".") && name != row+".item" {
			emptied[name] = ""
		}
	}
	sent := clerk.state(asset, emptied)
	clerk.want(http.StatusOK, "不能撤回", "1 件尚未公告的标的", "<del>", "公告前还缺 1 处", "数量与品质", `name="confirmed"`)
	clerk.post(asset, append(pairsOf(sent), "act", "revise")...)
	clerk.want(http.StatusOK, "我已核对上列改动") // not ticked
	clerk.post(asset, append(pairsOf(sent), "act", "edit")...)
	clerk.want(http.StatusOK, "修改财产记载", strings.Repeat("财", 200))
	clerk.post(asset, append(pairsOf(sent), "act", "revise", "confirmed", "yes")...)
	clerk.want(http.StatusOK, "已保存", "第 2 版", "已查明 6 项，共 7 项", "公告前还缺 1 处", "待查", strings.Repeat("财", 200), "<del>", "上次修改于")
	if got := clerk.fields(asset); got[row+".finding.zh"] != "" || got[row+".item"] != "quantity_and_quality" {
		t.Errorf("the emptied item's row is %q with %q", got[row+".item"], got[row+".finding.zh"])
	}
	judge.get("/bench/lots/" + lot)
	judge.want(http.StatusOK, "quantity_and_quality", `<a href="`+asset+`">`, "第 2 版")
	judge.get(asset + "?lang=en")
	judge.want(http.StatusOK, "6 of 7 answered", "1 thing is missing for an announcement", "Version 2", "/bench/lots/"+lot)
	judge.get(asset + "?lang=zh-CN")

	// Who looked at the version before is told; sent again it stands. A row is added, another left out.
	stale := with(as, "defects[0].zh", "屏幕有划痕")
	clerk.post(asset, append(pairsOf(stale), "act", "ask")...)
	clerk.want(http.StatusConflict, "draft_changed", "屏幕有划痕")
	clerk.get(asset)
	stale["seen"] = clerk.fields(asset)["seen"]
	clerk.post(asset, append(pairsOf(with(stale, "defects[0].en", "Scratches")), "act", "more:defects")...)
	clerk.want(http.StatusOK, "屏幕有划痕", `<details class="part" id="g-defects" open`)
	clerk.post(asset, append(pairsOf(with(stale, "defects[0].en", "Scratches", "attributes[0].remove", "yes")), "act", "revise", "confirmed", "yes")...)
	clerk.want(http.StatusOK, "第 3 版", "屏幕有划痕", "已查明 7 项，共 7 项")
	if got := clerk.fields(asset)["attributes[0].name.zh"]; got == as["attributes[0].name.zh"] || got != as["attributes[1].name.zh"] {
		t.Errorf("the figure that was left out stands: %q", got)
	}

	w.signedIn("bidder1").refusedAt(asset)
	w.votes(lot, "approve", "")
	judge.post("/bench/lots/"+lot+"/announce", "starts_at", beijing(w.clock.Now().Add(16*24*time.Hour)), "ends_at", beijing(w.clock.Now().Add(17*24*time.Hour)))
	judge.want(http.StatusOK, "公告已发布")
	now := clerk.fields(asset)
	clerk.get(asset)
	clerk.want(http.StatusOK, "拍卖尚未结束，现在不能修改")
	clerk.lacks("修改财产记载")
	clerk.post(asset, append(pairsOf(with(now, "title.zh", "别的")), "act", "revise", "confirmed", "yes")...)
	clerk.want(http.StatusConflict, "state_conflict")
}

func (b *browser) refusedAt(page string) {
	b.w.t.Helper()
	b.get(page)
	b.want(http.StatusForbidden, "role_forbidden")
}

// with is a form with some fields changed.
func with(f map[string]string, pairs ...string) map[string]string {
	out := maps.Clone(f)
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// rowOf is the row of an item of the survey.
func rowOf(f map[string]string, item string) string {
	for name, value := range f {
		if row, ok := strings.CutSuffix(name, ".item"); ok && value == item {
			return row
		}
	}
	return ""
}

// R12e: whose approval a transfer takes and the application to sell as a whole are written into the draft of equity, of nothing else.
func TestR12e_ApprovalAndTheSaleAsAWholeAreRevisedByForm(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge := w.signedIn("judge1")
	phone := w.imported(judge)
	judge.get("/bench/lots/" + phone)
	judge.want(http.StatusOK, "修改条件与文字")
	judge.lacks("approval.within_days", "whole_equity.application")
	var lot string
	w.must(w.pool.QueryRow(t.Context(), `SELECT la.lot_id::text FROM lot_assets la JOIN assets a ON a.id = la.asset_id WHERE a.category = 'equity' LIMIT 1`).Scan(&lot))
	page := "/bench/lots/" + lot
	judge.revise(lot, nil)
	judge.want(http.StatusOK, "表决仍然有效")
	before := judge.fields(page + "/revise")
	hash := strings.Repeat("5a", 32)
	change := map[string]string{
		"approval.authority.zh": "地方金融管理局", "approval.authority.en": "Local financial authority", "approval.condition.zh": "净资产一亿元以上", "approval.condition.en": "Net assets of 100 million yuan",
		"approval.within_days": "366", "whole_equity.applied_on": "2026-05-20", "whole_equity.application": hash[1:], "whole_equity.reason.zh": "分割则失去控制权", "whole_equity.reason.en": "A part has no control",
	}
	judge.revise(lot, change)
	judge.want(http.StatusUnprocessableEntity, `id="approval.within_days-e"`, `id="whole_equity.application-e"`, "R12e", "分割则失去控制权")
	judge.revise(lot, with(change, "approval.within_days", "365", "whole_equity.application", strings.ToUpper(hash)))
	judge.want(http.StatusOK, "表决仍然有效")
	got := judge.fields(page + "/revise")
	if got["approval.within_days"] != "365" || got["whole_equity.application"] != hash || got["whole_equity.reason.en"] != "A part has no control" {
		t.Errorf("the draft has %q days, %q, %q", got["approval.within_days"], got["whole_equity.application"], got["whole_equity.reason.en"])
	}
	gone := map[string]string{}
	for name := range change {
		gone[name] = ""
	}
	judge.revise(lot, gone)
	judge.want(http.StatusOK, "表决仍然有效")
	if after := judge.fields(page + "/revise"); after["approval.within_days"] != "" || after["seen"] != before["seen"] {
		t.Errorf("emptied, the draft is not what it was")
	}
}

// R14: the lot's page on the bench leads to its agents' requests as long as the court decides on them; a clerk finds them from everywhere.
func TestR14_TheCourtFindsALotsAgents(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	list := "/bench/agencies?lot=" + lot
	judge, clerk, agent := w.signedIn("judge1"), w.signedIn("clerk1"), w.signedIn("bidder2")
	judge.get("/bench/lots/" + lot)
	judge.want(http.StatusOK, `href="`+list+`"`, "没有待确认的代理")
	agent.post("/lots/"+lot+"/agency", "act", "ask", "proof", agencyProof, "principals.0.name", "顾明远", "principals.0.id_number", "A1")
	agent.want(http.StatusOK, "等待确认")
	judge.get("/bench/lots/" + lot)
	judge.want(http.StatusOK, `href="`+list+`"`, "1 件待确认")
	judge.get(list)
	judge.want(http.StatusOK, "委托代理", "只列出")
	for _, page := range []string{"/bench/prices", "/lots", "/bench/agencies"} {
		clerk.get(page)
		clerk.want(http.StatusOK, `href="/bench/agencies"`, `href="/bench/prices"`)
	}
	if here := clerk.find(`<nav class="nav"[^>]*>(?s:.*?)href="([^"]+)" aria-current="page"`); here != "/bench/agencies" {
		t.Errorf("the clerk is told to be at %s", here)
	}
	w.clock.To(w.clock.Now().Add(16*24*time.Hour + time.Minute))
	judge = w.signedIn("judge1")
	judge.get("/bench/lots/" + lot)
	judge.want(http.StatusOK)
	judge.lacks(list)
}
