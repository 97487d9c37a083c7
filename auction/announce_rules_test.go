package auction

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/papers"
)

// readDocket reads the demonstration court's docket, the example of the format.
func readDocket(t *testing.T) docket.File {
	t.Helper()
	src, err := os.ReadFile("../cmd/mingchui/court/docket.json")
	if err != nil {
		t.Fatal(err)
	}
	file, problems := docket.Parse(bytes.NewReader(src))
	for _, p := range problems {
		t.Fatal(p.InLine("en"))
	}
	return file
}

// goodDraft is the docket's first flat with a first sale, announced by the book.
func goodDraft(t *testing.T) draft {
	t.Helper()
	file := readDocket(t)
	for _, k := range file.Cases {
		for _, l := range k.Lots {
			if l.Stage != law.First || len(l.AssetRefs) != 1 {
				continue
			}
			i := slices.IndexFunc(k.Assets, func(a docket.Asset) bool { return a.Ref == l.AssetRefs[0] })
			if k.Assets[i].Category != docket.Flat || len(l.PriorityPurchasers) == 0 {
				continue
			}
			now := time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
			return draft{
				rules: law.China2017(), state: Voted, stage: law.First, kind: law.Immovable, lot: l, assets: []docket.Asset{k.Assets[i]},
				kase: k, court: file.Court, now: now, startsAt: now.AddDate(0, 0, 30), endsAt: now.AddDate(0, 0, 31),
			}
		}
	}
	t.Fatal("the docket has no flat with a priority purchaser")
	return draft{}
}

// only checks that a draft is refused for one reason, and returns what it says.
func only(t *testing.T, d draft, code fault.Code, rule, field string) map[string]any {
	t.Helper()
	list, err := announcementFaults(d)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Code != code || list[0].Rule != rule || !strings.HasPrefix(list[0].Field, field) {
		t.Fatalf("refused with %+v; want %s by %s in %s alone", list, code, rule, field)
	}
	return list[0].Args
}

func accepted(t *testing.T, d draft) {
	t.Helper()
	list, err := announcementFaults(d)
	if err != nil || len(list) > 0 {
		t.Fatalf("refused with %v, %v", list, err)
	}
}

func TestR12_AnnouncedAheadByKindAndStage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stage law.Stage
		kind  law.Kind
		days  int
		rule  string
	}{
		{law.First, law.Movable, 15, "R12"},
		{law.First, law.Immovable, 30, "R12"},
		{law.First, law.OtherRight, 30, "R12"},
		{law.Second, law.Movable, 7, "R26"},
		{law.Second, law.Immovable, 15, "R26"},
		{law.SellOff, law.Movable, 7, "R26s"},
		{law.SellOff, law.OtherRight, 15, "R26s"},
	} {
		d := goodDraft(t)
		d.stage, d.kind = c.stage, c.kind
		for _, short := range []time.Duration{0, time.Millisecond} {
			var list faults
			d.startsAt = d.now.AddDate(0, 0, c.days).Add(-short)
			d.endsAt = d.startsAt.Add(d.rules.BiddingLeast(c.stage))
			checkTimes(&list, d)
			refused := len(list) == 1 && list[0].Code == fault.AnnouncementTooLate && list[0].Rule == c.rule
			if (short > 0) != refused || (short == 0 && len(list) > 0) {
				t.Errorf("%s %s, %s short: %v", c.stage, c.kind, short, list)
			}
		}
	}
}

func TestR12_TheRefusalTellsTheEarliestStart(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.startsAt = d.startsAt.Add(-time.Hour)
	args := only(t, d, fault.AnnouncementTooLate, "R12", "starts_at")
	if at, ok := args["earliest_at"].(time.Time); !ok || !at.Equal(d.now.AddDate(0, 0, 30)) || args["lead_days"] != int64(30) {
		t.Errorf("args %v", args)
	}
}

func TestR20b_BiddingLastsAtLeastADay(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	accepted(t, d)
	d.endsAt = d.endsAt.Add(-time.Millisecond)
	only(t, d, fault.BiddingTooShort, "R20b", "ends_at")
}

func TestR26s_ASellOffStandsOpenItsPeriod(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.stage = law.SellOff
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		var list faults
		d.endsAt = d.startsAt.Add(d.rules.SellOffPeriod + off)
		checkTimes(&list, d)
		if len(list) != 1 || list[0].Rule != "R26s" || list[0].Code != fault.BiddingTooShort {
			t.Errorf("off by %s: %v", off, list)
		}
	}
}

