package debtor

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Part is what a line of the sum is.
type Part string

// The parts: what is owed, and from Sold on what lessens it.
const (
	// Applicant is the debt that the case was opened for, where finance recorded no claim of the applicant.
	Applicant Part = "applicant"
	// Claim is a creditor's that joined, or the applicant's as finance recorded it.
	Claim Part = "claim"
	// SaleCosts are those on record that no defaulter's deposit met; Enforcement those that a plan names.
	SaleCosts   Part = "sale_costs"
	Enforcement Part = "enforcement"
	// Given is what plans gave the debtor: it paid nobody.
	Given Part = "given"
	// Sold is a lot whose price is there, or that was taken for the debt at it.
	Sold Part = "sold"
	// Direct is what was sold without an auction (R31d).
	Direct Part = "direct"
	// Forfeits is what defaulters' deposits made good of the debt (R24).
	Forfeits Part = "forfeits"
	// Paid is what the debtor paid.
	Paid Part = "paid"
)

// Line is a line of the sum; Fen is below zero for what lessens it.
type Line struct {
	Part Part
	// No and Kind are of a claim.
	No   int
	Kind string
	// Title is of a lot.
	Title docket.Text
	// At is when the debtor paid.
	At  *time.Time
	Fen money.Fen
}

// Sum is what stops the sale now.
type Sum struct {
	Lines []Line
	// Later are claims and costs that came after the day's first sum was told: they count from the next day.
	Later money.Fen
	// Rest is what is to be paid now, never below zero.
	Rest money.Fen
}

// linesOf reads what a case owes and what lessens it. Prices count when they are there: a buyer who has not paid may default yet.
const linesOf = `
	WITH used AS (SELECT coalesce(sum(shortfall_fen + debt_fen), 0)::bigint AS debt, coalesce(sum(costs_fen), 0)::bigint AS costs
		FROM forfeit_uses WHERE case_id = @case AND reversed_at IS NULL),
	lines (place, part, no, kind, zh, en, at, fen) AS (
		SELECT 1, 'applicant', 0, '', '', '', NULL::timestamptz, claim_fen FROM cases c WHERE id = @case
			AND NOT EXISTS (SELECT FROM claims k WHERE k.case_id = c.id AND k.applicant AND k.withdrawn_at IS NULL)
		UNION ALL SELECT 2, 'claim', no, kind, '', '', NULL, amount_fen FROM claims WHERE case_id = @case AND withdrawn_at IS NULL
		UNION ALL SELECT 3, 'sale_costs', 0, '', '', '', NULL, greatest(coalesce(sum(k.costs_fen), 0)::bigint - (SELECT costs FROM used), 0)
			FROM lot_costs k JOIN lots l ON l.id = k.lot_id WHERE l.case_id = @case
		UNION ALL SELECT 4, 'enforcement', 0, '', '', '', NULL, coalesce(sum(enforcement_fen), 0)::bigint FROM distributions WHERE case_id = @case AND replaced_at IS NULL
		UNION ALL SELECT 5, 'given', 0, '', '', '', NULL, coalesce(sum(amount_fen), 0)::bigint FROM payouts WHERE case_id = @case AND claim_id IS NULL
		UNION ALL SELECT 6, 'sold', 0, '', title_zh, title_en, ended_at, -price_fen FROM lots WHERE case_id = @case AND outcome IN ('paid', 'taken', 'ruled')
		UNION ALL SELECT 7, 'direct', 0, '', '', '', NULL, -coalesce(sum(price_fen), 0)::bigint FROM direct_sales WHERE case_id = @case
		UNION ALL SELECT 8, 'forfeits', 0, '', '', '', NULL, -debt FROM used
		UNION ALL SELECT 9, 'paid', 0, '', '', '', p.paid_at, -(p.amount_fen - coalesce(r.amount_fen, 0))
			FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id WHERE p.case_id = @case AND p.purpose = 'debt' AND p.state = 'paid')
	SELECT part, no, kind, zh, en, at, fen FROM lines WHERE fen <> 0 ORDER BY place, no, at`

