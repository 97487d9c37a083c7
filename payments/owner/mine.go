package owner

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
	"mingchui/payments/casefund"
)

// Subject is what money is.
type Subject string

// The subjects: a deposit that did not go back in time, a claim's share that has nowhere to go, and what a court held before this house.
const (
	Deposit Subject = "deposit"
	Claim   Subject = "claim"
	Old     Subject = "old"
)

// Held is money that a court holds for a person.
type Held struct {
	Subject    Subject
	ID, CaseID uuid.UUID
	Court      docket.Text
	CaseNumber string
	Title      docket.Text
	Fen        money.Fen
	Since      time.Time
	// Asked: a request for it waits.
	Asked bool
}

// waitingDeposits are those that are beyond their time, or whose refund a bank refused, of lots that are over (R18).
const waitingDeposits = `deposits d JOIN lots l ON l.id = d.lot_id
	WHERE d.state = 'returning' AND l.status IN ('ended', 'withdrawn')
		AND (d.return_due_at < @now OR EXISTS (SELECT FROM refunds r WHERE r.deposit_id = d.id AND r.state = 'failed'))`

// waitingShares are payouts of claims whose creditor has no account on record.
const waitingShares = `payouts o WHERE o.state = 'approved' AND o.claim_id IS NOT NULL
	AND NOT EXISTS (SELECT FROM payee_accounts a WHERE a.case_id = o.case_id AND a.claim_id = o.claim_id AND a.replaced_at IS NULL)`

// Mine lists what courts hold for an account, the oldest first.
func (s *Service) Mine(ctx context.Context, account uuid.UUID, now time.Time) ([]Held, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT 'deposit', d.id, d.case_id, k.name_zh, k.name_en, c.number, l.title_zh, l.title_en,
			d.paid_fen - coalesce((SELECT sum(refunded_fen) FROM payments p WHERE p.deposit_id = d.id), 0)::bigint, coalesce(d.held_at, d.requested_at) AS since,
			EXISTS (SELECT FROM money_requests m WHERE m.deposit_id = d.id AND m.state = 'asked')
		FROM cases c JOIN courts k ON k.id = c.court_id JOIN (SELECT d.*, l.title_zh, l.title_en FROM `+waitingDeposits+` AND d.account_id = @account) d ON d.case_id = c.id
		JOIN lots l ON l.id = d.lot_id
		UNION ALL
		SELECT 'claim', o.claim_id, c.id, k.name_zh, k.name_en, c.number, '', '', o.fen, o.since,
			EXISTS (SELECT FROM money_requests m WHERE m.claim_id = o.claim_id AND m.state = 'asked')
		FROM (SELECT o.claim_id, o.case_id, sum(o.amount_fen)::bigint AS fen, min(o.approved_at) AS since FROM `+waitingShares+`
			AND o.claim_id IN (SELECT claim_id FROM claim_owners WHERE account_id = @account) GROUP BY o.claim_id, o.case_id) o
		JOIN cases c ON c.id = o.case_id JOIN courts k ON k.id = c.court_id
		ORDER BY since LIMIT 500`, pgx.NamedArgs{"account": account, "now": now})
	if err != nil {
		return nil, fault.Internalf("read what is held for an account: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h Held, err error) {
		return h, row.Scan(&h.Subject, &h.ID, &h.CaseID, &h.Court.Zh, &h.Court.En, &h.CaseNumber, &h.Title.Zh, &h.Title.En, &h.Fen, &h.Since, &h.Asked)
	})
	if err != nil {
		return nil, fault.Internalf("read what is held for an account: %w", err)
	}
	return list, nil
}

// Court is one that may hold old money.
type Court struct {
	ID   uuid.UUID
	Name docket.Text
}

// Courts lists them, by code.
func (s *Service) Courts(ctx context.Context) ([]Court, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, name_zh, name_en FROM courts ORDER BY code LIMIT 5000`)
	if err != nil {
		return nil, fault.Internalf("read courts: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Court, err error) {
		return c, row.Scan(&c.ID, &c.Name.Zh, &c.Name.En)
	})
	if err != nil {
		return nil, fault.Internalf("read courts: %w", err)
	}
	return list, nil
}

