package payments

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
)

// DepositRequest asks an account for its deposit for a lot; Amount zero is a
// creditor's exemption (R17).
type DepositRequest struct {
	LotID, CaseID, AccountID uuid.UUID
	Amount                   money.Fen
}

// Request writes the deposit, and its first payment with the duty to open its
// page, in the enrolment's transaction. With an exempt deposit the admission is
// told at once.
func (s *Service) Request(ctx context.Context, tx pgx.Tx, now time.Time, r DepositRequest) (uuid.UUID, error) {
	if err := r.Amount.Valid(); err != nil {
		return uuid.Nil, err
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	state := Requested
	if r.Amount == 0 {
		state = Exempt
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO deposits (id, lot_id, case_id, account_id, amount_fen, state, requested_at)
		VALUES (@id, @lot, @case, @account, @amount, @state, @now)`,
		pgx.NamedArgs{
			"id": id, "lot": r.LotID, "case": r.CaseID, "account": r.AccountID, "amount": r.Amount, "state": state, "now": now,
		}); err != nil {
		return uuid.Nil, fault.Internalf("insert deposit: %w", err)
	}
	if state == Exempt {
		return id, s.admitter.DepositHeld(ctx, tx, now, r.LotID)
	}
	_, err = s.ask(ctx, tx, now, charge{
		purpose: forDeposit, deposit: &id, lot: r.LotID, caseID: r.CaseID, account: r.AccountID, whole: r.Amount, rest: r.Amount,
	})
	return id, err
}

// Held lists the accounts whose deposit for a lot is here whole, or is not
// owed (R17), in the order in which that came, in the transaction that admits
// them. Nobody else asks (R18).
func (s *Service) Held(ctx context.Context, tx pgx.Tx, lot uuid.UUID) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, `SELECT account_id FROM deposits WHERE lot_id = @lot AND state IN ('held', 'exempt')
		ORDER BY coalesce(held_at, requested_at), id`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read held deposits: %w", err)
	}
	accounts, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fault.Internalf("read held deposits: %w", err)
	}
	return accounts, nil
}

// GiveBack owes back, within R23's time from now, what accounts hold for a lot
// whose bidding is not over, because their codes are not admitted (R20a). What
// is not held, or not any more, stays as it is. It is sealed as the payment was.
func (s *Service) GiveBack(ctx context.Context, lot uuid.UUID, accounts []uuid.UUID) error {
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		within, err := returnWithin(ctx, tx, lot)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+depositColumns+` FROM deposits
			WHERE lot_id = @lot AND account_id = ANY (@accounts) AND state = 'held' ORDER BY id FOR UPDATE`,
			pgx.NamedArgs{"lot": lot, "accounts": accounts})
		if err != nil {
			return fault.Internalf("lock deposits: %w", err)
		}
		deposits, err := pgx.CollectRows(rows, pgx.RowToStructByPos[depositRow])
		if err != nil {
			return fault.Internalf("lock deposits: %w", err)
		}
		for i := range deposits {
			if err := s.giveBack(ctx, tx, now, &deposits[i], now.Add(within)); err != nil {
				return err
			}
		}
		return nil
	})
}

type depositRow struct {
	ID, LotID, CaseID, AccountID uuid.UUID
	Amount, Paid                 money.Fen
	State                        DepositState
}

const depositColumns = `id, lot_id, case_id, account_id, amount_fen, paid_fen, state`

func lockDeposit(ctx context.Context, tx pgx.Tx, id uuid.UUID) (depositRow, error) {
	rows, err := tx.Query(ctx, `SELECT `+depositColumns+` FROM deposits WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": id})
	if err != nil {
		return depositRow{}, fault.Internalf("lock deposit: %w", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[depositRow])
	if err != nil {
		return depositRow{}, fault.Internalf("lock deposit: %w", err)
	}
	return d, nil
}

// moveDeposit applies one event; the row is locked by the caller.
func moveDeposit(ctx context.Context, tx pgx.Tx, now time.Time, d *depositRow, e DepositEvent, returnDue time.Time) error {
	return moveDeposits(ctx, tx, now, []*depositRow{d}, e, returnDue)
}

// releaseDepositsDuty settles a lot's deposits after its end: what was sealed
// until then is disclosed, the winner's is applied to the price, every other is
// owed back within R23's time, whoever's it is. It is idempotent: what was
// settled stays.
func (s *Service) releaseDepositsDuty(ctx context.Context, d duty.Duty) error {
	if d.LotID == nil {
		return fault.Internalf("duty %s names no lot", d.ID)
	}
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		winner, sold, err := s.winners.Winner(ctx, tx, now, *d.LotID)
		if err != nil {
			return err
		}
		within, err := returnWithin(ctx, tx, *d.LotID)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+depositColumns+` FROM deposits WHERE lot_id = @lot ORDER BY id FOR UPDATE`,
			pgx.NamedArgs{"lot": *d.LotID})
		if err != nil {
			return fault.Internalf("lock deposits: %w", err)
		}
		deposits, err := pgx.CollectRows(rows, pgx.RowToStructByPos[depositRow])
		if err != nil {
			return fault.Internalf("lock deposits: %w", err)
		}
		// With every deposit locked no posting for one of them is under way.
		if err := ledger.Disclose(ctx, tx, now, *d.LotID); err != nil {
			return err
		}
		for i := range deposits {
			if sold && deposits[i].AccountID == winner.AccountID {
				err = s.applyDeposit(ctx, tx, now, &deposits[i], winner.Price)
			} else {
				err = s.giveBack(ctx, tx, now, &deposits[i], d.CreatedAt.Add(within))
			}
			if err != nil {
				return err
			}
		}
		return s.oweByHand(ctx, tx, now, *d.LotID) // refunds that failed while nobody might see that a deposit was paid
	})
}

