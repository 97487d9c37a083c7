package casefund

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Receipt is when a creditor, by the claim, or the debtor, by none, received something of a plan.
type Receipt struct {
	Claim      *uuid.UUID `json:"claim,omitempty"`
	ReceivedAt time.Time  `json:"received_at"`
}

// Serve puts on record who received a plan, and when (送达, CPI 509). From then on each has 15 days to object. It is said once of each.
//
// Faults: role_forbidden, not_found (a claim that the plan does not know), invalid_request (receipts[i].received_at before the plan was made or in
// the future), state_conflict (another plan took its place, or one has received it already).
func (s *Service) Serve(ctx context.Context, by auction.Actor, plan uuid.UUID, receipts []Receipt) error {
	step := trail.Step{Act: trail.PlanServed, Rule: "F4o", Public: true}
	return s.onPlan(ctx, by, plan, court, step, func(a *auction.CaseAct, b *books, p *stored) error {
		if len(receipts) == 0 {
			return wrong("receipts", "F4o")
		}
		root := b.root(p)
		known := ids(root.Terms.Claims)
		body := audit.PlanServed{Distribution: root.ID.String()}
		for i, r := range receipts {
			at := fmt.Sprintf("receipts[%d]", i)
			if r.Claim != nil && !known[r.Claim.String()] {
				return fault.New(fault.NotFound, fault.NotFoundCode).InField(at + ".claim").ByRule("F4o")
			}
			when := audit.Millis(r.ReceivedAt)
			if when.Before(root.MadeAt) || when.After(a.Now) {
				return wrong(at+".received_at", "F4o")
			}
			_, err := a.Tx.Exec(ctx, `INSERT INTO plan_receipts (distribution_id, case_id, claim_id, received_at, recorded_by, recorded_at) VALUES (@plan, @case, @claim, @at, @by, @now)`,
				pgx.NamedArgs{"plan": root.ID, "case": p.CaseID, "claim": r.Claim, "at": when, "by": by.AccountID, "now": a.Now})
			if violates(err, "plan_receipts_once") {
				return fault.New(fault.Conflict, fault.StateConflict).InField(at + ".claim").ByRule("F4o")
			}
			if err != nil {
				return fault.Internalf("record a receipt: %w", err)
			}
			body.Receipts = append(body.Receipts, distribution.Receipt{Who: addressee(r.Claim), At: when})
		}
		a.Step.Detail = map[string]any{"distribution": root.ID, "receipts": len(receipts)}
		return a.Enter(ctx, audit.KindPlanServed, body)
	})
}
