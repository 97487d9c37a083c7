-- +goose Up
-- R26n: a court may let property of criminal cases be sold without a reserve after the last sale failed (law.Settings.NoReserve).
ALTER TABLE court_settings ADD COLUMN no_reserve boolean NOT NULL DEFAULT false;
ALTER TABLE court_settings ALTER COLUMN no_reserve DROP DEFAULT;

-- +goose Down
ALTER TABLE court_settings DROP COLUMN no_reserve;
