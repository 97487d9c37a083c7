package auction

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// draft is all that an announcement is judged by; the judging is pure.
type draft struct {
	rules law.RuleSet
	state State
	// votesMissing is how many of the panel have not voted on the terms.
	votesMissing int
	stage        law.Stage
	kind         law.Kind
	lot          docket.Lot
	assets       []docket.Asset
	kase         docket.Case
	court        docket.Court
	// covered: other lots of the case have brought enough (R14s).
	covered bool
	// claim is a third person's to the property that stands in the way, nil for none (R31).
	claim *fault.Error
	// otherSale of the same property stands in the way, nil for none (R26).
	otherSale *fault.Error
	surplus   surplus
	now       time.Time
	startsAt  time.Time
	endsAt    time.Time
	// previousEnded is when the failed sale before ended, zero when there is
	// none on this platform.
	previousEnded time.Time
	late          Late
	// published is since when the platform names who could not be told, to the millisecond, where it was recorded here (R16).
	published map[NoticeTo]time.Time
	// bound is what fixed reference prices say (R10p, R12e).
	bound bound
	// split are the indivisible groups of which the lot holds only a part (R15).
	split []string
}

// announcementFaults lists everything that keeps a lot from being announced,
// in the order of the rule book: R6, R10, R17, R26, R6s, R12, R20b, R16, R15, R10p, R13,
// R2024, R28p, R30.
func announcementFaults(d draft) ([]*fault.Error, error) {
	var list faults
	if d.state == Draft {
		list.add(fault.New(fault.Invalid, fault.VotesMissing).ByRule("R6").InField("votes").With("missing", d.votesMissing))
	}
	if d.claim != nil {
		list.add(d.claim)
	}
	if d.otherSale != nil {
		list.add(d.otherSale)
	}
	if d.covered {
		list.add(fault.New(fault.Conflict, fault.DebtCovered).ByRule("R14s"))
	}
	list = append(list, CheckTerms(d.rules, TermsOf(d.rules, d.lot))...)
	checkNoReserve(&list, d.rules, d.kase.Kind, d.lot, d.now)
	checkSurplus(&list, d)
	checkWholeEquity(&list, d)
	checkTimes(&list, d)
	checkNotices(&list, d)
	if len(d.split) > 0 {
		list.add(split(d.split))
	}
	checkReference(&list, d)
	checkFixed(&list, d.bound, d.lot)
	if d.court.Phone == "" || d.court.SupervisionPhone == "" {
		list.add(missing("court.supervision_phone", "R13", "缺少执行法院的联系电话或监督电话。", "The court's telephone or its telephone for supervision is missing."))
	}
	more, err := contentFaults(d)
	return append(list, more...), err
}

// missing is what R13 and its like ask for and the draft lacks: what it is and
// how to mend it, in both languages.
func missing(field, rule, zh, en string) *fault.Error {
	return fault.New(fault.Invalid, fault.AnnouncementIncomplete).InField(field).ByRule(rule).
		With("missing_zh", zh).With("missing_en", en)
}

// leadRule is the row that sets how long ahead a stage is announced.
func leadRule(s law.Stage) string {
	switch s {
	case law.First:
		return "R12"
	case law.Second:
		return "R26"
	case law.SellOff:
		return "R26s"
	case law.NoReserve:
		return "R26n"
	}
	return "R12"
}

// checkTimes holds R12 (R26, R26s) for the time ahead, R20b for the length of
// bidding, R26s for the sell-off's period, R26 for the time since the sale before.
func checkTimes(list *faults, d draft) {
	earliest := d.now.Add(d.rules.AnnounceLead(d.stage, d.kind))
	if d.startsAt.Before(earliest) {
		list.add(fault.New(fault.Invalid, fault.AnnouncementTooLate).InField("starts_at").ByRule(leadRule(d.stage)).
			With("earliest_at", earliest).With("lead", d.rules.AnnounceLead(d.stage, d.kind)).
			With("lead_days", int64(d.rules.AnnounceLead(d.stage, d.kind)/d.rules.Day)))
	}
	length := d.endsAt.Sub(d.startsAt)
	switch {
	case d.stage == law.SellOff && length != d.rules.SellOffPeriod:
		list.add(fault.New(fault.Invalid, fault.BiddingTooShort).InField("ends_at").ByRule("R26s").
			With("least", d.rules.SellOffPeriod).With("earliest_at", d.startsAt.Add(d.rules.SellOffPeriod)))
	case length < d.rules.BiddingMin:
		list.add(fault.New(fault.Invalid, fault.BiddingTooShort).InField("ends_at").ByRule("R20b").
			With("least", d.rules.BiddingMin).With("earliest_at", d.startsAt.Add(d.rules.BiddingMin)))
	}
	// Not a bar: with a superior's reason, which is published, it goes on.
	if rule, latest, at := d.latest(); !latest.IsZero() && at.After(latest) && !d.late.given() {
		field, code := "late_reason", fault.SecondSaleTooLate
		if !d.late.Reason.IsZero() {
			field = "superior"
		}
		if rule == "R10p" {
			code = fault.LateReasonRequired
		}
		list.add(fault.New(fault.Invalid, code).InField(field).ByRule(rule).With("latest_at", latest))
	}
}

