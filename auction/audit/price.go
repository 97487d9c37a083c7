package audit

import "mingchui/auction/money"

// The kinds of entries about the reference price of a piece of property (R10p, R12e).
const (
	KindPriceStarted   = "price.started"
	KindPriceReport    = "price.report"
	KindPriceObjection = "price.objection_decided"
	KindPriceFixed     = "price.fixed"
	KindPriceWithdrawn = "price.withdrawn"
)

// PriceStarted is the body of price.started: the court began to fix a reference price, late or within thirty days of the seizure.
type PriceStarted struct {
	Price string `json:"price"`
	Asset string `json:"asset"`
	Late  bool   `json:"late"`
}

// PriceReport is the body of price.report: an answer as the court received it. One that came late does not count. Corrects is the
// report that it takes the place of.
type PriceReport struct {
	Price      string    `json:"price"`
	Report     string    `json:"report"`
	Origin     string    `json:"origin"`
	Source     string    `json:"source"`
	AmountFen  money.Fen `json:"amount_fen"`
	Hash       string    `json:"hash"`
	ValidUntil string    `json:"valid_until"`
	InTime     bool      `json:"in_time"`
	Corrects   string    `json:"corrects,omitempty"`
}

// PriceObjection is the body of price.objection_decided: what an objection against a report was about and how it ended, never whose it was.
type PriceObjection struct {
	Price      string `json:"price"`
	Objection  string `json:"objection"`
	Report     string `json:"report"`
	Ground     string `json:"ground"`
	TextHash   string `json:"text_hash"`
	Outcome    string `json:"outcome"`
	ReasonHash string `json:"reason_hash"`
}

// PriceFixed is the body of price.fixed: the reference price, which is the mean of the amounts by the rounding it names, its last
// valid day, and the hashes of what it rests on. SkipsHash is of the origins that could not serve, with their published reasons.
// By the costs (R12e) there is no price: CostsFen is what every starting price lies above.
type PriceFixed struct {
	Price           string      `json:"price"`
	Asset           string      `json:"asset"`
	Origin          string      `json:"origin"`
	PriceFen        money.Fen   `json:"price_fen"`
	AmountsFen      []money.Fen `json:"amounts_fen"`
	Rounding        string      `json:"rounding"`
	ValidUntil      string      `json:"valid_until,omitempty"`
	SkipsHash       string      `json:"skips_hash,omitempty"`
	ReportHashes    []string    `json:"report_hashes"`
	CostsFen        money.Fen   `json:"costs_fen,omitempty"`
	ApplicationHash string      `json:"application_hash,omitempty"`
}

// PriceWithdrawn is the body of price.withdrawn: a determination ended without a price, or supervision found the price wrong.
type PriceWithdrawn struct {
	Price      string `json:"price"`
	Asset      string `json:"asset"`
	Ground     string `json:"ground"`
	ReasonHash string `json:"reason_hash"`
}
