-- +goose Up
-- Papers of a sale beside the announcement and the confirmation. Inserts only; their hash is in the log (paper.made).
CREATE TABLE papers (
    id       uuid PRIMARY KEY,
    lot_id   uuid NOT NULL REFERENCES lots (id),
    case_id  uuid NOT NULL REFERENCES cases (id),
    kind     text NOT NULL,
    -- The form in which it is written: papers.TemplateVersion of its day.
    template int NOT NULL CHECK (template >= 1),
    audience text NOT NULL CHECK (audience IN ('public', 'court', 'buyer')),
    -- papers.Paper, byte for byte what hash was taken of (json, not jsonb).
    document json NOT NULL,
    hash     text NOT NULL,
    -- The entry that fixes the hash.
    entry_id uuid NOT NULL,
    made_by  uuid REFERENCES accounts (id),
    made_at  timestamptz NOT NULL
);
CREATE INDEX papers_lot ON papers (lot_id, made_at, id);
-- +goose StatementBegin
CREATE FUNCTION papers_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'papers take inserts only' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER papers_inserts_only BEFORE UPDATE OR DELETE ON papers FOR EACH ROW EXECUTE FUNCTION papers_are_kept();
CREATE CONSTRAINT TRIGGER papers_on_the_trail AFTER INSERT ON papers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_the_trail();

-- +goose Down
DROP TABLE papers;
DROP FUNCTION papers_are_kept();
