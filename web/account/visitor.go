package account

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Means is how a request said who sends it.
type Means uint8

const (
	// ByNothing: nobody in particular.
	ByNothing Means = iota
	// ByCookie: a browser session.
	ByCookie
	// ByBearer: an API client's token.
	ByBearer
)

// Visitor is what the gate found out about a request before its handler runs.
type Visitor struct {
	// Identity is the zero value for nobody.
	Identity Identity
	Means    Means
	// Token is the bearer token of the request, for its revocation.
	Token string
	// Lang is the reader's language: "zh-CN" or "en".
	Lang string
	// RequestID stands in the log and in problem documents.
	RequestID string
	// Address is the caller's network address, for limits only; it is not logged.
	Address string
	// Lot and Code are set in a bidding session, and Identity is then nobody's:
	// the session holds no account.
	Lot  uuid.UUID
	Code string
	// Outlived is set when the answer goes on after the handler: the request is
	// accounted for when it ends.
	Outlived bool
}

type visitorKey struct{}

// With puts v into ctx.
func With(ctx context.Context, v *Visitor) context.Context {
	return context.WithValue(ctx, visitorKey{}, v)
}

// From finds the visitor that the gate left; a stranger who reads Chinese when
// there was no gate.
func From(ctx context.Context) *Visitor {
	if v, ok := ctx.Value(visitorKey{}).(*Visitor); ok {
		return v
	}
	return &Visitor{Lang: "zh-CN"}
}

// BiddingCookieName names the cookie of the bidding session of one lot.
func BiddingCookieName(lot uuid.UUID) string { return "mc_bid_" + lot.String() }

// BiddingCookie keeps a bidding session in the browser that opened it. Its path
// is the whole site: pages and API both use it.
func BiddingCookie(lot uuid.UUID, token string, expiresAt time.Time, secure bool) *http.Cookie {
	//nolint:gosec // Secure is set where the site is served over TLS
	return &http.Cookie{
		Name: BiddingCookieName(lot), Value: token, Path: "/", Expires: expiresAt,
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
}
