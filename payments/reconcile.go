package payments

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/payments/gateway"
)

const (
	// reconcileAtHour is when the daily run is due in the court's time: the day before is booked by then.
	reconcileAtHour = 3
	// overlap is how far a run goes back before the start of the last one: the provider's clock is not ours, and what it booked
	// beside that start is read twice rather than never.
	overlap = 24 * time.Hour
	// ahead is how far the provider's clock may be before ours.
	ahead    = time.Hour
	dailyKey = "daily/"
)

// run is one reconciliation. It is the platform's, not a court's: the provider keeps one account for the house, and a balance
// transaction names no court; each difference names the court of the payment that it is about.
type run struct {
	ID        uuid.UUID
	State     string
	Reached   string
	From      time.Time
	StartedAt time.Time
}

// OweReconciliation owes the daily run, which owes the next when it is done. A node that begins to run duties calls it; called
// again it changes nothing.
func (s *Service) OweReconciliation(ctx context.Context) error {
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		var owed bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM duties WHERE kind = @kind AND starts_with(key, @daily) AND state = 'owed')`,
			pgx.NamedArgs{"kind": duty.Reconcile, "daily": dailyKey}).Scan(&owed); err != nil {
			return fault.Internalf("look for the daily reconciliation: %w", err)
		}
		if owed {
			return nil
		}
		return s.oweNextDay(ctx, tx, now)
	})
}

func (s *Service) oweNextDay(ctx context.Context, tx pgx.Tx, now time.Time) error {
	here := now.In(law.CourtTime())
	due := time.Date(here.Year(), here.Month(), here.Day(), reconcileAtHour, 0, 0, 0, here.Location())
	if !due.After(now) {
		due = due.AddDate(0, 0, 1)
	}
	return s.duties.Owe(ctx, tx, now, duty.Duty{
		Kind: duty.Reconcile, Key: dailyKey + due.Format(time.DateOnly), Rule: "F1", Actor: duty.Machine, DueAt: due,
	})
}

// Reconcile asks for a run now, over what the provider booked since the last one began, or since an earlier time that is asked
// for; zero asks for none. The machine runs it as a duty; it returns the run's id.
//
// Faults: role_forbidden, invalid_request (from: later than now).
func (s *Service) Reconcile(ctx context.Context, by auction.Actor, from time.Time) (uuid.UUID, error) {
	if err := ofFinance(by); err != nil {
		return uuid.Nil, err
	}
	now := s.clock.Now()
	if from.After(now) {
		return uuid.Nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("from")
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	var since *time.Time
	if !from.IsZero() {
		since = &from
	}
	return id, s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO reconciliations (id, key, asked_by, asked_from, state, asked_at)
			VALUES (@id, @key, @by, @from, 'asked', @now)`,
			pgx.NamedArgs{"id": id, "key": id.String(), "by": by.AccountID, "from": since, "now": now}); err != nil {
			return fault.Internalf("ask for a reconciliation: %w", err)
		}
		return s.duties.Owe(ctx, tx, now, duty.Duty{Kind: duty.Reconcile, Key: id.String(), Rule: "F1", Actor: duty.Machine, DueAt: now})
	})
}

func ofFinance(by auction.Actor) error {
	if by.Role != roleFinance || by.CourtID == uuid.Nil {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// reconcileDuty runs one reconciliation: fetch, bring forward, hold against each other. A run that was cut off goes on after
// the last page that it stored; each later step may be done again.
func (s *Service) reconcileDuty(ctx context.Context, d duty.Duty) error {
	r, err := s.beginRun(ctx, d.Key)
	if err != nil {
		return err
	}
	if r.State == "fetching" {
		if err := s.fetchBookings(ctx, &r); err != nil {
			return err
		}
	}
	if r.State == "comparing" {
		if err := s.bringForward(ctx, r); err != nil {
			return err
		}
	}
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if r.State == "comparing" {
			if err := compare(ctx, tx, now, r); err != nil {
				return err
			}
		}
		if !strings.HasPrefix(d.Key, dailyKey) {
			return nil
		}
		return s.oweNextDay(ctx, tx, now)
	})
}

