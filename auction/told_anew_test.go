package auction_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// notices lists what R16 still asks of a lot whose bidding would begin in forty days, as code and field.
func (h *house) notices(lot uuid.UUID) []string {
	h.t.Helper()
	starts := h.clock.Now().Add(40 * oneDay)
	list, err := h.s.CheckAnnouncement(h.t.Context(), h.judges[0], auction.Announcement{Lot: lot, StartsAt: starts, EndsAt: starts.Add(oneDay)})
	h.must(err)
	var out []string
	for _, f := range list {
		if f.Rule == "R16" {
			out = append(out, string(f.Code)+" "+f.Field)
		}
	}
	return out
}

// told are notices of that day to everybody whom the first lot of the docket names by role.
func told(on string) []docket.Notification {
	how := docket.Text{Zh: "直接送达", En: "Served in person"}
	var out []docket.Notification
	for _, to := range []docket.Notified{docket.ToApplicant, docket.ToDebtor, docket.ToSecurityHolder} {
		out = append(out, docket.Notification{To: to, On: docket.Date(on), How: how})
	}
	return out
}

// R16: each sale is told of anew, three days before its own announcement: who was told of the first sale and nothing since keeps the
// second from being announced.
func TestR16_EachSaleIsToldOfAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.got.Lots["MH-001"]
	h.announce(first)
	d := h.end(first, false, "")
	n := auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen}
	second, err := h.s.ListSecondSale(t.Context(), h.judges[0], first, n)
	h.must(err)
	got := h.notices(second)
	if len(got) == 0 || slices.ContainsFunc(got, func(s string) bool { return !strings.HasPrefix(s, "announcement_incomplete ") }) ||
		!slices.Contains(got, "announcement_incomplete lot.priority_purchasers[0]") {
		t.Fatalf("after the first sale, with nobody told: %v", got)
	}
	h.vote(second)
	h.same("to be done", h.owed(second, "owed"), []string{"announce", "notify_parties"})
	h.must(h.s.WithdrawDraft(t.Context(), h.judges[0], second))

	day := d.EndedAt.In(law.CourtTime())
	// Told on the day on which the first sale ended: three of the court's days later, to the millisecond.
	n.Notifications = told(day.Format(time.DateOnly))
	second, err = h.s.ListSecondSale(t.Context(), h.judges[0], first, n)
	h.must(err)
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, law.CourtTime())
	h.clock.To(midnight.Add(3*oneDay - time.Millisecond))
	if got := h.notices(second); !slices.Contains(got, "notice_too_late lot.notifications[0].on") {
		t.Errorf("a millisecond before three days: %v", got)
	}
	h.clock.To(midnight.Add(3 * oneDay))
	h.same("after three days", h.notices(second), []string{"announcement_incomplete lot.priority_purchasers[0]"})
	h.must(h.s.WithdrawDraft(t.Context(), h.judges[0], second))

	// Told the day before, it was of the first sale, however long ago.
	n.Notifications = told(day.AddDate(0, 0, -1).Format(time.DateOnly))
	second, err = h.s.ListSecondSale(t.Context(), h.judges[0], first, n)
	h.must(err)
	want := []string{
		"announcement_incomplete lot.priority_purchasers[0]", "notice_of_earlier_sale lot.notifications[0].on",
		"notice_of_earlier_sale lot.notifications[1].on", "notice_of_earlier_sale lot.notifications[2].on",
	}
	got = h.notices(second)
	slices.Sort(got)
	h.same("told a day too early", got, want)
}

// R16: a written waiver, and the publication of who could not be told, hold for the sales that follow.
func TestR16_WaiversAndPublicationsHoldForTheNextSale(t *testing.T) {
	t.Parallel()
	waived := docket.Notification{To: docket.ToApplicant, Waived: true}
	h := houseWith(t, 3, func(f *docket.File) {
		l := &f.Cases[1].Lots[0] // MH-003: its debtor could not be reached
		for i := range l.Notifications {
			if l.Notifications[i].To == docket.ToApplicant {
				l.Notifications[i] = waived
			}
		}
	})
	first := h.got.Lots["MH-003"]
	h.announce(first)
	d := h.end(first, false, "")
	n := auction.NextSale{StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen}
	second, err := h.s.ListSecondSale(t.Context(), h.judges[0], first, n)
	h.must(err)
	view, err := h.s.Draft(t.Context(), h.judges[0], second, h.clock.Now())
	h.must(err)
	if l := view.Document.Notifications; len(l) != 2 || l[0] != waived || l[1].ReasonNot.IsZero() || l[1].PublishedOn != "2026-11-02" {
		t.Errorf("notices of the second sale: %+v", l)
	}
	starts := view.EarliestStart.Add(time.Hour)
	h.vote(second)
	h.must(h.s.Announce(t.Context(), h.judges[0], auction.Announcement{Lot: second, StartsAt: starts, EndsAt: starts.Add(oneDay)}))
}
