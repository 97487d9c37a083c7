-- +goose Up
-- A deposit belongs to an account; an enrolment to a code (R17, R18, R23, R24).
CREATE TABLE deposits (
    id           uuid PRIMARY KEY,
    lot_id       uuid NOT NULL REFERENCES lots (id),
    case_id      uuid NOT NULL REFERENCES cases (id),
    account_id   uuid NOT NULL REFERENCES accounts (id),
    enrolment_id uuid NOT NULL UNIQUE REFERENCES enrolments (id),
    amount_fen   bigint NOT NULL CHECK (amount_fen BETWEEN 0 AND 9007199254740991),
    paid_fen     bigint NOT NULL DEFAULT 0 CHECK (paid_fen BETWEEN 0 AND amount_fen),
    -- payments.NextDeposit says who moves it and when.
    state        text NOT NULL CHECK (state IN ('requested', 'held', 'applied', 'returning', 'returned', 'forfeited', 'lapsed', 'exempt')),
    requested_at timestamptz NOT NULL,
    held_at      timestamptz,
    settled_at   timestamptz,
    return_due_at timestamptz,
    CHECK (state NOT IN ('held', 'applied', 'forfeited') OR (held_at IS NOT NULL AND paid_fen = amount_fen)),
    CHECK ((state IN ('applied', 'returned', 'forfeited', 'lapsed')) = (settled_at IS NOT NULL)),
    CHECK (state <> 'returning' OR return_due_at IS NOT NULL),
    CHECK (state <> 'exempt' OR amount_fen = 0)
);
CREATE INDEX deposits_lot ON deposits (lot_id);
CREATE INDEX deposits_account ON deposits (account_id, requested_at);

-- The rest of the price, R25: one a sold lot.
CREATE TABLE balances (
    lot_id     uuid PRIMARY KEY REFERENCES lots (id),
    case_id    uuid NOT NULL REFERENCES cases (id),
    account_id uuid NOT NULL REFERENCES accounts (id),
    amount_fen bigint NOT NULL CHECK (amount_fen BETWEEN 0 AND 9007199254740991),
    paid_fen   bigint NOT NULL DEFAULT 0 CHECK (paid_fen BETWEEN 0 AND amount_fen),
    -- open -> paid | defaulted
    state      text NOT NULL CHECK (state IN ('open', 'paid', 'defaulted')),
    due_at     timestamptz NOT NULL,
    opened_at  timestamptz NOT NULL,
    settled_at timestamptz,
    CHECK ((state = 'open') = (settled_at IS NULL)),
    CHECK (state <> 'paid' OR paid_fen = amount_fen)
);
CREATE INDEX balances_account ON balances (account_id);

-- One try to move money in through the provider. Sums above what the provider
-- takes at once come in several payments.
CREATE TABLE payments (
    id           uuid PRIMARY KEY,
    purpose      text NOT NULL CHECK (purpose IN ('deposit', 'balance')),
    deposit_id   uuid REFERENCES deposits (id),
    lot_id       uuid NOT NULL REFERENCES lots (id),
    case_id      uuid NOT NULL REFERENCES cases (id),
    account_id   uuid NOT NULL REFERENCES accounts (id),
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0),
    refunded_fen bigint NOT NULL DEFAULT 0 CHECK (refunded_fen BETWEEN 0 AND amount_fen),
    -- payments.NextPayment says who moves it and when.
    state        text NOT NULL CHECK (state IN ('asked', 'open', 'paid', 'expired')),
    -- Committed before the call that carries it.
    idempotency_key text NOT NULL UNIQUE,
    checkout_id  text UNIQUE,
    intent_id    text UNIQUE,
    payment_url  text NOT NULL DEFAULT '',
    asked_at     timestamptz NOT NULL,
    opened_at    timestamptz,
    paid_at      timestamptz,
    expires_at   timestamptz NOT NULL,
    CHECK ((purpose = 'deposit') = (deposit_id IS NOT NULL)),
    CHECK (state = 'asked' OR state = 'expired' OR (opened_at IS NOT NULL AND checkout_id IS NOT NULL)),
    CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
    CHECK (state <> 'paid' OR intent_id IS NOT NULL)
);
CREATE UNIQUE INDEX payments_one_live_deposit ON payments (deposit_id) WHERE state IN ('asked', 'open');
CREATE UNIQUE INDEX payments_one_live_balance ON payments (lot_id) WHERE purpose = 'balance' AND state IN ('asked', 'open');
CREATE INDEX payments_deposit ON payments (deposit_id);
CREATE INDEX payments_lot ON payments (lot_id);

