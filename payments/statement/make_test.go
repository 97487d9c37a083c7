package statement_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/deploy/local/testserver"
	"mingchui/payments/ledger"
	"mingchui/payments/statement"
)

// openCase puts a case into the database.
func openCase(t *testing.T, pool *pgxpool.Pool) uuid.UUID {
	t.Helper()
	court, id := uuid.New(), uuid.New()
	if _, err := pool.Exec(t.Context(), `INSERT INTO courts (id, code, name_zh, name_en, region, created_at) VALUES (@id, 'c', 'c', 'c', '330106', now())`,
		pgx.NamedArgs{"id": court}); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `INSERT INTO cases (id, court_id, number, kind, document, claim_fen, created_at) VALUES (@id, @court, '（2026）皖9902执77号', 'civil', '{}', 100, now())`,
		pgx.NamedArgs{"id": id, "court": court}); err != nil {
		t.Fatal(err)
	}
	return id
}

// day is the midnight with which a day of June 2026 begins in the courts' time.
func day(n int) time.Time { return time.Date(2026, 6, n, 0, 0, 0, 0, law.CourtTime()) }

// posted books fen as a deposit at each instant: 1, 2, 4 and so on.
func posted(t *testing.T, pool *pgxpool.Pool, kase uuid.UUID, at ...time.Time) {
	t.Helper()
	for i, instant := range at {
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			return ledger.Post(t.Context(), tx, instant, ledger.Posting{
				CaseID: kase, Kind: "deposit_held", Reference: uuid.New(), Key: fmt.Sprint(kase, i),
				Transfers: []ledger.Transfer{{Debit: ledger.Clearing, Credit: ledger.Escrow, Amount: money.Fen(1) << i}},
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// I4: a day is the courts', from its midnight to the next, by a millisecond on each side; days that are not given are the first with
// a movement and today; what runs is stated up to now.
func TestI4_TheDaysOfAStatement(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	kase := openCase(t, pool)
	now := day(21).Add(15 * time.Hour)
	posted(t, pool, kase, day(18).Add(-time.Millisecond), day(18), day(20).Add(-time.Millisecond), day(20), now.Add(-time.Millisecond), now, now.Add(time.Millisecond))
	for _, x := range []struct {
		asked            statement.Days
		from, to         string
		opening, closing money.Fen
		final            bool
	}{
		{statement.Days{}, "2026-06-17", "2026-06-21", 0, 1 + 2 + 4 + 8 + 16, false},
		{statement.Days{From: "2026-06-18", To: "2026-06-19"}, "2026-06-18", "2026-06-19", 1, 1 + 2 + 4, true},
		{statement.Days{From: "2026-06-20", To: "2026-06-20"}, "2026-06-20", "2026-06-20", 7, 15, true},
		{statement.Days{From: "2026-06-21"}, "2026-06-21", "2026-06-21", 15, 31, false},
		{statement.Days{To: "2026-06-17"}, "2026-06-17", "2026-06-17", 0, 1, true},
	} {
		s, err := statement.Make(t.Context(), pool, now, kase, x.asked)
		if err != nil || s.From != x.from || s.To != x.to || s.Final != x.final || s.Number != "（2026）皖9902执77号" {
			t.Errorf("%+v: %+v, %v", x.asked, s, err)
			continue
		}
		if len(s.Accounts) != 1 || s.Accounts[0].OpeningFen != x.opening || s.Accounts[0].ClosingFen != x.closing {
			t.Errorf("%+v is stated as %+v, want %d to %d", x.asked, s.Accounts, x.opening, x.closing)
		}
	}
	// A period before the first movement is a statement of nothing; with no first day it is the last day alone.
	for _, asked := range []statement.Days{{From: "2026-01-01", To: "2026-06-16"}, {To: "2026-06-16"}} {
		if s, err := statement.Make(t.Context(), pool, now, kase, asked); err != nil || len(s.Accounts) != 0 || s.To != "2026-06-16" {
			t.Errorf("%+v: %+v, %v", asked, s, err)
		}
	}
}

// A day is final ten minutes after its end, and not a millisecond sooner.
func TestAStatementBecomesFinal(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	kase := openCase(t, pool)
	for after, want := range map[time.Duration]bool{
		-time.Millisecond: false, 0: false, 10*time.Minute - time.Millisecond: false, 10 * time.Minute: true, 10*time.Minute + time.Millisecond: true,
	} {
		s, err := statement.Make(t.Context(), pool, day(21).Add(after), kase, statement.Days{From: "2026-06-20", To: "2026-06-20"})
		if err != nil || s.Final != want {
			t.Errorf("%s after its end: final %t, %v", after, s.Final, err)
		}
		if end := min(after, 0); !s.Period.To.Equal(day(21).Add(end)) {
			t.Errorf("%s after its end the period ends at %s", after, s.Period.To)
		}
	}
	// At the very midnight the day has nothing yet; the document's end is not before its beginning.
	s, err := statement.Make(t.Context(), pool, day(21), kase, statement.Days{})
	if err != nil || s.From != "2026-06-21" || s.To != "2026-06-21" || !s.Period.To.Equal(s.Period.From) {
		t.Fatalf("%+v, %v", s, err)
	}
	if found := breaches(camt(t, s)); len(found) > 0 {
		t.Error(found)
	}
}

// Days that cannot be stated are refused in their field; today is the last that can be.
func TestAStatementRefusesDays(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	kase := openCase(t, pool)
	for _, x := range []struct {
		asked statement.Days
		now   time.Time
		code  fault.Code
		field string
	}{
		{statement.Days{From: "2026-06-19", To: "2026-06-18"}, day(21), fault.PeriodReversed, "from"},
		{statement.Days{From: "2026-06-18", To: "2026-06-18"}, day(21), "", ""},
		{statement.Days{To: "2026-06-21"}, day(21).Add(-time.Millisecond), fault.PeriodInFuture, "to"},
		{statement.Days{To: "2026-06-21"}, day(21), "", ""},
		{statement.Days{From: "2026-06-22"}, day(21), fault.PeriodInFuture, "from"},
		{statement.Days{From: "2026-06-31"}, day(30), fault.InvalidRequest, "from"},
		{statement.Days{To: "18 June"}, day(30), fault.InvalidRequest, "to"},
		{statement.Days{From: "9999-12-31", To: "0001-01-01"}, day(30), fault.PeriodInFuture, "from"},
	} {
		_, err := statement.Make(t.Context(), pool, x.now, kase, x.asked)
		var f *fault.Error
		if errors.As(err, &f); fault.CodeOf(err) != x.code && !(err == nil && x.code == "") || f != nil && f.Field != x.field {
			t.Errorf("%+v is answered %v, want %s in %s", x.asked, err, x.code, x.field)
		}
	}
	if _, err := statement.Make(t.Context(), pool, day(21), uuid.New(), statement.Days{}); fault.CodeOf(err) != fault.NotFoundCode {
		t.Errorf("a case that is none is answered %v", err)
	}
}
