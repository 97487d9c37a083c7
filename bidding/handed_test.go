package bidding

import (
	"fmt"
	"testing"
	"time"

	"mingchui/auction/clock"
)

// chained makes a piece of ticks that continues a chain.
func chained(epoch, from int64, h string, n int) handed {
	p := handed{epoch: epoch, from: from, to: from + int64(n), h: h}
	for i := range n {
		text := fmt.Sprintf("00000000-0000-0000-0000-000000000000 tick 0 %d node 0", from+int64(i))
		p.h = chain(p.h, text)
		p.entries = append(p.entries, written{at: 1, text: text})
	}
	return p
}

// What this node's calls decided is taken as far as it follows the committed end without a gap; the stream has the rest.
func TestI1_WhatWasHandedOverIsTakenWithoutAGap(t *testing.T) {
	t.Parallel()
	first := chained(1, 4, "a", 2)
	second := chained(1, 6, first.h, 3)
	later := chained(1, 10, "unknown", 1)
	s := &shard{epoch: 1, n: 4, h: "a", changed: make(chan struct{}), handed: []handed{
		later, second, first, chained(1, 2, "old", 2), chained(2, 4, "a", 1),
	}}
	_, n, h, run := s.next()
	if n != 4 || h != "a" || len(run) != 2 || run[0].from != 4 || run[1].from != 6 {
		t.Fatalf("at %d %s took %+v", n, h, run)
	}
	s.n = 9
	if _, _, _, run = s.next(); len(run) != 0 || len(s.handed) != 1 {
		t.Fatalf("beyond a gap took %+v, kept %+v", run, s.handed)
	}
	s.handed = append(s.handed, chained(1, 9, "b", 1))
	if _, _, _, run = s.next(); len(run) != 2 || run[1].from != 10 {
		t.Fatalf("when the gap was closed took %+v", run)
	}
	s.handed = []handed{later}
	s.n = 11
	if _, _, _, run = s.next(); len(run) != 0 || len(s.handed) != 0 {
		t.Fatalf("behind the committed end took %+v, kept %+v", run, s.handed)
	}
	s.handed = []handed{first}
	s.sync(2, 4, "a")
	if len(s.handed) != 0 {
		t.Fatal("what an older epoch decided is kept")
	}
}

// A piece that does not continue the chain to the end that Redis told is not committed; nor is a run where somebody marked the
// shard for its stream.
func TestI1_WhatDoesNotContinueTheChainIsReadFromTheStream(t *testing.T) {
	t.Parallel()
	sound := chained(1, 4, "a", 3)
	damaged := sound
	damaged.entries = []written{sound.entries[0], {at: 1, text: sound.entries[1].text + "1"}, sound.entries[2]}
	for name, c := range map[string]struct {
		piece handed
		mark  marked
		rows  int
		read  bool
	}{
		"sound":                 {sound, marked{handed: true}, 3, false},
		"another text":          {damaged, marked{handed: true}, 0, true},
		"another beginning":     {chained(1, 4, "b", 3), marked{handed: true}, 0, true},
		"the stream holds more": {sound, marked{}, 0, true},
		"beyond a gap":          {chained(1, 5, "a", 3), marked{handed: true}, 0, false},
		"committed already":     {chained(1, 1, "a", 3), marked{handed: true}, 0, false},
	} {
		e := &Engine{clock: clock.NewStepped(time.Now())}
		e.shards[0] = &shard{epoch: 1, n: 4, h: "a", changed: make(chan struct{}), handed: []handed{c.piece}}
		p, read := newCommitter(e).takeHanded(t.Context(), c.mark)
		if (p == nil) != (c.rows == 0) || read != c.read {
			t.Errorf("%s: %+v, read %v", name, p, read)
		} else if p != nil && (len(p.rows) != c.rows || p.to != 7 || p.hTo != sound.h || p.rows[2].decidedMS != 1) {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
