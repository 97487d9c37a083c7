package bidding

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// TestI2_FunctionAgreesWithCourseOnMaximumBids is TestI2_FunctionAgreesWithCourse for lots that offer them: what maxima call for is
// decided in the same call, in the same order, and after a loss of answers with the mark of the epoch.
func TestI2_FunctionAgreesWithCourseOnMaximumBids(t *testing.T) {
	t.Parallel()
	events, seed := eventsOf(t)/4, seedOf(t)
	client, lib := patientRedis(t), newLibrary()
	if err := lib.load(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	a := &agreement{
		client: client, lib: lib, random: rand.New(rand.NewPCG(seed, 3)), epoch: 1, codes: map[fault.Code]int{}, met: map[string]int{},
		maxima: true,
	}
	a.agree(t, events)
	t.Logf("%d events: %d accepted, %d answered again; refused %v; %v", a.events, a.accepted, a.replayed, a.codes, a.met)
	for _, code := range []fault.Code{fault.BidBelowStart, fault.BidTooLow, fault.NotStarted, fault.Closed, fault.Suspended, fault.MaximumNone} {
		if 100*a.codes[code] < a.events {
			t.Errorf("%s: %d of %d events, less than a hundredth", code, a.codes[code], a.events)
		}
	}
	for what, share := range map[string]int{
		"maximum set": 20, "maximum withdrawn": 200, "automatic bids": 20, "a bid is answered": 100, "a maximum is answered": 50,
		"answered with 2": 200, "answered with 3": 1000, "answered with a match": 200, "answered after an epoch": 400, "answered after resume": 2000,
	} {
		if share*a.met[what] < a.events {
			t.Errorf("%s: %d of %d events, less than one in %d", what, a.met[what], a.events, share)
		}
	}
	if a.met["answered with more"] > 0 {
		t.Errorf("%d events were answered by more than three bids", a.met["answered with more"])
	}
}

// countAnswers notes the automatic bids that followed an event.
func (a *agreement) countAnswers(c course.Command, answers []decision) {
	switch c.Kind { //nolint:exhaustive // the others are counted already
	case course.Maximum:
		a.met["maximum set"]++
	case course.MaximumWithdrawn:
		a.met["maximum withdrawn"]++
	}
	if len(answers) == 0 {
		return
	}
	a.met["automatic bids"] += len(answers)
	switch c.Kind { //nolint:exhaustive // nothing else is answered
	case course.Bid:
		a.met["a bid is answered"]++
	case course.Maximum:
		a.met["a maximum is answered"]++
	case course.Epoch:
		a.met["answered after an epoch"]++
	default:
		a.met["answered after "+string(c.Kind)]++
	}
	name := "answered with more"
	if len(answers) <= 3 {
		name = "answered with " + strconv.Itoa(len(answers))
	}
	a.met[name]++
	for i := 1; i < len(answers); i++ {
		if answers[i].event.Amount == answers[i-1].event.Amount {
			a.met["answered with a match"]++
		}
	}
}

// loseAnswers adds, to some courses, a maximum whose answers were lost: as it stands after a rebuild from a commit that ended between
// the two; now and then the course was stayed since. The events have the places from place on in the shard's stream.
func (a *agreement) loseAnswers(ctx context.Context, h *history, place int64) error {
	if h.model.Phase == course.Unopened || h.random.IntN(2) > 0 {
		return nil
	}
	c := maximum(h.random, h.model, codes[h.random.IntN(len(codes))])
	e, err := course.Decide(h.model, c, h.model.LastAt)
	if err != nil {
		return nil //nolint:nilerr // it cannot be had here
	}
	at := chainEnd{n: place - 1}
	if err := h.fold(e, "", h.model.Epoch, &at); err != nil {
		return err
	}
	h.amounts[c.Code] = c.Amount
	if stay, err := course.Decide(h.model, course.Command{Kind: course.Stay, Ground: course.ByOutage}, h.model.LastAt); err == nil && h.random.IntN(3) == 0 {
		if err := h.fold(stay, "", h.model.Epoch, &at); err != nil {
			return err
		}
	}
	h.compared = len(h.decided)
	pipe := a.client.Pipeline()
	pipe.HSet(ctx, lotKeys(h.shard, h.lot)[3], courseFields(h.model)...)
	pipe.HSet(ctx, maximaKey(h.shard, h.lot), c.Code, itoa(int64(c.Amount))+" "+itoa(e.Seq))
	_, err = pipe.Exec(ctx)
	return err
}

func commitment(c course.Command) string {
	if c.Kind != course.Maximum {
		return ""
	}
	return course.Commit(uuid.Nil, c.Code, c.Amount, [course.SaltBytes]byte{})
}

// maximum is one that is interesting in s: a few increments up, or where others are too.
func maximum(r *rand.Rand, s course.State, code string) course.Command {
	amount := max(s.Price, s.Terms.StartingPrice) + s.Terms.Increment*money.Fen(r.IntN(8)-1) + money.Fen(r.IntN(3)-1)
	if r.IntN(3) == 0 {
		amount = s.Terms.StartingPrice + s.Terms.Increment*10*money.Fen(1+r.IntN(4)) + money.Fen(r.IntN(2))
	}
	c := course.Command{Kind: course.Maximum, Code: code, Amount: min(max(amount, 1), money.Max)}
	c.Commitment = commitment(c)
	return c
}

// maxima are the goals of a lot that offers them.
func (d *drawing) maxima() []goal {
	key := func() string { return "k" + strconv.Itoa(d.IntN(100_000)) }
	set := func(code string) (step, bool) {
		return step{command: maximum(d.Rand, d.s, code), key: key()}, code != ""
	}
	return []goal{
		{30, func() (step, bool) {
			code, _ := d.one(d.rival)
			return set(code)
		}},
		{6, func() (step, bool) { return set(d.s.Leader) }},
		{2, func() (step, bool) { return set(codes[d.IntN(len(codes))]) }},
		{3, func() (step, bool) {
			code, ok := d.one(func(code string, _ course.Admission, _ bool) bool { _, live := d.s.Maxima[code]; return live })
			return step{command: course.Command{Kind: course.MaximumWithdrawn, Code: code}, key: key()}, ok
		}},
		{3, func() (step, bool) {
			return step{command: course.Command{Kind: course.MaximumWithdrawn, Code: codes[d.IntN(len(codes))]}, key: key()}, true
		}},
	}
}
