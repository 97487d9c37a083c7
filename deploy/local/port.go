package local

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// PortTakenError says that a port of this machine is used by somebody else, by whom as far as can be seen, and what to do.
type PortTakenError struct {
	Port    int
	Process string // name of the holder, "" if it cannot be seen
	PID     int    // 0 if it cannot be seen
	User    string // the holder's account, "" if unknown
	Setting string // the flag that chooses another port, such as --port
}

func (e *PortTakenError) Error() string {
	who := "another program"
	switch {
	case e.PID != 0 && e.User != "":
		who = fmt.Sprintf("%s (process %d of %s)", e.Process, e.PID, e.User)
	case e.PID != 0:
		who = fmt.Sprintf("%s (process %d)", e.Process, e.PID)
	case e.User != "":
		who = "a process of " + e.User
	}
	setting := e.Setting
	if setting == "" {
		setting = "--port"
	}
	return fmt.Sprintf("port %d is taken by %s: stop it, or choose another port with %s", e.Port, who, setting)
}

// CheckPort returns nil when 127.0.0.1:port can be listened on now, else a *PortTakenError with the holder.
// setting is the flag to name in the message ("" means --port).
func CheckPort(ctx context.Context, port int, setting string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err == nil {
		return listener.Close()
	}
	if !isAddressInUse(err) {
		return fmt.Errorf("listen on port %d: %w", port, err)
	}
	return PortTaken(port, setting)
}

// PortTaken describes who listens on port; callers use it when their own listen failed with "address already in use".
func PortTaken(port int, setting string) *PortTakenError {
	taken := &PortTakenError{Port: port, Setting: setting}
	inodes, uid, found := listeners(port)
	if !found {
		return taken
	}
	taken.User = uid
	if u, err := user.LookupId(uid); err == nil {
		taken.User = u.Username
	}
	taken.PID, taken.Process = socketHolder(inodes)
	return taken
}

// listeners reads the kernel's tables of TCP sockets: the inodes of those that listen on port, and the uid of the last.
// Format: linux/Documentation/networking/proc_net_tcp.rst.
func listeners(port int) (inodes map[string]bool, uid string, found bool) {
	const stateListen = "0A"
	inodes = map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(table)
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			f := strings.Fields(lines.Text())
			if len(f) < 10 || f[3] != stateListen {
				continue
			}
			_, portHex, _ := strings.Cut(f[1], ":")
			b, err := hex.DecodeString(portHex)
			if err != nil || len(b) != 2 || int(b[0])<<8|int(b[1]) != port {
				continue
			}
			inodes["socket:["+f[9]+"]"] = true
			uid, found = f[7], true
		}
		_ = file.Close()
	}
	return inodes, uid, found
}

// socketHolder finds the process that holds one of the sockets; without rights over it, nothing is found.
func socketHolder(inodes map[string]bool) (pid int, name string) {
	fds, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, ""
	}
	for _, fd := range fds {
		target, err := os.Readlink(fd)
		if err != nil || !inodes[target] {
			continue
		}
		id := strings.Split(fd, "/")[2]
		comm, err := os.ReadFile(filepath.Join("/proc", id, "comm"))
		if err != nil {
			continue
		}
		if pid, err = strconv.Atoi(id); err == nil {
			return pid, strings.TrimSpace(string(comm))
		}
	}
	return 0, ""
}

// FreePort returns a port of 127.0.0.1 on which nobody listens now. It is taken from below the range that the kernel
// gives to outgoing connections, so that a server can be stopped and started again on it.
func FreePort(ctx context.Context) (int, error) {
	const from, to, tries = 15000, 32000, 200
	for range tries {
		port := from + rand.IntN(to-from) //nolint:gosec // no secret: any free number will do
		if CheckPort(ctx, port, "") == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port found between %d and %d", from, to)
}

func isAddressInUse(err error) bool {
	var sys *os.SyscallError
	return errors.As(err, &sys) && errors.Is(sys, syscall.EADDRINUSE)
}
