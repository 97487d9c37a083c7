package retention

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
)

// ErasableAt is the first instant at which the names beside the log of a sale
// that ended at ended may be erased.
func ErasableAt(rules law.RuleSet, ended time.Time) time.Time { return ended.Add(rules.RetainFor()) }

// Held is what a sale holds that may be erased one day.
type Held struct {
	Lot     uuid.UUID
	RuleSet string
	// EndedAt is when the sale was over: its end, the payment, the handing over, whichever came last.
	EndedAt time.Time
	// Documents counts what is there to erase.
	Documents int
	// ErasableAt is from when on it may be.
	ErasableAt time.Time
}

// held lists sales that are over and what they hold; one that still waits for its handing over is not over.
const held = `SELECT l.id, l.rule_set, greatest(l.ended_at, l.paid_at, r.handed_over_at, l.withdrawn_at),
		(SELECT count(*) FROM confirmations c WHERE c.lot_id = l.id AND c.erased_at IS NULL)
		+ (SELECT count(*) FROM handover_steps h WHERE h.lot_id = l.id AND h.note <> '')
		+ (SELECT count(*) FROM handover_notes n WHERE n.lot_id = l.id AND n.note <> '')
		+ (SELECT count(*) FROM papers p WHERE p.lot_id = l.id AND p.audience <> 'public' AND p.erased_at IS NULL)
		+ (SELECT count(*) FROM statement_marks m WHERE m.lot_id = l.id AND m.reason <> '')
		+ (SELECT count(*) FROM agencies g WHERE g.lot_id = l.id AND g.form <> '') AS documents
	FROM lots l LEFT JOIN rulings r ON r.lot_id = l.id
	WHERE (l.status = 'withdrawn'
		OR l.status = 'ended' AND l.outcome NOT IN ('sold', 'paid', 'taken') AND (l.outcome <> 'ruled' OR r.handed_over_at IS NOT NULL))`

// List lists the ended sales that hold something erasable, those that may go first.
func List(ctx context.Context, pool *pgxpool.Pool) ([]Held, error) {
	rows, err := pool.Query(ctx, `SELECT * FROM (`+held+`) h WHERE documents > 0 ORDER BY 3, 1`)
	if err != nil {
		return nil, fault.Internalf("list what is held: %w", err)
	}
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fault.Internalf("list what is held: %w", err)
	}
	return list, nil
}

func scan(row pgx.CollectableRow) (h Held, err error) {
	if err := row.Scan(&h.Lot, &h.RuleSet, &h.EndedAt, &h.Documents); err != nil {
		return h, err
	}
	rules, ok := law.ByName(h.RuleSet)
	if !ok {
		return h, fault.Internalf("lot %s: rule set %q is not known", h.Lot, h.RuleSet)
	}
	h.ErasableAt = ErasableAt(rules, h.EndedAt)
	return h, nil
}

// Erase erases the names and texts of one sale beside the log, at an operator's command.
//
// Faults: role_forbidden, not_found, state_conflict (the sale is not over, or
// holds nothing), retention_runs (R29, with erasable_at).
func Erase(ctx context.Context, s *auction.Service, by auction.Actor, lot uuid.UUID) error {
	step := trail.Step{Act: trail.DocumentsErased, Rule: "R29", Public: true}
	return s.OnLot(ctx, by, lot, operators, step, func(a *auction.LotAct) error {
		rows, err := a.Tx.Query(ctx, held+` AND l.id = @lot`, pgx.NamedArgs{"lot": lot})
		if err != nil {
			return fault.Internalf("read what is held: %w", err)
		}
		h, err := pgx.CollectExactlyOneRow(rows, scan)
		switch {
		case errors.Is(err, pgx.ErrNoRows), err == nil && h.Documents == 0:
			return fault.New(fault.Conflict, fault.StateConflict).With("state", string(a.Lot().State))
		case err != nil:
			return fault.Internalf("read what is held: %w", err)
		case a.Now.Before(h.ErasableAt):
			return fault.New(fault.Conflict, fault.RetentionRuns).ByRule("R29").With("erasable_at", h.ErasableAt)
		}
		hashes, err := erase(ctx, a)
		if err != nil {
			return err
		}
		a.Step.Detail = map[string]any{"documents": len(hashes)}
		return a.Enter(ctx, audit.KindDocumentsErased, audit.DocumentsErased{Hashes: hashes})
	})
}

