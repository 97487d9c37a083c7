package auction

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/lifecycle"
	"mingchui/auction/money"
	"mingchui/auction/outbox"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
)

// Announcement asks for a lot to be published.
type Announcement struct {
	Lot uuid.UUID
	// StartsAt and EndsAt are cut to milliseconds.
	StartsAt, EndsAt time.Time
	// LateReason is published when a sale comes after its time (R26, R26s); Superior is the office that approved it.
	LateReason docket.Text
	Superior   docket.Text
}

// lotTold is what the outbox tells of a lot; fields that an event has not are left out.
type lotTold struct {
	Lot        uuid.UUID  `json:"lot"`
	Case       uuid.UUID  `json:"case"`
	Stage      law.Stage  `json:"stage,omitempty"`
	StartsAt   *time.Time `json:"starts_at,omitempty"`
	EndsAt     *time.Time `json:"ends_at,omitempty"`
	Sold       *bool      `json:"sold,omitempty"`
	PriceFen   money.Fen  `json:"price_fen,omitempty"`
	BidderCode string     `json:"bidder_code,omitempty"`
	At         time.Time  `json:"at"`
}

// Announce publishes a voted lot: the announcement with its seven notices is
// made, hashed and stored, the engine is owed its course.
//
// Faults: role_forbidden, not_found, state_conflict; otherwise a *Refusal that
// lists everything that is missing, each with its rule, field and how to mend
// it: votes_missing (R6), those of CheckTerms (R10, R17, R26), announcement_too_late
// (R12, R26, R26s), bidding_too_short (R20b, R26s), second_sale_too_late (R26),
// no_surplus, not_insisted (R6s), debt_covered (R14s), objection_open (R31), notice_too_late, notice_of_earlier_sale (R16), indivisible_split (R15), announcement_incomplete (R13, R10p), occupancy_unknown
// (R2024), taxes_all_on_buyer (R30), price_not_fixed, late_reason_required (R10p), reference_differs (R10), application_missing (R12e).
func (s *Service) Announce(ctx context.Context, by Actor, a Announcement) error {
	return s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		p, err := s.prepare(ctx, tx, now, by, a)
		if err != nil {
			return err
		}
		list, err := announcementFaults(p.draft)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			return &Refusal{Faults: list}
		}
		return s.publish(ctx, tx, p.draft.now, by, p)
	})
}

// CheckAnnouncement is Announce without publishing: the faults that it would
// list, none when it would go through. The editor calls it as the judge writes.
func (s *Service) CheckAnnouncement(ctx context.Context, by Actor, a Announcement) ([]*fault.Error, error) {
	var list []*fault.Error
	err := s.act(ctx, func(tx pgx.Tx, now time.Time) error {
		p, err := s.prepare(ctx, tx, now, by, a)
		if err != nil {
			return err
		}
		list, err = announcementFaults(p.draft)
		return err
	})
	return list, err
}

// prepared is a draft with its rows.
type prepared struct {
	draft draft
	lot   lotRow
	kase  caseRow
}

