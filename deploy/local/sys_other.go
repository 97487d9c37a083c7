//go:build !linux

package local

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// processAttributes puts a child into its own process group (Ctrl-C does not reach it), under user. Outside Linux the
// kernel has no death signal: a child that survives its killed parent is stopped at the next start.
func processAttributes(user *account, _ syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if user != nil {
		attr.Credential = &syscall.Credential{Uid: user.uid, Gid: user.gid}
	}
	return attr
}

// isProcess tells whether pid is a process called name. Outside Linux the working folder cannot be read cheaply;
// the command line must name the program.
func isProcess(pid int, name, _ string) bool {
	if pid <= 1 {
		return false
	}
	out, err := exec.CommandContext(context.Background(), "ps", "-o", "stat=,command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), name) && !strings.HasPrefix(string(out), "Z")
}

func ownerOf(info os.FileInfo) (account, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return account{}, false
	}
	return account{uid: stat.Uid, gid: stat.Gid}, true
}

// inMemory is known on Linux alone.
func inMemory() (folder string, free uint64) { return "", 0 }
