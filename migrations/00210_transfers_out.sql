-- +goose Up
-- Money that goes back by hand (R23, R31): a refund that the provider could not make, a difference whose taking was set aside. One person of
-- finance enters the court's transfer, another approves it (F5).
CREATE TABLE transfers_out (
    id       uuid PRIMARY KEY,
    court_id uuid NOT NULL REFERENCES courts (id),
    case_id  uuid NOT NULL REFERENCES cases (id),
    lot_id   uuid NOT NULL REFERENCES lots (id),
    -- What it gives back: one of the two.
    refund_id      uuid REFERENCES refunds (id),
    transfer_in_id uuid REFERENCES transfers_in (id),
    amount_fen bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 9007199254740991),
    -- Whose account it goes to, by name and number. Personal data: for the court's finance office alone.
    payee text NOT NULL CHECK (payee <> ''),
    -- The court's bank's own reference.
    bank_reference text NOT NULL CHECK (bank_reference <> ''),
    -- payments.NextEntry: prepared -> approved | refused (by another person) | withdrawn (by who entered it)
    state       text NOT NULL CHECK (state IN ('prepared', 'approved', 'refused', 'withdrawn')),
    prepared_by uuid NOT NULL REFERENCES accounts (id),
    prepared_at timestamptz NOT NULL,
    decided_by  uuid REFERENCES accounts (id),
    decided_at  timestamptz,
    reason      text NOT NULL DEFAULT '',
    CHECK (num_nonnulls(refund_id, transfer_in_id) = 1),
    CHECK ((state = 'prepared') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    -- F5: who prepares never approves, and nobody else withdraws.
    CONSTRAINT transfers_out_two_persons CHECK ((state = 'withdrawn') = (decided_by IS NOT DISTINCT FROM prepared_by)),
    CHECK (state <> 'refused' OR reason <> '')
);
CREATE UNIQUE INDEX transfers_out_refund ON transfers_out (refund_id) WHERE state IN ('prepared', 'approved');
CREATE UNIQUE INDEX transfers_out_transfer_in ON transfers_out (transfer_in_id) WHERE state IN ('prepared', 'approved');
CREATE UNIQUE INDEX transfers_out_reference ON transfers_out (court_id, bank_reference) WHERE state IN ('prepared', 'approved');
CREATE INDEX transfers_out_of ON transfers_out (coalesce(refund_id, transfer_in_id), prepared_at DESC, id DESC);

-- What was entered is never changed, and decided once.
-- +goose StatementBegin
CREATE FUNCTION transfer_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'prepared' OR to_jsonb(NEW) - ARRAY['state', 'decided_by', 'decided_at', 'reason'] <> to_jsonb(OLD) - ARRAY['state', 'decided_by', 'decided_at', 'reason'] THEN
        RAISE EXCEPTION 'an entry in % is decided once and otherwise never changed', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER transfers_out_once BEFORE UPDATE ON transfers_out FOR EACH ROW EXECUTE FUNCTION transfer_is_decided_once();
CREATE TRIGGER transfers_out_kept BEFORE DELETE OR TRUNCATE ON transfers_out FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- transferred: given back by a transfer of the court. Final, whatever the provider says later.
ALTER TABLE refunds DROP CONSTRAINT refunds_state_check, DROP CONSTRAINT refunds_check, DROP CONSTRAINT refunds_check1;
ALTER TABLE refunds
    ADD CONSTRAINT refunds_state CHECK (state IN ('owed', 'asked', 'done', 'failed', 'transferred')),
    ADD CONSTRAINT refunds_asked CHECK (state IN ('owed', 'failed', 'transferred') OR (asked_at IS NOT NULL AND provider_id IS NOT NULL)),
    ADD CONSTRAINT refunds_done CHECK ((state IN ('done', 'transferred')) = (done_at IS NOT NULL));

-- +goose Down
ALTER TABLE refunds DROP CONSTRAINT refunds_state, DROP CONSTRAINT refunds_asked, DROP CONSTRAINT refunds_done;
ALTER TABLE refunds
    ADD CONSTRAINT refunds_state_check CHECK (state IN ('owed', 'asked', 'done', 'failed')),
    ADD CONSTRAINT refunds_check CHECK (state IN ('owed', 'failed') OR (asked_at IS NOT NULL AND provider_id IS NOT NULL)),
    ADD CONSTRAINT refunds_check1 CHECK ((state = 'done') = (done_at IS NOT NULL));
DROP TABLE transfers_out;
DROP FUNCTION transfer_is_decided_once;