func (s *Service) prepare(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, a Announcement) (prepared, error) {
	var p prepared
	l, err := lockLotOf(ctx, tx, by, a.Lot)
	if err != nil {
		return p, err
	}
	if st := l.state(); st != Draft && st != Voted {
		return p, conflict(st)
	}
	rules, err := l.rules()
	if err != nil {
		return p, err
	}
	c, err := readCase(ctx, tx, l.CaseID)
	if err != nil {
		return p, err
	}
	assets, err := lotAssets(ctx, tx, l.ID)
	if err != nil {
		return p, err
	}
	if err := holdProperty(ctx, tx, assets); err != nil {
		return p, err
	}
	now = l.entryTime(now) // the time ahead (R12) counts from the entry's time
	d := draft{
		rules: rules, state: l.state(), stage: l.Stage, kind: l.Kind, lot: l.Document, kase: c.Document, court: c.Court, now: now,
		startsAt: audit.Millis(a.StartsAt), endsAt: audit.Millis(a.EndsAt), late: Late{Superior: a.Superior, Reason: a.LateReason},
	}
	err = tx.QueryRow(ctx, `SELECT @panel - count(*) FROM votes WHERE lot_id = @lot AND terms_digest = @digest AND superseded_at IS NULL`,
		pgx.NamedArgs{"panel": l.PanelSize, "lot": l.ID, "digest": l.TermsDigest}).Scan(&d.votesMissing)
	if err != nil {
		return p, fault.Internalf("count votes: %w", err)
	}
	for _, row := range assets {
		d.assets = append(d.assets, row.Document)
	}
	if d.split, err = splitGroups(ctx, tx, c.ID, l.Document, assets); err != nil {
		return p, err
	}
	if d.bound, err = boundBy(ctx, tx, assets); err != nil {
		return p, err
	}
	if d.published, err = publishedNotices(ctx, tx, l.ID); err != nil {
		return p, err
	}
	life, err := caseLife(ctx, tx, l.CaseID)
	if err != nil {
		return p, err
	}
	d.covered = !life.MayAnnounce()
	if d.claim, err = told(noClaim(ctx, tx, l.ID), fault.ObjectionOpen); err != nil {
		return p, err
	}
	if d.otherSale, err = told(oneSale(ctx, tx, l.ID), fault.PropertyInSale); err != nil {
		return p, err
	}
	if d.surplus, err = surplusOf(ctx, tx, l.ID, c.Document, d.assets); err != nil {
		return p, err
	}
	if d.previousEnded, err = previousEnd(ctx, tx, &l); err != nil {
		return p, err
	}
	return prepared{draft: d, lot: l, kase: c}, nil
}

// told keeps a refusal of this code for the list of what stands in the way; other errors end the look.
func told(err error, code fault.Code) (*fault.Error, error) {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == code {
		return f, nil
	}
	return nil, err
}

// previousEnd is when the sale before ended, or the taking that followed it lapsed; zero where there is none on this platform, or it did not end.
func previousEnd(ctx context.Context, tx pgx.Tx, l *lotRow) (time.Time, error) {
	var ended *time.Time
	if l.PreviousID == nil {
		return time.Time{}, nil
	}
	err := tx.QueryRow(ctx, `SELECT greatest(ended_at, (SELECT max(lapsed_at) FROM takings WHERE lot_id = @id)) FROM lots WHERE id = @id`,
		pgx.NamedArgs{"id": *l.PreviousID}).Scan(&ended)
	if err != nil {
		return time.Time{}, fault.Internalf("read the sale before: %w", err)
	}
	if ended == nil {
		return time.Time{}, nil
	}
	return *ended, nil
}

