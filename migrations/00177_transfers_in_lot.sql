-- +goose Up
-- R16d: a lot's transfers, refused ones included, as finance reads them.
CREATE INDEX transfers_in_lot ON transfers_in (lot_id, prepared_at DESC, id DESC);

-- +goose Down
DROP INDEX transfers_in_lot;
