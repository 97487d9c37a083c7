-- +goose Up
-- A transfer to the court's account, as finance read it from the bank's statement: one person enters it, another approves it (F5).
CREATE TABLE transfers_in (
    id         uuid PRIMARY KEY,
    lot_id     uuid NOT NULL REFERENCES lots (id),
    case_id    uuid NOT NULL REFERENCES cases (id),
    court_id   uuid NOT NULL REFERENCES courts (id),
    -- difference: what a creditor who took the property pays in above its claim (R16d).
    purpose    text NOT NULL CHECK (purpose = 'difference'),
    amount_fen bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 9007199254740991),
    -- The statement's own reference.
    bank_reference text NOT NULL CHECK (bank_reference <> ''),
    -- prepared -> approved | refused
    state       text NOT NULL CHECK (state IN ('prepared', 'approved', 'refused')),
    prepared_by uuid NOT NULL REFERENCES accounts (id),
    prepared_at timestamptz NOT NULL,
    decided_by  uuid REFERENCES accounts (id),
    decided_at  timestamptz,
    reason      text NOT NULL DEFAULT '',
    CHECK ((state = 'prepared') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    -- F5: who prepares never approves.
    CONSTRAINT transfers_in_two_persons CHECK (decided_by <> prepared_by),
    CHECK (state <> 'refused' OR reason <> '')
);
CREATE UNIQUE INDEX transfers_in_once ON transfers_in (lot_id, purpose) WHERE state <> 'refused';
CREATE UNIQUE INDEX transfers_in_reference ON transfers_in (court_id, bank_reference) WHERE state <> 'refused';

-- +goose Down
DROP TABLE transfers_in;
