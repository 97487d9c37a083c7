package auction_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// A sale from the vote to the handing over: states, duties, entries, papers.
func TestSale_FromVoteToHandover(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots[h.refs(law.First)[0]]
	judge := h.judges[0]
	h.same("duties of a draft", h.owed(lot, "owed"), []string{"judge_vote"})
	if _, err := h.s.Lot(ctx, lot, h.clock.Now()); fault.KindOf(err) != fault.NotFound {
		t.Fatalf("a draft is public: %v", err)
	}
	h.announce(lot)
	h.same("duties once announced", h.owed(lot, "owed"), []string{"close_course", "open_course"})

	d := h.end(lot, true, "K7Q2M")
	h.same("duties of a sold lot", h.owed(lot, "owed"), []string{"balance_due", "confirm_sale", "open_course", "pay_balance", "release_deposits"})
	if due := d.EndedAt.AddDate(0, 0, 10); d.Status != auction.StatusEnded || d.Outcome != "sold" || !d.BalanceDueAt.Equal(due) {
		t.Fatalf("sold: %+v", d.LotSummary)
	}

	h.buyer("K7Q2M", "江澜弋口航运有限公司")
	h.must(h.s.Confirm(ctx, lot))
	h.must(h.s.Confirm(ctx, lot)) // once
	paper, hash, err := h.s.Confirmation(ctx, lot)
	h.must(err)
	if paper.Version != 2 || paper.BuyerName != "江澜弋口航运有限公司" || paper.Price != *d.PriceFen || paper.Balance() != paper.Price-d.DepositFen || len(hash) != 64 {
		t.Errorf("confirmation %+v", paper)
	}
	if text := strings.Join(paper.Paragraphs("zh-CN"), ""); !strings.Contains(text, paper.Price.Words()) || !strings.Contains(text, "K7Q2M") {
		t.Errorf("the confirmation reads %s", text)
	}

	if err := h.s.Rule(ctx, judge, auction.Ruling{Lot: lot, Number: "（2026）皖9902执101号之一"}); fault.CodeOf(err) != fault.StateConflict {
		t.Errorf("a ruling before the money: %v", err)
	}
	pay := func() error {
		return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error { return h.s.RecordPaid(ctx, tx, h.clock.Now(), lot) })
	}
	h.must(pay())
	if err := pay(); fault.CodeOf(err) != fault.StateConflict {
		t.Errorf("paid twice: %v", err)
	}
	h.same("duties of a paid lot", h.owed(lot, "owed"), []string{"check_eligibility", "make_ruling", "open_course", "pay_out", "release_deposits"})
	h.same("cancelled", h.owed(lot, "cancelled"), []string{"balance_due"})
	h.qualify(lot)
	h.must(h.s.Rule(ctx, judge, auction.Ruling{Lot: lot, Number: "（2026）皖9902执101号之一"}))
	h.must(h.s.HandOver(ctx, judge, auction.Delivery{Lot: lot}))
	if err := h.s.HandOver(ctx, judge, auction.Delivery{Lot: lot}); fault.CodeOf(err) != fault.StateConflict {
		t.Errorf("handed over twice: %v", err)
	}
	h.same("entries", h.entries(lot), []string{
		"lot.listed", "lot.voted", "lot.voted", "lot.voted", "lot.announced", "confirmation", "lot.balance_paid", "lot.eligibility_checked", "lot.ruled", "lot.handed_over",
	})
	d, err = h.s.Lot(ctx, lot, h.clock.Now())
	h.must(err)
	if d.Outcome != "ruled" || d.Ruling == nil || d.Ruling.HandedOverAt == nil || d.PaidAt == nil || d.Confirmation == nil {
		t.Errorf("at last: %+v", d)
	}
}

// R22: a name that does not open the commitment of the admission is never published.
func TestR22_TheNameOpensTheCommitment(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.end(lot, true, "K7Q2M")
	h.buyer("K7Q2M", "甲公司")
	swapped := h.buyers.known["K7Q2M"]
	swapped.Name = "乙公司"
	h.buyers.known["K7Q2M"] = swapped
	h.refused(h.s.Confirm(t.Context(), lot), fault.InternalError, "") // a swapped name
	if _, _, err := h.s.Confirmation(t.Context(), lot); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a confirmation was published: %v", err)
	}
}

