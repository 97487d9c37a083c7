package drawing

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/draw"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// pause is how long the machine waits for the published log to cover an entry.
const pause = time.Second

// Handlers are the duties that drawing fulfils.
func (s *Service) Handlers() map[duty.Kind]duty.Handler {
	return map[duty.Kind]duty.Handler{duty.MakeDraw: s.makeDuty}
}

// makeDuty opens a draw and then makes it. Each step waits until the published log covers the one before: the list is public
// before the value exists, and the value is public before the draw.
func (s *Service) makeDuty(ctx context.Context, d duty.Duty) error {
	id, err := uuid.Parse(d.Key)
	if err != nil {
		return fault.Internalf("read the key of %s: %w", d.Kind, err)
	}
	v, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	now := s.c.Clock.Now()
	later := duty.NotYet(now.Add(pause))
	switch v.State {
	case Drawn:
		return nil
	case Listed:
		if now.Before(v.OpensAt) {
			return duty.NotYet(v.OpensAt)
		}
		if _, published, err := s.c.Log.Place(ctx, v.ListEntry); err != nil || !published {
			return orElse(err, later)
		}
		return orElse(s.on(ctx, v, trail.DrawOpened, func(a act) error { return open(ctx, a, v) }), later)
	case Opened:
	}
	leaf, published, err := s.c.Log.Place(ctx, *v.OpenEntry)
	if err != nil || !published {
		return orElse(err, later)
	}
	size := draw.Opening{Leaf: leaf}.Size()
	root, err := s.c.Log.RootAt(ctx, size)
	if err != nil {
		return err
	}
	return s.on(ctx, v, trail.DrawMade, func(a act) error { return made(ctx, a, v, size, draw.Value(root)) })
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// on runs one of the machine's acts on what the draw is about.
func (s *Service) on(ctx context.Context, v View, name trail.Act, f func(a act) error) error {
	machine := auction.Actor{Role: trail.Machine}
	step := trail.Step{Act: name, Rule: v.Purpose.rule(), Detail: map[string]any{"draw": v.ID}, Public: true}
	if v.Lot != nil {
		return s.c.Auction.OnLot(ctx, machine, *v.Lot, nil, step, func(a *auction.LotAct) error { return f(onLot(a)) })
	}
	return s.c.Auction.OnCase(ctx, machine, v.Case, nil, step, func(a *auction.CaseAct) error { return f(onCase(a)) })
}

// held locks a draw that is in a state; false for one that another run has moved on.
func held(ctx context.Context, a act, id uuid.UUID, in State) (nonce []byte, ok bool, err error) {
	var state State
	err = a.Tx.QueryRow(ctx, `SELECT state, nonce FROM draws WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": id}).Scan(&state, &nonce)
	if err != nil {
		return nil, false, fault.Internalf("lock a draw: %w", err)
	}
	return nonce, state == in, nil
}

// open enters the opening: from then on the value is fixed by the log.
func open(ctx context.Context, a act, v View) error {
	nonce, ok, err := held(ctx, a, v.ID, Listed)
	if err != nil || !ok {
		return err
	}
	if draw.Commitment(v.ID, nonce) != v.Commitment {
		return fault.Internalf("open draw %s: its nonce is not the one that its list commits to", v.ID)
	}
	entry, err := a.Enter(ctx, audit.KindDrawOpened, func(time.Time) any {
		return audit.DrawOpened{Draw: v.ID.String(), Nonce: hex.EncodeToString(nonce)}
	})
	if err != nil {
		return err
	}
	_, err = a.Tx.Exec(ctx, `UPDATE draws SET state = 'opened', opened_at = @at, open_entry = @entry WHERE id = @id AND state = 'listed'`,
		pgx.NamedArgs{"id": v.ID, "at": entry.At, "entry": entry.ID})
	if err != nil {
		return fault.Internalf("open a draw: %w", err)
	}
	return nil
}

// made enters the draw.
func made(ctx context.Context, a act, v View, size int64, value draw.Value) error {
	if _, ok, err := held(ctx, a, v.ID, Opened); err != nil || !ok {
		return err
	}
	order := draw.Order(value, v.ID, ids(v.Candidates))
	body := audit.DrawMade{Draw: v.ID.String(), Size: size, Root: hex.EncodeToString(value[:])}
	for _, c := range order {
		body.Order = append(body.Order, c.String())
	}
	entry, err := a.Enter(ctx, audit.KindDrawMade, func(time.Time) any { return body })
	if err != nil {
		return err
	}
	_, err = a.Tx.Exec(ctx, `UPDATE draws SET state = 'drawn', size = @size, root = @root, made_entry = @entry, drawn_at = @at WHERE id = @id AND state = 'opened'`,
		pgx.NamedArgs{"id": v.ID, "size": size, "root": value[:], "entry": entry.ID, "at": entry.At})
	if err != nil {
		return fault.Internalf("make a draw: %w", err)
	}
	_, err = a.Tx.Exec(ctx, `UPDATE draw_candidates c SET place = o.place FROM unnest(@order::uuid[]) WITH ORDINALITY AS o (candidate, place)
		WHERE c.draw_id = @id AND c.candidate = o.candidate`, pgx.NamedArgs{"id": v.ID, "order": order})
	if err != nil {
		return fault.Internalf("keep the order of a draw: %w", err)
	}
	return nil
}
