package ledger_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/deploy/local/testserver"
	"mingchui/payments/ledger"
)

// books is a case with a lot in a real database.
type books struct {
	tb   rapid.TB
	ctx  context.Context //nolint:containedctx // the test's
	pool *pgxpool.Pool
	// kase and lot are the case's and its lot's ids.
	kase, lot uuid.UUID
	keys      int
}

func openBooks(ctx context.Context, tb rapid.TB, pool *pgxpool.Pool) *books {
	tb.Helper()
	b := &books{tb: tb, ctx: ctx, pool: pool, kase: uuid.New(), lot: uuid.New()}
	court := uuid.New()
	b.exec(`INSERT INTO courts (id, code, name_zh, name_en, region, created_at) VALUES (@id, @code, 'c', 'c', '330106', now())`,
		pgx.NamedArgs{"id": court, "code": court.String()[:8]})
	b.exec(`INSERT INTO cases (id, court_id, number, kind, document, claim_fen, created_at) VALUES (@id, @court, @number, 'civil', '{}', 100, now())`,
		pgx.NamedArgs{"id": b.kase, "court": court, "number": b.kase.String()})
	b.exec(`INSERT INTO lots (id, case_id, court_id, stage, status, rule_set, category, kind, region, title_zh, title_en,
			reference_fen, reference_kind, starting_price_fen, increment_fen, deposit_fen, document, shard, created_at)
		VALUES (@id, @case, @court, 'first', 'draft', 'china2017', 'flat', 'immovable', '330106', '住宅', 'Flat',
			200000000, 'appraisal', 140000000, 100000, 15000000, '{}', 1, now())`, pgx.NamedArgs{"id": b.lot, "case": b.kase, "court": court})
	return b
}

func (b *books) must(err error) {
	b.tb.Helper()
	if err != nil {
		b.tb.Fatal(err)
	}
}

func (b *books) exec(sql string, args pgx.NamedArgs) {
	b.tb.Helper()
	_, err := b.pool.Exec(b.ctx, sql, args)
	b.must(err)
}

func (b *books) post(at time.Time, kind string, sealed bool, transfers ...ledger.Transfer) {
	b.tb.Helper()
	b.keys++
	p := ledger.Posting{CaseID: b.kase, Kind: kind, Reference: uuid.New(), Key: fmt.Sprint(b.kase, b.keys), Transfers: transfers}
	if sealed {
		p.SealedLot = &b.lot
	}
	b.must(pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error { return ledger.Post(b.ctx, tx, at, p) }))
}

// disclose ends the lot and shows what was sealed for it.
func (b *books) disclose(at time.Time) {
	b.tb.Helper()
	b.exec(`WITH step AS (INSERT INTO trail (id, case_id, lot_id, at, role, act, public)
			SELECT gen_random_uuid(), case_id, id, @now, 'machine', 'withdrawn', true FROM lots WHERE id = @lot)
		UPDATE lots SET status = 'withdrawn', withdrawn_at = @now, announced_at = @now, starts_at = @now,
		announced_ends_at = @now::timestamptz + interval '1 day' WHERE id = @lot`, pgx.NamedArgs{"lot": b.lot, "now": at})
	b.must(pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error { return ledger.Disclose(b.ctx, tx, at, b.lot) }))
}

func (b *books) at(at time.Time) map[ledger.Purpose]money.Fen {
	b.tb.Helper()
	list, err := ledger.BalancesAt(b.ctx, b.pool, b.kase, at)
	b.must(err)
	return held(list)
}

func held(list []ledger.Balance) map[ledger.Purpose]money.Fen {
	out := map[ledger.Purpose]money.Fen{}
	for _, x := range list {
		out[x.Purpose] = x.BalanceFen
	}
	return out
}

func (b *books) state(from, to time.Time) []ledger.AccountStatement {
	b.tb.Helper()
	list, err := ledger.Statement(b.ctx, b.pool, b.kase, ledger.Period{From: from, To: to})
	b.must(err)
	return list
}

var noon = time.Date(2026, 6, 18, 4, 0, 0, 0, time.UTC)

