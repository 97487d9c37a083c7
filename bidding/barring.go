package bidding

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/agency"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
)

// OweExclusion owes, in the transaction that bars an account, its exclusion from every sale that is running (R34).
func OweExclusion(ctx context.Context, tx pgx.Tx, book *duty.Book, now time.Time, account uuid.UUID) error {
	return book.Owe(ctx, tx, now, duty.Duty{
		Kind: duty.ExcludeBarred, Key: account.String() + ":" + now.Format(time.RFC3339Nano), Rule: "R34", Actor: duty.Machine, DueAt: now,
	})
}

// ExcludeByDuty keeps a barred account from the sales that it is enrolled for; it is the handler of the duty exclude_barred,
// idempotent. Its person's codes, and those of agents for the person, are found by their locators; nothing is opened. Bids that they made before stand. Who bars somebody
// and watches the courses can see which code was excluded then: that much R34 tells, and no more.
func (d *Desk) ExcludeByDuty(ctx context.Context, owed duty.Duty) error {
	text, _, _ := strings.Cut(owed.Key, ":")
	account, err := uuid.Parse(text)
	if err != nil {
		return fault.Internalf("duty %s names no account: %w", owed.ID, err)
	}
	rows, err := d.pool.Query(ctx, `
		SELECT k.lot_id FROM lot_keys k JOIN lots l ON l.id = k.lot_id JOIN accounts a ON a.id = @account
		WHERE l.status IN ('announced', 'suspended') AND a.barred_reason IS NOT NULL ORDER BY k.lot_id`,
		pgx.NamedArgs{"account": account})
	if err != nil {
		return fault.Internalf("read the lots that run: %w", err)
	}
	lots, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fault.Internalf("read the lots that run: %w", err)
	}
	errs := make([]error, len(lots))
	for i, lot := range lots {
		errs[i] = d.exclude(ctx, lot, account)
	}
	return errors.Join(errs...)
}

// exclude keeps an account from one lot, its person's other accounts, and who enrolled as an agent for the person (R34: themselves or
// through others).
func (d *Desk) exclude(ctx context.Context, lot, account uuid.UUID) error {
	w, there, err := wrappedKey(ctx, d.pool, lot)
	if err != nil || !there {
		return err
	}
	sealer, err := d.ring.Sealer(lot, w)
	if err != nil {
		return err
	}
	var codes []string
	var closed [][]byte
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		accounts, agencies, err := agency.Under(ctx, tx, lot, account)
		if err != nil {
			return err
		}
		own, through := make([][]byte, len(accounts)), make([][]byte, len(agencies))
		for i, id := range accounts {
			own[i] = sealer.Locator(id)
		}
		for i, id := range agencies {
			through[i] = sealer.AgencyLocator(id)
		}
		rows, err := tx.Query(ctx, `UPDATE enrolments SET status = 'excluded'
			WHERE lot_id = @lot AND (locator = ANY (@own) OR agency_locator = ANY (@through)) RETURNING bidder_code`,
			pgx.NamedArgs{"lot": lot, "own": own, "through": through})
		if err != nil {
			return fault.Internalf("mark enrolments excluded: %w", err)
		}
		if codes, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return fault.Internalf("mark enrolments excluded: %w", err)
		}
		for _, code := range codes {
			more, err := revokeSessions(ctx, tx, lot, code)
			if err != nil {
				return err
			}
			closed = append(closed, more...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	d.tellClosed(ctx, closed)
	errs := make([]error, len(codes))
	for i, code := range codes {
		errs[i] = d.excludeCode(ctx, lot, code)
	}
	return errors.Join(errs...)
}

// excludeCode excludes a code on the course; one that was never admitted, or whose course is over, needs nothing.
func (d *Desk) excludeCode(ctx context.Context, lot uuid.UUID, code string) error {
	_, err := d.engine.Exclude(ctx, ExcludeCommand{Lot: lot, Code: code})
	switch fault.CodeOf(err) {
	case fault.NotEnrolled, fault.Closed, fault.NotStarted:
		return nil
	}
	return err
}
