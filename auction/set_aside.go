package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
	"mingchui/auction/money"
	"mingchui/auction/papers"
)

// Reversed is what a setting aside does with the money of its sale: what goes back to the buyer, what of it is claimed back from who had
// it, and the deposit that a knowing buyer does not get back (R12e).
type Reversed struct {
	ReversedFen    money.Fen `json:"reversed_fen"`
	RecoverableFen money.Fen `json:"recoverable_fen"`
	KeptFen        money.Fen `json:"kept_fen"`
}

// MaySetAside tells whether by could set the lot's sale aside as it stands now,
// before any money is touched; objection.SetAside decides it again.
//
// Faults: role_forbidden, not_found, state_conflict.
func (s *Service) MaySetAside(ctx context.Context, by Actor, lot uuid.UUID) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, by, lot)
		if err != nil {
			return err
		}
		rules, err := l.rules()
		if err != nil {
			return err
		}
		_, _, err = lifecycle.Step(rules, l.life(), lifecycle.Happening{Event: lifecycle.WasSetAside, At: now})
		return err
	})
}

// ConfirmFirst makes the confirmation of a sale that falls before the machine came to it (R22): the ruling names the buyer.
func (a *LotAct) ConfirmFirst(ctx context.Context) error {
	if a.lot.state() != Sold || a.s.buyers == nil {
		return nil
	}
	return a.s.confirmOnce(ctx, a.Tx, a.Now, &a.lot)
}

// DraftSettingAside makes the ruling that sets the sale aside, for the court to sign: ground, reason and fallen are the caller's facts, the
// sale's own are added.
func (a *LotAct) DraftSettingAside(ctx context.Context, ground string, reason docket.Text, fallen papers.Fallen) error {
	facts, err := saleFacts(ctx, a.Tx, &a.lot)
	if err != nil {
		return err
	}
	fallen.Approval = a.lot.Document.Approval != nil && !fallen.Request && fallen.Order.IsZero()
	facts.Ground, facts.Reason, facts.Fallen = ground, reason, &fallen
	err = a.Tx.QueryRow(ctx, `SELECT number, served_at FROM rulings WHERE lot_id = @lot`, pgx.NamedArgs{"lot": a.lot.ID}).Scan(&facts.RulingNumber, &facts.ServedAt)
	if err != nil && !isNoRows(err) {
		return fault.Internalf("read ruling: %w", err)
	}
	return makePaper(ctx, a.Tx, a.Now, a.By, &a.lot, papers.SettingAsideDraft, facts)
}

// AdmitAgain lets the buyer of a defaulted sale that is set aside take part in the later sales of the property: nothing was owed,
// so nobody defaulted (R24x). Defaults of the same account in other sales of it stand.
func (a *LotAct) AdmitAgain(ctx context.Context) error {
	_, err := a.Tx.Exec(ctx, `
		WITH RECURSIVE later AS (
			SELECT id FROM lots WHERE previous_lot_id = @lot
			UNION SELECT l.id FROM lots l JOIN later p ON l.previous_lot_id = p.id),
		sales AS (
			SELECT id, previous_lot_id, outcome FROM lots WHERE id = @lot OR id IN (SELECT id FROM later)
			UNION SELECT l.id, l.previous_lot_id, l.outcome FROM lots l JOIN sales s ON l.id = s.previous_lot_id)
		DELETE FROM exclusions e USING confirmations c
		WHERE c.lot_id = @lot AND e.account_id = c.account_id AND e.ground = 'defaulter' AND e.lot_id IN (SELECT id FROM later)
			AND NOT EXISTS (SELECT FROM sales s JOIN confirmations o ON o.lot_id = s.id
				WHERE s.outcome = 'defaulted' AND s.id <> @lot AND o.account_id = c.account_id)`, pgx.NamedArgs{"lot": a.lot.ID})
	if err != nil {
		return fault.Internalf("admit a buyer again: %w", err)
	}
	return nil
}

// SettleForfeits owes the use of deposits that buyers of the property lost in other sales of it: where this was the last one, or where it was
// reckoned with and another stands (R24).
func (a *LotAct) SettleForfeits(ctx context.Context) error {
	return oweForfeitUse(ctx, a.Tx, a.s.duties, &a.lot, a.Now)
}
