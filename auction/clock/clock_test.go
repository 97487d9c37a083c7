package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"mingchui/auction/clock"
)

func TestStepped_MovesOnAndNeverBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().Add(-30 * 24 * time.Hour)
		c := clock.NewStepped(start)
		if !c.Now().Equal(start) || c.Now().Location() != time.UTC {
			t.Fatalf("starts at %s, want %s", c.Now(), start)
		}
		c.To(start.Add(time.Hour))
		c.To(start) // back: stays
		if !c.Now().Equal(start.Add(time.Hour)) {
			t.Errorf("after an hour %s", c.Now())
		}
		time.Sleep(time.Minute) // synctest's time: the machine's clock runs on
		if !c.Now().Equal(start.Add(time.Hour + time.Minute)) {
			t.Errorf("a minute later %s", c.Now())
		}
		if got := time.Until(c.Now()); got != c.Offset() {
			t.Errorf("offset %s, is %s", c.Offset(), got)
		}
		c.Settle()
		if !c.Now().Equal(time.Now()) || c.Offset() != 0 {
			t.Errorf("settled at %s", c.Now())
		}
		c.To(time.Now().Add(time.Hour))
		c.Settle() // ahead: stays
		if c.Offset() != time.Hour {
			t.Errorf("offset %s", c.Offset())
		}
	})
}

func TestReal(t *testing.T) {
	t.Parallel()
	c := clock.Real{}
	before := time.Now()
	if got := c.Now(); got.Before(before) || got.Location() != time.UTC || c.Offset() != 0 {
		t.Errorf("%s %s", got, c.Offset())
	}
}

func TestStill_StandsUntilItIsMovedOn(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 2, 28, 16, 0, 0, 0, time.UTC)
	c := clock.NewStill(start)
	c.To(start.Add(-time.Hour))
	if !c.Now().Equal(start) {
		t.Errorf("moved back to %s", c.Now())
	}
	c.To(start.Add(time.Millisecond))
	if !c.Now().Equal(start.Add(time.Millisecond)) || time.Until(c.Now().Add(-c.Offset())).Abs() > time.Minute {
		t.Errorf("shows %s at an offset of %s", c.Now(), c.Offset())
	}
}
