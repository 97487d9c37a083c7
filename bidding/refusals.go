package bidding

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
)

const (
	// flushEvery is how often counts of refusals are written, flushLimit how long that may take.
	flushEvery = 3 * time.Second
	flushLimit = 2 * time.Second
	// maxRefusalCounts bounds what is counted and not written: lots times codes times minutes.
	maxRefusalCounts = 1 << 14
	minuteMS         = 60_000
)

// refusedIn names one count.
type refusedIn struct {
	lot uuid.UUID
	// minute is its beginning, unix ms.
	minute int64
	code   fault.Code
}

// refusalCounts are the refused bids of this run of the node that are not written yet. Nobody's code or account is in them. A
// node that dies loses what it counted since its last write.
type refusalCounts struct {
	// node names the run to PostgreSQL.
	node uuid.UUID

	mu     sync.Mutex
	counts map[refusedIn]int64

	// writes is held by who writes. writing is the batch that is under way, number its own: it is written again under the same
	// number until PostgreSQL has said that it has it.
	writes  sync.Mutex
	writing map[refusedIn]int64
	number  int64
}

func newRefusalCounts() *refusalCounts {
	return &refusalCounts{node: uuid.New(), counts: map[refusedIn]int64{}}
}

// add counts one refusal at an instant (unix ms); false when too much waits to be written.
func (c *refusalCounts) add(lot uuid.UUID, at int64, code fault.Code) bool {
	in := refusedIn{lot, at - at%minuteMS, code}
	c.mu.Lock()
	defer c.mu.Unlock()
	n, known := c.counts[in]
	if !known {
		if len(c.counts) >= maxRefusalCounts {
			return false
		}
		in.code = fault.Code(strings.Clone(string(code))) // it is a part of the function's whole answer
	}
	c.counts[in] = n + 1
	return true
}

// next begins a batch, unless one is under way; false when there is nothing to write. c.writes is held.
func (c *refusalCounts) next() bool {
	if c.writing != nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.counts) == 0 {
		return false
	}
	c.writing, c.counts = c.counts, map[refusedIn]int64{}
	c.number++
	return true
}

// flushLoop writes the counts until done closes.
func (e *Engine) flushLoop(ctx context.Context, done <-chan struct{}) {
	every := time.NewTicker(flushEvery)
	defer every.Stop()
	for {
		select {
		case <-done:
			return
		case <-every.C:
		}
		if err := e.FlushRefusals(ctx); err != nil {
			e.log.WarnContext(ctx, "counts of refusals are not written yet", "error", err)
		}
	}
}

// FlushRefusals adds what was counted to the table, each batch once. While the engine runs it does so by itself; who stops the
// node calls it when the last request is answered.
func (e *Engine) FlushRefusals(ctx context.Context) error {
	c := e.refusals
	c.writes.Lock()
	defer c.writes.Unlock()
	// A batch that failed before holds up what was counted since, so both are written.
	for failed := c.writing != nil; c.next(); failed = false {
		if err := e.writeRefusals(ctx, c); err != nil || !failed {
			return err
		}
	}
	return nil
}

// writeRefusals writes the batch that is under way. c.writes is held.
func (e *Engine) writeRefusals(ctx context.Context, c *refusalCounts) error {
	const query = `
WITH fence AS (
	INSERT INTO refusal_flushes AS f (node, n) VALUES (@node, @number)
	ON CONFLICT (node) DO UPDATE SET n = excluded.n WHERE f.n < excluded.n
	RETURNING 1
)
INSERT INTO refusals_by_minute AS r (lot_id, minute, code, count)
SELECT b.lot, b.minute, b.code, b.count FROM fence, unnest(@lots::uuid[], @minutes::timestamptz[], @codes::text[], @counts::bigint[]) WITH ORDINALITY AS b (lot, minute, code, count, place)
ORDER BY b.place
ON CONFLICT (lot_id, minute, code) DO UPDATE SET count = r.count + excluded.count`
	// Every node adds in one order, so that none waits for another in a circle.
	keys := slices.SortedFunc(maps.Keys(c.writing), func(a, b refusedIn) int {
		return cmp.Or(strings.Compare(a.lot.String(), b.lot.String()), cmp.Compare(a.minute, b.minute), cmp.Compare(a.code, b.code))
	})
	n := len(keys)
	lots, minutes, codes, counts := make([]uuid.UUID, n), make([]time.Time, n), make([]string, n), make([]int64, n)
	for i, k := range keys {
		lots[i], minutes[i], codes[i], counts[i] = k.lot, instant(k.minute), string(k.code), c.writing[k]
	}
	ctx, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	err := e.hit("refusals before")
	if err == nil {
		_, err = e.pool.Exec(ctx, query, pgx.NamedArgs{
			"node": c.node, "number": c.number, "lots": lots, "minutes": minutes, "codes": codes, "counts": counts,
		})
	}
	if err == nil {
		err = e.hit("refusals after")
	}
	if err != nil {
		return fmt.Errorf("write %d counts of refusals: %w", n, err)
	}
	c.writing = nil
	return nil
}

// RefusedMinute is how many bids of a lot were answered with a code within one minute.
type RefusedMinute struct {
	Minute time.Time  `json:"minute"`
	Code   fault.Code `json:"code"`
	Count  int64      `json:"count"`
}

// Cursor is where the page after this line begins.
func (m RefusedMinute) Cursor() string {
	return strconv.FormatInt(m.Minute.Unix()/60, 10) + "." + string(m.Code)
}

// RefusedMinutes pages through the counts of a lot, the latest first. They are some seconds old.
//
// Codes: not_found for a lot that was not announced; invalid_request for another's cursor; service_unavailable.
func (e *Engine) RefusedMinutes(ctx context.Context, lot uuid.UUID, cursor string, limit int) ([]RefusedMinute, error) {
	const query = `SELECT minute, code, count FROM refusals_by_minute
WHERE lot_id = @lot AND (minute, code) < (@minute, @code) ORDER BY minute DESC, code DESC LIMIT @limit`
	minute, code, err := refusedBefore(cursor)
	if err != nil {
		return nil, err
	}
	rows, err := e.pool.Query(ctx, query, pgx.NamedArgs{"lot": lot, "minute": minute, "code": code, "limit": limit})
	if err != nil {
		return nil, unavailable(fmt.Errorf("read refusals of lot %s: %w", lot, err))
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m RefusedMinute, err error) {
		err = row.Scan(&m.Minute, &m.Code, &m.Count)
		return m, err
	})
	if err != nil {
		return nil, unavailable(fmt.Errorf("read refusals of lot %s: %w", lot, err))
	}
	if len(out) > 0 {
		return out, nil
	}
	var there bool
	if err := e.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM lots WHERE id = $1 AND announced_at IS NOT NULL)`, lot).Scan(&there); err != nil {
		return nil, unavailable(fmt.Errorf("read lot %s: %w", lot, err))
	}
	if !there {
		return nil, fault.New(fault.NotFound, fault.NotFoundCode).InField("lot")
	}
	return out, nil
}

// refusedBefore reads a cursor; without one the page begins after every minute.
func refusedBefore(cursor string) (minute time.Time, code string, err error) {
	const never = 253_402_300_799 // the last second of 9999
	if cursor == "" {
		return time.Unix(never, 0).UTC(), "", nil
	}
	number, code, _ := strings.Cut(cursor, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > never/60 || code == "" {
		return time.Time{}, "", fault.New(fault.Invalid, fault.InvalidRequest).InField("cursor")
	}
	return time.Unix(n*60, 0).UTC(), code, nil
}
