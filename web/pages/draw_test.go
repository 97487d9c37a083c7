package pages_test

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/duty"
)

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
	w.clock.To(w.clock.Now().Add(10 * time.Minute))
	runner := duty.NewRunner(w.pool, w.clock, w.draws.Handlers(), slog.New(slog.DiscardHandler))
	for range 3 {
		_, err := w.seq.Sequence(t.Context())
		w.must(err)
		_, err = runner.RunDue(t.Context())
		w.must(err)
		w.clock.To(w.clock.Now().Add(time.Second))
	}
	v, err := w.draws.Get(t.Context(), id)
	w.must(err)
	public.get("/draws/" + id.String())
	public.want(http.StatusOK, "已抽出", v.Root, v.Nonce, "/entries/"+v.MadeEntry.String())
	public.get("/draws/" + uuid.NewString())
	public.want(http.StatusNotFound)
	public.get("/draws/x")
	public.want(http.StatusNotFound)
}
