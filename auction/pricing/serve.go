package pricing

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Way is how a report is served.
type Way string

// The ways of art. 21. Published on the platform is for those who cannot be found or gave no address; it counts after fifteen days.
const (
	Direct     Way = "direct"
	Lien       Way = "lien"
	Entrusted  Way = "entrusted"
	Post       Way = "post"
	Electronic Way = "electronic"
	Published  Way = "published"
)

// Sending is the reports going to one of those who get them.
type Sending struct {
	Price uuid.UUID
	Who   Who
	Way   Way
	// Received: they have them now; else Receipt says later when. Published ones have them after fifteen days.
	Received bool
	// Proof is the SHA-256 of the delivery receipt; required with Received.
	Proof string
	// Reason why nobody could serve them is published with Published.
	Reason docket.Text
	// Late is a superior's reason for sending after the three days.
	Late auction.Late
}

// Send serves every report that stands and did not go to this party yet (art. 21).
//
// Faults: role_forbidden, not_found, invalid_request (role, no, way, proof), reason_required, late_reason_required (with
// latest_at), state_conflict (nothing to send).
func (s *Desk) Send(ctx context.Context, by auction.Actor, in Sending) error {
	if !slices.Contains([]Way{Direct, Lien, Entrusted, Post, Electronic, Published}, in.Way) || (in.Way == Published && in.Received) {
		return invalid("way")
	}
	if in.Way == Published {
		if err := reasoned(in.Reason); err != nil {
			return err
		}
	}
	if (in.Received || in.Proof != "") && !audit.IsHash(in.Proof) {
		return invalid("proof")
	}
	step := trail.Step{Act: trail.ReportServed, Ground: string(in.Way), Reason: in.Reason, Public: in.Way == Published}
	return s.on(ctx, by, in.Price, court, step, func(a *act) error {
		if a.d.State == Withdrawn {
			return a.d.open()
		}
		if err := a.d.gets(in.Who); err != nil {
			return err
		}
		a.detail("to", in.Who)
		var received *time.Time
		switch {
		case in.Received:
			received = &a.Now
		case in.Way == Published:
			at := a.d.after(a.Now, publicationDays)
			received = &at
		}
		sent := false
		for _, r := range a.d.Reports {
			if a.d.wentTo(in.Who, r.ID) || !r.InTime || r.State != stands {
				continue
			}
			sent = true
			if err := s.send(ctx, a, r, in, received); err != nil {
				return err
			}
		}
		if !sent {
			return conflict(fault.StateConflict).With("state", "served")
		}
		return nil
	})
}

func (s *Desk) send(ctx context.Context, a *act, r Report, in Sending, received *time.Time) error {
	if a.Step.Late == nil && slices.Contains(a.d.Parties, in.Who) {
		var err error
		if a.Step.Late, err = in.Late.For(rule, a.d.after(r.ReceivedAt, serveDays), a.Now); err != nil {
			return err
		}
	}
	_, err := a.Tx.Exec(ctx, `INSERT INTO price_services (report_id, determination_id, role, no, way, proof, reason_zh, reason_en, sent_at, received_at)
		VALUES (@report, @id, @role, @no, @way, @proof, @zh, @en, @now, @received)`,
		pgx.NamedArgs{
			"report": r.ID, "id": a.d.ID, "role": in.Who.Role, "no": in.Who.No, "way": in.Way, "proof": in.Proof,
			"zh": in.Reason.Zh, "en": in.Reason.En, "now": a.Now, "received": received,
		})
	if err != nil {
		return fault.Internalf("insert service: %w", err)
	}
	a.d.Services = append(a.d.Services, Service{Report: r.ID, Who: in.Who, Way: in.Way, SentAt: a.Now, ReceivedAt: received})
	for _, p := range a.d.Parties {
		if !a.d.wentTo(p, r.ID) {
			return nil
		}
	}
	return a.Done(ctx, duty.ServePriceReport, r.ID.String())
}

// gets tells whether somebody is one of those who get reports.
func (d *Determination) gets(w Who) error {
	if slices.Contains(d.Parties, w) || (w.Role == Interested && w.No >= 1 && w.No <= mostInterested) {
		return nil
	}
	if w.Role != Applicant && w.Role != Debtor && w.Role != Interested {
		return invalid("role")
	}
	return invalid("no")
}

