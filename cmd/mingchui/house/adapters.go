package house

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/bidding"
	"mingchui/payments"
)

// Packages that never import each other state what they need of one another
// in small interfaces. These are the plugs.

// depositDesk lets bidding ask payments for deposits.
type depositDesk struct{ payments *payments.Service }

func (d *depositDesk) Request(ctx context.Context, tx pgx.Tx, now time.Time, r bidding.DepositRequest) error {
	_, err := d.payments.Request(ctx, tx, now, payments.DepositRequest(r))
	return err
}

func (d *depositDesk) Deposit(ctx context.Context, enrolment uuid.UUID) (bidding.Deposit, error) {
	v, err := d.payments.OfEnrolment(ctx, enrolment)
	return bidding.Deposit{
		ID: v.ID, AmountFen: v.AmountFen, PaidFen: v.PaidFen, Status: string(v.State), PaymentURL: v.PaymentURL,
	}, err
}

// winners lets payments ask bidding who won.
type winners struct{ desk *bidding.Desk }

func (w *winners) Winner(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (payments.Winner, bool, error) {
	enrolment, price, sold, err := w.desk.Winner(ctx, tx, lot)
	return payments.Winner{EnrolmentID: enrolment, Price: price}, sold, err
}

// courses lets auction act on a running course.
type courses struct{ engine *bidding.Engine }

func (c *courses) Stay(ctx context.Context, lot uuid.UUID, reasonHash string) error {
	_, err := c.engine.Stay(ctx, bidding.StayCommand{Lot: lot, Ground: "court", ReasonHash: reasonHash})
	return err
}

func (c *courses) Resume(ctx context.Context, lot uuid.UUID) error {
	_, err := c.engine.Resume(ctx, lot)
	return err
}

func (c *courses) Exclude(ctx context.Context, lot uuid.UUID, code string) error {
	_, err := c.engine.Exclude(ctx, bidding.ExcludeCommand{Lot: lot, Code: code})
	return err
}

// closeCourse is the backup of the engine's own timers: it closes a course
// whose end has come, and is put off to the end that an extension set.
func (h *House) closeCourse(ctx context.Context, d duty.Duty) error {
	return withLot(d, func(lot uuid.UUID) error {
		var phase string
		var ends time.Time
		err := h.Pool.QueryRow(ctx, `SELECT phase, ends_at FROM courses WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&phase, &ends)
		now := h.Clock.Now()
		switch {
		case err != nil:
			return err
		case phase == "closed":
			return nil
		case phase == "stayed":
			return duty.NotYet(now.Add(closePause))
		case now.Before(ends):
			return duty.NotYet(ends)
		}
		_, err = h.Engine.Close(ctx, lot)
		return err
	})
}
