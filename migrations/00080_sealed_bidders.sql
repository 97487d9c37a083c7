-- +goose Up
-- R18, I7: what joins a bidder's account with a bidder's code is sealed under a
-- key of the lot, which is wrapped by a key outside this database.

-- Before this release the account stood in clear beside the code. Such rows
-- cannot be sealed afterwards: old copies of the table would still show them.
-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM enrolments) THEN
        RAISE EXCEPTION 'this database holds enrolments of before bidders were sealed (R18): start with a fresh database, a demonstration with a fresh data folder';
    END IF;
END
$$;
-- +goose StatementEnd

ALTER TABLE deposits DROP COLUMN enrolment_id;
-- A person has one deposit for a lot; the index serves its lookups too.
ALTER TABLE deposits ADD CONSTRAINT deposits_once UNIQUE (lot_id, account_id);
DROP INDEX deposits_lot;

DROP TABLE enrolments;

-- A random key for each lot with enrolments (package bidding/seal). key_id names
-- the sealing key that wraps it. Deleting a row makes the lot's bidders unknown for good.
CREATE TABLE lot_keys (
    lot_id  uuid PRIMARY KEY REFERENCES lots (id),
    key_id  text NOT NULL CHECK (key_id ~ '^[0-9a-f]{16}$'),
    wrapped bytea NOT NULL
);
CREATE INDEX lot_keys_key ON lot_keys (key_id);

-- A code for a lot. Nothing here is of one person: no account, no time, ids at
-- random (UUIDv4), sealed always of one length.
CREATE TABLE enrolments (
    id              uuid PRIMARY KEY,
    lot_id          uuid NOT NULL REFERENCES lots (id),
    -- HMAC-SHA256 of the account under the lot's key: finds the account's own
    -- enrolment and refuses a second one.
    locator         bytea NOT NULL CHECK (octet_length(locator) = 32),
    -- Account, name and identity number with their salts, when the notices were accepted.
    sealed          bytea NOT NULL CHECK (octet_length(sealed) = 540),
    capacity        text NOT NULL CHECK (capacity IN ('ordinary', 'priority', 'creditor')),
    rank            int NOT NULL DEFAULT 0 CHECK (rank >= 0),
    bidder_code     text NOT NULL,
    passphrase_hash text NOT NULL,
    -- One for each field of the identity, SHA-256 over a fresh salt and the field, in hex.
    name_commitment   text NOT NULL CHECK (name_commitment ~ '^[0-9a-f]{64}$'),
    number_commitment text NOT NULL CHECK (number_commitment ~ '^[0-9a-f]{64}$'),
    -- awaiting_deposit -> admitted, by the lot's next batch of admissions (course
    -- event admit); either -> excluded when its person is barred (R34).
    status          text NOT NULL CHECK (status IN ('awaiting_deposit', 'admitted', 'excluded')),
    UNIQUE (lot_id, locator),
    UNIQUE (lot_id, bidder_code),
    CHECK ((capacity = 'priority') OR rank = 0)
);

-- Neither when a session was opened nor when it ends tells whose it is: the end
-- is the same for all of a lot.
ALTER TABLE bidding_sessions DROP COLUMN created_at, DROP COLUMN revoked_at, ADD COLUMN revoked boolean NOT NULL DEFAULT false;
CREATE INDEX bidding_sessions_code ON bidding_sessions (lot_id, bidder_code);

-- The trail (I7): every opening of a sealed identity, and for which duty.
CREATE TABLE openings (
    id          uuid PRIMARY KEY,
    lot_id      uuid NOT NULL REFERENCES lots (id),
    bidder_code text NOT NULL,
    -- confirmation: the buyer's name is published (R22). deposit: the buyer's
    -- deposit counts towards the price, the others go back (R23).
    purpose     text NOT NULL CHECK (purpose IN ('confirmation', 'deposit')),
    duty        text NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX openings_lot ON openings (lot_id);

-- +goose StatementBegin
CREATE FUNCTION refuse_early_opening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM courses c WHERE c.lot_id = NEW.lot_id AND c.phase = 'closed'
            AND c.leader_code = NEW.bidder_code AND c.closed_at <= NEW.at) THEN
        RAISE EXCEPTION 'code % of lot % may not be opened: it is opened after the committed close alone, and only the buyer''s (R18)', NEW.bidder_code, NEW.lot_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'openings_after_close';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION trail_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the trail is only ever added to', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER after_close BEFORE INSERT ON openings FOR EACH ROW EXECUTE FUNCTION refuse_early_opening();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON openings
    FOR EACH STATEMENT EXECUTE FUNCTION trail_is_append_only();

-- +goose Down
DROP TABLE openings, lot_keys, enrolments;
DROP FUNCTION refuse_early_opening, trail_is_append_only;
DROP INDEX bidding_sessions_code;
TRUNCATE bidding_sessions;
ALTER TABLE bidding_sessions DROP COLUMN revoked, ADD COLUMN created_at timestamptz NOT NULL, ADD COLUMN revoked_at timestamptz;
CREATE TABLE enrolments (
    id              uuid PRIMARY KEY,
    lot_id          uuid NOT NULL REFERENCES lots (id),
    account_id      uuid NOT NULL REFERENCES accounts (id),
    capacity        text NOT NULL CHECK (capacity IN ('ordinary', 'priority', 'creditor')),
    rank            int NOT NULL DEFAULT 0 CHECK (rank >= 0),
    bidder_code     text NOT NULL,
    passphrase_hash text NOT NULL,
    name_salt       bytea NOT NULL,
    name_commitment text NOT NULL,
    notices_accepted_at timestamptz NOT NULL,
    status          text NOT NULL CHECK (status IN ('awaiting_confirmation', 'awaiting_deposit', 'deposit_confirmed', 'admitted', 'excluded')),
    created_at      timestamptz NOT NULL,
    admitted_at     timestamptz,
    UNIQUE (lot_id, account_id),
    UNIQUE (lot_id, bidder_code),
    CHECK ((capacity = 'priority') OR rank = 0)
);
CREATE INDEX enrolments_account ON enrolments (account_id);
ALTER TABLE deposits DROP CONSTRAINT deposits_once, ADD COLUMN enrolment_id uuid UNIQUE REFERENCES enrolments (id);
CREATE INDEX deposits_lot ON deposits (lot_id);
