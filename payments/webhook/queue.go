package webhook

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/outbox"
)

// Follow puts what JetStream took in the queues of the courts whose money it is, in the relay's transaction (outbox.Follower). The relay is one at
// a time and goes by the outbox's order, so the numbers of a court follow it.
func (s *Service) Follow(ctx context.Context, tx pgx.Tx, sent []outbox.Message) error {
	cases := make([]*uuid.UUID, len(sent))
	var asked []uuid.UUID
	for i, m := range sent {
		if cases[i] = caseOf(m); cases[i] != nil {
			asked = append(asked, *cases[i])
		}
	}
	if len(asked) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT c.id, w.court_id FROM webhooks w JOIN cases c ON c.court_id = w.court_id
		WHERE c.id = ANY(@cases) AND w.state <> 'closed'`, pgx.NamedArgs{"cases": asked})
	if err != nil {
		return fault.Internalf("find receivers: %w", err)
	}
	type pair struct{ Case, Court uuid.UUID }
	pairs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pair])
	if err != nil {
		return fault.Internalf("find receivers: %w", err)
	}
	courts := make(map[uuid.UUID]uuid.UUID, len(pairs))
	for _, p := range pairs {
		courts[p.Case] = p.Court
	}
	queues := map[uuid.UUID][]outbox.Message{}
	for i, m := range sent {
		if cases[i] == nil {
			continue
		}
		if court, told := courts[*cases[i]]; told {
			queues[court] = append(queues[court], m)
		}
	}
	for court, list := range queues {
		if err := s.queue(ctx, tx, s.clock.Now(), court, list); err != nil {
			return err
		}
	}
	return nil
}

// caseOf is whose money a message is about; nil for money of no case, and for what is no fund.* message.
func caseOf(m outbox.Message) *uuid.UUID {
	if !strings.HasPrefix(m.Subject, "fund.") {
		return nil
	}
	var about struct {
		Case *uuid.UUID `json:"case"`
	}
	if json.Unmarshal(m.Payload, &about) != nil {
		return nil
	}
	return about.Case
}

// queue numbers messages of a court and lets them wait; one that is there already stays as it is.
func (s *Service) queue(ctx context.Context, tx pgx.Tx, now time.Time, court uuid.UUID, list []outbox.Message) error {
	r, err := hold(ctx, tx, court)
	if err != nil {
		return err
	}
	if r.State == Closed {
		return nil // closed since it was looked for
	}
	for _, m := range list {
		tag, err := tx.Exec(ctx, `INSERT INTO webhook_messages (id, court_id, sequence, subject, payload, told_at, state, next_at)
			VALUES (@id, @court, @sequence, @subject, @payload, @told, 'waiting', @now) ON CONFLICT (id) DO NOTHING`, pgx.NamedArgs{
			"id": m.ID, "court": court, "sequence": r.Sequence + 1, "subject": m.Subject, "payload": m.Payload, "told": m.ToldAt, "now": now,
		})
		if err != nil {
			return fault.Internalf("queue a message: %w", err)
		}
		r.Sequence += tag.RowsAffected()
	}
	if _, err := tx.Exec(ctx, `UPDATE webhooks SET sequence = @sequence WHERE court_id = @court`,
		pgx.NamedArgs{"sequence": r.Sequence, "court": court}); err != nil {
		return fault.Internalf("count a queue: %w", err)
	}
	return s.wake(ctx, tx, now, r)
}

// wake owes the sending of a queue that no duty has in hand; r is held.
func (s *Service) wake(ctx context.Context, tx pgx.Tx, now time.Time, r receiver) error {
	if r.DutyKey != nil || r.State != Open {
		return nil
	}
	id, err := newID()
	if err != nil {
		return err
	}
	key := r.Court.String() + "/" + id.String()
	if _, err := tx.Exec(ctx, `UPDATE webhooks SET duty_key = @key WHERE court_id = @court`, pgx.NamedArgs{"key": key, "court": r.Court}); err != nil {
		return fault.Internalf("take a queue in hand: %w", err)
	}
	args, err := json.Marshal(queueArgs{r.Court})
	if err != nil {
		return fault.Internalf("encode a queue's duty: %w", err)
	}
	return s.duties.Owe(ctx, tx, now, duty.Duty{Kind: duty.DeliverWebhook, Key: key, Args: args, Actor: duty.Machine, DueAt: now})
}

type queueArgs struct {
	Court uuid.UUID `json:"court"`
}
