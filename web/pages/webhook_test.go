package pages_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// Finance sets the receiver by a form, sees the secret on that page alone, tries it, and acts on what failed.
func TestFinanceSetsItsWebhookOnThePage(t *testing.T) {
	t.Parallel()
	w := start(t)
	var calls atomic.Int32
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		switch calls.Add(1) {
		case 1:
			rw.WriteHeader(http.StatusInternalServerError)
		case 2:
			rw.WriteHeader(http.StatusGone)
		}
	}))
	defer receiver.Close()
	const page = "/funds/webhook"
	judge, finance := w.signedIn("judge1"), w.signedIn("finance1")
	judge.get(page)
	judge.want(http.StatusForbidden, "role_forbidden")
	finance.get("/funds")
	finance.want(http.StatusOK, `href="/funds/webhook"`)
	finance.get(page)
	finance.want(http.StatusOK, "尚未设定地址", "尚无消息")
	finance.post(page, "url", "http://")
	finance.want(http.StatusUnprocessableEntity, "webhook_url_refused")
	finance.post(page, "url", receiver.URL+"/fund")
	finance.want(http.StatusOK, "仅此一次显示", "whsec_", receiver.URL+"/fund")
	if got := finance.header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("the page with the secret may be kept: %q", got)
	}
	run := func() {
		t.Helper()
		_, err := w.runner.RunDue(t.Context())
		w.must(err)
	}
	finance.post(page + "/test")
	finance.want(http.StatusOK, "测试已排队", "第 1 号 webhook.test")
	finance.lacks("whsec_")
	run()
	finance.get(page)
	finance.want(http.StatusOK, "答复 500", "下次推送", "放弃")
	w.clock.To(w.clock.Now().Add(10 * 1e9))
	run()
	finance.get(page)
	finance.want(http.StatusOK, "接收方答复 410", "已停")
	finance.post(finance.find(`action="(` + page + `/messages/[0-9a-f-]{36}/redelivery)"`))
	finance.want(http.StatusOK, "已重新推送")
	run()
	finance.get(page)
	finance.want(http.StatusOK, "答复 200", "已接收")
	finance.post(page + "/messages/0197f2c4-7a11-7c21-9e0d-3b1f5a2c0501/skipping")
	finance.want(http.StatusNotFound)
	finance.post(page + "/closing")
	finance.want(http.StatusOK, "已关闭")
	finance.post(page + "/closing")
	finance.want(http.StatusConflict, "webhook_state_conflict")
}
