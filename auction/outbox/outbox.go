package outbox

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"mingchui/auction/fault"
)

// Message is one row.
type Message struct {
	ID      uuid.UUID
	Subject string
	Payload []byte
	// ToldAt is when Tell wrote it.
	ToldAt time.Time
}

// Tell writes a message in the caller's transaction. subject is under fund. or
// lot.; payload is encoded as JSON unless it is []byte or json.RawMessage.
// It holds no personal data and no bidder's code together with an account.
func Tell(ctx context.Context, tx pgx.Tx, now time.Time, subject string, payload any) error {
	m, err := NewMessage(subject, payload)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	Queue(b, now, m)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fault.Internalf("write message %s: %w", subject, err)
	}
	return nil
}

// NewMessage makes a message as Tell does, to be queued.
func NewMessage(subject string, payload any) (Message, error) {
	m := Message{Subject: subject}
	switch p := payload.(type) {
	case []byte:
		m.Payload = p
	case json.RawMessage:
		m.Payload = p
	default:
		b, err := json.Marshal(payload)
		if err != nil {
			return m, fault.Internalf("encode message %s: %w", subject, err)
		}
		m.Payload = b
	}
	var err error
	if m.ID, err = uuid.NewV7(); err != nil {
		return m, fault.Internalf("make a message's id: %w", err)
	}
	return m, nil
}

// Queue adds the writing of messages to a batch of the caller's transaction, as
// one statement whatever their number.
func Queue(b *pgx.Batch, now time.Time, messages ...Message) {
	if len(messages) == 0 {
		return
	}
	ids, subjects, payloads := make([]pgtype.UUID, len(messages)), make([]string, len(messages)), make([][]byte, len(messages))
	for i, m := range messages {
		ids[i], subjects[i], payloads[i] = pgtype.UUID{Bytes: m.ID, Valid: true}, m.Subject, m.Payload
	}
	b.Queue(`INSERT INTO outbox (id, subject, payload, created_at)
		SELECT id, subject, payload, $4 FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS v (id, subject, payload)`, ids, subjects, payloads, now)
}
