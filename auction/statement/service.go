package statement

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
)

// Service is the use cases and the reading side. It is safe for concurrent use.
type Service struct {
	pool    *pgxpool.Pool
	auction *auction.Service
}

// New makes a Service.
func New(pool *pgxpool.Pool, a *auction.Service) *Service {
	if pool == nil || a == nil {
		panic("statement: a part is missing")
	}
	return &Service{pool: pool, auction: a}
}

// Mark is what the buyer says of one statement.
type Mark struct {
	// Statement is its id.
	Statement string `json:"statement"`
	True      bool   `json:"true"`
	// Reason is needed for what is false; the court keeps it, the log has its hash.
	Reason string `json:"reason,omitempty"`
}

// maxReason bounds a mark's reason, in characters.
const maxReason = 500

// Mark records what the buyer found of the announcement, each statement once,
// when the property has come to the buyer.
//
// Faults: role_forbidden, not_found (lot), not_the_buyer, state_conflict (not
// handed over, or marked already), reason_required (false without one),
// invalid_request (no such statement, no marks, a reason too long).
func (s *Service) Mark(ctx context.Context, by auction.Actor, lot uuid.UUID, marks []Mark) error {
	step := trail.Step{Act: trail.StatementsMarked, Detail: map[string]any{"marks": len(marks)}}
	return s.auction.OnLot(ctx, by, lot, bidders, step, func(a *auction.LotAct) error {
		if err := handover.BuyerOf(ctx, a.Tx, lot, by.AccountID); err != nil {
			return err
		}
		if err := reached(ctx, a); err != nil {
			return err
		}
		said, err := announced(ctx, a.Tx, lot)
		if err != nil {
			return err
		}
		if len(marks) == 0 {
			return fault.New(fault.Invalid, fault.InvalidRequest).InField("marks")
		}
		known := make(map[string]Statement, len(said))
		for _, one := range said {
			known[one.ID] = one
		}
		for i, m := range marks {
			if err := mark(ctx, a, known, m, fmt.Sprintf("marks[%d]", i)); err != nil {
				return err
			}
		}
		return nil
	})
}

