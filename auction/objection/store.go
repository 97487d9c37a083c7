package objection

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

func notFound() *fault.Error {
	return fault.New(fault.NotFound, fault.NotFoundCode).InField("objection")
}

// head is what never changes of an objection.
type head struct {
	LotID, AccountID uuid.UUID
	Kind             Kind
	Ground           Ground
	DueAt            time.Time
}

func (s *Service) find(ctx context.Context, id uuid.UUID) (head, error) {
	var h head
	err := s.pool.QueryRow(ctx, `SELECT lot_id, account_id, kind, ground, due_at FROM objections WHERE id = @id`, pgx.NamedArgs{"id": id}).
		Scan(&h.LotID, &h.AccountID, &h.Kind, &h.Ground, &h.DueAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return h, notFound()
	}
	if err != nil {
		return h, fault.Internalf("read objection: %w", err)
	}
	return h, nil
}

// move takes an objection to a state, within an act on its lot, whose row is held.
func move(ctx context.Context, a *auction.LotAct, id uuid.UUID, to State, reason docket.Text) error {
	var kind Kind
	var from State
	err := a.Tx.QueryRow(ctx, `SELECT kind, state FROM objections WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": id}).Scan(&kind, &from)
	if err != nil {
		return fault.Internalf("lock objection: %w", err)
	}
	if _, err := Next(kind, from, to); err != nil {
		return err
	}
	_, err = a.Tx.Exec(ctx, `UPDATE objections SET state = @to, reason_zh = @zh, reason_en = @en,
			accepted_at = CASE WHEN @to = 'under_review' THEN @now::timestamptz ELSE accepted_at END,
			decided_at = CASE WHEN @to IN ('founded', 'unfounded', 'withdrawn') THEN @now::timestamptz END
		WHERE id = @id AND state = @from`,
		pgx.NamedArgs{"id": id, "from": from, "to": to, "zh": reason.Zh, "en": reason.En, "now": a.Now})
	if err != nil {
		return fault.Internalf("move objection: %w", err)
	}
	return nil
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// running lists the lots of the same property that could still be sold: a claim
// to it stops every sale of it.
func running(ctx context.Context, q querier, lot uuid.UUID) ([]uuid.UUID, error) {
	rows, err := q.Query(ctx, `SELECT DISTINCT l.id FROM lots l JOIN lot_assets la ON la.lot_id = l.id
		WHERE l.status IN ('announced', 'suspended') AND la.asset_id IN (SELECT asset_id FROM lot_assets WHERE lot_id = @lot) ORDER BY l.id`,
		pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read the property's lots: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fault.Internalf("read the property's lots: %w", err)
	}
	return list, nil
}

// held tells whether a third person claims the lot's property, under review or founded.
func (s *Service) held(ctx context.Context, lot uuid.UUID) (held bool, err error) {
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM objections o JOIN lot_assets la ON la.lot_id = o.lot_id
		WHERE o.kind = 'claim' AND o.state IN ('under_review', 'founded') AND la.asset_id IN (SELECT asset_id FROM lot_assets WHERE lot_id = @lot))`,
		pgx.NamedArgs{"lot": lot}).Scan(&held)
	if err != nil {
		return false, fault.Internalf("look for claims: %w", err)
	}
	return held, nil
}

// View is an objection as everybody sees it: who objects and what they wrote is the court's.
type View struct {
	ID        uuid.UUID   `json:"objection"`
	Lot       uuid.UUID   `json:"lot"`
	Kind      Kind        `json:"kind"`
	Ground    Ground      `json:"ground,omitempty"`
	State     State       `json:"status"`
	LodgedAt  time.Time   `json:"lodged_at"`
	DueAt     time.Time   `json:"due_at"`
	DecidedAt *time.Time  `json:"decided_at,omitempty"`
	Reason    docket.Text `json:"reason,omitzero"`
	// Late: decided after its time.
	Late bool `json:"late,omitempty"`
	// TextHash is what the log has of the text.
	TextHash string `json:"text_hash"`
}

// Full is an objection as its objector and the judges of its court see it.
type Full struct {
	View

	Capacity Capacity    `json:"capacity"`
	Text     string      `json:"text"`
	Title    docket.Text `json:"title"`
	Number   string      `json:"case"`
}

const columns = `o.id, o.lot_id, o.kind, o.ground, o.state, o.lodged_at, o.due_at, o.decided_at, o.reason_zh, o.reason_en, o.text_hash,
	o.capacity, o.body, l.title_zh, l.title_en, c.number`

// maxList bounds a list.
const maxList = 500

func (s *Service) list(ctx context.Context, where string, args pgx.NamedArgs) ([]Full, error) {
	args["limit"] = maxList
	rows, err := s.pool.Query(ctx, `SELECT `+columns+` FROM objections o JOIN lots l ON l.id = o.lot_id JOIN cases c ON c.id = l.case_id
		WHERE `+where+` LIMIT @limit`, args)
	if err != nil {
		return nil, fault.Internalf("read objections: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Full, error) {
		var f Full
		err := row.Scan(&f.ID, &f.Lot, &f.Kind, &f.Ground, &f.State, &f.LodgedAt, &f.DueAt, &f.DecidedAt, &f.Reason.Zh, &f.Reason.En, &f.TextHash,
			&f.Capacity, &f.Text, &f.Title.Zh, &f.Title.En, &f.Number)
		f.Late = f.DecidedAt != nil && f.State != Withdrawn && f.DecidedAt.After(f.DueAt)
		return f, err
	})
	if err != nil {
		return nil, fault.Internalf("read objections: %w", err)
	}
	return list, nil
}

// OfLot lists a published lot's objections as everybody sees them, oldest first.
func (s *Service) OfLot(ctx context.Context, lot uuid.UUID) ([]View, error) {
	list, err := s.list(ctx, `o.lot_id = @lot ORDER BY o.lodged_at, o.id`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	views := make([]View, len(list))
	for i := range list {
		views[i] = list[i].View
	}
	return views, nil
}

// Mine lists an account's own objections, newest first.
func (s *Service) Mine(ctx context.Context, account uuid.UUID) ([]Full, error) {
	return s.list(ctx, `o.account_id = @account ORDER BY o.lodged_at DESC, o.id DESC`, pgx.NamedArgs{"account": account})
}

// OfCourt lists a court's objections for its judges, those to be decided first, by their due time.
func (s *Service) OfCourt(ctx context.Context, court uuid.UUID) ([]Full, error) {
	return s.list(ctx, `l.court_id = @court ORDER BY o.decided_at IS NOT NULL, o.due_at, o.id`, pgx.NamedArgs{"court": court})
}
