package auction

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/lifecycle"
	"mingchui/auction/trail"
)

// ListLot drafts a lot of assets of one case and returns its id. Its terms are
// checked (R10, R17, R20a, R26); the panel votes on them next (R6), for which
// the duty judge_vote is owed.
//
// Faults: role_forbidden, not_found (asset), invalid_request, panel_invalid
// (R6), indivisible_split (R15), and those of CheckTerms, joined in a *Refusal.
func (s *Service) ListLot(ctx context.Context, by Actor, n NewLot) (uuid.UUID, error) {
	var id uuid.UUID
	err := s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		assets, err := readAssets(ctx, tx, n.AssetIDs)
		if err != nil {
			return err
		}
		c, err := readCase(ctx, tx, assets[0].CaseID)
		if err != nil {
			return err
		}
		if err := by.judgeOf(c.CourtID); err != nil {
			return err
		}
		id, err = s.insertLot(ctx, tx, now, by, c, assets, n, nil)
		return err
	})
	return id, err
}

// insertLot writes a draft. previous is the sale before it on this platform.
func (s *Service) insertLot(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, c caseRow, assets []assetRow, n NewLot, previous *uuid.UUID) (uuid.UUID, error) {
	for _, a := range assets {
		if a.CaseID != c.ID {
			return uuid.Nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("asset_refs")
		}
	}
	if n.Lot.Title.Zh == "" || n.Lot.Title.En == "" {
		return uuid.Nil, empty("title")
	}
	if d := n.Lot.Payment.BalanceDueDays; d < 1 || d > 60 {
		return uuid.Nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("payment.balance_due_days").ByRule("R25")
	}
	// The court's choice stands still while a lot is listed under it.
	if _, err := tx.Exec(ctx, `SELECT FROM courts WHERE id = @court FOR SHARE`, pgx.NamedArgs{"court": c.CourtID}); err != nil {
		return uuid.Nil, fault.Internalf("hold the court's settings: %w", err)
	}
	rules, err := s.rulesOf(ctx, tx, c.CourtID)
	if err != nil {
		return uuid.Nil, err
	}
	terms := TermsOf(rules, n.Lot)
	if list := listingFaults(rules, terms, c.Document.Kind, n.Lot, now); len(list) > 0 {
		return uuid.Nil, &Refusal{Faults: list}
	}
	if previous == nil { // the next sale's draft begins with what the sale before had
		prices, err := boundBy(ctx, tx, assets)
		if err != nil {
			return uuid.Nil, err
		}
		var list faults
		if checkBound(&list, prices, n.Lot, ""); len(list) > 0 {
			return uuid.Nil, &Refusal{Faults: list}
		}
	}
	groups, err := splitGroups(ctx, tx, c.ID, n.Lot, assets)
	if err != nil {
		return uuid.Nil, err
	}
	if len(groups) > 0 {
		return uuid.Nil, split(groups)
	}
	if err := checkPanel(ctx, tx, rules, c.CourtID, n.Panel); err != nil {
		return uuid.Nil, err
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	if err := writeLot(ctx, tx, now, by, id, c, assets, n, terms, previous, rules); err != nil {
		return uuid.Nil, err
	}
	if previous != nil {
		if err := excludeDefaulters(ctx, tx, now, id, *previous); err != nil {
			return uuid.Nil, err
		}
	}
	earlier, err := earlierStage(ctx, tx, terms.Stage, previous)
	if err != nil {
		return uuid.Nil, err
	}
	err = enter(ctx, tx, audit.KindLotListed, now, c.ID, id, audit.LotListed{
		Stage: terms.Stage, PreviousLot: earlier, TitleZH: n.Lot.Title.Zh, TitleEN: n.Lot.Title.En,
		Category: string(assets[0].Document.Category), PropertyKind: kindOf(assets), ReferenceFen: terms.ReferenceFen,
		ReferenceKind: string(terms.ReferenceKind), RuleSet: rules.Name,
	})
	if err != nil {
		return uuid.Nil, err
	}
	listed := lotRow{ID: id, CaseID: c.ID}
	if err := onTrail(ctx, tx, now, by, &listed, listedStep(terms)); err != nil {
		return uuid.Nil, err
	}
	return id, settle(ctx, tx, s.duties, &listed, now, lifecycle.Listed(rules, now))
}

// listingFaults are what keeps the terms of a lot from being listed.
func listingFaults(rules law.RuleSet, t Terms, kind docket.CaseKind, l docket.Lot, now time.Time) faults {
	list := faults(CheckTerms(rules, t))
	checkNoReserve(&list, rules, kind, l, now)
	return list
}

func listedStep(t Terms) trail.Step {
	step := trail.Step{Act: trail.LotListed, Rule: startRule(t.Stage)}
	step.Ground, step.Detail = noReserveStep(t.NoReserve)
	return step
}

func writeLot(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, id uuid.UUID, c caseRow, assets []assetRow, n NewLot, terms Terms, previous *uuid.UUID, rules law.RuleSet) error {
	digest, err := terms.Digest()
	if err != nil {
		return err
	}
	n.Lot.Ref, n.Lot.AssetRefs = "", nil
	document, err := json.Marshal(n.Lot)
	if err != nil {
		return fault.Internalf("encode lot: %w", err)
	}
	card, err := json.Marshal(cardOf(assets))
	if err != nil {
		return fault.Internalf("encode card: %w", err)
	}
	first := assets[0].Document
	region := first.Region
	panel := max(len(n.Panel), rules.PanelMin)
	_, err = tx.Exec(ctx, `
		INSERT INTO lots (id, case_id, court_id, previous_lot_id, stage, status, rule_set, category, kind, region, region_zh, region_en,
			occupancy, title_zh, title_en, reference_fen, reference_kind, starting_price_fen, increment_fen, deposit_fen, document, card,
			terms_digest, panel_size, balance_due_days, shard, search, created_by, created_at, acted_at)
		VALUES (@id, @case_id, @court_id, @previous, @stage, 'draft', @rule_set, @category, @kind, @region, @region_zh, @region_en,
			@occupancy, @title_zh, @title_en, @reference, @reference_kind, @start, @increment, @deposit, @document, @card,
			@digest, @panel, @due_days, @shard, @search, @by, @now, @now)`,
		pgx.NamedArgs{
			"id": id, "case_id": c.ID, "court_id": c.CourtID, "previous": previous, "stage": terms.Stage, "rule_set": rules.Name,
			"category": first.Category, "kind": kindOf(assets), "region": region.Code,
			"region_zh": joinPlace(region.City.Zh, region.District.Zh, ""), "region_en": joinPlace(region.District.En, region.City.En, ", "),
			"occupancy": first.Occupancy.State, "title_zh": n.Lot.Title.Zh, "title_en": n.Lot.Title.En,
			"reference": terms.ReferenceFen, "reference_kind": terms.ReferenceKind, "start": terms.StartingPriceFen,
			"increment": terms.IncrementFen, "deposit": terms.DepositFen, "document": document, "card": card,
			"digest": digest, "panel": panel, "due_days": n.Lot.Payment.BalanceDueDays,
			// The last byte of a UUIDv7 is random, so lots spread evenly.
			"shard": int16(id[15]), "search": searchTerms(c, assets, n.Lot), "by": by.account(), "now": now,
		})
	if err != nil {
		return fault.Internalf("insert lot: %w", err)
	}
	ids := make([]uuid.UUID, len(assets))
	for i, a := range assets {
		ids[i] = a.ID
	}
	if _, err := tx.Exec(ctx, `INSERT INTO lot_assets (lot_id, asset_id) SELECT @lot, unnest(@ids::uuid[])`, pgx.NamedArgs{"lot": id, "ids": ids}); err != nil {
		return fault.Internalf("insert lot's assets: %w", err)
	}
	if len(n.Panel) > 0 {
		if _, err := tx.Exec(ctx, `INSERT INTO panels (lot_id, judge_id) SELECT @lot, unnest(@judges::uuid[])`, pgx.NamedArgs{"lot": id, "judges": n.Panel}); err != nil {
			return fault.Internalf("insert panel: %w", err)
		}
	}
	return nil
}

// kindOf is how the whole counts for periods of notice: the longest applies (R12).
func kindOf(assets []assetRow) law.Kind {
	kind := law.Movable
	for _, a := range assets {
		if info, ok := docket.Info(a.Document.Category); ok && info.Kind != law.Movable {
			kind = info.Kind
		}
	}
	return kind
}

// joinPlace joins two names of a place; one that is missing or the same twice stands alone.
func joinPlace(a, b, between string) string {
	switch {
	case a == "" || a == b:
		return b
	case b == "":
		return a
	}
	return a + between + b
}

// earlierStage finds the sale that the log names before a second sale, a
// sell-off or a sale without a reserve: the newest before it of another stage, so that a sale repeated after
// a default is measured by what it repeats. Empty for a first sale.
func earlierStage(ctx context.Context, tx pgx.Tx, stage law.Stage, previous *uuid.UUID) (string, error) {
	for previous != nil && stage != law.First {
		var before law.Stage
		var next *uuid.UUID
		err := tx.QueryRow(ctx, `SELECT stage, previous_lot_id FROM lots WHERE id = @id`, pgx.NamedArgs{"id": *previous}).Scan(&before, &next)
		if err != nil {
			return "", fault.Internalf("read the sale before: %w", err)
		}
		if before != stage {
			return previous.String(), nil
		}
		previous = next
	}
	return "", nil
}

// excludeDefaulters keeps everybody who defaulted on an earlier sale of the
// property from bidding for it again (R24x). Where an agent bought for others, the buyers are the others, who are known by
// their identity numbers (MayTakePart); the agent's account is excluded as one of them alone.
func excludeDefaulters(ctx context.Context, tx pgx.Tx, now time.Time, lot, previous uuid.UUID) error {
	_, err := tx.Exec(ctx, `
		WITH RECURSIVE earlier AS (
			SELECT id, previous_lot_id, outcome FROM lots WHERE id = @previous
			UNION
			SELECT l.id, l.previous_lot_id, l.outcome FROM lots l JOIN earlier e ON l.id = e.previous_lot_id
		)
		INSERT INTO exclusions (lot_id, account_id, ground, created_at)
		SELECT DISTINCT @lot::uuid, c.account_id, 'defaulter', @now::timestamptz
		FROM earlier e JOIN confirmations c ON c.lot_id = e.id
		WHERE e.outcome = 'defaulted'
			AND (c.agency_id IS NULL OR EXISTS (SELECT FROM agency_principals p WHERE p.agency_id = c.agency_id AND p.is_agent))
		ON CONFLICT (lot_id, account_id) DO NOTHING`,
		pgx.NamedArgs{"lot": lot, "previous": previous, "now": now})
	if err != nil {
		return fault.Internalf("exclude defaulters: %w", err)
	}
	return nil
}

// checkPanel holds R6 for a named panel: an odd number, at least PanelMin,
// nobody twice, all judges of the court.
func checkPanel(ctx context.Context, tx pgx.Tx, rules law.RuleSet, court uuid.UUID, panel []uuid.UUID) error {
	if len(panel) == 0 {
		return nil
	}
	invalid := fault.New(fault.Invalid, fault.PanelInvalid).InField("panel").ByRule("R6").With("least", rules.PanelMin)
	if len(panel) < rules.PanelMin || len(panel)%2 == 0 {
		return invalid
	}
	sorted := slices.SortedFunc(slices.Values(panel), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	if len(slices.Compact(sorted)) != len(panel) {
		return invalid
	}
	var judges int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM accounts WHERE id = ANY(@panel) AND role = 'judge' AND court_id = @court`,
		pgx.NamedArgs{"panel": panel, "court": court}).Scan(&judges)
	if err != nil {
		return fault.Internalf("read panel: %w", err)
	}
	if judges != len(panel) {
		return invalid
	}
	return nil
}
