package payments

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
	"mingchui/payments/ledger"
	"mingchui/payments/statement"
)

// MyDeposit is a deposit as its payer sees it; it names no bidder code (R18).
type MyDeposit struct {
	ID          uuid.UUID    `json:"id"`
	LotID       uuid.UUID    `json:"lot"`
	TitleZH     string       `json:"title_zh"`
	TitleEN     string       `json:"title_en"`
	AmountFen   money.Fen    `json:"amount_fen"`
	PaidFen     money.Fen    `json:"paid_fen"`
	State       DepositState `json:"status"`
	RequestedAt time.Time    `json:"requested_at"`
	HeldAt      *time.Time   `json:"held_at,omitempty"`
	// ReturnDueAt is by when it is on its way back (R23); SettledAt when it
	// was applied, returned or kept.
	ReturnDueAt *time.Time `json:"return_due_at,omitempty"`
	SettledAt   *time.Time `json:"settled_at,omitempty"`
	// NotAdmitted: it goes back before the end, because the code is not admitted (R20a).
	NotAdmitted bool `json:"not_admitted,omitempty"`
}

// MyDeposits lists an account's deposits, newest first.
func (s *Service) MyDeposits(ctx context.Context, account uuid.UUID) ([]MyDeposit, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT d.id, d.lot_id, l.title_zh, l.title_en, d.amount_fen, d.paid_fen, d.state, d.requested_at, d.held_at,
			d.return_due_at, d.settled_at, d.state IN ('returning', 'returned') AND l.status IN ('announced', 'suspended')
		FROM deposits d JOIN lots l ON l.id = d.lot_id
		WHERE d.account_id = @account ORDER BY d.requested_at DESC, d.id DESC LIMIT 500`,
		pgx.NamedArgs{"account": account})
	if err != nil {
		return nil, fault.Internalf("read deposits: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[MyDeposit])
	if err != nil {
		return nil, fault.Internalf("read deposits: %w", err)
	}
	return list, nil
}

// MyBalances lists what an account bought and still owes or has paid, newest first.
func (s *Service) MyBalances(ctx context.Context, account uuid.UUID) ([]Balance, error) {
	rows, err := s.pool.Query(ctx, `SELECT lot_id, amount_fen, paid_fen, state, due_at, ''
		FROM balances WHERE account_id = @account ORDER BY opened_at DESC LIMIT 500`, pgx.NamedArgs{"account": account})
	if err != nil {
		return nil, fault.Internalf("read balances: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Balance])
	if err != nil {
		return nil, fault.Internalf("read balances: %w", err)
	}
	return list, nil
}

// Clock is a running period to pay out (F2).
type Clock struct {
	LotID *uuid.UUID `json:"lot,omitempty"`
	Since time.Time  `json:"since"`
	DueAt time.Time  `json:"due_at"`
	Done  bool       `json:"done"`
}

// Fund is a case's money as the public sees it: no person, no bidder code, and
// no deposit before bidding on its lot has ended (R18).
type Fund struct {
	CaseID    uuid.UUID         `json:"case"`
	Number    string            `json:"number"`
	ClaimFen  money.Fen         `json:"claim_fen"`
	Accounts  []ledger.Balance  `json:"accounts"`
	Movements []ledger.Movement `json:"movements"`
	Clocks    []Clock           `json:"clocks"`
	// Receivables is what payees owe back (R31).
	Receivables []casefund.Receivable `json:"receivables"`
	ServerTime  time.Time             `json:"server_time"`
}

const fundMovements = 1000

// Fund reads a case's accounts, movements and payout clocks.
//
// Faults: not_found.
func (s *Service) Fund(ctx context.Context, caseID uuid.UUID) (Fund, error) {
	f := Fund{CaseID: caseID, ServerTime: s.clock.Now()}
	rows, err := s.pool.Query(ctx, `SELECT number, claim_fen FROM cases WHERE id = @case`, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return Fund{}, fault.Internalf("read case: %w", err)
	}
	head, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		Number string
		Claim  money.Fen
	}])
	if err != nil {
		return Fund{}, fault.Internalf("read case: %w", err)
	}
	if len(head) == 0 {
		return Fund{}, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	f.Number, f.ClaimFen = head[0].Number, head[0].Claim
	if f.Accounts, err = ledger.Balances(ctx, s.pool, caseID); err != nil {
		return Fund{}, err
	}
	if f.Movements, err = ledger.Movements(ctx, s.pool, caseID, fundMovements); err != nil {
		return Fund{}, err
	}
	clocks, err := s.pool.Query(ctx, `SELECT lot_id, created_at, due_at, state = 'done' FROM duties
		WHERE kind = @kind AND case_id = @case ORDER BY due_at`, pgx.NamedArgs{"kind": duty.PayOut, "case": caseID})
	if err != nil {
		return Fund{}, fault.Internalf("read payout clocks: %w", err)
	}
	if f.Clocks, err = pgx.CollectRows(clocks, pgx.RowToStructByPos[Clock]); err != nil {
		return Fund{}, fault.Internalf("read payout clocks: %w", err)
	}
	f.Receivables, err = casefund.Receivables(ctx, s.pool, caseID)
	return f, err
}

// Statement makes a statement of a case fund for the days asked for.
//
// Faults: as statement.Make.
func (s *Service) Statement(ctx context.Context, caseID uuid.UUID, asked statement.Days) (statement.Statement, error) {
	return statement.Make(ctx, s.pool, s.clock.Now(), caseID, asked)
}

// CaseFund is one line of finance's list: sums per case, never per bidder, and
// without the deposits of lots whose bidding runs (R18).
type CaseFund struct {
	CaseID      uuid.UUID  `json:"case"`
	Number      string     `json:"number"`
	EscrowFen   money.Fen  `json:"escrow_fen"`
	ProceedsFen money.Fen  `json:"proceeds_fen"`
	ForfeitsFen money.Fen  `json:"forfeits_fen"`
	PayOutDueAt *time.Time `json:"pay_out_due_at,omitempty"`
}

// Funds lists a court's cases that hold money, the nearest payout first.
func (s *Service) Funds(ctx context.Context, court uuid.UUID) ([]CaseFund, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT c.id, c.number,
			coalesce(sum(CASE 'escrow' WHEN m.credit THEN m.amount_fen WHEN m.debit THEN -m.amount_fen END), 0)::bigint,
			coalesce(sum(CASE 'proceeds' WHEN m.credit THEN m.amount_fen WHEN m.debit THEN -m.amount_fen END), 0)::bigint,
			coalesce(sum(CASE 'forfeits' WHEN m.credit THEN m.amount_fen WHEN m.debit THEN -m.amount_fen END), 0)::bigint,
			(SELECT min(d.due_at) FROM duties d WHERE d.case_id = c.id AND d.kind = @kind AND d.state = 'owed') AS due
		FROM cases c JOIN public_movements m ON m.case_id = c.id
		WHERE c.court_id = @court
		GROUP BY c.id, c.number ORDER BY due NULLS LAST, c.number LIMIT 1000`,
		pgx.NamedArgs{"court": court, "kind": duty.PayOut})
	if err != nil {
		return nil, fault.Internalf("read funds: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[CaseFund])
	if err != nil {
		return nil, fault.Internalf("read funds: %w", err)
	}
	return list, nil
}

// LotDeposit is an account's deposit for a lot with the page where what is left
// of it can be paid.
type LotDeposit struct {
	ID                 uuid.UUID
	AmountFen, PaidFen money.Fen
	State              DepositState
	PaymentURL         string
	RequestedAt        time.Time
}

// DepositOf reads an account's own deposit for a lot and opens its page where one is needed.
//
// Faults: not_found; payment_provider_unavailable when the page cannot be opened now.
func (s *Service) DepositOf(ctx context.Context, lot, account uuid.UUID) (LotDeposit, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, amount_fen, paid_fen, state, '', requested_at FROM deposits WHERE lot_id = @lot AND account_id = @account`,
		pgx.NamedArgs{"lot": lot, "account": account})
	if err != nil {
		return LotDeposit{}, fault.Internalf("read deposit: %w", err)
	}
	d, err := pgx.CollectRows(rows, pgx.RowToStructByPos[LotDeposit])
	if err != nil {
		return LotDeposit{}, fault.Internalf("read deposit: %w", err)
	}
	if len(d) == 0 {
		return LotDeposit{}, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if d[0].State == Requested {
		if d[0].PaymentURL, err = s.PaymentURL(ctx, d[0].ID); err != nil {
			return d[0], err
		}
	}
	return d[0], nil
}
