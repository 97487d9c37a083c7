package pricing

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

func fixedStep() trail.Step { return trail.Step{Act: trail.PriceFixed, Public: true} }

// agreed is the figure that every party names.
func agreed(results []money.Fen, parties int) (money.Fen, error) {
	if len(results) != parties {
		return 0, invalid("results_fen")
	}
	for _, r := range results {
		if err := positive(r, "results_fen"); err != nil {
			return 0, err
		}
		if r != results[0] {
			return 0, fault.New(fault.Invalid, fault.PriceNotAgreed).InField("results_fen").ByRule(rule)
		}
	}
	return results[0], nil
}

func positive(f money.Fen, field string) error {
	switch {
	case f <= 0:
		return fault.New(fault.Invalid, fault.AmountInvalid).InField(field).ByRule(rule)
	case f > money.Max:
		return fault.New(fault.Invalid, fault.AmountTooLarge).InField(field).ByRule(rule)
	}
	return nil
}

// Fix fixes the price from the reports of the origin whose turn it is, and
// owes the beginning of the disposal within ten days (art. 30).
//
// Faults: role_forbidden, not_found, those of Determination.Reckon.
func (s *Desk) Fix(ctx context.Context, by auction.Actor, id uuid.UUID, o Origin) error {
	if o != Authority && o != Online && o != Appraisal {
		return invalid("origin")
	}
	return s.on(ctx, by, id, nil, fixedStep(), func(a *act) error {
		p, err := a.d.Reckon(o, a.Now)
		if err != nil {
			return err
		}
		return s.fix(ctx, a, p, "")
	})
}

// fix writes a price, its entry and the duty that follows.
func (s *Desk) fix(ctx context.Context, a *act, p Price, paper string) error {
	a.detail("origin", p.Origin)
	a.detail("price_fen", p.Fen)
	a.detail("valid_until", p.ValidUntil)
	_, err := a.Tx.Exec(ctx, `UPDATE price_determinations SET state = 'fixed', origin = @origin, price_fen = @fen, sum_fen = @sum, amounts = @n,
			valued_on = @valued::text::date, valid_until = @until::text::date, paper_hash = @paper, fixed_by = @by, fixed_at = @now
		WHERE id = @id AND state = 'open'`,
		pgx.NamedArgs{
			"id": a.d.ID, "origin": p.Origin, "fen": p.Fen, "sum": p.Sum, "n": len(p.Amounts), "valued": p.ValuedOn, "until": p.ValidUntil,
			"paper": paper, "by": account(a.By), "now": a.Now,
		})
	if err != nil {
		return fault.Internalf("fix price: %w", err)
	}
	skips, err := skipsHash(a.d.Skips)
	if err != nil {
		return err
	}
	err = a.Enter(ctx, audit.KindPriceFixed, audit.PriceFixed{
		Price: a.d.ID.String(), Asset: a.d.AssetID.String(), Origin: string(p.Origin), PriceFen: p.Fen, AmountsFen: p.Amounts,
		Rounding: "half_up", ValidUntil: string(p.ValidUntil), SkipsHash: skips, ReportHashes: p.Hashes,
	})
	if err != nil {
		return err
	}
	return s.beginDisposal(ctx, a)
}

func (s *Desk) beginDisposal(ctx context.Context, a *act) error {
	return a.Owe(ctx, duty.Duty{
		Kind: duty.BeginDisposal, Key: a.d.ID.String(), Rule: rule, Actor: duty.Judge, DueAt: a.Now.Add(s.auction.RuleSet().DisposalWithin),
	})
}

// skipsHash is the SHA-256 of the skipped origins with their grounds and reasons, as they were published; empty for none.
func skipsHash(list []Skip) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	type line struct {
		Origin string `json:"origin"`
		Ground string `json:"ground"`
		Zh     string `json:"reason_zh"`
		En     string `json:"reason_en"`
	}
	lines := make([]line, 0, len(list))
	for _, o := range Origins() {
		for _, k := range list {
			if k.Origin == o {
				lines = append(lines, line{string(o), string(k.Ground), k.Reason.Zh, k.Reason.En})
			}
		}
	}
	b, err := audit.Canonical(struct {
		Skips []line `json:"skips"`
	}{lines})
	if err != nil {
		return "", fault.Internalf("encode skipped origins: %w", err)
	}
	return audit.HashText(string(b)), nil
}

// Application is the applicant's, for equity that cannot be appraised (R12e).
type Application struct {
	Price uuid.UUID
	// Paper is the SHA-256 of the writing, On the day on which it was made.
	Paper string
	On    docket.Date
	// Costs are those of the enforcement: the starting price lies above them.
	Costs money.Fen
	// Worthless is the court's finding that the company is in grave disorder and the equity plainly worth nothing.
	Worthless bool
	Reason    docket.Text
}

