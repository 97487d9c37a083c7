-- +goose Up
-- R31: the court's ruling that sets a sale aside, with what goes back.
CREATE TABLE settings_aside (
    lot_id       uuid PRIMARY KEY REFERENCES lots (id),
    ground       text NOT NULL CHECK (ground IN ('untrue_statement', 'system_fault', 'collusion', 'unqualified_buyer', 'unequal_terms', 'serious_breach')),
    -- The founded objection, or the order of a superior court, or neither: the court found the buyer not qualified (R17h).
    objection_id uuid REFERENCES objections (id),
    order_zh     text NOT NULL DEFAULT '',
    order_en     text NOT NULL DEFAULT '',
    reason_zh    text NOT NULL CHECK (reason_zh <> ''),
    reason_en    text NOT NULL CHECK (reason_en <> ''),
    sold_again   boolean NOT NULL,
    -- Owed back to the buyer; what of it was paid out before, and is claimed back.
    reversed_fen    bigint NOT NULL CHECK (reversed_fen BETWEEN 0 AND 9007199254740991),
    recoverable_fen bigint NOT NULL CHECK (recoverable_fen BETWEEN 0 AND reversed_fen),
    set_aside_by uuid NOT NULL REFERENCES accounts (id),
    set_aside_at timestamptz NOT NULL,
    CHECK ((order_zh = '') = (order_en = '')),
    CHECK ((objection_id IS NOT NULL)::int + (order_zh <> '')::int = 1 OR (objection_id IS NULL AND order_zh = '' AND ground = 'unqualified_buyer'))
);
CREATE TRIGGER settings_aside_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON settings_aside
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER settings_aside_on_the_trail AFTER INSERT ON settings_aside DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION on_the_trail();

-- A balance whose sale was set aside: all of it goes back, out of escrow.
ALTER TABLE balances DROP CONSTRAINT balances_state_check;
ALTER TABLE balances ADD CONSTRAINT balances_state_check CHECK (state IN ('open', 'paid', 'defaulted', 'reversed'));

-- What payees owe back after a setting aside: it grows by debits and is never above zero.
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_purpose_check, DROP CONSTRAINT ledger_accounts_check1;
ALTER TABLE ledger_accounts
    ADD CONSTRAINT ledger_accounts_purpose_check CHECK (purpose IN ('clearing', 'escrow', 'proceeds', 'forfeits', 'costs', 'paid_out', 'recoverable')),
    ADD CONSTRAINT ledger_accounts_limit CHECK (purpose = 'clearing' OR (purpose = 'recoverable' AND balance_fen <= 0) OR (purpose <> 'recoverable' AND balance_fen >= 0));

-- A use of a forfeit is reversed when the sale that it was reckoned from is set aside; then the deposit may be used anew.
DROP TRIGGER forfeit_uses_inserts_only ON forfeit_uses;
ALTER TABLE forfeit_uses ADD COLUMN id uuid, ADD COLUMN reversed_at timestamptz;
-- Their postings refer to the deposit.
UPDATE forfeit_uses SET id = deposit_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE forfeit_uses ALTER COLUMN id SET DEFAULT gen_random_uuid();
ALTER TABLE forfeit_uses DROP CONSTRAINT forfeit_uses_pkey, ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX forfeit_uses_once ON forfeit_uses (deposit_id) WHERE reversed_at IS NULL;
CREATE INDEX forfeit_uses_re_sale ON forfeit_uses (re_sale_id);
-- +goose StatementBegin
CREATE FUNCTION forfeit_use_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.reversed_at IS NULL AND NEW.reversed_at IS NOT NULL
        AND to_jsonb(OLD) - 'reversed_at' = to_jsonb(NEW) - 'reversed_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a use of a forfeit is never changed or deleted; reverse it' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER forfeit_uses_kept BEFORE UPDATE OR DELETE ON forfeit_uses FOR EACH ROW EXECUTE FUNCTION forfeit_use_is_kept();
CREATE TRIGGER forfeit_uses_no_truncate BEFORE TRUNCATE ON forfeit_uses FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TRIGGER forfeit_uses_no_truncate ON forfeit_uses;
DROP TRIGGER forfeit_uses_kept ON forfeit_uses;
DROP FUNCTION forfeit_use_is_kept();
DROP INDEX forfeit_uses_once, forfeit_uses_re_sale;
ALTER TABLE forfeit_uses DROP CONSTRAINT forfeit_uses_pkey, DROP COLUMN id, DROP COLUMN reversed_at, ADD PRIMARY KEY (deposit_id);
CREATE TRIGGER forfeit_uses_inserts_only BEFORE UPDATE OR DELETE OR TRUNCATE ON forfeit_uses
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_purpose_check, DROP CONSTRAINT ledger_accounts_limit;
ALTER TABLE ledger_accounts
    ADD CONSTRAINT ledger_accounts_purpose_check CHECK (purpose IN ('clearing', 'escrow', 'proceeds', 'forfeits', 'costs', 'paid_out')),
    ADD CONSTRAINT ledger_accounts_check1 CHECK (purpose = 'clearing' OR balance_fen >= 0);
ALTER TABLE balances DROP CONSTRAINT balances_state_check;
ALTER TABLE balances ADD CONSTRAINT balances_state_check CHECK (state IN ('open', 'paid', 'defaulted'));
DROP TABLE settings_aside;
