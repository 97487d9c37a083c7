package pages_test

import (
	"net/http"
	"testing"
	"time"

	"mingchui/auction/law"
)

// A court offers maximum bids by its form, the panel sees it, and bidders set and withdraw theirs, all without JavaScript. No page
// tells how high a maximum is once it is set.
func TestMaximumBidsWithoutJavaScript(t *testing.T) {
	t.Parallel()
	w := startUnder(t, law.DemonstrationMaximum())
	judge := w.signedIn("judge1")
	lot := w.imported(judge)
	judge.revise(lot, map[string]string{"maximum_bids": "yes"})
	judge.get("/bench/lots/" + lot)
	judge.want(http.StatusOK, "最高限价自动出价", "提供，写入公告")
	w.votes(lot, "approve", "")
	starts := w.clock.Now().Add(16 * 24 * time.Hour)
	judge.post("/bench/lots/"+lot+"/announce", "starts_at", beijing(starts), "ends_at", beijing(starts.Add(24*time.Hour)))
	judge.want(http.StatusOK, "公告已发布")
	_, err := w.runner.RunDue(t.Context())
	w.must(err)
	one, two := w.signedIn("bidder1"), w.signedIn("bidder2")
	codeOne, _ := w.enrolled(one, lot)
	w.enrolled(two, lot)
	w.clock.To(starts.Add(time.Minute))

	path := "/lots/" + lot + "/maximum"
	public := w.browser()
	public.get("/lots/" + lot)
	public.lacks(`data-maximum`)
	one.get("/lots/" + lot)
	one.want(http.StatusOK, "data-maximum", "最高出到（元）")
	one.lacks("撤回限价")
	one.post(path, "maximum", "many", "key", "k0")
	one.want(http.StatusUnprocessableEntity, "amount_invalid", `id="maximum-e"`, `value="many"`)
	one.post(path, "maximum", "3,141.59", "key", "k1")
	one.want(http.StatusOK, "确认最高限价", "人民币叁仟壹佰肆拾壹元伍角玖分")
	one.post(path, "maximum_fen", one.find(`name="maximum_fen" value="(\d+)"`), "key", one.find(`name="key" value="([^"]+)"`), "confirm", "yes")
	one.want(http.StatusOK, "最高限价已设定", "您正领先", "撤回限价", "自动出价")
	one.lacks("3,141", "314159")

	two.post(path, "maximum_fen", "260000", "key", "k2", "confirm", "yes")
	two.want(http.StatusConflict, "bid_too_low")
	two.post(path, "maximum_fen", "290000", "key", "k3", "confirm", "yes")
	two.want(http.StatusOK, "最高限价已设定", "您被超过了", codeOne)
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "2,950", "自动出价")
	public.lacks("3,141", "314159")

	one.post(path, "act", "withdraw", "key", "k4")
	one.want(http.StatusOK, "最高限价已撤回")
	one.lacks("撤回限价")
	one.post(path, "act", "withdraw", "key", "k5")
	one.want(http.StatusConflict, "没有设定最高限价")
	public.post(path, "maximum_fen", "300000", "key", "k6", "confirm", "yes")
	public.want(http.StatusUnauthorized)
}

// Where none are offered the room shows no control, and the way to it is refused.
func TestMaximumBidsAreNotShownWhereNotOffered(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	one := w.signedIn("bidder1")
	w.enrolled(one, lot)
	w.clock.To(w.clock.Now().Add(16*24*time.Hour + time.Minute))
	one.get("/lots/" + lot)
	one.want(http.StatusOK, "自己填写出价")
	one.lacks("data-maximum", "最高限价")
	one.post("/lots/"+lot+"/maximum", "maximum_fen", "300000", "key", "k", "confirm", "yes")
	one.want(http.StatusConflict, "maximum_not_offered")
}
