package auction

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
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
// The choice is public: it enters the log, without its reason's text.
//
// Faults: role_forbidden, not_found, setting_out_of_bounds, reason_required (decided_by, reason), settings_unchanged (conflict).
func (s *Service) SetSettings(ctx context.Context, by Actor, court uuid.UUID, c CourtSettings) (CourtSettings, error) {
	rules, err := s.CheckSettings(by, court, c)
	if err != nil {
		return CourtSettings{}, err
	}
	err = s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		var code string
		err := tx.QueryRow(ctx, `SELECT code FROM courts WHERE id = @court FOR UPDATE`, pgx.NamedArgs{"court": court}).Scan(&code)
		if errors.Is(err, pgx.ErrNoRows) {
			return notFound("court")
		}
		if err != nil {
			return fault.Internalf("lock the court: %w", err)
		}
		was, err := s.settingsNow(ctx, tx, court)
		if err != nil {
			return err
		}
		if was.RuleSet == rules.Name {
			return fault.New(fault.Conflict, fault.SettingsUnchanged)
		}
		if c.RuleSet, c.Since = rules.Name, audit.Millis(now); !c.Since.After(was.Since) {
			c.Since = was.Since.Add(time.Millisecond) // who waited for the row came later
		}
		if err := c.insert(ctx, tx, court, by); err != nil {
			return err
		}
		return enter(ctx, tx, audit.KindCourtSettings, c.Since, uuid.Nil, uuid.Nil, audit.CourtSettings{Court: code, RuleSet: rules.Name, RuleDigest: rules.Digest()})
	})
	return c, err
}

// CheckSettings is what SetSettings refuses by, and the rule set that comes of the choice; it changes nothing.
//
// Faults: those of SetSettings but settings_unchanged.
func (s *Service) CheckSettings(by Actor, court uuid.UUID, c CourtSettings) (law.RuleSet, error) {
	if err := by.judgeOf(court); err != nil {
		return law.RuleSet{}, err
	}
	rules, err := s.rules.With(c.Settings)
	if err != nil {
		return law.RuleSet{}, err
	}
	for field, t := range map[string]docket.Text{"decided_by": c.DecidedBy, "reason": c.Reason} {
		if strings.TrimSpace(t.Zh) == "" || strings.TrimSpace(t.En) == "" {
			return law.RuleSet{}, fault.New(fault.Invalid, fault.ReasonRequired).InField(field)
		}
	}
	return rules, nil
}

func (c *CourtSettings) insert(ctx context.Context, tx pgx.Tx, court uuid.UUID, by Actor) error {
	_, err := tx.Exec(ctx, `INSERT INTO court_settings (court_id, since, reserve_min_permille, pay_out_days, brief_outage_seconds, maximum_bids, no_reserve,
			decided_by_zh, decided_by_en, reason_zh, reason_en, entered_by)
		VALUES (@court, @since, @reserve, @days, @outage, @maximum, @no_reserve, @office_zh, @office_en, @zh, @en, @by)`, pgx.NamedArgs{
		"court": court, "since": c.Since, "reserve": c.ReserveMinPermille, "days": c.PayOutDays, "outage": c.BriefOutageSeconds,
		"maximum": c.MaximumBids, "no_reserve": c.NoReserve,
		"office_zh": c.DecidedBy.Zh, "office_en": c.DecidedBy.En, "zh": c.Reason.Zh, "en": c.Reason.En, "by": by.AccountID,
	})
	if err != nil {
		return fault.Internalf("insert court settings: %w", err)
	}
	return nil
}

// CourtRules is a court with what it chose.
type CourtRules struct {
	Court docket.Court
	ID    uuid.UUID
	// Chosen is the newest first; the last is what it had before it chose: the law's own. It is never empty.
	Chosen []CourtSettings
	// Law is the rule set that the settings are of, Bounds between what they lie.
	Law    law.RuleSet
	Bounds []law.SettingBound
}

// SettingsOf finds a court by its id or code, with what it chose.
//
// Faults: not_found.
func (s *Service) SettingsOf(ctx context.Context, ref string) (CourtRules, error) {
	out := CourtRules{Law: s.rules, Bounds: law.SettingBounds()}
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		court, err := courtByRef(ctx, tx, ref)
		if err != nil {
			return err
		}
		out.Court, out.ID = court.Public, court.ID
		rows, err := tx.Query(ctx, settingsRows+` ORDER BY since DESC`, pgx.NamedArgs{"court": court.ID})
		if err != nil {
			return fault.Internalf("read court settings: %w", err)
		}
		out.Chosen, err = s.chosen(rows)
		return err
	})
	if err != nil {
		return CourtRules{}, asFault(err)
	}
	out.Chosen = append(out.Chosen, CourtSettings{Settings: s.rules.Settings(), RuleSet: s.rules.Name})
	return out, nil
}

func courtByRef(ctx context.Context, tx pgx.Tx, ref string) (courtRow, error) {
	if id, err := uuid.Parse(ref); err == nil {
		return courtByID(ctx, tx, id)
	}
	return courtByCode(ctx, tx, ref)
}

// RulesFor is the rule set under which an actor's court lists now; the installation's own for who has no court.
func (s *Service) RulesFor(ctx context.Context, by Actor) (law.RuleSet, error) {
	rules := s.rules
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var err error
		rules, err = s.rulesOf(ctx, tx, by.CourtID)
		return err
	})
	return rules, asFault(err)
}

// rulesOf is the rule set under which a court lists now.
func (s *Service) rulesOf(ctx context.Context, tx pgx.Tx, court uuid.UUID) (law.RuleSet, error) {
	c, err := s.settingsNow(ctx, tx, court)
	if err != nil {
		return law.RuleSet{}, err
	}
	if c.Since.IsZero() {
		return s.rules, nil
	}
	return s.rules.With(c.Settings)
}

// settingsNow is what a court has now.
func (s *Service) settingsNow(ctx context.Context, tx pgx.Tx, court uuid.UUID) (CourtSettings, error) {
	rows, err := tx.Query(ctx, settingsRows+` ORDER BY since DESC LIMIT 1`, pgx.NamedArgs{"court": court})
	if err != nil {
		return CourtSettings{}, fault.Internalf("read court settings: %w", err)
	}
	list, err := s.chosen(rows)
	switch {
	case err != nil:
		return CourtSettings{}, err
	case len(list) > 0:
		return list[0], nil
	}
	return CourtSettings{Settings: s.rules.Settings(), RuleSet: s.rules.Name}, nil
}

// chosen reads rows of settings, with the names that they give the installation's rule set.
func (s *Service) chosen(rows pgx.Rows) ([]CourtSettings, error) {
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
	return list, nil
}

const settingsRows = `SELECT reserve_min_permille, pay_out_days, brief_outage_seconds, maximum_bids, no_reserve, since, decided_by_zh, decided_by_en, reason_zh, reason_en
	FROM court_settings WHERE court_id = @court`

func scanSettings(row pgx.CollectableRow) (c CourtSettings, err error) {
	err = row.Scan(&c.ReserveMinPermille, &c.PayOutDays, &c.BriefOutageSeconds, &c.MaximumBids, &c.NoReserve, &c.Since, &c.DecidedBy.Zh, &c.DecidedBy.En, &c.Reason.Zh, &c.Reason.En)
	return c, err
}
