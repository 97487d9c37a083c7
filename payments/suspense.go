package payments

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/gateway"
	"mingchui/payments/ledger"
)

// unknownRow is money that the provider booked and that is no payment of ours.
type unknownRow struct {
	ID               uuid.UUID
	BookingID        string
	Intent           string
	Amount, Returned money.Fen
	State, Key       string
	// TransferID is the transfer to the court's account that brought it; nil where the provider did.
	TransferID *uuid.UUID
	// CreditID is the custodian's credit that did.
	CreditID *string
}

const unknownColumns = `id, coalesce(booking_id, 'transfer/' || transfer_id, 'custody/' || credit_id), intent_id, amount_fen, returned_fen, state, idempotency_key, transfer_id, credit_id`

// isSealed: a payment for a deposit of a lot whose bidding is not over; that there is one is nobody's to know (R18).
const isSealed = `EXISTS (SELECT FROM payments p JOIN lots l ON l.id = p.lot_id
	WHERE p.id = @payment AND p.purpose = 'deposit' AND l.status NOT IN ('ended', 'withdrawn'))`

// suspend keeps a charge that is no payment of ours, once, and posts it to suspense. One that names a deposit of a lot that
// still runs is posted when the lot is over: the log would tell that somebody has paid (R18). Money of another currency has no
// place in a ledger of yuan and stays a difference alone.
func (s *Service) suspend(ctx context.Context, b booking, kind string, names *paymentRow) error {
	if b.Currency != "cny" || b.Amount <= 0 {
		return nil
	}
	id, err := newID()
	if err != nil {
		return err
	}
	var payment *uuid.UUID
	if names != nil {
		payment = &names.ID
	}
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO unknown_money (id, booking_id, intent_id, amount_fen, kind, names_payment, state, found_at, idempotency_key)
			VALUES (@id, @booking, @intent, @amount, @kind, @payment, 'sealed', @now, @key)
			ON CONFLICT (booking_id) DO NOTHING`,
			pgx.NamedArgs{
				"id": id, "booking": b.ID, "intent": b.Intent, "amount": b.Amount, "kind": kind, "payment": payment,
				"now": now, "key": "unknown/" + id.String(),
			})
		if err != nil {
			return fault.Internalf("keep unknown money: %w", err)
		}
		var sealed bool
		if err := tx.QueryRow(ctx, `SELECT `+isSealed, pgx.NamedArgs{"payment": payment}).Scan(&sealed); err != nil {
			return fault.Internalf("look whether unknown money is sealed: %w", err)
		}
		if sealed || tag.RowsAffected() == 0 {
			return nil
		}
		return hold(ctx, tx, now, unknownRow{ID: id, BookingID: b.ID, Amount: money.Fen(b.Amount)})
	})
}

// hold posts unknown money from clearing to suspense.
func hold(ctx context.Context, tx pgx.Tx, now time.Time, u unknownRow) error {
	if _, err := tx.Exec(ctx, `UPDATE unknown_money SET state = 'held', held_at = @now WHERE id = @id AND state = 'sealed'`,
		pgx.NamedArgs{"id": u.ID, "now": now}); err != nil {
		return fault.Internalf("hold unknown money: %w", err)
	}
	return ledger.Post(ctx, tx, now, ledger.Posting{
		Kind: "unknown_received", Reference: u.ID, Key: "unknown_received/" + u.BookingID,
		Transfers: []ledger.Transfer{{Debit: ledger.Clearing, Credit: ledger.Suspense, Amount: u.Amount}},
	})
}

// openSealed posts what waited for the end of its lot.
func (s *Service) openSealed(ctx context.Context) error {
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+unknownColumns+` FROM unknown_money u WHERE u.state = 'sealed'
			AND EXISTS (SELECT FROM payments p JOIN lots l ON l.id = p.lot_id WHERE p.id = u.names_payment AND l.status IN ('ended', 'withdrawn'))
			ORDER BY u.id FOR UPDATE`)
		if err != nil {
			return fault.Internalf("read sealed unknown money: %w", err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[unknownRow])
		if err != nil {
			return fault.Internalf("read sealed unknown money: %w", err)
		}
		for _, u := range list {
			if err := hold(ctx, tx, now, u); err != nil {
				return err
			}
		}
		return nil
	})
}

// returned counts a refund, or its failure, of money that is in suspense; false when it is of none.
func (s *Service) returned(ctx context.Context, b booking) (known bool, err error) {
	now := s.clock.Now()
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		known = false
		rows, err := tx.Query(ctx, `SELECT `+unknownColumns+` FROM unknown_money
			WHERE intent_id = @intent AND @intent <> '' AND state IN ('held', 'returning', 'returned') FOR UPDATE`, pgx.NamedArgs{"intent": b.Intent})
		if err != nil {
			return fault.Internalf("find unknown money: %w", err)
		}
		u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[unknownRow])
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fault.Internalf("find unknown money: %w", err)
		}
		// Below zero: the refund failed and the money is in suspense again.
		back := money.Fen(-b.Amount)
		after, err := u.Returned.Add(back)
		if err != nil {
			return err
		}
		if back == 0 || after < 0 || after > u.Amount || b.Currency != "cny" {
			return nil // it does not fit: a difference
		}
		known = true
		tag, err := tx.Exec(ctx, `INSERT INTO unknown_money_returns (booking_id, unknown_id) VALUES (@booking, @id) ON CONFLICT DO NOTHING`,
			pgx.NamedArgs{"booking": b.ID, "id": u.ID})
		if err != nil {
			return fault.Internalf("count a return: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return nil
		}
		if _, err := tx.Exec(ctx, `
			UPDATE unknown_money SET returned_fen = @after,
				state = CASE WHEN @after = amount_fen THEN 'returned' WHEN state = 'returned' THEN 'held' ELSE state END,
				settled_at = CASE WHEN @after = amount_fen THEN @now::timestamptz END
			WHERE id = @id`, pgx.NamedArgs{"id": u.ID, "after": after, "now": now}); err != nil {
			return fault.Internalf("count a return: %w", err)
		}
		p := ledger.Posting{
			Kind: "unknown_returned", Reference: u.ID, Key: "unknown_returned/" + b.ID,
			Transfers: []ledger.Transfer{{Debit: ledger.Suspense, Credit: ledger.Clearing, Amount: back}},
		}
		if back < 0 {
			p.Kind, p.Key = "unknown_return_failed", "unknown_return_failed/"+b.ID
			p.Transfers = []ledger.Transfer{{Debit: ledger.Clearing, Credit: ledger.Suspense, Amount: -back}}
		}
		return ledger.Post(ctx, tx, now, p)
	})
	return known, err
}

func lockUnknown(ctx context.Context, tx pgx.Tx, id uuid.UUID) (unknownRow, error) {
	rows, err := tx.Query(ctx, `SELECT `+unknownColumns+` FROM unknown_money WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": id})
	if err != nil {
		return unknownRow{}, fault.Internalf("lock unknown money: %w", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[unknownRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return u, fault.New(fault.NotFound, fault.NotFoundCode).InField("suspense")
	}
	if err != nil {
		return u, fault.Internalf("lock unknown money: %w", err)
	}
	return u, nil
}

func written(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return "", fault.New(fault.Invalid, fault.ReasonRequired).InField("reason")
	}
	if utf8.RuneCountInString(reason) > maxReason {
		return "", fault.New(fault.Invalid, fault.InvalidRequest).InField("reason")
	}
	return reason, nil
}

// AssignUnknown gives unknown money to the payment that it was meant for, of a case of the actor's court: from suspense to
// where the payment's money lies, and all that follows as if it had come by its page.
//
// Faults: role_forbidden, not_found (suspense, payment), reason_required, amount_invalid (with expected_fen: a payment is made
// in whole), payment_state_conflict (settled already, or the payment is paid).
func (s *Service) AssignUnknown(ctx context.Context, by auction.Actor, id, payment uuid.UUID, reason string) error {
	if err := ofFinance(by); err != nil {
		return err
	}
	reason, err := written(reason)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		u, err := lockUnknown(ctx, tx, id)
		if err != nil {
			return err
		}
		p, err := readPayment(ctx, tx, payment)
		if fault.KindOf(err) == fault.NotFound {
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("payment")
		}
		if err != nil {
			return err
		}
		var court uuid.UUID
		if err := tx.QueryRow(ctx, `SELECT court_id FROM cases WHERE id = @case`, pgx.NamedArgs{"case": p.CaseID}).Scan(&court); err != nil {
			return fault.Internalf("read the payment's court: %w", err)
		}
		switch {
		case court != by.CourtID:
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("payment")
		case u.State != "held" || u.Returned != 0 || u.Intent == "" || p.State == Paid:
			return fault.New(fault.Conflict, fault.PaymentStateConflict)
		case p.Amount != u.Amount:
			return fault.New(fault.Invalid, fault.AmountInvalid).InField("payment").With("expected_fen", p.Amount)
		}
		fresh, err := s.arrived(ctx, tx, now, p, arrival{u.Intent, ledger.Suspense})
		if err != nil {
			return err
		}
		if !fresh {
			return fault.New(fault.Conflict, fault.PaymentStateConflict)
		}
		return settleUnknown(ctx, tx, now, by, id, payment, reason)
	})
}

