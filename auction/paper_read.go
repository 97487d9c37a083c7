package auction

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/papers"
)

// PaperView is a paper as a list shows it.
type PaperView struct {
	// ID of an announcement or a confirmation is its entry's.
	ID       uuid.UUID       `json:"paper"`
	LotID    uuid.UUID       `json:"lot"`
	CaseID   uuid.UUID       `json:"case"`
	CourtID  uuid.UUID       `json:"court"`
	Kind     papers.Kind     `json:"kind"`
	Template int             `json:"template"`
	Audience papers.Audience `json:"audience"`
	Hash     string          `json:"hash"`
	// Entry is the entry of the log that fixes Hash.
	Entry  uuid.UUID `json:"entry"`
	MadeAt time.Time `json:"made_at"`
	// ErasedAt is when names in Document were erased (R29); then Hash is not of it any more.
	ErasedAt *time.Time `json:"erased_at,omitempty"`
	// Document is what was hashed, byte for byte.
	Document json.RawMessage `json:"document"`
}

// Text writes the paper; lang is "en" or any other for Chinese.
func (v *PaperView) Text(lang string) (papers.Text, error) {
	sheet, err := papers.Open(v.Kind, v.Document)
	if err != nil {
		return papers.Text{}, fault.Internalf("paper %s: %w", v.ID, err)
	}
	return sheet.Text(lang), nil
}

// paperRows bounds a list of papers; a case of hundreds of lots is read lot by lot.
const paperRows = 1000

const paperColumns = `SELECT p.id, p.lot_id, p.case_id, l.court_id, p.kind, p.template, p.audience, p.hash, p.entry_id, p.made_at, p.erased_at, p.document
	FROM sheets p JOIN lots l ON l.id = p.lot_id
	WHERE (p.audience = 'public' OR (@role = 'judge' AND l.court_id = @court) OR @role = 'inspector'
		OR (p.audience = 'buyer' AND EXISTS (SELECT FROM confirmations c WHERE c.lot_id = p.lot_id AND c.account_id = @account)))`

func (a Actor) paperArgs(more pgx.NamedArgs) pgx.NamedArgs {
	more["role"], more["court"], more["account"], more["limit"] = a.Role, a.CourtID, a.AccountID, paperRows
	return more
}

// Papers lists the papers of a lot that somebody may read, oldest first.
func (s *Service) Papers(ctx context.Context, by Actor, lot uuid.UUID) ([]PaperView, error) {
	return s.papers(ctx, ` AND p.lot_id = @lot ORDER BY p.made_at, p.id LIMIT @limit`, by.paperArgs(pgx.NamedArgs{"lot": lot}))
}

// PapersOfCase lists the papers of a case that somebody may read, oldest first, at most a thousand.
func (s *Service) PapersOfCase(ctx context.Context, by Actor, caseID uuid.UUID) ([]PaperView, error) {
	return s.papers(ctx, ` AND p.case_id = @case ORDER BY p.made_at, p.id LIMIT @limit`, by.paperArgs(pgx.NamedArgs{"case": caseID}))
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
