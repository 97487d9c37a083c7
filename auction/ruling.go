package auction

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
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
// eligibility_unproven (R17h), approval_missing (R12e).
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
		rules, err := l.rules()
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
		if err := mayRule(ctx, tx, &l); err != nil {
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
		if err := registryNotice(ctx, tx, now, by, &l, number, served); err != nil {
			return err
		}
		if s.handovers != nil {
			a := &LotAct{Tx: tx, Now: now, By: by, Rules: rules, Step: &trail.Step{}, s: s, lot: l}
			if err := s.handovers.Begin(ctx, a, served); err != nil {
				return err
			}
		}
		return outbox.Tell(ctx, tx, now, "lot.ruled", lotTold{Lot: l.ID, Case: l.CaseID, At: now})
	})
}

// mayRule is what must be there before the ruling beside the price: the difference of a taking, the buyer's qualification.
func mayRule(ctx context.Context, tx pgx.Tx, l *lotRow) error {
	if err := differencePaid(ctx, tx, l.ID); err != nil {
		return err
	}
	return eligible(ctx, tx, l)
}

// draftRuling makes the draft that the court signs, once the price is there or a creditor took the property.
func draftRuling(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, l *lotRow) error {
	facts, err := saleFacts(ctx, tx, l)
	if err != nil {
		return err
	}
	return makePaper(ctx, tx, now, by, l, papers.RulingDraft, facts)
}

// registryNotice asks the registry to change the register by the ruling that was served.
func registryNotice(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, l *lotRow, number string, served time.Time) error {
	facts, err := saleFacts(ctx, tx, l)
	if err != nil {
		return err
	}
	facts.RulingNumber, facts.ServedAt = number, served
	return makePaper(ctx, tx, now, by, l, papers.RegistryNotice, facts)
}

// Handovers plans how property reaches its buyer; package handover does. A
// Service without one owes the handing over and nothing on the way to it.
type Handovers interface {
	// Begin plans the steps of a sale in the transaction of its ruling, which reached the buyer at servedAt.
	Begin(ctx context.Context, a *LotAct, servedAt time.Time) error
	// Settled lists the steps that were done or left out, in their order, with the court's own records of them.
	Settled(ctx context.Context, a *LotAct) ([]papers.HandoverLine, error)
	// End ends the steps that are left, in the transaction of the handing over or of setting the sale aside.
	End(ctx context.Context, a *LotAct) error
}

// Delivery is the handing over of a ruled lot's property.
type Delivery struct {
	Lot uuid.UUID
	// Late is needed after the fifteenth day, and not looked at before.
	Late Late
}

// HandOver records that the property was handed over to the buyer (R20r); steps on the way to it that are left end with it.
//
// Faults: role_forbidden, not_found, state_conflict (not ruled, or handed over already), late_reason_required.
func (s *Service) HandOver(ctx context.Context, by Actor, d Delivery) error {
	return s.OnLot(ctx, by, d.Lot, nil, trail.Step{Act: trail.HandedOver, Rule: "R20r", Public: true}, func(a *LotAct) error {
		return a.HandOver(ctx, d.Late)
	})
}

// HandOver is Service.HandOver within an act, whose step says that it is late. The caller's step stands for it on the trail.
func (a *LotAct) HandOver(ctx context.Context, late Late) error {
	due, err := a.HandoverDue(ctx)
	if err != nil {
		return err
	}
	if err := pass(ctx, a.Tx, a.s.duties, &a.lot, lifecycle.Happening{Event: lifecycle.HandedOver, At: a.Now}, "", nil); err != nil {
		return err
	}
	if a.Step.Late, err = late.lateness("R20r", due, a.Now); err != nil {
		return err
	}
	tag, err := a.Tx.Exec(ctx, `UPDATE rulings SET handed_over_at = @now WHERE lot_id = @lot AND handed_over_at IS NULL`,
		pgx.NamedArgs{"lot": a.lot.ID, "now": a.Now})
	if err != nil {
		return fault.Internalf("record handing over: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return conflict(a.lot.state())
	}
	if err := enterLot(ctx, a.Tx, a.Now, &a.lot, audit.KindHandedOver, audit.HandedOver{HandedOverAt: a.Now}); err != nil {
		return err
	}
	if a.s.handovers == nil {
		return a.recordHandover(ctx, nil)
	}
	way, err := a.s.handovers.Settled(ctx, a)
	if err != nil {
		return err
	}
	if err := a.recordHandover(ctx, way); err != nil {
		return err
	}
	return a.s.handovers.End(ctx, a)
}

// recordHandover makes the record that is signed at the handing over, of the steps that led to it.
func (a *LotAct) recordHandover(ctx context.Context, way []papers.HandoverLine) error {
	facts, err := saleFacts(ctx, a.Tx, &a.lot)
	if err != nil {
		return err
	}
	facts.HandedOverAt, facts.Way = a.Now, way
	if err := a.Tx.QueryRow(ctx, `SELECT number FROM rulings WHERE lot_id = @lot`, pgx.NamedArgs{"lot": a.lot.ID}).Scan(&facts.RulingNumber); err != nil {
		return fault.Internalf("read ruling: %w", err)
	}
	return makePaper(ctx, a.Tx, a.Now, a.By, &a.lot, papers.HandoverRecord, facts)
}

// HandoverDue is by when the property of a ruled lot is handed over (R20r).
//
// Faults: state_conflict (no ruling).
func (a *LotAct) HandoverDue(ctx context.Context) (time.Time, error) {
	var served time.Time
	err := a.Tx.QueryRow(ctx, `SELECT served_at FROM rulings WHERE lot_id = @lot`, pgx.NamedArgs{"lot": a.lot.ID}).Scan(&served)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, conflict(a.lot.state())
	}
	if err != nil {
		return time.Time{}, fault.Internalf("read ruling: %w", err)
	}
	return served.Add(a.Rules.HandoverWithin), nil
}

// Property is the lot's property as it stands, by its ids.
func (a *LotAct) Property(ctx context.Context) (map[uuid.UUID]docket.Asset, error) {
	rows, err := lotAssets(ctx, a.Tx, a.lot.ID)
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]docket.Asset, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Document
	}
	return out, nil
}
