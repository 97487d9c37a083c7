package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"mingchui/auction/law"
	"mingchui/cmd/mingchui/house"
)

// R28o, I8: a lot whose last five minutes lost Redis for 30 seconds does not close on time, says why on its page, also while
// Redis is away, goes on by itself with a whole closing window, and closes then.
func TestR28o_RedisLostForThirtySecondsInTheLastFiveMinutes(t *testing.T) {
	t.Parallel()
	// Ten seconds, so that what a slow machine takes for its steps is no gap, and the outage is one.
	w := openWorld(t, seedOf(t), law.China2017(), func(c *house.Config) { c.SteppedGap = 10 * time.Second })
	_, lot := w.list(w.figures.sale(w.now(), w.rules))
	_, ends := w.announce(lot, w.rules.AnnounceLead(law.First, law.Immovable)+time.Hour, w.rules.BiddingMin+time.Hour)
	w.to(ends.Add(-2 * time.Minute))
	page := func() string {
		r := w.public.get("/lots/" + lot.String())
		return string(r.body)
	}
	read := func() (l seenLot) {
		w.public.get("/api/v1/lots/" + lot.String()).into(&l)
		return l
	}
	if l := read(); l.Status != "live" || !l.EndsAt.Equal(ends) {
		t.Fatalf("before the outage: %+v", l)
	}

	const reason = "Bids could not be placed without a gap since"
	began := time.Now()
	w.rig.Redis.Kill()
	await(t, "the page says that the lot is stayed", 100*time.Millisecond, func() bool { return strings.Contains(page(), reason) })
	if l := read(); l.Status != "suspended" || len(l.Acts) != 1 || l.Acts[0].Ground != "outage" {
		t.Errorf("during the outage: %+v", l)
	}
	await(t, "thirty seconds without Redis", 100*time.Millisecond, func() bool { return time.Since(began) >= 30*time.Second })
	w.rig.Redis.Start()
	await(t, "the lot goes on", 100*time.Millisecond, func() bool { return read().Status == "live" })
	l := read()
	if len(l.Acts) != 2 || l.Acts[1].Kind != "resumed" || l.EndsAt.Sub(l.Acts[1].At) < w.rules.Extension-time.Millisecond {
		t.Errorf("after the outage: %+v", l)
	}
	if text := page(); !strings.Contains(text, reason) || !strings.Contains(text, "Service is back") {
		t.Error("the page no longer says why the lot was stayed")
	}
	w.to(ends.Add(time.Second))
	if l := read(); l.Status != "live" {
		t.Errorf("at the end that was announced: %+v", l)
	}
	w.to(read().EndsAt.Add(time.Second))
	await(t, "the lot closes", 100*time.Millisecond, func() bool {
		if l := read(); l.Status == "live" { // a slow machine made another gap
			w.to(l.EndsAt.Add(time.Second))
		}
		return read().Outcome == "unsold"
	})
	w.rig.Fsck()
	if status := w.public.post("/internal/ticks", nil).status; status != http.StatusUnauthorized {
		t.Errorf("a tick that nobody signed: %d", status)
	}
}

// seenLot is what the API shows of a lot.
type seenLot struct {
	Status  string    `json:"status"`
	Outcome string    `json:"outcome"`
	EndsAt  time.Time `json:"ends_at"`
	Acts    []struct {
		Kind   string    `json:"kind"`
		Ground string    `json:"ground"`
		At     time.Time `json:"at"`
	} `json:"acts"`
}
