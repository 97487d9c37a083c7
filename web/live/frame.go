package live

import (
	"encoding/json"
	"strconv"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

const (
	beatComment = ": still here\n\n"
	dropNotice  = "event: dropped\ndata: {\"reason\":\"slow_reader\"}\n\n"
)

// appendFrame encodes one event with its id; seq below zero leaves the id out, so
// that the browser keeps the one it has.
func appendFrame(dst []byte, seq int64, event string, data any) ([]byte, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return dst, fault.Internalf("encode event: %w", err)
	}
	if seq >= 0 {
		dst = append(dst, "id: "...)
		dst = strconv.AppendInt(dst, seq, 10)
		dst = append(dst, '\n')
	}
	dst = append(dst, "event: "...)
	dst = append(dst, event...)
	dst = append(dst, "\ndata: "...)
	dst = append(dst, b...)
	return append(dst, "\n\n"...), nil
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
