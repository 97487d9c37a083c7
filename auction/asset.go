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

// AddAsset adds a piece of property to a case of the judge's court and returns
// its id. What the survey lacks is told when a lot with it is to be announced.
//
// Faults: role_forbidden, not_found (case), invalid_request.
func (s *Service) AddAsset(ctx context.Context, by Actor, caseID uuid.UUID, a docket.Asset) (uuid.UUID, error) {
	var id uuid.UUID
	err := s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		c, err := readCase(ctx, tx, caseID)
		if err != nil {
			return err
		}
		if err := by.judgeOf(c.CourtID); err != nil {
			return err
		}
		id, err = s.insertAsset(ctx, tx, now, by, caseID, a)
		return err
	})
	return id, err
}

func (s *Service) insertAsset(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, caseID uuid.UUID, a docket.Asset) (uuid.UUID, error) {
	info, known := docket.Info(a.Category)
	switch {
	case !known:
		return uuid.Nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("category")
	case a.Title.Zh == "":
		return uuid.Nil, empty("title.zh")
	case a.Title.En == "":
		return uuid.Nil, empty("title.en")
	case a.Region.Code == "":
		return uuid.Nil, empty("region.code")
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	document, err := json.Marshal(a)
	if err != nil {
		return uuid.Nil, fault.Internalf("encode asset: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO assets (id, case_id, category, kind, region, title_zh, title_en, document, created_at)
		VALUES (@id, @case_id, @category, @kind, @region, @title_zh, @title_en, @document, @now)`,
		pgx.NamedArgs{
			"id": id, "case_id": caseID, "category": a.Category, "kind": info.Kind, "region": a.Region.Code,
			"title_zh": a.Title.Zh, "title_en": a.Title.En, "document": document, "now": now,
		})
	if err != nil {
		return uuid.Nil, fault.Internalf("insert asset: %w", err)
	}
	if err := oweFixing(ctx, tx, s.duties, s.rules, now, caseID, id, "", a.SeizedOn); err != nil {
		return uuid.Nil, err
	}
	return id, trail.Record(ctx, tx, trail.Step{
		CaseID: caseID, At: now, By: by.AccountID, Role: by.roleOnTrail(), Act: trail.AssetAdded, Detail: map[string]any{"asset": id}, Public: true,
	})
}

// assetRow is a piece of property with its id.
type assetRow struct {
	ID       uuid.UUID
	CaseID   uuid.UUID
	Document docket.Asset
}

// readAssets reads assets in the order of ids; not_found when one is missing.
func readAssets(ctx context.Context, tx pgx.Tx, ids []uuid.UUID) ([]assetRow, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.id, a.case_id, a.document
		FROM unnest(@ids::uuid[]) WITH ORDINALITY AS wanted (id, place) JOIN assets a ON a.id = wanted.id
		ORDER BY wanted.place`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, fault.Internalf("read assets: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[assetRow])
	if err != nil {
		return nil, fault.Internalf("read assets: %w", err)
	}
	if len(list) != len(ids) || len(list) == 0 {
		return nil, notFound("asset")
	}
	return list, nil
}