func TestR26_ASecondSaleAfterThirtyDaysNeedsAReason(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.stage, d.previousEnded = law.Second, d.startsAt.AddDate(0, 0, -31)
	var list faults
	checkTimes(&list, d)
	if len(list) != 1 || list[0].Code != fault.SecondSaleTooLate || list[0].Rule != "R26" {
		t.Errorf("without a reason: %v", list)
	}
	list = nil
	d.late.Reason = docket.Text{Zh: "评估报告补正。", En: "The report was corrected."}
	checkTimes(&list, d)
	if len(list) != 1 || list[0].Field != "superior" {
		t.Errorf("without the superior: %v", list)
	}
	list = nil
	d.late.Superior = docket.Text{Zh: "院长", En: "the president"}
	if checkTimes(&list, d); len(list) > 0 {
		t.Errorf("with a reason: %v", list)
	}
}

func TestR6_WithoutTheVoteNothingIsAnnounced(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.state = Draft
	only(t, d, fault.VotesMissing, "R6", "votes")
}

func TestR10_R17_FiguresAreHeldAgainAtTheAnnouncement(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.lot.AppraisalFen *= 2
	only(t, d, fault.ReserveTooLow, "R10", "starting_price_fen")
	d = goodDraft(t)
	d.lot.DepositFen = 1
	only(t, d, fault.DepositOutOfBounds, "R17", "deposit_fen")
}

func TestR16_PartiesAreToldThreeDaysBefore(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.lot.Notifications = slices.Clone(d.lot.Notifications)
	i := slices.IndexFunc(d.lot.Notifications, func(n docket.Notification) bool { return n.To == docket.ToApplicant })
	// Told on the 17th (China), three whole days before the 20th.
	d.lot.Notifications[i].On, d.lot.Notifications[i].How = "2026-11-17", docket.Text{Zh: "直接送达", En: "served in person"}
	accepted(t, d)
	d.lot.Notifications[i].On = "2026-11-18"
	only(t, d, fault.NoticeTooLate, "R16", "lot.notifications")
	// Who cannot be reached is named with the reason instead.
	d.lot.Notifications[i] = docket.Notification{To: docket.ToApplicant, ReasonNot: docket.Text{Zh: "下落不明", En: "Whereabouts unknown"}}
	only(t, d, fault.AnnouncementIncomplete, "R16", "lot.notifications")
	d.lot.Notifications[i].PublishedOn = "2026-11-16" // less than five days before the 20th
	only(t, d, fault.NoticeTooLate, "R16", "lot.notifications")
	d.lot.Notifications[i].PublishedOn = "2026-11-15"
	accepted(t, d)
}

// R16: a notice before the day on which the sale before ended was of that sale, whether it was held here or the file tells of it.
func TestR16_ANoticeOfAnEarlierSaleIsNone(t *testing.T) {
	t.Parallel()
	ended := docket.Date("2026-11-10")
	here, file := goodDraft(t), goodDraft(t)
	here.previousEnded = time.Date(2026, 11, 9, 16, 0, 0, 0, time.UTC) // midnight in China, as the tenth begins
	file.lot.Previous = []docket.PreviousSale{{EndedOn: "2026-10-01"}, {EndedOn: ended}}
	told := func(d draft) (fields []string) {
		list, err := announcementFaults(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			if f.Code == fault.NoticeOfEarlierSale {
				fields = append(fields, f.Field+" "+f.Rule+" "+f.Args["previous_ended_on"].(string))
			}
		}
		return fields
	}
	one := goodDraft(t)
	one.lot.Previous = []docket.PreviousSale{{EndedOn: ended}}
	for what, d := range map[string]draft{"here": here, "in the file": file, "the only one in the file": one} {
		d.lot.Notifications = slices.Clone(d.lot.Notifications)
		d.lot.PriorityPurchasers = slices.Clone(d.lot.PriorityPurchasers)
		for i := range d.lot.Notifications {
			d.lot.Notifications[i].On = ended
		}
		priority, applicant := &d.lot.PriorityPurchasers[0], &d.lot.Notifications[0]
		for on, want := range map[[2]docket.Date][]string{
			{ended, ended}:        nil,
			{"2026-11-09", ended}: {"lot.priority_purchasers[0].notified_on R16 2026-11-10"},
			{ended, "2026-11-09"}: {"lot.notifications[0].on R16 2026-11-10"},
			{ended, "9 November"}: nil, // no date, as R13's check tells
		} {
			priority.NotifiedOn, applicant.On = on[0], on[1]
			if got := told(d); !slices.Equal(got, want) {
				t.Errorf("%s, told on %v: %v, want %v", what, on, got, want)
			}
		}
	}
	here.previousEnded = time.Time{}
	if got := told(here); got != nil {
		t.Errorf("a first sale: %v", got)
	}
}

