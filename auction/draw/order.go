package draw

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"github.com/google/uuid"
)

// domain keeps the draws' hashes apart from all others over the same root. Whoever changes how an order is made changes it.
const domain = "mingchui/draw/v1\n"

// Value is what nobody knew when the list was fixed: the root of the log through the draw's opening.
type Value [sha256.Size]byte

// Order puts the candidates in the order that the value gives for this draw. The order in which they are handed in does
// not matter: they are sorted by id first, so that whoever writes the list has no say by how it is written.
func Order(value Value, draw uuid.UUID, candidates []uuid.UUID) []uuid.UUID {
	order := Canonical(candidates)
	s := stream{value: value, draw: draw}
	for i := range order { // from the last place on; the first is left the last one
		last := len(order) - 1 - i
		j := below(s.next, uint64(last)+1) //nolint:gosec // not negative
		order[last], order[j] = order[j], order[last]
	}
	return order
}

// stream yields the numbers of one draw: the first eight bytes of SHA-256(domain, value, draw id, counter).
type stream struct {
	value   Value
	draw    uuid.UUID
	counter uint64
}

func (s *stream) next() uint64 {
	b := slices.Concat([]byte(domain), s.value[:], s.draw[:])
	b = binary.BigEndian.AppendUint64(b, s.counter)
	s.counter++
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:])
}

// below is a number in [0, n), each as likely as the others: what lies above the last whole multiple of n is thrown away,
// since its remainders would favour the first candidates.
func below(next func() uint64, n uint64) uint64 {
	excess := (math.MaxUint64%n + 1) % n
	for {
		if x := next(); x <= math.MaxUint64-excess {
			return x % n
		}
	}
}
