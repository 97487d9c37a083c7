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
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
	"mingchui/payments/casefund"
)

// Answer is finance's to a request.
type Answer struct {
	Request uuid.UUID
	Grant   bool
	// Old is the balance that is the person's, where old money is granted.
	Old uuid.UUID
	// Reason is read by the person; needed where it is refused.
	Reason string
}

// waiting is a request in its transaction.
type waiting struct {
	court, account uuid.UUID
	caseID, claim  *uuid.UUID
	subject        Subject
	to             casefund.Account
}

// Answer grants or refuses a request. A granted claim's account becomes the payee's; a granted old balance is owed, and another person records its
// transfer; a granted deposit is sent by finance's transfer by hand (R23).
//
// Faults: role_forbidden, not_found (request, old_balance), reason_required, state_conflict (answered, or the balance is somebody else's).
func (s *Service) Answer(ctx context.Context, by auction.Actor, a Answer) error {
	a.Reason = strings.TrimSpace(a.Reason)
	if !a.Grant && (a.Reason == "" || utf8.RuneCountInString(a.Reason) > maxText) {
		return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("F1")
	}
	w, err := s.read(ctx, a.Request)
	if err != nil {
		return err
	}
	if err := finance(by, w.court); err != nil {
		return err
	}
	if w.caseID == nil {
		return s.auction.InTx(ctx, func(tx pgx.Tx, now time.Time) error { return s.answer(ctx, tx, now, by, w, a) })
	}
	step := trail.Step{Act: trail.MoneyAnswered, Rule: "F1", Detail: map[string]any{"request": a.Request, "granted": a.Grant}}
	return s.auction.OnCase(ctx, by, *w.caseID, finance, step, func(c *auction.CaseAct) error {
		if a.Grant && w.subject == Claim {
			if err := casefund.RecordPayee(ctx, c, w.claim, w.to); err != nil {
				return err
			}
		}
		return s.answer(ctx, c.Tx, c.Now, by, w, a)
	})
}

func (s *Service) read(ctx context.Context, id uuid.UUID) (w waiting, err error) {
	err = s.pool.QueryRow(ctx, `SELECT court_id, account_id, case_id, claim_id, subject, holder, bank, number FROM money_requests WHERE id = @id`, pgx.NamedArgs{"id": id}).
		Scan(&w.court, &w.account, &w.caseID, &w.claim, &w.subject, &w.to.Holder, &w.to.Bank, &w.to.Number)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, fault.New(fault.NotFound, fault.NotFoundCode).InField("request")
	}
	if err != nil {
		return w, fault.Internalf("read a request for money: %w", err)
	}
	return w, nil
}

func (s *Service) answer(ctx context.Context, tx pgx.Tx, now time.Time, by auction.Actor, w waiting, a Answer) error {
	state, reason := "refused", a.Reason
	var old *uuid.UUID
	if a.Grant {
		state, reason = "granted", ""
		if w.subject == Old {
			old = &a.Old
			if err := owe(ctx, tx, w.court, a.Old); err != nil {
				return err
			}
		}
	}
	tag, err := tx.Exec(ctx, `UPDATE money_requests SET state = @state, old_balance_id = @old, decided_by = @by, decided_at = @now, reason = @reason WHERE id = @id AND state = 'asked'`,
		pgx.NamedArgs{"id": a.Request, "state": state, "old": old, "by": by.AccountID, "now": now, "reason": reason})
	if err != nil {
		return fault.Internalf("answer a request for money: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, fault.StateConflict).InField("request").ByRule("F1")
	}
	return s.duties.Done(ctx, tx, now, duty.AnswerOwner, a.Request.String())
}

// owe moves an old balance of the court from held to owed.
func owe(ctx context.Context, tx pgx.Tx, court, id uuid.UUID) error {
	var state string
	err := tx.QueryRow(ctx, `SELECT state FROM old_balances WHERE id = @id AND court_id = @court FOR UPDATE`, pgx.NamedArgs{"id": id, "court": court}).Scan(&state)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("old_balance")
	case err != nil:
		return fault.Internalf("lock an old balance: %w", err)
	case state != "held":
		return fault.New(fault.Conflict, fault.StateConflict).InField("old_balance").ByRule("F1")
	}
	if _, err := tx.Exec(ctx, `UPDATE old_balances SET state = 'owed' WHERE id = @id`, pgx.NamedArgs{"id": id}); err != nil {
		return fault.Internalf("owe an old balance: %w", err)
	}
	return nil
}

