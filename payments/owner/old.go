package owner

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Columns are those of the file of old balances, in their order; the amount is in yuan, the day as 2024-05-31.
func Columns() []string {
	return []string{"case_number", "payer", "amount", "received_on", "kind", "note"}
}

// kinds of old money: a deposit, a price, money of an enforcement, other.
func kinds() []string { return []string{"deposit", "price", "execution", "other"} }

// maxOld bounds the lines of a file.
const maxOld = 5000

// Imported is what became of a file.
type Imported struct{ Added, Known int }

// OldBalance is money that a court held before this house.
type OldBalance struct {
	ID         uuid.UUID
	CaseNumber string
	Payer      string
	Fen        money.Fen
	ReceivedOn time.Time
	Kind, Note string
	State      string
	// Mine: the reader granted it, and another records that it was paid.
	Mine bool
}

// Import takes a file of old balances, whole or not at all. A line that is on record already is known by all its fields, so a file may be given again.
//
// Faults: role_forbidden; old_balance_line at the line and the column (csv[3].amount), each.
func (s *Service) Import(ctx context.Context, by auction.Actor, file io.Reader) (n Imported, err error) {
	if err := finance(by, by.CourtID); err != nil {
		return n, err
	}
	return n, s.auction.InTx(ctx, func(tx pgx.Tx, now time.Time) error {
		n = Imported{}
		list, err := parse(file, now)
		if err != nil {
			return err
		}
		for _, b := range list {
			id, err := newID()
			if err != nil {
				return err
			}
			tag, err := tx.Exec(ctx, `INSERT INTO old_balances (id, court_id, case_number, payer, amount_fen, received_on, kind, note, imported_by, imported_at, state)
				VALUES (@id, @court, @number, @payer, @fen, @on, @kind, @note, @by, @now, 'held') ON CONFLICT ON CONSTRAINT old_balances_once DO NOTHING`,
				pgx.NamedArgs{
					"id": id, "court": by.CourtID, "number": b.CaseNumber, "payer": b.Payer, "fen": b.Fen, "on": b.ReceivedOn, "kind": b.Kind, "note": b.Note,
					"by": by.AccountID, "now": now,
				})
			if err != nil {
				return fault.Internalf("keep an old balance: %w", err)
			}
			n.Added += int(tag.RowsAffected())
			n.Known += 1 - int(tag.RowsAffected())
		}
		return nil
	})
}

// parse reads the file and names every fault of it, up to twenty.
func parse(file io.Reader, now time.Time) (list []OldBalance, err error) {
	r := csv.NewReader(file)
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	head, err := r.Read()
	if err == nil && len(head) > 0 {
		head[0] = strings.TrimPrefix(head[0], "\ufeff") // spreadsheets put it there
	}
	if err != nil || !slices.Equal(head, Columns()) {
		return nil, wrongLine(1, "")
	}
	var faults []error
	for line := 2; len(faults) < 20; line++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(record) != len(Columns()) || len(list) == maxOld {
			return nil, errors.Join(append(faults, wrongLine(line, ""))...)
		}
		b, column := oldOf(record, now)
		if column != "" {
			faults = append(faults, wrongLine(line, column))
		}
		list = append(list, b)
	}
	if len(list) == 0 && len(faults) == 0 {
		return nil, wrongLine(2, "")
	}
	return list, errors.Join(faults...)
}

// wrongLine names a line that is none, or its column that cannot be read.
func wrongLine(line int, column string) error {
	field := fmt.Sprintf("csv[%d]", line)
	if column != "" {
		field += "." + column
	}
	return fault.New(fault.Invalid, fault.OldBalanceLine).InField(field).ByRule("F1").With("line", line).With("column", column)
}

