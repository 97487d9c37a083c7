-- +goose Up
-- R16: how each party and each known priority purchaser was told of a sale, or waived, or is named here because it cannot be
-- told. Inserts only; the newest of a role and number stands. The parties' names are the case's, not kept again.
CREATE TABLE notices (
    id           uuid PRIMARY KEY,
    lot_id       uuid NOT NULL REFERENCES lots (id),
    role         text NOT NULL CHECK (role IN ('applicant', 'debtor', 'co_owner', 'security_holder', 'priority', 'company', 'other')),
    no           integer NOT NULL CHECK (no >= 1),
    outcome      text NOT NULL CHECK (outcome IN ('served', 'unreachable', 'waived')),
    way          text NOT NULL CHECK (way IN ('in_person', 'left', 'post', 'electronic', 'entrusted', '')),
    sent_at      timestamptz,
    served_at    timestamptz,
    -- SHA-256, in hex, of what proves it, which stays with the court, and what that is.
    proof        text NOT NULL CHECK (proof ~ '^([0-9a-f]{64})?$'),
    proof_zh     text NOT NULL DEFAULT '',
    proof_en     text NOT NULL DEFAULT '',
    reason_zh    text NOT NULL DEFAULT '',
    reason_en    text NOT NULL DEFAULT '',
    published_at timestamptz,
    recorded_by  uuid NOT NULL REFERENCES accounts (id),
    recorded_at  timestamptz NOT NULL,
    CHECK ((outcome = 'served') = (served_at IS NOT NULL)),
    CHECK ((outcome = 'served') = (way <> '')),
    CHECK ((outcome = 'unreachable') = (published_at IS NOT NULL)),
    CHECK (outcome <> 'unreachable' OR (reason_zh <> '' AND reason_en <> '')),
    CHECK (outcome = 'unreachable' OR proof <> ''),
    CHECK (sent_at <= served_at),
    CHECK (served_at <= recorded_at)
);
CREATE INDEX notices_lot ON notices (lot_id, recorded_at, id);
CREATE INDEX notices_published ON notices (published_at DESC, id DESC) WHERE published_at IS NOT NULL;
CREATE CONSTRAINT TRIGGER notices_on_the_trail AFTER INSERT ON notices DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION on_the_trail();
CREATE TRIGGER notices_inserts_only BEFORE UPDATE OR DELETE ON notices FOR EACH ROW EXECUTE FUNCTION trail_is_kept();

-- +goose Down
DROP TABLE notices;
