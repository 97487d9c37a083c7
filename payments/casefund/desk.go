package casefund

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Desk is a case's money as its court works on it.
type Desk struct {
	Claims []Claim
	// Plans are the newest first.
	Plans []Made
	// Texts are those of objections, by their ids.
	Texts map[uuid.UUID]string
	// Payees and Files are finance's; none for a judge.
	Payees []PayeeAccount
	Files  []FileHead
	// PayOutDue is by when the money is paid out (F2); nil where nothing is owed.
	PayOutDue *time.Time
	// Sendable is what this reader may send to the bank now.
	Sendable money.Fen
}

// FileHead is a file of transfers in a list.
type FileHead struct {
	ID         uuid.UUID
	No         int
	ReleasedAt time.Time
	Lines      int
	Sum        money.Fen
}

// Desk reads a case's money for its court's finance and judges.
//
// Faults: role_forbidden, not_found.
func (s *Service) Desk(ctx context.Context, by auction.Actor, caseID uuid.UUID) (d Desk, err error) {
	if d.Claims, err = s.Claims(ctx, by, caseID); err != nil {
		return d, err
	}
	if d.Plans, err = s.Distributions(ctx, caseID); err != nil {
		return d, err
	}
	list, err := readObjections(ctx, s.pool, caseID)
	if err != nil {
		return d, err
	}
	d.Texts = map[uuid.UUID]string{}
	for _, o := range list {
		d.Texts[o.ID] = o.Text
	}
	err = s.pool.QueryRow(ctx, `SELECT min(due_at) FROM duties WHERE kind = 'pay_out' AND case_id = @case AND state = 'owed'`, pgx.NamedArgs{"case": caseID}).Scan(&d.PayOutDue)
	if err != nil {
		return d, fault.Internalf("read when money is paid out: %w", err)
	}
	if by.Role != "finance" {
		return d, nil
	}
	if d.Payees, err = readPayees(ctx, s.pool, caseID, by.AccountID); err != nil {
		return d, err
	}
	if d.Files, err = readFiles(ctx, s.pool, caseID); err != nil {
		return d, err
	}
	for _, m := range d.Plans {
		for _, p := range m.Payouts {
			if i := slices.IndexFunc(d.Payees, func(x PayeeAccount) bool { return x.To == p.To && !x.Mine }); i >= 0 && p.State == PayoutApproved {
				d.Sendable += p.AmountFen
			}
		}
	}
	return d, nil
}

func readFiles(ctx context.Context, q querier, caseID uuid.UUID) ([]FileHead, error) {
	rows, err := q.Query(ctx, `SELECT f.id, f.no, f.released_at, count(o.id), coalesce(sum(o.amount_fen), 0)::bigint
		FROM payout_files f LEFT JOIN payouts o ON o.file_id = f.id WHERE f.case_id = @case GROUP BY f.id ORDER BY f.no DESC`, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read payout files: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[FileHead])
	if err != nil {
		return nil, fault.Internalf("read payout files: %w", err)
	}
	return list, nil
}
