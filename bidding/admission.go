package bidding

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/bidding/seal"
)

// Codes are admitted in batches: whose deposit is confirmed within a slot is put on the course together with the others of
// it, in random order, so that neither the time nor the order of the public admissions joins a code to a payment (R18).

// DepositHeld owes the next batch of a lot's admissions, in the transaction that confirms a deposit or owes none; payments
// calls it. It names no account: the batch finds out by locators whose deposits are here.
func (d *Desk) DepositHeld(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) error {
	var starts, ends time.Time
	if err := tx.QueryRow(ctx, `SELECT l.starts_at, coalesce(c.ends_at, l.announced_ends_at) FROM lots l LEFT JOIN courses c ON c.lot_id = l.id
		WHERE l.id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&starts, &ends); err != nil {
		return fault.Internalf("read when bidding is: %w", err)
	}
	// Every confirmation owes a batch of its own, for a batch that is running may have looked before this commit. The
	// first that runs does the others' work.
	id, err := uuid.NewRandom()
	if err != nil {
		return fault.Internalf("make a batch's key: %w", err)
	}
	return d.duties.Owe(ctx, tx, now, duty.Duty{
		Kind: duty.AdmitBidders, Key: id.String(), LotID: &lot, Rule: "R18", Actor: duty.Machine, DueAt: slotEnd(now, starts, ends, d.admitEvery),
	})
}

// slotEnd is when the slot of now ends: every long, less when the start or, after it, the end comes nearer than ten slots,
// and a second at least. Nobody misses a bid by it; in the last seconds before the end a second is what it takes.
func slotEnd(now, starts, ends time.Time, every time.Duration) time.Time {
	if every <= 0 {
		return now
	}
	next := starts
	if !now.Before(starts) {
		next = ends
	}
	every = max(min(every, next.Sub(now)/10), time.Second)
	return now.Truncate(every).Add(every)
}

// admitAtOnce bounds the admissions that wait for their commit beside each other.
const admitAtOnce = 16

// AdmitByDuty admits what is confirmed of a lot in one batch; it is the handler of the duty admit_bidders, idempotent. A
// course that closed meanwhile takes nobody: the deposit goes back by release_deposits. Then the lot's rows of enrolments and sessions are written anew in random order, so that not even the
// database's own marks (xmin, ctid) join a code to a deposit that was written beside it.
func (d *Desk) AdmitByDuty(ctx context.Context, owed duty.Duty) error {
	if owed.LotID == nil {
		return fault.Internalf("duty %s names no lot", owed.ID)
	}
	lot := *owed.LotID
	w, there, err := wrappedKey(ctx, d.pool, lot)
	if err != nil || !there {
		return err
	}
	sealer, err := d.ring.Sealer(lot, w)
	if err != nil {
		return err
	}
	// One batch of a lot at a time: on this node by the mutex, so that waiting takes no connection, and beside other nodes by an
	// advisory lock, which leaves no mark on a row. Another node's batch is looked at when it is done (R20a).
	one := &d.batches[lot[len(lot)-1]%batchStripes]
	one.Lock()
	defer one.Unlock()
	return pgx.BeginFunc(ctx, d.pool, func(alone pgx.Tx) error {
		if _, err := alone.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('admit:' || @lot::uuid, 0))`, pgx.NamedArgs{"lot": lot}); err != nil {
			return fault.Internalf("wait for the lot's other batches: %w", err)
		}
		return d.admitBatch(ctx, owed.ID, lot, sealer)
	})
}

// admitBatch admits, in transactions of its own, while the lot's other batches wait.
func (d *Desk) admitBatch(ctx context.Context, owed, lot uuid.UUID, sealer *seal.Sealer) error {
	var batches []duty.Duty
	var s sifted
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) (err error) {
		if batches, err = owedBatches(ctx, tx, d.clock.Now(), lot); err != nil {
			return err
		}
		s, err = d.sift(ctx, tx, lot, sealer)
		return err
	})
	if err != nil || !slices.ContainsFunc(batches, func(b duty.Duty) bool { return b.ID == owed }) {
		return err // done by the batch before
	}
	done, err := d.admitAll(ctx, s.Ready)
	if err != nil {
		return err
	}
	if err := d.excludeBarred(ctx, lot, done); err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		// Whoever bars somebody writes the lot's rows too.
		if _, err := tx.Exec(ctx, `SELECT FROM lot_keys WHERE lot_id = @lot FOR UPDATE`, pgx.NamedArgs{"lot": lot}); err != nil {
			return fault.Internalf("lock the lot's enrolments: %w", err)
		}
		now := d.clock.Now()
		if err := markAdmitted(ctx, tx, now, lot, done); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE enrolments SET status = 'excluded' WHERE id = ANY (@barred) AND status = 'awaiting_deposit'`,
			pgx.NamedArgs{"barred": s.Barred}); err != nil {
			return fault.Internalf("mark enrolments excluded: %w", err)
		}
		if err := shuffle(ctx, tx, lot); err != nil {
			return err
		}
		for _, b := range batches {
			if err := d.duties.Done(ctx, tx, now, duty.AdmitBidders, b.Key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.giveBack(ctx, lot, s.Later, done); err != nil {
		return err
	}
	return d.letGo(ctx, lot, s.Left)
}

// markAdmitted marks the enrolments of a batch and enters what their codes are bound to beside the names (R18).
func markAdmitted(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, done []uuid.UUID) error {
	rows, err := tx.Query(ctx, `
		WITH admitted AS (UPDATE enrolments SET status = 'admitted' WHERE id = ANY (@done) AND status = 'awaiting_deposit'
			RETURNING bidder_code, number_commitment, agency_commitment)
		SELECT bidder_code, 'id_number', number_commitment FROM admitted
		UNION ALL SELECT bidder_code, 'agency', agency_commitment FROM admitted WHERE agency_commitment IS NOT NULL`, pgx.NamedArgs{"done": done})
	if err != nil {
		return fault.Internalf("mark enrolments admitted: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[audit.Commitment])
	if err != nil {
		return fault.Internalf("mark enrolments admitted: %w", err)
	}
	if len(list) == 0 {
		return nil
	}
	slices.SortFunc(list, func(a, b audit.Commitment) int {
		return cmp.Or(strings.Compare(a.BidderCode, b.BidderCode), -strings.Compare(a.Field, b.Field))
	})
	for part := range slices.Chunk(list, commitmentsAtOnce) {
		if err := enter(ctx, tx, now, lot, audit.KindCommitted, audit.Committed{Commitments: part}); err != nil {
			return err
		}
	}
	return nil
}

// commitmentsAtOnce keeps an entry well below audit.MaxEntryBytes.
const commitmentsAtOnce = 64

// enter puts an entry about a lot beside its course into the log.
func enter(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID, kind string, body any) error {
	var caseID uuid.UUID
	if err := tx.QueryRow(ctx, `SELECT case_id FROM lots WHERE id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&caseID); err != nil {
		return fault.Internalf("read the lot's case: %w", err)
	}
	entry, err := audit.New(kind, now, &caseID, &lot, 0, body)
	if err != nil {
		return err
	}
	return sequencer.Append(ctx, tx, entry)
}

