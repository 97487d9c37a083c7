package auction

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// DutyView is a person's duty on a list.
type DutyView struct {
	ID         uuid.UUID   `json:"id"`
	Kind       duty.Kind   `json:"kind"`
	Rule       string      `json:"rule,omitempty"`
	LotID      *uuid.UUID  `json:"lot,omitempty"`
	LotTitle   docket.Text `json:"lot_title,omitzero"`
	CaseID     *uuid.UUID  `json:"case,omitempty"`
	CaseNumber string      `json:"case_number,omitempty"`
	DueAt      time.Time   `json:"due_at"`
	// DaysLeft counts days of the lot's rule set, rounded down: negative when late.
	DaysLeft int64 `json:"days_left"`
	Late     bool  `json:"late"`
	// RemindedAt is when it was reminded of.
	RemindedAt *time.Time `json:"reminded_at,omitempty"`
}

// BenchLot is a lot on the judges' bench.
type BenchLot struct {
	LotSummary

	// State is api.md's status in full: sold, paid, ruled and so on.
	State State     `json:"state"`
	Votes VoteCount `json:"votes"`
	// Mine tells whether the reading judge has voted on the terms.
	Mine bool `json:"voted_by_me"`
	// Next is the soonest duty of a judge or of the buyer for the lot, nil without one.
	NextDuty  *string    `json:"next_duty,omitempty"`
	NextDueAt *time.Time `json:"next_due_at,omitempty"`
	// HandedOver tells a ruled lot that is finished.
	HandedOver bool `json:"handed_over"`
}

// BenchPage is what waits for the judges of a court.
type BenchPage struct {
	Court  CourtName  `json:"court"`
	Duties []DutyView `json:"duties"`
	// Lots are all lots of the court that are not finished, and those ended in
	// the last ninety days, by step and newest first.
	Lots  []BenchLot    `json:"lots"`
	Steps map[State]int `json:"steps"`
	Cases int           `json:"cases"`
}

// Bench reads the bench of the judge's court.
//
// Faults: role_forbidden.
func (s *Service) Bench(ctx context.Context, by Actor, now time.Time) (BenchPage, error) {
	if err := by.judgeOf(by.CourtID); err != nil {
		return BenchPage{}, err
	}
	page := BenchPage{Steps: map[State]int{}}
	err := s.pool.QueryRow(ctx, `SELECT id, code, name_zh, name_en, (SELECT count(*) FROM cases WHERE court_id = courts.id) FROM courts WHERE id = @court`,
		pgx.NamedArgs{"court": by.CourtID}).Scan(&page.Court.ID, &page.Court.Code, &page.Court.Name.Zh, &page.Court.Name.En, &page.Cases)
	if err != nil {
		return BenchPage{}, fault.Internalf("read court: %w", err)
	}
	if page.Duties, err = s.DutiesOf(ctx, by, now); err != nil {
		return BenchPage{}, err
	}
	if page.Lots, err = s.benchLots(ctx, by, now); err != nil {
		return BenchPage{}, err
	}
	for i := range page.Lots {
		page.Steps[page.Lots[i].State]++
	}
	return page, nil
}