// ofItsCourt holds that a transfer that lies in suspense came to the actor's court; what the provider booked names none.
func ofItsCourt(ctx context.Context, tx pgx.Tx, by auction.Actor, u unknownRow) error {
	if u.TransferID == nil {
		return nil
	}
	var court uuid.UUID
	if err := tx.QueryRow(ctx, `SELECT court_id FROM transfers_in WHERE id = @id`, pgx.NamedArgs{"id": u.TransferID}).Scan(&court); err != nil {
		return fault.Internalf("read the transfer's court: %w", err)
	}
	if court != by.CourtID {
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("suspense")
	}
	return nil
}

// AssignByReference gives a transfer, or a credit of the custodian, that lies in suspense to the deposit or the balance of a payment reference of the same court:
// all follows as if the payer had written it.
//
// Faults: role_forbidden, not_found (suspense), reason_required, payment_reference_invalid, payment_reference_unknown,
// payment_state_conflict (settled already, or the provider brought it, whose money is given to a payment).
func (s *Service) AssignByReference(ctx context.Context, by auction.Actor, id uuid.UUID, reference, reason string) error {
	if err := ofFinance(by); err != nil {
		return err
	}
	reason, err := written(reason)
	if err != nil {
		return err
	}
	code, err := ParseReference(reference)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		u, err := lockUnknown(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := ofItsCourt(ctx, tx, by, u); err != nil {
			return err
		}
		if err := referenceOf(ctx, tx, by, &code); err != nil {
			return err
		}
		if u.State != "held" || (u.TransferID == nil && u.CreditID == nil) {
			return fault.New(fault.Conflict, fault.PaymentStateConflict)
		}
		payment, err := s.credit(ctx, tx, now, code, credited{u.TransferID, u.CreditID, u.Amount, ledger.Suspense})
		if err != nil {
			return err
		}
		return settleUnknown(ctx, tx, now, by, id, payment, reason)
	})
}

