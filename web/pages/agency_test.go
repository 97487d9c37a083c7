package pages_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const agencyProof = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"

// R14: by forms alone: an agent asks for joint bidders, is refused, asks again, is confirmed and enrols for them; what each sees, and that
// nobody else sees the principals before the end (R18).
func TestR14_AnAgentIsConfirmedByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	agent, stranger, clerk, judge, public := w.signedIn("bidder2"), w.signedIn("bidder1"), w.signedIn("clerk1"), w.signedIn("judge1"), w.browser()
	form := "/lots/" + lot + "/agency"
	public.get("/lots/" + lot)
	public.want(http.StatusOK, form, "代他人或者与他人共同竞买")
	agent.get("/me")
	agent.want(http.StatusOK, "您没有申请过代理")
	clerk.get("/bench/agencies")
	clerk.want(http.StatusOK, "没有等待确认的代理")
	agent.get(form)
	agent.want(http.StatusOK, "提交法院确认", "principals.1.name")
	agent.lacks("principals.2.name")
	two := []string{"principals.0.name", "顾明远", "principals.0.id_number", "A1", "principals.0.share_bp", "33.33", "principals.3.name", "江澜商贸", "principals.3.id_number", "A2"}
	agent.post(form, append(two, "act", "more")...)
	agent.want(http.StatusOK, "principals.4.name", "江澜商贸", "33.33")
	agent.post(form, append(two, "act", "ask", "proof", agencyProof, "principals.3.share_bp", "66.66")...)
	agent.want(http.StatusUnprocessableEntity, "shares_not_whole", "9999", "江澜商贸")
	agent.post(form, append(two, "act", "ask", "proof", "5a", "principals.3.share_bp", "66.67")...)
	agent.want(http.StatusUnprocessableEntity, `id="proof-e"`)
	agent.post(form, append(two, "act", "ask", "proof", agencyProof, "principals.3.share_bp", "66.678")...)
	agent.want(http.StatusUnprocessableEntity, `id="principals.1.share_bp-e"`)
	agent.post(form, append(two, "act", "ask", "proof", strings.ToUpper(agencyProof), "principals.3.share_bp", "66.67")...)
	agent.want(http.StatusOK, "已提交，等待法院确认", "联合竞买，2 方", "顾明远 33.33%、江澜商贸 66.67%", "等待确认")
	agent.lacks("A2")

	for _, b := range []*browser{stranger, agent} {
		b.get("/bench/agencies")
		b.want(http.StatusForbidden, "role_forbidden")
	}
	judge.get("/bench")
	judge.want(http.StatusOK, "1 件待确认", "/bench/agencies")
	judge.get("/bench/agencies?lot=" + lot)
	judge.want(http.StatusOK, "联合竞买，2 方", "测试bidder2", "只列出")
	one := judge.find(`href="(/bench/agencies/[0-9a-f-]{36})"`)
	judge.get(one)
	judge.want(http.StatusOK, "顾明远", "A1", "66.67%", agencyProof)
	judge.post(one, "act", "refuse", "reason_zh", "委托书没有签名", "reason_en", "")
	judge.want(http.StatusUnprocessableEntity, "reason_required", `id="reason_en-e"`, "委托书没有签名")
	refusal := []string{"act", "refuse", "reason_zh", "委托书没有签名", "reason_en", "The power of attorney is not signed"}
	judge.post(one, refusal...)
	judge.want(http.StatusOK, "均不可撤销", "我决定不予确认", "The power of attorney is not signed")
	agent.get(form)
	agent.want(http.StatusOK, "等待确认")
	judge.post(one, append(refusal, "confirmed", "yes")...)
	judge.want(http.StatusOK, "已决定不予确认")
	agent.get("/me")
	agent.want(http.StatusOK, "不予确认", "委托书没有签名", "重新申请")

	agent.post(form, "act", "ask", "proof", agencyProof, "principals.0.name", "顾明远", "principals.0.id_number", "A1")
	agent.want(http.StatusOK, "委托代理", "已提交，等待法院确认")
	clerk.get("/bench/agencies")
	again := clerk.find(`btn sm" href="(/bench/agencies/[0-9a-f-]{36})"`)
	if again == one {
		t.Fatal("the decided request comes before the open one")
	}
	clerk.post(again, "act", "confirm")
	clerk.want(http.StatusOK, "均不可撤销", "我已核对材料原件")
	clerk.post(again, "act", "confirm", "confirmed", "yes")
	clerk.want(http.StatusOK, "已确认代理人")
	clerk.post(again, "act", "confirm", "confirmed", "yes")
	clerk.want(http.StatusConflict, "state_conflict")
	clerk.get(again + "?lang=en")
	clerk.want(http.StatusOK, "Confirmed", "Identity number", "Until bidding starts")
	clerk.get("/bench/agencies")
	clerk.want(http.StatusOK, "Agents and joint bidders", "Agency for one")

	agent.get("/lots/" + lot + "/enrol")
	agent.want(http.StatusOK, "为谁竞买", "代顾明远竞买")
	behalf := agent.find(`value="([0-9a-f-]{36})"`)
	agent.post("/lots/"+lot+"/enrol", "accept_notices", "yes", "capacity", "ordinary", "on_behalf", "")
	agent.want(http.StatusUnprocessableEntity, "请选择", "代顾明远竞买")
	agent.post("/lots/"+lot+"/enrol", "accept_notices", "yes", "capacity", "ordinary", "on_behalf", behalf)
	agent.want(http.StatusOK, "竞买代码")
	for _, b := range []*browser{stranger, public, judge} {
		b.get("/lots/" + lot)
		b.lacks("顾明远")
	}
	stranger.get(form + "?lang=en")
	stranger.want(http.StatusOK, "Ask the court to confirm", "Principal or joint bidder 1")
	stranger.lacks("顾明远")
	stranger.post(form, "act", "ask", "proof", agencyProof, "principals.0.name", "顾明远", "principals.0.id_number", "A1")
	stranger.want(http.StatusOK, "Waits for the court", "The request is with the court")
	clerk.get("/bench/agencies")
	second := clerk.find(`btn sm" href="(/bench/agencies/[0-9a-f-]{36})"`)
	clerk.post(second, "act", "confirm", "confirmed", "yes")
	clerk.want(http.StatusConflict, "one_code_each", "R20a")

	w.clock.To(w.clock.Now().Add(16*24*time.Hour + time.Minute))
	for _, b := range []*browser{w.signedIn("clerk1"), w.signedIn("judge1")} {
		b.get("/bench/agencies")
		b.want(http.StatusOK, "没有等待确认的代理")
		b.lacks("顾明远")
		b.get(second)
		b.want(http.StatusNotFound)
		b.post(second, "act", "confirm", "confirmed", "yes")
		b.want(http.StatusConflict, "agency_too_late")
		b.lacks("顾明远")
	}
	late := w.signedIn("bidder1")
	late.get(form)
	late.want(http.StatusOK, "现在不能申请", "法院没有在此前确认")
	late.post(form, "act", "ask", "proof", agencyProof, "principals.0.name", "沈若溪", "principals.0.id_number", "A3")
	late.want(http.StatusConflict, "agency_too_late")
}
