package court

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"mingchui/auction/clock"
	"mingchui/auction/docket"
	"mingchui/cmd/mingchui/house"
)

// Config is what scripts need.
type Config struct {
	// House must be running (House.Run) and serve its site, for payments come
	// back by webhook.
	House *house.House
	// Clock is the house's stepped clock. Seed and Sell need it; without it
	// Keep and the others wait in real time.
	Clock *clock.Stepped
	// Password of the accounts that people sign in with.
	Password string
	// SiteURL is where the house serves, without a slash at its end.
	SiteURL string
	// Docket is the property that Sell sells; nil is what ReadDocket gives for
	// the clock's day, read at each call.
	Docket *docket.File
	// Luck is the seed of all chance; zero is the demonstration's own.
	Luck uint64
	// Log may be nil.
	Log *slog.Logger
	// Progress is told each lot that stands where the plan wants it; it may be
	// nil and is called by one goroutine at a time.
	Progress func(done, total int, what string)
}

// demonstrationLuck is the seed of the demonstration's histories.
const demonstrationLuck = 20170101

func (c Config) luck() uint64 {
	if c.Luck != 0 {
		return c.Luck
	}
	return demonstrationLuck
}

var errNoClock = errors.New("court: the scripts of the past need the house's stepped clock")

// stage opens a timeline over the house's clock.
func stage(cfg Config) (*timeline, error) {
	if cfg.Clock == nil {
		return nil, errNoClock
	}
	due := func(ctx context.Context) error {
		_, err := cfg.House.Duties.RunDue(ctx)
		return err
	}
	t := newTimeline(cfg.Clock, due, cfg.House.Duties.NextDue)
	t.pass = func(ctx context.Context, to time.Time) error { return cfg.House.Engine.Pass(ctx, cfg.Clock, to) }
	t.grain = cfg.House.Auction.RuleSet().Day / 100
	return t, nil
}
