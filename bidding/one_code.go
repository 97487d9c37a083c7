package bidding

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/agency"
	"mingchui/auction/fault"
	"mingchui/bidding/seal"
)

// oneCodeEach refuses an enrolment of whose persons one holds another code of the lot through an agent, or as one (R20a, ours). Codes
// are found by their locators; nothing is opened. behalf is uuid.Nil for oneself. Two enrolments of one person at once: who is an
// agent holds the lot's lock alone, the others share it, to the end of the transaction. The lock leaves no mark on a row (R18).
func oneCodeEach(ctx context.Context, tx pgx.Tx, sealer *seal.Sealer, lot, account, behalf uuid.UUID) error {
	lock := `SELECT pg_advisory_xact_lock_shared(hashtextextended('enrol:' || @lot::uuid, 0))`
	if behalf != uuid.Nil {
		lock = `SELECT pg_advisory_xact_lock(hashtextextended('enrol:' || @lot::uuid, 0))`
	}
	if _, err := tx.Exec(ctx, lock, pgx.NamedArgs{"lot": lot}); err != nil {
		return fault.Internalf("wait for the lot's other enrolments: %w", err)
	}
	others, err := agency.OthersOf(ctx, tx, lot, account, behalf)
	if err != nil {
		return err
	}
	agencies, accounts := make([][]byte, len(others.Agencies)), make([][]byte, len(others.Accounts))
	for i, id := range others.Agencies {
		agencies[i] = sealer.AgencyLocator(id)
	}
	for i, id := range others.Accounts {
		accounts[i] = sealer.Locator(id)
	}
	var holds bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM enrolments WHERE lot_id = @lot AND (locator = ANY (@accounts) OR agency_locator = ANY (@agencies)))`,
		pgx.NamedArgs{"lot": lot, "accounts": accounts, "agencies": agencies}).Scan(&holds)
	if err != nil {
		return fault.Internalf("look for a person's other codes: %w", err)
	}
	if holds {
		return agency.OneCodeEach()
	}
	return nil
}
