package auction

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// fixedPrice is the reference price of a piece of property as the court fixed it; the rows are auction/pricing's.
type fixedPrice struct {
	ID, Asset uuid.UUID
	Origin    docket.PricingOrigin
	// Fen is 0 where the costs took its place (R12e); then Costs is what a starting price lies above.
	Fen, Costs money.Fen
	ValidUntil docket.Date
	// DisposalDueAt is by when disposal begins, nil once it has.
	DisposalDueAt *time.Time
}

// bound is what fixed prices say of a lot; the zero value says nothing, for property whose price was found elsewhere.
type bound struct {
	// prices are those of the property, missing counts the things that need one and have none.
	prices  []fixedPrice
	missing int
}

// boundBy reads the newest fixed price of each thing in a lot. A thing needs one once its seizure is on record, or a
// determination has begun, also one that was withdrawn, or another thing of the lot has one.
func boundBy(ctx context.Context, tx pgx.Tx, assets []assetRow) (bound, error) {
	ids := make([]uuid.UUID, len(assets))
	for i, a := range assets {
		ids[i] = a.ID
	}
	// No price is withdrawn while something rests on it.
	if _, err := tx.Exec(ctx, `SELECT FROM price_determinations WHERE asset_id = ANY(@ids) ORDER BY id FOR SHARE`, pgx.NamedArgs{"ids": ids}); err != nil {
		return bound{}, fault.Internalf("hold fixed prices: %w", err)
	}
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT ON (p.asset_id) p.id, p.asset_id, p.origin, p.price_fen, coalesce(p.costs_fen, 0), coalesce(p.valid_until::text, ''),
			(SELECT d.due_at FROM duties d WHERE d.kind = 'begin_disposal' AND d.key = p.id::text AND d.state = 'owed')
		FROM price_determinations p WHERE p.asset_id = ANY(@ids) AND p.state = 'fixed' ORDER BY p.asset_id, p.fixed_at DESC`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return bound{}, fault.Internalf("read fixed prices: %w", err)
	}
	var b bound
	if b.prices, err = pgx.CollectRows(rows, pgx.RowToStructByPos[fixedPrice]); err != nil {
		return bound{}, fault.Internalf("read fixed prices: %w", err)
	}
	rows, err = tx.Query(ctx, `SELECT asset_id FROM price_determinations WHERE asset_id = ANY(@ids) AND state <> 'fixed'`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return bound{}, fault.Internalf("read determinations without a price: %w", err)
	}
	begun, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return bound{}, fault.Internalf("read determinations without a price: %w", err)
	}
	for _, a := range assets {
		has := slices.ContainsFunc(b.prices, func(p fixedPrice) bool { return p.Asset == a.ID })
		if !has && (len(b.prices) > 0 || a.Document.SeizedOn != "" || slices.Contains(begun, a.ID)) {
			b.missing++
		}
	}
	return b, nil
}

// reference is what the lot's reference must be: the sum, its kind, and the last day on which all of it is valid. ok is false
// when nothing binds, or things priced by the costs stand beside others.
func (b bound) reference() (fen money.Fen, origins []docket.PricingOrigin, until docket.Date, ok bool) {
	var days []docket.Date
	for _, p := range b.prices {
		sum, err := fen.Add(p.Fen)
		if err != nil {
			return fen, nil, "", false
		}
		fen = sum
		if !slices.Contains(origins, p.Origin) {
			origins = append(origins, p.Origin)
		}
		if p.Origin != docket.PricedByCosts {
			days = append(days, p.ValidUntil)
		}
	}
	if len(days) > 0 {
		until = slices.Min(days)
	}
	costs := slices.Contains(origins, docket.PricedByCosts)
	return fen, origins, until, len(origins) > 0 && (!costs || len(origins) == 1)
}

// checkBound holds R10 and R10p for property with a fixed price: the lot's reference is that price, with its origin and its
// term; and R12e: equity priced by the costs starts above them. prefix goes before the field's name.
func checkBound(list *faults, b bound, l docket.Lot, prefix string) {
	if len(b.prices) == 0 {
		return
	}
	if b.missing > 0 {
		return // told when it is announced
	}
	fen, origins, until, ok := b.reference()
	have, kind := Reference(l)
	appraised := len(origins) == 1 && origins[0] == docket.PricedByAppraisal
	fits := ok && slices.Contains(origins, l.PricingBasis.Origin) && have == fen && (kind == ByCosts || (kind == ByAppraisal) == appraised)
	if !fits || (kind != ByCosts && l.PricingBasis.ValidUntil != until) {
		f := fault.New(fault.Invalid, fault.ReferenceDiffers).InField(prefix + "pricing_basis").ByRule("R10")
		if ok {
			f = f.With("expected_fen", fen).With("expected_until", string(until)).With("expected_origin", string(origins[0]))
		}
		list.add(f)
		return
	}
	if kind == ByCosts {
		checkAboveCosts(list, b, l)
	}
}

// checkAboveCosts holds R12e: the start lies above the costs, at every stage.
func checkAboveCosts(list *faults, b bound, l docket.Lot) {
	var costs money.Fen
	for _, p := range b.prices {
		costs += p.Costs // each below 2^53: no overflow in 64 bits with 200 things
	}
	if start := money.Fen(l.StartingPriceFen); start <= costs {
		list.add(tooLow("R12e", start, costs+1))
	}
}

// checkFixed is checkBound for an announcement, which needs every price (R10p), and R12e's way on record.
func checkFixed(list *faults, b bound, l docket.Lot) {
	if b.missing > 0 {
		list.add(fault.New(fault.Conflict, fault.PriceNotFixed).InField("lot.pricing_basis").ByRule("R10p").With("missing", b.missing))
	}
	if _, kind := Reference(l); kind == ByCosts && len(b.prices) == 0 {
		list.add(fault.New(fault.Invalid, fault.ApplicationMissing).InField("lot.pricing_basis.origin").ByRule("R12e"))
	}
	checkBound(list, b, l, "lot.")
}

// ids names the prices in the log.
func (b bound) ids() []string {
	var list []string
	for _, p := range b.prices {
		list = append(list, p.ID.String())
	}
	return list
}

// disposalDue is by when disposal of the property begins, zero when it has or nothing binds (R10p, Price 30).
func (b bound) disposalDue() time.Time {
	var due time.Time
	for _, p := range b.prices {
		if p.DisposalDueAt != nil && (due.IsZero() || p.DisposalDueAt.Before(due)) {
			due = *p.DisposalDueAt
		}
	}
	return due
}

// begun marks that disposal of the property has begun.
func (b bound) begun(ctx context.Context, tx pgx.Tx, book *duty.Book, now time.Time) error {
	for _, p := range b.prices {
		if err := book.Done(ctx, tx, now, duty.BeginDisposal, p.ID.String()); err != nil {
			return err
		}
	}
	return nil
}

// fixWithin is how many days after the seizure the court begins to fix the price. R10p, Price 1.
const fixWithin = 30

// oweFixing owes that the court begins to fix the price of seized property (R10p): to the last instant of the thirtieth day
// after the seizure's, days being as long as the rule set's. Property seized on another day than stood before owes it anew;
// property whose determination has begun owes nothing.
func oweFixing(ctx context.Context, tx pgx.Tx, book *duty.Book, rules law.RuleSet, now time.Time, caseID, asset uuid.UUID, was, seized docket.Date) error {
	if was == seized {
		return nil
	}
	var keys []string
	var begun bool
	err := tx.QueryRow(ctx, `SELECT coalesce((SELECT array_agg(key) FROM duties WHERE kind = 'fix_reference_price' AND key LIKE @asset || ':%' AND state = 'owed'), '{}'),
		EXISTS (SELECT FROM price_determinations WHERE asset_id = @asset::uuid)`, pgx.NamedArgs{"asset": asset.String()}).Scan(&keys, &begun)
	if err != nil {
		return fault.Internalf("read the duty to fix a price: %w", err)
	}
	if begun { // what is owed still is a new price after supervision, which no day of seizure moves
		return nil
	}
	for _, key := range keys {
		if err := book.Cancel(ctx, tx, now, duty.FixReferencePrice, key); err != nil {
			return err
		}
	}
	if seized == "" {
		return nil
	}
	due, err := fixDue(rules, seized, now)
	if err != nil {
		return err
	}
	return oweFixingBy(ctx, tx, book, now, caseID, asset, due)
}

// OweFixingAnew owes that the court begins to fix another price, for supervision took back the one that there was and the enforcement goes
// on (R10p, Price 25). No text says by when; Price 1's thirty days are taken, from now (ours).
func (s *Service) OweFixingAnew(ctx context.Context, tx pgx.Tx, now time.Time, caseID, asset uuid.UUID) error {
	return oweFixingBy(ctx, tx, s.duties, now, caseID, asset, now.Add(fixWithin*s.rules.Day))
}

func oweFixingBy(ctx context.Context, tx pgx.Tx, book *duty.Book, now time.Time, caseID, asset uuid.UUID, due time.Time) error {
	id, err := newID()
	if err != nil {
		return err
	}
	return book.Owe(ctx, tx, now, duty.Duty{
		Kind: duty.FixReferencePrice, Key: asset.String() + ":" + id.String(), CaseID: &caseID, Rule: "R10p", Actor: duty.Judge, DueAt: due,
	})
}

// fixDue is the last instant in time. A seizure that is still to come is invalid_request.
func fixDue(rules law.RuleSet, seized docket.Date, now time.Time) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, string(seized), law.CourtTime())
	if err != nil || day.After(now) {
		return time.Time{}, fault.New(fault.Invalid, fault.InvalidRequest).InField("seized_on").ByRule("R10p")
	}
	return day.AddDate(0, 0, 1).Add(fixWithin*rules.Day - time.Millisecond), nil
}
