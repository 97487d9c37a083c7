package court

import (
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// fate is what becomes of a sold lot.
type fate int

const (
	// unpaid leaves the balance open.
	unpaid fate = iota
	// defaults lets the time to pay pass (R24).
	defaults
	// paid leaves the ruling to be made.
	paid
	// ruled leaves the property to be handed over.
	ruled
	// handedOver goes the whole road.
	handedOver
)

// halt is an act of the court in the middle of a sale.
type halt struct {
	at     time.Time
	reason docket.Text
	// ground of a withdrawal.
	ground auction.Ground
	// resume is when a stay ends; zero leaves it.
	resume time.Time
}

// road is what is to happen to one lot.
type road struct {
	// votes are cast on a lot that stays a draft; announceAt is zero then.
	votes      int
	announceAt time.Time
	startsAt   time.Time
	endsAt     time.Time
	// from is when the first bid comes; zero is soon after the start.
	from time.Time
	// leaves is when the script lets go of the lot; zero follows it to its fate.
	leaves time.Time

	bidders, bids, extensions, increments int
	// priority lets the first bidder be a confirmed priority purchaser, match
	// lets him take the leading price once (R21); creditor lets the second be
	// the applicant creditor (R17).
	priority, match, creditor bool

	// guest is the login of one of the people's accounts who takes part and buys; empty for none.
	guest string

	stay, withdrawal *halt
	fate             fate
	// next is the sale after an unsold or defaulted one, planned once its end
	// is known; nil for none.
	next func(ended time.Time) road
}

// sale is a lot on its road.
type sale struct {
	id, caseID uuid.UUID
	caseNumber string
	lot        docket.Lot
	kind       law.Kind
	road       road

	// people are those enrolled, by bidder code; codes in the order of enrolling.
	people map[string]person
	codes  []string
	// The course as the script knows it.
	endsAt time.Time
	price  money.Fen
	leader string
}

// seen is where a lot stands now.
type seen struct {
	phase  string
	endsAt time.Time
	price  money.Fen
	leader string
	// state is the lot's, as auction names it, and dueAt its balance's.
	status, outcome string
	endedAt, dueAt  time.Time
}
