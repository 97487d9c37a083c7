package seal

import (
	"fmt"

	"github.com/google/uuid"

	"mingchui/auction/fault"
)

// SealSecret seals a secret by which we sign what a court is told, under the current sealing key. It opens for that court alone, and is of
// no lot: neither can stand for the other, their keys are derived for different uses.
func (r *Ring) SealSecret(of uuid.UUID, secret []byte) (keyID string, sealed []byte) {
	return r.Current(), r.keys[0].secrets.Seal(nil, nil, secret, of[:]) //nolint:gosec // the cipher draws its nonce
}

// OpenSecret opens what SealSecret sealed.
//
// Faults: sealing_key_missing, seal_broken.
func (r *Ring) OpenSecret(of uuid.UUID, keyID string, sealed []byte) ([]byte, error) {
	for _, k := range r.keys {
		if k.id != keyID {
			continue
		}
		secret, err := openUnder(k.secrets, sealed, of[:])
		if err != nil {
			return nil, fault.Wrap(fault.Internal, fault.SealBroken, fmt.Errorf("secret of %s: %w", of, err))
		}
		return secret, nil
	}
	return nil, fault.Wrap(fault.Internal, fault.SealingKeyMissing,
		fmt.Errorf("secret of %s: it is sealed under key %s, which this server was not given", of, keyID))
}