// I4: a period has its beginning and not its end, by a millisecond on each side of both.
func TestI4_AStatementHasItsBeginningAndNotItsEnd(t *testing.T) {
	t.Parallel()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	from, to := noon, noon.Add(time.Hour)
	for i, at := range []time.Time{from.Add(-time.Millisecond), from, from.Add(time.Millisecond), to.Add(-time.Millisecond), to, to.Add(time.Millisecond)} {
		b.post(at, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: money.Fen(1) << i})
	}
	got := b.state(from, to)
	if len(got) != 1 || got[0].Purpose != ledger.Escrow || got[0].OpeningFen != 1 || got[0].ClosingFen != 1+2+4+8 || len(got[0].Entries) != 3 {
		t.Fatalf("the statement is %+v", got)
	}
	for i, want := range []ledger.Entry{{ChangeFen: 2, BalanceFen: 3}, {ChangeFen: 4, BalanceFen: 7}, {ChangeFen: 8, BalanceFen: 15}} {
		e := got[0].Entries[i]
		if e.ChangeFen != want.ChangeFen || e.BalanceFen != want.BalanceFen || e.Counterpart != ledger.Clearing || e.Kind != "deposit_held" {
			t.Errorf("entry %d is %+v", i, e)
		}
	}
	for at, want := range map[time.Duration]money.Fen{-time.Millisecond: 0, 0: 1, time.Millisecond: 3, time.Hour: 15, time.Hour + time.Millisecond: 31} {
		if h := b.at(from.Add(at))[ledger.Escrow]; h != want {
			t.Errorf("%s after the beginning escrow holds %d, want %d", at, h, want)
		}
	}
	if first, err := ledger.FirstMovement(t.Context(), b.pool, b.kase); err != nil || !first.Equal(from.Add(-time.Millisecond)) {
		t.Errorf("the first movement is at %v, %v", first, err)
	}
	if first, err := ledger.FirstMovement(t.Context(), b.pool, uuid.New()); err != nil || first != nil {
		t.Errorf("a case without money has a first movement at %v, %v", first, err)
	}
}

// I4: money that moves within the case stands in both accounts; one that left the accounts at zero is still stated.
func TestI4_AMovementStandsInBothAccounts(t *testing.T) {
	t.Parallel()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	b.post(noon, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 300})
	b.post(noon.Add(time.Second), "deposit_applied", false, ledger.Transfer{Debit: ledger.Escrow, Credit: ledger.Proceeds, Amount: 300})
	b.post(noon.Add(2*time.Second), "sale_set_aside", false, ledger.Transfer{Debit: ledger.Recoverable, Credit: ledger.Proceeds, Amount: 50})
	got := b.state(noon.Add(time.Second), noon.Add(time.Hour))
	want := map[ledger.Purpose][3]money.Fen{ledger.Escrow: {300, 0, 1}, ledger.Proceeds: {0, 350, 2}, ledger.Recoverable: {0, -50, 1}}
	if len(got) != len(want) {
		t.Fatalf("the statement is %+v", got)
	}
	for _, a := range got {
		if w := want[a.Purpose]; a.OpeningFen != w[0] || a.ClosingFen != w[1] || money.Fen(len(a.Entries)) != w[2] {
			t.Errorf("%s is %+v, want %v", a.Purpose, a, w)
		}
	}
	if before := b.state(noon.Add(-time.Hour), noon); len(before) != 0 {
		t.Errorf("before any movement the statement is %+v", before)
	}
}

// R18: what is sealed is in no statement and no balance, of whatever instant, until it is disclosed; then as a sum at the instant of its disclosure.
func TestR18_AStatementShowsNothingSealed(t *testing.T) {
	t.Parallel()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	for i := range 3 {
		b.post(noon.Add(time.Duration(i)*time.Hour), "deposit_held", true, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 15_000_000})
	}
	late := noon.Add(100 * time.Hour)
	if s, h := b.state(noon.Add(-time.Hour), late), b.at(late); len(s) != 0 || len(h) != 0 {
		t.Fatalf("sealed money shows: %+v, %v", s, h)
	}
	if first, err := ledger.FirstMovement(t.Context(), b.pool, b.kase); err != nil || first != nil {
		t.Fatalf("sealed money has a first movement at %v, %v", first, err)
	}
	shown := noon.Add(50 * time.Hour)
	b.disclose(shown)
	s := b.state(noon, late)
	if len(s) != 1 || s[0].OpeningFen != 0 || len(s[0].Entries) != 1 || s[0].Entries[0].ChangeFen != 45_000_000 || !s[0].Entries[0].PostedAt.Equal(shown) {
		t.Errorf("disclosed money is stated as %+v", s)
	}
	if h := b.at(shown); len(h) != 0 {
		t.Errorf("the past has changed: %v", h)
	}
	if h := b.at(shown.Add(time.Millisecond)); h[ledger.Escrow] != 45_000_000 {
		t.Errorf("after the disclosure the accounts hold %v", h)
	}
}

// A statement of 20,000 movements is made; one more is refused with the limit, not cut.
func TestAStatementIsWholeOrRefused(t *testing.T) {
	t.Parallel()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	b.post(noon, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: 1})
	testserver.Fill(t, b.pool, fmt.Sprintf(`
		INSERT INTO postings (id, case_id, kind, reference, idempotency_key, entry_id, posted_at)
		SELECT md5('p' || i)::uuid, '%s', 'deposit_held', gen_random_uuid(), i::text, gen_random_uuid(), '%s'::timestamptz + i * interval '1 ms'
		FROM generate_series(1, 20000) i;
		INSERT INTO transfers (id, posting_id, debit_account, credit_account, amount_fen)
		SELECT md5('t' || i)::uuid, md5('p' || i)::uuid, (SELECT id FROM ledger_accounts WHERE case_id IS NULL),
			(SELECT id FROM ledger_accounts WHERE case_id = '%s'), 1 FROM generate_series(1, 20000) i`,
		b.kase, noon.Format(time.RFC3339), b.kase), "postings", "transfers")
	got := b.state(noon.Add(time.Millisecond), noon.Add(time.Hour))
	if len(got) != 1 || len(got[0].Entries) != 20_000 || got[0].ClosingFen != 20_001 {
		t.Fatalf("%d accounts", len(got))
	}
	_, err := ledger.Statement(t.Context(), b.pool, b.kase, ledger.Period{From: noon, To: noon.Add(time.Hour)})
	if fault.CodeOf(err) != fault.StatementTooLong {
		t.Errorf("20,001 movements are answered %v", err)
	}
}

