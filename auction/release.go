package auction

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
	"mingchui/auction/trail"
)

// ReleaseGrounds are why the seizure of a property is lifted while it waits for its next sale: the enforcement against it ended, or
// other lots of its case brought enough (R14s).
func ReleaseGrounds() []Ground {
	return []Ground{DebtPaid, ApplicantWithdrew, PartiesSettled, InstrumentAnnulled, ObjectionFounded, DebtCoveredGround}
}

// releaseRule is the rule under which a ground lifts the seizure.
func releaseRule(g Ground) string {
	if g == "" {
		return "R24r"
	}
	if g == DebtCoveredGround {
		return "R14s"
	}
	return "R17w"
}

// ReturnToDebtor lifts the seizure: without a ground of what nobody bought or took to the last (R24r), with one of ReleaseGrounds
// of any property that waits for its next sale. No sale of it follows, and forfeited deposits that waited for one are used (R24).
//
// Faults: role_forbidden, not_found, reason_required, invalid_request (ground), state_conflict (the sell-off did not fail, it was
// taken, or its next sale is announced), next_sale_drafted (with sale), debt_not_covered (R14s), late_reason_required (with latest_at).
func (s *Service) ReturnToDebtor(ctx context.Context, by Actor, c CourtAct) error {
	rule := releaseRule(c.Ground)
	if err := c.reasonGiven(rule); err != nil {
		return err
	}
	if c.Ground != "" && !slices.Contains(ReleaseGrounds(), c.Ground) {
		return empty("ground").ByRule("R24r")
	}
	step := trail.Step{Act: trail.Returned, Rule: rule, Ground: string(c.Ground), Reason: c.Reason, Public: true}
	return s.OnLot(ctx, by, c.Lot, nil, step, func(a *LotAct) error {
		if err := a.mayRelease(ctx, c, rule); err != nil {
			return err
		}
		if err := a.Move(ctx, lifecycle.Happening{Event: lifecycle.ReturnedToDebtor, Ended: c.Ground != ""}, "", nil); err != nil {
			return err
		}
		if err := insertAct(ctx, a.Tx, a.Now, by, string(trail.Returned), c); err != nil {
			return err
		}
		body := audit.ReturnedToDebtor{Ground: string(c.Ground), ReasonHash: audit.HashText(c.Reason.Zh)}
		if err := a.Enter(ctx, audit.KindReturned, body); err != nil {
			return err
		}
		if err := oweForfeitUse(ctx, a.Tx, a.s.duties, &a.lot, a.Now); err != nil {
			return err
		}
		return a.Tell(ctx, "lot.returned", lotTold{Lot: c.Lot, Case: a.lot.CaseID, At: a.Now})
	})
}

// mayRelease is what the state of the lot does not tell: its next sale, what its case brought, and the time of R24r.
func (a *LotAct) mayRelease(ctx context.Context, c CourtAct, rule string) error {
	var draft uuid.UUID
	err := a.Tx.QueryRow(ctx, `SELECT id FROM lots WHERE previous_lot_id = @lot AND status IN ('draft', 'voted')`, pgx.NamedArgs{"lot": c.Lot}).Scan(&draft)
	switch {
	case err == nil:
		return fault.New(fault.Conflict, fault.NextSaleDrafted).ByRule(rule).With("sale", draft)
	case !errors.Is(err, pgx.ErrNoRows):
		return fault.Internalf("look for the next sale: %w", err)
	}
	if c.Ground == DebtCoveredGround {
		life, err := caseLife(ctx, a.Tx, a.lot.CaseID)
		if err != nil {
			return err
		}
		if life.MayAnnounce() {
			return fault.New(fault.Conflict, fault.DebtNotCovered).InField("ground").ByRule("R14s").With("brought_fen", life.Brought()).
				With("needed_fen", life.Claim+life.Costs)
		}
	}
	if c.Ground == "" {
		var due time.Time
		if due, err = dueAt(ctx, a.Tx, duty.ReturnProperty, c.Lot); err != nil {
			return err
		}
		a.Step.Late, err = c.Late.lateness("R24r", due, a.Now)
		return err
	}
	return nil
}
