package outbox

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
	var body []byte
	switch p := payload.(type) {
	case []byte:
		body = p
	case json.RawMessage:
		body = p
	default:
		b, err := json.Marshal(payload)
		if err != nil {
			return fault.Internalf("encode message %s: %w", subject, err)
		}
		body = b
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fault.Internalf("make a message's id: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO outbox (id, subject, payload, created_at) VALUES (@id, @subject, @payload, @now)`,
		pgx.NamedArgs{"id": id, "subject": subject, "payload": body, "now": now})
	if err != nil {
		return fault.Internalf("write message %s: %w", subject, err)
	}
	return nil
}
