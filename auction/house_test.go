package auction_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/clock"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/deploy/local/soldtest"
	"mingchui/deploy/local/testserver"
)

// house is a court with its judges and the demonstration docket's cases, at a
// time of its own.
type house struct {
	t      *testing.T
	pool   *pgxpool.Pool
	clock  *clock.Still
	book   *duty.Book
	s      *auction.Service
	court  uuid.UUID
	judges []auction.Actor
	file   docket.File
	got    auction.Imported
	buyers *buyers
}

// buyers stands for bidding: it knows who is behind a code once it was told.
type buyers struct{ known map[string]auction.Buyer }

func (b *buyers) Buyer(_ context.Context, _ pgx.Tx, _ time.Time, _ uuid.UUID, code string) (auction.Buyer, error) {
	who, ok := b.known[code]
	if !ok {
		return auction.Buyer{}, fault.New(fault.Conflict, fault.NotEnrolled)
	}
	return who, nil
}

// courses stands for the engine: it moves the phase of a course row.
type courses struct{ pool *pgxpool.Pool }

func (c courses) Stay(ctx context.Context, lot uuid.UUID, _ string) error {
	_, err := c.pool.Exec(ctx, `UPDATE courses SET phase = 'stayed', stayed_at = last_at WHERE lot_id = $1 AND phase = 'open'`, lot)
	return err
}

func (c courses) Resume(ctx context.Context, lot uuid.UUID) error {
	_, err := c.pool.Exec(ctx, `UPDATE courses SET phase = 'open', stayed_at = NULL WHERE lot_id = $1 AND phase = 'stayed'`, lot)
	return err
}

// newHouse imports the first cases of the demonstration docket.
func newHouse(t *testing.T) *house {
	t.Helper()
	return houseOf(t, 3)
}

// houseOf imports so many cases of the demonstration docket (0: all) in
// November 2026 under law.China2017.
func houseOf(t *testing.T, cases int) *house {
	t.Helper()
	return houseWith(t, cases, func(*docket.File) {})
}

// houseWith is houseOf for a docket that was changed before its import.
func houseWith(t *testing.T, cases int, change func(*docket.File)) *house {
	t.Helper()
	h := &house{t: t, pool: testserver.Postgres(t), book: duty.NewBook(nil), buyers: &buyers{known: map[string]auction.Buyer{}}}
	h.clock = clock.NewStill(time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC))
	h.s = auction.New(auction.Config{
		Pool: h.pool, Clock: h.clock, Duties: h.book, RuleSet: law.China2017(), Buyers: h.buyers, Courses: courses{h.pool},
	})
	src, err := os.ReadFile("../cmd/mingchui/court/docket.json")
	h.must(err)
	file, problems := docket.Parse(bytes.NewReader(src))
	for _, p := range problems {
		t.Fatal(p.InLine("en"))
	}
	if cases > 0 {
		file.Cases = file.Cases[:cases]
	}
	change(&file)
	h.file = file
	h.got, err = h.s.Import(t.Context(), file, auction.Actor{Role: "operator"})
	h.must(err)
	h.court = h.got.CourtID
	for range 4 {
		h.judges = append(h.judges, auction.Actor{AccountID: h.account("judge", &h.court), Role: "judge", CourtID: h.court})
	}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) account(role string, court *uuid.UUID) uuid.UUID {
	h.t.Helper()
	id, err := uuid.NewV7()
	h.must(err)
	_, err = h.pool.Exec(h.t.Context(), `INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at)
		VALUES ($1, $2, $3, $4, '', '测试人', now())`, id, role+"-"+id.String(), role, court)
	h.must(err)
	return id
}

// refused checks a refusal by its code and rule.
func (h *house) refused(err error, code fault.Code, rule string) {
	h.t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != code || f.Rule != rule {
		h.t.Fatalf("got %v; want %s by %q", err, code, rule)
	}
}

// refs lists the docket's lots of a stage.
func (h *house) refs(stage law.Stage) []string {
	var list []string
	for _, k := range h.file.Cases {
		for _, l := range k.Lots {
			if l.Stage == stage {
				list = append(list, l.Ref)
			}
		}
	}
	return list
}

