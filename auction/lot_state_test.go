package auction_test

import (
	"testing"
	"time"

	"mingchui/auction"
	"mingchui/auction/fault"
)

func states() []auction.State {
	return []auction.State{
		auction.Draft, auction.Voted, auction.Announced, auction.Suspended, auction.Sold, auction.Unsold,
		auction.Paid, auction.Ruled, auction.Defaulted, auction.Withdrawn,
	}
}

func events() []auction.Event {
	return []auction.Event{
		auction.TermsApproved, auction.TermsRevised, auction.DraftWithdrawn, auction.WasAnnounced, auction.WasStayed, auction.WasResumed, auction.WasWithdrawn,
		auction.EndedSold, auction.EndedUnsold, auction.BalancePaid, auction.BuyerDefaulted, auction.RulingServed,
	}
}

// Every state against every event: what is not in the table is a conflict and moves nothing.
func TestNext_StateByEvent(t *testing.T) {
	t.Parallel()
	want := map[auction.State]map[auction.Event]auction.State{
		auction.Draft: {auction.TermsApproved: auction.Voted, auction.TermsRevised: auction.Draft, auction.DraftWithdrawn: auction.Withdrawn},
		auction.Voted: {auction.WasAnnounced: auction.Announced, auction.TermsRevised: auction.Draft, auction.DraftWithdrawn: auction.Withdrawn},
		auction.Announced: {
			auction.WasStayed: auction.Suspended, auction.WasWithdrawn: auction.Withdrawn,
			auction.EndedSold: auction.Sold, auction.EndedUnsold: auction.Unsold,
		},
		auction.Suspended: {
			auction.WasResumed: auction.Announced, auction.WasWithdrawn: auction.Withdrawn,
			auction.EndedSold: auction.Sold, auction.EndedUnsold: auction.Unsold,
		},
		auction.Sold: {auction.BalancePaid: auction.Paid, auction.BuyerDefaulted: auction.Defaulted},
		auction.Paid: {auction.RulingServed: auction.Ruled},
	}
	for _, from := range states() {
		for _, event := range events() {
			to, err := auction.Next(from, event)
			expected, allowed := want[from][event]
			switch {
			case allowed && (err != nil || to != expected):
				t.Errorf("%s after %s = %s, %v; want %s", from, event, to, err, expected)
			case !allowed && (fault.CodeOf(err) != fault.StateConflict || fault.KindOf(err) != fault.Conflict || to != from):
				t.Errorf("%s after %s = %s, %v; want a conflict", from, event, to, err)
			}
		}
	}
}

func TestStatusAt(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		state auction.State
		now   time.Time
		want  auction.Status
	}{
		{auction.Draft, start, auction.StatusDrafting},
		{auction.Voted, start, auction.StatusDrafting},
		{auction.Announced, start.Add(-time.Millisecond), auction.StatusAnnounced},
		{auction.Announced, start, auction.StatusLive},
		{auction.Suspended, start, auction.StatusSuspended},
		{auction.Sold, start, auction.StatusEnded},
		{auction.Unsold, start, auction.StatusEnded},
		{auction.Paid, start, auction.StatusEnded},
		{auction.Ruled, start, auction.StatusEnded},
		{auction.Defaulted, start, auction.StatusEnded},
		{auction.Withdrawn, start, auction.StatusWithdrawn},
	} {
		if got := auction.StatusAt(c.state, start, c.now); got != c.want {
			t.Errorf("%s at %s reads %s, want %s", c.state, c.now, got, c.want)
		}
	}
}
