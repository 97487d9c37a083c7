package bidding

import (
	"sync"

	"github.com/google/uuid"
)

// halts are the lots that met a fatal fault: their last decision could not be committed although others could. They are not
// rebuilt and decide nothing until the next start; an operator is told by the log and by the metric halted_lots.
type halts struct {
	mu   sync.Mutex
	lots map[uuid.UUID]struct{}
}

func (h *halts) add(lot uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lots == nil {
		h.lots = map[uuid.UUID]struct{}{}
	}
	h.lots[lot] = struct{}{}
}

func (h *halts) has(lot uuid.UUID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, halted := h.lots[lot]
	return halted
}

func (h *halts) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.lots)
}
