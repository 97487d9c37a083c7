package main

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/draw"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
)

// courseTampers are about bidding and what it was announced with.
func courseTampers() map[string]tamper {
	opened := func(f func(*course.Terms)) func(*testing.T) []audit.Entry {
		return but(failed, remove("course.close", 0), event(0, "course.open", func(e *course.Event) { f(&e.Terms) }))
	}
	terms := func(f func(*course.Terms)) tamper { return tamper{codes(verify.TermsDiffer), opened(f)} }
	withdraw := func(x *sale) {
		x.enter(audit.KindLotWithdrawn, x.tick(time.Second), x.caseID, x.lot, 0, audit.LotWithdrawn{Ground: "debt_paid", ReasonHash: audit.HashText("r")})
	}
	one := func(bids int) func(*testing.T) []audit.Entry {
		return func(t *testing.T) []audit.Entry {
			t.Helper()
			s := newSales(t, seed)
			x := s.one(law.China2017(), law.First, nil)
			x.open(bids)
			withdraw(x)
			if bids > 0 {
				x.now = x.notice.StartsAt
				x.do(course.Command{Kind: course.Bid, Code: x.codes[0], Amount: x.notice.StartingPriceFen})
				return s.entries
			}
			x.bid(0)
			return s.entries
		}
	}
	beforehand := func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i, k := nth(t, entries, "course.open", 0), nth(t, entries, audit.KindLotAnnounced, 0)
		e, err := course.FromEntry(entries[i])
		if err != nil {
			t.Fatal(err)
		}
		e.At = entries[k].At.UnixMilli() - 1
		return event(0, "course.open", func(was *course.Event) { *was = e })(t, entries)
	}
	return map[string]tamper{
		"nothing changed":            {nil, ended},
		"a bid removed":              {codes(verify.SeqGap), but(ended, remove("course.bid", 1))},
		"a bid made higher":          {codes(verify.RuleBroken), but(ended, event(2, "course.bid", func(e *course.Event) { e.Amount++ }))},
		"another outcome":            {codes(verify.RuleBroken), but(failed, event(0, "course.close", func(e *course.Event) { e.Outcome = course.Sold }))},
		"a bid that cannot be read":  {codes(verify.BodyUnreadable), but(ended, replaceIn("course.bid", 2, func(string) string { return `{"x":1}` }))},
		"another starting price":     terms(func(x *course.Terms) { x.StartingPrice++ }),
		"another increment":          terms(func(x *course.Terms) { x.Increment++ }),
		"begun a millisecond later":  terms(func(x *course.Terms) { x.StartsAt++ }),
		"ended a millisecond later":  terms(func(x *course.Terms) { x.EndsAt++ }),
		"maximum bids":               terms(func(x *course.Terms) { x.MaximumBids = true }),
		"a shorter extension":        terms(func(x *course.Terms) { x.Extension-- }),
		"a sell-off's course":        terms(func(x *course.Terms) { x.SellOffCourse = 1 }),
		"no announcement":            {codes(verify.CourseWithoutNotice), but(failed, remove(audit.KindLotAnnounced, 0))},
		"begun before it":            {codes(verify.CourseWithoutNotice), but(failed, remove("course.close", 0), beforehand)},
		"a bid after a withdrawal":   {codes(verify.AfterWithdrawal), one(1)},
		"an epoch within the span":   {codes(verify.SpanTorn), torn(time.Millisecond)},
		"an epoch at its end":        {nil, torn(0)},
		"an older epoch in the span": {codes(verify.SpanTorn), older(time.Millisecond)},
		"an older epoch before it":   {nil, older(0)},
		"a close after a withdrawal": {codes(verify.AfterWithdrawal), one(0)},
	}
}

// torn is a log where the shard of a close changed its epoch for another lot so long before the end (I8).
func torn(before time.Duration) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		s := newSales(t, seed)
		x, y := s.one(law.China2017(), law.First, nil), s.one(law.China2017(), law.First, nil)
		x.open(3)
		x.bid(8)
		y.shard = x.shard
		y.open(1)
		y.do(course.Command{Kind: course.Epoch})
		y.now = time.UnixMilli(x.state.EndsAt).UTC().Add(-before)
		y.do(course.Command{Kind: course.Epoch})
		return s.entries
	}
}

// older is a log where an event of the shard's epoch before stands so long after the beginning of the span that a close names.
func older(after time.Duration) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		s := newSales(t, seed)
		x, y := s.one(law.China2017(), law.First, nil), s.one(law.China2017(), law.First, nil)
		x.open(3)
		x.bid(8) // in epoch 2 at last
		y.shard = x.shard
		y.now = time.UnixMilli(x.state.ClosingFrom()).UTC().Add(after)
		y.open(0)
		return s.entries
	}
}

