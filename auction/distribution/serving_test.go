package distribution_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mingchui/auction/distribution"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

const day = 24 * time.Hour

// at is a time in days from the making of a plan.
func at(days float64) time.Time {
	return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(days * float64(day)))
}

func receipts(days float64, who ...distribution.Addressee) (list []distribution.Receipt) {
	for _, w := range who {
		list = append(list, distribution.Receipt{Who: w, At: at(days)})
	}
	return list
}

// served is a plan of two creditors that all received on the first day, the debtor on the second.
func served(objections ...distribution.Objection) distribution.Course {
	return distribution.Course{
		Claims: []string{"a", "b"}, Day: day, Objections: objections,
		Receipts: append(receipts(1, "a", "b"), receipts(2, distribution.TheDebtor)...),
	}
}

// objected is an objection of the debtor's: a counts for 10 alone.
func objected(change ...func(*distribution.Objection)) distribution.Objection {
	o := distribution.Objection{ID: "o", By: distribution.TheDebtor, Claim: "a", Asked: 10, LodgedAt: at(3)}
	for _, f := range change {
		f(&o)
	}
	return o
}

func told(days float64, who ...distribution.Addressee) func(*distribution.Objection) {
	return func(o *distribution.Objection) { o.Told = append(o.Told, receipts(days, who...)...) }
}

func opposed(by distribution.Addressee) func(*distribution.Objection) {
	return func(o *distribution.Objection) { o.Opposed = append(o.Opposed, by) }
}

func opposedTold(days float64) func(*distribution.Objection) {
	return func(o *distribution.Objection) { o.OpposedToldAt = at(days) }
}

func sued(o *distribution.Objection)      { o.SuedAt = at(40) }
func judged(o *distribution.Objection)    { o.JudgedAt, o.Judged = at(90), 25 }
func withdrawn(o *distribution.Objection) { o.WithdrawnAt = at(4) }

// F4o, CPI 510: where an objection stands, by what is on record and the time; each period to its last instant.
func TestF4o_WhereAnObjectionStands(t *testing.T) {
	t.Parallel()
	answering := []func(*distribution.Objection){told(5, "a"), told(6, "b")}
	suing := append(slices.Clone(answering), opposed("a"), opposedTold(8))
	for name, x := range map[string]struct {
		o     distribution.Objection
		now   float64
		want  distribution.Outcome
		until float64
	}{
		"nobody is told":                   {objected(), 4, distribution.Telling, 0},
		"one is told":                      {objected(told(5, "a")), 60, distribution.Telling, 0},
		"all are told":                     {objected(answering...), 7, distribution.Answering, 21},
		"the last instant to oppose":       {objected(answering...), 21, distribution.Answering, 21},
		"nobody opposed":                   {objected(answering...), 21.001, distribution.Unopposed, 0},
		"one told opposes, one is to tell": {objected(told(5, "a"), opposed("a")), 6, distribution.Opposed, 0},
		"the objector is to be told":       {objected(append(answering, opposed("a"))...), 60, distribution.Opposed, 0},
		"the period to sue":                {objected(suing...), 9, distribution.Suing, 23},
		"the last instant to sue":          {objected(suing...), 23, distribution.Suing, 23},
		"nobody sued":                      {objected(suing...), 23.001, distribution.Unsued, 0},
		"a suit":                           {objected(append(suing, sued)...), 60, distribution.InSuit, 0},
		"a judgment":                       {objected(append(suing, sued, judged)...), 91, distribution.Judged, 0},
		"withdrawn in its suit":            {objected(append(suing, sued, withdrawn)...), 60, distribution.Dropped, 0},
		"withdrawn before anybody is told": {objected(withdrawn), 5, distribution.Dropped, 0},
	} {
		out, until := served(x.o).Outcome(x.o, at(x.now))
		if out != x.want || (x.until == 0) != until.IsZero() || (x.until > 0 && !until.Equal(at(x.until))) {
			t.Errorf("%s: %s until %s, want %s", name, out, until, x.want)
		}
	}
	for o, pending := range map[distribution.Outcome]bool{
		distribution.Telling: true, distribution.Answering: true, distribution.Opposed: true, distribution.Suing: true, distribution.InSuit: false,
		distribution.Unopposed: false, distribution.Unsued: false, distribution.Judged: false, distribution.Dropped: false,
	} {
		if o.Pending() != pending {
			t.Errorf("%s pending: %t", o, o.Pending())
		}
	}
}

