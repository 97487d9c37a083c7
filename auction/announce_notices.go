package auction

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// ToPriority is the role of a priority purchaser among those to be told; it
// goes by its rank. The document keeps priority purchasers in a list of their own.
const ToPriority docket.Notified = "priority"

// NoticeTo is who is to be told of a sale: the No-th of a role from one, in the
// order of docket.Notification; a priority purchaser by its rank; 0 is all of the role.
type NoticeTo struct {
	To docket.Notified `json:"to"`
	No int             `json:"no"`
}

// publishedDays of naming somebody on the platform are notice. R16, OJA 16.
const publishedDays = 5

// Unnotified lists whom the law wants told and of whom a lot says nothing: not
// told, not named with the reason, not waived (R16, ASE 11).
func Unnotified(lot docket.Lot, k docket.Case, assets []docket.Asset) []NoticeTo {
	var out []NoticeTo
	wanted := func(to docket.Notified, n int) {
		for no := 1; no <= n; no++ {
			if !slices.ContainsFunc(lot.Notifications, func(x docket.Notification) bool { return x.To == to && (x.No == 0 || x.No == no) && settled(x) }) {
				out = append(out, NoticeTo{to, no})
			}
		}
	}
	wanted(docket.ToApplicant, len(k.Applicants))
	wanted(docket.ToDebtor, len(k.Debtors))
	wanted(docket.ToSecurityHolder, len(SecurityHolders(assets)))
	for _, p := range lot.PriorityPurchasers {
		if !settled(docket.Notification{On: p.NotifiedOn, How: p.How, ReasonNot: p.ReasonNot, Waived: p.Waived}) {
			out = append(out, NoticeTo{ToPriority, p.Rank})
		}
	}
	return out
}

func settled(n docket.Notification) bool {
	return n.Waived || (n.On != "" && !n.How.IsZero()) || !n.ReasonNot.IsZero()
}

// SecurityHolders lists who has a security right on property, in the order that notices count them.
func SecurityHolders(assets []docket.Asset) []docket.Text {
	var out []docket.Text
	for _, a := range assets {
		for _, e := range a.Encumbrances {
			if e.Secures() {
				out = append(out, e.Holder)
			}
		}
	}
	return out
}

// checkNotices holds R16: who could be told was told NoticeLead before the
// announcement and after the sale before, who could not is named on the platform for five days. Days are
// the court's; what counts from a day counts from its beginning. ASE 11: known
// security holders five days before the sale.
func checkNotices(list *faults, d draft) {
	for _, who := range Unnotified(d.lot, d.kase, d.assets) {
		// Of a role without any notice, and of a priority purchaser, the public form's own check tells.
		if slices.ContainsFunc(d.lot.Notifications, func(n docket.Notification) bool { return n.To == who.To }) {
			zh, en := who.To.Name()
			no := strconv.Itoa(who.No)
			list.add(missing("lot.notifications", "R16", "缺少对第"+no+"位"+zh+"的通知情况。", "How "+en+" no. "+no+" was notified is missing."))
		}
	}
	for i, n := range d.lot.Notifications {
		lead, before := d.rules.NoticeLead, d.now
		if n.To == docket.ToSecurityHolder {
			lead, before = d.rules.SecurityNoticeLead, d.startsAt
		}
		d.checkNotice(list, fmt.Sprintf("lot.notifications[%d].", i), "on", NoticeTo{n.To, n.No}, n, lead, before)
	}
	for i, p := range d.lot.PriorityPurchasers {
		n := docket.Notification{On: p.NotifiedOn, ReasonNot: p.ReasonNot, PublishedOn: p.PublishedOn, Waived: p.Waived}
		d.checkNotice(list, fmt.Sprintf("lot.priority_purchasers[%d].", i), "notified_on", NoticeTo{ToPriority, p.Rank}, n, d.rules.NoticeLead, d.now)
	}
}

// checkNotice holds one notice against the instant that it must precede.
func (d *draft) checkNotice(list *faults, at, on string, who NoticeTo, n docket.Notification, lead time.Duration, before time.Time) {
	tooLate := func(field string, from time.Time, lead time.Duration) {
		if earliest := from.Add(lead); earliest.After(before) {
			list.add(fault.New(fault.Invalid, fault.NoticeTooLate).InField(at+field).ByRule("R16").
				With("earliest_at", earliest).With("lead_days", int64(lead/d.rules.Day)))
		}
	}
	switch {
	case n.Waived:
	case n.On != "":
		day, ok := courtDay(n.On)
		switch ended := d.previousDay(); {
		case !ok: // contentFaults tells what is not a date
		case n.On < ended:
			list.add(fault.New(fault.Invalid, fault.NoticeOfEarlierSale).InField(at+on).ByRule("R16").With("previous_ended_on", string(ended)))
		default:
			tooLate(on, day, lead)
		}
	case !n.ReasonNot.IsZero():
		since, ok := d.published[who]
		if !ok {
			since, ok = courtDay(n.PublishedOn)
		}
		if !ok {
			list.add(missing(at+"published_on", "R16", "无法通知的，应在本平台公示其人和理由，公示满五日视为已经通知。",
				"Who cannot be reached is named on the platform with the reason; five days of that are notice."))
			return
		}
		tooLate("published_on", since, publishedDays*d.rules.Day)
	}
}

