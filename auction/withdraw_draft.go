package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/lifecycle"
	"mingchui/auction/trail"
)

// GroundDraft is the ground under which a lot that was never announced is
// taken back: nobody was promised anything, so none of R17w's is needed.
const GroundDraft Ground = "draft"

// WithdrawDraft takes back a lot that was never announced. Its listing is in
// the log, so its end is as well; it never was on a public page and is on none
// after. The property may be listed again, and a next sale drafted again.
//
// Faults: role_forbidden, not_found, state_conflict (announced or beyond:
// Withdraw, with a ground that is published).
func (s *Service) WithdrawDraft(ctx context.Context, by Actor, lot uuid.UUID) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, by, lot)
		if err != nil {
			return err
		}
		if err := pass(ctx, tx, s.duties, &l, lifecycle.Happening{Event: lifecycle.DraftWithdrawn, At: now}, `withdrawn_at = @now`, pgx.NamedArgs{"now": now}); err != nil {
			return err
		}
		if err := insertAct(ctx, tx, now, by, "withdrawn", CourtAct{Lot: lot, Ground: GroundDraft}); err != nil {
			return err
		}
		if err := onTrail(ctx, tx, now, by, &l, trail.Step{Act: trail.DraftWithdrawn, Rule: "R6"}); err != nil {
			return err
		}
		return enterLot(ctx, tx, now, &l, audit.KindLotWithdrawn, audit.LotWithdrawn{Ground: string(GroundDraft)})
	})
}
