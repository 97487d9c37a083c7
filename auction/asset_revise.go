package auction

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// ReviseAsset states a piece of property anew, as it was surveyed since; what
// stood before is kept. Its kind stays, for lots were listed by it. Drafts
// with it show it as it stands now; the votes on their terms hold, and what was
// announced stays as it was published.
//
// Faults: role_forbidden, not_found, state_conflict (a sale of it runs),
// invalid_request (another category, no title, no region).
func (s *Service) ReviseAsset(ctx context.Context, by Actor, asset uuid.UUID, a docket.Asset) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		rows, err := readAssets(ctx, tx, []uuid.UUID{asset})
		if err != nil {
			return err
		}
		was := rows[0]
		c, err := readCase(ctx, tx, was.CaseID)
		if err != nil {
			return err
		}
		if err := by.judgeOf(c.CourtID); err != nil {
			return err
		}
		switch {
		case a.Category != was.Document.Category:
			return fault.New(fault.Invalid, fault.InvalidRequest).InField("category")
		case a.Title.Zh == "" || a.Title.En == "":
			return empty("title")
		case a.Region.Code == "":
			return empty("region.code")
		}
		a.Ref = was.Document.Ref
		drafts, err := draftsOf(ctx, tx, asset)
		if err != nil {
			return err
		}
		if err := writeAsset(ctx, tx, now, by, was, a); err != nil {
			return err
		}
		if err := oweFixing(ctx, tx, s.duties, s.rules, now, c.ID, asset, was.Document.SeizedOn, a.SeizedOn); err != nil {
			return err
		}
		for _, lot := range drafts {
			if err := refreshCard(ctx, tx, lot); err != nil {
				return err
			}
		}
		return trail.Record(ctx, tx, trail.Step{
			CaseID: c.ID, At: now, By: by.AccountID, Role: by.roleOnTrail(), Act: trail.AssetRevised, Detail: map[string]any{"asset": asset}, Public: true,
		})
	})
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
