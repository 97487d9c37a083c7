package agency

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
)

// Service is the use cases of agencies. It is safe for concurrent use.
type Service struct {
	pool    *pgxpool.Pool
	auction *auction.Service
}

// New makes a Service.
func New(pool *pgxpool.Pool, a *auction.Service) *Service { return &Service{pool: pool, auction: a} }

// Request is an account's wish to bid for others.
type Request struct {
	Lot        uuid.UUID
	Principals []Principal
	// Proof is the SHA-256, in hex, of the power of attorney or the joint bidders' agreement, which the court is shown.
	Proof string
}

// ofCourt lets the judges and the clerks of the lot's court confirm.
func ofCourt(by auction.Actor, court uuid.UUID) error {
	if (by.Role != "judge" && by.Role != "clerk") || by.AccountID == uuid.Nil || by.CourtID != court {
		return fault.New(fault.Forbidden, fault.RoleForbidden)
	}
	return nil
}

// Request asks the court of an announced lot to confirm an agent, before bidding starts. It returns the agency's id.
//
// Faults: role_forbidden, not_found, state_conflict (not announced, over, or too many open requests), agency_too_late (with
// starts_at), invalid_request (proof, principals and their fields), shares_not_whole, real_name_missing (of an account that is one
// of the joint bidders), barred_person, defaulter_excluded.
func (s *Service) Request(ctx context.Context, by auction.Actor, r Request) (uuid.UUID, error) {
	for i := range r.Principals {
		p := &r.Principals[i]
		p.Name, p.Number = strings.TrimSpace(p.Name), auction.PersonNumber(p.Number)
	}
	if err := r.check(); err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fault.Internalf("make agency id: %w", err)
	}
	step := trail.Step{Act: trail.AgencyRequested, Rule: "R14", Detail: map[string]any{"agency": id}}
	return id, s.auction.OnLot(ctx, by.Nameless(), r.Lot, auction.AnyBidder, step, func(a *auction.LotAct) error {
		if err := beforeStart(a); err != nil {
			return err
		}
		agent, err := agentOf(ctx, a, by.AccountID)
		if err != nil {
			return err
		}
		if err := r.takeAgent(agent); err != nil {
			return err
		}
		if err := mayTakePart(ctx, a.Tx, r.Lot, agent, r.Principals); err != nil {
			return err
		}
		return insert(ctx, a, id, by.AccountID, r)
	})
}

// Decision is the court's answer.
type Decision struct {
	Agency    uuid.UUID
	Confirmed bool
	// Reason is needed for a refusal.
	Reason docket.Text
}

// Decide confirms or refuses an agent before bidding starts, by a judge or a clerk of the lot's court. Both are final; who was
// refused may ask again.
//
// Faults: role_forbidden, not_found, reason_required, state_conflict (decided already, or the lot is over), agency_too_late (with
// starts_at); barred_person, defaulter_excluded, one_code_each where one of them may not be confirmed.
func (s *Service) Decide(ctx context.Context, by auction.Actor, d Decision) error {
	if d.Confirmed {
		d.Reason = docket.Text{}
	} else if !given(d.Reason.Zh) || !given(d.Reason.En) {
		return fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("R14")
	}
	row, err := s.find(ctx, d.Agency)
	if err != nil {
		return err
	}
	to := Refused
	if d.Confirmed {
		to = Confirmed
	}
	step := trail.Step{Act: trail.AgencyDecided, Rule: "R14", Ground: string(to), Reason: d.Reason, Detail: map[string]any{"agency": d.Agency}}
	return s.auction.OnLot(ctx, by, row.LotID, ofCourt, step, func(a *auction.LotAct) error {
		if err := beforeStart(a); err != nil {
			return err
		}
		if d.Confirmed {
			if err := oneAgencyEach(ctx, a.Tx, d.Agency); err != nil {
				return err
			}
		}
		if err := decide(ctx, a, d.Agency, to, d.Reason); err != nil {
			return err
		}
		entry := audit.AgencyDecided{Agency: row.Hash, Outcome: audit.AgencyConfirmed}
		if d.Confirmed {
			agent, err := agentOf(ctx, a, row.AccountID)
			if err != nil {
				return err
			}
			principals, err := principalsOf(ctx, a.Tx, d.Agency)
			if err != nil {
				return err
			}
			if err := mayTakePart(ctx, a.Tx, row.LotID, agent, principals); err != nil {
				return err
			}
		} else {
			entry.Outcome, entry.ReasonHash = audit.AgencyRefused, audit.HashText(d.Reason.Zh)
		}
		return a.Enter(ctx, audit.KindAgencyDecided, entry)
	})
}

