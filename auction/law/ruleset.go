package law

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"mingchui/auction/money"
)

// Kind is how property counts for periods of notice (R12).
type Kind string

const (
	Movable   Kind = "movable"
	Immovable Kind = "immovable"
	// OtherRight is every other property right; it is announced as long
	// ahead as an immovable.
	OtherRight Kind = "other_right"
)

// Stage is which sale of the property it is.
type Stage string

const (
	First   Stage = "first"
	Second  Stage = "second"
	SellOff Stage = "sell_off"
	// NoReserve is 无保留价拍卖: property of a criminal case, after the sell-off failed (R26n).
	NoReserve Stage = "no_reserve"
)

// Lead is how long before bidding an announcement must be published.
type Lead struct {
	Movable time.Duration `json:"movable"`
	// Rest is for immovables and other property rights.
	Rest time.Duration `json:"rest"`
}

// For picks the lead for a kind of property.
func (l Lead) For(k Kind) time.Duration {
	if k == Movable {
		return l.Movable
	}
	return l.Rest
}

// RuleSet is the figures of a judicial sale. Durations are in nanoseconds in
// its JSON, ratios in thousandths.
type RuleSet struct {
	// Name is the stable id, as log entries and lots quote it.
	Name string `json:"name"`
	// Day is how long a period of one day lasts under this rule set.
	Day time.Duration `json:"day"`

	// ReserveMinPermille: first starting price against the appraisal or the
	// market price. R10, OJA 10.
	ReserveMinPermille int64 `json:"reserve_min_permille"`
	// ReductionMaxPermille: second starting price below the first. R26, OJA 26.
	ReductionMaxPermille int64 `json:"reduction_max_permille"`
	// DepositMinPermille and DepositMaxPermille of the starting price. R17, OJA 17.
	DepositMinPermille int64 `json:"deposit_min_permille"`
	DepositMaxPermille int64 `json:"deposit_max_permille"`
	// PanelMin is the least number of judges; panels are odd. R6, OJA 27.
	PanelMin int `json:"panel_min"`

	// AnnounceFirst, AnnounceSecond, AnnounceSellOff. R12, R26, R26s.
	AnnounceFirst   Lead `json:"announce_first"`
	AnnounceSecond  Lead `json:"announce_second"`
	AnnounceSellOff Lead `json:"announce_sell_off"`
	// NoticeLead: parties and priority purchasers before publication. R16, OJA 16.
	NoticeLead time.Duration `json:"notice_lead"`
	// SecurityNoticeLead: known security holders before the sale. ASE 11.
	SecurityNoticeLead time.Duration `json:"security_notice_lead"`
	// SecondSaleWithin of an unsold first sale. R26, OJA 26.
	SecondSaleWithin time.Duration `json:"second_sale_within"`
	// DisposalWithin of the reference price the disposal begins. R10p, Price 30.
	DisposalWithin time.Duration `json:"disposal_within"`
	// AskCreditorsWithin of a failed second sale they are asked about taking the property for the debt. R26s.
	AskCreditorsWithin time.Duration `json:"ask_creditors_within"`
	// SellOffWithin of the failed second sale the sell-off is announced. R26s.
	SellOffWithin time.Duration `json:"sell_off_within"`

	// BiddingMin is the least length of bidding. R20b, OJA 20.
	BiddingMin time.Duration `json:"bidding_min"`
	// Extension is both the closing window and what a bid in it adds from
	// its own moment. R20c, OJA 20.
	Extension time.Duration `json:"extension"`
	// SellOffPeriod and SellOffCourse: how long a sell-off stands open, and
	// how long bidding lasts from its first bid. R26s.
	SellOffPeriod time.Duration `json:"sell_off_period"`
	SellOffCourse time.Duration `json:"sell_off_course"`
	// ResumeWithin of the end of the cause of a stay. R28, OJA 28.
	ResumeWithin time.Duration `json:"resume_within"`
	// BriefOutage is the outage after which the clock runs on by itself. R28o.
	BriefOutage time.Duration `json:"brief_outage"`
	// ResumeNotice is how long after a longer outage's stay was told bidding may go on at the earliest; ResumeFromHour and
	// ResumeUntilHour are the hours of the day, in court time, within which it does. R28o.
	ResumeNotice    time.Duration `json:"resume_notice"`
	ResumeFromHour  int           `json:"resume_from_hour"`
	ResumeUntilHour int           `json:"resume_until_hour"`
	// MaximumBids: a lot's terms may offer that the platform bids for a bidder up to a limit. Absent, not false, in the
	// JSON of a rule set without them: their digests stand in older entries.
	MaximumBids bool `json:"maximum_bids,omitempty"`
	// NoReserve: property of a criminal case that stayed unsold to the last may be sold once more without a reserve, on its
	// article's grounds. Absent like MaximumBids. R26n, Criminal 12.
	NoReserve bool `json:"no_reserve,omitempty"`

	// ReturnDepositsWithin of the end of bidding. R23, OJA 23.
	ReturnDepositsWithin time.Duration `json:"return_deposits_within"`
	// BalanceWithin is the default period to pay the rest; the announcement
	// names it. R25, OJA 25.
	BalanceWithin time.Duration `json:"balance_within"`
	// RulingWithin of full payment, HandoverWithin of the ruling. R20r, ASE 20, 27.
	RulingWithin   time.Duration `json:"ruling_within"`
	HandoverWithin time.Duration `json:"handover_within"`
	// PayOutWithin of finance's notice that money arrived. F2.
	PayOutWithin time.Duration `json:"pay_out_within"`
}

