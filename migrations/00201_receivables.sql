-- +goose Up
-- R31: what a payee owes back after a sale whose money was paid out is set aside. Never a silent reversal: one row a payee.
CREATE TABLE receivables (
    id         uuid PRIMARY KEY,
    case_id    uuid NOT NULL REFERENCES cases (id),
    -- The sale that was set aside, or the use of a forfeit that fell with it.
    reference  uuid NOT NULL,
    -- Who owes it: a claim's creditor, the debtor, or what was settled as costs.
    claim_id   uuid REFERENCES claims (id),
    payee      text NOT NULL CHECK (payee IN ('claim', 'debtor', 'costs')),
    amount_fen bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 9007199254740991),
    arose_at   timestamptz NOT NULL,
    CHECK ((payee = 'claim') = (claim_id IS NOT NULL)),
    CONSTRAINT receivables_once UNIQUE NULLS NOT DISTINCT (reference, payee, claim_id)
);
CREATE INDEX receivables_case ON receivables (case_id, arose_at, id);
CREATE TRIGGER receivables_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON receivables FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE receivables;
