package agency

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/deploy/local/testserver"
)

// R14: a court's agencies are read from its own lots, an account's own newest first without a sort.
func TestR14_AgenciesAreReadByIndex(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	testserver.FillSales(t, pool)
	testserver.Fill(t, pool, `
		INSERT INTO accounts (id, login, role, password_hash, real_name, created_at)
		SELECT md5('account' || i)::uuid, 'a' || i, 'bidder', '', 'a', now() FROM generate_series(1, 3000) i;
		INSERT INTO agencies (id, lot_id, account_id, state, proof, form, hash, requested_at)
		SELECT md5('agency' || i)::uuid, md5('lot' || i % 12000 + 1)::uuid, md5('account' || i % 3000 + 1)::uuid, 'requested', encode(sha256('p'), 'hex'), '',
			encode(sha256(i::text::bytea), 'hex'), now() - i * interval '1 min' FROM generate_series(1, 9000) i;
		INSERT INTO agency_principals (agency_id, no, name, id_number, salt, share_bp)
		SELECT md5('agency' || i)::uuid, 1, 'b', 'n' || i, sha256('s'), 10000 FROM generate_series(1, 9000) i`, "accounts", "agencies", "agency_principals")
	id, now := uuid.New(), time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
	court := func(first bool, all bool) pgx.NamedArgs {
		return pgx.NamedArgs{
			"court": testserver.FilledID("court1"), "lot": id, "all": all, "now": now, "limit": MaxLimit + 1, "first": first, "decided": false, "starts": now, "requested": now, "after": id,
		}
	}
	testserver.ReadsByIndex(t, pool, map[string]testserver.Read{
		"a court's":         {SQL: agencyColumns + ofCourtList + ` LIMIT @limit`, Args: court(true, true), Indexes: []string{"lots_court", "agencies_lot", "agency_principals_pkey"}, Sorts: true},
		"a further page":    {SQL: agencyColumns + ofCourtList + ` LIMIT @limit`, Args: court(false, true), Indexes: []string{"lots_court", "agencies_lot"}, Sorts: true},
		"an account's own":  {SQL: agencyColumns + ofAccount + ` LIMIT @limit`, Args: pgx.NamedArgs{"account": id, "lot": id, "all": true, "limit": maxMine}, Indexes: []string{"agencies_account"}},
		"those of one code": {SQL: `SELECT FROM agency_principals WHERE id_number = @number AND id_number <> ''`, Args: pgx.NamedArgs{"number": "n1"}, Indexes: []string{"agency_principals_number"}},
	})
}
