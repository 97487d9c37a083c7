-- +goose Up
-- R20r: the way from the ruling to the handing over, step by step. What is settled stays as it is.
CREATE TABLE handover_steps (
    lot_id     uuid NOT NULL REFERENCES lots (id),
    step       text NOT NULL CHECK (step IN ('notice_to_vacate', 'deadline_to_vacate', 'inventory', 'clearing_decided', 'clearing_done',
                   'tenant_told', 'keys_handed_over', 'collection_offered', 'collection_booked', 'collected',
                   'register_notified', 'register_changed', 'record_signed')),
    -- Steps of a track follow one another; the last of the plan follows all.
    track      text NOT NULL CHECK (track IN ('premises', 'goods', 'register', 'record')),
    place      smallint NOT NULL,
    due_at     timestamptz NOT NULL,
    state      text NOT NULL CHECK (state IN ('owed', 'done', 'skipped', 'cancelled')),
    settled_at timestamptz,
    settled_by uuid REFERENCES accounts (id),
    late       boolean NOT NULL DEFAULT false,
    -- What came of it: left or stayed, for the deadline to vacate.
    outcome    text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'left', 'stayed')),
    -- The day until which the occupants have, set with the notice.
    until_at   timestamptz,
    reason_zh  text NOT NULL DEFAULT '',
    reason_en  text NOT NULL DEFAULT '',
    -- The court's own record (things left, who signed); it may name persons, so the log has its hash alone. Erased when R29 allows.
    note       text NOT NULL DEFAULT '',
    note_hash  text NOT NULL DEFAULT '',
    PRIMARY KEY (lot_id, step),
    UNIQUE (lot_id, place),
    CHECK ((state = 'owed') = (settled_at IS NULL)),
    CHECK (state <> 'skipped' OR reason_zh <> ''),
    CHECK (NOT late OR settled_at > due_at)
);

-- A correction never undoes a step: it is written beside it.
CREATE TABLE handover_notes (
    id       uuid PRIMARY KEY,
    lot_id   uuid NOT NULL,
    step     text NOT NULL,
    note     text NOT NULL,
    hash     text NOT NULL,
    made_by  uuid NOT NULL REFERENCES accounts (id),
    made_at  timestamptz NOT NULL,
    FOREIGN KEY (lot_id, step) REFERENCES handover_steps (lot_id, step)
);
CREATE INDEX handover_notes_lot ON handover_notes (lot_id, made_at);

-- Appointments at which goods can be fetched; the buyer takes one.
CREATE TABLE collection_slots (
    id        uuid PRIMARY KEY,
    lot_id    uuid NOT NULL REFERENCES lots (id),
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    place_zh  text NOT NULL,
    place_en  text NOT NULL,
    booked_at timestamptz,
    CHECK (ends_at > starts_at)
);
CREATE INDEX collection_slots_lot ON collection_slots (lot_id, starts_at);
CREATE UNIQUE INDEX collection_slots_booked ON collection_slots (lot_id) WHERE booked_at IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION handover_step_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'steps of a handing over are kept' USING ERRCODE = 'restrict_violation';
    END IF;
    -- Erasing the note of an old sale (R29) is the one change of a settled step; its hash stays.
    IF OLD.state <> 'owed' AND (to_jsonb(NEW) - 'note') IS DISTINCT FROM (to_jsonb(OLD) - 'note') THEN
        RAISE EXCEPTION 'a settled step is not undone' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'owed' AND NEW.note <> '' AND NEW.note <> OLD.note THEN
        RAISE EXCEPTION 'a settled step is not rewritten' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER handover_steps_kept BEFORE UPDATE OR DELETE ON handover_steps FOR EACH ROW EXECUTE FUNCTION handover_step_is_kept();
CREATE CONSTRAINT TRIGGER handover_steps_on_the_trail AFTER INSERT OR UPDATE ON handover_steps DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION on_the_trail();
CREATE CONSTRAINT TRIGGER handover_notes_on_the_trail AFTER INSERT ON handover_notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_the_trail();
CREATE CONSTRAINT TRIGGER collection_slots_on_the_trail AFTER INSERT OR UPDATE ON collection_slots DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION on_the_trail();

-- +goose Down
DROP TABLE collection_slots, handover_notes, handover_steps;
DROP FUNCTION handover_step_is_kept();
