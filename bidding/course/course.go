package course

import (
	"mingchui/auction/money"
)

// Kind is what happened in a course.
type Kind string

const (
	// Open begins the course with its terms; it is event 1, at the announcement.
	Open Kind = "open"
	// Admit lets a bidder code bid, in a capacity (R18, R19).
	Admit Kind = "admit"
	// Exclude bars a code from further bids (R24x, R34). Bids made before stand.
	Exclude Kind = "exclude"
	// Bid is an accepted bid (R20, R21).
	Bid Kind = "bid"
	// Maximum is a code's limit up to which it is bid for; how high it is shows after the end.
	Maximum Kind = "maximum"
	// MaximumWithdrawn takes it back.
	MaximumWithdrawn Kind = "maximum_withdrawn"
	// Stay stops the clock (R28, R28o).
	Stay Kind = "stay"
	// Resume lets it run on.
	Resume Kind = "resume"
	// Epoch marks that the course was rebuilt from what was committed.
	Epoch Kind = "epoch"
	// Close ends the course: sold or unsold.
	Close Kind = "close"
)

// Capacity is in what standing a code takes part.
type Capacity string

const (
	// Ordinary bidders have no right of priority.
	Ordinary Capacity = "ordinary"
	// Priority purchasers have a rank, 1 being the best (R19, R21).
	Priority Capacity = "priority"
	// Creditor is the applicant creditor (R17); bids as an ordinary bidder.
	Creditor Capacity = "creditor"
)

// Ground is why a course is stayed.
type Ground string

const (
	// ByCourt: the court stays the sale (R28).
	ByCourt Ground = "court"
	// ByPlatform: the platform halts first in an emergency (R28).
	ByPlatform Ground = "platform"
	// ByOutage: bids could not be placed without a gap before the end (R28o).
	// It alone may come after the end and before the close.
	ByOutage Ground = "outage"
)

// Outcome is how a course ended.
type Outcome string

const (
	// Sold to the leader at the price (R11, R20c).
	Sold Outcome = "sold"
	// Unsold: nobody bid (R26).
	Unsold Outcome = "unsold"
)

// Phase is where a course stands.
type Phase string

const (
	// Unopened has no event yet; only open leaves it.
	Unopened Phase = ""
	// Running takes bids from StartsAt until EndsAt; stay and close leave it.
	Running Phase = "open"
	// Stayed keeps the time left; only resume leaves it (R28).
	Stayed Phase = "stayed"
	// Closed is final.
	Closed Phase = "closed"
)

// Terms are fixed by the announcement. Instants are unix milliseconds, lengths milliseconds.
type Terms struct {
	// StartingPrice is the reserve (R10); Increment is the least raise (R6, R20a). Both at least 1 fen.
	StartingPrice, Increment money.Fen
	// StartsAt is before EndsAt.
	StartsAt, EndsAt int64
	// Extension is the closing window and what a bid in it leaves on the clock (R20c); above 0.
	Extension int64
	// SellOffCourse is how long bidding lasts from the first bid of a sell-off (R26s); 0 in other sales.
	SellOffCourse int64
	// MaximumBids: bidders may leave a maximum that is bid for them.
	MaximumBids bool
}

// Admission is the standing of one code.
type Admission struct {
	Capacity Capacity
	// Rank among priority purchasers, 1 the best; 0 for others.
	Rank     int
	Excluded bool
}

// SealedMaximum is what everybody sees of a code's maximum: the event that set it, and the commitment to its amount.
type SealedMaximum struct {
	Seq        int64
	Commitment string
}

