package law_test

import (
	"testing"
	"time"

	"mingchui/auction/law"
	"mingchui/auction/money"
)

const day = 24 * time.Hour

// R10, R12, R16, R17, R20b, R20c, R23, R25, R26, R26s, R20r, F2: the figures as the texts say them.
func TestChina2017_FiguresOfTheTexts(t *testing.T) {
	t.Parallel()
	r := law.China2017()
	for name, c := range map[string]struct{ got, want int64 }{
		"OJA 10 reserve":            {r.ReserveMinPermille, 700},
		"OJA 26 reduction":          {r.ReductionMaxPermille, 200},
		"OJA 17 least deposit":      {r.DepositMinPermille, 50},
		"OJA 17 greatest deposit":   {r.DepositMaxPermille, 200},
		"OJA 27 panel":              {int64(r.PanelMin), 3},
		"OJA 12 movables":           {int64(r.AnnounceLead(law.First, law.Movable)), int64(15 * day)},
		"OJA 12 immovables":         {int64(r.AnnounceLead(law.First, law.Immovable)), int64(30 * day)},
		"OJA 12 other rights":       {int64(r.AnnounceLead(law.First, law.OtherRight)), int64(30 * day)},
		"OJA 26 movables":           {int64(r.AnnounceLead(law.Second, law.Movable)), int64(7 * day)},
		"OJA 26 immovables":         {int64(r.AnnounceLead(law.Second, law.Immovable)), int64(15 * day)},
		"OJA 26 within":             {int64(r.SecondSaleWithin), int64(30 * day)},
		"Price 30 disposal":         {int64(r.DisposalWithin), int64(10 * day)},
		"455 creditors asked":       {int64(r.AskCreditorsWithin), int64(10 * day)},
		"455 movables":              {int64(r.AnnounceLead(law.SellOff, law.Movable)), int64(7 * day)},
		"455 immovables":            {int64(r.AnnounceLead(law.SellOff, law.Immovable)), int64(15 * day)},
		"455 announced within":      {int64(r.SellOffWithin), int64(15 * day)},
		"455 period":                {int64(r.SellOffPeriod), int64(60 * day)},
		"455 course":                {int64(r.SellOffCourse), int64(day)},
		"OJA 16 notice":             {int64(r.NoticeLead), int64(3 * day)},
		"ASE 11 security holders":   {int64(r.SecurityNoticeLead), int64(5 * day)},
		"OJA 20 bidding":            {int64(r.BiddingMin), int64(day)},
		"OJA 20 extension":          {int64(r.Extension), int64(5 * time.Minute)},
		"OJA 28 resumption":         {int64(r.ResumeWithin), int64(5 * day)},
		"OJA 23 deposits returned":  {int64(r.ReturnDepositsWithin), int64(day)},
		"ASE 20 ruling":             {int64(r.RulingWithin), int64(10 * day)},
		"ASE 27 handing over":       {int64(r.HandoverWithin), int64(15 * day)},
		"Funds payout":              {int64(r.PayOutWithin), int64(30 * day)},
		"bidding of a sell-off":     {int64(r.BiddingLeast(law.SellOff)), int64(60 * day)},
		"bidding of a second sale":  {int64(r.BiddingLeast(law.Second)), int64(day)},
		"least start of 1 fen":      {must(t)(r.MinFirstStart(1)), 1},
		"least start of 10.01 yuan": {must(t)(r.MinFirstStart(1001)), 701},
		"least second start":        {must(t)(r.MinSecondStart(1001)), 801},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
	least, most, err := r.DepositBounds(70_000_001)
	if err != nil || least != 3_500_001 || most != 14_000_000 {
		t.Errorf("deposit of 700,000.01: %d to %d, %v", least, most, err)
	}
}

func must(t *testing.T) func(money.Fen, error) int64 {
	t.Helper()
	return func(f money.Fen, err error) int64 {
		if err != nil {
			t.Error(err)
		}
		return int64(f)
	}
}

// The demonstration has the same ratios and every period shorter, none nothing.
func TestDemonstration_IsTheSameLawFaster(t *testing.T) {
	t.Parallel()
	c, d := law.China2017(), law.Demonstration()
	if c.ReserveMinPermille != d.ReserveMinPermille || c.ReductionMaxPermille != d.ReductionMaxPermille || c.DepositMinPermille != d.DepositMinPermille ||
		c.DepositMaxPermille != d.DepositMaxPermille || c.PanelMin != d.PanelMin {
		t.Error("the demonstration's ratios differ")
	}
	for name, pair := range map[string][2]time.Duration{
		"day": {c.Day, d.Day}, "notice": {c.NoticeLead, d.NoticeLead}, "security": {c.SecurityNoticeLead, d.SecurityNoticeLead},
		"first movable": {c.AnnounceFirst.Movable, d.AnnounceFirst.Movable}, "first rest": {c.AnnounceFirst.Rest, d.AnnounceFirst.Rest},
		"second movable": {c.AnnounceSecond.Movable, d.AnnounceSecond.Movable}, "second rest": {c.AnnounceSecond.Rest, d.AnnounceSecond.Rest},
		"sell-off movable": {c.AnnounceSellOff.Movable, d.AnnounceSellOff.Movable}, "sell-off rest": {c.AnnounceSellOff.Rest, d.AnnounceSellOff.Rest},
		"second within": {c.SecondSaleWithin, d.SecondSaleWithin}, "sell-off within": {c.SellOffWithin, d.SellOffWithin},
		"disposal": {c.DisposalWithin, d.DisposalWithin}, "creditors asked": {c.AskCreditorsWithin, d.AskCreditorsWithin},
		"bidding": {c.BiddingMin, d.BiddingMin}, "extension": {c.Extension, d.Extension}, "period": {c.SellOffPeriod, d.SellOffPeriod},
		"course": {c.SellOffCourse, d.SellOffCourse}, "resume": {c.ResumeWithin, d.ResumeWithin}, "outage": {c.BriefOutage, d.BriefOutage},
		"return": {c.ReturnDepositsWithin, d.ReturnDepositsWithin}, "balance": {c.BalanceWithin, d.BalanceWithin}, "ruling": {c.RulingWithin, d.RulingWithin},
		"hand over": {c.HandoverWithin, d.HandoverWithin}, "pay out": {c.PayOutWithin, d.PayOutWithin},
	} {
		if pair[1] <= 0 || pair[1] >= pair[0] {
			t.Errorf("%s: %s in China, %s in the demonstration", name, pair[0], pair[1])
		}
	}
}

// A day is a minute; what would be over before anybody looked has a length of its own.
func TestDemonstration_Figures(t *testing.T) {
	t.Parallel()
	d := law.Demonstration()
	for name, pair := range map[string][2]time.Duration{
		"day": {d.Day, time.Minute}, "notice": {d.NoticeLead, 3 * time.Minute}, "security": {d.SecurityNoticeLead, 5 * time.Minute},
		"first movable": {d.AnnounceFirst.Movable, 15 * time.Minute}, "first rest": {d.AnnounceFirst.Rest, 30 * time.Minute},
		"second within": {d.SecondSaleWithin, 30 * time.Minute}, "sell-off within": {d.SellOffWithin, 15 * time.Minute},
		"bidding": {d.BiddingMin, 10 * time.Minute}, "extension": {d.Extension, time.Minute}, "period": {d.SellOffPeriod, time.Hour},
		"course": {d.SellOffCourse, 10 * time.Minute}, "resume": {d.ResumeWithin, 5 * time.Minute}, "outage": {d.BriefOutage, time.Minute},
		"told": {d.ResumeNotice, 5 * time.Second}, "return": {d.ReturnDepositsWithin, 5 * time.Minute}, "balance": {d.BalanceWithin, 10 * time.Minute},
		"ruling": {d.RulingWithin, 10 * time.Minute}, "hand over": {d.HandoverWithin, 15 * time.Minute}, "pay out": {d.PayOutWithin, 30 * time.Minute},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %s, want %s", name, pair[0], pair[1])
		}
	}
	if d.ResumeFromHour != 0 || d.ResumeUntilHour != 24 {
		t.Errorf("resumed from %d to %d o'clock", d.ResumeFromHour, d.ResumeUntilHour)
	}
}

