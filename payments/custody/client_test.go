package custody_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/custody"
	"mingchui/payments/custody/bank"
)

func open(t *testing.T) (*custody.Client, *bank.Server, string) {
	t.Helper()
	stand, err := bank.New(bank.Config{Key: "k", Secret: "s", Now: func() time.Time { return time.Unix(1_800_000_000, 0) }, Sign: custody.Sign})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(stand.Handler())
	t.Cleanup(api.Close)
	client, err := custody.New(custody.Config{URL: api.URL, Key: "k", Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	return client, stand, api.URL
}

// A key opens one account and makes one return; what does not fit is refused by its code; the list pages without gaps.
func TestTheProtocol(t *testing.T) {
	t.Parallel()
	client, stand, url := open(t)
	ctx := t.Context()
	one, err := client.OpenAccount(ctx, "a")
	same, err2 := client.OpenAccount(ctx, "a")
	other, err3 := client.OpenAccount(ctx, "b")
	if err != nil || err2 != nil || err3 != nil || one != same || one.Number == other.Number || one.Number == "" {
		t.Fatalf("%+v, %+v, %+v, %v, %v, %v", one, same, other, err, err2, err3)
	}
	for range 250 {
		if _, err := stand.Pay(ctx, one.Number, "p", 10); err != nil {
			t.Fatal(err)
		}
	}
	var seen int64
	for more := true; more; {
		var page []custody.Credit
		if page, more, err = client.Credits(ctx, seen); err != nil || len(page) == 0 {
			t.Fatalf("after %d: %d, %v", seen, len(page), err)
		}
		for _, c := range page {
			if seen++; c.Seq != seen || c.Account != one.Number || c.AmountFen != 10 {
				t.Fatalf("after %d comes %+v", seen-1, c)
			}
		}
	}
	if seen != 250 {
		t.Errorf("%d credits are listed", seen)
	}
	made, err := client.Return(ctx, "r1", "cr_000001", 4)
	again, err2 := client.Return(ctx, "r1", "cr_000001", 4)
	found, err3 := client.FetchReturn(ctx, made.ID)
	if err != nil || err2 != nil || err3 != nil || made != again || made != found || made.Status != custody.ReturnDone || stand.Returned("cr_000001") != 4 {
		t.Errorf("%+v, %+v, %+v, %v, %v, %v", made, again, found, err, err2, err3)
	}
	for what, c := range map[string]struct {
		key, credit string
		amount      money.Fen
		code        fault.Code
	}{
		"another sum under the key": {"r1", "cr_000001", 5, fault.IdempotencyKeyReused},
		"more than came":            {"r2", "cr_000001", 7, fault.RefundTooLarge},
		"of nothing":                {"r3", "cr_none", 7, fault.NotFoundCode},
		"of no sum":                 {"r4", "cr_000002", 0, fault.PaymentProviderUnavailable},
	} {
		if _, err := client.Return(ctx, c.key, c.credit, c.amount); fault.CodeOf(err) != c.code {
			t.Errorf("a return %s gives %v", what, err)
		}
	}
	if _, err := client.FetchReturn(ctx, "rt_none"); fault.CodeOf(err) != fault.NotFoundCode {
		t.Errorf("no return gives %v", err)
	}
	stranger, err := custody.New(custody.Config{URL: url, Key: "other", Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.OpenAccount(ctx, "a"); fault.CodeOf(err) != fault.PaymentProviderUnavailable {
		t.Errorf("another key gives %v", err)
	}
	for _, c := range []custody.Config{{URL: url, Key: "k"}, {URL: url, Secret: "s"}, {Key: "k", Secret: "s"}, {URL: "nowhere", Key: "k", Secret: "s"}} {
		if _, err := custody.New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
