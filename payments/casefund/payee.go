package casefund

import (
	"context"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/distribution"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Account is a bank account that a payee's money goes to, read by finance alone.
type Account struct {
	Holder string `json:"holder"`
	Bank   string `json:"bank"`
	// Number is 8 to 32 digits.
	Number string `json:"number"`
}

var accountNumber = regexp.MustCompile(`^[0-9]{8,32}$`)

func (c Account) check() error {
	for _, x := range []struct{ field, text string }{{"holder", c.Holder}, {"bank", c.Bank}} {
		// A spreadsheet would take what begins so for a formula.
		if n := utf8.RuneCountInString(x.text); n == 0 || n > maxNameISO || strings.ContainsAny(x.text[:1], "=+-@") || strings.ContainsFunc(x.text, unicode.IsControl) {
			return wrong(x.field, "F3")
		}
	}
	if !accountNumber.MatchString(c.Number) {
		return wrong("number", "F3")
	}
	return nil
}

// Clean is the account without what a form adds.
//
// Faults: invalid_request (holder, bank, number).
func (c Account) Clean() (Account, error) {
	c.Holder, c.Bank = strings.TrimSpace(c.Holder), strings.TrimSpace(c.Bank)
	c.Number = strings.Join(strings.Fields(c.Number), "")
	return c, c.check()
}

// Payee says where the money of a claim's creditor goes, or of the debtor where claim is nil, in place of what was said before. A payout that is
// with the bank keeps its account. Another person releases money to it (F5).
//
// Faults: role_forbidden, not_found, invalid_request (holder, bank, number).
func (s *Service) Payee(ctx context.Context, by auction.Actor, caseID uuid.UUID, claim *uuid.UUID, account Account) error {
	step := trail.Step{Act: trail.PayeeRecorded, Rule: "F3", Detail: map[string]any{"to": addressee(claim)}}
	return s.auction.OnCase(ctx, by, caseID, finance, step, func(a *auction.CaseAct) error {
		account, err := account.Clean()
		if err != nil {
			return err
		}
		var ours bool
		if err := a.Tx.QueryRow(ctx, `SELECT @claim::uuid IS NULL OR EXISTS (SELECT FROM claims WHERE id = @claim AND case_id = @case)`,
			pgx.NamedArgs{"claim": claim, "case": caseID}).Scan(&ours); err != nil {
			return fault.Internalf("look for a payee's claim: %w", err)
		}
		if !ours {
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("claim").ByRule("F3")
		}
		return RecordPayee(ctx, a, claim, account)
	})
}

// RecordPayee is Payee within an act of finance on the case; the account is clean, and the claim the case's.
func RecordPayee(ctx context.Context, a *auction.CaseAct, claim *uuid.UUID, account Account) error {
	id, err := newID()
	if err != nil {
		return err
	}
	if err := holdClaims(ctx, a); err != nil {
		return err
	}
	if _, err := a.Tx.Exec(ctx, `UPDATE payee_accounts SET replaced_at = @now WHERE case_id = @case AND claim_id IS NOT DISTINCT FROM @claim::uuid AND replaced_at IS NULL`,
		pgx.NamedArgs{"case": a.CaseID, "claim": claim, "now": a.Now}); err != nil {
		return fault.Internalf("replace a payee's account: %w", err)
	}
	_, err = a.Tx.Exec(ctx, `INSERT INTO payee_accounts (id, case_id, claim_id, holder, bank, number, recorded_by, recorded_at) VALUES (@id, @case, @claim, @holder, @bank, @number, @by, @now)`,
		pgx.NamedArgs{"id": id, "case": a.CaseID, "claim": claim, "holder": account.Holder, "bank": account.Bank, "number": account.Number, "by": a.By.AccountID, "now": a.Now})
	if err != nil {
		return fault.Internalf("record a payee's account: %w", err)
	}
	return nil
}

// PayeeAccount is where somebody's money goes, as finance sees it.
type PayeeAccount struct {
	To         distribution.Addressee `json:"to"`
	Holder     string                 `json:"holder"`
	Bank       string                 `json:"bank"`
	Number     string                 `json:"number"`
	RecordedAt time.Time              `json:"recorded_at"`
	// Mine: the reader recorded it, and another releases money to it.
	Mine bool `json:"mine"`

	id uuid.UUID
}

// Payees lists where a case's payees have their money sent, for its court's finance.
//
// Faults: role_forbidden, not_found.
func (s *Service) Payees(ctx context.Context, by auction.Actor, caseID uuid.UUID) ([]PayeeAccount, error) {
	of, err := courtOf(ctx, s.pool, caseID)
	if err != nil {
		return nil, err
	}
	if err := finance(by, of); err != nil {
		return nil, err
	}
	return readPayees(ctx, s.pool, caseID, by.AccountID)
}

func readPayees(ctx context.Context, q querier, caseID, reader uuid.UUID) ([]PayeeAccount, error) {
	rows, err := q.Query(ctx, `SELECT id, claim_id, holder, bank, number, recorded_at, recorded_by = @reader FROM payee_accounts WHERE case_id = @case AND replaced_at IS NULL ORDER BY claim_id`,
		pgx.NamedArgs{"case": caseID, "reader": reader})
	if err != nil {
		return nil, fault.Internalf("read payees: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p PayeeAccount, err error) {
		var claim *uuid.UUID
		err = row.Scan(&p.id, &claim, &p.Holder, &p.Bank, &p.Number, &p.RecordedAt, &p.Mine)
		p.To = addressee(claim)
		return p, err
	})
	if err != nil {
		return nil, fault.Internalf("read payees: %w", err)
	}
	return list, nil
}