const day = 24 * time.Hour

// China2017 is Fa Shi (2016) No. 18 with the texts that fill what it leaves
// open, as rules.md lists them.
func China2017() RuleSet {
	return RuleSet{
		Name: "china2017", Day: day,
		ReserveMinPermille: 700, ReductionMaxPermille: 200,
		DepositMinPermille: 50, DepositMaxPermille: 200, PanelMin: 3,
		AnnounceFirst:   Lead{15 * day, 30 * day},
		AnnounceSecond:  Lead{7 * day, 15 * day},
		AnnounceSellOff: Lead{7 * day, 15 * day},
		NoticeLead:      3 * day, SecurityNoticeLead: 5 * day,
		DisposalWithin: 10 * day, SecondSaleWithin: 30 * day, AskCreditorsWithin: 10 * day, SellOffWithin: 15 * day,
		BiddingMin: day, Extension: 5 * time.Minute,
		SellOffPeriod: 60 * day, SellOffCourse: day,
		ResumeWithin: 5 * day, BriefOutage: 10 * time.Minute,
		ResumeNotice: 2 * time.Hour, ResumeFromHour: 9, ResumeUntilHour: 17,
		ReturnDepositsWithin: day, BalanceWithin: 10 * day,
		RulingWithin: 10 * day, HandoverWithin: 15 * day, PayOutWithin: 30 * day,
	}
}

// Demonstration is China2017 with minutes in place of days. Bidding lasts at
// least ten minutes and the closing window is one minute, so that a person
// who looks on sees a whole closing.
func Demonstration() RuleSet {
	r := China2017()
	minutes := func(d time.Duration) time.Duration { return d / (day / time.Minute) }
	leads := func(l Lead) Lead { return Lead{minutes(l.Movable), minutes(l.Rest)} }
	r.Name, r.Day = "demonstration", time.Minute
	r.AnnounceFirst, r.AnnounceSecond, r.AnnounceSellOff = leads(r.AnnounceFirst), leads(r.AnnounceSecond), leads(r.AnnounceSellOff)
	r.NoticeLead, r.SecurityNoticeLead = minutes(r.NoticeLead), minutes(r.SecurityNoticeLead)
	r.DisposalWithin, r.AskCreditorsWithin = minutes(r.DisposalWithin), minutes(r.AskCreditorsWithin)
	r.SecondSaleWithin, r.SellOffWithin = minutes(r.SecondSaleWithin), minutes(r.SellOffWithin)
	r.BiddingMin, r.Extension = 10*time.Minute, time.Minute
	r.SellOffPeriod, r.SellOffCourse = minutes(r.SellOffPeriod), 10*time.Minute
	r.ResumeWithin, r.BriefOutage = minutes(r.ResumeWithin), time.Minute
	r.ResumeNotice, r.ResumeFromHour, r.ResumeUntilHour = 5*time.Second, 0, 24
	r.ReturnDepositsWithin, r.BalanceWithin = 5*time.Minute, minutes(r.BalanceWithin)
	r.RulingWithin, r.HandoverWithin, r.PayOutWithin = minutes(r.RulingWithin), minutes(r.HandoverWithin), minutes(r.PayOutWithin)
	return r
}

