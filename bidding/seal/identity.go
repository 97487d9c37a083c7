package seal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
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
	maxName, maxNumber, maxAgency = 200, 64, 64
	// The first byte of what is sealed. formatOne has no agency; it is read, and written no more.
	formatOne, formatTwo = 1, 2
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
func Commit(salt []byte, value string) string { return audit.Commit(salt, value) }

// Identity is who enrolled, as the account stood then.
type Identity struct {
	Account uuid.UUID
	// AcceptedAt is when the special notices were accepted (R14), in whole milliseconds.
	AcceptedAt time.Time
	// Name is the real name, Number the identity number, which may be empty.
	Name, Number Field
	// Agency is the SHA-256, in hex, of the agency that is bid for, empty for oneself (R14). What was sealed in formatOne opens
	// with the zero Field, which commits to nothing.
	Agency Field
}

// AgencyCommitment is the commitment to the agency, or to there being none; empty for what was sealed before there were any.
func (id Identity) AgencyCommitment() string {
	if id.Agency == (Field{}) {
		return ""
	}
	return id.Agency.Commitment()
}

// encode writes an identity in plainBytes, zeros at its end.
func (id Identity) encode() ([]byte, error) {
	if len(id.Name.Value) > maxName {
		return nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("real_name")
	}
	if len(id.Number.Value) > maxNumber {
		return nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("id_number")
	}
	if len(id.Agency.Value) > maxAgency {
		return nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("on_behalf")
	}
	b := make([]byte, 0, plainBytes)
	b = append(b, formatTwo)
	b = append(b, id.Account[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(id.AcceptedAt.UnixMilli()))
	for _, f := range []Field{id.Name, id.Number, id.Agency} {
		b = append(b, f.Salt[:]...)
		b = append(b, byte(len(f.Value))) //nolint:gosec // at most maxName
		b = append(b, f.Value...)
	}
	return b[:plainBytes], nil
}

func decode(b []byte) (Identity, error) {
	var id Identity
	const head = 1 + 16 + 8
	if len(b) != plainBytes || (b[0] != formatOne && b[0] != formatTwo) {
		return id, errors.New("it has another format")
	}
	fields := []*Field{&id.Name, &id.Number, &id.Agency}
	if b[0] == formatOne {
		fields = fields[:2]
	}
	copy(id.Account[:], b[1:])
	id.AcceptedAt = time.UnixMilli(int64(binary.BigEndian.Uint64(b[17:]))).UTC() //nolint:gosec // as encode wrote it
	b = b[head:]
	for _, f := range fields {
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