// oldOf reads a line; column is the first that is wrong.
func oldOf(record []string, now time.Time) (b OldBalance, column string) {
	for i := range record {
		record[i] = strings.TrimSpace(record[i])
	}
	b.CaseNumber, b.Payer, b.Kind, b.Note = record[0], record[1], record[4], record[5]
	var err error
	for i, text := range []string{b.CaseNumber, b.Payer} {
		if n := utf8.RuneCountInString(text); n == 0 || n > maxName {
			return b, Columns()[i]
		}
	}
	if b.Fen, err = money.ParseYuan(record[2]); err != nil || b.Fen < 1 {
		return b, "amount"
	}
	if b.ReceivedOn, err = time.ParseInLocation(time.DateOnly, record[3], law.CourtTime()); err != nil || b.ReceivedOn.After(now) {
		return b, "received_on"
	}
	if !slices.Contains(kinds(), b.Kind) {
		return b, "kind"
	}
	if utf8.RuneCountInString(b.Note) > maxName {
		return b, "note"
	}
	return b, ""
}

// Find lists a court's old balances that are not paid, of a payer or a case whose name or number has the text; all for none. The oldest first.
//
// Faults: role_forbidden.
func (s *Service) Find(ctx context.Context, by auction.Actor, text string) ([]OldBalance, error) {
	if err := finance(by, by.CourtID); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `SELECT b.id, b.case_number, b.payer, b.amount_fen, b.received_on, b.kind, b.note, b.state, coalesce(m.decided_by = @by, false)
		FROM old_balances b LEFT JOIN money_requests m ON m.old_balance_id = b.id
		WHERE b.court_id = @court AND b.state <> 'paid' AND (strpos(b.payer, @text) > 0 OR strpos(b.case_number, @text) > 0) ORDER BY b.received_on, b.id LIMIT 200`,
		pgx.NamedArgs{"court": by.CourtID, "text": strings.TrimSpace(text), "by": by.AccountID})
	if err != nil {
		return nil, fault.Internalf("find old balances: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OldBalance])
	if err != nil {
		return nil, fault.Internalf("find old balances: %w", err)
	}
	return list, nil
}

// Age is what a court holds for owners who have not come, and since when; each bound has what is older than it.
type Age struct {
	CourtID                        uuid.UUID
	Court                          docket.Text
	Count, Over30, Over90, Over365 int
	Fen, Fen30, Fen90, Fen365      money.Fen
}

// Ages sums it for each court that holds any: deposits that did not go back in time, shares that have nowhere to go, old balances. No person is in it.
func (s *Service) Ages(ctx context.Context, now time.Time) ([]Age, error) {
	rows, err := s.pool.Query(ctx, `
		WITH held (court_id, fen, since) AS (
			SELECT l.court_id, d.paid_fen - coalesce((SELECT sum(refunded_fen) FROM payments p WHERE p.deposit_id = d.id), 0)::bigint, coalesce(d.held_at, d.requested_at) FROM `+waitingDeposits+`
			UNION ALL SELECT (SELECT court_id FROM cases WHERE id = o.case_id), o.amount_fen, o.approved_at FROM `+waitingShares+`
			UNION ALL SELECT court_id, amount_fen, received_on::timestamp AT TIME ZONE 'Asia/Shanghai' FROM old_balances WHERE state <> 'paid')
		SELECT k.id, k.name_zh, k.name_en, count(*), count(*) FILTER (WHERE since < @d30), count(*) FILTER (WHERE since < @d90), count(*) FILTER (WHERE since < @d365),
			sum(fen)::bigint, coalesce(sum(fen) FILTER (WHERE since < @d30), 0)::bigint, coalesce(sum(fen) FILTER (WHERE since < @d90), 0)::bigint, coalesce(sum(fen) FILTER (WHERE since < @d365), 0)::bigint
		FROM held h JOIN courts k ON k.id = h.court_id GROUP BY k.id ORDER BY sum(fen) DESC, k.id LIMIT 1000`,
		pgx.NamedArgs{"now": now, "d30": now.AddDate(0, 0, -30), "d90": now.AddDate(0, 0, -90), "d365": now.AddDate(0, 0, -365)})
	if err != nil {
		return nil, fault.Internalf("sum what waits for its owner: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Age, err error) {
		return a, row.Scan(&a.CourtID, &a.Court.Zh, &a.Court.En, &a.Count, &a.Over30, &a.Over90, &a.Over365, &a.Fen, &a.Fen30, &a.Fen90, &a.Fen365)
	})
	if err != nil {
		return nil, fault.Internalf("sum what waits for its owner: %w", err)
	}
	return list, nil
}
