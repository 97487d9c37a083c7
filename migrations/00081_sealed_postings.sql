-- +goose Up
-- R18: until bidding on a lot ends nobody may look up who has paid a deposit. So
-- what is posted for its deposits before the end stays out of the log, the outbox
-- and every reader, and is then disclosed as sums.
ALTER TABLE postings ADD COLUMN sealed_lot_id uuid REFERENCES lots (id);
ALTER TABLE postings ALTER COLUMN entry_id DROP NOT NULL;
ALTER TABLE postings ADD CONSTRAINT postings_shown CHECK ((sealed_lot_id IS NULL) = (entry_id IS NOT NULL));
CREATE INDEX postings_sealed ON postings (sealed_lot_id) WHERE sealed_lot_id IS NOT NULL;

-- A sum of sealed postings of one lot and kind, as the log shows it.
CREATE TABLE disclosures (
    id         uuid PRIMARY KEY,
    case_id    uuid NOT NULL REFERENCES cases (id),
    lot_id     uuid NOT NULL REFERENCES lots (id),
    kind       text NOT NULL,
    debit      text NOT NULL,
    credit     text NOT NULL CHECK (credit <> debit),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    entry_id   uuid NOT NULL,
    disclosed_at timestamptz NOT NULL
);
CREATE INDEX disclosures_case ON disclosures (case_id);
-- What the sum is made of, each posting once.
CREATE TABLE disclosed (
    posting_id    uuid PRIMARY KEY REFERENCES postings (id),
    disclosure_id uuid NOT NULL REFERENCES disclosures (id)
);
CREATE INDEX disclosed_disclosure ON disclosed (disclosure_id);

-- +goose StatementBegin
CREATE FUNCTION refuse_early_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM lots l WHERE l.id = NEW.lot_id AND l.status IN ('ended', 'withdrawn')) THEN
        RAISE EXCEPTION 'deposits of lot % may not be shown: bidding on it has not ended (R18)', NEW.lot_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'disclosures_after_end';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER after_end BEFORE INSERT ON disclosures FOR EACH ROW EXECUTE FUNCTION refuse_early_disclosure();
CREATE TRIGGER disclosures_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON disclosures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER disclosed_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON disclosed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The ledger as everybody may read it.
CREATE VIEW public_movements (posting_id, case_id, kind, debit, credit, amount_fen, posted_at, entry_id) AS
    SELECT p.id, p.case_id, p.kind, d.purpose, c.purpose, t.amount_fen, p.posted_at, p.entry_id
    FROM postings p
    JOIN transfers t ON t.posting_id = p.id
    JOIN ledger_accounts d ON d.id = t.debit_account
    JOIN ledger_accounts c ON c.id = t.credit_account
    WHERE p.sealed_lot_id IS NULL
    UNION ALL
    SELECT id, case_id, kind, debit, credit, amount_fen, disclosed_at, entry_id FROM disclosures;

-- +goose Down
DROP VIEW public_movements;
DROP TABLE disclosed, disclosures;
DROP FUNCTION refuse_early_disclosure;
ALTER TABLE postings DROP CONSTRAINT postings_shown, DROP COLUMN sealed_lot_id;
ALTER TABLE postings ALTER COLUMN entry_id SET NOT NULL;