func bidders(by auction.Actor, _ uuid.UUID) error {
	if by.Role != "bidder" || by.AccountID == uuid.Nil {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// reached refuses as long as the buyer has not got the property: only then can its announcement be judged.
func reached(ctx context.Context, a *auction.LotAct) error {
	var got bool
	err := a.Tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM rulings WHERE lot_id = @lot AND handed_over_at IS NOT NULL)
			OR EXISTS (SELECT FROM handover_steps WHERE lot_id = @lot AND state = 'done' AND step IN ('keys_handed_over', 'collected', 'register_changed', 'tenant_told'))`,
		pgx.NamedArgs{"lot": a.Lot().ID}).Scan(&got)
	if err != nil {
		return fault.Internalf("read the handing over: %w", err)
	}
	if !got {
		return fault.New(fault.Conflict, fault.StateConflict).With("state", string(a.Lot().State))
	}
	return nil
}

func mark(ctx context.Context, a *auction.LotAct, known map[string]Statement, m Mark, field string) error {
	one, there := known[m.Statement]
	m.Reason = strings.TrimSpace(m.Reason)
	switch {
	case !there:
		return fault.New(fault.Invalid, fault.InvalidRequest).InField(field + ".statement")
	case len([]rune(m.Reason)) > maxReason:
		return fault.New(fault.Invalid, fault.InvalidRequest).InField(field + ".reason")
	case !m.True && m.Reason == "":
		return fault.New(fault.Invalid, fault.ReasonRequired).InField(field + ".reason")
	}
	hash := ""
	if m.Reason != "" {
		hash = audit.HashText(m.Reason)
	}
	tag, err := a.Tx.Exec(ctx, `
		INSERT INTO statement_marks (lot_id, statement, text_hash, kind, court_id, surveyor_zh, surveyor_en, found_true, reason, reason_hash, marked_by, marked_at)
		VALUES (@lot, @statement, @text, @kind, @court, @zh, @en, @true, @reason, @hash, @by, @now) ON CONFLICT DO NOTHING`,
		pgx.NamedArgs{
			"lot": a.Lot().ID, "statement": one.ID, "text": one.TextHash, "kind": one.Kind, "court": a.Lot().CourtID, "zh": one.Surveyor.Zh, "en": one.Surveyor.En,
			"true": m.True, "reason": m.Reason, "hash": hash, "by": a.By.AccountID, "now": a.Now,
		})
	if err != nil {
		return fault.Internalf("insert a mark: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, fault.StateConflict).InField(field+".statement").With("state", "marked")
	}
	return a.Enter(ctx, audit.KindStatementMarked, audit.StatementMarked{Statement: one.ID, TextHash: one.TextHash, True: m.True, ReasonHash: hash})
}

// Querier is a pool or a transaction.
type Querier = handover.Querier

// announced lists the statements of a lot as they were published; the announcement has the property in the order of the assets' ids.
func announced(ctx context.Context, q Querier, lot uuid.UUID) ([]Statement, error) {
	var paper papers.Announcement
	var ids []uuid.UUID
	err := q.QueryRow(ctx, `SELECT document, ARRAY(SELECT asset_id FROM lot_assets WHERE lot_id = @lot ORDER BY asset_id) FROM announcements WHERE lot_id = @lot`,
		pgx.NamedArgs{"lot": lot}).Scan(&paper, &ids)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, fault.NotFoundCode).With("what", "announcement")
	}
	if err != nil {
		return nil, fault.Internalf("read announcement: %w", err)
	}
	if len(ids) != len(paper.Property) {
		return nil, fault.Internalf("lot %s: the announcement has %d things, the lot %d", lot, len(paper.Property), len(ids))
	}
	return each(ids, paper.Property)
}

func each(ids []uuid.UUID, property []docket.Asset) ([]Statement, error) {
	var out []Statement
	for i, a := range property {
		list, err := Of(ids[i], a)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// Announced is what a published lot states, how it differs from the sale
// before, and what its buyer marked.
type Announced struct {
	Lot        uuid.UUID   `json:"lot"`
	Statements []Statement `json:"statements"`
	// Previous is the sale of the same property before, Changes what is stated otherwise since; nil where there was none here.
	Previous *uuid.UUID `json:"previous,omitempty"`
	Changes  *Diff      `json:"changes,omitempty"`
	// Marks are the buyer's, without their reasons, by the statement's id.
	Marks map[string]bool `json:"marks"`
	True  int             `json:"true_count"`
	False int             `json:"false_count"`
}

// Of reads what a published lot states.
//
// Faults: not_found.
func (s *Service) Of(ctx context.Context, lot uuid.UUID) (Announced, error) {
	a := Announced{Lot: lot, Marks: map[string]bool{}}
	var err error
	if a.Statements, err = announced(ctx, s.pool, lot); err != nil {
		return a, err
	}
	if a.Previous, err = previous(ctx, s.pool, lot); err != nil {
		return a, err
	}
	if a.Previous != nil {
		before, err := announced(ctx, s.pool, *a.Previous)
		if err != nil {
			return a, err
		}
		d := Differences(before, a.Statements)
		a.Changes = &d
	}
	rows, err := s.pool.Query(ctx, `SELECT statement, found_true FROM statement_marks WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return a, fault.Internalf("read marks: %w", err)
	}
	var id string
	var is bool
	_, err = pgx.ForEachRow(rows, []any{&id, &is}, func() error {
		a.Marks[id] = is
		if is {
			a.True++
		} else {
			a.False++
		}
		return nil
	})
	if err != nil {
		return a, fault.Internalf("read marks: %w", err)
	}
	return a, nil
}

// previous is the sale before of the same property that was published, nil for none.
func previous(ctx context.Context, q Querier, lot uuid.UUID) (*uuid.UUID, error) {
	var id *uuid.UUID
	err := q.QueryRow(ctx, `SELECT p.id FROM lots l JOIN lots p ON p.id = l.previous_lot_id WHERE l.id = @lot AND p.announced_at IS NOT NULL`,
		pgx.NamedArgs{"lot": lot}).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.Internalf("read the sale before: %w", err)
	}
	return id, nil
}

