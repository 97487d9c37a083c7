package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/web/account"
)

// Bounded is the Timeout of a handler that bounds itself.
const Bounded time.Duration = -1

// Route is one call of the contract.
type Route struct {
	Method string
	// Path is the document's: /api/v1/lots/{lot}.
	Path string
	// Answer makes the answer. Exactly one of Answer and Stream is set.
	Answer func(ctx context.Context, c *Call) (Answer, error)
	// Stream writes the answer by itself; it returns an error only as long as
	// it has written nothing.
	Stream func(ctx context.Context, c *Call, w http.ResponseWriter, r *http.Request) error
	// MaxBody bounds the body in bytes; 0 is 64 KiB.
	MaxBody int64
	// Timeout bounds the handler; 0 is 15 seconds. Streams have none, nor has a handler with Bounded, which bounds itself.
	Timeout time.Duration
	// Usual spares the document's schemas: true says that they accept the request as it stands, for certain. Whatever it is
	// not sure of it leaves to them, so that a refusal is always theirs. nil asks them each time.
	Usual func(c *Call) bool
	// Keeps is set where an Idempotency-Key keeps the first answer.
	Keeps bool
	// Raw bodies are not JSON of the document: the handler reads Call.Body.
	Raw bool
	// Session is set where the caller must be in the lot's bidding session.
	Session bool
}

// Call is a request that passed the checks.
type Call struct {
	Visitor *account.Visitor
	Body    []byte
	Query   url.Values
	Header  http.Header
	// Params are the path's, by the document's names.
	Params map[string]string
	// AmountFen is what Usual has read of a bid; 0 when it has not.
	AmountFen money.Fen
	// ReceivedAt is when the request had reached the node whole, by the platform's clock.
	ReceivedAt time.Time
}

// Answer is what is sent; Body is encoded as JSON unless Bytes is set.
type Answer struct {
	Status int
	Body   any
	// Bytes and ContentType replace Body.
	Bytes       []byte
	ContentType string
	// Header is added.
	Header http.Header
}

// ok is an answer of 200.
func ok(body any) (Answer, error) { return Answer{Status: http.StatusOK, Body: body}, nil }

// created is an answer of 201.
func created(body any) (Answer, error) { return Answer{Status: http.StatusCreated, Body: body}, nil }

// nothing is an answer of 204.
func nothing() (Answer, error) { return Answer{Status: http.StatusNoContent}, nil }

// Decode reads the body, which the document's schema has accepted.
func (c *Call) Decode(v any) error {
	if len(c.Body) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.Body, v); err != nil {
		return fault.Wrap(fault.Invalid, fault.InvalidRequest, err)
	}
	return nil
}

// ID reads a path parameter that is an id.
//
// Faults: not_found: what is no id names nothing.
func (c *Call) ID(name string) (uuid.UUID, error) {
	s := c.Params[name]
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return uuid.Nil, fault.New(fault.NotFound, fault.NotFoundCode).InField(name)
	}
	return id, nil
}

// Int reads a query parameter that the document's schema has accepted.
func (c *Call) Int(name string, otherwise int64) int64 {
	n, err := strconv.ParseInt(c.Query.Get(name), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}
