-- +goose Up
-- What a payer writes on a transfer to the court's account, so that the money finds its deposit or balance. At random: it tells neither
-- lot nor account, nor which of the two it is for (R18).
CREATE TABLE payment_references (
    code       text PRIMARY KEY CHECK (code ~ '^[0-9A-HJKMNP-TV-Y]{16}$'),
    court_id   uuid NOT NULL REFERENCES courts (id),
    deposit_id uuid UNIQUE REFERENCES deposits (id),
    balance_of uuid UNIQUE REFERENCES balances (lot_id),
    CHECK (num_nonnulls(deposit_id, balance_of) = 1)
);

-- A transfer names a lot where it pays a difference, a reference where it pays a deposit or a balance, and nothing where nobody
-- knows what it is for.
ALTER TABLE transfers_in DROP CONSTRAINT transfers_in_purpose_check, DROP CONSTRAINT transfers_in_state_check, DROP CONSTRAINT transfers_in_two_persons,
    ALTER COLUMN lot_id DROP NOT NULL, ALTER COLUMN case_id DROP NOT NULL,
    ADD COLUMN payment_reference text REFERENCES payment_references (code),
    -- Who paid, as the statement has it. Personal data: for the court's finance office alone.
    ADD COLUMN payer text NOT NULL DEFAULT '';
ALTER TABLE transfers_in
    ADD CONSTRAINT transfers_in_purpose CHECK (purpose IN ('difference', 'reference', 'unknown')),
    ADD CONSTRAINT transfers_in_names CHECK (num_nonnulls(lot_id, case_id) = CASE purpose WHEN 'difference' THEN 2 ELSE 0 END
        AND (purpose = 'reference') = (payment_reference IS NOT NULL)),
    -- payments.NextEntry: prepared -> approved | refused (by another person) | withdrawn (by who entered it)
    ADD CONSTRAINT transfers_in_state CHECK (state IN ('prepared', 'approved', 'refused', 'withdrawn')),
    ADD CONSTRAINT transfers_in_two_persons CHECK ((state = 'withdrawn') = (decided_by IS NOT DISTINCT FROM prepared_by));
DROP INDEX transfers_in_once, transfers_in_reference;
CREATE UNIQUE INDEX transfers_in_once ON transfers_in (lot_id, purpose) WHERE state IN ('prepared', 'approved');
CREATE UNIQUE INDEX transfers_in_reference ON transfers_in (court_id, bank_reference) WHERE state IN ('prepared', 'approved');
CREATE INDEX transfers_in_payment ON transfers_in (payment_reference) WHERE payment_reference IS NOT NULL;
CREATE INDEX transfers_in_court ON transfers_in (court_id, prepared_at DESC, id DESC) WHERE purpose <> 'difference';
CREATE TRIGGER transfers_in_decided_once BEFORE UPDATE ON transfers_in FOR EACH ROW EXECUTE FUNCTION transfer_is_decided_once();

-- Money that came by a transfer is a payment like any other, but none of the provider's.
ALTER TABLE payments ADD COLUMN transfer_id uuid REFERENCES transfers_in (id);
ALTER TABLE payments DROP CONSTRAINT payments_check2, DROP CONSTRAINT payments_check4;
ALTER TABLE payments
    ADD CONSTRAINT payments_opened CHECK (state IN ('asked', 'expired') OR (opened_at IS NOT NULL AND (checkout_id IS NULL) = (transfer_id IS NOT NULL))),
    ADD CONSTRAINT payments_paid_by CHECK (state <> 'paid' OR (intent_id IS NULL) = (transfer_id IS NOT NULL)),
    ADD CONSTRAINT payments_by_transfer CHECK (transfer_id IS NULL OR state = 'paid' OR state = 'asked');
CREATE INDEX payments_transfer ON payments (transfer_id) WHERE transfer_id IS NOT NULL;

-- by_hand: the provider never had this money, the court gives it back.
ALTER TABLE refunds DROP CONSTRAINT refunds_state, DROP CONSTRAINT refunds_asked;
ALTER TABLE refunds
    ADD CONSTRAINT refunds_state CHECK (state IN ('owed', 'asked', 'done', 'failed', 'by_hand', 'transferred')),
    ADD CONSTRAINT refunds_asked CHECK (state IN ('owed', 'failed', 'by_hand', 'transferred') OR (asked_at IS NOT NULL AND provider_id IS NOT NULL));

