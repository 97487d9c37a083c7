package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
	"mingchui/cmd/hammer/judge"
	"mingchui/cmd/hammer/load"
	"mingchui/cmd/hammer/stage"
)

const (
	kills = 20
	// leastInFlight bids are sent and not answered when the server is killed.
	leastInFlight = 20
	// killedBidders bid at the same time, each in a bidding session and on a
	// connection of its own.
	killedBidders = 64
	// killWithin bounds the random time from the first answers to the kill.
	killWithin = 250 * time.Millisecond
	// proven is how many of the signed receipts are drawn by lot for checking,
	// beside the last ones before each kill.
	proven, provenBeforeKill = 300, 10
	// judgeWithin bounds the search for an order that explains all answers.
	judgeWithin = 30 * time.Second
)

// I1, I3: the server is killed at random moments with bids in flight; every bid
// that was answered 201 is on the record afterwards, once, under the number of
// its answer, and its receipt holds.
func TestI1_KilledServerLosesNoAcknowledgedBid(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	luck := rand.New(rand.NewPCG(seed, 1))
	servers, err := stage.Start(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := servers.Stop(); err != nil {
			t.Errorf("stop the servers: %v", err)
		}
	})
	sale, err := servers.Sell(t.Context(), killedBidders)
	if err != nil {
		t.Fatal(err)
	}
	binary := program(t)
	server := startServer(t, servers, binary)
	sessions, err := servers.Sessions(t.Context(), sale)
	if err != nil {
		t.Fatal(err)
	}
	kept := &keeping{}
	bidding, err := load.New(load.Config{
		Address: servers.SiteAddress(), Lot: sale.Lot, Sessions: sessions, Connections: len(sessions), Retry: true,
		Ladder: load.NewLadder(int64(sale.StartingPrice), int64(sale.Increment)), For: 5 * time.Minute, History: kept.add,
	})
	if err != nil {
		t.Fatal(err)
	}
	bids, enough := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := bidding.Do(bids)
		ended <- err
	}()
	var restarts []time.Duration
	for kill := range kills {
		flying := awaitInFlight(t, bidding, luck)
		if err := server.Kill(); err != nil {
			t.Fatalf("kill %d: %v", kill+1, err)
		}
		kept.mark()
		killed := time.Now()
		server = startServer(t, servers, binary)
		restarts = append(restarts, time.Since(killed))
		t.Logf("kill %2d with %d bids in flight and %d acknowledged; ready again after %s",
			kill+1, flying, bidding.Acknowledged(), restarts[kill].Round(time.Millisecond))
	}
	awaitAcknowledged(t, bidding, bidding.Acknowledged()+killedBidders)
	enough()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	slices.Sort(restarts)
	t.Logf("restart, from kill to ready: median %s, longest %s", restarts[kills/2].Round(time.Millisecond), restarts[kills-1].Round(time.Millisecond))
	judgeKilled(t, person{t: t, site: servers.SiteURL()}, sale, kept, luck)
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	if out, err := servers.Fsck(t.Context(), binary); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func startServer(t *testing.T, servers *stage.Servers, binary string) *stage.Server {
	t.Helper()
	s, err := servers.Serve(t.Context(), binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	return s
}

// awaitInFlight waits until bids are answered again, a random time more, and
// then for enough bids in flight, and returns how many.
func awaitInFlight(t *testing.T, bidding *load.Run, luck *rand.Rand) int {
	t.Helper()
	awaitAcknowledged(t, bidding, bidding.Acknowledged()+1)
	at := time.Now().Add(time.Duration(luck.Int64N(int64(killWithin))))
	flying := 0
	await(t, "enough bids in flight", time.Millisecond, func() bool {
		flying = bidding.InFlight()
		return flying >= leastInFlight && time.Now().After(at)
	})
	return flying
}

func awaitAcknowledged(t *testing.T, bidding *load.Run, n int64) {
	t.Helper()
	await(t, fmt.Sprintf("%d acknowledged bids", n), time.Millisecond, func() bool { return bidding.Acknowledged() >= n })
}

// keeping is what bidders know, outside the server.
type keeping struct {
	mu  sync.Mutex
	ops []load.Op
	// marks are the lengths of ops at the kills.
	marks []int
}

func (k *keeping) add(op load.Op) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ops = append(k.ops, op)
}

func (k *keeping) mark() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.marks = append(k.marks, len(k.ops))
}

