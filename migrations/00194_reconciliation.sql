-- +goose Up
-- A run of reconciliation: what the provider booked from from_at on, held against payments, refunds and the ledger.
CREATE TABLE reconciliations (
    id         uuid PRIMARY KEY,
    -- The duty that runs it: daily/2026-11-28, or the run's own id where finance asked.
    key        text NOT NULL UNIQUE,
    asked_by   uuid REFERENCES accounts (id),
    -- Asked for by finance; a run begins earlier where the last one ended earlier.
    asked_from timestamptz,
    from_at    timestamptz,
    -- asked -> fetching -> comparing -> done
    state      text NOT NULL CHECK (state IN ('asked', 'fetching', 'comparing', 'done')),
    -- The last booking that is stored: a run that was cut off goes on after it.
    reached    text NOT NULL DEFAULT '',
    bookings   integer NOT NULL DEFAULT 0,
    -- What the provider keeps of the bookings; it is no money of any case.
    fee_fen    bigint NOT NULL DEFAULT 0,
    asked_at   timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    found      integer NOT NULL DEFAULT 0,
    closed     integer NOT NULL DEFAULT 0,
    CHECK ((state = 'asked') = (started_at IS NULL)),
    CHECK ((started_at IS NULL) = (from_at IS NULL)),
    CHECK ((state = 'done') = (finished_at IS NOT NULL))
);
CREATE INDEX reconciliations_newest ON reconciliations (asked_at DESC);

-- The provider's books as they were fetched: its balance transactions. Gross; the fee is beside.
CREATE TABLE provider_bookings (
    id           text PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('charge', 'refund', 'refund_failure', 'fee', 'other')),
    type         text NOT NULL,
    amount_fen   bigint NOT NULL,
    fee_fen      bigint NOT NULL,
    currency     text NOT NULL,
    source_id    text NOT NULL,
    intent_id    text NOT NULL,
    booked_at    timestamptz NOT NULL,
    available_at timestamptz,
    fetched_by   uuid NOT NULL REFERENCES reconciliations (id)
);
CREATE INDEX provider_bookings_intent ON provider_bookings (intent_id);
CREATE INDEX provider_bookings_source ON provider_bookings (source_id);
CREATE INDEX provider_bookings_at ON provider_bookings (booked_at);

-- Money that the provider booked and that is no payment of ours, one row a charge.
CREATE TABLE unknown_money (
    id           uuid PRIMARY KEY,
    booking_id   text NOT NULL UNIQUE REFERENCES provider_bookings (id),
    intent_id    text NOT NULL,
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0),
    -- What went back of it, as the provider booked it.
    returned_fen bigint NOT NULL DEFAULT 0 CHECK (returned_fen BETWEEN 0 AND amount_fen),
    -- Why it is no payment of ours: nothing names one, or it names one that was paid already, or one of another amount or currency.
    kind         text NOT NULL CHECK (kind IN ('unknown_here', 'counted_twice', 'other_amount', 'other_currency')),
    names_payment uuid REFERENCES payments (id),
    -- sealed (names a deposit of a lot that still runs, R18) -> held -> assigned | returning -> returned
    state        text NOT NULL CHECK (state IN ('sealed', 'held', 'assigned', 'returning', 'returned')),
    found_at     timestamptz NOT NULL,
    held_at      timestamptz,
    payment_id   uuid REFERENCES payments (id),
    idempotency_key text NOT NULL UNIQUE,
    decided_by   uuid REFERENCES accounts (id),
    decided_at   timestamptz,
    reason       text NOT NULL DEFAULT '',
    settled_at   timestamptz,
    CHECK ((state = 'sealed') = (held_at IS NULL)),
    CHECK ((kind = 'unknown_here') = (names_payment IS NULL)),
    CHECK ((state = 'assigned') = (payment_id IS NOT NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (state NOT IN ('assigned', 'returning') OR (decided_by IS NOT NULL AND reason <> '')),
    CHECK ((state IN ('assigned', 'returned')) = (settled_at IS NOT NULL)),
    CHECK ((state = 'returned') = (returned_fen = amount_fen))
);
CREATE INDEX unknown_money_intent ON unknown_money (intent_id);
CREATE INDEX unknown_money_open ON unknown_money (found_at) WHERE state IN ('sealed', 'held', 'returning');
-- Refunds of unknown money and their failures, each counted once.
CREATE TABLE unknown_money_returns (
    booking_id text PRIMARY KEY REFERENCES provider_bookings (id),
    unknown_id uuid NOT NULL REFERENCES unknown_money (id)
);

-- A difference between the provider's books and ours, once each.
CREATE TABLE reconciliation_differences (
    id         uuid PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('unknown_here', 'unknown_there', 'other_amount', 'other_currency', 'refund_failed', 'counted_twice')),
    -- The booking, payment, refund or posting that it is about.
    subject    text NOT NULL,
    booking_id text REFERENCES provider_bookings (id),
    payment_id uuid REFERENCES payments (id),
    refund_id  uuid REFERENCES refunds (id),
    here_fen   bigint NOT NULL,
    there_fen  bigint NOT NULL,
    currency   text NOT NULL,
    found_by   uuid NOT NULL REFERENCES reconciliations (id),
    found_at   timestamptz NOT NULL,
    closed_at  timestamptz,
    -- A person closed it; it opens again when its figures change.
    closed_by  uuid REFERENCES accounts (id),
    CHECK (closed_by IS NULL OR closed_at IS NOT NULL),
    UNIQUE (kind, subject)
);
CREATE INDEX reconciliation_differences_open ON reconciliation_differences (found_at) WHERE closed_at IS NULL;
CREATE INDEX reconciliation_differences_subject ON reconciliation_differences (subject) WHERE closed_at IS NULL;

-- Why each was closed: a run found both sides agree, or a person wrote why.
CREATE TABLE difference_closings (
    id            uuid PRIMARY KEY,
    difference_id uuid NOT NULL REFERENCES reconciliation_differences (id),
    here_fen      bigint NOT NULL,
    there_fen     bigint NOT NULL,
    by_run        uuid REFERENCES reconciliations (id),
    by_account    uuid REFERENCES accounts (id),
    reason        text NOT NULL DEFAULT '',
    closed_at     timestamptz NOT NULL,
    CHECK ((by_run IS NULL) <> (by_account IS NULL)),
    CHECK (by_account IS NULL OR reason <> '')
);
CREATE INDEX difference_closings_difference ON difference_closings (difference_id);
CREATE TRIGGER difference_closings_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON difference_closings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE difference_closings, reconciliation_differences, unknown_money_returns, unknown_money, provider_bookings, reconciliations;
