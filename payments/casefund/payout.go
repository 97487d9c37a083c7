package casefund

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/distribution"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Purpose is what a payout is for.
type Purpose string

// The purposes: a claim; what the debtor and dependants need (F4l); what is left to the debtor.
const (
	ToClaim Purpose = "claim"
	ToKeep  Purpose = "kept"
	Surplus Purpose = "surplus"
)

// PayoutState is where a payout stands.
type PayoutState string

const (
	// PayoutApproved is posted for its payee and waits for an account and a file. Finance leaves it by releasing a file.
	PayoutApproved PayoutState = "approved"
	// PayoutSent is with the bank. Finance leaves it when the bank's statement shows it, or that it came back.
	PayoutSent PayoutState = "sent"
	// PayoutPaid left the court's account. Only the bank's return leaves it.
	PayoutPaid PayoutState = "paid"
)

// PayoutEvent is what happens to a payout.
type PayoutEvent string

// The events: a file took it along; the bank carried it out; it came back.
const (
	Sent     PayoutEvent = "sent"
	Settled  PayoutEvent = "paid"
	Returned PayoutEvent = "returned"
)

// NextPayout is the payout's state machine. An event that a state does not take is payment_state_conflict.
func NextPayout(s PayoutState, e PayoutEvent) (PayoutState, error) {
	conflict := fault.New(fault.Conflict, fault.PaymentStateConflict).ByRule("F3").With("state", string(s)).With("event", string(e))
	switch s {
	case PayoutApproved:
		switch e {
		case Sent:
			return PayoutSent, nil
		case Settled, Returned:
			return s, conflict
		}
	case PayoutSent:
		switch e {
		case Settled:
			return PayoutPaid, nil
		case Returned:
			return PayoutApproved, nil
		case Sent:
			return s, conflict
		}
	case PayoutPaid:
		switch e {
		case Returned:
			return PayoutApproved, nil
		case Sent, Settled:
			return s, conflict
		}
	}
	return s, conflict
}

// Payout is what a plan pays to a payee, as everybody sees it.
type Payout struct {
	ID        uuid.UUID              `json:"payout"`
	Plan      uuid.UUID              `json:"-"`
	To        distribution.Addressee `json:"to"`
	Purpose   Purpose                `json:"purpose"`
	AmountFen money.Fen              `json:"amount_fen"`
	State     PayoutState            `json:"status"`
	// ApprovedAt, and PaidAt once the bank carried it out.
	ApprovedAt time.Time  `json:"approved_at"`
	PaidAt     *time.Time `json:"paid_at,omitempty"`

	file, account *uuid.UUID
}

// readPayouts lists a case's payouts in the order in which they were approved.
func readPayouts(ctx context.Context, q querier, caseID uuid.UUID) ([]Payout, error) {
	rows, err := q.Query(ctx, `SELECT id, distribution_id, claim_id, purpose, amount_fen, state, approved_at, paid_at, file_id, account_id FROM payouts WHERE case_id = @case ORDER BY approved_at, id`,
		pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read payouts: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Payout, err error) {
		var claim *uuid.UUID
		err = row.Scan(&p.ID, &p.Plan, &claim, &p.Purpose, &p.AmountFen, &p.State, &p.ApprovedAt, &p.PaidAt, &p.file, &p.account)
		p.To = addressee(claim)
		return p, err
	})
	if err != nil {
		return nil, fault.Internalf("read payouts: %w", err)
	}
	return list, nil
}
