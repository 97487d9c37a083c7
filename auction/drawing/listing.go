package drawing

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/draw"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
)

// listing is a draw that is about to be listed.
type listing struct {
	ID         uuid.UUID
	Purpose    Purpose
	Lot, Asset uuid.UUID
	Rank       int
	Candidates []Candidate
	Previous   uuid.UUID
	Reason     docket.Text
}

func repeated(p Purpose, id uuid.UUID) error {
	return fault.New(fault.Conflict, fault.DrawRepeated).ByRule(p.rule()).With("draw", id)
}

// The draws that a list is held against.
const (
	drawOfRank   = `SELECT id FROM draws WHERE lot_id = @lot AND rank = @rank`
	drawsOfAsset = `SELECT id, state, set_hash, opens_at FROM draws WHERE asset_id = @asset ORDER BY listed_at, id`
)

// takersOnce refuses a second draw between creditors of a rank.
func (l *listing) takersOnce(ctx context.Context, tx pgx.Tx) error {
	var have uuid.UUID
	err := tx.QueryRow(ctx, drawOfRank, pgx.NamedArgs{"lot": l.Lot, "rank": l.Rank}).Scan(&have)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fault.Internalf("look for a draw: %w", err)
	}
	return repeated(l.Purpose, have)
}

// after looks at the draws of firms for the property before: a further one is about other firms and has a published reason.
func (l *listing) after(ctx context.Context, tx pgx.Tx) error {
	// Lists for one property come one after the other.
	if _, err := tx.Exec(ctx, `SELECT FROM assets WHERE id = @asset FOR NO KEY UPDATE`, pgx.NamedArgs{"asset": l.Asset}); err != nil {
		return fault.Internalf("lock the asset: %w", err)
	}
	rows, err := tx.Query(ctx, drawsOfAsset, pgx.NamedArgs{"asset": l.Asset})
	if err != nil {
		return fault.Internalf("read draws of the property: %w", err)
	}
	var before, same uuid.UUID
	var state State
	var set string
	var opens time.Time
	_, err = pgx.ForEachRow(rows, []any{&before, &state, &set, &opens}, func() error {
		if set == draw.SetHash(ids(l.Candidates)) {
			same = before
		}
		return nil
	})
	switch {
	case err != nil:
		return fault.Internalf("read draws of the property: %w", err)
	case same != uuid.Nil:
		return repeated(l.Purpose, same)
	case before == uuid.Nil:
		l.Reason = docket.Text{}
		return nil
	case state != Drawn:
		return notMade(l.Purpose, opens)
	case strings.TrimSpace(l.Reason.Zh) == "" || strings.TrimSpace(l.Reason.En) == "":
		return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule(l.Purpose.rule())
	}
	l.Previous = before
	return nil
}

func notMade(p Purpose, opensAt time.Time) error {
	return fault.New(fault.Conflict, fault.DrawNotMade).InField("draw").ByRule(p.rule()).With("opens_at", opensAt)
}

func ids(list []Candidate) []uuid.UUID {
	out := make([]uuid.UUID, len(list))
	for i, c := range list {
		out[i] = c.ID
	}
	return out
}

// put writes the list with its entry and owes the draw.
func (l *listing) put(ctx context.Context, a act) error {
	var err error
	if l.ID, err = uuid.NewV7(); err != nil {
		return fault.Internalf("make a draw's id: %w", err)
	}
	slices.SortFunc(l.Candidates, func(a, b Candidate) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	nonce := newNonce()
	body := l.body(draw.Commitment(l.ID, nonce))
	entry, err := a.Enter(ctx, audit.KindDrawListed, func(at time.Time) any {
		body.OpensAt = at.Add(draw.Wait)
		return body
	})
	if err != nil {
		return err
	}
	_, err = a.Tx.Exec(ctx, `INSERT INTO draws (id, purpose, case_id, lot_id, rank, asset_id, set_hash, previous_id, reason_zh, reason_en,
			listed_by, listed_at, opens_at, nonce, commitment, list_entry, state)
		VALUES (@id, @purpose, @case, @lot, @rank, @asset, @set, @previous, @zh, @en, @by, @at, @opens, @nonce, @commitment, @entry, 'listed')`,
		pgx.NamedArgs{
			"id": l.ID, "purpose": l.Purpose, "case": a.Case, "lot": orNull(l.Lot), "rank": rankOrNull(l.Rank), "asset": orNull(l.Asset),
			"set": draw.SetHash(ids(l.Candidates)), "previous": orNull(l.Previous), "zh": l.Reason.Zh, "en": l.Reason.En, "by": a.By,
			"at": entry.At, "opens": body.OpensAt, "nonce": nonce, "commitment": body.Commitment, "entry": entry.ID,
		})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasPrefix(pg.ConstraintName, "draws_") && pg.Code == uniqueViolation {
		return fault.New(fault.Conflict, fault.DrawRepeated).ByRule(l.Purpose.rule())
	}
	if err != nil {
		return fault.Internalf("insert a draw: %w", err)
	}
	for _, c := range l.Candidates {
		name := docket.Text{}
		if c.Firm != nil {
			name = *c.Firm
		}
		_, err := a.Tx.Exec(ctx, `INSERT INTO draw_candidates (draw_id, candidate, no, firm_zh, firm_en) VALUES (@draw, @id, @no, @zh, @en)`,
			pgx.NamedArgs{"draw": l.ID, "id": c.ID, "no": rankOrNull(c.No), "zh": name.Zh, "en": name.En})
		if err != nil {
			return fault.Internalf("insert a candidate: %w", err)
		}
	}
	a.Step.Detail = map[string]any{"draw": l.ID, "purpose": l.Purpose, "candidates": len(l.Candidates)}
	return a.Owe(ctx, duty.Duty{Kind: duty.MakeDraw, Key: l.ID.String(), Rule: l.Purpose.rule(), Actor: duty.Machine, DueAt: body.OpensAt})
}

const uniqueViolation = "23505"

func (l *listing) body(commitment string) audit.DrawListed {
	b := audit.DrawListed{Draw: l.ID.String(), Purpose: string(l.Purpose), Rank: l.Rank, Commitment: commitment}
	if l.Asset != uuid.Nil {
		b.Asset = l.Asset.String()
	}
	if l.Previous != uuid.Nil {
		b.Previous, b.ReasonHash = l.Previous.String(), audit.HashText(l.Reason.Zh)
	}
	for _, c := range l.Candidates {
		one := audit.DrawCandidate{Candidate: c.ID.String(), No: c.No}
		if c.Firm != nil {
			one.Firm = c.Firm.Zh
		}
		b.Candidates = append(b.Candidates, one)
	}
	return b
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func rankOrNull(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
