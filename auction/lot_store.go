package auction

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/lifecycle"
	"mingchui/auction/money"
)

// lotRow is a lot as the use cases need it.
type lotRow struct {
	ID, CaseID, CourtID uuid.UUID
	PreviousID          *uuid.UUID
	Stage               law.Stage
	Status              string
	Outcome             *string
	RuleSet             string
	Kind                law.Kind
	Document            docket.Lot
	TermsDigest         string
	PanelSize           int
	BalanceDueDays      int
	StartsAt            *time.Time
	EndedAt             *time.Time
	Price               *money.Fen
	BuyerCode           *string
	BalanceDueAt        *time.Time
	// SuspendedAt is when the stay that lasts began.
	SuspendedAt *time.Time
	// ActedAt is the time of the newest entry about the lot outside its course.
	ActedAt *time.Time
	PaidAt  *time.Time
	// SoldAgain, NextAnnounced, HandedOver and Released are as lifecycle.Lot has them.
	SoldAgain, NextAnnounced, HandedOver, Released bool
	CaseKind                                       docket.CaseKind
}

const lotColumns = `id, case_id, court_id, previous_lot_id, stage, status, outcome, rule_set, kind, document, terms_digest,
	panel_size, balance_due_days, starts_at, ended_at, price_fen, buyer_code, balance_due_at, suspended_at, acted_at, paid_at, sold_again, next_announced,
	EXISTS (SELECT FROM rulings r WHERE r.lot_id = lots.id AND r.handed_over_at IS NOT NULL), released,
	(SELECT k.kind FROM cases k WHERE k.id = lots.case_id)`

func (l *lotRow) state() State { return stateOf(l.Status, l.Outcome) }

// rules is the rule set that the lot was listed and announced under.
func (l *lotRow) rules() (law.RuleSet, error) {
	r, ok := law.ByName(l.RuleSet)
	if !ok {
		return law.RuleSet{}, fault.Internalf("lot %s: rule set %q is not known", l.ID, l.RuleSet)
	}
	return r, nil
}

func (l *lotRow) terms() (Terms, error) {
	r, err := l.rules()
	if err != nil {
		return Terms{}, err
	}
	return TermsOf(r, l.Document), nil
}

// lockLot reads a lot and holds its row until the transaction ends; rows that
// only refer to it (enrolments, payments) may still be written.
func lockLot(ctx context.Context, tx pgx.Tx, id uuid.UUID) (lotRow, error) {
	rows, err := tx.Query(ctx, `SELECT `+lotColumns+` FROM lots WHERE id = @id FOR NO KEY UPDATE`, pgx.NamedArgs{"id": id})
	if err != nil {
		return lotRow{}, fault.Internalf("lock lot: %w", err)
	}
	l, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[lotRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return lotRow{}, notFound("lot")
	}
	if err != nil {
		return lotRow{}, fault.Internalf("lock lot: %w", err)
	}
	return l, nil
}

// lockLotOf is lockLot for a judge of the lot's court.
func lockLotOf(ctx context.Context, tx pgx.Tx, by Actor, id uuid.UUID) (lotRow, error) {
	l, err := lockLot(ctx, tx, id)
	if err != nil {
		return lotRow{}, err
	}
	return l, by.judgeOf(l.CourtID)
}

// life is the lot as the state machine knows it.
func (l *lotRow) life() lifecycle.Lot {
	at := func(t *time.Time) time.Time {
		if t == nil {
			return time.Time{}
		}
		return *t
	}
	life := lifecycle.Lot{
		Stage: l.Stage, Kind: l.Kind, State: l.state(), BalanceDueDays: l.BalanceDueDays, StartsAt: at(l.StartsAt), EndedAt: at(l.EndedAt),
		StayedAt: at(l.SuspendedAt), HandedOver: l.HandedOver, Limited: l.Document.PurchaseLimits != nil, NextAnnounced: l.NextAnnounced, Again: l.SoldAgain, Released: l.Released,
		Criminal: l.CaseKind == docket.Criminal,
	}
	if a := l.Document.Approval; a != nil {
		life.ApprovalDays = a.WithinDays
	}
	if l.Price != nil {
		life.Price = *l.Price
	}
	return life
}

