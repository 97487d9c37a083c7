package auction

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
)

// addressee is whom a notification letter goes to.
type addressee struct {
	NoticeTo

	// Name is empty where only the role is known.
	Name docket.Text
}

// addressees are those that the law wants told of a sale and those that its
// notifications name besides, one by one (R16, ASE 11); who waived in writing is
// left out, by the newest notice on record or by the document.
func addressees(lot docket.Lot, k docket.Case, assets []docket.Asset, waived map[NoticeTo]bool) []addressee {
	var out []addressee
	add := func(to docket.Notified, no int, name docket.Text) {
		who := NoticeTo{to, no}
		left, recorded := waived[who]
		for _, n := range lot.Notifications {
			if !recorded && n.To == to && n.Waived && (n.No == 0 || n.No == no) {
				left = true
			}
		}
		if !left {
			out = append(out, addressee{who, name})
		}
	}
	for i, p := range k.Applicants {
		add(docket.ToApplicant, i+1, p.Name)
	}
	for i, p := range k.Debtors {
		add(docket.ToDebtor, i+1, p.Name)
	}
	for i, holder := range SecurityHolders(assets) {
		add(docket.ToSecurityHolder, i+1, holder)
	}
	for _, p := range lot.PriorityPurchasers {
		if _, recorded := waived[NoticeTo{ToPriority, p.Rank}]; recorded || !p.Waived {
			add(ToPriority, p.Rank, p.Standing)
		}
	}
	for _, n := range lot.Notifications {
		switch n.To {
		case docket.ToCoOwner, docket.ToCompany, docket.ToOther:
			add(n.To, n.No, docket.Text{})
		case docket.ToApplicant, docket.ToDebtor, docket.ToSecurityHolder, ToPriority: // above, each of them
		}
	}
	return out
}

// WriteLetters makes the notification letters of a sale (R16): one to each that
// is to be told, by number, and has none yet.
//
// Faults: role_forbidden, not_found, state_conflict (announced or beyond, or nobody is without a letter).
func (s *Service) WriteLetters(ctx context.Context, by Actor, lot uuid.UUID) error {
	step := trail.Step{Act: trail.LettersWritten, Rule: "R16"}
	return s.OnLot(ctx, by, lot, nil, step, func(a *LotAct) error {
		if st := a.lot.state(); st != Draft && st != Voted {
			return conflict(st)
		}
		to, err := a.lettersOwed(ctx)
		if err != nil {
			return err
		}
		if len(to) == 0 {
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
		for _, who := range to {
			facts := papers.Facts{
				To: who.Name, ToRole: who.To, ToNo: who.No, Appraisal: terms.ReferenceFen, Start: terms.StartingPriceFen, Deposit: terms.DepositFen, Property: property,
			}
			if err := makePaper(ctx, a.Tx, a.Now, by, &a.lot, papers.NotificationLetter, facts); err != nil {
				return err
			}
		}
		a.Step.Detail = map[string]any{"letters": len(to)}
		return nil
	})
}

// lettersOwed are the addressees without a letter. Letters of version 1 say no number, so they stand for all.
func (a *LotAct) lettersOwed(ctx context.Context) ([]addressee, error) {
	c, err := readCase(ctx, a.Tx, a.lot.CaseID)
	if err != nil {
		return nil, err
	}
	rows, err := lotAssets(ctx, a.Tx, a.lot.ID)
	if err != nil {
		return nil, err
	}
	assets := make([]docket.Asset, len(rows))
	for i, r := range rows {
		assets[i] = r.Document
	}
	waived, err := countBy(ctx, a.Tx, `SELECT DISTINCT ON (role, no) role, no, (outcome = 'waived')::int FROM notices WHERE lot_id = @lot
		ORDER BY role, no, recorded_at DESC, id DESC`, a.lot.ID)
	if err != nil {
		return nil, err
	}
	left := make(map[NoticeTo]bool, len(waived))
	for who, n := range waived {
		left[who] = n > 0
	}
	written, err := countBy(ctx, a.Tx, `SELECT coalesce(document->'facts'->>'to_role', ''), coalesce((document->'facts'->>'to_no')::int, 0), count(*)::int
		FROM papers WHERE lot_id = @lot AND kind = 'notification_letter' GROUP BY 1, 2`, a.lot.ID)
	if err != nil || written[NoticeTo{}] > 0 {
		return nil, err
	}
	var out []addressee
	for _, who := range addressees(a.lot.Document, c.Document, assets, left) {
		if written[who.NoticeTo] > 0 { // of equal ranks, each has its own
			written[who.NoticeTo]--
			continue
		}
		out = append(out, who)
	}
	return out, nil
}

// countBy reads a number for each recipient.
func countBy(ctx context.Context, tx pgx.Tx, sql string, lot uuid.UUID) (map[NoticeTo]int, error) {
	rows, err := tx.Query(ctx, sql, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, fault.Internalf("read recipients: %w", err)
	}
	out := map[NoticeTo]int{}
	var who NoticeTo
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&who.To, &who.No, &n}, func() error {
		out[who] = n
		return nil
	}); err != nil {
		return nil, fault.Internalf("read recipients: %w", err)
	}
	return out, nil
}
