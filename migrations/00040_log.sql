-- +goose Up
-- What must happen at or by a time. The row is the record; River only runs it.
CREATE TABLE duties (
    id         uuid PRIMARY KEY,
    kind       text NOT NULL,
    -- kind and key together are owed once: inserting again does nothing.
    key        text NOT NULL,
    case_id    uuid,
    lot_id     uuid,
    args       jsonb NOT NULL DEFAULT '{}',
    rule       text NOT NULL DEFAULT '',
    -- Machine duties run at due_at; a person's duty is due by due_at and is
    -- done by that person's act.
    actor      text NOT NULL CHECK (actor IN ('machine', 'judge', 'finance', 'bidder')),
    state      text NOT NULL CHECK (state IN ('owed', 'done', 'cancelled')),
    due_at     timestamptz NOT NULL,
    attempts   int NOT NULL DEFAULT 0,
    -- The code of the last failure, never its text: causes may hold data.
    last_error text NOT NULL DEFAULT '',
    -- While a worker has it in hand, by the database's own clock.
    leased_until timestamptz,
    created_at timestamptz NOT NULL,
    done_at    timestamptz,
    UNIQUE (kind, key),
    CHECK ((state = 'owed') = (done_at IS NULL))
);
CREATE INDEX duties_due ON duties (due_at, id) WHERE state = 'owed' AND actor = 'machine';
CREATE INDEX duties_people ON duties (actor, due_at) WHERE state = 'owed' AND actor <> 'machine';
CREATE INDEX duties_lot ON duties (lot_id);
CREATE INDEX duties_case ON duties (case_id);

-- What other courts' systems are told through NATS, in commit order as far as ids go.
CREATE TABLE outbox (
    id         uuid PRIMARY KEY,
    subject    text NOT NULL,
    payload    bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX outbox_oldest ON outbox (created_at, id);

-- The transparency log's entries: bytes made once, stored and hashed as they are.
-- The id is a UUIDv7 made of time and leaf hash, so the same bytes cannot enter twice.
CREATE TABLE entries (
    id         uuid PRIMARY KEY,
    kind       text NOT NULL,
    case_id    uuid,
    lot_id     uuid,
    seq        bigint CHECK (seq > 0),
    at         timestamptz NOT NULL,
    bytes      bytea NOT NULL,
    leaf_hash  bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
    CHECK (seq IS NULL OR lot_id IS NOT NULL)
);
CREATE UNIQUE INDEX entries_course ON entries (lot_id, seq) WHERE seq IS NOT NULL;
CREATE INDEX entries_lot ON entries (lot_id);
CREATE INDEX entries_case ON entries (case_id);

-- Entries without a place; id order is not commit order, so all are taken.
-- Neither pending nor leaves has a foreign key: it would lock, and so write
-- again, every row of entries; sequencer.Fsck holds both against entries.
CREATE TABLE pending (
    entry_id uuid PRIMARY KEY
);
CREATE TABLE leaves (
    leaf_index bigint PRIMARY KEY CHECK (leaf_index >= 0),
    entry_id   uuid NOT NULL UNIQUE
);
-- tlog's stored hashes by tlog.StoredHashIndex.
CREATE TABLE tree_hashes (
    hash_index bigint PRIMARY KEY CHECK (hash_index >= 0),
    hash       bytea NOT NULL CHECK (octet_length(hash) = 32)
);
-- size and root of what is placed; checkpoint is the last one published.
CREATE TABLE tree (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    origin     text NOT NULL,
    size       bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
    root       bytea NOT NULL CHECK (octet_length(root) = 32),
    checkpoint text NOT NULL DEFAULT ''
);

-- The log takes inserts only (I6).
-- +goose StatementBegin
CREATE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % takes inserts only', TG_TABLE_NAME;
END $$;
-- +goose StatementEnd
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON leaves
    FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tree_hashes
    FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();

-- +goose Down
DROP TABLE tree, tree_hashes, leaves, pending, entries, outbox, duties;
DROP FUNCTION log_is_append_only;
