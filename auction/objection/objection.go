package objection

import (
	"context"
	"log/slog"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Config is what a Service needs, all of it but Log.
type Config struct {
	Pool    *pgxpool.Pool
	Duties  *duty.Book
	Auction *auction.Service
	// Money and Handovers take back what a sale that is set aside did.
	Money     Money
	Handovers Handovers
	Log       *slog.Logger
}

// Service is the use cases of objections. It is safe for concurrent use.
type Service struct {
	pool      *pgxpool.Pool
	duties    *duty.Book
	auction   *auction.Service
	money     Money
	handovers Handovers
	log       *slog.Logger
}

// New makes a Service; it panics on a missing part, which is a wiring error.
func New(c Config) *Service {
	if c.Pool == nil || c.Duties == nil || c.Auction == nil || c.Money == nil || c.Handovers == nil {
		panic("objection: a part is missing in Config")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{pool: c.Pool, duties: c.Duties, auction: c.Auction, money: c.Money, handovers: c.Handovers, log: c.Log}
}

// Lodging is an objection as somebody lodges it.
type Lodging struct {
	Lot      uuid.UUID
	Capacity Capacity
	Kind     Kind
	// Ground comes with ToSetAside.
	Ground Ground
	// Text stays with the court; the log has its hash.
	Text string
}

// Lodge puts an objection on record and owes the court's decision within 15
// days (R31). It returns its id.
//
// Faults: role_forbidden (staff of courts and platform), not_found, invalid_request (capacity,
// kind, ground, text), state_conflict (the lot is in no state that it could be about).
func (s *Service) Lodge(ctx context.Context, by auction.Actor, n Lodging) (uuid.UUID, error) {
	if err := n.check(); err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make objection id: %w", err)
	}
	hash := audit.HashText(n.Text)
	step := trail.Step{Act: trail.ObjectionLodged, Rule: "R31", Ground: string(n.Ground), Detail: map[string]any{"objection": id, "kind": n.Kind}, Public: true}
	return id, s.auction.OnLot(ctx, by.Nameless(), n.Lot, auction.AnyBidder, step, func(a *auction.LotAct) error {
		if err := mayLodge(n.Kind, a.Lot().State); err != nil {
			return err
		}
		due := a.Now.Add(decideDays * a.Rules.Day)
		_, err := a.Tx.Exec(ctx, `INSERT INTO objections (id, lot_id, account_id, capacity, kind, ground, body, text_hash, state, lodged_at, due_at)
			VALUES (@id, @lot, @account, @capacity, @kind, @ground, @text, @hash, 'lodged', @now, @due)`,
			pgx.NamedArgs{
				"id": id, "lot": n.Lot, "account": by.AccountID, "capacity": n.Capacity, "kind": n.Kind, "ground": n.Ground,
				"text": n.Text, "hash": hash, "now": a.Now, "due": due,
			})
		if err != nil {
			return fault.Internalf("insert objection: %w", err)
		}
		if err := a.Owe(ctx, duty.Duty{Kind: duty.DecideObjection, Key: id.String(), Rule: "R31", Actor: duty.Judge, DueAt: due}); err != nil {
			return err
		}
		return a.Enter(ctx, audit.KindObjectionLodged, audit.ObjectionLodged{
			Objection: id.String(), Lot: n.Lot.String(), Kind: string(n.Kind), Ground: string(n.Ground), TextHash: hash,
		})
	})
}

// Withdraw is the objector's: the court owes no decision any more.
//
// Faults: role_forbidden, not_found (no objection of this account), state_conflict (decided or withdrawn already).
func (s *Service) Withdraw(ctx context.Context, by auction.Actor, id uuid.UUID) error {
	row, err := s.find(ctx, id)
	if err != nil {
		return err
	}
	if row.AccountID != by.AccountID {
		return notFound()
	}
	step := trail.Step{Act: trail.ObjectionWithdrawn, Rule: "R31", Detail: map[string]any{"objection": id}, Public: true}
	return s.auction.OnLot(ctx, by.Nameless(), row.LotID, auction.AnyBidder, step, func(a *auction.LotAct) error {
		if err := move(ctx, a, id, Withdrawn, docket.Text{}); err != nil {
			return err
		}
		if err := s.duties.Cancel(ctx, a.Tx, a.Now, duty.DecideObjection, id.String()); err != nil {
			return err
		}
		return a.Enter(ctx, audit.KindObjectionDecided, audit.ObjectionDecided{Objection: id.String(), Outcome: string(Withdrawn)})
	})
}

// Decision is the court's answer.
type Decision struct {
	Objection uuid.UUID
	Founded   bool
	// Reason is published, in both languages.
	Reason docket.Text
	// Late is a superior's reason for a decision after the 15 days.
	Late auction.Late
}

// Decide answers an objection with a published reason (R31). After the 15 days
// only with a superior's reason, and it is counted.
//
// Faults: role_forbidden, not_found, reason_required, state_conflict, late_reason_required (with latest_at).
func (s *Service) Decide(ctx context.Context, by auction.Actor, d Decision) error {
	if strings.TrimSpace(d.Reason.Zh) == "" || strings.TrimSpace(d.Reason.En) == "" {
		return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("R31")
	}
	row, err := s.find(ctx, d.Objection)
	if err != nil {
		return err
	}
	to := Unfounded
	if d.Founded {
		to = Founded
	}
	step := trail.Step{
		Act: trail.ObjectionDecided, Rule: "R31", Ground: string(to), Reason: d.Reason, Detail: map[string]any{"objection": d.Objection, "kind": row.Kind}, Public: true,
	}
	return s.auction.OnLot(ctx, by, row.LotID, nil, step, func(a *auction.LotAct) error {
		if err := a.InTime("R31", row.DueAt, d.Late); err != nil {
			return err
		}
		if err := move(ctx, a, d.Objection, to, d.Reason); err != nil {
			return err
		}
		if err := s.duties.Done(ctx, a.Tx, a.Now, duty.DecideObjection, d.Objection.String()); err != nil {
			return err
		}
		return a.Enter(ctx, audit.KindObjectionDecided, audit.ObjectionDecided{
			Objection: d.Objection.String(), Outcome: string(to), ReasonHash: audit.HashText(d.Reason.Zh),
		})
	})
}

// Accept takes a third person's claim with prima facie proof under review. The
// machine then stays the lot at once, and nothing lets it go on until the court
// has decided (OJA 36).
//
// Faults: role_forbidden, not_found, state_conflict (not a claim, or not newly lodged).
func (s *Service) Accept(ctx context.Context, by auction.Actor, id uuid.UUID) error {
	row, err := s.find(ctx, id)
	if err != nil {
		return err
	}
	step := trail.Step{Act: trail.ObjectionAccepted, Rule: "R31", Detail: map[string]any{"objection": id}, Public: true}
	err = s.auction.OnLot(ctx, by, row.LotID, nil, step, func(a *auction.LotAct) error {
		if err := move(ctx, a, id, UnderReview, docket.Text{}); err != nil {
			return err
		}
		if err := a.Enter(ctx, audit.KindObjectionAccepted, audit.ObjectionAccepted{Objection: id.String()}); err != nil {
			return err
		}
		lots, err := running(ctx, a.Tx, row.LotID)
		if err != nil {
			return err
		}
		for _, lot := range lots {
			caseID := a.Lot().CaseID
			err := s.duties.Owe(ctx, a.Tx, a.Now, duty.Duty{
				Kind: duty.StayForClaim, Key: id.String() + ":" + lot.String(), CaseID: &caseID, LotID: &lot, Rule: "R31", Actor: duty.Machine, DueAt: a.Now,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	// The duty stands whatever happens now; trying at once spares the seconds until it runs.
	lots, err := running(ctx, s.pool, row.LotID)
	if err == nil {
		for _, lot := range lots {
			if err = s.stayForClaim(ctx, lot); err != nil {
				break
			}
		}
	}
	if err != nil {
		s.log.WarnContext(ctx, "a lot is not stayed yet for a third person's claim; its duty will", "objection", id, "error", err)
	}
	return nil
}

// ClaimGround is the ground of a stay for a third person's claim.
const ClaimGround auction.Ground = "third_party_claim"

// Handlers are the duties that objections fulfil.
func (s *Service) Handlers() map[duty.Kind]duty.Handler {
	return map[duty.Kind]duty.Handler{duty.StayForClaim: s.stayDuty}
}

func (s *Service) stayDuty(ctx context.Context, d duty.Duty) error {
	if d.LotID == nil {
		return fault.Internalf("duty %s names no lot", d.ID)
	}
	return s.stayForClaim(ctx, *d.LotID)
}

// stayForClaim stays a lot with a claim under review, unless it stands or is
// over. One that stands for another cause is stayed again when it goes on (auction.stayAgain).
func (s *Service) stayForClaim(ctx context.Context, lot uuid.UUID) error {
	held, err := s.held(ctx, lot)
	if err != nil || !held {
		return err
	}
	err = s.auction.Stay(ctx, auction.Actor{Role: trail.Machine}, auction.CourtAct{Lot: lot, Ground: ClaimGround, Reason: docket.Text{
		Zh: "案外人对拍卖标的提出异议并提供初步证据，法院已受理审查，依法中止拍卖，待异议处理后公告。",
		En: "A third person claims the property, with prima facie proof that the court accepted for review; by law the sale is stayed until the claim is decided.",
	}})
	if fault.CodeOf(err) == fault.StateConflict {
		return nil // it ended, or stands already
	}
	return err
}
