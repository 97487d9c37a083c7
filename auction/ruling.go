package auction

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
	"mingchui/auction/outbox"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
)

// Ruling is the 拍卖成交裁定 on a paid sale.
type Ruling struct {
	Lot uuid.UUID
	// Number is the ruling's own: （2026）皖0202执1234号之一. Unique.
	Number string
	// ServedAt is when it reached the buyer: ownership passes then (R22). Zero means now.
	ServedAt time.Time
	// Late is a superior's reason for a service after its ten days (R20r).
	Late Late
}

// Rule records the ruling on a paid sale and its service, and owes the handing
// over (R20r).
//
// Faults: role_forbidden, not_found, state_conflict (not paid), invalid_request
// (number; a service in the future or before the payment), late_reason_required (with latest_at), difference_unpaid (R16d),
// eligibility_unproven (R17h).
func (s *Service) Rule(ctx context.Context, by Actor, r Ruling) error {
	number := strings.TrimSpace(r.Number)
	if number == "" || len(number) > 120 {
		return empty("number").ByRule("R20r")
	}
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, by, r.Lot)
		if err != nil {
			return err
		}
		served := now
		if !r.ServedAt.IsZero() {
			served = audit.Millis(r.ServedAt)
			if served.After(now) || (l.PaidAt != nil && served.Before(audit.Millis(*l.PaidAt))) {
				return empty("served_at").ByRule("R20r")
			}
		}
		if _, err := lifecycle.Next(l.state(), lifecycle.RulingServed); err != nil {
			return err
		}
		due, err := dueAt(ctx, tx, duty.MakeRuling, l.ID)
		if err != nil {
			return err
		}
		late, err := r.Late.lateness("R20r", due, served)
		if err != nil {
			return err
		}
		if err := differencePaid(ctx, tx, l.ID); err != nil {
			return err
		}
		if err := eligible(ctx, tx, &l); err != nil {
			return err
		}
		if err := pass(ctx, tx, s.duties, &l, lifecycle.Happening{Event: lifecycle.RulingServed, At: now, ServedAt: served}, "", nil); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO rulings (lot_id, number, made_by, made_at, served_at) VALUES (@lot, @number, @by, @now, @served)`,
			pgx.NamedArgs{"lot": l.ID, "number": number, "by": by.AccountID, "now": now, "served": served})
		if violates(err, "rulings_number_key") {
			return fault.New(fault.Conflict, fault.StateConflict).InField("number")
		}
		if err != nil {
			return fault.Internalf("insert ruling: %w", err)
		}
		if err := enterLot(ctx, tx, now, &l, audit.KindRuled, audit.Ruled{Number: number, ServedAt: served}); err != nil {
			return err
		}
		step := trail.Step{Act: trail.Ruled, Rule: "R20r", Detail: map[string]any{"served_at": served}, Public: true, Late: late}
		if err := onTrail(ctx, tx, now, by, &l, step); err != nil {
			return err
		}
		facts, err := saleFacts(ctx, tx, &l)
		if err != nil {
			return err
		}
		facts.RulingNumber, facts.ServedAt = number, served
		for _, kind := range []papers.Kind{papers.RulingDraft, papers.RegistryNotice} {
			if err := makePaper(ctx, tx, now, by, &l, kind, facts); err != nil {
				return err
			}
		}
		return outbox.Tell(ctx, tx, now, "lot.ruled", lotTold{Lot: l.ID, Case: l.CaseID, At: now})
	})
}

// HandOver records that the property was handed over to the buyer (R20r).
//
// Faults: role_forbidden, not_found, state_conflict (not ruled, or handed over already).
func (s *Service) HandOver(ctx context.Context, by Actor, lot uuid.UUID) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, by, lot)
		if err != nil {
			return err
		}
		if err := pass(ctx, tx, s.duties, &l, lifecycle.Happening{Event: lifecycle.HandedOver, At: now}, "", nil); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE rulings SET handed_over_at = @now WHERE lot_id = @lot AND handed_over_at IS NULL`,
			pgx.NamedArgs{"lot": lot, "now": now})
		if err != nil {
			return fault.Internalf("record handing over: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return conflict(l.state())
		}
		if err := enterLot(ctx, tx, now, &l, audit.KindHandedOver, audit.HandedOver{HandedOverAt: now}); err != nil {
			return err
		}
		facts, err := saleFacts(ctx, tx, &l)
		if err != nil {
			return err
		}
		facts.HandedOverAt = now
		if err := tx.QueryRow(ctx, `SELECT number FROM rulings WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&facts.RulingNumber); err != nil {
			return fault.Internalf("read ruling: %w", err)
		}
		if err := makePaper(ctx, tx, now, by, &l, papers.HandoverRecord, facts); err != nil {
			return err
		}
		return onTrail(ctx, tx, now, by, &l, trail.Step{Act: trail.HandedOver, Rule: "R20r", Public: true})
	})
}
