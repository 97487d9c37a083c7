package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction/audit"
)

// Options are what a run is told.
type Options struct {
	// VerifierKey is the log's key, keys that sign batches after it (audit.JoinKeys); empty to take the one of Earlier, or else the one that the log serves, on first use.
	VerifierKey string
	// Earlier is the state of a run before; nil for none.
	Earlier *State
	// Lot restricts the re-run, and the report on lots, to one; uuid.Nil for all. The log is read whole all the same.
	Lot uuid.UUID
	// Jobs is how many bundles are fetched and hashed at a time; below 1 is 1.
	Jobs int
	// Progress, if set, is called from one goroutine with the entries done and the entries in all.
	Progress func(done, total int64)
	// Visit, if set, sees every canonical entry with its leaf index, in order.
	Visit func(leaf int64, e audit.Entry)
}

// State is what one run leaves for the next: the checkpoint that it verified, and the key. Whoever keeps it finds a log that was
// signed anew, even by one who holds database and key.
type State struct {
	VerifierKey string `json:"verifier_key"`
	Checkpoint  string `json:"checkpoint"`
}

// Run follows the log from src and checks all of it. What is wrong with the log is in the report; an error means that it could
// not be checked (the log was not reachable, or the options make no sense), and then no report says that anything is right.
func Run(ctx context.Context, src Source, o Options) (*Report, error) {
	v := &run{src: src, o: o, report: &Report{Findings: []Finding{}, Lots: []LotReport{}, NotChecked: []Note{}}, kinds: make(map[string]int64)}
	v.o.Jobs = max(o.Jobs, 1)
	v.lots = newHouse(v)
	if err := v.open(ctx); err != nil {
		return nil, err
	}
	if v.size >= 0 {
		if err := v.follow(ctx); err != nil {
			return nil, err
		}
		v.lots.finish()
	}
	v.close()
	return v.report, nil
}

type run struct {
	src    Source
	o      Options
	report *Report
	// size and root are the checkpoint's; size is -1 when it could not be opened.
	size int64
	root audit.Hash
	// earlier is the checkpoint to be a prefix; nil for none.
	earlier *audit.Checkpoint

	edge audit.Frontier
	// before is the edge before the bundle that is taken, leaves that bundle's.
	before audit.Frontier
	leaves []audit.Hash
	// level1 are the roots of full bundles, the hashes of level 1.
	level1  []audit.Hash
	damaged bool
	kinds   map[string]int64
	lots    *house
}

// open settles the key, fetches the checkpoint and opens both checkpoints.
func (v *run) open(ctx context.Context) error {
	v.size = -1
	if err := v.chooseKey(ctx); err != nil {
		return err
	}
	signed, err := v.src.Fetch(ctx, "checkpoint")
	if err != nil {
		return fmt.Errorf("fetch checkpoint: %w", err)
	}
	c, err := audit.OpenCheckpoint(signed, v.report.VerifierKey)
	if err != nil {
		v.report.add(logFinding(CheckpointInvalid, -1, err))
		return nil
	}
	v.size, v.root = c.Size, c.Root
	v.report.Origin, v.report.Size, v.report.Root, v.report.Checkpoint = c.Origin, c.Size, c.Root.String(), string(signed)
	if v.o.Earlier == nil || v.o.Earlier.Checkpoint == "" {
		v.report.note(NoEarlier)
		return nil
	}
	before, err := audit.OpenCheckpoint([]byte(v.o.Earlier.Checkpoint), v.report.VerifierKey)
	if err != nil {
		v.report.add(logFinding(EarlierInvalid, -1, err))
		return nil
	}
	v.report.Earlier = &Earlier{Size: before.Size, Root: before.Root.String()}
	if before.Size > c.Size {
		v.report.add(logFinding(LogShrank, c.Size, before.Size, c.Size))
		return nil
	}
	v.earlier = &before
	return nil
}

func (v *run) chooseKey(ctx context.Context) error {
	switch {
	case v.o.VerifierKey != "":
		v.report.VerifierKey, v.report.KeyTrust = v.o.VerifierKey, KeyGiven
	case v.o.Earlier != nil && v.o.Earlier.VerifierKey != "":
		v.report.VerifierKey, v.report.KeyTrust = v.o.Earlier.VerifierKey, KeyRemembered
	default:
		key, err := v.src.Fetch(ctx, "key")
		if err != nil {
			return fmt.Errorf("fetch the log's key: %w", err)
		}
		v.report.VerifierKey, v.report.KeyTrust = strings.TrimSpace(string(key)), KeyFirstUse
		v.report.note(KeyUnvouched)
	}
	if v.o.Earlier == nil || v.o.Earlier.VerifierKey == "" {
		return nil
	}
	if was, is := audit.LogKey(v.o.Earlier.VerifierKey), audit.LogKey(v.report.VerifierKey); was != is {
		v.report.add(logFinding(KeyChanged, -1, was, is))
	}
	return nil
}

