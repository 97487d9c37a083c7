package casefund

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// Objecting is a written objection to a plan as the court records it (分配方案异议, CPI 509): a claim should count for another amount.
type Objecting struct {
	Plan uuid.UUID
	// By is the creditor who objects, by the claim; nil for the debtor.
	By *uuid.UUID
	// Claim is whose it is about, Asked what it should count for, 0 for nothing.
	Claim uuid.UUID
	Asked money.Fen
	// Text is read by the court alone; the log has its hash.
	Text string
	// LodgedAt is when the court received it.
	LodgedAt time.Time
}

// objected is an objection with the plan that it is about.
type objected struct {
	distribution.Objection

	ID, Root uuid.UUID
	No       int
	Text     string
}

// Object puts an objection on record. It is in time within 15 days of its maker's own receipt of the plan.
//
// Faults: role_forbidden, not_found (by, claim), invalid_request (text, asked_fen as the claim counts already, lodged_at in the future), the
// amount's, plan_objection_late (conflict, with latest_at), state_conflict (another plan took its place, or it is paid by; or the same objection stands).
func (s *Service) Object(ctx context.Context, by auction.Actor, o Objecting) (uuid.UUID, error) {
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	o.Text, o.LodgedAt = strings.TrimSpace(o.Text), audit.Millis(o.LodgedAt)
	step := trail.Step{Act: trail.PlanObjected, Rule: "F4o", Public: true}
	return id, s.onPlan(ctx, by, o.Plan, court, step, func(a *auction.CaseAct, b *books, p *stored) error {
		if b.underway() {
			return fault.New(fault.Conflict, fault.StateConflict).InField("distribution").ByRule("F4o")
		}
		if err := o.check(b, p, a.Now); err != nil {
			return err
		}
		hash := audit.HashText(o.Text)
		var no int
		err := a.Tx.QueryRow(ctx, `
			INSERT INTO plan_objections (id, distribution_id, case_id, no, by_claim_id, claim_id, asked_fen, body, lodged_at, recorded_by, recorded_at)
			SELECT @id, @plan, @case, coalesce(max(no), 0) + 1, @objector, @claim, @asked, @text, @lodged, @by, @now FROM plan_objections WHERE case_id = @case RETURNING no`,
			pgx.NamedArgs{
				"id": id, "plan": p.Root, "case": p.CaseID, "objector": o.By, "claim": o.Claim, "asked": o.Asked, "text": o.Text, "lodged": o.LodgedAt,
				"by": by.AccountID, "now": a.Now,
			}).Scan(&no)
		if violates(err, "plan_objections_once") {
			return fault.New(fault.Conflict, fault.StateConflict).InField("claim").ByRule("F4o")
		}
		if err != nil {
			return fault.Internalf("record an objection: %w", err)
		}
		a.Step.Detail = map[string]any{"objection": id, "no": no, "claim": o.Claim, "asked_fen": o.Asked}
		return a.Enter(ctx, audit.KindPlanObjected, audit.PlanObjected{
			Objection: id.String(), Distribution: p.Root.String(), No: no, By: addressee(o.By), Claim: o.Claim.String(), AskedFen: o.Asked, LodgedAt: o.LodgedAt, TextHash: hash,
		})
	})
}

func (o Objecting) check(b *books, p *stored, now time.Time) error {
	known := ids(b.root(p).Terms.Claims)
	n := utf8.RuneCountInString(o.Text)
	switch {
	case o.By != nil && !known[o.By.String()]:
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("by").ByRule("F4o")
	case !known[o.Claim.String()]:
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("claim").ByRule("F4o")
	case n == 0 || n > maxReason:
		return wrong("text", "F4o")
	case o.LodgedAt.After(now):
		return wrong("lodged_at", "F4o")
	}
	if err := o.Asked.Valid(); err != nil {
		return fault.New(fault.KindOf(err), fault.CodeOf(err)).InField("asked_fen").ByRule("F4o")
	}
	for _, k := range b.root(p).Terms.Claims {
		if k.ID == o.Claim.String() && k.Amount == o.Asked {
			return wrong("asked_fen", "F4o")
		}
	}
	if in, latest := b.course(p.Root).MayObject(addressee(o.By), o.LodgedAt); !in {
		f := fault.New(fault.Conflict, fault.PlanObjectionLate).InField("lodged_at").ByRule("F4o")
		if !latest.IsZero() {
			f = f.With("latest_at", latest)
		}
		return f
	}
	return nil
}

// readObjections lists a case's objections to its plans, in their order.
func readObjections(ctx context.Context, q querier, caseID uuid.UUID) ([]objected, error) {
	rows, err := q.Query(ctx, `SELECT id, distribution_id, no, by_claim_id, claim_id::text, asked_fen, body, lodged_at, coalesce(opposed_told_at, '0001-01-01'), coalesce(sued_at, '0001-01-01'),
			coalesce(judged_at, '0001-01-01'), coalesce(judged_fen, 0), coalesce(withdrawn_at, '0001-01-01')
		FROM plan_objections WHERE case_id = @case ORDER BY no`, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read objections to plans: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o objected, err error) {
		var by *uuid.UUID
		err = row.Scan(&o.ID, &o.Root, &o.No, &by, &o.Claim, &o.Asked, &o.Text, &o.LodgedAt, &o.OpposedToldAt, &o.SuedAt, &o.JudgedAt, &o.Judged, &o.WithdrawnAt)
		o.Objection.ID, o.By = o.ID.String(), addressee(by)
		for _, t := range []*time.Time{&o.LodgedAt, &o.OpposedToldAt, &o.SuedAt, &o.JudgedAt, &o.WithdrawnAt} {
			*t = t.UTC()
		}
		return o, err
	})
	if err != nil {
		return nil, fault.Internalf("read objections to plans: %w", err)
	}
	at := map[uuid.UUID]int{}
	for i := range list {
		at[list[i].ID] = i
	}
	rows, err = q.Query(ctx, `SELECT objection_id, claim_id, received_at, opposed_at IS NOT NULL FROM plan_objection_notices WHERE case_id = @case ORDER BY received_at, claim_id`,
		pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read notices of objections: %w", err)
	}
	var id uuid.UUID
	var claim *uuid.UUID
	var when time.Time
	var opposed bool
	_, err = pgx.ForEachRow(rows, []any{&id, &claim, &when, &opposed}, func() error {
		o := &list[at[id]]
		o.Told = append(o.Told, distribution.Receipt{Who: addressee(claim), At: when.UTC()})
		if opposed {
			o.Opposed = append(o.Opposed, addressee(claim))
		}
		return nil
	})
	if err != nil {
		return nil, fault.Internalf("read notices of objections: %w", err)
	}
	return list, nil
}