// PriceByCosts lets equity be sold without appraisal, at a start above the
// costs: once a firm found that it can make no report from the material at
// hand, on the applicant's written application, unless the equity is plainly
// worthless (R12e; Fa Shi (2021) No. 20 art. 12).
//
// Faults: role_forbidden, not_found, state_conflict, equity_appraisable (conflict: not equity, or no firm found so),
// application_missing (invalid), equity_worthless (conflict), amount_invalid, amount_too_large, reason_required, report_objection_open.
func (s *Desk) PriceByCosts(ctx context.Context, by auction.Actor, in Application) error {
	if err := reasoned(in.Reason); err != nil {
		return err
	}
	if err := positive(in.Costs, "costs_fen"); err != nil {
		return err
	}
	step := trail.Step{Act: trail.PriceFixed, Rule: "R12e", Reason: in.Reason, Public: true}
	return s.on(ctx, by, in.Price, nil, step, func(a *act) error {
		if err := a.d.mayCost(in, dateOf(a.Now)); err != nil {
			return err
		}
		a.detail("origin", Costs)
		a.detail("costs_fen", in.Costs)
		_, err := a.Tx.Exec(ctx, `UPDATE price_determinations SET state = 'fixed', origin = 'costs', price_fen = 0, sum_fen = 0, amounts = 0,
				paper_hash = @paper, applied_on = @on::text::date, costs_fen = @costs, reason_zh = @zh, reason_en = @en, fixed_by = @by, fixed_at = @now
			WHERE id = @id AND state = 'open'`,
			pgx.NamedArgs{
				"id": in.Price, "paper": in.Paper, "on": in.On, "costs": in.Costs, "zh": in.Reason.Zh, "en": in.Reason.En, "by": account(by), "now": a.Now,
			})
		if err != nil {
			return fault.Internalf("price by the costs: %w", err)
		}
		skips, err := skipsHash(a.d.Skips)
		if err != nil {
			return err
		}
		err = a.Enter(ctx, audit.KindPriceFixed, audit.PriceFixed{
			Price: a.d.ID.String(), Asset: a.d.AssetID.String(), Origin: string(Costs), Rounding: "half_up", SkipsHash: skips,
			CostsFen: in.Costs, ApplicationHash: in.Paper,
		})
		if err != nil {
			return err
		}
		return s.beginDisposal(ctx, a)
	})
}

// mayCost holds R12e's conditions.
func (d *Determination) mayCost(in Application, today docket.Date) error {
	if err := d.MayUse(Appraisal); err != nil {
		return err
	}
	if err := d.reviewed(); err != nil {
		return err
	}
	found := false
	for _, f := range d.Sources {
		found = found || f.Ended == CannotAppraise
	}
	switch {
	case d.Category != docket.Equity, !found, d.engaged() != nil:
		return fault.New(fault.Conflict, fault.EquityAppraisable).ByRule("R12e")
	case !audit.IsHash(in.Paper):
		return fault.New(fault.Invalid, fault.ApplicationMissing).InField("paper").ByRule("R12e")
	case in.On == "" || in.On > today:
		return fault.New(fault.Invalid, fault.ApplicationMissing).InField("on").ByRule("R12e")
	case in.Worthless:
		return fault.New(fault.Conflict, fault.EquityWorthless).InField("worthless").ByRule("R12e")
	}
	return nil
}

// Withdraw ends a determination without a price (art. 29, R12e for equity that
// is plainly worthless), or takes back a price that supervision found wrong (art.
// 25) or whose enforcement ended (art. 29), before a lot of the property was
// announced. Disposal is owed no more then (art. 30); after supervision another price is.
//
// Faults: role_forbidden, not_found, reason_required, price_ground_invalid, state_conflict.
func (s *Desk) Withdraw(ctx context.Context, by auction.Actor, id uuid.UUID, ground WithdrawGround, reason docket.Text) error {
	if err := reasoned(reason); err != nil {
		return err
	}
	step := trail.Step{Act: trail.PriceWithdrawn, Ground: string(ground), Reason: reason, Public: true}
	return s.on(ctx, by, id, nil, step, func(a *act) error {
		if a.d.State == Withdrawn {
			return a.d.open()
		}
		if !ground.fits(a.d.State) || (ground == PlainlyWorthless && a.d.Category != docket.Equity) {
			return fault.New(fault.Invalid, fault.PriceGroundInvalid).InField("ground").ByRule(rule).With("article", "29")
		}
		if a.d.State == Fixed {
			if err := unannounced(ctx, a); err != nil {
				return err
			}
		}
		_, err := a.Tx.Exec(ctx, `UPDATE price_determinations SET state = 'withdrawn', withdrawn_at = @now, ground = @ground, reason_zh = @zh, reason_en = @en
			WHERE id = @id AND state <> 'withdrawn'`,
			pgx.NamedArgs{"id": id, "now": a.Now, "ground": ground, "zh": reason.Zh, "en": reason.En})
		if err != nil {
			return fault.Internalf("withdraw determination: %w", err)
		}
		if err := s.endDuties(ctx, a); err != nil {
			return err
		}
		if ground == Supervision {
			if err := s.auction.OweFixingAnew(ctx, a.Tx, a.Now, a.CaseID, a.d.AssetID); err != nil {
				return err
			}
		}
		return a.Enter(ctx, audit.KindPriceWithdrawn, audit.PriceWithdrawn{
			Price: id.String(), Asset: a.d.AssetID.String(), Ground: string(ground), ReasonHash: audit.HashText(reason.Zh),
		})
	})
}

// endDuties cancels what a determination still makes due.
func (s *Desk) endDuties(ctx context.Context, a *act) error {
	keys := map[string]duty.Kind{a.d.ID.String(): duty.BeginDisposal}
	for _, r := range a.d.Reports {
		keys[r.ID.String()] = duty.ServePriceReport
	}
	for key, kind := range keys {
		if err := s.duties.Cancel(ctx, a.Tx, a.Now, kind, key); err != nil {
			return err
		}
	}
	for _, o := range a.d.Objections {
		for _, kind := range []duty.Kind{duty.ForwardReportObjection, duty.DecideReportObjection} {
			if err := s.duties.Cancel(ctx, a.Tx, a.Now, kind, o.ID.String()); err != nil {
				return err
			}
		}
	}
	return nil
}
