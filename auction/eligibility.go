package auction

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Eligibility is the court's finding on whether the buyer of a house under
// purchase limits may own it (R17h), or has the approval that a change of equity takes (R12e).
type Eligibility struct {
	Lot       uuid.UUID
	Qualified bool
	// Knew is found of a buyer of equity who has no approval and bid though knowing that the announced qualification or condition was not
	// met: when the sale is set aside the deposit is kept (R12e, Fa Shi (2021) No. 20 art. 15 para. 3).
	Knew bool
	// Proof is the SHA-256, in hex, of what the buyer showed; it stays with the court.
	Proof string
	// Reason is needed where the buyer is not qualified.
	Reason docket.Text
}

// CheckEligibility records the finding. Without one that the buyer is qualified
// there is no ruling (House 4, 6): who is not qualified does not get the house,
// and the court sets the sale aside.
//
// Faults: role_forbidden, not_found, state_conflict (nobody bought or took it,
// or it is ruled; or no limit and no approval was announced), invalid_request (proof; knew, of a buyer who is qualified or where no approval
// was announced), reason_required.
func (s *Service) CheckEligibility(ctx context.Context, by Actor, e Eligibility) error {
	step := trail.Step{Act: trail.EligibilityChecked, Ground: "qualified"}
	if !e.Qualified {
		step.Ground = "not_qualified"
	}
	return s.OnLot(ctx, by, e.Lot, nil, step, func(a *LotAct) error {
		switch st := a.lot.state(); {
		case a.lot.ownersRule() == "", st != Sold && st != Paid && st != Taken:
			return conflict(st)
		case !audit.IsHash(e.Proof):
			return empty("proof").ByRule(a.lot.ownersRule())
		case e.Knew && (e.Qualified || a.lot.Document.Approval == nil):
			return empty("knew").ByRule("R12e")
		case !e.Qualified && (e.Reason.Zh == "" || e.Reason.En == ""):
			return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule(a.lot.ownersRule())
		}
		if e.Knew {
			a.Step.Ground = "knew_not_qualified"
		}
		a.Step.Rule = a.lot.ownersRule()
		id, err := newID()
		if err != nil {
			return err
		}
		_, err = a.Tx.Exec(ctx, `INSERT INTO eligibility_checks (id, lot_id, qualified, knew, proof, reason_zh, reason_en, checked_by, checked_at)
			VALUES (@id, @lot, @qualified, @knew, @proof, @zh, @en, @by, @now)`,
			pgx.NamedArgs{
				"id": id, "lot": e.Lot, "qualified": e.Qualified, "knew": e.Knew, "proof": e.Proof, "zh": e.Reason.Zh, "en": e.Reason.En,
				"by": by.AccountID, "now": a.Now,
			})
		if err != nil {
			return fault.Internalf("insert eligibility check: %w", err)
		}
		if err := a.Done(ctx, duty.CheckEligibility); err != nil {
			return err
		}
		return a.Enter(ctx, audit.KindEligibility, audit.EligibilityChecked{Qualified: e.Qualified, Knew: e.Knew, Proof: e.Proof})
	})
}

// KnewUnqualified tells whether the newest finding on a lot's buyer is that they bid knowing that they did not meet what was announced (R12e).
func KnewUnqualified(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (knew bool, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT knew FROM eligibility_checks WHERE lot_id = @lot ORDER BY checked_at DESC, id DESC LIMIT 1), false)`,
		pgx.NamedArgs{"lot": lot}).Scan(&knew)
	if err != nil {
		return false, fault.Internalf("read eligibility check: %w", err)
	}
	return knew, nil
}

// ownersRule is the row that asks something of who would own the property, and is proven before the ruling: purchase limits of a
// house (R17h), or the approval of a change of equity (R12e, Fa Shi (2021) No. 20 art. 15). Empty for what anybody may own.
func (l *lotRow) ownersRule() string {
	switch {
	case l.Document.Approval != nil:
		return "R12e"
	case l.Document.PurchaseLimits != nil:
		return "R17h"
	}
	return ""
}

// eligible refuses the ruling while the newest check does not find that the
// buyer may own the property (R17h, R12e).
func eligible(ctx context.Context, tx pgx.Tx, l *lotRow) error {
	rule := l.ownersRule()
	if rule == "" {
		return nil
	}
	var qualified bool
	err := tx.QueryRow(ctx, `SELECT qualified FROM eligibility_checks WHERE lot_id = @lot ORDER BY checked_at DESC, id DESC LIMIT 1`,
		pgx.NamedArgs{"lot": l.ID}).Scan(&qualified)
	switch {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return fault.Internalf("read eligibility check: %w", err)
	case qualified:
		return nil
	case rule == "R12e":
		return fault.New(fault.Conflict, fault.ApprovalMissing).ByRule(rule)
	}
	return fault.New(fault.Conflict, fault.EligibilityUnproven).ByRule(rule)
}
