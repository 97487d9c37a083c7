package pages_test

import (
	"net/http"
	"testing"
	"time"
)

// R16d, F5: by forms alone: the difference of a taking is entered by one person of finance, refused, entered anew, and approved by another.
func TestR16d_TheDifferenceIsEnteredByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	w.clock.To(w.clock.Now().Add(16*24*time.Hour + time.Minute))
	w.pass(25 * time.Hour)
	_, err := w.runner.RunDue(t.Context())
	w.must(err)
	judge, one, two, public := w.signedIn("judge1"), w.signedIn("finance1"), w.signedIn("finance2"), w.browser()
	const list = "/funds/differences"
	public.get(list)
	public.want(http.StatusOK, "登录")
	judge.get(list)
	judge.want(http.StatusForbidden, "role_forbidden")
	one.get(list)
	one.want(http.StatusOK, "没有应补交的抵债差额")
	page := "/bench/lots/" + lot
	judge.post(page+"/offer", "creditor_zh", "甲银行", "creditor_en", "Bank A", "rank", "1", "claim", "2000")
	judge.post(page+"/taking", "offer", judge.find(`<option value="([0-9a-f-]{36})"[^>]*>[^<]*甲银行`))
	judge.want(http.StatusOK)
	one.get("/funds")
	one.want(http.StatusOK, list, "抵债差额：")
	one.get(list)
	one.want(http.StatusOK, "待录入", "¥600.00", "甲银行", list+"/"+lot+"/entry")
	one.post(list+"/"+lot+"/entry", "amount_fen", "600.01", "bank_reference", "流水-1")
	one.want(http.StatusUnprocessableEntity, "amount_invalid", "600.01", "流水-1", "须一次交足")
	one.post(list+"/"+lot+"/entry", "amount_fen", "six", "bank_reference", "流水-1")
	one.want(http.StatusUnprocessableEntity, "amount_invalid", "six", "流水-1")
	one.post(list+"/"+lot+"/entry", "amount_fen", "600", "bank_reference", "")
	one.want(http.StatusUnprocessableEntity, "invalid_request")
	one.post(list+"/"+lot+"/entry", "amount_fen", "600", "bank_reference", "流水-1")
	one.want(http.StatusOK, "待另一名财务人员批准", "由您录入", "finance1 录入")
	one.lacks(list + "/" + lot + "/decision")

	two.get(list)
	two.want(http.StatusOK, "待批准", "流水-1", "finance1 录入：¥600.00")
	transfer := two.find(`name="transfer"[^>]*>\s*<option value="([0-9a-f-]{36})"`)
	one.post(list+"/"+lot+"/decision", "act", "approve", "transfer", transfer)
	one.want(http.StatusForbidden, "same_person", "F5")
	two.post(list+"/"+lot+"/decision", "act", "refuse", "transfer", transfer, "reason", " ")
	two.want(http.StatusUnprocessableEntity, "reason_required", "F5")
	two.post(list+"/"+lot+"/decision", "act", "refuse", "transfer", transfer, "reason", "流水号有误")
	two.want(http.StatusOK, "已退回，可以重新录入", "finance2 退回", "流水号有误", "/entry")
	two.post(list+"/"+lot+"/entry", "amount_fen", "600", "bank_reference", "流水-2")
	two.want(http.StatusOK, "待另一名财务人员批准")
	judge.post(page+"/rule", "number", "（2026）皖9902执77号之一")
	judge.want(http.StatusConflict, "difference_unpaid", "R16d")
	one.get(list)
	one.post(list+"/"+lot+"/decision", "act", "approve", "transfer", one.find(`name="transfer"[^>]*>\s*<option value="([0-9a-f-]{36})"`))
	one.want(http.StatusOK, "差额已记入案款", "finance1 批准", "已补交")
	judge.post(page+"/rule", "number", "（2026）皖9902执77号之一")
	judge.want(http.StatusOK, "裁定已登记")
}