// F4o: the one who objects need not be told, creditors as the debtor.
func TestF4o_TheOthersAreTold(t *testing.T) {
	t.Parallel()
	o := objected(told(5, "b", distribution.TheDebtor))
	o.By = "a"
	if out, _ := served(o).Outcome(o, at(6)); out != distribution.Answering {
		t.Errorf("%s", out)
	}
	o.By = "b"
	if out, _ := served(o).Outcome(o, at(6)); out != distribution.Telling {
		t.Errorf("a was not told, and it is %s", out)
	}
}

// F4o, CPI 509: what a plan waits for.
func TestF4o_WhatAPlanWaitsFor(t *testing.T) {
	t.Parallel()
	missing := served()
	missing.Receipts = missing.Receipts[:2]
	alone := distribution.Course{Claims: []string{"a"}, Day: day}
	nobody := distribution.Course{Day: day}
	for name, x := range map[string]struct {
		c     distribution.Course
		now   float64
		want  distribution.Stage
		until float64
	}{
		"the debtor did not receive it": {missing, 60, distribution.ToServe, 0},
		"one creditor alone":            {alone, 0, distribution.Settled, 0},
		"no creditor":                   {nobody, 0, distribution.Settled, 0},
		"the period runs":               {served(), 3, distribution.Objecting, 17},
		"its last instant":              {served(), 17, distribution.Objecting, 17},
		"nobody objected":               {served(), 17.001, distribution.Settled, 0},
		"an objection waits":            {served(objected()), 18, distribution.Objected, 0},
		"a suit runs":                   {served(objected(sued)), 50, distribution.Settled, 0},
		"one is withdrawn, one waits":   {served(objected(withdrawn), objected()), 18, distribution.Objected, 0},
		"withdrawn":                     {served(objected(withdrawn)), 18, distribution.Settled, 0},
	} {
		stage, until := x.c.Stage(at(x.now))
		if stage != x.want || (x.until == 0) != until.IsZero() || (x.until > 0 && !until.Equal(at(x.until))) {
			t.Errorf("%s: %s until %s, want %s", name, stage, until, x.want)
		}
	}
}

// F4o, CPI 509: an objection is in time within 15 days of its own receipt.
func TestF4o_WhoMayObjectAndWhen(t *testing.T) {
	t.Parallel()
	c := served()
	for _, x := range []struct {
		who  distribution.Addressee
		at   float64
		want bool
	}{{"a", 0.999, false}, {"a", 1, true}, {"a", 16, true}, {"a", 16.001, false}, {distribution.TheDebtor, 17, true}, {distribution.TheDebtor, 17.001, false}, {"c", 3, false}} {
		if in, _ := c.MayObject(x.who, at(x.at)); in != x.want {
			t.Errorf("%s on day %v: %t", x.who, x.at, in)
		}
	}
	if _, until := c.MayObject("a", at(3)); !until.Equal(at(16)) {
		t.Errorf("until %s", until)
	}
}

// F4o, CPI 510: an objection that nobody opposes and a judgment revise the plan, one that is not sued on leaves it, a suit sets aside what it is about.
func TestF4o_WhatAClaimCountsFor(t *testing.T) {
	t.Parallel()
	unopposed := objected(told(3, "a", "b"))
	unsued := objected(opposed("a"), opposedTold(4))
	more := objected(sued)
	more.Asked = 130
	none := objected(told(3, "a", "b"))
	none.Asked = 0
	other := objected(sued)
	other.Claim = "b"
	for name, x := range map[string]struct {
		list        []distribution.Objection
		least, most money.Fen
	}{
		"no objection":            {nil, 100, 100},
		"one about another":       {[]distribution.Objection{other}, 100, 100},
		"pending":                 {[]distribution.Objection{objected()}, 100, 100},
		"nobody opposed":          {[]distribution.Objection{unopposed}, 10, 10},
		"nobody sued":             {[]distribution.Objection{unsued}, 100, 100},
		"a suit":                  {[]distribution.Objection{objected(sued)}, 10, 100},
		"a suit for more":         {[]distribution.Objection{more}, 100, 130},
		"suits for less and more": {[]distribution.Objection{objected(sued), more}, 10, 130},
		"a judgment":              {[]distribution.Objection{objected(sued, judged)}, 25, 25},
		"a judgment and a suit":   {[]distribution.Objection{more, objected(sued, judged)}, 25, 130},
		"the later revises":       {[]distribution.Objection{objected(sued, judged), unopposed}, 10, 10},
		"for nothing":             {[]distribution.Objection{none}, 0, 0},
	} {
		c := served(x.list...)
		if least, most := distribution.Counts([]distribution.Course{c}, "a", 100, at(60)); least != x.least || most != x.most {
			t.Errorf("%s: %d to %d", name, least, most)
		}
		list := distribution.Recognise([]distribution.Course{c}, []distribution.Claim{claim("a", ordinary, 100), claim("b", secured, 7)}, nil, at(60))
		if x.most == 0 {
			if len(list) != 1 || list[0].ID != "b" {
				t.Errorf("%s: %+v", name, list)
			}
			continue
		}
		if len(list) != 2 || list[0].Amount != x.most || list[0].Disputed != x.most-x.least || list[0].Kind != ordinary {
			t.Errorf("%s: %+v", name, list)
		}
	}
}

