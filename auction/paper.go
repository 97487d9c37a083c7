package auction

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/papers"
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
	facts.Criminal = c.Document.Kind == docket.Criminal
	facts.Applicants, facts.Debtors = partiesOn(kind, c.Document)
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

// partiesOn names the parties on a paper: by name on those that stay with the
// court, which it signs; as they are published on the others.
func partiesOn(kind papers.Kind, c docket.Case) (applicants, debtors []docket.Text) {
	c.Applicants = whoApplied(c)
	if kind.Audience() != papers.Court {
		return publicParties(c.Applicants, papers.Applicant()), publicParties(c.Debtors, papers.Debtor())
	}
	names := func(list []docket.Party, role docket.Text) []docket.Text {
		out := make([]docket.Text, len(list))
		for i, p := range list {
			if out[i] = p.Name; p.Name.IsZero() {
				out[i] = role
			}
		}
		return out
	}
	return names(c.Applicants, papers.Applicant()), names(c.Debtors, papers.Debtor())
}

// whoApplied are the applicants less, in a criminal case, the public body that stands there because it referred the case (Criminal 7).
func whoApplied(c docket.Case) []docket.Party {
	if c.Kind != docket.Criminal {
		return c.Applicants
	}
	return slices.DeleteFunc(slices.Clone(c.Applicants), func(p docket.Party) bool { return p.Kind == docket.PublicBody })
}

// saleFacts are what the papers after a sale state: buyer, price, property.
func saleFacts(ctx context.Context, tx pgx.Tx, l *lotRow) (papers.Facts, error) {
	f := papers.Facts{Price: *l.Price, Property: nil, NoReserve: l.Document.NoReserve}
	if n := len(l.Document.Previous); f.NoReserve != nil && n > 0 {
		f.LastReserve = money.Fen(l.Document.Previous[n-1].StartingPriceFen)
	}
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
			FROM takings t JOIN taking_offers o ON o.id = t.offer_id WHERE t.lot_id = @lot AND t.lapsed_at IS NULL`, pgx.NamedArgs{"lot": l.ID}).Scan(&f.Buyer)
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
		for _, e := range a.Document.Encumbrances {
			if e.AfterSale == docket.Remains {
				lines[i].Remains = append(lines[i].Remains, papers.Remaining(e))
			}
		}
	}
	return lines, nil
}
