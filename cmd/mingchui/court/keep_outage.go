package court

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
)

// afterOutages resumes, as a judge does, the lots that an outage stayed for too long to go on by themselves (R28o): after each
// start of a demonstration that was stopped for a while these are all that were live.
func (k *keeper) afterOutages(ctx context.Context) error {
	rows, err := k.house.Pool.Query(ctx, `SELECT l.id FROM lots l
		WHERE l.court_id = @court AND l.status = 'suspended' AND l.suspended_at < @before AND @ground = (
			SELECT a.ground FROM lot_acts a WHERE a.lot_id = l.id AND a.kind = 'stayed' ORDER BY a.made_at DESC, a.id DESC LIMIT 1)
		ORDER BY l.id`, pgx.NamedArgs{"court": k.cast.court, "before": k.pace.Now().Add(-k.rules.BriefOutage), "ground": auction.ByOutage})
	if err != nil {
		return fmt.Errorf("look for lots that an outage stayed: %w", err)
	}
	stayed, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("look for lots that an outage stayed: %w", err)
	}
	for _, lot := range stayed { // by the round itself: scripts that attend these lots wait for it
		err := k.house.Auction.Resume(ctx, k.cast.judge(0), auction.CourtAct{Lot: lot, CauseEndedAt: k.house.Clock.Now()})
		if err != nil && fault.KindOf(err) != fault.Conflict {
			return fmt.Errorf("resume lot %s: %w", lot, err)
		}
	}
	return nil
}
