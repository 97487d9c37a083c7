package casefund

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
	"mingchui/payments/ledger"
)

// Release makes a file of transfers for the court's bank of a case's approved payouts whose payees have an account that another person recorded (F5).
// It returns the file's id.
//
// Faults: role_forbidden, not_found, payee_missing (conflict: nothing can be sent), same_person (all that can be sent goes to accounts that this person recorded).
func (s *Service) Release(ctx context.Context, by auction.Actor, caseID uuid.UUID) (uuid.UUID, error) {
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	step := trail.Step{Act: trail.PayoutsSent, Rule: "F5", Public: true}
	return id, s.auction.OnCase(ctx, by, caseID, finance, step, func(a *auction.CaseAct) error {
		if err := holdClaims(ctx, a); err != nil {
			return err
		}
		send, err := sendable(ctx, a.Tx, caseID, by.AccountID)
		if err != nil {
			return err
		}
		var no int
		err = a.Tx.QueryRow(ctx, `INSERT INTO payout_files (id, case_id, no, released_by, released_at)
			SELECT @id, @case, coalesce(max(no), 0) + 1, @by, @now FROM payout_files WHERE case_id = @case RETURNING no`,
			pgx.NamedArgs{"id": id, "case": caseID, "by": by.AccountID, "now": a.Now}).Scan(&no)
		if err != nil {
			return fault.Internalf("make a payout file: %w", err)
		}
		body := audit.PayoutMoved{Event: string(Sent)}
		for _, x := range send {
			if err := move(ctx, a.Tx, x.payout, Sent, `file_id = @file, account_id = @account`, pgx.NamedArgs{"file": id, "account": x.account}); err != nil {
				return err
			}
			body.Payouts = append(body.Payouts, x.payout.ID.String())
		}
		a.Step.Detail = map[string]any{"file": id, "no": no, "payouts": len(send)}
		return a.Enter(ctx, audit.KindPayoutMoved, body)
	})
}

// sending is a payout with the account that it goes to.
type sending struct {
	payout  Payout
	account uuid.UUID
}

// sendable are the payouts that a person may release, held.
func sendable(ctx context.Context, tx pgx.Tx, caseID, by uuid.UUID) ([]sending, error) {
	payouts, err := readPayouts(ctx, tx, caseID)
	if err != nil {
		return nil, err
	}
	payees, err := readPayees(ctx, tx, caseID, by)
	if err != nil {
		return nil, err
	}
	var list []sending
	mine := false
	for _, p := range payouts {
		i := slices.IndexFunc(payees, func(x PayeeAccount) bool { return x.To == p.To })
		switch {
		case p.State != PayoutApproved || i < 0:
		case payees[i].Mine:
			mine = true
		default:
			list = append(list, sending{p, payees[i].id})
		}
	}
	switch {
	case len(list) == 0 && mine:
		return nil, fault.New(fault.Forbidden, fault.SamePerson).ByRule("F5")
	case len(list) == 0:
		return nil, fault.New(fault.Conflict, fault.PayeeMissing).ByRule("F3")
	}
	return list, nil
}