// previousDay is the court's day on which the sale before ended, here or where the file says; empty where there was none.
func (d *draft) previousDay() docket.Date {
	if !d.previousEnded.IsZero() {
		return docket.Date(d.previousEnded.In(law.CourtTime()).Format(time.DateOnly))
	}
	if n := len(d.lot.Previous); n > 0 {
		return d.lot.Previous[n-1].EndedOn
	}
	return ""
}

func courtDay(on docket.Date) (time.Time, bool) {
	day, err := time.ParseInLocation(time.DateOnly, string(on), law.CourtTime())
	return day, err == nil
}

// publishedNotices is since when the platform names who could not be told of a
// sale of this property; it stays named for the sales that follow.
func publishedNotices(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (map[NoticeTo]time.Time, error) {
	rows, err := tx.Query(ctx, `
		WITH RECURSIVE sales AS (
			SELECT id, previous_lot_id FROM lots WHERE id = @lot
			UNION SELECT p.id, p.previous_lot_id FROM lots p JOIN sales s ON p.id = s.previous_lot_id)
		SELECT n.role, n.no, min(n.published_at) FROM notices n JOIN sales s ON s.id = n.lot_id
		WHERE n.published_at IS NOT NULL GROUP BY n.role, n.no`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read publications of notices: %w", err)
	}
	out := map[NoticeTo]time.Time{}
	var who NoticeTo
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&who.To, &who.No, &at}, func() error {
		out[who] = at
		return nil
	}); err != nil {
		return nil, fault.Internalf("read publications of notices: %w", err)
	}
	return out, nil
}

// noticesDone fulfils notify_parties where everybody is accounted for.
func (s *Service) noticesDone(ctx context.Context, tx pgx.Tx, now time.Time, l *lotRow) error {
	c, err := readCase(ctx, tx, l.CaseID)
	if err != nil {
		return err
	}
	assets, err := lotDocuments(ctx, tx, l.ID)
	if err != nil || len(Unnotified(l.Document, c.Document, assets)) > 0 {
		return err
	}
	return s.duties.DoneForLot(ctx, tx, now, duty.NotifyParties, l.ID)
}

func lotDocuments(ctx context.Context, tx pgx.Tx, lot uuid.UUID) ([]docket.Asset, error) {
	rows, err := lotAssets(ctx, tx, lot)
	if err != nil {
		return nil, err
	}
	out := make([]docket.Asset, len(rows))
	for i := range rows {
		out[i] = rows[i].Document
	}
	return out, nil
}

// NoticeChanges lets a notice stand in a draft's document: text alone, so that the votes hold.
//
// Faults: state_conflict (announced or beyond), invalid_request (no such party, or too many notices).
func (a *LotAct) NoticeChanges(ctx context.Context, who NoticeTo, n docket.Notification) error {
	if st := a.lot.state(); st != Draft && st != Voted {
		return conflict(st)
	}
	known, err := a.knows(ctx, who)
	if err != nil {
		return err
	}
	document := a.lot.Document
	if !known || !place(&document, who, n) {
		return empty("no").ByRule("R16")
	}
	digest, err := TermsOf(a.Rules, document).Digest()
	if err != nil {
		return err
	}
	if digest != a.lot.TermsDigest {
		return fault.Internalf("lot %s: a notice changes its terms", a.lot.ID)
	}
	if _, err := a.Tx.Exec(ctx, `UPDATE lots SET document = @document WHERE id = @lot`, pgx.NamedArgs{"document": document, "lot": a.lot.ID}); err != nil {
		return fault.Internalf("write notice: %w", err)
	}
	a.lot.Document = document
	return a.s.noticesDone(ctx, a.Tx, a.Now, &a.lot)
}

// knows tells whether the case has such a party; co-owners, companies and others are the court's to know.
func (a *LotAct) knows(ctx context.Context, who NoticeTo) (bool, error) {
	c, err := readCase(ctx, a.Tx, a.lot.CaseID)
	if err != nil {
		return false, err
	}
	assets, err := lotDocuments(ctx, a.Tx, a.lot.ID)
	if err != nil {
		return false, err
	}
	most := 50
	switch who.To {
	case docket.ToApplicant:
		most = len(c.Document.Applicants)
	case docket.ToDebtor:
		most = len(c.Document.Debtors)
	case docket.ToSecurityHolder:
		most = len(SecurityHolders(assets))
	case ToPriority, docket.ToCoOwner, docket.ToCompany, docket.ToOther:
	}
	return who.No >= 1 && who.No <= most, nil
}

// place puts a notice where the document has its own, replacing the one before.
func place(l *docket.Lot, who NoticeTo, n docket.Notification) bool {
	if who.To == ToPriority {
		l.PriorityPurchasers = slices.Clone(l.PriorityPurchasers)
		found := false
		for i := range l.PriorityPurchasers {
			if p := &l.PriorityPurchasers[i]; p.Rank == who.No {
				p.NotifiedOn, p.How, p.ReasonNot, p.PublishedOn, p.Waived = n.On, n.How, n.ReasonNot, n.PublishedOn, n.Waived
				found = true
			}
		}
		return found
	}
	n.To, n.No = who.To, who.No
	l.Notifications = slices.Clone(l.Notifications)
	for i, x := range l.Notifications {
		if x.To == who.To && x.No == who.No {
			l.Notifications[i] = n
			return true
		}
	}
	l.Notifications = append(l.Notifications, n)
	return len(l.Notifications) <= 100
}