// mayTakePart holds R24x and R34 against the agent and each principal: a barred person does not bid through others, nor does a
// defaulter, and neither bids for others.
func mayTakePart(ctx context.Context, tx pgx.Tx, lot uuid.UUID, agent auction.Person, principals []Principal) error {
	if err := auction.MayTakePart(ctx, tx, lot, agent); err != nil {
		return err
	}
	for _, p := range principals {
		if err := auction.MayTakePart(ctx, tx, lot, auction.Person{Name: p.Name, Number: p.Number}); err != nil {
			return err
		}
	}
	return nil
}

// Chosen is a confirmed agency as an enrolment uses it.
type Chosen struct {
	ID   uuid.UUID
	Hash string
	// Sole is the identity number of the one principal, empty for joint bidders.
	Sole string
}

// Under lists under what the person of an account may hold codes of a lot: the account and the others of its identity number, and the
// confirmed agencies among whose principals the person is (R34).
func Under(ctx context.Context, tx pgx.Tx, lot, account uuid.UUID) (accounts, agencies []uuid.UUID, err error) {
	err = tx.QueryRow(ctx, `
		WITH person AS (SELECT id_number FROM accounts WHERE id = @account AND id_number <> '')
		SELECT ARRAY (SELECT @account UNION SELECT a.id FROM person JOIN accounts a USING (id_number)),
			ARRAY (SELECT DISTINCT g.id FROM person JOIN agency_principals p USING (id_number)
				JOIN agencies g ON g.id = p.agency_id WHERE g.lot_id = @lot AND g.state = 'confirmed')`,
		pgx.NamedArgs{"lot": lot, "account": account}).Scan(&accounts, &agencies)
	if err != nil {
		return nil, nil, fault.Internalf("read under what a person may bid: %w", err)
	}
	return accounts, agencies, nil
}

// Choose reads the agency that an account enrols with, and holds R24x and R34 against its principals again. It changes and locks
// nothing: who enrolled is nobody's to see (R18).
//
// Faults: agency_not_confirmed (forbidden, R14) for one that is not this account's, not for this lot, or not confirmed;
// barred_person, defaulter_excluded.
func Choose(ctx context.Context, tx pgx.Tx, lot, account, id uuid.UUID) (Chosen, error) {
	c := Chosen{ID: id}
	err := tx.QueryRow(ctx, `SELECT coalesce((SELECT hash FROM agencies
			WHERE id = @id AND lot_id = @lot AND account_id = @account AND state = 'confirmed' AND form <> ''), '')`,
		pgx.NamedArgs{"id": id, "lot": lot, "account": account}).Scan(&c.Hash)
	if err != nil {
		return c, fault.Internalf("read agency: %w", err)
	}
	if c.Hash == "" {
		return c, fault.New(fault.Forbidden, fault.AgencyNotConfirmed).InField("on_behalf").ByRule("R14")
	}
	principals, err := principalsOf(ctx, tx, id)
	if err != nil {
		return c, err
	}
	for _, p := range principals {
		if err := auction.MayTakePart(ctx, tx, lot, auction.Person{Name: p.Name, Number: p.Number}); err != nil {
			return c, err
		}
	}
	if len(principals) == 1 {
		c.Sole = principals[0].Number
	}
	return c, nil
}
