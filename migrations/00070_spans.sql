-- +goose Up
-- The times in which bids could be placed without a gap (R28o, I8): from the first to the last of decisions and ticks that
-- were decided and committed without one, in one epoch. Written in the transactions that commit a tick or an end.
CREATE TABLE spans (
    shard   smallint NOT NULL CHECK (shard BETWEEN 0 AND 255),
    epoch   bigint NOT NULL CHECK (epoch > 0),
    from_at timestamptz NOT NULL,
    to_at   timestamptz NOT NULL,
    PRIMARY KEY (shard, epoch, from_at),
    CHECK (to_at >= from_at)
) WITH (fillfactor = 70);

-- Which shards a tick goes to, beside those of courses_ends.
CREATE INDEX courses_stayed ON courses (stayed_at) WHERE phase = 'stayed';

-- How many of a shard's n decisions were ticks, which leave no event behind.
ALTER TABLE shards ADD COLUMN ticks bigint NOT NULL DEFAULT 0 CHECK (ticks >= 0 AND ticks <= n);

-- When this installation last served: a committer saw PostgreSQL and Redis answer. By the machine's clock. A gap of over a
-- minute stays every running lot (R20b).
CREATE TABLE heartbeats (
    id smallint PRIMARY KEY CHECK (id = 1),
    at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE heartbeats, spans;
DROP INDEX courses_stayed;
ALTER TABLE shards DROP COLUMN ticks;
