package casefund

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Ballot is a judge's vote on whether others than the applicant are paid by a plan (F3).
type Ballot struct {
	Plan    uuid.UUID
	Approve bool
	// Opinion is needed for a refusal; it stays with the court.
	Opinion string
}

// judges lets the judges of the case's court vote.
func judges(by auction.Actor, court uuid.UUID) error {
	if by.Role != "judge" || by.CourtID != court {
		return fault.New(fault.Forbidden, fault.RoleForbidden).ByRule("F3")
	}
	return nil
}

// Vote records a judge's vote. When all of the panel have voted, more than half decide; the log shows the decision, not who voted how.
//
// Faults: role_forbidden, not_found, vote_repeated and panel_invalid (conflict: it is complete), reason_required (opinion), and where the plan waits
// for something else plan_stale, plan_not_final, plan_to_revise, state_conflict (nobody but the applicant is paid).
func (s *Service) Vote(ctx context.Context, by auction.Actor, v Ballot) error {
	v.Opinion = strings.TrimSpace(v.Opinion)
	step := trail.Step{Act: trail.PlanVoted, Rule: "F3", Detail: map[string]any{"distribution": v.Plan}}
	return s.onPlan(ctx, by, v.Plan, judges, step, func(a *auction.CaseAct, b *books, p *stored) error {
		if n := utf8.RuneCountInString(v.Opinion); (!v.Approve && n == 0) || n > maxReason {
			return fault.New(fault.Invalid, fault.ReasonRequired).InField("opinion").ByRule("F3")
		}
		votes, err := readVotes(ctx, a.Tx, p.CaseID)
		if err != nil {
			return err
		}
		t := votes[p.ID]
		t.Panel = b.rules.PanelMin
		if t.whole() {
			return fault.New(fault.Conflict, fault.PanelInvalid).ByRule("F3").With("least", t.Panel)
		}
		found, err := b.found(ctx, a.Tx, p.CaseID)
		if err != nil {
			return err
		}
		if err := due(ForPanel)(b.waits(p, t, &found, a.Now)); err != nil {
			return err
		}
		_, err = a.Tx.Exec(ctx, `INSERT INTO plan_votes (distribution_id, case_id, judge_id, approve, opinion, voted_at) VALUES (@plan, @case, @judge, @approve, @opinion, @now)`,
			pgx.NamedArgs{"plan": p.ID, "case": p.CaseID, "judge": by.AccountID, "approve": v.Approve, "opinion": v.Opinion, "now": a.Now})
		if violates(err, "plan_votes_once") {
			return fault.New(fault.Conflict, fault.VoteRepeated).ByRule("F3")
		}
		if err != nil {
			return fault.Internalf("record a vote on a plan: %w", err)
		}
		if v.Approve {
			t.For++
		} else {
			t.Against++
		}
		if !t.whole() {
			return nil
		}
		a.Step.Public = true
		a.Step.Detail = map[string]any{"distribution": p.ID, "in_favour": t.For, "against": t.Against}
		return a.Enter(ctx, audit.KindPlanVoted, audit.PlanVoted{Distribution: p.ID.String(), InFavour: t.For, Against: t.Against})
	})
}

// readVotes are how panels voted on a case's plans.
func readVotes(ctx context.Context, q querier, caseID uuid.UUID) (map[uuid.UUID]tally, error) {
	rows, err := q.Query(ctx, `SELECT distribution_id, count(*) FILTER (WHERE approve), count(*) FILTER (WHERE NOT approve) FROM plan_votes WHERE case_id = @case GROUP BY distribution_id`,
		pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read votes on plans: %w", err)
	}
	votes := map[uuid.UUID]tally{}
	var id uuid.UUID
	var t tally
	_, err = pgx.ForEachRow(rows, []any{&id, &t.For, &t.Against}, func() error {
		votes[id] = t
		return nil
	})
	if err != nil {
		return nil, fault.Internalf("read votes on plans: %w", err)
	}
	return votes, nil
}
