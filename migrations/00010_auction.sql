-- +goose Up
CREATE TABLE cases (
    id          uuid PRIMARY KEY,
    court_id    uuid NOT NULL REFERENCES courts (id),
    number      text NOT NULL UNIQUE,
    kind        text NOT NULL CHECK (kind IN ('civil', 'criminal', 'administrative', 'arbitration', 'notarial')),
    -- Instrument, parties by role, claims: docket.Case as imported. Names of
    -- natural persons in it are never published.
    document    jsonb NOT NULL,
    claim_fen   bigint NOT NULL CHECK (claim_fen BETWEEN 0 AND 9007199254740991),
    -- docket.Court as it was when the case came: what announcements print.
    court       jsonb NOT NULL DEFAULT '{}',
    created_by  uuid REFERENCES accounts (id),
    created_at  timestamptz NOT NULL
);
CREATE INDEX cases_court ON cases (court_id, created_at DESC);

CREATE TABLE assets (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases (id),
    category    text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('movable', 'immovable', 'other_right')),
    -- Six digits of GB/T 2260.
    region      text NOT NULL,
    title_zh    text NOT NULL,
    title_en    text NOT NULL,
    -- docket.Asset: description, survey, occupancy, taxes, documents, drawings.
    document    jsonb NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX assets_case ON assets (case_id);

