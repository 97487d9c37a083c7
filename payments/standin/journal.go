package standin

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

const journalName = "journal.jsonl"

// journal appends changes, one line each. A line is whole or was never written:
// a torn last line is dropped on opening.
type journal struct {
	file *os.File
	lock *os.File
}

// open reads Dir into s.state, drops what is too old, writes the rest as a
// fresh journal and goes on appending to it.
func (s *Server) open() error {
	if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("standin: make folder: %w", err)
	}
	lock, err := lockFolder(s.cfg.Dir)
	if err != nil {
		return err
	}
	path := filepath.Join(s.cfg.Dir, journalName)
	if err := load(path, s.state); err != nil {
		return errors.Join(err, lock.Close())
	}
	s.state.bookWhatIsNot()
	s.state.forget(s.now().Unix())
	file, err := rewrite(path, s.state)
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	s.journal = &journal{file: file, lock: lock}
	return nil
}

// lockFolder keeps a second process out of the folder while this one lives.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the folder is the operator's
	if err != nil {
		return nil, fmt.Errorf("standin: open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("standin: folder %s is in use by another process: %w", dir, err), f.Close())
	}
	return f, nil
}

func load(path string, st *state) error {
	f, err := os.Open(path) //nolint:gosec // the folder is the operator's
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("standin: open journal: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	r := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			// Without its newline the last line is torn: its change was
			// never answered.
			return nil
		}
		if err != nil {
			return fmt.Errorf("standin: read journal: %w", err)
		}
		var c change
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("standin: journal line %d: %w", n, err)
		}
		st.apply(&c)
	}
}

// rewrite puts the state in a new file, atomically in the place of the old one.
func rewrite(path string, st *state) (*os.File, error) {
	next := path + ".next"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the folder is the operator's
	if err != nil {
		return nil, fmt.Errorf("standin: make journal: %w", err)
	}
	fail := func(doing string, err error) (*os.File, error) {
		return nil, errors.Join(fmt.Errorf("standin: %s: %w", doing, err), f.Close())
	}
	w := bufio.NewWriterSize(f, 1<<20)
	enc := json.NewEncoder(w)
	for _, c := range st.snapshot() {
		if err := enc.Encode(c); err != nil {
			return fail("write journal", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fail("write journal", err)
	}
	if err := f.Sync(); err != nil {
		return fail("sync journal", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fail("place journal", err)
	}
	return f, nil
}

// append writes one change in one write; it is in the system's hands when this
// returns, and survives the end of the process.
func (j *journal) append(c *change) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(c); err != nil {
		return fmt.Errorf("standin: encode change: %w", err)
	}
	if _, err := j.file.Write(b.Bytes()); err != nil {
		return fmt.Errorf("standin: append to journal: %w", err)
	}
	return nil
}

func (j *journal) close() error { return errors.Join(j.file.Sync(), j.file.Close(), j.lock.Close()) }
