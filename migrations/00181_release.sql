-- +goose Up
-- The enforcement against a property that waits for its next sale ended: the seizure is lifted with a published ground (R17w, R14s).
ALTER TABLE lots
    -- The seizure was lifted: no later sale of the property follows this one.
    ADD COLUMN released boolean NOT NULL DEFAULT false;
UPDATE lots SET released = true WHERE outcome = 'returned';
ALTER TABLE lots
    ADD CONSTRAINT lots_released CHECK (NOT released OR status = 'withdrawn' OR outcome IN ('returned', 'defaulted', 'set_aside')),
    ADD CONSTRAINT lots_returned_is_released CHECK (outcome IS DISTINCT FROM 'returned' OR released),
    ADD CONSTRAINT lots_released_is_not_sold_again CHECK (NOT (released AND (sold_again OR next_announced)));
ALTER TABLE lot_acts DROP CONSTRAINT lot_acts_kind_check;
ALTER TABLE lot_acts ADD CONSTRAINT lot_acts_kind_check CHECK (kind IN ('stayed', 'resumed', 'withdrawn', 'returned'));

-- +goose Down
-- Acts are kept: those of the new kind keep the old constraint from coming back.
ALTER TABLE lots DROP CONSTRAINT lots_released, DROP CONSTRAINT lots_returned_is_released, DROP CONSTRAINT lots_released_is_not_sold_again, DROP COLUMN released;
ALTER TABLE lot_acts DROP CONSTRAINT lot_acts_kind_check;
ALTER TABLE lot_acts ADD CONSTRAINT lot_acts_kind_check CHECK (kind IN ('stayed', 'resumed', 'withdrawn')) NOT VALID;
