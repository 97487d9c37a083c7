package auction

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// NewLot is what a judge lists for sale.
type NewLot struct {
	// AssetIDs are the property, of one case (R15 for several).
	AssetIDs []uuid.UUID
	// Lot is the docket's form of it; Ref and AssetRefs are not looked at.
	Lot docket.Lot
	// Panel names the judges who vote, an odd number of at least three; empty
	// leaves it open: the first three judges of the court who vote form it (R6).
	Panel []uuid.UUID
}

// NextSale is the next sale of the same property: what changes against the lot before.
type NextSale struct {
	StartingPrice money.Fen
	Increment     money.Fen
	Deposit       money.Fen
	// Notifications of this sale; empty keeps who waived or could not be reached before the last one (R16).
	Notifications []docket.Notification
	Panel         []uuid.UUID
	// NoReserve comes with a sale without a reserve; a re-sale of one keeps the ground of the sale before where it is nil (R26n).
	NoReserve *docket.NoReserve
}

// ReferenceKind is what the starting price is measured against (R10).
type ReferenceKind string

// The kinds of reference price. ByCosts has none (R12e).
const (
	ByAppraisal ReferenceKind = "appraisal"
	ByMarket    ReferenceKind = "market"
	ByCosts     ReferenceKind = "costs"
)

// Reference returns the reference price of a docket's lot and its kind.
func Reference(l docket.Lot) (money.Fen, ReferenceKind) {
	switch {
	case l.PricingBasis.Origin == docket.PricedByCosts:
		return 0, ByCosts
	case l.AppraisalFen > 0:
		return money.Fen(l.AppraisalFen), ByAppraisal
	}
	return money.Fen(l.MarketPriceFen), ByMarket
}

// Terms are what the panel decides on (R6), in the form whose digest votes quote.
type Terms struct {
	RuleSet                  string         `json:"rule_set"`
	Stage                    law.Stage      `json:"stage"`
	ReferenceFen             money.Fen      `json:"reference_fen"`
	ReferenceKind            ReferenceKind  `json:"reference_kind"`
	StartingPriceFen         money.Fen      `json:"starting_price_fen"`
	IncrementFen             money.Fen      `json:"increment_fen"`
	DepositFen               money.Fen      `json:"deposit_fen"`
	PreviousStartingPriceFen money.Fen      `json:"previous_starting_price_fen,omitempty"`
	BalanceDueDays           int            `json:"balance_due_days"`
	PriorityPurchasers       []PriorityTerm `json:"priority_purchasers,omitempty"`
	MaximumBids              bool           `json:"maximum_bids,omitempty"`
	// NoReserve is the ground of a sale without a reserve (R26n).
	NoReserve *docket.NoReserve `json:"no_reserve,omitempty"`
}

// PriorityTerm is the standing and order of one priority purchaser.
type PriorityTerm struct {
	Rank int `json:"rank"`
	// StandingHash is the SHA-256 of the standing in Chinese, in hex.
	StandingHash string `json:"standing_hash"`
}

// TermsOf reads the terms from a docket's lot.
func TermsOf(rules law.RuleSet, l docket.Lot) Terms {
	reference, kind := Reference(l)
	t := Terms{
		RuleSet: rules.Name, Stage: l.Stage, ReferenceFen: reference, ReferenceKind: kind,
		StartingPriceFen: money.Fen(l.StartingPriceFen), IncrementFen: money.Fen(l.IncrementFen), DepositFen: money.Fen(l.DepositFen),
		BalanceDueDays: l.Payment.BalanceDueDays, MaximumBids: l.MaximumBids, NoReserve: l.NoReserve,
	}
	if n := len(l.Previous); n > 0 {
		t.PreviousStartingPriceFen = money.Fen(l.Previous[n-1].StartingPriceFen)
	}
	for _, p := range l.PriorityPurchasers {
		t.PriorityPurchasers = append(t.PriorityPurchasers, PriorityTerm{p.Rank, audit.HashText(p.Standing.Zh)})
	}
	return t
}

// Digest is the SHA-256 of the terms' canonical JSON, in hex.
func (t Terms) Digest() (string, error) {
	b, err := audit.Canonical(t)
	if err != nil {
		return "", fault.Internalf("encode terms: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}
