package payments

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/custody"
	"mingchui/payments/gateway"
	"mingchui/payments/ledger"
)

// Provider is a custodian bank that takes large sums in Stripe's place: each deposit or balance has an account number of its own.
// custody.Client speaks the plain protocol; another bank is another implementation.
//
// A call that makes or moves something is done once for its key, which is committed before the call.
type Provider interface {
	OpenAccount(ctx context.Context, key string) (custody.Account, error)
	// Credits lists what was credited after a seq, oldest first and without gaps.
	Credits(ctx context.Context, after int64) (page []custody.Credit, more bool, err error)
	Return(ctx context.Context, key, credit string, amount money.Fen) (custody.Return, error)
	FetchReturn(ctx context.Context, id string) (custody.Return, error)
	Verify(payload []byte, signature string, now time.Time) (custody.Notice, error)
}

// lookEvery is how often the custodian is asked what it has credited, whether its notices come or not.
const lookEvery = 10 * time.Minute

const everyKey = "every/"

// InCustody tells whether a deposit or a balance of this sum is paid to an account of the custodian, which has no payment page: above the setting.
func (s *Service) InCustody(whole money.Fen) bool {
	return s.custodian != nil && whole > s.custodyAbove
}

// askCustody gives a large deposit or balance its reference and owes the opening of its account.
func (s *Service) askCustody(ctx context.Context, tx pgx.Tx, now time.Time, c charge) error {
	balance := &c.lot
	if c.deposit != nil {
		balance = nil
	}
	code, err := s.reference(ctx, tx, c.lot, c.deposit, balance)
	if err != nil {
		return err
	}
	rule := "R17"
	if c.purpose == forBalance {
		rule = "R25"
	}
	return s.duties.Owe(ctx, tx, now, duty.Duty{Kind: duty.OpenCustody, Key: code, Actor: duty.Machine, Rule: rule, DueAt: now})
}

func (s *Service) openCustodyDuty(ctx context.Context, d duty.Duty) error {
	_, err := s.openCustody(ctx, d.Key)
	return err
}

// openCustody opens the account of a reference at the custodian; one that is open already is read.
func (s *Service) openCustody(ctx context.Context, code string) (a custody.Account, err error) {
	read := func() error {
		return s.pool.QueryRow(ctx, `SELECT coalesce(custody_number, ''), coalesce(custody_holder, ''), coalesce(custody_bank, '') FROM payment_references WHERE code = @code`,
			pgx.NamedArgs{"code": code}).Scan(&a.Number, &a.Holder, &a.Bank)
	}
	if err := read(); err != nil {
		return a, fault.Internalf("read an account of the custodian: %w", err)
	}
	if a.Number != "" || s.custodian == nil {
		return a, nil
	}
	made, err := s.custodian.OpenAccount(ctx, code)
	if err != nil {
		return a, err
	}
	if made.Number == "" || made.Holder == "" || made.Bank == "" {
		return a, fault.Internalf("the custodian opened an account without number, holder or bank")
	}
	if _, err := s.pool.Exec(ctx, `UPDATE payment_references SET custody_number = @number, custody_holder = @holder, custody_bank = @bank WHERE code = @code AND custody_number IS NULL`,
		pgx.NamedArgs{"code": code, "number": made.Number, "holder": made.Holder, "bank": made.Bank}); err != nil {
		return a, fault.Internalf("keep an account of the custodian: %w", err)
	}
	if err := read(); err != nil {
		return a, fault.Internalf("read an account of the custodian: %w", err)
	}
	return a, nil
}

// ReceiveNotice proves a notice of the custodian and owes a look at its list. A repeated one changes nothing, and the list is
// looked at without any.
//
// Faults: webhook_signature_invalid, invalid_request, not_found (there is no custodian).
func (s *Service) ReceiveNotice(ctx context.Context, payload []byte, signature string) error {
	if s.custodian == nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	now := s.clock.Now()
	n, err := s.custodian.Verify(payload, signature, now)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		return s.duties.Owe(ctx, tx, now, duty.Duty{Kind: duty.FetchCredits, Key: "notice/" + n.ID, Rule: "F1", Actor: duty.Machine, DueAt: now})
	})
}

