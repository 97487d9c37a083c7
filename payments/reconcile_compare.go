package payments

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// DifferenceKind names how the provider's books and ours differ. Fees are none: they are the provider's claim against the
// house, kept on the run; every amount here is gross.
type DifferenceKind string

const (
	// UnknownHere is booked by the provider and not known to us. Where money came in, suspense holds it.
	UnknownHere DifferenceKind = "unknown_here"
	// UnknownThere is recorded by us and not booked by the provider.
	UnknownThere DifferenceKind = "unknown_there"
	// OtherAmount is the same payment or refund with another amount.
	OtherAmount DifferenceKind = "other_amount"
	// OtherCurrency is booked in another currency than yuan; the amount there is in that currency's least unit.
	OtherCurrency DifferenceKind = "other_currency"
	// RefundFailed is a refund that was done and came back: its payer is owed the money again. It closes when finance's transfer
	// by hand is done.
	RefundFailed DifferenceKind = "refund_failed"
	// CountedTwice is booked twice by the provider, paid twice by the payer, or posted twice by us.
	CountedTwice DifferenceKind = "counted_twice"
)

// found is a difference as a run sees it.
type found struct {
	Kind        DifferenceKind
	Subject     string
	BookingID   *string
	PaymentID   *uuid.UUID
	RefundID    *uuid.UUID
	Here, There money.Fen
	Currency    string
}

// ledgerOf is what the ledger moved between the provider and us for one payment or refund: came in from clearing, or from
// suspense where finance assigned it; went out to clearing.
const ledgerOf = `(SELECT
		coalesce(sum(t.amount_fen) FILTER (WHERE d.purpose IN ('clearing', 'suspense')), 0)::bigint AS came,
		coalesce(sum(t.amount_fen) FILTER (WHERE c.purpose = 'clearing'), 0)::bigint AS went,
		count(DISTINCT o.id) FILTER (WHERE d.purpose IN ('clearing', 'suspense')) AS times_in,
		count(*) FILTER (WHERE c.purpose = 'clearing') AS times_out
	FROM postings o JOIN transfers t ON t.posting_id = o.id
	JOIN ledger_accounts d ON d.id = t.debit_account JOIN ledger_accounts c ON c.id = t.credit_account
	WHERE o.reference = `

// openOf tells rows that an open difference is about: they are looked at however old they are, so that it closes.
const openOf = `EXISTS (SELECT FROM reconciliation_differences f WHERE f.closed_at IS NULL AND f.subject = `

// differencesFound holds the provider's bookings of the run's time against payments, refunds and the ledger, and the other way
// round. What is on its way (a refund that was asked for and not done yet) is no difference.
const differencesFound = chargesThatDiffer + ` UNION ALL ` + refundsThatDiffer + ` UNION ALL ` + oursNotThere

const chargesThatDiffer = `
	SELECT CASE WHEN b.currency <> 'cny' THEN 'other_currency'
			WHEN p.id IS NULL THEN coalesce(u.kind, 'unknown_here')
			WHEN e.n > 0 OR l.times_in > 1 THEN 'counted_twice'
			ELSE 'other_amount' END,
		b.id, b.id, coalesce(p.id, u.names_payment), NULL::uuid,
		CASE WHEN u.kind = 'other_amount' THEN (SELECT amount_fen FROM payments WHERE id = u.names_payment) ELSE l.came END,
		e.fen + b.amount_fen, b.currency
	FROM provider_bookings b
	LEFT JOIN payments p ON p.intent_id = b.intent_id AND b.intent_id <> '' AND p.state = 'paid'
	LEFT JOIN unknown_money u ON u.booking_id = b.id
	LEFT JOIN LATERAL ` + ledgerOf + `p.id) l ON true
	-- What was booked before for the same payment.
	LEFT JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(o.amount_fen), 0)::bigint AS fen FROM provider_bookings o
		WHERE o.intent_id = b.intent_id AND o.intent_id <> '' AND o.kind = b.kind AND (o.booked_at, o.id) < (b.booked_at, b.id)) e ON true
	WHERE b.kind = 'charge' AND (b.booked_at >= @from OR ` + openOf + `b.id)) AND (b.currency <> 'cny'
		OR (p.id IS NULL AND coalesce(u.state, 'none') NOT IN ('assigned', 'returned'))
		OR (p.id IS NOT NULL AND (e.n > 0 OR b.amount_fen <> l.came)))`

