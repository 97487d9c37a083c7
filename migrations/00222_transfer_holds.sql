-- +goose Up
-- What a prepared return of a difference reserves in escrow until another person decides (F5).
ALTER TABLE transfers_out ADD COLUMN hold_id uuid REFERENCES holds (id);

-- +goose Down
ALTER TABLE transfers_out DROP COLUMN hold_id;
