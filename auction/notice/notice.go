package notice

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Notice is what the court records of one recipient. Times are cut to milliseconds.
type Notice struct {
	Lot     uuid.UUID
	Who     auction.NoticeTo
	Outcome Outcome
	// Way, SentAt (may be zero) and ServedAt come with Served.
	Way              Way
	SentAt, ServedAt time.Time
	// Proof is the SHA-256, in hex, of the delivery receipt or the waiver; it stays with the court.
	Proof     string
	ProofNote docket.Text
	// Reason is published with Unreachable.
	Reason docket.Text
}

// Service records notices. It is safe for concurrent use.
type Service struct {
	pool    *pgxpool.Pool
	auction *auction.Service
}

// New makes a Service.
func New(pool *pgxpool.Pool, a *auction.Service) *Service { return &Service{pool: pool, auction: a} }

// Record puts a notice on record and in the draft's document; the votes hold.
// One who cannot be reached is named on the platform from now on.
//
// Faults: role_forbidden, not_found, state_conflict (announced or beyond),
// invalid_request (a field; no: nobody of that role), reason_required.
func (s *Service) Record(ctx context.Context, by auction.Actor, n Notice) (uuid.UUID, error) {
	n.SentAt, n.ServedAt = audit.Millis(n.SentAt), audit.Millis(n.ServedAt)
	switch n.Who.To {
	case auction.ToPriority, docket.ToApplicant, docket.ToDebtor, docket.ToCoOwner, docket.ToSecurityHolder, docket.ToCompany, docket.ToOther:
	default:
		return uuid.Nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("to").ByRule("R16")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make an id: %w", err)
	}
	step := trail.Step{Act: trail.Notified, Rule: "R16", Ground: string(n.Outcome), Detail: map[string]any{"to": n.Who.To, "no": n.Who.No}}
	if n.Outcome == Unreachable {
		step.Reason, step.Public = n.Reason, true
	}
	err = s.auction.OnLot(ctx, by, n.Lot, nil, step, func(a *auction.LotAct) error {
		if err := n.check(a.Now); err != nil {
			return err
		}
		if err := a.NoticeChanges(ctx, n.Who, n.inDocument(a.Now)); err != nil {
			return err
		}
		if err := insert(ctx, a, id, n); err != nil {
			return err
		}
		return a.Enter(ctx, audit.KindNotified, audit.Notified{To: string(n.Who.To), No: int64(n.Who.No), Outcome: string(n.Outcome), Proof: n.Proof})
	})
	return id, err
}
