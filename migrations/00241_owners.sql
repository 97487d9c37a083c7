-- +goose Up
-- Money looking for its owner. Balances that a court held before this house: they lie on its old account and are in no ledger of ours.
CREATE TABLE old_balances (
    id          uuid PRIMARY KEY,
    court_id    uuid NOT NULL REFERENCES courts (id),
    case_number text NOT NULL CHECK (case_number <> ''),
    -- Read by the court's finance alone.
    payer       text NOT NULL CHECK (payer <> ''),
    amount_fen  bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 9007199254740991),
    received_on date NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('deposit', 'price', 'execution', 'other')),
    note        text NOT NULL DEFAULT '',
    imported_by uuid NOT NULL REFERENCES accounts (id),
    imported_at timestamptz NOT NULL,
    -- held -> owed (a request was granted) -> paid (another person recorded the transfer, F5)
    state       text NOT NULL CHECK (state IN ('held', 'owed', 'paid')),
    paid_by     uuid REFERENCES accounts (id),
    paid_at     timestamptz,
    bank_reference text NOT NULL DEFAULT '',
    CONSTRAINT old_balances_once UNIQUE (court_id, case_number, payer, amount_fen, received_on, kind, note),
    CHECK ((state = 'paid') = (paid_at IS NOT NULL) AND (paid_at IS NULL) = (paid_by IS NULL) AND (paid_at IS NULL) = (bank_reference = ''))
);
CREATE INDEX old_balances_open ON old_balances (court_id, received_on) WHERE state <> 'paid';
-- +goose StatementBegin
CREATE FUNCTION old_balance_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moves constant text[] := '{state,paid_by,paid_at,bank_reference}';
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - moves = to_jsonb(NEW) - moves
        AND (OLD.state, NEW.state) IN (('held', 'owed'), ('owed', 'paid')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an old balance is never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER old_balances_kept BEFORE UPDATE OR DELETE ON old_balances FOR EACH ROW EXECUTE FUNCTION old_balance_is_kept();
CREATE TRIGGER old_balances_no_truncate BEFORE TRUNCATE ON old_balances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whose claim it is, as finance held it against the creditor's papers: a name in a claim proves nothing.
CREATE TABLE claim_owners (
    claim_id   uuid PRIMARY KEY REFERENCES claims (id),
    case_id    uuid NOT NULL REFERENCES cases (id),
    account_id uuid NOT NULL REFERENCES accounts (id),
    linked_by  uuid NOT NULL REFERENCES accounts (id),
    linked_at  timestamptz NOT NULL
);
CREATE INDEX claim_owners_account ON claim_owners (account_id);
CREATE TRIGGER claim_owners_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_owners FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER claim_owners_on_the_trail AFTER INSERT ON claim_owners DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- A person asks for money that a court holds for them.
CREATE TABLE money_requests (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES accounts (id),
    court_id    uuid NOT NULL REFERENCES courts (id),
    case_id     uuid REFERENCES cases (id),
    subject     text NOT NULL CHECK (subject IN ('deposit', 'claim', 'old')),
    deposit_id  uuid REFERENCES deposits (id),
    claim_id    uuid REFERENCES claims (id),
    -- Of old money: what the person knows of it, and how they prove it.
    case_number text NOT NULL DEFAULT '',
    statement   text NOT NULL DEFAULT '',
    -- Where it should go; read by finance alone.
    holder      text NOT NULL CHECK (holder <> ''),
    bank        text NOT NULL CHECK (bank <> ''),
    number      text NOT NULL CHECK (number ~ '^[0-9]{8,32}$'),
    asked_at    timestamptz NOT NULL,
    due_at      timestamptz NOT NULL CHECK (due_at > asked_at),
    -- asked -> granted | refused
    state       text NOT NULL CHECK (state IN ('asked', 'granted', 'refused')),
    old_balance_id uuid REFERENCES old_balances (id),
    decided_by  uuid REFERENCES accounts (id),
    decided_at  timestamptz,
    reason      text NOT NULL DEFAULT '',
    CHECK ((subject = 'deposit') = (deposit_id IS NOT NULL) AND (subject = 'claim') = (claim_id IS NOT NULL)),
    CHECK ((subject = 'old') = (case_id IS NULL) AND (subject = 'old') = (statement <> '')),
    CHECK ((state = 'asked') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((state = 'granted' AND subject = 'old') = (old_balance_id IS NOT NULL)),
    CHECK ((state = 'refused') = (reason <> ''))
);
CREATE UNIQUE INDEX money_requests_deposit ON money_requests (deposit_id) WHERE state = 'asked';
CREATE UNIQUE INDEX money_requests_claim ON money_requests (claim_id) WHERE state = 'asked';
CREATE UNIQUE INDEX money_requests_old ON money_requests (old_balance_id);
CREATE INDEX money_requests_account ON money_requests (account_id, asked_at DESC);
CREATE INDEX money_requests_open ON money_requests (court_id, due_at) WHERE state = 'asked';
CREATE INDEX deposits_returning ON deposits (return_due_at) WHERE state = 'returning';

-- +goose Down
DROP INDEX deposits_returning;
DROP TABLE money_requests, claim_owners, old_balances;
DROP FUNCTION old_balance_is_kept();
