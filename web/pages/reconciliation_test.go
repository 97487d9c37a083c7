package pages_test

import (
	"net/http"
	"testing"
)

// F1 on the page: empty before the first run; finance asks for one, finds what nobody knows, sends it back, and a refusal is told.
func TestF1_FinanceReconcilesOnThePage(t *testing.T) {
	t.Parallel()
	w := start(t)
	const page = "/funds/reconciliation"
	judge, finance, public := w.signedIn("judge1"), w.signedIn("finance1"), w.browser()
	public.get(page)
	public.want(http.StatusOK, "登录")
	judge.get(page)
	judge.want(http.StatusForbidden, "role_forbidden")
	finance.get(page)
	finance.want(http.StatusOK, "没有待查款项", "没有未了结的差异", "尚未对账")
	if _, err := w.stand.PlantPayment(26_504_001, nil); err != nil {
		t.Fatal(err)
	}
	finance.post(page + "/run")
	finance.want(http.StatusOK, "已发起", "进行中")
	_, err := w.runner.RunDue(w.t.Context())
	w.must(err)
	finance.get(page)
	finance.want(http.StatusOK, "265,040.01", "支付机构已入账，本院无记录", "新发现 1 笔", "/assignment", "/return", "/closing")
	back := finance.find(`action="(` + page + `/suspense/[0-9a-f-]{36}/return)"`)
	finance.post(back, "reason", " ")
	finance.want(http.StatusUnprocessableEntity, "reason_required")
	finance.post(page+"/suspense/"+back[len(page+"/suspense/"):len(page+"/suspense/")+36]+"/assignment", "reason", "r", "payment", "none")
	finance.want(http.StatusUnprocessableEntity)
	finance.post(back, "reason", "非本院款项")
	finance.want(http.StatusOK, "正在退回")
	closing := finance.find(`action="(` + page + `/differences/[0-9a-f-]{36}/closing)"`)
	finance.post(closing, "reason", "已与付款人核实")
	finance.want(http.StatusOK, "理由留存备查", "没有未了结的差异", "265,040.01")
	finance.post(closing, "reason", "再来一次")
	finance.want(http.StatusConflict, "payment_state_conflict")
}
