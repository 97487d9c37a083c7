package auction

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
)

// makePaper writes a paper of a lot, with its hash in the log, in the
// transaction of the act that it belongs to.
func makePaper(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, l *lotRow, kind papers.Kind, facts papers.Facts) error {
	c, err := readCase(ctx, tx, l.CaseID)
	if err != nil {
		return err
	}
	id, err := newID()
	if err != nil {
		return err
	}
	facts.Applicants = publicParties(c.Document.Applicants, papers.Applicant())
	facts.Debtors = publicParties(c.Document.Debtors, papers.Debtor())
	document, hash, err := papers.Encode(papers.Paper{
		Version: papers.TemplateVersion, Kind: kind, Lot: l.ID.String(), CaseNumber: c.Number, Court: c.Court.Name,
		CourtPhone: l.Document.Contact.Phone, Title: l.Document.Title, Stage: l.Stage, MadeAt: now, Facts: facts,
	})
	if err != nil {
		return fault.Internalf("make %s: %w", kind, err)
	}
	at := l.entryTime(now)
	entry, err := audit.New(audit.KindPaper, at, &l.CaseID, &l.ID, 0, audit.PaperMade{
		Paper: id.String(), Kind: string(kind), Template: papers.TemplateVersion, Hash: hash,
	})
	if err != nil {
		return err
	}
	if err := sequencer.Append(ctx, tx, entry); err != nil {
		return err
	}
	l.ActedAt = &at
	_, err = tx.Exec(ctx, `
		WITH acted AS (UPDATE lots SET acted_at = @at WHERE id = @lot)
		INSERT INTO papers (id, lot_id, case_id, kind, template, audience, document, hash, entry_id, made_by, made_at)
		VALUES (@id, @lot, @case, @kind, @template, @audience, @document, @hash, @entry, @by, @now)`,
		pgx.NamedArgs{
			"at": at, "id": id, "lot": l.ID, "case": l.CaseID, "kind": kind, "template": papers.TemplateVersion, "audience": kind.Audience(),
			"document": string(document), "hash": hash, "entry": entry.ID, "by": nobodyIsNull(by), "now": now,
		})
	if err != nil {
		return fault.Internalf("insert paper: %w", err)
	}
	return nil
}

// saleFacts are what the papers after a sale state: buyer, price, property.
func saleFacts(ctx context.Context, tx pgx.Tx, l *lotRow) (papers.Facts, error) {
	f := papers.Facts{Price: *l.Price, Property: nil}
	if l.EndedAt != nil {
		f.EndsAt = *l.EndedAt
	}
	if l.PaidAt != nil {
		f.PaidAt = *l.PaidAt
	}
	var err error
	if f.Property, err = propertyLines(ctx, tx, l.ID); err != nil {
		return f, err
	}
	if l.BuyerCode == nil {
		f.Taken = true
		err = tx.QueryRow(ctx, `SELECT jsonb_build_object('zh', o.creditor_zh, 'en', o.creditor_en)
			FROM takings t JOIN taking_offers o ON o.id = t.offer_id WHERE t.lot_id = @lot`, pgx.NamedArgs{"lot": l.ID}).Scan(&f.Buyer)
		if err != nil {
			return f, fault.Internalf("read who took the property: %w", err)
		}
		return f, nil
	}
	f.BidderCode = *l.BuyerCode
	var paper papers.Confirmation
	if err := tx.QueryRow(ctx, `SELECT document FROM confirmations WHERE lot_id = @lot`, pgx.NamedArgs{"lot": l.ID}).Scan(&paper); err != nil {
		if isNoRows(err) {
			return f, nil // imported without one
		}
		return f, fault.Internalf("read confirmation: %w", err)
	}
	f.Buyer, f.Deposit = docket.Text{Zh: paper.BuyerName, En: paper.BuyerName}, paper.Deposit
	if a := paper.Agency; a != nil { // the ruling goes to the principals (R14)
		f.Agent, f.Buyer = f.Buyer, docket.Text{Zh: a.Names("zh-CN"), En: a.Names("en")}
	}
	return f, nil
}

func propertyLines(ctx context.Context, tx pgx.Tx, lot uuid.UUID) ([]papers.PropertyLine, error) {
	assets, err := lotAssets(ctx, tx, lot)
	if err != nil {
		return nil, err
	}
	lines := make([]papers.PropertyLine, len(assets))
	for i, a := range assets {
		info, _ := docket.Info(a.Document.Category)
		lines[i] = papers.PropertyLine{
			Title: a.Document.Title, Certificate: a.Document.Ownership.Certificate, Kind: info.Kind, Occupancy: a.Document.Occupancy.Title,
		}
	}
	return lines, nil
}

