package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"mingchui/auction/fault"
)

// The headers of Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
	// secretPrefix goes before the base64 of a symmetric secret.
	secretPrefix = "whsec_"
	// secretBytes is within the 24 to 64 that the standard asks for.
	secretBytes = 32
)

func newSecret() ([]byte, error) {
	secret := make([]byte, secretBytes)
	if _, err := rand.Read(secret); err != nil {
		return nil, fault.Internalf("draw a receiver's secret: %w", err)
	}
	return secret, nil
}

func shown(secret []byte) string { return secretPrefix + base64.StdEncoding.EncodeToString(secret) }

// sign sets the three headers: v1 is the base64 of HMAC-SHA256 over id, seconds since 1970 and body, joined by dots. at is the
// machine's time, against which receivers hold it, also where the court's clock is moved.
func sign(h http.Header, secret []byte, id string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	for _, part := range [][]byte{[]byte(id), []byte("."), []byte(stamp), []byte("."), body} {
		_, _ = mac.Write(part) // a hash never fails
	}
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, stamp)
	h.Set(HeaderSignature, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// Body is what a receiver gets: the same bytes at each try.
type Body struct {
	// Type is the message's subject, as in JetStream.
	Type string `json:"type"`
	// Timestamp is when it happened, not when it was sent.
	Timestamp time.Time `json:"timestamp"`
	// Sequence counts the messages of the court from 1, without a gap.
	Sequence int64           `json:"sequence"`
	Data     json.RawMessage `json:"data"`
}

func (b Body) encode() ([]byte, error) {
	b.Timestamp = b.Timestamp.UTC()
	out, err := json.Marshal(b)
	if err != nil {
		return nil, fault.Internalf("encode a message for a receiver: %w", err)
	}
	return out, nil
}
