-- +goose Up
-- A piece of property is surveyed anew between sales: what the court said before stays. Inserts only.
CREATE TABLE asset_versions (
    asset_id   uuid NOT NULL REFERENCES assets (id),
    version    int NOT NULL CHECK (version > 0),
    -- docket.Asset as it stood until then.
    document   jsonb NOT NULL,
    revised_by uuid REFERENCES accounts (id),
    revised_at timestamptz NOT NULL,
    PRIMARY KEY (asset_id, version)
);

-- What the buyer found true or false of the announcement at the handing over. Inserts only; the reason alone is erased when R29 allows.
CREATE TABLE statement_marks (
    lot_id      uuid NOT NULL REFERENCES lots (id),
    -- statement.Statement.ID: the same fact has the same one in every version.
    statement   text NOT NULL CHECK (statement ~ '^[0-9a-f]{32}$'),
    text_hash   text NOT NULL,
    kind        text NOT NULL,
    court_id    uuid NOT NULL REFERENCES courts (id),
    -- Who found it out: a firm's or an authority's published name, empty for the court itself.
    surveyor_zh text NOT NULL,
    surveyor_en text NOT NULL,
    found_true  boolean NOT NULL,
    reason      text NOT NULL DEFAULT '',
    reason_hash text NOT NULL DEFAULT '',
    marked_by   uuid NOT NULL REFERENCES accounts (id),
    marked_at   timestamptz NOT NULL,
    PRIMARY KEY (lot_id, statement),
    CHECK (found_true OR reason_hash <> '')
);
CREATE INDEX statement_marks_surveyor ON statement_marks (court_id, surveyor_zh, found_true);

-- +goose StatementBegin
CREATE FUNCTION mark_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.reason = '' AND (to_jsonb(NEW) - 'reason') = (to_jsonb(OLD) - 'reason') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what a buyer marked stays' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER statement_marks_kept BEFORE UPDATE OR DELETE ON statement_marks FOR EACH ROW EXECUTE FUNCTION mark_is_kept();
CREATE CONSTRAINT TRIGGER statement_marks_on_the_trail AFTER INSERT ON statement_marks DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_the_trail();
CREATE TRIGGER asset_versions_kept BEFORE UPDATE OR DELETE ON asset_versions FOR EACH ROW EXECUTE FUNCTION trail_is_kept();

-- +goose Down
DROP TABLE statement_marks, asset_versions;
DROP FUNCTION mark_is_kept();
