package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// child is one server process that this process started and waits for.
type child struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended and was waited for
	err  error         // how it ended; read it only after done
}

// command says how a child is started.
type command struct {
	name string // for messages: "postgres"
	path string
	args []string
	dir  string         // working folder; must be enterable by user
	log  *os.File       // standard output and error
	user *account       // nil: the same user as this process
	dies syscall.Signal // what the kernel sends to the child when this process is gone (Linux)
}

// start starts the process. Cancelling ctx does not end it: only stop does, or the death of this process.
func (c command) start(ctx context.Context) (*child, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), c.path, c.args...)
	cmd.Dir = c.dir
	cmd.Env = childEnv()
	cmd.Stdout, cmd.Stderr = c.log, c.log
	cmd.SysProcAttr = processAttributes(c.user, c.dies)
	p := &child{name: c.name, cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel sends the death signal when the *thread* that forked ends, so this thread is kept until the
		// child has ended (prctl(2), PR_SET_PDEATHSIG), and given back then: a goroutine that ends with its thread
		// locked ends the thread too, and with it whatever else was ever forked from it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.path, err)
	}
	return p, nil
}

func (p *child) pid() int { return p.cmd.Process.Pid }

// ended tells whether the process has ended.
func (p *child) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// askAgain is how long a child may pass over the gentle signal before it is sent again: Redis drops it while the first
// append-only file after a full synchronisation is being written.
const askAgain = 500 * time.Millisecond

// stop sends gently, again and again, and waits; when ctx ends or grace is over it sends hard and waits five seconds more.
func (p *child) stop(ctx context.Context, gently, hard syscall.Signal, grace time.Duration) error {
	if p.ended() {
		return nil
	}
	again := time.NewTicker(askAgain)
	defer again.Stop()
	over := time.NewTimer(grace)
	defer over.Stop()
	for patient := true; patient; {
		if err := p.signal(gently); err != nil {
			return err
		}
		select {
		case <-p.done:
			return nil
		case <-again.C:
		case <-ctx.Done():
			patient = false
		case <-over.C:
			patient = false
		}
	}
	if err := p.signal(hard); err != nil {
		return err
	}
	over.Reset(5 * time.Second)
	select {
	case <-p.done:
		return fmt.Errorf("%s did not stop in time and was ended with %s", p.name, hard)
	case <-over.C:
		return fmt.Errorf("%s (process %d) does not end", p.name, p.pid())
	}
}

func (p *child) signal(s syscall.Signal) error {
	err := p.cmd.Process.Signal(s)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s (process %d): %w", p.name, p.pid(), err)
	}
	return nil
}

// childEnv is all of the environment that a server sees: PG* and the like of the person's shell stay out.
func childEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
}

// stopLeftover ends a server process of an earlier life of this folder. It does nothing when pid is not a process
// called name whose working folder is dir: process ids are used again.
func stopLeftover(ctx context.Context, pid int, name, dir string, gently, hard syscall.Signal) error {
	if !isProcess(pid, name, dir) {
		return nil
	}
	proc, err := os.FindProcess(pid)
	if err != nil {
		return nil //nolint:nilerr // not found: it has ended, which is what is wanted
	}
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{gently, 20 * time.Second}, {hard, 10 * time.Second}} {
		if err := proc.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop the %s of an earlier run (process %d): %w", name, pid, err)
		}
		gone, err := poll(ctx, step.wait, func() bool { return !isProcess(pid, name, dir) })
		if gone || err != nil {
			return err
		}
	}
	return fmt.Errorf("the %s of an earlier run (process %d) does not end; stop it by hand", name, pid)
}

// poll asks every 10 ms until ready says yes (true), limit is over (false) or ctx ends (its error).
func poll(ctx context.Context, limit time.Duration, ready func() bool) (bool, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ready() {
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-timer.C:
			return false, nil
		case <-tick.C:
		}
	}
}
