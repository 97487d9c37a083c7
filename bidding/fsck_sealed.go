package bidding

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// FsckSealed checks I7 from the rows alone, without any key: every opening is of the buyer's code and after the committed
// close; what was opened is on the trail; each commitment is the same in the enrolment, in the admission and where it was
// opened; and no table holds an account beside a code but the confirmations, which are public. It finds nothing in a sound
// database.
func FsckSealed(ctx context.Context, pool *pgxpool.Pool) ([]Problem, error) {
	var found []Problem
	err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, c := range sealedChecks() {
			rows, err := tx.Query(ctx, c.sql)
			if err != nil {
				return fmt.Errorf("%s: %w", c.detail, err)
			}
			var lot uuid.UUID
			var what string
			if _, err := pgx.ForEachRow(rows, []any{&lot, &what}, func() error {
				found = append(found, Problem{Invariant: "I7", Lot: lot, Detail: c.detail + ": " + what})
				return nil
			}); err != nil {
				return fmt.Errorf("%s: %w", c.detail, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("check sealed bidders: %w", err)
	}
	return found, nil
}

// sealedChecks return the lots that break a rule, and what does.
func sealedChecks() []struct{ detail, sql string } {
	const admission = `convert_from(v.payload, 'UTF8')::jsonb`
	return []struct{ detail, sql string }{
		{"an identity was opened before the close, or another than the buyer's", `
			SELECT o.lot_id, o.bidder_code || ' at ' || o.at FROM openings o LEFT JOIN courses c ON c.lot_id = o.lot_id
			WHERE c.phase IS DISTINCT FROM 'closed' OR c.closed_at > o.at OR c.leader_code IS DISTINCT FROM o.bidder_code`},
		{"an opening is not in the log", `
			SELECT o.lot_id, o.purpose FROM openings o GROUP BY o.lot_id, o.purpose
			HAVING count(*) <> (SELECT count(*) FROM entries e WHERE e.lot_id = o.lot_id AND e.kind = 'lot.opened'
				AND convert_from(e.bytes, 'UTF8')::jsonb #>> '{body,purpose}' = o.purpose)`},
		{"an admitted enrolment's commitments are not in the log", `
			SELECT e.lot_id, e.bidder_code FROM enrolments e WHERE e.status = 'admitted' AND NOT EXISTS (
				SELECT FROM entries n, jsonb_array_elements(convert_from(n.bytes, 'UTF8')::jsonb #> '{body,commitments}') c
				WHERE n.lot_id = e.lot_id AND n.kind = 'lot.committed' AND c ->> 'bidder_code' = e.bidder_code
					AND c ->> 'field' = 'id_number' AND c ->> 'commitment' = e.number_commitment)`},
		{"an admitted enrolment's agency commitment is not in the log", `
			SELECT e.lot_id, e.bidder_code FROM enrolments e WHERE e.status = 'admitted' AND e.agency_commitment IS NOT NULL AND NOT EXISTS (
				SELECT FROM entries n, jsonb_array_elements(convert_from(n.bytes, 'UTF8')::jsonb #> '{body,commitments}') c
				WHERE n.lot_id = e.lot_id AND n.kind = 'lot.committed' AND c ->> 'bidder_code' = e.bidder_code
					AND c ->> 'field' = 'agency' AND c ->> 'commitment' = e.agency_commitment)`},
		{"the confirmation opens another agency than the enrolment's", `
			SELECT k.lot_id, k.bidder_code FROM confirmations k JOIN enrolments e ON e.lot_id = k.lot_id AND e.bidder_code = k.bidder_code
			LEFT JOIN agencies g ON g.id = k.agency_id
			WHERE k.document ->> 'agency_commitment' IS DISTINCT FROM e.agency_commitment
				OR k.agency_id IS NOT NULL AND (g.lot_id <> k.lot_id OR g.account_id <> k.account_id OR g.state <> 'confirmed')
				OR k.erased_at IS NULL AND e.agency_commitment IS NOT NULL AND e.agency_commitment
					<> encode(sha256(decode(k.document ->> 'agency_salt', 'hex') || convert_to(coalesce(g.hash, ''), 'UTF8')), 'hex')`},
		{"a confirmation rests on no opening", `
			SELECT k.lot_id, k.bidder_code FROM confirmations k JOIN courses c ON c.lot_id = k.lot_id
			WHERE NOT EXISTS (SELECT FROM openings o WHERE o.lot_id = k.lot_id AND o.bidder_code = k.bidder_code AND o.purpose = 'confirmation')`},
		{"a balance rests on no opening", `
			SELECT b.lot_id, b.state FROM balances b JOIN courses c ON c.lot_id = b.lot_id
			WHERE NOT EXISTS (SELECT FROM openings o WHERE o.lot_id = b.lot_id AND o.purpose = 'deposit')`},
		{"an enrolment's commitment is not its admission's", `
			SELECT e.lot_id, e.bidder_code FROM enrolments e
			JOIN course_events v ON v.lot_id = e.lot_id AND v.kind = 'admit' AND ` + admission + ` ->> 'bidder_code' = e.bidder_code
			WHERE ` + admission + ` ->> 'name_commitment' IS DISTINCT FROM e.name_commitment`},
		{"an admitted enrolment is not on the course", `
			SELECT e.lot_id, e.bidder_code FROM enrolments e
			WHERE e.status = 'admitted' AND NOT EXISTS (SELECT FROM course_events v
				WHERE v.lot_id = e.lot_id AND v.kind = 'admit' AND ` + admission + ` ->> 'bidder_code' = e.bidder_code)`},
		{"the confirmation opens another commitment than the enrolment's", `
			SELECT k.lot_id, k.bidder_code FROM confirmations k JOIN enrolments e ON e.lot_id = k.lot_id AND e.bidder_code = k.bidder_code
			WHERE k.name_commitment <> e.name_commitment
				OR k.name_commitment <> encode(sha256(k.name_salt || convert_to(k.buyer_name, 'UTF8')), 'hex')`},
		{"the buyer has no deposit", `
			SELECT k.lot_id, k.bidder_code FROM confirmations k JOIN enrolments e ON e.lot_id = k.lot_id AND e.bidder_code = k.bidder_code
			WHERE NOT EXISTS (SELECT FROM deposits d WHERE d.lot_id = k.lot_id AND d.account_id = k.account_id)`},
		{"an enrolment has no key", `
			SELECT e.lot_id, e.bidder_code FROM enrolments e WHERE NOT EXISTS (SELECT FROM lot_keys k WHERE k.lot_id = e.lot_id)`},
		{"a table holds accounts beside codes", `
			SELECT '00000000-0000-0000-0000-000000000000'::uuid, a.table_name::text FROM information_schema.columns a
			JOIN information_schema.columns b ON b.table_schema = a.table_schema AND b.table_name = a.table_name AND b.column_name = 'bidder_code'
			WHERE a.table_schema = current_schema() AND a.column_name IN ('account_id', 'enrolment_id') AND a.table_name <> 'confirmations'`},
	}
}