-- Money back to its payer: one row a payment that is given back (R23).
CREATE TABLE refunds (
    id           uuid PRIMARY KEY,
    payment_id   uuid NOT NULL REFERENCES payments (id),
    deposit_id   uuid REFERENCES deposits (id),
    case_id      uuid NOT NULL REFERENCES cases (id),
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0),
    -- owed -> asked -> done | failed (then a two-person transfer, issue 4)
    state        text NOT NULL CHECK (state IN ('owed', 'asked', 'done', 'failed')),
    idempotency_key text NOT NULL UNIQUE,
    provider_id  text UNIQUE,
    failure      text NOT NULL DEFAULT '',
    owed_at      timestamptz NOT NULL,
    asked_at     timestamptz,
    done_at      timestamptz,
    CHECK (state IN ('owed', 'failed') OR (asked_at IS NOT NULL AND provider_id IS NOT NULL)),
    CHECK ((state = 'done') = (done_at IS NOT NULL))
);
CREATE INDEX refunds_deposit ON refunds (deposit_id);
CREATE UNIQUE INDEX refunds_payment ON refunds (payment_id);

-- Webhooks as they came, once each.
CREATE TABLE stripe_events (
    id          text PRIMARY KEY,
    type        text NOT NULL,
    api_version text NOT NULL,
    object_kind text NOT NULL,
    object_id   text NOT NULL,
    intent_id   text NOT NULL DEFAULT '',
    payload     jsonb NOT NULL,
    -- stored -> applied | ignored; alarmed: another API version, kept for a person.
    state       text NOT NULL CHECK (state IN ('stored', 'applied', 'ignored', 'alarmed')),
    received_at timestamptz NOT NULL,
    applied_at  timestamptz
);

-- The ledger. An account is a case's and a purpose's (F1); clearing has no case.
CREATE TABLE ledger_accounts (
    id       uuid PRIMARY KEY,
    case_id  uuid REFERENCES cases (id),
    purpose  text NOT NULL CHECK (purpose IN ('clearing', 'escrow', 'proceeds', 'forfeits', 'costs', 'paid_out')),
    currency text NOT NULL DEFAULT 'CNY',
    -- Credits less debits, kept for accounts with a limit: never below zero.
    balance_fen bigint NOT NULL DEFAULT 0,
    CHECK ((purpose = 'clearing') = (case_id IS NULL)),
    CHECK (purpose = 'clearing' OR balance_fen >= 0),
    UNIQUE NULLS NOT DISTINCT (case_id, purpose, currency)
);

CREATE TABLE postings (
    id        uuid PRIMARY KEY,
    case_id   uuid NOT NULL REFERENCES cases (id),
    kind      text NOT NULL,
    -- What it rests on: a payment, a refund, a lot.
    reference uuid NOT NULL,
    idempotency_key text NOT NULL UNIQUE,
    entry_id  uuid NOT NULL,
    posted_at timestamptz NOT NULL
);
CREATE INDEX postings_case ON postings (case_id, posted_at, id);

CREATE TABLE transfers (
    id             uuid PRIMARY KEY,
    posting_id     uuid NOT NULL REFERENCES postings (id),
    debit_account  uuid NOT NULL REFERENCES ledger_accounts (id),
    credit_account uuid NOT NULL REFERENCES ledger_accounts (id),
    amount_fen     bigint NOT NULL CHECK (amount_fen > 0),
    CHECK (debit_account <> credit_account)
);
CREATE INDEX transfers_posting ON transfers (posting_id);
CREATE INDEX transfers_debit ON transfers (debit_account);
CREATE INDEX transfers_credit ON transfers (credit_account);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never changed or deleted; post a reversal', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER transfers_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE transfers, postings, ledger_accounts, stripe_events, refunds, payments, balances, deposits;
DROP FUNCTION refuse_change;
