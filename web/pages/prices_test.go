package pages_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// R10p by forms alone: three origins skipped, firms chosen, a report served, objected to and decided, the price fixed; everybody reads it.
func TestR10p_APriceIsFixedByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	var asset string
	w.must(w.pool.QueryRow(t.Context(), `SELECT asset_id::text FROM lot_assets WHERE lot_id = $1`, lot).Scan(&asset))
	judge, clerk, public := w.signedIn("judge1"), w.signedIn("clerk1"), w.browser()
	page := "/bench/assets/" + asset + "/price"
	public.get(page)
	public.want(http.StatusOK, "登录")
	clerk.get("/bench/prices")
	clerk.want(http.StatusOK, page, "未启动")
	clerk.get(page)
	clerk.want(http.StatusOK, "启动确定参考价")
	clerk.post(page + "/start")
	clerk.want(http.StatusOK, "已启动", "确定中", "由当事人议价")
	clerk.lacks(`action="` + page + `/skip"`) // the judges'
	clerk.post(page+"/skip", "ground", "parties_chose", "reason_zh", "x", "reason_en", "x")
	clerk.want(http.StatusForbidden, "role_forbidden")
	judge.get(page)
	judge.want(http.StatusOK, "跳过当事人议价", "当事人议价结果")
	judge.post(page+"/skip", "ground", "parties_chose", "reason_zh", "双方请求评估", "reason_en", "")
	judge.want(http.StatusUnprocessableEntity, "reason_required", "R10p", "双方请求评估")
	for _, ground := range []string{"parties_chose", "parties_chose", "needs_expert"} {
		judge.post(page+"/skip", "ground", ground, "reason_zh", "双方请求评估", "reason_en", "Both ask for an appraisal")
		judge.want(http.StatusOK, "已跳过")
	}
	judge.want(http.StatusOK, "三家评估机构")
	clerk.post(page+"/choose", "chosen_by", "agreement", "firms", "甲所｜Firm A\n乙所 | Firm B")
	clerk.want(http.StatusUnprocessableEntity, "firms_invalid", "乙所 | Firm B")
	judge.post(page+"/draw", "firms", "甲所｜Firm A\n乙所 | Firm B")
	judge.want(http.StatusUnprocessableEntity, "draw_list_invalid", "R10p", "乙所 | Firm B")
	judge.post(page+"/draw", "firms", "甲所｜Firm A\n乙所 | Firm B\n丙所|Firm C\n丁所")
	judge.want(http.StatusOK, "名单已载入公开日志", "/draws/", "4 家")
	w.drawn()
	clerk.get(page)
	draw := clerk.find(`<option value="([0-9a-f-]{36})"[^>]*>抽签`)
	clerk.post(page+"/choose", "chosen_by", draw)
	clerk.want(http.StatusOK, "下一家：", "三十日内出具报告")
	var first string
	w.must(w.pool.QueryRow(t.Context(), `SELECT firm_zh FROM draw_candidates WHERE draw_id = $1 AND place = 1`, draw).Scan(&first))
	clerk.want(http.StatusOK, "下一家："+first)
	clerk.post(page + "/engage")
	clerk.want(http.StatusOK, "登记结果", first)
	w.reported(page, clerk, judge)
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "参考价的由来", "双方一致要求", "双方请求评估", "需由专业人员现场勘验", "¥3,700.00", first, "据以确定")
	judge.get(page)
	judge.want(http.StatusOK, "十日内启动变价", "经执行监督认定有误")
	judge.post(page+"/withdraw", "ground", "other", "reason_zh", "有误", "reason_en", "It is wrong")
	judge.want(http.StatusUnprocessableEntity, "price_ground_invalid", "It is wrong")
	judge.post(page+"/withdraw", "ground", "supervision", "reason_zh", "有误", "reason_en", "It is wrong")
	judge.want(http.StatusOK, "已撤回", "可以启动")
	judge.lacks(page + "/withdraw\"")
}

