package court

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"mingchui/auction/docket"
)

//go:embed plan.json
var planFile []byte

// stageHint is where a lot of the plan stands when a demonstration begins.
type stageHint string

const (
	hintLive        stageHint = "live"
	hintAnnounced   stageHint = "announced"
	hintEndedSold   stageHint = "ended_sold"
	hintEndedUnsold stageHint = "ended_unsold"
	hintSecondSale  stageHint = "second_sale"
	hintSellOff     stageHint = "sell_off"
	hintSuspended   stageHint = "suspended"
	hintWithdrawn   stageHint = "withdrawn"
)

// plan is what happened to each lot of the docket, by ref.
type plan struct {
	Format string             `json:"format"`
	Lots   map[string]lotPlan `json:"lots"`
}

type lotPlan struct {
	Stage stageHint `json:"stage_hint"`
	// Then says more: live or announced for later sales, during_bidding or
	// before_bidding for stays and withdrawals.
	Then       string `json:"then,omitempty"`
	Bidders    int    `json:"bidders"`
	Bids       int    `json:"bids"`
	Extensions int    `json:"extensions"`
	// Increments is how many of them the price stands above the start.
	Increments int         `json:"increments_above_start"`
	Liveliness string      `json:"liveliness"`
	EndsIn     int         `json:"ends_in_minutes,omitempty"`
	StartsIn   int         `json:"starts_in_minutes,omitempty"`
	Showpiece  bool        `json:"showpiece,omitempty"`
	Reason     docket.Text `json:"reason,omitzero"`
	Source     docket.Text `json:"source,omitzero"`
}

// now is where the lot's present sale stands.
func (l lotPlan) now() stageHint {
	if l.Stage == hintSecondSale || l.Stage == hintSellOff {
		return stageHint(l.Then)
	}
	return l.Stage
}

// readPlan reads the plan that is built in.
func readPlan() (plan, error) {
	var p plan
	if err := json.Unmarshal(planFile, &p); err != nil {
		return p, fmt.Errorf("read the plan: %w", err)
	}
	for ref, l := range p.Lots {
		if err := l.check(); err != nil {
			return p, fmt.Errorf("plan of %s: %w", ref, err)
		}
	}
	return p, nil
}

// check holds that a plan can be carried out under the rules of bidding.
func (l lotPlan) check() error {
	switch {
	case l.Bids > 0 && l.Bidders < 1, l.Bids > 1 && l.Bidders < 2:
		return fmt.Errorf("%d bids of %d bidders: nobody bids against himself", l.Bids, l.Bidders)
	case l.Increments < l.Bids-1:
		return fmt.Errorf("%d bids raise by at least %d increments, not %d", l.Bids, l.Bids-1, l.Increments)
	case l.Extensions > l.Bids:
		return fmt.Errorf("%d bids cannot extend %d times", l.Bids, l.Extensions)
	}
	switch l.Stage {
	case hintLive, hintAnnounced, hintEndedSold, hintEndedUnsold, hintSecondSale, hintSellOff, hintSuspended, hintWithdrawn:
		return nil
	}
	return fmt.Errorf("stage %q is not known", l.Stage)
}
