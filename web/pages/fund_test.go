package pages_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mingchui/auction/law"
)

// I4: the public page of a case fund gives its statement as a file, without scripts: the whole by links, a period by a form whose
// days are refused in place.
func TestI4_ThePageGivesTheStatementOfAPeriod(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	var kase string
	w.must(w.pool.QueryRow(t.Context(), `SELECT case_id::text FROM lots WHERE id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&kase))
	path := "/cases/" + kase + "/fund"
	today := w.clock.Now().In(law.CourtTime())
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	b := w.browser()
	b.get(path)
	b.want(http.StatusOK, "对账单", `href="/api/v1/cases/`+kase+`/fund/statement?format=csv"`, `href="/api/v1/cases/`+kase+`/fund/statement?format=camt053"`,
		`<label for="st-from">起始日</label>`, `<label for="st-to">截止日</label>`, "不填则至今日")
	for _, x := range []struct{ query, says, typed string }{
		{"from=" + day(0) + "&to=" + day(-1), "period_reversed", day(-1)},
		{"from=&to=" + day(1), "period_in_future", day(1)},
		{"from=2026-02-30&to=", "invalid_request", "2026-02-30"},
	} {
		b.get(path + "?" + x.query + "&format=csv")
		b.want(http.StatusUnprocessableEntity, x.says, `value="`+x.typed+`"`, `aria-invalid="true"`, "收支明细")
	}
	// What is left empty takes its default; today is a day that can be asked for.
	for _, query := range []string{"from=&to=", "from=" + day(-30) + "&to=" + day(0)} {
		b.get(path + "?" + query + "&format=csv&lang=zh-CN")
		if want := "/api/v1/cases/" + kase + "/fund/statement?format=csv&"; !strings.HasPrefix(b.path, want) || strings.Contains(b.path, "lang") {
			t.Errorf("%s leads to %s", query, b.path)
		}
	}
}
