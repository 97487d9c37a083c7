-- +goose Up
-- R16d, R24r, R31: a creditor takes an unsold lot for the debt, it goes back to the debtor, a sale is set aside.
ALTER TABLE lots DROP CONSTRAINT lots_outcome_check;
ALTER TABLE lots ADD CONSTRAINT lots_outcome_check
    CHECK (outcome IN ('sold', 'unsold', 'paid', 'taken', 'ruled', 'defaulted', 'returned', 'set_aside'));
ALTER TABLE lots
    -- The ground of a withdrawal or of setting aside leaves the seizure as it is: the property is sold again.
    ADD COLUMN sold_again boolean NOT NULL DEFAULT false,
    -- A later sale of the property took over what this one owed.
    ADD COLUMN next_announced boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT lots_sold_again CHECK (NOT sold_again OR status = 'withdrawn' OR outcome = 'set_aside'),
    ADD CONSTRAINT lots_taken_has_price CHECK (outcome IS DISTINCT FROM 'taken' OR price_fen IS NOT NULL),
    ADD CONSTRAINT lots_returned_has_none CHECK (outcome IS DISTINCT FROM 'returned' OR price_fen IS NULL);

-- +goose Down
ALTER TABLE lots DROP CONSTRAINT lots_sold_again, DROP CONSTRAINT lots_taken_has_price, DROP CONSTRAINT lots_returned_has_none,
    DROP COLUMN sold_again, DROP COLUMN next_announced;
ALTER TABLE lots DROP CONSTRAINT lots_outcome_check;
ALTER TABLE lots ADD CONSTRAINT lots_outcome_check CHECK (outcome IN ('sold', 'unsold', 'paid', 'ruled', 'defaulted'));
