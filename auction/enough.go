package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
	"mingchui/auction/trail"
)

// caseLife is a case as the state machine knows it.
func caseLife(ctx context.Context, tx pgx.Tx, caseID uuid.UUID) (lifecycle.Case, error) {
	c := lifecycle.Case{Lots: map[uuid.UUID]lifecycle.Lot{}}
	// Costs on record, less those that defaulters' deposits paid (R24).
	err := tx.QueryRow(ctx, `SELECT claim_fen, debtor_agreed_at IS NOT NULL, (SELECT coalesce(sum(price_fen), 0) FROM direct_sales WHERE case_id = @case)::bigint,
			greatest((SELECT coalesce(sum(k.costs_fen), 0) FROM lot_costs k JOIN lots l ON l.id = k.lot_id WHERE l.case_id = @case)
				- (SELECT coalesce(sum(costs_fen), 0) FROM forfeit_uses WHERE case_id = @case AND reversed_at IS NULL), 0)::bigint
		FROM cases WHERE id = @case`, pgx.NamedArgs{"case": caseID}).
		Scan(&c.Claim, &c.DebtorAgrees, &c.Direct, &c.Costs)
	if err != nil {
		return c, fault.Internalf("read the case's claim: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT `+lotColumns+` FROM lots WHERE case_id = @case`, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return c, fault.Internalf("read the case's lots: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[lotRow])
	if err != nil {
		return c, fault.Internalf("read the case's lots: %w", err)
	}
	for i := range list {
		c.Lots[list[i].ID] = list[i].life()
	}
	return c, nil
}

// stopOthers owes a look at the case's other running lots once one was sold or
// taken, or a thing was sold without an auction; by is which: what is enough for debt and costs stops them (R14s). The look is a
// transaction after this one, for lots that end at once do not see each other.
func stopOthers(ctx context.Context, tx pgx.Tx, book *duty.Book, caseID, by uuid.UUID, at time.Time) error {
	c, err := caseLife(ctx, tx, caseID)
	if err != nil {
		return err
	}
	if c.Claim == 0 || c.DebtorAgrees {
		return nil
	}
	for _, id := range c.Running() {
		err := book.Owe(ctx, tx, at, duty.Duty{
			Kind: duty.StopOther, Key: id.String() + ":" + by.String(), CaseID: &caseID, LotID: &id, Rule: "R14s", Actor: duty.Machine, DueAt: at,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// DebtCoveredGround is the ground of a stay by R14s.
const DebtCoveredGround Ground = "debt_covered"

// stopOtherDuty stays a lot whose case has brought enough. The judge then
// withdraws it (the debt is paid), or resumes it once the debtor agrees or a buyer defaults.
func (s *Service) stopOtherDuty(ctx context.Context, d duty.Duty) error {
	if d.LotID == nil {
		return fault.Internalf("duty %s names no lot", d.ID)
	}
	enough, err := s.debtCovered(ctx, *d.LotID)
	if err != nil || !enough {
		return err
	}
	err = s.Stay(ctx, Actor{Role: trail.Machine}, CourtAct{Lot: *d.LotID, Ground: DebtCoveredGround, Reason: docket.Text{
		Zh: "本案其他标的的成交价款已足以清偿债务和应由被执行人承担的费用，依法停止本标的的拍卖；被执行人同意全部拍卖的除外。",
		En: "The prices of other lots of this case are enough for the debt and the costs that the debtor bears, so the sale of this lot stops by law, unless the debtor agrees that all is sold.",
	}})
	if fault.CodeOf(err) == fault.StateConflict {
		return nil // it ended or was stayed meanwhile
	}
	return err
}

func (s *Service) debtCovered(ctx context.Context, lot uuid.UUID) (enough bool, err error) {
	err = s.act(ctx, func(tx pgx.Tx, _ time.Time) error {
		l, err := lockLot(ctx, tx, lot)
		if err != nil {
			return err
		}
		c, err := caseLife(ctx, tx, l.CaseID)
		enough = !c.MayAnnounce()
		return err
	})
	return enough, err
}

// DebtorAgrees records that the debtor agrees that every lot of the case is
// sold although some have brought enough (R14s). Proof is the SHA-256, in hex,
// of the written consent, which stays with the court.
//
// Faults: role_forbidden, not_found, state_conflict (agreed already), invalid_request (proof).
func (s *Service) DebtorAgrees(ctx context.Context, by Actor, caseID uuid.UUID, proof string) error {
	if !audit.IsHash(proof) {
		return empty("proof").ByRule("R14s")
	}
	step := trail.Step{Act: trail.DebtorAgreed, Rule: "R14s", Detail: map[string]any{"proof": proof}, Public: true}
	return s.OnCase(ctx, by, caseID, nil, step, func(a *CaseAct) error {
		tag, err := a.Tx.Exec(ctx, `UPDATE cases SET debtor_agreed_at = @now WHERE id = @case AND debtor_agreed_at IS NULL`,
			pgx.NamedArgs{"case": caseID, "now": a.Now})
		if err != nil {
			return fault.Internalf("record the debtor's consent: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.Conflict, fault.StateConflict).ByRule("R14s")
		}
		return a.Enter(ctx, audit.KindDebtorAgreed, audit.DebtorAgreed{Proof: proof})
	})
}