// R11: one bid at the starting price sells.
func TestR11_OneBidSells(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	d, err := h.s.Lot(t.Context(), lot, h.clock.Now())
	h.must(err)
	e := auction.End{LotID: lot, Sold: true, Price: d.StartingPriceFen, Code: "AAAAA", At: *d.EndsAt}
	record := func() error {
		return pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return auction.RecordEnd(t.Context(), tx, h.book, e) })
	}
	h.must(record())
	if err := record(); fault.CodeOf(err) != fault.StateConflict {
		t.Errorf("ended twice: %v", err)
	}
}

func TestR6_ThePanelsVote(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	refs := h.refs(law.First)
	lot, vote := h.got.Lots[refs[0]], func(judge int, b auction.Ballot) error {
		_, err := h.s.Vote(ctx, h.judges[judge], b)
		return err
	}
	h.refused(vote(0, auction.Ballot{Lot: lot, TermsDigest: "other", Approve: true}), fault.VoteTermsChanged, "R6")
	h.refused(vote(0, auction.Ballot{Lot: lot}), fault.ReasonRequired, "R6")
	h.must(vote(0, auction.Ballot{Lot: lot, Approve: true}))
	h.refused(vote(0, auction.Ballot{Lot: lot, Approve: true}), fault.VoteRepeated, "R6")
	h.must(vote(1, auction.Ballot{Lot: lot, Opinion: "起拍价偏低"}))
	starts := h.clock.Now().AddDate(0, 0, 40)
	h.refused(h.s.Announce(ctx, h.judges[0], auction.Announcement{Lot: lot, StartsAt: starts, EndsAt: starts.AddDate(0, 0, 1)}), fault.VotesMissing, "R6")
	h.must(vote(2, auction.Ballot{Lot: lot, Opinion: "同上"}))
	h.refused(vote(3, auction.Ballot{Lot: lot, Approve: true}), fault.PanelInvalid, "R6")

	d, err := h.s.Draft(ctx, h.judges[0], lot, h.clock.Now())
	h.must(err)
	if d.State != auction.Draft || len(d.Votes) != 3 {
		t.Fatalf("refused by two of three: %s, votes %v", d.State, d.Votes)
	}
	// New terms, a new vote; the old votes count no more.
	document := d.Document
	document.StartingPriceFen += document.IncrementFen
	revised, err := h.s.Revise(ctx, h.judges[1], auction.Revision{Lot: lot, Document: document, Seen: d.DocumentHash})
	h.must(err)
	if revised.TermsDigest == d.TermsDigest || revised.VotesVoid != 3 || revised.State != auction.Draft {
		t.Errorf("another price: %+v", revised)
	}
	h.vote(lot)
	if d, err = h.s.Draft(ctx, h.judges[0], lot, h.clock.Now()); err != nil || d.State != auction.Voted || len(d.Votes) != 3 {
		t.Errorf("after the second vote: %s, %d votes, %v", d.State, len(d.Votes), err)
	}
	h.same("the vote is owed no more", h.owed(lot, "owed"), []string{"announce"})

	bidder := auction.Actor{AccountID: h.account("bidder", nil), Role: "bidder"}
	other := auction.Actor{AccountID: h.judges[0].AccountID, Role: "judge", CourtID: uuid.New()}
	for _, who := range []auction.Actor{bidder, other, {}} {
		_, err := h.s.Vote(ctx, who, auction.Ballot{Lot: h.got.Lots[refs[1]], Approve: true})
		h.refused(err, fault.RoleForbidden, "R6")
	}
}