// follow reads every bundle and tile, in the order of the log.
func (v *run) follow(ctx context.Context) error {
	v.markEarlier(nil)
	if err := bundles(ctx, v.src, v.size, v.o.Jobs, v.take); err != nil {
		return fmt.Errorf("follow the log: %w", err)
	}
	if v.damaged {
		return nil
	}
	if v.edge.Root() != v.root {
		v.report.add(logFinding(RootDiffers, -1, v.root, v.edge.Root()))
	}
	return v.upperTiles(ctx)
}

// take takes the next bundle.
func (v *run) take(b *bundle) error {
	for _, f := range b.damage {
		v.report.add(f)
	}
	if b.raw == nil {
		v.damaged = true // what follows cannot be placed: the roots are out of reach
		return nil
	}
	v.report.Bundles++
	v.report.Tiles++
	if !v.damaged {
		v.markEarlier(b.leaves)
		v.before, v.leaves = v.edge.Clone(), b.leaves
		if b.width == audit.TileWidth {
			v.edge.AddSubtree(b.root, audit.TileHeight)
			v.level1 = append(v.level1, b.root)
		} else {
			for _, leaf := range b.leaves {
				v.edge.Add(leaf, nil)
			}
		}
	}
	for i, e := range b.entries {
		leaf := b.n*audit.TileWidth + int64(i)
		v.report.Entries++
		if b.faults[i] != nil {
			v.report.add(logFinding(EntryUncanonical, leaf, b.faults[i]))
			continue
		}
		v.kinds[e.Kind]++
		v.lots.entry(leaf, e, b.events[i])
		if v.o.Visit != nil {
			v.o.Visit(leaf, e)
		}
	}
	if v.o.Progress != nil {
		v.o.Progress(b.n*audit.TileWidth+b.width, v.size)
	}
	return nil
}

// rootThrough is the root of the tree that ends with a leaf of the bundle that is taken; false where the log is damaged before it.
func (v *run) rootThrough(leaf int64) (audit.Hash, bool) {
	n := leaf - v.before.Size()
	if v.damaged || n < 0 || n >= int64(len(v.leaves)) {
		return audit.Hash{}, false
	}
	edge := v.before.Clone()
	for _, h := range v.leaves[:n+1] {
		edge.Add(h, nil)
	}
	return edge.Root(), true
}

// markEarlier compares the root at the earlier checkpoint's size, if it lies at the frontier or within the leaves that come next.
func (v *run) markEarlier(leaves []audit.Hash) {
	if v.earlier == nil || v.earlier.Size < v.edge.Size() || v.earlier.Size > v.edge.Size()+int64(len(leaves)) {
		return
	}
	edge := v.edge.Clone()
	for _, leaf := range leaves[:v.earlier.Size-v.edge.Size()] {
		edge.Add(leaf, nil)
	}
	if edge.Root() != v.earlier.Root {
		v.report.add(logFinding(HistoryRewritten, -1, v.earlier.Size, v.earlier.Root, edge.Root()))
	}
	v.earlier = nil
}

// upperTiles checks the tiles above the leaves' hashes.
func (v *run) upperTiles(ctx context.Context) error {
	for level, hashes := 1, v.level1; len(hashes) > 0; level++ {
		var up []audit.Hash
		for n := 0; n*audit.TileWidth < len(hashes); n++ {
			tile := hashes[n*audit.TileWidth : min((n+1)*audit.TileWidth, len(hashes))]
			f, err := checkTile(ctx, v.src, level, int64(n), tile)
			if err != nil {
				return fmt.Errorf("check tiles of level %d: %w", level, err)
			}
			if f != nil {
				v.report.add(*f)
			}
			v.report.Tiles++
			if len(tile) == audit.TileWidth {
				up = append(up, audit.NewBatch(tile).Root())
			}
		}
		hashes = up
	}
	return nil
}

// close fills in what is known at the end.
func (v *run) close() {
	for _, kind := range slices.Sorted(maps.Keys(v.kinds)) {
		v.report.Kinds = append(v.report.Kinds, KindCount{Kind: kind, Count: v.kinds[kind]})
	}
	if v.report.Kinds == nil {
		v.report.Kinds = []KindCount{}
	}
	slices.SortStableFunc(v.report.Findings, func(a, b Finding) int { return cmp.Compare(a.Leaf, b.Leaf) })
	v.report.note(BeyondTheLog)
}
