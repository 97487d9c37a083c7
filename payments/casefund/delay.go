package casefund

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/trail"
)

// DelayGround is why money is not paid out in time (F2).
type DelayGround string

// The grounds: an objection to the plan or to the enforcement is under way; a suit is; the debtor's bankruptcy was asked for (CPI 511); a payee or the
// account is unknown; another court asked for it; another.
const (
	DelayObjection  DelayGround = "objection"
	DelaySuit       DelayGround = "suit"
	DelayBankruptcy DelayGround = "bankruptcy_asked"
	DelayPayee      DelayGround = "payee_unknown"
	DelayCourt      DelayGround = "other_court"
	DelayOther      DelayGround = "other"
)

// DelayGrounds lists them.
func DelayGrounds() []DelayGround {
	return []DelayGround{DelayObjection, DelaySuit, DelayBankruptcy, DelayPayee, DelayCourt, DelayOther}
}

// afterDelay is how many days are left when the ground of a delay is gone (F2).
const afterDelay = 10

// maxDelay bounds a delay, in days; a longer one is approved anew (ours).
const maxDelay = 180

// Delay is a delay of paying out that a superior approved.
type Delay struct {
	Ground DelayGround `json:"ground"`
	// Reason is published.
	Reason docket.Text `json:"reason"`
	// Superior is the office that approved, never a person's name.
	Superior docket.Text `json:"superior"`
	// Until is when the ground will be gone at the latest.
	Until      time.Time  `json:"until"`
	RecordedAt time.Time  `json:"recorded_at"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
}

// DelayPayOut puts a delay on record, in place of one that stands. What the case's money owes is then due 10 days after its end, but
// not before its 30 days are over.
//
// Faults: role_forbidden, not_found, invalid_request (ground, superior, until: in the past or over 180 days ahead), reason_required, state_conflict (no money is to be
// paid out).
func (s *Service) DelayPayOut(ctx context.Context, by auction.Actor, caseID uuid.UUID, d Delay) error {
	id, err := newID()
	if err != nil {
		return err
	}
	d.Until = audit.Millis(d.Until)
	step := trail.Step{Act: trail.PayOutDelayed, Rule: "F2", Ground: string(d.Ground), Reason: d.Reason, Public: true}
	return s.auction.OnCase(ctx, by, caseID, finance, step, func(a *auction.CaseAct) error {
		if err := holdClaims(ctx, a); err != nil {
			return err
		}
		rules, err := rulesOf(ctx, a.Tx, caseID)
		if err != nil {
			return err
		}
		switch {
		case !slices.Contains(DelayGrounds(), d.Ground):
			return wrong("ground", "F2")
		case !named(d.Reason, maxReason):
			return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("F2")
		case !named(d.Superior, maxName):
			return wrong("superior", "F2")
		case !d.Until.After(a.Now) || d.Until.After(a.Now.Add(maxDelay*rules.Day)):
			return wrong("until", "F2")
		}
		if err := endDelay(ctx, a); err != nil {
			return err
		}
		_, err = a.Tx.Exec(ctx, `INSERT INTO payout_delays (id, case_id, ground, reason_zh, reason_en, superior_zh, superior_en, until, recorded_by, recorded_at)
			VALUES (@id, @case, @ground, @zh, @en, @superior_zh, @superior_en, @until, @by, @now)`,
			pgx.NamedArgs{
				"id": id, "case": caseID, "ground": d.Ground, "zh": d.Reason.Zh, "en": d.Reason.En, "superior_zh": d.Superior.Zh, "superior_en": d.Superior.En,
				"until": d.Until, "by": by.AccountID, "now": a.Now,
			})
		if err != nil {
			return fault.Internalf("record a delay: %w", err)
		}
		due, err := movePayOut(ctx, a, rules, d.Until.Add(afterDelay*rules.Day))
		if err != nil {
			return err
		}
		a.Step.Detail = map[string]any{"until": d.Until, "superior": d.Superior.Zh}
		return a.Enter(ctx, audit.KindPayOutDelayed, audit.PayOutDelayed{Ground: string(d.Ground), Until: d.Until, DueAt: due, ReasonHash: audit.HashText(d.Reason.Zh)})
	})
}

// EndDelay says that the ground of the delay is gone: 10 days are left to pay out (F2).
//
// Faults: role_forbidden, not_found, state_conflict (no delay stands).
func (s *Service) EndDelay(ctx context.Context, by auction.Actor, caseID uuid.UUID) error {
	step := trail.Step{Act: trail.PayOutDelayEnded, Rule: "F2", Public: true}
	return s.auction.OnCase(ctx, by, caseID, finance, step, func(a *auction.CaseAct) error {
		if err := holdClaims(ctx, a); err != nil {
			return err
		}
		rules, err := rulesOf(ctx, a.Tx, caseID)
		if err != nil {
			return err
		}
		var until time.Time
		err = a.Tx.QueryRow(ctx, `SELECT coalesce(max(until), '0001-01-01') FROM payout_delays WHERE case_id = @case AND ended_at IS NULL`, pgx.NamedArgs{"case": caseID}).Scan(&until)
		if err != nil {
			return fault.Internalf("read a delay: %w", err)
		}
		if until.Year() == 1 {
			return fault.New(fault.Conflict, fault.StateConflict).InField("delay").ByRule("F2")
		}
		if err := endDelay(ctx, a); err != nil {
			return err
		}
		gone := a.Now
		if gone.After(until) {
			gone = until
		}
		due, err := movePayOut(ctx, a, rules, gone.Add(afterDelay*rules.Day))
		if err != nil {
			return err
		}
		a.Step.Detail = map[string]any{"due_at": due}
		return a.Enter(ctx, audit.KindPayOutDelayed, audit.PayOutDelayed{Ended: true, Until: gone, DueAt: due})
	})
}

func endDelay(ctx context.Context, a *auction.CaseAct) error {
	_, err := a.Tx.Exec(ctx, `UPDATE payout_delays SET ended_at = @now, ended_by = @by WHERE case_id = @case AND ended_at IS NULL`,
		pgx.NamedArgs{"case": a.CaseID, "by": a.By.AccountID, "now": a.Now})
	if err != nil {
		return fault.Internalf("end a delay: %w", err)
	}
	return nil
}

// movePayOut gives what the case owes another due time, and returns the earliest. A delay takes nothing of the 30 days that each sum has.
func movePayOut(ctx context.Context, a *auction.CaseAct, rules law.RuleSet, due time.Time) (time.Time, error) {
	first, err := duty.Move(ctx, a.Tx, duty.PayOut, a.CaseID, due, rules.PayOutWithin)
	if err != nil {
		return first, err
	}
	if first.IsZero() {
		return first, fault.New(fault.Conflict, fault.StateConflict).InField("case").ByRule("F2")
	}
	return first, nil
}

// Delays lists a case's delays, the newest first; public.
func Delays(ctx context.Context, q querier, caseID uuid.UUID) ([]Delay, error) {
	rows, err := q.Query(ctx, `SELECT ground, reason_zh, reason_en, superior_zh, superior_en, until, recorded_at, ended_at FROM payout_delays WHERE case_id = @case ORDER BY recorded_at DESC`,
		pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read delays: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Delay, err error) {
		return d, row.Scan(&d.Ground, &d.Reason.Zh, &d.Reason.En, &d.Superior.Zh, &d.Superior.En, &d.Until, &d.RecordedAt, &d.EndedAt)
	})
	if err != nil {
		return nil, fault.Internalf("read delays: %w", err)
	}
	return list, nil
}
