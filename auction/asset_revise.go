package auction

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
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

// AssetRevision is a piece of property stated anew, whole.
type AssetRevision struct {
	Asset uuid.UUID
	// Document replaces the property's; its Ref is not looked at.
	Document docket.Asset
	// Seen is AssetView.DocumentHash of what was revised; empty revises whatever stands.
	Seen string
}

// ReviseAsset states a piece of property anew, as it was surveyed since; what
// stood before is kept. Its kind stays, for lots were listed by it. Drafts
// with it show it as it stands now, and what was announced stays as it was
// published. When facts change that a panel's figures rest on, the votes on
// those drafts count no more and the panel votes anew (R6, ADR 002). Judges and
// clerks of its court do it.
//
// Faults: role_forbidden, not_found, state_conflict (a sale of it runs),
// draft_changed (conflict: somebody revised it since), invalid_request (another category, a seizure to come);
// otherwise a *Refusal that lists everything: document_invalid (no title, no region, a value that cannot be: a date, a length).
func (s *Service) ReviseAsset(ctx context.Context, by Actor, r AssetRevision) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		was, c, err := lockAsset(ctx, tx, by, r.Asset)
		if err != nil {
			return err
		}
		a := r.Document
		if a.Category != was.Document.Category {
			return fault.New(fault.Invalid, fault.InvalidRequest).InField("category")
		}
		hash, err := assetHash(was.Document)
		if err != nil {
			return err
		}
		if r.Seen != "" && r.Seen != hash {
			return fault.New(fault.Conflict, fault.DraftChanged)
		}
		a = withLists(a)
		a.Ref = was.Document.Ref
		drafts, err := draftsOf(ctx, tx, r.Asset)
		if err != nil {
			return err
		}
		if list, err := assetFaults(s.rules, c, a); err != nil || len(list) > 0 {
			return refusedOr(err, list)
		}
		if err := writeAsset(ctx, tx, now, by, was, a); err != nil {
			return err
		}
		if err := oweFixing(ctx, tx, s.duties, s.rules, now, c.ID, r.Asset, was.Document.SeizedOn, a.SeizedOn); err != nil {
			return err
		}
		for _, lot := range drafts {
			if err := refreshCard(ctx, tx, lot); err != nil {
				return err
			}
		}
		if err := s.voteAnew(ctx, tx, now, by, drafts, was.Document, a); err != nil {
			return err
		}
		return trail.Record(ctx, tx, trail.Step{
			CaseID: c.ID, At: now, By: by.AccountID, Role: by.roleOnTrail(), Act: trail.AssetRevised, Detail: map[string]any{"asset": r.Asset}, Public: true,
		})
	})
}

// voteAnew sets the votes on drafts aside when the facts of their property are others (R6). The terms are as they were.
func (s *Service) voteAnew(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, drafts []uuid.UUID, was, is docket.Asset) error {
	before, err := docket.FactsDigest(was)
	if err != nil {
		return fault.Internalf("revise asset: %w", err)
	}
	after, err := docket.FactsDigest(is)
	if err != nil {
		return fault.Internalf("revise asset: %w", err)
	}
	if before == after {
		return nil
	}
	for _, lot := range drafts {
		l, err := lockLot(ctx, tx, lot)
		if err != nil {
			return err
		}
		var voted bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM votes WHERE lot_id = @lot AND superseded_at IS NULL)`, pgx.NamedArgs{"lot": lot}).Scan(&voted); err != nil {
			return fault.Internalf("read votes: %w", err)
		}
		if !voted {
			continue
		}
		terms, err := l.terms()
		if err != nil {
			return err
		}
		if err := pass(ctx, tx, s.duties, &l, lifecycle.Happening{Event: lifecycle.TermsRevised, At: now}, "", nil); err != nil {
			return err
		}
		if err := onTrail(ctx, tx, now, by, &l, trail.Step{Act: trail.LotRevised, Rule: "R6"}); err != nil {
			return err
		}
		if _, err := newTerms(ctx, tx, now, &l, l.Document, terms, l.TermsDigest); err != nil {
			return err
		}
	}
	return nil
}

// lockAsset reads a piece of property with its case for who may revise it, held until the transaction ends.
func lockAsset(ctx context.Context, tx pgx.Tx, by Actor, asset uuid.UUID) (assetRow, caseRow, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM assets WHERE id = @id FOR NO KEY UPDATE`, pgx.NamedArgs{"id": asset}); err != nil {
		return assetRow{}, caseRow{}, fault.Internalf("lock asset: %w", err)
	}
	rows, err := readAssets(ctx, tx, []uuid.UUID{asset})
	if err != nil {
		return assetRow{}, caseRow{}, err
	}
	c, err := readCase(ctx, tx, rows[0].CaseID)
	if err != nil {
		return assetRow{}, caseRow{}, err
	}
	return rows[0], c, by.courtOf(c.CourtID)
}

// courtOf refuses everybody who is no judge and no clerk of the court.
func (a Actor) courtOf(court uuid.UUID) error {
	if a.Role == roleClerk && a.AccountID != uuid.Nil && a.CourtID == court {
		return nil
	}
	return a.judgeOf(court)
}

