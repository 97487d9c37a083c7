-- +goose Up
-- How many bids of a lot were refused in each minute, by the code that they were answered with. Counts, no entries: nothing
-- decides by them, and no bidder is in them. A node adds what it counted every few seconds.
CREATE TABLE refusals_by_minute (
    lot_id uuid NOT NULL REFERENCES lots (id),
    minute timestamptz NOT NULL CHECK (minute = date_bin('1 minute', minute, timestamptz '2000-01-01 00:00:00+00')),
    code   text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{0,63}$'),
    count  bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (lot_id, minute, code)
) WITH (fillfactor = 70);

-- What each run of a node has added: a batch is added by raising n to its number, in the same statement. So a batch whose
-- outcome the node did not learn is sent again and counted once.
CREATE TABLE refusal_flushes (
    node uuid PRIMARY KEY,
    n    bigint NOT NULL CHECK (n > 0)
) WITH (fillfactor = 50);

-- +goose Down
DROP TABLE refusals_by_minute, refusal_flushes;
