package course

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// limits is a random course with maximum bids, and how high they are.
type limits struct {
	lot      uuid.UUID
	s        State
	amounts  map[string]money.Fen
	events   []Event
	openings []Opening
}

// add decides and folds a command; false when it is refused.
func (l *limits) add(t *rapid.T, c Command, now int64) bool {
	e, err := Decide(l.s, c, now)
	if err != nil {
		return false
	}
	e.Epoch, e.N = max(l.s.Epoch, 1), l.s.N+1
	if e.Kind == Epoch {
		e.Epoch = l.s.Epoch + 1
	}
	if l.s, err = Next(l.s, e); err != nil {
		t.Fatalf("Next refuses what Decide made: %v", err)
	}
	l.events = append(l.events, reread(t, e))
	return true
}

// act takes a random command and its answers, or loses them with the engine's memory, which must then be found owed.
func (l *limits) act(t *rapid.T, now int64) {
	c := command(t, l.s)
	switch rapid.IntRange(0, 9).Draw(t, "maximum") {
	case 0, 1, 2, 3:
		c = l.maximum(t, c.Code)
	case 4:
		c = Command{Kind: MaximumWithdrawn, Code: c.Code}
	}
	if !l.add(t, c, now) {
		return
	}
	if c.Kind == Maximum {
		l.amounts[c.Code] = c.Amount
		l.openings = append(l.openings, Opening{Seq: l.s.Seq, Code: c.Code, Amount: c.Amount, Salt: salt(c)})
	}
	answers := 0
	for a, called := Answer(l.s, l.amounts); called; a, called = Answer(l.s, l.amounts) {
		if rapid.IntRange(0, 20).Draw(t, "lost") == 20 {
			l.lose(t, now)
			answers = 0
			continue
		}
		if answers++; answers > 3 {
			t.Fatalf("more than three answers: %+v", l.events)
		}
		if a.Amount > l.amounts[a.Code] {
			t.Fatalf("%d is bid for %s, whose maximum is %d", a.Amount, a.Code, l.amounts[a.Code])
		}
		if !l.add(t, a, l.s.LastAt) {
			t.Fatalf("the answer %+v is refused in %+v", a, l.s)
		}
	}
}

// lose marks an epoch where an answer was owed, and perhaps stays the course.
func (l *limits) lose(t *rapid.T, now int64) {
	if !l.add(t, Command{Kind: Epoch}, now+rapid.Int64Range(0, minute).Draw(t, "away")) {
		t.Fatal("an epoch is refused")
	}
	if rapid.Bool().Draw(t, "stayed") {
		l.add(t, Command{Kind: Stay, Ground: ByOutage}, l.s.LastAt)
		l.add(t, Command{Kind: Resume, Ground: ByOutage}, l.s.LastAt+minute)
	}
}

func (l *limits) maximum(t *rapid.T, code string) Command {
	price := max(l.s.Price, l.s.Terms.StartingPrice)
	c := Command{Kind: Maximum, Code: code}
	c.Amount = price + l.s.Terms.Increment*money.Fen(rapid.IntRange(-1, 6).Draw(t, "steps")) + money.Fen(rapid.IntRange(-1, 1).Draw(t, "off"))
	if rapid.IntRange(0, 3).Draw(t, "high") == 0 {
		c.Amount = l.s.Terms.StartingPrice + 30*l.s.Terms.Increment // so that equal ones meet
	}
	c.Amount = max(c.Amount, 1)
	c.Commitment = Commit(l.lot, code, c.Amount, salt(c))
	return c
}

func salt(c Command) [SaltBytes]byte { return sha256.Sum256([]byte(c.Code)) }

func drawLimits(t *rapid.T) *limits {
	l := &limits{lot: uuid.UUID{7}, amounts: map[string]money.Fen{}}
	on := terms(t)
	on.MaximumBids = true
	l.add(t, Command{Kind: Open, Terms: on}, begin-minute)
	for i, code := range []string{"AAAAA", "BBBBB", "PPPPP", "QQQQQ"} {
		c := Command{Kind: Admit, Code: code, Capacity: Ordinary, NameCommitment: "00"}
		if i > 1 {
			c.Capacity, c.Rank = Priority, i-1
		}
		l.add(t, c, begin-minute)
	}
	now := begin
	for range rapid.IntRange(20, 60).Draw(t, "length") {
		now += rapid.SampledFrom([]int64{0, 1, 1000, minute, 5 * minute}).Draw(t, "pause")
		if l.s.Phase == Running && rapid.IntRange(0, 20).Draw(t, "to the end") == 20 {
			now = max(now, l.s.EndsAt-rapid.Int64Range(-1, 6*minute).Draw(t, "before the end"))
		}
		l.act(t, max(now, l.s.LastAt))
	}
	return l
}

