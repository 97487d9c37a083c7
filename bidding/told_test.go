package bidding

import (
	"hash/maphash"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"mingchui/auction/fault"
)

// Bids that are judged alike are told the same error; each is counted; another standing is another error.
func TestR20a_BidsThatAreJudgedAlikeAreRefusedAlike(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m, err := newMeter(registry, &halts{})
	if err != nil {
		t.Fatal(err)
	}
	e, g := &Engine{meter: m, seed: maphash.MakeSeed()}, &gate{}
	told := func(v verdict) *fault.Error { return e.refuse(g, &v) }
	low := verdict{sign: refused, code: string(fault.BidTooLow), seq: 7, price: 132_520_000, leader: "K7Q2M", ends: 1_781_749_257_052, at: 1}
	first := told(low)
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			again := low
			again.at = int64(i)
			if got := told(again); got != first {
				t.Errorf("%p is told, then %p", first, got)
			}
		})
	}
	group.Wait()
	if first.Code != fault.BidTooLow || first.Args["price_fen"] != int64(132_520_000) || first.Args["seq"] != int64(7) || first.Rule != "R20a" {
		t.Errorf("%+v", first)
	}
	for i := range int64(100) {
		higher := low
		higher.seq, higher.price = low.seq+1+i, low.price+1+i
		if got := told(higher); got == first || got.Args["seq"] != higher.seq || got.Args["price_fen"] != higher.price {
			t.Fatalf("%+v is told of %+v", got, higher)
		}
	}
	leads := low
	leads.code = string(fault.AlreadyLeading)
	if got := told(leads); got.Code != fault.AlreadyLeading {
		t.Errorf("%+v", got)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := 0.0
	for _, f := range families {
		for _, one := range f.GetMetric() {
			if f.GetName() == "mingchui_bidding_bids_refused_total" {
				counted += one.GetCounter().GetValue()
			}
		}
	}
	if counted != 166 {
		t.Errorf("%v refusals are counted, not 166", counted)
	}
}
