package retention_test

import (
	"strings"
	"testing"
	"time"

	"mingchui/auction"
	"mingchui/auction/agency"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
	"mingchui/auction/law"
	"mingchui/auction/retention"
	"mingchui/deploy/local/soldtest"
)

const day = 24 * time.Hour

// R29: ten years by every calendar, whatever leap days lie between.
func TestR29_TenYearsAreWhole(t *testing.T) {
	t.Parallel()
	for _, ended := range []time.Time{
		time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC), time.Date(2028, 2, 29, 23, 0, 0, 0, time.UTC), time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC),
	} {
		at := retention.ErasableAt(law.China2017(), ended)
		if at.Before(ended.AddDate(10, 0, 0)) || at.Sub(ended) != 3653*day {
			t.Errorf("ended %s, erasable %s", ended, at)
		}
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := retention.ErasableAt(law.Demonstration(), now).Sub(now); got != 3653*time.Minute {
		t.Errorf("in the demonstration %s", got)
	}
}

// R29: a day before the ten years are over nothing is erased, a day after the names go and every hash stays.
func TestR29_NamesGoAfterTenYearsAndHashesStay(t *testing.T) {
	t.Parallel()
	w := soldtest.New(t, handover.Planner{})
	ctx, operator := t.Context(), auction.Actor{Role: "operator"}
	lot := w.Lot(func(a docket.Asset) bool { return a.Category == docket.Equity })
	w.Announce(lot)
	agencies := agency.New(w.Pool, w.Auction)
	_, err := agencies.Request(ctx, auction.Actor{AccountID: w.Account("bidder"), Role: "bidder"}, agency.Request{
		Lot: lot, Proof: strings.Repeat("5a", 32), Principals: []agency.Principal{{Name: "顾明远", Number: "440300198001010011", ShareBP: 10_000}},
	})
	w.Must(err)
	w.End(lot, true)
	w.Finish(lot)
	s := handover.New(w.Pool, w.Auction)
	w.Must(s.Settle(ctx, w.Judges[0], handover.Settlement{Lot: lot, Step: handover.RegisterNotified, Note: "送达登记机关张某某。"}))
	w.Clock.To(w.Clock.Now().Add(day))
	w.Refused("while it is on its way", retention.Erase(ctx, w.Auction, operator, lot), fault.StateConflict, "")
	w.Must(s.Settle(ctx, w.Judges[0], handover.Settlement{Lot: lot, Step: handover.RegisterChanged}))
	over := w.Clock.Now()
	list, err := retention.List(ctx, w.Pool)
	if err != nil || len(list) != 1 || list[0].Lot != lot || list[0].Documents != 7 || !list[0].EndedAt.Equal(over) || !list[0].ErasableAt.Equal(over.Add(3653*day)) {
		t.Fatalf("held: %+v, %v", list, err)
	}
	paper, hash, err := w.Auction.Confirmation(ctx, lot)
	if err != nil || paper.BuyerName != soldtest.Name {
		t.Fatalf("the confirmation names %q, %v", paper.BuyerName, err)
	}
	w.Clock.To(over.Add(3652 * day))
	w.Refused("a day before", retention.Erase(ctx, w.Auction, operator, lot), fault.RetentionRuns, "R29")
	w.Clock.To(over.Add(3653*day - time.Millisecond))
	w.Refused("a millisecond before", retention.Erase(ctx, w.Auction, operator, lot), fault.RetentionRuns, "R29")
	w.Clock.To(over.Add(3653 * day))
	w.Refused("a judge", retention.Erase(ctx, w.Auction, w.Judges[0], lot), fault.RoleForbidden, "")
	w.Clock.To(over.Add(3654 * day))
	before := w.Count(`SELECT count(*) FROM entries`)
	w.Must(retention.Erase(ctx, w.Auction, operator, lot))
	w.Refused("twice", retention.Erase(ctx, w.Auction, operator, lot), fault.StateConflict, "")
	paper, after, err := w.Auction.Confirmation(ctx, lot)
	if err != nil || paper.BuyerName != "" || paper.NameSalt != "" || paper.NameCommitment == "" || after != hash || paper.Price == 0 {
		t.Errorf("the confirmation reads %+v under %s, %v", paper, after, err)
	}
	if n := w.Count(`SELECT count(*) FROM handover_steps WHERE note <> ''`) + w.Count(`SELECT count(*) FROM confirmations WHERE buyer_name <> ''`); n != 0 {
		t.Errorf("%d texts are left", n)
	}
	if n := w.Count(`SELECT count(*) FROM agencies WHERE form <> ''`) + w.Count(`SELECT count(*) FROM agency_principals WHERE name || id_number <> ''`); n != 0 {
		t.Errorf("%d principals are left", n)
	}
	if n := w.Count(`SELECT count(*) FROM papers WHERE document::text LIKE '%` + soldtest.Name + `%' OR document::text LIKE '%张某某%'`); n != 0 {
		t.Errorf("%d papers name somebody", n)
	}
	if n := w.Count(`SELECT count(*) FROM papers WHERE erased_at IS NOT NULL AND length(hash) = 64`); n != 4 { // receipt, draft, registry, record
		t.Errorf("%d papers were erased, want 4", n)
	}
	if n := w.Count(`SELECT count(*) FROM handover_steps WHERE note_hash <> ''`); n != 1 {
		t.Errorf("%d hashes of notes are left, want 1", n)
	}
	if n := w.Count(`SELECT count(*) FROM entries`); n != before+1 {
		t.Errorf("the log went from %d to %d entries", before, n)
	}
	if list := strings.Join(w.Entries(lot, "lot.documents_erased"), ""); !strings.Contains(list, hash) {
		t.Errorf("the log says %s", list)
	}
	if problems, err := auction.Fsck(ctx, w.Pool); err != nil {
		t.Error(err)
	} else {
		for _, p := range problems {
			if p.Lot == lot && p.Detail != "the duty open_course is not there" {
				t.Errorf("fsck: %+v", p)
			}
		}
	}
}
