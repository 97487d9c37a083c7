package bidding

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// When a stay lasts over 48 hours a bidder may withdraw with the deposit (R28o, ours). Who leads stays bound: a bid that was accepted
// counts, and nobody leads without a deposit. The code is excluded from the course as in R34, and the deposit goes back by the lot's next
// batch, which finds it by locators: nothing is opened. Who runs the platform can see which code left when which deposit went back; the
// public sees neither name nor account.

// Leave withdraws an account from a sale that is stayed; again, it answers the same.
//
// Faults: as Mine; leave_not_open (conflict; with earliest_at where the lot is stayed), leading_is_bound (conflict), excluded (conflict).
func (d *Desk) Leave(ctx context.Context, account, lot uuid.UUID) (Enrolment, error) {
	e, err := d.Seat(ctx, account, lot)
	if err != nil {
		return Enrolment{}, err
	}
	if e.Status == withdrawn {
		return d.Mine(ctx, account, lot)
	}
	var closed [][]byte
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		now := d.clock.Now()
		stay, err := holdStay(ctx, tx, lot)
		if err != nil {
			return err
		}
		if err := stay.leave(now, e.BidderCode); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE enrolments SET status = 'withdrawn' WHERE id = @id AND status IN ('awaiting_deposit', 'admitted', 'withdrawn')`,
			pgx.NamedArgs{"id": e.ID})
		if err != nil {
			return fault.Internalf("mark the enrolment withdrawn: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.Conflict, fault.Excluded).ByRule("R34")
		}
		if closed, err = revokeSessions(ctx, tx, lot, e.BidderCode); err != nil {
			return err
		}
		return d.DepositHeld(ctx, tx, now, lot)
	})
	if err != nil {
		return Enrolment{}, err
	}
	d.tellClosed(ctx, closed)
	return d.Mine(ctx, account, lot)
}

// holdStay reads a lot's stay and who leads. The row stays as it is until the end of the transaction, so that no resumption comes between.
func holdStay(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (s stayed, err error) {
	var ruleSet string
	err = tx.QueryRow(ctx, `SELECT l.status = 'suspended', l.rule_set, coalesce(l.suspended_at, 'epoch'), coalesce(c.leader_code, '') FROM lots l LEFT JOIN courses c ON c.lot_id = l.id
		WHERE l.id = @lot FOR SHARE OF l`, pgx.NamedArgs{"lot": lot}).Scan(&s.now, &ruleSet, &s.since, &s.leader)
	if err != nil {
		return s, fault.Internalf("read the stay: %w", err)
	}
	rules, known := law.ByName(ruleSet)
	if !known {
		return s, fault.Internalf("lot %s: rule set %q is not known", lot, ruleSet)
	}
	s.least = rules.LeaveAfter()
	return s, nil
}

// letGo excludes the codes of those who left and owes their deposits back. A code that came to lead while the course ran on for a moment
// before its lot's row said so keeps its bid, and the deposit stays until the end (R23).
func (d *Desk) letGo(ctx context.Context, lot uuid.UUID, list []leaver) error {
	if len(list) == 0 {
		return nil
	}
	for _, l := range list {
		if err := d.excludeCode(ctx, lot, l.Code); err != nil {
			return err
		}
	}
	var leader string
	err := d.pool.QueryRow(ctx, `SELECT coalesce(leader_code, '') FROM courses WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&leader)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fault.Internalf("read who leads: %w", err)
	}
	if accounts := getBack(list, leader); len(accounts) > 0 {
		return d.deposits.GiveBack(ctx, lot, accounts)
	}
	return nil
}
