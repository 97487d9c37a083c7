package bidding

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/bidding/seal"
)

// MaximumBid is a limit up to which the course is to bid for a code, in one increment at a time or as others' limits ask.
type MaximumBid struct {
	Lot uuid.UUID
	// Code comes from the bidding session.
	Code   string
	Amount money.Fen
	// Key and ReceivedAt are as a bid's.
	Key        string
	ReceivedAt time.Time
}

// MaximumSet is a maximum that is durable, or its withdrawal.
type MaximumSet struct {
	Lot        uuid.UUID
	Seq        int64
	Code       string
	AcceptedAt time.Time
	ReceiptID  uuid.UUID
	// Amount, Salt and Commitment are zero of a withdrawal. The commitment is public; with amount and salt, which are the
	// bidder's alone until the end, course.Commit gives it.
	Amount     money.Fen
	Salt       [course.SaltBytes]byte
	Commitment string
	// How the course stands after it: Leads says whether the code does. Price is 0 without a bid.
	Leads  bool
	Price  money.Fen
	EndsAt time.Time
}

// SetMaximum sets a code's maximum in place of the one before, and returns when it is durable. What it calls for is bid in the same
// decision. The same key and amount gives the first answer again.
//
// Codes: as Bid, of whose refusals off_increment and already_leading never come; and maximum_not_offered. sealing_key_missing, seal_broken
// (internal).
func (e *Engine) SetMaximum(ctx context.Context, b MaximumBid) (MaximumSet, error) {
	if err := (Bid{Code: b.Code, Amount: b.Amount, Key: b.Key}).check(); err != nil {
		return MaximumSet{}, err
	}
	g, err := e.gateOf(ctx, b.Lot)
	if err != nil {
		e.served(ctx, &Bid{Lot: b.Lot, ReceivedAt: b.ReceivedAt}, &result{}, err)
		return MaximumSet{}, err
	}
	r := newRequest(course.Command{Kind: course.Maximum, Code: b.Code, Amount: b.Amount})
	out := MaximumSet{Amount: b.Amount}
	if g.terms.MaximumBids {
		maxima, err := e.maximaOf(ctx, g.lot)
		if err != nil {
			e.served(ctx, &Bid{Lot: b.Lot, ReceivedAt: b.ReceivedAt}, &result{}, err)
			return MaximumSet{}, err
		}
		out.Salt = maxima.Salt(b.Code, b.Key)
		out.Commitment = course.Commit(g.lot, b.Code, b.Amount, out.Salt)
		r.command.Commitment = out.Commitment
		r.sealed = hex.EncodeToString(maxima.Seal(b.Code, out.Commitment, b.Amount, out.Salt))
	}
	err = e.maximum(ctx, g, r, &b, &out)
	return out, err
}

// WithdrawMaximum takes a code's maximum back and returns when that is durable. Bids that were placed for it stand. Amount is not
// looked at. The same key gives the first answer again.
//
// Codes: as SetMaximum, and maximum_none.
func (e *Engine) WithdrawMaximum(ctx context.Context, b MaximumBid) (MaximumSet, error) {
	if err := (Bid{Code: b.Code, Amount: 1, Key: b.Key}).check(); err != nil {
		return MaximumSet{}, err
	}
	g, err := e.gateOf(ctx, b.Lot)
	if err != nil {
		e.served(ctx, &Bid{Lot: b.Lot, ReceivedAt: b.ReceivedAt}, &result{}, err)
		return MaximumSet{}, err
	}
	out := MaximumSet{}
	err = e.maximum(ctx, g, newRequest(course.Command{Kind: course.MaximumWithdrawn, Code: b.Code}), &b, &out)
	return out, err
}

