package pages_test

import (
	"net/http"
	"testing"
	"time"
)

// sold runs the phone's sale to its end by forms; bidder2 buys it for 2,600 yuan.
func (w *world) sold() (lot string, winner *browser) {
	w.t.Helper()
	lot = w.announced()
	winner = w.signedIn("bidder2")
	w.enrolled(winner, lot)
	w.clock.To(w.clock.Now().Add(16*24*time.Hour + time.Minute))
	winner.post("/lots/"+lot+"/bid", "amount_fen", "260000", "key", "k-1", "confirm", "yes")
	winner.want(http.StatusOK, "您正领先")
	w.pass(25 * time.Hour)
	w.settle()
	return lot, winner
}

// R31: by forms alone: the request, what setting aside would do, the confirmation, and what everybody sees of it.
func TestR31_ASaleIsSetAsideByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot, winner := w.sold()
	judge, public := w.signedIn("judge1"), w.browser()
	aside := "/bench/lots/" + lot + "/setting-aside"
	public.get(aside)
	public.want(http.StatusOK, "登录")
	winner.get(aside)
	winner.want(http.StatusForbidden, "role_forbidden")
	winner.post("/lots/"+lot+"/objection", "capacity", "bidder", "kind", "set_aside", "ground", "untrue_statement", "text", "成色与公告不符。")
	winner.want(http.StatusOK, "异议已提交")
	judge.get("/bench/lots/" + lot)
	judge.want(http.StatusOK, aside)
	judge.get(aside)
	judge.want(http.StatusOK, "上级法院的裁定")
	judge.lacks("成立的撤销请求（")
	judge.post(aside, "act", "ask", "basis", "finding", "again", "yes", "reason_zh", "买受人不具备资格", "reason_en", "The buyer is not qualified")
	judge.want(http.StatusConflict, "objection_not_founded", "买受人不具备资格", "The buyer is not qualified")
	judge.post(aside, "act", "ask", "basis", "order", "ground", "", "order_zh", "（2026）皖99执监1号", "reason_zh", "依上级法院裁定", "reason_en", "By order")
	judge.want(http.StatusUnprocessableEntity, "invalid_request", "（2026）皖99执监1号")

	judge.get("/bench/objections")
	judge.post(judge.find(`action="(/bench/objections/[^"]+/decide)"`), "act", "founded", "reason_zh", "公告确有失实", "reason_en", "The announcement was wrong")
	judge.want(http.StatusOK, "已处理", aside)
	judge.get(aside)
	basis := judge.find(`value="(objection:[0-9a-f-]{36})"`)
	fields := []string{"basis", basis, "again", "yes", "reason_zh", "公告严重失实，依法撤销。", "reason_en", "The announcement was wrong."}
	judge.post(aside, append([]string{"act", "ask"}, fields...)...)
	judge.want(http.StatusOK, "撤销不可恢复", "测试bidder2", "¥300.00", "其中保证金", "无需追回", "公告严重失实，依法撤销。", "查封不变，重新拍卖")
	public.get("/lots/" + lot)
	public.lacks("这次拍卖已被撤销")
	seen := append(fields, "seen_reversed", judge.find(`name="seen_reversed" value="([^"]+)"`), "seen_recoverable", judge.find(`name="seen_recoverable" value="([^"]+)"`), "seen_kept", judge.find(`name="seen_kept" value="([^"]+)"`))
	judge.post(aside, append([]string{"act", "edit"}, seen...)...)
	judge.want(http.StatusOK, "公告严重失实，依法撤销。", "查看后果")
	judge.post(aside, append([]string{"act", "go"}, seen...)...) // not confirmed: it is asked again
	judge.want(http.StatusOK, "撤销不可恢复")
	judge.post(aside, append(append([]string{"act", "go", "confirmed", "yes"}, fields...), "seen_reversed", "299.99", "seen_recoverable", "0.00", "seen_kept", "0.00")...)
	judge.want(http.StatusConflict, "sums_changed")
	judge.post(aside, append([]string{"act", "go", "confirmed", "yes"}, seen...)...)
	judge.want(http.StatusOK, "拍卖已撤销，款项正在退还", "这次拍卖已被撤销", "¥300.00", "拟定下一次拍卖", "原买受人可以参加", "执行裁定书（撤销拍卖）")
	paper := judge.find(`href="(/papers/[0-9a-f-]{36})">执行裁定书（撤销拍卖）`)
	judge.get(paper)
	judge.want(http.StatusOK, "草稿", "买受人：测试bidder2", "异议人：＿", "第三十一条第一项", "交付的款项人民币叁佰元整（¥300.00）全额退还", "固定该文书的日志条目")
	for _, b := range []*browser{public, winner} {
		b.get(paper)
		b.want(http.StatusNotFound)
	}
	judge.get(aside)
	judge.want(http.StatusOK, "这次拍卖已被撤销") // led to the lot
	w.settle()
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "这次拍卖已被撤销", "公告严重失实，依法撤销。", "严重失实", "对撤销请求的审查结论", "¥300.00")
	winner.get("/me")
	winner.want(http.StatusOK, "已退还")
	judge.get("/bench")
	judge.want(http.StatusOK, "已撤销")
	judge.post("/bench/lots/"+lot+"/next", "starting_price_fen", "2600", "increment_fen", "50", "deposit_fen", "300")
	judge.want(http.StatusOK, "下一次拍卖已拟定")
}