func (h *house) vote(lot uuid.UUID) {
	h.t.Helper()
	for i, j := range h.judges[:3] {
		r, err := h.s.Vote(h.t.Context(), j, auction.Ballot{Lot: lot, Approve: true})
		h.must(err)
		if want := map[bool]auction.State{false: auction.Draft, true: auction.Voted}[i == 2]; r.State != want {
			h.t.Fatalf("after vote %d the lot is %s, want %s", i+1, r.State, want)
		}
	}
}

// announce votes and announces a lot with the least lead and length.
func (h *house) announce(lot uuid.UUID) {
	h.t.Helper()
	h.vote(lot)
	soldtest.Waive(h.t, h.pool, h.s, h.judges[0], lot)
	d, err := h.s.Draft(h.t.Context(), h.judges[0], lot, h.clock.Now())
	h.must(err)
	starts := d.EarliestStart.Add(time.Hour)
	h.must(h.s.Announce(h.t.Context(), h.judges[0], auction.Announcement{
		Lot: lot, StartsAt: starts, EndsAt: starts.Add(time.Duration(d.LeastBiddingMS) * time.Millisecond),
	}))
}

// open writes the course row that the engine would.
func (h *house) open(lot uuid.UUID) {
	h.t.Helper()
	_, err := h.pool.Exec(h.t.Context(), `INSERT INTO courses (lot_id, shard, phase, seq, last_at, starts_at, ends_at)
		SELECT id, shard, 'open', 1, announced_at, starts_at, announced_ends_at FROM lots WHERE id = $1`, lot)
	h.must(err)
}

// end moves the clock to the lot's end and records it; price 0 means no bid.
func (h *house) end(lot uuid.UUID, sold bool, code string) auction.LotDetail {
	h.t.Helper()
	d, err := h.s.Lot(h.t.Context(), lot, h.clock.Now())
	h.must(err)
	h.clock.To(*d.EndsAt)
	e := auction.End{LotID: lot, Sold: sold, At: *d.EndsAt}
	if sold {
		e.Price, e.Code = d.StartingPriceFen+d.IncrementFen, code
	}
	h.must(pgx.BeginFunc(h.t.Context(), h.pool, func(tx pgx.Tx) error { return auction.RecordEnd(h.t.Context(), tx, h.book, e) }))
	d, err = h.s.Lot(h.t.Context(), lot, h.clock.Now())
	h.must(err)
	return d
}

// buyer makes an account whose enrolment's code bought.
func (h *house) buyer(code, name string) uuid.UUID {
	h.t.Helper()
	salt := bytes.Repeat([]byte{7}, 32)
	sum := sha256.Sum256(append(slices.Clone(salt), name...))
	id := h.account("bidder", nil)
	h.buyers.known[code] = auction.Buyer{AccountID: id, Name: name, NameSalt: salt, NameCommitment: hex.EncodeToString(sum[:])}
	return id
}

// owed lists the kinds of duties that a lot has in a state, sorted.
func (h *house) owed(lot uuid.UUID, state string) []string {
	h.t.Helper()
	rows, err := h.pool.Query(h.t.Context(), `SELECT kind FROM duties WHERE lot_id = $1 AND state = $2 ORDER BY kind`, lot, state)
	h.must(err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	h.must(err)
	return list
}

// entries lists the kinds of a lot's log entries in the order that the log would give them.
// entries lists the kinds of a lot's entries, those of its papers aside.
func (h *house) entries(lot uuid.UUID) []string {
	h.t.Helper()
	rows, err := h.pool.Query(h.t.Context(), `SELECT kind FROM entries WHERE lot_id = $1 AND kind <> 'paper.made' ORDER BY at, seq NULLS FIRST, id`, lot)
	h.must(err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	h.must(err)
	return list
}

func (h *house) same(what string, got, want []string) {
	h.t.Helper()
	if !slices.Equal(got, want) {
		h.t.Errorf("%s: %v, want %v", what, got, want)
	}
}
