package bidding

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// recordEnds notes ends as the sale would, in the same transaction.
func recordEnds(ended chan<- End) func(context.Context, pgx.Tx, End) error {
	return func(ctx context.Context, tx pgx.Tx, end End) error {
		outcome := "unsold"
		if end.Sold {
			outcome = "sold"
		}
		_, err := tx.Exec(ctx, `WITH step AS (INSERT INTO trail (id, case_id, lot_id, at, role, act, public)
			SELECT gen_random_uuid(), case_id, id, $3, 'machine', 'ended', true FROM lots WHERE id = $1)
		UPDATE lots SET status = 'ended', outcome = $2, ended_at = $3 WHERE id = $1`, end.Lot, outcome, end.At)
		if err == nil {
			ended <- end
		}
		return err
	}
}
