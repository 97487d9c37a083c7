package pages_test

import (
	"html"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// fields are what the form with this action would send as it stands.
func (b *browser) fields(action string) map[string]string {
	b.w.t.Helper()
	form := b.find(`(?s)<form method="post" action="` + regexp.QuoteMeta(action) + `"(.*?)</form>`)
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		out[m[1]] = html.UnescapeString(m[2])
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea[^>]*? name="([^"]+)"[^>]*>(.*?)</textarea>`).FindAllStringSubmatch(form, -1) {
		out[m[1]] = html.UnescapeString(m[2])
	}
	for _, m := range regexp.MustCompile(`(?s)<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(form, -1) {
		out[m[1]] = ""
		if chosen := regexp.MustCompile(`value="([^"]*)" selected`).FindStringSubmatch(m[2]); chosen != nil {
			out[m[1]] = html.UnescapeString(chosen[1])
		}
	}
	return out
}

// revise sends the form of the lot's bench page with changes.
func (b *browser) revise(lot string, changes map[string]string) {
	b.w.t.Helper()
	b.get("/bench/lots/" + lot)
	b.want(http.StatusOK, "修改条件与文字")
	f := b.fields("/bench/lots/" + lot + "/revise")
	maps.Copy(f, changes)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		pairs = append(pairs, name, f[name])
	}
	b.post("/bench/lots/"+lot+"/revise", pairs...)
}

func (w *world) votes(lot, act, opinion string) {
	w.t.Helper()
	for _, login := range []string{"judge1", "judge2", "judge3"} {
		j := w.signedIn(login)
		j.get("/bench/lots/" + lot)
		j.post("/bench/lots/"+lot+"/vote", "act", act, "opinion", opinion, "terms_digest", j.find(`name="terms_digest"[^>]*value="([0-9a-f]{64})"`),
			"property_digest", j.find(`name="property_digest"[^>]*value="([0-9a-f]{64})"`))
		j.want(http.StatusOK, "您的表决已记录")
	}
}

// A lot that the panel refused is mended by the form, voted on anew and announced.
func TestR6_ARefusedDraftIsMendedByForm(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge := w.signedIn("judge1")
	lot := w.imported(judge)
	page := "/bench/lots/" + lot
	w.votes(lot, "refuse", "起拍价偏低，应提高")
	judge.get(page)
	judge.want(http.StatusOK, "起拍价偏低，应提高", "不同意", "须由合议庭重新表决", "撤销拟制稿")
	before := judge.fields(page + "/revise")
	for name, want := range map[string]string{
		"starting_price_fen": "2,600", "increment_fen": "50", "deposit_fen": "300", "pricing_basis.origin": "authority", "payment.balance_due_days": "3",
	} {
		if before[name] != want {
			t.Errorf("the form has %s = %q, want %q", name, before[name], want)
		}
	}
	// As it stands nothing changes.
	judge.revise(lot, nil)
	judge.want(http.StatusOK, "表决仍然有效")
	if after := judge.fields(page + "/revise"); !maps.Equal(before, after) {
		t.Errorf("sent as it stood, the form came back other: %v\n%v", before, after)
	}
	// Each refusal stands at its field, with its law and what was typed.
	judge.revise(lot, map[string]string{"starting_price_fen": "twelve", "payment.balance_due_days": "soon", "deposit_fen": "-1"})
	judge.want(http.StatusUnprocessableEntity, "amount_invalid", `value="twelve"`, `value="soon"`, `id="starting_price_fen-e"`, `id="payment.balance_due_days-e"`, `id="deposit_fen-e"`, `aria-invalid="true"`, `<details class="sheet pad mb revise" id="revise" open`)
	judge.revise(lot, map[string]string{
		"starting_price_fen": "1000", "deposit_fen": "900", "title.en": "", "pricing_basis.valid_until": "2026-02-30", "pricing_basis.origin": "guess",
		"notifications[0].on": "yesterday",
	})
	judge.want(http.StatusUnprocessableEntity, `id="starting_price_fen-e"`, "reserve_too_low", "R10", "法释〔2016〕18号第10条", `id="deposit_fen-e"`, "deposit_out_of_bounds", "R17",
		`id="title.en-e"`, `id="pricing_basis.valid_until-e"`, "document_invalid", `id="pricing_basis.origin-e"`, `id="notifications[0].on-e"`)
	judge.get(page)
	if after := judge.fields(page + "/revise"); !maps.Equal(before, after) {
		t.Errorf("a refused revision changed the draft: %v\n%v", before, after)
	}

	judge.revise(lot, map[string]string{"starting_price_fen": "2,700", "title.en": "A phone <at> last"})
	judge.want(http.StatusOK, "须由合议庭重新表决", "原条件的表决", "起拍价偏低，应提高", "¥2,700.00", "A phone &lt;at&gt; last")
	stale := before
	stale["increment_fen"] = "60"
	judge.post(page+"/revise", pairsOf(stale)...)
	judge.want(http.StatusConflict, "draft_changed", `value="60"`)
	w.votes(lot, "approve", "")
	starts := w.clock.Now().Add(16 * 24 * time.Hour)
	judge.post(page+"/announce", "starts_at", beijing(starts), "ends_at", beijing(starts.Add(24*time.Hour)))
	judge.want(http.StatusOK, "公告已发布")
	judge.lacks("修改条件与文字", "撤销拟制稿")
	judge.post(page+"/revise", pairsOf(before)...)
	judge.want(http.StatusConflict, "state_conflict")
	public := w.browser()
	public.get("/lots/" + lot + "?lang=en")
	public.want(http.StatusOK, "2,700", "A phone &lt;at&gt; last")
}