-- A transfer that names nothing lies in suspense like a charge that does, and goes back by hand.
ALTER TABLE unknown_money ALTER COLUMN booking_id DROP NOT NULL, ADD COLUMN transfer_id uuid UNIQUE REFERENCES transfers_in (id),
    ADD CONSTRAINT unknown_money_came_by CHECK (num_nonnulls(booking_id, transfer_id) = 1);
ALTER TABLE transfers_out DROP CONSTRAINT transfers_out_check, ALTER COLUMN case_id DROP NOT NULL, ALTER COLUMN lot_id DROP NOT NULL,
    ADD COLUMN unknown_id uuid REFERENCES unknown_money (id);
ALTER TABLE transfers_out
    ADD CONSTRAINT transfers_out_gives_back CHECK (num_nonnulls(refund_id, transfer_in_id, unknown_id) = 1),
    ADD CONSTRAINT transfers_out_case CHECK (num_nonnulls(case_id, lot_id) = CASE WHEN unknown_id IS NULL THEN 2 ELSE 0 END);
CREATE UNIQUE INDEX transfers_out_unknown ON transfers_out (unknown_id) WHERE state IN ('prepared', 'approved');
DROP INDEX transfers_out_of;
CREATE INDEX transfers_out_of ON transfers_out (coalesce(refund_id, transfer_in_id, unknown_id), prepared_at DESC, id DESC);
-- Of the many duties the few that finance makes by hand.
CREATE INDEX duties_by_hand ON duties (lot_id) WHERE kind = 'return_by_transfer';

-- +goose Down
DROP INDEX duties_by_hand;
-- Rows of what this migration let in are money: they are not thrown away.
DROP INDEX transfers_out_of;
ALTER TABLE transfers_out DROP CONSTRAINT transfers_out_gives_back, DROP CONSTRAINT transfers_out_case, DROP COLUMN unknown_id,
    ALTER COLUMN case_id SET NOT NULL, ALTER COLUMN lot_id SET NOT NULL,
    ADD CONSTRAINT transfers_out_check CHECK (num_nonnulls(refund_id, transfer_in_id) = 1);
CREATE INDEX transfers_out_of ON transfers_out (coalesce(refund_id, transfer_in_id), prepared_at DESC, id DESC);
ALTER TABLE unknown_money DROP CONSTRAINT unknown_money_came_by, DROP COLUMN transfer_id, ALTER COLUMN booking_id SET NOT NULL;
ALTER TABLE refunds DROP CONSTRAINT refunds_state, DROP CONSTRAINT refunds_asked;
ALTER TABLE refunds
    ADD CONSTRAINT refunds_state CHECK (state IN ('owed', 'asked', 'done', 'failed', 'transferred')),
    ADD CONSTRAINT refunds_asked CHECK (state IN ('owed', 'failed', 'transferred') OR (asked_at IS NOT NULL AND provider_id IS NOT NULL));
ALTER TABLE payments DROP CONSTRAINT payments_opened, DROP CONSTRAINT payments_paid_by, DROP CONSTRAINT payments_by_transfer, DROP COLUMN transfer_id,
    ADD CONSTRAINT payments_check2 CHECK (state = 'asked' OR state = 'expired' OR (opened_at IS NOT NULL AND checkout_id IS NOT NULL)),
    ADD CONSTRAINT payments_check4 CHECK (state <> 'paid' OR intent_id IS NOT NULL);
DROP TRIGGER transfers_in_decided_once ON transfers_in;
DROP INDEX transfers_in_payment, transfers_in_court, transfers_in_once, transfers_in_reference;
CREATE UNIQUE INDEX transfers_in_once ON transfers_in (lot_id, purpose) WHERE state <> 'refused';
CREATE UNIQUE INDEX transfers_in_reference ON transfers_in (court_id, bank_reference) WHERE state <> 'refused';
ALTER TABLE transfers_in DROP CONSTRAINT transfers_in_purpose, DROP CONSTRAINT transfers_in_names, DROP CONSTRAINT transfers_in_state, DROP CONSTRAINT transfers_in_two_persons,
    DROP COLUMN payment_reference, DROP COLUMN payer, ALTER COLUMN lot_id SET NOT NULL, ALTER COLUMN case_id SET NOT NULL,
    ADD CONSTRAINT transfers_in_purpose_check CHECK (purpose = 'difference'),
    ADD CONSTRAINT transfers_in_state_check CHECK (state IN ('prepared', 'approved', 'refused')),
    ADD CONSTRAINT transfers_in_two_persons CHECK (decided_by <> prepared_by);
DROP TABLE payment_references;
