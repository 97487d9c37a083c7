package casefund

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// stored is a plan as its row has it.
type stored struct {
	ID, Root, CaseID, MadeBy uuid.UUID
	No                       int
	Terms                    distribution.Case
	Plan                     distribution.Plan
	Enforcement              money.Fen
	Reason                   docket.Text
	MadeAt                   time.Time
	ReplacedAt               *time.Time
	ApprovedAt, ClosedAt     *time.Time
}

// stands tells whether it is the plan of its case now.
func (p *stored) stands() bool { return p.ReplacedAt == nil && p.ClosedAt == nil }

// books are a case's claims, its plans in their order, and what became of each that was served.
type books struct {
	claims  []Claim
	plans   []stored
	courses []distribution.Course
	// roots are the plans of courses.
	roots []uuid.UUID
	// paid is what payouts of the plan that stands, and of those it revises, give each claim, by its id.
	paid map[string]money.Fen
	// back is what each claim owes back (R31), by its id: it is open again.
	back map[string]money.Fen
	// kept and surplus are what they give the debtor.
	kept, surplus money.Fen
	rules         law.RuleSet
}

// readBooks reads them; in an act under holdClaims.
func readBooks(ctx context.Context, q querier, caseID uuid.UUID) (b books, err error) {
	if b.rules, err = rulesOf(ctx, q, caseID); err != nil {
		return b, err
	}
	if b.claims, err = readClaims(ctx, q, caseID); err != nil {
		return b, err
	}
	if b.plans, err = readPlans(ctx, q, caseID); err != nil {
		return b, err
	}
	at := map[uuid.UUID]int{}
	for i := range b.plans {
		p := &b.plans[i]
		if p.ID != p.Root {
			continue
		}
		c := distribution.Course{Day: b.rules.Day}
		for _, k := range p.Terms.Claims {
			c.Claims = append(c.Claims, k.ID)
		}
		if n := len(b.courses); n > 0 {
			b.courses[n-1].EndedAt = p.MadeAt
		}
		at[p.ID] = len(b.courses)
		b.courses, b.roots = append(b.courses, c), append(b.roots, p.ID)
	}
	if err := readReceipts(ctx, q, caseID, func(root uuid.UUID, r distribution.Receipt) {
		b.courses[at[root]].Receipts = append(b.courses[at[root]].Receipts, r)
	}); err != nil {
		return b, err
	}
	list, err := readObjections(ctx, q, caseID)
	if err != nil {
		return b, err
	}
	for _, o := range list {
		b.courses[at[o.Root]].Objections = append(b.courses[at[o.Root]].Objections, o.Objection)
	}
	back, err := Receivables(ctx, q, caseID)
	if err != nil {
		return b, err
	}
	b.back = map[string]money.Fen{}
	for _, r := range back {
		b.back[string(r.From)] += r.AmountFen
	}
	return b, b.sumPaid(ctx, q)
}

// rulesOf are the rules of a case's newest lot; those of the law where it has none.
func rulesOf(ctx context.Context, q querier, caseID uuid.UUID) (law.RuleSet, error) {
	var name string
	err := q.QueryRow(ctx, `SELECT rule_set FROM lots WHERE case_id = @case ORDER BY id DESC LIMIT 1`, pgx.NamedArgs{"case": caseID}).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return law.China2017(), nil
	}
	if err != nil {
		return law.RuleSet{}, fault.Internalf("read a case's rules: %w", err)
	}
	r, ok := law.ByName(name)
	if !ok {
		return law.RuleSet{}, fault.Internalf("rule set %q is not known", name)
	}
	return r, nil
}

func readPlans(ctx context.Context, q querier, caseID uuid.UUID) ([]stored, error) {
	rows, err := q.Query(ctx, `SELECT id, root_id, case_id, made_by, no, terms, plan, enforcement_fen, reason_zh, reason_en, made_at, replaced_at, approved_at, closed_at
		FROM distributions WHERE case_id = @case ORDER BY no`, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read plans: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p stored, err error) {
		var terms, plan string
		err = row.Scan(&p.ID, &p.Root, &p.CaseID, &p.MadeBy, &p.No, &terms, &plan, &p.Enforcement, &p.Reason.Zh, &p.Reason.En, &p.MadeAt, &p.ReplacedAt, &p.ApprovedAt, &p.ClosedAt)
		if err != nil {
			return p, err
		}
		return p, errors.Join(json.Unmarshal([]byte(terms), &p.Terms), json.Unmarshal([]byte(plan), &p.Plan))
	})
	if err != nil {
		return nil, fault.Internalf("read plans: %w", err)
	}
	return list, nil
}

// addressee is a claim's creditor, or the debtor where there is no claim.
func addressee(claim *uuid.UUID) distribution.Addressee {
	if claim == nil {
		return distribution.TheDebtor
	}
	return distribution.Addressee(claim.String())
}

