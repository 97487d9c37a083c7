package live_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/money"
	"mingchui/bidding/course"
)

// lot is a published lot whose course is written straight into its tables.
type lot struct {
	t    *testing.T
	pool *pgxpool.Pool
	id   uuid.UUID
	seq  int64
	at   time.Time

	bids   int64
	leader string
	price  money.Fen
}

func newLot(t *testing.T, pool *pgxpool.Pool) *lot {
	t.Helper()
	l := &lot{t: t, pool: pool, id: uuid.New(), at: time.Now().UTC().Truncate(time.Millisecond)}
	court, caseID := uuid.New(), uuid.New()
	l.exec(`INSERT INTO courts (id, code, name_zh, name_en, region, created_at) VALUES ($1, $2, '法院', 'Court', '110000', now())`, court, court.String())
	l.exec(`INSERT INTO cases (id, court_id, number, kind, document, claim_fen, created_at) VALUES ($1, $2, $3, 'civil', '{}', 1, now())`, caseID, court, caseID.String())
	l.exec(`INSERT INTO lots (id, case_id, court_id, stage, status, rule_set, category, kind, region, title_zh, title_en, reference_fen,
		reference_kind, starting_price_fen, increment_fen, deposit_fen, document, shard, announced_at, starts_at, announced_ends_at, created_at)
		VALUES ($1, $2, $3, 'first', 'announced', 'china2017', 'car', 'movable', '110000', '标的', 'Lot', 100, 'appraisal', 100, 1, 1, '{}', 0, $4, $4, $5, $4)`,
		l.id, caseID, court, l.at.Add(-time.Hour), l.at.Add(time.Hour))
	l.add(1, course.Event{Kind: course.Open, Terms: course.Terms{StartingPrice: 100, Increment: 1, StartsAt: l.at.UnixMilli(), EndsAt: l.at.Add(time.Hour).UnixMilli(), Extension: 1}})
	return l
}

func (l *lot) exec(sql string, args ...any) {
	l.t.Helper()
	if _, err := l.pool.Exec(l.t.Context(), sql, args...); err != nil {
		l.t.Fatal(err)
	}
}

// add commits n events like e, bids each one increment higher than the last, and
// returns how the committer tells them.
func (l *lot) add(n int, e course.Event) (notices [][]byte) {
	l.t.Helper()
	var rows [][]any
	for range n {
		l.seq++
		e.Seq, e.At, e.N, e.Epoch = l.seq, l.at.UnixMilli(), l.seq, 1
		told := map[string]any{"lot": l.id, "seq": l.seq, "kind": e.Kind, "at": course.Instant(e.At), "phase": "open", "ends_at": course.Instant(l.ends().UnixMilli())}
		if e.Kind == course.Bid {
			l.bids++
			e.Amount, e.EndsAt = money.Fen(100+l.seq), l.ends().UnixMilli()
			l.leader, l.price = e.Code, e.Amount
			told["bidder_code"], told["amount_fen"] = e.Code, e.Amount
		}
		if told["bids"] = l.bids; l.leader != "" {
			told["leader_code"], told["price_fen"] = l.leader, l.price
		}
		b, err := json.Marshal(told)
		if err != nil {
			l.t.Fatal(err)
		}
		notices = append(notices, b)
		rows = append(rows, []any{l.id, l.seq, string(e.Kind), l.at, 0, 1, l.seq, make([]byte, 20), e.AppendBody(nil), uuid.New(), uuid.New(), 0})
	}
	_, err := l.pool.CopyFrom(l.t.Context(), pgx.Identifier{"course_events"},
		[]string{"lot_id", "seq", "kind", "at", "shard", "epoch", "n", "h", "payload", "entry_id", "batch_id", "batch_index"}, pgx.CopyFromRows(rows))
	if err != nil {
		l.t.Fatal(err)
	}
	l.exec(`INSERT INTO courses (lot_id, shard, phase, seq, last_at, starts_at, ends_at) VALUES ($1, 0, 'open', $2, $3, $3, $4)
		ON CONFLICT (lot_id) DO UPDATE SET seq = $2, bids = $5, leader_code = nullif($6, ''), price_fen = nullif($7::bigint, 0)`,
		l.id, l.seq, l.at, l.ends(), l.bids, l.leader, int64(l.price))
	return notices
}

func (l *lot) ends() time.Time { return l.at.Add(time.Hour) }

// bid commits n bids.
func (l *lot) bid(n int) [][]byte {
	l.t.Helper()
	return l.add(n, course.Event{Kind: course.Bid, Code: "AAAAA"})
}
