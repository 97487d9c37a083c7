package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// account is a system user and its main group.
type account struct{ uid, gid uint32 }

// serverAccount says under which account PostgreSQL runs: nil means our own. PostgreSQL refuses root, so root drops to
// the owner of an existing cluster, else to the user `postgres` that the packages create.
func serverAccount(clusters ...string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is the documented answer: no change of user
	}
	for _, cluster := range clusters {
		if info, err := os.Stat(cluster); err == nil {
			if owner, ok := ownerOf(info); ok && owner.uid != 0 {
				return &owner, nil
			}
		}
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.New("PostgreSQL refuses to run as root and there is no user `postgres` to run it as: install the " +
			"package postgresql, or run as an ordinary user")
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user id of postgres: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("group id of postgres: %w", err)
	}
	return &account{uid: uint32(uid), gid: uint32(gid)}, nil
}

// canEnter tells whether a may pass through path and each folder above it.
func (a *account) canEnter(path string) bool {
	for {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, os.ErrNotExist): // will be created by us
		case err != nil:
			return false
		default:
			owner, ok := ownerOf(info)
			mode := info.Mode().Perm()
			allowed := mode&0o001 != 0
			if ok && owner.uid == a.uid {
				allowed = mode&0o100 != 0
			} else if ok && owner.gid == a.gid {
				allowed = mode&0o010 != 0
			}
			if !allowed {
				return false
			}
		}
		parent := filepath.Dir(path)
		if parent == path {
			return true
		}
		path = parent
	}
}

// systemState is where root keeps clusters whose own folder the user `postgres` cannot enter.
const systemState = "/var/lib/mingchui"

// clusterHome says in which folder the cluster of f lies. It is f itself, unless a may not enter it (a clone below
// /root, say): then it is a folder below systemState, and f/elsewhere keeps its name. The name carries a random part,
// so a deleted data folder starts afresh instead of finding old data.
func clusterHome(f *folder, a *account) (string, error) {
	if b, err := os.ReadFile(f.file("elsewhere")); err == nil {
		home := strings.TrimSpace(string(b))
		return home, os.MkdirAll(home, 0o711)
	}
	if a == nil {
		return f.path, nil
	}
	if a.canEnter(filepath.Dir(f.path)) {
		return f.path, nil
	}
	if err := os.MkdirAll(systemState, 0o755); err != nil {
		return "", fmt.Errorf("user postgres cannot enter %s, and %s cannot be made: %w", f.path, systemState, err)
	}
	sum := sha256.Sum256([]byte(f.path))
	home, err := os.MkdirTemp(systemState, hex.EncodeToString(sum[:4])+"-*")
	if err != nil {
		return "", fmt.Errorf("user postgres cannot enter %s: %w", f.path, err)
	}
	if err := os.Chmod(home, 0o711); err != nil {
		return "", fmt.Errorf("open %s for user postgres: %w", home, err)
	}
	if err := os.WriteFile(f.file("elsewhere"), []byte(home+"\n"), 0o600); err != nil {
		return "", folderError(f.path, err)
	}
	return home, nil
}
