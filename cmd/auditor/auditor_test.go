package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
)

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