// I4: whatever moved and whenever, periods that follow each other open with what the one before closed with, their movements are
// all there are, and every closing balance is the balance of that instant.
func TestI4_StatementsJoinWithoutGap(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		b := openBooks(ctx, t, pool)
		moved := b.happen(t)
		cuts := rapid.SliceOfN(rapid.IntRange(-2, 62), 2, 6).Draw(t, "cuts")
		slices.Sort(cuts)
		before := map[ledger.Purpose]money.Fen{}
		stated := 0
		for i, cut := range append([]int{-3}, cuts...) {
			from, to := noon.Add(time.Duration(cut)*time.Millisecond), noon.Add(1000*time.Hour)
			if i < len(cuts) {
				to = noon.Add(time.Duration(cuts[i]) * time.Millisecond)
			}
			after := maps.Clone(before)
			for _, a := range b.state(from, to) {
				if a.OpeningFen != before[a.Purpose] {
					t.Fatalf("%s opens with %d, the period before closed with %d", a.Purpose, a.OpeningFen, before[a.Purpose])
				}
				sum := a.OpeningFen
				for _, e := range a.Entries {
					if sum += e.ChangeFen; e.BalanceFen != sum || e.PostedAt.Before(from) || !e.PostedAt.Before(to) {
						t.Fatalf("entry %+v of %s, after which it holds %d, in a period from %s to %s", e, a.Purpose, sum, from, to)
					}
				}
				if stated += len(a.Entries); a.ClosingFen != sum {
					t.Fatalf("%s closes with %d, opening and movements are %d", a.Purpose, a.ClosingFen, sum)
				}
				after[a.Purpose] = a.ClosingFen
			}
			if h := b.at(to); !maps.Equal(h, after) {
				t.Fatalf("at %s the accounts hold %v, the statement closes with %v", to, h, after)
			}
			before = after
		}
		now, err := ledger.Balances(ctx, pool, b.kase)
		b.must(err)
		if stated != moved || !maps.Equal(held(now), before) {
			t.Fatalf("%d of %d sides of movements are stated; the accounts hold %v, the last statement closes with %v", stated, moved, held(now), before)
		}
	})
}

// happen posts money at random instants of 60 milliseconds, some of it sealed, and tells on how many of the case's accounts it is to be seen.
func (b *books) happen(t *rapid.T) (sides int) {
	t.Helper()
	accounts := map[ledger.Purpose]money.Fen{}
	at, sealedShown := 0, false
	for range rapid.IntRange(0, 14).Draw(t, "postings") {
		at += rapid.IntRange(0, 8).Draw(t, "later")
		if at > 60 {
			break
		}
		instant := noon.Add(time.Duration(at) * time.Millisecond)
		amount := money.Fen(rapid.Int64Range(1, 1_000_000).Draw(t, "fen"))
		switch what := rapid.SampledFrom([]string{"deposit", "sealed", "applied", "kept", "set_aside"}).Draw(t, "what"); what {
		case "sealed":
			b.post(instant, "deposit_held", true, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: amount})
			sealedShown = true
		case "deposit":
			b.post(instant, "deposit_held", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: amount})
			accounts[ledger.Escrow] += amount
			sides++
		case "set_aside":
			b.post(instant, "sale_set_aside", false, ledger.Transfer{Debit: ledger.Recoverable, Credit: ledger.Proceeds, Amount: amount})
			accounts[ledger.Proceeds] += amount
			sides += 2
		default:
			from, to := ledger.Escrow, ledger.Proceeds
			if what == "kept" {
				from, to = ledger.Proceeds, ledger.Forfeits
			}
			if amount = min(amount, accounts[from]); amount < 2 {
				continue
			}
			b.post(instant, "split", false, ledger.Transfer{Debit: from, Credit: to, Amount: amount - 1}, ledger.Transfer{Debit: from, Credit: ledger.Clearing, Amount: 1})
			accounts[from] -= amount
			accounts[to] += amount - 1
			sides += 3
		}
	}
	if sealedShown && rapid.Bool().Draw(t, "disclosed") {
		b.disclose(noon.Add(time.Duration(at+1) * time.Millisecond))
		sides++ // one sum
	}
	return sides
}
