-- +goose Up
-- R29: names in papers of the court and the buyer go with the rest after ten years; their hash and their entry stay.
ALTER TABLE papers ADD COLUMN erased_at timestamptz, ADD CONSTRAINT papers_erased CHECK (erased_at IS NULL OR audience <> 'public');
CREATE INDEX papers_case ON papers (case_id, made_at, id);
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION papers_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
        AND to_jsonb(NEW) - 'document' - 'erased_at' = to_jsonb(OLD) - 'document' - 'erased_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'papers take inserts only' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

-- Every paper that can be printed. The announcement and the confirmation keep their tables; each goes by the id of the entry that
-- fixes its hash; one without an entry is none. When a confirmation is erased is a column of a later migration, so it is read as JSON.
CREATE VIEW sheets AS
    SELECT p.id, p.lot_id, p.case_id, p.kind, p.template, p.audience, p.hash, p.entry_id, p.made_at, p.document, p.erased_at FROM papers p
UNION ALL
    SELECT e.id, a.lot_id, l.case_id, 'announcement', 1, 'public', a.hash, e.id, a.published_at, a.document, NULL
    FROM announcements a JOIN lots l ON l.id = a.lot_id JOIN entries e ON e.lot_id = a.lot_id AND e.seq IS NULL AND e.kind = 'lot.announced'
UNION ALL
    SELECT e.id, c.lot_id, l.case_id, 'confirmation', 1, 'public', c.hash, e.id, c.confirmed_at, c.document, (to_jsonb(c) ->> 'erased_at')::timestamptz
    FROM confirmations c JOIN lots l ON l.id = c.lot_id JOIN entries e ON e.lot_id = c.lot_id AND e.seq IS NULL AND e.kind = 'confirmation';

-- +goose Down
DROP VIEW sheets;
DROP INDEX papers_case;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION papers_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'papers take inserts only' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
ALTER TABLE papers DROP CONSTRAINT papers_erased, DROP COLUMN erased_at;