const refundsThatDiffer = `
	SELECT CASE WHEN b.currency <> 'cny' THEN 'other_currency'
			WHEN b.kind = 'refund_failure' AND r.id IS NOT NULL THEN 'refund_failed'
			WHEN r.id IS NULL THEN 'unknown_here'
			WHEN e.n > 0 OR l.times_out > 1 THEN 'counted_twice'
			ELSE 'other_amount' END,
		b.id, b.id, coalesce(r.payment_id, p.id), r.id,
		CASE WHEN b.kind = 'refund_failure' THEN l.came ELSE -l.went END, e.fen + b.amount_fen, b.currency
	FROM provider_bookings b
	LEFT JOIN refunds r ON r.provider_id = b.source_id
	LEFT JOIN payments p ON p.intent_id = b.intent_id AND b.intent_id <> '' AND p.state = 'paid'
	LEFT JOIN unknown_money_returns u ON u.booking_id = b.id
	LEFT JOIN LATERAL ` + ledgerOf + `r.id) l ON true
	LEFT JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(o.amount_fen), 0)::bigint AS fen FROM provider_bookings o
		WHERE o.source_id = b.source_id AND o.source_id <> '' AND o.kind = b.kind AND (o.booked_at, o.id) < (b.booked_at, b.id)) e ON true
	WHERE b.kind IN ('refund', 'refund_failure', 'other') AND (b.booked_at >= @from OR ` + openOf + `b.id))
		AND u.booking_id IS NULL AND (b.currency <> 'cny' OR r.id IS NULL
		-- One that is on its way, or failed there, was never counted here.
		OR (b.kind = 'refund' AND (r.state = 'done' OR l.went > 0) AND (e.n > 0 OR -b.amount_fen <> l.went))
		OR (b.kind = 'refund_failure' AND l.went > 0
			AND NOT EXISTS (SELECT FROM duties d WHERE d.kind = 'return_by_transfer' AND d.key = r.id::text AND d.state = 'done')))`

const oursNotThere = `
	SELECT 'unknown_there', p.id::text, NULL, p.id, NULL, l.came, 0, 'cny' FROM payments p
	LEFT JOIN LATERAL ` + ledgerOf + `p.id) l ON true
	WHERE p.state = 'paid' AND p.intent_id IS NOT NULL AND p.paid_at <= @started AND (p.paid_at >= @from OR ` + openOf + `p.id::text))
		AND NOT EXISTS (SELECT FROM provider_bookings b WHERE b.kind = 'charge' AND b.intent_id = p.intent_id)
	UNION ALL
	SELECT 'unknown_there', r.id::text, NULL, r.payment_id, r.id, -l.went, 0, 'cny' FROM refunds r JOIN payments y ON y.id = r.payment_id AND y.intent_id IS NOT NULL
	LEFT JOIN LATERAL ` + ledgerOf + `r.id) l ON true
	WHERE r.state = 'done' AND r.done_at <= @started AND (r.done_at >= @from OR ` + openOf + `r.id::text))
		AND NOT EXISTS (SELECT FROM provider_bookings b WHERE b.kind = 'refund' AND b.source_id = r.provider_id)
	UNION ALL
	-- A movement of clearing that rests on no payment, refund, unknown money, or transfer at the court's own bank.
	SELECT 'unknown_there', o.id::text, NULL, NULL, NULL, sum(CASE WHEN d.purpose = 'clearing' THEN t.amount_fen ELSE -t.amount_fen END)::bigint, 0, 'cny'
	FROM postings o JOIN transfers t ON t.posting_id = o.id
	JOIN ledger_accounts d ON d.id = t.debit_account JOIN ledger_accounts c ON c.id = t.credit_account
	WHERE 'clearing' IN (d.purpose, c.purpose) AND o.posted_at <= @started AND (o.posted_at >= @from OR ` + openOf + `o.id::text))
		AND NOT EXISTS (SELECT FROM payments x WHERE x.id = o.reference) AND NOT EXISTS (SELECT FROM refunds x WHERE x.id = o.reference)
		AND NOT EXISTS (SELECT FROM unknown_money x WHERE x.id = o.reference) AND NOT EXISTS (SELECT FROM transfers_in x WHERE x.id = o.reference)
		AND NOT EXISTS (SELECT FROM transfers_out x WHERE x.id = o.reference)
	GROUP BY o.id`

