-- +goose Up
-- R14: whoever has an agent bid has the agent confirmed by the court before bidding starts; joint bidders do so through one of
-- them or another. No code stands here, nor whether anybody enrolled (R18).
CREATE TABLE agencies (
    id           uuid PRIMARY KEY,
    lot_id       uuid NOT NULL REFERENCES lots (id),
    -- The agent, who asks.
    account_id   uuid NOT NULL REFERENCES accounts (id),
    -- requested -> confirmed or refused, by the court, before the lot's starts_at; neither is left again.
    state        text NOT NULL CHECK (state IN ('requested', 'confirmed', 'refused')),
    -- SHA-256, in hex, of the papers that prove it, which stay with the court.
    proof        text NOT NULL CHECK (proof ~ '^[0-9a-f]{64}$'),
    -- papers.Agency in canonical form; it names the principals and is emptied after its time (R29). hash is its SHA-256.
    form         text NOT NULL,
    hash         text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
    requested_at timestamptz NOT NULL,
    decided_at   timestamptz,
    decided_by   uuid REFERENCES accounts (id),
    reason_zh    text NOT NULL DEFAULT '',
    reason_en    text NOT NULL DEFAULT '',
    UNIQUE (lot_id, hash),
    CHECK ((state = 'requested') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK (state <> 'refused' OR (reason_zh <> '' AND reason_en <> '')),
    CHECK (decided_at >= requested_at),
    CHECK (form = '' OR hash = encode(sha256(convert_to(form, 'UTF8')), 'hex'))
);
CREATE INDEX agencies_lot ON agencies (lot_id, requested_at, id);
CREATE INDEX agencies_account ON agencies (account_id, requested_at DESC, id DESC);

CREATE TABLE agency_principals (
    agency_id uuid NOT NULL REFERENCES agencies (id),
    no        integer NOT NULL CHECK (no >= 1),
    -- Personal data, emptied after its time (R29). The salt is of the form's commitment to the number.
    name      text NOT NULL,
    id_number text NOT NULL,
    salt      bytea NOT NULL CHECK (octet_length(salt) IN (0, 32)),
    share_bp  integer NOT NULL CHECK (share_bp BETWEEN 1 AND 10000),
    -- The agent is one of the joint bidders.
    is_agent  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (agency_id, no),
    CHECK ((name = '') = (id_number = '') AND (name = '') = (octet_length(salt) = 0))
);
CREATE UNIQUE INDEX agency_principals_once ON agency_principals (agency_id, id_number) WHERE id_number <> '';
CREATE UNIQUE INDEX agency_principals_agent ON agency_principals (agency_id) WHERE is_agent;
-- R24x, R34: one person is known by the identity number, as principal or under an account.
CREATE INDEX agency_principals_number ON agency_principals (id_number) WHERE id_number <> '';
CREATE INDEX accounts_number ON accounts (id_number) WHERE id_number <> '';

CREATE CONSTRAINT TRIGGER agencies_on_the_trail AFTER INSERT OR UPDATE ON agencies DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION on_the_trail();

-- +goose StatementBegin
CREATE FUNCTION agency_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT coalesce(sum(share_bp), 0) FROM agency_principals WHERE agency_id = NEW.id) <> 10000 THEN
        RAISE EXCEPTION 'the shares of agency % are not 10,000 basis points', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'agencies_whole';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION agency_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.lot_id, NEW.account_id, NEW.proof, NEW.hash, NEW.requested_at)
            IS DISTINCT FROM (OLD.id, OLD.lot_id, OLD.account_id, OLD.proof, OLD.hash, OLD.requested_at)
        OR TG_OP = 'UPDATE' AND NEW.form IS DISTINCT FROM OLD.form AND NEW.form <> '' THEN
        RAISE EXCEPTION 'agency % is not changed', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'agencies_kept';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state <> 'requested' OR TG_OP = 'INSERT' AND NEW.state <> 'requested' THEN
        RAISE EXCEPTION 'agency % is decided once', NEW.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'agencies_decided_once';
    END IF;
    IF NOT EXISTS (SELECT FROM lots l WHERE l.id = NEW.lot_id AND coalesce(NEW.decided_at, NEW.requested_at) < l.starts_at) THEN
        RAISE EXCEPTION 'agency %: bidding has started (R14)', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'agencies_before_start';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION principals_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.agency_id, NEW.no, NEW.share_bp, NEW.is_agent) IS DISTINCT FROM (OLD.agency_id, OLD.no, OLD.share_bp, OLD.is_agent)
        OR NEW.name <> '' THEN
        RAISE EXCEPTION 'principals are only ever emptied' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'principals_kept';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER agencies_whole AFTER INSERT ON agencies DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agency_is_whole();
CREATE TRIGGER agencies_in_time BEFORE INSERT OR UPDATE ON agencies FOR EACH ROW EXECUTE FUNCTION agency_in_time();
CREATE TRIGGER principals_kept BEFORE UPDATE OR DELETE ON agency_principals FOR EACH ROW EXECUTE FUNCTION principals_are_kept();

-- A third field of the sealed identity: the hash of the agency that is bid for, empty without one. Every enrolment from now on has
-- both columns, so that neither tells whether it is an agent's (R18); those of before have none.
ALTER TABLE enrolments ADD COLUMN agency_commitment text CHECK (agency_commitment ~ '^[0-9a-f]{64}$'),
    -- HMAC-SHA256 of the agency under the lot's key, or random bytes: finds an agent's enrolment when a principal is barred (R34).
    ADD COLUMN agency_locator bytea CHECK (octet_length(agency_locator) = 32),
    ADD CONSTRAINT enrolments_agency CHECK ((agency_commitment IS NULL) = (agency_locator IS NULL));

-- The agency that bought, once the confirmation has opened it (R22); for R24x too.
ALTER TABLE confirmations ADD COLUMN agency_id uuid REFERENCES agencies (id);

-- +goose Down
ALTER TABLE confirmations DROP COLUMN agency_id;
ALTER TABLE enrolments DROP CONSTRAINT enrolments_agency, DROP COLUMN agency_commitment, DROP COLUMN agency_locator;
DROP INDEX accounts_number;
DROP TABLE agency_principals, agencies;
DROP FUNCTION agency_is_whole, agency_in_time, principals_are_kept;
