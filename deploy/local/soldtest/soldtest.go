// Package soldtest brings lots of the demonstration docket to a ruling on real
// PostgreSQL, for tests of packages above auction. It stands for bidding: it
// ends courses itself and knows who is behind its codes.
package soldtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/clock"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/notice"
	"mingchui/deploy/local/testserver"
)

// World is a court with three judges and a bidder, in November 2026 under law.China2017.
type World struct {
	T       testing.TB
	Pool    *pgxpool.Pool
	Clock   *clock.Still
	Book    *duty.Book
	Auction *auction.Service
	Judges  []auction.Actor
	// Buyer bought whatever was sold.
	Buyer auction.Actor
	File  docket.File

	court    uuid.UUID
	rulings  int
	imported auction.Imported
}

// New makes a world; handovers may be nil.
func New(t testing.TB, handovers auction.Handovers) *World {
	t.Helper()
	w := &World{T: t, Pool: testserver.Postgres(t), Book: duty.NewBook(nil), Clock: clock.NewStill(time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC))}
	w.Auction = auction.New(auction.Config{Pool: w.Pool, Clock: w.Clock, Duties: w.Book, RuleSet: law.China2017(), Buyers: buyers{w}, Handovers: handovers})
	src, err := os.ReadFile("../../cmd/mingchui/court/docket.json") // tests run in auction/<package>
	w.Must(err)
	file, problems := docket.Parse(bytes.NewReader(src))
	for _, p := range problems {
		t.Fatal(p.InLine("en"))
	}
	w.File = file
	w.imported, err = w.Auction.Import(t.Context(), file, auction.Actor{Role: "operator"})
	w.Must(err)
	w.court = w.imported.CourtID
	for range 3 {
		w.Judges = append(w.Judges, auction.Actor{AccountID: w.Account("judge"), Role: "judge", CourtID: w.court})
	}
	w.Buyer = auction.Actor{AccountID: w.Account("bidder"), Role: "bidder"}
	return w
}

// Must ends the test on an error.
func (w *World) Must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// Account makes an account; a judge is of this court.
func (w *World) Account(role string) uuid.UUID {
	w.T.Helper()
	id, err := uuid.NewV7()
	w.Must(err)
	var court *uuid.UUID
	if role == "judge" {
		court = &w.court
	}
	_, err = w.Pool.Exec(w.T.Context(), `INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at)
		VALUES ($1, $2, $3, $4, '', '测试人', now())`, id, role+"-"+id.String(), role, court)
	w.Must(err)
	return id
}

// buyers is bidding to the auction: it knows one bidder.
type buyers struct{ w *World }

// Name is under whom the buyer enrolled.
const Name = "江澜弋口航运有限公司"

// Buyer opens any code to the world's buyer.
func (b buyers) Buyer(_ context.Context, _ pgx.Tx, _ time.Time, _ uuid.UUID, _ string) (auction.Buyer, error) {
	salt := bytes.Repeat([]byte{7}, 32)
	sum := sha256.Sum256(append(slices.Clone(salt), Name...))
	return auction.Buyer{AccountID: b.w.Buyer.AccountID, Name: Name, NameSalt: salt, NameCommitment: hex.EncodeToString(sum[:])}, nil
}

// Lot finds the first lot of the docket's first sales whose first property fits.
func (w *World) Lot(fits func(a docket.Asset) bool) uuid.UUID {
	w.T.Helper()
	for _, k := range w.File.Cases {
		for _, l := range k.Lots {
			if l.Stage == law.First && fits(k.Property(l)[0]) {
				return w.imported.Lots[l.Ref]
			}
		}
	}
	w.T.Fatal("the docket has no such lot")
	return uuid.Nil
}

// Case is the case of a lot.
func (w *World) Case(lot uuid.UUID) (id uuid.UUID) {
	w.T.Helper()
	w.Must(w.Pool.QueryRow(w.T.Context(), `SELECT case_id FROM lots WHERE id = $1`, lot).Scan(&id))
	return id
}

