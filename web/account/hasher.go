package account

import (
	"context"
	"time"

	"github.com/alexedwards/argon2id"

	"mingchui/auction/fault"
)

// HashParams are argon2id's costs.
type HashParams struct {
	// MemoryKiB is the memory of one computation, in KiB.
	MemoryKiB  uint32
	Iterations uint32
	// AtOnce bounds the computations that run together, so that sign-ins take
	// at most AtOnce × MemoryKiB; MaxWaiting bounds those that wait for a place.
	AtOnce     int
	MaxWaiting int
}

// defaultHashParams are the second choice of RFC 9106, section 4, brought down
// to OWASP's floor for a server that others share: 19 MiB, two passes, one lane.
func defaultHashParams() HashParams {
	return HashParams{MemoryKiB: 19 * 1024, Iterations: 2, AtOnce: 4, MaxWaiting: 256}
}

// maxHashWait is how long a sign-in waits for its turn.
const maxHashWait = 5 * time.Second

// hasher computes argon2id under the bounds. Safe for concurrent use.
type hasher struct {
	params  argon2id.Params
	waiting chan struct{}
	running chan struct{}
	// decoy is a hash of a random password: an unknown login costs what a known one costs.
	decoy string
}

func newHasher(p HashParams) (*hasher, error) {
	h := &hasher{
		params:  argon2id.Params{Memory: p.MemoryKiB, Iterations: p.Iterations, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		waiting: make(chan struct{}, p.MaxWaiting+p.AtOnce),
		running: make(chan struct{}, p.AtOnce),
	}
	secret, err := randomToken()
	if err != nil {
		return nil, err
	}
	h.decoy, err = argon2id.CreateHash(secret, &h.params)
	return h, err
}

// turn takes a place; the caller gives it back with the returned function.
// service_unavailable when too many wait already or the wait is too long.
func (h *hasher) turn(ctx context.Context) (func(), error) {
	busy := fault.New(fault.Unavailable, fault.ServiceUnavailable).After(2 * time.Second)
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, busy
	}
	timer := time.NewTimer(maxHashWait)
	defer timer.Stop()
	select {
	case h.running <- struct{}{}:
		return func() { <-h.running; <-h.waiting }, nil
	case <-timer.C:
	case <-ctx.Done():
	}
	<-h.waiting
	return nil, busy
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	s, err := argon2id.CreateHash(password, &h.params)
	if err != nil {
		return "", fault.Internalf("hash password: %w", err)
	}
	return s, nil
}

// matches compares with hash, or with the decoy when hash is empty.
func (h *hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	against := hash
	if against == "" {
		against = h.decoy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, against)
	if err != nil {
		return false, fault.Internalf("compare password: %w", err)
	}
	return ok && hash != "", nil
}
