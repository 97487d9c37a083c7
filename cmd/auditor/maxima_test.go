package main

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
)

// limited writes a sale with maximum bids: the first code's meets the second's, then somebody bids by hand.
func limited(t *testing.T, closed bool) []audit.Entry {
	t.Helper()
	s := newSales(t, seed)
	x := s.one(law.DemonstrationMaximum(), law.First, nil)
	x.open(2)
	x.now = x.notice.StartsAt
	amounts := map[string]money.Fen{}
	answer := func() {
		for c, called := course.Answer(x.state, amounts); called; c, called = course.Answer(x.state, amounts) {
			x.do(c)
		}
	}
	var salt [course.SaltBytes]byte
	type opening struct {
		seq  int64
		code string
	}
	var set []opening
	for i, code := range x.codes {
		x.tick(time.Second)
		amount := x.notice.StartingPriceFen + x.notice.IncrementFen*money.Fen(20*(i+1))
		amounts[code] = amount
		e := x.do(course.Command{Kind: course.Maximum, Code: code, Amount: amount, Commitment: course.Commit(x.lot, code, amount, salt)})
		set = append(set, opening{e.Seq, code})
		answer()
	}
	x.tick(time.Second)
	x.do(course.Command{Kind: course.Bid, Code: x.codes[0], Amount: x.state.Price + x.notice.IncrementFen})
	answer()
	if !closed {
		return s.entries
	}
	x.now = time.UnixMilli(x.state.EndsAt).UTC()
	x.do(course.Command{Kind: course.Close, Span: course.Span{Epoch: x.state.Epoch, From: x.state.ClosingFrom(), To: x.state.EndsAt}})
	for _, o := range set {
		x.enter(audit.KindMaximumOpened, x.now.Add(time.Millisecond), x.caseID, x.lot, 0, audit.MaximumOpened{
			BidderCode: o.code, Seq: o.seq, AmountFen: amounts[o.code], Salt: hex.EncodeToString(salt[:]),
		})
	}
	x.tick(time.Second)
	x.settle()
	x.enter(audit.KindCaseOpened, x.now.Add(time.Hour), s.id(), [16]byte{}, 0, audit.CaseOpened{Number: "(2026)沪01执2号", Court: "court", Kind: "civil", ClaimFen: 5})
	return s.entries
}

func TestVerifyRerunsMaximumBids(t *testing.T) {
	t.Parallel()
	c := newCourt(t, limited(t, true))
	code, r, text := auditor(t, "verify", "--log", c.url)
	if code != exitHolds || len(r.Lots) != 1 || r.Lots[0].Bids < 5 {
		t.Fatalf("exit %d, %+v\n%s", code, r, text)
	}
	if slices.ContainsFunc(r.NotChecked, func(n verify.Note) bool { return n.Code == verify.MaximaSealed || n.Code == verify.KindsUnknown }) {
		t.Errorf("not checked: %+v", r.NotChecked)
	}
	running := newCourt(t, limited(t, false))
	code, r, text = auditor(t, "verify", "--log", running.url)
	if code != exitHolds || !slices.ContainsFunc(r.NotChecked, func(n verify.Note) bool { return n.Code == verify.MaximaSealed && strings.HasPrefix(n.TextEN, "5 ") }) {
		t.Fatalf("before the end: exit %d, %+v\n%s", code, r, text)
	}
}

// A forgery is a change to an honest log that whoever holds database and key signed anew.
type forgery struct {
	want   verify.Code
	change change
}

func maximumForgeries() map[string]forgery {
	return map[string]forgery{
		"another amount opened":    {verify.Code(course.OpeningDiffers), replaceIn(audit.KindMaximumOpened, 1, func(b string) string { return bump(b, `"amount_fen":`) })},
		"a maximum not opened":     {verify.Code(course.NotOpened), remove(audit.KindMaximumOpened, 0)},
		"opened before the close":  {verify.MaximumOpenedEarly, early},
		"the last answer withheld": {verify.Code(course.AnswerMissing), withheld},
		"without the rule set's leave": {verify.MaximaNotAllowed, replaceIn(audit.KindLotAnnounced, 0, func(b string) string {
			return strings.Replace(b, `"demonstration_maximum"`, `"demonstration"`, 1)
		})},
		"voted without":                   {verify.VotedOtherTerms, replaceIn(audit.KindLotVoted, 0, func(b string) string { return strings.Replace(b, `,"maximum_bids":true`, ``, 1) })},
		"announced without":               {verify.TermsDiffer, replaceIn(audit.KindLotAnnounced, 0, func(b string) string { return strings.Replace(b, `,"maximum_bids":true`, ``, 1) })},
		"a bid by hand above the maximum": {verify.Code(course.BidAboveMaximum), byHand},
	}
}

func TestVerifyFindsFalseMaximumBids(t *testing.T) {
	t.Parallel()
	entries := limited(t, true)
	for name, x := range maximumForgeries() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found(t, x.want, "--log", newCourt(t, x.change(t, slices.Clone(entries))).url)
		})
	}
}

// early moves an opening before the close.
func early(t *testing.T, entries []audit.Entry) []audit.Entry {
	t.Helper()
	i, closing := nth(t, entries, audit.KindMaximumOpened, 0), nth(t, entries, "course.close", 0)
	at := entries[closing].At.Add(-time.Second)
	moved, err := audit.NewRaw(entries[i].Kind, at, &entries[i].CaseID, &entries[i].LotID, 0, entries[i].Body)
	if err != nil {
		t.Fatal(err)
	}
	entries = slices.Delete(entries, i, i+1)
	return slices.Insert(entries, closing, moved)
}

// withheld takes out the last answer: the bid by hand then leads, and the course closes so.
func withheld(t *testing.T, entries []audit.Entry) []audit.Entry {
	t.Helper()
	closing := nth(t, entries, "course.close", 0)
	last := entries[closing-1]
	hand, err := course.FromEntry(entries[closing-2])
	if err != nil || hand.Automatic || !strings.Contains(string(last.Body), `"automatic":true`) {
		t.Fatalf("%s %s %v", entries[closing-2].Body, last.Body, err)
	}
	e, err := course.FromEntry(entries[closing])
	if err != nil {
		t.Fatal(err)
	}
	e.Seq, e.Price, e.Leader = e.Seq-1, hand.Amount, hand.Code
	forged, err := audit.NewRaw("course.close", entries[closing].At, &last.CaseID, &last.LotID, e.Seq, e.AppendBody(nil))
	if err != nil {
		t.Fatal(err)
	}
	entries[closing-1] = forged
	return slices.Delete(entries, closing, closing+1)
}

// byHand marks the bid by hand, at the instant of the event before it, as automatic.
func byHand(t *testing.T, entries []audit.Entry) []audit.Entry {
	t.Helper()
	closing := nth(t, entries, "course.close", 0)
	before := entries[closing-3]
	for _, i := range []int{closing - 2, closing - 1} {
		e, err := course.FromEntry(entries[i])
		if err != nil {
			t.Fatal(err)
		}
		e.Automatic = true
		e.At = before.At.UnixMilli()
		entries[i], err = audit.NewRaw("course.bid", before.At, &before.CaseID, &before.LotID, e.Seq, e.AppendBody(nil))
		if err != nil {
			t.Fatal(err)
		}
	}
	return entries
}
