package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// Imported is what an import made, by the file's own refs.
type Imported struct {
	CourtID uuid.UUID
	// Cases by number, Assets and Lots by ref.
	Cases  map[string]uuid.UUID
	Assets map[string]uuid.UUID
	Lots   map[string]uuid.UUID
}

// Import writes a whole docket in one transaction: all or nothing. Its lots
// are drafts; the panel's votes and the announcement follow as always. The file
// must come from docket.Parse without a problem. A judge imports for the own
// court; an operator for any, and a court that is new is made.
//
// Faults: role_forbidden, not_found (court), case_number_taken, those of ListLot.
func (s *Service) Import(ctx context.Context, file docket.File, by Actor) (Imported, error) {
	out := Imported{Cases: map[string]uuid.UUID{}, Assets: map[string]uuid.UUID{}, Lots: map[string]uuid.UUID{}}
	err := s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		court, err := importCourt(ctx, tx, now, file.Court, by)
		if err != nil {
			return err
		}
		out.CourtID = court.ID
		for _, c := range file.Cases {
			if err := s.importCase(ctx, tx, now, by, court, c, &out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Imported{}, err
	}
	return out, nil
}

func importCourt(ctx context.Context, tx pgx.Tx, now time.Time, c docket.Court, by Actor) (courtRow, error) {
	row, err := courtByCode(ctx, tx, c.Code)
	switch {
	case fault.KindOf(err) == fault.NotFound && by.Role == roleOperator:
		if row.ID, err = newID(); err != nil {
			return row, err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO courts (id, code, name_zh, name_en, region, address, phone, supervision_phone, created_at)
			VALUES (@id, @code, @zh, @en, @region, @address, @phone, @supervision, @now)`,
			pgx.NamedArgs{
				"id": row.ID, "code": c.Code, "zh": c.Name.Zh, "en": c.Name.En, "region": c.Region.Code,
				"address": c.Address.Zh, "phone": c.Phone, "supervision": c.SupervisionPhone, "now": now,
			})
		if err != nil {
			return row, fault.Internalf("insert court: %w", err)
		}
		row.Code = c.Code
	case err != nil:
		return row, err
	case by.Role != roleOperator:
		if err := by.judgeOf(row.ID); err != nil {
			return row, err
		}
	}
	row.Public = c
	return row, nil
}

func (s *Service) importCase(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, court courtRow, c docket.Case, out *Imported) error {
	id, err := insertCase(ctx, tx, now, by, court, c)
	if err != nil {
		return err
	}
	out.Cases[c.Number] = id
	row, err := readCase(ctx, tx, id)
	if err != nil {
		return err
	}
	assets := map[string]assetRow{}
	for _, a := range c.Assets {
		assetID, err := s.insertAsset(ctx, tx, now, by, id, a)
		if err != nil {
			return err
		}
		assets[a.Ref] = assetRow{ID: assetID, CaseID: id, Document: a}
		out.Assets[a.Ref] = assetID
	}
	for _, l := range c.Lots {
		rows := make([]assetRow, 0, len(l.AssetRefs))
		for _, ref := range l.AssetRefs {
			a, ok := assets[ref]
			if !ok {
				return fault.New(fault.Invalid, fault.ImportInvalid).InField("asset_refs").With("ref", ref)
			}
			rows = append(rows, a)
		}
		if len(rows) == 0 {
			return fault.New(fault.Invalid, fault.ImportInvalid).InField("asset_refs")
		}
		lotID, err := s.insertLot(ctx, tx, now, by, row, rows, NewLot{Lot: l}, nil)
		if err != nil {
			return err
		}
		out.Lots[l.Ref] = lotID
	}
	return nil
}
