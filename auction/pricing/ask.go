package pricing

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// Inquiry asks an authority, or all platforms of the national list at once.
type Inquiry struct {
	Price  uuid.UUID
	Origin Origin
	// Of names whom it went to: one authority, or every platform.
	Of []docket.Text
	// DueAt is the time that the court sets an authority (art. 6); platforms have the law's three days.
	DueAt time.Time
}

// maxAsked bounds who is asked at once.
const maxAsked = 30

// Inquire records that the letters went out.
//
// Faults: role_forbidden, not_found, invalid_request (origin, of, due_at), state_conflict (asked already), those of MayUse.
func (s *Desk) Inquire(ctx context.Context, by auction.Actor, in Inquiry) error {
	switch {
	case in.Origin != Authority && in.Origin != Online:
		return invalid("origin")
	case !distinct(in.Of) || len(in.Of) > maxAsked || (in.Origin == Authority && len(in.Of) != 1):
		return invalid("of")
	}
	return s.on(ctx, by, in.Price, court, trail.Step{Act: trail.PriceAsked}, func(a *act) error {
		if err := a.d.MayUse(in.Origin); err != nil {
			return err
		}
		if len(a.d.of(in.Origin)) > 0 {
			return conflict(fault.StateConflict).InField("origin").With("state", "asked")
		}
		due := audit.Millis(in.DueAt)
		if in.Origin == Online {
			due = a.d.after(a.Now, onlineDays)
		}
		if !due.After(a.Now) {
			return invalid("due_at")
		}
		a.detail("origin", in.Origin)
		a.detail("asked", len(in.Of))
		for i, name := range in.Of {
			if err := addSource(ctx, a, Source{Origin: in.Origin, Round: 1, Place: i + 1, Name: name, AskedAt: &a.Now, DueAt: &due}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Choice is three firms in order, agreed by the parties or drawn (art. 16).
type Choice struct {
	Price uuid.UUID
	Firms []docket.Text
	// By is agreement or draw; Draw is the id of the draw that gave the order (auction/drawing).
	By   string
	Draw uuid.UUID
}

// How firms are chosen.
const (
	ByAgreement = "agreement"
	ByDraw      = "draw"
)

// Choose records the three firms, again when the three before all ended.
//
// Faults: role_forbidden, not_found (also: no such draw about this property), firms_invalid (invalid), state_conflict,
// draw_not_made, firms_not_drawn (not the next three of the draw), those of MayUse.
func (s *Desk) Choose(ctx context.Context, by auction.Actor, in Choice) error {
	drawn := in.By == ByDraw
	if len(in.Firms) != firms || !distinct(in.Firms) || (!drawn && in.By != ByAgreement) || drawn != (in.Draw != uuid.Nil) {
		return fault.New(fault.Invalid, fault.FirmsInvalid).InField("firms").ByRule(rule).With("article", "16")
	}
	return s.on(ctx, by, in.Price, court, trail.Step{Act: trail.FirmsChosen, Public: true}, func(a *act) error {
		if err := a.d.MayUse(Appraisal); err != nil {
			return err
		}
		if a.d.engaged() != nil || a.d.nextFirm() != nil {
			return conflict(fault.StateConflict).With("state", "chosen")
		}
		round := 1
		for _, f := range a.d.of(Appraisal) {
			round = max(round, f.Round+1)
		}
		a.detail("chosen_by", in.By)
		a.detail("firms", in.Firms)
		var draw *uuid.UUID
		if drawn {
			if err := nextDrawn(ctx, a, in); err != nil {
				return err
			}
			draw = &in.Draw
			a.detail("draw", in.Draw)
		}
		for i, name := range in.Firms {
			if err := addSource(ctx, a, Source{Origin: Appraisal, Round: round, Place: i + 1, Name: name, ChosenBy: in.By, Draw: draw}); err != nil {
				return err
			}
		}
		return nil
	})
}

// nextDrawn holds drawn firms against their draw: the first three of its order, then the three after those.
func nextDrawn(ctx context.Context, a *act, in Choice) error {
	order, err := drawing.Store{}.Firms(ctx, a.Tx, in.Draw, a.d.AssetID)
	if err != nil {
		return err
	}
	used := 0
	for _, f := range a.d.of(Appraisal) {
		if f.Draw != nil && *f.Draw == in.Draw {
			used++
		}
	}
	if len(order) < used+firms || !slices.Equal(order[used:used+firms], in.Firms) {
		return fault.New(fault.Conflict, fault.FirmsNotDrawn).InField("firms").ByRule(rule).With("place", used+1)
	}
	return nil
}

// Engage gives the next firm in order its letter: it has thirty days (arts. 17, 19).
//
// Faults: role_forbidden, not_found, state_conflict (one works, or none is left), those of MayUse.
func (s *Desk) Engage(ctx context.Context, by auction.Actor, id uuid.UUID) error {
	return s.on(ctx, by, id, court, trail.Step{Act: trail.FirmEngaged}, func(a *act) error {
		if err := a.d.MayUse(Appraisal); err != nil {
			return err
		}
		next := a.d.nextFirm()
		if a.d.engaged() != nil || next == nil {
			return conflict(fault.StateConflict).With("state", "engaged")
		}
		a.detail("source", next.ID)
		_, err := a.Tx.Exec(ctx, `UPDATE price_sources SET asked_at = @now, due_at = @due WHERE id = @id`,
			pgx.NamedArgs{"id": next.ID, "now": a.Now, "due": a.d.after(a.Now, appraiseDays)})
		if err != nil {
			return fault.Internalf("engage firm: %w", err)
		}
		return nil
	})
}

// EndEngagement takes the engagement back from the firm that works; its papers
// come back within three days (art. 19), and the next firm may be engaged.
//
// Faults: role_forbidden, not_found, reason_required, state_conflict (none works), price_ground_invalid, answer_not_due (with
// earliest_at), report_objection_open.
func (s *Desk) EndEngagement(ctx context.Context, by auction.Actor, id uuid.UUID, ground EndGround, reason docket.Text) error {
	if err := reasoned(reason); err != nil {
		return err
	}
	step := trail.Step{Act: trail.EngagementEnded, Ground: string(ground), Reason: reason, Public: true}
	return s.on(ctx, by, id, nil, step, func(a *act) error {
		firm, err := a.d.mayEnd(ground, a.Now)
		if err != nil {
			return err
		}
		a.detail("source", firm.ID)
		_, err = a.Tx.Exec(ctx, `UPDATE price_sources SET ended_at = @now, ended_ground = @ground, reason_zh = @zh, reason_en = @en WHERE id = @id`,
			pgx.NamedArgs{"id": firm.ID, "now": a.Now, "ground": ground, "zh": reason.Zh, "en": reason.En})
		if err != nil {
			return fault.Internalf("end engagement: %w", err)
		}
		return nil
	})
}

// mayEnd tells on which ground the working firm is replaced.
func (d *Determination) mayEnd(ground EndGround, now time.Time) (*Source, error) {
	if err := d.open(); err != nil {
		return nil, err
	}
	firm := d.engaged()
	if firm == nil {
		return nil, conflict(fault.StateConflict).With("state", "not_engaged")
	}
	if err := d.reviewed(); err != nil {
		return nil, err
	}
	var fell, answered bool
	for _, r := range d.Reports {
		fell = fell || (r.Source == firm.ID && r.State == "fallen")
		answered = answered || (r.Source == firm.ID && r.InTime)
	}
	fits := false
	switch ground {
	case ReportFell:
		fits = fell
	case NotDelivered:
		if !answered && !now.After(*firm.DueAt) {
			return nil, conflict(fault.AnswerNotDue).With("earliest_at", firm.DueAt.Add(time.Millisecond))
		}
		fits = !answered
	case Refused:
		fits = !answered
	case CannotAppraise:
		fits = !answered && d.Category == docket.Equity
	}
	if !fits {
		return nil, fault.New(fault.Invalid, fault.PriceGroundInvalid).InField("ground").ByRule(rule).With("article", "19")
	}
	return firm, nil
}

// Extend gives a firm up to fifteen days more, at most twice, asked for before
// its last five days (art. 19); for a platform it records that it applied for
// more time before its three days ended (art. 11), days being the law's.
//
// Faults: role_forbidden, not_found (source), invalid_request (days), extension_refused (conflict, with latest_at).
func (s *Desk) Extend(ctx context.Context, by auction.Actor, id, source uuid.UUID, days int) error {
	return s.on(ctx, by, id, court, trail.Step{Act: trail.ReportExtended}, func(a *act) error {
		from, err := a.d.mayExtend(source, days, a.Now)
		if err != nil {
			return err
		}
		a.detail("source", source)
		due := *from.DueAt
		if from.Origin == Appraisal {
			due = a.d.after(due, days)
		}
		_, err = a.Tx.Exec(ctx, `UPDATE price_sources SET due_at = @due, extension_asked_at = @now, extensions = extensions + 1 WHERE id = @id`,
			pgx.NamedArgs{"id": source, "due": due, "now": a.Now})
		if err != nil {
			return fault.Internalf("extend: %w", err)
		}
		return nil
	})
}

func (d *Determination) mayExtend(source uuid.UUID, days int, now time.Time) (Source, error) {
	if err := d.open(); err != nil {
		return Source{}, err
	}
	i := slices.IndexFunc(d.Sources, func(s Source) bool { return s.ID == source })
	if i < 0 {
		return Source{}, fault.New(fault.NotFound, fault.NotFoundCode).InField("source")
	}
	from := d.Sources[i]
	refused := conflict(fault.ExtensionRefused)
	if from.DueAt == nil || from.EndedAt != nil || from.Origin == Authority {
		return Source{}, refused
	}
	if from.Origin == Online {
		if from.MoreAt != nil || now.After(*from.DueAt) {
			return Source{}, refused.With("latest_at", *from.DueAt)
		}
		return from, nil
	}
	if days < 1 || days > extendMost {
		return Source{}, invalid("days")
	}
	if latest := d.after(*from.DueAt, -extendBefore); from.Extensions >= extendTimes || now.After(latest) {
		return Source{}, refused.With("latest_at", latest)
	}
	return from, nil
}

// Answer is a report as it reached the court.
type Answer struct {
	Price, Source uuid.UUID
	Fen           money.Fen
	// Number is the report's own, Hash its SHA-256.
	Number, Hash string
	ValuedOn     docket.Date
	// ValidUntil is the report's; an authority that names none is taken to mean a year (art. 27).
	ValidUntil docket.Date
}

func (n Answer) check(o Origin, now time.Time) (Answer, error) {
	if !audit.IsHash(n.Hash) {
		return n, invalid("hash")
	}
	if len(n.Number) > 80 {
		return n, invalid("number")
	}
	if err := positive(n.Fen, "amount_fen"); err != nil {
		return n, err
	}
	if n.ValidUntil == "" && o == Authority {
		n.ValidUntil = longest(n.ValuedOn)
	}
	return n, term(n.ValuedOn, n.ValidUntil, now)
}

// Report records an answer. One that came late is kept and does not count
// (arts. 6, 13, 19). One in time goes to the parties within three days (art. 21).
//
// Faults: role_forbidden, not_found (source), state_conflict (not asked, ended, answered already), invalid_request,
// amount_invalid, amount_too_large, price_validity_invalid.
func (s *Desk) Report(ctx context.Context, by auction.Actor, in Answer) (uuid.UUID, error) {
	var id uuid.UUID
	err := s.on(ctx, by, in.Price, court, trail.Step{Act: trail.PriceReported}, func(a *act) error {
		if err := a.d.open(); err != nil {
			return err
		}
		i := slices.IndexFunc(a.d.Sources, func(s Source) bool { return s.ID == in.Source })
		if i < 0 {
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("source")
		}
		from := a.d.Sources[i]
		if err := a.d.MayUse(from.Origin); err != nil {
			return err
		}
		before := slices.ContainsFunc(a.d.Reports, func(r Report) bool { return r.Source == from.ID })
		if from.AskedAt == nil || from.EndedAt != nil || before {
			return conflict(fault.StateConflict).InField("source").With("state", string(from.Ended))
		}
		in, err := in.check(from.Origin, a.Now)
		if err != nil {
			return err
		}
		r := Report{
			Source: in.Source, Origin: from.Origin, Fen: in.Fen, Number: in.Number, Hash: in.Hash, ValuedOn: in.ValuedOn, ValidUntil: in.ValidUntil,
			ReceivedAt: a.Now, InTime: !a.Now.After(a.d.dueAt(from)), State: stands,
		}
		id, err = s.received(ctx, a, r)
		return err
	})
	return id, err
}

// received writes a report, enters it and owes its service.
func (s *Desk) received(ctx context.Context, a *act, r Report) (uuid.UUID, error) {
	var err error
	if r.ID, err = uuid.NewV7(); err != nil {
		return uuid.Nil, fault.Internalf("make an id: %w", err)
	}
	a.detail("report", r.ID)
	a.detail("in_time", r.InTime)
	if err := addReport(ctx, a, r); err != nil {
		return uuid.Nil, err
	}
	corrects := ""
	if r.Corrects != nil {
		corrects = r.Corrects.String()
	}
	err = a.Enter(ctx, audit.KindPriceReport, audit.PriceReport{
		Price: a.d.ID.String(), Report: r.ID.String(), Origin: string(r.Origin), Source: r.Source.String(), AmountFen: r.Fen, Hash: r.Hash,
		ValidUntil: string(r.ValidUntil), InTime: r.InTime, Corrects: corrects,
	})
	if err != nil || !r.InTime {
		return r.ID, err
	}
	return r.ID, a.Owe(ctx, duty.Duty{
		Kind: duty.ServePriceReport, Key: r.ID.String(), Rule: rule, Actor: duty.Judge, DueAt: a.d.after(a.Now, serveDays),
	})
}

// maxName bounds a name in either language, in characters.
const maxName = 200

// distinct reports a list of names, all of them given, none too long and none twice.
func distinct(names []docket.Text) bool {
	seen := map[string]bool{}
	for _, n := range names {
		zh := strings.TrimSpace(n.Zh)
		if zh == "" || strings.TrimSpace(n.En) == "" || seen[zh] || utf8.RuneCountInString(n.Zh) > maxName || utf8.RuneCountInString(n.En) > maxName {
			return false
		}
		seen[zh] = true
	}
	return len(names) > 0
}
