package pricing

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// Desk is the use cases. It is safe for concurrent use.
type Desk struct {
	pool    *pgxpool.Pool
	duties  *duty.Book
	auction *auction.Service
}

// New makes a Desk.
func New(pool *pgxpool.Pool, duties *duty.Book, a *auction.Service) *Desk {
	if pool == nil || duties == nil || a == nil {
		panic("pricing: a part is missing")
	}
	return &Desk{pool: pool, duties: duties, auction: a}
}

// court lets judges and clerks of the court act: letters, reports, service. nil, in its place, lets judges alone.
func court(by auction.Actor, of uuid.UUID) error {
	if (by.Role != "judge" && by.Role != "clerk") || by.CourtID != of || of == uuid.Nil {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// act is one act on a determination, its row held.
type act struct {
	*auction.CaseAct

	d *Determination
}

// detail adds figures to the act's step.
func (a *act) detail(name string, value any) {
	m, ok := a.Step.Detail.(map[string]any)
	if !ok {
		m = map[string]any{"price": a.d.ID, "asset": a.d.AssetID}
	}
	m[name] = value
	a.Step.Detail = m
}

// on runs an act on a determination.
func (s *Desk) on(ctx context.Context, by auction.Actor, id uuid.UUID, may auction.May, step trail.Step, f func(a *act) error) error {
	caseID, err := s.caseOf(ctx, id)
	if err != nil {
		return err
	}
	if step.Rule == "" {
		step.Rule = rule
	}
	step.Detail = map[string]any{"price": id}
	return s.auction.OnCase(ctx, by, caseID, may, step, func(c *auction.CaseAct) error {
		d, err := load(ctx, c.Tx, id, c.Document, s.auction.RuleSet().Day)
		if err != nil {
			return err
		}
		a := &act{c, d}
		a.detail("asset", d.AssetID)
		return f(a)
	})
}

// Start begins a determination for a piece of property: within thirty days of
// the seizure (art. 1), later with a superior's reason. It returns its id.
//
// Faults: role_forbidden, not_found (asset), late_reason_required (with latest_at), price_stands (conflict: one is open, or a price valid).
func (s *Desk) Start(ctx context.Context, by auction.Actor, asset uuid.UUID, late auction.Late) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make an id: %w", err)
	}
	caseID, err := s.caseOfAsset(ctx, asset)
	if err != nil {
		return uuid.Nil, err
	}
	step := trail.Step{Act: trail.PriceStarted, Rule: rule, Detail: map[string]any{"price": id, "asset": asset}, Public: true}
	return id, s.auction.OnCase(ctx, by, caseID, court, step, func(a *auction.CaseAct) error {
		if err := free(ctx, a.Tx, asset, a.Now); err != nil {
			return err
		}
		key, due, err := startDuty(ctx, a.Tx, asset)
		if err != nil {
			return err
		}
		if a.Step.Late, err = late.For(rule, due, a.Now); err != nil {
			return err
		}
		_, err = a.Tx.Exec(ctx, `INSERT INTO price_determinations (id, case_id, asset_id, state, started_at) VALUES (@id, @case, @asset, 'open', @now)`,
			pgx.NamedArgs{"id": id, "case": caseID, "asset": asset, "now": a.Now})
		if err != nil {
			return fault.Internalf("insert determination: %w", err)
		}
		if key != "" {
			if err := a.Done(ctx, duty.FixReferencePrice, key); err != nil {
				return err
			}
		}
		return a.Enter(ctx, audit.KindPriceStarted, audit.PriceStarted{Price: id.String(), Asset: asset.String(), Late: a.Step.Late != nil})
	})
}

// Skip leaves an origin that cannot serve, on a ground of the law; the reason is published.
//
// Faults: role_forbidden, not_found, reason_required, and those of Determination.MaySkip.
func (s *Desk) Skip(ctx context.Context, by auction.Actor, id uuid.UUID, o Origin, ground SkipGround, reason docket.Text) error {
	if err := reasoned(reason); err != nil {
		return err
	}
	step := trail.Step{Act: trail.PriceOriginSkipped, Ground: string(ground), Reason: reason, Public: true}
	return s.on(ctx, by, id, nil, step, func(a *act) error {
		if err := a.d.MaySkip(o, ground, a.Now); err != nil {
			return err
		}
		a.detail("origin", o)
		_, err := a.Tx.Exec(ctx, `INSERT INTO price_skips (determination_id, origin, ground, reason_zh, reason_en, skipped_by, skipped_at)
			VALUES (@id, @origin, @ground, @zh, @en, @by, @now)`,
			pgx.NamedArgs{"id": id, "origin": o, "ground": ground, "zh": reason.Zh, "en": reason.En, "by": account(by), "now": a.Now})
		if err != nil {
			return fault.Internalf("insert skipped origin: %w", err)
		}
		return nil
	})
}

// Agreement is what the parties handed in (art. 4).
type Agreement struct {
	Price uuid.UUID
	// Results are one figure of each party, all alike.
	Results []money.Fen
	// Paper is the SHA-256 of their writing.
	Paper string
	// ValidUntil is theirs to agree; empty is a year (art. 27).
	ValidUntil docket.Date
}

// Agree takes the parties' price, which is the reference price at once: nobody objects to it (art. 24).
//
// Faults: role_forbidden, not_found, invalid_request (results, paper), amount_invalid, amount_too_large, price_not_agreed
// (invalid), price_validity_invalid, those of Determination.MayUse.
func (s *Desk) Agree(ctx context.Context, by auction.Actor, in Agreement) error {
	if !audit.IsHash(in.Paper) {
		return invalid("paper")
	}
	return s.on(ctx, by, in.Price, nil, fixedStep(), func(a *act) error {
		if err := a.d.MayUse(Agreed); err != nil {
			return err
		}
		fen, err := agreed(in.Results, len(a.d.Parties))
		if err != nil {
			return err
		}
		today := dateOf(a.Now)
		if in.ValidUntil == "" {
			in.ValidUntil = longest(today)
		}
		if err := term(today, in.ValidUntil, a.Now); err != nil {
			return err
		}
		p := Price{Origin: Agreed, Fen: fen, Sum: fen, Amounts: []money.Fen{fen}, Hashes: []string{in.Paper}, ValuedOn: today, ValidUntil: in.ValidUntil}
		return s.fix(ctx, a, p, in.Paper)
	})
}

func reasoned(t docket.Text) error {
	if strings.TrimSpace(t.Zh) == "" || strings.TrimSpace(t.En) == "" {
		return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule(rule)
	}
	return nil
}

func account(by auction.Actor) *uuid.UUID {
	if by.AccountID == uuid.Nil {
		return nil
	}
	return &by.AccountID
}

// dateOf is the court's day of an instant.
func dateOf(t time.Time) docket.Date { return docket.Date(t.In(courtTime()).Format(time.DateOnly)) }
