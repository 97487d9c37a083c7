package ledger

import "context"

// Queued puts a work behind those that wait, in this order, without beginning a
// transaction; its answer comes through the channel.
func Queued[W any](ctx context.Context, w *Writer[W], work W) <-chan error {
	one := &waiting[W]{work: work, left: ctx.Err, done: make(chan error, 1)}
	w.queue <- one
	return one.done
}