// move takes a payout through an event; set is SQL of further columns.
func move(ctx context.Context, tx pgx.Tx, p Payout, e PayoutEvent, set string, args pgx.NamedArgs) error {
	to, err := NextPayout(p.State, e)
	if err != nil {
		return err
	}
	args["id"], args["from"], args["to"] = p.ID, p.State, to
	tag, err := tx.Exec(ctx, `UPDATE payouts SET state = @to, `+set+` WHERE id = @id AND state = @from`, args)
	if violates(err, "payouts_two_persons") {
		return fault.New(fault.Forbidden, fault.SamePerson).ByRule("F5")
	}
	if err != nil {
		return fault.Internalf("move a payout: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, fault.PaymentStateConflict).ByRule("F3").With("state", string(p.State)).With("event", string(e))
	}
	return nil
}

// Result is what the bank's statement says of a payout.
type Result struct {
	Payout uuid.UUID
	// Event is Settled or Returned.
	Event PayoutEvent
	// BankReference of one that was carried out.
	BankReference string
	// Reason of one that came back.
	Reason docket.Text
}

// Settle puts on record that the bank carried a payout out, or that it came back; that one waits for another account.
//
// Faults: role_forbidden, not_found, invalid_request (event, bank_reference), reason_required, payment_state_conflict.
func (s *Service) Settle(ctx context.Context, by auction.Actor, r Result) error {
	caseID, err := caseOf(ctx, s.pool, "payouts", "payout", r.Payout)
	if err != nil {
		return err
	}
	r.BankReference = strings.TrimSpace(r.BankReference)
	step := trail.Step{Act: trail.PayoutSettled, Rule: "F3", Public: true, Detail: map[string]any{"payout": r.Payout}}
	if r.Event == Returned {
		step.Act = trail.PayoutReturned
		step.Reason = r.Reason
	}
	return s.auction.OnCase(ctx, by, caseID, finance, step, func(a *auction.CaseAct) error {
		if err := r.check(); err != nil {
			return err
		}
		if err := holdClaims(ctx, a); err != nil {
			return err
		}
		payouts, err := readPayouts(ctx, a.Tx, caseID)
		if err != nil {
			return err
		}
		p := payouts[slices.IndexFunc(payouts, func(x Payout) bool { return x.ID == r.Payout })]
		if r.Event == Settled {
			err = s.settled(ctx, a, p, r.BankReference)
		} else {
			err = s.cameBack(ctx, a, p)
		}
		if err != nil {
			return err
		}
		return a.Enter(ctx, audit.KindPayoutMoved, audit.PayoutMoved{Payouts: []string{p.ID.String()}, Event: string(r.Event)})
	})
}

func (r Result) check() error {
	switch {
	case r.Event != Settled && r.Event != Returned:
		return wrong("event", "F3")
	case r.Event == Settled && (r.BankReference == "" || utf8.RuneCountInString(r.BankReference) > maxName):
		return wrong("bank_reference", "F3")
	case r.Event == Returned && !named(r.Reason, maxReason):
		return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("F3")
	}
	return nil
}

func (s *Service) settled(ctx context.Context, a *auction.CaseAct, p Payout, reference string) error {
	if err := move(ctx, a.Tx, p, Settled, `paid_at = @now, bank_reference = @reference`, pgx.NamedArgs{"now": a.Now, "reference": reference}); err != nil {
		return err
	}
	return ledger.Post(ctx, a.Tx, a.Now, ledger.Posting{
		CaseID: a.CaseID, Kind: "payout_settled", Reference: p.ID, Key: "payout_settled/" + p.ID.String() + "/" + p.file.String(),
		Transfers: []ledger.Transfer{{Debit: ledger.PaidOut, Credit: ledger.Clearing, Amount: p.AmountFen}},
	})
}

// cameBack lets a payout wait again. Its account is taken out, so that it does not go there once more.
func (s *Service) cameBack(ctx context.Context, a *auction.CaseAct, p Payout) error {
	if err := move(ctx, a.Tx, p, Returned, `file_id = NULL, account_id = NULL, paid_at = NULL, bank_reference = ''`, pgx.NamedArgs{}); err != nil {
		return err
	}
	if _, err := a.Tx.Exec(ctx, `UPDATE payee_accounts SET replaced_at = @now WHERE id = @account AND replaced_at IS NULL`, pgx.NamedArgs{"now": a.Now, "account": p.account}); err != nil {
		return fault.Internalf("take out a payee's account: %w", err)
	}
	if p.State != PayoutPaid {
		return nil
	}
	return ledger.Post(ctx, a.Tx, a.Now, ledger.Posting{
		CaseID: a.CaseID, Kind: "payout_returned", Reference: p.ID, Key: "payout_returned/" + p.ID.String() + "/" + p.file.String(),
		Transfers: []ledger.Transfer{{Debit: ledger.Clearing, Credit: ledger.PaidOut, Amount: p.AmountFen}},
	})
}

// File is a file of transfers for the court's bank, read by its finance alone.
type File struct {
	ID         uuid.UUID  `json:"file"`
	CaseID     uuid.UUID  `json:"case"`
	CaseNumber string     `json:"case_number"`
	Court      string     `json:"court"`
	No         int        `json:"no"`
	ReleasedAt time.Time  `json:"released_at"`
	Lines      []FileLine `json:"lines"`
}

// FileLine is a transfer of a file.
type FileLine struct {
	Payout    uuid.UUID `json:"payout"`
	AmountFen money.Fen `json:"amount_fen"`
	Account
}

// FileOf reads a file of transfers. One whose payouts came back since lists what is left.
//
// Faults: role_forbidden, not_found.
func (s *Service) FileOf(ctx context.Context, by auction.Actor, id uuid.UUID) (File, error) {
	f := File{ID: id}
	var of uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT f.case_id, c.number, c.court_id, t.name_zh, f.no, f.released_at FROM payout_files f JOIN cases c ON c.id = f.case_id JOIN courts t ON t.id = c.court_id WHERE f.id = @id`,
		pgx.NamedArgs{"id": id}).Scan(&f.CaseID, &f.CaseNumber, &of, &f.Court, &f.No, &f.ReleasedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, fault.New(fault.NotFound, fault.NotFoundCode).InField("file")
	}
	if err != nil {
		return f, fault.Internalf("read a payout file: %w", err)
	}
	if err := finance(by, of); err != nil {
		return f, err
	}
	rows, err := s.pool.Query(ctx, `SELECT o.id, o.amount_fen, a.holder, a.bank, a.number FROM payouts o JOIN payee_accounts a ON a.id = o.account_id WHERE o.file_id = @id ORDER BY o.id`,
		pgx.NamedArgs{"id": id})
	if err != nil {
		return f, fault.Internalf("read a payout file: %w", err)
	}
	f.Lines, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l FileLine, err error) {
		return l, row.Scan(&l.Payout, &l.AmountFen, &l.Holder, &l.Bank, &l.Number)
	})
	if err != nil {
		return f, fault.Internalf("read a payout file: %w", err)
	}
	return f, nil
}
