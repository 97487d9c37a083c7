package webhook

import (
	"encoding/base64"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"mingchui/auction/fault"
)

func TestEachStateTakesItsEventsAlone(t *testing.T) {
	t.Parallel()
	want := map[State]map[Event]State{
		Waiting:   {Taken: Delivered, Missed: Waiting, GivenUp: Failed, LetGo: Skipped},
		Failed:    {Again: Waiting, LetGo: Skipped},
		Delivered: {Again: Waiting},
		Skipped:   {Again: Waiting},
	}
	for s, takes := range want {
		for _, e := range []Event{Taken, Missed, GivenUp, Again, LetGo} {
			to, ok := takes[e]
			got, err := Next(s, e)
			if ok && (err != nil || got != to) {
				t.Errorf("%s on %d = %s, %v; want %s", s, e, got, err, to)
			}
			if !ok && (fault.CodeOf(err) != fault.WebhookStateConflict || got != s) {
				t.Errorf("%s on %d = %s, %v; want a conflict", s, e, got, err)
			}
		}
	}
}

func TestTriesGrowApartOverAboutThreeDays(t *testing.T) {
	t.Parallel()
	var all, last time.Duration
	tries := 1
	for ; ; tries++ {
		e, pause, ground := Judge(Answered, http.StatusInternalServerError, tries)
		if e == GivenUp {
			if ground != Exhausted {
				t.Errorf("given up as %q", ground)
			}
			break
		}
		if e != Missed || pause <= last || ground != NotStopped {
			t.Fatalf("try %d: %d, %s after %s, %q", tries, e, pause, last, ground)
		}
		all, last = all+pause, pause
	}
	if tries != 13 || all != 71*time.Hour+51*time.Minute+10*time.Second {
		t.Errorf("%d tries over %s", tries, all)
	}
	for status, want := range map[int]Event{200: Taken, 204: Taken, 299: Taken, 199: Missed, 300: Missed, 302: Missed, 404: Missed, 409: Missed, 429: Missed, 500: Missed, 410: GivenUp} {
		if e, _, ground := Judge(Answered, status, 1); e != want || (ground == Gone) != (status == 410) {
			t.Errorf("%d at once: %d, %q; want %d", status, e, ground, want)
		}
	}
	for _, o := range []Outcome{TimedOut, Unreachable, Refused} {
		if e, _, _ := Judge(o, 0, 12); e != Missed {
			t.Errorf("%s at the 12th try: %d", o, e)
		}
		if e, _, ground := Judge(o, 0, 13); e != GivenUp || ground != Exhausted {
			t.Errorf("%s at the 13th try: %d, %q", o, e, ground)
		}
	}
}

// The example of the standard's own libraries.
func TestTheSignatureIsStandardWebhooks(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil || shown(secret) != "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" {
		t.Fatalf("shown %s, %v", shown(secret), err)
	}
	sign(h, secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if got := h.Get("webhook-signature"); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("signature %s", got)
	}
	if h.Get("webhook-id") != "msg_p5jXN8AQM9LWM0D4loKWxJek" || h.Get("webhook-timestamp") != "1614265330" {
		t.Errorf("headers %v", h)
	}
}

func TestOnlyThePublicNetworkOverTLSIsTold(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		"https://finance.example/hooks?court=1": true, "https://93.184.216.34/": true, "https://[2606:2800:220:1::1]:8443/x": true,
		"http://finance.example/": false, "https://": false, "ftp://finance.example/": false, "finance.example": false, "": false,
		"https://name:word@finance.example/": false, "https://finance.example/#x": false, "https://127.0.0.1/": false, "https://10.1.2.3/": false,
		"https://[::1]/": false, "https://[::ffff:192.168.0.1]/": false, "https://169.254.169.254/latest": false, "https:finance.example": false,
		"https://finance.example/" + strings.Repeat("x", 500): false,
	} {
		if err := checkURL(url, false); (err == nil) != ok || err != nil && fault.CodeOf(err) != fault.WebhookURLRefused {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{"http://127.0.0.1:9/x", "http://finance.example/", "https://10.1.2.3/"} {
		if err := checkURL(url, true); err != nil {
			t.Errorf("local %s: %v", url, err)
		}
	}
	for address, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "127.0.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false,
		"172.32.0.1": true, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.128.0.1": true, "198.18.0.1": false, "192.0.0.8": false,
		"192.0.2.1": false, "198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false, "::": false,
		"::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "64:ff9b::a00:1": false, "::ffff:10.0.0.1": false,
		"::ffff:93.184.216.34": true, "2001:db8::1": false, "2001::1": false, "2002:a00:1::": false, "3fff::1": false, "2400::1": true,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("public(%s) = %v", address, got)
		}
	}
}
