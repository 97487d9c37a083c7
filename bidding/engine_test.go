package bidding

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/deploy/local/testserver"
)

func TestI1_ABidIsDurableWithReceiptAndEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB")
	first := w.mustBid(e, lot, "AAAAA", 10_000_000)
	second := w.mustBid(e, lot, "BBBBB", 10_100_000)
	if first.Seq != 4 || second.Seq != 5 || !second.EndsAt.Equal(w.begin.Add(24*time.Hour)) {
		t.Errorf("accepted %+v, %+v", first, second)
	}
	r, err := e.Receipt(t.Context(), second.ReceiptID)
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Verify(w.key.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	ev, err := course.FromEntry(v.Entry)
	if err != nil || ev.Kind != course.Bid || ev.Code != "BBBBB" || ev.Amount != 10_100_000 || v.Entry.LotID != lot || ev.Seq != 5 {
		t.Errorf("receipt of %+v: %v", ev, err)
	}
	if n := w.count(`SELECT count(*) FROM pending`); n != 5 {
		t.Errorf("%d entries wait for the log, want 5", n)
	}
	if _, err := e.Receipt(t.Context(), uuid.New()); fault.CodeOf(err) != fault.NotFoundCode {
		t.Errorf("a receipt of nothing: %v", err)
	}
}

func TestR20a_RefusalsChangeNothingAndShowTheCommittedPrice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB", "XXXXX", "P1AAA", "P2AAA")
	if _, err := e.Exclude(t.Context(), ExcludeCommand{Lot: lot, Code: "XXXXX"}); err != nil {
		t.Fatal(err)
	}
	w.refused(e, Bid{Lot: lot, Code: "AAAAA", Amount: 9_999_999}, fault.BidBelowStart)
	w.refused(e, Bid{Lot: lot, Code: "AAAAA", Amount: 10_000_001}, fault.OffIncrement)
	last := w.mustBid(e, lot, "AAAAA", 10_000_000)
	for _, c := range []struct {
		code   string
		amount money.Fen
		want   fault.Code
		shows  bool // the committed price, leader and seq
	}{
		{"AAAAA", 10_100_000, fault.AlreadyLeading, true},
		{"BBBBB", 10_000_000, fault.BidTooLow, true},
		{"BBBBB", 10_099_999, fault.BidTooLow, true},
		{"BBBBB", 10_100_001, fault.OffIncrement, true},
		{"ZZZZZ", 10_100_000, fault.NotEnrolled, true},
		{"zz zz", 10_100_000, fault.NotEnrolled, false},
		{"XXXXX", 10_100_000, fault.Excluded, true},
		{"BBBBB", 0, fault.AmountInvalid, false},
		{"BBBBB", -10_100_000, fault.AmountInvalid, false},
		{"BBBBB", 1 << 53, fault.AmountTooLarge, false},
	} {
		shown := w.refused(e, Bid{Lot: lot, Code: c.code, Amount: c.amount}, c.want)
		if c.shows && (shown["price_fen"] != int64(10_000_000) || shown["leader_code"] != "AAAAA" || shown["seq"] != last.Seq) {
			t.Errorf("%s shows %v", c.want, shown)
		}
	}
	w.mustBid(e, lot, "P2AAA", 10_000_000)
	w.refused(e, Bid{Lot: lot, Code: "BBBBB", Amount: 10_000_000}, fault.BidTooLow)
	w.mustBid(e, lot, "P1AAA", 10_000_000)
	w.refused(e, Bid{Lot: lot, Code: "P2AAA", Amount: 10_000_000}, fault.BidTooLow)
	w.mustBid(e, lot, "BBBBB", money.Max-money.Max%100_000)
	w.refused(e, Bid{Lot: uuid.New(), Code: "AAAAA", Amount: 10_100_000}, fault.NotFoundCode)
	w.refused(e, Bid{Lot: lot, Code: "AAAAA", Amount: 10_200_000, Key: strings.Repeat("k", 129)}, fault.InvalidRequest)
	w.refused(e, Bid{Lot: lot, Code: "AAAAA", Amount: 10_200_000, Key: "a b"}, fault.InvalidRequest)
	if _, err := e.Bid(t.Context(), Bid{Lot: lot, Code: "AAAAA", Amount: 10_200_000}); fault.CodeOf(err) != fault.IdempotencyKeyNeeded {
		t.Errorf("a bid without a key: %v", err)
	}
}

