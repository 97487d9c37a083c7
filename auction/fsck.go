package auction

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/fault"
)

// Problem is a breach of an invariant that Fsck found.
type Problem struct {
	// Invariant is I6 or I9.
	Invariant string
	Lot       uuid.UUID
	Detail    string
}

// check is one question to the rows: sql returns the lots that break it.
type check struct{ invariant, detail, sql string }

// Fsck holds the sales against what must go with them, from the rows alone:
// each public act is in the log once and what was published is what the log's
// hash says (I6); every duty that a state makes due exists (I9). It changes nothing.
func Fsck(ctx context.Context, pool *pgxpool.Pool) ([]Problem, error) {
	var problems []Problem
	err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var err error
		problems, err = FsckIn(ctx, tx)
		return err
	})
	if err != nil {
		return nil, asFault(err)
	}
	return problems, nil
}

// FsckIn is Fsck within a transaction: it sees what that sees.
func FsckIn(ctx context.Context, tx pgx.Tx) ([]Problem, error) {
	problems := []Problem{}
	for _, c := range append(append(entryChecks(), paperChecks()...), dutyChecks()...) {
		rows, err := tx.Query(ctx, c.sql)
		if err != nil {
			return nil, fault.Internalf("check %q: %w", c.detail, err)
		}
		lots, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return nil, fault.Internalf("check %q: %w", c.detail, err)
		}
		for _, lot := range lots {
			problems = append(problems, Problem{c.invariant, lot, c.detail})
		}
	}
	return problems, nil
}

// entryChecks hold I6: an act is in the log as often as it happened.
func entryChecks() []check {
	once := func(kind, happened string) check {
		return check{"I6", "entries of " + kind + " do not match the lot", `SELECT l.id FROM lots l
			LEFT JOIN confirmations c ON c.lot_id = l.id LEFT JOIN rulings r ON r.lot_id = l.id
			WHERE (SELECT count(*) FROM entries e WHERE e.lot_id = l.id AND e.kind = '` + kind + `') <> (CASE WHEN ` + happened + ` THEN 1 ELSE 0 END)`}
	}
	return []check{
		once("lot.listed", "true"),
		{"I6", "a court's settings are not in the log (the id is the court's)", `SELECT DISTINCT s.court_id FROM court_settings s JOIN courts c ON c.id = s.court_id
			LEFT JOIN (SELECT e.at, convert_from(e.bytes, 'UTF8')::jsonb #>> '{body,court}' AS code FROM entries e WHERE e.kind = 'court.settings') e
				ON e.at = s.since AND e.code = c.code WHERE e.at IS NULL`},
		once("lot.announced", "l.announced_at IS NOT NULL"),
		once("lot.withdrawn", "l.status = 'withdrawn'"),
		once("confirmation", "c.lot_id IS NOT NULL"),
		once("lot.balance_paid", "l.paid_at IS NOT NULL"),
		once("lot.defaulted", "EXISTS (SELECT FROM trail t WHERE t.lot_id = l.id AND t.act = 'defaulted')"),
		once("lot.set_aside", "l.outcome = 'set_aside'"),
		once("lot.ruled", "r.lot_id IS NOT NULL"),
		once("lot.handed_over", "r.handed_over_at IS NOT NULL"),
		{"I6", "an offer to take the property is not in the log", `SELECT o.lot_id FROM taking_offers o GROUP BY o.lot_id
			HAVING count(*) <> (SELECT count(*) FROM entries e WHERE e.lot_id = o.lot_id AND e.kind = 'lot.taking_offered')`},
		{"I6", "a vote is not in the log", `SELECT v.lot_id FROM votes v GROUP BY v.lot_id
			HAVING count(*) > (SELECT count(*) FROM entries e WHERE e.lot_id = v.lot_id AND e.kind = 'lot.voted')`},
		{"I6", "a vote that counts is on other terms", `SELECT DISTINCT v.lot_id FROM votes v JOIN lots l ON l.id = v.lot_id
			WHERE v.superseded_at IS NULL AND v.terms_digest <> l.terms_digest`},
		{"I6", "votes were set aside and no revision is in the log", `SELECT DISTINCT v.lot_id FROM votes v WHERE v.superseded_at IS NOT NULL
			AND NOT EXISTS (SELECT FROM entries e WHERE e.lot_id = v.lot_id AND e.kind = 'lot.revised')`},
	}
}

