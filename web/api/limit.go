package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"mingchui/auction/fault"
)

// allow counts one try in Redis, for all nodes; the key is hashed.
func (a *API) allow(ctx context.Context, what, key string, limit redis_rate.Limit) error {
	sum := sha256.Sum256([]byte(what + "\x00" + key))
	r, err := a.limiter.Allow(ctx, what+":"+hex.EncodeToString(sum[:12]), limit)
	if err != nil {
		return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err).After(2 * time.Second)
	}
	if r.Allowed == 0 {
		return fault.New(fault.RateLimited, fault.RateExceeded).After(r.RetryAfter)
	}
	return nil
}

const (
	bucketShards = 64
	// maxBuckets bounds a shard's map; a full one starts anew, which only ever
	// lets more through.
	maxBuckets = 4096
)

// buckets count bids, or maxima, per lot and code on this node. A round trip to Redis
// would cost as much as the bid itself, and the engine holds its own bounds, so
// what one code sends to several nodes may add up to that many times the limit.
type buckets struct {
	seed   maphash.Seed
	limit  rate.Limit
	burst  int
	shards [bucketShards]struct {
		mu   sync.Mutex
		held map[bidder]*rate.Limiter
	}
}

// bidder is whose bids are counted together.
type bidder struct {
	lot  uuid.UUID
	code string
}

func newBuckets(l redis_rate.Limit) *buckets {
	return &buckets{seed: maphash.MakeSeed(), limit: rate.Limit(float64(l.Rate) / l.Period.Seconds()), burst: l.Burst}
}

// take counts one.
//
// Faults: rate_exceeded with the time to wait.
func (b *buckets) take(who bidder, now time.Time) error {
	s := &b.shards[maphash.Comparable(b.seed, who)%bucketShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	l, known := s.held[who]
	if !known {
		if s.held == nil || len(s.held) >= maxBuckets {
			s.held = make(map[bidder]*rate.Limiter)
		}
		l = rate.NewLimiter(b.limit, b.burst)
		s.held[bidder{who.lot, strings.Clone(who.code)}] = l
	}
	if l.AllowN(now, 1) {
		return nil
	}
	r := l.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return fault.New(fault.RateLimited, fault.RateExceeded).After(wait)
	}
	return nil
}
