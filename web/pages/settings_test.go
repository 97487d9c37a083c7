package pages_test

import (
	"net/http"
	"testing"
)

// R10, F2, R28o: by forms alone: a judge chooses the court's figures, sees what changes before it is published, everybody reads it; lots
// listed before keep theirs.
func TestR10_ACourtChoosesItsSettingsByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge, clerk, public := w.signedIn("judge1"), w.signedIn("clerk1"), w.browser()
	judge.get("/bench")
	judge.want(http.StatusOK, "本院选定")
	page := judge.find(`href="(/courts/[^"/]+/settings)"`)
	public.get(page)
	public.want(http.StatusOK, "该院未作选定", "70.0%至100.0%", "法释〔2016〕18号第10条")
	public.lacks("重新选定")
	public.post(page, "act", "ask")
	public.want(http.StatusUnauthorized, "sign_in_required")
	clerk.get(page)
	clerk.lacks("重新选定")
	clerk.post(page, "act", "ask")
	clerk.want(http.StatusForbidden, "role_forbidden")
	public.get("/courts/nowhere/settings")
	public.want(http.StatusNotFound)

	figures := func(act, reserve, days, seconds string, more ...string) {
		judge.post(page, append([]string{
			"act", act, "reserve_min_permille", reserve, "pay_out_days", days, "brief_outage_seconds", seconds, "maximum_bids", "true", "no_reserve", "false",
			"decided_by_zh", "执行局局长", "decided_by_en", "head of the enforcement bureau", "reason_zh", "本地成交价高。", "reason_en", "Prices here are high.",
		}, more...)...)
	}
	judge.get(page)
	judge.want(http.StatusOK, "重新选定")
	for _, x := range []struct{ reserve, days, seconds, says, rule string }{
		{"69.9", "30", "600", "setting_out_of_bounds", "R10"},
		{"100.1", "30", "600", "setting_out_of_bounds", "R10"},
		{"70", "31", "600", "setting_out_of_bounds", "F2"},
		{"70", "0", "600", "setting_out_of_bounds", "F2"},
		{"70", "30", "1801", "setting_out_of_bounds", "R28o"},
		{"seventy", "30", "600", "invalid_request", ""},
		{"70.55", "30", "600", "invalid_request", ""},
		{"70", "-1", "600", "invalid_request", ""},
	} {
		figures("ask", x.reserve, x.days, x.seconds)
		judge.want(http.StatusUnprocessableEntity, x.says, x.rule, x.reserve)
	}
	judge.post(page, "act", "ask", "reserve_min_permille", "70", "pay_out_days", "30", "brief_outage_seconds", "600", "maximum_bids", "true", "decided_by_zh", "执行局局长", "decided_by_en", "head", "reason_zh", " ", "reason_en", "x")
	judge.want(http.StatusUnprocessableEntity, "reason_required")

	figures("ask", "75.5", "7", "0")
	judge.want(http.StatusOK, "将有的变化", "70.0% → 75.5%", "30 天 → 7 天", "关闭 → 开启", "执行局局长")
	public.get(page)
	public.want(http.StatusOK, "该院未作选定")
	figures("go", "75.5", "7", "0") // without the tick it is only shown
	judge.want(http.StatusOK, "将有的变化")
	figures("edit", "75.5", "7", "0")
	judge.want(http.StatusOK, "重新选定", "75.5")
	figures("go", "75.5", "7", "0", "confirmed", "yes")
	judge.want(http.StatusOK, "选定已公开", "75.5%")
	public.get(page)
	public.want(http.StatusOK, "执行局局长", "70.0% → 75.5%", "本地成交价高。")
	figures("ask", "75.5", "7", "0")
	judge.want(http.StatusConflict, "settings_unchanged")

	figures("go", "70", "10", "300", "confirmed", "yes")
	lot := w.announced()
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "含法院选定的数额", "30 天 → 10 天", "10 分钟 → 5 分钟", page)
	judge.get("/bench/lots/" + lot)
	judge.want(http.StatusOK, "含法院选定的数额", "30 天 → 10 天")
	figures("go", "75.5", "7", "0", "confirmed", "yes")
	public.get("/lots/" + lot) // it was listed before
	public.want(http.StatusOK, "30 天 → 10 天")
	public.lacks("75.5%")
}
