-- +goose Up
-- Money that the provider booked and that the house knows nothing of lies in suspense: like clearing it has no case, and unlike
-- clearing a limit. What moves between the two has no case either.
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_purpose_check, DROP CONSTRAINT ledger_accounts_check;
ALTER TABLE ledger_accounts
    ADD CONSTRAINT ledger_accounts_purpose_check CHECK (purpose IN ('clearing', 'suspense', 'escrow', 'proceeds', 'forfeits', 'costs', 'paid_out', 'recoverable')),
    ADD CONSTRAINT ledger_accounts_case CHECK ((purpose IN ('clearing', 'suspense')) = (case_id IS NULL));
ALTER TABLE postings ALTER COLUMN case_id DROP NOT NULL;
ALTER TABLE postings ADD CONSTRAINT postings_case CHECK ((case_id IS NULL) = (kind IN ('unknown_received', 'unknown_returned', 'unknown_return_failed')));
-- Reconciliation asks what was posted for a payment or a refund.
CREATE INDEX postings_reference ON postings (reference);

-- +goose Down
DROP INDEX postings_reference;
ALTER TABLE postings DROP CONSTRAINT postings_case;
ALTER TABLE postings ALTER COLUMN case_id SET NOT NULL;
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_purpose_check, DROP CONSTRAINT ledger_accounts_case;
ALTER TABLE ledger_accounts
    ADD CONSTRAINT ledger_accounts_purpose_check CHECK (purpose IN ('clearing', 'escrow', 'proceeds', 'forfeits', 'costs', 'paid_out', 'recoverable')),
    ADD CONSTRAINT ledger_accounts_check CHECK ((purpose = 'clearing') = (case_id IS NULL));
