package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// A Refusal is what the platform answered to one bid that it did not take.
type Refusal struct {
	// Lot is the lot's id; BidderCode, AmountFen and ReceivedAt are the bid's, as it reached the node.
	Lot        string    `json:"lot"`
	BidderCode string    `json:"bidder_code"`
	AmountFen  money.Fen `json:"amount_fen"`
	ReceivedAt time.Time `json:"received_at"`
	// Answer is the code that the bid was answered with, at DecidedAt.
	Answer    fault.Code `json:"answer"`
	DecidedAt time.Time  `json:"decided_at"`
	// Seq is the course's committed event after which the bid was judged; 0 for a bid that was not judged. PriceFen and EndsAt
	// are the price and the end that held then, zero where there was none.
	Seq      int64     `json:"seq,omitempty"`
	PriceFen money.Fen `json:"price_fen,omitempty"`
	EndsAt   time.Time `json:"ends_at,omitempty"` //nolint:modernize // Canonical leaves out a zero time
	// KeyHash is the hex SHA-256 of the bid's Idempotency-Key.
	KeyHash string `json:"key_hash"`
}

// A RefusalReceipt is the platform's signed word on a refusal. It is no promise of an entry: a refusal changes nothing, so the log
// holds none.
type RefusalReceipt struct {
	// Version is 1, Kind is refusal.
	Version int    `json:"v"`
	Kind    string `json:"kind"`
	// Refusal is the signed note: its title, the refusal in canonical form, and the signatures.
	Refusal string `json:"refusal"`
}

const (
	// KindRefusal marks the receipt of a refusal; that of an act has no kind.
	KindRefusal = "refusal"
	// refusalTitle opens the text of the note. Like a batch's it can be no log's origin.
	refusalTitle = "mingchui refusal v1"
)

// Sign gives the receipt of a refusal.
func (r Refusal) Sign(key note.Signer) (RefusalReceipt, error) {
	text, err := Canonical(r)
	if err != nil {
		return RefusalReceipt{}, fmt.Errorf("write refusal: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: refusalTitle + "\n" + string(text) + "\n"}, key)
	if err != nil {
		return RefusalReceipt{}, fmt.Errorf("sign refusal: %w", err)
	}
	return RefusalReceipt{Version: receiptVersion, Kind: KindRefusal, Refusal: string(signed)}, nil
}

// JSON gives the receipt's canonical bytes.
func (r RefusalReceipt) JSON() ([]byte, error) {
	b, err := Canonical(r)
	if err != nil {
		return nil, fmt.Errorf("write receipt: %w", err)
	}
	return b, nil
}

// IsRefusal tells whether a file is the receipt of a refusal, by what it says of itself.
func IsRefusal(b []byte) bool {
	var head struct {
		Kind string `json:"kind"`
	}
	return json.Unmarshal(b, &head) == nil && head.Kind == KindRefusal
}

// ParseRefusalReceipt reads the receipt of a refusal as ParseReceipt reads that of an act.
//
// Faults: invalid_request (invalid).
func ParseRefusalReceipt(b []byte) (RefusalReceipt, error) {
	var r RefusalReceipt
	if err := parseWhole(b, &r); err != nil {
		return RefusalReceipt{}, err
	}
	if r.Version != receiptVersion || r.Kind != KindRefusal {
		return RefusalReceipt{}, fault.Wrap(fault.Invalid, fault.InvalidRequest, fmt.Errorf("receipt version %d of kind %q is not known", r.Version, r.Kind))
	}
	return r, nil
}

// parseWhole reads one JSON value with no unknown field and nothing after it.
func parseWhole(b []byte, v any) error {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fault.Wrap(fault.Invalid, fault.InvalidRequest, fmt.Errorf("read receipt: %w", err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.Wrap(fault.Invalid, fault.InvalidRequest, errors.New("read receipt: text after its end"))
	}
	return nil
}

// Verify checks the signature by the log's verifier keys (see LogKey) and reads what was signed.
func (r RefusalReceipt) Verify(vkey string) (Refusal, error) {
	text, err := openNote("refusal", []byte(r.Refusal), vkey)
	if err != nil {
		return Refusal{}, err
	}
	body, found := strings.CutPrefix(text, refusalTitle+"\n")
	if !found {
		return Refusal{}, errors.New("malformed refusal: this is not a " + refusalTitle)
	}
	var out Refusal
	if err := Decode([]byte(strings.TrimSuffix(body, "\n")), &out); err != nil {
		return Refusal{}, fmt.Errorf("read refusal: %w", err)
	}
	return out, nil
}
