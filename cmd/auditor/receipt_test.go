package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/bidding/course"
)

func TestReceipt(t *testing.T) {
	t.Parallel()
	k, batchKey := logKey(t), batchKey(t)
	keys := audit.JoinKeys(k.VerifierKey(), batchKey.VerifierKey())
	entries := generate(t, seed, 2)
	bid := entries[nth(t, entries, "course.bid", 0)]
	lost := generate(t, seed+9, 1)[0]
	batch := audit.NewBatch([]audit.Hash{bid.LeafHash, lost.LeafHash})
	signed, err := batch.Sign(batchKey)
	if err != nil {
		t.Fatal(err)
	}
	c := newCourt(t, entries)
	proof, err := c.seq.InclusionProof(t.Context(), bid.ID)
	if err != nil {
		t.Fatal(err)
	}
	promised := audit.NewReceipt(bid.Bytes, 0, batch, signed)
	for name, x := range map[string]struct {
		receipt audit.Receipt
		args    []string
		want    int
	}{
		"offline":             {promised, []string{"--key", keys}, exitHolds},
		"with its proof":      {promised.WithProof(proof), []string{"--key", keys}, exitHolds},
		"in the log":          {promised, []string{"--log", c.url}, exitHolds},
		"the log's key alone": {promised, []string{"--key", k.VerifierKey(), "--log", c.url}, exitHolds},
		"proof and log":       {promised.WithProof(proof), []string{"--log", c.url}, exitHolds},
		"a lost bid":          {audit.NewReceipt(lost.Bytes, 1, batch, signed), []string{"--log", c.url}, exitFound},
		"a forged receipt":    {audit.NewReceipt(lost.Bytes, 0, batch, signed), []string{"--log", c.url}, exitFound},
		"neither key nor log": {promised, nil, exitUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := x.receipt.JSON()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "receipt.json")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, lang := range []string{"zh", "en"} {
				var out, progress bytes.Buffer
				args := append([]string{"receipt", file, "--lang", lang}, x.args...)
				if code := run(t.Context(), args, &out, &progress, func(string) string { return "" }); code != x.want {
					t.Fatalf("exit %d, want %d\n%s%s", code, x.want, out.String(), progress.String())
				}
			}
		})
	}
}

// TestR31_ReceiptOfARefusal: the signature, and the refusal itself, judged anew by the log.
func TestR31_ReceiptOfARefusal(t *testing.T) {
	t.Parallel()
	k, batchKey := logKey(t), batchKey(t)
	keys := audit.JoinKeys(k.VerifierKey(), batchKey.VerifierKey())
	s := newSales(t, seed)
	x := s.one(law.China2017(), law.First, nil)
	x.open(3)
	x.bid(4)
	c := newCourt(t, s.entries)
	at := running(t, s.entries)
	right := audit.Refusal{
		Lot: x.lot.String(), BidderCode: at.Leader, AmountFen: at.Price + at.Terms.Increment, Answer: fault.AlreadyLeading,
		ReceivedAt: time.UnixMilli(at.LastAt).UTC(), DecidedAt: time.UnixMilli(at.LastAt).UTC(), Seq: at.Seq, PriceFen: at.Price,
		EndsAt: time.UnixMilli(at.EndsAt).UTC(), KeyHash: audit.HashText("k"),
	}
	but := func(change func(*audit.Refusal)) audit.Refusal {
		r := right
		change(&r)
		return r
	}
	sign := func(r audit.Refusal, key *audit.Key) string {
		receipt, err := r.Sign(key)
		if err != nil {
			t.Fatal(err)
		}
		b, err := receipt.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	stranger, err := audit.NewKey("mingchui.test/log/batch", bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	batch, err := audit.NewBatch([]audit.Hash{audit.LeafHash(nil)}).Sign(batchKey)
	if err != nil {
		t.Fatal(err)
	}
	honest, log, offline := sign(right, batchKey), []string{"--log", c.url}, []string{"--key", keys}
	for name, x := range map[string]struct {
		receipt string
		args    []string
		want    int
		says    string
	}{
		"offline":              {honest, offline, exitHolds, "no log entry"},
		"reformatted":          {strings.Replace(honest, `,"refusal":`, ",\n\t\"refusal\" : ", 1) + "\n", offline, exitHolds, "no log entry"},
		"judged anew":          {honest, log, exitHolds, "same answer"},
		"the log's key alone":  {honest, []string{"--key", k.VerifierKey(), "--log", c.url}, exitHolds, "same answer"},
		"another amount":       {strings.Replace(honest, `amount_fen\":`, `amount_fen\":1`, 1), offline, exitFound, "does not hold"},
		"another answer":       {strings.Replace(honest, "already_leading", "bid_too_low", 1), offline, exitFound, "does not hold"},
		"another's key":        {sign(right, stranger), offline, exitFound, "does not hold"},
		"another version":      {strings.Replace(honest, `"v":1`, `"v":2`, 1), offline, exitUnknown, "version 2"},
		"more than a receipt":  {strings.Replace(honest, `"v":1`, `"v":1,"x":1`, 1), offline, exitUnknown, "unknown field"},
		"wrongly refused":      {sign(but(func(r *audit.Refusal) { r.BidderCode = other(t, at) }), batchKey), log, exitFound, "should have been taken"},
		"for another reason":   {sign(but(func(r *audit.Refusal) { r.Answer = fault.BidTooLow }), batchKey), log, exitFound, "the reason is already_leading"},
		"at another price":     {sign(but(func(r *audit.Refusal) { r.PriceFen++ }), batchKey), log, exitFound, "rests on a price"},
		"after no such event":  {sign(but(func(r *audit.Refusal) { r.Seq += 9 }), batchKey), log, exitFound, "the log has up to"},
		"of a 503":             {sign(audit.Refusal{Lot: right.Lot, BidderCode: "AAAAA", AmountFen: 1, Answer: fault.BidPending, KeyHash: right.KeyHash}, batchKey), log, exitHolds, "nothing to judge anew"},
		"neither key nor log":  {honest, nil, exitUnknown, "--log or --key"},
		"a batch, not refusal": {`{"v":1,"kind":"refusal","refusal":` + quoted(t, string(batch)) + `}`, offline, exitFound, "malformed refusal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "refusal.json")
			if err := os.WriteFile(file, []byte(x.receipt), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, lang := range []string{"zh", "en"} {
				var out, progress bytes.Buffer
				args := append([]string{"receipt", file, "--lang", lang}, x.args...)
				code := run(t.Context(), args, &out, &progress, func(string) string { return "" })
				if code != x.want || (lang == "en" && !strings.Contains(out.String()+progress.String(), x.says)) {
					t.Fatalf("exit %d, want %d and %q\n%s%s", code, x.want, x.says, out.String(), progress.String())
				}
			}
		})
	}
}

// running is a lone course after its last bid.
func running(t *testing.T, entries []audit.Entry) (at course.State) {
	t.Helper()
	var s course.State
	for _, e := range entries {
		if e.Seq == 0 {
			continue
		}
		event, err := course.FromEntry(e)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = course.Next(s, event); err != nil {
			t.Fatal(err)
		}
		if event.Kind == course.Bid {
			at = s
		}
	}
	return at
}

// other is a code that may bid and does not lead.
func other(t *testing.T, at course.State) string {
	t.Helper()
	for code, a := range at.Admitted {
		if code != at.Leader && !a.Excluded {
			return code
		}
	}
	t.Fatal("nobody else may bid")
	return ""
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
