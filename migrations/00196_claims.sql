-- +goose Up
-- I3 for what belongs to a case as a whole.
-- +goose StatementBegin
CREATE FUNCTION case_on_the_trail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM trail t WHERE t.case_id = (to_jsonb(NEW) ->> 'case_id')::uuid AND t.lot_id IS NULL AND t.xact = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'a change of % for case % has no step on the trail', TG_TABLE_NAME, to_jsonb(NEW) ->> 'case_id'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'on_the_trail';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- F4, CPI 506-508: who claims a case's money. A claim is never changed; it is withdrawn with a reason.
CREATE TABLE claims (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases (id),
    no          int NOT NULL CHECK (no >= 1),
    kind        text NOT NULL CHECK (kind IN ('secured', 'ordinary', 'medical', 'restitution', 'fine', 'confiscation')),
    -- Read by the court alone.
    creditor_zh text NOT NULL CHECK (creditor_zh <> ''),
    creditor_en text NOT NULL CHECK (creditor_en <> ''),
    instrument  text NOT NULL CHECK (instrument <> '' OR kind = 'secured'),
    amount_fen  bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 9007199254740991),
    -- CPI 514: the place of its seizure.
    seized      int CHECK (seized >= 1),
    -- F3: the applicant; anybody else is paid after a panel's decision.
    applicant   boolean NOT NULL,
    lodged_by   uuid NOT NULL REFERENCES accounts (id),
    lodged_at   timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by uuid REFERENCES accounts (id),
    reason_zh   text NOT NULL DEFAULT '',
    reason_en   text NOT NULL DEFAULT '',
    UNIQUE (case_id, no),
    CHECK ((withdrawn_at IS NOT NULL) = (withdrawn_by IS NOT NULL) AND (withdrawn_at IS NOT NULL) = (reason_zh <> '') AND (reason_zh = '') = (reason_en = ''))
);
CREATE UNIQUE INDEX claims_once ON claims (case_id, creditor_zh, instrument, kind) WHERE withdrawn_at IS NULL;
-- +goose StatementBegin
CREATE FUNCTION claim_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL
        AND to_jsonb(OLD) - '{withdrawn_at,withdrawn_by,reason_zh,reason_en}'::text[] = to_jsonb(NEW) - '{withdrawn_at,withdrawn_by,reason_zh,reason_en}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a claim is never changed or deleted; withdraw it' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER claims_kept BEFORE UPDATE OR DELETE ON claims FOR EACH ROW EXECUTE FUNCTION claim_is_kept();
CREATE TRIGGER claims_no_truncate BEFORE TRUNCATE ON claims FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER claims_on_the_trail AFTER INSERT OR UPDATE ON claims DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- Priority over what a lot brought; no is the order in which the pots are used.
CREATE TABLE claim_securities (
    claim_id uuid NOT NULL REFERENCES claims (id),
    no       int NOT NULL CHECK (no >= 1),
    lot_id   uuid NOT NULL REFERENCES lots (id),
    rank     int NOT NULL CHECK (rank >= 1),
    PRIMARY KEY (claim_id, no),
    UNIQUE (claim_id, lot_id)
);
CREATE TRIGGER claim_securities_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_securities
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- F4: plans, with all that each was made from. The bytes are kept as they were made.
CREATE TABLE distributions (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases (id),
    no          int NOT NULL CHECK (no >= 1),
    terms       text NOT NULL,
    plan        text NOT NULL,
    enforcement_fen bigint NOT NULL CHECK (enforcement_fen BETWEEN 0 AND 9007199254740991),
    reason_zh   text NOT NULL DEFAULT '',
    reason_en   text NOT NULL DEFAULT '',
    made_by     uuid NOT NULL REFERENCES accounts (id),
    made_at     timestamptz NOT NULL,
    replaced_at timestamptz,
    UNIQUE (case_id, no),
    CHECK ((reason_zh = '') = (reason_en = ''))
);
-- Of a case one stands.
CREATE UNIQUE INDEX distributions_standing ON distributions (case_id) WHERE replaced_at IS NULL;
CREATE CONSTRAINT TRIGGER distributions_on_the_trail AFTER INSERT ON distributions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- +goose Down
DROP TABLE distributions, claim_securities, claims;
DROP FUNCTION claim_is_kept();
DROP FUNCTION case_on_the_trail();
