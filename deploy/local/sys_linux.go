package local

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// processAttributes puts a child into its own process group (Ctrl-C does not reach it), under user, with the signal
// that the kernel sends to it when its parent is gone.
func processAttributes(user *account, dies syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: dies}
	if user != nil {
		attr.Credential = &syscall.Credential{Uid: user.uid, Gid: user.gid}
	}
	return attr
}

// isProcess tells whether pid is a running process called name whose working folder is dir. An ended process that
// nobody has waited for yet has no working folder and does not count.
func isProcess(pid int, name, dir string) bool {
	if pid <= 1 {
		return false
	}
	proc := fmt.Sprintf("/proc/%d", pid)
	comm, err := os.ReadFile(filepath.Join(proc, "comm"))
	if err != nil || strings.TrimSpace(string(comm)) != name {
		return false
	}
	cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
	if err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(dir)
	return err == nil && cwd == real
}

func ownerOf(info os.FileInfo) (account, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return account{}, false
	}
	return account{uid: stat.Uid, gid: stat.Gid}, true
}

// inMemory is the folder of the file system that Linux keeps in memory for everybody, and how many bytes it has left.
func inMemory() (folder string, free uint64) {
	const shm, tmpfs = "/dev/shm", 0x01021994
	var at syscall.Statfs_t
	if err := syscall.Statfs(shm, &at); err != nil || at.Type != tmpfs {
		return "", 0
	}
	return shm, at.Bavail * uint64(at.Bsize) //nolint:gosec // a block's size is positive
}
