-- +goose Up
-- R10p: how the reference price of a piece of property is fixed (Fa Shi (2018) No. 15), and R12e's way without appraisal.
CREATE TABLE price_determinations (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases (id),
    asset_id    uuid NOT NULL REFERENCES assets (id),
    -- open -> fixed -> withdrawn (art. 25), or open -> withdrawn (art. 29). A new one may begin once no price stands.
    state       text NOT NULL CHECK (state IN ('open', 'fixed', 'withdrawn')),
    started_at  timestamptz NOT NULL,
    -- What came of it, set once with fixed_at.
    origin      text CHECK (origin IN ('agreed', 'authority', 'online_inquiry', 'appraisal', 'costs')),
    price_fen   bigint CHECK (price_fen BETWEEN 0 AND 9007199254740991),
    -- Sum and number of the amounts that price_fen is the mean of: nothing of a fen is lost unseen.
    sum_fen     bigint CHECK (sum_fen BETWEEN 0 AND 9007199254740991),
    amounts     smallint CHECK (amounts >= 0),
    valued_on   date,
    -- The last valid day.
    valid_until date,
    -- SHA-256 of the parties' writing where they agreed, of the applicant's application where the costs are taken.
    paper_hash  text NOT NULL DEFAULT '' CHECK (paper_hash = '' OR paper_hash ~ '^[0-9a-f]{64}$'),
    applied_on  date,
    costs_fen   bigint CHECK (costs_fen BETWEEN 1 AND 9007199254740991),
    fixed_by    uuid REFERENCES accounts (id),
    fixed_at    timestamptz,
    withdrawn_at timestamptz,
    ground      text NOT NULL DEFAULT '',
    reason_zh   text NOT NULL DEFAULT '',
    reason_en   text NOT NULL DEFAULT '',
    CHECK (state <> 'open' OR (fixed_at IS NULL AND withdrawn_at IS NULL)),
    CHECK (state <> 'fixed' OR (fixed_at IS NOT NULL AND withdrawn_at IS NULL)),
    CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    CHECK (withdrawn_at IS NULL OR (ground <> '' AND reason_zh <> '' AND reason_en <> '')),
    CHECK ((fixed_at IS NULL) = (origin IS NULL)),
    CHECK (origin IS NULL OR ((origin = 'costs') = (costs_fen IS NOT NULL))),
    -- Without appraisal there is no price; with one it is valid for at most a year (art. 27).
    CHECK (origin IS NULL OR origin = 'costs' OR (price_fen > 0 AND sum_fen IS NOT NULL AND amounts >= 1
        AND valid_until >= valued_on AND valid_until <= valued_on + interval '1 year')),
    CHECK (origin IS NULL OR origin = 'costs' OR price_fen = (2 * sum_fen + amounts) / (2 * amounts)),
    CHECK (origin IS DISTINCT FROM 'costs' OR (price_fen = 0 AND paper_hash <> '' AND applied_on IS NOT NULL))
);
CREATE UNIQUE INDEX price_determinations_open ON price_determinations (asset_id) WHERE state = 'open';
CREATE INDEX price_determinations_asset ON price_determinations (asset_id, started_at);
CREATE INDEX price_determinations_case ON price_determinations (case_id, started_at);

-- Art. 2: an origin that could not serve, with the reason that was published.
CREATE TABLE price_skips (
    determination_id uuid NOT NULL REFERENCES price_determinations (id),
    origin    text NOT NULL CHECK (origin IN ('agreed', 'authority', 'online_inquiry')),
    ground    text NOT NULL CHECK (ground IN ('party_refused', 'party_missing', 'no_agreement', 'harms_others', 'no_official_price', 'no_answer',
                  'needs_expert', 'not_priced_online', 'reports_fell', 'parties_chose', 'law_requires_appraisal')),
    reason_zh text NOT NULL CHECK (reason_zh <> ''),
    reason_en text NOT NULL CHECK (reason_en <> ''),
    skipped_by uuid REFERENCES accounts (id),
    skipped_at timestamptz NOT NULL,
    PRIMARY KEY (determination_id, origin)
);