func TestByName(t *testing.T) {
	t.Parallel()
	for _, want := range []law.RuleSet{law.China2017(), law.Demonstration()} {
		if got, ok := law.ByName(want.Name); !ok || got != want {
			t.Errorf("%s: %+v", want.Name, got)
		}
	}
	if _, ok := law.ByName("elsewhere"); ok {
		t.Error("a rule set of nowhere")
	}
}

// Entries quote the digest: a figure that is changed under the same name shows.
func TestDigest_PinsTheFigures(t *testing.T) {
	t.Parallel()
	china := law.China2017()
	changed := china
	changed.ReserveMinPermille--
	if china.Digest() == changed.Digest() || china.Digest() == law.Demonstration().Digest() {
		t.Error("two rule sets have one digest")
	}
	const want = "3bab219e6c3d6ea02ad4288281376a6b9f4b2a7e3eb8c2a247db64ca4c156d2e"
	if got := china.Digest(); got != want {
		t.Errorf("the figures of china2017 are others: digest %s. Lots announced under the name keep the old ones: give the changed set a new name", got)
	}
}

// Every row that the code refuses by is quoted in both languages.
func TestArticle(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{
		"R6", "R10", "R10p", "R11", "R12", "R12e", "R13", "R14", "R15", "R15w", "R16", "R17", "R17h", "R17w", "R18", "R19", "R20a", "R20b", "R20c", "R20d", "R20r",
		"R21", "R22", "R23", "R24", "R24x", "R25", "R26", "R26s", "R2024", "R28", "R28o", "R28p", "R29", "R30", "R34", "F1", "F2", "F5",
	} {
		if s, ok := law.Article(rule); !ok || s.TextZH == "" || s.TextEN == "" {
			t.Errorf("%s is not quoted", rule)
		}
	}
	if _, ok := law.Article("R99"); ok {
		t.Error("a rule that is not")
	}
}

