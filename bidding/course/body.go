package course

import (
	"strconv"
	"strings"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// body is the canonical form of an event in course_events and in log entries of kind course.<kind>: what the entry's head
// does not say. Absent is zero; the order of keys is the order here. Instants are RFC 3339, lengths milliseconds.
type body struct {
	StartingPrice  int64     `json:"starting_price_fen,omitempty"`
	Increment      int64     `json:"increment_fen,omitempty"`
	StartsAt       time.Time `json:"starts_at,omitempty"` //nolint:modernize // package audit's omitempty leaves zero times out
	Code           string    `json:"bidder_code,omitempty"`
	Capacity       string    `json:"capacity,omitempty"`
	Rank           int       `json:"rank,omitempty"`
	NameCommitment string    `json:"name_commitment,omitempty"`
	Amount         int64     `json:"amount_fen,omitempty"`
	EndsAt         time.Time `json:"ends_at,omitempty"` //nolint:modernize // as above
	Extension      int64     `json:"extension_ms,omitempty"`
	SellOffCourse  int64     `json:"sell_off_course_ms,omitempty"`
	MaximumBids    bool      `json:"maximum_bids,omitempty"`
	Automatic      bool      `json:"automatic,omitempty"`
	Commitment     string    `json:"commitment,omitempty"`
	Ground         string    `json:"ground,omitempty"`
	ReasonHash     string    `json:"reason_hash,omitempty"`
	Left           int64     `json:"left_ms,omitempty"`
	Since          time.Time `json:"since,omitempty"` //nolint:modernize // as above
	Outcome        string    `json:"outcome,omitempty"`
	Price          int64     `json:"price_fen,omitempty"`
	Leader         string    `json:"leader_code,omitempty"`
	SpanFrom       time.Time `json:"span_from,omitempty"` //nolint:modernize // as above
	SpanTo         time.Time `json:"span_to,omitempty"`   //nolint:modernize // as above
	Shard          int       `json:"shard"`
	Epoch          int64     `json:"epoch"`
	N              int64     `json:"n"`
}

// EntryKind is the kind of the log entry that holds an event: course.bid.
func (k Kind) EntryKind() string { return "course." + string(k) }

// AppendBody appends the event's canonical JSON object, without kind, seq and time, which stand in the entry's head.
// Texts in an event are plain: letters, digits, underscores.
func (e Event) AppendBody(dst []byte) []byte {
	dst = append(dst, '{')
	endsAt := e.EndsAt
	if e.Kind == Open {
		dst = appendInt(dst, "starting_price_fen", int64(e.Terms.StartingPrice))
		dst = appendInt(dst, "increment_fen", int64(e.Terms.Increment))
		dst = appendTime(dst, "starts_at", e.Terms.StartsAt)
		endsAt = e.Terms.EndsAt
	}
	dst = appendText(dst, "bidder_code", e.Code)
	dst = appendText(dst, "capacity", string(e.Capacity))
	dst = appendInt(dst, "rank", int64(e.Rank))
	dst = appendText(dst, "name_commitment", e.NameCommitment)
	dst = appendInt(dst, "amount_fen", int64(e.Amount))
	dst = appendTime(dst, "ends_at", endsAt)
	dst = appendInt(dst, "extension_ms", e.Terms.Extension)
	dst = appendInt(dst, "sell_off_course_ms", e.Terms.SellOffCourse)
	dst = appendTrue(dst, "maximum_bids", e.Terms.MaximumBids)
	dst = appendTrue(dst, "automatic", e.Automatic)
	dst = appendText(dst, "commitment", e.Commitment)
	dst = appendText(dst, "ground", string(e.Ground))
	dst = appendText(dst, "reason_hash", e.ReasonHash)
	dst = appendInt(dst, "left_ms", e.Left)
	dst = appendTime(dst, "since", e.Since)
	dst = appendText(dst, "outcome", string(e.Outcome))
	dst = appendInt(dst, "price_fen", int64(e.Price))
	dst = appendText(dst, "leader_code", e.Leader)
	dst = appendTime(dst, "span_from", e.SpanFrom)
	dst = appendTime(dst, "span_to", e.SpanTo)
	dst = append(dst, `"shard":`...)
	dst = strconv.AppendInt(dst, int64(e.Shard), 10)
	dst = append(dst, `,"epoch":`...)
	dst = strconv.AppendInt(dst, e.Epoch, 10)
	dst = append(dst, `,"n":`...)
	dst = strconv.AppendInt(dst, e.N, 10)
	return append(dst, '}')
}

// ParseBody reads what AppendBody wrote, strictly; kind, seq and at come from the entry's head.
//
// Faults: entry_not_canonical (invalid).
func ParseBody(kind Kind, seq, at int64, b []byte) (Event, error) {
	var v body
	if err := audit.Decode(b, &v); err != nil {
		return Event{}, err
	}
	e := Event{
		Seq: seq, Kind: kind, At: at,
		Terms: Terms{
			StartingPrice: money.Fen(v.StartingPrice), Increment: money.Fen(v.Increment), StartsAt: millis(v.StartsAt),
			Extension: v.Extension, SellOffCourse: v.SellOffCourse, MaximumBids: v.MaximumBids,
		},
		Code: v.Code, Capacity: Capacity(v.Capacity), Rank: v.Rank, NameCommitment: v.NameCommitment,
		Amount: money.Fen(v.Amount), Automatic: v.Automatic, Commitment: v.Commitment, EndsAt: millis(v.EndsAt), Ground: Ground(v.Ground), ReasonHash: v.ReasonHash,
		Left: v.Left, Since: millis(v.Since), SpanFrom: millis(v.SpanFrom), SpanTo: millis(v.SpanTo), Outcome: Outcome(v.Outcome), Price: money.Fen(v.Price), Leader: v.Leader,
		Shard: v.Shard, Epoch: v.Epoch, N: v.N,
	}
	if kind == Open {
		e.Terms.EndsAt, e.EndsAt = e.EndsAt, 0
	}
	return e, nil
}

// FromEntry reads the event in a log entry of kind course.<kind>.
//
// Faults: entry_not_canonical (invalid), also for an entry that is no course event.
func FromEntry(entry audit.Entry) (Event, error) {
	kind, ok := strings.CutPrefix(entry.Kind, "course.")
	if !ok {
		return Event{}, fault.New(fault.Invalid, fault.EntryNotCanonical)
	}
	return ParseBody(Kind(kind), entry.Seq, entry.At.UnixMilli(), entry.Body)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func appendInt(dst []byte, name string, v int64) []byte {
	if v == 0 {
		return dst
	}
	dst = appendName(dst, name)
	dst = strconv.AppendInt(dst, v, 10)
	return append(dst, ',')
}

func appendTrue(dst []byte, name string, v bool) []byte {
	if !v {
		return dst
	}
	dst = appendName(dst, name)
	return append(dst, "true,"...)
}

func appendText(dst []byte, name, v string) []byte {
	if v == "" {
		return dst
	}
	dst = appendName(dst, name)
	dst = append(dst, '"')
	dst = append(dst, v...)
	return append(dst, '"', ',')
}

func appendTime(dst []byte, name string, ms int64) []byte {
	if ms == 0 {
		return dst
	}
	dst = appendName(dst, name)
	dst = append(dst, '"')
	dst = AppendInstant(dst, ms)
	return append(dst, '"', ',')
}

func appendName(dst []byte, name string) []byte {
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}