// R16: five days of being named on the platform, to the millisecond.
func TestR16_FiveDaysOfPublicationAreNotice(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	i := slices.IndexFunc(d.lot.Notifications, func(n docket.Notification) bool { return n.To == docket.ToDebtor })
	d.lot.Notifications = slices.Clone(d.lot.Notifications)
	d.lot.Notifications[i] = docket.Notification{To: docket.ToDebtor, No: 1, ReasonNot: docket.Text{Zh: "下落不明", En: "Whereabouts unknown"}}
	five := d.now.Add(-5 * 24 * time.Hour)
	who := NoticeTo{docket.ToDebtor, 1}
	d.published = map[NoticeTo]time.Time{who: five}
	d.kase.Debtors = d.kase.Debtors[:1]
	accepted(t, d)
	d.published[who] = five.Add(time.Millisecond)
	only(t, d, fault.NoticeTooLate, "R16", "lot.notifications")
	d.published[who] = five.Add(-time.Millisecond)
	accepted(t, d)
	// A security holder's five days end with the start of the sale (ASE 11).
	j := slices.IndexFunc(d.lot.Notifications, func(n docket.Notification) bool { return n.To == docket.ToSecurityHolder })
	if j < 0 {
		t.Fatal("the draft has no security holder")
	}
	d.lot.Notifications[j] = docket.Notification{To: docket.ToSecurityHolder, ReasonNot: docket.Text{Zh: "下落不明", En: "Whereabouts unknown"}}
	all := NoticeTo{docket.ToSecurityHolder, 0}
	d.published[all] = d.startsAt.Add(-5 * 24 * time.Hour)
	accepted(t, d)
	d.published[all] = d.published[all].Add(time.Millisecond)
	only(t, d, fault.NoticeTooLate, "R16", "lot.notifications")
	d.lot.Notifications[j] = docket.Notification{To: docket.ToSecurityHolder, Waived: true}
	accepted(t, d)
}

// R16: every party and security holder that is missing is listed at once; a notice to all of a role is to each.
func TestR16_EveryMissingPartyIsListed(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.kase.Debtors = append(slices.Clone(d.kase.Debtors[:1]), d.kase.Debtors[0], d.kase.Debtors[0])
	accepted(t, d)
	d.lot.Notifications = slices.Clone(d.lot.Notifications)
	i := slices.IndexFunc(d.lot.Notifications, func(n docket.Notification) bool { return n.To == docket.ToDebtor })
	d.lot.Notifications[i].No = 2
	var zh []any
	list, err := announcementFaults(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.Code != fault.AnnouncementIncomplete || f.Rule != "R16" {
			t.Errorf("refused by %v", f)
		}
		zh = append(zh, f.Args["missing_zh"])
	}
	if len(zh) != 2 || zh[0] != "缺少对第1位被执行人的通知情况。" || zh[1] != "缺少对第3位被执行人的通知情况。" {
		t.Errorf("missing: %v", zh)
	}
}

func TestR16_APriorityPurchaserIsToldOrWaived(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.lot.PriorityPurchasers = slices.Clone(d.lot.PriorityPurchasers)
	p := &d.lot.PriorityPurchasers[0]
	p.NotifiedOn, p.How, p.ReasonNot, p.Waived = "2026-11-19", docket.Text{Zh: "直接送达", En: "served in person"}, docket.Text{}, false
	only(t, d, fault.NoticeTooLate, "R16", "lot.priority_purchasers")
	p.Waived = true
	accepted(t, d)
	p.Waived, p.NotifiedOn, p.How = false, "", docket.Text{}
	only(t, d, fault.AnnouncementIncomplete, "R16", "lot.priority_purchasers")
}