// settleUnknown marks unknown money given to a payment.
func settleUnknown(ctx context.Context, tx pgx.Tx, now time.Time, by auction.Actor, id, payment uuid.UUID, reason string) error {
	if _, err := tx.Exec(ctx, `UPDATE unknown_money SET state = 'assigned', payment_id = @payment, settled_at = @now,
		decided_by = @by, decided_at = @now, reason = @reason WHERE id = @id AND state = 'held'`,
		pgx.NamedArgs{"id": id, "payment": payment, "by": by.AccountID, "reason": reason, "now": now}); err != nil {
		return fault.Internalf("assign unknown money: %w", err)
	}
	return nil
}

// returnUnknownWithin is how soon finance sends back a transfer that is nobody's here: as soon as a deposit (ours).
const returnUnknownWithin = 24 * time.Hour

// returnedWhole posts what gave unknown money back, the court's transfer or the custodian's return, once.
func returnedWhole(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, by string) error {
	u, err := lockUnknown(ctx, tx, id)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `UPDATE unknown_money SET state = 'returned', returned_fen = amount_fen, settled_at = @now WHERE id = @id AND state = 'returning'`,
		pgx.NamedArgs{"id": id, "now": now})
	if err != nil {
		return fault.Internalf("return unknown money: %w", err)
	}
	if tag.RowsAffected() != 1 {
		return fault.New(fault.Conflict, fault.PaymentStateConflict).ByRule("F1")
	}
	return ledger.Post(ctx, tx, now, ledger.Posting{
		Kind: "unknown_returned", Reference: id, Key: "unknown_returned/" + by,
		Transfers: []ledger.Transfer{{Debit: ledger.Suspense, Credit: ledger.Clearing, Amount: u.Amount}},
	})
}

