-- +goose Up
-- R17h: the court's check that the buyer of a house under purchase limits may own it.
CREATE TABLE eligibility_checks (
    id         uuid PRIMARY KEY,
    lot_id     uuid NOT NULL REFERENCES lots (id),
    qualified  boolean NOT NULL,
    -- SHA-256, in hex, of the proof, which stays with the court.
    proof      text NOT NULL CHECK (proof ~ '^[0-9a-f]{64}$'),
    reason_zh  text NOT NULL DEFAULT '',
    reason_en  text NOT NULL DEFAULT '',
    checked_by uuid NOT NULL REFERENCES accounts (id),
    checked_at timestamptz NOT NULL,
    CHECK (qualified OR (reason_zh <> '' AND reason_en <> ''))
);
CREATE INDEX eligibility_checks_lot ON eligibility_checks (lot_id, checked_at DESC, id DESC);
CREATE CONSTRAINT TRIGGER eligibility_checks_on_the_trail AFTER INSERT ON eligibility_checks DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION on_the_trail();
-- The bidder promised the condition when enrolling; always true where the announcement states one.
ALTER TABLE enrolments ADD COLUMN limits_promised boolean NOT NULL DEFAULT false;
-- R24x, R34: the same person under another account.
CREATE INDEX accounts_id_number ON accounts (id_number) WHERE id_number <> '';

-- +goose Down
DROP INDEX accounts_id_number;
ALTER TABLE enrolments DROP COLUMN limits_promised;
DROP TABLE eligibility_checks;
