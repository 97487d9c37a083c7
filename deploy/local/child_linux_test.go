package local

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// The kernel's death signal goes by the thread, so a child's keeper gives its thread back: were it to end, whatever else
// was forked from it (a browser, another server) would be killed with it.
func TestChild_KeepsItsThreadAlive(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	startAndStop := func() {
		c, err := command{name: "sleep", path: sleep, args: []string{"60"}, dir: os.TempDir(), dies: syscall.SIGKILL}.start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.stop(t.Context(), syscall.SIGTERM, syscall.SIGKILL, 10*time.Second); err != nil {
			t.Error(err)
		}
	}
	startAndStop()
	before := threads(t)
	for range 20 {
		startAndStop()
	}
	after := threads(t)
	for id := range before {
		if !after[id] {
			t.Errorf("thread %s of %d has ended", id, len(before))
		}
	}
}

func threads(t *testing.T) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, e := range entries {
		ids[e.Name()] = true
	}
	return ids
}