// PaidOld records that an old balance was transferred from the court's old account, by another person than granted it (F5).
//
// Faults: role_forbidden, not_found, invalid_request (bank_reference), same_person (forbidden), state_conflict.
func (s *Service) PaidOld(ctx context.Context, by auction.Actor, id uuid.UUID, reference string) error {
	if err := finance(by, by.CourtID); err != nil {
		return err
	}
	reference = strings.TrimSpace(reference)
	if reference == "" || utf8.RuneCountInString(reference) > maxName {
		return wrong("bank_reference")
	}
	return s.auction.InTx(ctx, func(tx pgx.Tx, now time.Time) error {
		var state string
		var granted *uuid.UUID
		err := tx.QueryRow(ctx, `SELECT b.state, (SELECT decided_by FROM money_requests WHERE old_balance_id = b.id) FROM old_balances b WHERE b.id = @id AND b.court_id = @court FOR UPDATE`,
			pgx.NamedArgs{"id": id, "court": by.CourtID}).Scan(&state, &granted)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("old_balance")
		case err != nil:
			return fault.Internalf("lock an old balance: %w", err)
		case state != "owed" || granted == nil:
			return fault.New(fault.Conflict, fault.StateConflict).InField("old_balance").ByRule("F5")
		case *granted == by.AccountID:
			return fault.New(fault.Forbidden, fault.SamePerson).ByRule("F5")
		}
		if _, err := tx.Exec(ctx, `UPDATE old_balances SET state = 'paid', paid_by = @by, paid_at = @now, bank_reference = @reference WHERE id = @id`,
			pgx.NamedArgs{"id": id, "by": by.AccountID, "now": now, "reference": reference}); err != nil {
			return fault.Internalf("record an old balance paid: %w", err)
		}
		return nil
	})
}

// ClaimOf is the claim of a case of the court by its number.
//
// Faults: role_forbidden, not_found (claim).
func (s *Service) ClaimOf(ctx context.Context, by auction.Actor, caseNumber string, no int) (claim uuid.UUID, err error) {
	if err := finance(by, by.CourtID); err != nil {
		return claim, err
	}
	err = s.pool.QueryRow(ctx, `SELECT k.id FROM claims k JOIN cases c ON c.id = k.case_id WHERE c.court_id = @court AND c.number = @number AND k.no = @no`,
		pgx.NamedArgs{"court": by.CourtID, "number": strings.TrimSpace(caseNumber), "no": no}).Scan(&claim)
	if errors.Is(err, pgx.ErrNoRows) {
		return claim, fault.New(fault.NotFound, fault.NotFoundCode).InField("claim")
	}
	if err != nil {
		return claim, fault.Internalf("read a claim: %w", err)
	}
	return claim, nil
}

// Link says whose a claim is: the account that signs in so, as finance held it against the creditor's papers. It is not undone; a claim has one owner.
//
// Faults: role_forbidden, not_found (claim, login), state_conflict (it is linked).
func (s *Service) Link(ctx context.Context, by auction.Actor, claim uuid.UUID, login string) error {
	var caseID uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT case_id FROM claims WHERE id = @id`, pgx.NamedArgs{"id": claim}).Scan(&caseID)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("claim")
	}
	if err != nil {
		return fault.Internalf("read a claim: %w", err)
	}
	step := trail.Step{Act: trail.ClaimLinked, Rule: "F3", Detail: map[string]any{"claim": claim}}
	return s.auction.OnCase(ctx, by, caseID, finance, step, func(a *auction.CaseAct) error {
		var account uuid.UUID
		err := a.Tx.QueryRow(ctx, `SELECT id FROM accounts WHERE login = @login AND role = 'bidder'`, pgx.NamedArgs{"login": strings.TrimSpace(login)}).Scan(&account)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("login")
		}
		if err != nil {
			return fault.Internalf("read an account: %w", err)
		}
		_, err = a.Tx.Exec(ctx, `INSERT INTO claim_owners (claim_id, case_id, account_id, linked_by, linked_at) VALUES (@claim, @case, @account, @by, @now)`,
			pgx.NamedArgs{"claim": claim, "case": caseID, "account": account, "by": by.AccountID, "now": a.Now})
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.ConstraintName == "claim_owners_pkey" {
			return fault.New(fault.Conflict, fault.StateConflict).InField("claim").ByRule("F3")
		}
		if err != nil {
			return fault.Internalf("link a claim: %w", err)
		}
		return nil
	})
}
