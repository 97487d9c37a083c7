package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// sales writes the entries of sales that obey the rules, as the platform's packages would.
type sales struct {
	// kind is that of the cases, civil where it is empty.
	kind   string
	t      testing.TB
	random *rand.Rand
	// entries in the order of commit.
	entries []audit.Entry
	n       int64 // of the one shard
	// shards is the last shard that a sale was given.
	shards int
	// terms and times change what the next sale is voted on and announced with, before it is; nil for nothing.
	terms, times func(n *audit.LotAnnounced)
}

func newSales(t testing.TB, seed uint64) *sales {
	t.Helper()
	return &sales{t: t, random: rand.New(rand.NewPCG(seed, 1)), shards: int(seed%997) * 1000}
}

func (s *sales) id() uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(s.random.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}

func (s *sales) enter(kind string, at time.Time, c, lot uuid.UUID, seq int64, body any) {
	s.t.Helper()
	lotID := &lot
	if lot == uuid.Nil {
		lotID = nil
	}
	e, err := audit.New(kind, at, &c, lotID, seq, body)
	if err != nil {
		s.t.Fatal(err)
	}
	s.entries = append(s.entries, e)
}

// sale is one lot on its way.
type sale struct {
	*sales
	caseID, lot uuid.UUID
	shard       int
	rules       law.RuleSet
	now         time.Time
	notice      audit.LotAnnounced
	state       course.State
	codes       []string
}

