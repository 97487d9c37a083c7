-- +goose Up
-- R17w: the debtor of a case pays what stops the sale of its lots. Such a payment is of a case, not of a lot, and of nobody's account.
ALTER TABLE payments
    ALTER COLUMN lot_id DROP NOT NULL,
    ALTER COLUMN account_id DROP NOT NULL,
    DROP CONSTRAINT payments_purpose_check,
    ADD CONSTRAINT payments_purpose_check CHECK (purpose IN ('deposit', 'balance', 'debt')),
    ADD CONSTRAINT payments_of_a_case CHECK ((purpose = 'debt') = (lot_id IS NULL) AND (purpose = 'debt') = (account_id IS NULL));
CREATE UNIQUE INDEX payments_one_live_debt ON payments (case_id) WHERE purpose = 'debt' AND state IN ('asked', 'open');
CREATE INDEX payments_debt ON payments (case_id) WHERE purpose = 'debt';

-- A private way to the case's money for its debtor: who has the code reads and pays. The code itself is kept nowhere.
CREATE TABLE debtor_doors (
    id         uuid PRIMARY KEY,
    case_id    uuid NOT NULL REFERENCES cases (id),
    -- SHA-256 of the code, which is 100 bits of chance: no salt and no slow hash would add to it.
    code_hash  bytea NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
    given_by   uuid NOT NULL REFERENCES accounts (id),
    given_at   timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > given_at),
    first_used_at timestamptz,
    revoked_by uuid REFERENCES accounts (id),
    revoked_at timestamptz,
    CHECK ((revoked_by IS NULL) = (revoked_at IS NULL)),
    CHECK (first_used_at >= given_at)
);
CREATE INDEX debtor_doors_case ON debtor_doors (case_id, given_at DESC);
-- +goose StatementBegin
CREATE FUNCTION debtor_door_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moves constant text[] := '{first_used_at,revoked_by,revoked_at}';
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - moves = to_jsonb(NEW) - moves AND (OLD.revoked_at IS NULL OR OLD.revoked_at = NEW.revoked_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a door is never changed or deleted; revoke it' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER debtor_doors_kept BEFORE UPDATE OR DELETE ON debtor_doors FOR EACH ROW EXECUTE FUNCTION debtor_door_is_kept();
CREATE TRIGGER debtor_doors_no_truncate BEFORE TRUNCATE ON debtor_doors FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER debtor_doors_on_the_trail AFTER INSERT OR UPDATE OF revoked_at ON debtor_doors DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- What was owed in all when the debtor was first told the sum on a day of the court: claims and costs that come later count from the next day.
CREATE TABLE debt_quotes (
    case_id    uuid NOT NULL REFERENCES cases (id),
    day        date NOT NULL,
    owed_fen   bigint NOT NULL CHECK (owed_fen BETWEEN 0 AND 9007199254740991),
    quoted_at  timestamptz NOT NULL,
    PRIMARY KEY (case_id, day)
);
CREATE TRIGGER debt_quotes_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON debt_quotes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Where the debtor wants a surplus to go. Finance takes it over as the payee's account, or declines it with a reason; read by finance alone.
CREATE TABLE debtor_accounts (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases (id),
    door_id     uuid NOT NULL REFERENCES debtor_doors (id),
    holder      text NOT NULL CHECK (holder <> ''),
    bank        text NOT NULL CHECK (bank <> ''),
    number      text NOT NULL CHECK (number ~ '^[0-9]{8,32}$'),
    proposed_at timestamptz NOT NULL,
    -- proposed -> taken | declined | replaced (by a later one of the debtor)
    state       text NOT NULL CHECK (state IN ('proposed', 'taken', 'declined', 'replaced')),
    decided_by  uuid REFERENCES accounts (id),
    decided_at  timestamptz,
    -- Shown to the debtor.
    reason      text NOT NULL DEFAULT '',
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK ((state IN ('taken', 'declined')) = (decided_by IS NOT NULL)),
    CHECK ((state = 'declined') = (reason <> ''))
);
CREATE UNIQUE INDEX debtor_accounts_open ON debtor_accounts (case_id) WHERE state = 'proposed';
CREATE INDEX debtor_accounts_case ON debtor_accounts (case_id, proposed_at DESC);

-- +goose Down
DROP TABLE debtor_accounts, debt_quotes, debtor_doors;
DROP FUNCTION debtor_door_is_kept();
DROP INDEX payments_one_live_debt, payments_debt;
ALTER TABLE payments DROP CONSTRAINT payments_of_a_case, DROP CONSTRAINT payments_purpose_check,
    ADD CONSTRAINT payments_purpose_check CHECK (purpose IN ('deposit', 'balance')),
    ALTER COLUMN lot_id SET NOT NULL, ALTER COLUMN account_id SET NOT NULL;
