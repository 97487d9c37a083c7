-- +goose Up
-- A custodian bank's account for one deposit or balance: its number finds its place by itself.
ALTER TABLE payment_references ADD COLUMN custody_number text UNIQUE, ADD COLUMN custody_holder text, ADD COLUMN custody_bank text,
    ADD CONSTRAINT payment_references_custody CHECK (num_nonnulls(custody_number, custody_holder, custody_bank) IN (0, 3));

-- What the custodian credited, as it was listed: without gaps from 1, so that how far we have read is the highest seq.
CREATE TABLE custody_credits (
    id         text PRIMARY KEY,
    seq        bigint NOT NULL UNIQUE CHECK (seq > 0),
    account    text NOT NULL,
    -- Personal data: for nobody before the end of bidding (R18), for the court's finance office where it has to return it by hand.
    payer      text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 9007199254740991),
    booked_at  timestamptz NOT NULL,
    -- stored -> applied, in the transaction that makes its payments or puts it in suspense
    state      text NOT NULL CHECK (state IN ('stored', 'applied')),
    fetched_at timestamptz NOT NULL,
    applied_at timestamptz,
    CHECK ((state = 'applied') = (applied_at IS NOT NULL))
);
CREATE INDEX custody_credits_stored ON custody_credits (seq) WHERE state = 'stored';

ALTER TABLE payments ADD COLUMN credit_id text REFERENCES custody_credits (id), DROP CONSTRAINT payments_opened, DROP CONSTRAINT payments_paid_by, DROP CONSTRAINT payments_by_transfer;
ALTER TABLE payments
    ADD CONSTRAINT payments_opened CHECK (state IN ('asked', 'expired') OR (opened_at IS NOT NULL AND num_nonnulls(checkout_id, transfer_id, credit_id) = 1)),
    ADD CONSTRAINT payments_paid_by CHECK (state <> 'paid' OR num_nonnulls(intent_id, transfer_id, credit_id) = 1),
    ADD CONSTRAINT payments_by_transfer CHECK (num_nonnulls(transfer_id, credit_id) = 0 OR state = 'paid' OR state = 'asked');
CREATE INDEX payments_credit ON payments (credit_id) WHERE credit_id IS NOT NULL;
-- Refunds on their way, which the custodian is asked about.
CREATE INDEX refunds_asked_for ON refunds (asked_at) WHERE state = 'asked';

ALTER TABLE unknown_money ADD COLUMN credit_id text UNIQUE REFERENCES custody_credits (id), DROP CONSTRAINT unknown_money_came_by;
-- The return that the custodian makes of it.
ALTER TABLE unknown_money ADD COLUMN return_id text UNIQUE,
    ADD CONSTRAINT unknown_money_came_by CHECK (num_nonnulls(booking_id, transfer_id, credit_id) = 1);

-- +goose Down
ALTER TABLE unknown_money DROP CONSTRAINT unknown_money_came_by, DROP COLUMN credit_id, DROP COLUMN return_id,
    ADD CONSTRAINT unknown_money_came_by CHECK (num_nonnulls(booking_id, transfer_id) = 1);
DROP INDEX refunds_asked_for;
ALTER TABLE payments DROP CONSTRAINT payments_opened, DROP CONSTRAINT payments_paid_by, DROP CONSTRAINT payments_by_transfer, DROP COLUMN credit_id;
ALTER TABLE payments
    ADD CONSTRAINT payments_opened CHECK (state IN ('asked', 'expired') OR (opened_at IS NOT NULL AND (checkout_id IS NULL) = (transfer_id IS NOT NULL))),
    ADD CONSTRAINT payments_paid_by CHECK (state <> 'paid' OR (intent_id IS NULL) = (transfer_id IS NOT NULL)),
    ADD CONSTRAINT payments_by_transfer CHECK (transfer_id IS NULL OR state = 'paid' OR state = 'asked');
DROP TABLE custody_credits;
ALTER TABLE payment_references DROP COLUMN custody_number, DROP COLUMN custody_holder, DROP COLUMN custody_bank;
