package auction

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/papers"
)

// CaseDetail is a case as the public reads it: parties by role unless a name
// is published, an instrument only where it may be.
type CaseDetail struct {
	ID             uuid.UUID         `json:"case"`
	Number         string            `json:"number"`
	Kind           docket.CaseKind   `json:"kind"`
	Court          docket.Court      `json:"court"`
	CourtID        uuid.UUID         `json:"court_id"`
	FiledOn        docket.Date       `json:"filed_on"`
	Cause          docket.Text       `json:"cause"`
	Instrument     docket.Instrument `json:"instrument"`
	Applicants     []docket.Text     `json:"applicants"`
	Debtors        []docket.Text     `json:"debtors"`
	ClaimFen       money.Fen         `json:"claim_fen"`
	PriorityClaims []PublicClaim     `json:"priority_claims"`
	OpenedAt       time.Time         `json:"opened_at"`
	// Lots are the published ones, newest first.
	Lots []LotSummary `json:"lots"`
}

// PublicClaim is a claim with priority as the public reads it: the creditor by
// role unless it is a party whose name is published. The docket's note is the court's.
type PublicClaim struct {
	Rank      int                      `json:"rank"`
	Kind      docket.PriorityClaimKind `json:"kind"`
	Creditor  docket.Text              `json:"creditor"`
	AmountFen money.Fen                `json:"amount_fen"`
}

func publicClaims(k docket.Case) []PublicClaim {
	out := make([]PublicClaim, len(k.PriorityClaims))
	for i, c := range k.PriorityClaims {
		out[i] = PublicClaim{Rank: c.Rank, Kind: c.Kind, Creditor: papers.Creditor(c.Kind), AmountFen: money.Fen(c.AmountFen)}
		for _, party := range slices.Concat(k.Applicants, k.Debtors) {
			if party.Name == c.Creditor {
				out[i].Creditor = papers.Party(party, out[i].Creditor)
			}
		}
	}
	return out
}

// CaseByKey reads a case by its id or its court number. not_found when there
// is none with a published lot.
func (s *Service) CaseByKey(ctx context.Context, key string, now time.Time) (CaseDetail, error) {
	if id, err := uuid.Parse(key); err == nil {
		return s.readCaseDetail(ctx, now, `id = @key`, id)
	}
	return s.readCaseDetail(ctx, now, `number = @key`, key)
}

// Case reads a case by its id.
func (s *Service) Case(ctx context.Context, id uuid.UUID, now time.Time) (CaseDetail, error) {
	return s.readCaseDetail(ctx, now, `id = @key`, id)
}

func (s *Service) readCaseDetail(ctx context.Context, now time.Time, where string, key any) (CaseDetail, error) {
	var d CaseDetail
	var document docket.Case
	err := s.pool.QueryRow(ctx, `SELECT id, court_id, number, kind, document, court, claim_fen, created_at FROM cases WHERE `+where,
		pgx.NamedArgs{"key": key}).Scan(&d.ID, &d.CourtID, &d.Number, &d.Kind, &document, &d.Court, &d.ClaimFen, &d.OpenedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return CaseDetail{}, notFound("case")
	}
	if err != nil {
		return CaseDetail{}, fault.Internalf("read case: %w", err)
	}
	d.FiledOn, d.Cause, d.Instrument = document.FiledOn, document.Cause, publicInstrument(document.Instrument)
	d.Applicants = publicParties(document.Applicants, papers.Applicant())
	d.Debtors = publicParties(document.Debtors, papers.Debtor())
	d.PriorityClaims = publicClaims(document)
	d.Lots, err = s.summaries(ctx, now, ` WHERE l.case_id = @case AND l.announced_at IS NOT NULL ORDER BY l.announced_at DESC, l.id DESC`, pgx.NamedArgs{"case": d.ID})
	if err != nil {
		return CaseDetail{}, err
	}
	if len(d.Lots) == 0 {
		return CaseDetail{}, notFound("case")
	}
	return d, nil
}