// F4o: 100.00 among 90.00 and 60.00, and a suit about 30.00 of the first: 60.00, 20.00 of it set aside, and 40.00. The judgment leaves it 70.00, so that
// 53.84… and 46.15… of 100.00 are due: 53.85 and 46.15, that is 13.85 and 6.15 more.
func TestF4o_AJudgmentRevisesWhatIsSetAside(t *testing.T) {
	t.Parallel()
	c := distribution.Case{Order: distribution.ProRata, Pots: []distribution.Pot{pot("car", 100_00, 0)}, Claims: []distribution.Claim{disputed(claim("a", ordinary, 90_00), 30_00), claim("b", ordinary, 60_00)}}
	c.Claims[0].Amount, c.Claims[0].Disputed, c.Claims[0].Paid, c.Claims[1].Paid = 70_00, 0, 40_00, 40_00
	p, err := distribution.Divide(c)
	if err != nil || p.Dues[0].Fen != 53_85 || p.Dues[1].Fen != 46_15 || p.Dues[0].SetAside != 0 {
		t.Errorf("%+v, %v", p.Dues, err)
	}
}

// F4o: nobody gets less than was paid: the fen that rounding leaves over stays where it went. 1.00 among 2.00, 2.00 and 2.00 is 34, 33, 33; where the
// second was paid 34, the first gives one.
func TestF4o_WhatWasPaidStaysPaid(t *testing.T) {
	t.Parallel()
	paid := func(a, b, c money.Fen) distribution.Case {
		list := []distribution.Claim{claim("a", ordinary, 2_00), claim("b", ordinary, 2_00), claim("c", ordinary, 2_00)}
		list[0].Paid, list[1].Paid, list[2].Paid = a, b, c
		return distribution.Case{Order: distribution.ProRata, Pots: []distribution.Pot{pot("car", 1_00, 0)}, Claims: list}
	}
	for _, x := range []struct{ paid, want [3]money.Fen }{
		{[3]money.Fen{34, 33, 33}, [3]money.Fen{34, 33, 33}},
		{[3]money.Fen{0, 34, 0}, [3]money.Fen{33, 34, 33}},
		{[3]money.Fen{33, 0, 40}, [3]money.Fen{34, 26, 40}},  // of 1 and 33 beyond what was paid, the second gives 7
		{[3]money.Fen{20, 20, 50}, [3]money.Fen{20, 30, 50}}, // of 14 and 13 the first gives all, the second 3
		{[3]money.Fen{20, 19, 40}, [3]money.Fen{27, 33, 40}}, // of 14 each the earlier gives
	} {
		p, err := distribution.Divide(paid(x.paid[0], x.paid[1], x.paid[2]))
		if err != nil {
			t.Fatal(err)
		}
		for i, d := range p.Dues {
			if d.Fen != x.want[i] || d.Open != 2_00-d.Fen {
				t.Errorf("paid %v: %+v, want %v", x.paid, p.Dues, x.want)
			}
		}
		moved := p.Steps[len(p.Steps)-1]
		if x.paid == [3]money.Fen{0, 34, 0} && (moved.Place != distribution.PaidBefore || moved.Paid != 1 || len(moved.Shares) != 2 ||
			moved.Shares[0] != distribution.Share{Claim: "b", Open: 1_67, Fen: 1} || moved.Shares[1] != distribution.Share{Claim: "a", Open: 1_66, Fen: -1}) {
			t.Errorf("%+v", moved)
		}
	}
	_, err := distribution.Divide(paid(50, 51, 0))
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Field != "claims[1].paid_fen" || f.Rule != "F4o" {
		t.Errorf("more paid than there is: %v", err)
	}
	for _, f := range []money.Fen{-1, 2_01} {
		_, err := distribution.Divide(paid(f, 0, 0))
		if e, ok := errors.AsType[*fault.Error](err); !ok || e.Field != "claims[0].paid_fen" {
			t.Errorf("paid %d: %v", f, err)
		}
	}
}

