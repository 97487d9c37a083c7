package payments

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
)

// Balance is what the buyer of a lot still pays (R25).
type Balance struct {
	LotID     uuid.UUID `json:"lot"`
	AmountFen money.Fen `json:"amount_fen"`
	PaidFen   money.Fen `json:"paid_fen"`
	State     string    `json:"status"`
	DueAt     time.Time `json:"due_at"`
	// PaymentURL is where the next part can be paid; empty when nothing is left.
	PaymentURL string `json:"payment_url,omitempty"`
}

type balanceRow struct {
	LotID, CaseID, AccountID uuid.UUID
	Amount, Paid             money.Fen
	State                    string
	DueAt                    time.Time
}

// openBalanceAccount opens the balance when the winner's deposit is applied.
// A price that the deposit covers whole is paid at once.
func (s *Service) openBalanceAccount(ctx context.Context, tx pgx.Tx, now time.Time, d *depositRow, rest money.Fen) error {
	tag, err := tx.Exec(ctx, `
		INSERT INTO balances (lot_id, case_id, account_id, amount_fen, state, due_at, opened_at, settled_at)
		SELECT id, case_id, @account, @rest, CASE WHEN @rest::bigint = 0 THEN 'paid' ELSE 'open' END,
			balance_due_at, @now, CASE WHEN @rest::bigint = 0 THEN @now::timestamptz END
		FROM lots WHERE id = @lot
		ON CONFLICT (lot_id) DO NOTHING`,
		pgx.NamedArgs{"lot": d.LotID, "account": d.AccountID, "rest": rest, "now": now})
	if err != nil {
		return fault.Internalf("open balance: %w", err)
	}
	if tag.RowsAffected() == 1 && rest == 0 {
		return s.sales.RecordPaid(ctx, tx, now, d.LotID)
	}
	return nil
}

func lockBalance(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (balanceRow, error) {
	rows, err := tx.Query(ctx, `SELECT lot_id, case_id, account_id, amount_fen, paid_fen, state, due_at
		FROM balances WHERE lot_id = @lot FOR UPDATE`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return balanceRow{}, fault.Internalf("lock balance: %w", err)
	}
	b, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[balanceRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return balanceRow{}, fault.New(fault.Conflict, fault.BalanceNotDue).ByRule("R25")
	}
	if err != nil {
		return balanceRow{}, fault.Internalf("lock balance: %w", err)
	}
	return b, nil
}

// OpenBalance returns the balance of a lot that account bought, with the page
// where the next part of it is paid. Sums above MaxPayment come in parts.
//
// Faults: balance_not_due (nothing to pay yet), not_the_buyer (forbidden),
// balance_past_due (conflict, R25).
func (s *Service) OpenBalance(ctx context.Context, lot, account uuid.UUID) (Balance, error) {
	now := s.clock.Now()
	var b balanceRow
	var payment uuid.UUID
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var err error
		if b, err = lockBalance(ctx, tx, lot); err != nil {
			return err
		}
		if b.AccountID != account {
			return fault.New(fault.Forbidden, fault.NotTheBuyer)
		}
		switch {
		case b.State == "paid":
			return nil
		case b.State == "reversed":
			return fault.New(fault.Conflict, fault.BalanceNotDue).ByRule("R31")
		case b.State == "defaulted" || now.After(b.DueAt):
			return fault.New(fault.Conflict, fault.BalancePastDue).ByRule("R25").With("due_at", b.DueAt)
		}
		payment, err = s.live(ctx, tx, charge{
			purpose: forBalance, lot: lot, caseID: b.CaseID, account: account, whole: b.Amount, rest: b.Amount - b.Paid,
		})
		return err
	})
	if err != nil {
		return Balance{}, err
	}
	view := Balance{LotID: lot, AmountFen: b.Amount, PaidFen: b.Paid, State: b.State, DueAt: b.DueAt}
	if payment != uuid.Nil {
		view.PaymentURL, err = s.openCheckout(ctx, payment)
	}
	return view, err
}

// balanceReceived posts a part of the balance to the case's proceeds; the last
// part pays the lot.
func (s *Service) balanceReceived(ctx context.Context, tx pgx.Tx, now time.Time, p paymentRow, a arrival) (bool, error) {
	b, err := lockBalance(ctx, tx, p.LotID)
	if err != nil {
		return false, err
	}
	fresh, err := markPaid(ctx, tx, now, p.ID, a.intent)
	if err != nil || !fresh {
		return false, err
	}
	if err := ledger.Post(ctx, tx, now, ledger.Posting{
		CaseID: p.CaseID, Kind: "balance_paid", Reference: p.ID, Key: "balance_paid/" + p.ID.String(),
		Transfers: []ledger.Transfer{{Debit: a.from, Credit: balanceAccount(b.State), Amount: p.Amount}},
	}); err != nil {
		return false, err
	}
	paid := b.Paid + p.Amount
	if b.State != "open" || paid > b.Amount {
		return true, s.oweRefund(ctx, tx, now, p, p.Amount)
	}
	state := "open"
	if paid == b.Amount {
		state = "paid"
	}
	if _, err := tx.Exec(ctx, `
		UPDATE balances SET paid_fen = @paid, state = @state, settled_at = CASE WHEN @state = 'paid' THEN @now::timestamptz END
		WHERE lot_id = @lot AND state = 'open'`,
		pgx.NamedArgs{"lot": p.LotID, "paid": paid, "state": state, "now": now}); err != nil {
		return false, fault.Internalf("count balance: %w", err)
	}
	if state == "open" {
		_, err := s.live(ctx, tx, charge{
			purpose: forBalance, lot: p.LotID, caseID: b.CaseID, account: b.AccountID, whole: b.Amount, rest: b.Amount - paid,
		})
		return true, err
	}
	if err := s.duties.Done(ctx, tx, now, duty.PayBalance, p.LotID.String()); err != nil {
		return false, err
	}
	return true, s.sales.RecordPaid(ctx, tx, now, p.LotID)
}

