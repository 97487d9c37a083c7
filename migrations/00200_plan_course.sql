-- +goose Up
-- F4o, F3, F5: what becomes of a plan once it is made.
ALTER TABLE distributions
    -- The plan that was served; a revision by its objections names it (CPI 510).
    ADD COLUMN root_id uuid REFERENCES distributions (id),
    ADD COLUMN approved_by uuid REFERENCES accounts (id),
    ADD COLUMN approved_at timestamptz,
    -- The costs that its approval settled.
    ADD COLUMN costs_settled_fen bigint CHECK (costs_settled_fen BETWEEN 0 AND 9007199254740991),
    -- Nothing of it is set aside any more: what comes later is divided by another plan.
    ADD COLUMN closed_at timestamptz,
    ADD CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    ADD CHECK ((approved_at IS NULL) = (costs_settled_fen IS NULL)),
    ADD CHECK (closed_at IS NULL OR approved_at IS NOT NULL),
    -- F5: who prepares never approves.
    ADD CONSTRAINT distributions_two_persons CHECK (approved_by <> made_by);
UPDATE distributions SET root_id = id;
ALTER TABLE distributions ALTER COLUMN root_id SET NOT NULL;
DROP INDEX distributions_standing;
CREATE UNIQUE INDEX distributions_standing ON distributions (case_id) WHERE replaced_at IS NULL AND closed_at IS NULL;

-- An addressee is a creditor, by the claim, or the debtor, by none.
CREATE TABLE plan_receipts (
    distribution_id uuid NOT NULL REFERENCES distributions (id),
    case_id      uuid NOT NULL REFERENCES cases (id),
    claim_id     uuid REFERENCES claims (id),
    received_at  timestamptz NOT NULL,
    recorded_by  uuid NOT NULL REFERENCES accounts (id),
    recorded_at  timestamptz NOT NULL,
    CONSTRAINT plan_receipts_once UNIQUE NULLS NOT DISTINCT (distribution_id, claim_id),
    CHECK (received_at <= recorded_at)
);
CREATE TRIGGER plan_receipts_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_receipts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER plan_receipts_on_the_trail AFTER INSERT ON plan_receipts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

CREATE TABLE plan_objections (
    id           uuid PRIMARY KEY,
    distribution_id uuid NOT NULL REFERENCES distributions (id),
    case_id      uuid NOT NULL REFERENCES cases (id),
    no           int NOT NULL CHECK (no >= 1),
    -- Who objects.
    by_claim_id  uuid REFERENCES claims (id),
    -- The claim that it is about, and what that should count for.
    claim_id     uuid NOT NULL REFERENCES claims (id),
    asked_fen    bigint NOT NULL CHECK (asked_fen BETWEEN 0 AND 9007199254740991),
    -- Read by the court alone; the log has its hash.
    body         text NOT NULL CHECK (body <> ''),
    lodged_at    timestamptz NOT NULL,
    recorded_by  uuid NOT NULL REFERENCES accounts (id),
    recorded_at  timestamptz NOT NULL,
    opposed_told_at timestamptz,
    sued_at      timestamptz,
    suit_number  text NOT NULL DEFAULT '',
    judged_at    timestamptz,
    judged_fen   bigint CHECK (judged_fen BETWEEN 0 AND 9007199254740991),
    judgment_number text NOT NULL DEFAULT '',
    withdrawn_at timestamptz,
    UNIQUE (case_id, no),
    CHECK (sued_at IS NULL OR opposed_told_at IS NOT NULL),
    CHECK ((sued_at IS NULL) = (suit_number = '')),
    CHECK (judged_at IS NULL OR sued_at IS NOT NULL),
    CHECK ((judged_at IS NULL) = (judged_fen IS NULL) AND (judged_at IS NULL) = (judgment_number = '')),
    CHECK (judged_at IS NULL OR withdrawn_at IS NULL)
);
CREATE UNIQUE INDEX plan_objections_once ON plan_objections (distribution_id, by_claim_id, claim_id) NULLS NOT DISTINCT WHERE withdrawn_at IS NULL;
-- +goose StatementBegin
CREATE FUNCTION plan_objection_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    steps constant text[] := '{opposed_told_at,sued_at,suit_number,judged_at,judged_fen,judgment_number,withdrawn_at}';
BEGIN
    -- What was put on record stays; what was not may come.
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - steps = to_jsonb(NEW) - steps
        AND (OLD.opposed_told_at IS NULL OR OLD.opposed_told_at = NEW.opposed_told_at)
        AND (OLD.sued_at IS NULL OR (OLD.sued_at, OLD.suit_number) = (NEW.sued_at, NEW.suit_number))
        AND OLD.judged_at IS NULL AND OLD.withdrawn_at IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an objection and its steps are never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER plan_objections_kept BEFORE UPDATE OR DELETE ON plan_objections FOR EACH ROW EXECUTE FUNCTION plan_objection_is_kept();