func (s *Service) publish(ctx context.Context, tx pgx.Tx, now time.Time, by Actor, p prepared) error {
	l, d := &p.lot, p.draft
	document, hash, err := papers.Encode(announcementOf(p, now))
	if err != nil {
		return fault.Internalf("make announcement: %w", err)
	}
	happening := lifecycle.Happening{Event: lifecycle.WasAnnounced, At: now, StartsAt: d.startsAt, EndsAt: d.endsAt}
	err = pass(ctx, tx, s.duties, l, happening, `announced_at = @now, starts_at = @starts, announced_ends_at = @ends`,
		pgx.NamedArgs{"now": now, "starts": d.startsAt, "ends": d.endsAt})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO announcements (lot_id, document, hash, published_by, published_at)
		VALUES (@lot, @document, @hash, @by, @now)`,
		pgx.NamedArgs{"lot": l.ID, "document": string(document), "hash": hash, "by": by.AccountID, "now": now})
	if err != nil {
		return fault.Internalf("insert announcement: %w", err)
	}
	t := TermsOf(d.rules, d.lot)
	err = enterLot(ctx, tx, now, l, audit.KindLotAnnounced, audit.LotAnnounced{
		RuleSet: d.rules.Name, RuleDigest: d.rules.Digest(), Stage: d.stage, PropertyKind: d.kind,
		ReferenceFen: t.ReferenceFen, ReferenceKind: string(t.ReferenceKind), StartingPriceFen: t.StartingPriceFen,
		IncrementFen: t.IncrementFen, DepositFen: t.DepositFen, PreviousStartingPriceFen: t.PreviousStartingPriceFen,
		TermsDigest: l.TermsDigest, StartsAt: d.startsAt, EndsAt: d.endsAt, BalanceDueDays: int64(t.BalanceDueDays), DocumentHash: hash,
		MaximumBids: t.MaximumBids, Prices: d.bound.ids(), NoReserve: noReserveEntry(t.NoReserve),
	})
	if err != nil {
		return err
	}
	step := trail.Step{Act: trail.Announced, Rule: leadRule(d.stage), Public: true}
	step.Ground, step.Detail = noReserveStep(t.NoReserve)
	if rule, latest, at := d.latest(); !latest.IsZero() && at.After(latest) {
		step.Rule = rule
		step.Late = &trail.Late{DueAt: latest, Superior: d.late.Superior, Reason: d.late.Reason}
	}
	if err := onTrail(ctx, tx, now, by, l, step); err != nil {
		return err
	}
	if err := makePaper(ctx, tx, now, by, l, papers.SpecialNotices, papers.Facts{StartsAt: d.startsAt, EndsAt: d.endsAt}); err != nil {
		return err
	}
	if err := d.bound.begun(ctx, tx, s.duties, now); err != nil {
		return err
	}
	if l.PreviousID != nil {
		previous, err := lockLot(ctx, tx, *l.PreviousID)
		if err != nil {
			return err
		}
		if err := pass(ctx, tx, s.duties, &previous, lifecycle.Happening{Event: lifecycle.NextSaleAnnounced, At: now}, "", nil); err != nil {
			return err
		}
	}
	return outbox.Tell(ctx, tx, now, "lot.announced", lotTold{
		Lot: l.ID, Case: l.CaseID, Stage: d.stage, StartsAt: &d.startsAt, EndsAt: &d.endsAt, At: now,
	})
}

func announcementOf(p prepared, now time.Time) papers.Announcement {
	d, k := p.draft, p.draft.kase
	t := TermsOf(d.rules, d.lot)
	a := papers.Announcement{
		Version: 1, Lot: p.lot.ID.String(), CaseNumber: p.kase.Number, Court: d.court, Stage: d.stage, Title: d.lot.Title,
		PublishedAt: now, StartsAt: d.startsAt, EndsAt: d.endsAt, RuleSet: d.rules.Name, RuleDigest: d.rules.Digest(),
		StartingPrice: t.StartingPriceFen, Increment: t.IncrementFen, Deposit: t.DepositFen,
		Reference: t.ReferenceFen, ReferenceKind: string(t.ReferenceKind), PricingBasis: d.lot.PricingBasis,
		BiddingRules: papers.Rules(d.rules, d.stage), Instrument: publicInstrument(k.Instrument), Property: d.assets,
		Applicants: publicParties(k.Applicants, papers.Applicant()), Debtors: publicParties(k.Debtors, papers.Debtor()),
		PriorityPurchasers: d.lot.PriorityPurchasers, Notifications: d.lot.Notifications,
		Payment: d.lot.Payment, BalanceDueDays: t.BalanceDueDays, Contact: d.lot.Contact, Viewing: d.lot.Viewing,
		Conditions: d.lot.BidderConditions, PurchaseLimits: d.lot.PurchaseLimits, Approval: d.lot.Approval, WholeEquity: d.lot.WholeEquity, Handover: d.lot.Handover,
		Disclaimer: d.lot.Disclaimer, Auxiliary: d.lot.Auxiliary, Liability: papers.Liability(t.BalanceDueDays),
		Notices: papers.Notices(), LateReason: d.late.Reason, NoReserve: t.NoReserve, Referred: k.Kind == docket.Criminal && len(whoApplied(k)) == 0,
	}
	if t.MaximumBids {
		a.MaximumBids, a.BiddingRules = true, append(a.BiddingRules, papers.MaximumBids())
	}
	for _, before := range d.lot.Previous {
		a.Previous = append(a.Previous, papers.PreviousSale{
			Stage: before.Stage, StartingPrice: money.Fen(before.StartingPriceFen), EndedOn: before.EndedOn,
		})
	}
	return a
}

// publicParties shows names where they are published, else roles.
func publicParties(list []docket.Party, role docket.Text) []docket.Text {
	out := make([]docket.Text, len(list))
	for i, p := range list {
		out[i] = papers.Party(p, role)
	}
	return out
}

// publicInstrument leaves of an instrument that may not be published only the reason.
func publicInstrument(i docket.Instrument) docket.Instrument {
	if i.Publishable {
		return i
	}
	return docket.Instrument{ReasonNot: i.ReasonNot}
}