CREATE TABLE lots (
    id              uuid PRIMARY KEY,
    case_id         uuid NOT NULL REFERENCES cases (id),
    court_id        uuid NOT NULL REFERENCES courts (id),
    -- The sale before this one of the same property, for second sales and sell-offs.
    previous_lot_id uuid REFERENCES lots (id),
    stage           text NOT NULL CHECK (stage IN ('first', 'second', 'sell_off')),
    -- draft -> voted -> announced -> ended | withdrawn; announced <-> suspended.
    -- "live" is announced with starts_at passed (auction.StatusAt).
    status          text NOT NULL CHECK (status IN ('draft', 'voted', 'announced', 'suspended', 'ended', 'withdrawn')),
    -- After the end: sold -> paid -> ruled; or unsold; or defaulted.
    outcome         text CHECK (outcome IN ('sold', 'unsold', 'paid', 'ruled', 'defaulted')),
    rule_set        text NOT NULL,
    category        text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('movable', 'immovable', 'other_right')),
    -- Six digits of GB/T 2260, and the place as facets and cards name it.
    region          text NOT NULL,
    region_zh       text NOT NULL DEFAULT '',
    region_en       text NOT NULL DEFAULT '',
    occupancy       text NOT NULL DEFAULT '',
    title_zh        text NOT NULL,
    title_en        text NOT NULL,
    -- 0 only for equity that cannot be appraised (R12e), priced by the costs.
    reference_fen   bigint NOT NULL CHECK (reference_fen BETWEEN 0 AND 9007199254740991),
    reference_kind  text NOT NULL CHECK (reference_kind IN ('appraisal', 'market', 'costs')),
    starting_price_fen bigint NOT NULL CHECK (starting_price_fen BETWEEN 1 AND 9007199254740991),
    increment_fen   bigint NOT NULL CHECK (increment_fen BETWEEN 1 AND 9007199254740991),
    deposit_fen     bigint NOT NULL CHECK (deposit_fen BETWEEN 0 AND 9007199254740991),
    -- docket.Lot: the rest of what R13 has published.
    document        jsonb NOT NULL,
    -- What a card shows besides: drawing and the first attributes (auction.Card).
    card            jsonb NOT NULL DEFAULT '{}',
    -- R6: the digest of the terms that the panel votes on, and how many vote.
    terms_digest    text NOT NULL DEFAULT '',
    panel_size      smallint NOT NULL DEFAULT 3 CHECK (panel_size > 0 AND panel_size % 2 = 1),
    -- R25: days to pay the rest, each as long as the rule set's.
    balance_due_days int NOT NULL DEFAULT 10 CHECK (balance_due_days BETWEEN 1 AND 60),
    shard           smallint NOT NULL CHECK (shard BETWEEN 0 AND 255),
    announced_at    timestamptz,
    starts_at       timestamptz,
    -- As announced; the running end is in courses.
    announced_ends_at timestamptz,
    ended_at        timestamptz,
    -- The result, set with ended_at by the committer of the close event.
    price_fen       bigint CHECK (price_fen BETWEEN 1 AND 9007199254740991),
    buyer_code      text,
    balance_due_at  timestamptz,
    paid_at         timestamptz,
    suspended_at    timestamptz,
    -- Of the newest log entry about the lot outside its course.
    acted_at        timestamptz,
    withdrawn_at    timestamptz,
    status_reason_zh text NOT NULL DEFAULT '',
    status_reason_en text NOT NULL DEFAULT '',
    -- Bigrams and words of titles, number and court: auction.Bigrams.
    search          int4[] NOT NULL DEFAULT '{}',
    created_by      uuid REFERENCES accounts (id),
    created_at      timestamptz NOT NULL,
    CHECK ((status IN ('draft', 'voted')) = (announced_at IS NULL)),
    CHECK (announced_at IS NULL OR (starts_at IS NOT NULL AND announced_ends_at > starts_at)),
    CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((status = 'ended') = (outcome IS NOT NULL)),
    CHECK ((status = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    CHECK (price_fen IS NULL OR outcome IS DISTINCT FROM 'unsold'),
    CHECK (reference_fen > 0 OR reference_kind = 'costs')
);
CREATE INDEX lots_case ON lots (case_id);
CREATE INDEX lots_newest ON lots (announced_at DESC, id DESC) WHERE announced_at IS NOT NULL;
CREATE INDEX lots_search ON lots USING gin (search);
CREATE INDEX lots_status ON lots (status, announced_ends_at, id);
CREATE INDEX lots_ending ON lots (announced_ends_at, id) WHERE status IN ('announced', 'suspended');
CREATE INDEX lots_price ON lots (starting_price_fen, id) WHERE announced_at IS NOT NULL;
CREATE INDEX lots_results ON lots (ended_at DESC, id DESC) WHERE status = 'ended';
CREATE INDEX lots_court ON lots (court_id, status, outcome);
CREATE INDEX lots_previous ON lots (previous_lot_id) WHERE previous_lot_id IS NOT NULL;

CREATE TABLE lot_assets (
    lot_id   uuid NOT NULL REFERENCES lots (id),
    asset_id uuid NOT NULL REFERENCES assets (id),
    PRIMARY KEY (lot_id, asset_id)
);
CREATE INDEX lot_assets_asset ON lot_assets (asset_id);

-- R6: who forms the panel, where it was named. A lot without rows here has an
-- open panel: the first judges of its court who vote form it.
CREATE TABLE panels (
    lot_id   uuid NOT NULL REFERENCES lots (id),
    judge_id uuid NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (lot_id, judge_id)
);

-- R6: the panel's votes on the terms whose digest they quote.
CREATE TABLE votes (
    lot_id       uuid NOT NULL REFERENCES lots (id),
    judge_id     uuid NOT NULL REFERENCES accounts (id),
    terms_digest text NOT NULL,
    approve      boolean NOT NULL,
    opinion      text NOT NULL DEFAULT '',
    voted_at     timestamptz NOT NULL,
    PRIMARY KEY (lot_id, judge_id)
);

-- R12, R13, R14: what was published, as it was published.
CREATE TABLE announcements (
    lot_id       uuid PRIMARY KEY REFERENCES lots (id),
    -- papers.Announcement, byte for byte what hash was taken of (json, not jsonb).
    document     json NOT NULL,
    hash         text NOT NULL,
    published_by uuid REFERENCES accounts (id),
    published_at timestamptz NOT NULL
);

-- Who is confirmed for a lot: priority purchasers with their rank (R19), and
-- the account of the applicant creditor, who need not pay a deposit (R17).
CREATE TABLE standings (
    lot_id       uuid NOT NULL REFERENCES lots (id),
    account_id   uuid NOT NULL REFERENCES accounts (id),
    capacity     text NOT NULL CHECK (capacity IN ('priority', 'creditor')),
    -- 1 is the best; 0 for creditors.
    rank         int NOT NULL CHECK ((capacity = 'priority' AND rank >= 1) OR (capacity = 'creditor' AND rank = 0)),
    confirmed_by uuid NOT NULL REFERENCES accounts (id),
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (lot_id, account_id, capacity)
);

-- The court's acts on a published lot, with the reasons that were published.
CREATE TABLE lot_acts (
    id        uuid PRIMARY KEY,
    lot_id    uuid NOT NULL REFERENCES lots (id),
    kind      text NOT NULL CHECK (kind IN ('stayed', 'resumed', 'withdrawn')),
    ground    text NOT NULL DEFAULT '',
    reason_zh text NOT NULL,
    reason_en text NOT NULL,
    made_by   uuid REFERENCES accounts (id),
    made_at   timestamptz NOT NULL
);
CREATE INDEX lot_acts_lot ON lot_acts (lot_id, made_at);
CREATE INDEX lot_acts_newest ON lot_acts (made_at DESC, id DESC);

-- R34 and R24x for one lot: who may not bid, and why.
CREATE TABLE exclusions (
    lot_id     uuid NOT NULL REFERENCES lots (id),
    account_id uuid NOT NULL REFERENCES accounts (id),
    ground     text NOT NULL CHECK (ground IN ('barred', 'defaulter')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (lot_id, account_id)
);

-- R22: the confirmation. The name stands here and on the page, not in the log.
CREATE TABLE confirmations (
    lot_id       uuid PRIMARY KEY REFERENCES lots (id),
    number       text NOT NULL UNIQUE,
    bidder_code  text NOT NULL,
    buyer_name   text NOT NULL,
    name_salt    bytea NOT NULL,
    name_commitment text NOT NULL,
    -- For R24x: who may not bid when the property is sold again.
    account_id   uuid NOT NULL REFERENCES accounts (id),
    price_fen    bigint NOT NULL CHECK (price_fen > 0),
    -- papers.Confirmation, byte for byte what hash was taken of.
    document     json NOT NULL,
    hash         text NOT NULL,
    confirmed_at timestamptz NOT NULL
);

CREATE TABLE rulings (
    lot_id     uuid PRIMARY KEY REFERENCES lots (id),
    number     text NOT NULL UNIQUE,
    made_by    uuid REFERENCES accounts (id),
    made_at    timestamptz NOT NULL,
    served_at  timestamptz NOT NULL,
    handed_over_at timestamptz
);

-- +goose Down
DROP TABLE rulings, confirmations, exclusions, lot_acts, standings, announcements, votes, panels, lot_assets, lots, assets, cases;
