package bidding

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"sync"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// refusalToken is the member under which a refused bid's answer carries its token.
const refusalToken = "refusal_token"

// maxTokenBytes bounds a token as text: the longest code and answer, and numbers of ten bytes, come to 300.
const maxTokenBytes = 400

// tokenForm is the first byte of a token.
const tokenForm = 1

// refusalSeal makes the tokens of refused bids and reads them. A token is what was answered, and an HMAC over it by a secret that
// all nodes derive from the key that signs batches: nothing is kept of a refusal, and a token costs about a thirtieth of a
// signature (ADR 009). It is safe for concurrent use.
type refusalSeal struct{ benches sync.Pool }

// sealBench is what one token is made with.
type sealBench struct {
	mac hash.Hash
	// raw and text are scratch: what is sealed, and a token.
	raw, text []byte
}

// newRefusalSeal derives the secret.
func newRefusalSeal(signer *audit.Key) (*refusalSeal, error) {
	secret, err := signer.Derive("mingchui refusal token v1")
	if err != nil {
		return nil, err
	}
	return &refusalSeal{sync.Pool{New: func() any { return &sealBench{mac: hmac.New(sha256.New, secret)} }}}, nil
}

func (s *refusalSeal) bench() *sealBench {
	b, ok := s.benches.Get().(*sealBench)
	if !ok {
		panic("bidding: the pool of seals holds something else")
	}
	return b
}

// seal appends the HMAC over content to dst.
func (b *sealBench) seal(dst, content []byte) []byte {
	b.mac.Reset()
	b.mac.Write(content)
	return b.mac.Sum(dst)
}

// token seals what a bid was answered and what that rests on: form, lot, code and answer by their lengths, amount, seq, price, end,
// received and decided as varints (unix ms), the key's SHA-256; then the HMAC; in base64url.
func (s *refusalSeal) token(b *Bid, v *verdict, answer fault.Code) string {
	w := s.bench()
	defer s.benches.Put(w)
	w.text = append(w.text[:0], b.Key...)
	key := sha256.Sum256(w.text)
	out := append(append(w.raw[:0], tokenForm), b.Lot[:]...)
	out = append(binary.AppendVarint(out, int64(len(b.Code))), b.Code...)
	out = append(binary.AppendVarint(out, int64(len(answer))), answer...)
	for _, n := range [...]int64{int64(b.Amount), v.seq, v.price, v.ends, b.ReceivedAt.UnixMilli(), v.at} {
		out = binary.AppendVarint(out, n)
	}
	out = append(out, key[:]...)
	w.raw = w.seal(out, out)
	w.text = base64.RawURLEncoding.AppendEncode(w.text[:0], w.raw)
	return string(w.text)
}

// open reads a token that this installation made.
//
// Codes: refusal_token_invalid.
func (s *refusalSeal) open(token string) (audit.Refusal, error) {
	invalid := fault.New(fault.Invalid, fault.RefusalTokenInvalid).ByRule("R31").InField("token")
	if len(token) > maxTokenBytes {
		return audit.Refusal{}, invalid
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < sha256.Size || base64.RawURLEncoding.EncodeToString(raw) != token { // one text, one token
		return audit.Refusal{}, invalid
	}
	content, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	w := s.bench()
	defer s.benches.Put(w)
	if !hmac.Equal(mac, w.seal(nil, content)) {
		return audit.Refusal{}, invalid
	}
	r, err := readRefusal(content)
	if err != nil {
		return audit.Refusal{}, fault.Wrap(fault.Internal, fault.InternalError, err)
	}
	return r, nil
}

// readRefusal reads what token wrote; the HMAC held.
func readRefusal(content []byte) (audit.Refusal, error) {
	r := bytes.NewReader(content)
	bad := errors.New("a sealed refusal of another form")
	form, err := r.ReadByte()
	if err != nil || form != tokenForm {
		return audit.Refusal{}, bad
	}
	var failed bool
	number := func() int64 {
		n, err := binary.ReadVarint(r)
		failed = failed || err != nil
		return n
	}
	take := func(n int64) []byte {
		if n < 0 || n > int64(r.Len()) {
			failed = true
			return nil
		}
		b := make([]byte, n)
		_, err := io.ReadFull(r, b)
		failed = failed || err != nil
		return b
	}
	text := func() string { return string(take(number())) }
	lot, err := uuid.FromBytes(take(int64(len(uuid.Nil))))
	if err != nil {
		return audit.Refusal{}, bad
	}
	out := audit.Refusal{Lot: lot.String(), BidderCode: text(), Answer: fault.Code(text())}
	out.AmountFen, out.Seq, out.PriceFen = money.Fen(number()), number(), money.Fen(number())
	if ends := number(); ends > 0 {
		out.EndsAt = instant(ends)
	}
	out.ReceivedAt, out.DecidedAt = instant(number()), instant(number())
	out.KeyHash = hex.EncodeToString(take(sha256.Size))
	if failed || r.Len() > 0 {
		return audit.Refusal{}, bad
	}
	return out, nil
}

// turnedAway counts a bid that was not taken, where its lot is known, and gives its error a token, by which the bidder gets a
// receipt. v is what it was judged against; the zero verdict for a bid that was not judged.
func (e *Engine) turnedAway(g *gate, b *Bid, v *verdict, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || (f.Kind != fault.Conflict && f.Kind != fault.Unavailable) {
		return err
	}
	judged := *v
	if judged.at == 0 {
		judged.at = e.clock.Now().UnixMilli()
	}
	if g != nil && !e.refusals.add(b.Lot, judged.at, f.Code) {
		e.meter.uncounted.Inc()
	}
	return &fault.Personal{Shared: f, Name: refusalToken, Value: e.seal.token(b, &judged, f.Code)}
}

// RefusalToken is the token that the error of a refused bid carries; empty for other errors.
func RefusalToken(err error) string {
	if own, ok := errors.AsType[*fault.Personal](err); ok && own.Name == refusalToken {
		return own.Value
	}
	return ""
}

// RefusalReceipt signs what a token says that a bid was answered. The same token gives the same receipt.
//
// Codes: refusal_token_invalid for what this installation did not make, or what was changed.
func (e *Engine) RefusalReceipt(_ context.Context, token string) (audit.RefusalReceipt, error) {
	r, err := e.seal.open(token)
	if err != nil {
		return audit.RefusalReceipt{}, err
	}
	signed, err := r.Sign(e.signer)
	if err != nil {
		return audit.RefusalReceipt{}, fault.Internalf("make the receipt of a refusal: %w", err)
	}
	return signed, nil
}
