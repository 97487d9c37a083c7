package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// schema is the least that a bid needs: the lot's row with room for HOT updates beside it, bids with one index.
const schema = `
CREATE TABLE lots (
	id        uuid PRIMARY KEY,
	seq       bigint NOT NULL DEFAULT 0,
	price     bigint NOT NULL DEFAULT 0,
	leader    text   NOT NULL DEFAULT '',
	start     bigint NOT NULL,
	increment bigint NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE TABLE bids (
	lot    uuid   NOT NULL,
	seq    bigint NOT NULL,
	code   text   NOT NULL,
	amount bigint NOT NULL,
	at     timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (lot, seq)
);

-- A bid in one round trip: refused, seq, price; refused is empty for an accepted bid. The UPDATE that succeeds locks the row
-- and finds the price in one step; only a refusal reads it again. The statements' plans are kept by the session.
CREATE FUNCTION place_bid(the_lot uuid, the_code text, the_amount bigint, OUT refused text, OUT the_seq bigint, OUT the_price bigint)
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE lots SET seq = seq + 1, price = the_amount, leader = the_code
	WHERE id = the_lot AND leader <> the_code AND the_amount >= start
	  AND (price = 0 OR the_amount >= price + increment)
	  AND (the_amount - CASE WHEN price = 0 THEN start ELSE price END) % increment = 0
	RETURNING seq INTO the_seq;
	IF FOUND THEN
		INSERT INTO bids (lot, seq, code, amount) VALUES (the_lot, the_seq, the_code, the_amount);
		refused := ''; the_price := the_amount;
		RETURN;
	END IF;
	SELECT seq, price, CASE WHEN the_amount < start THEN 'bid_below_start' WHEN leader = the_code THEN 'already_leading'
		WHEN price > 0 AND the_amount < price + increment THEN 'bid_too_low' ELSE 'off_increment' END
	INTO the_seq, the_price, refused FROM lots WHERE id = the_lot;
	IF NOT FOUND THEN refused := 'not_found'; the_seq := 0; the_price := 0; END IF;
END $$;
`

// Prepare makes the peers' tables in an empty database, with lots. Amounts are in fen.
func Prepare(ctx context.Context, postgresURL string, startFen, incrementFen int64, lots ...uuid.UUID) (err error) {
	conn, err := pgx.Connect(ctx, postgresURL)
	if err != nil {
		return fmt.Errorf("reach the peers' database: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, schema); err != nil {
		return fmt.Errorf("make the peers' tables: %w", err)
	}
	_, err = conn.Exec(ctx, `INSERT INTO lots (id, start, increment) SELECT unnest($1::uuid[]), $2, $3`, lots, startFen, incrementFen)
	return err
}

type store struct {
	pool  *pgxpool.Pool
	place func(ctx context.Context, lot uuid.UUID, code string, amountFen int64) (placed, error)
}

// openStore connects, and says every statement once so that it is prepared before anybody measures.
func openStore(ctx context.Context, cfg Config) (*store, error) {
	parsed, err := pgxpool.ParseConfig(cfg.PostgresURL)
	if err != nil {
		return nil, fmt.Errorf("read PostgreSQL's address: %w", err)
	}
	parsed.MaxConns, parsed.MinConns = int32(max(1, min(cfg.Pool, 100))), int32(max(1, min(cfg.Pool, 100)))
	parsed.MaxConnIdleTime = time.Hour
	pool, err := pgxpool.NewWithConfig(ctx, parsed)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	s := &store{pool: pool}
	s.place = s.naive
	if cfg.Kind == Function {
		s.place = s.function
	}
	return s, nil
}

// naive is the usual way: lock the lot, look, write, commit.
func (s *store) naive(ctx context.Context, lot uuid.UUID, code string, amount int64) (placed, error) {
	var p placed
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var start, increment int64
		var leader string
		err := tx.QueryRow(ctx, `SELECT seq, price, leader, start, increment FROM lots WHERE id = $1 FOR UPDATE`, lot).
			Scan(&p.seq, &p.price, &leader, &start, &increment)
		if err != nil {
			return err
		}
		base, least := start, start
		if p.price > 0 {
			base, least = p.price, p.price+increment
		}
		switch {
		case amount < start:
			p.refused = "bid_below_start"
		case leader == code:
			p.refused = "already_leading"
		case amount < least:
			p.refused = "bid_too_low"
		case (amount-base)%increment != 0:
			p.refused = "off_increment"
		}
		if p.refused != "" {
			return nil
		}
		p.seq, p.price = p.seq+1, amount
		if _, err := tx.Exec(ctx, `INSERT INTO bids (lot, seq, code, amount) VALUES ($1, $2, $3, $4)`, lot, p.seq, code, amount); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE lots SET seq = $2, price = $3, leader = $4 WHERE id = $1`, lot, p.seq, amount, code)
		return err
	})
	return p, err
}

// function is one statement, so one round trip and a transaction of its own.
func (s *store) function(ctx context.Context, lot uuid.UUID, code string, amount int64) (placed, error) {
	var p placed
	err := s.pool.QueryRow(ctx, `SELECT refused, the_seq, the_price FROM place_bid($1, $2, $3)`, lot, code, amount).
		Scan(&p.refused, &p.seq, &p.price)
	return p, err
}