CREATE TRIGGER plan_objections_no_truncate BEFORE TRUNCATE ON plan_objections FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER plan_objections_on_the_trail AFTER INSERT OR UPDATE ON plan_objections DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- Who was told of an objection, and whether they oppose it.
CREATE TABLE plan_objection_notices (
    objection_id uuid NOT NULL REFERENCES plan_objections (id),
    case_id      uuid NOT NULL REFERENCES cases (id),
    claim_id     uuid REFERENCES claims (id),
    received_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    opposed_at   timestamptz,
    CONSTRAINT plan_objection_notices_once UNIQUE NULLS NOT DISTINCT (objection_id, claim_id),
    CHECK (received_at <= recorded_at),
    CHECK (opposed_at >= received_at)
);
-- +goose StatementBegin
CREATE FUNCTION plan_notice_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.opposed_at IS NULL AND to_jsonb(OLD) - 'opposed_at' = to_jsonb(NEW) - 'opposed_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a notice is never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER plan_objection_notices_kept BEFORE UPDATE OR DELETE ON plan_objection_notices FOR EACH ROW EXECUTE FUNCTION plan_notice_is_kept();
CREATE TRIGGER plan_objection_notices_no_truncate BEFORE TRUNCATE ON plan_objection_notices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER plan_objection_notices_on_the_trail AFTER INSERT OR UPDATE ON plan_objection_notices DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- F3: a panel's decision on who is paid beside the applicant.
CREATE TABLE plan_votes (
    distribution_id uuid NOT NULL REFERENCES distributions (id),
    case_id   uuid NOT NULL REFERENCES cases (id),
    judge_id  uuid NOT NULL REFERENCES accounts (id),
    approve   boolean NOT NULL,
    -- Stays with the court.
    opinion   text NOT NULL DEFAULT '',
    voted_at  timestamptz NOT NULL,
    CONSTRAINT plan_votes_once PRIMARY KEY (distribution_id, judge_id),
    CHECK (approve OR opinion <> '')
);
CREATE TRIGGER plan_votes_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_votes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER plan_votes_on_the_trail AFTER INSERT ON plan_votes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- Where a payee's money goes: read by finance alone. An account of no claim is the debtor's.
CREATE TABLE payee_accounts (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases (id),
    claim_id    uuid REFERENCES claims (id),
    holder      text NOT NULL CHECK (holder <> ''),
    bank        text NOT NULL CHECK (bank <> ''),
    number      text NOT NULL CHECK (number ~ '^[0-9]{8,32}$'),
    recorded_by uuid NOT NULL REFERENCES accounts (id),
    recorded_at timestamptz NOT NULL,
    replaced_at timestamptz
);
CREATE UNIQUE INDEX payee_accounts_standing ON payee_accounts (case_id, claim_id) NULLS NOT DISTINCT WHERE replaced_at IS NULL;
CREATE CONSTRAINT TRIGGER payee_accounts_on_the_trail AFTER INSERT ON payee_accounts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- A file of transfers for the court's bank.
CREATE TABLE payout_files (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases (id),
    no          int NOT NULL CHECK (no >= 1),
    released_by uuid NOT NULL REFERENCES accounts (id),
    released_at timestamptz NOT NULL,
    UNIQUE (case_id, no)
);
CREATE TRIGGER payout_files_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER payout_files_on_the_trail AFTER INSERT ON payout_files DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- What a plan pays to whom. casefund.NextPayout says who moves it and when.
CREATE TABLE payouts (
    id          uuid PRIMARY KEY,
    distribution_id uuid NOT NULL REFERENCES distributions (id),
    case_id     uuid NOT NULL REFERENCES cases (id),
    -- NULL: the debtor.
    claim_id    uuid REFERENCES claims (id),
    purpose     text NOT NULL CHECK (purpose IN ('claim', 'kept', 'surplus')),
    amount_fen  bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 9007199254740991),
    state       text NOT NULL CHECK (state IN ('approved', 'sent', 'paid')),
    approved_at timestamptz NOT NULL,
    file_id     uuid REFERENCES payout_files (id),
    account_id  uuid REFERENCES payee_accounts (id),
    bank_reference text NOT NULL DEFAULT '',
    paid_at     timestamptz,
    CHECK ((claim_id IS NULL) = (purpose <> 'claim')),
    CHECK ((state = 'approved') = (file_id IS NULL) AND (file_id IS NULL) = (account_id IS NULL)),
    CHECK ((state = 'paid') = (paid_at IS NOT NULL) AND (paid_at IS NULL) = (bank_reference = ''))
);
CREATE INDEX payouts_case ON payouts (case_id, approved_at, id);
CREATE INDEX payouts_distribution ON payouts (distribution_id);
-- +goose StatementBegin
CREATE FUNCTION payout_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moves constant text[] := '{state,file_id,account_id,bank_reference,paid_at}';
BEGIN
    IF TG_OP <> 'UPDATE' OR to_jsonb(OLD) - moves <> to_jsonb(NEW) - moves THEN
        RAISE EXCEPTION 'a payout is never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- F5: who recorded an account never releases money to it.
    IF NEW.state = 'sent' AND OLD.state = 'approved' AND EXISTS (
        SELECT FROM payout_files f JOIN payee_accounts a ON a.recorded_by = f.released_by WHERE f.id = NEW.file_id AND a.id = NEW.account_id) THEN
        RAISE EXCEPTION 'who recorded an account never releases money to it' USING ERRCODE = 'check_violation', CONSTRAINT = 'payouts_two_persons';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER payouts_kept BEFORE UPDATE OR DELETE ON payouts FOR EACH ROW EXECUTE FUNCTION payout_is_kept();
CREATE TRIGGER payouts_no_truncate BEFORE TRUNCATE ON payouts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER payouts_on_the_trail AFTER INSERT OR UPDATE ON payouts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- +goose Down
DROP TABLE payouts, payout_files, payee_accounts, plan_votes, plan_objection_notices, plan_objections, plan_receipts;
DROP FUNCTION payout_is_kept();
DROP FUNCTION plan_notice_is_kept();
DROP FUNCTION plan_objection_is_kept();
DROP INDEX distributions_standing;
CREATE UNIQUE INDEX distributions_standing ON distributions (case_id) WHERE replaced_at IS NULL;
ALTER TABLE distributions DROP COLUMN root_id, DROP COLUMN approved_by, DROP COLUMN approved_at, DROP COLUMN costs_settled_fen, DROP COLUMN closed_at;
