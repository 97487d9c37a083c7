package load

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Outcome is what became of one bid, as its bidder knows it.
type Outcome string

const (
	// Accepted: answered 201, so it is durable and on the record (I1).
	Accepted Outcome = "accepted"
	// Refused: answered 409 by the course's rules; Refusal says by which.
	Refused Outcome = "refused"
	// NotPlaced: answered that nothing was decided, nor will be: 503 bid_not_placed, 429, or refused before the course.
	NotPlaced Outcome = "not_placed"
	// Unknown: no answer, or 503 bid_pending and the like. It may be on the record or not.
	Unknown Outcome = "unknown"
)

// Op is one bid, from its first sending to its last answer. Instants in nanoseconds are of one clock of this process that
// never steps, set to the wall's at the start of the run; those in milliseconds are the server's.
type Op struct {
	Lot uuid.UUID `json:"lot"`
	// Client is the number of the connection.
	Client    int    `json:"client"`
	Code      string `json:"bidder_code"`
	Key       string `json:"idempotency_key"`
	AmountFen int64  `json:"amount_fen"`
	SentAt    int64  `json:"sent_ns"`
	// AnsweredAt is 0 for an unknown outcome.
	AnsweredAt int64 `json:"answered_ns,omitempty"`
	// Attempts counts how often it was sent with its key.
	Attempts int     `json:"attempts"`
	Outcome  Outcome `json:"outcome"`
	// Status and Refusal are of the last answer: the HTTP status, 0 for none, and the problem's code.
	Status  int    `json:"status,omitempty"`
	Refusal string `json:"code,omitempty"`
	// Seq is the accepted bid's, or that of the course which a refusal was judged against; PriceFen and Leader likewise.
	Seq        int64  `json:"seq,omitempty"`
	PriceFen   int64  `json:"price_fen,omitempty"`
	Leader     string `json:"leader_code,omitempty"`
	AcceptedAt int64  `json:"accepted_ms,omitempty"`
	EndsAt     int64  `json:"ends_ms,omitempty"`
	// Receipt is the accepted bid's receipt id.
	Receipt string `json:"receipt,omitempty"`
}

// reply is the members of an answer that a history keeps, of a bid and of a problem.
type reply struct {
	Code       string    `json:"code"`
	Seq        int64     `json:"seq"`
	AcceptedAt time.Time `json:"accepted_at"`
	EndsAt     time.Time `json:"ends_at"`
	Receipt    string    `json:"receipt"`
	PriceFen   int64     `json:"price_fen"`
	LeaderCode string    `json:"leader_code"`
}

// fill puts an answer into the op.
func (o *Op) fill(a answer) {
	o.Status = a.status
	var r reply
	if err := json.Unmarshal(a.body, &r); err != nil {
		return // the status stands; a body that cannot be read shows as a missing seq
	}
	o.Refusal, o.Seq, o.PriceFen, o.Leader, o.Receipt = r.Code, r.Seq, r.PriceFen, r.LeaderCode, r.Receipt
	o.AcceptedAt, o.EndsAt = millis(r.AcceptedAt), millis(r.EndsAt)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// outcomeOf reads what an answer says of a bid.
func outcomeOf(a answer) Outcome {
	switch {
	case a.status == 200 || a.status == 201:
		return Accepted
	case a.status == 409:
		return Refused
	case a.status == 503 && string(textAt(a.body, `"code":`)) == "bid_not_placed", a.status == 429:
		return NotPlaced
	case a.status >= 500:
		return Unknown
	}
	return NotPlaced
}

// Writer writes a history as NDJSON. Add is safe for concurrent use; errors are told by Close.
type Writer struct {
	mu    sync.Mutex
	out   *bufio.Writer
	enc   *json.Encoder
	err   error
	count int64
}

// NewWriter writes to w, which it does not close.
func NewWriter(w io.Writer) *Writer {
	out := bufio.NewWriterSize(w, 1<<16)
	return &Writer{out: out, enc: json.NewEncoder(out)}
}

// Add writes one line.
func (w *Writer) Add(op Op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	if err := w.enc.Encode(op); err != nil && w.err == nil {
		w.err = err
	}
}

// Close flushes, and returns how many lines were written.
func (w *Writer) Close() (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := errors.Join(w.err, w.out.Flush()); err != nil {
		return w.count, fmt.Errorf("write the history: %w", err)
	}
	return w.count, nil
}

// MaxHistory bounds the bids of one history: judging takes memory with the square of what one lot has.
const MaxHistory = 50_000

// ReadHistory reads NDJSON that a Writer wrote; an unknown member or more than MaxHistory lines is an error.
func ReadHistory(r io.Reader) ([]Op, error) {
	var ops []Op
	d := json.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	d.DisallowUnknownFields()
	for {
		var op Op
		err := d.Decode(&op)
		if errors.Is(err, io.EOF) {
			return ops, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read bid %d of the history: %w", len(ops)+1, err)
		}
		if ops = append(ops, op); len(ops) > MaxHistory {
			return nil, fmt.Errorf("the history has more than %d bids", MaxHistory)
		}
	}
}
