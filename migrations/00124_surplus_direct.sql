-- +goose Up
-- R6s: the applicant was told that the sale would leave nothing, and insists or does not.
CREATE TABLE surplus_notices (
    lot_id       uuid PRIMARY KEY REFERENCES lots (id),
    priority_fen bigint NOT NULL CHECK (priority_fen >= 0),
    costs_fen    bigint NOT NULL CHECK (costs_fen >= 0),
    told_by      uuid NOT NULL REFERENCES accounts (id),
    told_at      timestamptz NOT NULL,
    -- SHA-256, in hex, of the applicant's writing.
    insisted_proof text CHECK (insisted_proof ~ '^[0-9a-f]{64}$'),
    insisted_at  timestamptz,
    CHECK ((insisted_at IS NULL) = (insisted_proof IS NULL)),
    CHECK (insisted_at >= told_at)
);
CREATE CONSTRAINT TRIGGER surplus_notices_on_the_trail AFTER INSERT OR UPDATE ON surplus_notices DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION on_the_trail();

-- R31d: sold without an auction, by the court's decision.
CREATE TABLE direct_sales (
    id            uuid PRIMARY KEY,
    asset_id      uuid NOT NULL UNIQUE REFERENCES assets (id),
    case_id       uuid NOT NULL REFERENCES cases (id),
    ground        text NOT NULL CHECK (ground IN ('perishable', 'seasonal', 'costly_to_keep', 'public_market_price')),
    basis         text NOT NULL CHECK (basis IN ('market', 'appraisal')),
    reference_fen bigint NOT NULL CHECK (reference_fen > 0),
    price_fen     bigint NOT NULL CHECK (price_fen > 0),
    -- Offered at the appraised value before, in vain: only then it may be sold for less.
    tried_at_value boolean NOT NULL DEFAULT false,
    reason_zh     text NOT NULL,
    reason_en     text NOT NULL,
    decided_by    uuid NOT NULL REFERENCES accounts (id),
    decided_at    timestamptz NOT NULL,
    CHECK (basis <> 'market' OR price_fen >= reference_fen),
    CHECK (basis <> 'appraisal' OR 2 * price_fen >= reference_fen),
    CHECK (basis <> 'appraisal' OR tried_at_value OR price_fen >= reference_fen)
);

-- +goose Down
DROP TABLE direct_sales, surplus_notices;
