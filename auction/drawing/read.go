package drawing

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/draw"
	"mingchui/auction/fault"
)

// State is where a draw stands.
type State string

// The states. Listed is left by the machine at the draw's time (Opened), Opened once the published log covers the opening
// (Drawn), which stays.
const (
	Listed State = "listed"
	Opened State = "opened"
	Drawn  State = "drawn"
)

// Candidate is a creditor by the number of its offer, or a firm.
type Candidate struct {
	ID   uuid.UUID    `json:"candidate"`
	No   int          `json:"no,omitempty"`
	Firm *docket.Text `json:"firm,omitempty"`
	// Place is from 1, once it is drawn.
	Place int `json:"place,omitempty"`
}

// View is a draw as everybody sees it: all that it takes to repeat it.
type View struct {
	ID       uuid.UUID   `json:"draw"`
	Purpose  Purpose     `json:"purpose"`
	Case     uuid.UUID   `json:"case"`
	Lot      *uuid.UUID  `json:"lot,omitempty"`
	Rank     *int        `json:"rank,omitempty"`
	Asset    *uuid.UUID  `json:"asset,omitempty"`
	Previous *uuid.UUID  `json:"previous,omitempty"`
	Reason   docket.Text `json:"reason,omitzero"`
	State    State       `json:"status"`
	ListedAt time.Time   `json:"listed_at"`
	// OpensAt is before which nobody can know the value.
	OpensAt    time.Time  `json:"opens_at"`
	Commitment string     `json:"commitment"`
	ListEntry  uuid.UUID  `json:"list_entry"`
	OpenEntry  *uuid.UUID `json:"open_entry,omitempty"`
	MadeEntry  *uuid.UUID `json:"made_entry,omitempty"`
	OpenedAt   *time.Time `json:"opened_at,omitempty"`
	// Nonce and Root are in lower-case hex; Nonce is secret before the opening.
	Nonce   string     `json:"nonce,omitempty"`
	Size    *int64     `json:"size,omitempty"`
	Root    string     `json:"root,omitempty"`
	DrawnAt *time.Time `json:"drawn_at,omitempty"`
	// Candidates are in the order of their ids, and once it is drawn in that of the draw.
	Candidates []Candidate `json:"candidates"`
}

// Querier is a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

const maxDraws = 200

const drawColumns = `SELECT id, purpose, case_id, lot_id, rank, asset_id, previous_id, reason_zh, reason_en, state, listed_at, opens_at, commitment,
			list_entry, open_entry, made_entry, opened_at, CASE WHEN state <> 'listed' THEN encode(nonce, 'hex') ELSE '' END, size, root, drawn_at,
			(SELECT jsonb_agg(jsonb_build_object('candidate', c.candidate, 'no', coalesce(c.no, 0), 'place', coalesce(c.place, 0),
				'firm', CASE WHEN c.no IS NULL THEN jsonb_build_object('zh', c.firm_zh, 'en', c.firm_en) END) ORDER BY c.place, c.candidate)
				FROM draw_candidates c WHERE c.draw_id = draws.id)
		FROM draws`

const drawsOfCase = `case_id = @case`

const drawOrder = ` ORDER BY listed_at, id LIMIT @limit`

// read reads draws with their candidates; the nonce only of opened ones.
func read(ctx context.Context, q Querier, where string, args pgx.NamedArgs) ([]View, error) {
	args["limit"] = maxDraws
	rows, err := q.Query(ctx, drawColumns+` WHERE `+where+drawOrder, args)
	if err != nil {
		return nil, fault.Internalf("read draws: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v View, err error) {
		var root []byte
		err = row.Scan(&v.ID, &v.Purpose, &v.Case, &v.Lot, &v.Rank, &v.Asset, &v.Previous, &v.Reason.Zh, &v.Reason.En, &v.State, &v.ListedAt, &v.OpensAt,
			&v.Commitment, &v.ListEntry, &v.OpenEntry, &v.MadeEntry, &v.OpenedAt, &v.Nonce, &v.Size, &root, &v.DrawnAt, &v.Candidates)
		v.Root = hex.EncodeToString(root)
		return v, err
	})
	if err != nil {
		return nil, fault.Internalf("read draws: %w", err)
	}
	return list, nil
}

func one(ctx context.Context, q Querier, id uuid.UUID) (View, error) {
	list, err := read(ctx, q, `id = @id`, pgx.NamedArgs{"id": id})
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, fault.NotFoundCode).With("what", "draw").InField("draw")
	}
	if err != nil {
		return View{}, err
	}
	return list[0], nil
}

// Get reads a draw.
//
// Faults: not_found.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (View, error) { return one(ctx, s.c.Pool, id) }

// OfCase lists a case's draws, oldest first.
func (s *Service) OfCase(ctx context.Context, kase uuid.UUID) ([]View, error) {
	return read(ctx, s.c.Pool, drawsOfCase, pgx.NamedArgs{"case": kase})
}

// Store reads what was drawn within others' transactions; it is auction.Draws.
type Store struct{}

var _ auction.Draws = Store{}

// First is the candidate that a draw about a lot put first.
//
// Faults: not_found (no draw about these candidates), draw_not_made (with opens_at).
func (Store) First(ctx context.Context, tx pgx.Tx, id, lot uuid.UUID, candidates []uuid.UUID) (uuid.UUID, error) {
	v, err := one(ctx, tx, id)
	if err != nil {
		return uuid.Nil, err
	}
	switch {
	case v.Lot == nil || *v.Lot != lot || draw.SetHash(ids(v.Candidates)) != draw.SetHash(candidates):
		return uuid.Nil, fault.New(fault.NotFound, fault.NotFoundCode).With("what", "draw").InField("draw")
	case v.State != Drawn:
		return uuid.Nil, notMade(v.Purpose, v.OpensAt)
	}
	return v.Candidates[0].ID, nil
}

// Firms is the order in which a draw about a piece of property put the firms.
//
// Faults: not_found (no draw of firms about this property), draw_not_made (with opens_at).
func (Store) Firms(ctx context.Context, q Querier, id, asset uuid.UUID) ([]docket.Text, error) {
	v, err := one(ctx, q, id)
	if err != nil {
		return nil, err
	}
	switch {
	case v.Asset == nil || *v.Asset != asset:
		return nil, fault.New(fault.NotFound, fault.NotFoundCode).With("what", "draw").InField("draw")
	case v.State != Drawn:
		return nil, notMade(v.Purpose, v.OpensAt)
	}
	names := make([]docket.Text, 0, len(v.Candidates))
	for c := range slices.Values(v.Candidates) {
		names = append(names, *c.Firm)
	}
	return names, nil
}
