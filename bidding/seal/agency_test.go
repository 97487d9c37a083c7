package seal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
)

// R14, R18: the longest identity with an agency fits; one without an agency is as long and is committed to too; what was sealed
// before there were agencies opens, and commits to none.
func TestR14_AgentsAreSealedAsTheOthers(t *testing.T) {
	t.Parallel()
	field := func(value string) Field {
		f, err := NewField(value)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	long := Identity{Account: uuid.New(), AcceptedAt: time.UnixMilli(1_700_000_000_123).UTC(), Name: field(strings.Repeat("n", 200)), Number: field(strings.Repeat("9", 64))}
	long.Agency = field(strings.Repeat("ab", 32))
	himself := Identity{Account: uuid.New(), AcceptedAt: long.AcceptedAt, Name: field("李"), Number: field(""), Agency: field("")}
	for _, id := range []Identity{long, himself} {
		b, err := id.encode()
		if err != nil || len(b) != 512 {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		if got, err := decode(b); err != nil || got != id || len(got.AgencyCommitment()) != 64 {
			t.Errorf("decoded %+v, %v", got, err)
		}
	}
	long.Agency.Value += "a"
	if _, err := long.encode(); fault.CodeOf(err) != fault.InvalidRequest {
		t.Errorf("65 bytes of agency: %v", err)
	}
	// Format one, byte for byte as the release before wrote it.
	old := himself
	old.Agency = Field{}
	b, err := himself.encode()
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.Clone(b)
	b[0] = 1
	clear(b[1+16+8+2*33+len("李"):])
	if got, err := decode(b); err != nil || got != old || got.AgencyCommitment() != "" {
		t.Errorf("format one: %+v, %v", got, err)
	}
}

// R18: an agency's locator is of the agency and the lot, and of no account.
func TestR18_AgencyLocatorsJoinNothing(t *testing.T) {
	t.Parallel()
	ring, err := NewRing(bytes.Repeat([]byte{1}, KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.New()
	seen := map[string]bool{}
	for range 2 {
		lot := uuid.New()
		w, err := ring.Make(lot)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ring.Sealer(lot, w)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(s.AgencyLocator(id), s.AgencyLocator(id)) {
			t.Error("an agency is not found again")
		}
		for _, l := range [][]byte{s.AgencyLocator(id), s.Locator(id), s.AgencyLocator(uuid.New())} {
			if seen[string(l)] || len(l) != 32 {
				t.Errorf("a locator comes twice, or has %d bytes", len(l))
			}
			seen[string(l)] = true
		}
	}
}
