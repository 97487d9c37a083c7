-- +goose Up
-- F2: a delay of paying out has a ground, a superior's approval and an end; when the ground is gone, 10 days are left.
CREATE TABLE payout_delays (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases (id),
    ground      text NOT NULL CHECK (ground IN ('objection', 'suit', 'bankruptcy_asked', 'payee_unknown', 'other_court', 'other')),
    reason_zh   text NOT NULL CHECK (reason_zh <> ''),
    reason_en   text NOT NULL CHECK (reason_en <> ''),
    -- The office that approved, never a person's name.
    superior_zh text NOT NULL CHECK (superior_zh <> ''),
    superior_en text NOT NULL CHECK (superior_en <> ''),
    until       timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES accounts (id),
    recorded_at timestamptz NOT NULL,
    ended_at    timestamptz,
    ended_by    uuid REFERENCES accounts (id),
    CHECK (until > recorded_at),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK (ended_at >= recorded_at)
);
CREATE UNIQUE INDEX payout_delays_standing ON payout_delays (case_id) WHERE ended_at IS NULL;
CREATE CONSTRAINT TRIGGER payout_delays_on_the_trail AFTER INSERT OR UPDATE ON payout_delays DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION case_on_the_trail();

-- +goose Down
DROP TABLE payout_delays;
