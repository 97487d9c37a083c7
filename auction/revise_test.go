package auction_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// draft reads a lot as its court does.
func (h *house) draft(lot uuid.UUID) auction.DraftView {
	h.t.Helper()
	d, err := h.s.Draft(h.t.Context(), h.judges[0], lot, h.clock.Now())
	h.must(err)
	return d
}

// sound holds the rows against the invariants.
func (h *house) sound() {
	h.t.Helper()
	found, err := auction.Fsck(h.t.Context(), h.pool)
	h.must(err)
	if len(found) > 0 {
		h.t.Errorf("fsck finds %+v", found)
	}
}

// A lot whose panel refused it is mended, voted on anew and announced, even
// when the terms come back to what they were; opinions stay on record (R29).
func TestR6_ARefusedLotIsMendedAndAnnounced(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots[h.refs(law.First)[0]]
	for _, j := range h.judges[:3] {
		_, err := h.s.Vote(ctx, j, auction.Ballot{Lot: lot, Opinion: "起拍价偏低"})
		h.must(err)
	}
	first := h.draft(lot)
	dearer := first.Document
	dearer.StartingPriceFen += 10 * dearer.IncrementFen
	got, err := h.s.Revise(ctx, h.judges[0], auction.Revision{Lot: lot, Document: dearer})
	h.must(err)
	if got.State != auction.Draft || got.VotesVoid != 3 || got.TermsDigest == first.TermsDigest {
		t.Errorf("revised: %+v", got)
	}
	h.vote(lot)
	h.same("after the vote", h.owed(lot, "owed"), []string{"announce"})
	// Back to the terms that were refused: the old refusals are not counted, the duty is owed again.
	got, err = h.s.Revise(ctx, h.judges[0], auction.Revision{Lot: lot, Document: first.Document})
	h.must(err)
	if got.State != auction.Draft || got.VotesVoid != 3 || got.TermsDigest != first.TermsDigest {
		t.Errorf("revised back: %+v", got)
	}
	h.same("the panel owes its vote", h.owed(lot, "owed"), []string{"judge_vote"})
	h.sound()
	h.announce(lot)
	d := h.draft(lot)
	if len(d.Votes) != 3 || len(d.VotesBefore) != 6 || d.VotesBefore[0].Opinion != "起拍价偏低" || d.VotesBefore[0].SupersededAt == nil {
		t.Errorf("votes %+v, before %+v", d.Votes, d.VotesBefore)
	}
	public, err := h.s.Lot(ctx, lot, h.clock.Now())
	h.must(err)
	if public.Votes != (auction.VoteCount{Panel: 3, Approved: 3}) || public.StartingPriceFen != first.StartingPriceFen {
		t.Errorf("public votes %+v, start %d", public.Votes, public.StartingPriceFen)
	}
	voted := slices.Repeat([]string{"lot.voted"}, 3)
	h.same("entries", h.entries(lot), slices.Concat([]string{"lot.listed"}, voted, []string{"lot.revised"}, voted, []string{"lot.revised"}, voted, []string{"lot.announced"}))
	_, err = h.s.Revise(ctx, h.judges[0], auction.Revision{Lot: lot, Document: dearer})
	h.refused(err, fault.StateConflict, "")
	h.sound()
}

// R6 is about terms: a text that is mended leaves the vote as it is.
func TestR6_AMendedTextKeepsTheVote(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.vote(lot)
	d := h.draft(lot)
	text := d.Document
	text.Title = docket.Text{Zh: "改过的名称甲乙丙", En: "A mended title"}
	text.Handover = docket.Text{Zh: "由法院负责腾退交付。", En: "The court vacates and hands over."}
	got, err := h.s.Revise(t.Context(), h.judges[1], auction.Revision{Lot: lot, Document: text, Seen: d.DocumentHash})
	h.must(err)
	if got != (auction.Revised{State: auction.Voted, TermsDigest: d.TermsDigest}) {
		t.Errorf("revised: %+v", got)
	}
	// Who looked at the text before that is told.
	_, err = h.s.Revise(t.Context(), h.judges[2], auction.Revision{Lot: lot, Document: d.Document, Seen: d.DocumentHash})
	h.refused(err, fault.DraftChanged, "")
	starts := d.EarliestStart.Add(time.Hour)
	h.must(h.s.Announce(t.Context(), h.judges[0], auction.Announcement{Lot: lot, StartsAt: starts, EndsAt: starts.AddDate(0, 0, 1)}))
	found, err := h.s.Search(t.Context(), auction.Query{Text: "改过的名称甲乙丙"}, h.clock.Now())
	h.must(err)
	if len(found.Items) != 1 || found.Items[0].ID != lot {
		t.Errorf("a search by the new title finds %+v", found.Items)
	}
	h.sound()
}