// F4o, CPI 510: a plan whose disputed sums were set aside is revised by any judgment between the two sides so that nobody is asked for a fen back.
func TestF4o_AfterAnyJudgmentNobodyOwesAFenBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		if len(c.Claims) == 0 {
			return
		}
		for i := range c.Claims {
			c.Claims[i].Disputed = 0
		}
		i := rapid.IntRange(0, len(c.Claims)-1).Draw(t, "disputed")
		k := &c.Claims[i]
		k.Disputed = money.Fen(rapid.Int64Range(0, int64(k.Amount)).Draw(t, "part"))
		first, err := distribution.Divide(c)
		if err != nil {
			t.Fatal(err)
		}
		after := c
		after.Claims = slices.Clone(c.Claims)
		for j, d := range first.Dues {
			after.Claims[j].Paid = d.Fen - d.SetAside
		}
		j := &after.Claims[i]
		j.Amount -= money.Fen(rapid.Int64Range(0, int64(k.Disputed)).Draw(t, "lost"))
		j.Disputed = 0
		if j.Amount == 0 {
			after.Claims = slices.Delete(after.Claims, i, i+1)
		}
		second, err := distribution.Divide(after)
		if err != nil {
			t.Fatal(err)
		}
		sum := second.Costs + second.Kept + second.Debtor
		for n, d := range second.Dues {
			if d.Fen-d.SetAside < after.Claims[n].Paid || d.SetAside != 0 || d.Fen+d.Open != after.Claims[n].Amount {
				t.Fatalf("%+v after %d were paid", d, after.Claims[n].Paid)
			}
			sum += d.Fen
		}
		for _, p := range c.Pots {
			sum -= p.Proceeds
		}
		if sum != 0 {
			t.Fatalf("%d fen too many", sum)
		}
	})
}

// F4o, CPI 507: what later money is divided among is what earlier plans left open of each claim, in dispute no more than that.
func TestF4o_WhatEarlierPlansLeftOpen(t *testing.T) {
	t.Parallel()
	first, second := served(objected(told(3, "a", "b"))), served(objected(sued))
	second.Objections[0].Claim, second.Objections[0].Asked = "b", 30
	paid := claim("p", ordinary, 100)
	paid.Paid = 90
	list := distribution.Recognise([]distribution.Course{first, second}, []distribution.Claim{claim("a", ordinary, 100), claim("b", ordinary, 100), claim("met", ordinary, 5), claim("fen", ordinary, 7), paid, claim("new", ordinary, 9)},
		map[string]money.Fen{"a": 4, "b": 60, "met": 5, "fen": 6, "p": 60}, at(60))
	kept := claim("p", ordinary, 90)
	kept.Paid = 90
	want := []distribution.Claim{claim("a", ordinary, 6), disputed(claim("b", ordinary, 40), 40), claim("fen", ordinary, 1), kept, claim("new", ordinary, 9)}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("%+v, want %+v", list, want)
	}
}

