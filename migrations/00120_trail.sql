-- +goose Up
-- R3: who did what on a case, when and on which ground. Inserts only.
CREATE TABLE trail (
    id             uuid PRIMARY KEY,
    case_id        uuid NOT NULL REFERENCES cases (id),
    lot_id         uuid REFERENCES lots (id),
    at             timestamptz NOT NULL,
    account_id     uuid REFERENCES accounts (id),
    role           text NOT NULL,
    act            text NOT NULL,
    rule           text NOT NULL DEFAULT '',
    ground         text NOT NULL DEFAULT '',
    reason_zh      text NOT NULL DEFAULT '',
    reason_en      text NOT NULL DEFAULT '',
    detail         jsonb NOT NULL DEFAULT '{}',
    public         boolean NOT NULL,
    -- A duty that was fulfilled late: by when it was due, who approved, why.
    due_at         timestamptz,
    superior_zh    text NOT NULL DEFAULT '',
    superior_en    text NOT NULL DEFAULT '',
    late_reason_zh text NOT NULL DEFAULT '',
    late_reason_en text NOT NULL DEFAULT '',
    -- The transaction of the act: what the triggers below look for.
    xact           xid8 NOT NULL DEFAULT pg_current_xact_id(),
    -- "at" may lie before it: an announcement in time of a sale that starts too late (R26).
    CHECK (due_at IS NULL OR (superior_zh <> '' AND late_reason_zh <> ''))
);
CREATE INDEX trail_case ON trail (case_id, at, id);
CREATE INDEX trail_lot ON trail (lot_id, xact);
CREATE INDEX trail_late ON trail (at DESC, id DESC) WHERE due_at IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION trail_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the trail takes inserts only' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER trail_inserts_only BEFORE UPDATE OR DELETE ON trail FOR EACH ROW EXECUTE FUNCTION trail_is_kept();

-- Nothing is done off the trail: a change of these rows commits only with a step of the same transaction on the same lot.
-- +goose StatementBegin
CREATE FUNCTION on_the_trail() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lot uuid := CASE TG_TABLE_NAME WHEN 'lots' THEN (to_jsonb(NEW) ->> 'id')::uuid ELSE (to_jsonb(NEW) ->> 'lot_id')::uuid END;
BEGIN
    IF NOT EXISTS (SELECT FROM trail t WHERE t.lot_id = lot AND t.xact = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'a change of % for lot % has no step on the trail', TG_TABLE_NAME, lot
            USING ERRCODE = 'check_violation', CONSTRAINT = 'on_the_trail';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER lots_on_the_trail AFTER UPDATE OF status, outcome ON lots DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.outcome IS DISTINCT FROM NEW.outcome) EXECUTE FUNCTION on_the_trail();
CREATE CONSTRAINT TRIGGER votes_on_the_trail AFTER INSERT ON votes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_the_trail();
CREATE CONSTRAINT TRIGGER announcements_on_the_trail AFTER INSERT ON announcements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_the_trail();
CREATE CONSTRAINT TRIGGER lot_acts_on_the_trail AFTER INSERT ON lot_acts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_the_trail();
CREATE CONSTRAINT TRIGGER standings_on_the_trail AFTER INSERT OR UPDATE ON standings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_the_trail();
CREATE CONSTRAINT TRIGGER confirmations_on_the_trail AFTER INSERT ON confirmations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_the_trail();
CREATE CONSTRAINT TRIGGER rulings_on_the_trail AFTER INSERT OR UPDATE ON rulings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_the_trail();

-- +goose Down
DROP TRIGGER rulings_on_the_trail ON rulings;
DROP TRIGGER confirmations_on_the_trail ON confirmations;
DROP TRIGGER standings_on_the_trail ON standings;
DROP TRIGGER lot_acts_on_the_trail ON lot_acts;
DROP TRIGGER announcements_on_the_trail ON announcements;
DROP TRIGGER votes_on_the_trail ON votes;
DROP TRIGGER lots_on_the_trail ON lots;
DROP FUNCTION on_the_trail();
DROP TABLE trail;
DROP FUNCTION trail_is_kept();
