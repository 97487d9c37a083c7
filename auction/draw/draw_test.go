package draw

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

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
	at := time.Date(2026, 11, 27, 1, 0, 0, 0, time.UTC)
	nonce := bytes.Repeat([]byte{7}, 32)
	three := []uuid.UUID{id(1), id(2), id(3)}
	type parts struct {
		list List
		open Opening
		made Made
	}
	for _, c := range []struct {
		name   string
		change func(*parts)
		want   Flaw
	}{
		{"sound", func(*parts) {}, ""},
		{"two places swapped", func(p *parts) { p.made.Order[0], p.made.Order[1] = p.made.Order[1], p.made.Order[0] }, OrderDiffers},
		{"one left out", func(p *parts) { p.made.Order = p.made.Order[:2] }, OrderDiffers},
		{"another draw's order", func(p *parts) { p.made.Order = Order(p.made.Value, id(8), three) }, OrderDiffers},
		{"opened right before the list", func(p *parts) { p.open.Leaf = 9 }, ValueTooEarly},
		{"opened in the list's place", func(p *parts) { p.open.Leaf = 10 }, ValueTooEarly},
		{"opened a millisecond early", func(p *parts) { p.open.At = p.open.At.Add(-time.Millisecond) }, OpenedEarly},
		{"opened a millisecond late", func(p *parts) { p.open.At = p.open.At.Add(time.Millisecond) }, ""},
		{"a millisecond short of ten minutes", func(p *parts) { p.list.OpensAt = at.Add(10*time.Minute - time.Millisecond) }, WaitTooShort},
		{"another nonce", func(p *parts) { p.open.Nonce = bytes.Repeat([]byte{8}, 32) }, NonceDiffers},
		{"a nonce cut short", func(p *parts) { p.open.Nonce = nonce[:31] }, NonceDiffers},
		{"another draw's commitment", func(p *parts) { p.list.Commitment = Commitment(id(8), nonce) }, NonceDiffers},
		{"a tree one leaf shorter", func(p *parts) { p.made.Size-- }, ValueElsewhere},
		{"a tree one leaf longer", func(p *parts) { p.made.Size++ }, ValueElsewhere},
		{"made within the tree", func(p *parts) { p.made.Leaf = 12 }, MadeBeforeRoot},
		{"another root", func(p *parts) { p.made.Value = value(2) }, ValueDiffers},
		{"one candidate", func(p *parts) { p.list.Candidates = three[:1] }, TooFew},
		{"one twice", func(p *parts) { p.list.Candidates = []uuid.UUID{id(1), id(2), id(1)} }, Twice},
		{"one more on the list", func(p *parts) { p.list.Candidates = append(slices.Clone(three), id(4)) }, OrderDiffers},
	} {
		root := value(1)
		p := parts{
			List{Draw: id(9), Leaf: 10, At: at, OpensAt: at.Add(10 * time.Minute), Commitment: Commitment(id(9), nonce), Candidates: three},
			Opening{Leaf: 12, At: at.Add(10 * time.Minute), Nonce: nonce},
			Made{Leaf: 13, Size: 13, Value: root, Order: Order(root, id(9), three)},
		}
		c.change(&p)
		if got := Check(p.list, p.open, p.made, root); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestR10p_OneFirmIsOneCandidate(t *testing.T) {
	if a, b := Firm("甲评估公司"), Firm("甲评估公司"); a != b || a == Firm("乙评估公司") {
		t.Error("the id does not go by the name")
	}
	if got := Firm("甲评估公司").String(); got != "b62d933f-ccd6-8ac6-9d08-c60da1415333" {
		t.Errorf("the firm's id is now %s: lists that were published hold the other one", got)
	}
	if SetHash([]uuid.UUID{id(1), id(2)}) != SetHash([]uuid.UUID{id(2), id(1)}) || SetHash([]uuid.UUID{id(1)}) == SetHash([]uuid.UUID{id(1), id(2)}) {
		t.Error("the hash of a list does not go by its candidates alone")
	}
}
