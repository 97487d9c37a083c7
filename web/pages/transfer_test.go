package pages_test

import (
	"net/http"
	"testing"
)

// R17, R18, F5 by forms alone: a bidder is told how to pay to the court's account; one person of finance enters what came, another
// approves it; the deposit is held, and finance does not learn whose or for what it was.
func TestR17_ADepositIsTransferredByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	const list = "/funds/transfers"
	bidder, other, judge, one, two := w.signedIn("bidder2"), w.signedIn("bidder1"), w.signedIn("judge1"), w.signedIn("finance1"), w.signedIn("finance2")
	pay := "/lots/" + lot + "/transfer"
	other.get(pay)
	other.want(http.StatusNotFound)
	one.get(pay)
	one.want(http.StatusForbidden, "role_forbidden")
	judge.get(list)
	judge.want(http.StatusForbidden, "role_forbidden")
	one.get(list)
	one.want(http.StatusOK, "尚未录入到账", list+"/entry")

	bidder.post("/lots/"+lot+"/enrol", "capacity", "ordinary", "accept_notices", "yes")
	bidder.want(http.StatusOK, "只显示这一次")
	bidder.get("/lots/" + lot + "/enrol")
	bidder.want(http.StatusOK, `href="`+pay+`"`)
	bidder.get(pay)
	bidder.want(http.StatusOK, "缴款识别码", "保证金", "¥300.00", "人民币叁佰元整")
	code := bidder.find(`code-big mono">([0-9A-Z ]{19})<`)
	enter := func(amount, reference, bank string) {
		one.post(list+"/entry", "amount_fen", amount, "payer", "王某", "bank_reference", bank, "payment_reference", reference)
	}
	enter("0", code, "流水-1")
	one.want(http.StatusUnprocessableEntity, "amount_invalid", "王某", "流水-1")
	enter("200", code[:18]+"*", "流水-1")
	one.want(http.StatusUnprocessableEntity, "payment_reference_invalid", "末位校验不符")
	enter("200", "0000000000000000", "流水-1")
	one.want(http.StatusUnprocessableEntity, "payment_reference_unknown", "不填识别码录入")
	enter("200", code, "流水-1")
	one.want(http.StatusOK, "已录入，待另一名财务人员批准", "由您录入", "/withdrawal")
	one.lacks("/approval")
	enter("300", code, "流水-1")
	one.want(http.StatusConflict, "bank_reference_used")

	two.get(list)
	two.want(http.StatusOK, "finance1 录入：王某 付款 ¥200.00", "批准即记账，不能撤销")
	approval := two.find(`action="(` + list + `/[0-9a-f-]{36}/approval)"`)
	transfer := two.find(`name="transfer" value="([0-9a-f-]{36})"`)
	one.post(approval, "transfer", transfer, "confirmed", "yes")
	one.want(http.StatusForbidden, "same_person", "F5")
	two.post(approval, "transfer", transfer)
	two.want(http.StatusUnprocessableEntity, "field_missing")
	two.post(approval, "transfer", transfer, "confirmed", "yes")
	two.want(http.StatusOK, "已批准入账", "竞价结束前保密（R18）")
	two.lacks(lot)
	bidder.get(pay)
	bidder.want(http.StatusOK, "¥200.00", "¥100.00")
	enter("100", code, "流水-2")
	two.get(list)
	two.post(two.find(`action="(`+list+`/[0-9a-f-]{36}/approval)"`), "transfer", two.find(`name="transfer" value="([0-9a-f-]{36})"`), "confirmed", "yes")
	two.want(http.StatusOK, "已批准入账")
	bidder.get(pay)
	bidder.want(http.StatusNotFound) // nothing is missing any more
	bidder.get("/lots/" + lot + "/enrol")
	bidder.want(http.StatusOK, "已确认")

	// What names nothing lies in suspense and can go to a reference, which is there for nobody any more: it goes back by hand.
	enter("5", "", "流水-3")
	two.get(list)
	two.post(two.find(`action="(`+list+`/[0-9a-f-]{36}/approval)"`), "transfer", two.find(`name="transfer" value="([0-9a-f-]{36})"`), "confirmed", "yes")
	two.want(http.StatusOK, "待查款项")
	one.get("/funds/reconciliation")
	one.want(http.StatusOK, "¥5.00", "流水-3", "王某", `name="payment_reference"`, "由本院转账退还")
	one.post(one.find(`action="(/funds/reconciliation/suspense/[0-9a-f-]{36}/assignment)"`), "payment_reference", "0000000000000000", "reason", "误汇")
	one.want(http.StatusUnprocessableEntity, "payment_reference_unknown")
	one.post(one.find(`action="(/funds/reconciliation/suspense/[0-9a-f-]{36}/return)"`), "reason", "误汇")
	one.get("/funds/returns")
	one.want(http.StatusOK, "待查款项", "¥5.00", "王某", "待录入")
}
