package live

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
)

const (
	// presenceSubject is where nodes tell how many watch what, on NATS core.
	presenceSubject = "presence"
	// maxCounts bounds the lots of one message: about 50 bytes each, and NATS
	// takes a megabyte.
	maxCounts = 10_000
	// maxNodes bounds the nodes that are listened to.
	maxNodes = 256
	// fresh is for how many rounds a node's counts hold.
	fresh = 3
)

// presence is how many watch on other nodes.
type presence struct {
	node  uuid.UUID
	every time.Duration

	mu    sync.Mutex
	nodes map[uuid.UUID]*counts
}

// counts are those of one node.
type counts struct {
	// age is how many rounds ago they were told.
	age  int
	lots map[uuid.UUID]int
}

// counted is the message. A node with more than maxCounts lots sends several in
// a round; First begins one.
type counted struct {
	Node  uuid.UUID         `json:"node"`
	First bool              `json:"first"`
	Lots  map[uuid.UUID]int `json:"lots"`
}

func newPresence(every time.Duration) presence {
	return presence{node: uuid.New(), every: every, nodes: map[uuid.UUID]*counts{}}
}

// heard takes another node's counts.
func (p *presence) heard(m *nats.Msg) {
	var c counted
	if err := json.Unmarshal(m.Data, &c); err != nil || c.Node == p.node || len(c.Lots) > maxCounts {
		return
	}
	if c.Lots == nil {
		c.Lots = map[uuid.UUID]int{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.nodes[c.Node]
	switch {
	case known == nil && len(p.nodes) >= maxNodes:
		return
	case known == nil || c.First:
		p.nodes[c.Node] = &counts{lots: c.Lots}
		return
	}
	maps.Copy(known.lots, c.Lots)
}

// elsewhere is how many watch a lot on other nodes.
func (p *presence) elsewhere(lot uuid.UUID) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.nodes {
		n += max(0, c.lots[lot])
	}
	return n
}

// grow makes what other nodes told a round older, and forgets what is not fresh.
func (p *presence) grow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for node, c := range p.nodes {
		if c.age++; c.age > fresh {
			delete(p.nodes, node)
		}
	}
}

// countHere is how many watch each lot on this node.
func (h *Hub) countHere() map[uuid.UUID]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	lots := make(map[uuid.UUID]int, len(h.feeds))
	for lot, f := range h.feeds {
		lots[lot] = f.members
	}
	return lots
}

// tellPresence tells other nodes how many watch here.
func (h *Hub) tellPresence(ctx context.Context, lots map[uuid.UUID]int) {
	if h.nats == nil {
		return
	}
	part := counted{Node: h.presence.node, First: true, Lots: make(map[uuid.UUID]int, min(len(lots), maxCounts))}
	send := func() {
		b, err := json.Marshal(part)
		if err == nil {
			err = h.nats.Publish(presenceSubject, b)
		}
		if err != nil {
			h.log.WarnContext(ctx, "other nodes are not told how many watch", "error", err)
		}
		part.First = false
		clear(part.Lots)
	}
	for lot, n := range lots {
		if part.Lots[lot] = n; len(part.Lots) == maxCounts {
			send()
		}
	}
	if part.First || len(part.Lots) > 0 {
		send()
	}
}