// ReturnUnknown sends unknown money back the way it came: the provider refunds its intent, and it leaves suspense when the
// provider's books show that it went. What came by a transfer is owed back by one, which two persons make (F5).
//
// Faults: role_forbidden, not_found (suspense), reason_required, payment_state_conflict (settled already, or no intent to refund).
func (s *Service) ReturnUnknown(ctx context.Context, by auction.Actor, id uuid.UUID, reason string) error {
	if err := ofFinance(by); err != nil {
		return err
	}
	reason, err := written(reason)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	return s.inTx(ctx, func(tx pgx.Tx) error {
		u, err := lockUnknown(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := ofItsCourt(ctx, tx, by, u); err != nil {
			return err
		}
		if u.State != "held" || (u.Intent == "" && u.TransferID == nil && u.CreditID == nil) {
			return fault.New(fault.Conflict, fault.PaymentStateConflict)
		}
		// A return that failed may be asked for again: each has its own key and its own duty.
		try := id.String() + "/" + strconv.FormatInt(now.UnixMilli(), 10)
		if _, err := tx.Exec(ctx, `UPDATE unknown_money SET state = 'returning', idempotency_key = @key, decided_by = @by, decided_at = @now, reason = @reason
			WHERE id = @id AND state = 'held'`,
			pgx.NamedArgs{"id": id, "key": "unknown/" + try, "by": by.AccountID, "reason": reason, "now": now}); err != nil {
			return fault.Internalf("send unknown money back: %w", err)
		}
		if u.TransferID != nil {
			return s.duties.Owe(ctx, tx, now, duty.Duty{Kind: duty.ReturnByTransfer, Key: id.String(), Rule: "F1", Actor: duty.Finance, DueAt: now.Add(returnUnknownWithin)})
		}
		return s.duties.Owe(ctx, tx, now, duty.Duty{Kind: duty.ReturnUnknown, Key: try, Rule: "F1", Actor: duty.Machine, DueAt: now})
	})
}

// returnUnknownDuty asks the provider for the refund, once; a second try looks first, as every refund does.
func (s *Service) returnUnknownDuty(ctx context.Context, d duty.Duty) error {
	key, _, _ := strings.Cut(d.Key, "/")
	id, err := uuid.Parse(key)
	if err != nil {
		return fault.Internalf("duty %s names no unknown money: %w", d.ID, err)
	}
	rows, err := s.pool.Query(ctx, `SELECT `+unknownColumns+` FROM unknown_money WHERE id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return fault.Internalf("read unknown money: %w", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[unknownRow])
	if err != nil {
		return fault.Internalf("read unknown money: %w", err)
	}
	if u.State != "returning" {
		return nil
	}
	if u.CreditID != nil {
		return s.returnCredit(ctx, u)
	}
	there, err := s.provider.FindRefunds(ctx, u.Intent)
	if err != nil {
		return err
	}
	for _, one := range there {
		if one.Metadata["unknown_id"] == u.ID.String() && (one.Status == gateway.RefundPending || one.Status == gateway.RefundSucceeded) {
			return nil
		}
	}
	_, err = s.provider.Refund(ctx, gateway.RefundRequest{
		IdempotencyKey: u.Key, PaymentIntentID: u.Intent, AmountFen: u.Amount - u.Returned,
		Metadata: map[string]string{"unknown_id": u.ID.String(), "duty_id": u.ID.String()},
	})
	if err != nil && gateway.NeedsNewKey(err) {
		if _, failed := s.pool.Exec(ctx, `UPDATE unknown_money SET idempotency_key = @key WHERE id = @id AND state = 'returning'`,
			pgx.NamedArgs{"id": u.ID, "key": u.Key + "'"}); failed != nil {
			return fault.Internalf("give a return a new key: %w", failed)
		}
	}
	return err
}