// pass takes a lot through an event: the new state and the columns that go with
// it, in one UPDATE that matches the state before, and what the event does to
// duties. set is SQL of further columns and args its values; both are the
// caller's constants.
func pass(ctx context.Context, tx pgx.Tx, book *duty.Book, l *lotRow, h lifecycle.Happening, set string, args pgx.NamedArgs) error {
	rules, err := l.rules()
	if err != nil {
		return err
	}
	from := l.state()
	life, effects, err := lifecycle.Step(rules, l.life(), h)
	if err != nil {
		return err
	}
	fromStatus, fromOutcome := columnsOf(from)
	toStatus, toOutcome := columnsOf(life.State)
	named := pgx.NamedArgs{
		"lot_id": l.ID, "from_status": fromStatus, "from_outcome": fromOutcome, "to_status": toStatus, "to_outcome": toOutcome,
		"sold_again": life.Again, "next_announced": life.NextAnnounced, "released": life.Released,
	}
	maps.Copy(named, args)
	if set != "" {
		set = ", " + set
	}
	tag, err := tx.Exec(ctx, `UPDATE lots SET status = @to_status, outcome = @to_outcome, sold_again = @sold_again, next_announced = @next_announced, released = @released`+set+`
		WHERE id = @lot_id AND status = @from_status AND outcome IS NOT DISTINCT FROM @from_outcome`, named)
	if err != nil {
		return fault.Internalf("move lot to %s: %w", life.State, err)
	}
	if tag.RowsAffected() == 0 {
		return conflict(from)
	}
	l.Status, l.Outcome, l.SoldAgain, l.NextAnnounced, l.Released = toStatus, toOutcome, life.Again, life.NextAnnounced, life.Released
	return settle(ctx, tx, book, l, h.At, effects)
}

// settle writes what an event does to the duties of a lot.
func settle(ctx context.Context, tx pgx.Tx, book *duty.Book, l *lotRow, at time.Time, effects []lifecycle.Effect) error {
	for _, e := range effects {
		kind := duty.Kind(e.Duty)
		var err error
		switch e.Do {
		case lifecycle.Owe:
			key, failed := dutyKey(l.ID, e.Repeats)
			if failed != nil {
				return failed
			}
			err = book.Owe(ctx, tx, at, duty.Duty{
				Kind: kind, Key: key, CaseID: &l.CaseID, LotID: &l.ID, Rule: e.Rule, Actor: duty.Actor(e.Actor), DueAt: e.DueAt,
			})
		case lifecycle.Fulfil:
			err = book.DoneForLot(ctx, tx, at, kind, l.ID)
		case lifecycle.End:
			err = book.CancelForLot(ctx, tx, at, l.ID, kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dutyKey is the lot, and for a duty that may be owed again something that no
// other has: an event happens once in its state, so nothing is owed twice by it.
func dutyKey(lot uuid.UUID, repeats bool) (string, error) {
	key := duty.LotKey(lot)
	if !repeats {
		return key, nil
	}
	id, err := newID()
	return key + ":" + id.String(), err
}

// entryTime is the time of the lot's next entry: now, or just after what it follows.
func (l *lotRow) entryTime(now time.Time) time.Time {
	for _, before := range []*time.Time{l.ActedAt, l.EndedAt} {
		if before != nil && !now.After(*before) {
			now = before.Add(time.Millisecond)
		}
	}
	return now
}

// enterLot puts an act on a lot in the log. The log orders what waits by time,
// so the entry's time lies after the lot's entry before and after the end of
// its course, whatever the clocks of nodes and of Redis say by a second.
func enterLot(ctx context.Context, tx pgx.Tx, now time.Time, l *lotRow, kind string, body any) error {
	at := l.entryTime(now)
	if err := enter(ctx, tx, kind, at, l.CaseID, l.ID, body); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE lots SET acted_at = @at WHERE id = @lot`, pgx.NamedArgs{"lot": l.ID, "at": at}); err != nil {
		return fault.Internalf("keep the time of an act: %w", err)
	}
	l.ActedAt = &at
	return nil
}

// lotAssets reads the property of a lot.
func lotAssets(ctx context.Context, tx pgx.Tx, lot uuid.UUID) ([]assetRow, error) {
	rows, err := tx.Query(ctx, `SELECT a.id, a.case_id, a.document FROM lot_assets la JOIN assets a ON a.id = la.asset_id
		WHERE la.lot_id = @lot ORDER BY a.id`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read lot's assets: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[assetRow])
	if err != nil {
		return nil, fault.Internalf("read lot's assets: %w", err)
	}
	return list, nil
}
