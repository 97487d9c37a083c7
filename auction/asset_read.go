package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// AssetView is a piece of property as its court works on it.
type AssetView struct {
	ID       uuid.UUID
	CaseID   uuid.UUID
	Number   string
	Document docket.Asset
	// DocumentHash names the document as it stands (AssetRevision.Seen).
	DocumentHash string
	// Version counts from one; Before is what stood before the last revision and RevisedAt when that was, nil for the first version.
	Version   int
	Before    *docket.Asset
	RevisedAt *time.Time
	// Lots are the sales of it, newest first.
	Lots []AssetLot
	// Lacks is what keeps a sale of it from being announced, with fields of the document.
	Lacks []*fault.Error
}

// AssetLot is a sale that a piece of property is in.
type AssetLot struct {
	ID    uuid.UUID
	Title docket.Text
	State State
}

// Running tells that the property cannot be revised: a published sale of it is not over.
func (v *AssetView) Running() bool {
	for _, l := range v.Lots {
		if l.State == Announced || l.State == Suspended {
			return true
		}
	}
	return false
}

// Asset reads a piece of property for judges and clerks of its court.
//
// Faults: role_forbidden, not_found.
func (s *Service) Asset(ctx context.Context, by Actor, asset uuid.UUID) (AssetView, error) {
	var v AssetView
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := readAssets(ctx, tx, []uuid.UUID{asset})
		if err != nil {
			return err
		}
		c, err := readCase(ctx, tx, rows[0].CaseID)
		if err != nil {
			return err
		}
		if err := by.courtOf(c.CourtID); err != nil {
			return err
		}
		v = AssetView{ID: asset, CaseID: c.ID, Number: c.Number, Document: rows[0].Document}
		if v.DocumentHash, err = assetHash(v.Document); err != nil {
			return err
		}
		if v.Lacks, err = s.lacks(c, v.Document); err != nil {
			return err
		}
		return v.history(ctx, tx)
	})
	return v, asFault(err)
}

// AssetLacks is what a statement of property would lack to be announced, for who is about to make it.
//
// Faults: role_forbidden, not_found.
func (s *Service) AssetLacks(ctx context.Context, by Actor, asset uuid.UUID, a docket.Asset) ([]*fault.Error, error) {
	var list []*fault.Error
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := readAssets(ctx, tx, []uuid.UUID{asset})
		if err != nil {
			return err
		}
		c, err := readCase(ctx, tx, rows[0].CaseID)
		if err != nil {
			return err
		}
		if err := by.courtOf(c.CourtID); err != nil {
			return err
		}
		list, err = s.lacks(c, a)
		return err
	})
	return list, asFault(err)
}

func (s *Service) lacks(c caseRow, a docket.Asset) ([]*fault.Error, error) {
	found, err := assetProblems(s.rules, c, a)
	if err != nil {
		return nil, err
	}
	var list []*fault.Error
	for _, p := range found {
		if f := contentFault(p, p.Path); f != nil {
			list = append(list, f)
		}
	}
	return list, nil
}

func (v *AssetView) history(ctx context.Context, tx pgx.Tx) error {
	args := pgx.NamedArgs{"asset": v.ID}
	err := tx.QueryRow(ctx, `SELECT count(*) + 1, (array_agg(document ORDER BY version DESC))[1], max(revised_at) FROM asset_versions WHERE asset_id = @asset`, args).
		Scan(&v.Version, &v.Before, &v.RevisedAt)
	if err != nil {
		return fault.Internalf("read versions of an asset: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT l.id, l.title_zh, l.title_en, l.status, l.outcome FROM lots l JOIN lot_assets la ON la.lot_id = l.id
		WHERE la.asset_id = @asset ORDER BY l.created_at DESC, l.id LIMIT 50`, args)
	if err != nil {
		return fault.Internalf("read lots of an asset: %w", err)
	}
	v.Lots, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l AssetLot, err error) {
		var status string
		var outcome *string
		err = row.Scan(&l.ID, &l.Title.Zh, &l.Title.En, &status, &outcome)
		l.State = stateOf(status, outcome)
		return l, err
	})
	if err != nil {
		return fault.Internalf("read lots of an asset: %w", err)
	}
	return nil
}

// LotProperty lists the property of a lot with its titles, for judges of its court.
//
// Faults: role_forbidden, not_found.
func (s *Service) LotProperty(ctx context.Context, by Actor, lot uuid.UUID) ([]PropertyLine, error) {
	rows, err := s.pool.Query(ctx, `SELECT a.id, a.title_zh, a.title_en, a.category, k.court_id, 1 + (SELECT count(*) FROM asset_versions v WHERE v.asset_id = a.id)
		FROM lot_assets la JOIN assets a ON a.id = la.asset_id JOIN cases k ON k.id = a.case_id WHERE la.lot_id = @lot ORDER BY a.id`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read property of a lot: %w", err)
	}
	var court uuid.UUID
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l PropertyLine, err error) {
		err = row.Scan(&l.ID, &l.Title.Zh, &l.Title.En, &l.Category, &court, &l.Version)
		return l, err
	})
	switch {
	case err != nil:
		return nil, fault.Internalf("read property of a lot: %w", err)
	case len(list) == 0:
		return nil, notFound("lot")
	}
	if err := by.courtOf(court); err != nil {
		return nil, err
	}
	return list, nil
}

// PropertyLine is a piece of property in a lot's list.
type PropertyLine struct {
	ID       uuid.UUID
	Title    docket.Text
	Category docket.Category
	Version  int
}
