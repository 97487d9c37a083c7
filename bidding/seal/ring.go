package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"mingchui/auction/fault"
)

// KeyBytes is the length of sealing keys and of lot keys.
const KeyBytes = 32

// Ring is the sealing keys, the current one first. It is safe for concurrent use.
type Ring struct{ keys []sealingKey }

type sealingKey struct {
	id   string
	aead cipher.AEAD
	// secrets seals the secrets of courts' receivers (secret.go).
	secrets cipher.AEAD
}

// NewRing makes a ring of keys of KeyBytes each, the current one first; the others still unwrap.
func NewRing(keys ...[]byte) (*Ring, error) {
	if len(keys) == 0 {
		return nil, errors.New("no sealing key is given")
	}
	r := &Ring{}
	for _, key := range keys {
		if len(key) != KeyBytes {
			return nil, fmt.Errorf("a sealing key has %d bytes, not %d", len(key), KeyBytes)
		}
		aead, err := newAEAD(key, "mingchui lot key")
		if err != nil {
			return nil, err
		}
		secrets, err := newAEAD(key, "mingchui receiver secret")
		if err != nil {
			return nil, err
		}
		if id := keyID(key); !r.Has(id) {
			r.keys = append(r.keys, sealingKey{id, aead, secrets})
		}
	}
	return r, nil
}

// keyID names a key without telling anything of it.
func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("mingchui sealing key id\x00"), key...))
	return hex.EncodeToString(sum[:8])
}

// Current is the id of the key that wraps.
func (r *Ring) Current() string { return r.keys[0].id }

// Has tells whether the key of an id is here.
func (r *Ring) Has(id string) bool {
	_, ok := r.find(id)
	return ok
}

func (r *Ring) find(id string) (cipher.AEAD, bool) {
	for _, k := range r.keys {
		if k.id == id {
			return k.aead, true
		}
	}
	return nil, false
}

// Wrapped is a lot's key as the database holds it.
type Wrapped struct {
	// KeyID names the sealing key.
	KeyID string
	Bytes []byte
}

// Make draws a lot's key and wraps it under the current sealing key.
func (r *Ring) Make(lot uuid.UUID) (Wrapped, error) {
	key := make([]byte, KeyBytes)
	if _, err := rand.Read(key); err != nil {
		return Wrapped{}, fault.Internalf("draw a lot's key: %w", err)
	}
	return r.wrap(lot, key), nil
}

func (r *Ring) wrap(lot uuid.UUID, key []byte) Wrapped {
	return Wrapped{KeyID: r.Current(), Bytes: r.keys[0].aead.Seal(nil, nil, key, lot[:])} //nolint:gosec // the cipher draws its nonce
}

// Rewrap wraps a lot's key under the current sealing key.
//
// Faults: sealing_key_missing, seal_broken.
func (r *Ring) Rewrap(lot uuid.UUID, w Wrapped) (Wrapped, error) {
	key, err := r.unwrap(lot, w)
	if err != nil {
		return Wrapped{}, err
	}
	return r.wrap(lot, key), nil
}

func (r *Ring) unwrap(lot uuid.UUID, w Wrapped) ([]byte, error) {
	aead, ok := r.find(w.KeyID)
	if !ok {
		return nil, fault.Wrap(fault.Internal, fault.SealingKeyMissing,
			fmt.Errorf("lot %s: its key is wrapped under sealing key %s, which this server was not given", lot, w.KeyID))
	}
	key, err := openUnder(aead, w.Bytes, lot[:])
	if err != nil {
		return nil, fault.Wrap(fault.Internal, fault.SealBroken, fmt.Errorf("lot %s: unwrap its key: %w", lot, err))
	}
	return key, nil
}

// Sealer seals the enrolments of one lot and finds them again. It opens nothing.
type Sealer struct {
	aead    cipher.AEAD
	locator []byte
	lot     uuid.UUID
}

