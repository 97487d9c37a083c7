package court

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/notice"
	"mingchui/bidding"
)

// vote lets the first n judges approve the terms, one after the other (R6).
func (d *director) vote(ctx context.Context, s *sale, n int, before time.Time) error {
	for i := range n {
		if !before.IsZero() {
			at := before.Add(-time.Duration(n-i) * d.rules.Day / 3)
			if err := d.pace.Until(ctx, at, d.rules.Day/12); err != nil {
				return err
			}
		}
		if _, err := d.house.Auction.Vote(ctx, d.cast.judge(i), auction.Ballot{Lot: s.id, Approve: true}); err != nil {
			return fmt.Errorf("vote on %s: %w", s.lot.Title.Zh, err)
		}
	}
	return nil
}

// announce publishes the lot and confirms who stands in a right of priority or
// as applicant creditor.
func (d *director) announce(ctx context.Context, s *sale) error {
	r := s.road
	if err := d.consent(ctx, s); err != nil {
		return err
	}
	late, superior, err := d.lateReason(ctx, s)
	if err != nil {
		return err
	}
	err = d.house.Auction.Announce(ctx, d.cast.judge(0), auction.Announcement{
		Lot: s.id, StartsAt: r.startsAt, EndsAt: r.endsAt, LateReason: late, Superior: superior,
	})
	if err != nil {
		return fmt.Errorf("announce %s: %w", s.lot.Title.Zh, err)
	}
	s.endsAt = r.endsAt
	return nil
}

// consent records that the debtors of the demonstration agree that every lot of their case is sold: its claims are small beside
// its property, and a case whose other lots brought enough would stop here (R14s).
func (d *director) consent(ctx context.Context, s *sale) error {
	var caseID uuid.UUID
	var agreed bool
	err := d.house.Pool.QueryRow(ctx, `SELECT c.id, c.debtor_agreed_at IS NOT NULL FROM lots l JOIN cases c ON c.id = l.case_id WHERE l.id = @lot`,
		pgx.NamedArgs{"lot": s.id}).Scan(&caseID, &agreed)
	if err != nil {
		return fmt.Errorf("read the case of %s: %w", s.lot.Title.Zh, err)
	}
	if agreed {
		return nil
	}
	err = d.house.Auction.DebtorAgrees(ctx, d.cast.judge(0), caseID, audit.HashText("demonstration: the debtor's consent in case "+caseID.String()))
	if err != nil && fault.CodeOf(err) != fault.StateConflict { // two scripts at once
		return fmt.Errorf("record the debtor's consent for %s: %w", s.lot.Title.Zh, err)
	}
	return nil
}

// lateReason is published with a second sale that comes later than R26 asks:
// after a default, or when the demonstration was not running.
func (d *director) lateReason(ctx context.Context, s *sale) (reason, superior docket.Text, err error) {
	if s.lot.Stage == law.First {
		return reason, superior, nil
	}
	var ended *time.Time
	err = d.house.Pool.QueryRow(ctx, `SELECT p.ended_at FROM lots l LEFT JOIN lots p ON p.id = l.previous_lot_id WHERE l.id = @lot`,
		pgx.NamedArgs{"lot": s.id}).Scan(&ended)
	if err != nil {
		return reason, superior, fmt.Errorf("read the sale before: %w", err)
	}
	if ended == nil {
		return reason, superior, nil
	}
	at, latest := s.road.startsAt, ended.Add(d.rules.SecondSaleWithin)
	if s.lot.Stage == law.SellOff { // it is announced in time, not begun (R26s)
		at, latest = d.house.Clock.Now(), ended.Add(d.rules.SellOffWithin)
	}
	if !at.After(latest) {
		return reason, superior, nil
	}
	reason = docket.Text{
		Zh: "未能在前次拍卖结束后的法定期间内进行，经执行局负责人审批。",
		En: "This sale comes later than the law asks after the sale before; the head of the bureau approved it.",
	}
	return reason, docket.Text{Zh: "执行局负责人", En: "head of the enforcement bureau"}, nil
}

