-- +goose Up
-- R24, R31d: a deposit's waiting ends too when the thing is sold without an auction.
ALTER TABLE forfeit_uses ALTER COLUMN re_sale_id DROP NOT NULL, ADD COLUMN direct_sale_id uuid REFERENCES direct_sales (id);
ALTER TABLE forfeit_uses ADD CONSTRAINT forfeit_uses_of_one_sale CHECK ((re_sale_id IS NULL) <> (direct_sale_id IS NULL)),
    ADD CONSTRAINT forfeit_uses_direct_price CHECK (direct_sale_id IS NULL OR re_sale_price_fen IS NOT NULL);
CREATE INDEX forfeit_uses_direct_sale ON forfeit_uses (direct_sale_id);

-- +goose Down
DROP INDEX forfeit_uses_direct_sale;
ALTER TABLE forfeit_uses DROP CONSTRAINT forfeit_uses_of_one_sale, DROP CONSTRAINT forfeit_uses_direct_price, DROP COLUMN direct_sale_id;
