package pricing

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

func notFound(field string) *fault.Error {
	return fault.New(fault.NotFound, fault.NotFoundCode).InField(field)
}

func (s *Desk) caseOf(ctx context.Context, id uuid.UUID) (uuid.UUID, error) {
	return s.one(ctx, "price", `SELECT case_id FROM price_determinations WHERE id = @id`, id)
}

func (s *Desk) caseOfAsset(ctx context.Context, id uuid.UUID) (uuid.UUID, error) {
	return s.one(ctx, "asset", `SELECT case_id FROM assets WHERE id = @id`, id)
}

func (s *Desk) one(ctx context.Context, field, sql string, id uuid.UUID) (uuid.UUID, error) {
	var out uuid.UUID
	err := s.pool.QueryRow(ctx, sql, pgx.NamedArgs{"id": id}).Scan(&out)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, notFound(field)
	}
	if err != nil {
		return uuid.Nil, fault.Internalf("find the case: %w", err)
	}
	return out, nil
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func collect[T any](ctx context.Context, q querier, sql string, args pgx.NamedArgs, scan func(row pgx.CollectableRow, v *T) error) ([]T, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, fault.Internalf("read determination: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (T, error) {
		var v T
		err := scan(row, &v)
		return v, err
	})
	if err != nil {
		return nil, fault.Internalf("read determination: %w", err)
	}
	return list, nil
}

// load reads a determination whole and holds its row until the transaction ends.
func load(ctx context.Context, tx pgx.Tx, id uuid.UUID, k docket.Case, day time.Duration) (*Determination, error) {
	d := &Determination{ID: id, Day: day, Parties: partiesOf(k)}
	err := tx.QueryRow(ctx, `SELECT d.case_id, d.asset_id, a.category, d.state, d.started_at
		FROM price_determinations d JOIN assets a ON a.id = d.asset_id WHERE d.id = @id FOR NO KEY UPDATE OF d`, pgx.NamedArgs{"id": id}).
		Scan(&d.CaseID, &d.AssetID, &d.Category, &d.State, &d.StartedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, notFound("price")
	}
	if err != nil {
		return nil, fault.Internalf("lock determination: %w", err)
	}
	return d, fill(ctx, tx, d)
}

func partiesOf(k docket.Case) []Who {
	var list []Who
	for i := range k.Applicants {
		list = append(list, Who{Applicant, i + 1})
	}
	for i := range k.Debtors {
		list = append(list, Who{Debtor, i + 1})
	}
	return list
}

// fill reads what belongs to a determination.
func fill(ctx context.Context, q querier, d *Determination) (err error) {
	args := pgx.NamedArgs{"id": d.ID}
	d.Skips, err = collect(ctx, q, `SELECT origin, ground, reason_zh, reason_en, skipped_at FROM price_skips WHERE determination_id = @id ORDER BY skipped_at`, args,
		func(row pgx.CollectableRow, v *Skip) error {
			return row.Scan(&v.Origin, &v.Ground, &v.Reason.Zh, &v.Reason.En, &v.At)
		})
	if err != nil {
		return err
	}
	d.Sources, err = collect(ctx, q, `SELECT id, origin, round, place, name_zh, name_en, chosen_by, draw_id, asked_at, due_at, extension_asked_at, extensions,
			ended_at, ended_ground FROM price_sources WHERE determination_id = @id ORDER BY origin, round, place`, args,
		func(row pgx.CollectableRow, v *Source) error {
			return row.Scan(&v.ID, &v.Origin, &v.Round, &v.Place, &v.Name.Zh, &v.Name.En, &v.ChosenBy, &v.Draw, &v.AskedAt, &v.DueAt, &v.MoreAt, &v.Extensions,
				&v.EndedAt, &v.Ended)
		})
	if err != nil {
		return err
	}
	d.Reports, err = collect(ctx, q, `SELECT r.id, r.source_id, s.origin, r.amount_fen, r.number, r.hash, r.valued_on::text, r.valid_until::text, r.received_at, r.in_time,
			r.corrects, r.state FROM price_reports r JOIN price_sources s ON s.id = r.source_id WHERE r.determination_id = @id ORDER BY r.received_at, r.id`, args,
		func(row pgx.CollectableRow, v *Report) error {
			return row.Scan(&v.ID, &v.Source, &v.Origin, &v.Fen, &v.Number, &v.Hash, &v.ValuedOn, &v.ValidUntil, &v.ReceivedAt, &v.InTime, &v.Corrects, &v.State)
		})
	if err != nil {
		return err
	}
	d.Services, err = collect(ctx, q, `SELECT report_id, role, no, way, sent_at, received_at FROM price_services WHERE determination_id = @id
		ORDER BY sent_at, role, no`, args,
		func(row pgx.CollectableRow, v *Service) error {
			return row.Scan(&v.Report, &v.Role, &v.No, &v.Way, &v.SentAt, &v.ReceivedAt)
		})
	if err != nil {
		return err
	}
	d.Objections, err = collect(ctx, q, `SELECT id, report_id, role, no, ground, text_hash, lodged_at, due_at, passed_at, outcome, decided_at, reason_zh, reason_en
		FROM price_objections WHERE determination_id = @id ORDER BY lodged_at, id`, args,
		func(row pgx.CollectableRow, v *Objection) error {
			return row.Scan(&v.ID, &v.Report, &v.Role, &v.No, &v.Ground, &v.TextHash, &v.LodgedAt, &v.DueAt, &v.PassedAt, &v.Outcome, &v.DecidedAt, &v.Reason.Zh, &v.Reason.En)
		})
	return err
}

