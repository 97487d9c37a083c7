package audit

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"mingchui/auction/fault"
)

// The shape of C2SP tlog-tiles: tiles of height 8, so 256 hashes or 256 entries wide.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
	// EntriesLevel is the level that package tlog gives to raw data; its tiles are entry bundles.
	EntriesLevel = -1
)

// TilePath is where a tile or, at EntriesLevel, an entry bundle is served below the log's address: tile/0/x001/234,
// tile/entries/000.p/17 (C2SP tlog-tiles). width is TileWidth for a full one.
func TilePath(level int, n int64, width int) string {
	p := tlog.Tile{H: TileHeight, L: level, N: n, W: width}.Path()
	if level == EntriesLevel {
		return "tile/entries/" + strings.TrimPrefix(p, "tile/8/data/")
	}
	return "tile/" + strings.TrimPrefix(p, "tile/8/")
}

// ParseTilePath reads a path as TilePath writes it.
//
// Faults: invalid_request (invalid).
func ParseTilePath(path string) (level int, n int64, width int, err error) {
	old := ""
	if rest, ok := strings.CutPrefix(path, "tile/entries/"); ok {
		old = "tile/8/data/" + rest
	} else if rest, ok := strings.CutPrefix(path, "tile/"); ok {
		old = "tile/8/" + rest
	}
	t, err := tlog.ParseTilePath(old)
	if err != nil || TilePath(t.L, t.N, t.W) != path {
		return 0, 0, 0, fault.New(fault.Invalid, fault.InvalidRequest).InField("tile")
	}
	return t.L, t.N, t.W, nil
}

// AppendBundleEntry adds an entry to a bundle: its length in 16 bits, big-endian, then its bytes.
//
// Faults: entry_not_canonical (internal) above MaxEntryBytes.
func AppendBundleEntry(bundle, entry []byte) ([]byte, error) {
	if len(entry) > MaxEntryBytes {
		return nil, uncanonical("entry of %d bytes, more than %d", len(entry), MaxEntryBytes)
	}
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry))) //nolint:gosec // bounded above
	return append(bundle, entry...), nil
}

// SplitBundle cuts a bundle into its entries, which must be exactly width and leave nothing over; the slices share memory
// with bundle.
func SplitBundle(bundle []byte, width int) ([][]byte, error) {
	out := make([][]byte, 0, width)
	for len(bundle) > 0 {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return nil, fmt.Errorf("bundle ends inside entry %d", len(out))
		}
		n := 2 + int(binary.BigEndian.Uint16(bundle))
		out = append(out, bundle[2:n:n])
		bundle = bundle[n:]
	}
	if len(out) != width {
		return nil, fmt.Errorf("bundle holds %d entries, not %d", len(out), width)
	}
	return out, nil
}