func TestR6_ANamedPanelIsOddAndOfTheCourt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	kase := h.file.Cases[0]
	asset := h.got.Assets[kase.Lots[0].AssetRefs[0]]
	ids := func(judges ...auction.Actor) []uuid.UUID {
		var list []uuid.UUID
		for _, j := range judges {
			list = append(list, j.AccountID)
		}
		return list
	}
	j := h.judges
	list := func(panel []uuid.UUID) (uuid.UUID, error) {
		return h.s.ListLot(ctx, j[0], auction.NewLot{AssetIDs: []uuid.UUID{asset}, Lot: kase.Lots[0], Panel: panel})
	}
	for name, panel := range map[string][]uuid.UUID{
		"one judge": ids(j[0]), "an even number": ids(j[0], j[1], j[2], j[3]), "one twice": ids(j[0], j[1], j[1]),
		"a bidder": {j[0].AccountID, j[1].AccountID, h.account("bidder", nil)},
	} {
		if _, err := list(panel); fault.CodeOf(err) != fault.PanelInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	lot, err := list(ids(j[0], j[1], j[2]))
	h.must(err)
	_, err = h.s.Vote(ctx, j[3], auction.Ballot{Lot: lot, Approve: true})
	h.refused(err, fault.PanelInvalid, "R6")
	h.vote(lot)
}

// R26, R26s: no bid, a second sale; none again, the sell-off at the same price.
func TestR26_UnsoldThenSecondThenSellOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	first := h.got.Lots[h.refs(law.First)[0]]
	h.announce(first)
	d := h.end(first, false, "")
	h.same("after the first", h.owed(first, "owed"), []string{"open_course", "release_deposits", "second_sale"})
	list, err := h.s.DutiesOf(ctx, h.judges[0], h.clock.Now())
	h.must(err)
	for _, due := range list {
		if due.LotID != nil && *due.LotID == first && (due.Kind != duty.SecondSale || due.DaysLeft < 29 || !due.DueAt.Equal(d.EndedAt.AddDate(0, 0, 30))) {
			t.Errorf("duty %+v", due)
		}
	}
	low := auction.NextSale{StartingPrice: d.StartingPriceFen*8/10 - 1, Increment: d.IncrementFen, Deposit: d.DepositFen}
	_, err = h.s.ListSecondSale(ctx, h.judges[0], first, low)
	h.refused(err, fault.ReserveTooLow, "R26")
	n := auction.NextSale{StartingPrice: d.StartingPriceFen * 8 / 10, Increment: d.IncrementFen, Deposit: d.DepositFen}
	_, err = h.s.ListSellOff(ctx, h.judges[0], first, n)
	h.refused(err, fault.StateConflict, "")
	second, err := h.s.ListSecondSale(ctx, h.judges[0], first, n)
	h.must(err)
	_, err = h.s.ListSecondSale(ctx, h.judges[0], first, n)
	h.refused(err, fault.StateConflict, "")
	h.announce(second)
	h.same("the second is announced", h.owed(first, "done"), []string{"announce", "close_course", "judge_vote", "notify_parties", "second_sale"})
	h.end(second, false, "")
	h.same("after the second", h.owed(second, "owed"), []string{"ask_creditors", "open_course", "release_deposits", "sell_off_sale"})
	n.StartingPrice = 0
	sellOff, err := h.s.ListSellOff(ctx, h.judges[0], second, n)
	h.must(err)
	h.announce(sellOff)
	last := h.end(sellOff, false, "")
	if last.StartingPriceFen != d.StartingPriceFen*8/10 || len(last.Sales) != 3 || last.Sales[0].Lot != first || last.Sales[2].Lot != sellOff {
		t.Errorf("sell-off at %d, sales %+v", last.StartingPriceFen, last.Sales)
	}
	if last.Announcement.Previous[1].StartingPrice != last.StartingPriceFen || last.SellOffCourseMS != 24*3600*1000 {
		t.Errorf("announcement's sales before %+v", last.Announcement.Previous)
	}
}

// R24, R24x: the buyer who defaulted is excluded from every later sale of the property.
func TestR24x_TheDefaulterIsExcluded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	d := h.end(lot, true, "K7Q2M")
	defaulter := h.buyer("K7Q2M", "甲公司")
	h.must(h.s.Confirm(ctx, lot))
	h.must(pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error { return h.s.RecordDefault(ctx, tx, h.clock.Now(), lot, d.DepositFen) }))
	h.same("after the default", h.owed(lot, "owed"), []string{"open_course", "re_sale", "release_deposits"})
	n := auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen}
	again, err := h.s.ListReSale(ctx, h.judges[0], lot, n)
	h.must(err)
	var account uuid.UUID
	var ground string
	h.must(h.pool.QueryRow(ctx, `SELECT account_id, ground FROM exclusions WHERE lot_id = $1`, again).Scan(&account, &ground))
	if account != defaulter || ground != "defaulter" {
		t.Errorf("excluded %s for %s", account, ground)
	}
	h.announce(again)
	h.end(again, false, "")
	n.StartingPrice = d.StartingPriceFen * 8 / 10
	second, err := h.s.ListSecondSale(ctx, h.judges[0], again, n)
	h.must(err)
	h.must(h.pool.QueryRow(ctx, `SELECT account_id FROM exclusions WHERE lot_id = $1`, second).Scan(&account))
	if account != defaulter {
		t.Error("the second sale forgot the defaulter")
	}
}