// reported takes the first firm's report to the price, with an objection on the way.
func (w *world) reported(page string, clerk, judge *browser) {
	w.t.Helper()
	hash := strings.Repeat("a", 64)
	today, until := w.clock.Now().Format(time.DateOnly), w.clock.Now().AddDate(0, 6, 0).Format(time.DateOnly)
	source := clerk.find(`name="source"[^>]*>\s*<option value="([0-9a-f-]{36})"`)
	clerk.post(page+"/report", "source", source, "amount", "3,700", "number", "评1号", "hash", "short", "valued_on", today, "valid_until", until)
	clerk.want(http.StatusUnprocessableEntity, "评1号", "invalid_request")
	clerk.post(page+"/report", "source", source, "amount", "3,700", "number", "评1号", "hash", hash, "valued_on", today, "valid_until", until)
	clerk.want(http.StatusOK, "¥3,700.00", "尚有当事人未收到报告", "发送报告", "向当事人发送报告")
	report := clerk.find(`name="report"[^>]*>\s*<option value="([0-9a-f-]{36})"`)
	for strings.Contains(clerk.html, page+"/serve") {
		who := clerk.find(`id="p-serve-who"[^>]*>\s*<option value="([a-z]+:\d+)"`)
		clerk.post(page+"/serve", "who", who, "way", "electronic", "received", "yes", "proof", hash)
		clerk.want(http.StatusOK, "已登记", "电子送达")
	}
	judge.post(page + "/fix")
	judge.want(http.StatusConflict, "objection_time_runs", "R10p")
	clerk.post(page+"/object", "report", report, "who", "debtor:1", "ground", "result", "text_hash", hash)
	clerk.want(http.StatusOK, "审查中", "交评估机构说明")
	objection := clerk.find(`name="objection"[^>]*>\s*<option value="([0-9a-f-]{36})"`)
	clerk.post(page+"/pass", "objection", objection)
	clerk.want(http.StatusOK, "交评估机构说明")
	judge.post(page+"/decide", "objection", objection, "outcome", "dismissed", "reason_zh", "结果有据", "reason_en", "The result is sound")
	judge.want(http.StatusOK, "异议不成立", "结果有据")
	w.clock.To(w.clock.Now().Add(5*24*time.Hour + time.Millisecond))
	judge.get(page)
	judge.want(http.StatusOK, "可以确定参考价")
	judge.post(page + "/fix")
	judge.want(http.StatusOK, "参考价已确定", "¥3,700.00", until)
}

// R10p: the parties' one figure is the price; different ones are refused and stay in the form.
func TestR10p_ThePartiesAgreeByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge := w.signedIn("judge1")
	w.imported(judge)
	judge.get("/bench/prices")
	page := judge.find(`href="(/bench/assets/[0-9a-f-]{36}/price)"`)
	judge.post(page + "/start")
	var parties int
	for parties = 0; strings.Contains(judge.html, `name="result_`+strconv.Itoa(parties)+`"`); parties++ {
	}
	if parties < 2 {
		t.Fatalf("the form asks %d parties", parties)
	}
	fields := func(last string) []string {
		f := []string{"paper", strings.Repeat("b", 64)}
		for i := range parties - 1 {
			f = append(f, "result_"+strconv.Itoa(i), "12,345.67")
		}
		return append(f, "result_"+strconv.Itoa(parties-1), last)
	}
	judge.post(page+"/agree", fields("12345.68")...)
	judge.want(http.StatusUnprocessableEntity, "price_not_agreed", "12,345.67", "12345.68")
	judge.post(page+"/agree", fields("12345.67")...)
	judge.want(http.StatusOK, "参考价已确定", "¥12,345.67", "当事人议价")
	judge.get("/bench/prices")
	judge.want(http.StatusOK, "已确定", "¥12,345.67")
}