// What keeps an announcement from being published is mended, and then it is published.
func TestR16_AGapInTheTextIsMended(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots[h.refs(law.First)[0]]
	d := h.draft(lot)
	gap := d.Document
	gap.Notifications = []docket.Notification{{To: docket.ToApplicant, On: docket.Date(h.clock.Now().Format(time.DateOnly)), How: docket.Text{Zh: "直接送达", En: "served"}}}
	gap.Disclaimer = docket.Text{}
	_, err := h.s.Revise(ctx, h.judges[0], auction.Revision{Lot: lot, Document: gap})
	h.must(err)
	h.vote(lot)
	a := auction.Announcement{Lot: lot, StartsAt: d.EarliestStart.Add(time.Hour), EndsAt: d.EarliestStart.Add(25 * time.Hour)}
	list, err := h.s.CheckAnnouncement(ctx, h.judges[0], a)
	h.must(err)
	fields := map[string]fault.Code{}
	for _, f := range list {
		fields[f.Field] = f.Code
	}
	for field, code := range map[string]fault.Code{
		"lot.notifications[0].on": fault.NoticeTooLate, "lot.notifications": fault.AnnouncementIncomplete, "lot.disclaimer.zh": fault.AnnouncementIncomplete,
	} {
		if fields[field] != code {
			t.Errorf("%s is refused with %q, want %s; all: %v", field, fields[field], code, fields)
		}
	}
	_, err = h.s.Revise(ctx, h.judges[0], auction.Revision{Lot: lot, Document: d.Document})
	h.must(err)
	h.must(h.s.Announce(ctx, h.judges[0], a))
}

// Everything that is wrong with a revision is told at once, and nothing changes.
func TestRevise_RefusesWhatNoDraftMayHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.vote(lot)
	before := h.draft(lot)
	bad := before.Document
	bad.StartingPriceFen = bad.AppraisalFen*7/10 - 1
	bad.DepositFen, bad.IncrementFen, bad.Stage = 1, 0, law.Second
	bad.Title = docket.Text{Zh: strings.Repeat("长", 201), En: ""}
	bad.Payment.BalanceDueDays = 61
	bad.PricingBasis.ValidUntil = "2026-02-30"
	bad.PricingBasis.Origin = "guess"
	bad.Handover.Zh = strings.Repeat("长", 2001)
	_, err := h.s.Revise(ctx, h.judges[0], auction.Revision{Lot: lot, Document: bad})
	refusal, ok := errors.AsType[*auction.Refusal](err)
	if !ok {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range refusal.Faults {
		if f.Kind != fault.Invalid {
			t.Errorf("%s is of kind %s", f.Code, f.Kind)
		}
		got[f.Field] += string(f.Code) + " " + f.Rule
	}
	for field, want := range map[string]string{
		"starting_price_fen": "reserve_too_low R10", "increment_fen": "increment_invalid R20a", "deposit_fen": "deposit_out_of_bounds R17", "stage": "invalid_request ",
		"title.en": "document_invalid ", "title.zh": "document_invalid ", "payment.balance_due_days": "document_invalid R25", "pricing_basis.valid_until": "document_invalid ",
		"pricing_basis.origin": "document_invalid ", "handover.zh": "document_invalid ",
	} {
		// Bounds of a lot that calls itself a second sale are R26's; here the lot's own figures come first.
		if field != "starting_price_fen" && got[field] != want {
			t.Errorf("%s: %q, want %q", field, got[field], want)
		}
	}
	after := h.draft(lot)
	if after.DocumentHash != before.DocumentHash || after.State != auction.Voted || len(after.Votes) != 3 {
		t.Errorf("a refused revision left %s with %d votes", after.State, len(after.Votes))
	}
	for _, who := range []auction.Actor{
		{AccountID: h.account("bidder", nil), Role: "bidder"}, {AccountID: h.judges[0].AccountID, Role: "judge", CourtID: uuid.New()}, {AccountID: h.account("clerk", &h.court), Role: "clerk", CourtID: h.court}, {},
	} {
		_, err := h.s.Revise(ctx, who, auction.Revision{Lot: lot, Document: before.Document})
		h.refused(err, fault.RoleForbidden, "")
		h.refused(h.s.WithdrawDraft(ctx, who, lot), fault.RoleForbidden, "")
	}
	_, err = h.s.Revise(ctx, h.judges[0], auction.Revision{Lot: uuid.New(), Document: before.Document})
	h.refused(err, fault.NotFoundCode, "")
}

// The rank that the court confirmed is one that the panel voted on (R6, R19).
func TestR19_OtherPriorityPurchasersAreConfirmedAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots["MH-001"] // has one priority purchaser, of rank 1
	bidder := h.account("bidder", nil)
	for _, st := range []auction.Standing{{Lot: lot, Account: bidder, Capacity: "priority", Rank: 1}, {Lot: lot, Account: bidder, Capacity: "creditor"}} {
		h.must(h.s.ConfirmStanding(ctx, h.judges[0], st))
	}
	d := h.draft(lot)
	document := d.Document
	document.IncrementFen++
	_, err := h.s.Revise(ctx, h.judges[0], auction.Revision{Lot: lot, Document: document})
	h.must(err)
	if got := h.draft(lot).Standings; len(got) != 2 {
		t.Errorf("another increment leaves %+v", got)
	}
	document.PriorityPurchasers = slices.Clone(document.PriorityPurchasers)
	document.PriorityPurchasers[0].Standing = docket.Text{Zh: "共有人", En: "Co-owner"}
	_, err = h.s.Revise(ctx, h.judges[0], auction.Revision{Lot: lot, Document: document})
	h.must(err)
	if got := h.draft(lot).Standings; len(got) != 1 || got[0].Capacity != "creditor" {
		t.Errorf("another purchaser leaves %+v", got)
	}
}

