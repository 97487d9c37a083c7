package auction

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/lifecycle"
	"mingchui/auction/outbox"
	"mingchui/auction/trail"
)

// ByOutage is the ground of a stay that no person ordered (R28o).
const ByOutage Ground = "outage"

// Outage is a stay of a course for want of service, or its end by itself after a brief one.
type Outage struct {
	Lot uuid.UUID
	// Over: the clock runs on.
	Over bool
	// At is the event's time, Since the last instant with service, EndsAt the end as it stood at the stay or as it is now.
	At, Since, EndsAt time.Time
}

// RecordOutage makes of an outage what everybody reads, in the transaction that commits its event: the lot is suspended with
// its reason and the judge's duty to resume it, or goes on (R28o). A lot that is withdrawn stays so: its course does not go on.
//
// Faults: not_found, state_conflict (fatal for the lot: its course goes on although it is withdrawn).
func RecordOutage(ctx context.Context, tx pgx.Tx, book *duty.Book, o Outage) error {
	l, err := lockLot(ctx, tx, o.Lot)
	if err != nil {
		return err
	}
	at := audit.Millis(o.At)
	if o.Over {
		return endOutage(ctx, tx, book, &l, at, o)
	}
	if l.state() != Announced {
		return nil // the court stopped it at the same moment
	}
	reason := outageReason(o)
	err = pass(ctx, tx, book, &l, lifecycle.Happening{Event: lifecycle.WasStayed, At: at, Outage: true}, `suspended_at = @now, status_reason_zh = @zh, status_reason_en = @en`,
		pgx.NamedArgs{"now": at, "zh": reason.Zh, "en": reason.En})
	if err != nil {
		return err
	}
	if err := recordAct(ctx, tx, at, Actor{}, &l, trail.Stayed, CourtAct{Lot: l.ID, Ground: ByOutage, Reason: reason}, nil); err != nil {
		return err
	}
	return outbox.Tell(ctx, tx, at, "lot.stayed", lotTold{Lot: l.ID, Case: l.CaseID, At: at})
}

func endOutage(ctx context.Context, tx pgx.Tx, book *duty.Book, l *lotRow, at time.Time, o Outage) error {
	if err := pass(ctx, tx, book, l, lifecycle.Happening{Event: lifecycle.WasResumed, At: at}, `suspended_at = NULL, status_reason_zh = '', status_reason_en = ''`, nil); err != nil {
		return err
	}
	reason := docket.Text{
		Zh: fmt.Sprintf("竞价服务已恢复，自 %s 起续行，竞价至 %s。", courtInstant(o.At), courtInstant(o.EndsAt)),
		En: fmt.Sprintf("Service is back: bidding goes on from %s and ends at %s.", courtInstant(o.At), courtInstant(o.EndsAt)),
	}
	if err := recordAct(ctx, tx, at, Actor{}, l, trail.Resumed, CourtAct{Lot: l.ID, Ground: ByOutage, Reason: reason}, nil); err != nil {
		return err
	}
	if err := stayAgain(ctx, tx, book, l, at); err != nil {
		return err
	}
	return outbox.Tell(ctx, tx, at, "lot.resumed", lotTold{Lot: l.ID, Case: l.CaseID, At: at})
}

func outageReason(o Outage) docket.Text {
	since, ends := courtInstant(o.Since), courtInstant(o.EndsAt)
	return docket.Text{
		Zh: fmt.Sprintf("自 %s 起竞价服务中断，无法保证人人都能出价，故中止竞价；原定 %s 截止，所余时间自中断起保留。短暂中断后自动续行，否则由法院恢复。", since, ends),
		En: fmt.Sprintf("Bids could not be placed without a gap since %s, so bidding is stayed; it was to end at %s, and the time left since then is kept. "+
			"After a brief outage it goes on by itself, otherwise the court resumes it.", since, ends),
	}
}

// courtInstant writes an instant to the second, in court time.
func courtInstant(t time.Time) string { return t.In(law.CourtTime()).Format(time.DateTime) }

// mayResumeYet is R28o for a lot that an outage stayed: not before people had notice, and in the court's hours.
//
// Faults: resume_not_yet.
func mayResumeYet(ctx context.Context, tx pgx.Tx, now time.Time, l *lotRow) error {
	ground, told, err := lastStay(ctx, tx, l.ID)
	if err != nil || ground != ByOutage {
		return err
	}
	rules, err := l.rules()
	if err != nil {
		return err
	}
	earliest := rules.ResumeEarliest(told, now)
	if !now.Before(earliest) {
		return nil
	}
	return fault.New(fault.Conflict, fault.ResumeNotYet).ByRule("R28o").With("earliest_at", earliest).
		With("notice", rules.ResumeNotice).With("from_hour", rules.ResumeFromHour).With("until_hour", rules.ResumeUntilHour)
}

// lastStay is the ground of a lot's last stay, and when it was told.
func lastStay(ctx context.Context, tx pgx.Tx, lot uuid.UUID) (ground Ground, told time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT ground, made_at FROM lot_acts WHERE lot_id = @lot AND kind = 'stayed' ORDER BY made_at DESC, id DESC LIMIT 1`,
		pgx.NamedArgs{"lot": lot}).Scan(&ground, &told)
	if err != nil {
		return "", time.Time{}, fault.Internalf("read the stay: %w", err)
	}
	return ground, told, nil
}