// Asking is a person's request for money.
type Asking struct {
	Subject Subject
	// ID is of the deposit or the claim.
	ID uuid.UUID
	// Court, CaseNumber and Statement are of old money.
	Court                 uuid.UUID
	CaseNumber, Statement string
	// Account is where it should go.
	Account casefund.Account
}

// Ask asks the court for it; finance answers within AnswerWithin.
//
// Faults: role_forbidden, not_found (nothing of the kind is held for the account, or the court is none), invalid_request (statement, holder, bank,
// number), request_waits (conflict: it was asked for already).
func (s *Service) Ask(ctx context.Context, by auction.Actor, a Asking) (id uuid.UUID, err error) {
	if by.Role != "bidder" {
		return id, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	if a.Account, err = a.Account.Clean(); err != nil {
		return id, err
	}
	a.CaseNumber, a.Statement = strings.TrimSpace(a.CaseNumber), strings.TrimSpace(a.Statement)
	if a.Subject == Old && (a.Statement == "" || utf8.RuneCountInString(a.Statement) > maxText) {
		return id, wrong("statement")
	}
	if utf8.RuneCountInString(a.CaseNumber) > maxName {
		return id, wrong("case_number")
	}
	if id, err = newID(); err != nil {
		return id, err
	}
	return id, s.auction.InTx(ctx, func(tx pgx.Tx, now time.Time) error {
		court, caseID, err := s.whose(ctx, tx, by.AccountID, now, a)
		if err != nil {
			return err
		}
		due := now.Add(AnswerWithin)
		args := pgx.NamedArgs{
			"id": id, "account": by.AccountID, "court": court, "case": caseID, "subject": a.Subject, "deposit": nil, "claim": nil, "number": a.CaseNumber, "statement": a.Statement,
			"holder": a.Account.Holder, "bank": a.Account.Bank, "to": a.Account.Number, "now": now, "due": due,
		}
		if a.Subject != Old {
			args[string(a.Subject)], args["number"], args["statement"] = a.ID, "", ""
		}
		_, err = tx.Exec(ctx, `INSERT INTO money_requests (id, account_id, court_id, case_id, subject, deposit_id, claim_id, case_number, statement, holder, bank, number, asked_at, due_at, state)
			VALUES (@id, @account, @court, @case, @subject, @deposit, @claim, @number, @statement, @holder, @bank, @to, @now, @due, 'asked')`, args)
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (pg.ConstraintName == "money_requests_deposit" || pg.ConstraintName == "money_requests_claim") {
			return fault.New(fault.Conflict, fault.RequestWaits).ByRule("F1")
		}
		if err != nil {
			return fault.Internalf("ask for money: %w", err)
		}
		if caseID != nil {
			if err := trail.Record(ctx, tx, trail.Step{CaseID: *caseID, At: now, Role: by.Role, Act: trail.MoneyAsked, Rule: "F1", Detail: map[string]any{"request": id, "subject": a.Subject}}); err != nil {
				return err
			}
		}
		return s.duties.Owe(ctx, tx, now, duty.Duty{Kind: duty.AnswerOwner, Key: id.String(), CaseID: caseID, Rule: "F1", Actor: duty.Finance, DueAt: due})
	})
}

// whose is the court, and but for old money the case, of what an account asks for.
func (s *Service) whose(ctx context.Context, tx pgx.Tx, account uuid.UUID, now time.Time, a Asking) (court uuid.UUID, caseID *uuid.UUID, err error) {
	args := pgx.NamedArgs{"account": account, "now": now, "id": a.ID, "court": a.Court}
	switch a.Subject {
	case Deposit:
		err = tx.QueryRow(ctx, `SELECT l.court_id, d.case_id FROM `+waitingDeposits+` AND d.account_id = @account AND d.id = @id FOR UPDATE OF d`, args).Scan(&court, &caseID)
	case Claim:
		err = tx.QueryRow(ctx, `SELECT c.court_id, c.id FROM cases c WHERE c.id = (SELECT o.case_id FROM `+waitingShares+` AND o.claim_id = @id
			AND o.claim_id IN (SELECT claim_id FROM claim_owners WHERE account_id = @account) LIMIT 1)`, args).Scan(&court, &caseID)
	case Old:
		err = tx.QueryRow(ctx, `SELECT id FROM courts WHERE id = @court`, args).Scan(&court)
	default:
		return court, nil, wrong("subject")
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return court, nil, fault.New(fault.NotFound, fault.NotFoundCode).InField(string(a.Subject))
	}
	if err != nil {
		return court, nil, fault.Internalf("look for what is asked for: %w", err)
	}
	return court, caseID, nil
}

// Request is one as its person and the court's finance see it.
type Request struct {
	ID      uuid.UUID
	Subject Subject
	Court   docket.Text
	// CaseNumber is as the person wrote it, of old money.
	CaseNumber, Statement string
	Fen                   *money.Fen
	AskedAt, DueAt        time.Time
	State, Reason         string
	DecidedAt             *time.Time
	// Asker and Account are read by finance.
	Asker   string
	Account casefund.Account
}

const requestColumns = `m.id, m.subject, k.name_zh, k.name_en, coalesce(c.number, m.case_number), m.statement,
	coalesce(b.amount_fen, d.paid_fen, (SELECT sum(o.amount_fen) FROM payouts o WHERE o.claim_id = m.claim_id AND o.state = 'approved')::bigint),
	m.asked_at, m.due_at, m.state, m.reason, m.decided_at, a.real_name, m.holder, m.bank, m.number
	FROM money_requests m JOIN courts k ON k.id = m.court_id JOIN accounts a ON a.id = m.account_id LEFT JOIN cases c ON c.id = m.case_id
	LEFT JOIN old_balances b ON b.id = m.old_balance_id LEFT JOIN deposits d ON d.id = m.deposit_id`

func scanRequest(row pgx.CollectableRow) (r Request, err error) {
	return r, row.Scan(&r.ID, &r.Subject, &r.Court.Zh, &r.Court.En, &r.CaseNumber, &r.Statement, &r.Fen, &r.AskedAt, &r.DueAt, &r.State, &r.Reason, &r.DecidedAt,
		&r.Asker, &r.Account.Holder, &r.Account.Bank, &r.Account.Number)
}

// Asked lists an account's requests, the newest first.
func (s *Service) Asked(ctx context.Context, account uuid.UUID) ([]Request, error) {
	return s.requests(ctx, `SELECT `+requestColumns+` WHERE m.account_id = @of ORDER BY m.asked_at DESC, m.id DESC LIMIT 200`, account)
}

// Open lists what waits for a court's finance, the soonest due first.
//
// Faults: role_forbidden.
func (s *Service) Open(ctx context.Context, by auction.Actor) ([]Request, error) {
	if err := finance(by, by.CourtID); err != nil {
		return nil, err
	}
	return s.requests(ctx, `SELECT `+requestColumns+` WHERE m.court_id = @of AND m.state = 'asked' ORDER BY m.due_at, m.id LIMIT 500`, by.CourtID)
}

func (s *Service) requests(ctx context.Context, sql string, of uuid.UUID) ([]Request, error) {
	rows, err := s.pool.Query(ctx, sql, pgx.NamedArgs{"of": of})
	if err != nil {
		return nil, fault.Internalf("read requests for money: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanRequest)
	if err != nil {
		return nil, fault.Internalf("read requests for money: %w", err)
	}
	return list, nil
}
