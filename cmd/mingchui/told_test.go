package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/web/account"
)

// ear is the court's finance system, told by webhook of all that its cases' money does.
type ear struct {
	*world
	mu    sync.Mutex
	heard []uuid.UUID
	last  int64
}

// listens sets the court's webhook.
func (w *world) listens() *ear {
	w.t.Helper()
	e := &ear{world: w}
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if err := e.take(r); err != nil {
			w.t.Errorf("a call to the court's finance: %v", err)
			rw.WriteHeader(http.StatusBadRequest)
		}
	}))
	w.t.Cleanup(s.Close)
	var set struct {
		Secret string `json:"secret"`
	}
	w.staff("listens", account.Finance).do(http.MethodPut, "/api/v1/finance/webhook", map[string]any{"url": s.URL}, nil).into(&set)
	if key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(set.Secret, "whsec_")); err != nil || len(key) != 32 {
		w.t.Fatalf("the secret has %d bytes, %v", len(key), err)
	}
	return e
}

func (e *ear) take(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var m struct {
		Type     string `json:"type"`
		Sequence int64  `json:"sequence"`
		Data     struct {
			Posting uuid.UUID `json:"posting"`
			Kind    string    `json:"kind"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if m.Type != "fund.posted" || m.Sequence != e.last+1 || m.Data.Kind == "" {
		e.t.Errorf("after number %d came %s", e.last, body)
	}
	e.last, e.heard = m.Sequence, append(e.heard, m.Data.Posting)
	return nil
}

// relayed returns once all that was told has left the outbox, for JetStream and the courts' queues.
func (w *world) relayed() {
	w.t.Helper()
	h := w.rig.House
	for left := 1; left > 0; {
		if _, err := h.Relay.Flush(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		if err := h.Pool.QueryRow(w.t.Context(), `SELECT count(*) FROM outbox`).Scan(&left); err != nil {
			w.t.Fatal(err)
		}
	}
}

// knows holds what was heard against the ledger: every posting and every sum that everybody may see, once each, and nothing that is sealed (R18).
func (e *ear) knows(some bool) {
	e.t.Helper()
	e.relayed()
	e.rig.RunDue()
	rows, err := e.rig.House.Pool.Query(e.t.Context(), `SELECT id FROM postings WHERE entry_id IS NOT NULL AND case_id IS NOT NULL UNION ALL SELECT id FROM disclosures`)
	if err != nil {
		e.t.Fatal(err)
	}
	want, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		e.t.Fatal(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	order := func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) }
	got := slices.SortedFunc(slices.Values(e.heard), order)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) || some == (len(got) == 0) {
		e.t.Errorf("the court's finance heard of %d postings, the ledger shows %d", len(got), len(want))
	}
}