// beginRun opens the duty's run, or finds it where it stopped. It begins where the last run that ended began, less the overlap;
// the first one before our first payment.
func (s *Service) beginRun(ctx context.Context, key string) (r run, err error) {
	id, err := newID()
	if err != nil {
		return run{}, err
	}
	now := s.clock.Now()
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO reconciliations (id, key, state, asked_at) VALUES (@id, @key, 'asked', @now)
			ON CONFLICT (key) DO NOTHING`, pgx.NamedArgs{"id": id, "key": key, "now": now}); err != nil {
			return fault.Internalf("open a reconciliation: %w", err)
		}
		if _, err := tx.Exec(ctx, `
			UPDATE reconciliations r SET state = 'fetching', started_at = @now, from_at = least(r.asked_from, coalesce(
				(SELECT max(started_at) FROM reconciliations WHERE state = 'done'),
				(SELECT min(asked_at) FROM payments), @now::timestamptz) - @overlap::interval)
			WHERE key = @key AND state = 'asked'`,
			pgx.NamedArgs{"key": key, "now": now, "overlap": overlap}); err != nil {
			return fault.Internalf("begin a reconciliation: %w", err)
		}
		rows, err := tx.Query(ctx, `SELECT id, state, reached, from_at, started_at FROM reconciliations WHERE key = @key`, pgx.NamedArgs{"key": key})
		if err != nil {
			return fault.Internalf("read a reconciliation: %w", err)
		}
		if r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[run]); err != nil {
			return fault.Internalf("read a reconciliation: %w", err)
		}
		return nil
	})
	return r, err
}

// fetchBookings stores the provider's books page by page, each with how far the run has come.
func (s *Service) fetchBookings(ctx context.Context, r *run) error {
	span := gateway.Span{From: r.From, To: r.StartedAt.Add(ahead)}
	for {
		page, more, err := s.provider.Bookings(ctx, span, r.Reached)
		if err != nil {
			return err
		}
		more = more && len(page) > 0
		if err := s.inTx(ctx, func(tx pgx.Tx) error { return storePage(ctx, tx, r, page, more) }); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
}

func storePage(ctx context.Context, tx pgx.Tx, r *run, page []gateway.Booking, more bool) error {
	batch := &pgx.Batch{}
	reached, state, fees := r.Reached, "fetching", int64(0)
	if !more {
		state = "comparing"
	}
	for _, b := range page {
		reached = b.ID
		fees += int64(b.FeeFen)
		// What was read before stays as it was booked first, unless the provider has put it right since.
		batch.Queue(`
			INSERT INTO provider_bookings (id, kind, type, amount_fen, fee_fen, currency, source_id, intent_id, booked_at, available_at, fetched_by)
			VALUES (@id, @kind, @type, @amount, @fee, @currency, @source, @intent, @booked, @available, @run)
			ON CONFLICT (id) DO UPDATE SET amount_fen = excluded.amount_fen, fee_fen = excluded.fee_fen, currency = excluded.currency`,
			pgx.NamedArgs{
				"id": b.ID, "kind": b.Kind, "type": b.Type, "amount": b.AmountFen, "fee": b.FeeFen, "currency": strings.ToLower(b.Currency),
				"source": b.SourceID, "intent": b.PaymentIntentID, "booked": b.CreatedAt, "available": b.AvailableAt, "run": r.ID,
			})
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fault.Internalf("store the provider's bookings: %w", err)
	}
	tag, err := tx.Exec(ctx, `
		UPDATE reconciliations SET reached = @reached, state = @state, bookings = bookings + @n, fee_fen = fee_fen + @fees
		WHERE id = @id AND state = 'fetching' AND reached = @from`,
		pgx.NamedArgs{"id": r.ID, "from": r.Reached, "reached": reached, "state": state, "n": len(page), "fees": fees})
	if err != nil {
		return fault.Internalf("keep how far the reconciliation has come: %w", err)
	}
	if tag.RowsAffected() != 1 {
		return fault.New(fault.Conflict, fault.PaymentStateConflict) // another worker goes on with it
	}
	r.Reached, r.State = reached, state
	return nil
}

// booking is a row of the provider's books that our own do not explain yet.
type booking struct {
	ID, Kind, Currency, Source, Intent string
	Amount                             int64
}

const bookingColumns = `b.id, b.kind, b.currency, b.source_id, b.intent_id, b.amount_fen`

// unexplained are bookings of the run's time that no payment, refund or unknown money of ours rests on, or whose refund stands
// elsewhere than the provider says. Oldest first: a refund comes after its charge.
const unexplained = `
	SELECT ` + bookingColumns + ` FROM provider_bookings b
	WHERE b.booked_at >= @from AND (
		(b.kind = 'charge' AND NOT EXISTS (SELECT FROM payments p WHERE p.intent_id = b.intent_id AND p.state = 'paid')
			AND NOT EXISTS (SELECT FROM unknown_money u WHERE u.booking_id = b.id))
		OR (b.kind = 'refund' AND NOT EXISTS (SELECT FROM refunds r WHERE r.provider_id = b.source_id AND r.state IN ('done', 'failed', 'transferred'))
			AND NOT EXISTS (SELECT FROM unknown_money_returns u WHERE u.booking_id = b.id))
		OR (b.kind = 'refund_failure' AND NOT EXISTS (SELECT FROM refunds r WHERE r.provider_id = b.source_id AND r.state IN ('failed', 'transferred'))
			AND NOT EXISTS (SELECT FROM unknown_money_returns u WHERE u.booking_id = b.id)))
	ORDER BY b.booked_at, array_position(ARRAY['charge', 'refund', 'refund_failure'], b.kind), b.id`

// bringForward takes what webhooks should have told: payments and refunds of ours are fetched anew and applied as a webhook
// applies them; what is not ours goes to suspense, and comes out of it where it went back.
func (s *Service) bringForward(ctx context.Context, r run) error {
	if err := s.openSealed(ctx); err != nil {
		return err
	}
	rows, err := s.pool.Query(ctx, unexplained, pgx.NamedArgs{"from": r.From})
	if err != nil {
		return fault.Internalf("read unexplained bookings: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[booking])
	if err != nil {
		return fault.Internalf("read unexplained bookings: %w", err)
	}
	for _, b := range list {
		if b.Kind == string(gateway.BookedCharge) {
			err = s.explainCharge(ctx, b)
		} else {
			err = s.explainRefund(ctx, b)
		}
		// The provider is asked again later. What we cannot apply is a difference, and holds up no other.
		if fault.KindOf(err) == fault.Unavailable || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if err != nil {
			s.log.ErrorContext(ctx, "a booking of the provider cannot be applied and stays a difference", "booking", b.ID, "error", err)
		}
	}
	return nil
}

// explainCharge finds what a charge of the provider is to us.
func (s *Service) explainCharge(ctx context.Context, b booking) error {
	if b.Intent == "" {
		return s.suspend(ctx, b, "unknown_here", nil)
	}
	there, err := s.provider.FetchPayment(ctx, b.Intent)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(there.Metadata["payment_id"])
	if err != nil {
		return s.suspend(ctx, b, "unknown_here", nil)
	}
	p, err := readPayment(ctx, s.pool, id)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return s.suspend(ctx, b, "unknown_here", nil)
	case err != nil:
		return err
	case p.State == Paid && p.IntentID != nil && *p.IntentID == b.Intent:
		return nil // a webhook came meanwhile
	case p.State == Paid:
		return s.suspend(ctx, b, "counted_twice", &p)
	case !strings.EqualFold(there.Currency, "cny"):
		return s.suspend(ctx, b, "other_currency", &p)
	case !fits(there, p):
		return s.suspend(ctx, b, "other_amount", &p)
	}
	_, err = s.received(ctx, id, b.Intent)
	return err
}

// explainRefund brings a refund of ours forward, or counts what went back of unknown money.
func (s *Service) explainRefund(ctx context.Context, b booking) error {
	known, err := s.returned(ctx, b)
	if err != nil || known {
		return err
	}
	_, err = s.applyRefund(ctx, b.Source)
	return err
}
