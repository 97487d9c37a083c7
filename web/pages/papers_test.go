package pages_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// papersSeen are the papers of a lot that a browser's account reads by the contract: kinds and ids, oldest first.
func (b *browser) papersSeen(lot string) (kinds, ids, entries []string) {
	b.w.t.Helper()
	b.get("/api/v1/lots/" + lot + "/papers")
	b.want(http.StatusOK)
	var list struct {
		Items []struct {
			Paper, Kind, Entry string
			Text               struct{ Heading string }
		}
	}
	b.w.must(json.Unmarshal([]byte(b.html), &list))
	for _, p := range list.Items {
		if p.Text.Heading == "" {
			b.w.t.Errorf("%s has no heading", p.Kind)
		}
		kinds, ids, entries = append(kinds, p.Kind), append(ids, p.Paper), append(entries, p.Entry)
	}
	return kinds, ids, entries
}

// papers: who reads which paper of a sold lot, by page and by contract; what is not somebody's is not there.
func (w *world) papers(lot string, public, winner, judge, finance *browser) {
	w.t.Helper()
	all, ids, entries := judge.papersSeen(lot)
	slices.Sort(all)
	court := []string{"announcement", "buyer_receipt", "confirmation", "registry_notice", "ruling_draft", "special_notices"}
	if !slices.Equal(all, court) {
		w.t.Errorf("the judge reads %v, want %v", all, court)
	}
	everybody := []string{"announcement", "confirmation", "special_notices"}
	for name, c := range map[string]struct {
		by   *browser
		want []string
	}{
		"nobody": {public, everybody}, "the buyer": {winner, append([]string{"buyer_receipt"}, everybody...)}, "another bidder": {w.signedIn("bidder1"), everybody},
		"finance": {finance, everybody}, "the inspector": {w.signedIn("inspector1"), court},
	} {
		seen, its, _ := c.by.papersSeen(lot)
		slices.Sort(seen)
		slices.Sort(c.want)
		if !slices.Equal(seen, c.want) {
			w.t.Errorf("%s reads %v, want %v", name, seen, c.want)
		}
		for i, id := range ids {
			status := http.StatusNotFound
			if slices.Contains(its, id) {
				status = http.StatusOK
			}
			for _, path := range []string{"/papers/" + id, "/api/v1/papers/" + id, "/api/v1/papers/" + id + "/sheet.html"} {
				if c.by.get(path); c.by.status != status {
					w.t.Errorf("%s at %s: %d, want %d", name, path, c.by.status, status)
				}
			}
			if c.by.get("/entries/" + entries[i]); c.by.status != http.StatusOK || !strings.Contains(c.by.html, entries[i]) {
				w.t.Errorf("%s at the entry of paper %d: %d", name, i, c.by.status)
			}
		}
	}
	winner.get("/me")
	winner.want(http.StatusOK, "拍卖价款收款凭证", "网络司法拍卖成交确认书")
	winner.get(winner.find(`href="(/papers/[^"]+)">拍卖价款收款凭证`))
	winner.want(http.StatusOK, "今收到该标的全部价款人民币贰仟陆佰伍拾元整", "（盖章处）", "<svg viewBox", "已固定于公开日志")
	winner.get(winner.find(`href="(/papers/[^"]+\.pdf)"`))
	winner.want(http.StatusOK)
	if kind := winner.header.Get("Content-Type"); kind != "application/pdf" || !strings.HasPrefix(winner.html, "%PDF-") {
		w.t.Errorf("the receipt prints as %q", kind)
	}
	public.get("/api/v1/papers/" + ids[0] + "/sheet.html")
	public.want(http.StatusOK, "拍卖公告", `<html lang="zh-CN"`)
	if policy := public.header.Get("Content-Security-Policy"); !strings.Contains(policy, "style-src 'sha256-") {
		w.t.Errorf("the sheet comes under %q", policy)
	}
	for _, path := range []string{"/papers/nothing", "/papers/" + lot, "/entries/" + lot, "/api/v1/papers/" + lot, "/api/v1/papers/" + lot + "/sheet.pdf"} {
		if public.get(path); public.status != http.StatusNotFound {
			w.t.Errorf("%s answers %d", path, public.status)
		}
	}
	var number string
	w.must(w.pool.QueryRow(w.t.Context(), `SELECT c.id::text FROM cases c JOIN lots l ON l.case_id = c.id WHERE l.id = $1`, lot).Scan(&number))
	public.get("/api/v1/cases/" + number + "/papers")
	public.want(http.StatusOK, `"confirmation"`)
	public.lacks(`"ruling_draft"`)
}