func (s *Service) benchLots(ctx context.Context, by Actor, now time.Time) ([]BenchLot, error) {
	list, err := s.summaries(ctx, now, ` WHERE l.court_id = @court AND (l.status <> 'ended' OR l.ended_at > @since)
		ORDER BY l.status, l.outcome, coalesce(l.announced_at, l.created_at) DESC, l.id LIMIT 500`,
		pgx.NamedArgs{"court": by.CourtID, "since": now.AddDate(0, 0, -90)})
	if err != nil {
		return nil, err
	}
	out := make([]BenchLot, len(list))
	place := make(map[uuid.UUID]*BenchLot, len(list))
	ids := make([]uuid.UUID, len(list))
	for i, l := range list {
		out[i] = BenchLot{LotSummary: l, State: l.State}
		place[l.ID], ids[i] = &out[i], l.ID
	}
	rows, err := s.pool.Query(ctx, `
		SELECT l.id, l.panel_size, count(v.*) FILTER (WHERE v.approve), count(v.*) FILTER (WHERE NOT v.approve),
			coalesce(bool_or(v.judge_id = @judge), false), d.kind, d.due_at, coalesce(bool_or(r.handed_over_at IS NOT NULL), false)
		FROM lots l
		LEFT JOIN votes v ON v.lot_id = l.id AND v.superseded_at IS NULL
		LEFT JOIN rulings r ON r.lot_id = l.id
		LEFT JOIN LATERAL (SELECT kind, due_at FROM duties d WHERE d.lot_id = l.id AND d.state = 'owed' AND d.actor IN ('judge', 'bidder')
			ORDER BY due_at LIMIT 1) d ON true
		WHERE l.id = ANY(@ids) GROUP BY l.id, d.kind, d.due_at`, pgx.NamedArgs{"ids": ids, "judge": by.AccountID})
	if err != nil {
		return nil, fault.Internalf("read bench: %w", err)
	}
	var id uuid.UUID
	var b BenchLot
	_, err = pgx.ForEachRow(rows, []any{&id, &b.Votes.Panel, &b.Votes.Approved, &b.Votes.Refused, &b.Mine, &b.NextDuty, &b.NextDueAt, &b.HandedOver}, func() error {
		l := place[id]
		l.Votes, l.Mine, l.HandedOver = b.Votes, b.Mine, b.HandedOver
		l.NextDuty, l.NextDueAt = clonePointer(b.NextDuty), clonePointer(b.NextDueAt)
		return nil
	})
	if err != nil {
		return nil, fault.Internalf("read bench: %w", err)
	}
	return out, nil
}