// F4o, CPI 510: which step may follow, to the last instant of its period, and by whom.
func TestF4o_WhichStepMayFollow(t *testing.T) {
	t.Parallel()
	answering := []func(*distribution.Objection){told(5, "a"), told(6, "b")}
	suing := append(slices.Clone(answering), opposed("a"), opposedTold(8))
	for name, x := range map[string]struct {
		o    distribution.Objection
		step distribution.Contest
		who  distribution.Addressee
		at   float64
		want bool
	}{
		"a creditor is told":            {objected(), distribution.StepTold, "a", 4, true},
		"twice":                         {objected(told(5, "a")), distribution.StepTold, "a", 6, false},
		"who objected":                  {objected(), distribution.StepTold, distribution.TheDebtor, 4, false},
		"somebody unknown":              {objected(), distribution.StepTold, "c", 4, false},
		"after it was withdrawn":        {objected(withdrawn), distribution.StepTold, "a", 5, false},
		"opposes at once":               {objected(told(5, "a")), distribution.StepOpposed, "a", 5, true},
		"opposes before":                {objected(told(5, "a")), distribution.StepOpposed, "a", 4.999, false},
		"opposes at the last instant":   {objected(answering...), distribution.StepOpposed, "a", 20, true},
		"opposes too late":              {objected(answering...), distribution.StepOpposed, "a", 20.001, false},
		"opposes untold":                {objected(told(5, "a")), distribution.StepOpposed, "b", 6, false},
		"opposes twice":                 {objected(append(answering, opposed("a"))...), distribution.StepOpposed, "a", 7, false},
		"opposes what is withdrawn":     {objected(append(answering, withdrawn)...), distribution.StepOpposed, "a", 7, false},
		"another opposes too":           {objected(append(answering, opposed("a"))...), distribution.StepOpposed, "b", 7, true},
		"the objector is told":          {objected(append(answering, opposed("a"))...), distribution.StepOpposedTold, "", 7, true},
		"of nothing":                    {objected(answering...), distribution.StepOpposedTold, "", 7, false},
		"sues":                          {objected(suing...), distribution.StepSued, "", 23, true},
		"sues too late":                 {objected(suing...), distribution.StepSued, "", 23.001, false},
		"sues whom nobody opposed":      {objected(answering...), distribution.StepSued, "", 7, false},
		"a judgment":                    {objected(append(suing, sued)...), distribution.StepJudged, "", 60, true},
		"a judgment without a suit":     {objected(suing...), distribution.StepJudged, "", 9, false},
		"withdrawn in suit":             {objected(append(suing, sued)...), distribution.StepWithdrawn, "", 60, true},
		"withdrawn while it waits":      {objected(), distribution.StepWithdrawn, "", 4, true},
		"withdrawn when nobody opposed": {objected(answering...), distribution.StepWithdrawn, "", 22, false},
		"a step that there is not":      {objected(), "x", "a", 4, false},
	} {
		if got := served(x.o).MayStep(x.o, x.step, x.who, at(x.at)); got != x.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// CPI 510: nobody sues before being told that the objection is opposed, and no suit is judged before it is brought.
func TestF4o_AStepIsNoEarlierThanTheOneBefore(t *testing.T) {
	t.Parallel()
	told := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	c := distribution.Course{Claims: []string{"a", "b"}, Day: 24 * time.Hour}
	o := distribution.Objection{ID: "o", By: "b", Claim: "a", Told: []distribution.Receipt{{"a", told}, {distribution.TheDebtor, told}}, Opposed: []distribution.Addressee{"a"}, OpposedToldAt: told}
	sued := o
	sued.SuedAt = told
	for step, o := range map[distribution.Contest]distribution.Objection{distribution.StepSued: o, distribution.StepJudged: sued} {
		if !c.MayStep(o, step, "", told) || c.MayStep(o, step, "", told.Add(-time.Millisecond)) {
			t.Errorf("%s", step)
		}
	}
}

// F4o: what is not decided when another plan takes the place of the one that it is about lapses with it; what is stays, and a suit goes on.
func TestF4o_WhatLapsesWithItsPlan(t *testing.T) {
	t.Parallel()
	answering := []func(*distribution.Objection){told(5, "a"), told(6, "b")}
	suing := append(slices.Clone(answering), opposed("a"), opposedTold(8))
	for name, x := range map[string]struct {
		o          distribution.Objection
		ended, now float64
		want       distribution.Outcome
	}{
		"before":              {objected(), 10, 9.999, distribution.Telling},
		"not told":            {objected(), 10, 10, distribution.Lapsed},
		"the period runs":     {objected(answering...), 21, 60, distribution.Lapsed},
		"the period was over": {objected(answering...), 21.001, 60, distribution.Unopposed},
		"to be sued on":       {objected(suing...), 23, 60, distribution.Lapsed},
		"not sued on":         {objected(suing...), 23.001, 60, distribution.Unsued},
		"in suit":             {objected(append(suing, sued)...), 41, 60, distribution.InSuit},
		"judged since":        {objected(append(suing, sued, judged)...), 41, 91, distribution.Judged},
		"withdrawn before":    {objected(withdrawn), 10, 60, distribution.Dropped},
	} {
		c := served(x.o)
		c.EndedAt = at(x.ended)
		if out, until := c.Outcome(x.o, at(x.now)); out != x.want || !until.IsZero() {
			t.Errorf("%s: %s until %s, want %s", name, out, until, x.want)
		}
	}
	c := served(objected())
	c.EndedAt = at(10)
	if least, most := distribution.Counts([]distribution.Course{c}, "a", 100, at(60)); least != 100 || most != 100 || distribution.Lapsed.Pending() {
		t.Errorf("%d to %d", least, most)
	}
}
