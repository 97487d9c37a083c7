-- +goose Up
-- Maximum bids, where the lot's announcement offers them: what bidders set and withdrew, and the bids that the course placed itself.

-- An automatic bid has no request, and no key.
ALTER TABLE bids ADD COLUMN automatic boolean NOT NULL DEFAULT false;
ALTER TABLE bids ALTER COLUMN idempotency_key DROP NOT NULL;
ALTER TABLE bids ADD CONSTRAINT bids_keyed CHECK (automatic = (idempotency_key IS NULL));

-- One row for each event maximum or maximum_withdrawn, inserts only. How high a maximum is stands sealed under the lot's key until
-- the close opens it in the log; a withdrawal has neither seal nor commitment.
CREATE TABLE maxima (
    lot_id          uuid NOT NULL,
    seq             bigint NOT NULL,
    bidder_code     text NOT NULL,
    idempotency_key text NOT NULL,
    accepted_at     timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    -- SHA-256 as course.Commit makes it, in hex.
    commitment      text CHECK (commitment ~ '^[0-9a-f]{64}$'),
    -- Amount and salt, with nonce and tag.
    sealed          bytea CHECK (octet_length(sealed) = 69),
    PRIMARY KEY (lot_id, seq),
    UNIQUE (lot_id, bidder_code, idempotency_key),
    FOREIGN KEY (lot_id, seq) REFERENCES course_events (lot_id, seq),
    CHECK ((commitment IS NULL) = (sealed IS NULL))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON maxima
    FOR EACH STATEMENT EXECUTE FUNCTION course_is_append_only();

-- +goose StatementBegin
CREATE FUNCTION refuse_maximum_not_offered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM lots WHERE id = NEW.lot_id AND (document->>'maximum_bids')::boolean) THEN
        RAISE EXCEPTION 'lot % offers no maximum bids', NEW.lot_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER offered BEFORE INSERT ON maxima FOR EACH ROW EXECUTE FUNCTION refuse_maximum_not_offered();

-- +goose Down
DROP TABLE maxima;
DROP FUNCTION refuse_maximum_not_offered;
ALTER TABLE bids DROP CONSTRAINT bids_keyed;
ALTER TABLE bids DISABLE TRIGGER append_only;
UPDATE bids SET idempotency_key = 'automatic ' || seq WHERE idempotency_key IS NULL;
ALTER TABLE bids ENABLE TRIGGER append_only;
ALTER TABLE bids ALTER COLUMN idempotency_key SET NOT NULL, DROP COLUMN automatic;
