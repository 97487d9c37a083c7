package casefund

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// Lodging is a creditor's claim as finance records it from the application (参与分配申请, CPI 507) or, of the applicant, from the instrument.
type Lodging struct {
	Case uuid.UUID
	Kind distribution.Kind
	// Creditor is read by the court alone.
	Creditor docket.Text
	// Instrument is what the claim rests on (执行依据): its number. Who has priority over the property may apply without one (CPI 506).
	Instrument string
	Amount     money.Fen
	// Securities of a secured claim, over lots of the case.
	Securities []Security
	// Seized is the place of the creditor's seizure, from 1; 0 for none (CPI 514).
	Seized int
	// Applicant: the enforcement is theirs; who is not is paid after a panel's decision alone (F3).
	Applicant bool
}

// Security is priority over what a lot brought, by its rank from 1.
type Security struct {
	Lot  uuid.UUID `json:"lot"`
	Rank int       `json:"rank"`
}

// Lodge records a claim. Creditors may join until the case's money is paid out (CPI 507).
//
// Faults: role_forbidden, not_found, invalid_request with the field, amount_invalid and amount_too_large (amount_fen), claim_lodged_twice
// (conflict: the same creditor, instrument and kind).
func (s *Service) Lodge(ctx context.Context, by auction.Actor, l Lodging) (uuid.UUID, error) {
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	l.Instrument = strings.TrimSpace(l.Instrument)
	step := trail.Step{Act: trail.ClaimLodged, Rule: "F4", Public: true}
	return id, s.auction.OnCase(ctx, by, l.Case, finance, step, func(a *auction.CaseAct) error {
		order := distribution.ProRata
		if a.Document.Kind == docket.Criminal {
			order = distribution.Criminal
		}
		if err := l.check(order); err != nil {
			return err
		}
		if err := holdClaims(ctx, a); err != nil {
			return err
		}
		no, err := s.nextNo(ctx, a, l)
		if err != nil {
			return err
		}
		if err := insertClaim(ctx, a, id, no, l); err != nil {
			return err
		}
		a.Step.Detail = map[string]any{"claim": id, "no": no, "kind": l.Kind, "amount_fen": l.Amount}
		body := audit.ClaimLodged{Claim: id.String(), No: no, Kind: string(l.Kind), AmountFen: l.Amount, Seized: l.Seized, Applicant: l.Applicant}
		for _, x := range l.Securities {
			body.Securities = append(body.Securities, audit.Security{Pot: x.Lot.String(), Rank: x.Rank})
		}
		return a.Enter(ctx, audit.KindClaimLodged, body)
	})
}

func (l Lodging) check(order distribution.Order) error {
	rule := "F4"
	if order == distribution.Criminal {
		rule = "F4c"
	}
	if err := l.Amount.Valid(); err != nil {
		return fault.New(fault.KindOf(err), fault.CodeOf(err)).InField("amount_fen").ByRule(rule)
	}
	switch {
	case !slices.Contains(order.Kinds(), l.Kind):
		return wrong("kind", rule)
	case l.Amount == 0:
		return fault.New(fault.Invalid, fault.AmountInvalid).InField("amount_fen").ByRule(rule)
	case !named(l.Creditor, maxName):
		return wrong("creditor", rule)
	case utf8.RuneCountInString(l.Instrument) > maxName, l.Instrument == "" && l.Kind != distribution.Secured:
		return wrong("instrument", rule)
	case l.Seized < 0 || l.Seized > MaxClaims:
		return wrong("seized", rule)
	case (l.Kind == distribution.Secured) != (len(l.Securities) > 0):
		return wrong("securities", rule)
	}
	held := map[uuid.UUID]bool{}
	for i, x := range l.Securities {
		at := fmt.Sprintf("securities[%d]", i)
		switch {
		case held[x.Lot]:
			return wrong(at+".lot", rule)
		case x.Rank < 1 || x.Rank > MaxClaims:
			return wrong(at+".rank", rule)
		}
		held[x.Lot] = true
	}
	return nil
}