// R28o: a bidder may leave when a stay lasts over 48 hours; in a demonstration minutes stand for days.
func TestR28o_LeavingAfter48Hours(t *testing.T) {
	t.Parallel()
	if got := law.China2017().LeaveAfter(); got != 48*time.Hour {
		t.Errorf("after %s", got)
	}
	if got := law.Demonstration().LeaveAfter(); got != 2*time.Minute {
		t.Errorf("in a demonstration after %s", got)
	}
}

// R28o: two hours after the stay was told, between 9 and 17 of court time.
func TestR28o_TheCourtResumesInItsHoursAfterNotice(t *testing.T) {
	t.Parallel()
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 11, day, hour, minute, 0, 0, time.FixedZone("CST", 8*60*60))
	}
	r := law.China2017()
	for _, c := range []struct{ told, now, want time.Time }{
		{at(25, 9, 0), at(25, 9, 30), at(25, 11, 0)},
		{at(25, 9, 0), at(25, 11, 0), at(25, 11, 0)},
		{at(25, 9, 0), at(25, 16, 59), at(25, 16, 59)},
		{at(25, 9, 0), at(25, 17, 0), at(26, 9, 0)},
		{at(25, 15, 1), at(25, 15, 2), at(26, 9, 0)},
		{at(25, 3, 0), at(25, 5, 0), at(25, 9, 0)},
		{at(25, 23, 0), at(26, 0, 30), at(26, 9, 0)},
		{at(26, 8, 0), at(26, 8, 30), at(26, 10, 0)},
	} {
		if got := r.ResumeEarliest(c.told, c.now); !got.Equal(c.want) {
			t.Errorf("told %s, asked %s: %s, want %s", c.told, c.now, got, c.want)
		}
	}
	told := at(25, 23, 0)
	if got := law.Demonstration().ResumeEarliest(told, told); !got.Equal(told.Add(5 * time.Second)) {
		t.Errorf("in the demonstration %s", got)
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for permille, want := range map[int64]string{0: "0", 5: "0.5", 50: "5", 200: "20", 700: "70", 705: "70.5", 1000: "100"} {
		if got := law.Percent(permille); got != want {
			t.Errorf("%d thousandths are %s per cent, want %s", permille, got, want)
		}
	}
}