func TestR28_StayAndResume(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	judge := h.judges[0]
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	act := auction.CourtAct{Lot: lot, Reason: docket.Text{Zh: "案外人提出异议", En: "A third person objected"}}
	for _, half := range []docket.Text{{}, {Zh: act.Reason.Zh}, {En: act.Reason.En}} {
		h.refused(h.s.Stay(ctx, judge, auction.CourtAct{Lot: lot, Reason: half}), fault.ReasonRequired, "R28")
	}
	h.refused(h.s.Stay(ctx, auction.Actor{Role: "bidder"}, act), fault.RoleForbidden, "")
	early := h.s.Stay(ctx, judge, act) // the course is not open yet
	h.refused(early, fault.ServiceUnavailable, "")
	if f, _ := errors.AsType[*fault.Error](early); f.RetryAfter != 2*time.Second {
		t.Errorf("to be tried again after %s", f.RetryAfter)
	}
	h.open(lot)
	h.refused(h.s.Resume(ctx, judge, act), fault.StateConflict, "")
	h.must(h.s.Stay(ctx, judge, act))
	d, err := h.s.Lot(ctx, lot, h.clock.Now())
	h.must(err)
	if d.Status != auction.StatusSuspended || d.Reason == nil || d.Reason.Zh != act.Reason.Zh || len(d.Acts) != 1 {
		t.Errorf("stayed: %+v", d.LotSummary)
	}
	h.same("the judge owes the resumption", h.owed(lot, "owed"), []string{"close_course", "open_course", "resume"})
	if phase := h.phase(lot); phase != "stayed" {
		t.Errorf("the course is %s", phase)
	}
	h.refused(h.s.Stay(ctx, judge, act), fault.StateConflict, "")
	h.must(h.s.Resume(ctx, judge, act))
	if phase := h.phase(lot); phase != "open" {
		t.Errorf("the course is %s again", phase)
	}
	h.must(h.s.Stay(ctx, judge, act)) // a second stay owes a duty of its own
	h.same("owed again", h.owed(lot, "owed"), []string{"close_course", "open_course", "resume"})
	h.same("done once", h.owed(lot, "done"), []string{
		"announce", "finish_court_act", "finish_court_act", "finish_court_act", "judge_vote", "notify_parties", "resume",
	})
}

// A node that fell between the course's stay and the row's is mended by staying again.
func TestR28_AStayThatWasCutShortIsRepeated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	h.must(courses{h.pool}.Stay(t.Context(), lot, ""))
	act := auction.CourtAct{Lot: lot, Reason: docket.Text{Zh: "案外人提出异议", En: "A third person objected"}}
	h.must(h.s.Stay(t.Context(), h.judges[0], act))
	d, err := h.s.Lot(t.Context(), lot, h.clock.Now())
	if err != nil || d.Status != auction.StatusSuspended {
		t.Errorf("%s, %v", d.Status, err)
	}
}