// Receive records when somebody received what was sent (art. 22's five days run from it).
//
// Faults: role_forbidden, not_found, invalid_request (at: before it was sent, or to come; proof), state_conflict (nothing is under way).
func (s *Desk) Receive(ctx context.Context, by auction.Actor, id uuid.UUID, who Who, at time.Time, proof string) error {
	if !audit.IsHash(proof) {
		return invalid("proof")
	}
	at = audit.Millis(at)
	return s.on(ctx, by, id, court, trail.Step{Act: trail.ReportReceived}, func(a *act) error {
		if err := a.d.open(); err != nil {
			return err
		}
		found := false
		for _, v := range a.d.Services {
			if v.Who != who || v.ReceivedAt != nil {
				continue
			}
			found = true
			if at.Before(v.SentAt) || at.After(a.Now) {
				return invalid("at")
			}
		}
		if !found {
			return conflict(fault.StateConflict).With("state", "received")
		}
		a.detail("to", who)
		_, err := a.Tx.Exec(ctx, `UPDATE price_services SET received_at = @at, proof = @proof
			WHERE determination_id = @id AND role = @role AND no = @no AND received_at IS NULL`,
			pgx.NamedArgs{"id": id, "role": who.Role, "no": who.No, "at": at, "proof": proof})
		if err != nil {
			return fault.Internalf("record receipt: %w", err)
		}
		return nil
	})
}

// Objecting is a written objection as the court received it.
type Objecting struct {
	Price, Report uuid.UUID
	By            Who
	Ground        ObjectionGround
	// Text is the SHA-256 of the writing, which stays with the court.
	Text string
}

// Object puts an objection against a report on record; the price waits for its
// decision. Within five days of the receipt (arts. 22, 23); the court's own
// review (arts. 12, 20) any time before the price.
//
// Faults: role_forbidden, not_found, invalid_request (role, no, text), and those of Determination.MayObject.
func (s *Desk) Object(ctx context.Context, by auction.Actor, in Objecting) (uuid.UUID, error) {
	if !audit.IsHash(in.Text) {
		return uuid.Nil, invalid("text_hash")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make an id: %w", err)
	}
	step := trail.Step{Act: trail.ReportObjected, Ground: string(in.Ground)}
	return id, s.on(ctx, by, in.Price, court, step, func(a *act) error {
		if in.By.Role == Court {
			in.By.No = 0
		} else if err := a.d.gets(in.By); err != nil {
			return err
		}
		if err := a.d.MayObject(in.Report, in.By, in.Ground, a.Now); err != nil {
			return err
		}
		a.detail("objection", id)
		a.detail("by", in.By)
		due := a.d.after(a.Now, decideDays)
		_, err := a.Tx.Exec(ctx, `INSERT INTO price_objections (id, determination_id, report_id, role, no, ground, text_hash, lodged_at, due_at)
			VALUES (@objection, @id, @report, @role, @no, @ground, @text, @now, @due)`,
			pgx.NamedArgs{
				"objection": id, "id": in.Price, "report": in.Report, "role": in.By.Role, "no": in.By.No, "ground": in.Ground, "text": in.Text,
				"now": a.Now, "due": due,
			})
		if err != nil {
			return fault.Internalf("insert objection: %w", err)
		}
		if in.Ground.toFirm() {
			err := a.Owe(ctx, duty.Duty{Kind: duty.ForwardReportObjection, Key: id.String(), Rule: rule, Actor: duty.Judge, DueAt: a.d.after(a.Now, passDays)})
			if err != nil {
				return err
			}
		}
		// Of art. 23's objections no text says by when they are decided in all; the fifteen days of the others are taken (ours).
		return a.Owe(ctx, duty.Duty{Kind: duty.DecideReportObjection, Key: id.String(), Rule: rule, Actor: duty.Judge, DueAt: due})
	})
}

func (d *Determination) objection(id uuid.UUID) *Objection {
	i := slices.IndexFunc(d.Objections, func(o Objection) bool { return o.ID == id })
	if i < 0 {
		return nil
	}
	return &d.Objections[i]
}

// Pass hands an objection to standard, method or result to the firm, within three days (art. 23).
//
// Faults: role_forbidden, not_found, state_conflict (of another kind, passed or decided), late_reason_required.
func (s *Desk) Pass(ctx context.Context, by auction.Actor, id, objection uuid.UUID, late auction.Late) error {
	return s.on(ctx, by, id, court, trail.Step{Act: trail.ReportObjectionPassed}, func(a *act) error {
		if err := a.d.open(); err != nil {
			return err
		}
		o := a.d.objection(objection)
		switch {
		case o == nil:
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("objection")
		case !o.Ground.toFirm() || o.PassedAt != nil || o.Outcome != nil:
			return conflict(fault.StateConflict).With("state", "passed")
		}
		var err error
		if a.Step.Late, err = late.For(rule, a.d.after(o.LodgedAt, passDays), a.Now); err != nil {
			return err
		}
		a.detail("objection", objection)
		if _, err = a.Tx.Exec(ctx, `UPDATE price_objections SET passed_at = @now WHERE id = @id`, pgx.NamedArgs{"id": objection, "now": a.Now}); err != nil {
			return fault.Internalf("pass objection: %w", err)
		}
		return a.Done(ctx, duty.ForwardReportObjection, objection.String())
	})
}