-- Who was asked: an authority (art. 6), all platforms (art. 10), three firms in order (art. 16).
CREATE TABLE price_sources (
    id         uuid PRIMARY KEY,
    determination_id uuid NOT NULL REFERENCES price_determinations (id),
    origin     text NOT NULL CHECK (origin IN ('authority', 'online_inquiry', 'appraisal')),
    -- Firms are chosen three at a time; when all three ended, three others form the next round.
    round      smallint NOT NULL CHECK (round >= 1),
    place      smallint NOT NULL CHECK (place >= 1),
    name_zh    text NOT NULL CHECK (name_zh <> ''),
    name_en    text NOT NULL CHECK (name_en <> ''),
    chosen_by  text NOT NULL DEFAULT '' CHECK (chosen_by IN ('', 'agreement', 'draw')),
    draw_id    uuid,
    -- Firms are engaged one after the other; the others are asked at once.
    asked_at   timestamptz,
    due_at     timestamptz,
    -- A platform's application for three days more (art. 11), a firm's extensions (art. 19).
    extension_asked_at timestamptz,
    extensions smallint NOT NULL DEFAULT 0 CHECK (extensions BETWEEN 0 AND 2),
    ended_at   timestamptz,
    ended_ground text NOT NULL DEFAULT '' CHECK (ended_ground IN ('', 'not_delivered', 'refused', 'report_fell', 'cannot_appraise')),
    reason_zh  text NOT NULL DEFAULT '',
    reason_en  text NOT NULL DEFAULT '',
    UNIQUE (determination_id, origin, round, place),
    CHECK ((origin = 'appraisal') = (chosen_by <> '')),
    CHECK ((chosen_by = 'draw') = (draw_id IS NOT NULL)),
    CHECK (origin <> 'appraisal' OR place <= 3),
    CHECK ((asked_at IS NULL) = (due_at IS NULL)),
    CHECK (origin = 'appraisal' OR asked_at IS NOT NULL),
    CHECK ((ended_at IS NULL) = (ended_ground = ''))
);
CREATE UNIQUE INDEX price_sources_engaged ON price_sources (determination_id) WHERE origin = 'appraisal' AND asked_at IS NOT NULL AND ended_at IS NULL;

CREATE TABLE price_reports (
    id          uuid PRIMARY KEY,
    determination_id uuid NOT NULL REFERENCES price_determinations (id),
    source_id   uuid NOT NULL REFERENCES price_sources (id),
    amount_fen  bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 9007199254740991),
    number      text NOT NULL DEFAULT '',
    hash        text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
    valued_on   date NOT NULL,
    valid_until date NOT NULL,
    received_at timestamptz NOT NULL,
    in_time     boolean NOT NULL,
    corrects    uuid UNIQUE REFERENCES price_reports (id),
    -- stands, or corrected by another, or fallen by an objection.
    state       text NOT NULL CHECK (state IN ('stands', 'corrected', 'fallen')),
    CHECK (valid_until >= valued_on AND valid_until <= valued_on + interval '1 year')
);
CREATE UNIQUE INDEX price_reports_source ON price_reports (source_id) WHERE corrects IS NULL;
CREATE INDEX price_reports_determination ON price_reports (determination_id);

-- Art. 21: how a report reached each party; published, it has after fifteen days.
CREATE TABLE price_services (
    report_id   uuid NOT NULL REFERENCES price_reports (id),
    determination_id uuid NOT NULL REFERENCES price_determinations (id),
    role        text NOT NULL CHECK (role IN ('applicant', 'debtor', 'interested')),
    no          smallint NOT NULL CHECK (no >= 1),
    way         text NOT NULL CHECK (way IN ('direct', 'lien', 'entrusted', 'post', 'electronic', 'published')),
    proof       text NOT NULL DEFAULT '' CHECK (proof = '' OR proof ~ '^[0-9a-f]{64}$'),
    reason_zh   text NOT NULL DEFAULT '',
    reason_en   text NOT NULL DEFAULT '',
    sent_at     timestamptz NOT NULL,
    received_at timestamptz,
    PRIMARY KEY (report_id, role, no),
    CHECK (received_at IS NULL OR received_at >= sent_at),
    CHECK (way <> 'published' OR (received_at IS NOT NULL AND reason_zh <> '' AND reason_en <> ''))
);
CREATE INDEX price_services_determination ON price_services (determination_id);

