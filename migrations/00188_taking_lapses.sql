-- +goose Up
-- ASE 22: a taking whose difference is not paid in falls; the property is unsold again, and another creditor may take it.
ALTER TABLE takings
    ADD COLUMN lapsed_at timestamptz,
    ADD CONSTRAINT takings_lapsed CHECK (lapsed_at IS NULL OR (difference_fen > 0 AND difference_paid_at IS NULL)),
    DROP CONSTRAINT takings_pkey,
    ADD PRIMARY KEY (lot_id, offer_id);
CREATE UNIQUE INDEX takings_one_stands ON takings (lot_id) WHERE lapsed_at IS NULL;

-- +goose Down
-- What fell is in the log and on the trail; the table before had room for one taking of a lot.
DROP INDEX takings_one_stands;
DELETE FROM takings WHERE lapsed_at IS NOT NULL;
ALTER TABLE takings DROP COLUMN lapsed_at, DROP CONSTRAINT takings_pkey, ADD PRIMARY KEY (lot_id);