func TestR17w_WithdrawnBeforeBiddingStarts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	judge := h.judges[0]
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	act := auction.CourtAct{Lot: lot, Reason: docket.Text{Zh: "被执行人已清偿", En: "The debtor has paid"}, Ground: auction.DebtPaid}
	other := act
	other.Ground = "tired of it"
	h.refused(h.s.Withdraw(ctx, judge, other), fault.InvalidRequest, "R17w")
	d, err := h.s.Lot(ctx, lot, h.clock.Now())
	h.must(err)
	h.clock.To(*d.StartsAt)
	h.refused(h.s.Withdraw(ctx, judge, act), fault.StateConflict, "") // live: stay first
	h.must(h.s.Stay(ctx, judge, act))
	h.must(h.s.Withdraw(ctx, judge, act))
	d, err = h.s.Lot(ctx, lot, h.clock.Now())
	h.must(err)
	if d.Status != auction.StatusWithdrawn || len(d.Acts) != 2 || d.Acts[1].Ground != "debt_paid" {
		t.Errorf("withdrawn: %+v %+v", d.Status, d.Acts)
	}
	h.same("deposits go back", h.owed(lot, "owed"), []string{"release_deposits"})
	h.refused(h.s.Resume(ctx, judge, act), fault.StateConflict, "")
	err = pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		return auction.RecordEnd(ctx, tx, h.book, auction.End{LotID: lot, At: h.clock.Now()})
	})
	h.refused(err, fault.StateConflict, "")
}

func TestR19_StandingsAreTheCourtsToConfirm(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots["MH-001"] // has one priority purchaser, of rank 1
	bidder := h.account("bidder", nil)
	st := auction.Standing{Lot: lot, Account: bidder, Capacity: "priority", Rank: 1}
	h.refused(h.s.ConfirmStanding(ctx, auction.Actor{AccountID: bidder, Role: "bidder"}, st), fault.RoleForbidden, "")
	h.must(h.s.ConfirmStanding(ctx, h.judges[0], st))
	st.Rank = 2
	h.refused(h.s.ConfirmStanding(ctx, h.judges[0], st), fault.InvalidRequest, "R19")
	st = auction.Standing{Lot: lot, Account: h.judges[1].AccountID, Capacity: "creditor"}
	h.refused(h.s.ConfirmStanding(ctx, h.judges[0], st), fault.BarredPerson, "R34")
	st.Account = bidder
	h.must(h.s.ConfirmStanding(ctx, h.judges[0], st))
	d, err := h.s.Draft(ctx, h.judges[0], lot, h.clock.Now())
	if err != nil || len(d.Standings) != 2 {
		t.Errorf("standings %+v, %v", d.Standings, err)
	}
}

// Everything of an act is there, or nothing is.
func TestAct_AFailureLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	ctx := t.Context()
	before := h.entries(lot)
	d, err := h.s.Lot(ctx, lot, h.clock.Now())
	h.must(err)
	err = pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		if err := auction.RecordEnd(ctx, tx, h.book, auction.End{LotID: lot, Sold: true, Price: d.StartingPriceFen, Code: "AAAAA", At: *d.EndsAt}); err != nil {
			return err
		}
		return context.DeadlineExceeded // the committer's transaction is lost
	})
	if err == nil {
		t.Fatal("the transaction committed")
	}
	h.same("entries", h.entries(lot), before)
	h.same("duties", h.owed(lot, "owed"), []string{"close_course", "open_course"})
	if d, err = h.s.Lot(ctx, lot, h.clock.Now().Add(time.Second)); err != nil || d.Outcome != "" {
		t.Errorf("outcome %q, %v", d.Outcome, err)
	}
}

// Two judges press the same button at once: one act, one entry.
func TestAct_TwiceAtOnceIsOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	ctx := t.Context()
	var voting sync.WaitGroup
	for _, j := range h.judges[:3] {
		voting.Go(func() {
			if _, err := h.s.Vote(ctx, j, auction.Ballot{Lot: lot, Approve: true}); err != nil {
				t.Error(err)
			}
		})
	}
	voting.Wait()
	starts := h.clock.Now().AddDate(0, 0, 31)
	var announced atomic.Int64
	var announcing sync.WaitGroup
	for _, j := range h.judges {
		announcing.Go(func() {
			err := h.s.Announce(ctx, j, auction.Announcement{Lot: lot, StartsAt: starts, EndsAt: starts.AddDate(0, 0, 1)})
			switch {
			case err == nil:
				announced.Add(1)
			case fault.CodeOf(err) != fault.StateConflict:
				t.Error(err)
			}
		})
	}
	announcing.Wait()
	if announced.Load() != 1 {
		t.Errorf("announced %d times", announced.Load())
	}
	h.same("entries", h.entries(lot), []string{"lot.listed", "lot.voted", "lot.voted", "lot.voted", "lot.announced"})
}
