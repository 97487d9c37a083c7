package casefund

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// Made is a plan as everybody sees it: claims by number, no name.
type Made struct {
	ID     uuid.UUID `json:"distribution"`
	CaseID uuid.UUID `json:"case"`
	No     int       `json:"no"`
	// Revises is the plan that was served, of one that its objections changed.
	Revises *uuid.UUID        `json:"revises,omitempty"`
	Case    distribution.Case `json:"terms"`
	Plan    distribution.Plan `json:"plan"`
	Claims  []Numbered        `json:"claims"`
	Reason  docket.Text       `json:"reason,omitzero"`
	MadeAt  time.Time         `json:"made_at"`
	// ReplacedAt is when another plan took its place.
	ReplacedAt *time.Time `json:"replaced_at,omitempty"`
	// Stale: claims or money came or went since it was made, and it is not paid.
	Stale bool `json:"stale"`
	// WaitsFor is what is to be done next, Until when a period to object ends.
	WaitsFor Waits      `json:"waits_for"`
	Until    *time.Time `json:"until,omitempty"`
	// Receipts and Objections are of the plan that was served.
	Receipts   []distribution.Receipt `json:"receipts"`
	Objections []Contested            `json:"objections"`
	Votes      tally                  `json:"votes"`
	// PanelNeeded: others than the applicant are paid (F3).
	PanelNeeded bool       `json:"panel_needed"`
	ApprovedAt  *time.Time `json:"approved_at,omitempty"`
	// ClosedAt is when nothing of it was set aside any more.
	ClosedAt *time.Time `json:"closed_at,omitempty"`
	Payouts  []Payout   `json:"payouts"`

	madeBy uuid.UUID
	owes   []owing
}

// Owed is what its approval pays, and to how many payees: what it gives beyond what was paid by those that it revises.
func (m *Made) Owed() (sum money.Fen, payees int) {
	to := map[distribution.Addressee]bool{}
	for _, x := range m.owes {
		sum += x.Fen
		to[x.To] = true
	}
	return sum, len(to)
}

// MadeBy tells whether an account made it: its approval is another's (F5).
func (m *Made) MadeBy(account uuid.UUID) bool { return m.madeBy == account }

// Numbered is a claim by its number.
type Numbered struct {
	ID   uuid.UUID         `json:"claim"`
	No   int               `json:"no"`
	Kind distribution.Kind `json:"kind"`
}

// Contested is an objection to a plan as everybody sees it: who objects by number, not the text.
type Contested struct {
	ID        uuid.UUID                `json:"objection"`
	No        int                      `json:"no"`
	By        distribution.Addressee   `json:"by"`
	Claim     string                   `json:"claim"`
	AskedFen  money.Fen                `json:"asked_fen"`
	LodgedAt  time.Time                `json:"lodged_at"`
	Outcome   distribution.Outcome     `json:"outcome"`
	Until     *time.Time               `json:"until,omitempty"`
	Told      []distribution.Receipt   `json:"told"`
	Opposed   []distribution.Addressee `json:"opposed"`
	JudgedFen *money.Fen               `json:"judged_fen,omitempty"`
}