func operators(by auction.Actor, _ uuid.UUID) error {
	if by.Role != "operator" {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// erase empties names and texts and returns the hashes that stay of them.
func erase(ctx context.Context, a *auction.LotAct) ([]string, error) {
	hashes, err := eraseName(ctx, a)
	if err != nil {
		return nil, err
	}
	ofPapers, err := erasePapers(ctx, a)
	if err != nil {
		return nil, err
	}
	hashes = append(hashes, ofPapers...)
	for _, sql := range []string{
		`UPDATE handover_steps SET note = '' WHERE lot_id = @lot AND note <> '' RETURNING note_hash`,
		`UPDATE handover_notes SET note = '' WHERE lot_id = @lot AND note <> '' RETURNING hash`,
		`UPDATE statement_marks SET reason = '' WHERE lot_id = @lot AND reason <> '' RETURNING reason_hash`,
		`WITH principals AS (UPDATE agency_principals SET name = '', id_number = '', salt = ''
			WHERE agency_id IN (SELECT id FROM agencies WHERE lot_id = @lot AND form <> ''))
		UPDATE agencies SET form = '' WHERE lot_id = @lot AND form <> '' RETURNING hash`,
	} {
		rows, err := a.Tx.Query(ctx, sql, pgx.NamedArgs{"lot": a.Lot().ID})
		if err != nil {
			return nil, fault.Internalf("erase texts: %w", err)
		}
		more, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fault.Internalf("erase texts: %w", err)
		}
		hashes = append(hashes, more...)
	}
	return hashes, nil
}

// erasePapers takes names and the court's own records out of the papers of court and buyer; their hashes and entries stay.
func erasePapers(ctx context.Context, a *auction.LotAct) ([]string, error) {
	rows, err := a.Tx.Query(ctx, `SELECT id, document, hash FROM papers WHERE lot_id = @lot AND audience <> 'public' AND erased_at IS NULL ORDER BY made_at, id`,
		pgx.NamedArgs{"lot": a.Lot().ID})
	if err != nil {
		return nil, fault.Internalf("read papers: %w", err)
	}
	type row struct {
		ID    uuid.UUID
		Paper papers.Paper
		Hash  string
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return nil, fault.Internalf("read papers: %w", err)
	}
	var hashes []string
	for _, r := range list {
		r.Paper.Erase()
		document, err := json.Marshal(r.Paper)
		if err != nil {
			return nil, fault.Internalf("encode paper: %w", err)
		}
		_, err = a.Tx.Exec(ctx, `UPDATE papers SET document = @document, erased_at = @now WHERE id = @id`,
			pgx.NamedArgs{"id": r.ID, "document": string(document), "now": a.Now})
		if err != nil {
			return nil, fault.Internalf("erase a paper's names: %w", err)
		}
		hashes = append(hashes, r.Hash)
	}
	return hashes, nil
}

// eraseName takes the buyer's name and its salt out of the confirmation; its hash and the commitment stay.
func eraseName(ctx context.Context, a *auction.LotAct) ([]string, error) {
	var paper papers.Confirmation
	var hash string
	lot := pgx.NamedArgs{"lot": a.Lot().ID}
	err := a.Tx.QueryRow(ctx, `SELECT document, hash FROM confirmations WHERE lot_id = @lot AND erased_at IS NULL`, lot).Scan(&paper, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Internalf("read confirmation: %w", err)
	}
	paper.BuyerName, paper.NameSalt = "", ""
	paper.Agency, paper.AgencySalt = nil, ""
	document, err := json.Marshal(paper)
	if err != nil {
		return nil, fault.Internalf("encode confirmation: %w", err)
	}
	_, err = a.Tx.Exec(ctx, `UPDATE confirmations SET buyer_name = '', name_salt = '', document = @document, erased_at = @now WHERE lot_id = @lot`,
		pgx.NamedArgs{"lot": a.Lot().ID, "document": string(document), "now": a.Now})
	if err != nil {
		return nil, fault.Internalf("erase a name: %w", err)
	}
	return []string{hash}, nil
}
