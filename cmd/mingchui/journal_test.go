package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// pages is a file that tells each write.
type pages struct {
	mu     sync.Mutex
	writes []string
	told   chan struct{}
}

func (p *pages) Write(b []byte) (int, error) {
	p.mu.Lock()
	p.writes = append(p.writes, string(b))
	p.mu.Unlock()
	select {
	case p.told <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (p *pages) all() (text string, writes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.writes, ""), len(p.writes)
}

func TestAJournalLosesNothingAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	out := &pages{told: make(chan struct{}, 1)}
	j := newJournal(out)
	log := j.logger()
	const writers, lines = 8, 500
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range lines {
				log.Info("request", "writer", w, "line", i)
			}
		})
	}
	group.Wait()
	j.Close()
	log.Info("late", "writer", 0, "line", lines)
	text, writes := out.all()
	last := map[int]int{}
	for line := range strings.Lines(text) {
		var got struct{ Writer, Line int }
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if got.Line != last[got.Writer] {
			t.Fatalf("writer %d: line %d after %d", got.Writer, got.Line, last[got.Writer]-1)
		}
		last[got.Writer]++
	}
	if last[0] != lines+1 || len(last) != writers || writes > writers*lines/10 {
		t.Errorf("%v in %d writes", last, writes)
	}
}

func TestAWarningIsWrittenAtOnceWithWhatWasBeforeIt(t *testing.T) {
	t.Parallel()
	out := &pages{told: make(chan struct{}, 1)}
	j := newJournal(out)
	defer j.Close()
	j.logger().Info("first")
	j.logger().With("node", 1).WithGroup("g").Warn("second")
	if text, _ := out.all(); !strings.Contains(text, "first") || !strings.Contains(text, "second") {
		t.Errorf("written is %q", text)
	}
}

func TestALineIsHeldBackForAMomentOnly(t *testing.T) {
	t.Parallel()
	out := &pages{told: make(chan struct{}, 1)}
	j := newJournal(out)
	defer j.Close()
	for i := range 2 {
		j.logger().Info("a line", "number", i)
		<-out.told
	}
	if text, writes := out.all(); writes != 2 || !strings.Contains(text, `"number":1`) {
		t.Errorf("%d writes: %q", writes, text)
	}
}

func TestAFullJournalWritesAtOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	j := newJournal(&out)
	line := []byte(strings.Repeat("x", 1000) + "\n")
	for range 100 {
		if _, err := j.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if j.Close(); out.Len() != 100*len(line) {
		t.Errorf("%d bytes", out.Len())
	}
}
