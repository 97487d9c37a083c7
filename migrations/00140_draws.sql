-- +goose Up
-- R16d, R10p: draws between equals. drawing.Service says who moves a draw and when: listed -> opened -> drawn.
CREATE TABLE draws (
    id          uuid PRIMARY KEY,
    purpose     text NOT NULL CHECK (purpose IN ('takers', 'appraisers')),
    case_id     uuid NOT NULL REFERENCES cases (id),
    -- Creditors of one rank for a lot, or firms for a piece of property.
    lot_id      uuid REFERENCES lots (id),
    rank        int CHECK (rank >= 1),
    asset_id    uuid REFERENCES assets (id),
    -- draw.SetHash of the candidates.
    set_hash    text NOT NULL CHECK (set_hash ~ '^[0-9a-f]{64}$'),
    -- A further draw of firms for the same property: the one before, and why.
    previous_id uuid UNIQUE REFERENCES draws (id),
    reason_zh   text NOT NULL DEFAULT '',
    reason_en   text NOT NULL DEFAULT '',
    listed_by   uuid NOT NULL REFERENCES accounts (id),
    listed_at   timestamptz NOT NULL,
    opens_at    timestamptz NOT NULL CHECK (opens_at >= listed_at + interval '10 minutes'),
    -- Secret until it is opened; the list in the log commits to it.
    nonce       bytea NOT NULL CHECK (octet_length(nonce) = 32),
    commitment  text NOT NULL CHECK (commitment ~ '^[0-9a-f]{64}$'),
    -- The log's entries of the list, of the opening and of the draw.
    list_entry  uuid NOT NULL UNIQUE,
    open_entry  uuid UNIQUE,
    made_entry  uuid UNIQUE,
    state       text NOT NULL CHECK (state IN ('listed', 'opened', 'drawn')),
    opened_at   timestamptz CHECK (opened_at >= opens_at),
    -- The size of the tree that ends with the opening, and its root: the value.
    size        bigint CHECK (size >= 2),
    root        bytea CHECK (octet_length(root) = 32),
    drawn_at    timestamptz,
    CHECK ((purpose = 'takers') = (lot_id IS NOT NULL AND rank IS NOT NULL AND asset_id IS NULL)),
    CHECK ((purpose = 'appraisers') = (lot_id IS NULL AND rank IS NULL AND asset_id IS NOT NULL)),
    CHECK (previous_id IS NULL OR (purpose = 'appraisers' AND reason_zh <> '' AND reason_en <> '')),
    CHECK ((state <> 'listed') = (opened_at IS NOT NULL AND open_entry IS NOT NULL)),
    CHECK ((state = 'drawn') = (drawn_at IS NOT NULL AND size IS NOT NULL AND root IS NOT NULL AND made_entry IS NOT NULL))
);
-- No drawing until one likes the result.
CREATE UNIQUE INDEX draws_takers_once ON draws (lot_id, rank) WHERE purpose = 'takers';
CREATE UNIQUE INDEX draws_firms_once ON draws (asset_id, set_hash) WHERE purpose = 'appraisers';
CREATE UNIQUE INDEX draws_firms_first ON draws (asset_id) WHERE purpose = 'appraisers' AND previous_id IS NULL;
CREATE UNIQUE INDEX draws_firms_open ON draws (asset_id) WHERE purpose = 'appraisers' AND state <> 'drawn';
CREATE INDEX draws_case ON draws (case_id, listed_at, id);

CREATE TABLE draw_candidates (
    draw_id   uuid NOT NULL REFERENCES draws (id),
    candidate uuid NOT NULL,
    -- A creditor is its offer's number among the lot's, a firm its name.
    no        int CHECK (no >= 1),
    firm_zh   text NOT NULL DEFAULT '',
    firm_en   text NOT NULL DEFAULT '',
    -- From 1, once it is drawn.
    place     int CHECK (place >= 1),
    PRIMARY KEY (draw_id, candidate),
    UNIQUE (draw_id, place),
    CHECK ((no IS NULL) = (firm_zh <> '' AND firm_en <> ''))
);

-- A list never changes, and a draw is made once.
-- +goose StatementBegin
CREATE FUNCTION draw_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF TG_TABLE_NAME = 'draw_candidates' AND to_jsonb(OLD) ->> 'place' IS NULL AND to_jsonb(OLD) - 'place' = to_jsonb(NEW) - 'place' THEN
            RETURN NEW;
        END IF;
        IF TG_TABLE_NAME = 'draws'
            AND to_jsonb(OLD) - ARRAY['state', 'opened_at', 'open_entry', 'size', 'root', 'made_entry', 'drawn_at']
              = to_jsonb(NEW) - ARRAY['state', 'opened_at', 'open_entry', 'size', 'root', 'made_entry', 'drawn_at']
            AND ((to_jsonb(OLD) ->> 'state' = 'listed' AND to_jsonb(NEW) ->> 'state' = 'opened')
              OR (to_jsonb(OLD) ->> 'state' = 'opened' AND to_jsonb(NEW) ->> 'state' = 'drawn'
                  AND to_jsonb(OLD) ->> 'open_entry' = to_jsonb(NEW) ->> 'open_entry')) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a draw is never changed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'draw_is_kept';
END $$;
CREATE FUNCTION draw_on_the_trail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM trail t WHERE t.case_id = NEW.case_id AND t.xact = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'a change of draw % has no step on the trail', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'on_the_trail';
    END IF;
    RETURN NULL;
END $$;
-- Who comes after the list joins no draw of its rank; the lot's row is held by both.
CREATE FUNCTION offer_joins_no_draw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM draws d WHERE d.lot_id = NEW.lot_id AND d.rank = NEW.rank) THEN
        RAISE EXCEPTION 'the offers of rank % for lot % are listed for a draw', NEW.rank, NEW.lot_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_joins_no_draw';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER draws_kept BEFORE UPDATE OR DELETE ON draws FOR EACH ROW EXECUTE FUNCTION draw_is_kept();
CREATE TRIGGER draw_candidates_kept BEFORE UPDATE OR DELETE ON draw_candidates FOR EACH ROW EXECUTE FUNCTION draw_is_kept();
CREATE CONSTRAINT TRIGGER draws_on_the_trail AFTER INSERT OR UPDATE ON draws DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION draw_on_the_trail();
CREATE TRIGGER taking_offers_join_no_draw BEFORE INSERT ON taking_offers FOR EACH ROW EXECUTE FUNCTION offer_joins_no_draw();
ALTER TABLE takings ADD CONSTRAINT takings_draw FOREIGN KEY (draw_id) REFERENCES draws (id);

-- +goose Down
ALTER TABLE takings DROP CONSTRAINT takings_draw;
DROP TRIGGER taking_offers_join_no_draw ON taking_offers;
DROP FUNCTION offer_joins_no_draw();
DROP TABLE draw_candidates, draws;
DROP FUNCTION draw_on_the_trail();
DROP FUNCTION draw_is_kept();
