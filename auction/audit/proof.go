package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	proofHeader = "c2sp.org/tlog-proof@v1"
	// maxPath bounds a path: a tree has fewer than 2^63 leaves.
	maxPath = 63
)

// A Proof shows, without a network, that an entry is in the log (C2SP tlog-proof): its index, the path from its leaf to the
// root, and the signed checkpoint with that root.
type Proof struct {
	Index int64
	Path  tlog.RecordProof
	// Checkpoint is the signed note, byte for byte.
	Checkpoint []byte
}

// Text writes the proof in the format of C2SP tlog-proof, without extra data.
func (p Proof) Text() string {
	var b strings.Builder
	b.WriteString(proofHeader + "\nindex " + strconv.FormatInt(p.Index, 10) + "\n")
	for _, h := range p.Path {
		b.WriteString(h.String() + "\n")
	}
	b.WriteByte('\n')
	b.Write(p.Checkpoint)
	return b.String()
}

// ParseProof reads what Text wrote; extra data of others is passed over. Nothing is verified yet.
func ParseProof(text string) (Proof, error) {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != proofHeader {
		return Proof{}, errors.New("malformed proof: this is not a c2sp.org/tlog-proof@v1")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return Proof{}, errors.New("malformed proof: no index")
	}
	digits, ok := strings.CutPrefix(lines[0], "index ")
	index, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || index < 0 || strconv.FormatInt(index, 10) != digits {
		return Proof{}, errors.New("malformed proof: no index")
	}
	path, err := parsePath(lines[1:])
	if err != nil {
		return Proof{}, fmt.Errorf("malformed proof: %w", err)
	}
	return Proof{Index: index, Path: path, Checkpoint: []byte(checkpoint)}, nil
}

// Verify checks that entry is in the log of that verifier key, and gives the checkpoint that shows it.
func (p Proof) Verify(entry []byte, vkey string) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, vkey)
	if err != nil {
		return Checkpoint{}, err
	}
	if p.Index >= c.Size {
		return Checkpoint{}, fmt.Errorf("index %d is not below the log's size %d", p.Index, c.Size)
	}
	if err := tlog.CheckRecord(p.Path, c.Size, c.Root, p.Index, LeafHash(entry)); err != nil {
		return Checkpoint{}, fmt.Errorf("check path of entry at index %d: %w", p.Index, err)
	}
	return c, nil
}

func parsePath(lines []string) (tlog.RecordProof, error) {
	if len(lines) > maxPath {
		return nil, fmt.Errorf("path of %d hashes", len(lines))
	}
	path := tlog.RecordProof{}
	for _, line := range lines {
		b, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(b) != tlog.HashSize {
			return nil, fmt.Errorf("malformed hash %q", line)
		}
		path = append(path, Hash(b))
	}
	return path, nil
}

// batchTitle opens the text of a signed batch. With its spaces it can be no log's origin, so a batch is never taken for a
// checkpoint, nor a checkpoint for a batch.
const batchTitle = "mingchui batch v1"

// Sign gives the batch's size and root as a signed note.
func (b *Batch) Sign(key note.Signer) ([]byte, error) {
	text := batchTitle + "\n" + strconv.Itoa(b.Size()) + "\n" + b.Root().String() + "\n"
	signed, err := note.Sign(&note.Note{Text: text}, key)
	if err != nil {
		return nil, fmt.Errorf("sign batch: %w", err)
	}
	return signed, nil
}

// openNote verifies a signed note by any key of the text and gives what it says. what names it in errors.
func openNote(what string, signed []byte, vkey string) (string, error) {
	var verifiers []note.Verifier
	for key := range strings.FieldsSeq(vkey) {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return "", fmt.Errorf("read verifier key: %w", err)
		}
		verifiers = append(verifiers, verifier)
	}
	n, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return "", fmt.Errorf("check signature of %s: %w", what, err)
	}
	return n.Text, nil
}

// openBatch verifies a signed batch by any key of the text and reads it.
func openBatch(signed []byte, vkey string) (size int64, root Hash, err error) {
	text, err := openNote("batch", signed, vkey)
	if err != nil {
		return 0, Hash{}, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != batchTitle {
		return 0, Hash{}, errors.New("malformed batch: this is not a " + batchTitle)
	}
	size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 1 || strconv.FormatInt(size, 10) != lines[1] {
		return 0, Hash{}, fmt.Errorf("malformed batch: size %q", lines[1])
	}
	if root, err = tlog.ParseHash(lines[2]); err != nil {
		return 0, Hash{}, fmt.Errorf("malformed batch: root %q", lines[2])
	}
	return size, root, nil
}
