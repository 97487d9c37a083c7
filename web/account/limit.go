package account

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/go-redis/redis_rate/v10"

	"mingchui/auction/fault"
)

// allow counts one try under key; rate_exceeded with the time to wait. The key
// is hashed, so that Redis holds neither addresses nor logins.
func (s *Service) allow(ctx context.Context, what, key string, limit redis_rate.Limit) error {
	sum := digest(what + "\x00" + strings.ToLower(key))
	r, err := s.limiter.Allow(ctx, what+":"+hex.EncodeToString(sum[:12]), limit)
	if err != nil {
		return fault.Wrap(fault.Unavailable, fault.ServiceUnavailable, err).After(2 * time.Second)
	}
	if r.Allowed == 0 {
		return fault.New(fault.RateLimited, fault.RateExceeded).After(r.RetryAfter)
	}
	return nil
}

// TryCode counts one try to open something by a code alone, from an address; rate_exceeded with the time to wait.
func (s *Service) TryCode(ctx context.Context, address string) error {
	return s.allow(ctx, "code-address", address, s.limits.SignInPerAddress)
}

// forget gives a login its tries back after a right password.
func (s *Service) forget(ctx context.Context, what, key string) error {
	sum := digest(what + "\x00" + strings.ToLower(key))
	return s.limiter.Reset(ctx, what+":"+hex.EncodeToString(sum[:12]))
}
