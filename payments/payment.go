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
	"mingchui/payments/gateway"
)

// PaymentState is where one try to pay stands.
type PaymentState string

const (
	// Asked has its key committed; its page is being opened.
	Asked PaymentState = "asked"
	// Open has a page at the provider where it can be paid until expires_at.
	Open PaymentState = "open"
	// Paid is money received, posted in the same transaction. Final; what is
	// given back of it is counted beside.
	Paid PaymentState = "paid"
	// Expired can no longer be paid; a new try is asked for when its payer
	// comes back. Money that arrives all the same makes it paid.
	Expired PaymentState = "expired"
)

type purpose string

const (
	forDeposit purpose = "deposit"
	forBalance purpose = "balance"
	// forDebt is of the case's debtor: it names no lot and no account.
	forDebt purpose = "debt"
)

// charge is what is still to be paid of a deposit, a balance or a debt.
type charge struct {
	purpose purpose
	deposit *uuid.UUID
	// lot and account are uuid.Nil for a debt.
	lot, caseID, account uuid.UUID
	// whole is all that is due, rest what is missing of it.
	whole, rest money.Fen
	// until is when its page runs out; zero for the usual time.
	until time.Time
}

type paymentRow struct {
	ID                     uuid.UUID
	Purpose                purpose
	DepositID              *uuid.UUID
	LotID, CaseID, Account uuid.UUID
	Amount, Refunded       money.Fen
	State                  PaymentState
	Key                    string
	CheckoutID, IntentID   *string
	URL                    string
	ExpiresAt              time.Time
	// TransferID is the transfer to the court's account that brought it; nil where the provider did.
	TransferID *uuid.UUID
	// CreditID is the custodian's credit that brought it.
	CreditID *string
}

// A debt's lot and account are read as uuid.Nil.
const paymentColumns = `id, purpose, deposit_id, coalesce(lot_id, '00000000-0000-0000-0000-000000000000'), case_id, coalesce(account_id, '00000000-0000-0000-0000-000000000000'), amount_fen, refunded_fen, state, idempotency_key, checkout_id, intent_id, payment_url, expires_at, transfer_id, credit_id`

