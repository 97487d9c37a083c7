package notice

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/papers"
)

func insert(ctx context.Context, a *auction.LotAct, id uuid.UUID, n Notice) error {
	args := pgx.NamedArgs{
		"id": id, "lot": n.Lot, "role": n.Who.To, "no": n.Who.No, "outcome": n.Outcome, "way": "", "sent": nil, "served": nil,
		"proof": n.Proof, "proof_zh": n.ProofNote.Zh, "proof_en": n.ProofNote.En, "zh": "", "en": "", "published": nil,
		"by": a.By.AccountID, "now": a.Now,
	}
	switch n.Outcome {
	case Served:
		args["way"], args["served"] = n.Way, n.ServedAt
		if !n.SentAt.IsZero() {
			args["sent"] = n.SentAt
		}
	case Unreachable:
		args["zh"], args["en"], args["published"] = n.Reason.Zh, n.Reason.En, a.Now
	case Waived:
	}
	_, err := a.Tx.Exec(ctx, `
		INSERT INTO notices (id, lot_id, role, no, outcome, way, sent_at, served_at, proof, proof_zh, proof_en, reason_zh, reason_en,
			published_at, recorded_by, recorded_at)
		VALUES (@id, @lot, @role, @no, @outcome, @way, @sent, @served, @proof, @proof_zh, @proof_en, @zh, @en, @published, @by, @now)`, args)
	if err != nil {
		return fault.Internalf("insert notice: %w", err)
	}
	return nil
}

// Publication is one who cannot be told of a sale, as the platform names them (R16).
type Publication struct {
	Lot        uuid.UUID        `json:"lot"`
	Title      docket.Text      `json:"title"`
	CaseNumber string           `json:"case_number"`
	Court      docket.Text      `json:"court"`
	Who        auction.NoticeTo `json:"who"`
	// Name is the party's where it is published (a firm's), else its role.
	Name        docket.Text `json:"name"`
	Reason      docket.Text `json:"reason"`
	PublishedAt time.Time   `json:"published_at"`
}

// Published lists the newest publications, of one case or (uuid.Nil) of all, at most 200.
func (s *Service) Published(ctx context.Context, caseID uuid.UUID) ([]Publication, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT n.lot_id, l.title_zh, l.title_en, k.number, k.court, k.document, n.role, n.no, n.reason_zh, n.reason_en, n.published_at
		FROM notices n JOIN lots l ON l.id = n.lot_id JOIN cases k ON k.id = l.case_id
		WHERE n.published_at IS NOT NULL AND (@all OR l.case_id = @case) ORDER BY n.published_at DESC, n.id DESC LIMIT 200`,
		pgx.NamedArgs{"all": caseID == uuid.Nil, "case": caseID})
	if err != nil {
		return nil, fault.Internalf("read publications: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Publication, error) {
		var p Publication
		var court docket.Court
		var k docket.Case
		err := row.Scan(&p.Lot, &p.Title.Zh, &p.Title.En, &p.CaseNumber, &court, &k, &p.Who.To, &p.Who.No, &p.Reason.Zh, &p.Reason.En, &p.PublishedAt)
		p.Court, p.Name = court.Name, nameOf(p.Who, k)
		return p, err
	})
	if err != nil {
		return nil, fault.Internalf("read publications: %w", err)
	}
	return list, nil
}

func nameOf(who auction.NoticeTo, k docket.Case) docket.Text {
	zh, en := who.To.Name()
	if who.To == auction.ToPriority {
		zh, en = "优先购买权人", "priority purchaser"
	}
	role := docket.Text{Zh: zh, En: en}
	switch parties := map[docket.Notified][]docket.Party{docket.ToApplicant: k.Applicants, docket.ToDebtor: k.Debtors}[who.To]; {
	case who.No >= 1 && who.No <= len(parties):
		return papers.Party(parties[who.No-1], role)
	default:
		return role
	}
}
