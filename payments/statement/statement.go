package statement

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
)

// Statement is a case fund's for the days From to To, both included.
type Statement struct {
	CaseID uuid.UUID `json:"case"`
	Number string    `json:"number"`
	// From and To are days of the courts, written YYYY-MM-DD.
	From string `json:"from"`
	To   string `json:"to"`
	// Final is whether a later reading gives the same: see settles.
	Final    bool                      `json:"final"`
	Accounts []ledger.AccountStatement `json:"accounts"`
	MadeAt   time.Time                 `json:"made_at"`
	// Period is what the days are in time; of a day that runs it has what is over.
	Period ledger.Period `json:"-"`
}

// settles is how long after its end a period is called final. A movement's
// instant is read when its transaction begins; no transaction of ours lasts that long.
const settles = 10 * time.Minute

// Days are the first and the last day of a statement as they were asked for,
// YYYY-MM-DD; an empty one takes its default: today for the last, and the day on
// which money of the case first moved for the first.
type Days struct{ From, To string }

// Make reads a statement of a case.
//
// Faults: not_found; invalid_request (no day of the calendar), period_reversed and period_in_future
// with their field; statement_too_long.
func Make(ctx context.Context, pool *pgxpool.Pool, now time.Time, caseID uuid.UUID, asked Days) (Statement, error) {
	s := Statement{CaseID: caseID, MadeAt: now}
	rows, err := pool.Query(ctx, `SELECT number FROM cases WHERE id = @case`, pgx.NamedArgs{"case": caseID})
	if err != nil {
		return Statement{}, fault.Internalf("read case: %w", err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return Statement{}, fault.Internalf("read case: %w", err)
	}
	if len(numbers) == 0 {
		return Statement{}, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	s.Number = numbers[0]
	var first *time.Time
	if asked.From == "" {
		if first, err = ledger.FirstMovement(ctx, pool, caseID); err != nil {
			return Statement{}, err
		}
	}
	from, to, err := days(asked, first, now)
	if err != nil {
		return Statement{}, err
	}
	s.From, s.To = from.Format(time.DateOnly), to.Format(time.DateOnly)
	s.Period = ledger.Period{From: from, To: to.AddDate(0, 0, 1)}
	s.Final = !s.Period.To.Add(settles).After(now)
	if s.Period.To.After(now) {
		s.Period.To = now
	}
	s.Accounts, err = ledger.Statement(ctx, pool, caseID, s.Period)
	return s, err
}

// Check tells whether a statement of the days can be made now, before one is read.
//
// Faults: as Make's in the fields from and to.
func (d Days) Check(now time.Time) error {
	_, _, err := days(d, nil, now)
	return err
}

// days are the midnights with which the first and the last day begin. first is when money first moved, if it has.
func days(asked Days, first *time.Time, now time.Time) (from, to time.Time, err error) {
	today := dayOf(now)
	to = today
	if asked.To != "" {
		if to, err = readDay(asked.To, "to", today); err != nil {
			return from, to, err
		}
	}
	if asked.From != "" {
		if from, err = readDay(asked.From, "from", today); err != nil {
			return from, to, err
		}
		if from.After(to) {
			return from, to, fault.New(fault.Invalid, fault.PeriodReversed).InField("from")
		}
		return from, to, nil
	}
	from = to
	if first != nil && dayOf(*first).Before(to) {
		from = dayOf(*first)
	}
	return from, to, nil
}

func dayOf(t time.Time) time.Time {
	l := t.In(law.CourtTime())
	return time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, law.CourtTime())
}

func readDay(text, field string, today time.Time) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, law.CourtTime())
	if err != nil {
		return day, fault.Wrap(fault.Invalid, fault.InvalidRequest, err).InField(field)
	}
	if day.After(today) {
		return day, fault.New(fault.Invalid, fault.PeriodInFuture).InField(field).With("latest", today.Format(time.DateOnly))
	}
	return day, nil
}

// FileName names a file of the statement: ASCII, without the case's number, which has signs that file systems and headers treat differently.
func (s *Statement) FileName(ending string) string {
	digits := strings.NewReplacer("-", "")
	return "mingchui-fund-" + s.CaseID.String()[24:] + "-" + digits.Replace(s.From) + "-" + digits.Replace(s.To) + "." + ending
}

// lastInstant is the last millisecond of the period, for formats that include their end.
func (s *Statement) lastInstant() time.Time {
	if last := s.Period.To.Add(-time.Millisecond); last.After(s.Period.From) {
		return last
	}
	return s.Period.From // asked for in the first millisecond of a day
}

// instant writes a time of the courts to the millisecond.
func instant(t time.Time) string {
	return t.In(law.CourtTime()).Format("2006-01-02T15:04:05.000-07:00")
}

// unsigned writes an amount without sign or separators, as both formats have it, and says on which side it stands; zero is a credit.
func unsigned(f money.Fen) (yuan string, credit bool) {
	if credit = f >= 0; !credit {
		f = -f
	}
	return f.Decimal(), credit
}
