package live

import "context"

// Handover is how who accounts for a request learns that its stream outlives the
// handler: the connection was taken over, and what ends it is not the handler's return.
type Handover struct {
	// Taken is set before the handler returns when the stream goes on or has
	// accounted for itself; Ended is called for it, and for no other.
	Taken bool
	// Ended is called once, by whichever goroutine ends the stream, with the bytes
	// of its body.
	Ended func(bytes int64)
}

type handoverKey struct{}

// WithHandover puts o into a request's context.
func WithHandover(ctx context.Context, o *Handover) context.Context {
	return context.WithValue(ctx, handoverKey{}, o)
}

// handoverOf is nil where nobody accounts.
func handoverOf(ctx context.Context) *Handover {
	o, _ := ctx.Value(handoverKey{}).(*Handover)
	return o
}

func (o *Handover) take() {
	if o != nil {
		o.Taken = true
	}
}

func (o *Handover) end(bytes int64) {
	if o != nil {
		o.Ended(bytes)
	}
}