// capacityOf is as what the i-th bidder of a sale takes part.
func (r road) capacityOf(i int) string {
	switch {
	case r.priority && i == 0:
		return "priority"
	case r.creditor && i == 1:
		return "creditor"
	}
	return "ordinary"
}

// confirm is the court's word on a capacity (R17, R19).
func (d *director) confirm(ctx context.Context, s *sale, who person, capacity string) error {
	if capacity == "ordinary" {
		return nil
	}
	st := auction.Standing{Lot: s.id, Account: who.id, Capacity: capacity}
	if capacity == "priority" {
		st.Rank = s.lot.PriorityPurchasers[0].Rank
	}
	if err := d.house.Auction.ConfirmStanding(ctx, d.cast.judge(1), st); err != nil {
		return fmt.Errorf("confirm a standing on %s: %w", s.lot.Title.Zh, err)
	}
	return nil
}

// errBarred is for somebody who may not bid on a lot (R24x, R34).
var errBarred = errors.New("may not bid")

// enrol enrols somebody, pays the deposit on the payment page, in parts where
// it is large, and waits for the admission. It returns the bidder code.
func (d *director) enrol(ctx context.Context, lot uuid.UUID, who person, capacity string) (string, error) {
	var e bidding.Enrolment
	err := d.act(func() (err error) {
		e, err = d.house.Desk.Enrol(ctx, bidding.EnrolRequest{Lot: lot, Account: who.id, Capacity: capacity, AcceptNotices: true, PromiseLimits: true})
		return err
	})
	switch fault.CodeOf(err) {
	case fault.DefaulterExcluded, fault.BarredPerson:
		return "", errBarred
	}
	if err != nil {
		return "", fmt.Errorf("enrol %s: %w", who.login, err)
	}
	code := e.BidderCode
	for {
		var admitted, open bool
		had := e.Deposit.PaidFen
		if page := e.Deposit.PaymentURL; page != "" {
			if err := d.pay(ctx, page); err != nil {
				return code, err
			}
		}
		err := d.pace.When(ctx, "the deposit of "+who.login, func(ctx context.Context) (bool, error) {
			var paid money.Fen
			err := d.house.Pool.QueryRow(ctx, `
				SELECT e.status = 'admitted', d.state = 'requested', d.paid_fen FROM enrolments e, deposits d
				WHERE e.id = @id AND d.id = @deposit`, pgx.NamedArgs{"id": e.ID, "deposit": e.Deposit.ID}).Scan(&admitted, &open, &paid)
			return admitted || (open && (paid > had || e.Deposit.PaymentURL == "")), err
		})
		if err != nil || admitted {
			return code, err
		}
		if e, err = d.house.Desk.Mine(ctx, who.id, lot); err != nil {
			return code, fmt.Errorf("see the deposit of %s: %w", who.login, err)
		}
	}
}

