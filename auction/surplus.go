package auction

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// surplus is what R6s measures a starting price by.
type surplus struct {
	// priority are the claims that come before the applicant's, Costs those of the enforcement.
	priority, costs money.Fen
	told            bool
	insisted        bool
}

// before is what the price must exceed for anything to be left.
func (s surplus) before() money.Fen { return s.priority + s.costs }

// checkSurplus holds R6s: a price that leaves nothing is not announced; once the applicant was told, only if it insists. R6s asks for a
// reserve above the claims and costs; a sale without a reserve has none (R26n).
func checkSurplus(list *faults, d draft) {
	if d.stage == law.NoReserve {
		return
	}
	start := money.Fen(d.lot.StartingPriceFen)
	none := fault.New(fault.Invalid, fault.NoSurplus).InField("starting_price_fen").ByRule("R6s").
		With("starting_price_fen", start).With("least_fen", d.surplus.before()+1)
	switch {
	case start <= d.surplus.before():
		list.add(none)
	case d.surplus.told && !d.surplus.insisted:
		list.add(fault.New(fault.Conflict, fault.NotInsisted).ByRule("R6s"))
	}
}

// priorClaims is the sum of a case's claims with priority on a lot's property
// that come before the applicant's own.
func priorClaims(k docket.Case, assets []docket.Asset) money.Fen {
	var sum money.Fen
	for _, c := range k.PriorityClaims {
		own := slices.ContainsFunc(k.Applicants, func(p docket.Party) bool { return p.Name == c.Creditor })
		on := slices.ContainsFunc(assets, func(a docket.Asset) bool { return slices.Contains(c.AssetRefs, a.Ref) })
		if on && !own {
			sum += money.Fen(c.AmountFen)
		}
	}
	return sum
}

func surplusOf(ctx context.Context, tx pgx.Tx, lot uuid.UUID, k docket.Case, assets []docket.Asset) (surplus, error) {
	s := surplus{priority: priorClaims(k, assets)}
	err := tx.QueryRow(ctx, `SELECT priority_fen, costs_fen, true, insisted_at IS NOT NULL FROM surplus_notices WHERE lot_id = @lot`,
		pgx.NamedArgs{"lot": lot}).Scan(&s.priority, &s.costs, &s.told, &s.insisted)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return s, fault.Internalf("read the notice of no surplus: %w", err)
	}
	return s, nil
}

// insistWithin is how long the applicant has to insist. R6s, ASE 6.
const insistDays = 5

// NoSurplus tells the applicant, before the sale, that at the reserve price
// nothing would be left after these claims and costs (R6s).
type NoSurplus struct {
	Lot             uuid.UUID
	Priority, Costs money.Fen
}

// TellNoSurplus puts that on record and owes the applicant's answer within five days.
//
// Faults: role_forbidden, not_found, amount_invalid, state_conflict (announced or beyond, or told already).
func (s *Service) TellNoSurplus(ctx context.Context, by Actor, n NoSurplus) error {
	for field, f := range map[string]money.Fen{"priority_fen": n.Priority, "costs_fen": n.Costs} {
		if err := f.Valid(); err != nil {
			return inField(err, field)
		}
	}
	step := trail.Step{Act: trail.NoSurplusTold, Rule: "R6s", Detail: map[string]any{"priority_fen": n.Priority, "costs_fen": n.Costs}}
	return s.OnLot(ctx, by, n.Lot, nil, step, func(a *LotAct) error {
		if st := a.lot.state(); st != Draft && st != Voted {
			return conflict(st)
		}
		tag, err := a.Tx.Exec(ctx, `INSERT INTO surplus_notices (lot_id, priority_fen, costs_fen, told_by, told_at)
			VALUES (@lot, @priority, @costs, @by, @now) ON CONFLICT (lot_id) DO NOTHING`,
			pgx.NamedArgs{"lot": n.Lot, "priority": n.Priority, "costs": n.Costs, "by": by.AccountID, "now": a.Now})
		if err != nil {
			return fault.Internalf("insert notice of no surplus: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return conflict(a.lot.state())
		}
		return a.Owe(ctx, duty.Duty{Kind: duty.SurplusAnswer, Rule: "R6s", Actor: duty.Judge, DueAt: a.Now.Add(insistDays * a.Rules.Day)})
	})
}

// Insist records that the applicant asks for the sale all the same. The reserve
// price must then exceed the claims and costs, and when the lot stays unsold
// the applicant bears the costs (R6s).
//
// Faults: role_forbidden, not_found, invalid_request (proof), state_conflict (not told, or insisted already),
// insisted_too_late (with latest_at).
func (s *Service) Insist(ctx context.Context, by Actor, lot uuid.UUID, proof string) error {
	if !audit.IsHash(proof) {
		return empty("proof").ByRule("R6s")
	}
	step := trail.Step{Act: trail.Insisted, Rule: "R6s", Detail: map[string]any{"proof": proof}}
	return s.OnLot(ctx, by, lot, nil, step, func(a *LotAct) error {
		var told time.Time
		err := a.Tx.QueryRow(ctx, `SELECT told_at FROM surplus_notices WHERE lot_id = @lot AND insisted_at IS NULL`, pgx.NamedArgs{"lot": lot}).Scan(&told)
		if errors.Is(err, pgx.ErrNoRows) {
			return conflict(a.lot.state())
		}
		if err != nil {
			return fault.Internalf("read notice of no surplus: %w", err)
		}
		if latest := told.Add(insistDays * a.Rules.Day); a.Now.After(latest) {
			return fault.New(fault.Conflict, fault.InsistedTooLate).ByRule("R6s").With("latest_at", latest)
		}
		_, err = a.Tx.Exec(ctx, `UPDATE surplus_notices SET insisted_at = @now, insisted_proof = @proof WHERE lot_id = @lot`,
			pgx.NamedArgs{"lot": lot, "now": a.Now, "proof": proof})
		if err != nil {
			return fault.Internalf("record that the applicant insists: %w", err)
		}
		return a.Done(ctx, duty.SurplusAnswer)
	})
}

// costsOnApplicant tells whether an unsold sale's costs fall on the applicant who insisted on it (R6s).
func costsOnApplicant(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (bool, error) {
	var insisted bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM surplus_notices WHERE lot_id = @lot AND insisted_at IS NOT NULL)`,
		pgx.NamedArgs{"lot": lot}).Scan(&insisted)
	if err != nil {
		return false, fault.Internalf("read notice of no surplus: %w", err)
	}
	return insisted, nil
}