// compare writes what differs, each difference once, closes what does not differ any more, and ends the run.
func compare(ctx context.Context, tx pgx.Tx, now time.Time, r run) error {
	// Two runs at once would close each other's finds.
	if _, err := tx.Exec(ctx, `LOCK TABLE reconciliation_differences IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return fault.Internalf("lock the differences: %w", err)
	}
	rows, err := tx.Query(ctx, differencesFound, pgx.NamedArgs{"from": r.From, "started": r.StartedAt})
	if err != nil {
		return fault.Internalf("hold the books against each other: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[found])
	if err != nil {
		return fault.Internalf("hold the books against each other: %w", err)
	}
	fresh, err := keepFound(ctx, tx, now, r, list)
	if err != nil {
		return err
	}
	closed, err := closeAgreed(ctx, tx, now, r, list)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE reconciliations SET state = 'done', finished_at = @now, found = @found, closed = @closed
		WHERE id = @id AND state = 'comparing'`,
		pgx.NamedArgs{"id": r.ID, "now": now, "found": fresh, "closed": closed}); err != nil {
		return fault.Internalf("end a reconciliation: %w", err)
	}
	return nil
}

// keepFound writes each difference once. What was closed opens again when it is back, unless a person has explained these very
// figures. It returns how many are new or open again.
func keepFound(ctx context.Context, tx pgx.Tx, now time.Time, r run, list []found) (int, error) {
	fresh := 0
	for _, f := range list {
		id, err := newID()
		if err != nil {
			return 0, err
		}
		var news bool
		rows, err := tx.Query(ctx, `
			WITH before AS (SELECT closed_at, closed_by, here_fen, there_fen FROM reconciliation_differences WHERE kind = @kind AND subject = @subject)
			INSERT INTO reconciliation_differences AS x (id, kind, subject, booking_id, payment_id, refund_id, here_fen, there_fen, currency, found_by, found_at)
			VALUES (@id, @kind, @subject, @booking, @payment, @refund, @here, @there, @currency, @run, @now)
			ON CONFLICT (kind, subject) DO UPDATE SET here_fen = excluded.here_fen, there_fen = excluded.there_fen, payment_id = excluded.payment_id,
				closed_at = NULL, closed_by = NULL
			WHERE x.closed_by IS NULL OR x.here_fen <> excluded.here_fen OR x.there_fen <> excluded.there_fen
			RETURNING NOT EXISTS (SELECT FROM before WHERE closed_at IS NULL)`,
			pgx.NamedArgs{
				"id": id, "kind": f.Kind, "subject": f.Subject, "booking": f.BookingID, "payment": f.PaymentID, "refund": f.RefundID,
				"here": f.Here, "there": f.There, "currency": f.Currency, "run": r.ID, "now": now,
			})
		if err != nil {
			return 0, fault.Internalf("keep a difference: %w", err)
		}
		if _, err := pgx.ForEachRow(rows, []any{&news}, func() error {
			if news {
				fresh++
			}
			return nil
		}); err != nil {
			return 0, fault.Internalf("keep a difference: %w", err)
		}
	}
	return fresh, nil
}

// closeAgreed closes the open differences that this run does not find any more: both sides agree.
func closeAgreed(ctx context.Context, tx pgx.Tx, now time.Time, r run, list []found) (int, error) {
	kinds, subjects := make([]string, len(list)), make([]string, len(list))
	for i, f := range list {
		kinds[i], subjects[i] = string(f.Kind), f.Subject
	}
	tag, err := tx.Exec(ctx, `
		WITH agreed AS (UPDATE reconciliation_differences d SET closed_at = @now WHERE closed_at IS NULL
			AND NOT EXISTS (SELECT FROM unnest(@kinds::text[], @subjects::text[]) f (kind, subject) WHERE f.kind = d.kind AND f.subject = d.subject)
			RETURNING id, here_fen, there_fen)
		INSERT INTO difference_closings (id, difference_id, here_fen, there_fen, by_run, closed_at)
		SELECT gen_random_uuid(), id, here_fen, there_fen, @run, @now FROM agreed`,
		pgx.NamedArgs{"now": now, "kinds": kinds, "subjects": subjects, "run": r.ID})
	if err != nil {
		return 0, fault.Internalf("close differences: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
