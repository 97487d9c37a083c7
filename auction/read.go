package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// CourtName is a court as lists show it.
type CourtName struct {
	ID   uuid.UUID   `json:"id"`
	Code string      `json:"code"`
	Name docket.Text `json:"name"`
}

// LotSummary is a lot as lists, cards and the head of its page show it. Names
// are api.md's.
type LotSummary struct {
	ID         uuid.UUID `json:"lot"`
	CaseID     uuid.UUID `json:"case"`
	CaseNumber string    `json:"case_number"`
	Court      CourtName `json:"court"`
	Stage      law.Stage `json:"stage"`
	Status     Status    `json:"status"`
	// Outcome is empty until the end: sold, unsold, paid, ruled, defaulted.
	Outcome  string          `json:"outcome,omitempty"`
	RuleSet  string          `json:"rule_set"`
	Category docket.Category `json:"category"`
	Kind     law.Kind        `json:"property_kind"`
	// Region is six digits of GB/T 2260; Place its name for a card.
	Region    string      `json:"region"`
	Place     docket.Text `json:"place"`
	Occupancy string      `json:"occupancy,omitempty"`
	Title     docket.Text `json:"title"`
	// AppraisalFen is the reference price; ReferenceKind tells whether it was
	// appraised or is the market's. 0 for equity priced by costs (R12e).
	AppraisalFen     money.Fen     `json:"appraisal_fen"`
	ReferenceKind    ReferenceKind `json:"reference_kind"`
	StartingPriceFen money.Fen     `json:"starting_price_fen"`
	IncrementFen     money.Fen     `json:"increment_fen"`
	DepositFen       money.Fen     `json:"deposit_fen"`
	// PriceFen and LeaderCode are the committed course's; nil and empty without a bid.
	PriceFen   *money.Fen `json:"price_fen"`
	LeaderCode string     `json:"leader_code,omitempty"`
	// Seq is the committed course's, 0 before it is open.
	Seq        int64 `json:"seq"`
	Bids       int64 `json:"bids"`
	Extensions int64 `json:"extensions"`
	// Admitted counts the codes that were admitted; nil until bidding has ended (R18).
	Admitted    *int64     `json:"admitted,omitempty"`
	AnnouncedAt *time.Time `json:"announced_at,omitempty"`
	StartsAt    *time.Time `json:"starts_at,omitempty"`
	// EndsAt is the running end, extensions included.
	EndsAt       *time.Time   `json:"ends_at,omitempty"`
	EndedAt      *time.Time   `json:"ended_at,omitempty"`
	BalanceDueAt *time.Time   `json:"balance_due_at,omitempty"`
	SuspendedAt  *time.Time   `json:"suspended_at,omitempty"`
	Reason       *docket.Text `json:"reason,omitempty"`
	Card         Card         `json:"card"`

	// State is the whole state, for the court's own pages.
	State State `json:"-"`
	// announcedEnd orders Ending: it stays while bids move the end.
	announcedEnd time.Time
}

// CurrentFen is the price where somebody bid, else the starting price.
func (l *LotSummary) CurrentFen() money.Fen {
	if l.PriceFen != nil {
		return *l.PriceFen
	}
	return l.StartingPriceFen
}

// Extended reports a live lot whose end has moved.
func (l *LotSummary) Extended() bool { return l.Status == StatusLive && l.Extensions > 0 }

// summaryRow is a lot's summary as a row, in the order of summaryColumns.
type summaryRow struct {
	ID, CaseID                                                        uuid.UUID
	CaseNumber                                                        string
	CourtID                                                           uuid.UUID
	CourtCode, CourtZH, CourtEN                                       string
	Stage                                                             law.Stage
	Status                                                            string
	Outcome                                                           *string
	RuleSet                                                           string
	Category                                                          docket.Category
	Kind                                                              law.Kind
	Region, RegionZH, RegionEN, Occupancy, TitleZH, TitleEN           string
	Reference                                                         money.Fen
	ReferenceKind                                                     ReferenceKind
	Start, Increment, Deposit                                         money.Fen
	Price                                                             *money.Fen
	Leader                                                            *string
	Seq, Bids, Extensions                                             int64
	Admitted                                                          *int64
	AnnouncedAt, StartsAt, EndsAt, EndedAt, BalanceDueAt, SuspendedAt *time.Time
	ReasonZH, ReasonEN                                                string
	Card                                                              Card
	AnnouncedEnd                                                      *time.Time
}