// State is the fold of a course's events. The zero value is a course that has not begun. Next never changes a state that
// it was given; states may be kept and shared for reading.
type State struct {
	Phase Phase
	// Seq is the number of the last event, dense from 1; LastAt its time.
	Seq, LastAt int64
	// Epoch and N are those of the last event.
	Epoch, N int64
	Terms    Terms
	// EndsAt is the running end; while stayed, the end as it stood at the stay.
	EndsAt int64
	// Price is 0 and Leader empty until the first bid. LeaderRank is the leader's rank, 0 when not a priority purchaser.
	Price      money.Fen
	Leader     string
	LeaderRank int
	Admitted   map[string]Admission
	// Maxima are the live ones by code; nil before the first.
	Maxima map[string]SealedMaximum
	// Bids and Extensions are counts: accepted bids, and those of them that moved the end by R20c.
	Bids, Extensions int64
	// ActedAt is the time of the last event other than an epoch: until then at least the course was served.
	ActedAt int64
	// StayedAt and StayedBy are set while stayed: since when the clock stands, and why. ClosedAt and Outcome when closed.
	StayedAt, ClosedAt int64
	StayedBy           Ground
	Outcome            Outcome
}

// Command asks for one event. Which fields count depends on the kind.
type Command struct {
	Kind  Kind
	Terms Terms // open
	// Code: admit, exclude, bid, maximum, maximum_withdrawn. Five characters of the bidder codes' alphabet.
	Code           string
	Capacity       Capacity // admit
	Rank           int      // admit
	NameCommitment string   // admit: hex SHA-256
	// Amount: bid, maximum; 1 to money.Max.
	Amount money.Fen
	// Automatic: bid; placed by the course itself up to the code's maximum.
	Automatic bool
	// Commitment: maximum; hex SHA-256, as Commit makes it.
	Commitment string
	// Hidden: maximum; the amount is not known here, for the event does not tell it.
	Hidden bool
	// Ground: stay; resume, where ByOutage is the engine's own, which ends a stay by an outage alone (R28o).
	Ground Ground
	// ReasonHash: stay, exclude; hex SHA-256 of the published reason, or empty.
	ReasonHash string
	// NotBefore is the least time of an open event: the announcement's.
	NotBefore int64
	// Since is the last instant for which service is proven, at a stay by outage; 0 for the decision's own time.
	Since int64
	// Span is the time without a gap that a close rests on.
	Span Span
}

// Span is a time in which bids could be placed without a gap, as ticks and decisions in one epoch prove it (R28o, I8).
// From and To are unix milliseconds, both included.
type Span struct {
	Epoch    int64
	From, To int64
}

// Event is one event of a course. Which fields are set depends on the kind.
type Event struct {
	// Seq is dense from 1 in the lot. At is the decision's time, never below the event's before.
	Seq  int64
	Kind Kind
	At   int64

	Terms          Terms     // open
	Code           string    // admit, exclude, bid, maximum, maximum_withdrawn
	Capacity       Capacity  // admit
	Rank           int       // admit
	NameCommitment string    // admit
	Amount         money.Fen // bid
	Automatic      bool      // bid
	Commitment     string    // maximum
	// EndsAt is the end that holds after a bid or a resume.
	EndsAt     int64
	Ground     Ground // stay; resume by the engine itself
	ReasonHash string // stay, exclude
	// Left is the time on the clock at a stay, at least 0; Since, at a stay by outage, from when it counts.
	Left, Since int64
	Outcome     Outcome   // close
	Price       money.Fen // close; 0 when unsold
	Leader      string    // close; empty when unsold
	// SpanFrom and SpanTo are the span that a close rests on; its epoch is the event's.
	SpanFrom, SpanTo int64

	// Where the decision stands in its shard's stream: n is dense in the shard. They are set by the engine and not
	// looked at by Decide.
	Shard int
	Epoch int64
	N     int64
}

// Better reports whether a bidder of rank a goes before one of rank b at the same price: any priority purchaser before all
// others, among them the smaller rank (R21).
func Better(a, b int) bool { return a > 0 && (b == 0 || a < b) }

// ClosingFrom is when the closing window of the running end begins: bids must have been possible from then until the end (R28o).
func (s State) ClosingFrom() int64 { return max(s.Terms.StartsAt, s.EndsAt-s.Terms.Extension) }

// Left is the time on the clock at now, at least 0; while stayed, as it stood at the stay.
func (s State) Left(now int64) int64 {
	if s.Phase == Stayed {
		now = s.StayedAt
	}
	return max(s.EndsAt-now, 0)
}
