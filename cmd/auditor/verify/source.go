package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"mingchui/auction/audit"
	"mingchui/bidding/course"
)

// A Source gives what the log publishes, by its path below the log's address: "checkpoint", "key", "tile/0/x001/234.p/5",
// "tile/entries/000" (C2SP tlog-tiles). It must be safe for concurrent use.
type Source interface {
	// Fetch gives the bytes at path. ErrAbsent says that the log answers and does not have it, which is a finding; every other
	// error means that it could not be asked, which is none.
	Fetch(ctx context.Context, path string) ([]byte, error)
}

// ErrAbsent says that a log does not serve what was asked for.
var ErrAbsent = errors.New("the log does not serve this")

// FromFS is a Source over files, for a log that was copied to a folder or an archive.
func FromFS(files fs.FS) Source { return folder{files} }

type folder struct{ files fs.FS }

func (f folder) Fetch(_ context.Context, path string) ([]byte, error) {
	b, err := fs.ReadFile(f.files, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, ErrAbsent)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return b, nil
}

// A bundle is one fetched entry bundle with what was computed from it, away from the order of the log.
type bundle struct {
	n, width int64
	raw      [][]byte
	leaves   []audit.Hash
	// root is the root over the leaves of a full bundle: one hash of level 1.
	root    audit.Hash
	entries []audit.Entry
	// faults has the form's fault of each entry, nil for a canonical one.
	faults []error
	// events are the entries of kind course.*, read; the others' places are zero.
	events []eventOrFault
	// damage is what is wrong with the bundle or its tile as a whole.
	damage []Finding
	err    error
}

// An eventOrFault is a course event read from its entry, or why it cannot be.
type eventOrFault struct {
	event course.Event
	err   error
}

func readBundle(ctx context.Context, src Source, n, width int64) *bundle {
	b := &bundle{n: n, width: width}
	path := audit.TilePath(audit.EntriesLevel, n, int(width))
	data, err := src.Fetch(ctx, path)
	if errors.Is(err, ErrAbsent) {
		b.damage = append(b.damage, logFinding(BundleMissing, n*audit.TileWidth, path))
		return b
	}
	if err != nil {
		b.err = err
		return b
	}
	if b.raw, err = audit.SplitBundle(data, int(width)); err != nil {
		b.damage = append(b.damage, logFinding(BundleBroken, n*audit.TileWidth, path, err))
		b.raw = nil
		return b
	}
	b.leaves = make([]audit.Hash, width)
	b.entries = make([]audit.Entry, width)
	b.faults = make([]error, width)
	b.events = make([]eventOrFault, width)
	for i, raw := range b.raw {
		if b.entries[i], b.faults[i] = audit.Parse(raw); b.faults[i] != nil {
			b.leaves[i] = audit.LeafHash(raw)
			continue
		}
		b.leaves[i] = b.entries[i].LeafHash
		if strings.HasPrefix(b.entries[i].Kind, audit.CoursePrefix) {
			b.events[i].event, b.events[i].err = course.FromEntry(b.entries[i])
		}
	}
	if width == audit.TileWidth {
		b.root = audit.NewBatch(b.leaves).Root()
	}
	var damage *Finding
	if damage, b.err = checkTile(ctx, src, 0, n, b.leaves); damage != nil {
		b.damage = append(b.damage, *damage)
	}
	return b
}

// checkTile fetches a tile and holds it against the hashes that the entries give.
func checkTile(ctx context.Context, src Source, level int, n int64, want []audit.Hash) (*Finding, error) {
	path := audit.TilePath(level, n, len(want))
	leaf := n << (8 * (level + 1))
	data, err := src.Fetch(ctx, path)
	if errors.Is(err, ErrAbsent) {
		f := logFinding(TileMissing, leaf, path)
		return &f, nil
	}
	if err != nil {
		return nil, err
	}
	same := len(data) == len(want)*len(audit.Hash{})
	for i := 0; same && i < len(want); i++ {
		same = string(data[i*32:(i+1)*32]) == string(want[i][:])
	}
	if same {
		return nil, nil //nolint:nilnil // nothing found, nothing failed
	}
	f := logFinding(TileDiffers, leaf, path)
	return &f, nil
}

// bundles reads the bundles of a log of that size, jobs at a time, and yields them in order.
func bundles(ctx context.Context, src Source, size int64, jobs int, yield func(*bundle) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	queue := make(chan chan *bundle, jobs)
	go func() {
		defer close(queue)
		for n := int64(0); n*audit.TileWidth < size; n++ {
			done := make(chan *bundle, 1)
			select {
			case queue <- done: // holds when jobs are under way
			case <-ctx.Done():
				return
			}
			width := min(size-n*audit.TileWidth, audit.TileWidth)
			go func() { done <- readBundle(ctx, src, n, width) }()
		}
	}()
	for done := range queue {
		b := <-done
		if b.err != nil {
			return b.err
		}
		if err := yield(b); err != nil {
			return err
		}
	}
	return ctx.Err()
}