// assetFaults is everything that keeps a statement of property from replacing one that stands. What it
// lacks to be announced is told by Service.Asset.
func assetFaults(rules law.RuleSet, c caseRow, a docket.Asset) (faults, error) {
	found, err := assetProblems(rules, c, a)
	if err != nil {
		return nil, err
	}
	var list faults
	for _, p := range found {
		if (p.Malformed() || needed(p.Path)) && !list.at(p.Path) {
			list.add(fault.New(fault.Invalid, fault.DocumentInvalid).InField(p.Path).ByRule(p.Rule).
				With("problem_zh", p.Message.Zh).With("problem_en", p.Message.En))
		}
	}
	return list, nil
}

// needed tells what no statement is without: what it is found by, and of each entry of a list its kind.
func needed(path string) bool {
	if strings.HasPrefix(path, "title") || path == "region.code" {
		return true
	}
	return slices.ContainsFunc([]string{"].kind", "].after_sale", "].borne_by", "].state"}, func(end string) bool { return strings.HasSuffix(path, end) })
}

// withLists has a list, empty at least, where the format asks for one.
func withLists(a docket.Asset) docket.Asset {
	a.Survey, a.Encumbrances, a.Defects, a.Arrears = append([]docket.Finding{}, a.Survey...), append([]docket.Encumbrance{}, a.Encumbrances...), append([]docket.Text{}, a.Defects...), append([]docket.Arrear{}, a.Arrears...)
	a.Taxes, a.Documents, a.Drawings, a.Attributes = append([]docket.Tax{}, a.Taxes...), append([]docket.Document{}, a.Documents...), append([]string{}, a.Drawings...), append([]docket.Attribute{}, a.Attributes...)
	return a
}

// assetProblems is what the format and the law have against a statement of property; paths are within it.
func assetProblems(rules law.RuleSet, c caseRow, a docket.Asset) ([]docket.Problem, error) {
	found, err := contentProblems(draft{rules: rules, kase: c.Document, court: c.Court, assets: []docket.Asset{withLists(a)}})
	if err != nil {
		return nil, err
	}
	var out []docket.Problem
	for _, p := range found {
		if path, ok := strings.CutPrefix(p.Path, "cases[0].assets[0]."); ok {
			p.Path = path
			out = append(out, p)
		}
	}
	return out, nil
}

// assetHash names a statement of property as it stands, for who revises it.
func assetHash(a docket.Asset) (string, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return "", fault.Internalf("encode asset: %w", err)
	}
	return audit.HashText(string(b)), nil
}

// draftsOf lists the drafts with a piece of property, held until the
// transaction ends; state_conflict when a published sale of it is not over.
func draftsOf(ctx context.Context, tx pgx.Tx, asset uuid.UUID) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, `SELECT l.id, l.status FROM lots l JOIN lot_assets la ON la.lot_id = l.id
		WHERE la.asset_id = @asset AND l.status IN ('draft', 'voted', 'announced', 'suspended') ORDER BY l.id FOR NO KEY UPDATE OF l`, pgx.NamedArgs{"asset": asset})
	if err != nil {
		return nil, fault.Internalf("read lots of an asset: %w", err)
	}
	var drafts []uuid.UUID
	var id uuid.UUID
	var status string
	running := ""
	_, err = pgx.ForEachRow(rows, []any{&id, &status}, func() error {
		if status == "announced" || status == "suspended" {
			running = status
		}
		drafts = append(drafts, id)
		return nil
	})
	if err != nil {
		return nil, fault.Internalf("read lots of an asset: %w", err)
	}
	if running != "" {
		return nil, fault.New(fault.Conflict, fault.StateConflict).With("state", running)
	}
	return drafts, nil
}

func writeAsset(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, was assetRow, a docket.Asset) error {
	_, err := tx.Exec(ctx, `INSERT INTO asset_versions (asset_id, version, document, revised_by, revised_at)
		SELECT id, 1 + (SELECT count(*) FROM asset_versions v WHERE v.asset_id = assets.id), document, @by, @now FROM assets WHERE id = @id`,
		pgx.NamedArgs{"id": was.ID, "by": by.account(), "now": now})
	if err != nil {
		return fault.Internalf("keep what was stated of an asset: %w", err)
	}
	document, err := json.Marshal(a)
	if err != nil {
		return fault.Internalf("encode asset: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE assets SET document = @document, region = @region, title_zh = @zh, title_en = @en WHERE id = @id`,
		pgx.NamedArgs{"id": was.ID, "document": document, "region": a.Region.Code, "zh": a.Title.Zh, "en": a.Title.En})
	if err != nil {
		return fault.Internalf("write asset: %w", err)
	}
	return nil
}

// refreshCard makes what lists show of a draft anew.
func refreshCard(ctx context.Context, tx pgx.Tx, lot uuid.UUID) error {
	assets, err := lotAssets(ctx, tx, lot)
	if err != nil {
		return err
	}
	card, err := json.Marshal(cardOf(assets))
	if err != nil {
		return fault.Internalf("encode card: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE lots SET card = @card, occupancy = @occupancy WHERE id = @lot`,
		pgx.NamedArgs{"lot": lot, "card": card, "occupancy": assets[0].Document.Occupancy.State})
	if err != nil {
		return fault.Internalf("write lot's card: %w", err)
	}
	return nil
}
