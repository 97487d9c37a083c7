package pricing_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/pricing"
)

// log stands for the published log: what entered is published at once.
type log struct{}

func (log) Place(_ context.Context, entry uuid.UUID) (int64, bool, error) {
	return int64(entry[5]) + 256*int64(entry[4]) + 65536*int64(entry[3]) + 1, true, nil // by its time
}

func (log) RootAt(context.Context, int64) (audit.Hash, error) { return audit.Hash{1}, nil }

// drawn lists six firms for a piece of property, has them drawn and gives their order.
func (w *world) drawn(asset uuid.UUID) (uuid.UUID, []docket.Text) {
	w.t.Helper()
	ctx := w.t.Context()
	d := drawing.New(drawing.Config{Pool: w.pool, Clock: w.clock, Auction: w.sales, Log: log{}})
	id, err := d.ListFirms(ctx, w.judges[0], drawing.Firms{Asset: asset, Names: names("甲", "乙", "丙", "丁", "戊", "己")})
	w.must(err)
	_, err = drawing.Store{}.Firms(ctx, w.pool, id, asset)
	w.refused("the order before the draw", err, fault.DrawNotMade, "R10p")
	runner := duty.NewRunner(w.pool, w.clock, d.Handlers(), slog.New(slog.DiscardHandler))
	w.clock.To(w.clock.Now().Add(10 * time.Minute))
	for range 2 {
		_, err = runner.RunDue(ctx)
		w.must(err)
		w.clock.To(w.clock.Now().Add(time.Second))
	}
	order, err := drawing.Store{}.Firms(ctx, w.pool, id, asset)
	w.must(err)
	return id, order
}

// R10p, Price 16: drawn firms are the draw's first three in its order, and when all three ended the three after those.
func TestR10p_DrawnFirmsAreThoseOfTheDraw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price := w.start(asset)
	w.skip(price, pricing.Agreed, pricing.Authority, pricing.Online)
	id, order := w.drawn(asset)
	choose := func(draw uuid.UUID, firms ...docket.Text) error {
		return w.s.Choose(t.Context(), w.clerk, pricing.Choice{Price: price, Firms: firms, By: pricing.ByDraw, Draw: draw})
	}
	if got := w.refused("two places swapped", choose(id, order[1], order[0], order[2]), fault.FirmsNotDrawn, "R10p"); got["place"] != 1 {
		t.Errorf("from place %v", got["place"])
	}
	w.refused("one place on", choose(id, order[1], order[2], order[3]), fault.FirmsNotDrawn, "R10p")
	w.refused("a draw that is not there", choose(uuid.New(), order[:3]...), fault.NotFoundCode, "")
	if sources := w.view(asset).Sources; len(sources) != 0 {
		t.Fatalf("chosen: %+v", sources)
	}
	w.must(choose(id, order[:3]...))
	refuse := func() {
		for range 3 {
			w.must(w.s.Engage(t.Context(), w.clerk, price))
			w.must(w.s.EndEngagement(t.Context(), w.judges[0], price, pricing.Refused, why()))
		}
	}
	refuse()
	if got := w.refused("the same three again", choose(id, order[:3]...), fault.FirmsNotDrawn, "R10p"); got["place"] != 4 {
		t.Errorf("from place %v", got["place"])
	}
	w.must(choose(id, order[3:6]...))
	refuse()
	w.refused("none of the draw are left", choose(id, order[3:6]...), fault.FirmsNotDrawn, "R10p")
}
