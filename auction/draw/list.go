package draw

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Least is the fewest candidates that a draw can be about: one alone needs none.
const Least = 2

// Wait is the least time between a list and the opening of its value: whoever follows the log holds a checkpoint over the
// list, and over what commits to its nonce, before anybody can know the order.
const Wait = 10 * time.Minute

// List is what the log fixed before the value existed. Leaf is the index of its entry, At that entry's time, OpensAt the time
// that it states for the opening, Commitment the hash of the nonce that the opening shows.
type List struct {
	Draw        uuid.UUID
	Leaf        int64
	At, OpensAt time.Time
	Commitment  string
	Candidates  []uuid.UUID
}

// Valid finds what a list lacks.
func (l List) Valid() Flaw {
	if len(l.Candidates) < Least {
		return TooFew
	}
	if l.OpensAt.Before(l.At.Add(Wait)) {
		return WaitTooShort
	}
	seen := make(map[uuid.UUID]bool, len(l.Candidates))
	for _, c := range l.Candidates {
		if seen[c] {
			return Twice
		}
		seen[c] = true
	}
	return ""
}

// NonceBytes is the length of a nonce.
const NonceBytes = 32

// Commitment is what a list says of its nonce before that is shown: SHA-256(domain, draw id, nonce) in lower-case hex.
func Commitment(draw uuid.UUID, nonce []byte) string {
	b := slices.Concat([]byte("mingchui/draw/v1/nonce\n"), draw[:], nonce)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Firm is the id under which an appraisal firm stands in lists: made of its full name, so that one firm is one candidate.
func Firm(name string) uuid.UUID {
	return uuid.NewHash(sha256.New(), uuid.Nil, []byte("mingchui/draw/v1/firm\n"+name), 8)
}

// Canonical is the candidates in the order of lists: by id. It leaves the caller's slice alone.
func Canonical(candidates []uuid.UUID) []uuid.UUID {
	list := slices.Clone(candidates)
	slices.SortFunc(list, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return list
}

// SetHash tells lists of the same candidates from others: SHA-256(domain, ids in canonical order) in lower-case hex.
func SetHash(candidates []uuid.UUID) string {
	b := []byte("mingchui/draw/v1/set\n")
	for _, c := range Canonical(candidates) {
		b = append(b, c[:]...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
