package webhook

import (
	"net/http"
	"time"

	"mingchui/auction/fault"
)

// State is where a message stands.
type State string

const (
	// Waiting is in the queue; a try leaves it there, or takes it to Delivered or Failed.
	Waiting State = "waiting"
	// Delivered was answered with 2xx; finance may send it again.
	Delivered State = "delivered"
	// Failed stops the queue until finance sends it again or lets it go.
	Failed State = "failed"
	// Skipped was let go by finance, or by closing the receiver; finance may send it again.
	Skipped State = "skipped"
)

// Event is what happens to a message.
type Event int

const (
	// Taken is an answer of 2xx.
	Taken Event = iota
	// Missed is a try that is to be made again.
	Missed
	// GivenUp is the last try, or an answer of 410.
	GivenUp
	// Again is finance's: it shall be sent again.
	Again
	// LetGo is finance's: the queue shall go on without it.
	LetGo
)

// Next is the course of a message.
//
// Faults: webhook_state_conflict (conflict).
func Next(s State, e Event) (State, error) {
	switch s {
	case Waiting:
		switch e {
		case Taken:
			return Delivered, nil
		case Missed:
			return Waiting, nil
		case GivenUp:
			return Failed, nil
		case LetGo:
			return Skipped, nil
		case Again:
		}
	case Failed:
		switch e {
		case Again:
			return Waiting, nil
		case LetGo:
			return Skipped, nil
		case Taken, Missed, GivenUp:
		}
	case Delivered, Skipped:
		switch e {
		case Again:
			return Waiting, nil
		case Taken, Missed, GivenUp, LetGo:
		}
	}
	return s, fault.New(fault.Conflict, fault.WebhookStateConflict).With("status", string(s))
}

// ReceiverState is where a court's receiver stands.
type ReceiverState string

const (
	// Open is sent to.
	Open ReceiverState = "open"
	// Stopped waits for finance: a message failed.
	Stopped ReceiverState = "stopped"
	// Closed gets nothing, and no message is kept for it.
	Closed ReceiverState = "closed"
)

// Ground is why a receiver is stopped.
type Ground string

const (
	// NotStopped is no ground.
	NotStopped Ground = ""
	// Exhausted: the last try failed.
	Exhausted Ground = "exhausted"
	// Gone: it answered 410, which Standard Webhooks reads as "send no more".
	Gone Ground = "gone"
)

// Outcome is what came of a try.
type Outcome string

const (
	// Answered has an HTTP status.
	Answered Outcome = "answered"
	// TimedOut is no answer in time.
	TimedOut Outcome = "timeout"
	// Unreachable is no connection, or one that broke, or TLS that is not to be trusted.
	Unreachable Outcome = "unreachable"
	// Refused is by us: the address is of a private network.
	Refused Outcome = "refused"
)

// pauses are between the tries of a message, 71 h 51 min in all: a receiver that is down over a weekend loses nothing.
func pauses() []time.Duration {
	const s, m, h = time.Second, time.Minute, time.Hour
	return []time.Duration{10 * s, m, 5 * m, 15 * m, 30 * m, h, 2 * h, 4 * h, 8 * h, 12 * h, 20 * h, 24 * h}
}

// Judge says what a try comes to. tries counts it in, from 1; pause is set with Missed, ground with GivenUp.
func Judge(o Outcome, status, tries int) (e Event, pause time.Duration, ground Ground) {
	if o == Answered && status >= http.StatusOK && status < http.StatusMultipleChoices {
		return Taken, 0, NotStopped
	}
	if o == Answered && status == http.StatusGone {
		return GivenUp, 0, Gone
	}
	if all := pauses(); tries <= len(all) {
		return Missed, all[tries-1], NotStopped
	}
	return GivenUp, 0, Exhausted
}
