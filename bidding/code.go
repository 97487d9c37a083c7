package bidding

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
)

// codeAlphabet leaves out what is mistaken for another sign when read aloud or
// copied: I, O, 0, 1.
const codeAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

const (
	codeLength = 5
	// passphraseBytes give 100 bits: guessing is hopeless, so a plain SHA-256
	// keeps it and checking it costs nothing.
	passphraseBytes = 13
)

// newCode draws a bidder code, 32^5 of them; the table refuses a second use on a lot.
func newCode() (string, error) {
	var b strings.Builder
	for range codeLength {
		i, err := rand.Int(rand.Reader, big.NewInt(int64(len(codeAlphabet))))
		if err != nil {
			return "", fmt.Errorf("draw bidder code: %w", err)
		}
		b.WriteByte(codeAlphabet[i.Int64()])
	}
	return b.String(), nil
}

// newPassphrase draws a passphrase in groups of four: ABCD-EFGH-….
func newPassphrase() (string, error) {
	raw := make([]byte, passphraseBytes)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("draw passphrase: %w", err)
	}
	s := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)[:20]
	groups := make([]string, 0, len(s)/4)
	for i := 0; i < len(s); i += 4 {
		groups = append(groups, s[i:i+4])
	}
	return strings.Join(groups, "-"), nil
}

// hashPassphrase forgives case, spaces and missing hyphens.
func hashPassphrase(p string) string {
	p = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(p))
	sum := sha256.Sum256([]byte("mingchui passphrase\x00" + p))
	return hex.EncodeToString(sum[:])
}
