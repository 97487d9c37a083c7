package api

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/clock"
	"mingchui/auction/fault"
	"mingchui/web/problem"
)

const (
	idempotencyHeader = "Idempotency-Key"
	// abandonedAfter: a request that has not answered by then died with its
	// node, and a retry runs it anew. It is above every Timeout of a Route that keeps.
	abandonedAfter = time.Minute
	// keptFor is how long answers are kept.
	keptFor = 48 * time.Hour
	// settleWithin bounds the writing of an answer after its request is gone.
	settleWithin = 5 * time.Second
)

// keeper gives the first answer again. What was refused changed nothing and is
// decided anew, as with bids. Answers are sealed under a key derived from the
// Idempotency-Key, of which the table has the SHA-256 alone: the passphrase that
// an enrolment answers with is not readable in the database.
type keeper struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	log   *slog.Logger
}

// scope is what a key belongs to.
type scope struct {
	account uuid.UUID
	// route is method and path as requested, ids included.
	route string
	key   string
}

type sent struct {
	Status      int
	ContentType string
	Bytes       []byte
}

// around runs f once for a key.
//
// Faults: idempotency_key_reused (conflict) for another body,
// request_in_progress (conflict, with a time to wait), and f's own.
func (k *keeper) around(ctx context.Context, s scope, body []byte, f func() (sent, error)) (sent, error) {
	keyHash := sha256.Sum256([]byte(s.key))
	bodyHash := sha256.Sum256(append([]byte(s.key+"\n"), body...))
	where := pgx.NamedArgs{"account": s.account, "route": s.route, "key": keyHash[:], "body": bodyHash[:], "now": k.clock.Now()}
	tag, err := k.pool.Exec(ctx, `INSERT INTO idempotency (account_id, route, key_hash, body_hash, started_at)
		VALUES (@account, @route, @key, @body, @now) ON CONFLICT DO NOTHING`, where)
	if err != nil {
		return sent{}, fault.Internalf("take idempotency key: %w", err)
	}
	if tag.RowsAffected() == 0 {
		kept, done, err := k.kept(ctx, s, where, bodyHash)
		if err != nil || done {
			return kept, err
		}
	}
	out, err := f()
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	if err != nil {
		if _, e := k.pool.Exec(settle, `DELETE FROM idempotency WHERE account_id = @account AND route = @route AND key_hash = @key AND started_at = @now`, where); e != nil {
			k.log.ErrorContext(ctx, "an idempotency key of a refused request stays taken for a minute", "error", e)
		}
		return sent{}, err
	}
	if e := k.keep(settle, s, where, out); e != nil {
		k.log.ErrorContext(ctx, "an answer was given and could not be kept", "error", e)
	}
	return out, nil
}

// kept finds the first answer; done is false where this request must run: the
// one before it died.
func (k *keeper) kept(ctx context.Context, s scope, where pgx.NamedArgs, bodyHash [32]byte) (out sent, done bool, err error) {
	busy := fault.New(fault.Conflict, problem.RequestInProgress).After(time.Second)
	var hash, sealed []byte
	var started time.Time
	var status *int
	err = k.pool.QueryRow(ctx, `SELECT body_hash, started_at, status, content_type, answer FROM idempotency
		WHERE account_id = @account AND route = @route AND key_hash = @key`, where).
		Scan(&hash, &started, &status, &out.ContentType, &sealed)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return sent{}, false, busy // refused and gone in between
	case err != nil:
		return sent{}, false, fault.Internalf("read kept answer: %w", err)
	case subtle.ConstantTimeCompare(hash, bodyHash[:]) != 1:
		return sent{}, false, fault.New(fault.Conflict, fault.IdempotencyKeyReused)
	case status != nil:
		out.Status = *status
		out.Bytes, err = s.open(sealed)
		return out, true, err
	case k.clock.Now().Sub(started) < abandonedAfter:
		return sent{}, false, busy
	}
	where["old"] = started
	tag, err := k.pool.Exec(ctx, `UPDATE idempotency SET started_at = @now
		WHERE account_id = @account AND route = @route AND key_hash = @key AND started_at = @old AND status IS NULL`, where)
	if err != nil {
		return sent{}, false, fault.Internalf("take over idempotency key: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return sent{}, false, busy
	}
	return sent{}, false, nil
}

func (k *keeper) keep(ctx context.Context, s scope, where pgx.NamedArgs, out sent) error {
	sealed, err := s.seal(out.Bytes)
	if err != nil {
		return err
	}
	where["status"], where["type"], where["answer"] = out.Status, out.ContentType, sealed
	_, err = k.pool.Exec(ctx, `UPDATE idempotency SET status = @status, content_type = @type, answer = @answer
		WHERE account_id = @account AND route = @route AND key_hash = @key AND started_at = @now`, where)
	return err
}

// Sweep forgets answers that are older than two days and returns how many.
func (k *keeper) sweep(ctx context.Context) (int64, error) {
	tag, err := k.pool.Exec(ctx, `DELETE FROM idempotency WHERE started_at < @before`, pgx.NamedArgs{"before": k.clock.Now().Add(-keptFor)})
	if err != nil {
		return 0, fault.Internalf("forget kept answers: %w", err)
	}
	return tag.RowsAffected(), nil
}

func (s scope) cipher() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(s.key), s.account[:], "mingchui idempotent answer "+s.route, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func (s scope) seal(plain []byte) ([]byte, error) {
	c, err := s.cipher()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, c.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return c.Seal(nonce, nonce, plain, nil), nil
}

func (s scope) open(sealed []byte) ([]byte, error) {
	c, err := s.cipher()
	if err != nil || len(sealed) < c.NonceSize() {
		return nil, fault.Internalf("open kept answer: %w", errors.Join(err, errors.New("too short")))
	}
	plain, err := c.Open(nil, sealed[:c.NonceSize()], sealed[c.NonceSize():], nil)
	if err != nil {
		return nil, fault.Internalf("open kept answer: %w", err)
	}
	return plain, nil
}