// nextNo is the number of a new claim, in a case whose claims are held; its securities are lots of the case.
func (s *Service) nextNo(ctx context.Context, a *auction.CaseAct, l Lodging) (no int, err error) {
	var standing int
	err = a.Tx.QueryRow(ctx, `SELECT coalesce(max(no), 0) + 1, count(*) FILTER (WHERE withdrawn_at IS NULL) FROM claims WHERE case_id = @case`,
		pgx.NamedArgs{"case": l.Case}).Scan(&no, &standing)
	if err != nil {
		return 0, fault.Internalf("number a claim: %w", err)
	}
	if standing >= MaxClaims {
		return 0, fault.New(fault.Conflict, fault.ClaimsFull).ByRule("F4").With("most", MaxClaims)
	}
	for i, x := range l.Securities {
		var ours bool
		if err := a.Tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM lots WHERE id = @lot AND case_id = @case)`, pgx.NamedArgs{"lot": x.Lot, "case": l.Case}).Scan(&ours); err != nil {
			return 0, fault.Internalf("read a security's lot: %w", err)
		}
		if !ours {
			return 0, fault.New(fault.NotFound, fault.NotFoundCode).InField(fmt.Sprintf("securities[%d].lot", i)).ByRule("F1")
		}
	}
	return no, nil
}

func insertClaim(ctx context.Context, a *auction.CaseAct, id uuid.UUID, no int, l Lodging) error {
	_, err := a.Tx.Exec(ctx, `INSERT INTO claims (id, case_id, no, kind, creditor_zh, creditor_en, instrument, amount_fen, seized, applicant, lodged_by, lodged_at)
		VALUES (@id, @case, @no, @kind, @zh, @en, @instrument, @amount, nullif(@seized::int, 0), @applicant, @by, @now)`,
		pgx.NamedArgs{
			"id": id, "case": l.Case, "no": no, "kind": l.Kind, "zh": strings.TrimSpace(l.Creditor.Zh), "en": strings.TrimSpace(l.Creditor.En), "instrument": l.Instrument,
			"amount": l.Amount, "seized": l.Seized, "applicant": l.Applicant, "by": a.By.AccountID, "now": a.Now,
		})
	if violates(err, "claims_once") {
		return fault.New(fault.Conflict, fault.ClaimLodgedTwice).InField("instrument").ByRule("F4")
	}
	if err != nil {
		return fault.Internalf("insert a claim: %w", err)
	}
	for i, x := range l.Securities {
		_, err := a.Tx.Exec(ctx, `INSERT INTO claim_securities (claim_id, no, lot_id, rank) VALUES (@claim, @no, @lot, @rank)`,
			pgx.NamedArgs{"claim": id, "no": i + 1, "lot": x.Lot, "rank": x.Rank})
		if err != nil {
			return fault.Internalf("insert a security: %w", err)
		}
	}
	return nil
}

// Withdraw takes a claim back, with a reason: it was paid otherwise, or was recorded wrongly. Nothing is erased.
//
// Faults: role_forbidden, not_found, reason_required, state_conflict (withdrawn already), plan_unsettled (paid in part by a plan of which a part is set aside).
func (s *Service) Withdraw(ctx context.Context, by auction.Actor, claim uuid.UUID, reason docket.Text) error {
	caseID, err := caseOf(ctx, s.pool, "claims", "claim", claim)
	if err != nil {
		return err
	}
	step := trail.Step{Act: trail.ClaimWithdrawn, Rule: "F4", Reason: reason, Public: true, Detail: map[string]any{"claim": claim}}
	return s.auction.OnCase(ctx, by, caseID, finance, step, func(a *auction.CaseAct) error {
		if !named(reason, maxReason) {
			return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("F4")
		}
		if err := holdClaims(ctx, a); err != nil {
			return err
		}
		if err := mayWithdraw(ctx, a.Tx, claim); err != nil {
			return err
		}
		tag, err := a.Tx.Exec(ctx, `UPDATE claims SET withdrawn_at = @now, withdrawn_by = @by, reason_zh = @zh, reason_en = @en WHERE id = @id AND withdrawn_at IS NULL`,
			pgx.NamedArgs{"id": claim, "now": a.Now, "by": by.AccountID, "zh": reason.Zh, "en": reason.En})
		if err != nil {
			return fault.Internalf("withdraw a claim: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.Conflict, fault.StateConflict).InField("claim").ByRule("F4")
		}
		return a.Enter(ctx, audit.KindClaimWithdrawn, audit.ClaimWithdrawn{Claim: claim.String(), ReasonHash: audit.HashText(reason.Zh)})
	})
}

// mayWithdraw keeps a claim that a plan paid in part while a suit decides about the rest: the plan is revised with it.
func mayWithdraw(ctx context.Context, tx pgx.Tx, claim uuid.UUID) error {
	var open bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM payouts o JOIN distributions d ON d.id = o.distribution_id
		WHERE o.claim_id = @claim AND NOT EXISTS (SELECT FROM distributions c WHERE c.root_id = d.root_id AND c.closed_at IS NOT NULL))`, pgx.NamedArgs{"claim": claim}).Scan(&open)
	if err != nil {
		return fault.Internalf("look for payouts of a claim: %w", err)
	}
	if open {
		return fault.New(fault.Conflict, fault.PlanUnsettled).ByRule("F4o")
	}
	return nil
}

