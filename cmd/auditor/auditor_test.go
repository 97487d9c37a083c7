package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
	"mingchui/deploy/local/testserver"
)

const seed = 20260618

func batchKey(t *testing.T) *audit.Key {
	t.Helper()
	k, err := audit.NewKey("mingchui.test/log/batch", bytes.Repeat([]byte{4}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// court is a log in PostgreSQL, written by the real sequencer, served over HTTP as web does.
type court struct {
	t    *testing.T
	pool *pgxpool.Pool
	seq  *sequencer.Sequencer
	url  string
}

func logKey(t *testing.T) *audit.Key {
	t.Helper()
	k, err := audit.NewKey("mingchui.test/log", bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newCourt(t *testing.T, entries []audit.Entry) *court {
	t.Helper()
	folder, err := sequencer.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &court{t: t, pool: testserver.Postgres(t)}
	c.seq, err = sequencer.New(sequencer.Config{Pool: c.pool, Signer: logKey(t), BatchKeys: []string{batchKey(t).VerifierKey()}, Store: folder, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.seq.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.append(entries)
	server := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(server.Close)
	c.url = server.URL + "/log"
	return c
}

// append commits entries a few at a time, so that leaf order is the given order.
func (c *court) append(entries []audit.Entry) {
	c.t.Helper()
	for batch := range slices.Chunk(entries, 100) {
		for _, e := range batch {
			err := pgx.BeginFunc(c.t.Context(), c.pool, func(tx pgx.Tx) error { return sequencer.Append(c.t.Context(), tx, e) })
			if err != nil {
				c.t.Fatal(err)
			}
		}
		if _, err := c.seq.Sequence(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *court) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/log/")
	var out []byte
	var err error
	switch path {
	case "checkpoint":
		out, err = c.seq.Checkpoint(r.Context())
	case "key":
		out = []byte(c.seq.VerifierKey() + "\n")
	default:
		var level, width int
		var n int64
		if level, n, width, err = audit.ParseTilePath(path); err != nil {
			break
		}
		if level == audit.EntriesLevel {
			out, err = c.seq.EntryBundle(r.Context(), n, width)
		} else {
			out, err = c.seq.Tile(r.Context(), level, n, width)
		}
	}
	switch {
	case fault.KindOf(err) == fault.NotFound:
		http.NotFound(w, r)
	case err != nil:
		http.Error(w, "internal", http.StatusInternalServerError)
	default:
		_, _ = w.Write(out)
	}
}

func (c *court) tamper(sql string, args ...any) {
	c.t.Helper()
	for _, s := range []string{"ALTER TABLE entries DISABLE TRIGGER append_only", "ALTER TABLE tree_hashes DISABLE TRIGGER append_only"} {
		if _, err := c.pool.Exec(c.t.Context(), s); err != nil {
			c.t.Fatal(err)
		}
	}
	if tag, err := c.pool.Exec(c.t.Context(), sql, args...); err != nil || tag.RowsAffected() != 1 {
		c.t.Fatalf("%v, %v", tag, err)
	}
}

// auditor runs the program and gives exit code, report and what it wrote to standard error.
func auditor(t *testing.T, args ...string) (int, verify.Report, string) {
	t.Helper()
	var out, progress bytes.Buffer
	code := run(t.Context(), append(args, "--json"), &out, &progress, func(string) string { return "" })
	var r verify.Report
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
	}
	return code, r, progress.String()
}

// found asserts that the auditor ends with exit code 1 and names the code.
func found(t *testing.T, want verify.Code, args ...string) {
	t.Helper()
	code, r, text := auditor(t, append([]string{"verify"}, args...)...)
	if code != exitFound || !slices.ContainsFunc(r.Findings, func(f verify.Finding) bool { return f.Code == want }) {
		t.Fatalf("exit %d, want %s among %+v\n%s", code, want, r.Findings, text)
	}
}

func TestVerifyPassesOnGeneratedSales(t *testing.T) {
	t.Parallel()
	entries := generate(t, seed, 40)
	c := newCourt(t, entries)
	state := filepath.Join(t.TempDir(), "state.json")
	code, r, text := auditor(t, "verify", "--log", c.url, "--state", state)
	if code != exitHolds || !r.OK() {
		t.Fatalf("exit %d, %+v\n%s", code, r.Findings, text)
	}
	if r.Entries != int64(len(entries)) || r.Size != r.Entries || r.KeyTrust != verify.KeyFirstUse || len(r.Lots) < 40 {
		t.Fatalf("%d entries, size %d, key %s, %d lots", r.Entries, r.Size, r.KeyTrust, len(r.Lots))
	}
	standings := make(map[string]int)
	extensions := int64(0)
	for _, l := range r.Lots {
		standings[l.Standing]++
		extensions += l.Extensions
	}
	for _, want := range []string{"sold", "unsold", "withdrawn"} {
		if standings[want] == 0 {
			t.Errorf("no lot is %s: %v", want, standings)
		}
	}
	if extensions == 0 {
		t.Error("no bid extended")
	}
	// Again, from the state, on a log that has grown.
	c.append(generate(t, seed+1, 5))
	if code, r, text = auditor(t, "verify", "--log", c.url, "--state", state); code != exitHolds || r.Earlier == nil || r.KeyTrust != verify.KeyRemembered {
		t.Fatalf("exit %d, %+v\n%s", code, r, text)
	}
	if code, r, _ = auditor(t, "verify", "--log", c.url+"/", "--lot", r.Lots[0].Lot, "--key", c.seq.VerifierKey(), "--jobs", "1"); code != exitHolds || len(r.Lots) != 1 || r.KeyTrust != verify.KeyGiven {
		t.Fatalf("one lot: exit %d, %+v", code, r)
	}
}

// TestVerifyFindsChangesInPlace: somebody who holds the database changes a row.
func TestVerifyFindsChangesInPlace(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		want verify.Code
		sql  string
	}{
		"a changed bid": {verify.TileDiffers, `UPDATE entries SET bytes = overlay(bytes placing '9'::bytea FROM position('amount_fen":'::bytea IN bytes) + 12 FOR 1)
			WHERE id = (SELECT id FROM entries WHERE kind = 'course.bid' AND substr(bytes, position('amount_fen":'::bytea IN bytes) + 12, 1) <> '9' LIMIT 1)`},
		"a changed tile":       {verify.TileDiffers, `UPDATE tree_hashes SET hash = sha256(hash) WHERE hash_index = 1`},
		"a changed checkpoint": {verify.CheckpointInvalid, `UPDATE tree SET checkpoint = replace(checkpoint, E'\n' || size || E'\n', E'\n' || size-1 || E'\n')`},
		"an old checkpoint":    {verify.LogShrank, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries := generate(t, seed, 3)
			c := newCourt(t, entries[:50])
			old, err := c.seq.Checkpoint(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.append(entries[50:])
			state := filepath.Join(t.TempDir(), "state.json")
			if code, r, text := auditor(t, "verify", "--log", c.url, "--state", state); code != exitHolds {
				t.Fatalf("before the change: exit %d, %+v\n%s", code, r.Findings, text)
			}
			if change.sql != "" {
				c.tamper(change.sql)
			} else {
				c.tamper(`UPDATE tree SET checkpoint = $1`, string(old))
			}
			found(t, change.want, "--log", c.url, "--state", state)
		})
	}
}

// TestVerifyFindsResignedLogs: somebody who holds database and key writes another log and signs it. What breaks the rules is
// found at once; what does not is found against an earlier checkpoint.
func TestVerifyFindsResignedLogs(t *testing.T) {
	t.Parallel()
	entries := generate(t, seed, 3)
	honest := newCourt(t, entries)
	state := filepath.Join(t.TempDir(), "state.json")
	if code, r, text := auditor(t, "verify", "--log", honest.url, "--state", state); code != exitHolds {
		t.Fatalf("the honest log: exit %d, %+v\n%s", code, r.Findings, text)
	}
	kept, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		want   verify.Code
		change func(t *testing.T, entries []audit.Entry) []audit.Entry
	}{
		"a changed bid":   {verify.RuleBroken, replaceIn("course.bid", 2, func(b string) string { return bump(b, `"amount_fen":`) })},
		"a changed end":   {verify.RuleBroken, replaceIn("course.bid", 2, func(b string) string { return strings.Replace(b, `"ends_at":"2`, `"ends_at":"3`, 1) })},
		"another closing": {verify.RuleBroken, replaceIn("course.close", 0, func(b string) string { return bump(b, `"price_fen":`) })},
		"a cut span":      {verify.RuleBroken, replaceIn("course.close", 0, func(b string) string { return strings.Replace(b, `"span_from":"2`, `"span_from":"3`, 1) })},
		"a removed bid":   {verify.SeqGap, remove("course.bid", 1)},
		"a swapped winner": {verify.WinnerDiffers, replaceIn(audit.KindConfirmation, 0, func(b string) string {
			return `{"bidder_code":"ZZZZZ` + b[len(`{"bidder_code":"ZZZZZ`):]
		})},
		"another name behind the winner": {verify.NameDiffers, replaceIn(audit.KindConfirmation, 0, func(b string) string {
			i := strings.Index(b, `"name_commitment":"`) + len(`"name_commitment":"`)
			return b[:i] + "0123" + b[i+4:]
		})},
		"another who is opened": {verify.OpenedWrongly, replaceIn(audit.KindOpened, 0, func(b string) string {
			return `{"bidder_code":"ZZZZZ` + b[len(`{"bidder_code":"ZZZZZ`):]
		})},
		"a removed confirmation": {verify.PaidUnconfirmed, remove(audit.KindConfirmation, 0)},
		"another payment":        {verify.PaidDiffers, replaceIn(audit.KindBalancePaid, 0, func(b string) string { return bump(b, `"amount_fen":`) })},
		"money from nowhere":     {verify.FundNegative, replaceIn(audit.KindFundPosted, 0, func(b string) string { return bump(b, `"credit":"paid_out","amount_fen":`) })},
		"votes removed":          {verify.PanelTooSmall, removeAll(audit.KindLotVoted)},
		"a vote for other terms": {verify.VotedOtherTerms, replaceIn(audit.KindLotVoted, 0, func(b string) string { return bump(b, `"deposit_fen":`) })},
		"no announcement":        {verify.CourseWithoutNotice, remove(audit.KindLotAnnounced, 0)},
		"a reserve too low":      {verify.ReserveTooLow, replaceIn(audit.KindLotAnnounced, 0, func(b string) string { return bump(b, `"reference_fen":`) })},
		"a deposit too high":     {verify.DepositOutOfBounds, replaceIn(audit.KindLotAnnounced, 0, func(b string) string { return bump(b, `"deposit_fen":`) })},
		"a late announcement": {verify.LeadTooShort, replaceIn(audit.KindLotAnnounced, 0, func(b string) string {
			i := strings.Index(b, `"starts_at":"`) + len(`"starts_at":"`)
			return b[:i] + "2026-03-05" + b[i+10:]
		})},
		"another rule set":     {verify.RuleSetUnknown, replaceIn(audit.KindLotAnnounced, 0, func(b string) string { return strings.Replace(b, `china2017`, `china2099`, 1) })},
		"other figures":        {verify.RuleSetChanged, replaceIn(audit.KindLotAnnounced, 0, func(b string) string { i := strings.Index(b, `digest":"`) + 9; return b[:i] + "0123" + b[i+4:] })},
		"an uncanonical entry": {verify.EntryUncanonical, uncanonical},
		"a truncated tree":     {verify.LogShrank, func(_ *testing.T, e []audit.Entry) []audit.Entry { return e[:len(e)-3] }},
		"a whole sale instead of another": {verify.HistoryRewritten, func(t *testing.T, e []audit.Entry) []audit.Entry {
			t.Helper()
			return append(generate(t, seed+7, 3), e...)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forged := newCourt(t, x.change(t, slices.Clone(entries)))
			mine := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(mine, kept, 0o600); err != nil {
				t.Fatal(err)
			}
			if x.want != verify.LogShrank && x.want != verify.HistoryRewritten {
				found(t, x.want, "--log", forged.url)
			} else if code, r, _ := auditor(t, "verify", "--log", forged.url); code != exitHolds {
				t.Fatalf("the forgery is meant to hold by itself: %+v", r.Findings)
			}
			code, r, _ := auditor(t, "verify", "--log", forged.url, "--state", mine)
			if code != exitFound || !slices.ContainsFunc(r.Findings, func(f verify.Finding) bool {
				return f.Code == verify.HistoryRewritten || f.Code == verify.LogShrank
			}) {
				t.Fatalf("against the earlier checkpoint: exit %d, %+v", code, r.Findings)
			}
			if after, err := os.ReadFile(mine); err != nil || !bytes.Equal(after, kept) {
				t.Fatalf("a run that found something changed the state: %v", err)
			}
		})
	}
}

type change = func(*testing.T, []audit.Entry) []audit.Entry

// nth is the index of the nth entry of a kind.
func nth(t *testing.T, entries []audit.Entry, kind string, n int) int {
	t.Helper()
	for i, e := range entries {
		if e.Kind == kind {
			if n == 0 {
				return i
			}
			n--
		}
	}
	t.Fatalf("no %s", kind)
	return 0
}

func replaceIn(kind string, n int, f func(string) string) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := nth(t, entries, kind, n)
		e := entries[i]
		body := f(string(e.Body))
		if body == string(e.Body) {
			t.Fatal("the change changes nothing")
		}
		again, err := audit.NewRaw(e.Kind, e.At, idOf(e.CaseID), idOf(e.LotID), e.Seq, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		entries[i] = again
		return entries
	}
}

func idOf(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// bump puts a digit before the number that follows key.
func bump(body, key string) string { return strings.Replace(body, key, key+"9", 1) }

func remove(kind string, n int) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := nth(t, entries, kind, n)
		return slices.Delete(entries, i, i+1)
	}
}

func removeAll(kind string) change {
	return func(_ *testing.T, entries []audit.Entry) []audit.Entry {
		return slices.DeleteFunc(entries, func(e audit.Entry) bool { return e.Kind == kind })
	}
}

// uncanonical writes a space into an entry that the sequencer cannot know of.
func uncanonical(_ *testing.T, entries []audit.Entry) []audit.Entry {
	e := &entries[len(entries)/2]
	e.Bytes = append([]byte("{ "), e.Bytes[1:]...)
	e.LeafHash = audit.LeafHash(e.Bytes)
	return entries
}

// TestHundredLogs: each of a hundred logs of generated sales holds, and with any one entry of a course taken out, or any one bid
// made higher, none does.
func TestHundredLogs(t *testing.T) {
	t.Parallel()
	for i := range uint64(100) {
		entries := generate(t, seed+i, 4)
		check := func(what string, entries []audit.Entry, holds bool) {
			t.Helper()
			r, err := verify.Run(t.Context(), memoryLog(t, entries), verify.Options{Jobs: 2})
			if err != nil || r.OK() != holds {
				t.Fatalf("seed %d, %s: %v, %+v", seed+i, what, err, r.Findings)
			}
		}
		check("as it is", entries, true)
		var courses []int
		for k, e := range entries {
			// Without its last entry a course is merely not over.
			if e.Seq > 0 && e.Kind != "course.close" && e.Kind != "course.admit" {
				courses = append(courses, k)
			}
		}
		k := courses[int(i*7919)%len(courses)]
		if last := entries[len(entries)-1]; last.LotID != entries[k].LotID || last.Seq == 0 {
			check(fmt.Sprintf("without entry %d", k), slices.Delete(slices.Clone(entries), k, k+1), false)
		}
		check("a bid made higher", replaceIn("course.bid", int(i)%5, func(b string) string { return bump(b, `"amount_fen":`) })(t, slices.Clone(entries)), false)
	}
}

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

// TestI8_AnEpochWithinTheSpanIsFound: a close names a span in which its shard changed its epoch for another lot.
func TestI8_AnEpochWithinTheSpanIsFound(t *testing.T) {
	t.Parallel()
	s := newSales(t, seed)
	x, y := s.one(law.China2017(), law.First, nil), s.one(law.China2017(), law.First, nil)
	x.open(3)
	x.bid(8)
	y.shard = x.shard
	y.open(1)
	y.do(course.Command{Kind: course.Epoch})
	honest := len(s.entries)
	y.now = time.UnixMilli(x.state.EndsAt - 1000).UTC()
	y.do(course.Command{Kind: course.Epoch})
	for entries, ok := range map[int]bool{honest: true, len(s.entries): false} {
		r, err := verify.Run(t.Context(), memoryLog(t, s.entries[:entries]), verify.Options{})
		if err != nil {
			t.Fatal(err)
		}
		torn := slices.ContainsFunc(r.Findings, func(f verify.Finding) bool { return f.Code == verify.SpanTorn && f.Lot == x.lot.String() })
		if r.OK() != ok || torn == ok {
			t.Errorf("over %d entries: %+v", entries, r.Findings)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"verify"}, {"verify", "--log", "ftp://x"}, {"verify", "--nonsense"}, {"other"}, {"receipt"}, {"receipt", "nowhere.json", "--key", "k"}, {"verify", "--log", "http://127.0.0.1:1/log", "--jobs", "0"}} {
		var out, progress bytes.Buffer
		if code := run(t.Context(), args, &out, &progress, func(string) string { return "" }); code != exitUnknown {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	for lang, word := range map[string]string{"zh_CN.UTF-8": "核对", "C.UTF-8": "checks"} {
		var out bytes.Buffer
		if code := run(t.Context(), []string{"--help"}, &out, &out, func(string) string { return lang }); code != exitHolds || !strings.Contains(out.String(), word) {
			t.Errorf("%s: exit %d: %s", lang, code, out.String())
		}
	}
}

// TestUnreachableIsNoFinding: a server that fails is exit code 2, never "holds" and never "found".
func TestUnreachableIsNoFinding(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	if code, _, text := auditor(t, "verify", "--log", server.URL); code != exitUnknown || asked != attempts {
		t.Fatalf("exit %d after %d attempts: %s", code, asked, text)
	}
}

func TestPrintedReport(t *testing.T) {
	t.Parallel()
	c := newCourt(t, replaceIn(audit.KindLotVoted, 0, func(b string) string { return bump(b, `"deposit_fen":`) })(t, generate(t, seed, 2)))
	for lang, words := range map[string][]string{
		"zh": {"发现 1 处问题", "[R6]", "没有核对的", "首次使用即信任"},
		"en": {"1 found wrong", "[R6]", "Not checked", "trusted on first use"},
	} {
		var out, progress bytes.Buffer
		if code := run(t.Context(), []string{"verify", "--log", c.url, "--lang", lang}, &out, &progress, func(string) string { return "" }); code != exitFound {
			t.Fatalf("exit %d", code)
		}
		for _, w := range words {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%q is not in\n%s", w, out.String())
			}
		}
		if strings.Contains(out.String(), "%!") {
			t.Errorf("a verb has no argument: %s", out.String())
		}
	}
}

// BenchmarkVerify is the rate at which entries are checked and re-run, beside a bare tree over the same bytes.
func BenchmarkVerify(b *testing.B) {
	s := newSales(b, seed)
	x := s.one(law.China2017(), law.First, nil)
	x.open(20)
	x.bid(20_000)
	files := memoryLog(b, s.entries)
	b.Run("auditor", func(b *testing.B) {
		for b.Loop() {
			r, err := verify.Run(b.Context(), files, verify.Options{Jobs: 2})
			if err != nil || !r.OK() {
				b.Fatalf("%v %+v", err, r)
			}
		}
		b.ReportMetric(float64(len(s.entries)*b.N)/b.Elapsed().Seconds(), "entries/s")
	})
	b.Run("bare tree", func(b *testing.B) {
		for b.Loop() {
			var edge audit.Frontier
			for _, e := range s.entries {
				edge.Add(audit.LeafHash(e.Bytes), nil)
			}
			if edge.Size() != int64(len(s.entries)) {
				b.Fatal(edge.Size())
			}
		}
		b.ReportMetric(float64(len(s.entries)*b.N)/b.Elapsed().Seconds(), "entries/s")
	})
	if x.state.Phase != course.Closed {
		b.Fatal("not closed")
	}
}

// memory is a log without a server.
type memory map[string][]byte

func (m memory) Fetch(_ context.Context, path string) ([]byte, error) {
	if b, ok := m[path]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("%s: %w", path, verify.ErrAbsent)
}

func memoryLog(tb testing.TB, entries []audit.Entry) memory {
	tb.Helper()
	key, err := audit.NewKey("mingchui.test/log", bytes.Repeat([]byte{3}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	m := memory{"key": []byte(key.VerifierKey() + "\n")}
	level := make([]audit.Hash, 0, len(entries))
	for i := 0; i*audit.TileWidth < len(entries); i++ {
		part := entries[i*audit.TileWidth : min((i+1)*audit.TileWidth, len(entries))]
		var bundle []byte
		for _, e := range part {
			if bundle, err = audit.AppendBundleEntry(bundle, e.Bytes); err != nil {
				tb.Fatal(err)
			}
			level = append(level, e.LeafHash)
		}
		m[audit.TilePath(audit.EntriesLevel, int64(i), len(part))] = bundle
	}
	signed, err := audit.Checkpoint{Origin: key.Name(), Size: int64(len(level)), Root: audit.NewBatch(level).Root()}.Sign(key)
	if err != nil {
		tb.Fatal(err)
	}
	m["checkpoint"] = signed
	for l := 0; len(level) > 0; l++ {
		var up []audit.Hash
		for i := 0; i*audit.TileWidth < len(level); i++ {
			part := level[i*audit.TileWidth : min((i+1)*audit.TileWidth, len(level))]
			var tile []byte
			for _, h := range part {
				tile = append(tile, h[:]...)
			}
			m[audit.TilePath(l, int64(i), len(part))] = tile
			if len(part) == audit.TileWidth {
				up = append(up, audit.NewBatch(part).Root())
			}
		}
		level = up
	}
	return m
}
