package pages

import (
	"time"

	"mingchui/auction/money"
)

// LotView is the lot whole, in the reader's language.
type LotView struct {
	Card
	CaseID string
	// Category and region as links of the breadcrumb.
	CategoryName, RegionName string
	RegionCode               string
	Pictures                 []Picture
	Facts                    []Pair
	Description              []string
	Survey                   []Finding
	SurveyItems              int
	// Changes are what is stated otherwise since the sale before, Marked what the buyer found of it.
	Changes            []ChangeRow
	Marked             string
	Encumbrances       []Encumbrance
	Arrears            []Arrear
	Taxes              []Tax
	Priority           []Priority
	Notices            []Pair
	Notified           []Pair
	Documents          []Paper
	Terms              []Pair
	Conditions, Limits []string
	Disclaimer         string
	Viewing            []Pair
	Contact            []Pair
	Auxiliary          []Pair
	Previous           []Pair
	RuleSet            string
	// Chosen are the figures that the court chose otherwise than the law has them, SettingsHref where they stand.
	Chosen       []Pair
	SettingsHref string
	MaximumBids  bool
	// NoReserve says why there is no reserve; nil for a sale with one.
	NoReserve              *NoReserveView
	BiddingSpan, Extension time.Duration
	AnnouncedEnd           time.Time
	BalanceDue             string

	Seq      int64
	Admitted int64
	// Codes counts the codes that have bid; CodeList names them.
	Codes     int
	CodeList  []string
	Record    []BidRow
	RecordAll bool
	Chart     *Chart
	// Points feed the chart of a running lot in the browser.
	Points []ChartBid
	Desk   *Desk
	// Objections are what everybody sees of them; ObjectHref is where one is lodged, empty for who cannot.
	Objections []ObjectionRow
	ObjectHref string
	// Prices are how the reference price of each thing was found.
	Prices []PriceHistory
	// Aside is that the sale was set aside.
	Aside *AsideDone
	// Said is what the last act of the reader did.
	Said string
	// NoticesAccepted is when this reader's bidding session signed them; empty for none.
	Receipt   *Receipt
	Checks    []Step
	After     []Step
	Confirmed *Confirmation
	Movements []Movement
	// Refusals are the latest counts of refused bids.
	Refusals []RefusalRow
	// Mine is the bidder code of this reader's bidding session.
	Mine string
	// Papers are those that everybody reads.
	Papers []PaperLink
}

// Pair is a name and its value.
type Pair struct{ Name, Value string }

// Picture is a survey drawing of the lot.
type Picture struct{ Drawing, Label string }

// Finding is one item of the survey.
type Finding struct {
	Note               bool
	Item, Text, Source string
	// On and By are the day and who found it out, the court where it is no other; On is empty where the file does not say.
	On, By string
}

// Encumbrance is a right of another upon the property.
type Encumbrance struct {
	Kind, Holder, After, Note string
	Amount                    money.Fen
}

// Arrear is a charge that is owed on the property.
type Arrear struct {
	Item, AsOf, Bearer, Note string
	Amount                   money.Fen
}

// Tax is a tax with who bears it by which law.
//
// Rate is written with what it is a rate of; empty where the law or the file names none.
type Tax struct{ Item, Bearer, Rate, Source, Note string }

// Priority is a priority purchaser, by standing.
type Priority struct {
	Rank                     int
	Standing, Notice, Status string
}

// Paper is a document of the lot; Href is empty where it lies with the court.
type Paper struct{ Title, Note, Href string }

// BidRow is one bid of the record.
type BidRow struct {
	Seq          int64
	No           int
	Code         string
	Amount       money.Fen
	Raise        money.Fen
	AcceptedAt   time.Time
	EndsAt       time.Time
	Moved, Mine  bool
	Automatic    bool
	ChartX, Said string
}

// Receipt is the signed answer to a bid.
type Receipt struct {
	ID, Text string
}

// Movement is a movement of the case's money.
type Movement struct {
	At                  time.Time
	What, From, To, Log string
	Amount              money.Fen
}

// Confirmation is the court's document on a sale (R22).
type Confirmation struct {
	Number, Court, CaseNumber, Title string
	Code, Buyer                      string
	Price, Deposit, Rest             money.Fen
	StartsAt, EndsAt, ConfirmedAt    time.Time
	BalanceDueAt                     time.Time
}

// LeadState is what the head of the desk says: leading, outbid and the rest.
type LeadState struct {
	// Kind is a key of room.<kind>.title.
	Kind  string
	Class string
	Icon  string
	Title string
	Text  string
	Href  string
	Link  string
}

// Desk is the place where bids are made. Its order never changes.
type Desk struct {
	State LeadState
	// Code is the bidding session's; empty for a reader who only looks on.
	Code             string
	Deposit          money.Fen
	DepositConfirmed bool
	// CanBid is true while a bid of this session would be looked at.
	CanBid bool
	Raises []Raise
	// Own is what the reader typed.
	Own    string
	Errors Errors
	// Key is the idempotency key of the next attempt without JavaScript.
	Key string
	// Maximum is zero where none is offered.
	Maximum Maximum
	// EnrolHref is the next step for who has no bidding session.
	EnrolHref, EnrolText string
	// OpenSession shows the form for code and passphrase.
	OpenSession bool
}

// Raise is a one-tap raise.
type Raise struct {
	Steps  int
	Amount money.Fen
}

// leadState makes the head of the desk for a kind; args fill its text.
func leadState(p *Page, kind string, args ...any) LeadState {
	s := LeadState{Kind: kind, Title: p.T("room."+kind+"_title", args...), Text: p.T("room."+kind+"_text", args...), Icon: leadIcon(kind)}
	switch kind {
	case "leading", "won":
		s.Class = "in"
	case "outbid":
		s.Class = "out"
	}
	return s
}

func leadIcon(kind string) string {
	switch kind {
	case "leading":
		return "s-lead"
	case "outbid":
		return "s-out"
	case "confirming", "reconnecting":
		return "s-wait"
	case "deposit":
		return "s-held"
	case "stayed":
		return "s-stayed"
	case "not_placed", "refused":
		return "s-warn"
	case "won", "sold":
		return "s-sold"
	case "unsold":
		return "s-unsold"
	case "withdrawn":
		return "s-withdrawn"
	case "watching":
		return "s-live"
	case "upcoming":
		return "s-enrol"
	}
	return "s-announced"
}

// raises are the one-tap raises above a price, or the start where there is none.
func raises(start, price, increment money.Fen) []Raise {
	var list []Raise
	for _, n := range []int{1, 2, 5} {
		base := price
		steps := int64(n)
		if price == 0 { // the first bid may be the starting price itself
			base, steps = start, int64(n)-1
		}
		up, err := increment.Times(steps)
		if err != nil {
			continue
		}
		if amount, err := base.Add(up); err == nil && amount.Valid() == nil {
			list = append(list, Raise{n, amount})
		}
	}
	return list
}
