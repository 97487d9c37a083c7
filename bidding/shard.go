package bidding

import (
	"slices"
	"sync"

	"github.com/google/uuid"
)

// shard is what this node knows of one shard: how far it is committed, and which decided batches wait for their commit.
type shard struct {
	id int

	mu sync.Mutex
	// epoch, n and h are the committed end of the chain, as PostgreSQL said last. epoch is 0 until it was asked.
	epoch, n int64
	h        string
	// recent holds the last commits up to n, newest last.
	recent  []landed
	flights []*flight
	// handed are decisions of this node's calls that its committer has not taken yet.
	handed []handed
	// served is what the committing node knows of the shard's service.
	served serving
	// moved, when somebody waits on it, is closed at the next commit or change of the epoch.
	moved chan struct{}
	// changed is closed and made anew when the epoch changes or the shard was rebuilt.
	changed chan struct{}
}

// landed is one committed decision.
type landed struct {
	h     string
	entry uuid.UUID
}

// flight is a decided batch that waits until the end of the chain it was decided at is committed. Waiting for that end
// holds refusals back too: nobody is told of a price that could still vanish.
type flight struct {
	gate     *gate
	epoch, n int64
	h        string
	requests []*request
	verdicts []verdict
	// dead: another decision was committed in its place; it waits for the next epoch.
	dead bool
}

// fate is what became of a flight.
type fate uint8

const (
	waiting fate = iota
	committed
	// unclear: committed or not, the node does not remember; PostgreSQL does.
	unclear
	// lost: another history was committed.
	lost
)

// position is the committed end of the chain.
func (s *shard) position() (epoch, n int64, h string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch, s.n, s.h
}

// at is the commit at place n, if it is remembered. s.mu is held.
func (s *shard) at(n int64) (landed, bool) {
	i := int64(len(s.recent)) - 1 - (s.n - n)
	if n > s.n || i < 0 {
		return landed{}, false
	}
	return s.recent[i], true
}

// fateOf says what became of f. s.mu is held.
func (s *shard) fateOf(f *flight) fate {
	switch {
	case f.epoch < s.epoch:
		return lost
	case f.dead || f.epoch > s.epoch || f.n > s.n:
		return waiting
	case f.n == s.n && f.h != s.h:
		return lost
	case f.n < s.n:
		end, known := s.at(f.n)
		if !known {
			return unclear
		}
		if end.h != f.h {
			return lost
		}
	}
	for i := range f.verdicts {
		if v := &f.verdicts[i]; v.sign == decided {
			if _, known := s.at(v.n); !known {
				return unclear
			}
		}
	}
	return committed
}

// sorted are flights by what becomes of them.
type sorted struct{ committed, unclear, dead []*flight }

// add registers a flight, or says at once what became of it.
func (s *shard) add(f *flight) sorted {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flights = append(s.flights, f)
	return s.sort()
}

// land records that PostgreSQL holds entries up to n with the chain's end h.
func (s *shard) land(n int64, h string, entries []landed) sorted {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n, s.h = n, h
	s.wake()
	if len(s.recent)+len(entries) > 2*maxRecent {
		s.recent = append(s.recent[:0], s.recent[max(0, len(s.recent)-maxRecent):]...)
	}
	s.recent = append(s.recent, entries...)
	return s.sort()
}

// sync records what PostgreSQL says of the shard, after others may have written it.
func (s *shard) sync(epoch, n int64, h string) sorted {
	s.mu.Lock()
	defer s.mu.Unlock()
	if epoch < s.epoch || (epoch == s.epoch && n <= s.n) {
		return sorted{}
	}
	if epoch != s.epoch {
		close(s.changed)
		s.changed = make(chan struct{})
	}
	s.epoch, s.n, s.h, s.recent, s.handed = epoch, n, h, nil, nil
	s.wake()
	return s.sort()
}

// sort takes the flights out whose fate is known. Lost ones of this epoch stay, dead, until the epoch ends: only then is it
// certain that their bids cannot be committed any more. s.mu is held.
func (s *shard) sort() sorted {
	var out sorted
	kept := s.flights[:0]
	for _, f := range s.flights {
		switch s.fateOf(f) {
		case waiting:
			kept = append(kept, f)
		case committed:
			s.fill(f)
			out.committed = append(out.committed, f)
		case unclear:
			out.unclear = append(out.unclear, f)
		case lost:
			if f.epoch == s.epoch {
				f.dead = true
				kept = append(kept, f)
			} else {
				out.dead = append(out.dead, f)
			}
		}
	}
	clear(s.flights[len(kept):])
	s.flights = kept
	return out
}

// fill notes the entries of a committed flight's bids. s.mu is held.
func (s *shard) fill(f *flight) {
	for i, v := range f.verdicts {
		if v.sign == decided {
			l, _ := s.at(v.n)
			f.requests[i].entry = l.entry
		}
	}
}

// waits tells whether any flight waits, whether any is dead, and the highest place that is waited for in this epoch.
func (s *shard) waits() (waits, dead bool, highest int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.flights {
		dead = dead || f.dead
		if f.epoch == s.epoch {
			highest = max(highest, f.n)
		}
	}
	return len(s.flights) > 0, dead, highest
}

// wait is closed at the next change of the shard's epoch.
func (s *shard) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// wake tells those that wait for the committed end to move. s.mu is held.
func (s *shard) wake() {
	if s.moved != nil {
		close(s.moved)
		s.moved = nil
	}
}

// landing is nil when n of an epoch is committed or the epoch is over; else it is closed when that may have changed.
func (s *shard) landing(epoch, n int64) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != epoch || s.n >= n {
		return nil
	}
	if s.moved == nil {
		s.moved = make(chan struct{})
	}
	return s.moved
}

// show publishes what is known of the shard's service.
func (s *shard) show(v serving) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served = v
}

// service is the shard's epoch and what is known of its service.
func (s *shard) service() (epoch int64, v serving) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch, s.served
}

// takeAll empties the shard of its flights, at the end of the engine.
func (s *shard) takeAll() []*flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.flights)
	s.flights = nil
	return out
}

// dirty is the set of shards that have something to commit or to mend.
type dirty struct {
	mu    sync.Mutex
	marks [shardCount]uint8
	kick  chan struct{}
}

const (
	// toCommit: the stream holds what is not committed.
	toCommit uint8 = 1 << iota
	// toTake: so do the calls of this node, which handed it over.
	toTake
	// toCheck: somebody saw Redis behind or in another epoch.
	toCheck
	// toRebuild: Redis is to be rebuilt whatever it says of itself.
	toRebuild
)

// marked is a shard that has something to commit; handed says that this node's calls decided all of it, as far as is known.
type marked struct {
	shard  int
	handed bool
}

func newDirty() *dirty { return &dirty{kick: make(chan struct{}, 1)} }

func (d *dirty) mark(shard int, what uint8) {
	if what == 0 {
		return
	}
	d.mu.Lock()
	d.marks[shard] |= what
	d.mu.Unlock()
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// take gives the marked shards in order and forgets them: those to commit, and of what is to be done besides, the marks.
func (d *dirty) take() (commit []marked, mend map[int]uint8) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, m := range d.marks {
		if m&(toCommit|toTake) != 0 {
			commit = append(commit, marked{shard: i, handed: m&toCommit == 0})
		}
		if m := m &^ (toCommit | toTake); m != 0 {
			if mend == nil {
				mend = map[int]uint8{}
			}
			mend[i] = m
		}
		d.marks[i] = 0
	}
	return commit, mend
}
