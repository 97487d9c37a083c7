package auction

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// CourtSettings is what a court chose within the law's bounds, from when on and why.
type CourtSettings struct {
	law.Settings
	// RuleSet is the name under which lots are listed from then on.
	RuleSet string `json:"rule_set"`
	// Since is zero for the law's own, which a court has that chose nothing.
	Since time.Time `json:"since,omitzero"`
	// DecidedBy is the office, never a person's name.
	DecidedBy docket.Text `json:"decided_by,omitzero"`
	Reason    docket.Text `json:"reason,omitzero"`
}

// SetSettings takes a court's choice down; lots that are listed from now on have it, and keep it (ADR 017).
//
// Faults: role_forbidden, setting_out_of_bounds, reason_required (decided_by, reason), state_conflict (they are so already).
func (s *Service) SetSettings(ctx context.Context, by Actor, court uuid.UUID, c CourtSettings) (CourtSettings, error) {
	if err := by.judgeOf(court); err != nil {
		return CourtSettings{}, err
	}
	rules, err := s.rules.With(c.Settings)
	if err != nil {
		return CourtSettings{}, err
	}
	for field, t := range map[string]docket.Text{"decided_by": c.DecidedBy, "reason": c.Reason} {
		if strings.TrimSpace(t.Zh) == "" || strings.TrimSpace(t.En) == "" {
			return CourtSettings{}, fault.New(fault.Invalid, fault.ReasonRequired).InField(field)
		}
	}
	err = s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		if _, err := tx.Exec(ctx, `SELECT FROM courts WHERE id = @court FOR UPDATE`, pgx.NamedArgs{"court": court}); err != nil {
			return fault.Internalf("lock the court: %w", err)
		}
		was, err := s.rulesOf(ctx, tx, court)
		if err != nil {
			return err
		}
		if was.Name == rules.Name {
			return fault.New(fault.Conflict, fault.StateConflict)
		}
		c.RuleSet, c.Since = rules.Name, now
		_, err = tx.Exec(ctx, `INSERT INTO court_settings (court_id, since, reserve_min_permille, pay_out_days, brief_outage_seconds, maximum_bids, no_reserve,
				decided_by_zh, decided_by_en, reason_zh, reason_en, entered_by)
			VALUES (@court, @now, @reserve, @days, @outage, @maximum, @no_reserve, @office_zh, @office_en, @zh, @en, @by)`, pgx.NamedArgs{
			"court": court, "now": now, "reserve": c.ReserveMinPermille, "days": c.PayOutDays, "outage": c.BriefOutageSeconds, "maximum": c.MaximumBids, "no_reserve": c.NoReserve,
			"office_zh": c.DecidedBy.Zh, "office_en": c.DecidedBy.En, "zh": c.Reason.Zh, "en": c.Reason.En, "by": by.AccountID,
		})
		if err != nil {
			return fault.Internalf("insert court settings: %w", err)
		}
		return nil
	})
	return c, err
}

// SettingsOf lists what a court chose, the newest first; the last is what it had before it chose: the law's own.
//
// Faults: not_found.
func (s *Service) SettingsOf(ctx context.Context, court uuid.UUID) ([]CourtSettings, error) {
	var there bool
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM courts WHERE id = @court)`, pgx.NamedArgs{"court": court}).Scan(&there); err != nil {
		return nil, fault.Internalf("read court: %w", err)
	}
	if !there {
		return nil, notFound("court")
	}
	rows, err := s.pool.Query(ctx, settingsRows+` ORDER BY since DESC`, pgx.NamedArgs{"court": court})
	if err != nil {
		return nil, fault.Internalf("read court settings: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanSettings)
	if err != nil {
		return nil, fault.Internalf("read court settings: %w", err)
	}
	for i := range list {
		rules, err := s.rules.With(list[i].Settings)
		if err != nil {
			return nil, fault.Internalf("a court's settings: %w", err)
		}
		list[i].RuleSet = rules.Name
	}
	return append(list, CourtSettings{Settings: s.rules.Settings(), RuleSet: s.rules.Name}), nil
}

// rulesOf is the rule set under which a court lists now.
func (s *Service) rulesOf(ctx context.Context, tx pgx.Tx, court uuid.UUID) (law.RuleSet, error) {
	rows, err := tx.Query(ctx, settingsRows+` ORDER BY since DESC LIMIT 1`, pgx.NamedArgs{"court": court})
	if err != nil {
		return law.RuleSet{}, fault.Internalf("read court settings: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanSettings)
	if err != nil {
		return law.RuleSet{}, fault.Internalf("read court settings: %w", err)
	}
	if len(list) == 0 {
		return s.rules, nil
	}
	rules, err := s.rules.With(list[0].Settings)
	if err != nil {
		return law.RuleSet{}, fault.Internalf("a court's settings: %w", err)
	}
	return rules, nil
}

const settingsRows = `SELECT reserve_min_permille, pay_out_days, brief_outage_seconds, maximum_bids, no_reserve, since, decided_by_zh, decided_by_en, reason_zh, reason_en
	FROM court_settings WHERE court_id = @court`

func scanSettings(row pgx.CollectableRow) (c CourtSettings, err error) {
	err = row.Scan(&c.ReserveMinPermille, &c.PayOutDays, &c.BriefOutageSeconds, &c.MaximumBids, &c.NoReserve, &c.Since, &c.DecidedBy.Zh, &c.DecidedBy.En, &c.Reason.Zh, &c.Reason.En)
	return c, err
}
