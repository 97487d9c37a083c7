package bidding

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"mingchui/auction/clock"
	"mingchui/auction/money"
)

// BenchmarkHotLot measures durable bids on one hot lot from 256 concurrent bidders in process, each one increment above the
// last amount that anybody asked for.
func BenchmarkHotLot(b *testing.B) { benchmarkLots(b, 1) }

// BenchmarkHundredLots is the same over a hundred lots.
func BenchmarkHundredLots(b *testing.B) { benchmarkLots(b, 100) }

func benchmarkLots(b *testing.B, count int) {
	b.Helper()
	const bidders = 256
	w := newWorld(b)
	e, _ := w.start(func(c *EngineConfig) { c.Log, c.Clock = nil, clock.Real{} })
	lots := make([]uuid.UUID, count)
	for i := range lots {
		lots[i] = w.openLot(e, sale{start: 100, increment: 1, shard: i % shardCount})
		var all sync.WaitGroup
		for k := range bidders {
			all.Go(func() { w.admit(e, lots[i], code(k)) })
		}
		all.Wait()
	}
	var next, accepted atomic.Int64
	b.ResetTimer()
	var all sync.WaitGroup
	for i := range bidders {
		all.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					return
				}
				_, err := e.Bid(b.Context(), Bid{
					Lot: lots[n%int64(count)], Code: code(i), Amount: money.Fen(100 + n), Key: freshKey(), ReceivedAt: e.clock.Now(),
				})
				if err == nil {
					accepted.Add(1)
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decided/s")
	b.ReportMetric(float64(accepted.Load())/b.Elapsed().Seconds(), "accepted/s")
}
