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
    created_by  uuid REFERENCES accounts (id),
    created_at  timestamptz NOT NULL
);

CREATE TABLE assets (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases (id),
    category    text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('movable', 'immovable', 'other_right')),
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
    region          text NOT NULL,
    title_zh        text NOT NULL,
    title_en        text NOT NULL,
    reference_fen   bigint NOT NULL CHECK (reference_fen BETWEEN 1 AND 9007199254740991),
    reference_kind  text NOT NULL CHECK (reference_kind IN ('appraisal', 'market')),
    starting_price_fen bigint NOT NULL CHECK (starting_price_fen BETWEEN 1 AND 9007199254740991),
    increment_fen   bigint NOT NULL CHECK (increment_fen BETWEEN 1 AND 9007199254740991),
    deposit_fen     bigint NOT NULL CHECK (deposit_fen BETWEEN 0 AND 9007199254740991),
    -- docket.Lot: the rest of what R13 has published.
    document        jsonb NOT NULL,
    shard           smallint NOT NULL CHECK (shard BETWEEN 0 AND 255),
    announced_at    timestamptz,
    starts_at       timestamptz,
    -- As announced; the running end is in courses.
    announced_ends_at timestamptz,
    ended_at        timestamptz,
    balance_due_at  timestamptz,
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
    CHECK ((status = 'withdrawn') = (withdrawn_at IS NOT NULL))
);
CREATE INDEX lots_case ON lots (case_id);
CREATE INDEX lots_newest ON lots (announced_at DESC, id DESC) WHERE announced_at IS NOT NULL;
CREATE INDEX lots_search ON lots USING gin (search);
CREATE INDEX lots_status ON lots (status, announced_ends_at);

CREATE TABLE lot_assets (
    lot_id   uuid NOT NULL REFERENCES lots (id),
    asset_id uuid NOT NULL REFERENCES assets (id),
    PRIMARY KEY (lot_id, asset_id)
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
    document     jsonb NOT NULL,
    published_by uuid REFERENCES accounts (id),
    published_at timestamptz NOT NULL
);

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
    price_fen    bigint NOT NULL CHECK (price_fen > 0),
    confirmed_at timestamptz NOT NULL
);

CREATE TABLE rulings (
    lot_id     uuid PRIMARY KEY REFERENCES lots (id),
    number     text NOT NULL UNIQUE,
    made_by    uuid REFERENCES accounts (id),
    made_at    timestamptz NOT NULL,
    served_at  timestamptz NOT NULL
);

-- +goose Down
DROP TABLE rulings, confirmations, exclusions, announcements, votes, lot_assets, lots, assets, cases;