// read sums a case; told is what was owed in all when the day's first sum was told, nil where none was.
func read(ctx context.Context, q querier, caseID uuid.UUID, told *money.Fen) (s Sum, owed money.Fen, err error) {
	rows, err := q.Query(ctx, linesOf, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return s, 0, fault.Internalf("read what a debtor owes: %w", err)
	}
	s.Lines, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Line, err error) {
		return l, row.Scan(&l.Part, &l.No, &l.Kind, &l.Title.Zh, &l.Title.En, &l.At, &l.Fen)
	})
	if err != nil {
		return s, 0, fault.Internalf("read what a debtor owes: %w", err)
	}
	for _, l := range s.Lines {
		if l.Fen > 0 {
			owed += l.Fen
		}
		s.Rest += l.Fen
	}
	if told != nil && owed > *told {
		s.Later = owed - *told
		s.Rest -= s.Later
	}
	s.Rest = max(s.Rest, 0)
	return s, owed, nil
}

// day is the court's.
func day(now time.Time) string { return now.In(law.CourtTime()).Format(time.DateOnly) }

func toldOn(ctx context.Context, q querier, caseID uuid.UUID, now time.Time) (*money.Fen, error) {
	var told money.Fen
	err := q.QueryRow(ctx, `SELECT owed_fen FROM debt_quotes WHERE case_id = @case AND day = @day::date`, pgx.NamedArgs{"case": caseID, "day": day(now)}).Scan(&told)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // none was told
	}
	if err != nil {
		return nil, fault.Internalf("read the day's sum: %w", err)
	}
	return &told, nil
}

// Today tells the sum and holds the court to it until the day ends.
func (s *Service) Today(ctx context.Context, caseID uuid.UUID) (sum Sum, err error) {
	err = s.auction.InTx(ctx, func(tx pgx.Tx, now time.Time) error {
		if err := hold(ctx, tx, caseID); err != nil {
			return err
		}
		told, err := toldOn(ctx, tx, caseID, now)
		if err != nil {
			return err
		}
		var owed money.Fen
		if sum, owed, err = read(ctx, tx, caseID, told); err != nil || told != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO debt_quotes (case_id, day, owed_fen, quoted_at) VALUES (@case, @day::date, @owed, @now)`,
			pgx.NamedArgs{"case": caseID, "day": day(now), "owed": owed, "now": now}); err != nil {
			return fault.Internalf("keep the day's sum: %w", err)
		}
		return nil
	})
	return sum, err
}

// hold lets no claim, plan, use of a deposit or payment of the case be until the transaction ends.
func hold(ctx context.Context, tx pgx.Tx, caseID uuid.UUID) error {
	tag, err := tx.Exec(ctx, `SELECT FROM cases WHERE id = @case FOR NO KEY UPDATE`, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return fault.Internalf("hold the case: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("case")
	}
	return nil
}

// Rest is payments.Debts.
func (s *Service) Rest(ctx context.Context, tx pgx.Tx, now time.Time, caseID uuid.UUID) (money.Fen, time.Time, error) {
	at := audit.Millis(now)
	if err := hold(ctx, tx, caseID); err != nil {
		return 0, at, err
	}
	var last *time.Time
	if err := tx.QueryRow(ctx, `SELECT max(at) FROM trail WHERE case_id = @case AND lot_id IS NULL`, pgx.NamedArgs{"case": caseID}).Scan(&last); err != nil {
		return 0, at, fault.Internalf("read a case's last step: %w", err)
	}
	if last != nil && !at.After(*last) {
		at = audit.Millis(*last).Add(time.Millisecond)
	}
	told, err := toldOn(ctx, tx, caseID, now)
	if err != nil {
		return 0, at, err
	}
	sum, _, err := read(ctx, tx, caseID, told)
	return sum.Rest, at, err
}
