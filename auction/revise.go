package auction

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/lifecycle"
	"mingchui/auction/trail"
)

// Revision is a draft's new document, whole.
type Revision struct {
	Lot uuid.UUID
	// Document replaces the lot's; Ref and AssetRefs are not looked at. Its
	// stage is the lot's, and the failed sales before it are the lot's own
	// where they were held here.
	Document docket.Lot
	// Seen is DraftView.DocumentHash of what was revised; empty revises
	// whatever stands.
	Seen string
}

// Revised tells where a revised lot stands.
type Revised struct {
	State       State
	TermsDigest string
	// VotesVoid counts the votes that were cast on the terms before and count no more.
	VotesVoid int
}

// Revise changes the terms and the text of a lot that was not announced. Other
// terms make it a Draft again: the votes on those before count no more (R6) and
// stay on record, the panel owes its vote anew, and other priority purchasers
// are confirmed anew (R19). With the terms as they were, only the text changes
// and the votes hold. What the text still lacks is told by CheckAnnouncement.
//
// Faults: role_forbidden, not_found, state_conflict (announced or beyond),
// draft_changed (conflict: somebody revised it since); otherwise a *Refusal
// that lists everything: those of CheckTerms, reference_differs (R10), invalid_request (another stage),
// document_invalid (no title, R25's days, a value that cannot be: a date, a length).
func (s *Service) Revise(ctx context.Context, by Actor, r Revision) (Revised, error) {
	var out Revised
	err := s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		l, err := lockLotOf(ctx, tx, by, r.Lot)
		if err != nil {
			return err
		}
		if _, err := lifecycle.Next(l.state(), lifecycle.TermsRevised); err != nil {
			return err
		}
		hash, err := documentHash(l.Document)
		if err != nil {
			return err
		}
		if r.Seen != "" && r.Seen != hash {
			return fault.New(fault.Conflict, fault.DraftChanged)
		}
		out, err = s.revise(ctx, tx, now, by, &l, r.Document)
		return err
	})
	return out, err
}

func (s *Service) revise(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, l *lotRow, document docket.Lot) (Revised, error) {
	var out Revised
	rules, err := l.rules()
	if err != nil {
		return out, err
	}
	document.Ref, document.AssetRefs = "", nil
	if l.PreviousID != nil {
		document.Previous = l.Document.Previous
	}
	c, err := readCase(ctx, tx, l.CaseID)
	if err != nil {
		return out, err
	}
	assets, err := lotAssets(ctx, tx, l.ID)
	if err != nil {
		return out, err
	}
	d := draft{rules: rules, state: l.state(), stage: l.Stage, kind: l.Kind, lot: document, kase: c.Document, court: c.Court, now: now}
	for _, a := range assets {
		d.assets = append(d.assets, a.Document)
	}
	if d.bound, err = boundBy(ctx, tx, assets); err != nil {
		return out, err
	}
	if list, err := revisionFaults(d); err != nil || len(list) > 0 {
		return out, refusedOr(err, list)
	}
	terms := TermsOf(rules, document)
	if out.TermsDigest, err = terms.Digest(); err != nil {
		return out, err
	}
	args := pgx.NamedArgs{
		"document": document, "title_zh": document.Title.Zh, "title_en": document.Title.En, "search": searchTerms(c, assets, document),
		"reference": terms.ReferenceFen, "reference_kind": terms.ReferenceKind, "start": terms.StartingPriceFen, "increment": terms.IncrementFen,
		"deposit": terms.DepositFen, "digest": out.TermsDigest, "due_days": terms.BalanceDueDays,
	}
	if out.TermsDigest == l.TermsDigest {
		// What the panel votes on stays; only the text changes.
		args["lot_id"], out.State = l.ID, l.state()
		if _, err := tx.Exec(ctx, `UPDATE lots SET `+revisedColumns+` WHERE id = @lot_id`, args); err != nil {
			return out, fault.Internalf("write lot: %w", err)
		}
		return out, onTrail(ctx, tx, now, by, l, trail.Step{Act: trail.LotRevised})
	}
	if err := pass(ctx, tx, s.duties, l, lifecycle.Happening{Event: lifecycle.TermsRevised, At: now}, revisedColumns, args); err != nil {
		return out, err
	}
	out.State = l.state()
	if err := onTrail(ctx, tx, now, by, l, trail.Step{Act: trail.LotRevised, Rule: "R6"}); err != nil {
		return out, err
	}
	out.VotesVoid, err = newTerms(ctx, tx, now, l, document, terms, out.TermsDigest)
	return out, err
}

const revisedColumns = `document = @document, title_zh = @title_zh, title_en = @title_en, search = @search, reference_fen = @reference,
	reference_kind = @reference_kind, starting_price_fen = @start, increment_fen = @increment, deposit_fen = @deposit,
	terms_digest = @digest, balance_due_days = @due_days`

// newTerms does what other terms bring with them: the entry, the votes that
// count no more, standings of ranks that were voted on.
func newTerms(ctx context.Context, tx pgx.Tx, now time.Time, l *lotRow, document docket.Lot, t Terms, digest string) (int, error) {
	err := enterLot(ctx, tx, now, l, audit.KindLotRevised, audit.LotRevised{
		TermsDigest: digest, ReferenceFen: t.ReferenceFen, ReferenceKind: string(t.ReferenceKind),
		StartingPriceFen: t.StartingPriceFen, IncrementFen: t.IncrementFen, DepositFen: t.DepositFen, MaximumBids: t.MaximumBids,
	})
	if err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, `UPDATE votes SET superseded_at = @now WHERE lot_id = @lot AND superseded_at IS NULL`, pgx.NamedArgs{"lot": l.ID, "now": *l.ActedAt})
	if err != nil {
		return 0, fault.Internalf("set votes on other terms aside: %w", err)
	}
	before, err := l.terms()
	if err != nil {
		return 0, err
	}
	if !reflect.DeepEqual(before.PriorityPurchasers, t.PriorityPurchasers) {
		if _, err := tx.Exec(ctx, `DELETE FROM standings WHERE lot_id = @lot AND capacity = 'priority'`, pgx.NamedArgs{"lot": l.ID}); err != nil {
			return 0, fault.Internalf("drop standings of other ranks: %w", err)
		}
	}
	l.Document, l.TermsDigest = document, digest
	return int(tag.RowsAffected()), nil
}

// revisionFaults is everything that keeps a document from replacing a draft's.
func revisionFaults(d draft) (faults, error) {
	list := faults(CheckTerms(d.rules, TermsOf(d.rules, d.lot)))
	if d.lot.Stage != d.stage {
		list.add(empty("stage")) // the listing is in the log with its stage
	}
	checkNoReserve(&list, d.rules, d.kase.Kind, d.lot, d.now)
	checkBound(&list, d.bound, d.lot, "")
	found, err := contentProblems(d)
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		field, ofLot := lotField(p.Path)
		// A lot without a name cannot be found on the bench; the rest may be missing until the announcement.
		if ofLot && (p.Malformed() || strings.HasPrefix(field, "title")) && !list.at(field) {
			list.add(fault.New(fault.Invalid, fault.DocumentInvalid).InField(field).ByRule(p.Rule).
				With("problem_zh", p.Message.Zh).With("problem_en", p.Message.En))
		}
	}
	return list, nil
}

// documentHash names a document as it stands, for who revises it.
func documentHash(l docket.Lot) (string, error) {
	b, err := json.Marshal(l)
	if err != nil {
		return "", fault.Internalf("encode lot: %w", err)
	}
	return audit.HashText(string(b)), nil
}
