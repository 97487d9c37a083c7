package auction

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/lifecycle"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// DirectGround is why a thing is sold without an auction (R31d, ASE 31).
type DirectGround string

// The grounds of ASE 31.
const (
	Perishable        DirectGround = "perishable"
	Seasonal          DirectGround = "seasonal"
	CostlyToKeep      DirectGround = "costly_to_keep"
	PublicMarketPrice DirectGround = "public_market_price"
)

// DirectSale is a sale of a movable without auction.
type DirectSale struct {
	Case, Asset uuid.UUID
	Ground      DirectGround
	// Reference is the market price, or where there is none the appraised value (ByMarket, ByAppraisal).
	Reference     money.Fen
	ReferenceKind ReferenceKind
	Price         money.Fen
	// TriedAtValue: it was offered at the appraised value in vain; only then it may go for less.
	TriedAtValue bool
	Reason       docket.Text
}

// CheckDirectSale holds R31d (ASE 31, 32): a ground, a movable, and a price not
// below the market's, or, appraised, not below the appraisal and, once that was
// tried in vain, not below half of it. It returns every fault (invalid):
// direct_ground_missing, direct_price_too_low, reason_required, amount_invalid.
func CheckDirectSale(kind law.Kind, s DirectSale) []*fault.Error {
	var list faults
	if kind != law.Movable || !slices.Contains([]DirectGround{Perishable, Seasonal, CostlyToKeep, PublicMarketPrice}, s.Ground) ||
		(s.Ground == PublicMarketPrice && s.ReferenceKind != ByMarket) {
		list.add(fault.New(fault.Invalid, fault.DirectGroundMissing).InField("ground").ByRule("R31d"))
	}
	if strings.TrimSpace(s.Reason.Zh) == "" || strings.TrimSpace(s.Reason.En) == "" {
		list.add(fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("R31d"))
	}
	if s.Reference.Valid() != nil || s.Reference == 0 || (s.ReferenceKind != ByMarket && s.ReferenceKind != ByAppraisal) {
		list.add(fault.New(fault.Invalid, fault.AmountInvalid).InField("reference_fen").ByRule("R31d"))
		return list
	}
	least := s.Reference
	if s.ReferenceKind == ByAppraisal && s.TriedAtValue {
		least = (s.Reference + 1) / 2
	}
	if s.Price.Valid() != nil || s.Price < least {
		list.add(fault.New(fault.Invalid, fault.DirectPriceTooLow).InField("price_fen").ByRule("R31d").With("least_fen", least))
	}
	return list
}

