package agency

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
)

// One person holds one code in a course, through whomever (R20a, ours): the leader does not bid against himself. A person is known
// by the identity number.

// oneAgencyEach refuses to confirm an agency of which a principal is one of another agent's confirmed agency for the lot. It looks at
// agencies alone: whether somebody enrolled is not for the court to learn (R18), and the admission looks at that. The lot's row is
// held; the trigger agencies_one_code says the same.
func oneAgencyEach(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	var twice bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM agencies g JOIN agency_principals p ON p.agency_id = g.id
			JOIN agency_principals q ON q.id_number = p.id_number AND q.id_number <> '' JOIN agencies o ON o.id = q.agency_id
			WHERE g.id = @id AND g.state = 'requested' AND o.lot_id = g.lot_id AND o.account_id <> g.account_id AND o.state = 'confirmed')`,
		pgx.NamedArgs{"id": id}).Scan(&twice)
	if err != nil {
		return fault.Internalf("look for the principals' other agents: %w", err)
	}
	if twice {
		return fault.New(fault.Conflict, fault.OneCodeEach).ByRule("R20a")
	}
	return nil
}

// Behalf is a confirmed agency: for whom somebody may bid.
type Behalf struct {
	ID         uuid.UUID
	Principals []auction.Person
}

// Taker is an account's person, and for whom it may bid on a lot.
type Taker struct {
	auction.Person

	Behalfs []Behalf
}

// TakersOf reads them for accounts, to find which persons stand behind a code before it is admitted. Nothing tells here whether
// anybody enrolled (R18).
func TakersOf(ctx context.Context, tx pgx.Tx, lot uuid.UUID, accounts []uuid.UUID) (map[uuid.UUID]Taker, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.id, a.real_name, a.id_number, coalesce((SELECT jsonb_agg(jsonb_build_object('ID', g.id, 'Principals', (
				SELECT jsonb_agg(jsonb_build_object('Name', p.name, 'Number', p.id_number) ORDER BY p.no) FROM agency_principals p WHERE p.agency_id = g.id)))
			FROM agencies g WHERE g.lot_id = @lot AND g.account_id = a.id AND g.state = 'confirmed'), '[]')
		FROM accounts a WHERE a.id = ANY (@accounts)`, pgx.NamedArgs{"lot": lot, "accounts": accounts})
	if err != nil {
		return nil, fault.Internalf("read for whom accounts may bid: %w", err)
	}
	takers := map[uuid.UUID]Taker{}
	var t Taker
	_, err = pgx.ForEachRow(rows, []any{&t.Account, &t.Name, &t.Number, &t.Behalfs}, func() error {
		takers[t.Account] = t
		t.Behalfs = nil
		return nil
	})
	if err != nil {
		return nil, fault.Internalf("read for whom accounts may bid: %w", err)
	}
	return takers, nil
}