-- Arts. 22, 23: objections against a report, by role and number, and the court's own review (arts. 12, 20). The writing stays with the court.
CREATE TABLE price_objections (
    id         uuid PRIMARY KEY,
    determination_id uuid NOT NULL REFERENCES price_determinations (id),
    report_id  uuid NOT NULL REFERENCES price_reports (id),
    role       text NOT NULL CHECK (role IN ('applicant', 'debtor', 'interested', 'court')),
    no         smallint NOT NULL CHECK ((role = 'court') = (no = 0)),
    ground     text NOT NULL CHECK (ground IN ('facts_wrong', 'scope_wrong', 'unqualified', 'procedure', 'standard', 'method', 'result')),
    text_hash  text NOT NULL CHECK (text_hash ~ '^[0-9a-f]{64}$'),
    lodged_at  timestamptz NOT NULL,
    due_at     timestamptz NOT NULL CHECK (due_at > lodged_at),
    -- Art. 23: when it went to the firm.
    passed_at  timestamptz,
    outcome    text CHECK (outcome IN ('dismissed', 'corrected', 'upheld')),
    decided_at timestamptz,
    reason_zh  text NOT NULL DEFAULT '',
    reason_en  text NOT NULL DEFAULT '',
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CHECK (outcome IS NULL OR (reason_zh <> '' AND reason_en <> ''))
);
CREATE INDEX price_objections_determination ON price_objections (determination_id);

-- A fixed price waits for everybody's objections: not in use cases alone.
-- +goose StatementBegin
CREATE FUNCTION price_is_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'withdrawn' OR (OLD.state = 'fixed' AND NEW.state <> 'withdrawn') THEN
        RAISE EXCEPTION 'a reference price is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'fixed' AND EXISTS (SELECT FROM price_objections o WHERE o.determination_id = NEW.id AND o.outcome IS NULL) THEN
        RAISE EXCEPTION 'an objection against a report of % is under review', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'price_is_settled';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER price_settled BEFORE UPDATE ON price_determinations FOR EACH ROW EXECUTE FUNCTION price_is_settled();

-- Nothing is done off the trail: these are acts on a case.
-- +goose StatementBegin
CREATE FUNCTION price_on_the_trail() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kase uuid;
BEGIN
    IF TG_TABLE_NAME = 'price_determinations' THEN
        kase := (to_jsonb(NEW) ->> 'case_id')::uuid;
    ELSE
        SELECT d.case_id INTO kase FROM price_determinations d WHERE d.id = (to_jsonb(NEW) ->> 'determination_id')::uuid;
    END IF;
    IF NOT EXISTS (SELECT FROM trail t WHERE t.case_id = kase AND t.xact = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'a change of % for case % has no step on the trail', TG_TABLE_NAME, kase
            USING ERRCODE = 'check_violation', CONSTRAINT = 'on_the_trail';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER price_determinations_on_the_trail AFTER INSERT OR UPDATE ON price_determinations DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION price_on_the_trail();
CREATE CONSTRAINT TRIGGER price_skips_on_the_trail AFTER INSERT OR UPDATE ON price_skips DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION price_on_the_trail();
CREATE CONSTRAINT TRIGGER price_sources_on_the_trail AFTER INSERT OR UPDATE ON price_sources DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION price_on_the_trail();
CREATE CONSTRAINT TRIGGER price_reports_on_the_trail AFTER INSERT OR UPDATE ON price_reports DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION price_on_the_trail();
CREATE CONSTRAINT TRIGGER price_services_on_the_trail AFTER INSERT OR UPDATE ON price_services DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION price_on_the_trail();
CREATE CONSTRAINT TRIGGER price_objections_on_the_trail AFTER INSERT OR UPDATE ON price_objections DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION price_on_the_trail();

-- +goose Down
DROP TABLE price_objections, price_services, price_reports, price_sources, price_skips, price_determinations;
DROP FUNCTION price_on_the_trail();
DROP FUNCTION price_is_settled();
