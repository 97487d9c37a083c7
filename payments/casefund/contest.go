package casefund

import (
	"context"
	"slices"
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

// Contest is a step of an objection as the court records it (CPI 510).
type Contest struct {
	Objection uuid.UUID
	Step      distribution.Contest
	// Who was told, or opposes, by the claim; nil for the debtor. Of the other steps it is nothing.
	Who *uuid.UUID
	// At is when it happened.
	At time.Time
	// Number is the suit's or the judgment's case number (案号).
	Number string
	// Judged is what the judgment leaves the claim.
	Judged money.Fen
}

// Contest puts a step of an objection on record: somebody was told of it, or opposes it within 15 days; who objected was told of that, and sued within
// 15 days; the suit was judged; the objection was withdrawn.
//
// Faults: role_forbidden, not_found (objection, who), invalid_request (step, at, number), judgment_outside (with least_fen and most_fen), state_conflict
// (the objection does not stand where the step leads from, or it is on record already).
func (s *Service) Contest(ctx context.Context, by auction.Actor, c Contest) error {
	caseID, err := caseOf(ctx, s.pool, "plan_objections", "objection", c.Objection)
	if err != nil {
		return err
	}
	c.At, c.Number = audit.Millis(c.At), strings.TrimSpace(c.Number)
	step := trail.Step{Act: trail.PlanContested, Rule: "F4o", Ground: string(c.Step), Public: true, Detail: map[string]any{"objection": c.Objection}}
	return s.auction.OnCase(ctx, by, caseID, court, step, func(a *auction.CaseAct) error {
		if err := holdClaims(ctx, a); err != nil {
			return err
		}
		b, err := readBooks(ctx, a.Tx, caseID)
		if err != nil {
			return err
		}
		list, err := readObjections(ctx, a.Tx, caseID)
		if err != nil {
			return err
		}
		o := list[slices.IndexFunc(list, func(x objected) bool { return x.ID == c.Objection })]
		if c.At.After(a.Now) || c.At.Before(o.LodgedAt) {
			return wrong("at", "F4o")
		}
		if err := c.check(&b, &o, a.Now); err != nil {
			return err
		}
		if now, _ := b.course(o.Root).Outcome(o.Objection, a.Now); b.paidSince(o.Root) && (now == distribution.Unopposed || now == distribution.Unsued) {
			return fault.New(fault.Conflict, fault.StateConflict).InField("step").ByRule("F4o").With("outcome", string(now)) // it was paid by that
		}
		if err := c.keep(ctx, a, caseID); err != nil {
			return err
		}
		body := audit.PlanContested{Objection: c.Objection.String(), Step: c.Step, At: c.At}
		switch c.Step {
		case distribution.StepTold, distribution.StepOpposed:
			body.Who = addressee(c.Who)
		case distribution.StepJudged:
			body.JudgedFen = &c.Judged
		case distribution.StepOpposedTold, distribution.StepSued, distribution.StepWithdrawn:
		}
		return a.Enter(ctx, audit.KindPlanContested, body)
	})
}

// check holds a step against where the objection stood when it happened. A suit that was brought in time may be put on record later.
func (c Contest) check(b *books, o *objected, now time.Time) error {
	course, who := b.course(o.Root), addressee(c.Who)
	switch c.Step {
	case distribution.StepTold, distribution.StepOpposed:
		if who == o.By || !slices.Contains(course.Addressees(), who) {
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("who").ByRule("F4o")
		}
	case distribution.StepOpposedTold, distribution.StepSued, distribution.StepJudged, distribution.StepWithdrawn:
	default:
		return wrong("step", "F4o")
	}
	if out, _ := course.Outcome(o.Objection, now); out == distribution.Lapsed {
		return fault.New(fault.Conflict, fault.StateConflict).InField("step").ByRule("F4o").With("outcome", string(out))
	}
	if !course.MayStep(o.Objection, c.Step, who, c.At) {
		out, _ := course.Outcome(o.Objection, c.At)
		return fault.New(fault.Conflict, fault.StateConflict).InField("step").ByRule("F4o").With("outcome", string(out))
	}
	switch c.Step {
	case distribution.StepJudged:
		if least, most := c.sides(b, o, now); c.Judged < least || c.Judged > most {
			return fault.New(fault.Invalid, fault.JudgmentOutside).InField("judged_fen").ByRule("F4o").With("least_fen", least).With("most_fen", most)
		}
		return c.checkNumber()
	case distribution.StepSued:
		return c.checkNumber()
	case distribution.StepTold, distribution.StepOpposed, distribution.StepOpposedTold, distribution.StepWithdrawn:
	}
	return nil
}

// sides are what the two sides of a suit say that the claim counts for.
func (c Contest) sides(b *books, o *objected, now time.Time) (least, most money.Fen) {
	id, err := uuid.Parse(o.Claim)
	if err != nil {
		return 0, 0
	}
	k := b.claims[slices.IndexFunc(b.claims, func(k Claim) bool { return k.ID == id })]
	settled := slices.Clone(b.courses)
	for i := range settled {
		settled[i].Objections = slices.DeleteFunc(slices.Clone(settled[i].Objections), func(x distribution.Objection) bool { return x.ID == o.Objection.ID })
	}
	least, most = distribution.Counts(settled, o.Claim, k.AmountFen, now)
	return min(least, o.Asked), max(most, o.Asked)
}

func (c Contest) checkNumber() error {
	if n := utf8.RuneCountInString(c.Number); n == 0 || n > maxName {
		return wrong("number", "F4o")
	}
	return nil
}

// keep writes the step's row.
func (c Contest) keep(ctx context.Context, a *auction.CaseAct, caseID uuid.UUID) error {
	sql := ""
	switch c.Step {
	case distribution.StepTold:
		sql = `INSERT INTO plan_objection_notices (objection_id, case_id, claim_id, received_at, recorded_at) VALUES (@id, @case, @who, @at, @now)`
	case distribution.StepOpposed:
		sql = `UPDATE plan_objection_notices SET opposed_at = @at WHERE objection_id = @id AND claim_id IS NOT DISTINCT FROM @who AND opposed_at IS NULL`
	case distribution.StepOpposedTold:
		sql = `UPDATE plan_objections SET opposed_told_at = @at WHERE id = @id`
	case distribution.StepSued:
		sql = `UPDATE plan_objections SET sued_at = @at, suit_number = @number WHERE id = @id`
	case distribution.StepJudged:
		sql = `UPDATE plan_objections SET judged_at = @at, judged_fen = @judged, judgment_number = @number WHERE id = @id`
	case distribution.StepWithdrawn:
		sql = `UPDATE plan_objections SET withdrawn_at = @at WHERE id = @id`
	}
	if _, err := a.Tx.Exec(ctx, sql, pgx.NamedArgs{"id": c.Objection, "case": caseID, "who": c.Who, "at": c.At, "now": a.Now, "number": c.Number, "judged": c.Judged}); err != nil {
		return fault.Internalf("record a step of an objection: %w", err)
	}
	return nil
}