// maximum sends what a bidder says of the maximum and fills in what became of it.
func (e *Engine) maximum(ctx context.Context, g *gate, r *request, b *MaximumBid, out *MaximumSet) error {
	if !g.terms.MaximumBids {
		return course.Refuse(fault.MaximumNotOffered, course.Standing{Terms: g.terms})
	}
	r.key, r.received = b.Key, b.ReceivedAt.UnixMilli()
	res, err := e.ask(ctx, g, r)
	if err == nil && res.verdict.sign == refused && res.verdict.seq == 0 {
		res, err = e.notRunning(ctx, g, r)
	}
	e.served(ctx, &Bid{Lot: b.Lot, ReceivedAt: b.ReceivedAt}, &res, err)
	if err != nil {
		return err
	}
	v := &res.verdict
	if v.sign == refused {
		return e.refuse(g, v)
	}
	if v.sign == replayed && res.entry == uuid.Nil {
		if res.entry, err = e.entryOf(ctx, g.lot, v.seq); err != nil {
			return err
		}
	}
	out.Lot, out.Seq, out.Code, out.AcceptedAt, out.ReceiptID = g.lot, v.seq, b.Code, instant(v.at), res.entry
	return e.standing(ctx, out)
}

// standing reads how the committed course stands for a code.
func (e *Engine) standing(ctx context.Context, out *MaximumSet) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := e.pool.QueryRow(ctx, `SELECT coalesce(leader_code = $2, false), coalesce(price_fen, 0), ends_at FROM courses WHERE lot_id = $1`,
		out.Lot, out.Code).Scan(&out.Leads, &out.Price, &out.EndsAt)
	if err != nil {
		return unavailable(fmt.Errorf("read how lot %s stands: %w", out.Lot, err))
	}
	return nil
}

// maximaOf is the sealing of a lot's maxima, under the lot's key, which is made when nobody has enrolled by a desk yet.
func (e *Engine) maximaOf(ctx context.Context, lot uuid.UUID) (*seal.Maxima, error) {
	if e.ring == nil {
		return nil, fault.Wrap(fault.Internal, fault.SealingKeyMissing, errors.New("this engine was given no sealing keys"))
	}
	var maxima *seal.Maxima
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		w, err := lotKey(ctx, tx, e.ring, lot)
		if err != nil {
			return err
		}
		maxima, err = e.ring.Maxima(lot, w)
		return err
	})
	if err != nil && fault.CodeOf(err) != fault.SealingKeyMissing && fault.CodeOf(err) != fault.SealBroken {
		return nil, unavailable(err)
	}
	return maxima, err
}

// maximumBefore finds what was set or withdrawn under a key among what is committed.
func (e *Engine) maximumBefore(ctx context.Context, g *gate, r *request) (result, bool, error) {
	const query = `SELECT seq, accepted_at, ends_at, coalesce(commitment, '') FROM maxima
WHERE lot_id = $1 AND bidder_code = $2 AND idempotency_key = $3`
	var (
		res        = result{verdict: verdict{sign: replayed}}
		at, endsAt time.Time
		commitment string
	)
	err := e.pool.QueryRow(ctx, query, g.lot, r.command.Code, r.key).Scan(&res.verdict.seq, &at, &endsAt, &commitment)
	if errors.Is(err, pgx.ErrNoRows) {
		return result{}, false, nil
	}
	if err != nil {
		return result{}, false, fmt.Errorf("look for a maximum by its key: %w", err)
	}
	res.verdict.at, res.verdict.ends = at.UnixMilli(), endsAt.UnixMilli()
	if commitment != r.command.Commitment {
		res.verdict.sign, res.verdict.code = refused, string(fault.IdempotencyKeyReused)
	}
	return res, true, nil
}

// LiveMaximum is what everybody may know of a code's maximum. Seq is 0 without one.
type LiveMaximum struct {
	Seq        int64
	Commitment string
}

// LiveMaximum reads it from what is committed.
//
// Codes: service_unavailable.
func (e *Engine) LiveMaximum(ctx context.Context, lot uuid.UUID, code string) (LiveMaximum, error) {
	const query = `SELECT seq, coalesce(commitment, '') FROM maxima WHERE lot_id = $1 AND bidder_code = $2 ORDER BY seq DESC LIMIT 1`
	var m LiveMaximum
	err := e.pool.QueryRow(ctx, query, lot, code).Scan(&m.Seq, &m.Commitment)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return m, unavailable(fmt.Errorf("read the maximum of a code on lot %s: %w", lot, err))
	}
	if m.Commitment == "" {
		return LiveMaximum{}, nil
	}
	return m, nil
}
