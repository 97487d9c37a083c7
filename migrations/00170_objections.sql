-- +goose Up
-- R31: objections, lodged on the platform. Who objects and what they write stays with the court; the log has its hash.
CREATE TABLE objections (
    id         uuid PRIMARY KEY,
    lot_id     uuid NOT NULL REFERENCES lots (id),
    account_id uuid NOT NULL REFERENCES accounts (id),
    capacity   text NOT NULL CHECK (capacity IN ('party', 'priority_purchaser', 'bidder', 'third_party')),
    kind       text NOT NULL CHECK (kind IN ('conduct', 'claim', 'set_aside')),
    -- One of OJA 31's six, for set_aside alone.
    ground     text NOT NULL DEFAULT '' CHECK (ground IN ('', 'untrue_statement', 'system_fault', 'collusion', 'unqualified_buyer', 'unequal_terms', 'serious_breach')),
    body       text NOT NULL CHECK (body <> ''),
    text_hash  text NOT NULL CHECK (text_hash ~ '^[0-9a-f]{64}$'),
    -- objection.Next says who moves it and when.
    state      text NOT NULL CHECK (state IN ('lodged', 'under_review', 'founded', 'unfounded', 'withdrawn')),
    lodged_at  timestamptz NOT NULL,
    due_at     timestamptz NOT NULL CHECK (due_at > lodged_at),
    -- A third person's claim: its prima facie proof was accepted, and the lot stands still.
    accepted_at timestamptz,
    decided_at timestamptz,
    reason_zh  text NOT NULL DEFAULT '',
    reason_en  text NOT NULL DEFAULT '',
    -- A third person claims the property, and only a third person does (OJA 36).
    CHECK ((kind = 'claim') = (capacity = 'third_party')),
    CHECK ((kind = 'set_aside') = (ground <> '')),
    CHECK (state <> 'lodged' OR accepted_at IS NULL),
    CHECK (state <> 'under_review' OR accepted_at IS NOT NULL),
    CHECK ((state IN ('founded', 'unfounded', 'withdrawn')) = (decided_at IS NOT NULL)),
    CHECK (state NOT IN ('founded', 'unfounded') OR (reason_zh <> '' AND reason_en <> ''))
);
CREATE INDEX objections_lot ON objections (lot_id, lodged_at, id);
CREATE INDEX objections_account ON objections (account_id, lodged_at DESC, id DESC);
CREATE CONSTRAINT TRIGGER objections_on_the_trail AFTER INSERT OR UPDATE ON objections DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION on_the_trail();

-- +goose Down
DROP TABLE objections;