// clonePointer keeps a scanned value apart from the next row's.
func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// DutiesOf lists what the actor's role owes at the actor's court, soonest first.
//
// Faults: role_forbidden for roles without duties.
func (s *Service) DutiesOf(ctx context.Context, by Actor, now time.Time) ([]DutyView, error) {
	var actor duty.Actor
	switch by.Role {
	case roleJudge, roleClerk:
		actor = duty.Judge
	case "finance":
		actor = duty.Finance
	default:
		return nil, fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT d.id, d.kind, d.rule, d.lot_id, coalesce(l.title_zh, ''), coalesce(l.title_en, ''), d.case_id, k.number, d.due_at, d.reminded_at, coalesce(l.rule_set, '')
		FROM duties d JOIN cases k ON k.id = d.case_id LEFT JOIN lots l ON l.id = d.lot_id
		WHERE d.state = 'owed' AND d.actor = @actor AND d.actor <> 'machine' AND k.court_id = @court
		ORDER BY d.due_at, d.id LIMIT 500`, pgx.NamedArgs{"actor": actor, "court": by.CourtID})
	if err != nil {
		return nil, fault.Internalf("read duties: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (DutyView, error) {
		var d DutyView
		var ruleSet string
		err := row.Scan(&d.ID, &d.Kind, &d.Rule, &d.LotID, &d.LotTitle.Zh, &d.LotTitle.En, &d.CaseID, &d.CaseNumber, &d.DueAt, &d.RemindedAt, &ruleSet)
		d.Late = now.After(d.DueAt)
		d.DaysLeft = daysLeft(d.DueAt.Sub(now), s.dayOf(ruleSet))
		return d, err
	})
	if err != nil {
		return nil, fault.Internalf("read duties: %w", err)
	}
	return list, nil
}

// daysLeft rounds down, so that a duty that is late by an hour has -1 day left.
func daysLeft(left, day time.Duration) int64 {
	n := int64(left / day)
	if left < 0 && left%day != 0 {
		n--
	}
	return n
}

// VoteView is one judge's vote as the court reads it.
type VoteView struct {
	JudgeID uuid.UUID `json:"judge"`
	Approve bool      `json:"approve"`
	Opinion string    `json:"opinion,omitempty"`
	VotedAt time.Time `json:"voted_at"`
	// SupersededAt is when the terms that it was cast on were revised; it counts no more.
	SupersededAt *time.Time `json:"superseded_at,omitempty"`
}

// DraftView is a lot as its own court works on it, whatever its state.
type DraftView struct {
	LotSummary

	State       State          `json:"state"`
	Document    docket.Lot     `json:"document"`
	Property    []docket.Asset `json:"property"`
	Case        docket.Case    `json:"case_document"`
	Terms       Terms          `json:"terms"`
	TermsDigest string         `json:"terms_digest"`
	PanelSize   int            `json:"panel_size"`
	// PropertyDigest names the facts of the property that the panel votes on (Ballot.PropertyDigest).
	PropertyDigest string `json:"property_digest"`
	// DocumentHash names the document as it stands (Revision.Seen).
	DocumentHash string `json:"document_hash"`
	// Votes are those on these terms, VotesBefore those on terms that were revised.
	Votes       []VoteView     `json:"votes"`
	VotesBefore []VoteView     `json:"votes_before,omitempty"`
	Standings   []StandingView `json:"standings"`
	// Offers are creditors who would take an unsold property, best rank first (R16d).
	Offers []OfferView `json:"offers,omitempty"`
	// HandedOver tells a ruled lot that is finished.
	HandedOver bool `json:"handed_over"`
	// AwaitsNext tells a lot whose next sale the court drafts, or whose property it releases (ReturnToDebtor).
	AwaitsNext bool `json:"awaits_next"`
	// DifferenceDue is by when a creditor who took the property pays the difference in; nil where none is owed (R16d).
	DifferenceDue *time.Time `json:"difference_due,omitempty"`
	// EarliestStart is the soonest start of bidding if announced now (R12);
	// LeastBidding is how long it must last at least (R20b, R26s), in ms.
	EarliestStart  time.Time `json:"earliest_start"`
	LeastBiddingMS int64     `json:"least_bidding_ms"`
	// Latest is by when a later sale begins (R26) or is announced (R26s), with LatestRule; after it only with a superior's
	// reason. nil for a first sale.
	Latest     *time.Time `json:"latest,omitempty"`
	LatestRule string     `json:"latest_rule,omitempty"`
	// EarliestResume is when a lot that an outage stayed may go on (R28o); nil where it is not one.
	EarliestResume *time.Time `json:"earliest_resume,omitempty"`
}

// StandingView is a confirmed standing; before the end the court knows whom it
// confirmed, never whether they enrolled (R18).
type StandingView struct {
	AccountID   uuid.UUID `json:"account"`
	Capacity    string    `json:"capacity"`
	Rank        int       `json:"rank"`
	ConfirmedAt time.Time `json:"confirmed_at"`
}

// Draft reads a lot for a judge of its court.
//
// Faults: role_forbidden, not_found.
func (s *Service) Draft(ctx context.Context, by Actor, lot uuid.UUID, now time.Time) (DraftView, error) {
	list, err := s.summaries(ctx, now, ` WHERE l.id = @id`, pgx.NamedArgs{"id": lot})
	if err != nil {
		return DraftView{}, err
	}
	if len(list) == 0 {
		return DraftView{}, notFound("lot")
	}
	d := DraftView{LotSummary: list[0], State: list[0].State}
	if err := by.judgeOf(d.Court.ID); err != nil {
		return DraftView{}, err
	}
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return s.readDraft(ctx, tx, now, &d)
	})
	return d, asFault(err)
}

// dates are the legal bounds that the court's next act on the lot has.
func (d *DraftView) dates(ctx context.Context, tx pgx.Tx, now time.Time, l *lotRow, rules law.RuleSet) error {
	switch d.State {
	case Draft, Voted:
		if l.PreviousID == nil {
			return nil
		}
		ended, err := previousEnd(ctx, tx, l)
		if err != nil || ended.IsZero() {
			return err
		}
		if rule, latest, _ := (&draft{rules: rules, stage: l.Stage, previousEnded: ended}).latest(); rule != "" {
			d.Latest, d.LatestRule = &latest, rule
		}
	case Suspended:
		ground, told, err := lastStay(ctx, tx, l.ID)
		if err != nil || ground != ByOutage {
			return err
		}
		earliest := rules.ResumeEarliest(told, now)
		d.EarliestResume = &earliest
	case Announced, Sold, Paid, Ruled, Unsold, Taken, Returned, Defaulted, SetAside, Withdrawn:
	}
	return nil
}

// readAfter reads where what follows the end stands.
func (d *DraftView) readAfter(ctx context.Context, tx pgx.Tx, l *lotRow) (err error) {
	d.AwaitsNext, d.HandedOver = l.life().AwaitsNext(), l.HandedOver
	d.DifferenceDue, err = differenceDue(ctx, tx, l)
	return err
}

func (s *Service) readDraft(ctx context.Context, tx pgx.Tx, now time.Time, d *DraftView) error {
	rows, err := tx.Query(ctx, `SELECT `+lotColumns+` FROM lots WHERE id = @id`, pgx.NamedArgs{"id": d.ID})
	if err != nil {
		return fault.Internalf("read lot: %w", err)
	}
	l, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[lotRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound("lot")
	}
	if err != nil {
		return fault.Internalf("read lot: %w", err)
	}
	c, err := readCase(ctx, tx, l.CaseID)
	if err != nil {
		return err
	}
	assets, err := lotAssets(ctx, tx, l.ID)
	if err != nil {
		return err
	}
	rules, err := l.rules()
	if err != nil {
		return err
	}
	d.Document, d.Case, d.TermsDigest, d.PanelSize = l.Document, c.Document, l.TermsDigest, l.PanelSize
	if d.DocumentHash, err = documentHash(l.Document); err != nil {
		return err
	}
	if d.Offers, err = readOffers(ctx, tx, l.ID); err != nil {
		return err
	}
	d.Terms = TermsOf(rules, l.Document)
	if d.PropertyDigest, err = factsOf(assets); err != nil {
		return err
	}
	for _, a := range assets {
		d.Property = append(d.Property, a.Document)
	}
	d.EarliestStart = now.Add(rules.AnnounceLead(l.Stage, l.Kind))
	d.LeastBiddingMS = rules.BiddingLeast(l.Stage).Milliseconds()
	if err := d.dates(ctx, tx, now, &l, rules); err != nil {
		return err
	}
	if err := d.readAfter(ctx, tx, &l); err != nil {
		return err
	}
	votes, err := tx.Query(ctx, `SELECT judge_id, approve, opinion, voted_at, superseded_at FROM votes
		WHERE lot_id = @id ORDER BY voted_at, judge_id`, pgx.NamedArgs{"id": l.ID})
	if err != nil {
		return fault.Internalf("read votes: %w", err)
	}
	all, err := pgx.CollectRows(votes, pgx.RowToStructByPos[VoteView])
	if err != nil {
		return fault.Internalf("read votes: %w", err)
	}
	for _, v := range all {
		if v.SupersededAt == nil {
			d.Votes = append(d.Votes, v)
		} else {
			d.VotesBefore = append(d.VotesBefore, v)
		}
	}
	standings, err := tx.Query(ctx, `SELECT account_id, capacity, rank, confirmed_at FROM standings WHERE lot_id = @id ORDER BY capacity, rank, account_id`, pgx.NamedArgs{"id": l.ID})
	if err != nil {
		return fault.Internalf("read standings: %w", err)
	}
	if d.Standings, err = pgx.CollectRows(standings, pgx.RowToStructByPos[StandingView]); err != nil {
		return fault.Internalf("read standings: %w", err)
	}
	return nil
}
