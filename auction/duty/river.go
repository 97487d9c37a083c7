package duty

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"mingchui/auction/fault"
)

// Bounds of River's part.
const (
	// maxAttempts: a duty is tried until it is done; River's column is a smallint.
	maxAttempts = 10_000
	// backoffTop bounds the wait between two tries.
	backoffTop = 5 * time.Minute
	// sweepEvery is how often rows that River lost are looked for.
	sweepEvery = 30 * time.Second
	// stopLimit is how long running duties may take to end when the node stops.
	stopLimit = 10 * time.Second
)

// jobArgs is all that River holds: the row is the record.
type jobArgs struct {
	ID uuid.UUID `json:"id"`
}

// Kind names the job in River's tables.
func (jobArgs) Kind() string { return "duty" }

// InsertOpts bounds the tries.
func (jobArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: maxAttempts} }

// worker runs a row at River's call.
type worker struct {
	river.WorkerDefaults[jobArgs]

	runner *Runner
}

// Work runs the duty; one that is due later is snoozed until then.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	until, done, err := w.runner.run(ctx, job.Args.ID)
	if err != nil {
		return err
	}
	if !done && !until.IsZero() {
		return river.JobSnooze(max(until.Sub(w.runner.clock.Now()), time.Second))
	}
	return nil
}

// Timeout is the lease's, so River never ends what the row still holds.
func (w *worker) Timeout(*river.Job[jobArgs]) time.Duration { return lease }

// NextRetry doubles the wait from one second to backoffTop, in machine time.
func (w *worker) NextRetry(job *river.Job[jobArgs]) time.Time {
	wait := min(time.Second<<min(max(job.Attempt-1, 0), 20), backoffTop)
	c := w.runner.clock
	return c.Now().Add(-c.Offset()).Add(wait)
}

// Start runs duties at their time until ctx ends, then lets those in hand end
// for ten seconds. It returns once River runs; Wait returns when all is stopped.
// It may be called once.
func (r *Runner) Start(ctx context.Context) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{runner: r})
	client, err := river.NewClient(riverpgxv5.New(r.pool), &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: parallel}},
		Workers:           workers,
		Logger:            r.log,
		FetchPollInterval: 500 * time.Millisecond,
		SoftStopTimeout:   stopLimit,
	})
	if err != nil {
		return fault.Internalf("prepare River: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fault.Internalf("start River: %w", err)
	}
	go func() {
		defer close(r.stopped)
		r.sweep(ctx)
		<-client.Stopped()
	}()
	return nil
}

// Wait returns when a started runner has stopped.
func (r *Runner) Wait() { <-r.stopped }

// sweep runs what is due and not in hand. At a start this is what came due
// while no node ran and River no longer knows.
func (r *Runner) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if n, err := r.RunDue(ctx); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "sweep of duties", slog.Int("done", n), slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
