package outbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mingchui/auction/fault"
)

// Stream and what it holds.
const (
	Stream = "MINGCHUI"
	// duplicates is how long the stream remembers message ids: longer than
	// any pause between sending a message and deleting its row should last.
	duplicates = 10 * time.Minute
	// batch is how many messages one transaction sends.
	batch = 256
	// pause is how often the table is looked at.
	pause = 500 * time.Millisecond
	// relayLock is the advisory lock that keeps one relay at work, for order.
	relayLock = 0x6d63_6f62
)

// Follower is handed the messages that the stream took, in order, in the transaction that deletes their rows. When it fails they stay and are sent
// again, under the same ids.
type Follower func(ctx context.Context, tx pgx.Tx, sent []Message) error

// Relay sends what Tell wrote. Any number may run; one works at a time.
type Relay struct {
	pool      *pgxpool.Pool
	js        jetstream.JetStream
	followers []Follower
	log       *slog.Logger
}

// NewRelay makes a relay over a connection whose server has JetStream.
func NewRelay(pool *pgxpool.Pool, nc *nats.Conn, log *slog.Logger, followers ...Follower) (*Relay, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fault.Internalf("prepare JetStream: %w", err)
	}
	return &Relay{pool: pool, js: js, followers: followers, log: log}, nil
}

// EnsureStream makes the stream of fund.> and lot.>, kept on disk without an end.
func (r *Relay) EnsureStream(ctx context.Context) error {
	_, err := r.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: Stream, Subjects: []string{"fund.>", "lot.>"},
		Storage: jetstream.FileStorage, Duplicates: duplicates,
	})
	if err != nil {
		return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err)
	}
	return nil
}

// Run sends until ctx ends. Trouble is logged and tried again.
func (r *Relay) Run(ctx context.Context) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	ready := false
	for {
		if !ready {
			err := r.EnsureStream(ctx)
			if ready = err == nil; !ready && ctx.Err() == nil {
				r.log.WarnContext(ctx, "outbox stream", slog.Any("error", err))
			}
		}
		if ready {
			if _, err := r.Flush(ctx); err != nil && ctx.Err() == nil {
				r.log.WarnContext(ctx, "outbox relay", slog.Any("error", err))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Flush sends everything that is there, oldest first, and returns how many
// messages the stream took. It returns at once when another relay is at work.
func (r *Relay) Flush(ctx context.Context) (int, error) {
	total := 0
	for {
		n, err := r.send(ctx)
		total += n
		if err != nil || n < batch {
			return total, err
		}
	}
}

// send is one transaction: a message is deleted only after the stream has it.
// A crash between the two sends it again under the same id.
func (r *Relay) send(ctx context.Context) (sent int, err error) {
	err = pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(@lock)`, pgx.NamedArgs{"lock": relayLock}).Scan(&mine); err != nil || !mine {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id, subject, payload, created_at FROM outbox ORDER BY created_at, id LIMIT @batch`, pgx.NamedArgs{"batch": batch})
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Message])
		if err != nil {
			return err
		}
		gone := make([][16]byte, 0, len(list))
		var failure error
		for _, m := range list {
			msg := &nats.Msg{Subject: m.Subject, Data: m.Payload}
			if _, failure = r.js.PublishMsg(ctx, msg, jetstream.WithMsgID(m.ID.String())); failure != nil {
				break
			}
			gone = append(gone, m.ID)
		}
		if len(gone) > 0 {
			if _, err := tx.Exec(ctx, `DELETE FROM outbox WHERE id = ANY(@ids)`, pgx.NamedArgs{"ids": gone}); err != nil {
				return errors.Join(err, failure)
			}
			for _, follow := range r.followers {
				if err := follow(ctx, tx, list[:len(gone)]); err != nil {
					return errors.Join(err, failure)
				}
			}
		}
		sent = len(gone)
		if failure != nil && len(gone) == 0 {
			return failure
		}
		if failure != nil {
			r.log.WarnContext(ctx, "outbox relay stopped in a batch", slog.Any("error", failure))
		}
		return nil
	})
	if err != nil {
		return 0, fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err)
	}
	return sent, nil
}
