package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
)

// head is the first message that waits, and where to.
type head struct {
	ID       uuid.UUID
	Sequence int64
	Subject  string
	Payload  []byte
	ToldAt   time.Time
	Attempts int
	NextAt   time.Time

	to receiver
}

// try is what came of sending a message once.
type try struct {
	outcome Outcome
	// status is set with Answered.
	status *int
}

// deliverDuty sends from the front of a queue until nothing waits, a message was not taken, or the receiver is stopped or set anew. A
// run that was lost is run again, and sends what it sent with the same webhook-id.
func (s *Service) deliverDuty(ctx context.Context, d duty.Duty) error {
	var args queueArgs
	if err := json.Unmarshal(d.Args, &args); err != nil {
		return fault.Internalf("read a queue's duty: %w", err)
	}
	select {
	case s.lines <- struct{}{}:
		defer func() { <-s.lines }()
	default:
		return duty.NotYet(s.clock.Now().Add(busyPause))
	}
	going, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	for going.Err() == nil {
		m, err := s.first(ctx, args.Court, d.Key)
		if err != nil || m == nil {
			return err
		}
		t, err := s.send(ctx, m)
		if err != nil {
			return err
		}
		if err := s.record(ctx, d.Key, m, t); err != nil {
			return err
		}
	}
	return duty.NotYet(s.clock.Now())
}

const firstWaiting = `SELECT id, sequence, subject, payload, told_at, attempts, next_at FROM webhook_messages
	WHERE court_id = @court AND state = 'waiting' ORDER BY sequence LIMIT 1`

// first is the message to send now; nil when the duty's work is done. A message whose time has not come is duty.NotYet.
func (s *Service) first(ctx context.Context, court uuid.UUID, key string) (*head, error) {
	now := s.clock.Now()
	var m *head
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		r, err := hold(ctx, tx, court)
		if err != nil || r.DutyKey == nil || *r.DutyKey != key {
			return err
		}
		rows, err := tx.Query(ctx, firstWaiting, pgx.NamedArgs{"court": court})
		if err != nil {
			return fault.Internalf("read the front of a queue: %w", err)
		}
		one, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[head])
		if errors.Is(err, pgx.ErrNoRows) {
			_, err := tx.Exec(ctx, `UPDATE webhooks SET duty_key = NULL WHERE court_id = @court`, pgx.NamedArgs{"court": court})
			return err
		}
		if err != nil {
			return fault.Internalf("read the front of a queue: %w", err)
		}
		one.to = r
		m = &one
		return nil
	})
	if err != nil || m == nil {
		return nil, err
	}
	if m.NextAt.After(now) {
		return nil, duty.NotYet(m.NextAt)
	}
	return m, nil
}

// send is one POST. What is answered beside the status is not read. Only what is ours to mend is an error.
func (s *Service) send(ctx context.Context, m *head) (try, error) {
	secret, err := s.vault.OpenSecret(m.to.Court, m.to.KeyID, m.to.Secret)
	if err != nil {
		return try{}, err
	}
	body, err := Body{Type: m.Subject, Timestamp: m.ToldAt, Sequence: m.Sequence, Data: m.Payload}.encode()
	if err != nil {
		return try{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.to.URL, bytes.NewReader(body))
	if err != nil {
		return try{}, fault.Internalf("make a call to a receiver of court %s", m.to.Court) // the cause quotes the address
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Mingchui-Webhook/1")
	sign(req.Header, secret, m.ID.String(), s.clock.Now().Add(-s.clock.Offset()), body)
	answer, err := s.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return try{}, fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, ctx.Err()) // our own end says nothing of the receiver
		}
		return try{outcome: whyNot(err)}, nil
	}
	if err := answer.Body.Close(); err != nil {
		s.log.DebugContext(ctx, "a receiver's answer was cut off", slog.String("court", m.to.Court.String()))
	}
	return try{Answered, &answer.StatusCode}, nil
}

func whyNot(err error) Outcome {
	switch {
	case errors.Is(err, errPrivate):
		return Refused
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return TimedOut
	}
	return Unreachable
}

// record keeps what came of a try and moves the message. It changes nothing where the receiver was set anew or closed meanwhile: then
// another duty has the queue.
func (s *Service) record(ctx context.Context, key string, m *head, t try) error {
	now, status := s.clock.Now(), 0
	if t.status != nil {
		status = *t.status
	}
	event, pause, ground := Judge(t.outcome, status, m.Attempts+1)
	state, err := Next(Waiting, event)
	if err != nil {
		return err
	}
	var next, done *time.Time
	if at := now.Add(pause); state == Waiting {
		next = &at
	} else {
		done = &now
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		r, err := hold(ctx, tx, m.to.Court)
		if err != nil || r.DutyKey == nil || *r.DutyKey != key {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook_messages SET state = @state, attempts = attempts + 1, next_at = @next, outcome = @outcome,
				status = @status, tried_at = @now, done_at = @done
			WHERE id = @id AND state = 'waiting' AND attempts = @attempts`, pgx.NamedArgs{
			"state": state, "next": next, "outcome": t.outcome, "status": t.status, "now": now, "done": done, "id": m.ID, "attempts": m.Attempts,
		}); err != nil {
			return fault.Internalf("record a try: %w", err)
		}
		if state != Failed {
			return nil
		}
		s.log.WarnContext(ctx, "a court's receiver is stopped", slog.String("court", m.to.Court.String()), slog.String("ground", string(ground)))
		if _, err := tx.Exec(ctx, `UPDATE webhooks SET state = 'stopped', ground = @ground, duty_key = NULL WHERE court_id = @court AND state = 'open'`,
			pgx.NamedArgs{"ground": ground, "court": m.to.Court}); err != nil {
			return fault.Internalf("stop a receiver: %w", err)
		}
		return nil
	})
}