// R31: objections by forms: lodged, seen without who and what, accepted, decided; withdrawn by nobody else.
func TestR31_ObjectionsByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	public, one, judge := w.browser(), w.signedIn("bidder1"), w.signedIn("judge1")
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "没有异议", "/lots/"+lot+"/objection")
	public.get("/lots/" + lot + "/objection")
	public.want(http.StatusOK, "登录")
	judge.get("/bench/objections")
	judge.want(http.StatusOK, "本院没有异议")
	one.get("/lots/" + lot + "/objection")
	one.want(http.StatusOK, "提出异议")
	const secret = "该手机系本人所有，附购买凭证。"
	one.post("/lots/"+lot+"/objection", "capacity", "third_party", "kind", "conduct", "text", secret)
	one.want(http.StatusUnprocessableEntity, "R31", secret)
	one.post("/lots/"+lot+"/objection", "capacity", "third_party", "kind", "claim", "text", secret)
	one.want(http.StatusOK, "异议已提交", secret, "待处理")
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "案外人对标的主张权利", "待处理")
	public.lacks(secret, "bidder1")
	judge.get("/bench")
	judge.want(http.StatusOK, "1 件待处理")
	judge.get("/bench/objections")
	judge.want(http.StatusOK, secret, "受理审查", "案外人")
	base := judge.find(`action="(/bench/objections/[^"]+)/accept"`)
	two := w.signedIn("bidder2")
	two.post("/objections/" + strings.TrimPrefix(base, "/bench/objections/") + "/withdrawal")
	two.want(http.StatusNotFound)
	judge.post(base+"/decide", "act", "unfounded", "reason_zh", "", "reason_en", "")
	judge.want(http.StatusUnprocessableEntity, "reason_required", secret)
	judge.post(base + "/accept")
	judge.want(http.StatusOK, "已受理审查", "审查中")
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "案外人对拍卖标的提出异议", "中止拍卖公告")
	judge.post(base+"/decide", "act", "unfounded", "reason_zh", "凭证与标的不符", "reason_en", "The proof is of another phone")
	judge.want(http.StatusOK, "已处理", "不成立")
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "凭证与标的不符")
	one.post("/objections/" + strings.TrimPrefix(base, "/bench/objections/") + "/withdrawal")
	one.want(http.StatusConflict, "R31") // it is decided
	one.get("/me")
	one.want(http.StatusOK, "不成立")
}

// R3: the trail of a case in its public part and whole, with its file.
func TestR3_TheTrailOfACase(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	public, judge, inspector := w.browser(), w.signedIn("judge1"), w.signedIn("inspector1")
	public.get("/lots/" + lot)
	trail := public.find(`href="(/cases/[^"]+/trail)"`)
	public.get(trail)
	public.want(http.StatusOK, "发布公告", "公开部分", "法释〔2016〕18号第12条")
	public.lacks("合议表决", "judge1", "仅法院与监督可见")
	for name, b := range map[string]*browser{"the judge": judge, "the inspector": inspector} {
		b.get(trail)
		b.want(http.StatusOK, "发布公告", "合议表决", "judge2", "仅法院与监督可见")
		if b.get(trail + ".csv"); !strings.Contains(b.html, ",voted,R6,") || !strings.Contains(b.html, "judge2") {
			t.Errorf("%s reads the file %s", name, b.html)
		}
	}
	public.get(trail + ".csv")
	public.want(http.StatusOK, "at,lot,role,judge,act,", ",announced,R12,")
	public.lacks("voted", "login", "judge2")
	public.get(trail + "?after=nonsense")
	public.want(http.StatusBadRequest, "invalid_request")
	public.get("/cases/00000000-0000-7000-8000-000000000000/trail")
	public.want(http.StatusNotFound)
}

// R28: a resumption that is overdue stands on the inspector's page; done with a superior's reason it is counted by court.
func TestR28_OversightShowsWhatIsLate(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	judge, inspector := w.signedIn("judge1"), w.signedIn("inspector1")
	judge.get("/oversight")
	judge.want(http.StatusForbidden, "role_forbidden")
	inspector.get("/oversight")
	inspector.want(http.StatusOK, "没有逾期办理的行为")
	judge.post("/bench/lots/"+lot+"/stay", "ground", "superior_order", "reason_zh", "上级法院决定", "reason_en", "A superior court ordered it")
	judge.want(http.StatusOK, "已中止")
	w.clock.To(w.clock.Now().Add(5*24*time.Hour + time.Millisecond))
	inspector.get("/oversight")
	inspector.want(http.StatusOK, "恢复拍卖", "法释〔2016〕18号第28条")
	inspector.get("/oversight/overdue.csv")
	inspector.want(http.StatusOK, "court_code,case,lot,duty,rule,actor,due_at", lot+",resume,R28,judge,")
	judge.post("/bench/lots/"+lot+"/resume", "reason_zh", "决定已撤销", "reason_en", "The order is gone")
	judge.want(http.StatusUnprocessableEntity, "late_reason_required")
	judge.post("/bench/lots/"+lot+"/resume", "reason_zh", "决定已撤销", "reason_en", "The order is gone", "late_zh", "文书送达延误", "late_en", "Service was slow",
		"superior_zh", "执行局局长", "superior_en", "Head of enforcement")
	judge.want(http.StatusOK, "已恢复")
	inspector.get("/oversight")
	inspector.want(http.StatusOK, "恢复拍卖", "执行局局长", "文书送达延误")
	inspector.get("/oversight/late.csv")
	inspector.want(http.StatusOK, ",resumed,R28,", "执行局局长")
	inspector.get("/oversight/courts.csv")
	inspector.want(http.StatusOK, ",0,1\r\n")
	inspector.get("/oversight/nothing.csv")
	inspector.want(http.StatusNotFound)
	public := w.browser()
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "暂缓拍卖公告", "恢复拍卖公告")
	public.lacks("中止拍卖公告")
}
