package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// maximumBytes is a maximum's length before sealing; after it nonce and tag are added.
const maximumBytes = 1 + 8 + SaltBytes

// Maxima seals and opens the maximum bids of one lot.
type Maxima struct {
	aead cipher.AEAD
	salt []byte
	lot  uuid.UUID
}

// Maxima unwraps a lot's key for its maximum bids.
//
// Faults: sealing_key_missing, seal_broken.
func (r *Ring) Maxima(lot uuid.UUID, w Wrapped) (*Maxima, error) {
	key, err := r.unwrap(lot, w)
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(key, "mingchui maximum seal")
	if err != nil {
		return nil, fault.Internalf("lot %s: derive the sealing of its maxima: %w", lot, err)
	}
	salt, err := hkdf.Key(sha256.New, key, nil, "mingchui maximum salt", KeyBytes)
	if err != nil {
		return nil, fault.Internalf("lot %s: derive the salts of its maxima: %w", lot, err)
	}
	return &Maxima{aead: aead, salt: salt, lot: lot}, nil
}

// Salt is the salt of the maximum that a code sends under an Idempotency-Key: the same for a retry, unknown without the lot's key.
func (m *Maxima) Salt(code, key string) (salt [SaltBytes]byte) {
	mac := hmac.New(sha256.New, m.salt)
	_, _ = mac.Write([]byte(code + "\x00" + key)) // a hash never fails
	mac.Sum(salt[:0])
	return salt
}

// Seal seals an amount with its salt, of one length for all; opened only with the same code and commitment.
func (m *Maxima) Seal(code, commitment string, amount money.Fen, salt [SaltBytes]byte) []byte {
	b := make([]byte, 0, maximumBytes)
	b = append(b, formatOne)
	b = binary.BigEndian.AppendUint64(b, uint64(amount)) //nolint:gosec // above 0
	b = append(b, salt[:]...)
	return m.aead.Seal(nil, nil, b, m.bound(code, commitment)) //nolint:gosec // the cipher draws its nonce
}

func (m *Maxima) bound(code, commitment string) []byte {
	return append(m.lot[:], code+"\x00"+commitment...)
}

// Open opens what was sealed with a commitment. Only the committer calls it: to fill the engine's memory anew, and at the close.
//
// Faults: seal_broken.
func (m *Maxima) Open(code, commitment string, sealed []byte) (money.Fen, [SaltBytes]byte, error) {
	var salt [SaltBytes]byte
	b, err := openUnder(m.aead, sealed, m.bound(code, commitment))
	if err == nil && (len(b) != maximumBytes || b[0] != formatOne) {
		err = errors.New("it has another format")
	}
	if err != nil {
		return 0, salt, fault.Wrap(fault.Internal, fault.SealBroken, fmt.Errorf("lot %s, maximum of code %s: %w", m.lot, code, err))
	}
	copy(salt[:], b[9:])
	return money.Fen(binary.BigEndian.Uint64(b[1:])), salt, nil //nolint:gosec // as Seal wrote it
}
