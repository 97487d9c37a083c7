package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
)

const (
	// SaltBytes is the length of a field's salt.
	SaltBytes = 32
	// plainBytes is an identity's length before sealing, SealedBytes after: with nonce and tag. The length of a name tells
	// nothing.
	plainBytes  = 512
	SealedBytes = plainBytes + 12 + 16
	// The longest fields that an account takes, in bytes of UTF-8.
	maxName, maxNumber = 200, 64
	// formatOne is the first byte of what is sealed.
	formatOne = 1
)

// Field is one field of an identity with the salt of its commitment.
type Field struct {
	Value string
	Salt  [SaltBytes]byte
}

// NewField draws a fresh salt for a value.
func NewField(value string) (Field, error) {
	f := Field{Value: value}
	if _, err := rand.Read(f.Salt[:]); err != nil {
		return f, fault.Internalf("draw salt: %w", err)
	}
	return f, nil
}

// Commitment is hex SHA-256 over salt and value. It hides the value and binds to it: the confirmation opens the winner's
// name, the others stay unknown.
func (f Field) Commitment() string { return Commit(f.Salt[:], f.Value) }

// Commit is the commitment to a value in UTF-8 under a salt: hex SHA-256(salt ‖ value).
func Commit(salt []byte, value string) string {
	sum := sha256.Sum256(append(append([]byte{}, salt...), value...))
	return hex.EncodeToString(sum[:])
}

// Identity is who enrolled, as the account stood then.
type Identity struct {
	Account uuid.UUID
	// AcceptedAt is when the special notices were accepted (R14), in whole milliseconds.
	AcceptedAt time.Time
	// Name is the real name, Number the identity number, which may be empty.
	Name, Number Field
}

// encode writes an identity in plainBytes, zeros at its end.
func (id Identity) encode() ([]byte, error) {
	if len(id.Name.Value) > maxName {
		return nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("real_name")
	}
	if len(id.Number.Value) > maxNumber {
		return nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("id_number")
	}
	b := make([]byte, 0, plainBytes)
	b = append(b, formatOne)
	b = append(b, id.Account[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(id.AcceptedAt.UnixMilli()))
	for _, f := range []Field{id.Name, id.Number} {
		b = append(b, f.Salt[:]...)
		b = append(b, byte(len(f.Value))) //nolint:gosec // at most maxName
		b = append(b, f.Value...)
	}
	return b[:plainBytes], nil
}

func decode(b []byte) (Identity, error) {
	var id Identity
	const head = 1 + 16 + 8
	if len(b) != plainBytes || b[0] != formatOne {
		return id, errors.New("it has another format")
	}
	copy(id.Account[:], b[1:])
	id.AcceptedAt = time.UnixMilli(int64(binary.BigEndian.Uint64(b[17:]))).UTC() //nolint:gosec // as encode wrote it
	b = b[head:]
	for _, f := range []*Field{&id.Name, &id.Number} {
		if len(b) <= SaltBytes || len(b) < SaltBytes+1+int(b[SaltBytes]) {
			return id, errors.New("it is cut off")
		}
		copy(f.Salt[:], b)
		n := int(b[SaltBytes])
		f.Value = string(b[SaltBytes+1 : SaltBytes+1+n])
		b = b[SaltBytes+1+n:]
	}
	return id, nil
}
