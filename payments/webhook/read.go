package webhook

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
)

// maxShown bounds the list: all that waits or failed is counted, the newest are shown.
const maxShown = 100

// View is a court's receiver and its queue, for finance.
type View struct {
	// Receiver is nil where none was ever set.
	Receiver *Receiver `json:"receiver,omitempty"`
	// Waiting counts what is still to be sent.
	Waiting int `json:"waiting"`
	// Failed is the message that stopped the queue.
	Failed *Message `json:"failed,omitempty"`
	// Messages are the newest first, at most 100.
	Messages []Message `json:"messages"`
}

// Receiver is where messages go. It never holds the secret.
type Receiver struct {
	URL      string        `json:"url"`
	State    ReceiverState `json:"status"`
	Ground   Ground        `json:"ground,omitempty"`
	Sequence int64         `json:"sequence"`
	SetAt    time.Time     `json:"set_at"`
}

// Message is one message and what came of it.
type Message struct {
	ID       uuid.UUID `json:"message"`
	Sequence int64     `json:"sequence"`
	Subject  string    `json:"type"`
	State    State     `json:"status"`
	Attempts int       `json:"attempts"`
	Outcome  Outcome   `json:"outcome,omitempty"`
	// Status is the HTTP status of the last answer.
	Status  *int       `json:"http_status,omitempty"`
	ToldAt  time.Time  `json:"told_at"`
	TriedAt *time.Time `json:"tried_at,omitempty"`
	NextAt  *time.Time `json:"next_at,omitempty"`
}

const (
	messageColumns = `id, sequence, subject, state, attempts, outcome, status, told_at, tried_at, next_at`
	newestMessages = `SELECT ` + messageColumns + ` FROM webhook_messages WHERE court_id = @court ORDER BY sequence DESC LIMIT @limit`
	failedMessage  = `SELECT ` + messageColumns + ` FROM webhook_messages WHERE court_id = @court AND state = 'failed' ORDER BY sequence LIMIT 1`
	countWaiting   = `SELECT count(*) FROM webhook_messages WHERE court_id = @court AND state = 'waiting'`
)

// Of is the view of the actor's court.
//
// Faults: role_forbidden.
func (s *Service) Of(ctx context.Context, by auction.Actor) (View, error) {
	v := View{Messages: []Message{}}
	if err := finance(by); err != nil {
		return v, err
	}
	var r Receiver
	args := pgx.NamedArgs{"court": by.CourtID, "limit": maxShown}
	err := s.pool.QueryRow(ctx, `SELECT url, state, ground, sequence, set_at FROM webhooks WHERE court_id = @court`, args).
		Scan(&r.URL, &r.State, &r.Ground, &r.Sequence, &r.SetAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, nil
	}
	if err != nil {
		return v, fault.Internalf("read a receiver: %w", err)
	}
	v.Receiver = &r
	if err := s.pool.QueryRow(ctx, countWaiting, args).Scan(&v.Waiting); err != nil {
		return v, fault.Internalf("count a queue: %w", err)
	}
	failed, err := s.messages(ctx, failedMessage, args)
	if err != nil {
		return v, err
	}
	if len(failed) > 0 {
		v.Failed = &failed[0]
	}
	v.Messages, err = s.messages(ctx, newestMessages, args)
	return v, err
}

func (s *Service) messages(ctx context.Context, sql string, args pgx.NamedArgs) ([]Message, error) {
	rows, err := s.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, fault.Internalf("list messages: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Message])
	if err != nil {
		return nil, fault.Internalf("list messages: %w", err)
	}
	return list, nil
}
