-- +goose Up
-- R16d: creditors who would take an unsold property for the debt, as they answered the court.
CREATE TABLE taking_offers (
    id          uuid PRIMARY KEY,
    lot_id      uuid NOT NULL REFERENCES lots (id),
    -- By role ("首查封债权人"), never a natural person's name.
    creditor_zh text NOT NULL CHECK (creditor_zh <> ''),
    creditor_en text NOT NULL CHECK (creditor_en <> ''),
    -- 1 is the best.
    rank        int NOT NULL CHECK (rank >= 1),
    claim_fen   bigint NOT NULL CHECK (claim_fen BETWEEN 1 AND 9007199254740991),
    recorded_by uuid NOT NULL REFERENCES accounts (id),
    recorded_at timestamptz NOT NULL
);
CREATE INDEX taking_offers_lot ON taking_offers (lot_id, rank, id);

CREATE TABLE takings (
    lot_id         uuid PRIMARY KEY REFERENCES lots (id),
    offer_id       uuid NOT NULL REFERENCES taking_offers (id),
    -- The reserve price of the sale that failed, and what it exceeds the claim by.
    price_fen      bigint NOT NULL CHECK (price_fen > 0),
    claim_fen      bigint NOT NULL CHECK (claim_fen > 0),
    difference_fen bigint NOT NULL CHECK (difference_fen = greatest(price_fen - claim_fen, 0)),
    -- The draw that decided between equal ranks.
    draw_id        uuid,
    taken_at       timestamptz NOT NULL,
    difference_paid_at timestamptz,
    CHECK (difference_fen > 0 OR difference_paid_at IS NULL)
);
CREATE CONSTRAINT TRIGGER takings_on_the_trail AFTER INSERT OR UPDATE ON takings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_the_trail();

-- R14s: the debtor agrees that every lot is sold although some brought enough.
ALTER TABLE cases ADD COLUMN debtor_agreed_at timestamptz;

-- +goose Down
ALTER TABLE cases DROP COLUMN debtor_agreed_at;
DROP TABLE takings, taking_offers;
