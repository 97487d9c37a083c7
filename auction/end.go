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
	"mingchui/auction/lifecycle"
	"mingchui/auction/money"
	"mingchui/auction/outbox"
	"mingchui/auction/papers"
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
		err = pass(ctx, tx, book, &l, lifecycle.Happening{Event: lifecycle.EndedUnsold, At: at}, `ended_at = @at, suspended_at = NULL`, pgx.NamedArgs{"at": at})
	}
	if err != nil {
		return err
	}
	step, err := endStep(ctx, tx, e)
	if err != nil {
		return err
	}
	if err := onTrail(ctx, tx, at, Actor{}, &l, step); err != nil {
		return err
	}
	if e.Sold {
		if err := stopOthers(ctx, tx, book, l.CaseID, l.ID, at); err != nil {
			return err
		}
	}
	sold := e.Sold
	return outbox.Tell(ctx, tx, at, "lot.ended", lotTold{
		Lot: l.ID, Case: l.CaseID, Stage: l.Stage, Sold: &sold, PriceFen: e.Price, BidderCode: e.Code, At: at,
	})
}

// endStep is the end of bidding as the trail has it.
func endStep(ctx context.Context, tx pgx.Tx, e End) (trail.Step, error) {
	s := trail.Step{Act: trail.Ended, Rule: "R20c", Ground: "unsold", Public: true}
	if e.Sold {
		s.Ground, s.Detail = "sold", map[string]any{"price_fen": e.Price, "bidder_code": e.Code}
		return s, nil
	}
	s.Rule = "R26"
	onApplicant, err := costsOnApplicant(ctx, tx, e.LotID)
	if onApplicant {
		s.Rule, s.Detail = "R6s", map[string]any{"costs_borne_by": "applicant"}
	}
	return s, err
}

func recordSold(ctx context.Context, tx pgx.Tx, book *duty.Book, l *lotRow, rules law.RuleSet, e End, at time.Time) error {
	if e.Price < 1 || e.Code == "" {
		return fault.Internalf("lot %s is sold without price or code", l.ID)
	}
	due := at.Add(time.Duration(l.BalanceDueDays) * rules.Day)
	return pass(ctx, tx, book, l, lifecycle.Happening{Event: lifecycle.EndedSold, At: at, Price: e.Price},
		`ended_at = @at, price_fen = @price, buyer_code = @code, balance_due_at = @due, suspended_at = NULL`,
		pgx.NamedArgs{"at": at, "price": e.Price, "code": e.Code, "due": due})
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
	// A price that was paid before the machine came to the confirmation has it first.
	if l.state() == Sold && s.buyers != nil {
		if err := s.confirmOnce(ctx, tx, now, &l); err != nil {
			return err
		}
	}
	if err := pass(ctx, tx, s.duties, &l, lifecycle.Happening{Event: lifecycle.BalancePaid, At: now}, `paid_at = @now`, pgx.NamedArgs{"now": now}); err != nil {
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
	l.PaidAt = &now
	facts, err := saleFacts(ctx, tx, &l)
	if err != nil {
		return err
	}
	if err := makePaper(ctx, tx, now, Actor{}, &l, papers.BuyerReceipt, facts); err != nil {
		return err
	}
	if err := draftRuling(ctx, tx, now, Actor{}, &l); err != nil {
		return err
	}
	if err := oweForfeitUse(ctx, tx, s.duties, &l, now); err != nil {
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
	if err := pass(ctx, tx, s.duties, &l, lifecycle.Happening{Event: lifecycle.BuyerDefaulted, At: now}, "", nil); err != nil {
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
	return outbox.Tell(ctx, tx, now, "lot.defaulted", lotTold{Lot: lot, Case: l.CaseID, At: now})
}