// SellDirectly decides that a thing is sold without an auction, and publishes the decision. Where an auction of it failed, it takes the
// place of the next sale: nothing waits for one any more, nor the deposits of buyers who defaulted (R24). What it brought counts for
// stopping the case's other lots (R14s).
//
// Faults: role_forbidden, not_found, state_conflict (it is in a lot that is not over, or was sold so, or failed to sell together with
// other things); otherwise a *Refusal with those of CheckDirectSale.
func (s *Service) SellDirectly(ctx context.Context, by Actor, d DirectSale) (uuid.UUID, error) {
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	step := trail.Step{Act: trail.SoldDirectly, Rule: "R31d", Ground: string(d.Ground), Reason: d.Reason, Public: true}
	return id, s.OnCase(ctx, by, d.Case, nil, step, func(a *CaseAct) error {
		var kind law.Kind
		var free bool
		if err := holdProperty(ctx, a.Tx, []assetRow{{ID: d.Asset}}); err != nil {
			return err
		}
		err := a.Tx.QueryRow(ctx, `
			SELECT a.kind, NOT EXISTS (SELECT FROM direct_sales d WHERE d.asset_id = a.id) AND NOT EXISTS (
				SELECT FROM lot_assets la JOIN lots l ON l.id = la.lot_id WHERE la.asset_id = a.id AND l.status <> 'withdrawn'
					AND l.outcome IS DISTINCT FROM 'unsold' AND l.outcome IS DISTINCT FROM 'defaulted' AND l.outcome IS DISTINCT FROM 'set_aside')
			FROM assets a WHERE a.id = @asset AND a.case_id = @case`,
			pgx.NamedArgs{"asset": d.Asset, "case": d.Case}).Scan(&kind, &free)
		if isNoRows(err) {
			return notFound("asset")
		}
		if err != nil {
			return fault.Internalf("read asset: %w", err)
		}
		prices, err := boundBy(ctx, a.Tx, []assetRow{{ID: d.Asset}})
		if err != nil {
			return err
		}
		if list := append(CheckDirectSale(kind, d), checkDirectBound(prices, d)...); len(list) > 0 {
			return &Refusal{Faults: list}
		}
		if !free {
			return fault.New(fault.Conflict, fault.StateConflict).ByRule("R31d")
		}
		_, err = a.Tx.Exec(ctx, `
			INSERT INTO direct_sales (id, asset_id, case_id, ground, basis, reference_fen, price_fen, tried_at_value, reason_zh, reason_en, decided_by, decided_at)
			VALUES (@id, @asset, @case, @ground, @basis, @reference, @price, @tried, @zh, @en, @by, @now)`,
			pgx.NamedArgs{
				"id": id, "asset": d.Asset, "case": d.Case, "ground": d.Ground, "basis": d.ReferenceKind, "reference": d.Reference, "price": d.Price,
				"tried": d.TriedAtValue, "zh": d.Reason.Zh, "en": d.Reason.En, "by": by.AccountID, "now": a.Now,
			})
		if err != nil {
			return fault.Internalf("insert direct sale: %w", err)
		}
		if err := prices.begun(ctx, a.Tx, s.duties, a.Now); err != nil {
			return err
		}
		if err := s.inPlaceOfNext(ctx, a, d.Asset); err != nil {
			return err
		}
		if err := stopOthers(ctx, a.Tx, s.duties, a.CaseID, id, a.Now); err != nil {
			return err
		}
		a.Step.Detail = map[string]any{"asset": d.Asset, "price_fen": d.Price, "reference_fen": d.Reference}
		return a.Enter(ctx, audit.KindDirectSale, audit.DirectSale{
			Asset: d.Asset.String(), Ground: string(d.Ground), ReferenceKind: string(d.ReferenceKind), ReferenceFen: d.Reference,
			PriceFen: d.Price, TriedAtValue: d.TriedAtValue, ReasonHash: audit.HashText(d.Reason.Zh),
		})
	})
}

// inPlaceOfNext has a direct sale take over what a failed sale of the thing made due. A thing that failed to sell together with others is
// not sold alone: the lot's next sale, a taking and a return are of all of them (ours).
func (s *Service) inPlaceOfNext(ctx context.Context, a *CaseAct, asset uuid.UUID) error {
	rows, err := a.Tx.Query(ctx, `SELECT l.id FROM lots l JOIN lot_assets la ON la.lot_id = l.id WHERE la.asset_id = @asset
		AND NOT l.next_announced AND NOT l.released AND (l.outcome IN ('unsold', 'defaulted') OR l.sold_again) ORDER BY l.id`, pgx.NamedArgs{"asset": asset})
	if err != nil {
		return fault.Internalf("read failed sales of the thing: %w", err)
	}
	failed, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fault.Internalf("read failed sales of the thing: %w", err)
	}
	for _, id := range failed {
		l, err := lockLot(ctx, a.Tx, id)
		if err != nil {
			return err
		}
		assets, err := lotAssets(ctx, a.Tx, id)
		if err != nil {
			return err
		}
		if len(assets) > 1 {
			return fault.New(fault.Conflict, fault.StateConflict).ByRule("R31d").With("state", string(l.state()))
		}
		if err := pass(ctx, a.Tx, s.duties, &l, lifecycle.Happening{Event: lifecycle.SoldDirectly, At: a.Now}, "", nil); err != nil {
			return err
		}
		if err := oweForfeitUse(ctx, a.Tx, s.duties, &l, a.Now); err != nil {
			return err
		}
	}
	return nil
}

// checkDirectBound holds that a thing whose reference price the court fixed is sold by that price (R10p, Price 30).
func checkDirectBound(b bound, s DirectSale) []*fault.Error {
	fen, origins, _, ok := b.reference()
	if !ok {
		return nil
	}
	kind := ByMarket
	if origins[0] == docket.PricedByAppraisal {
		kind = ByAppraisal
	}
	if s.Reference == fen && s.ReferenceKind == kind {
		return nil
	}
	return []*fault.Error{fault.New(fault.Invalid, fault.ReferenceDiffers).InField("reference_fen").ByRule("R31d").
		With("expected_fen", fen).With("expected_origin", string(origins[0]))}
}