// one writes a sale from listing to ruling and gives it.
func (s *sales) one(rules law.RuleSet, stage law.Stage, before *sale) *sale {
	s.shards++ // each sale has a shard of its own, for their times go back
	x := &sale{sales: s, shard: s.shards, caseID: s.id(), lot: s.id(), rules: rules, now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	x.now = x.now.Add(time.Duration(s.random.IntN(1e6)) * time.Millisecond)
	kinds := []law.Kind{law.Movable, law.Immovable, law.OtherRight}
	reference := money.Fen(1_000_000 + s.random.IntN(1_000_000_000))
	start := reference*7/10 + 1
	n := audit.LotAnnounced{
		RuleSet: rules.Name, RuleDigest: rules.Digest(), Stage: stage, PropertyKind: kinds[s.random.IntN(3)],
		ReferenceFen: reference, ReferenceKind: "appraisal", StartingPriceFen: start, IncrementFen: 1 + start/100, DepositFen: start / 10,
		TermsDigest: audit.HashText(x.lot.String()), BalanceDueDays: 10, DocumentHash: audit.HashText("announcement"),
		MaximumBids: rules.MaximumBids,
	}
	listed := audit.LotListed{
		Stage: stage, TitleZH: "房产", TitleEN: "Flat", Category: "flat", PropertyKind: n.PropertyKind,
		ReferenceFen: reference, ReferenceKind: "appraisal", RuleSet: rules.Name,
	}
	if before != nil {
		x.caseID, x.now = before.caseID, before.now.Add(time.Minute)
		n.PreviousStartingPriceFen, listed.PreviousLot = before.notice.StartingPriceFen, before.lot.String()
		n.StartingPriceFen = n.PreviousStartingPriceFen
		if stage == law.Second {
			n.StartingPriceFen = n.PreviousStartingPriceFen*8/10 + 1
		}
		n.IncrementFen, n.DepositFen = 1+n.StartingPriceFen/100, n.StartingPriceFen/10
	} else {
		s.enter(audit.KindCaseOpened, x.now, x.caseID, uuid.Nil, 0, audit.CaseOpened{Number: "(2026)沪01执1号", Court: "court", Kind: cmp.Or(s.kind, "civil"), ClaimFen: 5})
		if _, known := law.ByName(rules.Name); known && strings.Contains(rules.Name, "+") {
			s.enter(audit.KindCourtSettings, x.now, uuid.Nil, uuid.Nil, 0, audit.CourtSettings{Court: "court", RuleSet: rules.Name, RuleDigest: rules.Digest()})
		}
	}
	if s.terms != nil {
		s.terms(&n)
		listed.Stage, listed.PropertyKind, listed.ReferenceFen, listed.ReferenceKind = n.Stage, n.PropertyKind, n.ReferenceFen, n.ReferenceKind
	}
	s.enter(audit.KindLotListed, x.tick(time.Second), x.caseID, x.lot, 0, listed)
	panel := 3 + 2*s.random.IntN(2)
	if s.random.IntN(3) == 0 { // another judge's vote on the same terms, revised there and back: it counts no more
		s.enter(audit.KindLotVoted, x.tick(time.Second), x.caseID, x.lot, 0, audit.LotVoted{
			Judge: fmt.Sprintf("j-%016x", panel), TermsDigest: n.TermsDigest,
			StartingPriceFen: n.StartingPriceFen, IncrementFen: n.IncrementFen, DepositFen: n.DepositFen,
		})
		for _, digest := range []string{audit.HashText("other terms"), n.TermsDigest} {
			s.enter(audit.KindLotRevised, x.tick(time.Second), x.caseID, x.lot, 0, audit.LotRevised{
				TermsDigest: digest, ReferenceFen: n.ReferenceFen, ReferenceKind: n.ReferenceKind,
				StartingPriceFen: n.StartingPriceFen, IncrementFen: n.IncrementFen, DepositFen: n.DepositFen,
			})
		}
	}
	for j := range panel {
		s.enter(audit.KindLotVoted, x.tick(time.Second), x.caseID, x.lot, 0, audit.LotVoted{
			Judge: fmt.Sprintf("j-%016x", j), Approve: j != 1, TermsDigest: n.TermsDigest,
			StartingPriceFen: n.StartingPriceFen, IncrementFen: n.IncrementFen, DepositFen: n.DepositFen, MaximumBids: n.MaximumBids,
		})
	}
	x.tick(time.Second)
	n.StartsAt = x.now.Add(rules.AnnounceLead(stage, n.PropertyKind))
	n.EndsAt = n.StartsAt.Add(rules.BiddingMin)
	if stage == law.SellOff {
		n.EndsAt = n.StartsAt.Add(rules.SellOffPeriod)
	}
	if s.times != nil {
		s.times(&n)
	}
	x.notice, s.terms, s.times = n, nil, nil
	s.enter(audit.KindLotAnnounced, x.now, x.caseID, x.lot, 0, n)
	return x
}

func (x *sale) tick(most time.Duration) time.Time {
	x.now = x.now.Add(time.Duration(1+x.random.Int64N(most.Milliseconds())) * time.Millisecond)
	return x.now
}

// do decides a command as the engine does and enters the event.
func (x *sale) do(c course.Command) course.Event {
	x.t.Helper()
	e, err := course.Decide(x.state, c, x.now.UnixMilli())
	if err != nil {
		x.t.Fatalf("%+v: %v", c, err)
	}
	x.sales.n++
	e.Shard, e.N, e.Epoch = x.shard, x.sales.n, max(x.state.Epoch, 1)
	if c.Kind == course.Epoch {
		e.Epoch++
	}
	if x.state, err = course.Next(x.state, e); err != nil {
		x.t.Fatal(err)
	}
	entry, err := audit.NewRaw(e.Kind.EntryKind(), time.UnixMilli(e.At), &x.caseID, &x.lot, e.Seq, e.AppendBody(nil))
	if err != nil {
		x.t.Fatal(err)
	}
	x.sales.entries = append(x.sales.entries, entry)
	return e
}

func (x *sale) open(bidders int) {
	n := x.notice
	terms := course.Terms{
		StartingPrice: n.StartingPriceFen, Increment: n.IncrementFen, StartsAt: n.StartsAt.UnixMilli(), EndsAt: n.EndsAt.UnixMilli(),
		Extension: x.rules.Extension.Milliseconds(), MaximumBids: n.MaximumBids,
	}
	if n.Stage == law.SellOff {
		terms.SellOffCourse = x.rules.SellOffCourse.Milliseconds()
	}
	x.do(course.Command{Kind: course.Open, Terms: terms})
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	for i := range bidders {
		code := fmt.Sprintf("%c%c%cA%c", letters[x.random.IntN(32)], letters[x.random.IntN(32)], letters[x.random.IntN(32)], letters[i])
		c := course.Command{Kind: course.Admit, Code: code, Capacity: course.Ordinary, NameCommitment: audit.HashText(code)}
		if i%3 == 2 {
			c.Capacity, c.Rank = course.Priority, 1+i/3
		}
		x.tick(time.Second)
		x.do(c)
		x.codes = append(x.codes, code)
	}
	if bidders > 0 {
		x.enter(audit.KindCommitted, x.now, x.caseID, x.lot, 0, audit.Committed{Commitments: []audit.Commitment{
			{BidderCode: x.codes[0], Field: "id_number", Commitment: audit.HashText("number")},
		}})
	}
}

// bid runs the course with bids bids, a stay, an epoch and an exclusion in between, to its close.
func (x *sale) bid(bids int) {
	x.now = x.notice.StartsAt
	for i := range bids {
		x.tick(20 * time.Second)
		switch i {
		case bids / 3:
			x.do(course.Command{Kind: course.Stay, Ground: course.ByCourt, ReasonHash: audit.HashText("reason")})
			x.tick(time.Hour)
			x.do(course.Command{Kind: course.Resume})
		case bids / 2:
			x.do(course.Command{Kind: course.Epoch})
		}
		if left := x.state.EndsAt - x.now.UnixMilli(); left < 1000 || i == bids-5 {
			// Close to the end, so that the bids extend.
			x.now = time.UnixMilli(x.state.EndsAt - 1 - x.random.Int64N(500)).UTC()
		}
		code := x.codes[x.random.IntN(len(x.codes))]
		for code == x.state.Leader {
			code = x.codes[x.random.IntN(len(x.codes))]
		}
		amount := x.state.Price + x.notice.IncrementFen*money.Fen(1+x.random.IntN(3))
		if x.state.Leader == "" {
			amount = x.notice.StartingPriceFen
		} else if course.Better(x.state.Admitted[code].Rank, x.state.LeaderRank) {
			amount = x.state.Price // R21
		}
		x.do(course.Command{Kind: course.Bid, Code: code, Amount: amount})
	}
	if bids > 0 {
		x.do(course.Command{Kind: course.Exclude, Code: x.codes[0], ReasonHash: audit.HashText("barred")})
	}
	x.now = time.UnixMilli(x.state.EndsAt).UTC()
	x.do(course.Command{Kind: course.Close, Span: course.Span{Epoch: x.state.Epoch, From: x.state.ClosingFrom(), To: x.state.EndsAt}})
}

// settle writes what follows a sale.
func (x *sale) settle() {
	s := x.state
	if s.Outcome != course.Sold {
		return
	}
	x.confirm()
	if x.random.IntN(4) == 0 {
		x.fail()
		return
	}
	x.pay()
	x.rule()
}

// pay writes that the whole price is there and was paid out.
func (x *sale) pay() {
	s := x.state
	x.enter(audit.KindFundPosted, x.tick(time.Second), x.caseID, uuid.Nil, 0, audit.FundPosted{
		Posting: x.id().String(), Kind: "balance_paid",
		Transfers: []audit.FundTransfer{{Debit: "clearing", Credit: "proceeds", AmountFen: s.Price}, {Debit: "proceeds", Credit: "paid_out", AmountFen: s.Price}},
	})
	x.enter(audit.KindBalancePaid, x.tick(time.Second), x.caseID, x.lot, 0, audit.BalancePaid{AmountFen: s.Price})
}

// rule writes the ruling and the handing over.
func (x *sale) rule() {
	x.enter(audit.KindRuled, x.tick(time.Second), x.caseID, x.lot, 0, audit.Ruled{Number: "ruling", ServedAt: x.now})
	x.enter(audit.KindHandedOver, x.tick(time.Second), x.caseID, x.lot, 0, audit.HandedOver{HandedOverAt: x.now})
}

func (x *sale) confirm() { x.confirmFor(audit.Confirmation{}) }

// confirmFor confirms with an agency opened as given.
func (x *sale) confirmFor(c audit.Confirmation) {
	s := x.state
	x.enter(audit.KindOpened, x.tick(time.Second), x.caseID, x.lot, 0, audit.Opened{BidderCode: s.Leader, Purpose: "confirmation"})
	x.enter(audit.KindConfirmation, x.tick(time.Second), x.caseID, x.lot, 0, audit.Confirmation{
		BidderCode: s.Leader, PriceFen: s.Price, NameCommitment: audit.HashText(s.Leader), DocumentHash: audit.HashText("confirmation"),
		AgencyCommitment: c.AgencyCommitment, AgencySalt: c.AgencySalt, Agency: c.Agency,
	})
}

// fail is the buyer's default.
func (x *sale) fail() {
	x.enter(audit.KindDefaulted, x.tick(time.Second), x.caseID, x.lot, 0, audit.Defaulted{BidderCode: x.state.Leader, ForfeitedFen: x.notice.DepositFen})
}

// generate writes n sales under both rule sets, some of them unsold and sold off, one withdrawn.
func generate(t testing.TB, seed uint64, n int) []audit.Entry {
	t.Helper()
	s := newSales(t, seed)
	for i := range n {
		rules := law.Demonstration()
		if i%2 == 0 {
			rules = law.China2017()
		}
		x := s.one(rules, law.First, nil)
		x.open(2 + s.random.IntN(6))
		switch i % 5 {
		case 3: // unsold, then a second sale whose buyer defaults and one without bids, then sold off
			x.bid(0)
			second := s.one(rules, law.Second, x)
			second.open(2)
			second.bid(5)
			second.confirm()
			second.fail()
			second.notice.StartingPriceFen = x.notice.StartingPriceFen // the sale that counts is the first
			again := s.one(rules, law.Second, second)
			again.open(0)
			again.bid(0)
			second = again
			off := s.one(rules, law.SellOff, second)
			off.open(3)
			off.bid(7)
			off.settle()
		case 4:
			s.enter(audit.KindLotWithdrawn, x.tick(time.Second), x.caseID, x.lot, 0, audit.LotWithdrawn{Ground: "debt_paid", ReasonHash: audit.HashText("r")})
		default:
			x.bid(5 + s.random.IntN(40))
			x.settle()
		}
	}
	return s.entries
}
