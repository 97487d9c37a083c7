-- +goose Up
-- A foreign key is checked row by row, and locks the row that it finds: a write for each transfer, to a posting that nobody can take away. Postings
-- take inserts only, and from now on accounts keep their ids and stay, so it is enough to look, once for all rows of a statement. Each reference is
-- looked up by itself, LIMIT 1: a plan for all of them would be made while the tables are small, kept, and read the whole of them.
-- +goose StatementBegin
CREATE FUNCTION account_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a ledger account keeps its id, case, purpose and currency, and is never deleted' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_accounts_stay BEFORE DELETE OR TRUNCATE ON ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION account_stays();
CREATE TRIGGER ledger_accounts_named BEFORE UPDATE OF id, case_id, purpose, currency ON ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION account_stays();

-- +goose StatementBegin
CREATE FUNCTION transfers_refer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE lost uuid;
BEGIN
    SELECT t.id INTO lost FROM added t
        LEFT JOIN LATERAL (SELECT true AS found FROM postings WHERE id = t.posting_id LIMIT 1) p ON true
        LEFT JOIN LATERAL (SELECT true AS found FROM ledger_accounts WHERE id = t.debit_account LIMIT 1) d ON true
        LEFT JOIN LATERAL (SELECT true AS found FROM ledger_accounts WHERE id = t.credit_account LIMIT 1) c ON true
        WHERE p.found IS NULL OR d.found IS NULL OR c.found IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transfer % has no posting or no account', lost USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'transfers_refer';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER transfers_refer AFTER INSERT ON transfers REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION transfers_refer();
ALTER TABLE transfers DROP CONSTRAINT transfers_posting_id_fkey, DROP CONSTRAINT transfers_debit_account_fkey, DROP CONSTRAINT transfers_credit_account_fkey;

-- +goose Down
ALTER TABLE transfers ADD CONSTRAINT transfers_posting_id_fkey FOREIGN KEY (posting_id) REFERENCES postings (id),
    ADD CONSTRAINT transfers_debit_account_fkey FOREIGN KEY (debit_account) REFERENCES ledger_accounts (id),
    ADD CONSTRAINT transfers_credit_account_fkey FOREIGN KEY (credit_account) REFERENCES ledger_accounts (id);
DROP TRIGGER transfers_refer ON transfers;
DROP TRIGGER ledger_accounts_named ON ledger_accounts;
DROP TRIGGER ledger_accounts_stay ON ledger_accounts;
DROP FUNCTION transfers_refer, account_stays;
