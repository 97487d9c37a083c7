package bidding

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mingchui/deploy/local/testserver"
)

// A test cannot stop Redis' clock, and the offset brings the function only near an instant. But it decides by
// max(last, TIME + offset): a shard that is rebuilt with a lot's last time at an instant, while the platform's clock
// stands behind it, decides about that lot at that instant exactly, to the millisecond.

// behindMillis is how far the platform's clock stays behind the instant that a lot stands at.
const behindMillis = 3_600_000

// patientRedis is a Redis whose client waits and never sends a call twice: a machine may be so slow that a usual client gives up on
// an answer and asks again, and the functions would decide again.
func patientRedis(t *testing.T) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(testserver.NewRedis(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	options.ReadTimeout, options.MaxRetries = 5*time.Minute, -1
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// held is what Redis holds of a lot.
type held struct {
	fields, admitted, keys, maxima map[string]string
}

// rebuild takes a shard into an epoch, as a recovery does, from what Redis itself held; it gives back what that was. A lot
// that is named in stands gets its last time moved up to that instant. n and h are the end of the shard's chain.
func rebuild(ctx context.Context, client *redis.Client, lib library, shard int, epoch, n int64, h string, stands map[uuid.UUID]int64) (map[uuid.UUID]held, error) {
	prefix := shardPrefix(shard)
	lots, err := holdings(ctx, client, shard, stands)
	if err != nil {
		return nil, err
	}
	keys := []string{prefix + "shard", prefix + "lots"}
	pipe := client.Pipeline()
	calls := []*redis.Cmd{pipe.FCall(ctx, lib.restoreBegin, keys, epoch, prefix)}
	for lot, was := range lots {
		fill := func(key string, hash map[string]string) {
			if len(hash) == 0 {
				return
			}
			args := []any{epoch, lot.String()}
			for field, value := range hash {
				if key == lotKeys(shard, lot)[3] && field == "last" {
					value = itoa(max(stands[lot], parseInt(value)))
				}
				args = append(args, field, value)
			}
			calls = append(calls, pipe.FCall(ctx, lib.restoreFill, append(keys[:2:2], key), args...))
		}
		names := lotKeys(shard, lot)
		fill(names[3], was.fields)
		fill(names[4], was.admitted)
		fill(names[5], was.keys)
		fill(maximaKey(shard, lot), was.maxima)
	}
	calls = append(calls, pipe.FCall(ctx, lib.restoreEnd, keys[:1], epoch, n, h))
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, err
	}
	for _, c := range calls {
		if word, err := c.Text(); err != nil || word != "ok" {
			return nil, fmt.Errorf("rebuild shard %d: %q %w", shard, word, err)
		}
	}
	return lots, nil
}

func holdings(ctx context.Context, client *redis.Client, shard int, stands map[uuid.UUID]int64) (map[uuid.UUID]held, error) {
	pipe := client.Pipeline()
	reads := map[uuid.UUID][4]*redis.MapStringStringCmd{}
	for lot := range stands {
		names := lotKeys(shard, lot)
		reads[lot] = [4]*redis.MapStringStringCmd{
			pipe.HGetAll(ctx, names[3]), pipe.HGetAll(ctx, names[4]), pipe.HGetAll(ctx, names[5]), pipe.HGetAll(ctx, maximaKey(shard, lot)),
		}
	}
	if len(reads) == 0 {
		return nil, nil
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]held, len(reads))
	for lot, r := range reads {
		out[lot] = held{fields: r[0].Val(), admitted: r[1].Val(), keys: r[2].Val(), maxima: r[3].Val()}
	}
	return out, nil
}

func parseInt(s string) int64 {
	f := fields{s: s}
	return f.int()
}
