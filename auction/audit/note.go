package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// algEd25519 is the algorithm byte of C2SP signed-note for plain Ed25519 signatures.
const algEd25519 = 1

// A Key signs the log's checkpoints and the batches of acknowledged acts. It is a note.Signer.
type Key struct {
	signer note.Signer
	vkey   string
	// seed is the private half, from which Derive makes other keys.
	seed []byte
}

// NewKey makes the key of that name from a 32-byte Ed25519 seed. The name is the log's origin: without white space and
// without '+', as C2SP signed-note wants it, for example "mingchui.example/log".
func NewKey(name string, seed []byte) (*Key, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("a key seed has %d bytes, not %d", ed25519.SeedSize, len(seed))
	}
	public, ok := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("a seed of %d bytes gives no key", len(seed))
	}
	vkey, err := note.NewEd25519VerifierKey(name, public)
	if err != nil {
		return nil, fmt.Errorf("make verifier key: %w", err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("name %q: %w", name, err)
	}
	private := append([]byte{algEd25519}, seed...)
	signer, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s",
		name, verifier.KeyHash(), base64.StdEncoding.EncodeToString(private)))
	if err != nil {
		return nil, fmt.Errorf("make signer: %w", err)
	}
	return &Key{signer: signer, vkey: vkey, seed: bytes.Clone(seed)}, nil
}

// Name is the log's origin.
func (k *Key) Name() string { return k.signer.Name() }

// KeyHash is the key's id in signed notes.
func (k *Key) KeyHash() uint32 { return k.signer.KeyHash() }

// Sign signs a note's text with Ed25519.
func (k *Key) Sign(msg []byte) ([]byte, error) { return k.signer.Sign(msg) }

// Derive makes a 32-byte secret for one purpose out of the key (HKDF-SHA-256, RFC 5869): every node that holds the key makes the
// same, and it tells nothing of the key nor of the secrets of other purposes.
func (k *Key) Derive(purpose string) ([]byte, error) {
	secret, err := hkdf.Key(sha256.New, k.seed, nil, purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the secret of %s: %w", purpose, err)
	}
	return secret, nil
}

// VerifierKey is the public half as text: name+hash+key (C2SP signed-note).
func (k *Key) VerifierKey() string { return k.vkey }

// LogKey is the log's own key of a text of verifier keys. Such a text holds the log's key first and then, each on a line of its own,
// the keys that sign batches, if they are others: nodes that take bids need not hold the log's. Wherever this package takes a
// verifier key, it takes such a text.
func LogKey(vkey string) string {
	if keys := strings.Fields(vkey); len(keys) > 0 {
		return keys[0]
	}
	return ""
}

// JoinKeys makes a text of verifier keys of the log's key and those that sign batches.
func JoinKeys(logKey string, batchKeys ...string) string {
	return strings.Join(append([]string{logKey}, batchKeys...), "\n")
}

// A Checkpoint commits to the whole log at one size (C2SP tlog-checkpoint).
type Checkpoint struct {
	// Origin names the log; it is the name of the key.
	Origin string
	Size   int64
	Root   Hash
}

// Text is the body that is signed: origin, size and root, a line each.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// Tree is the checkpoint as package tlog wants it.
func (c Checkpoint) Tree() tlog.Tree { return tlog.Tree{N: c.Size, Hash: c.Root} }

// Sign gives the checkpoint as a signed note.
func (c Checkpoint) Sign(key note.Signer) ([]byte, error) {
	if key.Name() != c.Origin {
		return nil, fmt.Errorf("key %q does not sign for log %q", key.Name(), c.Origin)
	}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, key)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return signed, nil
}

// OpenCheckpoint verifies a signed checkpoint by the log's verifier key and reads it. Its origin must be the key's name.
// Lines of other signers (witnesses) and extension lines are allowed, as C2SP asks.
func OpenCheckpoint(signed []byte, vkey string) (Checkpoint, error) {
	verifier, err := note.NewVerifier(LogKey(vkey))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read verifier key: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("check signature of checkpoint: %w", err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != verifier.Name() {
		return Checkpoint{}, fmt.Errorf("checkpoint is of log %q, not of %q", c.Origin, verifier.Name())
	}
	return c, nil
}

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 || lines[0] == "" {
		return Checkpoint{}, fmt.Errorf("malformed checkpoint: fewer than three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("malformed checkpoint: size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("malformed checkpoint: root %q", lines[2])
	}
	if rest := lines[3]; rest != "" && (!strings.HasSuffix(rest, "\n") || strings.HasPrefix(rest, "\n") || strings.Contains(rest, "\n\n")) {
		return Checkpoint{}, fmt.Errorf("malformed checkpoint: empty extension line")
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}