// TestI2_RandomMaximumBids: every answer is a bid that the rules take, up to its maximum, and after the answers none is owed; the
// events re-run to the same course, and their openings to the same answers.
func TestI2_RandomMaximumBids(t *testing.T) {
	t.Parallel()
	met := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		l := drawLimits(t)
		s := State{}
		for _, e := range l.events {
			var err error
			if s, err = Next(s, e); err != nil {
				t.Fatal(err)
			}
			if e.Automatic {
				met["automatic"]++
			}
			met[string(e.Kind)]++
		}
		if !reflect.DeepEqual(s, l.s) {
			t.Fatalf("re-run gives %+v, want %+v", s, l.s)
		}
		if found := Answers(l.lot, l.events, l.openings); len(found) > 0 {
			t.Fatalf("%+v in %+v", found, l.events)
		}
	})
	if met["automatic"] < 100 || met[string(Maximum)] < 100 || met[string(MaximumWithdrawn)] < 5 || met[string(Epoch)] < 20 {
		t.Errorf("dull: %v", met)
	}
}

// duel is a course in which B's maximum met A's: A bid 100 thousand yuan, then B 101, A 110 and B 111; and that closed.
func duel(t *testing.T) *limits {
	t.Helper()
	l := &limits{lot: uuid.UUID{7}}
	add := func(c Command, now int64) {
		t.Helper()
		e, err := Decide(l.s, c, now)
		if err != nil {
			t.Fatal(err)
		}
		e.Epoch, e.N = 1, l.s.N+1
		l.s = must(t, l.s, c, now)
		l.events = append(l.events, e)
	}
	add(Command{Kind: Open, Terms: Terms{
		StartingPrice: 10_000_000, Increment: 100_000, StartsAt: begin, EndsAt: finish, Extension: 5 * minute, MaximumBids: true,
	}}, begin-minute)
	for _, code := range []string{"AAAAA", "BBBBB"} {
		add(Command{Kind: Admit, Code: code, Capacity: Ordinary}, begin-minute)
	}
	l.amounts = map[string]money.Fen{"AAAAA": 11_000_000, "BBBBB": 13_000_000}
	for _, code := range []string{"AAAAA", "BBBBB"} {
		c := Command{Kind: Maximum, Code: code, Amount: l.amounts[code]}
		c.Commitment = Commit(l.lot, code, c.Amount, salt(c))
		add(c, begin)
		l.openings = append(l.openings, Opening{Seq: l.s.Seq, Code: code, Amount: c.Amount, Salt: salt(c)})
		set := map[string]money.Fen{"AAAAA": l.amounts["AAAAA"]}
		if code == "BBBBB" {
			set = l.amounts
		}
		for a, called := Answer(l.s, set); called; a, called = Answer(l.s, set) {
			add(a, begin)
		}
	}
	add(closing(l.s), finish)
	return l
}

// TestI2_AnswersFindsWhatMaximaDidNotCallFor changes one thing of a sound course at a time.
func TestI2_AnswersFindsWhatMaximaDidNotCallFor(t *testing.T) {
	t.Parallel()
	sound := duel(t)
	if found := Answers(sound.lot, sound.events, sound.openings); len(found) > 0 || len(sound.events) != 10 || sound.s.Price != 11_100_000 {
		t.Fatalf("%+v in %+v", found, sound.events)
	}
	// Events 4 and 6 are the maxima, 5, 7, 8 and 9 the bids.
	for name, c := range map[string]struct {
		spoil func(l *limits)
		want  Misanswer
	}{
		"a maximum without opening":  {func(l *limits) { l.openings = l.openings[:1] }, Misanswer{6, NotOpened}},
		"another amount opened":      {func(l *limits) { l.openings[1].Amount++ }, Misanswer{6, OpeningDiffers}},
		"another salt":               {func(l *limits) { l.openings[1].Salt[0]++ }, Misanswer{6, OpeningDiffers}},
		"another code":               {func(l *limits) { l.openings[1].Code = "AAAAA" }, Misanswer{6, OpeningDiffers}},
		"opened twice":               {func(l *limits) { l.openings = append(l.openings, l.openings[0]) }, Misanswer{4, OpeningDiffers}},
		"an opening of nothing":      {func(l *limits) { l.openings[1].Seq = 5 }, Misanswer{5, OpeningDiffers}},
		"a maximum below the price":  {func(l *limits) { l.lower(t, 5, 10_000_000) }, Misanswer{6, MaximumTooLow}},
		"another lot's":              {func(l *limits) { l.lot = uuid.UUID{8} }, Misanswer{4, OpeningDiffers}},
		"the last answer missing":    {func(l *limits) { l.cut(8) }, Misanswer{9, AnswerMissing}},
		"no answers at all":          {func(l *limits) { l.cut(6, 7, 8) }, Misanswer{7, AnswerMissing}},
		"an answer by hand":          {func(l *limits) { l.events[8].Automatic = false }, Misanswer{9, AnswerMissing}},
		"higher than called for":     {func(l *limits) { l.events[8].Amount += 100_000 }, Misanswer{9, BidUncalled}},
		"above the maximum":          {func(l *limits) { l.events[7].Amount = 11_100_000 }, Misanswer{8, BidAboveMaximum}},
		"a raise by hand as another": {func(l *limits) { l.events[6].Amount = 10_200_000 }, Misanswer{7, BidUncalled}},
	} {
		l := &limits{lot: sound.lot, events: slices.Clone(sound.events), openings: slices.Clone(sound.openings)}
		c.spoil(l)
		if found := Answers(l.lot, l.events, l.openings); !slices.Contains(found, c.want) {
			t.Errorf("%s: found %+v", name, found)
		}
	}
}

