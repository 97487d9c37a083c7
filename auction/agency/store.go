package agency

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

func notFound() *fault.Error { return fault.New(fault.NotFound, fault.NotFoundCode).InField("agency") }

// head is what never changes of an agency.
type head struct {
	LotID, AccountID uuid.UUID
	Hash             string
}

func (s *Service) find(ctx context.Context, id uuid.UUID) (head, error) {
	var h head
	err := s.pool.QueryRow(ctx, `SELECT lot_id, account_id, hash FROM agencies WHERE id = @id`, pgx.NamedArgs{"id": id}).Scan(&h.LotID, &h.AccountID, &h.Hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return h, notFound()
	}
	if err != nil {
		return h, fault.Internalf("read agency: %w", err)
	}
	return h, nil
}

// agentOf reads who the agent is.
func agentOf(ctx context.Context, a *auction.LotAct, account uuid.UUID) (auction.Person, error) {
	who := auction.Person{Account: account}
	err := a.Tx.QueryRow(ctx, `SELECT real_name, id_number FROM accounts WHERE id = @id`, pgx.NamedArgs{"id": account}).Scan(&who.Name, &who.Number)
	if err != nil {
		return who, fault.Internalf("read the agent's account: %w", err)
	}
	return who, nil
}

// insert keeps a request. The lot's row is held, so the count of open ones stands.
func insert(ctx context.Context, a *auction.LotAct, id, account uuid.UUID, r Request) error {
	var open int
	err := a.Tx.QueryRow(ctx, `SELECT count(*) FROM agencies WHERE lot_id = @lot AND account_id = @account AND state = 'requested'`,
		pgx.NamedArgs{"lot": r.Lot, "account": account}).Scan(&open)
	if err != nil {
		return fault.Internalf("count agencies: %w", err)
	}
	if open >= maxOpen {
		return fault.New(fault.Conflict, fault.StateConflict).ByRule("R14")
	}
	agency := r.form()
	form, hash, err := agency.Encode()
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO agencies (id, lot_id, account_id, state, proof, form, hash, requested_at)
		VALUES (@id, @lot, @account, 'requested', @proof, @form, @hash, @now)`,
		pgx.NamedArgs{"id": id, "lot": r.Lot, "account": account, "proof": r.Proof, "form": form, "hash": hash, "now": a.Now})
	for i, p := range r.Principals {
		b.Queue(`INSERT INTO agency_principals (agency_id, no, name, id_number, salt, share_bp, is_agent)
			VALUES (@id, @no, @name, @number, @salt, @share, @agent)`,
			pgx.NamedArgs{"id": id, "no": i + 1, "name": p.Name, "number": p.Number, "salt": p.salt[:], "share": p.ShareBP, "agent": p.Agent})
	}
	if err := a.Tx.SendBatch(ctx, b).Close(); err != nil {
		return fault.Internalf("insert agency: %w", err)
	}
	return nil
}

func decide(ctx context.Context, a *auction.LotAct, id uuid.UUID, to State, reason docket.Text) error {
	tag, err := a.Tx.Exec(ctx, `UPDATE agencies SET state = @to, decided_at = @now, decided_by = @by, reason_zh = @zh, reason_en = @en
		WHERE id = @id AND state = 'requested'`,
		pgx.NamedArgs{"id": id, "to": to, "now": a.Now, "by": a.By.AccountID, "zh": reason.Zh, "en": reason.En})
	if err != nil {
		return fault.Internalf("decide on agency: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, fault.StateConflict).ByRule("R14")
	}
	return nil
}

func principalsOf(ctx context.Context, tx pgx.Tx, id uuid.UUID) ([]Principal, error) {
	rows, err := tx.Query(ctx, `SELECT name, id_number, share_bp, is_agent FROM agency_principals WHERE agency_id = @id ORDER BY no`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, fault.Internalf("read principals: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Principal, err error) {
		return p, row.Scan(&p.Name, &p.Number, &p.ShareBP, &p.Agent)
	})
	if err != nil {
		return nil, fault.Internalf("read principals: %w", err)
	}
	return list, nil
}

// View is an agency as its agent sees it, and with identity numbers the judges and clerks of the lot's court.
type View struct {
	ID     uuid.UUID   `json:"agency"`
	Lot    uuid.UUID   `json:"lot"`
	Title  docket.Text `json:"title"`
	Case   string      `json:"case"`
	Status State       `json:"status"`
	// Agent is who bids.
	Agent       Named           `json:"agent"`
	Principals  []PrincipalView `json:"principals"`
	Proof       string          `json:"proof"`
	Hash        string          `json:"hash"`
	RequestedAt time.Time       `json:"requested_at"`
	StartsAt    time.Time       `json:"starts_at"`
	DecidedAt   *time.Time      `json:"decided_at,omitempty"`
	Reason      docket.Text     `json:"reason,omitzero"`
}

// Named is somebody by name and, for the court alone, identity number.
type Named struct {
	Name   string `json:"name"`
	Number string `json:"id_number,omitempty"`
}

// PrincipalView is a principal as View shows it.
type PrincipalView struct {
	Named

	ShareBP int  `json:"share_bp"`
	Agent   bool `json:"is_agent,omitempty"`
}

// maxMine bounds the list of an account's own.
const maxMine = 200

const agencyColumns = `SELECT g.id, g.lot_id, l.title_zh, l.title_en, k.number, g.state, a.real_name, a.id_number, g.proof, g.hash, g.requested_at,
			l.starts_at, g.decided_at, g.reason_zh, g.reason_en,
			(SELECT jsonb_agg(jsonb_build_object('name', p.name, 'id_number', p.id_number, 'share_bp', p.share_bp, 'is_agent', p.is_agent) ORDER BY p.no)
				FROM agency_principals p WHERE p.agency_id = g.id)
		FROM agencies g JOIN lots l ON l.id = g.lot_id JOIN cases k ON k.id = l.case_id JOIN accounts a ON a.id = g.account_id
		WHERE `

// list reads agencies; where is the caller's constant, args["limit"] its bound.
func (s *Service) list(ctx context.Context, where string, args pgx.NamedArgs) ([]View, error) {
	rows, err := s.pool.Query(ctx, agencyColumns+where+` LIMIT @limit`, args)
	if err != nil {
		return nil, fault.Internalf("read agencies: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v View, err error) {
		return v, row.Scan(&v.ID, &v.Lot, &v.Title.Zh, &v.Title.En, &v.Case, &v.Status, &v.Agent.Name, &v.Agent.Number, &v.Proof, &v.Hash, &v.RequestedAt,
			&v.StartsAt, &v.DecidedAt, &v.Reason.Zh, &v.Reason.En, &v.Principals)
	})
	if err != nil {
		return nil, fault.Internalf("read agencies: %w", err)
	}
	return list, nil
}

const ofAccount = `g.account_id = @account AND (@all OR g.lot_id = @lot) ORDER BY g.requested_at DESC, g.id DESC`

// Mine lists an account's own agencies, newest first, without identity numbers; lot uuid.Nil is all lots.
func (s *Service) Mine(ctx context.Context, account, lot uuid.UUID) ([]View, error) {
	list, err := s.list(ctx, ofAccount,
		pgx.NamedArgs{"account": account, "lot": lot, "all": lot == uuid.Nil, "limit": maxMine})
	for i := range list {
		list[i].Agent.Number = ""
		for k := range list[i].Principals {
			list[i].Principals[k].Number = ""
		}
	}
	return list, err
}
