package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Standing confirms an account for a lot: as a priority purchaser of a rank
// (R19), or as the applicant creditor, who need not pay the deposit (R17).
type Standing struct {
	Lot     uuid.UUID
	Account uuid.UUID
	// Capacity is "priority" or "creditor".
	Capacity string
	// Rank is 1 for the best priority purchaser; 0 for a creditor.
	Rank int
}

// ConfirmStanding is the court's act that makes a capacity good; without it
// enrolment refuses (R19). Confirming again changes the rank. A priority
// purchaser is told by the panel's terms, so the rank must be among them.
// It writes no entry: the log learns capacity and rank with the code's
// admission, never with an account.
//
// Faults: role_forbidden, not_found (lot, account), state_conflict (ended or
// withdrawn), invalid_request (capacity, rank), barred_person (not a bidder's account, R34).
func (s *Service) ConfirmStanding(ctx context.Context, by Actor, st Standing) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, by, st.Lot)
		if err != nil {
			return err
		}
		switch l.state() {
		case Draft, Voted, Announced, Suspended:
		case Sold, Unsold, Paid, Taken, Ruled, Defaulted, Returned, SetAside, Withdrawn:
			return conflict(l.state())
		}
		if err := checkStanding(st, &l); err != nil {
			return err
		}
		var role string
		err = tx.QueryRow(ctx, `SELECT coalesce((SELECT role FROM accounts WHERE id = @account), '')`,
			pgx.NamedArgs{"account": st.Account}).Scan(&role)
		if err != nil {
			return fault.Internalf("read account: %w", err)
		}
		switch role {
		case "":
			return notFound("account")
		case "bidder":
		default:
			return fault.New(fault.Conflict, fault.BarredPerson).ByRule("R34")
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO standings (lot_id, account_id, capacity, rank, confirmed_by, confirmed_at)
			VALUES (@lot, @account, @capacity, @rank, @by, @now)
			ON CONFLICT (lot_id, account_id, capacity) DO UPDATE SET rank = excluded.rank, confirmed_by = excluded.confirmed_by,
				confirmed_at = excluded.confirmed_at`,
			pgx.NamedArgs{"lot": st.Lot, "account": st.Account, "capacity": st.Capacity, "rank": st.Rank, "by": by.AccountID, "now": now})
		if err != nil {
			return fault.Internalf("insert standing: %w", err)
		}
		return onTrail(ctx, tx, now, by, &l, trail.Step{Act: trail.StandingConfirmed, Rule: "R19", Ground: st.Capacity})
	})
}

func checkStanding(st Standing, l *lotRow) error {
	switch st.Capacity {
	case "creditor":
		if st.Rank != 0 {
			return empty("rank").ByRule("R19")
		}
		return nil
	case "priority":
		for _, p := range l.Document.PriorityPurchasers {
			if p.Rank == st.Rank {
				return nil
			}
		}
		return empty("rank").ByRule("R19")
	}
	return empty("capacity").ByRule("R19")
}
