package bidding

import (
	"crypto/sha1" //nolint:gosec // a chain against accidents, not against forgery; the log signs
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// decision is one entry of a shard's stream: what Redis decided and PostgreSQL has yet to remember.
type decision struct {
	lot   uuid.UUID
	event course.Event
	// h is the chain's value after this decision, 40 hex digits.
	h string
	carried
	// decidedMS is the machine's time of the decision, unix milliseconds; 0 when Redis did not make it.
	decidedMS int64
	// failed belongs to ticks: the platform's time (unix ms) of the first bid that failed at the node that sent it, or 0.
	failed int64
}

// tickKind is the kind of a decision about no lot: it shows that bids could be placed at its time (R28o). It becomes no event
// of a course.
const tickKind course.Kind = "tick"

// What ends the text of an automatic bid, and of an opening with maximum bids; others have no such end.
const automaticWord, maximumBidsWord = "automatic", "maximum_bids"

func (d *decision) isTick() bool { return d.event.Kind == tickKind }

// chain is h after a decision: the SHA-1, in hex, of the h before and the decision's text.
func chain(before, text string) string {
	sum := sha1.Sum([]byte(before + text)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// parseDecision reads the text that the function wrote for place n of a shard and epoch.
func parseDecision(text string, shard int, epoch, n int64) (decision, error) {
	f := fields{s: text}
	id, err := uuid.Parse(f.text())
	if err != nil {
		return decision{}, fmt.Errorf("read decision %d of shard %d: %w", n, shard, err)
	}
	d := decision{lot: id, event: course.Event{Kind: course.Kind(strings.Clone(f.text())), Shard: shard, Epoch: epoch, N: n}}
	e := &d.event
	e.Seq, e.At = f.int(), f.int()
	switch e.Kind {
	case course.Bid:
		e.Code, e.Amount, e.EndsAt = f.text(), money.Fen(f.int()), f.int()
		d.received, d.key = f.int(), f.text()
		if f.s != "" { // the function's own, without a key
			e.Automatic, d.key = f.text() == automaticWord, ""
			f.bad = f.bad || !e.Automatic
		}
	case course.Maximum:
		e.Code, e.Commitment, d.sealed = f.text(), f.text(), f.text()
		d.received, d.key = f.int(), f.text()
	case course.MaximumWithdrawn:
		e.Code, d.key = f.text(), f.text()
	case course.Open:
		e.Terms.StartingPrice, e.Terms.Increment = money.Fen(f.int()), money.Fen(f.int())
		e.Terms.StartsAt, e.Terms.EndsAt = f.int(), f.int()
		e.Terms.Extension, e.Terms.SellOffCourse = f.int(), f.int()
		if f.s != "" {
			e.Terms.MaximumBids = f.text() == maximumBidsWord
			f.bad = f.bad || !e.Terms.MaximumBids
		}
	case course.Admit:
		e.Code, e.Capacity, e.Rank, e.NameCommitment = f.text(), course.Capacity(f.text()), int(f.int()), f.optional()
	case course.Exclude:
		e.Code, e.ReasonHash = f.text(), f.optional()
	case course.Stay:
		e.Ground, e.ReasonHash, e.Left, e.Since = course.Ground(f.text()), f.optional(), f.int(), f.int()
	case course.Resume:
		e.EndsAt, e.Ground = f.int(), course.Ground(f.optional())
	case tickKind:
		f.text()
		d.failed = f.int()
	case course.Epoch:
		f.optional()
	case course.Close:
		e.Outcome, e.Price, e.Leader = course.Outcome(f.text()), money.Fen(f.int()), f.optional()
		e.SpanFrom, e.SpanTo = f.int(), f.int()
	default:
		return decision{}, fmt.Errorf("read decision %d of shard %d: kind %q", n, shard, e.Kind)
	}
	if err := f.end(); err != nil {
		return decision{}, fmt.Errorf("read decision %d of shard %d: %w", n, shard, err)
	}
	return d, nil
}

// directText writes the decisions that the committer makes itself while Redis is away, as the function would: epoch and stay.
func directText(lot uuid.UUID, e course.Event) string {
	head := fmt.Sprintf("%s %s %d %d ", lot, e.Kind, e.Seq, e.At)
	if e.Kind == course.Stay {
		return head + fmt.Sprintf("%s %s %d %d", e.Ground, plain(e.ReasonHash), e.Left, e.Since)
	}
	return head + "-"
}