// batchStripes bounds the locks that keep batches of one lot apart.
const batchStripes = 64

// excludeBarred excludes those of a batch whose persons were barred, or who left, while it admitted them. Either marks the enrolment
// first and excludes then, a batch admits first and looks at the mark then, so none slips between.
func (d *Desk) excludeBarred(ctx context.Context, lot uuid.UUID, done []uuid.UUID) error {
	rows, err := d.pool.Query(ctx, `SELECT bidder_code FROM enrolments WHERE id = ANY (@done) AND status IN ('excluded', 'withdrawn')`, pgx.NamedArgs{"done": done})
	if err != nil {
		return fault.Internalf("look for barred bidders: %w", err)
	}
	codes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fault.Internalf("look for barred bidders: %w", err)
	}
	for _, code := range codes {
		if err := d.excludeCode(ctx, lot, code); err != nil {
			return err
		}
	}
	return nil
}

// owedBatches are the batches of a lot that are due. They were committed before what is read after this, with the deposits
// that they were owed for.
func owedBatches(ctx context.Context, tx pgx.Tx, now time.Time, lot uuid.UUID) ([]duty.Duty, error) {
	rows, err := tx.Query(ctx, `SELECT id, key FROM duties WHERE kind = @kind AND lot_id = @lot AND state = 'owed' AND due_at <= @now`,
		pgx.NamedArgs{"kind": duty.AdmitBidders, "lot": lot, "now": now})
	if err != nil {
		return nil, fault.Internalf("read owed batches: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b duty.Duty, err error) { return b, row.Scan(&b.ID, &b.Key) })
	if err != nil {
		return nil, fault.Internalf("read owed batches: %w", err)
	}
	return list, nil
}

// admitAll puts enrolments on the course and returns those that stand there.
func (d *Desk) admitAll(ctx context.Context, list []seat) ([]uuid.UUID, error) {
	errs := make([]error, len(list))
	var group sync.WaitGroup
	slots := make(chan struct{}, admitAtOnce)
	for i, s := range list {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			_, errs[i] = d.engine.Admit(ctx, s.Admit)
		})
	}
	group.Wait()
	var done []uuid.UUID
	for i, err := range errs {
		switch {
		case err == nil:
			done = append(done, list[i].ID)
		case fault.CodeOf(err) == fault.Closed:
			errs[i] = nil
		}
	}
	return done, errors.Join(errs...)
}

// shuffle writes a lot's enrolments and sessions anew, one after the other in random order and in one transaction.
func shuffle(ctx context.Context, tx pgx.Tx, lot uuid.UUID) error {
	for _, table := range []struct{ read, write string }{
		{`SELECT id::text FROM enrolments WHERE lot_id = @lot ORDER BY random()`, `UPDATE enrolments SET sealed = sealed WHERE id = $1::text::uuid`},
		{
			`SELECT encode(token_hash, 'hex') FROM bidding_sessions WHERE lot_id = @lot ORDER BY random()`,
			`UPDATE bidding_sessions SET revoked = revoked WHERE token_hash = decode($1, 'hex')`,
		},
	} {
		rows, err := tx.Query(ctx, table.read, pgx.NamedArgs{"lot": lot})
		if err != nil {
			return fault.Internalf("read the lot's enrolments: %w", err)
		}
		keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fault.Internalf("read the lot's enrolments: %w", err)
		}
		b := &pgx.Batch{}
		for _, key := range keys {
			b.Queue(table.write, key)
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return fault.Internalf("write the lot's enrolments anew: %w", err)
		}
	}
	return nil
}
