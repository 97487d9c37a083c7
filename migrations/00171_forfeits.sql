-- +goose Up
-- R24: what a sale cost, as its judge recorded it, and what a defaulter's deposit was used for.
CREATE TABLE lot_costs (
    lot_id      uuid PRIMARY KEY REFERENCES lots (id),
    costs_fen   bigint NOT NULL CHECK (costs_fen BETWEEN 0 AND 9007199254740991),
    -- Other debts of the debtor that are tied to the property.
    related_fen bigint NOT NULL CHECK (related_fen BETWEEN 0 AND 9007199254740991),
    recorded_by uuid NOT NULL REFERENCES accounts (id),
    recorded_at timestamptz NOT NULL
);
CREATE CONSTRAINT TRIGGER lot_costs_on_the_trail AFTER INSERT OR UPDATE ON lot_costs DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION on_the_trail();

-- A forfeited deposit without a row here is held until the re-sale has ended.
CREATE TABLE forfeit_uses (
    deposit_id    uuid PRIMARY KEY REFERENCES deposits (id),
    lot_id        uuid NOT NULL REFERENCES lots (id),
    case_id       uuid NOT NULL REFERENCES cases (id),
    -- The sale of the property that stood at last.
    re_sale_id    uuid NOT NULL REFERENCES lots (id),
    deposit_fen   bigint NOT NULL CHECK (deposit_fen > 0),
    first_price_fen bigint NOT NULL CHECK (first_price_fen > 0),
    -- NULL where it was returned to the debtor unsold.
    re_sale_price_fen bigint CHECK (re_sale_price_fen > 0),
    -- In R24's order; kept is what is left.
    costs_fen     bigint NOT NULL CHECK (costs_fen >= 0),
    shortfall_fen bigint NOT NULL CHECK (shortfall_fen BETWEEN 0 AND greatest(first_price_fen - re_sale_price_fen, 0)),
    debt_fen      bigint NOT NULL CHECK (debt_fen >= 0),
    related_fen   bigint NOT NULL CHECK (related_fen >= 0),
    kept_fen      bigint NOT NULL CHECK (kept_fen >= 0),
    used_at       timestamptz NOT NULL,
    CHECK (costs_fen + shortfall_fen + debt_fen + related_fen + kept_fen = deposit_fen)
);
CREATE INDEX forfeit_uses_lot ON forfeit_uses (lot_id);
CREATE INDEX forfeit_uses_case ON forfeit_uses (case_id);
CREATE TRIGGER forfeit_uses_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON forfeit_uses
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER forfeit_uses_on_the_trail AFTER INSERT ON forfeit_uses DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION on_the_trail();

-- +goose Down
DROP TABLE forfeit_uses, lot_costs;
