package casefund

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/distribution"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Given is what somebody was paid of a property.
type Given struct {
	To  distribution.Addressee
	Fen money.Fen
}

// Gave tells who was paid what of a property by a case's plans, in the order of its claims, then the debtor and the costs; and the sum.
func Gave(ctx context.Context, q querier, caseID uuid.UUID, pots ...string) (list []Given, sum money.Fen, err error) {
	plans, err := readPlans(ctx, q, caseID)
	if err != nil {
		return nil, 0, err
	}
	last := map[uuid.UUID]*stored{} // of each that was served, the last that was approved
	for i := range plans {
		if plans[i].ApprovedAt != nil {
			last[plans[i].Root] = &plans[i]
		}
	}
	given := map[distribution.Addressee]money.Fen{}
	for _, p := range last {
		for _, pot := range pots {
			for to, f := range p.Plan.From(pot) {
				given[to] += f
			}
		}
	}
	claims, err := readClaims(ctx, q, caseID)
	if err != nil {
		return nil, 0, err
	}
	place := map[distribution.Addressee]int{distribution.TheDebtor: len(claims) + 1, distribution.TheCosts: len(claims) + 2}
	for _, k := range claims {
		place[distribution.Addressee(k.ID.String())] = k.No
	}
	for to, f := range given {
		if f > 0 {
			list = append(list, Given{to, f})
			sum += f
		}
	}
	slices.SortFunc(list, func(a, b Given) int { return cmp.Compare(place[a.To], place[b.To]) })
	return list, sum, nil
}

// Left is what a property brought beyond what was paid of it; below zero where more was.
func Left(ctx context.Context, q querier, caseID uuid.UUID, pot string) (left money.Fen, err error) {
	g, err := gather(ctx, q, caseID)
	if err != nil {
		return 0, err
	}
	_, paid, err := Gave(ctx, q, caseID, pot)
	if err != nil {
		return 0, err
	}
	for _, p := range g.Pots {
		if p.ID == pot {
			left = p.Proceeds
		}
	}
	return left - paid, nil
}

// OweBack makes a receivable of each who was paid, in proportion, for a sum that is claimed back in the caller's transaction (R31), and puts them in the
// log. reference is the sale that was set aside, or the use of a forfeit.
//
// Faults: amounts of money.Split; internal_error where nobody was paid.
func OweBack(ctx context.Context, tx pgx.Tx, now time.Time, caseID, reference uuid.UUID, sum money.Fen, given []Given) error {
	if sum == 0 {
		return nil
	}
	weights := make([]money.Fen, len(given))
	for i, g := range given {
		weights[i] = g.Fen
	}
	shares, err := money.Split(sum, weights)
	if err != nil {
		return fault.Internalf("claim %d fen back of case %s: %w", sum, caseID, err)
	}
	body := audit.Receivables{Reference: reference.String()}
	for i, f := range shares {
		if f == 0 {
			continue
		}
		id, err := newID()
		if err != nil {
			return err
		}
		who := string(given[i].To)
		payee, claim := who, (*string)(nil)
		if given[i].To != distribution.TheDebtor && given[i].To != distribution.TheCosts {
			payee, claim = "claim", &who
		}
		_, err = tx.Exec(ctx, `INSERT INTO receivables (id, case_id, reference, claim_id, payee, amount_fen, arose_at) VALUES (@id, @case, @reference, @claim::uuid, @payee, @fen, @now)`,
			pgx.NamedArgs{"id": id, "case": caseID, "reference": reference, "claim": claim, "payee": payee, "fen": f, "now": now})
		if err != nil {
			return fault.Internalf("insert a receivable: %w", err)
		}
		body.Items = append(body.Items, audit.Receivable{Receivable: id.String(), From: given[i].To, AmountFen: f})
	}
	entry, err := audit.New(audit.KindReceivables, now, &caseID, nil, 0, body)
	if err != nil {
		return err
	}
	return sequencer.Append(ctx, tx, entry)
}

// Receivable is what a payee owes back, as everybody sees it.
type Receivable struct {
	ID   uuid.UUID              `json:"receivable"`
	From distribution.Addressee `json:"from"`
	// No is the claim's number; 0 for the debtor and the costs.
	No        int       `json:"no,omitempty"`
	Reference uuid.UUID `json:"reference"`
	AmountFen money.Fen `json:"amount_fen"`
	AroseAt   time.Time `json:"arose_at"`
}

// Receivables lists what payees of a case owe back, in the order in which it arose; public.
func Receivables(ctx context.Context, q querier, caseID uuid.UUID) ([]Receivable, error) {
	rows, err := q.Query(ctx, `SELECT r.id, coalesce(r.claim_id::text, r.payee), coalesce(k.no, 0), r.reference, r.amount_fen, r.arose_at
		FROM receivables r LEFT JOIN claims k ON k.id = r.claim_id WHERE r.case_id = @case ORDER BY r.arose_at, r.id`, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read receivables: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Receivable])
	if err != nil {
		return nil, fault.Internalf("read receivables: %w", err)
	}
	return list, nil
}