// R10p: who gets a report is listed with the days that are left: three to send it, fifteen of a publication, five to object.
func TestR10p_ServiceIsShownWithTheDaysThatAreLeft(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge := w.signedIn("judge1")
	w.imported(judge)
	judge.get("/bench/prices")
	page := judge.find(`href="(/bench/assets/[0-9a-f-]{36}/price)"`)
	judge.post(page + "/start")
	for _, ground := range []string{"parties_chose", "parties_chose", "needs_expert"} {
		judge.post(page+"/skip", "ground", ground, "reason_zh", "双方请求评估", "reason_en", "Both ask for an appraisal")
		judge.want(http.StatusOK, "已跳过")
	}
	judge.post(page+"/choose", "chosen_by", "agreement", "firms", "甲所｜Firm A\n乙所|Firm B\n丙所|Firm C")
	judge.post(page + "/engage")
	source := judge.find(`name="source"[^>]*>\s*<option value="([0-9a-f-]{36})"`)
	hash, day := strings.Repeat("a", 64), 24*time.Hour
	judge.post(page+"/report", "source", source, "amount", "3,700", "hash", hash, "valued_on", w.clock.Now().Format(time.DateOnly), "valid_until", w.clock.Now().AddDate(0, 6, 0).Format(time.DateOnly))
	judge.want(http.StatusOK, `id="h-served"`, "待发送", "甲所，¥3,700.00", "发送报告给利害关系人")
	// Three days to send, and late after them; whole days are counted, and the clock runs on while pages are fetched.
	received := w.clock.Now()
	w.clock.To(received.Add(3*day - time.Minute))
	judge = w.signedIn("judge1")
	judge.get(page)
	judge.want(http.StatusOK, "待发送")
	judge.lacks("已逾期")
	w.clock.To(received.Add(3*day + time.Minute))
	judge.get(page)
	judge.want(http.StatusOK, "已逾期", "发送报告")

	// Published to an interested person: fifteen days, then five.
	judge.post(page+"/interested", "who", "interested:1", "way", "published", "received", "no", "reason_zh", "", "reason_en", "")
	judge.want(http.StatusUnprocessableEntity, "reason_required")
	judge.post(page+"/interested", "who", "interested:1", "way", "published", "received", "no", "reason_zh", "下落不明", "reason_en", "Whereabouts unknown")
	judge.want(http.StatusOK, "利害关系人第 1 位", "公示送达", "公示中", "利害关系人第 2 位")
	if left := w.left(judge, "利害关系人第 1 位"); left != "14 日" {
		t.Errorf("of the publication %s are left", left)
	}
	published := w.clock.Now()
	for _, at := range []struct {
		after time.Duration
		state string
	}{{15*day - time.Minute, "公示中"}, {15*day + time.Minute, "异议期内"}, {20*day - time.Minute, "异议期内"}, {20*day + time.Minute, "异议期已满"}} {
		w.clock.To(published.Add(at.after))
		judge = w.signedIn("judge1")
		judge.get(page)
		if row := w.served(judge, "利害关系人第 1 位"); !strings.Contains(row, at.state) {
			t.Errorf("%s after the publication the row says %s", at.after, row)
		}
		if at.after == 15*day+time.Minute && w.left(judge, "利害关系人第 1 位") != "4 日" {
			t.Errorf("to object %s are left", w.left(judge, "利害关系人第 1 位"))
		}
	}
	// Handed to another: five days from now; sent by post, none run yet.
	judge.post(page+"/interested", "who", "interested:2", "way", "direct", "received", "yes", "proof", hash)
	judge.want(http.StatusOK, "直接送达")
	judge.post(page+"/interested", "who", "interested:3", "way", "post", "received", "no")
	judge.want(http.StatusOK, "邮寄送达")
	if left := w.left(judge, "利害关系人第 2 位"); left != "4 日" {
		t.Errorf("to object %s are left", left)
	}
	if left := w.left(judge, "利害关系人第 3 位"); left != "" {
		t.Errorf("of a letter under way %s are left", left)
	}
	judge.post(page+"/interested", "who", "interested:201", "way", "post", "received", "no")
	judge.want(http.StatusUnprocessableEntity)
}

// served is the row of somebody in the table of services.
func (w *world) served(b *browser, who string) string {
	w.t.Helper()
	return b.find(`(?s)<th scope="row">` + who + `</th>(.*?)</tr>`)
}

// left is how much is left in it, empty for nothing.
func (w *world) left(b *browser, who string) string {
	w.t.Helper()
	m := regexp.MustCompile(`<span class="n">([^<]*)</span> ([^<]*)</b>`).FindStringSubmatch(w.served(b, who))
	if m == nil {
		return ""
	}
	return m[1] + " " + m[2]
}