// Distributions lists a case's plans, the newest first; public.
//
// Faults: not_found.
func (s *Service) Distributions(ctx context.Context, caseID uuid.UUID) ([]Made, error) {
	var exists bool
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM cases WHERE id = @case)`, pgx.NamedArgs{"case": caseID}).Scan(&exists); err != nil {
		return nil, fault.Internalf("read a case: %w", err)
	}
	if !exists {
		return nil, fault.New(fault.NotFound, fault.NotFoundCode).InField("case")
	}
	now := s.auction.Now()
	list := []Made{}
	// One snapshot, so that a plan is shown with what was paid by it.
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		list = list[:0]
		b, err := readBooks(ctx, tx, caseID)
		if err != nil || len(b.plans) == 0 {
			return err
		}
		found, err := b.found(ctx, tx, caseID)
		if err != nil {
			return err
		}
		contested, err := readObjections(ctx, tx, caseID)
		if err != nil {
			return err
		}
		paid, err := readPayouts(ctx, tx, caseID)
		if err != nil {
			return err
		}
		votes, err := readVotes(ctx, tx, caseID)
		if err != nil {
			return err
		}
		for i := len(b.plans) - 1; i >= 0; i-- {
			m := b.made(&b.plans[i], votes[b.plans[i].ID], &found, now)
			m.contested(b.course(b.plans[i].Root), b.plans[i].Root, contested, now)
			for _, p := range paid {
				if p.Plan == m.ID {
					m.Payouts = append(m.Payouts, p)
				}
			}
			list = append(list, m)
		}
		return nil
	})
	if err != nil {
		return nil, fault.Internalf("read plans: %w", err)
	}
	return list, nil
}

func (b *books) made(p *stored, t tally, found *gathered, now time.Time) Made {
	m := Made{
		ID: p.ID, CaseID: p.CaseID, No: p.No, Case: p.Terms, Plan: p.Plan, Claims: []Numbered{}, Reason: p.Reason, MadeAt: p.MadeAt, ReplacedAt: p.ReplacedAt,
		Receipts: b.course(p.Root).Receipts, Objections: []Contested{}, Votes: t, PanelNeeded: b.needsPanel(p), ApprovedAt: p.ApprovedAt, ClosedAt: p.ClosedAt,
		Payouts: []Payout{}, madeBy: p.MadeBy, owes: b.payouts(p),
	}
	if m.Receipts == nil {
		m.Receipts = []distribution.Receipt{}
	}
	m.Votes.Panel = b.rules.PanelMin
	if p.Root != p.ID {
		m.Revises = &p.Root
	}
	waits, until := b.waits(p, m.Votes, found, now)
	m.WaitsFor, m.Stale = waits, waits == ForPlan
	if !until.IsZero() {
		m.Until = &until
	}
	// What a revision leaves out its objections still name.
	in := ids(b.root(p).Terms.Claims)
	for _, k := range b.claims {
		if in[k.ID.String()] {
			m.Claims = append(m.Claims, Numbered{k.ID, k.No, k.Kind})
		}
	}
	return m
}

func (m *Made) contested(c distribution.Course, root uuid.UUID, list []objected, now time.Time) {
	for _, o := range list {
		if o.Root != root {
			continue
		}
		out, until := c.Outcome(o.Objection, now)
		x := Contested{
			ID: o.ID, No: o.No, By: o.By, Claim: o.Claim, AskedFen: o.Asked, LodgedAt: o.LodgedAt, Outcome: out,
			Told: append([]distribution.Receipt{}, o.Told...), Opposed: append([]distribution.Addressee{}, o.Opposed...),
		}
		if !until.IsZero() {
			x.Until = &until
		}
		if !o.JudgedAt.IsZero() {
			x.JudgedFen = &o.Judged
		}
		m.Objections = append(m.Objections, x)
	}
}

// onPlan runs an act on the plan that stands, with its case's claims and plans held.
//
// Faults: not_found, state_conflict (another plan took its place, or it is closed), role_forbidden, and those of f.
func (s *Service) onPlan(ctx context.Context, by auction.Actor, plan uuid.UUID, may auction.May, step trail.Step, f func(a *auction.CaseAct, b *books, p *stored) error) error {
	caseID, err := caseOf(ctx, s.pool, "distributions", "distribution", plan)
	if err != nil {
		return err
	}
	return s.auction.OnCase(ctx, by, caseID, may, step, func(a *auction.CaseAct) error {
		if err := holdClaims(ctx, a); err != nil {
			return err
		}
		b, err := readBooks(ctx, a.Tx, caseID)
		if err != nil {
			return err
		}
		p := b.standing()
		if p == nil || p.ID != plan {
			return fault.New(fault.Conflict, fault.StateConflict).InField("distribution").ByRule("F4o")
		}
		return f(a, &b, p)
	})
}

// due refuses what a plan does not wait for, by what it does wait for.
func due(want Waits) func(is Waits, until time.Time) error {
	return func(is Waits, until time.Time) error {
		if is == want {
			return nil
		}
		switch is {
		case ForPlan:
			return fault.New(fault.Conflict, fault.PlanStale).ByRule("F4")
		case ForService, ForObjections, ForAnswers:
			f := fault.New(fault.Conflict, fault.PlanNotFinal).ByRule("F4o").With("waits_for", string(is))
			if !until.IsZero() {
				f = f.With("until", until)
			}
			return f
		case ForRevision:
			return fault.New(fault.Conflict, fault.PlanToRevise).ByRule("F4o")
		case ForPanel, ForPlanAnew:
			return fault.New(fault.Conflict, fault.PanelDecisionMissing).ByRule("F3")
		case ForApproval, ForJudgment, ForNothing:
		}
		return fault.New(fault.Conflict, fault.StateConflict).InField("distribution").ByRule("F4o")
	}
}
