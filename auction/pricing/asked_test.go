package pricing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/pricing"
	"mingchui/auction/trail"
)

// R10p, Price 6, 10: one authority, or up to thirty platforms at once, each in its place and asked once.
func TestR10p_WhoIsAskedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price := w.start(asset)
	w.skip(price, pricing.Agreed)
	ask := func(o pricing.Origin, of ...string) error {
		return w.s.Inquire(t.Context(), w.clerk, pricing.Inquiry{Price: price, Origin: o, Of: names(of...), DueAt: w.clock.Now().Add(day)})
	}
	var platforms []string
	for i := range 31 {
		platforms = append(platforms, fmt.Sprintf("平台%d", i+1))
	}
	before := w.marks()
	w.refused("two authorities", ask(pricing.Authority, "甲局", "乙局"), fault.InvalidRequest, "R10p")
	w.refused("no authority", ask(pricing.Authority), fault.InvalidRequest, "R10p")
	w.refused("a platform twice", ask(pricing.Online, "平台", "平台"), fault.InvalidRequest, "R10p")
	w.refused("thirty-one platforms", ask(pricing.Online, platforms...), fault.InvalidRequest, "R10p")
	w.refused("firms are not asked so", ask(pricing.Appraisal, "甲"), fault.InvalidRequest, "R10p")
	if w.marks() != before {
		t.Error("a refusal left something")
	}
	w.must(ask(pricing.Authority, "甲局"))
	if got := w.refused("the authority again", ask(pricing.Authority, "乙局"), fault.StateConflict, "R10p"); got["state"] != "asked" {
		t.Errorf("the state is %v", got["state"])
	}
	w.clock.To(w.clock.Now().Add(day + ms))
	w.must(w.s.Skip(t.Context(), w.judges[0], price, pricing.Authority, pricing.NoAnswer, why()))
	w.must(ask(pricing.Online, platforms[:30]...))
	src := w.view(asset).Sources
	if len(src) != 31 {
		t.Fatalf("%d were asked", len(src))
	}
	for i, s := range src {
		place := max(i, 1) // the authority is the only one of its origin
		if s.Round != 1 || s.Place != place {
			t.Errorf("%s: round %d, place %d", s.Name.Zh, s.Round, s.Place)
		}
	}
}

// R10p, Price 21: how reports are served, the receipt that proves it, and when it is done: once every party has them.
func TestR10p_HowReportsAreServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := w.asset("")
	price := w.start(asset)
	w.skip(price, pricing.Agreed, pricing.Authority, pricing.Online)
	w.must(w.s.Choose(t.Context(), w.clerk, pricing.Choice{Price: price, Firms: names("甲", "乙", "丙"), By: pricing.ByAgreement}))
	w.must(w.s.Engage(t.Context(), w.clerk, price))
	_, err := w.answer(price, w.view(asset).Sources[0].ID, 800_000_00, "a")
	w.must(err)
	parties := w.parties()
	first, last := parties[0], parties[len(parties)-1]
	send := func(in pricing.Sending) error {
		in.Price = price
		return w.s.Send(t.Context(), w.clerk, in)
	}
	before := w.marks()
	for what, in := range map[string]pricing.Sending{
		"no way":                           {Way: ""},
		"an unknown way":                   {Way: "pigeon"},
		"published, and received at once":  {Way: pricing.Published, Received: true, Proof: hash("b"), Reason: why()},
		"received without a receipt":       {Way: pricing.Direct, Received: true},
		"a receipt that is none":           {Way: pricing.Post, Proof: "b"},
		"received, a receipt that is none": {Way: pricing.Post, Received: true, Proof: "b"},
		"a role that gets none":            {Way: pricing.Post, Who: pricing.Who{Role: pricing.Court}},
	} {
		if in.Who.Role == "" {
			in.Who = first
		}
		w.refused(what, send(in), fault.InvalidRequest, "R10p")
	}
	if w.marks() != before {
		t.Error("a refusal left something")
	}
	for _, p := range parties[:len(parties)-1] {
		w.must(send(pricing.Sending{Who: p, Way: pricing.Post}))
		w.must(send(pricing.Sending{Who: pricing.Who{Role: pricing.Interested, No: p.No + 10*len(p.Role)}, Way: pricing.Post, Proof: hash("b")}))
		if due := w.owed(duty.ServePriceReport); len(due) != 1 {
			t.Fatalf("after %v: owed %v", p, due)
		}
	}
	w.must(send(pricing.Sending{Who: last, Way: pricing.Published, Reason: why()}))
	if due := w.owed(duty.ServePriceReport); len(due) != 0 {
		t.Errorf("every party has it, and owed are %v", due)
	}
	list, err := trail.Read(t.Context(), w.pool, trail.Page{Case: w.caseID, Limit: 200})
	w.must(err)
	for _, l := range list {
		if l.Act == trail.ReportServed && l.Public != (l.Ground == string(pricing.Published)) {
			t.Errorf("served by %s: public is %t", l.Ground, l.Public)
		}
	}
	w.receives(price, first)
}

// receives stands about the time in which a report sent now was received.
func (w *world) receives(price uuid.UUID, first pricing.Who) {
	w.t.Helper()
	sent := w.clock.Now()
	w.clock.To(sent.Add(day))
	receive := func(at time.Time) error { return w.s.Receive(w.t.Context(), w.clerk, price, first, at, hash("b")) }
	w.refused("before it was sent", receive(sent.Add(-ms)), fault.InvalidRequest, "R10p")
	w.refused("to come", receive(sent.Add(day+ms)), fault.InvalidRequest, "R10p")
	w.must(receive(sent.Add(day - ms)))
	w.refused("twice", receive(sent.Add(day)), fault.StateConflict, "R10p")
}