func TestR20c_CoursesCloseByTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ended := make(chan End, 10)
	e, _ := w.start(func(c *EngineConfig) { c.Ends = recordEnds(ended) })
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB")
	unsold := w.openLot(e, sale{shard: 1})
	w.refused(e, Bid{Lot: w.lot(sale{}), Code: "AAAAA", Amount: 10_000_000}, fault.NotStarted)
	w.mustBid(e, lot, "AAAAA", 10_000_000)
	if _, err := e.Close(t.Context(), lot); fault.CodeOf(err) != fault.StateConflict {
		t.Errorf("closed before the end: %v", err)
	}
	w.pass(e, 24*time.Hour-time.Minute)
	late := w.mustBid(e, lot, "BBBBB", 10_100_000)
	if d := late.EndsAt.Sub(late.AcceptedAt); d != 5*time.Minute {
		t.Errorf("the end lies %s after the bid", d)
	}
	w.pass(e, 24*time.Hour+time.Minute)
	w.mustBid(e, lot, "AAAAA", 10_200_000)
	w.pass(e, 25*time.Hour)
	got := map[uuid.UUID]End{}
	for range 2 {
		end := <-ended
		got[end.Lot] = end
	}
	if a := got[lot]; !a.Sold || a.Price != 10_200_000 || a.Code != "AAAAA" {
		t.Errorf("ended %+v", a)
	}
	if b := got[unsold]; b.Sold || b.Code != "" {
		t.Errorf("ended %+v", b)
	}
	if _, err := e.Close(t.Context(), unsold); err != nil {
		t.Errorf("closed again: %v", err)
	}
	ev, err := e.Close(t.Context(), lot)
	if err != nil || ev.Kind != course.Close || ev.Leader != "AAAAA" {
		t.Errorf("closed again: %+v, %v", ev, err)
	}
	w.refused(e, Bid{Lot: lot, Code: "BBBBB", Amount: 10_300_000}, fault.Closed)
}

func TestR20c_PassClosesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lots := []uuid.UUID{}
	for i := range 5 {
		lots = append(lots, w.openLot(e, sale{shard: i}))
	}
	w.pass(e, 24*time.Hour)
	if n := w.count(`SELECT count(*) FROM courses WHERE phase = 'closed'`); n != int64(len(lots)) {
		t.Errorf("%d courses closed", n)
	}
}

func TestR26s_ASellOffEndsADayAfterItsFirstBid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot := w.openLot(e, sale{stage: "sell_off", starts: -time.Hour, ends: 60 * 24 * time.Hour}, "AAAAA")
	a := w.mustBid(e, lot, "AAAAA", 10_000_000)
	if d := a.EndsAt.Sub(a.AcceptedAt); d != 24*time.Hour {
		t.Errorf("ends %s after the first bid", d)
	}
}