// payBalance pays the rest of the price, in parts where it is large (R25).
func (d *director) payBalance(ctx context.Context, lot uuid.UUID, buyer person) error {
	for {
		b, err := d.house.Payments.OpenBalance(ctx, lot, buyer.id)
		if err != nil {
			return fmt.Errorf("open the balance: %w", err)
		}
		if b.State == "paid" {
			return nil
		}
		if b.PaymentURL == "" {
			return fmt.Errorf("the balance of lot %s is %s and has no payment page", lot, b.State)
		}
		if err := d.pay(ctx, b.PaymentURL); err != nil {
			return err
		}
		err = d.pace.When(ctx, "a part of the balance", func(ctx context.Context) (bool, error) {
			var have money.Fen
			err := d.house.Pool.QueryRow(ctx, `SELECT paid_fen FROM balances WHERE lot_id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&have)
			return have > b.PaidFen, err
		})
		if err != nil {
			return err
		}
	}
}

// rule makes the ruling under the case's next number.
func (d *director) rule(ctx context.Context, s *sale) error {
	if s.lot.PurchaseLimits != nil { // R17h
		proof := audit.HashText("demonstration: proof of qualification for " + s.id.String())
		if err := d.house.Auction.CheckEligibility(ctx, d.cast.judge(0), auction.Eligibility{Lot: s.id, Qualified: true, Proof: proof}); err != nil {
			return fmt.Errorf("check the buyer of %s: %w", s.lot.Title.Zh, err)
		}
	}
	const tries = 90
	for range tries {
		err := d.house.Auction.Rule(ctx, d.cast.judge(0), auction.Ruling{Lot: s.id, Number: d.rulingNumber(s.caseNumber)})
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == fault.StateConflict && f.Field == "number" {
			continue // taken before this director came
		}
		if err != nil {
			return fmt.Errorf("rule on %s: %w", s.lot.Title.Zh, err)
		}
		return nil
	}
	return fmt.Errorf("rule on %s: every number is taken", s.lot.Title.Zh)
}

// hundred is the fen of ¥100, to which the court rounds its figures.
const hundred = 10_000

func roundUp(f money.Fen, to money.Fen) money.Fen { return (f + to - 1) / to * to }

// notify records that everybody was told of a sale today, and waits until that is long enough ago for its announcement (R16).
func (d *director) notify(ctx context.Context, lot uuid.UUID) error {
	now := d.pace.Now()
	v, err := d.house.Auction.Draft(ctx, d.cast.judge(0), lot, now)
	if err != nil {
		return err
	}
	notices := notice.New(d.house.Pool, d.house.Auction)
	for _, who := range auction.Unnotified(v.Document, v.Case, v.Property) {
		_, err := notices.Record(ctx, d.cast.judge(0), notice.Notice{
			Lot: lot, Who: who, Outcome: notice.Served, Way: notice.Electronic, ServedAt: now,
			Proof: audit.HashText(fmt.Sprintf("demonstration: receipt of %s %d for the sale of %s", who.To, who.No, lot)),
		})
		if err != nil {
			return err
		}
	}
	day := now.In(law.CourtTime())
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, law.CourtTime())
	return d.pace.Until(ctx, midnight.Add(d.rules.NoticeLead), 0)
}

// listNext drafts the sale after an unsold or defaulted one (R24, R26, R26s).
func (d *director) listNext(ctx context.Context, s *sale, defaulted bool) (*sale, error) {
	n := auction.NextSale{
		StartingPrice: money.Fen(s.lot.StartingPriceFen), Increment: money.Fen(s.lot.IncrementFen), Deposit: money.Fen(s.lot.DepositFen),
	}
	list, stage := d.house.Auction.ListReSale, s.lot.Stage
	switch {
	case defaulted:
	case s.lot.Stage == law.First:
		list, stage = d.house.Auction.ListSecondSale, law.Second
		least, err := d.rules.MinSecondStart(n.StartingPrice)
		if err != nil {
			return nil, fmt.Errorf("price the second sale: %w", err)
		}
		n.StartingPrice = roundUp(least, hundred)
		if n.Deposit, err = n.StartingPrice.Permille(100, money.Up); err != nil {
			return nil, fmt.Errorf("price the second sale: %w", err)
		}
		n.Deposit = roundUp(n.Deposit, hundred)
	default:
		list, stage = d.house.Auction.ListSellOff, law.SellOff
	}
	id, err := list(ctx, d.cast.judge(0), s.id, n)
	if err != nil {
		return nil, fmt.Errorf("list the next sale of %s: %w", s.lot.Title.Zh, err)
	}
	if err := d.notify(ctx, id); err != nil {
		return nil, fmt.Errorf("notify of the next sale of %s: %w", s.lot.Title.Zh, err)
	}
	next := &sale{id: id, caseID: s.caseID, caseNumber: s.caseNumber, lot: s.lot, kind: s.kind}
	next.lot.Stage = stage
	next.lot.StartingPriceFen, next.lot.IncrementFen, next.lot.DepositFen = int64(n.StartingPrice), int64(n.Increment), int64(n.Deposit)
	d.listed(next)
	return next, nil
}