// lower gives a maximum another amount and the commitment to that.
func (l *limits) lower(t *testing.T, event int, amount money.Fen) {
	t.Helper()
	e := &l.events[event]
	for i := range l.openings {
		if o := &l.openings[i]; o.Seq == e.Seq {
			o.Amount = amount
			e.Commitment = Commit(l.lot, o.Code, amount, o.Salt)
			return
		}
	}
	t.Fatalf("event %d is no maximum", e.Seq)
}

// cut takes events out and closes the numbers up.
func (l *limits) cut(gone ...int) {
	kept := l.events[:0:0]
	for i, e := range l.events {
		if !slices.Contains(gone, i) {
			e.Seq = int64(len(kept) + 1)
			kept = append(kept, e)
		}
	}
	l.events = kept
}

// TestI2_AnAutomaticBidNeedsALiveMaximumAndItsInstant: re-runs need no opening to refuse these.
func TestI2_AnAutomaticBidNeedsALiveMaximumAndItsInstant(t *testing.T) {
	t.Parallel()
	l := duel(t)
	s := State{}
	for _, e := range l.events[:6] {
		var err error
		if s, err = Next(s, e); err != nil {
			t.Fatal(err)
		}
	}
	honest := l.events[6]
	if _, err := Next(s, honest); err != nil {
		t.Fatal(err)
	}
	late := honest
	late.At++
	if _, err := Next(s, late); fault.CodeOf(err) != fault.CourseBroken {
		t.Errorf("an answer a millisecond late: %v", err)
	}
	withdrawn := must(t, s, Command{Kind: MaximumWithdrawn, Code: "BBBBB"}, begin)
	gone := honest
	gone.Seq, gone.N = withdrawn.Seq+1, withdrawn.N+1
	if _, err := Next(withdrawn, gone); fault.CodeOf(err) != fault.CourseBroken {
		t.Errorf("an answer without a maximum: %v", err)
	}
	without := sale(t)
	honest.Seq, honest.N, honest.At = without.Seq+1, without.N+1, without.LastAt
	if _, err := Next(without, honest); fault.CodeOf(err) != fault.CourseBroken {
		t.Errorf("an answer in a course without maximum bids: %v", err)
	}
}

// R21: a maximum of a better rank that does not reach the price is refused as the bid would be; one of the price is taken.
func TestR21_AMaximumBelowThePriceIsRefused(t *testing.T) {
	t.Parallel()
	terms := sale(t).Terms
	terms.MaximumBids = true
	s := must(t, saleOn(t, terms), bid("AAAAA", 10_200_000), begin)
	maximum := func(code string, amount money.Fen) Command {
		return Command{Kind: Maximum, Code: code, Amount: amount, Commitment: strings.Repeat("ab", 32)}
	}
	refusedAs(t, s, maximum("PPPPP", 10_199_999), begin, fault.BidTooLow)
	must(t, s, maximum("PPPPP", 10_200_000), begin)
	refusedAs(t, s, maximum("BBBBB", 10_299_999), begin, fault.BidTooLow)
	must(t, s, maximum("BBBBB", 10_300_000), begin)
	refusedAs(t, s, maximum("AAAAA", 10_299_999), begin, fault.BidTooLow)
	must(t, s, maximum("AAAAA", 10_300_000), begin)
}

// Commitments that stand in the log are opened by anybody, byte by byte as Commit's comment says.
func TestI2_ACommitmentIsOfTheseBytes(t *testing.T) {
	t.Parallel()
	lot := uuid.MustParse("5f0f2c1e-7d53-4a52-9a3c-0b8b6c1f2d3e")
	var salt [SaltBytes]byte
	salt[0], salt[31] = 1, 2
	text := "mingchui maximum bid\x00\x5f\x0f\x2c\x1e\x7d\x53\x4a\x52\x9a\x3c\x0b\x8b\x6c\x1f\x2d\x3eK7Q2M\x00" +
		"\x00\x00\x00\x00\x00\x98\x96\x80\x01" + strings.Repeat("\x00", 30) + "\x02"
	sum := sha256.Sum256([]byte(text))
	if got := Commit(lot, "K7Q2M", 10_000_000, salt); got != hex.EncodeToString(sum[:]) {
		t.Errorf("%s", got)
	}
}
