-- +goose Up
-- A query that names the lot or the property does not name the purpose, so indexes over one purpose never served it; the table's CHECKs
-- say that lot and property are those of one purpose each.
DROP INDEX draws_takers_once;
CREATE UNIQUE INDEX draws_takers_once ON draws (lot_id, rank) WHERE lot_id IS NOT NULL;
CREATE INDEX draws_asset ON draws (asset_id, listed_at, id) WHERE asset_id IS NOT NULL;
-- Few properties are taken for more than the claim: a court's list of differences does not read all of its lots.
CREATE INDEX takings_difference ON takings (lot_id) WHERE difference_fen > 0;

-- +goose Down
DROP INDEX takings_difference;
DROP INDEX draws_asset;
DROP INDEX draws_takers_once;
CREATE UNIQUE INDEX draws_takers_once ON draws (lot_id, rank) WHERE purpose = 'takers';
