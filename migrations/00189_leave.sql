-- +goose Up
-- R28o: a bidder may leave a sale whose stay lasts over 48 hours.
ALTER TABLE enrolments DROP CONSTRAINT enrolments_status_check;
ALTER TABLE enrolments ADD CONSTRAINT enrolments_status_check CHECK (status IN ('awaiting_deposit', 'admitted', 'excluded', 'withdrawn'));

-- +goose Down
-- To the platform before, who left may not bid either.
UPDATE enrolments SET status = 'excluded' WHERE status = 'withdrawn';
ALTER TABLE enrolments DROP CONSTRAINT enrolments_status_check;
ALTER TABLE enrolments ADD CONSTRAINT enrolments_status_check CHECK (status IN ('awaiting_deposit', 'admitted', 'excluded'));
