package gateway_test

import (
	"slices"
	"testing"
	"time"

	"mingchui/payments/gateway"
	"mingchui/payments/standin"
)

// all reads every page, and how many there were.
func (r *rig) bookings(t *testing.T, span gateway.Span) (all []gateway.Booking, pages int) {
	t.Helper()
	after := ""
	for {
		page, more, err := r.gate.Bookings(t.Context(), span, after)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		pages++
		if !more {
			return all, pages
		}
		after = page[len(page)-1].ID
	}
}

func TestBookingsTellChargesRefundsAndTheirFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stand.Faults().Fees(6)
	_, p := r.paid(t, "k1", 10_000)
	re, err := r.gate.Refund(t.Context(), gateway.RefundRequest{IdempotencyKey: "r1", PaymentIntentID: p.ID, AmountFen: 9_999})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.stand.SettleRefund(re.ID, "failed", ""); err != nil {
		t.Fatal(err)
	}
	now := r.clock.Now()
	span := gateway.Span{From: now, To: now.Add(time.Second)}
	got, _ := r.bookings(t, span)
	slices.Reverse(got)
	want := []gateway.Booking{
		{Kind: gateway.BookedCharge, Type: "charge", AmountFen: 10_000, FeeFen: 60},
		{Kind: gateway.BookedRefund, Type: "refund", AmountFen: -9_999, SourceID: re.ID},
		{Kind: gateway.BookedRefundFailure, Type: "refund_failure", AmountFen: 9_999, SourceID: re.ID},
	}
	if len(got) != len(want) {
		t.Fatalf("bookings %+v", got)
	}
	for i, w := range want {
		g := got[i]
		if w.SourceID == "" {
			w.SourceID = g.SourceID // the charge, which nobody else names
		}
		w.ID, w.Currency, w.PaymentIntentID, w.CreatedAt, w.AvailableAt = g.ID, "cny", p.ID, now, now.Add(48*time.Hour)
		if g != w || g.ID == "" || g.SourceID == "" {
			t.Errorf("booking %d is %+v, want %+v", i, g, w)
		}
	}
	// A second before and the second itself.
	if got, _ := r.bookings(t, gateway.Span{From: now.Add(-time.Second), To: now}); len(got) != 0 {
		t.Errorf("before the second: %+v", got)
	}
	if got, _ := r.bookings(t, gateway.Span{From: now.Add(time.Second), To: now.Add(time.Hour)}); len(got) != 0 {
		t.Errorf("after the second: %+v", got)
	}
}

func TestBookingsComeInPagesOfAHundred(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	now := r.clock.Now()
	span := gateway.Span{From: now, To: now.Add(time.Second)}
	made := 0
	for _, c := range []struct{ n, pages int }{{100, 1}, {101, 2}} {
		for ; made < c.n; made++ {
			if _, err := r.stand.PlantPayment(int64(made+1), nil); err != nil {
				t.Fatal(err)
			}
		}
		got, pages := r.bookings(t, span)
		once := map[string]bool{}
		for _, b := range got {
			once[b.PaymentIntentID] = true
		}
		if len(got) != c.n || len(once) != c.n || pages != c.pages {
			t.Errorf("%d bookings of %d payments in %d pages, want %d in %d", len(got), len(once), pages, c.n, c.pages)
		}
	}
}

func TestBookingsAreWrongWhereTheStandInIsToldSo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, p := r.paid(t, "k1", 10_000)
	now := r.clock.Now()
	span := gateway.Span{From: now, To: now.Add(time.Second)}
	for _, c := range []struct {
		m    standin.Misbooking
		want []gateway.Booking
	}{
		{standin.Misbooking{Action: "alter", Amount: 9_999}, []gateway.Booking{{AmountFen: 9_999, Currency: "cny"}}},
		{standin.Misbooking{Action: "alter", Currency: "usd"}, []gateway.Booking{{AmountFen: 9_999, Currency: "usd"}}},
		{standin.Misbooking{Action: "restore"}, []gateway.Booking{{AmountFen: 10_000, Currency: "cny"}}},
		{standin.Misbooking{Action: "drop"}, nil},
		{standin.Misbooking{Action: "restore"}, []gateway.Booking{{AmountFen: 10_000, Currency: "cny"}}},
		{standin.Misbooking{Action: "double"}, []gateway.Booking{{AmountFen: 10_000, Currency: "cny"}, {AmountFen: 10_000, Currency: "cny"}}},
	} {
		c.m.Source = p.ID
		if _, err := r.stand.Misbook(c.m); err != nil {
			t.Fatal(err)
		}
		got, _ := r.bookings(t, span)
		if !slices.EqualFunc(got, c.want, func(a, b gateway.Booking) bool { return a.AmountFen == b.AmountFen && a.Currency == b.Currency }) {
			t.Errorf("after %+v: %+v", c.m, got)
		}
	}
	for _, m := range []standin.Misbooking{{Source: p.ID, Action: "nothing"}, {Source: "ch_unknown", Action: "drop"}, {Source: "x", Action: "drop"}} {
		if _, err := r.stand.Misbook(m); err == nil {
			t.Errorf("%+v is taken", m)
		}
	}
	if _, err := r.stand.PlantPayment(0, nil); err == nil {
		t.Error("a payment of nothing is made")
	}
}
