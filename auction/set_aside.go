package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/lifecycle"
)

// MaySetAside tells whether by could set the lot's sale aside as it stands now,
// before any money is touched; objection.SetAside decides it again.
//
// Faults: role_forbidden, not_found, state_conflict.
func (s *Service) MaySetAside(ctx context.Context, by Actor, lot uuid.UUID) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, by, lot)
		if err != nil {
			return err
		}
		rules, err := l.rules()
		if err != nil {
			return err
		}
		_, _, err = lifecycle.Step(rules, l.life(), lifecycle.Happening{Event: lifecycle.WasSetAside, At: now})
		return err
	})
}
