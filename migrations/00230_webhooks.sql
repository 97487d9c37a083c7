-- +goose Up
-- Where a court's finance system wants to be told of its fund.* messages; a court has one such receiver.
-- The secret that signs is sealed under a key that is not in this database (deploy/adr/028).
CREATE TABLE webhooks (
    court_id uuid PRIMARY KEY REFERENCES courts (id),
    url      text        NOT NULL CHECK (url ~ '^https?://' AND length(url) <= 500),
    key_id   text        NOT NULL,
    secret   bytea       NOT NULL,
    state    text        NOT NULL CHECK (state IN ('open', 'stopped', 'closed')),
    -- Why it is stopped.
    ground   text        NOT NULL DEFAULT '' CHECK (ground IN ('', 'exhausted', 'gone')),
    -- The number that the last message got.
    sequence bigint      NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    -- The duty that has the queue in hand; none while nothing waits.
    duty_key text        UNIQUE,
    set_by   uuid        NOT NULL REFERENCES accounts (id),
    set_at   timestamptz NOT NULL,
    CONSTRAINT webhooks_ground CHECK ((state = 'stopped') = (ground <> '')),
    CONSTRAINT webhooks_duty CHECK (duty_key IS NULL OR state = 'open')
);

-- The queue of each receiver. The id is the outbox row's, which JetStream has as Nats-Msg-Id and the receiver as webhook-id.
CREATE TABLE webhook_messages (
    id       uuid PRIMARY KEY,
    court_id uuid        NOT NULL REFERENCES webhooks (court_id),
    sequence bigint      NOT NULL CHECK (sequence > 0),
    subject  text        NOT NULL CHECK (subject LIKE 'fund.%' OR subject = 'webhook.test'),
    payload  bytea       NOT NULL,
    told_at  timestamptz NOT NULL,
    state    text        NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'skipped')),
    -- Tries since it last began to wait, when the next one is due, and what came of the last.
    attempts integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at  timestamptz,
    outcome  text        NOT NULL DEFAULT '' CHECK (outcome IN ('', 'answered', 'timeout', 'unreachable', 'refused')),
    status   integer     CHECK (status BETWEEN 100 AND 999),
    tried_at timestamptz,
    done_at  timestamptz,
    CONSTRAINT webhook_messages_waiting CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CONSTRAINT webhook_messages_done CHECK ((state = 'waiting') = (done_at IS NULL)),
    CONSTRAINT webhook_messages_status CHECK ((outcome = 'answered') = (status IS NOT NULL)),
    UNIQUE (court_id, sequence)
);
CREATE INDEX webhook_messages_waits ON webhook_messages (court_id, sequence) WHERE state IN ('waiting', 'failed');

-- Who did what with a receiver; no secret and no address is in it.
CREATE TABLE webhook_acts (
    id         uuid PRIMARY KEY,
    court_id   uuid        NOT NULL REFERENCES webhooks (court_id),
    act        text        NOT NULL CHECK (act IN ('set', 'closed', 'tested', 'redelivered', 'skipped')),
    message_id uuid        REFERENCES webhook_messages (id),
    by_account uuid        NOT NULL REFERENCES accounts (id),
    at         timestamptz NOT NULL,
    CONSTRAINT webhook_acts_message CHECK ((act IN ('tested', 'redelivered', 'skipped')) = (message_id IS NOT NULL))
);
CREATE INDEX webhook_acts_court ON webhook_acts (court_id, at);

-- +goose StatementBegin
CREATE FUNCTION webhook_acts_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'acts on a receiver are only added' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER webhook_acts_only_added BEFORE UPDATE OR DELETE ON webhook_acts FOR EACH ROW EXECUTE FUNCTION webhook_acts_only_added();

-- +goose Down
DROP TABLE webhook_acts;
DROP FUNCTION webhook_acts_only_added();
DROP TABLE webhook_messages;
DROP TABLE webhooks;