// returnWithin is how long after the end a lot's deposits are back, by the rule
// set that the lot was listed under (R23); the server may list new ones under another.
func returnWithin(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (time.Duration, error) {
	rules, err := rulesOf(ctx, tx, lot)
	return rules.ReturnDepositsWithin, err
}

// rulesOf are those that the lot was listed under.
func rulesOf(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (law.RuleSet, error) {
	var name string
	if err := tx.QueryRow(ctx, `SELECT rule_set FROM lots WHERE id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&name); err != nil {
		return law.RuleSet{}, fault.Internalf("read the lot's rule set: %w", err)
	}
	rules, known := law.ByName(name)
	if !known {
		return law.RuleSet{}, fault.Internalf("lot %s: rule set %q is not known", lot, name)
	}
	return rules, nil
}

// applyDeposit moves the winner's deposit from escrow to proceeds and opens
// the balance (R23, R25).
func (s *Service) applyDeposit(ctx context.Context, tx pgx.Tx, now time.Time, d *depositRow, price money.Fen) error {
	if d.State != Held && d.State != Exempt {
		return nil // settled by an earlier run
	}
	if d.State == Held {
		if err := moveDeposit(ctx, tx, now, d, DepositWon, time.Time{}); err != nil {
			return err
		}
		if err := ledger.Post(ctx, tx, now, ledger.Posting{
			CaseID: d.CaseID, Kind: "deposit_applied", Reference: d.ID, Key: "deposit_applied/" + d.ID.String(),
			Transfers: []ledger.Transfer{{Debit: ledger.Escrow, Credit: ledger.Proceeds, Amount: d.Amount}},
		}); err != nil {
			return err
		}
	}
	rest, err := price.Sub(d.Amount)
	if err != nil {
		return err
	}
	return s.openBalanceAccount(ctx, tx, now, d, max(rest, 0))
}

// giveBack owes a losing deposit's refunds; an unpaid one lapses, and parts of
// it that did arrive go back too.
func (s *Service) giveBack(ctx context.Context, tx pgx.Tx, now time.Time, d *depositRow, due time.Time) error {
	switch d.State {
	case Requested:
		if err := moveDeposit(ctx, tx, now, d, DepositLost, due); err != nil {
			return err
		}
		if err := s.expirePayments(ctx, tx, d.ID); err != nil {
			return err
		}
		if d.Paid == 0 {
			return nil
		}
		if err := moveDeposit(ctx, tx, now, d, DepositLate, due); err != nil {
			return err
		}
	case Held:
		if err := moveDeposit(ctx, tx, now, d, DepositLost, due); err != nil {
			return err
		}
	case Exempt, Applied, Returning, Returned, Forfeited, Lapsed:
		return nil
	}
	return s.oweRefunds(ctx, tx, now, d)
}
