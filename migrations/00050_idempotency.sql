-- +goose Up
-- The first answers to requests with an Idempotency-Key, kept for two days.
CREATE TABLE idempotency (
    account_id   uuid NOT NULL REFERENCES accounts (id),
    -- Method and path as requested.
    route        text NOT NULL,
    -- SHA-256 of the key: the answer is sealed under the key itself.
    key_hash     bytea NOT NULL CHECK (octet_length(key_hash) = 32),
    body_hash    bytea NOT NULL CHECK (octet_length(body_hash) = 32),
    started_at   timestamptz NOT NULL,
    -- Set once answered: running -> answered; a refused request's row is deleted.
    status       smallint CHECK (status BETWEEN 200 AND 299),
    content_type text NOT NULL DEFAULT '',
    answer       bytea,
    PRIMARY KEY (account_id, route, key_hash),
    CHECK ((status IS NULL) = (answer IS NULL))
);
CREATE INDEX idempotency_oldest ON idempotency (started_at);

-- +goose Down
DROP TABLE idempotency;
