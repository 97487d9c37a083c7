-- +goose Up
-- A hold reserves money of an account until a row in hold_ends ends it: the posting that it was for, or its freeing, or its time. Both tables
-- take inserts only. held_fen is the sum of an account's holds without an end, as balance_fen is that of its transfers; triggers keep it, so
-- that no statement reserves without a row. What is available, balance less held, is never below zero, and clearing and recoverable, which
-- nothing limits from below, hold nothing back.
ALTER TABLE ledger_accounts ADD COLUMN held_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_available
    CHECK (held_fen = 0 OR (purpose NOT IN ('clearing', 'recoverable') AND held_fen > 0 AND held_fen <= balance_fen));

CREATE TABLE holds (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES ledger_accounts (id),
    amount_fen bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 9007199254740991),
    kind       text NOT NULL CHECK (kind <> ''),
    -- What it is for: a payout.
    reference  uuid NOT NULL,
    idempotency_key text NOT NULL UNIQUE CHECK (idempotency_key <> ''),
    held_at    timestamptz NOT NULL,
    -- Without it only an act ends the hold.
    expires_at timestamptz CHECK (expires_at > held_at)
);
CREATE INDEX holds_account ON holds (account_id, expires_at);

CREATE TABLE hold_ends (
    -- The primary key is the rule that a hold ends once.
    hold_id    uuid PRIMARY KEY REFERENCES holds (id),
    state      text NOT NULL CHECK (state IN ('posted', 'voided', 'expired')),
    -- What of it left the account; the rest is available again.
    posted_fen bigint NOT NULL,
    posting_id uuid UNIQUE REFERENCES postings (id) DEFERRABLE INITIALLY DEFERRED,
    ended_at   timestamptz NOT NULL,
    CHECK ((state = 'posted') = (posting_id IS NOT NULL)),
    CHECK ((state = 'posted') = (posted_fen > 0) AND posted_fen >= 0)
);

-- +goose StatementBegin
CREATE FUNCTION hold_reserves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger_accounts SET held_fen = held_fen + NEW.amount_fen WHERE id = NEW.account_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER holds_reserve AFTER INSERT ON holds FOR EACH ROW EXECUTE FUNCTION hold_reserves();

-- +goose StatementBegin
CREATE FUNCTION hold_end_frees() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE h holds;
BEGIN
    SELECT * INTO STRICT h FROM holds WHERE id = NEW.hold_id;
    IF NEW.posted_fen > h.amount_fen THEN
        RAISE EXCEPTION 'hold % of % fen cannot post %', h.id, h.amount_fen, NEW.posted_fen
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_ends_amount';
    END IF;
    IF (NEW.state = 'expired') <> coalesce(NEW.ended_at >= h.expires_at, false) OR NEW.ended_at < h.held_at THEN
        RAISE EXCEPTION 'hold % from % to % cannot be % at %', h.id, h.held_at, h.expires_at, NEW.state, NEW.ended_at
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_ends_time';
    END IF;
    UPDATE ledger_accounts SET held_fen = held_fen - h.amount_fen WHERE id = h.account_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER hold_ends_free AFTER INSERT ON hold_ends FOR EACH ROW EXECUTE FUNCTION hold_end_frees();

-- What a hold posted is what its posting took out of the account, to the fen. The posting's transfers come later in the transaction.
-- +goose StatementBegin
CREATE FUNCTION hold_is_its_posting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE taken bigint;
BEGIN
    SELECT coalesce(sum(t.amount_fen), 0) INTO taken FROM transfers t JOIN holds h ON h.account_id = t.debit_account
        WHERE t.posting_id = NEW.posting_id AND h.id = NEW.hold_id;
    IF taken <> NEW.posted_fen THEN
        RAISE EXCEPTION 'hold % posted % fen, its posting takes %', NEW.hold_id, NEW.posted_fen, taken
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_ends_posting';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER hold_ends_posting AFTER INSERT ON hold_ends DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state = 'posted') EXECUTE FUNCTION hold_is_its_posting();

CREATE TRIGGER holds_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON holds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER hold_ends_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hold_ends
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE hold_ends, holds;
DROP FUNCTION hold_reserves, hold_end_frees, hold_is_its_posting;
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_available, DROP COLUMN held_fen;