// maximumTampers are about automatic bids (R20a, I2).
func maximumTampers() map[string]tamper {
	honest := func(t *testing.T) []audit.Entry { t.Helper(); return limited(t, true) }
	salted := func(salt string) change {
		return alter(audit.KindMaximumOpened, 0, func(m *audit.MaximumOpened) { m.Salt = salt })
	}
	elsewhere := written(6, func(x *sale) {
		x.enter(audit.KindMaximumOpened, x.now, x.caseID, x.lot, 0, audit.MaximumOpened{BidderCode: x.codes[0], Seq: 2, AmountFen: 1, Salt: hex.EncodeToString(make([]byte, 32))})
	})
	return map[string]tamper{
		"nothing changed":                {nil, honest},
		"a maximum of nobody":            {codes(verify.Code(course.OpeningDiffers)), elsewhere},
		"a salt that is no hex":          {codes(verify.Code(course.OpeningDiffers), verify.Code(course.NotOpened)), but(honest, salted("x"))},
		"a salt cut short":               {codes(verify.Code(course.OpeningDiffers), verify.Code(course.NotOpened)), but(honest, salted("00"))},
		"another salt":                   {codes(verify.Code(course.OpeningDiffers), verify.Code(course.NotOpened)), but(honest, salted(hex.EncodeToString(append(make([]byte, 31), 1))))},
		"opened twice":                   {codes(verify.Code(course.OpeningDiffers)), but(honest, again(audit.KindMaximumOpened))},
		"a maximum below the price":      {codes(verify.Code(course.MaximumTooLow)), hidden(-1, 0)},
		"the least maximum":              {nil, hidden(0, 0)},
		"a bid that no maximum calls to": {codes(verify.Code(course.BidUncalled)), hidden(1, 1)},
	}
}

// hidden writes a sale where a maximum is left, sealed, against a bid by hand: more increments above the least that could be bid, or
// one fen below it. The answer is uncalled increments above the one that the maximum calls for.
func hidden(more, uncalled int) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		s := newSales(t, seed)
		x := s.one(law.DemonstrationMaximum(), law.First, nil)
		x.open(2)
		x.now = x.notice.StartsAt
		x.do(course.Command{Kind: course.Bid, Code: x.codes[0], Amount: x.notice.StartingPriceFen})
		x.tick(time.Second)
		least := x.state.Price + x.notice.IncrementFen
		amount := least + x.notice.IncrementFen*money.Fen(max(more, 0))
		if more < 0 {
			amount = least - 1
		}
		var salt [course.SaltBytes]byte
		e := x.do(course.Command{Kind: course.Maximum, Code: x.codes[1], Amount: amount, Hidden: true, Commitment: course.Commit(x.lot, x.codes[1], amount, salt)})
		if more >= 0 {
			x.do(course.Command{Kind: course.Bid, Code: x.codes[1], Amount: least + x.notice.IncrementFen*money.Fen(uncalled), Automatic: true})
		}
		x.now = time.UnixMilli(x.state.EndsAt).UTC()
		x.do(course.Command{Kind: course.Close, Span: course.Span{Epoch: x.state.Epoch, From: x.state.ClosingFrom(), To: x.state.EndsAt}})
		x.enter(audit.KindMaximumOpened, x.now.Add(time.Millisecond), x.caseID, x.lot, 0, audit.MaximumOpened{
			BidderCode: x.codes[1], Seq: e.Seq, AmountFen: amount, Salt: hex.EncodeToString(salt[:]),
		})
		x.enter(audit.KindCaseOpened, x.now.Add(time.Hour), s.id(), [16]byte{}, 0, audit.CaseOpened{Number: "(2026)沪01执2号", Court: "court", Kind: "civil", ClaimFen: 5})
		return s.entries
	}
}

// elsewhereOpened moves the opening of the creditors' draw to another lot, or to another case.
func elsewhereOpened(lot bool) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := nth(t, entries, audit.KindDrawOpened, 0)
		e, other := entries[i], uuid.NewSHA1(uuid.NameSpaceOID, []byte("other"))
		kase := e.CaseID
		if lot {
			e.LotID = other
		} else {
			kase = other
		}
		moved, err := audit.NewRaw(e.Kind, e.At, &kase, &e.LotID, 0, e.Body)
		if err != nil {
			t.Fatal(err)
		}
		entries[i] = moved
		return entries
	}
}

// unmade is a log whose newest entry is more than a day after the opening was due by so much, and the draw is not made.
func unmade(more time.Duration) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		c := newScript(t)
		c.skip = "draw, taking"
		entries := c.write()
		last := entries[len(entries)-1]
		e, err := audit.NewRaw(last.Kind, c.opensAt.Add(24*time.Hour+more), &last.CaseID, nil, 0, last.Body)
		if err != nil {
			t.Fatal(err)
		}
		return append(entries[:len(entries)-1], e)
	}
}

