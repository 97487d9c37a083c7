package pages_test

import (
	"net/http"
	"testing"
)

// F5: by forms alone: finance imports old balances, whose age everybody sees; a person asks for one, finance finds and grants it, and another of
// finance records the transfer.
func TestF5_OldMoneyFindsItsOwnerByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.announced()
	one, two, person, public := w.signedIn("finance1"), w.signedIn("finance2"), w.signedIn("bidder1"), w.browser()
	const list, mine = "/funds/owners", "/me/money"
	public.get(list)
	public.want(http.StatusOK, "登录")
	person.get(list)
	person.want(http.StatusForbidden, "role_forbidden")
	public.get("/funds")
	public.lacks("超过一年")
	one.get("/funds")
	one.want(http.StatusOK, list)
	one.get(list)
	one.want(http.StatusOK, "没有待答复的申领", "没有符合的旧账余额")
	const head = "case_number,payer,amount,received_on,kind,note\n"
	one.post(list+"/import", "csv", head+"n,王五,x,2019-05-31,deposit,\n,王五,1,2019-05-31,deposit,\n")
	one.want(http.StatusUnprocessableEntity, "第 2 行的 amount", "第 3 行的 case_number")
	one.post(list+"/import", "csv", head+"（2019）皖9902执7号,王五,1234.56,2019-05-31,deposit,\n")
	one.want(http.StatusOK, "已导入 1 笔", "王五", "¥1,234.56")
	public.get("/funds")
	public.want(http.StatusOK, "超过一年", "¥1,234.56（1 笔）")
	public.lacks("王五")

	person.get("/me")
	person.want(http.StatusOK, mine)
	person.get(mine)
	person.want(http.StatusOK, "没有法院为您保管", "15 日内答复")
	court := person.find(`<option value="([0-9a-f-]{36})"`)
	person.post(mine, "subject", "old", "court", court, "statement", "", "holder", "王五", "bank", "江岸银行", "number", "6222000011112222")
	person.want(http.StatusUnprocessableEntity, "invalid_request")
	person.post(mine, "subject", "old", "court", court, "case_number", "（2019）皖9902执7号", "statement", "2019 年的保证金", "holder", "王五", "bank", "江岸银行", "number", "6222 0000 1111 2222")
	person.want(http.StatusOK, "申领已提出", "旧账款项")

	one.get(list + "?q=王五")
	one.want(http.StatusOK, "2019 年的保证金", "6222000011112222")
	request, old := one.find(`name="request"[^>]*value="([0-9a-f-]{36})"`), one.find(`<option value="([0-9a-f-]{36})"[^>]*>王五`)
	one.post(list+"/refuse", "request", request, "reason", "")
	one.want(http.StatusUnprocessableEntity, "reason_required")
	one.post(list+"/grant", "request", request, "old_balance", old)
	one.want(http.StatusOK, "已同意", "须由另一人登记付款")
	one.post(list+"/paid", "old_balance", old, "bank_reference", "流水-9")
	one.want(http.StatusForbidden, "same_person", "F5")
	two.post(list+"/paid", "old_balance", old, "bank_reference", "流水-9")
	two.want(http.StatusOK, "已登记付款", "没有符合的旧账余额")
	person.get(mine)
	person.want(http.StatusOK, "同意")
	public.get("/funds")
	public.lacks("超过一年")
	one.post(list+"/link", "case_number", "none", "no", "1", "login", "bidder1")
	one.want(http.StatusNotFound, "not_found")
	one.post(list+"/link", "case_number", "none", "no", "x", "login", "bidder1")
	one.want(http.StatusUnprocessableEntity, "invalid_request")
	one.post(list + "/other")
	one.want(http.StatusNotFound)
}
