-- +goose Up
-- The fence: one row a shard. A committer moves it by compare-and-set.
CREATE TABLE shards (
    shard  smallint PRIMARY KEY CHECK (shard BETWEEN 0 AND 255),
    epoch  bigint NOT NULL DEFAULT 1 CHECK (epoch > 0),
    n      bigint NOT NULL DEFAULT 0 CHECK (n >= 0),
    h      text   NOT NULL DEFAULT '',
    run_id text   NOT NULL DEFAULT ''
) WITH (fillfactor = 50);
INSERT INTO shards (shard) SELECT generate_series(0, 255);

-- Where each lot's course stands, committed; the fold of its course events.
CREATE TABLE courses (
    lot_id      uuid PRIMARY KEY REFERENCES lots (id),
    shard       smallint NOT NULL,
    phase       text NOT NULL CHECK (phase IN ('open', 'stayed', 'closed')),
    seq         bigint NOT NULL CHECK (seq > 0),
    last_at     timestamptz NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    price_fen   bigint CHECK (price_fen > 0),
    leader_code text,
    leader_rank int NOT NULL DEFAULT 0,
    bids        bigint NOT NULL DEFAULT 0,
    extensions  bigint NOT NULL DEFAULT 0,
    admitted    bigint NOT NULL DEFAULT 0,
    stayed_at   timestamptz,
    closed_at   timestamptz,
    CHECK ((price_fen IS NULL) = (leader_code IS NULL)),
    CHECK ((phase = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((phase = 'stayed') = (stayed_at IS NOT NULL))
) WITH (fillfactor = 50);
CREATE INDEX courses_ends ON courses (ends_at) WHERE phase = 'open';
CREATE INDEX courses_shard ON courses (shard) WHERE phase <> 'closed';

-- Every course event, inserts only. payload is course.Event as canonical JSON.
-- No foreign keys here and in bids: courses has one, in the same transaction,
-- and a check for each bid would be half of its cost; bidding.Fsck holds them.
CREATE TABLE course_events (
    lot_id   uuid NOT NULL,
    seq      bigint NOT NULL,
    kind     text NOT NULL,
    at       timestamptz NOT NULL,
    shard    smallint NOT NULL,
    epoch    bigint NOT NULL,
    n        bigint NOT NULL,
    -- The chain over the shard's decisions: h(n) = SHA-1(hex h(n-1), decision).
    h        bytea NOT NULL CHECK (octet_length(h) = 20),
    payload  bytea NOT NULL,
    entry_id uuid NOT NULL,
    -- The signed batch that it was committed with, and its leaf there.
    batch_id    uuid NOT NULL,
    batch_index int NOT NULL,
    PRIMARY KEY (lot_id, seq),
    UNIQUE (shard, n)
);

CREATE TABLE bids (
    lot_id      uuid NOT NULL,
    seq         bigint NOT NULL,
    bidder_code text NOT NULL,
    amount_fen  bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 9007199254740991),
    idempotency_key text NOT NULL,
    received_at timestamptz NOT NULL,
    accepted_at timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    entry_id    uuid NOT NULL,
    PRIMARY KEY (lot_id, seq),
    UNIQUE (lot_id, bidder_code, idempotency_key)
);

-- One signature over the Merkle root of each committed batch of entries. A
-- receipt's id is its entry's id; its path is made from the leaves.
CREATE TABLE batches (
    id     uuid PRIMARY KEY,
    -- 32-byte leaf hashes in order.
    leaves bytea NOT NULL CHECK (octet_length(leaves) > 0 AND octet_length(leaves) % 32 = 0),
    -- The signed note over size and root (package auction/audit).
    signed bytea NOT NULL,
    at     timestamptz NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION course_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: a course is only ever added to', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON course_events
    FOR EACH STATEMENT EXECUTE FUNCTION course_is_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bids
    FOR EACH STATEMENT EXECUTE FUNCTION course_is_append_only();

-- R18: a code and a passphrase for a lot. Sealing of account_id is issue 2's.
CREATE TABLE enrolments (
    id              uuid PRIMARY KEY,
    lot_id          uuid NOT NULL REFERENCES lots (id),
    account_id      uuid NOT NULL REFERENCES accounts (id),
    capacity        text NOT NULL CHECK (capacity IN ('ordinary', 'priority', 'creditor')),
    rank            int NOT NULL DEFAULT 0 CHECK (rank >= 0),
    bidder_code     text NOT NULL,
    passphrase_hash text NOT NULL,
    -- SHA-256 over salt and name; the salt opens it on the confirmation.
    name_salt       bytea NOT NULL,
    name_commitment text NOT NULL,
    notices_accepted_at timestamptz NOT NULL,
    -- awaiting_deposit -> admitted (course event admit) ; or excluded
    status          text NOT NULL CHECK (status IN ('awaiting_confirmation', 'awaiting_deposit', 'deposit_confirmed', 'admitted', 'excluded')),
    created_at      timestamptz NOT NULL,
    admitted_at     timestamptz,
    UNIQUE (lot_id, account_id),
    UNIQUE (lot_id, bidder_code),
    CHECK ((capacity = 'priority') OR rank = 0)
);
CREATE INDEX enrolments_account ON enrolments (account_id);

-- Bidding sessions: opened by code and passphrase, they hold no account.
CREATE TABLE bidding_sessions (
    token_hash  bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    lot_id      uuid NOT NULL REFERENCES lots (id),
    bidder_code text NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);

-- +goose Down
DROP TABLE bidding_sessions, enrolments, batches, bids, course_events, courses, shards;
DROP FUNCTION course_is_append_only;
