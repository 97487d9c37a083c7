package webhook

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"mingchui/deploy/local/testserver"
)

// The page, and each step of the queue, read a court's messages by index, however many it was told of.
func TestACourtsMessagesAreReadByIndex(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	testserver.Fill(t, pool, `
		INSERT INTO webhooks (court_id, url, key_id, secret, state, set_by, set_at)
		SELECT md5('court' || i)::uuid, 'https://x.example/', 'k', 'x', 'open', gen_random_uuid(), now() FROM generate_series(1, 20) i;
		INSERT INTO webhook_messages (id, court_id, sequence, subject, payload, told_at, state, next_at, done_at)
		SELECT md5('m' || i)::uuid, md5('court' || i % 20 + 1)::uuid, i, 'fund.posted', '{}', now(),
			CASE WHEN i % 500 = 0 THEN 'waiting' WHEN i % 501 = 0 THEN 'failed' ELSE 'delivered' END,
			CASE WHEN i % 500 = 0 THEN now() END, CASE WHEN i % 500 = 0 THEN NULL ELSE now() END
		FROM generate_series(1, 20000) i`, "webhooks", "webhook_messages")
	args := pgx.NamedArgs{"court": testserver.FilledID("court1"), "limit": maxShown}
	testserver.ReadsByIndex(t, pool, map[string]testserver.Read{
		"the newest":      {SQL: newestMessages, Args: args, Indexes: []string{"webhook_messages_court_id_sequence_key"}},
		"what failed":     {SQL: failedMessage, Args: args, Indexes: []string{"webhook_messages_waits"}},
		"how many wait":   {SQL: countWaiting, Args: args, Indexes: []string{"webhook_messages_waits"}},
		"the queue's top": {SQL: firstWaiting, Args: args, Indexes: []string{"webhook_messages_waits"}},
	})
}
