-- +goose Up
-- R29: after ten years names may be erased beside the log; hashes, entries, events and bids stay.
ALTER TABLE confirmations ADD COLUMN erased_at timestamptz,
    ADD CONSTRAINT confirmations_erased CHECK (erased_at IS NULL OR (buyer_name = '' AND length(name_salt) = 0));

-- +goose Down
ALTER TABLE confirmations DROP CONSTRAINT confirmations_erased, DROP COLUMN erased_at;