// judgeKilled holds what the bidders know against what the server publishes.
func judgeKilled(t *testing.T, public person, sale stage.Sale, kept *keeping, luck *rand.Rand) {
	t.Helper()
	bids := public.bids(sale.Lot)
	record := public.record(sale.Lot, len(bids))
	type offer struct {
		seq    int64
		code   string
		amount money.Fen
	}
	published, recorded := map[offer]bool{}, map[offer]bool{}
	for _, b := range bids {
		published[offer{b.Seq, b.BidderCode, b.AmountFen}] = true
	}
	for _, e := range record {
		if e.Kind == course.Bid {
			recorded[offer{e.Seq, e.Code, e.Amount}] = true
		}
	}
	if !maps.Equal(published, recorded) {
		t.Errorf("I1: /bids has %d bids, the record %d, and they are not the same", len(published), len(recorded))
	}
	for _, op := range kept.ops {
		if op.Outcome == load.Accepted && !recorded[offer{op.Seq, op.Code, money.Fen(op.AmountFen)}] {
			t.Errorf("I1: bid %d of %s for %d fen was acknowledged and is not on the record", op.Seq, op.Code, op.AmountFen)
		}
	}
	verdict, err := judge.Lot(sale.Lot, kept.ops, record, judgeWithin)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range verdict.Findings {
		t.Errorf("I3: %+v", f)
	}
	if verdict.Undecided {
		t.Errorf("I3: the history was not judged within %s", judgeWithin)
	}
	t.Logf("%d bids on the record; the bidders know of %d accepted, %d refused, %d not placed, %d unknown of which %d landed; linearizable",
		len(bids), verdict.Accepted, verdict.Refused, verdict.NotPlaced, verdict.Unknown, verdict.Landed)
	checkReceipts(t, public, kept, luck)
}

// checkReceipts checks signed receipts by the log's published keys alone.
func checkReceipts(t *testing.T, public person, kept *keeping, luck *rand.Rand) {
	t.Helper()
	key := string(public.get("/log/key").body)
	chosen := map[string]load.Op{}
	choose := func(ops []load.Op, n int) {
		for _, op := range ops {
			if op.Outcome == load.Accepted && n > 0 {
				chosen[op.Receipt], n = op, n-1
			}
		}
	}
	for _, mark := range kept.marks {
		last := slices.Clone(kept.ops[:mark])
		slices.Reverse(last)
		choose(last, provenBeforeKill)
	}
	shuffled := slices.Clone(kept.ops)
	luck.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	choose(shuffled, proven)
	for _, id := range slices.Sorted(maps.Keys(chosen)) {
		op := chosen[id]
		var receipt audit.Receipt
		public.get("/api/v1/receipts/" + id).into(&receipt)
		r := verify.Offline(receipt, strings.TrimSpace(key))
		var body struct {
			Code   string    `json:"bidder_code"`
			Amount money.Fen `json:"amount_fen"`
		}
		if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
			t.Errorf("receipt %s: %v", id, err)
			continue
		}
		if !r.OK() || r.Lot != op.Lot.String() || r.Seq != op.Seq || body.Code != op.Code || body.Amount != money.Fen(op.AmountFen) {
			t.Errorf("receipt %s of bid %d by %s for %d fen: %+v", id, op.Seq, op.Code, op.AmountFen, r)
		}
	}
	t.Logf("%d signed receipts hold", len(chosen))
}

// bidLine is a bid as /bids tells it.
type bidLine struct {
	Seq        int64     `json:"seq"`
	BidderCode string    `json:"bidder_code"`
	AmountFen  money.Fen `json:"amount_fen"`
}

// bids pages through all bids of a lot.
func (p person) bids(lot uuid.UUID) []bidLine {
	p.t.Helper()
	var all []bidLine
	for cursor := "0"; cursor != ""; {
		var page struct {
			Items      []bidLine `json:"items"`
			NextCursor string    `json:"next_cursor"`
		}
		p.get(fmt.Sprintf("/api/v1/lots/%s/bids?limit=100&cursor=%s", lot, cursor)).into(&page)
		all, cursor = append(all, page.Items...), page.NextCursor
	}
	return all
}

// record waits until a lot's public record has as many bids as /bids, as the log
// gives entries their place after they are committed, and returns its course.
func (p person) record(lot uuid.UUID, bids int) []course.Event {
	p.t.Helper()
	var events []course.Event
	await(p.t, fmt.Sprintf("%d bids in the record", bids), 100*time.Millisecond, func() bool {
		var err error
		if events, err = judge.ReadRecord(bytes.NewReader(p.get(fmt.Sprintf("/api/v1/lots/%s/record", lot)).body)); err != nil {
			p.t.Fatal(err)
		}
		n := 0
		for _, e := range events {
			if e.Kind == course.Bid {
				n++
			}
		}
		return n >= bids
	})
	return events
}
