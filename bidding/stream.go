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
	// key and received (unix ms) belong to bids.
	key      string
	received int64
}

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
	case course.Open:
		e.Terms.StartingPrice, e.Terms.Increment = money.Fen(f.int()), money.Fen(f.int())
		e.Terms.StartsAt, e.Terms.EndsAt = f.int(), f.int()
		e.Terms.Extension, e.Terms.SellOffCourse = f.int(), f.int()
	case course.Admit:
		e.Code, e.Capacity, e.Rank, e.NameCommitment = f.text(), course.Capacity(f.text()), int(f.int()), f.optional()
	case course.Exclude:
		e.Code, e.ReasonHash = f.text(), f.optional()
	case course.Stay:
		e.Ground, e.ReasonHash, e.Left = course.Ground(f.text()), f.optional(), f.int()
	case course.Resume:
		e.EndsAt = f.int()
	case course.Epoch:
		f.optional()
	case course.Close:
		e.Outcome, e.Price, e.Leader = course.Outcome(f.text()), money.Fen(f.int()), f.optional()
	default:
		return decision{}, fmt.Errorf("read decision %d of shard %d: kind %q", n, shard, e.Kind)
	}
	if err := f.end(); err != nil {
		return decision{}, fmt.Errorf("read decision %d of shard %d: %w", n, shard, err)
	}
	return d, nil
}
