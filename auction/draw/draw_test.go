package draw

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/google/uuid"
)

func id(n byte) uuid.UUID { return uuid.UUID{15: n} }

func value(n int) Value {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return sha256.Sum256(b[:])
}

// The order is made a second time here, by the words of doc.go alone.
func TestR10p_OrderIsRepeatedByHand(t *testing.T) {
	draw, v := id(9), value(1)
	number := func(counter byte) uint64 {
		b := append([]byte("mingchui/draw/v1\n"), v[:]...)
		b = append(b, draw[:]...)
		sum := sha256.Sum256(append(b, 0, 0, 0, 0, 0, 0, 0, counter))
		return binary.BigEndian.Uint64(sum[:8])
	}
	want := []uuid.UUID{id(1), id(2), id(3)}
	j := number(0) % 3
	want[2], want[j] = want[j], want[2]
	j = number(1) % 2
	want[1], want[j] = want[j], want[1]
	if got := Order(v, draw, []uuid.UUID{id(1), id(2), id(3)}); !slices.Equal(got, want) {
		t.Errorf("order %v, by hand %v", got, want)
	}
}

func TestR10p_OrderDoesNotDependOnHowTheListIsWritten(t *testing.T) {
	given := []uuid.UUID{id(3), id(1), id(2)}
	a, b := Order(value(1), id(9), given), Order(value(1), id(9), []uuid.UUID{id(1), id(2), id(3)})
	if !slices.Equal(a, b) {
		t.Errorf("%v and %v", a, b)
	}
	if !slices.Equal(given, []uuid.UUID{id(3), id(1), id(2)}) {
		t.Errorf("the caller's list was changed: %v", given)
	}
}

func TestR16d_EveryOrderIsAsLikely(t *testing.T) {
	const draws = 60_000
	count := make(map[[3]uuid.UUID]int)
	for i := range draws {
		count[[3]uuid.UUID(Order(value(i), id(9), []uuid.UUID{id(1), id(2), id(3)}))]++
	}
	if len(count) != 6 {
		t.Fatalf("%d of 6 orders came up", len(count))
	}
	for order, n := range count {
		if n < 9_600 || n > 10_400 { // 10,000 expected, 91 the standard deviation
			t.Errorf("%v came up %d times of %d", order, n, draws)
		}
	}
}

func TestBelowThrowsAwayWhatWouldFavourTheFirst(t *testing.T) {
	// 2^64 = 3 * 6148914691236517205 + 1: one number is in excess, the last.
	numbers := []uint64{math.MaxUint64, math.MaxUint64 - 1}
	next := func() uint64 {
		n := numbers[0]
		numbers = numbers[1:]
		return n
	}
	if got := below(next, 3); got != 2 || len(numbers) != 0 {
		t.Errorf("%d with %d numbers left; want 2 from the second", got, len(numbers))
	}
	numbers = []uint64{math.MaxUint64}
	if got := below(next, 2); got != 1 { // nothing is in excess
		t.Errorf("%d, want 1", got)
	}
}

func TestR10p_TamperedDrawsAreFound(t *testing.T) {
	list := List{Draw: id(9), Leaf: 10, Candidates: []uuid.UUID{id(1), id(2), id(3)}}
	root := value(1)
	sound := func() Made {
		return Made{Leaf: 11, Size: 11, Value: root, Order: Order(root, list.Draw, list.Candidates)}
	}
	swapped := sound()
	swapped.Order[0], swapped.Order[1] = swapped.Order[1], swapped.Order[0]
	short := sound()
	short.Order = short.Order[:2]
	early, within, other := sound(), sound(), sound()
	early.Size = 10
	within.Size = 12
	other.Value = value(2)
	for _, c := range []struct {
		name string
		list List
		made Made
		want Flaw
	}{
		{"sound", list, sound(), ""},
		{"two places swapped", list, swapped, OrderDiffers},
		{"one left out", list, short, OrderDiffers},
		{"the tree ends right before the list", list, early, ValueTooEarly},
		{"the tree holds the draw itself", list, within, MadeBeforeRoot},
		{"another root", list, other, ValueDiffers},
		{"another draw's order", List{Draw: id(8), Leaf: 10, Candidates: list.Candidates}, sound(), OrderDiffers},
		{"one candidate", List{Draw: id(9), Candidates: []uuid.UUID{id(1)}}, sound(), TooFew},
		{"one twice", List{Draw: id(9), Candidates: []uuid.UUID{id(1), id(2), id(1)}}, sound(), Twice},
	} {
		if got := Check(c.list, c.made, root); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