// Waive records the written waiver of everybody who is still to be told of a lot's sale (R16).
func Waive(t testing.TB, pool *pgxpool.Pool, s *auction.Service, judge auction.Actor, lot uuid.UUID) {
	t.Helper()
	d, err := s.Draft(t.Context(), judge, lot, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	notices := notice.New(pool, s)
	for _, who := range auction.Unnotified(d.Document, d.Case, d.Property) {
		n := notice.Notice{Lot: lot, Who: who, Outcome: notice.Waived, Proof: audit.HashText("waiver")}
		if _, err := notices.Record(t.Context(), judge, n); err != nil {
			t.Fatal(err)
		}
	}
}

// Announce has a lot voted on and announced with the least lead and length.
func (w *World) Announce(lot uuid.UUID) {
	w.T.Helper()
	ctx := w.T.Context()
	for _, j := range w.Judges {
		_, err := w.Auction.Vote(ctx, j, auction.Ballot{Lot: lot, Approve: true})
		w.Must(err)
	}
	Waive(w.T, w.Pool, w.Auction, w.Judges[0], lot)
	d, err := w.Auction.Draft(ctx, w.Judges[0], lot, w.Clock.Now())
	w.Must(err)
	starts := d.EarliestStart.Add(time.Hour)
	w.Must(w.Auction.Announce(ctx, w.Judges[0], auction.Announcement{
		Lot: lot, StartsAt: starts, EndsAt: starts.Add(time.Duration(d.LeastBiddingMS) * time.Millisecond),
	}))
}

// End ends the course of an announced lot, sold to the buyer or unsold.
func (w *World) End(lot uuid.UUID, sold bool) {
	w.T.Helper()
	ctx := w.T.Context()
	d, err := w.Auction.Lot(ctx, lot, w.Clock.Now())
	w.Must(err)
	w.Clock.To(*d.EndsAt)
	e := auction.End{LotID: lot, Sold: sold, At: *d.EndsAt}
	if sold {
		e.Price, e.Code = d.StartingPriceFen+d.IncrementFen, "K7Q2M"
	}
	w.Must(pgx.BeginFunc(ctx, w.Pool, func(tx pgx.Tx) error { return auction.RecordEnd(ctx, tx, w.Book, e) }))
	if sold {
		w.Must(w.Auction.Confirm(ctx, lot))
	}
}

// Rule sells a lot, has it paid and ruled; the ruling reaches the buyer now.
func (w *World) Rule(lot uuid.UUID) (served time.Time) {
	w.T.Helper()
	w.Announce(lot)
	w.End(lot, true)
	return w.Finish(lot)
}

// Finish has a sold lot paid and ruled.
func (w *World) Finish(lot uuid.UUID) (served time.Time) {
	w.T.Helper()
	ctx := w.T.Context()
	w.Must(pgx.BeginFunc(ctx, w.Pool, func(tx pgx.Tx) error { return w.Auction.RecordPaid(ctx, tx, w.Clock.Now(), lot) }))
	if d, err := w.Auction.Draft(ctx, w.Judges[0], lot, w.Clock.Now()); err == nil && d.Document.PurchaseLimits != nil {
		w.Must(w.Auction.CheckEligibility(ctx, w.Judges[0], auction.Eligibility{Lot: lot, Qualified: true, Proof: strings.Repeat("0", 64)}))
	}
	w.rulings++
	w.Must(w.Auction.Rule(ctx, w.Judges[0], auction.Ruling{Lot: lot, Number: fmt.Sprintf("（2026）皖9902执%d号之一", w.rulings)}))
	return w.Clock.Now()
}

// Refused checks a refusal by its code and rule.
func (w *World) Refused(what string, err error, code fault.Code, rule string) {
	w.T.Helper()
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != code || f.Rule != rule {
		w.T.Errorf("%s: %v; want %s by %q", what, err, code, rule)
	}
}

// Duties lists the kinds of a lot's duties in a state, sorted.
func (w *World) Duties(lot uuid.UUID, state string) []string {
	w.T.Helper()
	rows, err := w.Pool.Query(w.T.Context(), `SELECT kind FROM duties WHERE lot_id = $1 AND state = $2 ORDER BY kind`, lot, state)
	w.Must(err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.Must(err)
	return list
}

// Late counts the steps of a lot that the trail has as late.
func (w *World) Late(lot uuid.UUID) (n int) {
	w.T.Helper()
	w.Must(w.Pool.QueryRow(w.T.Context(), `SELECT count(*) FROM trail WHERE lot_id = $1 AND due_at IS NOT NULL`, lot).Scan(&n))
	return n
}

// Entries lists the bodies of a lot's log entries of a kind, in their order.
func (w *World) Entries(lot uuid.UUID, kind string) []string {
	w.T.Helper()
	rows, err := w.Pool.Query(w.T.Context(), `SELECT convert_from(bytes, 'UTF8')::jsonb ->> 'body' FROM entries WHERE lot_id = $1 AND kind = $2 ORDER BY at, id`, lot, kind)
	w.Must(err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.Must(err)
	return list
}

// Count asks for one number.
func (w *World) Count(sql string) (n int) {
	w.T.Helper()
	w.Must(w.Pool.QueryRow(w.T.Context(), sql).Scan(&n))
	return n
}