const summaryColumns = `l.id, l.case_id, k.number, l.court_id, ct.code, ct.name_zh, ct.name_en, l.stage, l.status, l.outcome, l.rule_set,
	l.category, l.kind, l.region, l.region_zh, l.region_en, l.occupancy, l.title_zh, l.title_en, l.reference_fen, l.reference_kind,
	l.starting_price_fen, l.increment_fen, l.deposit_fen, coalesce(l.price_fen, c.price_fen), coalesce(l.buyer_code, c.leader_code),
	coalesce(c.seq, 0), coalesce(c.bids, 0), coalesce(c.extensions, 0), CASE WHEN l.status IN ('ended', 'withdrawn') THEN c.admitted END, l.announced_at, l.starts_at,
	coalesce(c.ends_at, l.announced_ends_at), l.ended_at, l.balance_due_at, l.suspended_at, l.status_reason_zh, l.status_reason_en, l.card,
	l.announced_ends_at`

const summaryTables = ` FROM lots l JOIN cases k ON k.id = l.case_id JOIN courts ct ON ct.id = l.court_id LEFT JOIN courses c ON c.lot_id = l.id `

func (r *summaryRow) summary(now time.Time) LotSummary {
	s := LotSummary{
		ID: r.ID, CaseID: r.CaseID, CaseNumber: r.CaseNumber,
		Court: CourtName{r.CourtID, r.CourtCode, docket.Text{Zh: r.CourtZH, En: r.CourtEN}},
		Stage: r.Stage, RuleSet: r.RuleSet, Category: r.Category, Kind: r.Kind, Region: r.Region,
		Place: docket.Text{Zh: r.RegionZH, En: r.RegionEN}, Occupancy: r.Occupancy, Title: docket.Text{Zh: r.TitleZH, En: r.TitleEN},
		AppraisalFen: r.Reference, ReferenceKind: r.ReferenceKind, StartingPriceFen: r.Start, IncrementFen: r.Increment, DepositFen: r.Deposit,
		PriceFen: r.Price, Seq: r.Seq, Bids: r.Bids, Extensions: r.Extensions, Admitted: r.Admitted,
		AnnouncedAt: r.AnnouncedAt, StartsAt: r.StartsAt, EndsAt: r.EndsAt, EndedAt: r.EndedAt, BalanceDueAt: r.BalanceDueAt,
		SuspendedAt: r.SuspendedAt, Card: r.Card, State: stateOf(r.Status, r.Outcome),
	}
	if r.Outcome != nil {
		s.Outcome = *r.Outcome
	}
	if r.AnnouncedEnd != nil {
		s.announcedEnd = *r.AnnouncedEnd
	}
	if r.Leader != nil {
		s.LeaderCode = *r.Leader
	}
	if r.ReasonZH != "" {
		s.Reason = &docket.Text{Zh: r.ReasonZH, En: r.ReasonEN}
	}
	start := now
	if r.StartsAt != nil {
		start = *r.StartsAt
	}
	s.Status = StatusAt(s.State, start, now)
	return s
}

// summaries runs a query of summaryColumns.
func (s *Service) summaries(ctx context.Context, now time.Time, rest string, args pgx.NamedArgs) ([]LotSummary, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+summaryColumns+summaryTables+rest, args)
	if err != nil {
		return nil, fault.Internalf("read lots: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[summaryRow])
	if err != nil {
		return nil, fault.Internalf("read lots: %w", err)
	}
	out := make([]LotSummary, len(list))
	for i := range list {
		out[i] = list[i].summary(now)
	}
	return out, nil
}