// free refuses a second determination while one is open or a valid price stands; the property's row is held.
func free(ctx context.Context, tx pgx.Tx, asset uuid.UUID, now time.Time) error {
	if _, err := tx.Exec(ctx, `SELECT FROM assets WHERE id = @id FOR NO KEY UPDATE`, pgx.NamedArgs{"id": asset}); err != nil {
		return fault.Internalf("lock property: %w", err)
	}
	var taken bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM price_determinations WHERE asset_id = @asset
		AND (state = 'open' OR (state = 'fixed' AND (origin = 'costs' OR valid_until >= @today::text::date))))`,
		pgx.NamedArgs{"asset": asset, "today": dateOf(now)}).Scan(&taken)
	if err != nil {
		return fault.Internalf("look for determinations: %w", err)
	}
	if taken {
		return conflict(fault.PriceStands)
	}
	return nil
}

// startDuty is the duty to begin that a piece of property owes, its key and due time; none is the zero time.
func startDuty(ctx context.Context, tx pgx.Tx, asset uuid.UUID) (key string, due time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT key, due_at FROM duties WHERE kind = 'fix_reference_price' AND key LIKE @asset || ':%' AND state = 'owed'
		ORDER BY due_at LIMIT 1`, pgx.NamedArgs{"asset": asset.String()}).Scan(&key, &due)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", due, fault.Internalf("read the duty to begin: %w", err)
	}
	return key, due, nil
}

func addSource(ctx context.Context, a *act, s Source) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fault.Internalf("make an id: %w", err)
	}
	_, err = a.Tx.Exec(ctx, `INSERT INTO price_sources (id, determination_id, origin, round, place, name_zh, name_en, chosen_by, draw_id, asked_at, due_at)
		VALUES (@id, @price, @origin, @round, @place, @zh, @en, @by, @draw, @asked, @due)`,
		pgx.NamedArgs{
			"id": id, "price": a.d.ID, "origin": s.Origin, "round": s.Round, "place": s.Place, "zh": s.Name.Zh, "en": s.Name.En,
			"by": s.ChosenBy, "draw": s.Draw, "asked": s.AskedAt, "due": s.DueAt,
		})
	if err != nil {
		return fault.Internalf("insert who is asked: %w", err)
	}
	return nil
}

func addReport(ctx context.Context, a *act, r Report) error {
	_, err := a.Tx.Exec(ctx, `INSERT INTO price_reports (id, determination_id, source_id, amount_fen, number, hash, valued_on, valid_until, received_at, in_time, corrects, state)
		VALUES (@id, @price, @source, @fen, @number, @hash, @valued::text::date, @until::text::date, @received, @in_time, @corrects, @state)`,
		pgx.NamedArgs{
			"id": r.ID, "price": a.d.ID, "source": r.Source, "fen": r.Fen, "number": r.Number, "hash": r.Hash, "valued": r.ValuedOn,
			"until": r.ValidUntil, "received": r.ReceivedAt, "in_time": r.InTime, "corrects": r.Corrects, "state": r.State,
		})
	if err != nil {
		return fault.Internalf("insert report: %w", err)
	}
	return nil
}

// unannounced refuses once a lot of the property was announced on this price.
func unannounced(ctx context.Context, a *act) error {
	var announced bool
	err := a.Tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM lot_assets la JOIN lots l ON l.id = la.lot_id JOIN price_determinations d ON d.asset_id = la.asset_id
		WHERE d.id = @id AND l.announced_at >= d.fixed_at)`, pgx.NamedArgs{"id": a.d.ID}).Scan(&announced)
	if err != nil {
		return fault.Internalf("look for announced lots: %w", err)
	}
	if announced {
		return conflict(fault.StateConflict).With("state", "announced")
	}
	return nil
}
