package bidding

import (
	"testing"
	"time"
)

// Confirmed deposits are gathered, less long where the start or the end is near; nobody is admitted after the end.
func TestR18_SlotsShrinkTowardsStartAndEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 8, 3, 20, 5e8, time.UTC)
	for _, c := range []struct {
		name               string
		starts, ends       time.Duration
		every, least, most time.Duration
	}{
		{"at once", time.Hour, 25 * time.Hour, 0, 0, 0},
		{"long before the start", 240 * time.Hour, 264 * time.Hour, 10 * time.Minute, 1, 10 * time.Minute},
		{"shortly before the start", 10 * time.Minute, 25 * time.Hour, 10 * time.Minute, 1, time.Minute},
		{"while bidding runs", -time.Hour, 10 * time.Hour, 10 * time.Minute, 1, 10 * time.Minute},
		{"shortly before the end", -time.Hour, time.Minute, 10 * time.Minute, 1, 6 * time.Second},
		{"at the last moment", -time.Hour, 3 * time.Second, 10 * time.Minute, 1, time.Second},
		{"after the end", -2 * time.Hour, -time.Hour, 10 * time.Minute, 1, time.Second},
	} {
		wait := slotEnd(now, now.Add(c.starts), now.Add(c.ends), c.every).Sub(now)
		if wait < c.least || wait > c.most {
			t.Errorf("%s: admitted after %s, want %s to %s", c.name, wait, c.least, c.most)
		}
		if next := slotEnd(now.Add(wait/2), now.Add(c.starts), now.Add(c.ends), c.every); c.name == "long before the start" && !next.Equal(now.Add(wait)) {
			t.Errorf("%s: half a slot later the slot ends at %s, not %s", c.name, next, now.Add(wait))
		}
	}
}
