package pages_test

import (
	"net/http"
	"strings"
	"testing"

	"mingchui/auction/law"
)

// R17w, F5: by forms alone: the judge gives the debtor a code, the debtor pays in two parts, the machine withdraws the lot, and finance takes over where a
// surplus goes.
func TestR17w_TheDebtorPaysByTheDoor(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	judge, public := w.signedIn("judge1"), w.browser()
	judge.get("/bench/lots/" + lot)
	doors := judge.find(`href="(/bench/cases/[0-9a-f-]{36}/debtor)"`)
	public.get(doors)
	public.want(http.StatusOK, "登录")
	judge.get(doors)
	judge.want(http.StatusOK, "尚未发出口令")
	judge.post(doors + "/give")
	code := judge.find(`mono">([0-9A-Z]{5}(?:-[0-9A-Z]{5}){3})<`)
	judge.want(http.StatusOK, "/debtor", "未使用")
	if judge.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("the code is kept by %q", judge.header.Get("Cache-Control"))
	}
	judge.get(doors)
	judge.lacks(code)

	owes := w.browser()
	owes.get("/debtor")
	owes.want(http.StatusOK, "信函上的口令", "noindex")
	owes.post("/debtor", "code", "00000-00000-00000-00000")
	owes.want(http.StatusUnauthorized, "debtor_code_wrong")
	owes.post("/debtor/pay", "amount_fen", "1")
	owes.want(http.StatusOK, "信函上的口令") // the door is closed
	owes.post("/debtor", "code", strings.ToLower(code))
	owes.want(http.StatusOK, "今日付清即停止拍卖", "可停止", "noindex")
	if owes.path != "/debtor" || owes.header.Get("Cache-Control") != "private, no-store" || owes.header.Get("Referrer-Policy") != "no-referrer" || owes.header.Get("Content-Encoding") != "" {
		t.Errorf("the page is at %s with %v", owes.path, owes.header)
	}
	owes.lacks(code)
	owes.post("/debtor/pay", "amount_fen", "99999999")
	owes.want(http.StatusUnprocessableEntity, "amount_invalid", "R17w", "99999999")
	owes.post("/debtor/pay", "amount_fen", "x")
	owes.want(http.StatusUnprocessableEntity, "amount_invalid")
	w.exec(`UPDATE cases SET claim_fen = 200001 WHERE id = (SELECT case_id FROM lots WHERE id = $1)`, lot)
	w.clock.To(law.DayEnd(w.clock.Now())) // what was told in the morning holds for the day
	owes.get("/debtor")
	owes.want(http.StatusOK, "¥2,000.01", "贰仟元零壹分")
	for _, part := range []string{"500.00", "1500.01"} {
		owes.post("/debtor/pay", "amount_fen", part)
		page := w.debtPage()
		if !strings.HasSuffix(page, owes.path) {
			t.Fatalf("the payment led to %s, the page is %s", owes.path, page)
		}
		owes.post(page, "outcome", "succeed")
		w.settle()
		owes.get("/debtor?paid=1")
		owes.want(http.StatusOK, "付款已提交", "减：您于")
	}
	owes.want(http.StatusOK, "已无应付", "没有已公告而未结束的拍卖", "被执行人付款")
	w.settle()
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "已撤回", "足额清偿")
	owes.post("/debtor/account", "holder", "", "bank", "江岸银行", "number", "6222000011112222")
	owes.want(http.StatusUnprocessableEntity, "invalid_request", "6222000011112222")
	owes.post("/debtor/account", "holder", "测试债务人", "bank", "江岸银行", "number", "6222 0000 1111 2222")
	owes.want(http.StatusOK, "账户已填报", "尾号 2222", "待法院财务核对")

	finance := w.signedIn("finance1")
	finance.get("/funds")
	finance.want(http.StatusOK, "/funds/debtors")
	finance.get("/funds/debtors")
	finance.want(http.StatusOK, "测试债务人", "6222000011112222")
	take := finance.find(`action="(/funds/debtors/[0-9a-f-]{36}/take)"`)
	finance.post(strings.TrimSuffix(take, "take")+"decline", "reason", "")
	finance.want(http.StatusUnprocessableEntity, "reason_required")
	finance.post(take)
	finance.want(http.StatusOK, "账户已采用", "没有待核对的账户")
	finance.post(take)
	finance.want(http.StatusConflict, "state_conflict")
	owes.get("/debtor")
	owes.want(http.StatusOK, "已由法院财务采用")

	judge.post(doors+"/revoke", "door", judge.find(`name="door"[^>]*value="([0-9a-f-]{36})"`))
	judge.want(http.StatusOK, "口令已注销")
	owes.get("/debtor")
	owes.want(http.StatusOK, "信函上的口令")
	owes.lacks("今日付清", "已无应付")
}

// debtPage is where the newest payment of a debt is made.
func (w *world) debtPage() (address string) {
	w.t.Helper()
	w.must(w.pool.QueryRow(w.t.Context(), `SELECT payment_url FROM payments WHERE purpose = 'debt' ORDER BY id DESC LIMIT 1`).Scan(&address))
	return address
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), sql, args...)
	w.must(err)
}

// A code is not guessed: tries from an address are bounded, those by a cookie too.
func TestCodesAreNotGuessed(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.browser()
	for range 1000 {
		b.post("/debtor", "code", "00000-00000-00000-00001")
		if b.status != http.StatusUnauthorized {
			break
		}
	}
	b.want(http.StatusTooManyRequests, "rate_exceeded")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.http.URL+"/debtor", nil)
	w.must(err)
	r.Header.Set("Cookie", "mc_debtor=00000-00000-00000-00002")
	w.browser().refusedAsTooMany(r)
}

func (b *browser) refusedAsTooMany(r *http.Request) {
	b.w.t.Helper()
	b.do(r)
	b.want(http.StatusTooManyRequests)
}
