-- +goose Up
-- R12e (Fa Shi (2021) No. 20, art. 15 para. 3): the buyer of equity bid though knowing that the qualification or condition was not met, and did
-- not get the approval; then the deposit does not go back.
ALTER TABLE eligibility_checks ADD COLUMN knew boolean NOT NULL DEFAULT false, ADD CONSTRAINT eligibility_checks_knew CHECK (NOT (knew AND qualified));
ALTER TABLE settings_aside ADD COLUMN kept_fen bigint NOT NULL DEFAULT 0
    CHECK (kept_fen = 0 OR (kept_fen BETWEEN 1 AND 9007199254740991 AND ground = 'unqualified_buyer'));

-- +goose Down
ALTER TABLE settings_aside DROP COLUMN kept_fen;
ALTER TABLE eligibility_checks DROP CONSTRAINT eligibility_checks_knew, DROP COLUMN knew;
