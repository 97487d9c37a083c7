package main

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// journalBytes bounds what a journal holds back; a full one writes at once, so nothing is dropped and nothing piles up.
	journalBytes = 64 << 10
	// journalEvery is how long a line is held back at most. What is above info is written at once, with all before it.
	journalEvery = 100 * time.Millisecond
)

// journal gathers log lines: one write for a few hundred requests and not for each. Close writes what is held back. It is
// safe for concurrent use.
type journal struct {
	out io.Writer

	mu     sync.Mutex
	held   []byte
	timer  *time.Timer
	closed bool
}

func newJournal(out io.Writer) *journal {
	j := &journal{out: out, held: make([]byte, 0, journalBytes)}
	j.timer = time.AfterFunc(journalEvery, j.flush)
	j.timer.Stop()
	return j
}

// logger writes JSON lines to the journal.
func (j *journal) logger() *slog.Logger { return slog.New(promptly{slog.NewJSONHandler(j, nil), j}) }

// Write holds a line back. An error of the writer below is nobody's to answer for, as with any log.
func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.held)+len(line) > journalBytes {
		j.write()
	}
	if len(j.held) == 0 && !j.closed {
		j.timer.Reset(journalEvery)
	}
	j.held = append(j.held, line...)
	if j.closed {
		j.write()
	}
	return len(line), nil
}

// write passes on what is held. j.mu is held.
func (j *journal) write() {
	if len(j.held) > 0 {
		_, _ = j.out.Write(j.held)
		j.held = j.held[:0]
	}
}

func (j *journal) flush() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.write()
}

// Close writes what is held back; later lines are written as they come.
func (j *journal) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.timer.Stop()
	j.write()
}

// promptly writes what is above info at once.
type promptly struct {
	slog.Handler

	journal *journal
}

// Handle writes a record.
func (p promptly) Handle(ctx context.Context, r slog.Record) error {
	err := p.Handler.Handle(ctx, r)
	if r.Level > slog.LevelInfo {
		p.journal.flush()
	}
	return err
}

// WithAttrs is a handler with attributes.
func (p promptly) WithAttrs(attrs []slog.Attr) slog.Handler {
	return promptly{p.Handler.WithAttrs(attrs), p.journal}
}

// WithGroup is a handler with a group.
func (p promptly) WithGroup(name string) slog.Handler {
	return promptly{p.Handler.WithGroup(name), p.journal}
}
