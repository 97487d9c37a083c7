package auction

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/papers"
)

// Person is somebody who would take part in a sale, under an account or through an agent. One person is known by the account and by
// the identity number, where there is one.
type Person struct {
	// Account is uuid.Nil for a principal.
	Account      uuid.UUID
	Name, Number string
}

// PersonNumber is the one form in which identity numbers are kept and compared: full-width digits and the small x of the last place
// are the same number (R24x, R34).
func PersonNumber(text string) string {
	return strings.ToUpper(strings.TrimSpace(norm.NFKC.String(text)))
}

// MayTakePart refuses who is barred from a lot, under whatever account of the same identity number, or as staff of its court or of
// the platform, or as an auxiliary firm (R34), and who bought the property at an earlier sale and did not pay, by themselves or
// through an agent (R24x).
//
// A buyer of equity who did not have the transfer approved may not bid when it is sold again (R12e).
//
// Faults: barred_person, defaulter_excluded, unapproved_excluded (forbidden).
func MayTakePart(ctx context.Context, tx pgx.Tx, lot uuid.UUID, who Person) error {
	var barred, defaulted, unapproved bool
	err := tx.QueryRow(ctx, `
		WITH RECURSIVE sales AS (
			SELECT id, previous_lot_id FROM lots WHERE id = @lot
			UNION SELECT p.id, p.previous_lot_id FROM lots p JOIN sales s ON p.id = s.previous_lot_id),
		same AS (
			SELECT id, role, court_id, barred_reason FROM accounts WHERE id = @account
			UNION SELECT id, role, court_id, barred_reason FROM accounts WHERE id_number = @number AND id_number <> '')
		SELECT EXISTS (SELECT FROM same WHERE barred_reason IS NOT NULL OR role = 'operator' OR (role <> 'bidder' AND court_id = l.court_id))
				OR EXISTS (SELECT FROM exclusions e JOIN same ON same.id = e.account_id WHERE e.lot_id = @lot AND e.ground = 'barred')
				OR EXISTS (SELECT FROM jsonb_array_elements(coalesce(l.document -> 'auxiliary', '[]')) firm
					WHERE @name <> '' AND @name IN (firm -> 'name' ->> 'zh', firm -> 'name' ->> 'en')),
			EXISTS (SELECT FROM exclusions e JOIN sales s ON s.id = e.lot_id JOIN same ON same.id = e.account_id WHERE e.ground = 'defaulter')
				OR EXISTS (SELECT FROM sales s JOIN lots d ON d.id = s.id AND d.outcome = 'defaulted' JOIN confirmations c ON c.lot_id = d.id
					JOIN agency_principals p ON p.agency_id = c.agency_id WHERE p.id_number = @number AND p.id_number <> ''),
			EXISTS (SELECT FROM sales s JOIN lots d ON d.id = s.id AND d.outcome = 'set_aside' AND jsonb_typeof(d.document -> 'approval') = 'object'
				JOIN confirmations c ON c.lot_id = d.id
				WHERE NOT coalesce((SELECT qualified FROM eligibility_checks x WHERE x.lot_id = d.id ORDER BY checked_at DESC, id DESC LIMIT 1), true)
					AND (c.account_id IN (SELECT id FROM same) OR @number <> '' AND EXISTS (SELECT FROM agency_principals p WHERE p.agency_id = c.agency_id AND p.id_number = @number)))
		FROM lots l WHERE l.id = @lot`,
		pgx.NamedArgs{"lot": lot, "account": who.Account, "number": who.Number, "name": who.Name}).Scan(&barred, &defaulted, &unapproved)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return notFound("lot")
	case err != nil:
		return fault.Internalf("look whether somebody may take part: %w", err)
	case barred:
		return fault.New(fault.Forbidden, fault.BarredPerson).ByRule("R34")
	case defaulted:
		return fault.New(fault.Forbidden, fault.DefaulterExcluded).ByRule("R24x")
	case unapproved:
		return fault.New(fault.Forbidden, fault.UnapprovedExcluded).ByRule("R12e")
	}
	return nil
}

// openAgency reads for whom the buyer of a lot bid, nil for oneself. What the buyer's enrolment committed to must open to an agency
// that the court confirmed for this lot (R14, R22).
func openAgency(ctx context.Context, tx pgx.Tx, lot uuid.UUID, b Buyer) (*uuid.UUID, *papers.Agency, error) {
	if b.AgencyCommitment == "" {
		return nil, nil, nil
	}
	if audit.Commit(b.AgencySalt, b.AgencyHash) != b.AgencyCommitment {
		return nil, nil, fault.Internalf("lot %s: the buyer's agency does not open its commitment", lot)
	}
	if b.AgencyHash == "" {
		return nil, nil, nil
	}
	var id uuid.UUID
	var form string
	err := tx.QueryRow(ctx, `SELECT id, form FROM agencies WHERE lot_id = @lot AND hash = @hash AND account_id = @account AND state = 'confirmed'`,
		pgx.NamedArgs{"lot": lot, "hash": b.AgencyHash, "account": b.AccountID}).Scan(&id, &form)
	if err != nil {
		return nil, nil, fault.Internalf("lot %s: read the buyer's agency %s: %w", lot, b.AgencyHash, err)
	}
	agency := new(papers.Agency)
	if err := audit.Decode([]byte(form), agency); err != nil {
		return nil, nil, err
	}
	return &id, agency, nil
}