// Sealer unwraps a lot's key for sealing and finding.
//
// Faults: sealing_key_missing, seal_broken.
func (r *Ring) Sealer(lot uuid.UUID, w Wrapped) (*Sealer, error) {
	key, err := r.unwrap(lot, w)
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(key, "mingchui enrolment seal")
	if err != nil {
		return nil, fault.Internalf("lot %s: derive its sealing: %w", lot, err)
	}
	locator, err := hkdf.Key(sha256.New, key, nil, "mingchui enrolment locator", KeyBytes)
	if err != nil {
		return nil, fault.Internalf("lot %s: derive its locator: %w", lot, err)
	}
	return &Sealer{aead: aead, locator: locator, lot: lot}, nil
}

// Locator is the HMAC-SHA256 by which an account's enrolment of the lot is found, 32 bytes.
func (s *Sealer) Locator(account uuid.UUID) []byte {
	mac := hmac.New(sha256.New, s.locator)
	_, _ = mac.Write(account[:]) // a hash never fails
	return mac.Sum(nil)
}

// AgencyLocator is the HMAC-SHA256 by which the enrolment for an agency is found, 32 bytes.
func (s *Sealer) AgencyLocator(agency uuid.UUID) []byte {
	mac := hmac.New(sha256.New, s.locator)
	_, _ = mac.Write([]byte("agency\x00")) // a hash never fails; no account is so long
	_, _ = mac.Write(agency[:])
	return mac.Sum(nil)
}

// Seal seals an identity for a code: SealedBytes, of one length for everybody.
//
// Faults: invalid_request for an identity that is too long.
func (s *Sealer) Seal(code string, id Identity) ([]byte, error) {
	plain, err := id.encode()
	if err != nil {
		return nil, err
	}
	return s.aead.Seal(nil, nil, plain, s.bound(code)), nil //nolint:gosec // the cipher draws its nonce
}

// bound is what a sealed identity belongs to: moved to another lot or code it does not open.
func (s *Sealer) bound(code string) []byte { return append(append([]byte{}, s.lot[:]...), code...) }

// Opener opens what was sealed for one lot.
type Opener struct{ sealer *Sealer }

// Opener unwraps a lot's key for opening. bidding/opening.go alone calls it, after the committed close and on the trail.
//
// Faults: sealing_key_missing, seal_broken.
func (r *Ring) Opener(lot uuid.UUID, w Wrapped) (*Opener, error) {
	s, err := r.Sealer(lot, w)
	if err != nil {
		return nil, err
	}
	return &Opener{s}, nil
}

// Open opens the identity that was sealed for a code.
//
// Faults: seal_broken when it was changed, moved, or is not the locator's.
func (o *Opener) Open(code string, sealed, locator []byte) (Identity, error) {
	broken := func(why error) (Identity, error) {
		return Identity{}, fault.Wrap(fault.Internal, fault.SealBroken, fmt.Errorf("lot %s, code %s: %w", o.sealer.lot, code, why))
	}
	plain, err := openUnder(o.sealer.aead, sealed, o.sealer.bound(code))
	if err != nil {
		return broken(err)
	}
	id, err := decode(plain)
	if err != nil {
		return broken(err)
	}
	if !hmac.Equal(locator, o.sealer.Locator(id.Account)) {
		return broken(errors.New("it holds another account than its locator"))
	}
	return id, nil
}

// newAEAD is AES-256-GCM under a key derived for one use.
func newAEAD(key []byte, use string) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key, nil, use, KeyBytes)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	// Random nonces: a lot's key seals one message an enrolment, a sealing key one a lot, far below 2^32.
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	return aead, nil
}

func openUnder(aead cipher.AEAD, sealed, bound []byte) ([]byte, error) {
	plain, err := aead.Open(nil, nil, sealed, bound)
	if err != nil {
		return nil, errors.New("it was changed, or sealed for something else")
	}
	return plain, nil
}