// latest is by when the law wants this sale after the failed one, and the
// instant that counts: a second sale begins within its time (R26), a sell-off
// is announced within it (R26s); the first of property whose price was fixed here within its time from the price (R10p).
// Zero for a sale that follows none.
func (d *draft) latest() (rule string, latest, at time.Time) {
	if due := d.bound.disposalDue(); d.stage == law.First && !due.IsZero() {
		return "R10p", due, d.now
	}
	if d.previousEnded.IsZero() {
		return "", time.Time{}, time.Time{}
	}
	switch d.stage {
	case law.Second:
		return "R26", d.previousEnded.Add(d.rules.SecondSaleWithin), d.startsAt
	case law.SellOff:
		return "R26s", d.previousEnded.Add(d.rules.SellOffWithin), d.now
	case law.First, law.NoReserve: // no text says by when
	}
	return "", time.Time{}, time.Time{}
}

// checkReference holds R10p (Price 27): a first announcement needs a valid
// reference price; a later sale starts within six months of its last day.
func checkReference(list *faults, d draft) {
	until, err := time.ParseInLocation(time.DateOnly, string(d.lot.PricingBasis.ValidUntil), law.CourtTime())
	if err != nil || d.lot.PricingBasis.Origin == docket.PricedByCosts {
		return
	}
	end := until.AddDate(0, 0, 1)
	if d.stage == law.First && !d.now.Before(end) {
		list.add(missing("lot.pricing_basis.valid_until", "R10p", "参考价（评估报告）已过有效期，须重新确定后再公告。", "The reference price is no longer valid; it is determined anew before the announcement."))
	}
	if !d.startsAt.Before(sixMonthsAfter(until)) {
		list.add(missing("starts_at", "R10p", "竞价应在参考价有效期届满后六个月内进行。", "Bidding begins no later than six months after the reference price's last valid day."))
	}
}

// sixMonthsAfter is the first instant beyond six months of a day that was the last valid one.
func sixMonthsAfter(last time.Time) time.Time {
	end := last.AddDate(0, 6, 0)
	if end.Day() != last.Day() { // the month has no such day: its last one
		end = end.AddDate(0, 0, -end.Day())
	}
	return end.AddDate(0, 0, 1)
}

// contentProblems reads a draft as the public form, by the reader of the format itself.
func contentProblems(d draft) ([]docket.Problem, error) {
	k := d.kase
	k.Assets, k.Lots = d.assets, []docket.Lot{d.lot}
	k.PriorityClaims = nil // they name assets by the file's refs, and are not announced
	refs := make([]string, len(d.assets))
	k.Assets = slices.Clone(d.assets)
	for i := range k.Assets {
		refs[i] = fmt.Sprintf("asset-%d", i)
		k.Assets[i].Ref = refs[i]
	}
	k.Lots[0].Ref, k.Lots[0].AssetRefs = "lot-1", refs
	file, err := json.Marshal(docket.File{Format: docket.Format, Court: d.court, Cases: []docket.Case{k}})
	if err != nil {
		return nil, fault.Internalf("encode draft: %w", err)
	}
	_, problems := docket.ParseUnder(bytes.NewReader(file), d.rules)
	return problems, nil
}

// contentFaults holds what the public form asks of a lot and its property: R13,
// R2024, R30, R28p and the dignity of persons.
func contentFaults(d draft) ([]*fault.Error, error) {
	problems, err := contentProblems(d)
	if err != nil {
		return nil, err
	}
	var list []*fault.Error
	for _, p := range problems {
		field, counts := draftField(p.Path)
		if !counts {
			continue
		}
		if f := contentFault(p, field); f != nil {
			list = append(list, f)
		}
	}
	return list, nil
}

// lotField is a path of the file within the lot; false for one outside it.
func lotField(path string) (string, bool) {
	return strings.CutPrefix(path, "cases[0].lots[0].")
}

// draftField turns a path of the file into one of the draft; false for what is
// not this lot's: the court's own record, the number.
func draftField(path string) (string, bool) {
	for prefix, to := range map[string]string{
		"cases[0].lots[0]": "lot", "cases[0].assets": "assets", "cases[0].instrument": "instrument",
		"cases[0].applicants": "applicants", "cases[0].debtors": "debtors",
	} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			return to + rest, true
		}
	}
	return "", false
}

func contentFault(p docket.Problem, field string) *fault.Error {
	rule := p.Rule
	if rule == "" {
		rule = "R13"
	}
	f := missing(field, rule, p.Message.Zh, p.Message.En)
	switch p.Code {
	case fault.NoReserveOff, fault.NoReserveCriminalOnly, fault.NoReserveNotLast, fault.NoReserveGround, fault.NoReserveDates:
		return nil // checkNoReserve says it
	case fault.ReserveTooLow, fault.DepositOutOfBounds, fault.IncrementInvalid, fault.MaximumNotAllowed, docket.PreviousMissing:
		return nil // CheckTerms says it, with the figures
	case fault.OccupancyUnknown, docket.LeaseUntilMissing:
		f.Code = fault.OccupancyUnknown
	case fault.TaxesAllOnBuyer:
		f.Code = fault.TaxesAllOnBuyer
	}
	return f
}

// FreeOfWarranty tells whether the court is free of warranty for defects once
// this is announced: only when nothing that R13 and R14 ask for is missing, and
// the statement that genuineness and quality are not guaranteed stands among
// it (R15w, OJA 15). list is what CheckAnnouncement found.
func FreeOfWarranty(list []*fault.Error) bool {
	return !slices.ContainsFunc(list, func(f *fault.Error) bool {
		return f.Rule == "R13" || f.Rule == "R14" || f.Rule == "R15w" || f.Rule == "R2024"
	})
}