func pairsOf(f map[string]string) []string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		pairs = append(pairs, name, f[name])
	}
	return pairs
}

// What an announcement would be refused for is told beforehand, at its field,
// and mended there (R13, R16).
func TestR16_AGapIsMendedByForm(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge := w.signedIn("judge1")
	lot := w.imported(judge)
	page := "/bench/lots/" + lot
	judge.get(page)
	judge.lacks("还不能公告")
	whole := judge.fields(page + "/revise")
	// The first row is left out, the disclaimer is emptied.
	judge.revise(lot, map[string]string{"notifications[0].to": "", "disclaimer.zh": "", "disclaimer.en": ""})
	judge.want(http.StatusOK, "还不能公告：", "R16", `href="#rv-disclaimer.zh"`, `id="notifications-e"`, `id="disclaimer.zh-e"`)
	w.votes(lot, "approve", "")
	starts := w.clock.Now().Add(16 * 24 * time.Hour)
	times := []string{"starts_at", beijing(starts), "ends_at", beijing(starts.Add(24 * time.Hour))}
	judge.post(page+"/announce", times...)
	judge.want(http.StatusUnprocessableEntity, "不能公告：", "announcement_incomplete", `href="#rv-disclaimer.zh"`, `id="notifications-e"`)
	judge.get(page)
	now := judge.fields(page + "/revise")
	empty := strings.Count(strings.Join(slices.Sorted(maps.Keys(now)), " "), ".to") - 1 // the last row is for one more
	row := "notifications[" + itoa(empty) + "]."
	judge.revise(lot, map[string]string{
		row + "to": whole["notifications[0].to"], row + "on": whole["notifications[0].on"], row + "how.zh": whole["notifications[0].how.zh"], row + "how.en": whole["notifications[0].how.en"],
		"disclaimer.zh": whole["disclaimer.zh"], "disclaimer.en": whole["disclaimer.en"],
	})
	judge.want(http.StatusOK, "表决仍然有效")
	judge.lacks("还不能公告")
	judge.post(page+"/announce", times...)
	judge.want(http.StatusOK, "公告已发布")
}

// A wrongly listed lot is taken back, after a question.
func TestADraftIsWithdrawnByForm(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge := w.signedIn("judge1")
	lot := w.imported(judge)
	page := "/bench/lots/" + lot
	judge.get(page)
	judge.get(judge.find(`href="(` + page + `/drop)"`))
	judge.want(http.StatusOK, "确定撤销这件标的", "保留")
	var state string
	w.must(w.pool.QueryRow(t.Context(), `SELECT status FROM lots WHERE id = $1`, lot).Scan(&state))
	if state != "draft" {
		t.Fatalf("asking made it %s", state)
	}
	judge.post(page + "/drop")
	judge.want(http.StatusOK, "拟制稿已撤销", "撤回")
	judge.lacks("修改条件与文字")
	judge.post(page + "/drop")
	judge.want(http.StatusConflict, "state_conflict")
	judge.get(page + "/drop")
	judge.want(http.StatusConflict)
	public := w.browser()
	public.get("/lots/" + lot)
	public.want(http.StatusNotFound)
	public.get("/")
	public.lacks(lot)
}
