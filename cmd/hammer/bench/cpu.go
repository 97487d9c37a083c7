package bench

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticksPerSecond of /proc/PID/stat: USER_HZ, 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// processor reads how much processor time a process has used, in seconds; with children those of its children too, dead and
// alive. 0 where /proc is not there.
func processor(pid int, children bool) float64 {
	f, ok := stat(pid)
	if !ok {
		return 0
	}
	ticks := f.own
	if !children {
		return float64(ticks) / ticksPerSecond
	}
	ticks += f.dead
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0
	}
	for _, dir := range all {
		child, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if c, ok := stat(child); ok && c.parent == pid {
			ticks += c.own
		}
	}
	return float64(ticks) / ticksPerSecond
}

type procStat struct {
	parent    int
	own, dead int64
}

// stat reads /proc/PID/stat (proc_pid_stat(5)): after the name in parentheses come state, ppid, and as 12th to 15th utime,
// stime, cutime, cstime.
func stat(pid int) (procStat, bool) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return procStat{}, false
	}
	_, rest, ok := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 15 {
		return procStat{}, false
	}
	number := func(i int) int64 {
		n, err := strconv.ParseInt(f[i], 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	return procStat{parent: int(number(1)), own: number(11) + number(12), dead: number(13) + number(14)}, true
}