// OweCustody owes the next look at the custodian's list; each look owes the next. A node that begins to run duties calls it; called
// again, or without a custodian, it changes nothing.
func (s *Service) OweCustody(ctx context.Context) error {
	if s.custodian == nil {
		return nil
	}
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		var owed bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM duties WHERE kind = @kind AND starts_with(key, @every) AND state = 'owed')`,
			pgx.NamedArgs{"kind": duty.FetchCredits, "every": everyKey}).Scan(&owed); err != nil {
			return fault.Internalf("look for the next look at the custodian: %w", err)
		}
		if owed {
			return nil
		}
		return s.oweLook(ctx, tx, now)
	})
}

func (s *Service) oweLook(ctx context.Context, tx pgx.Tx, now time.Time) error {
	due := now.Truncate(lookEvery).Add(lookEvery)
	return s.duties.Owe(ctx, tx, now, duty.Duty{
		Kind: duty.FetchCredits, Key: everyKey + due.UTC().Format(time.RFC3339), Rule: "F1", Actor: duty.Machine, DueAt: due,
	})
}

// fetchCreditsDuty reads the custodian's list on from where it was read, applies what came, and asks how returns stand.
func (s *Service) fetchCreditsDuty(ctx context.Context, d duty.Duty) error {
	if s.custodian == nil {
		return nil // it was taken out of use; its credits are settled by then
	}
	if err := s.readCustody(ctx); err != nil {
		return err
	}
	if err := s.lookAtReturns(ctx); err != nil {
		return err
	}
	if !strings.HasPrefix(d.Key, everyKey) {
		return nil
	}
	return s.inTx(ctx, func(tx pgx.Tx) error { return s.oweLook(ctx, tx, s.clock.Now()) })
}

// readCustody reads the custodian's list on and applies what came; without a custodian it does nothing.
func (s *Service) readCustody(ctx context.Context) error {
	if s.custodian == nil {
		return nil
	}
	if err := s.storeCredits(ctx); err != nil {
		return err
	}
	return s.applyCredits(ctx)
}

// storeCredits stores the list page by page; what is stored already stays as it is.
func (s *Service) storeCredits(ctx context.Context) error {
	for more := true; more; {
		var reached int64
		if err := s.pool.QueryRow(ctx, `SELECT coalesce(max(seq), 0) FROM custody_credits`).Scan(&reached); err != nil {
			return fault.Internalf("read how far the custodian was read: %w", err)
		}
		var page []custody.Credit
		var err error
		if page, more, err = s.custodian.Credits(ctx, reached); err != nil {
			return err
		}
		more = more && len(page) > 0
		batch := &pgx.Batch{}
		for i, c := range page {
			// A gap would hide a credit for good: it is read again when the list is whole.
			if c.Seq != reached+int64(i)+1 || c.ID == "" || positive(c.AmountFen) != nil {
				return fault.Internalf("the custodian's list has %d fen with seq %d where %d follows", c.AmountFen, c.Seq, reached+int64(i)+1)
			}
			batch.Queue(`INSERT INTO custody_credits (id, seq, account, payer, amount_fen, booked_at, state, fetched_at)
				VALUES (@id, @seq, @account, @payer, @amount, @booked, 'stored', @now) ON CONFLICT DO NOTHING`,
				pgx.NamedArgs{"id": c.ID, "seq": c.Seq, "account": c.Account, "payer": c.Payer, "amount": c.AmountFen, "booked": c.BookedAt, "now": s.clock.Now()})
		}
		if err := s.inTx(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() }); err != nil {
			return fault.Internalf("store the custodian's credits: %w", err)
		}
	}
	return nil
}

// applyCredits brings each stored credit to its deposit or balance, or to suspense, each in a transaction of its own: one that
// cannot be applied holds up no other, and is tried again.
func (s *Service) applyCredits(ctx context.Context) error {
	rows, err := s.pool.Query(ctx, `SELECT id FROM custody_credits WHERE state = 'stored' ORDER BY seq`)
	if err != nil {
		return fault.Internalf("read the custodian's credits: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fault.Internalf("read the custodian's credits: %w", err)
	}
	var failed error
	for _, id := range ids {
		if err := s.inTx(ctx, func(tx pgx.Tx) error { return s.applyCredit(ctx, tx, s.clock.Now(), id) }); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

func (s *Service) applyCredit(ctx context.Context, tx pgx.Tx, now time.Time, id string) error {
	var amount money.Fen
	var state string
	var code *string
	err := tx.QueryRow(ctx, `SELECT c.amount_fen, c.state, r.code FROM custody_credits c LEFT JOIN payment_references r ON r.custody_number = c.account
		WHERE c.id = @id FOR UPDATE OF c`, pgx.NamedArgs{"id": id}).Scan(&amount, &state, &code)
	if err != nil {
		return fault.Internalf("lock a credit: %w", err)
	}
	if state != "stored" {
		return nil // another worker was faster
	}
	if _, err := tx.Exec(ctx, `UPDATE custody_credits SET state = 'applied', applied_at = @now WHERE id = @id`, pgx.NamedArgs{"id": id, "now": now}); err != nil {
		return fault.Internalf("mark a credit: %w", err)
	}
	if code != nil {
		_, err := s.credit(ctx, tx, now, *code, credited{Credit: &id, Amount: amount, From: ledger.Clearing})
		return err
	}
	return suspendCame(ctx, tx, now, came{Credit: &id, Amount: amount})
}

// lookAtReturns asks the custodian how returns stand that were on their way, of payments and of unknown money.
func (s *Service) lookAtReturns(ctx context.Context) error {
	type asked struct {
		ID     uuid.UUID
		Return string
	}
	refunds, err := listOf[asked](ctx, s, `SELECT r.id, r.provider_id FROM refunds r JOIN payments p ON p.id = r.payment_id
		WHERE r.state = 'asked' AND p.credit_id IS NOT NULL ORDER BY r.id`, nil)
	if err != nil {
		return err
	}
	for _, r := range refunds {
		there, err := s.custodian.FetchReturn(ctx, r.Return)
		if err != nil {
			return err
		}
		if _, err := s.settleRefund(ctx, r.ID, refundOf(there)); err != nil {
			return err
		}
	}
	unknown, err := listOf[asked](ctx, s, `SELECT id, return_id FROM unknown_money WHERE state = 'returning' AND return_id IS NOT NULL ORDER BY id`, nil)
	if err != nil {
		return err
	}
	for _, u := range unknown {
		there, err := s.custodian.FetchReturn(ctx, u.Return)
		if err != nil {
			return err
		}
		if err := s.settleUnknownReturn(ctx, u.ID, there); err != nil {
			return err
		}
	}
	return nil
}

// refundOf says of a custodian's return what the gateway says of a refund.
func refundOf(r custody.Return) gateway.Refund {
	out := gateway.Refund{ID: r.ID, AmountFen: r.AmountFen, FailureReason: r.Reason, Status: gateway.RefundPending}
	switch r.Status {
	case custody.ReturnPending:
	case custody.ReturnDone:
		out.Status = gateway.RefundSucceeded
	case custody.ReturnFailed:
		out.Status = gateway.RefundFailed
	}
	return out
}

// returnCredit has the custodian send unknown money back to where it came from.
func (s *Service) returnCredit(ctx context.Context, u unknownRow) error {
	made, err := s.custodian.Return(ctx, u.Key, *u.CreditID, u.Amount)
	if err != nil {
		return err
	}
	if _, err := s.pool.Exec(ctx, `UPDATE unknown_money SET return_id = @return WHERE id = @id AND state = 'returning'`,
		pgx.NamedArgs{"id": u.ID, "return": made.ID}); err != nil {
		return fault.Internalf("keep a return: %w", err)
	}
	return s.settleUnknownReturn(ctx, u.ID, made)
}

// settleUnknownReturn ends the return of unknown money: it left suspense, or is held again for finance to decide anew.
func (s *Service) settleUnknownReturn(ctx context.Context, id uuid.UUID, r custody.Return) error {
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		switch r.Status {
		case custody.ReturnDone:
			return returnedWhole(ctx, tx, now, id, r.ID)
		case custody.ReturnFailed:
			s.log.ErrorContext(ctx, "the custodian could not return unknown money", "unknown", id, "reason", r.Reason)
			if _, err := tx.Exec(ctx, `UPDATE unknown_money SET state = 'held', return_id = NULL WHERE id = @id AND state = 'returning'`, pgx.NamedArgs{"id": id}); err != nil {
				return fault.Internalf("hold unknown money again: %w", err)
			}
		case custody.ReturnPending:
		}
		return nil
	})
}
