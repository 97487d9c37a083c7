package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"mingchui/cmd/auditor/verify"
)

// readState reads what an earlier run left; nil when there was none.
func readState(path string) (*verify.State, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // none is a case of its own
	}
	b, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // the first run
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	var s verify.State
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("read state %s: %w", path, err)
	}
	if s.VerifierKey == "" || s.Checkpoint == "" {
		return nil, fmt.Errorf("read state %s: it holds no key or no checkpoint", path)
	}
	return &s, nil
}

// writeState replaces the state whole or not at all.
func writeState(path string, s verify.State) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	next, err := os.CreateTemp(filepath.Dir(path), ".state-*")
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	defer func() { _ = os.Remove(next.Name()) }()
	_, err = next.Write(append(b, '\n'))
	if err = errors.Join(err, next.Sync(), next.Close()); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := os.Rename(next.Name(), path); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}
