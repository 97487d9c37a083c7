package bidding

import (
	"sync"

	"github.com/google/uuid"

	"mingchui/bidding/course"
)

// watch knows each course of the node's shards that runs or is stayed by an outage, as committed.
type watch struct {
	mu   sync.Mutex
	lots map[uuid.UUID]*watched
}

// watched is one course.
type watched struct {
	course.State
	shard int
	// busy: something is being done about it.
	busy bool
	// brief is up to how long an outage the clock runs on by itself (ms); 0 until the lot's rules were asked.
	brief int64
	// away is since when an earlier outage left it without service (R20b), unix ms; 0 for none.
	away int64
}

func newWatch() *watch { return &watch{lots: map[uuid.UUID]*watched{}} }

// set notes a committed state.
func (w *watch) set(shard int, lot uuid.UUID, s course.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.Phase != course.Running && s.StayedBy != course.ByOutage {
		delete(w.lots, lot)
		return
	}
	known := w.lots[lot]
	if known == nil {
		known = &watched{}
		w.lots[lot] = known
	}
	known.State, known.shard = s, shard
	if s.Phase != course.Running {
		known.away = 0
	}
}

func (w *watch) drop(lot uuid.UUID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.lots, lot)
}

// done says that nothing is being done about a lot any more; brief is kept when it was learnt.
func (w *watch) done(lot uuid.UUID, brief int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := w.lots[lot]; known != nil {
		known.busy = false
		if brief > 0 {
			known.brief = brief
		}
	}
}

// endOf is the running end of a course, unix ms; false when it does not run here.
func (w *watch) endOf(lot uuid.UUID) (ends int64, runs bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.lots[lot]
	if known == nil || known.Phase != course.Running {
		return 0, false
	}
	return known.EndsAt, true
}

// miss notes that there was no service since t0 (unix ms): every course that had begun by now is to be stayed from then.
func (w *watch) miss(t0, now int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, known := range w.lots {
		if known.Phase == course.Running && known.Terms.StartsAt < now {
			known.away = max(t0, known.Terms.StartsAt)
		}
	}
}

// owes tells whether a course still waits to be stayed for an earlier outage.
func (w *watch) owes() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, known := range w.lots {
		if known.away > 0 {
			return true
		}
	}
	return false
}

// near lists the courses that ticks are for: those that end within their closing window and a minute, those whose end has
// come, and those stayed by an outage of late, whose service must be proven before they go on.
func (w *watch) near(now int64) []nearLot {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []nearLot
	for lot, known := range w.lots {
		if known.isNear(now) {
			out = append(out, nearLot{lot: lot, shard: known.shard, ends: known.EndsAt})
		}
	}
	return out
}

const (
	// leadMS is how long before its closing window a course is ticked for.
	leadMS = 60_000
	// lateMS is how long after a stay by an outage it is; no rule set has a longer brief outage.
	lateMS = 3_600_000
)

func (k *watched) isNear(now int64) bool {
	if k.Phase == course.Running {
		return now >= k.EndsAt-k.Terms.Extension-leadMS
	}
	return now-k.StayedAt < lateMS
}

// nearLot is a course that ticks are for.
type nearLot struct {
	lot   uuid.UUID
	shard int
	ends  int64
}
