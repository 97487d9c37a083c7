package agency

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
)

// One person holds one code in a course, through whomever (R20a, ours): the leader does not bid against himself. A person is known
// by the identity number.

// OneCodeEach is the refusal of who would hold a second code.
func OneCodeEach() error {
	return fault.New(fault.Conflict, fault.OneCodeEach).InField("on_behalf").ByRule("R20a")
}

// oneAgencyEach refuses to confirm an agency of which a principal is one of another agent's confirmed agency for the lot. It looks at
// agencies alone: whether somebody enrolled is not for the court to learn (R18), and the enrolment looks at that. The lot's row is
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
		return OneCodeEach()
	}
	return nil
}

// Others is under what the persons of one enrolment may hold another code of the lot.
type Others struct {
	// Agencies are confirmed, of other accounts, with one of the persons as agent or principal.
	Agencies []uuid.UUID
	// Accounts are other accounts of the persons; empty for who enrols for oneself.
	Accounts []uuid.UUID
}

// OthersOf lists them for an account that enrols for the agency id, or for oneself with uuid.Nil. The persons are the account's and
// the agency's principals.
func OthersOf(ctx context.Context, tx pgx.Tx, lot, account, id uuid.UUID) (Others, error) {
	var o Others
	err := tx.QueryRow(ctx, `
		WITH persons AS (
			SELECT id_number FROM accounts WHERE id = @account AND id_number <> ''
			UNION SELECT id_number FROM agency_principals WHERE agency_id = @id AND id_number <> '')
		SELECT ARRAY (
				SELECT g.id FROM persons n JOIN agency_principals p USING (id_number) JOIN agencies g ON g.id = p.agency_id
					WHERE g.lot_id = @lot AND g.account_id <> @account AND g.state = 'confirmed'
				UNION SELECT g.id FROM persons n JOIN accounts a USING (id_number) JOIN agencies g ON g.account_id = a.id
					WHERE g.lot_id = @lot AND g.account_id <> @account AND g.state = 'confirmed'),
			ARRAY (SELECT a.id FROM persons n JOIN accounts a USING (id_number) WHERE @behalf AND a.id <> @account)`,
		pgx.NamedArgs{"lot": lot, "account": account, "id": id, "behalf": id != uuid.Nil}).Scan(&o.Agencies, &o.Accounts)
	if err != nil {
		return o, fault.Internalf("read under what else a person may bid: %w", err)
	}
	return o, nil
}