// balanceAccount is where the money of a balance lies: in the case's proceeds,
// and in escrow once its sale is set aside and all of it goes back.
func balanceAccount(state string) ledger.Purpose {
	if state == "reversed" {
		return ledger.Escrow
	}
	return ledger.Proceeds
}

// lookAgainAfter is how long a default waits for the second person.
const lookAgainAfter = time.Hour

// balanceDueDuty is the end of the period that the announcement named: an
// unpaid balance is a default, the deposit is kept (R24) and parts that were
// paid go back. The provider is asked first: who paid in time is not in default
// because a webhook is late, and while it does not answer nobody is.
func (s *Service) balanceDueDuty(ctx context.Context, d duty.Duty) error {
	if d.LotID == nil {
		return fault.Internalf("duty %s names no lot", d.ID)
	}
	if err := s.lookAgain(ctx, *d.LotID); err != nil {
		return err
	}
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		b, err := lockBalance(ctx, tx, *d.LotID)
		if fault.CodeOf(err) == fault.BalanceNotDue {
			return fault.Internalf("balance of lot %s falls due before it is opened", d.LotID)
		}
		if err != nil || b.State != "open" {
			return err
		}
		if now.Before(b.DueAt) {
			return duty.NotYet(b.DueAt)
		}
		// A transfer that one person entered decides nothing, but nobody is in default while another has to look at it.
		var entered bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM transfers_in i JOIN payment_references c ON c.code = i.payment_reference
			WHERE c.balance_of = @lot AND i.state = 'prepared')`, pgx.NamedArgs{"lot": b.LotID}).Scan(&entered); err != nil {
			return fault.Internalf("look for transfers of the balance: %w", err)
		}
		if entered {
			return duty.NotYet(now.Add(lookAgainAfter))
		}
		if _, err := tx.Exec(ctx, `UPDATE balances SET state = 'defaulted', settled_at = @now WHERE lot_id = @lot`,
			pgx.NamedArgs{"lot": b.LotID, "now": now}); err != nil {
			return fault.Internalf("default balance: %w", err)
		}
		deposits, err := lockBuyersDeposit(ctx, tx, b)
		if err != nil {
			return err
		}
		forfeited, err := forfeit(ctx, tx, now, deposits)
		if err != nil {
			return err
		}
		if err := s.returnParts(ctx, tx, now, b.LotID); err != nil {
			return err
		}
		return s.sales.RecordDefault(ctx, tx, now, b.LotID, forfeited)
	})
}

// lookAgain fetches a lot's unpaid balance pages anew, and the custodian's list, and applies what came.
func (s *Service) lookAgain(ctx context.Context, lot uuid.UUID) error {
	rows, err := s.pool.Query(ctx, `SELECT checkout_id FROM payments
		WHERE purpose = 'balance' AND lot_id = @lot AND state IN ('open', 'expired') AND checkout_id IS NOT NULL ORDER BY id`,
		pgx.NamedArgs{"lot": lot})
	if err != nil {
		return fault.Internalf("read balance's pages: %w", err)
	}
	pages, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fault.Internalf("read balance's pages: %w", err)
	}
	for _, page := range pages {
		if _, err := s.applyCheckout(ctx, page); err != nil {
			return err
		}
	}
	return s.readCustody(ctx)
}

// forfeit keeps a buyer's deposit that was applied to the price, or was kept before: a creditor who owed none has none to lose.
func forfeit(ctx context.Context, tx pgx.Tx, now time.Time, deposits []depositRow) (kept money.Fen, err error) {
	for i := range deposits {
		d := &deposits[i]
		kept += d.Amount
		if d.State == Forfeited {
			continue
		}
		if err := moveDeposit(ctx, tx, now, d, DepositDefaulted, time.Time{}); err != nil {
			return 0, err
		}
		err = ledger.Post(ctx, tx, now, ledger.Posting{
			CaseID: d.CaseID, Kind: "deposit_forfeited", Reference: d.ID, Key: "deposit_forfeited/" + d.ID.String(),
			Transfers: []ledger.Transfer{{Debit: ledger.Proceeds, Credit: ledger.Forfeits, Amount: d.Amount}},
		})
		if err != nil {
			return 0, err
		}
	}
	return kept, nil
}

// returnParts gives back what a defaulting buyer paid of the balance.
func (s *Service) returnParts(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error {
	if err := expireBalance(ctx, tx, lot); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT `+paymentColumns+` FROM payments
		WHERE purpose = 'balance' AND lot_id = @lot AND state = 'paid' ORDER BY id`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return fault.Internalf("read balance's payments: %w", err)
	}
	paid, err := pgx.CollectRows(rows, pgx.RowToStructByPos[paymentRow])
	if err != nil {
		return fault.Internalf("read balance's payments: %w", err)
	}
	for _, p := range paid {
		if err := s.oweRefund(ctx, tx, now, p, p.Amount); err != nil {
			return err
		}
	}
	return nil
}