func TestR10p_TheReferencePriceIsValid(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.lot.PricingBasis.ValuedOn, d.lot.PricingBasis.ValidUntil = "2026-01-01", "2026-11-20"
	accepted(t, d)
	d.lot.PricingBasis.ValidUntil = "2026-11-19"
	only(t, d, fault.AnnouncementIncomplete, "R10p", "lot.pricing_basis.valid_until")
}

// Price 27: the sale begins within six months of the last valid day, to the millisecond; a month that is too short ends them.
func TestR10p_TheSaleFallsWithinSixMonthsOfTheTerm(t *testing.T) {
	t.Parallel()
	court := time.FixedZone("CST", 8*60*60)
	for until, end := range map[docket.Date]time.Time{
		"2026-11-20": time.Date(2027, 5, 21, 0, 0, 0, 0, court),
		"2027-08-31": time.Date(2028, 3, 1, 0, 0, 0, 0, court), // 2028 has a 29 February
		"2026-12-31": time.Date(2027, 7, 1, 0, 0, 0, 0, court),
	} {
		d := goodDraft(t)
		d.lot.PricingBasis.ValuedOn, d.lot.PricingBasis.ValidUntil = until[:4]+"-01-01", until
		d.startsAt, d.endsAt = end.Add(-time.Millisecond), end.AddDate(0, 0, 2)
		if until[:4] == "2027" {
			d.lot.PricingBasis.ValuedOn = "2026-11-01"
		}
		accepted(t, d)
		d.startsAt = end
		only(t, d, fault.AnnouncementIncomplete, "R10p", "starts_at")
	}
}

// r13Items take one of R13's items away each, and name the field under which the list has it.
func r13Items() map[string]r13Item {
	return map[string]r13Item{
		"(1) handing over":    {func(d *draft) { d.lot.Handover = docket.Text{} }, "lot.handover"},
		"(2) instrument":      {func(d *draft) { d.kase.Instrument.Title = docket.Text{} }, "instrument.title"},
		"(3) pricing paper":   {func(d *draft) { d.assets[0].Documents = d.assets[0].Documents[:0:0] }, "assets[0].documents"},
		"(5) title":           {func(d *draft) { d.assets[0].Ownership.Holder = docket.Text{} }, "assets[0].ownership.holder"},
		"(7) notifications":   {func(d *draft) { d.lot.Notifications = nil }, "lot.notifications"},
		"(8) payment account": {func(d *draft) { d.lot.Payment.Account.Number = "" }, "lot.payment.account.number"},
		"(9) taxes":           {func(d *draft) { d.assets[0].Taxes = nil }, "assets[0].taxes"},
		"(10) contact":        {func(d *draft) { d.lot.Contact.Phone = "" }, "lot.contact.phone"},
		"(10) supervision":    {func(d *draft) { d.court.SupervisionPhone = "" }, "court.supervision_phone"},
		"R15w disclaimer":     {func(d *draft) { d.lot.Disclaimer = docket.Text{} }, "lot.disclaimer"},
		"English is missing":  {func(d *draft) { d.lot.BidderConditions.En = "" }, "lot.bidder_conditions"},
	}
}

type r13Item struct {
	change func(*draft)
	field  string
}

func (i r13Item) listed(list []*fault.Error) bool {
	return slices.ContainsFunc(list, func(f *fault.Error) bool {
		return f.Code == fault.AnnouncementIncomplete && strings.HasPrefix(f.Field, i.field) && f.Rule != "" &&
			f.Args["missing_zh"] != "" && f.Args["missing_en"] != ""
	})
}

func TestR13_EachItemThatLacksIsListed(t *testing.T) {
	t.Parallel()
	for name, c := range r13Items() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := goodDraft(t)
			c.change(&d)
			list, err := announcementFaults(d)
			if err != nil {
				t.Fatal(err)
			}
			if !c.listed(list) {
				t.Errorf("the list lacks %s: %v", c.field, list)
			}
		})
	}
}

func TestR13_AllThatLacksIsListedAtOnce(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	for _, c := range r13Items() {
		c.change(&d)
	}
	list, err := announcementFaults(d)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range r13Items() {
		if !c.listed(list) {
			t.Errorf("%s is not in the list of %d: %v", name, len(list), list)
		}
	}
}