// Claim is one as the court sees it.
type Claim struct {
	ID          uuid.UUID         `json:"claim"`
	No          int               `json:"no"`
	Kind        distribution.Kind `json:"kind"`
	Creditor    docket.Text       `json:"creditor"`
	Instrument  string            `json:"instrument"`
	AmountFen   money.Fen         `json:"amount_fen"`
	Seized      int               `json:"seized,omitempty"`
	Applicant   bool              `json:"applicant"`
	Securities  []Security        `json:"securities"`
	LodgedAt    time.Time         `json:"lodged_at"`
	WithdrawnAt *time.Time        `json:"withdrawn_at,omitempty"`
	Reason      docket.Text       `json:"reason,omitzero"`
}

// Claims lists a case's claims with those withdrawn, by their numbers, for its court.
//
// Faults: role_forbidden, not_found.
func (s *Service) Claims(ctx context.Context, by auction.Actor, caseID uuid.UUID) ([]Claim, error) {
	of, err := courtOf(ctx, s.pool, caseID)
	if err != nil {
		return nil, err
	}
	if err := court(by, of); err != nil {
		return nil, err
	}
	return readClaims(ctx, s.pool, caseID)
}

func readClaims(ctx context.Context, q querier, caseID uuid.UUID) ([]Claim, error) {
	rows, err := q.Query(ctx, `SELECT id, no, kind, creditor_zh, creditor_en, instrument, amount_fen, coalesce(seized, 0), applicant, lodged_at, withdrawn_at, reason_zh, reason_en
		FROM claims WHERE case_id = @case ORDER BY no`, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read claims: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Claim, err error) {
		c.Securities = []Security{}
		return c, row.Scan(&c.ID, &c.No, &c.Kind, &c.Creditor.Zh, &c.Creditor.En, &c.Instrument, &c.AmountFen, &c.Seized, &c.Applicant, &c.LodgedAt, &c.WithdrawnAt, &c.Reason.Zh, &c.Reason.En)
	})
	if err != nil {
		return nil, fault.Internalf("read claims: %w", err)
	}
	at := make(map[uuid.UUID]int, len(list))
	for i := range list {
		at[list[i].ID] = i
	}
	rows, err = q.Query(ctx, `SELECT x.claim_id, x.lot_id, x.rank FROM claim_securities x JOIN claims c ON c.id = x.claim_id WHERE c.case_id = @case ORDER BY x.claim_id, x.no`,
		pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read securities: %w", err)
	}
	var id uuid.UUID
	var x Security
	_, err = pgx.ForEachRow(rows, []any{&id, &x.Lot, &x.Rank}, func() error {
		list[at[id]].Securities = append(list[at[id]].Securities, x)
		return nil
	})
	if err != nil {
		return nil, fault.Internalf("read securities: %w", err)
	}
	return list, nil
}
