package pricing

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/money"
)

// View is a determination as everybody reads it: how the price was found, from
// whom, and what came of it. Reports, their service and objections are there
// once the price is, or where a report had to be published.
type View struct {
	ID        uuid.UUID   `json:"price"`
	CaseID    uuid.UUID   `json:"case"`
	AssetID   uuid.UUID   `json:"asset"`
	Title     docket.Text `json:"title"`
	State     State       `json:"status"`
	StartedAt time.Time   `json:"started_at"`
	Skips     []Skip      `json:"skips"`
	// Origin and the rest are there once the price is fixed.
	Origin     Origin      `json:"origin,omitempty"`
	Fen        money.Fen   `json:"price_fen,omitempty"`
	Sum        money.Fen   `json:"sum_fen,omitempty"`
	Amounts    int         `json:"amounts,omitempty"`
	Costs      money.Fen   `json:"costs_fen,omitempty"`
	ValuedOn   docket.Date `json:"valued_on,omitempty"`
	ValidUntil docket.Date `json:"valid_until,omitempty"`
	PaperHash  string      `json:"paper_hash,omitempty"`
	FixedAt    *time.Time  `json:"fixed_at,omitempty"`
	// WithdrawnAt, Ground and Reason end it.
	WithdrawnAt *time.Time  `json:"withdrawn_at,omitempty"`
	Ground      string      `json:"ground,omitempty"`
	Reason      docket.Text `json:"reason,omitzero"`
	Sources     []Source    `json:"sources,omitempty"`
	Reports     []Report    `json:"reports,omitempty"`
	Services    []Service   `json:"services,omitempty"`
	Objections  []Objection `json:"objections,omitempty"`
}

const viewColumns = `SELECT d.id, d.case_id, d.asset_id, a.title_zh, a.title_en, d.state, d.started_at, coalesce(d.origin, ''), coalesce(d.price_fen, 0),
	coalesce(d.sum_fen, 0), coalesce(d.amounts, 0), coalesce(d.costs_fen, 0), coalesce(d.valued_on::text, ''), coalesce(d.valid_until::text, ''),
	d.paper_hash, d.fixed_at, d.withdrawn_at, d.ground, d.reason_zh, d.reason_en
	FROM price_determinations d JOIN assets a ON a.id = d.asset_id`

func scanView(row pgx.CollectableRow, v *View) error {
	return row.Scan(&v.ID, &v.CaseID, &v.AssetID, &v.Title.Zh, &v.Title.En, &v.State, &v.StartedAt, &v.Origin, &v.Fen, &v.Sum, &v.Amounts, &v.Costs,
		&v.ValuedOn, &v.ValidUntil, &v.PaperHash, &v.FixedAt, &v.WithdrawnAt, &v.Ground, &v.Reason.Zh, &v.Reason.En)
}

const viewOrder = ` ORDER BY d.started_at, d.id LIMIT @limit`

// What lists are of.
const (
	ofAsset = `d.asset_id = @asset`
	ofCase  = `d.case_id = @case`
	ofLot   = `d.asset_id IN (SELECT asset_id FROM lot_assets WHERE lot_id = @lot)`
)

// maxViews bounds a list.
const maxViews = 200

func (s *Desk) views(ctx context.Context, where string, args pgx.NamedArgs, whole bool) ([]View, error) {
	args["limit"] = maxViews
	list, err := collect(ctx, s.pool, viewColumns+` WHERE `+where+viewOrder, args, scanView)
	if err != nil {
		return nil, err
	}
	for i := range list {
		v := &list[i]
		d := Determination{ID: v.ID}
		if err := fill(ctx, s.pool, &d); err != nil {
			return nil, err
		}
		v.Skips = d.Skips
		if v.Skips == nil {
			v.Skips = []Skip{}
		}
		switch {
		case whole:
			v.Sources, v.Reports, v.Services, v.Objections = d.Sources, d.Reports, d.Services, d.Objections
			continue
		case v.FixedAt != nil: // who objected stays with the court
			v.Sources, v.Reports, v.Objections = d.Sources, d.Reports, d.Objections
			for i := range v.Objections {
				v.Objections[i].Who = Who{}
			}
			continue
		}
		for _, n := range d.Services { // a report that is published to somebody is published (art. 21)
			if n.Way == Published {
				v.Services = append(v.Services, n)
				for _, r := range d.Reports {
					if r.ID == n.Report {
						v.Reports = append(v.Reports, r)
					}
				}
			}
		}
	}
	return list, nil
}

// OfAsset lists the determinations of a piece of property, whole, for its court and the inspector, oldest first.
//
// Faults: not_found, role_forbidden.
func (s *Desk) OfAsset(ctx context.Context, by auction.Actor, asset uuid.UUID) ([]View, error) {
	owner, err := s.one(ctx, "asset", `SELECT k.court_id FROM assets a JOIN cases k ON k.id = a.case_id WHERE a.id = @id`, asset)
	if err != nil {
		return nil, err
	}
	if by.Role != "inspector" {
		if err := court(by, owner); err != nil {
			return nil, err
		}
	}
	return s.views(ctx, ofAsset, pgx.NamedArgs{"asset": asset}, true)
}

// OfCase lists a case's determinations as everybody reads them, oldest first.
func (s *Desk) OfCase(ctx context.Context, caseID uuid.UUID) ([]View, error) {
	return s.views(ctx, ofCase, pgx.NamedArgs{"case": caseID}, false)
}

// OfLot lists those of a lot's property, oldest first: the price's origin and history.
func (s *Desk) OfLot(ctx context.Context, lot uuid.UUID) ([]View, error) {
	return s.views(ctx, ofLot, pgx.NamedArgs{"lot": lot}, false)
}