// Outcome is how an objection ended.
type Outcome string

const (
	// Dismissed: the report stands, by the court, the firm's explanation or the professional review.
	Dismissed Outcome = "dismissed"
	// Corrected: the platform or the firm made it right; the correction takes its place.
	Corrected Outcome = "corrected"
	// Upheld: the report falls.
	Upheld Outcome = "upheld"
)

// Ruling is the court's decision on an objection.
type Ruling struct {
	Price, Objection uuid.UUID
	Outcome          Outcome
	Reason           docket.Text
	// Correction comes with Corrected.
	Correction Answer
	Late       auction.Late
}

// Decide ends an objection with a published reason (arts. 22, 23).
//
// Faults: role_forbidden, not_found, reason_required, invalid_request (outcome), state_conflict (decided, or not passed to the
// firm yet), late_reason_required, those of Report for a correction.
func (s *Desk) Decide(ctx context.Context, by auction.Actor, in Ruling) error {
	if err := reasoned(in.Reason); err != nil {
		return err
	}
	if in.Outcome != Dismissed && in.Outcome != Corrected && in.Outcome != Upheld {
		return invalid("outcome")
	}
	step := trail.Step{Act: trail.ReportObjectionDecided, Ground: string(in.Outcome), Reason: in.Reason, Public: true}
	return s.on(ctx, by, in.Price, nil, step, func(a *act) error {
		if err := a.d.open(); err != nil {
			return err
		}
		o := a.d.objection(in.Objection)
		switch {
		case o == nil:
			return fault.New(fault.NotFound, fault.NotFoundCode).InField("objection")
		case o.Outcome != nil:
			return conflict(fault.StateConflict).With("state", string(*o.Outcome))
		case o.Ground.toFirm() && o.PassedAt == nil:
			return conflict(fault.StateConflict).With("state", "not_passed")
		}
		var err error
		if a.Step.Late, err = in.Late.For(rule, o.DueAt, a.Now); err != nil {
			return err
		}
		a.detail("objection", in.Objection)
		_, err = a.Tx.Exec(ctx, `UPDATE price_objections SET outcome = @outcome, decided_at = @now, reason_zh = @zh, reason_en = @en WHERE id = @id`,
			pgx.NamedArgs{"id": in.Objection, "outcome": in.Outcome, "now": a.Now, "zh": in.Reason.Zh, "en": in.Reason.En})
		if err != nil {
			return fault.Internalf("decide objection: %w", err)
		}
		if err := s.carryOut(ctx, a, *o, in); err != nil {
			return err
		}
		if err := a.Done(ctx, duty.DecideReportObjection, in.Objection.String()); err != nil {
			return err
		}
		return a.Enter(ctx, audit.KindPriceObjection, audit.PriceObjection{
			Price: a.d.ID.String(), Objection: in.Objection.String(), Report: o.Report.String(), Ground: string(o.Ground), TextHash: o.TextHash,
			Outcome: string(in.Outcome), ReasonHash: audit.HashText(in.Reason.Zh),
		})
	})
}

// carryOut does to the report what the decision says.
func (s *Desk) carryOut(ctx context.Context, a *act, o Objection, in Ruling) error {
	if in.Outcome == Dismissed {
		return nil
	}
	i := slices.IndexFunc(a.d.Reports, func(r Report) bool { return r.ID == o.Report })
	if a.d.Reports[i].State != stands {
		return nil // another objection against it was there first
	}
	r := a.d.Reports[i]
	state := "fallen"
	if in.Outcome == Corrected {
		state = "corrected"
	}
	if _, err := a.Tx.Exec(ctx, `UPDATE price_reports SET state = @state WHERE id = @id`, pgx.NamedArgs{"id": r.ID, "state": state}); err != nil {
		return fault.Internalf("write report: %w", err)
	}
	if err := s.duties.Cancel(ctx, a.Tx, a.Now, duty.ServePriceReport, r.ID.String()); err != nil {
		return err
	}
	if in.Outcome != Corrected {
		return nil
	}
	c, err := in.Correction.check(r.Origin, a.Now)
	if err != nil {
		return err
	}
	_, err = s.received(ctx, a, Report{
		Source: r.Source, Origin: r.Origin, Fen: c.Fen, Number: c.Number, Hash: c.Hash, ValuedOn: c.ValuedOn, ValidUntil: c.ValidUntil,
		ReceivedAt: a.Now, InTime: true, Corrects: &r.ID, State: stands,
	})
	return err
}
