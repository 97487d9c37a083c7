package live

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// frame is one event, encoded once and sent to all.
type frame struct {
	seq   int64
	bytes []byte
}

// newFrame encodes an event with its id; seq below zero leaves the id out, so
// that the browser keeps the one it has.
func newFrame(seq int64, event string, data any) (*frame, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return nil, fault.Internalf("encode event: %w", err)
	}
	var buf bytes.Buffer
	if seq >= 0 {
		buf.WriteString("id: " + strconv.FormatInt(seq, 10) + "\n")
	}
	buf.WriteString("event: " + event + "\ndata: ")
	buf.Write(b)
	buf.WriteString("\n\n")
	return &frame{seq: seq, bytes: buf.Bytes()}, nil
}

// instant is a time as the contract writes it.
type instant struct{ time.Time }

func (t instant) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

// MarshalJSON writes the state with the contract's instants.
func (s State) MarshalJSON() ([]byte, error) {
	type plain State
	return json.Marshal(struct {
		plain
		StartsAt   instant  `json:"starts_at"`
		EndsAt     *instant `json:"ends_at"`
		ServerTime instant  `json:"server_time"`
	}{plain(s), instant{s.StartsAt}, at(s.EndsAt), instant{s.ServerTime}})
}

// MarshalJSON writes the event with the contract's instants.
func (t told) MarshalJSON() ([]byte, error) {
	type plain told
	return json.Marshal(struct {
		plain
		At         instant  `json:"at"`
		AcceptedAt *instant `json:"accepted_at,omitempty"`
		EndsAt     *instant `json:"ends_at,omitempty"`
	}{plain(t), instant{t.At}, at(t.AcceptedAt), at(t.EndsAt)})
}

func at(t *time.Time) *instant {
	if t == nil {
		return nil
	}
	return &instant{*t}
}

// maxEventID keeps a Last-Event-ID within what Lua and JavaScript hold.
const maxEventID = int64(money.Max)
