package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/outbox"
	"mingchui/auction/trail"
)

// End is how a course ended: its close event.
type End struct {
	LotID uuid.UUID
	// Sold is false when nobody bid (R26); then Price and Code are empty.
	Sold  bool
	Price money.Fen
	Code  string
	// At is the time of the close event.
	At time.Time
}

// RecordEnd moves a lot to its outcome in the transaction that commits the
// close event, and owes what follows: confirmation (R22), release of deposits
// (R23), the balance (R25) with its default (R24), or the next sale (R26, R26s).
// The close event itself is the log's entry.
//
// Faults: not_found, state_conflict (fatal for the lot: its end is recorded already).
func RecordEnd(ctx context.Context, tx pgx.Tx, book *duty.Book, e End) error {
	l, err := lockLot(ctx, tx, e.LotID)
	if err != nil {
		return err
	}
	rules, err := l.rules()
	if err != nil {
		return err
	}
	at := audit.Millis(e.At)
	if e.Sold {
		err = recordSold(ctx, tx, book, &l, rules, e, at)
	} else {
		err = recordUnsold(ctx, tx, book, &l, rules, at)
	}
	if err != nil {
		return err
	}
	if err := onTrail(ctx, tx, at, Actor{}, &l, endStep(e)); err != nil {
		return err
	}
	if err := book.DoneForLot(ctx, tx, at, duty.CloseCourse, l.ID); err != nil {
		return err
	}
	if err := book.DoneForLot(ctx, tx, at, duty.Resume, l.ID); err != nil {
		return err
	}
	err = book.Owe(ctx, tx, at, duty.Duty{
		Kind: duty.ReleaseDeposits, Key: duty.LotKey(l.ID), CaseID: &l.CaseID, LotID: &l.ID, Rule: "R23", Actor: duty.Machine, DueAt: at,
	})
	if err != nil {
		return err
	}
	sold := e.Sold
	return outbox.Tell(ctx, tx, at, "lot.ended", lotTold{
		Lot: l.ID, Case: l.CaseID, Stage: l.Stage, Sold: &sold, PriceFen: e.Price, BidderCode: e.Code, At: at,
	})
}

// endStep is the end of bidding as the trail has it.
func endStep(e End) trail.Step {
	s := trail.Step{Act: trail.Ended, Rule: "R20c", Ground: "unsold", Public: true}
	if e.Sold {
		s.Ground, s.Detail = "sold", map[string]any{"price_fen": e.Price, "bidder_code": e.Code}
	} else {
		s.Rule = "R26"
	}
	return s
}

func recordSold(ctx context.Context, tx pgx.Tx, book *duty.Book, l *lotRow, rules law.RuleSet, e End, at time.Time) error {
	if e.Price < 1 || e.Code == "" {
		return fault.Internalf("lot %s is sold without price or code", l.ID)
	}
	due := at.Add(time.Duration(l.BalanceDueDays) * rules.Day)
	err := move(ctx, tx, l, EndedSold, `ended_at = @at, price_fen = @price, buyer_code = @code, balance_due_at = @due, suspended_at = NULL`,
		pgx.NamedArgs{"at": at, "price": e.Price, "code": e.Code, "due": due})
	if err != nil {
		return err
	}
	key, caseID, lotID := duty.LotKey(l.ID), &l.CaseID, &l.ID
	return book.Owe(ctx, tx, at,
		duty.Duty{Kind: duty.ConfirmSale, Key: key, CaseID: caseID, LotID: lotID, Rule: "R22", Actor: duty.Machine, DueAt: at},
		duty.Duty{Kind: duty.PayBalance, Key: key, CaseID: caseID, LotID: lotID, Rule: "R25", Actor: duty.Bidder, DueAt: due},
		duty.Duty{Kind: duty.BalanceDue, Key: key, CaseID: caseID, LotID: lotID, Rule: "R24", Actor: duty.Machine, DueAt: due})
}

func recordUnsold(ctx context.Context, tx pgx.Tx, book *duty.Book, l *lotRow, rules law.RuleSet, at time.Time) error {
	if err := move(ctx, tx, l, EndedUnsold, `ended_at = @at, suspended_at = NULL`, pgx.NamedArgs{"at": at}); err != nil {
		return err
	}
	d := duty.Duty{Key: duty.LotKey(l.ID), CaseID: &l.CaseID, LotID: &l.ID, Actor: duty.Judge}
	switch l.Stage {
	case law.First:
		d.Kind, d.Rule, d.DueAt = duty.SecondSale, "R26", at.Add(rules.SecondSaleWithin)
	case law.Second:
		d.Kind, d.Rule, d.DueAt = duty.SellOffSale, "R26s", at.Add(rules.SellOffWithin)
	case law.SellOff:
		return nil // taken for the debt or given back: R16d, R24r
	}
	return book.Owe(ctx, tx, at, d)
}

