package api

import (
	"context"
	"net/http"
	"strings"

	"mingchui/auction/audit"
)

// What is public and never changes may be kept for a year by anybody, and read
// by auditors on other sites.
func shared(cache string) http.Header {
	return http.Header{"Cache-Control": {cache}, "Access-Control-Allow-Origin": {"*"}, "Cross-Origin-Resource-Policy": {"cross-origin"}}
}

const (
	immutable = "public, max-age=31536000, immutable"
	fresh     = "no-cache"
)

func (a *API) document(context.Context, *Call) (Answer, error) {
	return Answer{Status: http.StatusOK, Bytes: a.contract.JSON(), ContentType: "application/json", Header: shared(fresh)}, nil
}

// checkpoint is the log's last signed one (C2SP tlog-checkpoint).
func (a *API) checkpoint(ctx context.Context, _ *Call) (Answer, error) {
	b, err := a.Log.Checkpoint(ctx)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusOK, Bytes: b, ContentType: "text/plain; charset=utf-8", Header: shared(fresh)}, nil
}

// logKey is the verifier key (C2SP signed-note).
func (a *API) logKey(context.Context, *Call) (Answer, error) {
	return Answer{Status: http.StatusOK, Bytes: []byte(a.Log.VerifierKey() + "\n"), ContentType: "text/plain; charset=utf-8", Header: shared(fresh)}, nil
}

// tile serves tiles and entry bundles (C2SP tlog-tiles). A partial one never
// changes either: it is another address than the full one.
func (a *API) tile(ctx context.Context, c *Call) (Answer, error) {
	level, n, width, err := audit.ParseTilePath("tile/" + strings.TrimPrefix(c.Params["tile"], "/"))
	if err != nil {
		return Answer{}, err
	}
	var b []byte
	if level == audit.EntriesLevel {
		b, err = a.Log.EntryBundle(ctx, n, width)
	} else {
		b, err = a.Log.Tile(ctx, level, n, width)
	}
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusOK, Bytes: b, ContentType: "application/octet-stream", Header: shared(immutable)}, nil
}

// receipt is the signed promise of an acknowledged bid, with its proof of
// inclusion once the log has given it a place.
func (a *API) receipt(ctx context.Context, c *Call) (Answer, error) {
	id, err := c.ID("receipt")
	if err != nil {
		return Answer{}, err
	}
	r, err := a.Engine.Receipt(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	b, err := r.JSON()
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusOK, Bytes: b, ContentType: "application/json", Header: shared(fresh)}, nil
}