func TestR2024_OccupancyIsKnown(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.assets[0].Occupancy.State = "unknown"
	only(t, d, fault.OccupancyUnknown, "R2024", "assets[0].occupancy.state")
	d = goodDraft(t)
	d.assets[0].Survey = d.assets[0].Survey[1:]
	args := only(t, d, fault.AnnouncementIncomplete, "R2024", "assets[0].survey")
	if args["missing_zh"] == "" {
		t.Error("the refusal does not say what is missing")
	}
}

func TestR30_TaxesDoNotAllFallOnTheBuyer(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.assets[0].Taxes = []docket.Tax{{
		Item: docket.Text{Zh: "增值税及附加", En: "VAT and surcharges"}, BorneBy: docket.Buyer, Source: docket.Text{Zh: "增值税法", En: "VAT Law"},
	}}
	only(t, d, fault.TaxesAllOnBuyer, "R30", "assets[0].taxes")
	d = goodDraft(t)
	d.lot.BidderConditions.Zh += "一切税费由买受人承担。"
	only(t, d, fault.TaxesAllOnBuyer, "R30", "lot.bidder_conditions")
}

func TestR14_SevenNoticesInBothLanguages(t *testing.T) {
	t.Parallel()
	list := papers.Notices()
	var keys []string
	for _, n := range list {
		keys = append(keys, n.Key)
		if n.Title.Zh == "" || n.Title.En == "" || n.Text.Zh == "" || n.Text.En == "" {
			t.Errorf("notice %s lacks a text", n.Key)
		}
	}
	if want := []string{"capacity", "agents", "defects", "as_is", "acceptance", "identity", "default"}; !slices.Equal(keys, want) {
		t.Errorf("notices %v, want OJA 14's %v", keys, want)
	}
}

func TestR13_TheAnnouncementNamesNoPerson(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	d.kase.Debtors = []docket.Party{
		{Kind: docket.Person, Name: docket.Text{Zh: "张某某", En: "Zhang"}, NamePublished: true},
		{Kind: docket.Organisation, Name: docket.Text{Zh: "甲公司", En: "Company A"}, NamePublished: true},
		{Kind: docket.Organisation, Name: docket.Text{Zh: "乙公司", En: "Company B"}},
	}
	a := announcementOf(prepared{draft: d}, d.now)
	want := []docket.Text{papers.Debtor(), {Zh: "甲公司", En: "Company A"}, papers.Debtor()}
	if !slices.Equal(a.Debtors, want) {
		t.Errorf("debtors %v, want %v", a.Debtors, want)
	}
	for _, lang := range []string{"zh-CN", "en"} {
		if sections := a.Sections(lang); len(sections) < 15 {
			t.Errorf("%s: %d sections", lang, len(sections))
		}
	}
}

// Every first sale of the demonstration court's docket can be announced as it stands.
func TestR13_TheDemonstrationDocketCanBeAnnounced(t *testing.T) {
	t.Parallel()
	file := readDocket(t)
	for _, k := range file.Cases {
		for _, l := range k.Lots {
			d := goodDraft(t)
			d.kase, d.lot, d.stage, d.assets = k, l, l.Stage, k.Property(l)
			rows := make([]assetRow, len(d.assets))
			for i := range d.assets {
				rows[i].Document = d.assets[i]
			}
			d.kind = kindOf(rows)
			d.startsAt = d.now.Add(d.rules.AnnounceLead(d.stage, d.kind))
			d.endsAt = d.startsAt.Add(d.rules.BiddingLeast(d.stage))
			list, err := announcementFaults(d)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range list {
				t.Errorf("%s: %s by %s: %v", l.Ref, f, f.Rule, f.Args)
			}
		}
	}
}

// The time within which disposal begins is that of a first sale; a second one after it has R26's.
func TestR10p_DisposalBeginsWithTheFirstSale(t *testing.T) {
	t.Parallel()
	d := goodDraft(t)
	due := d.now.Add(-time.Millisecond)
	d.bound = bound{prices: []fixedPrice{{DisposalDueAt: &due}}}
	if rule, latest, at := d.latest(); rule != "R10p" || !latest.Equal(due) || !at.Equal(d.now) {
		t.Errorf("a first sale: %s, %s, %s", rule, latest, at)
	}
	d.stage, d.previousEnded = law.Second, d.now.Add(-time.Hour)
	if rule, latest, _ := d.latest(); rule != "R26" || !latest.Equal(d.previousEnded.AddDate(0, 0, 30)) {
		t.Errorf("a second sale: %s, %s", rule, latest)
	}
}
