package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/outbox"
)

// testSubject is the type of a message that finance asks for to try a receiver.
const testSubject = "webhook.test"

// Set takes down where the court's fund.* messages go from now on, and answers the new secret, which is shown this once. A queue that waits goes to
// the new address, what had failed too. A closed receiver begins again, with what comes from now on.
//
// Faults: role_forbidden, webhook_url_refused (url).
func (s *Service) Set(ctx context.Context, by auction.Actor, url string) (secret string, err error) {
	if err := finance(by); err != nil {
		return "", err
	}
	if err := checkURL(url, s.local); err != nil {
		return "", err
	}
	key, err := newSecret()
	if err != nil {
		return "", err
	}
	keyID, sealed := s.vault.SealSecret(by.CourtID, key)
	return shown(key), s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		// A new duty takes the queue: what the old one has on its way is recorded nowhere, and goes to the new address.
		if _, err := tx.Exec(ctx, `INSERT INTO webhooks (court_id, url, key_id, secret, state, set_by, set_at)
			VALUES (@court, @url, @key, @secret, 'open', @by, @now)
			ON CONFLICT (court_id) DO UPDATE SET url = @url, key_id = @key, secret = @secret, state = 'open', ground = '', duty_key = NULL, set_by = @by, set_at = @now`,
			pgx.NamedArgs{"court": by.CourtID, "url": url, "key": keyID, "secret": sealed, "by": by.AccountID, "now": now}); err != nil {
			return fault.Internalf("set a receiver: %w", err)
		}
		r, err := hold(ctx, tx, by.CourtID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook_messages SET state = 'waiting', attempts = 0, next_at = @now, done_at = NULL
			WHERE court_id = @court AND state IN ('waiting', 'failed')`, pgx.NamedArgs{"now": now, "court": by.CourtID}); err != nil {
			return fault.Internalf("put failed messages back: %w", err)
		}
		if err := s.wake(ctx, tx, now, r); err != nil {
			return err
		}
		return note(ctx, tx, now, by, "set", nil)
	})
}

// Close ends it: nothing is sent, what waited or had failed is let go, and no more is kept.
//
// Faults: role_forbidden, not_found, webhook_state_conflict (conflict).
func (s *Service) Close(ctx context.Context, by auction.Actor) error {
	return s.onReceiver(ctx, by, func(tx pgx.Tx, now time.Time, r receiver) error {
		if _, err := tx.Exec(ctx, `UPDATE webhooks SET state = 'closed', ground = '', duty_key = NULL WHERE court_id = @court`,
			pgx.NamedArgs{"court": r.Court}); err != nil {
			return fault.Internalf("close a receiver: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook_messages SET state = 'skipped', next_at = NULL, done_at = @now
			WHERE court_id = @court AND state IN ('waiting', 'failed')`, pgx.NamedArgs{"now": now, "court": r.Court}); err != nil {
			return fault.Internalf("let messages go: %w", err)
		}
		return note(ctx, tx, now, by, "closed", nil)
	})
}

// Test puts a message of type webhook.test at the end of the queue and answers its id.
//
// Faults: role_forbidden, not_found, webhook_state_conflict (conflict; closed or stopped).
func (s *Service) Test(ctx context.Context, by auction.Actor) (id uuid.UUID, err error) {
	if id, err = newID(); err != nil {
		return id, err
	}
	return id, s.onReceiver(ctx, by, func(tx pgx.Tx, now time.Time, r receiver) error {
		if r.State != Open {
			return conflict(r)
		}
		payload, err := json.Marshal(queueArgs{r.Court})
		if err != nil {
			return fault.Internalf("encode a test: %w", err)
		}
		if err := s.queue(ctx, tx, now, r.Court, []outbox.Message{{ID: id, Subject: testSubject, Payload: payload, ToldAt: now}}); err != nil {
			return err
		}
		return note(ctx, tx, now, by, "tested", &id)
	})
}

// Redeliver sends a message again, before all that waits behind it; one that failed lets the queue go on.
//
// Faults: role_forbidden, not_found, webhook_state_conflict (conflict; it waits, or the receiver is closed, or stopped by another message).
func (s *Service) Redeliver(ctx context.Context, by auction.Actor, message uuid.UUID) error {
	return s.onMessage(ctx, by, message, Again, "redelivered")
}

// Skip lets a message that failed, or waits, go and the queue on; the receiver sees the gap in the sequence.
//
// Faults: as Redeliver's.
func (s *Service) Skip(ctx context.Context, by auction.Actor, message uuid.UUID) error {
	return s.onMessage(ctx, by, message, LetGo, "skipped")
}

func (s *Service) onMessage(ctx context.Context, by auction.Actor, message uuid.UUID, e Event, act string) error {
	return s.onReceiver(ctx, by, func(tx pgx.Tx, now time.Time, r receiver) error {
		var was State
		err := tx.QueryRow(ctx, `SELECT state FROM webhook_messages WHERE id = @id AND court_id = @court`,
			pgx.NamedArgs{"id": message, "court": r.Court}).Scan(&was)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("message")
		}
		if err != nil {
			return fault.Internalf("read a message: %w", err)
		}
		if r.State == Stopped && was != Failed {
			return conflict(r)
		}
		state, err := Next(was, e)
		if err != nil {
			return err
		}
		var next, done *time.Time
		if state == Waiting {
			next = &now
		} else {
			done = &now
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook_messages SET state = @state, attempts = 0, next_at = @next, done_at = @done
			WHERE id = @id AND state = @was`, pgx.NamedArgs{"state": state, "next": next, "done": done, "id": message, "was": was}); err != nil {
			return fault.Internalf("move a message: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE webhooks SET state = 'open', ground = '' WHERE court_id = @court`, pgx.NamedArgs{"court": r.Court}); err != nil {
			return fault.Internalf("let a queue go on: %w", err)
		}
		// A new duty looks at the front anew: the old one may be put off by hours for another message.
		r.State, r.DutyKey = Open, nil
		if err := s.wake(ctx, tx, now, r); err != nil {
			return err
		}
		return note(ctx, tx, now, by, act, &message)
	})
}

// onReceiver runs an act of finance on its court's receiver that is not closed.
func (s *Service) onReceiver(ctx context.Context, by auction.Actor, f func(tx pgx.Tx, now time.Time, r receiver) error) error {
	if err := finance(by); err != nil {
		return err
	}
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		r, err := hold(ctx, tx, by.CourtID)
		if err != nil {
			return err
		}
		if r.State == Closed {
			return conflict(r)
		}
		return f(tx, now, r)
	})
}

func conflict(r receiver) error {
	return fault.New(fault.Conflict, fault.WebhookStateConflict).With("status", string(r.State))
}

func (s *Service) act(ctx context.Context, f func(tx pgx.Tx, now time.Time) error) error {
	now := s.clock.Now()
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return f(tx, now) })
}

// note records who did what.
func note(ctx context.Context, tx pgx.Tx, now time.Time, by auction.Actor, act string, message *uuid.UUID) error {
	id, err := newID()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO webhook_acts (id, court_id, act, message_id, by_account, at) VALUES (@id, @court, @act, @message, @by, @now)`,
		pgx.NamedArgs{"id": id, "court": by.CourtID, "act": act, "message": message, "by": by.AccountID, "now": now}); err != nil {
		return fault.Internalf("note an act on a receiver: %w", err)
	}
	return nil
}
