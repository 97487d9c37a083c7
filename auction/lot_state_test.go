package auction_test

import (
	"testing"
	"time"

	"mingchui/auction"
)

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
		{auction.Taken, start, auction.StatusEnded},
		{auction.Returned, start, auction.StatusEnded},
		{auction.SetAside, start, auction.StatusEnded},
		{auction.Ruled, start, auction.StatusEnded},
		{auction.Defaulted, start, auction.StatusEnded},
		{auction.Withdrawn, start, auction.StatusWithdrawn},
	} {
		if got := auction.StatusAt(c.state, start, c.now); got != c.want {
			t.Errorf("%s at %s reads %s, want %s", c.state, c.now, got, c.want)
		}
	}
}
