-- +goose Up
-- A deposit belongs to an account; an enrolment to a code (R17, R18, R23, R24).
CREATE TABLE deposits (
    id           uuid PRIMARY KEY,
    lot_id       uuid NOT NULL REFERENCES lots (id),
    case_id      uuid NOT NULL REFERENCES cases (id),
    account_id   uuid NOT NULL REFERENCES accounts (id),
    enrolment_id uuid NOT NULL UNIQUE REFERENCES enrolments (id),
    amount_fen   bigint NOT NULL CHECK (amount_fen BETWEEN 0 AND 9007199254740991),
    -- requested -> held -> applied | returning -> returned | forfeited; requested -> lapsed; exempt (creditor, R17)
    state        text NOT NULL CHECK (state IN ('requested', 'held', 'applied', 'returning', 'returned', 'forfeited', 'lapsed', 'exempt')),
    created_at   timestamptz NOT NULL,
    held_at      timestamptz,
    settled_at   timestamptz,
    return_due_at timestamptz,
    CHECK (state IN ('requested', 'lapsed', 'exempt') OR held_at IS NOT NULL)
);
CREATE INDEX deposits_lot ON deposits (lot_id);
CREATE INDEX deposits_account ON deposits (account_id);

-- +goose Down
DROP TABLE deposits;