// DemonstrationMaximum is Demonstration for a court that considers maximum bids: its lots may offer them.
func DemonstrationMaximum() RuleSet {
	r := Demonstration()
	r.Name, r.MaximumBids = "demonstration_maximum", true
	return r
}

// ByName finds a rule set by the name that lots and entries quote, a court's settings included; false for a name that is not known
// and for settings outside of the law's bounds.
func ByName(name string) (RuleSet, bool) {
	if strings.Contains(name, settingsMark) {
		return withSettings(name)
	}
	return named(name)
}

// named finds a rule set as the law has it.
func named(name string) (RuleSet, bool) {
	for _, r := range []RuleSet{China2017(), Demonstration(), DemonstrationMaximum()} {
		if r.Name == name {
			return r, true
		}
	}
	return RuleSet{}, false
}

// Digest is the SHA-256 of the rule set's JSON, in hex: entries quote it, so
// that nobody changes a figure under the same name unseen.
func (r RuleSet) Digest() string {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // plain data always encodes
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// MinFirstStart is the least first starting price for a reference price. R10.
func (r RuleSet) MinFirstStart(reference money.Fen) (money.Fen, error) {
	return reference.Permille(r.ReserveMinPermille, money.Up)
}

// MinSecondStart is the least second starting price after the first. R26.
func (r RuleSet) MinSecondStart(previous money.Fen) (money.Fen, error) {
	return previous.Permille(1000-r.ReductionMaxPermille, money.Up)
}

// DepositBounds are the least and the greatest deposit for a starting price. R17. Below five fen no whole fen lies between them;
// there one fen is both (ours).
func (r RuleSet) DepositBounds(start money.Fen) (least, most money.Fen, err error) {
	if least, err = start.Permille(r.DepositMinPermille, money.Up); err != nil {
		return 0, 0, err
	}
	most, err = start.Permille(r.DepositMaxPermille, money.Down)
	return least, max(least, most), err
}

// AnnounceLead is how long ahead a sale of this stage and kind is announced. R12, R26, R26s. No text says it of a sale without a
// reserve; the sell-off's lead is taken (R26n, ours).
func (r RuleSet) AnnounceLead(s Stage, k Kind) time.Duration {
	switch s {
	case First:
		return r.AnnounceFirst.For(k)
	case Second:
		return r.AnnounceSecond.For(k)
	case SellOff, NoReserve:
		return r.AnnounceSellOff.For(k)
	}
	return r.AnnounceFirst.For(k)
}

// BiddingLeast is how long bidding stands open at least: a sell-off exactly its
// period (R26s), every other sale R20b's least.
func (r RuleSet) BiddingLeast(s Stage) time.Duration {
	if s == SellOff {
		return r.SellOffPeriod
	}
	return r.BiddingMin
}

// LeaveAfter is how long a stay has lasted when a bidder may leave with the deposit: 48 hours (ours). R28o.
func (r RuleSet) LeaveAfter() time.Duration { return 2 * r.Day }

// ResumeEarliest is the first instant, not before now, at which bidding may go on after an outage whose stay was told at
// told. R28o.
func (r RuleSet) ResumeEarliest(told, now time.Time) time.Time {
	at := told.Add(r.ResumeNotice)
	if at.Before(now) {
		at = now
	}
	zone := CourtTime()
	local := at.In(zone)
	opens := time.Date(local.Year(), local.Month(), local.Day(), r.ResumeFromHour, 0, 0, 0, zone)
	closes := time.Date(local.Year(), local.Month(), local.Day(), r.ResumeUntilHour, 0, 0, 0, zone)
	switch {
	case local.Before(opens):
		return opens.UTC()
	case !local.Before(closes):
		return opens.AddDate(0, 0, 1).UTC()
	}
	return at
}
