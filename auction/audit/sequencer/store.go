package sequencer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A CheckpointStore keeps the last signed checkpoint outside PostgreSQL, so that a database that was set back or changed is found
// before it is signed. It should not be restored from a backup together with the database.
type CheckpointStore interface {
	// Load gives the last checkpoint that was saved, or ErrNoCheckpoint when none ever was.
	Load(ctx context.Context) ([]byte, error)
	// Save replaces it, whole or not at all; it is durable when Save returns without error. After an error either may be there.
	Save(ctx context.Context, signed []byte) error
}

// ErrNoCheckpoint says that a store is new.
var ErrNoCheckpoint = errors.New("no checkpoint was kept yet")

// Folder is a CheckpointStore in a file named "checkpoint" of an existing folder.
type Folder struct{ path string }

// NewFolder keeps the checkpoint in the folder at path, which it makes when it is missing.
func NewFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make checkpoint folder: %w", err)
	}
	return &Folder{path: path}, nil
}

const checkpointFile = "checkpoint"

// Load reads the file.
func (f *Folder) Load(context.Context) ([]byte, error) {
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	b, err := root.ReadFile(checkpointFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoCheckpoint
	}
	if err != nil {
		return nil, fmt.Errorf("read checkpoint: %w", err)
	}
	return b, nil
}

// Save writes a new file, syncs it, puts it in the old one's place and syncs the folder.
func (f *Folder) Save(_ context.Context, signed []byte) error {
	next, err := os.CreateTemp(f.path, checkpointFile+".*")
	if err != nil {
		return fmt.Errorf("make checkpoint file: %w", err)
	}
	defer func() { _ = os.Remove(next.Name()) }()
	_, err = next.Write(signed)
	if err = errors.Join(err, next.Sync(), next.Close()); err != nil {
		return fmt.Errorf("write checkpoint file: %w", err)
	}
	if err := os.Rename(next.Name(), filepath.Join(f.path, checkpointFile)); err != nil {
		return fmt.Errorf("replace checkpoint file: %w", err)
	}
	folder, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("open checkpoint folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("sync checkpoint folder: %w", err)
	}
	return nil
}