// WriteLetters makes the notification letters of a sale (R16): one to each
// recipient that its notifications name, and to each priority purchaser.
//
// Faults: role_forbidden, not_found, state_conflict (announced or beyond, or written already).
func (s *Service) WriteLetters(ctx context.Context, by Actor, lot uuid.UUID) error {
	return s.OnLot(ctx, by, lot, nil, trail.Step{Act: trail.LettersWritten, Rule: "R16"}, func(a *LotAct) error {
		if st := a.lot.state(); st != Draft && st != Voted {
			return conflict(st)
		}
		var written bool
		err := a.Tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM papers WHERE lot_id = @lot AND kind = @kind)`,
			pgx.NamedArgs{"lot": lot, "kind": papers.NotificationLetter}).Scan(&written)
		if err != nil {
			return fault.Internalf("look for letters: %w", err)
		}
		if written {
			return fault.New(fault.Conflict, fault.StateConflict).ByRule("R16")
		}
		terms, err := a.lot.terms()
		if err != nil {
			return err
		}
		property, err := propertyLines(ctx, a.Tx, lot)
		if err != nil {
			return err
		}
		var to []docket.Text
		for _, n := range a.lot.Document.Notifications {
			to = append(to, papers.Recipient(n.To))
		}
		for _, p := range a.lot.Document.PriorityPurchasers {
			if !p.Waived {
				to = append(to, p.Standing)
			}
		}
		for _, who := range to {
			facts := papers.Facts{To: who, Appraisal: terms.ReferenceFen, Start: terms.StartingPriceFen, Property: property}
			if err := makePaper(ctx, a.Tx, a.Now, by, &a.lot, papers.NotificationLetter, facts); err != nil {
				return err
			}
		}
		return nil
	})
}

// PaperView is a paper as a list shows it.
type PaperView struct {
	ID       uuid.UUID       `json:"paper"`
	LotID    uuid.UUID       `json:"lot"`
	CaseID   uuid.UUID       `json:"case"`
	CourtID  uuid.UUID       `json:"court"`
	Kind     papers.Kind     `json:"kind"`
	Template int             `json:"template"`
	Audience papers.Audience `json:"audience"`
	Hash     string          `json:"hash"`
	Entry    uuid.UUID       `json:"entry"`
	MadeAt   time.Time       `json:"made_at"`
	Paper    papers.Paper    `json:"document"`
}

const paperColumns = `SELECT p.id, p.lot_id, p.case_id, l.court_id, p.kind, p.template, p.audience, p.hash, p.entry_id, p.made_at, p.document
	FROM papers p JOIN lots l ON l.id = p.lot_id
	WHERE (p.audience = 'public' OR (@role = 'judge' AND l.court_id = @court) OR @role = 'inspector'
		OR (p.audience = 'buyer' AND EXISTS (SELECT FROM confirmations c WHERE c.lot_id = p.lot_id AND c.account_id = @account)))`

func (a Actor) paperArgs(more pgx.NamedArgs) pgx.NamedArgs {
	more["role"], more["court"], more["account"] = a.Role, a.CourtID, a.AccountID
	return more
}

// Papers lists the papers of a lot that somebody may read, oldest first.
func (s *Service) Papers(ctx context.Context, by Actor, lot uuid.UUID) ([]PaperView, error) {
	return s.papers(ctx, ` AND p.lot_id = @lot ORDER BY p.made_at, p.id`, by.paperArgs(pgx.NamedArgs{"lot": lot}))
}

// Paper is one paper. not_found for who may not read it: that it exists is not told.
func (s *Service) Paper(ctx context.Context, by Actor, id uuid.UUID) (PaperView, error) {
	list, err := s.papers(ctx, ` AND p.id = @id`, by.paperArgs(pgx.NamedArgs{"id": id}))
	if err != nil {
		return PaperView{}, err
	}
	if len(list) == 0 {
		return PaperView{}, notFound("paper")
	}
	return list[0], nil
}

func (s *Service) papers(ctx context.Context, where string, args pgx.NamedArgs) ([]PaperView, error) {
	rows, err := s.pool.Query(ctx, paperColumns+where, args)
	if err != nil {
		return nil, fault.Internalf("read papers: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PaperView])
	if err != nil {
		return nil, fault.Internalf("read papers: %w", err)
	}
	return list, nil
}

// Entry is one entry of the log by its id.
//
// Faults: not_found.
func (s *Service) Entry(ctx context.Context, id uuid.UUID) (audit.Entry, error) {
	var b []byte
	err := s.pool.QueryRow(ctx, `SELECT bytes FROM entries WHERE id = @id`, pgx.NamedArgs{"id": id}).Scan(&b)
	if isNoRows(err) {
		return audit.Entry{}, notFound("entry")
	}
	if err != nil {
		return audit.Entry{}, fault.Internalf("read entry: %w", err)
	}
	return audit.Parse(b)
}
