package house

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"mingchui/auction/fault"
	"mingchui/web"
)

const (
	// tickEvery is how often a tick goes in at each way (R28o).
	tickEvery = time.Second
	// tickLimit bounds one tick; a later one counts no more.
	tickLimit = 2 * time.Second
	// ticksUnderWay bounds the ticks of one way that wait for their answer.
	ticksUnderWay = 3
	// tickAge bounds how old a tick's signature may be.
	tickAge = 5 * time.Second
)

// tickKey is the key that nodes of one installation sign ticks with.
func tickKey(batchSeed []byte) []byte {
	m := hmac.New(sha256.New, batchSeed)
	m.Write([]byte("mingchui tick"))
	return m.Sum(nil)
}

// signTick makes the header of a tick: machine time (ms), the way it goes in, and the HMAC over both.
func signTick(key []byte, atMS int64, way string) string {
	text := strconv.FormatInt(atMS, 10) + " " + way
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return text + " " + hex.EncodeToString(m.Sum(nil))
}

// takeTick is a tick that came in over HTTP: it takes the way of a bid from here on.
//
// Faults: sign_in_required for one that no node of this installation signed just now; service_unavailable.
func (h *House) takeTick(ctx context.Context, header string) error {
	at, rest, _ := strings.Cut(header, " ")
	way, _, _ := strings.Cut(rest, " ")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !hmac.Equal([]byte(header), []byte(signTick(h.tickKey, ms, way))) {
		return fault.New(fault.Unauthenticated, fault.SignInRequired)
	}
	if age := h.machine().Sub(time.UnixMilli(ms)); age > tickAge || age < -tickAge {
		return fault.New(fault.Unauthenticated, fault.SignInRequired)
	}
	return h.Engine.Tick(ctx, way)
}

// machine is the machine's time, whatever the platform's clock shows.
func (h *House) machine() time.Time { return h.Clock.Now().Add(-h.Clock.Offset()) }

// tickWay is one way by which ticks go in, as bids do.
type tickWay struct {
	name, url string
	client    *http.Client
	underWay  atomic.Int32
	failing   atomic.Bool
}

// ticking sends a tick each second by every way that this node answers for: a committing node through the public address, a
// node that serves the site through its own listener.
func (h *House) ticking(ctx context.Context) error {
	var ways []*tickWay
	by := func(name, url string, t *http.Transport) {
		t.MaxIdleConnsPerHost = ticksUnderWay
		ways = append(ways, &tickWay{name: name, url: url + web.TicksPath, client: &http.Client{Timeout: tickLimit, Transport: t}})
	}
	if h.cfg.Roles.Bidding {
		by("public", h.cfg.SiteURL, &http.Transport{})
	}
	switch own := h.web.own; {
	case !h.cfg.Roles.Web || own == "":
	case h.cfg.TLS != nil:
		by("node", "https://"+own, &http.Transport{DialTLSContext: h.cfg.TLS.dialSelf})
	default:
		by("node", "http://"+own, &http.Transport{})
	}
	defer func() {
		for _, w := range ways {
			w.client.CloseIdleConnections()
		}
	}()
	every := time.NewTicker(tickEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
		for _, w := range ways {
			if w.underWay.Load() >= ticksUnderWay {
				continue
			}
			w.underWay.Add(1)
			go func() {
				defer w.underWay.Add(-1)
				h.told(ctx, w, h.sendTick(ctx, w))
			}()
		}
	}
}

func (h *House) sendTick(ctx context.Context, w *tickWay) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set(web.TickHeader, signTick(h.tickKey, h.machine().UnixMilli(), w.name))
	res, err := w.client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 4<<10))
	if closed := res.Body.Close(); err == nil {
		err = closed
	}
	if err == nil && res.StatusCode != http.StatusNoContent {
		err = fmt.Errorf("a tick is answered %s", res.Status)
	}
	return err
}

// told logs when a way begins to fail and when it works again.
func (h *House) told(ctx context.Context, w *tickWay, err error) {
	if ctx.Err() != nil {
		return
	}
	if was := w.failing.Swap(err != nil); was == (err != nil) {
		return
	}
	if err != nil {
		h.log.WarnContext(ctx, "ticks do not go in: lots near their end will be stayed", slog.String("way", w.name), slog.Any("error", err))
		return
	}
	h.log.InfoContext(ctx, "ticks go in again", slog.String("way", w.name))
}