// RecordPaid moves a sold lot to Paid in the transaction that posts the last
// part of the price, and owes the ruling (R20r) and the payout (F2).
//
// Faults: not_found, state_conflict.
func (s *Service) RecordPaid(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error {
	now = audit.Millis(now)
	l, err := lockLot(ctx, tx, lot)
	if err != nil {
		return err
	}
	rules, err := l.rules()
	if err != nil {
		return err
	}
	// A price that was paid before the machine came to the confirmation has it first.
	if l.state() == Sold && s.buyers != nil {
		if err := s.confirmOnce(ctx, tx, now, &l); err != nil {
			return err
		}
	}
	if err := move(ctx, tx, &l, BalancePaid, `paid_at = @now`, pgx.NamedArgs{"now": now}); err != nil {
		return err
	}
	// The amount is the whole price, which is now there, the deposit included.
	if err := enterLot(ctx, tx, now, &l, audit.KindBalancePaid, audit.BalancePaid{AmountFen: *l.Price}); err != nil {
		return err
	}
	step := trail.Step{Act: trail.BalancePaid, Rule: "R25", Detail: map[string]any{"price_fen": *l.Price}, Public: true}
	if err := onTrail(ctx, tx, now, Actor{}, &l, step); err != nil {
		return err
	}
	if err := s.duties.DoneForLot(ctx, tx, now, duty.PayBalance, lot); err != nil {
		return err
	}
	if err := s.duties.CancelForLot(ctx, tx, now, lot, duty.BalanceDue); err != nil {
		return err
	}
	err = s.duties.Owe(ctx, tx, now,
		duty.Duty{Kind: duty.MakeRuling, Key: duty.LotKey(lot), CaseID: &l.CaseID, LotID: &lot, Rule: "R20r", Actor: duty.Judge, DueAt: now.Add(rules.RulingWithin)},
		duty.Duty{
			Kind: duty.PayOut, Key: l.CaseID.String() + ":" + lot.String(), CaseID: &l.CaseID, LotID: &lot,
			Rule: "F2", Actor: duty.Finance, DueAt: now.Add(rules.PayOutWithin),
		})
	if err != nil {
		return err
	}
	return outbox.Tell(ctx, tx, now, "lot.paid", lotTold{Lot: lot, Case: l.CaseID, PriceFen: *l.Price, At: now})
}

// RecordDefault moves a sold lot whose balance was not paid to Defaulted, in
// the transaction that keeps the deposit (R24). The property is to be sold
// again, without the defaulter (R24x).
//
// Faults: not_found, state_conflict.
func (s *Service) RecordDefault(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, forfeited money.Fen) error {
	now = audit.Millis(now)
	l, err := lockLot(ctx, tx, lot)
	if err != nil {
		return err
	}
	rules, err := l.rules()
	if err != nil {
		return err
	}
	if err := move(ctx, tx, &l, BuyerDefaulted, "", nil); err != nil {
		return err
	}
	err = enterLot(ctx, tx, now, &l, audit.KindDefaulted, audit.Defaulted{BidderCode: *l.BuyerCode, ForfeitedFen: forfeited})
	if err != nil {
		return err
	}
	step := trail.Step{Act: trail.Defaulted, Rule: "R24", Detail: map[string]any{"forfeited_fen": forfeited}, Public: true}
	if err := onTrail(ctx, tx, now, Actor{}, &l, step); err != nil {
		return err
	}
	if err := s.duties.CancelForLot(ctx, tx, now, lot, duty.PayBalance); err != nil {
		return err
	}
	if err := s.duties.DoneForLot(ctx, tx, now, duty.BalanceDue, lot); err != nil {
		return err
	}
	// No text says by when; the period of R26 is taken (ours).
	err = s.duties.Owe(ctx, tx, now, duty.Duty{
		Kind: duty.ReSale, Key: duty.LotKey(lot), CaseID: &l.CaseID, LotID: &lot, Rule: "R24", Actor: duty.Judge, DueAt: now.Add(rules.SecondSaleWithin),
	})
	if err != nil {
		return err
	}
	return outbox.Tell(ctx, tx, now, "lot.defaulted", lotTold{Lot: lot, Case: l.CaseID, At: now})
}