func readReceipts(ctx context.Context, q querier, caseID uuid.UUID, each func(root uuid.UUID, r distribution.Receipt)) error {
	rows, err := q.Query(ctx, `SELECT distribution_id, claim_id, received_at FROM plan_receipts WHERE case_id = @case ORDER BY received_at, claim_id`, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return fault.Internalf("read receipts of plans: %w", err)
	}
	var root uuid.UUID
	var claim *uuid.UUID
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&root, &claim, &at}, func() error {
		each(root, distribution.Receipt{Who: addressee(claim), At: at.UTC()})
		return nil
	})
	if err != nil {
		return fault.Internalf("read receipts of plans: %w", err)
	}
	return nil
}

// sumPaid sums the payouts of the plan that stands and of those it revises.
func (b *books) sumPaid(ctx context.Context, q querier) error {
	b.paid = map[string]money.Fen{}
	p := b.standing()
	if p == nil {
		return nil
	}
	rows, err := q.Query(ctx, `SELECT o.claim_id, o.purpose, sum(o.amount_fen)::bigint FROM payouts o JOIN distributions d ON d.id = o.distribution_id
		WHERE d.root_id = @root GROUP BY o.claim_id, o.purpose`, pgx.NamedArgs{"root": p.Root})
	if err != nil {
		return fault.Internalf("sum payouts: %w", err)
	}
	var claim *uuid.UUID
	var purpose Purpose
	var f money.Fen
	_, err = pgx.ForEachRow(rows, []any{&claim, &purpose, &f}, func() error {
		switch purpose {
		case ToClaim:
			b.paid[claim.String()] = f
		case ToKeep:
			b.kept = f
		case Surplus:
			b.surplus = f
		}
		return nil
	})
	if err != nil {
		return fault.Internalf("sum payouts: %w", err)
	}
	return nil
}

// standing is the plan that stands; nil where none does.
func (b *books) standing() *stored {
	if i := slices.IndexFunc(b.plans, func(p stored) bool { return p.stands() }); i >= 0 {
		return &b.plans[i]
	}
	return nil
}

// course is what became of a plan that was served.
func (b *books) course(root uuid.UUID) distribution.Course {
	return b.courses[slices.Index(b.roots, root)]
}

// root is the plan that was served.
func (b *books) root(p *stored) *stored {
	return &b.plans[slices.IndexFunc(b.plans, func(x stored) bool { return x.ID == p.Root })]
}

// got is what plans that are closed gave each claim, by its id, less what it owes back.
func (b *books) got() map[string]money.Fen {
	got := map[string]money.Fen{}
	for i := range b.plans {
		if b.plans[i].ClosedAt == nil {
			continue
		}
		for _, d := range b.plans[i].Plan.Dues {
			got[d.Claim] += d.Fen
		}
	}
	for id, f := range b.back {
		got[id] = max(0, got[id]-f)
	}
	return got
}

// lodged are claims as they were lodged, for a plan of these pots: those that stand where in is nil, or those of a plan.
func (b *books) lodged(pots []distribution.Pot, in map[string]bool) []distribution.Claim {
	there := map[string]bool{}
	for _, p := range pots {
		there[p.ID] = true
	}
	var list []distribution.Claim
	for _, k := range b.claims {
		if k.WithdrawnAt != nil || (in != nil && !in[k.ID.String()]) {
			continue
		}
		c := k.divided(there)
		if in != nil {
			c.Paid = b.paid[c.ID]
		}
		list = append(list, c)
	}
	return list
}

// fresh are the claims that a plan of these pots is made of now.
func (b *books) fresh(pots []distribution.Pot, now time.Time) []distribution.Claim {
	return distribution.Recognise(b.courses, b.lodged(pots, nil), b.got(), now)
}

// revised are the claims of a plan as its objections leave them now.
func (b *books) revised(p *stored, now time.Time) []distribution.Claim {
	root := b.root(p)
	return distribution.Recognise(b.courses, b.lodged(root.Terms.Pots, ids(root.Terms.Claims)), b.got(), now)
}

func ids(claims []distribution.Claim) map[string]bool {
	set := make(map[string]bool, len(claims))
	for _, k := range claims {
		set[k.ID] = true
	}
	return set
}

// sameClaims tells whether two lists of claims count the same, whatever was paid of each.
func sameClaims(a, b []distribution.Claim) bool {
	return slices.EqualFunc(a, b, func(x, y distribution.Claim) bool {
		return x.ID == y.ID && x.Kind == y.Kind && x.Amount == y.Amount && x.Disputed == y.Disputed && x.Seized == y.Seized && slices.Equal(x.Securities, y.Securities)
	})
}