// drawTampers are about draws between creditors (R16d), beside those of draws_test.go.
func drawTampers() map[string]tamper {
	forge := func(f func(*script)) func(*testing.T) []audit.Entry {
		return func(t *testing.T) []audit.Entry {
			t.Helper()
			c := newScript(t)
			f(c)
			return c.write()
		}
	}
	taker := func(f func(*script, *audit.TakenForDebt)) func(*testing.T) []audit.Entry {
		return forge(func(c *script) { c.taken1 = func(k *audit.TakenForDebt) { f(c, k) } })
	}
	// The firms' draw after it rests on another root then.
	undrawn := codes(verify.DrawUnlisted, verify.DrawUnopened, verify.DrawUnmade, verify.TakenUndrawn, verify.Code(draw.ValueDiffers))
	return map[string]tamper{
		"nothing changed":          {nil, forge(func(*script) {})},
		"one left off the list":    {codes(verify.OfferPassedBy), forge(func(c *script) { c.x.offer("ffffffff-ffff-7fff-bfff-ffffffffffff", 1, 5) })},
		"drawn past a better rank": {codes(verify.OfferPassedBy), forge(func(c *script) { c.rank = 2; c.x.offer("ffffffff-ffff-7fff-bfff-ffffffffffff", 1, 5) })},
		"opened for another lot":   {undrawn, but(forge(func(*script) {}), elsewhereOpened(true))},
		"opened in another case":   {undrawn, but(forge(func(*script) {}), elsewhereOpened(false))},
		"an offer without its number": {codes(verify.BodyUnreadable, verify.DrawUnlisted, verify.TakenUndrawn), forge(func(c *script) {
			c.list1 = func(l *audit.DrawListed) { l.Candidates[0].No = 0 }
		})},
		"an offer that is none": {codes(verify.BodyUnreadable, verify.DrawUnlisted, verify.TakenUndrawn), forge(func(c *script) {
			c.list1 = func(l *audit.DrawListed) { l.Candidates[0].Candidate = "x" }
		})},
		"a firm with a number": {codes(verify.BodyUnreadable, verify.DrawUnlisted), forge(func(c *script) {
			c.firms1 = func(l *audit.DrawListed) { l.Candidates[0].No = 1 }
		})},
		"one draw with two lists": {codes(verify.DrawListedTwice, verify.OfferPassedBy), forge(func(c *script) {
			c.twice = "list"
			lists := 0
			c.list1 = func(l *audit.DrawListed) {
				if lists++; lists == 2 {
					l.Rank, l.Candidates = 2, l.Candidates[:2]
				}
			}
		})},
		"a rank that is drawn again": {codes(verify.DrawListedTwice, verify.DrawUnmade), forge(func(c *script) {
			c.twice = "list"
			lists := 0
			c.list1 = func(l *audit.DrawListed) {
				if lists++; lists == 2 {
					l.Draw = c.asset.String()
				}
			}
		})},
		"not made in a day":                   {nil, unmade(0)},
		"not made in a day, a millisecond on": {codes(verify.DrawUnmade), unmade(time.Millisecond)},
		"one alone": {codes(verify.Code(draw.TooFew)), forge(func(c *script) {
			c.list1 = func(l *audit.DrawListed) { l.Candidates = l.Candidates[:1] }
		})},
		"a rank past the drawn one": {codes(verify.TakenUndrawn), taker(func(_ *script, k *audit.TakenForDebt) { k.Rank, k.Draw, k.Offer = 2, "", "" })},
		"who was drawn second": {codes(verify.TakenUndrawn), taker(func(c *script, k *audit.TakenForDebt) {
			for _, o := range c.offers {
				if o.String() != k.Offer {
					k.Offer = o.String()
					return
				}
			}
		})},
		"a draw that is not there":  {codes(verify.TakenUndrawn), taker(func(c *script, k *audit.TakenForDebt) { k.Draw = c.asset.String() })},
		"a rank that was not drawn": {codes(verify.TakenUndrawn), forge(func(c *script) { c.rank = 2; c.taken1 = func(k *audit.TakenForDebt) { k.Rank = 3 } })},
		"taken before it was drawn": {codes(verify.TakenUndrawn, verify.DrawUnmade), forge(func(c *script) { c.skip = "draw" })},
		"a better rank, not drawn": {nil, forge(func(c *script) {
			c.rank = 2
			c.taken1 = func(k *audit.TakenForDebt) {
				c.x.offer("late", 1, k.ClaimFen)
				k.Rank, k.Draw, k.Offer = 1, "", "late"
			}
		})},
	}
}
