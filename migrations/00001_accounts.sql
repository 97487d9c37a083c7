-- +goose Up
CREATE TABLE courts (
    id         uuid PRIMARY KEY,
    code       text NOT NULL UNIQUE,
    name_zh    text NOT NULL,
    name_en    text NOT NULL,
    region     text NOT NULL,
    address    text NOT NULL DEFAULT '',
    phone      text NOT NULL DEFAULT '',
    supervision_phone text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL
);

CREATE TABLE accounts (
    id            uuid PRIMARY KEY,
    login         text NOT NULL,
    role          text NOT NULL CHECK (role IN ('bidder', 'judge', 'clerk', 'finance', 'inspector', 'operator')),
    court_id      uuid REFERENCES courts (id),
    password_hash text NOT NULL,
    -- Personal data: never in logs, entries or pages before R22 opens it.
    real_name     text NOT NULL DEFAULT '',
    id_number     text NOT NULL DEFAULT '',
    language      text NOT NULL DEFAULT 'zh-CN',
    -- R34: staff and auxiliary firms, and who is near them.
    barred_reason text,
    created_at    timestamptz NOT NULL,
    CHECK (role = 'bidder' OR role = 'operator' OR court_id IS NOT NULL)
);
CREATE UNIQUE INDEX accounts_login ON accounts (lower(login));

-- Bearer tokens of API clients and bidding sessions' tokens are kept as SHA-256.
CREATE TABLE tokens (
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    account_id uuid NOT NULL REFERENCES accounts (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX tokens_account ON tokens (account_id);

-- +goose Down
DROP TABLE tokens, accounts, courts;
