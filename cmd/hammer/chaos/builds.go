package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// build is the server with one defect. It is made by giving the compiler changed copies of source files (go build -overlay):
// the source itself holds neither the defect nor a switch for it, so no normal build can reach it.
type build struct {
	id, what string
	// fault is the kind that must bring the defect to light, within so many strikes.
	fault string
	runs  int
	edits []edit
}

// edit replaces old, which the file holds exactly once, by new.
type edit struct{ file, old, new string }

const (
	library   = "bidding/lua/mingchui.lua"
	store     = "bidding/commit_store.go"
	condition = ` AND s.epoch = v.epoch AND s.n = v.from_n AND s.h = v.from_h`
)

// builds are all defects.
func builds() []build {
	return []build{
		{
			id: "fence_skipped", what: "the fence row is moved from wherever it stands", fault: "late_commit", runs: 6,
			edits: []edit{{store, condition, ""}},
		},
		{
			id: "conflict_ignored", what: "inserts of events, bids and entries that conflict are left out", fault: "rows_restored", runs: 1,
			edits: []edit{
				{
					store, "SELECT entry_id, entry_kind, case_id, lot_id, seq, at, bytes, leaf_hash FROM event)",
					"SELECT entry_id, entry_kind, case_id, lot_id, seq, at, bytes, leaf_hash FROM event ON CONFLICT DO NOTHING RETURNING id)",
				},
				{store, "SELECT entry_id FROM event)", "SELECT id FROM entry ON CONFLICT DO NOTHING)"},
				{store, "place - 1 FROM event)", "place - 1 FROM event ON CONFLICT DO NOTHING)"},
				{store, "FROM event WHERE kind = 'bid')", "FROM event WHERE kind = 'bid' ON CONFLICT DO NOTHING)"},
			},
		},
		{
			id: "refusal_before_commit", what: "a refusal is answered at once, whether or not what it was judged against is committed", fault: "redis_wiped", runs: 6,
			edits: []edit{{
				"bidding/gate.go", "			v.at = rep.now\n",
				"			v.at = rep.now\n			r.answer <- result{verdict: v}\n			continue\n",
			}},
		},
		{
			id: "epoch_unchecked", what: "the function decides, and the fence moves, whatever the epoch", fault: "redis_wiped", runs: 20,
			edits: []edit{
				{
					library, "'c')\n  if shard[1] ~= args[1] then return 'epoch ' .. (shard[1] or '0') end\n  local why, t, n, c, platform, busy = obstacle(shard, stream, args)\n",
					"'c')\n  shard[3] = shard[3] or ''\n  local why, t, n, c, platform, busy = obstacle(shard, stream, args)\n",
				},
				{library, "local n, committed = tonumber(shard[2]), tonumber(args[2])", "local n, committed = tonumber(shard[2] or 0), tonumber(args[2])"},
				{library, "  if lot.phase ~= '' and lot.phase ~= 'closed' and lot.epoch ~= args[1] and cmds[1][1] ~= 'epoch' then return 'restoring' end\n", ""},
				{store, " AND s.epoch = v.epoch AND", " AND"},
			},
		},
		{
			id: "lagging_accepted", what: "a replica that lags is taken for its master: no behind, no run id", fault: "replica_promoted", runs: 3,
			edits: []edit{
				{library, "  if committed > n then return 'behind' end\n", ""},
				{"bidding/recover.go", "if c.courses[id] != nil && servers[id] != c.runIDs[id] {", "if c.courses[id] == nil && servers[id] != c.runIDs[id] {"},
				{
					"bidding/committer.go", "	case at.epoch != v.epoch, at.n < v.n, at.n < v.highest, at.n == v.n && at.h != v.h:\n",
					"	case at.epoch != v.epoch:\n",
				},
			},
		},
	}
}

// moduleRoot is the folder of the module that hammer is run in.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "mingchui").Output()
	if err != nil {
		return "", fmt.Errorf("find the source (run hammer in it): %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// changed is the content of the build's files, by their paths below root.
func (b build) changed(root string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, e := range b.edits {
		text, there := files[e.file]
		if !there {
			var err error
			if text, err = os.ReadFile(filepath.Join(root, e.file)); err != nil { //nolint:gosec // files of the source that builds names
				return nil, fmt.Errorf("build %s: %w", b.id, err)
			}
		}
		if n := bytes.Count(text, []byte(e.old)); n != 1 {
			return nil, fmt.Errorf("build %s: %s holds %d times, not once: %q", b.id, e.file, n, e.old)
		}
		files[e.file] = bytes.Replace(text, []byte(e.old), []byte(e.new), 1)
	}
	return files, nil
}

// make compiles the server with the defect into dir and returns its path.
func (b build) make(ctx context.Context, dir string) (string, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", err
	}
	files, err := b.changed(root)
	if err != nil {
		return "", err
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, text := range files {
		copied := filepath.Join(dir, b.id+"-"+filepath.Base(file))
		if err := os.WriteFile(copied, text, 0o600); err != nil {
			return "", fmt.Errorf("build %s: %w", b.id, err)
		}
		overlay.Replace[filepath.Join(root, file)] = copied
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", b.id, err)
	}
	overlayFile := filepath.Join(dir, b.id+"-overlay.json")
	if err := os.WriteFile(overlayFile, list, 0o600); err != nil {
		return "", fmt.Errorf("build %s: %w", b.id, err)
	}
	return compile(ctx, filepath.Join(dir, "mingchui-"+b.id), "mingchui/cmd/mingchui", "-overlay", overlayFile)
}

// compile builds a program of the module into path.
func compile(ctx context.Context, path, program string, flags ...string) (string, error) {
	args := append([]string{"build", "-o", path}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, program)...) //nolint:gosec // files of ours
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", program, err, strings.TrimSpace(string(out)))
	}
	return path, nil
}
