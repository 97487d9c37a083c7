package bidding

import (
	"sync/atomic"
	"testing"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// TestFault_ALateCommitMeetsTheFenceAlone lets a commit arrive after the next epoch was committed and before anything of it: no
// row is there yet that it could conflict with, so the fence alone keeps out a bid that others were told was not placed.
func TestFault_ALateCommitMeetsTheFenceAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, err := NewEngine(w.config())
	if err != nil {
		t.Fatal(err)
	}
	asleep, wake := make(chan struct{}), make(chan struct{})
	var armed atomic.Bool
	e.probe = func(at string) error {
		if at == "before commit" && armed.CompareAndSwap(true, false) {
			close(asleep)
			<-wake
		}
		return nil
	}
	w.run(e)
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB")
	armed.Store(true)
	late := make(chan error, 1)
	go func() {
		_, err := w.bid(e, lot, "AAAAA", 10_000_000)
		late <- err
	}()
	<-asleep
	w.exec(`UPDATE shards SET epoch = epoch + 1 WHERE shard = 0`)
	close(wake)
	if err := <-late; fault.CodeOf(err) != fault.BidNotPlaced {
		t.Errorf("the late bid: %v", err)
	}
	if n := w.count(`SELECT count(*) FROM bids WHERE lot_id = $1`, lot); n != 0 {
		t.Errorf("%d bids are stored under an epoch that was over", n)
	}
	w.mustBid(e, lot, "BBBBB", 10_000_000)
}

// TestFault_AConflictHaltsTheLot puts fence and course back to an earlier copy, as a restore that forgot the tables of inserts
// would: the next events are there already. Nothing more is acknowledged on that lot.
func TestFault_AConflictHaltsTheLot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, stop := w.start()
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB")
	keep := func(name string) {
		w.exec(`CREATE TABLE ` + name + `_shard AS SELECT * FROM shards WHERE shard = 0`)
		w.exec(`CREATE TABLE ` + name + `_course AS SELECT * FROM courses`)
	}
	back := func(name string) {
		w.exec(`UPDATE shards AS s SET n = k.n, h = k.h, epoch = s.epoch + 1 FROM ` + name + `_shard AS k WHERE s.shard = k.shard`)
		w.exec(`UPDATE courses AS c SET seq = k.seq, last_at = k.last_at, ends_at = k.ends_at, price_fen = k.price_fen,
	leader_code = k.leader_code, leader_rank = k.leader_rank, bids = k.bids FROM ` + name + `_course AS k WHERE c.lot_id = k.lot_id`)
	}
	w.mustBid(e, lot, "AAAAA", 10_000_000)
	keep("early")
	w.mustBid(e, lot, "BBBBB", 10_100_000)
	w.mustBid(e, lot, "AAAAA", 10_200_000)
	stop()
	keep("late")
	back("early")
	e, stop = w.start()
	until(t, func() bool {
		a, err := w.bid(e, lot, "BBBBB", 10_300_000)
		if err == nil {
			t.Fatalf("acknowledged as event %d, where another event is stored", a.Seq)
		}
		return fault.KindOf(err) == fault.Fatal
	})
	stop()
	if n := w.count(`SELECT count(*) FROM bids WHERE lot_id = $1`, lot); n != 3 {
		t.Errorf("%d bids are stored, want the three that were acknowledged", n)
	}
	back("late") // for fsck, which would name the damage
}

// TestFault_ARefusalWaitsForWhatItSaw has a bid refused against another that is decided and not committed, and then lost: nobody
// may hear of its price, and the refused bid is decided anew.
func TestFault_ARefusalWaitsForWhatItSaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, err := NewEngine(w.config())
	if err != nil {
		t.Fatal(err)
	}
	asleep, wake := make(chan struct{}), make(chan struct{})
	var armed atomic.Bool
	e.probe = func(at string) error {
		if at == "before commit" && armed.CompareAndSwap(true, false) {
			close(asleep)
			<-wake
		}
		return nil
	}
	w.run(e)
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB")
	type answer struct {
		bid Accepted
		err error
	}
	ask := func(code string, amount money.Fen) <-chan answer {
		told := make(chan answer, 1)
		go func() {
			a, err := e.Bid(t.Context(), Bid{Lot: lot, Code: code, Amount: amount, Key: "key-of-" + code, ReceivedAt: w.clock.Now()})
			told <- answer{a, err}
		}()
		return told
	}
	armed.Store(true)
	high := ask("AAAAA", 10_500_000)
	<-asleep
	low := ask("BBBBB", 10_000_000)
	until(t, func() bool {
		s := e.shards[0]
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.flights) == 2
	})
	select {
	case got := <-low:
		t.Errorf("answered before what it was judged against is committed: %+v", got)
	default:
	}
	w.exec(`UPDATE shards SET epoch = epoch + 1 WHERE shard = 0`)
	close(wake)
	if got := <-high; fault.CodeOf(got.err) != fault.BidNotPlaced {
		t.Errorf("the lost bid: %+v", got)
	}
	got := <-low
	for fault.KindOf(got.err) == fault.Unavailable { // a busy machine let its patience pass: the same key finds the outcome
		got = <-ask("BBBBB", 10_000_000)
	}
	if got.err != nil || got.bid.Amount != 10_000_000 {
		t.Errorf("the bid that the lost one stood against: %+v", got)
	}
}
