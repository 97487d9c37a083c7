package house

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
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

func (d *depositDesk) Deposit(ctx context.Context, lot, account uuid.UUID) (bidding.Deposit, error) {
	v, err := d.payments.DepositOf(ctx, lot, account)
	return bidding.Deposit{
		ID: v.ID, AmountFen: v.AmountFen, PaidFen: v.PaidFen, Status: string(v.State), PaymentURL: v.PaymentURL, RequestedAt: v.RequestedAt,
	}, err
}

func (d *depositDesk) Held(ctx context.Context, tx pgx.Tx, lot uuid.UUID) ([]uuid.UUID, error) {
	return d.payments.Held(ctx, tx, lot)
}

func (d *depositDesk) GiveBack(ctx context.Context, lot uuid.UUID, accounts []uuid.UUID) error {
	return d.payments.GiveBack(ctx, lot, accounts)
}

// winners lets payments ask bidding who won.
type winners struct{ desk *bidding.Desk }

func (w *winners) Winner(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) (payments.Winner, bool, error) {
	account, price, sold, err := w.desk.Winner(ctx, tx, now, lot)
	return payments.Winner{AccountID: account, Price: price}, sold, err
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
		if _, err = h.Engine.Close(ctx, lot); fault.KindOf(err) == fault.Conflict || fault.KindOf(err) == fault.Unavailable {
			return duty.NotYet(now.Add(closePause)) // the committing node's own timers close it, or stay it (R28o)
		}
		return err
	})
}
