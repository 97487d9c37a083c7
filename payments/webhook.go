package payments

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/payments/gateway"
	"mingchui/payments/ledger"
)

// ReceiveWebhook proves a webhook, stores it by its id and owes its handling.
// A repeated id changes nothing; another API version is stored and alarmed.
//
// Faults: webhook_signature_invalid (invalid).
func (s *Service) ReceiveWebhook(ctx context.Context, payload []byte, signature string) error {
	now := s.clock.Now()
	event, err := s.provider.VerifyWebhook(payload, signature, now)
	if err != nil {
		return err
	}
	state := "stored"
	if event.VersionMismatch {
		state = "alarmed"
		s.log.ErrorContext(ctx, "webhook of another API version is kept and not applied",
			"event", event.ID, "type", event.Type, "version", event.APIVersion)
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO stripe_events (id, type, api_version, object_kind, object_id, intent_id, payload, state, received_at)
			VALUES (@id, @type, @version, @kind, @object, @intent, @payload, @state, @now)
			ON CONFLICT (id) DO NOTHING`,
			pgx.NamedArgs{
				"id": event.ID, "type": event.Type, "version": event.APIVersion, "kind": event.ObjectKind,
				"object": event.ObjectID, "intent": event.PaymentIntentID, "payload": event.Payload,
				"state": state, "now": now,
			})
		if err != nil {
			return fault.Internalf("store webhook: %w", err)
		}
		if tag.RowsAffected() == 0 || event.VersionMismatch {
			return nil
		}
		return s.duties.Owe(ctx, tx, now, duty.Duty{
			Kind: duty.ApplyPaymentEvent, Key: event.ID, Actor: duty.Machine, DueAt: now,
		})
	})
}

// applyEventDuty fetches the event's object anew and applies it forward.
func (s *Service) applyEventDuty(ctx context.Context, d duty.Duty) error {
	var kind, object, intent, state string
	err := s.pool.QueryRow(ctx, `SELECT object_kind, object_id, intent_id, state FROM stripe_events WHERE id = @id`,
		pgx.NamedArgs{"id": d.Key}).Scan(&kind, &object, &intent, &state)
	if err != nil {
		return fault.Internalf("read webhook: %w", err)
	}
	if state != "stored" {
		return nil
	}
	applied := false
	switch kind {
	case "checkout.session":
		applied, err = s.applyCheckout(ctx, object)
	case "payment_intent":
		applied, err = s.applyIntent(ctx, object)
	case "refund":
		applied, err = s.applyRefund(ctx, object)
	case "charge":
		applied, err = s.applyRefundsOf(ctx, intent)
	}
	if err != nil {
		return err
	}
	next := "ignored"
	if applied {
		next = "applied"
	}
	if _, err := s.pool.Exec(ctx, `UPDATE stripe_events SET state = @next, applied_at = @now WHERE id = @id AND state = 'stored'`,
		pgx.NamedArgs{"id": d.Key, "next": next, "now": s.clock.Now()}); err != nil {
		return fault.Internalf("mark webhook: %w", err)
	}
	return nil
}

func (s *Service) applyCheckout(ctx context.Context, id string) (bool, error) {
	page, err := s.provider.FetchCheckout(ctx, id)
	if err != nil {
		return false, err
	}
	payment, err := uuid.Parse(page.Metadata["payment_id"])
	if err != nil {
		return false, nil //nolint:nilerr // not a page of ours
	}
	if page.Paid && page.PaymentIntentID != "" {
		return s.received(ctx, payment, page.PaymentIntentID)
	}
	if page.Status == gateway.CheckoutExpired {
		tag, err := s.pool.Exec(ctx, `UPDATE payments SET state = 'expired' WHERE id = @id AND state IN ('asked', 'open')`,
			pgx.NamedArgs{"id": payment})
		if err != nil {
			return false, fault.Internalf("expire payment: %w", err)
		}
		return tag.RowsAffected() == 1, nil
	}
	return false, nil
}

func (s *Service) applyIntent(ctx context.Context, id string) (bool, error) {
	paid, err := s.provider.FetchPayment(ctx, id)
	if err != nil {
		return false, err
	}
	payment, err := uuid.Parse(paid.Metadata["payment_id"])
	if err != nil || paid.Status != gateway.PaymentSucceeded {
		return false, nil //nolint:nilerr // not a payment of ours, or not received yet
	}
	return s.received(ctx, payment, id)
}

// received records money that arrived: the payment, its posting, and what
// follows for its deposit or balance, in one transaction; that of a deposit which
// is then paid whole together with others that arrive. Received again it changes
// nothing. The amount is the provider's, fetched anew.
func (s *Service) received(ctx context.Context, id uuid.UUID, intent string) (bool, error) {
	there, err := s.provider.FetchPayment(ctx, intent)
	if err != nil {
		return false, err
	}
	if there.Status != gateway.PaymentSucceeded {
		return false, nil
	}
	w := &depositArrival{payment: id, intent: intent, there: there}
	if err := s.arrivals.Do(ctx, w); err != nil {
		return false, err
	}
	if !w.alone {
		return w.applied, nil
	}
	now := s.clock.Now()
	applied := false
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		applied = false
		// The charge's row is locked before the payment's, as everywhere.
		p, err := readPayment(ctx, tx, id)
		if fault.KindOf(err) == fault.NotFound {
			return nil // it names a payment of somebody else: reconciliation finds the money
		}
		if err != nil {
			return err
		}
		if !fits(there, p) {
			s.log.ErrorContext(ctx, "money that is not what was asked for is left to the reconciliation", "payment", id,
				"received", there.ReceivedFen, "currency", there.Currency, "asked", p.Amount)
			return nil
		}
		applied, err = s.arrived(ctx, tx, now, p, arrival{intent, ledger.Clearing})
		return err
	})
	return applied, err
}

// fits: a payment is made in whole and in yuan; other money goes to suspense.
func fits(there gateway.Payment, p paymentRow) bool {
	return there.ReceivedFen == p.Amount && strings.EqualFold(there.Currency, "cny")
}

// arrival is money for a payment: by which intent of the provider, none where
// a transfer brought it, and from which account, clearing or, where finance
// found out whose it is, suspense.
type arrival struct {
	intent string
	from   ledger.Purpose
}

func (s *Service) arrived(ctx context.Context, tx pgx.Tx, now time.Time, p paymentRow, a arrival) (bool, error) {
	switch p.Purpose {
	case forDeposit:
		return s.depositReceived(ctx, tx, now, p, a)
	case forBalance:
		return s.balanceReceived(ctx, tx, now, p, a)
	case forDebt:
		return s.debtReceived(ctx, tx, now, p, a)
	}
	return false, nil
}

// markPaid moves the payment to paid; false when it was paid already.
func markPaid(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID, intent string) (bool, error) {
	n, err := markAllPaid(ctx, tx, now, []uuid.UUID{id}, []string{intent})
	return n == 1, err
}

func (s *Service) depositReceived(ctx context.Context, tx pgx.Tx, now time.Time, p paymentRow, a arrival) (bool, error) {
	if p.DepositID == nil {
		return false, fault.Internalf("payment %s for a deposit names none", p.ID)
	}
	d, err := lockDeposit(ctx, tx, *p.DepositID)
	if err != nil {
		return false, err
	}
	fresh, err := markPaid(ctx, tx, now, p.ID, a.intent)
	if err != nil || !fresh {
		return false, err
	}
	over, err := s.post(ctx, tx, now, p.LotID, heldPosting(p, a.from, nil))
	if err != nil {
		return false, err
	}
	if d.State != Requested {
		return true, s.returnLate(ctx, tx, now, &d, p)
	}
	d.Paid += p.Amount
	if d.Paid > d.Amount {
		return true, s.returnLate(ctx, tx, now, &d, p) // an expired page was paid beside its successor
	}
	if _, err := tx.Exec(ctx, `UPDATE deposits SET paid_fen = @paid WHERE id = @id`,
		pgx.NamedArgs{"id": d.ID, "paid": d.Paid}); err != nil {
		return false, fault.Internalf("count deposit's money: %w", err)
	}
	// An enrolment that committed beside the end was not seen by the release;
	// its money goes back at once (R23). Who won was admitted before.
	if over {
		within, err := returnWithin(ctx, tx, d.LotID)
		if err != nil {
			return false, err
		}
		return true, s.giveBack(ctx, tx, now, &d, now.Add(within))
	}
	if d.Paid < d.Amount {
		_, err := s.live(ctx, tx, charge{
			purpose: forDeposit, deposit: &d.ID, lot: d.LotID, caseID: d.CaseID, account: d.AccountID, whole: d.Amount, rest: d.Amount - d.Paid,
		})
		return true, err
	}
	if err := moveDeposit(ctx, tx, now, &d, DepositPaid, time.Time{}); err != nil {
		return false, err
	}
	return true, s.admitter.DepositHeld(ctx, tx, now, d.LotID)
}

// post posts what happens to a deposit whose row is locked. Until bidding on its
// lot is over the posting is sealed (R18); afterwards what was sealed before is
// disclosed first, so that the log's accounts never stand below zero.
func (s *Service) post(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, p ledger.Posting) (over bool, err error) {
	if err := tx.QueryRow(ctx, `SELECT status IN ('ended', 'withdrawn') FROM lots WHERE id = @lot`,
		pgx.NamedArgs{"lot": lot}).Scan(&over); err != nil {
		return false, fault.Internalf("look whether the lot is over: %w", err)
	}
	if over {
		if err := ledger.Disclose(ctx, tx, now, lot); err != nil {
			return over, err
		}
	} else {
		p.SealedLot = &lot
	}
	return over, ledger.Post(ctx, tx, now, p)
}

// returnLate gives back a payment that came when nothing was asked any more.
func (s *Service) returnLate(ctx context.Context, tx pgx.Tx, now time.Time, d *depositRow, p paymentRow) error {
	if d.State == Lapsed || d.State == Returned {
		within, err := returnWithin(ctx, tx, d.LotID)
		if err != nil {
			return err
		}
		if err := moveDeposit(ctx, tx, now, d, DepositLate, now.Add(within)); err != nil {
			return err
		}
	}
	return s.oweRefund(ctx, tx, now, p, p.Amount)
}
