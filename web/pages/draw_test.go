package pages_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/duty"
)

// drawn publishes the log and runs the machine until the draws that are listed are made.
func (w *world) drawn() {
	w.t.Helper()
	w.clock.To(w.clock.Now().Add(10 * time.Minute))
	runner := duty.NewRunner(w.pool, w.clock, w.draws.Handlers(), slog.New(slog.DiscardHandler))
	for range 3 {
		_, err := w.seq.Sequence(w.t.Context())
		w.must(err)
		_, err = runner.RunDue(w.t.Context())
		w.must(err)
		w.clock.To(w.clock.Now().Add(time.Second))
	}
}

// R16d: by forms alone: two creditors of equal rank, the draw between them, and the taking by whom it put first.
func TestR16d_CreditorsAreDrawnByForms(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	w.clock.To(w.clock.Now().Add(16*24*time.Hour + time.Minute))
	w.pass(25 * time.Hour)
	_, err := w.runner.RunDue(t.Context())
	w.must(err)
	judge := w.signedIn("judge1")
	page := "/bench/lots/" + lot
	offer := func(name, claim string) {
		judge.post(page+"/offer", "creditor_zh", name, "creditor_en", name, "rank", "1", "claim", claim)
		judge.want(http.StatusOK, name)
	}
	offer("甲银行", "50000")
	judge.lacks(page + "/draw\"")
	judge.post(page + "/draw")
	judge.want(http.StatusConflict, "draw_needless", "R16d")
	offer("乙公司", "60000")
	judge.want(http.StatusOK, page+"/draw\"", "第 1 顺位有 2 名债权人")
	judge.post(page + "/draw")
	judge.want(http.StatusOK, "名单已载入公开日志", "已列名单，尚未取值", "/draws/")
	judge.lacks(page + "/draw\"")
	draw := judge.find(`href="(/draws/[0-9a-f-]{36})"`)
	w.drawn()
	judge.get(page)
	judge.want(http.StatusOK, "已抽出", "第一位：")
	first, second := "甲银行", "乙公司"
	if strings.Contains(judge.html, "第一位：乙公司") {
		first, second = second, first
	}
	option := func(name string) string {
		return judge.find(`<option value="([0-9a-f-]{36})"[^>]*>[^<]*` + name)
	}
	id := strings.TrimPrefix(draw, "/draws/")
	judge.post(page+"/taking", "offer", option(second), "draw", id)
	judge.want(http.StatusConflict, "not_best_offer")
	judge.post(page+"/taking", "offer", option(first), "draw", id)
	judge.want(http.StatusOK, "抵债")
	judge.get(draw)
	judge.want(http.StatusOK, "已抽出", "1 号债权人", "2 号债权人")
	judge.lacks("甲银行", "乙公司") // the public page shows numbers
}

// R10p: the page of a draw: the list before, the order and how to repeat it after.
func TestR10p_ADrawHasItsPage(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.imported(w.signedIn("judge1"))
	var asset, court, judge uuid.UUID
	w.must(w.pool.QueryRow(t.Context(), `SELECT la.asset_id, l.court_id, (SELECT id FROM accounts WHERE login = 'judge1')
		FROM lots l JOIN lot_assets la ON la.lot_id = l.id WHERE l.id = $1`, lot).Scan(&asset, &court, &judge))
	by := auction.Actor{AccountID: judge, Role: "judge", CourtID: court}
	id, err := w.draws.ListFirms(t.Context(), by, drawing.Firms{Asset: asset, Names: []docket.Text{
		{Zh: "甲评估公司", En: "A Appraisers"}, {Zh: "乙评估公司", En: "B Appraisers"}, {Zh: "丙评估公司", En: "C Appraisers"},
	}})
	w.must(err)
	public := w.browser()
	public.get("/draws/" + id.String())
	public.want(http.StatusOK, "评估机构抽签", "已列名单，尚未取值", "甲评估公司", "auditor draw "+id.String())
	public.lacks("随机数</dt>", "顺序条目</dt>")
	w.drawn()
	v, err := w.draws.Get(t.Context(), id)
	w.must(err)
	public.get("/draws/" + id.String())
	public.want(http.StatusOK, "已抽出", v.Root, v.Nonce, "/entries/"+v.MadeEntry.String())
	public.get("/draws/" + uuid.NewString())
	public.want(http.StatusNotFound)
	public.get("/draws/x")
	public.want(http.StatusNotFound)
}