// paperChecks hold published papers against their hashes here and in the log,
// and the buyer's name against its commitment (R22).
func paperChecks() []check {
	paper := func(table, kind, unless string) check {
		return check{"I6", "the " + table + " row is not what the log quotes", `SELECT p.lot_id FROM ` + table + ` p
			LEFT JOIN entries e ON e.lot_id = p.lot_id AND e.kind = '` + kind + `'
			WHERE (p.hash <> encode(sha256(convert_to(p.document::text, 'UTF8')), 'hex')` + unless + `)
				OR p.hash IS DISTINCT FROM convert_from(e.bytes, 'UTF8')::jsonb #>> '{body,document_hash}'`}
	}
	return []check{
		paper("announcements", "lot.announced", ""),
		paper("confirmations", "confirmation", " AND p.erased_at IS NULL"),
		{"I6", "the buyer's name does not open its commitment", `SELECT lot_id FROM confirmations
			WHERE erased_at IS NULL AND name_commitment <> encode(sha256(name_salt || convert_to(buyer_name, 'UTF8')), 'hex')`},
		{"I6", "a published lot has no announcement", `SELECT l.id FROM lots l
			WHERE l.announced_at IS NOT NULL AND NOT EXISTS (SELECT FROM announcements a WHERE a.lot_id = l.id)`},
	}
}

// dutyChecks hold I9: what a state makes due is owed, or was.
func dutyChecks() []check {
	due := func(kind, states, when string) check {
		return check{"I9", "the duty " + kind + " is not there", `SELECT l.id FROM lots l
			LEFT JOIN courses k ON k.lot_id = l.id LEFT JOIN confirmations c ON c.lot_id = l.id LEFT JOIN rulings r ON r.lot_id = l.id
			WHERE (` + when + `) AND NOT EXISTS (SELECT FROM duties d WHERE d.lot_id = l.id AND d.kind = '` + kind + `' AND d.state IN (` + states + `))`}
	}
	const owed, ever = `'owed'`, `'owed', 'done'`
	return []check{
		due("open_course", owed, "l.status = 'announced' AND k.lot_id IS NULL"),
		due("close_course", owed, "l.status = 'announced'"),
		due("resume", owed, "l.status = 'suspended'"),
		due("confirm_sale", owed, "l.outcome IN ('sold', 'paid', 'ruled', 'defaulted') AND l.buyer_code IS NOT NULL AND c.lot_id IS NULL"),
		due("release_deposits", ever, "l.status IN ('ended', 'withdrawn') AND l.announced_at IS NOT NULL"),
		due("judge_vote", owed, "l.status = 'draft'"),
		due("balance_due", owed, "l.outcome = 'sold'"),
		due("pay_balance", owed, "l.outcome = 'sold'"),
		due("announce", owed, "l.status = 'voted'"),
		due("make_ruling", owed, "l.outcome IN ('paid', 'taken')"),
		due("pay_out", ever, "l.outcome IN ('paid', 'ruled') AND l.buyer_code IS NOT NULL"),
		due("hand_over", owed, "l.outcome = 'ruled' AND r.handed_over_at IS NULL"),
		due("second_sale", ever, "l.outcome = 'unsold' AND l.stage = 'first'"),
		due("sell_off_sale", ever, "l.outcome = 'unsold' AND l.stage = 'second'"),
		due("ask_creditors", `'owed', 'done', 'cancelled'`, "l.outcome = 'unsold' AND l.stage <> 'first'"),
		due("return_property", owed, "l.outcome = 'unsold' AND l.stage IN ('sell_off', 'no_reserve') AND NOT l.next_announced"),
		due("re_sale", ever, "l.outcome = 'defaulted' AND NOT l.released OR l.sold_again"),
	}
}
