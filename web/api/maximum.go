package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/money"
	"mingchui/bidding"
)

// SetMaximum sets a code's maximum within the code's limit of maxima; the pages' own way to the engine.
//
// Faults: rate_exceeded, and the engine's.
func (a *API) SetMaximum(ctx context.Context, b bidding.MaximumBid) (bidding.MaximumSet, error) {
	if err := a.maxima.take(bidder{b.Lot, b.Code}, b.ReceivedAt); err != nil {
		return bidding.MaximumSet{}, err
	}
	return a.Engine.SetMaximum(ctx, b)
}

// WithdrawMaximum takes it back within the same limit.
//
// Faults: as SetMaximum.
func (a *API) WithdrawMaximum(ctx context.Context, b bidding.MaximumBid) (bidding.MaximumSet, error) {
	if err := a.maxima.take(bidder{b.Lot, b.Code}, b.ReceivedAt); err != nil {
		return bidding.MaximumSet{}, err
	}
	return a.Engine.WithdrawMaximum(ctx, b)
}

// LiveMaximum tells whether a code has one.
func (a *API) LiveMaximum(ctx context.Context, lot uuid.UUID, code string) (bidding.LiveMaximum, error) {
	return a.Engine.LiveMaximum(ctx, lot, code)
}

// maximum is what a bidder is told of the own maximum. Amount and salt are nobody else's until the end.
type maximum struct {
	Lot        uuid.UUID `json:"lot"`
	Seq        int64     `json:"seq"`
	BidderCode string    `json:"bidder_code"`
	AmountFen  money.Fen `json:"amount_fen,omitempty"`
	Salt       string    `json:"salt,omitempty"`
	Commitment string    `json:"commitment,omitempty"`
	AcceptedAt time.Time `json:"accepted_at"`
	Receipt    uuid.UUID `json:"receipt"`
	Leads      bool      `json:"leads"`
	PriceFen   money.Fen `json:"price_fen,omitempty"`
	EndsAt     time.Time `json:"ends_at"`
}

func maximumOf(m bidding.MaximumSet) maximum {
	out := maximum{
		Lot: m.Lot, Seq: m.Seq, BidderCode: m.Code, AmountFen: m.Amount, Commitment: m.Commitment, AcceptedAt: m.AcceptedAt,
		Receipt: m.ReceiptID, Leads: m.Leads, PriceFen: m.Price, EndsAt: m.EndsAt,
	}
	if m.Commitment != "" {
		out.Salt = hex.EncodeToString(m.Salt[:])
	}
	return out
}

// setMaximum answers once the maximum is durable, and what it called for is bid.
func (a *API) setMaximum(ctx context.Context, c *Call) (Answer, error) {
	var in struct {
		AmountFen money.Fen `json:"amount_fen"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	got, err := a.SetMaximum(ctx, c.maximumBid(in.AmountFen))
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusOK, Body: maximumOf(got)}, nil
}

func (a *API) withdrawMaximum(ctx context.Context, c *Call) (Answer, error) {
	got, err := a.WithdrawMaximum(ctx, c.maximumBid(0))
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusOK, Body: maximumOf(got)}, nil
}

func (c *Call) maximumBid(amount money.Fen) bidding.MaximumBid {
	return bidding.MaximumBid{
		Lot: c.Visitor.Lot, Code: c.Visitor.Code, Amount: amount, Key: c.Header.Get(idempotencyHeader), ReceivedAt: c.ReceivedAt,
	}
}