// ask writes a payment for what is left of a charge, at most MaxPayment, with
// its key, and owes the opening of its page. A large sum has no page but an
// account of the custodian, and then there is no payment before its money.
func (s *Service) ask(ctx context.Context, tx pgx.Tx, now time.Time, c charge) (uuid.UUID, error) {
	if s.InCustody(c.whole) {
		return uuid.Nil, s.askCustody(ctx, tx, now, c)
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	expires := now.Add(s.openFor)
	if !c.until.IsZero() && c.until.Before(expires) {
		expires = c.until
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO payments (id, purpose, deposit_id, lot_id, case_id, account_id, amount_fen, state, idempotency_key, asked_at, expires_at)
		VALUES (@id, @purpose, @deposit, @lot, @case, @account, @amount, 'asked', @key, @now, @expires)`,
		pgx.NamedArgs{
			"id": id, "purpose": c.purpose, "deposit": c.deposit, "lot": orNone(c.lot), "case": c.caseID, "account": orNone(c.account),
			"amount": min(c.rest, MaxPayment), "key": "pay/" + id.String(), "now": now, "expires": expires,
		}); err != nil {
		return uuid.Nil, fault.Internalf("insert payment: %w", err)
	}
	return id, s.duties.Owe(ctx, tx, now, duty.Duty{
		Kind: duty.OpenCheckout, Key: id.String(), Actor: duty.Machine, Rule: c.purpose.rule(), DueAt: now,
	})
}

// rule is the row of the rule book that asks for the money.
func (p purpose) rule() string {
	switch p {
	case forDeposit:
		return "R17"
	case forBalance:
		return "R25"
	case forDebt:
		return "R17w"
	}
	return ""
}

// orNone is NULL for no id.
func orNone(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func (s *Service) openCheckoutDuty(ctx context.Context, d duty.Duty) error {
	id, err := uuid.Parse(d.Key)
	if err != nil {
		return fault.Internalf("duty %s names no payment: %w", d.ID, err)
	}
	_, err = s.openCheckout(ctx, id)
	return err
}

// MovePages leads open payment pages to where the provider serves them now:
// origin is its scheme and host. Stripe's own never move; a stand-in's do, when
// it is started on another port.
func (s *Service) MovePages(ctx context.Context, origin string) error {
	_, err := s.pool.Exec(ctx, `UPDATE payments SET payment_url = regexp_replace(payment_url, '^[a-z]+://[^/]+', @origin)
		WHERE state = 'open' AND NOT starts_with(payment_url, @origin || '/')`, pgx.NamedArgs{"origin": origin})
	if err != nil {
		return fault.Internalf("move payment pages: %w", err)
	}
	return nil
}

// openCheckout opens the payment's page at the provider; a page that is open
// already is returned. The key was committed with the payment, so a call that
// was cut off is simply made again.
func (s *Service) openCheckout(ctx context.Context, id uuid.UUID) (string, error) {
	p, err := readPayment(ctx, s.pool, id)
	if err != nil || p.State != Asked {
		return p.URL, err
	}
	if !s.clock.Now().Add(leastOpen).Before(p.ExpiresAt) {
		return "", s.expire(ctx, id) // its page would be refused; the payer's next visit asks for a new one
	}
	page := s.payersPage(p)
	made, err := s.provider.CreateCheckout(ctx, gateway.CheckoutRequest{
		IdempotencyKey: p.Key,
		AmountFen:      p.Amount,
		Description:    describe(p),
		Metadata:       map[string]string{"payment_id": p.ID.String(), "duty_id": p.ID.String(), "purpose": string(p.Purpose)},
		Reference:      p.ID.String(),
		SuccessURL:     page + "?paid=1",
		CancelURL:      page + "?paid=0",
		ExpiresAt:      p.ExpiresAt, // the page and our row run out together
	})
	if err != nil {
		if gateway.NeedsNewKey(err) { // a stored error; the page that it may hide was shown to nobody
			if _, failed := s.pool.Exec(ctx, `UPDATE payments SET idempotency_key = @key WHERE id = @id AND state = 'asked'`,
				pgx.NamedArgs{"id": id, "key": p.Key + "'"}); failed != nil {
				return "", fault.Internalf("give payment a new key: %w", failed)
			}
		}
		return "", err
	}
	now := s.clock.Now()
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			UPDATE payments SET state = 'open', checkout_id = @checkout, intent_id = nullif(@intent, ''),
				payment_url = @url, opened_at = @now
			WHERE id = @id AND state = 'asked'`,
			pgx.NamedArgs{"id": id, "checkout": made.ID, "intent": made.PaymentIntentID, "url": made.URL, "now": now}); err != nil {
			return fault.Internalf("open payment: %w", err)
		}
		return s.duties.Done(ctx, tx, now, duty.OpenCheckout, id.String())
	})
	return made.URL, err
}

// leastOpen is the shortest time that Stripe keeps a page open, and a minute.
const leastOpen = 31 * time.Minute

// payersPage is where a payer comes back to. The debtor's names nothing: it opens by the code alone.
func (s *Service) payersPage(p paymentRow) string {
	switch p.Purpose {
	case forDeposit:
		return s.siteURL + "/lots/" + p.LotID.String() + "/enrol"
	case forBalance:
		return s.siteURL + "/lots/" + p.LotID.String()
	case forDebt:
		return s.siteURL + "/debtor"
	}
	return s.siteURL
}

func (s *Service) expire(ctx context.Context, id uuid.UUID) error {
	if _, err := s.pool.Exec(ctx, `UPDATE payments SET state = 'expired' WHERE id = @id AND state IN ('asked', 'open')`,
		pgx.NamedArgs{"id": id}); err != nil {
		return fault.Internalf("expire payment: %w", err)
	}
	return nil
}