// A wrongly listed lot goes, and is on no public page before or after; its
// property is listed again.
func TestWithdrawDraft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	refs := h.refs(law.First)
	draft, voted, live := h.got.Lots[refs[0]], h.got.Lots[refs[1]], h.got.Lots[refs[2]]
	h.vote(voted)
	h.announce(live)
	for _, lot := range []uuid.UUID{draft, voted} {
		h.must(h.s.WithdrawDraft(ctx, h.judges[0], lot))
		h.refused(h.s.WithdrawDraft(ctx, h.judges[0], lot), fault.StateConflict, "")
		if d := h.draft(lot); d.State != auction.Withdrawn || d.AnnouncedAt != nil {
			t.Errorf("taken back: %s", d.State)
		}
		h.same("nothing is owed", h.owed(lot, "owed"), []string{})
		if _, err := h.s.Lot(ctx, lot, h.clock.Now()); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a lot that was taken back is public: %v", err)
		}
	}
	h.refused(h.s.WithdrawDraft(ctx, h.judges[0], live), fault.StateConflict, "")
	h.refused(h.s.WithdrawDraft(ctx, h.judges[0], uuid.New()), fault.NotFoundCode, "")
	h.same("entries", h.entries(draft), []string{"lot.listed", "lot.withdrawn"})
	var bytes []byte
	h.must(h.pool.QueryRow(ctx, `SELECT bytes FROM entries WHERE lot_id = $1 AND kind = 'lot.withdrawn'`, draft).Scan(&bytes))
	e, err := audit.Parse(bytes)
	h.must(err)
	if string(e.Body) != `{"ground":"draft"}` {
		t.Errorf("the entry says %s", e.Body)
	}
	home, err := h.s.Home(ctx, h.clock.Now(), 20)
	h.must(err)
	found, err := h.s.Search(ctx, auction.Query{Statuses: []string{"withdrawn"}}, h.clock.Now())
	h.must(err)
	if len(home.Acts) != 0 || len(found.Items) != 0 {
		t.Errorf("public: acts %+v, lots %+v", home.Acts, found.Items)
	}
	var asset uuid.UUID
	h.must(h.pool.QueryRow(ctx, `SELECT asset_id FROM lot_assets WHERE lot_id = $1`, draft).Scan(&asset))
	again, err := h.s.ListLot(ctx, h.judges[0], auction.NewLot{AssetIDs: []uuid.UUID{asset}, Lot: h.draft(draft).Document})
	h.must(err)
	h.announce(again)
	h.sound()
}

// R26: a second sale that was drafted wrongly is taken back and drafted again.
func TestR26_ASecondSaleIsDraftedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	first := h.got.Lots[h.refs(law.First)[0]]
	h.announce(first)
	d := h.end(first, false, "")
	n := auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen}
	wrong, err := h.s.ListSecondSale(ctx, h.judges[0], first, n)
	h.must(err)
	// The sale before it is the lot's own, whatever a document says.
	document := h.draft(wrong).Document
	document.Previous, document.StartingPriceFen = nil, int64(d.StartingPriceFen)*8/10-1
	_, err = h.s.Revise(ctx, h.judges[0], auction.Revision{Lot: wrong, Document: document})
	h.refused(err, fault.ReserveTooLow, "R26")
	h.must(h.s.WithdrawDraft(ctx, h.judges[0], wrong))
	second, err := h.s.ListSecondSale(ctx, h.judges[0], first, n)
	h.must(err)
	h.announce(second)
	h.sound()
}

// A revision and votes on the terms before at the same moment: each vote that
// counts is on the terms that stand.
func TestR6_VotesAndARevisionAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots[h.refs(law.First)[0]]
	d := h.draft(lot)
	document := d.Document
	document.IncrementFen++
	var all sync.WaitGroup
	var cast atomic.Int64
	for _, j := range h.judges[:3] {
		all.Go(func() {
			_, err := h.s.Vote(ctx, j, auction.Ballot{Lot: lot, TermsDigest: d.TermsDigest, Approve: true})
			switch {
			case err == nil:
				cast.Add(1)
			case fault.CodeOf(err) != fault.VoteTermsChanged:
				t.Error(err)
			}
		})
	}
	all.Go(func() {
		if _, err := h.s.Revise(ctx, h.judges[3], auction.Revision{Lot: lot, Document: document}); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	after := h.draft(lot)
	if after.State != auction.Draft || len(after.Votes) != 0 || len(after.VotesBefore) != int(cast.Load()) {
		t.Errorf("%s with votes %+v, before %+v, %d cast", after.State, after.Votes, after.VotesBefore, cast.Load())
	}
	h.sound()
}
