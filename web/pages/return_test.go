package pages_test

import (
	"net/http"
	"testing"
	"time"
)

// R23, R31, F5 by forms alone: the difference of a taking that was set aside goes back by the court's own transfer, entered by one
// person of finance, taken back, refused, entered anew, and approved by another who says that it cannot be undone.
func TestR31_MoneyGoesBackByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	const list = "/funds/returns"
	judge, one, two, public := w.signedIn("judge1"), w.signedIn("finance1"), w.signedIn("finance2"), w.browser()
	public.get(list)
	public.want(http.StatusOK, "登录")
	judge.get(list)
	judge.want(http.StatusForbidden, "role_forbidden")
	one.get(list)
	one.want(http.StatusOK, "没有应以转账退还的款项")

	of := w.differenceOwedBack()
	base := list + "/" + of
	one.get("/funds")
	one.want(http.StatusOK, `href="`+list+`"`, "以转账退还：")
	one.get(list)
	one.want(http.StatusOK, "待录入", "¥600.00", "甲银行", "抵债差额", base+"/entry")
	one.post(base+"/entry", "amount_fen", "600.01", "payee", "甲银行 1001", "bank_reference", "出-1")
	one.want(http.StatusUnprocessableEntity, "amount_invalid", "600.01", "甲银行 1001", "出-1", "须一次交足")
	one.post(base+"/entry", "amount_fen", "six", "payee", "甲银行 1001", "bank_reference", "出-1")
	one.want(http.StatusUnprocessableEntity, "amount_invalid")
	one.post(base+"/entry", "amount_fen", "600", "payee", "", "bank_reference", "出-1")
	one.want(http.StatusUnprocessableEntity, "invalid_request")
	one.post(base+"/entry", "amount_fen", "600", "payee", "甲银行 1001", "bank_reference", "出-1")
	one.want(http.StatusOK, "待另一名财务人员批准", "由您录入", "finance1 录入", base+"/withdrawal")
	one.lacks(base + "/approval")
	transfer := one.find(`name="transfer" value="([0-9a-f-]{36})"`)
	one.post(base+"/approval", "transfer", transfer, "confirmed", "yes")
	one.want(http.StatusForbidden, "same_person", "F5")
	one.post(base+"/withdrawal", "transfer", transfer)
	one.want(http.StatusOK, "已撤回", "finance1 撤回")

	one.post(base+"/entry", "amount_fen", "600", "payee", "甲银行 1001", "bank_reference", "出-1")
	two.get(list)
	two.want(http.StatusOK, "待批准", "finance1 录入：向 甲银行 1001 退还 ¥600.00", "批准即记账，不能撤销")
	transfer = two.find(`name="transfer" value="([0-9a-f-]{36})"`)
	two.post(base+"/approval", "transfer", transfer)
	two.want(http.StatusUnprocessableEntity, "field_missing")
	two.post(base+"/refusal", "transfer", transfer, "reason", " ")
	two.want(http.StatusUnprocessableEntity, "reason_required", "F5")
	two.post(base+"/refusal", "transfer", transfer, "reason", "账号有误")
	two.want(http.StatusOK, "已退回，可以重新录入", "finance2 退回", "账号有误", base+"/entry")
	two.post(base+"/entry", "amount_fen", "600", "payee", "甲银行 1002", "bank_reference", "出-2")
	one.get(list)
	one.post(base+"/approval", "transfer", one.find(`name="transfer" value="([0-9a-f-]{36})"`), "confirmed", "yes")
	one.want(http.StatusOK, "已批准，款项已从案款账上转出", "finance1 批准", "已退还")
	one.lacks(base + "/entry")
}

// differenceOwedBack is a difference of 600 yuan that was paid in for a taking which was set aside since.
func (w *world) differenceOwedBack() (transfer string) {
	w.t.Helper()
	lot := w.announced()
	w.clock.To(w.clock.Now().Add(16*24*time.Hour + time.Minute))
	w.pass(25 * time.Hour)
	_, err := w.runner.RunDue(w.t.Context())
	w.must(err)
	judge, one, two := w.signedIn("judge1"), w.signedIn("finance1"), w.signedIn("finance2")
	page := "/bench/lots/" + lot
	judge.post(page+"/offer", "creditor_zh", "甲银行", "creditor_en", "Bank A", "rank", "1", "claim", "2000")
	judge.post(page+"/taking", "offer", judge.find(`<option value="([0-9a-f-]{36})"[^>]*>[^<]*甲银行`))
	one.post("/funds/differences/"+lot+"/entry", "amount_fen", "600", "bank_reference", "流水-1")
	two.get("/funds/differences")
	transfer = two.find(`name="transfer"[^>]*>\s*<option value="([0-9a-f-]{36})"`)
	two.post("/funds/differences/"+lot+"/decision", "act", "approve", "transfer", transfer)
	two.want(http.StatusOK, "差额已记入案款")
	w.setAside(lot)
	return transfer
}

// setAside sets a lot's sale aside by a superior court's order.
func (w *world) setAside(lot string) {
	w.t.Helper()
	judge, aside := w.signedIn("judge1"), "/bench/lots/"+lot+"/setting-aside"
	fields := []string{"basis", "order", "ground", "serious_breach", "order_zh", "（2026）皖99执监1号", "order_en", "No. 1", "again", "yes", "reason_zh", "依上级法院裁定", "reason_en", "By order"}
	judge.post(aside, append([]string{"act", "ask"}, fields...)...)
	judge.want(http.StatusOK, "撤销不可恢复")
	for _, sum := range []string{"seen_reversed", "seen_recoverable", "seen_kept"} {
		fields = append(fields, sum, judge.find(`name="`+sum+`" value="([^"]+)"`))
	}
	judge.post(aside, append([]string{"act", "go", "confirmed", "yes"}, fields...)...)
	judge.want(http.StatusOK, "这次拍卖已被撤销")
}
