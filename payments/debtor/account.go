package debtor

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
	"mingchui/payments/casefund"
)

// ProposalState is where a proposed account stands.
type ProposalState string

// The states. Finance leaves Proposed by taking it over or declining it, the debtor by naming another.
const (
	Proposed ProposalState = "proposed"
	Taken    ProposalState = "taken"
	Declined ProposalState = "declined"
	Replaced ProposalState = "replaced"
)

// Proposal is where the debtor wants a surplus to go.
type Proposal struct {
	ID      uuid.UUID
	CaseID  uuid.UUID
	Number  string
	Account casefund.Account
	At      time.Time
	State   ProposalState
	// Reason is why finance declined it.
	Reason string
}

const proposalColumns = `d.id, d.case_id, c.number, d.holder, d.bank, d.number, d.proposed_at, d.state, d.reason`

func scanProposal(row pgx.CollectableRow) (p Proposal, err error) {
	return p, row.Scan(&p.ID, &p.CaseID, &p.Number, &p.Account.Holder, &p.Account.Bank, &p.Account.Number, &p.At, &p.State, &p.Reason)
}

func lastProposal(ctx context.Context, q querier, caseID uuid.UUID) (*Proposal, error) {
	rows, err := q.Query(ctx, `SELECT `+proposalColumns+` FROM debtor_accounts d JOIN cases c ON c.id = d.case_id WHERE d.case_id = @case ORDER BY d.proposed_at DESC, d.id DESC LIMIT 1`,
		pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read a debtor's account: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanProposal)
	if err != nil {
		return nil, fault.Internalf("read a debtor's account: %w", err)
	}
	if len(list) == 0 {
		return nil, nil //nolint:nilnil // none was named
	}
	return &list[0], nil
}

// Propose says where the debtor wants a surplus to go, in place of what finance has not decided yet. Whoever holds the code may: so it moves
// nothing until finance took it over, which holds it against the debtor's papers, and another person released the money (F5).
//
// Faults: invalid_request (holder, bank, number).
func (s *Service) Propose(ctx context.Context, in Inside, account casefund.Account) error {
	account, err := account.Clean()
	if err != nil {
		return err
	}
	id, err := newID()
	if err != nil {
		return err
	}
	return s.auction.InTx(ctx, func(tx pgx.Tx, now time.Time) error {
		if err := hold(ctx, tx, in.CaseID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE debtor_accounts SET state = 'replaced', decided_at = @now WHERE case_id = @case AND state = 'proposed'`,
			pgx.NamedArgs{"case": in.CaseID, "now": now}); err != nil {
			return fault.Internalf("replace a debtor's account: %w", err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO debtor_accounts (id, case_id, door_id, holder, bank, number, proposed_at, state)
			VALUES (@id, @case, @door, @holder, @bank, @number, @now, 'proposed')`,
			pgx.NamedArgs{"id": id, "case": in.CaseID, "door": in.Door, "holder": account.Holder, "bank": account.Bank, "number": account.Number, "now": now}); err != nil {
			return fault.Internalf("keep a debtor's account: %w", err)
		}
		return trail.Record(ctx, tx, trail.Step{CaseID: in.CaseID, At: now, Role: trail.Machine, Act: trail.DebtorAccountNamed, Rule: "F3", Detail: map[string]any{"account": id}})
	})
}

// Proposals lists what debtors of the court's cases proposed and finance has not decided, the oldest first.
//
// Faults: role_forbidden.
func (s *Service) Proposals(ctx context.Context, by auction.Actor) ([]Proposal, error) {
	if err := finance(by, by.CourtID); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `SELECT `+proposalColumns+` FROM debtor_accounts d JOIN cases c ON c.id = d.case_id
		WHERE c.court_id = @court AND d.state = 'proposed' ORDER BY d.proposed_at, d.id LIMIT 500`, pgx.NamedArgs{"court": by.CourtID})
	if err != nil {
		return nil, fault.Internalf("read debtors' accounts: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanProposal)
	if err != nil {
		return nil, fault.Internalf("read debtors' accounts: %w", err)
	}
	return list, nil
}

// Take makes a proposed account the debtor's payee account. Who takes it over has recorded it: another person releases money to it (F5).
//
// Faults: role_forbidden, not_found, state_conflict (decided, or replaced).
func (s *Service) Take(ctx context.Context, by auction.Actor, id uuid.UUID) error {
	step := trail.Step{Act: trail.PayeeRecorded, Rule: "F3", Detail: map[string]any{"to": "debtor", "account": id}}
	return s.decide(ctx, by, id, step, func(a *auction.CaseAct, account casefund.Account) error {
		if err := casefund.RecordPayee(ctx, a, nil, account); err != nil { // it holds the case, as Propose does before the row
			return err
		}
		return settle(ctx, a, id, Taken, "")
	})
}

// Decline tells the debtor why an account is not taken over.
//
// Faults: role_forbidden, not_found, reason_required, state_conflict.
func (s *Service) Decline(ctx context.Context, by auction.Actor, id uuid.UUID, reason string) error {
	reason = strings.TrimSpace(reason)
	step := trail.Step{Act: trail.DebtorAccountBarred, Rule: "F3", Detail: map[string]any{"account": id}}
	return s.decide(ctx, by, id, step, func(a *auction.CaseAct, _ casefund.Account) error {
		if reason == "" || utf8.RuneCountInString(reason) > maxReason {
			return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("F3")
		}
		return settle(ctx, a, id, Declined, reason)
	})
}

// maxReason bounds what is written to the debtor, in characters.
const maxReason = 1000

func (s *Service) decide(ctx context.Context, by auction.Actor, id uuid.UUID, step trail.Step, f func(a *auction.CaseAct, account casefund.Account) error) error {
	rows, err := s.pool.Query(ctx, `SELECT `+proposalColumns+` FROM debtor_accounts d JOIN cases c ON c.id = d.case_id WHERE d.id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return fault.Internalf("read a debtor's account: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanProposal)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("account")
	}
	if err != nil {
		return fault.Internalf("read a debtor's account: %w", err)
	}
	return s.auction.OnCase(ctx, by, p.CaseID, finance, step, func(a *auction.CaseAct) error { return f(a, p.Account) })
}

func settle(ctx context.Context, a *auction.CaseAct, id uuid.UUID, to ProposalState, reason string) error {
	tag, err := a.Tx.Exec(ctx, `UPDATE debtor_accounts SET state = @to, decided_by = @by, decided_at = @now, reason = @reason WHERE id = @id AND state = 'proposed'`,
		pgx.NamedArgs{"id": id, "to": to, "by": a.By.AccountID, "now": a.Now, "reason": reason})
	if err != nil {
		return fault.Internalf("decide a debtor's account: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, fault.StateConflict).InField("account").ByRule("F3")
	}
	return nil
}