func TestR28_AStayedLotTakesNoBidAndKeepsItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB")
	w.mustBid(e, lot, "AAAAA", 10_000_000)
	w.clock.To(w.begin.Add(23 * time.Hour))
	stay, err := e.Stay(t.Context(), StayCommand{Lot: lot, Ground: "court"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := e.Stay(t.Context(), StayCommand{Lot: lot, Ground: "court"})
	if err != nil || again != stay {
		t.Errorf("stayed again: %+v, %v", again, err)
	}
	w.refused(e, Bid{Lot: lot, Code: "BBBBB", Amount: 10_100_000}, fault.Suspended)
	w.clock.To(w.begin.Add(48 * time.Hour))
	resumed, err := e.Resume(t.Context(), lot)
	if err != nil || resumed.EndsAt != resumed.At+stay.Left || stay.Left < 3_590_000 || stay.Left > 3_600_000 /* an hour */ {
		t.Errorf("stay %+v, resumed %+v, %v", stay, resumed, err)
	}
	if _, err := e.Resume(t.Context(), lot); fault.CodeOf(err) != fault.StateConflict {
		t.Errorf("resumed twice: %v", err)
	}
	w.mustBid(e, lot, "BBBBB", 10_100_000)
	if _, err := e.Stay(t.Context(), StayCommand{Lot: lot, Ground: "boredom"}); fault.CodeOf(err) != fault.InvalidRequest {
		t.Errorf("stayed for boredom: %v", err)
	}
}

func TestR18_AdmissionIsIdempotentByCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.start()
	lot := w.lot(sale{})
	c := AdmitCommand{Lot: lot, Code: "AAAAA", Capacity: "ordinary", NameCommitment: strings.Repeat("0f", 32)}
	if _, err := e.Admit(t.Context(), c); fault.CodeOf(err) != fault.NotStarted {
		t.Errorf("admitted before the course: %v", err)
	}
	for range 2 {
		if err := e.Open(t.Context(), lot); err != nil {
			t.Fatal(err)
		}
	}
	first, err := e.Admit(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := e.Admit(t.Context(), c)
	if err != nil || again != first {
		t.Errorf("admitted again: %+v, %v", again, err)
	}
	c.Capacity, c.Rank = "priority", 1
	if _, err := e.Admit(t.Context(), c); fault.CodeOf(err) != fault.EnrolmentExists {
		t.Errorf("admitted in another standing: %v", err)
	}
	x, err := e.Exclude(t.Context(), ExcludeCommand{Lot: lot, Code: "AAAAA"})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := e.Exclude(t.Context(), ExcludeCommand{Lot: lot, Code: "AAAAA"}); err != nil || again != x {
		t.Errorf("excluded again: %+v, %v", again, err)
	}
	if err := e.Open(t.Context(), uuid.New()); fault.CodeOf(err) != fault.NotFoundCode {
		t.Errorf("opened nothing: %v", err)
	}
	if n := w.seq(lot); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
}

func TestIdempotency_TheSameKeyGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, stop := w.start()
	lot := w.openLot(e, sale{}, "AAAAA", "BBBBB")
	b := Bid{Lot: lot, Code: "AAAAA", Amount: 10_000_000, Key: "k1", ReceivedAt: w.clock.Now()}
	first, err := e.Bid(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	same := func(when string) {
		t.Helper()
		if again, err := e.Bid(t.Context(), b); err != nil || again != first {
			t.Errorf("%s: %+v, %v; want %+v", when, again, err, first)
		}
		other := b
		other.Amount += 100_000
		w.refused(e, other, fault.IdempotencyKeyReused)
	}
	same("at once")
	w.mustBid(e, lot, "BBBBB", 10_100_000)
	same("when another leads")
	otherCode := b
	otherCode.Code, otherCode.Amount = "BBBBB", 10_200_000
	w.refused(e, otherCode, fault.AlreadyLeading) // the key is another bidder's, so it is new
	stop()
	w.redis.Wipe()
	e, _ = w.start()
	same("after Redis lost everything")
	w.pass(e, 25*time.Hour)
	same("after the end")
	if err := w.redis.Client().Del(t.Context(), lotKeys(0, lot)[3:]...).Err(); err != nil {
		t.Fatal(err)
	}
	same("when Redis has forgotten the closed lot")
	w.refused(e, Bid{Lot: lot, Code: "BBBBB", Amount: 10_300_000}, fault.Closed)
}

func TestReady_TellsWhetherBidsCanBePlaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, stop := w.start()
	w.openLot(e, sale{})
	if err := e.Ready(t.Context()); err != nil {
		t.Errorf("not ready: %v", err)
	}
	stop()
	if err := e.Ready(t.Context()); err == nil {
		t.Error("ready after the end")
	}
	if _, err := w.bid(e, w.lot(sale{}), "AAAAA", 1); fault.CodeOf(err) != fault.BidNotPlaced {
		t.Errorf("a bid after the end: %v", err)
	}
	if err := e.Run(t.Context()); err == nil || errors.Is(err, t.Context().Err()) {
		t.Errorf("ran twice: %v", err)
	}
}

func TestTell_WatchersHearCommittedEventsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn := testserver.NATS(t)
	sub, err := conn.SubscribeSync(Subject + "*")
	if err != nil {
		t.Fatal(err)
	}
	e, _ := w.start(func(c *EngineConfig) { c.NATS = conn })
	lot := w.openLot(e, sale{}, "AAAAA")
	w.mustBid(e, lot, "AAAAA", 10_000_000)
	w.pass(e, 25*time.Hour)
	for i, want := range []string{"open", "admit", "bid", "close"} {
		m, err := sub.NextMsg(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Lot     uuid.UUID `json:"lot"`
			Seq     int64     `json:"seq"`
			Kind    string    `json:"kind"`
			Code    string    `json:"bidder_code"`
			Amount  int64     `json:"amount_fen"`
			Price   int64     `json:"price_fen"`
			Leader  string    `json:"leader_code"`
			EndsAt  time.Time `json:"ends_at"`
			Outcome string    `json:"outcome"`
		}
		if err := json.Unmarshal(m.Data, &got); err != nil {
			t.Fatal(err)
		}
		if got.Lot != lot || got.Seq != int64(i+1) || got.Kind != want || !got.EndsAt.Equal(w.begin.Add(24*time.Hour)) ||
			(i >= 2) != (got.Price == 10_000_000 && got.Leader == "AAAAA") || (i == 2) != (got.Amount == 10_000_000 && got.Code == "AAAAA") ||
			(i == 3) != (got.Outcome == "sold") || m.Subject != Subject+lot.String() {
			t.Errorf("told %s", m.Data)
		}
	}
}

