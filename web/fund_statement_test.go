package web_test

import (
	"encoding/csv"
	"net/url"
	"strings"
	"testing"
	"time"

	"mingchui/auction/law"
)

// I4, R18 over HTTP: everybody reads a case's statement in three formats; nothing is in it while deposits are sealed, and no person nor
// code at any time; days and formats that cannot be are refused in their field.
func TestI4_R18_TheStatementOfACaseFundOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	one, two := w.admitted(lot, "bidder1"), w.admitted(lot, "bidder2")
	number := w.want(200, "", "", "GET", "/api/v1/lots/"+lot, nil).text("case_number")
	path := "/api/v1/cases/" + url.PathEscape(number) + "/fund/statement"
	sealed := w.want(200, "", "", "GET", path, nil)
	today := w.clock.Now().In(law.CourtTime()).Format(time.DateOnly)
	if len(sealed.json["accounts"].([]any)) != 0 || sealed.text("from") != today || sealed.text("to") != today || sealed.json["final"] != false {
		t.Errorf("with two sealed deposits the statement is %s", sealed.body)
	}
	for _, format := range []string{"csv", "camt053"} {
		if c := w.want(200, "", "", "GET", path+"?format="+format, nil); strings.Contains(c.body, "escrow") || strings.Contains(c.body, "300.00") {
			t.Errorf("with two sealed deposits the %s is\n%s", format, c.body)
		}
	}
	w.live()
	w.wantBid(201, "", one, lot, "k1", 260_000)
	w.wantBid(201, "", two, lot, "k2", 265_000)
	w.endOfTheRoad(lot, two)
	w.refusesStatements(path)

	got := w.want(200, "", "", "GET", path, nil)
	accounts := map[string]map[string]any{}
	for _, a := range got.json["accounts"].([]any) {
		a := a.(map[string]any)
		accounts[a["account"].(string)] = a
		sum := a["opening_fen"].(float64)
		for _, e := range a["entries"].([]any) {
			sum += e.(map[string]any)["change_fen"].(float64)
		}
		if sum != a["closing_fen"].(float64) {
			t.Errorf("opening balance and movements are not the closing balance: %v", a)
		}
	}
	if accounts["proceeds"]["closing_fen"] != 265_000.0 || accounts["escrow"]["closing_fen"] != 0.0 || len(accounts) != 2 {
		t.Errorf("the statement is %s", got.body)
	}
	from, to := got.text("from"), got.text("to")
	name := "mingchui-fund-" + got.text("case")[24:] + "-" + strings.ReplaceAll(from, "-", "") + "-" + strings.ReplaceAll(to, "-", "")
	file := w.want(200, "", "", "GET", path+"?format=csv", nil)
	if file.header.Get("Content-Disposition") != `attachment; filename="`+name+`.csv"` || !strings.HasPrefix(file.header.Get("Content-Type"), "text/csv; charset=utf-8") {
		t.Errorf("the csv comes as %v", file.header)
	}
	if lines, err := csv.NewReader(strings.NewReader(file.body)).ReadAll(); err != nil || len(lines) < 8 || lines[0][0] != "account" {
		t.Errorf("the csv reads %v, %v", lines, err)
	}
	message := w.want(200, "", "", "GET", path+"?format=camt053&from="+from+"&to="+to, nil)
	if message.header.Get("Content-Disposition") != `attachment; filename="`+name+`.camt053.xml"` || message.header.Get("Content-Type") != "application/xml" ||
		strings.Count(message.body, "<Stmt>") != 2 || !strings.Contains(message.body, "<Nm>"+number+" proceeds</Nm>") {
		t.Errorf("the message comes as %v\n%s", message.header, message.body)
	}
	for _, c := range []call{got, file, message} {
		for _, secret := range []string{one.code, two.code, "bidder1", "bidder2", "测试"} {
			if strings.Contains(c.body, secret) {
				t.Errorf("%q is in\n%s", secret, c.body)
			}
		}
	}
	// The day after the last one with money opens with what that one closed with.
	w.pass(24 * time.Hour)
	next := w.want(200, "", "", "GET", path+"?from="+w.clock.Now().In(law.CourtTime()).Format(time.DateOnly), nil)
	for _, a := range next.json["accounts"].([]any) {
		a := a.(map[string]any)
		if a["opening_fen"] != accounts[a["account"].(string)]["closing_fen"] || len(a["entries"].([]any)) != 0 {
			t.Errorf("the next day is %s", next.body)
		}
	}
}

func (w *world) refusesStatements(path string) {
	w.t.Helper()
	today := w.clock.Now().In(law.CourtTime())
	tomorrow := today.AddDate(0, 0, 1).Format(time.DateOnly)
	for _, x := range []struct{ query, code, field, says string }{
		{"from=2026-02-30", "field_invalid", "from", "YYYY-MM-DD"},
		{"to=yesterday", "field_invalid", "to", "YYYY-MM-DD"},
		{"to=20260101", "field_invalid", "to", "YYYY-MM-DD"},
		{"format=pdf", "field_invalid", "format", "camt053"},
		{"from=" + today.Format(time.DateOnly) + "&to=" + today.AddDate(0, 0, -1).Format(time.DateOnly), "period_reversed", "from", "begins after it ends"},
		{"to=" + tomorrow, "period_in_future", "to", today.Format(time.DateOnly)},
		{"from=" + tomorrow, "period_in_future", "from", today.Format(time.DateOnly)},
	} {
		c := w.do("", "GET", path+"?"+x.query, nil, "Accept-Language", "en")
		if c.status != 422 || c.code() != x.code || c.text("field") != x.field || !strings.Contains(c.text("detail"), x.says) {
			w.t.Errorf("%s is answered %d %s", x.query, c.status, c.body)
		}
	}
	w.want(400, "unknown_field", "", "GET", path+"?until=2026-01-01", nil)
	w.want(404, "not_found", "", "GET", "/api/v1/cases/00000000-0000-7000-8000-000000000000/fund/statement", nil)
	w.want(200, "", "", "GET", path+"?from=&to=&format=", nil) // as a form sends what is left empty
}
