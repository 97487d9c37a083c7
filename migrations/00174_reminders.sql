-- +goose Up
-- A person's duty is reminded of once, before it is due.
ALTER TABLE duties ADD COLUMN reminded_at timestamptz,
    ADD CONSTRAINT duties_reminded_in_time CHECK (reminded_at < due_at);

-- +goose Down
ALTER TABLE duties DROP CONSTRAINT duties_reminded_in_time, DROP COLUMN reminded_at;