func describe(p paymentRow) string {
	switch p.Purpose {
	case forDeposit:
		return "司法拍卖竞买保证金 / Deposit, judicial auction · " + p.LotID.String()
	case forDebt:
		return "执行案款 / Payment into an enforcement case · " + p.CaseID.String()
	case forBalance:
	}
	return "司法拍卖成交余款 / Balance, judicial auction · " + p.LotID.String()
}

func readPayment(ctx context.Context, q querier, id uuid.UUID) (paymentRow, error) {
	rows, err := q.Query(ctx, `SELECT `+paymentColumns+` FROM payments WHERE id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return paymentRow{}, fault.Internalf("read payment: %w", err)
	}
	return onePayment(rows)
}

func onePayment(rows pgx.Rows) (paymentRow, error) {
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[paymentRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return paymentRow{}, fault.Wrap(fault.NotFound, fault.NotFoundCode, err)
	}
	if err != nil {
		return paymentRow{}, fault.Internalf("read payment: %w", err)
	}
	return p, nil
}

// PaymentURL is where what is left of a deposit can be paid now; empty when
// nothing is left to pay. A page that expired is replaced by a new one.
func (s *Service) PaymentURL(ctx context.Context, deposit uuid.UUID) (string, error) {
	var id uuid.UUID
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		d, err := lockDeposit(ctx, tx, deposit)
		if err != nil || d.State != Requested {
			return err
		}
		id, err = s.live(ctx, tx, charge{
			purpose: forDeposit, deposit: &d.ID, lot: d.LotID, caseID: d.CaseID, account: d.AccountID, whole: d.Amount, rest: d.Amount - d.Paid,
		})
		return err
	})
	if err != nil || id == uuid.Nil {
		return "", err
	}
	return s.openCheckout(ctx, id)
}

// live finds the charge's payment that can be paid, or asks for a new one.
// The charge's own row is locked by the caller.
func (s *Service) live(ctx context.Context, tx pgx.Tx, c charge) (uuid.UUID, error) {
	now := s.clock.Now()
	if _, err := tx.Exec(ctx, `
		UPDATE payments SET state = 'expired'
		WHERE state IN ('asked', 'open') AND expires_at <= @now
			AND (deposit_id = @deposit OR (@deposit::uuid IS NULL AND purpose = 'balance' AND lot_id = @lot))`,
		pgx.NamedArgs{"deposit": c.deposit, "lot": c.lot, "now": now}); err != nil {
		return uuid.Nil, fault.Internalf("expire payments: %w", err)
	}
	var id uuid.UUID
	err := tx.QueryRow(ctx, `
		SELECT id FROM payments WHERE state IN ('asked', 'open')
			AND (deposit_id = @deposit OR (@deposit::uuid IS NULL AND purpose = 'balance' AND lot_id = @lot))`,
		pgx.NamedArgs{"deposit": c.deposit, "lot": c.lot}).Scan(&id)
	switch {
	case err == nil:
		return id, nil
	case errors.Is(err, pgx.ErrNoRows):
		return s.ask(ctx, tx, now, c)
	default:
		return uuid.Nil, fault.Internalf("find live payment: %w", err)
	}
}

// expirePayments closes a deposit's open pages in our books; the provider's
// page runs out by itself, and money that still arrives is returned.
func (s *Service) expirePayments(ctx context.Context, tx pgx.Tx, deposit uuid.UUID) error {
	if _, err := tx.Exec(ctx, `UPDATE payments SET state = 'expired' WHERE deposit_id = @deposit AND state IN ('asked', 'open')`,
		pgx.NamedArgs{"deposit": deposit}); err != nil {
		return fault.Internalf("expire payments: %w", err)
	}
	return nil
}