func TestRoles_ANodeThatOnlyGathersAnswersWhatAnotherCommits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	committer, stop := w.start()
	lot := w.openLot(committer, sale{}, "AAAAA", "BBBBB")
	gatherer, _ := w.start(func(c *EngineConfig) { c.GatherOnly = true })
	a := w.mustBid(gatherer, lot, "AAAAA", 10_000_000)
	w.refused(gatherer, Bid{Lot: lot, Code: "BBBBB", Amount: 10_000_000}, fault.BidTooLow)
	if r, err := gatherer.Receipt(t.Context(), a.ReceiptID); err != nil || r.Batch == "" {
		t.Errorf("receipt: %v", err)
	}
	stop()
	w.redis.Wipe()
	bid := make(chan error, 1)
	go func() {
		_, err := w.bid(gatherer, lot, "BBBBB", 10_100_000)
		bid <- err
	}()
	w.start()
	if err := <-bid; err != nil {
		t.Errorf("a bid while the committer changes: %v", err)
	}
}

// Nodes tell each other when there is something to commit, and when it is committed; what is no nudge changes nothing.
func TestRoles_NodesNudgeEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn := testserver.NATS(t)
	heard := map[string]*nats.Subscription{}
	for _, subject := range []string{nudgeDecided, nudgeCommitted} {
		sub, err := conn.SubscribeSync(subject)
		if err != nil {
			t.Fatal(err)
		}
		heard[subject] = sub
	}
	committer, _ := w.start(func(c *EngineConfig) { c.NATS = conn })
	lot := w.openLot(committer, sale{shard: 7}, "AAAAA", "BBBBB")
	gatherer, _ := w.start(func(c *EngineConfig) { c.NATS, c.GatherOnly = conn, true })
	for _, noise := range []string{"", "f", "zz", strings.Repeat("00", 1000)} {
		for subject := range heard {
			if err := conn.Publish(subject, []byte(noise)); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.mustBid(gatherer, lot, "AAAAA", 10_000_000)
	want := "07"
	for subject, sub := range heard {
		for {
			m, err := sub.NextMsg(patience)
			if err != nil {
				t.Fatalf("%s of shard %s: %v", subject, want, err)
			}
			if string(m.Data) == want {
				break
			}
		}
	}
	w.mustBid(gatherer, lot, "BBBBB", 10_100_000)
}

// Of three nodes two do not commit: what they hear they do not tell again.
func TestRoles_ANudgeIsNotPassedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn := testserver.NATS(t)
	heard, err := conn.SubscribeSync(nudgeDecided)
	if err != nil {
		t.Fatal(err)
	}
	committer, _ := w.start(func(c *EngineConfig) { c.NATS = conn })
	lot := w.openLot(committer, sale{shard: 7}, "AAAAA", "BBBBB")
	second, _ := w.start(func(c *EngineConfig) { c.NATS = conn })
	third, _ := w.start(func(c *EngineConfig) { c.NATS = conn })
	const strange = "ab"
	if err := conn.Publish(nudgeDecided, []byte(strange)); err != nil {
		t.Fatal(err)
	}
	w.mustBid(second, lot, "AAAAA", 10_000_000)
	w.mustBid(third, lot, "BBBBB", 10_100_000)
	w.mustBid(second, lot, "AAAAA", 10_200_000)
	if err := conn.Publish(nudgeDecided, []byte("end")); err != nil {
		t.Fatal(err)
	}
	strangers, own := 0, false
	for {
		m, err := heard.NextMsg(patience)
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Data) == "end" {
			break
		}
		strangers += strings.Count(string(m.Data), strange)
		own = own || strings.Contains(string(m.Data), "07")
	}
	if strangers != 1 || !own {
		t.Errorf("shard %s was told of %d times, want once; that shard 07 was: %t", strange, strangers, own)
	}
}
