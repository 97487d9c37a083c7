package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Period is a span of time with its beginning and without its end, so that
// periods that follow each other share no movement and miss none.
type Period struct{ From, To time.Time }

// Entry is a movement as one of its two accounts sees it.
type Entry struct {
	Posting uuid.UUID `json:"posting"`
	Kind    string    `json:"kind"`
	// Counterpart is the account on the other side.
	Counterpart Purpose `json:"counterpart"`
	// ChangeFen is above zero where the account is credited, below where it is debited.
	ChangeFen money.Fen `json:"change_fen"`
	// BalanceFen is what the account holds after it.
	BalanceFen money.Fen `json:"balance_fen"`
	PostedAt   time.Time `json:"posted_at"`
	// Entry is the id of the log entry that shows it.
	Entry uuid.UUID `json:"entry"`
}

// AccountStatement is what happened on an account in a period: OpeningFen and
// the changes of Entries make ClosingFen, to the fen.
type AccountStatement struct {
	Purpose    Purpose   `json:"account"`
	OpeningFen money.Fen `json:"opening_fen"`
	ClosingFen money.Fen `json:"closing_fen"`
	// Entries are in the order of their posting.
	Entries []Entry `json:"entries"`
}

// MaxStated is how many movements a statement has at most. A longer one is
// refused, because a reader might take a part of it for the whole.
const MaxStated = 20_000

// Purposes are those of a case's accounts, in the order in which they are listed.
func Purposes() []Purpose {
	return []Purpose{Escrow, Proceeds, Forfeits, Costs, PaidOut, Recoverable}
}

// reader is a pool or a transaction.
type reader interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// The balances that the movements before an instant give.
const balancesBefore = `
	SELECT purpose, sum(fen)::bigint FROM (
		SELECT credit AS purpose, amount_fen AS fen FROM public_movements WHERE case_id = @case AND posted_at < @at
		UNION ALL SELECT debit, -amount_fen FROM public_movements WHERE case_id = @case AND posted_at < @at) m
	WHERE purpose NOT IN ('clearing', 'suspense') GROUP BY purpose
	ORDER BY array_position(ARRAY['escrow', 'proceeds', 'forfeits', 'costs', 'paid_out', 'recoverable'], purpose)`

const movementsWithin = `
	SELECT posting_id, kind, debit, credit, amount_fen, posted_at, entry_id
	FROM public_movements WHERE case_id = @case AND posted_at >= @from AND posted_at < @to
	ORDER BY posted_at, posting_id, debit, credit, amount_fen
	LIMIT @limit`

const firstMovement = `SELECT min(posted_at) FROM public_movements WHERE case_id = @case`

// BalancesAt lists what a case's accounts held at an instant, a movement of that
// very instant not yet counted, in the order of Purposes. It is made of the
// movements that everybody may see, so that nothing sealed shows (R18); accounts
// without one before the instant are left out.
func BalancesAt(ctx context.Context, pool *pgxpool.Pool, caseID uuid.UUID, at time.Time) ([]Balance, error) {
	return readBalances(ctx, pool, caseID, pgtype.Timestamptz{Time: at, Valid: true})
}

func readBalances(ctx context.Context, r reader, caseID uuid.UUID, at pgtype.Timestamptz) ([]Balance, error) {
	rows, err := r.Query(ctx, balancesBefore, pgx.NamedArgs{"case": caseID, "at": at})
	if err != nil {
		return nil, fault.Internalf("read balances: %w", err)
	}
	balances, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Balance])
	if err != nil {
		return nil, fault.Internalf("read balances: %w", err)
	}
	return balances, nil
}

// FirstMovement is when money of a case first moved that everybody may see; nil when none has.
func FirstMovement(ctx context.Context, pool *pgxpool.Pool, caseID uuid.UUID) (*time.Time, error) {
	var at *time.Time
	if err := pool.QueryRow(ctx, firstMovement, pgx.NamedArgs{"case": caseID}).Scan(&at); err != nil {
		return nil, fault.Internalf("read first movement: %w", err)
	}
	return at, nil
}

// Statement lists a case's accounts that had a movement before the period's end,
// with their movements in it. It is read at one instant and made of the movements
// that everybody may see (R18).
//
// Faults: statement_too_long (more than MaxStated movements).
func Statement(ctx context.Context, pool *pgxpool.Pool, caseID uuid.UUID, p Period) ([]AccountStatement, error) {
	var opening []Balance
	var movements []Movement
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, pool, snapshot, func(tx pgx.Tx) error {
		var err error
		if opening, err = readBalances(ctx, tx, caseID, pgtype.Timestamptz{Time: p.From, Valid: true}); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, movementsWithin, pgx.NamedArgs{"case": caseID, "from": p.From, "to": p.To, "limit": MaxStated + 1})
		if err != nil {
			return fault.Internalf("read movements: %w", err)
		}
		if movements, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Movement]); err != nil {
			return fault.Internalf("read movements: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, fault.Internalf("read statement: %w", err)
	}
	if len(movements) > MaxStated {
		return nil, fault.New(fault.Invalid, fault.StatementTooLong).InField("from").With("limit", MaxStated)
	}
	return state(opening, movements)
}

// state books movements on accounts that held the opening balances.
func state(opening []Balance, movements []Movement) ([]AccountStatement, error) {
	accounts := make(map[Purpose]*AccountStatement, len(Purposes()))
	on := func(p Purpose) *AccountStatement {
		if accounts[p] == nil {
			accounts[p] = &AccountStatement{Purpose: p, Entries: []Entry{}}
		}
		return accounts[p]
	}
	for _, b := range opening {
		a := on(b.Purpose)
		a.OpeningFen, a.ClosingFen = b.BalanceFen, b.BalanceFen
	}
	for _, m := range movements {
		if err := on(m.Debit).book(m, m.Credit, -m.AmountFen); err != nil {
			return nil, err
		}
		if err := on(m.Credit).book(m, m.Debit, m.AmountFen); err != nil {
			return nil, err
		}
	}
	list := make([]AccountStatement, 0, len(accounts))
	for _, p := range Purposes() {
		if a := accounts[p]; a != nil {
			list = append(list, *a)
		}
	}
	return slices.Clip(list), nil
}

func (a *AccountStatement) book(m Movement, counterpart Purpose, change money.Fen) error {
	if ofNoCase(a.Purpose) { // the house's as a whole, not the case's
		return nil
	}
	var err error
	if a.ClosingFen, err = a.ClosingFen.Add(change); err != nil {
		return err
	}
	a.Entries = append(a.Entries, Entry{
		Posting: m.Posting, Kind: m.Kind, Counterpart: counterpart, ChangeFen: change, BalanceFen: a.ClosingFen, PostedAt: m.PostedAt, Entry: m.Entry,
	})
	return nil
}