// Drafted is how the property of a draft differs from what was said of it
// before: in the announcement of the sale before, else before its last revision.
//
// Faults: not_found.
func (s *Service) Drafted(ctx context.Context, lot uuid.UUID) (Diff, error) {
	rows, err := s.pool.Query(ctx, `SELECT a.id, a.document, (SELECT v.document FROM asset_versions v WHERE v.asset_id = a.id ORDER BY v.version DESC LIMIT 1)
		FROM lot_assets la JOIN assets a ON a.id = la.asset_id WHERE la.lot_id = @lot ORDER BY a.id`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return Diff{}, fault.Internalf("read property: %w", err)
	}
	var before, after []Statement
	var id uuid.UUID
	var now docket.Asset
	var was *docket.Asset
	_, err = pgx.ForEachRow(rows, []any{&id, &now, &was}, func() error {
		list, err := Of(id, now)
		if err != nil {
			return err
		}
		after = append(after, list...)
		if was != nil {
			if list, err = Of(id, *was); err != nil {
				return err
			}
		}
		before = append(before, list...)
		now, was = docket.Asset{}, nil
		return nil
	})
	if err != nil {
		return Diff{}, fault.Internalf("read property: %w", err)
	}
	last, err := previous(ctx, s.pool, lot)
	if err != nil {
		return Diff{}, err
	}
	if last != nil {
		if before, err = announced(ctx, s.pool, *last); err != nil {
			return Diff{}, err
		}
	}
	return Differences(before, after), nil
}

// Accuracy is how often what one surveyor of a court stated was found true.
type Accuracy struct {
	Court docket.Text `json:"court"`
	Code  string      `json:"court_code"`
	// Surveyor is empty for the court itself.
	Surveyor docket.Text `json:"surveyor,omitzero"`
	True     int         `json:"true_count"`
	False    int         `json:"false_count"`
	// Permille is the share found true, of however few.
	Permille int `json:"true_permille"`
}

// Accuracy counts the marks by court and surveyor, by the courts' codes and names.
func (s *Service) Accuracy(ctx context.Context) ([]Accuracy, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT c.name_zh, c.name_en, c.code, m.surveyor_zh, max(m.surveyor_en), count(*) FILTER (WHERE m.found_true), count(*) FILTER (WHERE NOT m.found_true),
			count(*) FILTER (WHERE m.found_true) * 1000 / count(*)
		FROM statement_marks m JOIN courts c ON c.id = m.court_id
		GROUP BY c.name_zh, c.name_en, c.code, m.surveyor_zh ORDER BY c.code, m.surveyor_zh`)
	if err != nil {
		return nil, fault.Internalf("count marks: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Accuracy, err error) {
		err = row.Scan(&a.Court.Zh, &a.Court.En, &a.Code, &a.Surveyor.Zh, &a.Surveyor.En, &a.True, &a.False, &a.Permille)
		return a, err
	})
	if err != nil {
		return nil, fault.Internalf("count marks: %w", err)
	}
	return list, nil
}

// Reason is a buyer's reason, for the court.
type Reason struct {
	Statement string    `json:"statement"`
	Reason    string    `json:"reason"`
	At        time.Time `json:"at"`
}

// Reasons lists why the buyer found statements false or true, for a judge of the lot's court.
//
// Faults: role_forbidden, not_found.
func (s *Service) Reasons(ctx context.Context, by auction.Actor, lot uuid.UUID) ([]Reason, error) {
	var court uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT court_id FROM lots WHERE id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&court)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, fault.NotFoundCode).With("what", "lot")
	}
	if err != nil {
		return nil, fault.Internalf("read lot: %w", err)
	}
	if by.Role != "judge" || by.CourtID != court {
		return nil, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	rows, err := s.pool.Query(ctx, `SELECT statement, reason, marked_at FROM statement_marks WHERE lot_id = @lot AND reason <> '' ORDER BY statement`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read reasons: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Reason])
	if err != nil {
		return nil, fault.Internalf("read reasons: %w", err)
	}
	return list, nil
}
