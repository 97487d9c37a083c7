package objection_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
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
	"mingchui/auction/handover"
	"mingchui/auction/law"
	"mingchui/auction/objection"
	"mingchui/deploy/local/testserver"
)

const oneDay = 24 * time.Hour

// bar is a court with one announced lot, and people who object.
type bar struct {
	t      *testing.T
	pool   *pgxpool.Pool
	clock  *clock.Still
	book   *duty.Book
	sales  *auction.Service
	s      *objection.Service
	judges []auction.Actor
	lot    uuid.UUID
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

// books stands for payments, whose own tests set sales aside (R31).
type books struct{ objection.Money }

func newBar(t *testing.T) *bar {
	t.Helper()
	b := &bar{t: t, pool: testserver.Postgres(t), book: duty.NewBook(nil), clock: clock.NewStill(time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC))}
	b.sales = auction.New(auction.Config{Pool: b.pool, Clock: b.clock, Duties: b.book, RuleSet: law.China2017(), Courses: courses{b.pool}})
	b.s = objection.New(objection.Config{Pool: b.pool, Duties: b.book, Auction: b.sales, Money: books{}, Handovers: handover.Planner{}})
	src, err := os.ReadFile("../../cmd/mingchui/court/docket.json")
	b.must(err)
	file, problems := docket.Parse(bytes.NewReader(src))
	if len(problems) > 0 {
		t.Fatal(problems[0].InLine("en"))
	}
	file.Cases = file.Cases[:1]
	got, err := b.sales.Import(t.Context(), file, auction.Actor{Role: "operator"})
	b.must(err)
	for range 3 {
		b.judges = append(b.judges, auction.Actor{AccountID: b.account("judge", &got.CourtID), Role: "judge", CourtID: got.CourtID})
	}
	b.lot = got.Lots[file.Cases[0].Lots[0].Ref]
	b.announce(b.lot)
	return b
}

func (b *bar) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bar) account(role string, court *uuid.UUID) uuid.UUID {
	b.t.Helper()
	id := uuid.New()
	_, err := b.pool.Exec(b.t.Context(), `INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at)
		VALUES ($1, $2, $3, $4, '', '测试人', now())`, id, role+"-"+id.String(), role, court)
	b.must(err)
	return id
}

func (b *bar) person() auction.Actor {
	return auction.Actor{AccountID: b.account("bidder", nil), Role: "bidder"}
}

func (b *bar) announce(lot uuid.UUID) {
	b.t.Helper()
	for _, j := range b.judges {
		_, err := b.sales.Vote(b.t.Context(), j, auction.Ballot{Lot: lot, Approve: true})
		b.must(err)
	}
	d, err := b.sales.Draft(b.t.Context(), b.judges[0], lot, b.clock.Now())
	b.must(err)
	starts := d.EarliestStart.Add(time.Hour)
	b.must(b.sales.Announce(b.t.Context(), b.judges[0], auction.Announcement{
		Lot: lot, StartsAt: starts, EndsAt: starts.Add(time.Duration(d.LeastBiddingMS) * time.Millisecond),
	}))
	_, err = b.pool.Exec(b.t.Context(), `INSERT INTO courses (lot_id, shard, phase, seq, last_at, starts_at, ends_at)
		SELECT id, shard, 'open', 1, announced_at, starts_at, announced_ends_at FROM lots WHERE id = $1`, lot)
	b.must(err)
}

func (b *bar) sell() {
	b.t.Helper()
	d, err := b.sales.Lot(b.t.Context(), b.lot, b.clock.Now())
	b.must(err)
	b.clock.To(*d.EndsAt)
	b.must(pgx.BeginFunc(b.t.Context(), b.pool, func(tx pgx.Tx) error {
		return auction.RecordEnd(b.t.Context(), tx, b.book, auction.End{LotID: b.lot, Sold: true, Price: d.StartingPriceFen, Code: "K7Q2M", At: *d.EndsAt})
	}))
}

func (b *bar) refused(err error, code fault.Code, rule, field string) {
	b.t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != code || f.Rule != rule || f.Field != field {
		b.t.Fatalf("got %v; want %s by %q in %q", err, code, rule, field)
	}
}

func (b *bar) lodge(by auction.Actor, n objection.Lodging) uuid.UUID {
	b.t.Helper()
	n.Lot = b.lot
	if n.Text == "" {
		n.Text = "拍卖公告未写明租赁。"
	}
	id, err := b.s.Lodge(b.t.Context(), by, n)
	b.must(err)
	return id
}

func (b *bar) state(id uuid.UUID) objection.View {
	b.t.Helper()
	list, err := b.s.OfLot(b.t.Context(), b.lot)
	b.must(err)
	for _, v := range list {
		if v.ID == id {
			return v
		}
	}
	b.t.Fatalf("objection %s is not listed", id)
	return objection.View{}
}

func (b *bar) status() (s auction.Status, phase string) {
	b.t.Helper()
	d, err := b.sales.Lot(b.t.Context(), b.lot, b.clock.Now())
	b.must(err)
	b.must(b.pool.QueryRow(b.t.Context(), `SELECT phase FROM courses WHERE lot_id = $1`, b.lot).Scan(&phase))
	return d.Status, phase
}

func (b *bar) dutyState(kind, key string) (state string) {
	b.t.Helper()
	b.must(b.pool.QueryRow(b.t.Context(), `SELECT coalesce((SELECT state FROM duties WHERE kind = $1 AND key = $2), 'none')`, kind, key).Scan(&state))
	return state
}

func (b *bar) sound() {
	b.t.Helper()
	problems, err := auction.Fsck(b.t.Context(), b.pool)
	b.must(err)
	for _, p := range problems {
		b.t.Errorf("fsck: %+v", p)
	}
}

func why() docket.Text {
	return docket.Text{Zh: "经审查，理由如下。", En: "After review, for these reasons."}
}

func approved() auction.Late {
	return auction.Late{Superior: docket.Text{Zh: "执行局局长", En: "head of the enforcement bureau"}, Reason: docket.Text{Zh: "等待鉴定。", En: "Waiting for an expert."}}
}

// R31: who objects as what, to what, on which ground; what does not fit is refused with its field.
func TestR31_AnObjectionSaysAsWhomAndToWhat(t *testing.T) {
	t.Parallel()
	b := newBar(t)
	one := b.person()
	for _, c := range []struct {
		field string
		n     objection.Lodging
	}{
		{"capacity", objection.Lodging{Capacity: "neighbour", Kind: objection.Conduct, Text: "x"}},
		{"kind", objection.Lodging{Capacity: objection.Party, Kind: "price", Text: "x"}},
		{"kind", objection.Lodging{Capacity: objection.Party, Kind: objection.Claim, Text: "x"}},
		{"kind", objection.Lodging{Capacity: objection.ThirdParty, Kind: objection.Conduct, Text: "x"}},
		{"kind", objection.Lodging{Capacity: objection.ThirdParty, Kind: objection.ToSetAside, Ground: objection.Collusion, Text: "x"}},
		{"ground", objection.Lodging{Capacity: objection.Party, Kind: objection.ToSetAside, Text: "x"}},
		{"ground", objection.Lodging{Capacity: objection.Party, Kind: objection.ToSetAside, Ground: "unfair", Text: "x"}},
		{"ground", objection.Lodging{Capacity: objection.Party, Kind: objection.Conduct, Ground: objection.Collusion, Text: "x"}},
		{"text", objection.Lodging{Capacity: objection.Party, Kind: objection.Conduct, Text: " \n"}},
		{"text", objection.Lodging{Capacity: objection.Party, Kind: objection.Conduct, Text: strings.Repeat("字", 20_001)}},
	} {
		c.n.Lot = b.lot
		_, err := b.s.Lodge(t.Context(), one, c.n)
		b.refused(err, fault.InvalidRequest, "R31", c.field)
	}
	_, err := b.s.Lodge(t.Context(), b.judges[0], objection.Lodging{Lot: b.lot, Capacity: objection.Party, Kind: objection.Conduct, Text: "x"})
	b.refused(err, fault.RoleForbidden, "", "")
	// No sale is set aside before there is one.
	_, err = b.s.Lodge(t.Context(), one, objection.Lodging{Lot: b.lot, Capacity: objection.Party, Kind: objection.ToSetAside, Ground: objection.Collusion, Text: "x"})
	b.refused(err, fault.StateConflict, "R31", "")
	b.lodge(one, objection.Lodging{Capacity: objection.Party, Kind: objection.Conduct, Text: strings.Repeat("字", 20_000)})
	b.sell()
	for _, g := range []objection.Ground{"untrue_statement", "system_fault", "collusion", "unqualified_buyer", "unequal_terms", "serious_breach"} {
		if v := b.state(b.lodge(one, objection.Lodging{Capacity: objection.Bidder, Kind: objection.ToSetAside, Ground: g})); v.Ground != g || v.State != objection.Lodged {
			t.Errorf("lodged: %+v", v)
		}
	}
	mine, err := b.s.Mine(t.Context(), one.AccountID)
	b.must(err)
	others, err := b.s.Mine(t.Context(), b.person().AccountID)
	b.must(err)
	court, err := b.s.OfCourt(t.Context(), b.judges[0].CourtID)
	b.must(err)
	if len(mine) != 7 || len(others) != 0 || len(court) != 7 || court[0].Text == "" {
		t.Errorf("%d are mine, %d another's, %d the court's", len(mine), len(others), len(court))
	}
	b.sound()
}

// R31, I6: the log knows the text by its hash, and nothing of who wrote it; nor does the trail.
func TestR31_TheLogDoesNotKnowWhoObjects(t *testing.T) {
	t.Parallel()
	b := newBar(t)
	one := b.person()
	id := b.lodge(one, objection.Lodging{Capacity: objection.ThirdParty, Kind: objection.Claim, Text: "我是所有权人张三。"})
	b.must(b.s.Withdraw(t.Context(), one, id))
	rows, err := b.pool.Query(t.Context(), `SELECT convert_from(bytes, 'UTF8') FROM entries WHERE kind LIKE 'objection.%'`)
	b.must(err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	b.must(err)
	// SHA-256 of the text, by sha256sum.
	const hash = "81f4cee05afa74a5ec9451bdcc84f628f36c497981b06fdf9ebfb81794e75e4a"
	if len(list) != 2 || !strings.Contains(strings.Join(list, ""), hash) {
		t.Fatalf("entries %v", list)
	}
	for _, e := range list {
		if strings.Contains(e, one.AccountID.String()) || strings.Contains(e, "张三") {
			t.Errorf("the log says who: %s", e)
		}
	}
	var named int
	b.must(b.pool.QueryRow(t.Context(), `SELECT count(*) FROM trail WHERE account_id = $1`, one.AccountID).Scan(&named))
	if named != 0 {
		t.Error("the trail names the objector")
	}
}

// R31: decided in the fifteenth day's last instant is in time; a millisecond later needs a superior's reason and is counted.
func TestR31_TheCourtDecidesWithinFifteenDays(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{0, time.Millisecond} {
		b := newBar(t)
		id := b.lodge(b.person(), objection.Lodging{Capacity: objection.Party, Kind: objection.Conduct})
		lodged := b.clock.Now()
		if v := b.state(id); !v.DueAt.Equal(lodged.Add(15 * oneDay)) {
			t.Fatalf("due %s", v.DueAt)
		}
		if got := b.dutyState("decide_objection", id.String()); got != "owed" {
			t.Fatalf("the decision is %s", got)
		}
		d := objection.Decision{Objection: id, Founded: true}
		b.refused(b.s.Decide(t.Context(), b.judges[0], d), fault.ReasonRequired, "R31", "reason")
		for _, half := range []docket.Text{{Zh: why().Zh}, {En: why().En}} {
			b.refused(b.s.Decide(t.Context(), b.judges[0], objection.Decision{Objection: id, Founded: true, Reason: half}), fault.ReasonRequired, "R31", "reason")
		}
		d.Reason = why()
		b.refused(b.s.Decide(t.Context(), b.person(), d), fault.RoleForbidden, "", "")
		b.clock.To(lodged.Add(15*oneDay + late))
		if late > 0 {
			b.refused(b.s.Decide(t.Context(), b.judges[0], d), fault.LateReasonRequired, "R31", "late_reason")
			d.Late = approved()
		}
		b.must(b.s.Decide(t.Context(), b.judges[0], d))
		v := b.state(id)
		if v.State != objection.Founded || v.Late != (late > 0) || v.Reason != why() || b.dutyState("decide_objection", id.String()) != "done" {
			t.Errorf("decided: %+v", v)
		}
		var counted int
		b.must(b.pool.QueryRow(t.Context(), `SELECT count(*) FROM trail WHERE act = 'objection_decided' AND due_at IS NOT NULL`).Scan(&counted))
		if counted != map[bool]int{true: 1}[late > 0] {
			t.Errorf("%d decisions are late", counted)
		}
		b.refused(b.s.Decide(t.Context(), b.judges[0], d), fault.StateConflict, "R31", "")
		b.sound()
	}
}

// R31: who lodged it may take it back until it is decided; nobody else may.
func TestR31_TheObjectorMayWithdraw(t *testing.T) {
	t.Parallel()
	b := newBar(t)
	one := b.person()
	id := b.lodge(one, objection.Lodging{Capacity: objection.PriorityPurchaser, Kind: objection.Conduct})
	b.refused(b.s.Withdraw(t.Context(), b.person(), id), fault.NotFoundCode, "", "objection")
	b.refused(b.s.Withdraw(t.Context(), one, uuid.New()), fault.NotFoundCode, "", "objection")
	b.must(b.s.Withdraw(t.Context(), one, id))
	if v := b.state(id); v.State != objection.Withdrawn || b.dutyState("decide_objection", id.String()) != "cancelled" {
		t.Errorf("withdrawn: %+v", v)
	}
	b.refused(b.s.Withdraw(t.Context(), one, id), fault.StateConflict, "R31", "")
	b.refused(b.s.Decide(t.Context(), b.judges[0], objection.Decision{Objection: id, Reason: why()}), fault.StateConflict, "R31", "")
}

// R31, R28: while a party's objection is under review the court may stay the sale, and need not; it goes on when the court says so.
func TestR31_OnAPartysObjectionTheCourtMayStay(t *testing.T) {
	t.Parallel()
	b := newBar(t)
	id := b.lodge(b.person(), objection.Lodging{Capacity: objection.Party, Kind: objection.Conduct})
	b.refused(b.s.Accept(t.Context(), b.judges[0], id), fault.StateConflict, "R31", "")
	if s, phase := b.status(); s != auction.StatusAnnounced || phase != "open" {
		t.Fatalf("the lot is %s, its course %s", s, phase)
	}
	b.must(b.sales.Stay(t.Context(), b.judges[0], auction.CourtAct{Lot: b.lot, Reason: why()}))
	b.must(b.sales.Resume(t.Context(), b.judges[0], auction.CourtAct{Lot: b.lot}))
}

// R31, OJA 36: on a third person's claim the lot is stayed at once with a published reason; no resumption before the decision.
func TestR31_OnAThirdPersonsClaimTheSaleStandsStill(t *testing.T) {
	t.Parallel()
	for _, outcome := range []string{"unfounded", "founded", "withdrawn"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			b := newBar(t)
			third := b.person()
			id := b.lodge(third, objection.Lodging{Capacity: objection.ThirdParty, Kind: objection.Claim})
			if s, _ := b.status(); s != auction.StatusAnnounced {
				t.Fatal("a claim without prima facie proof stopped the sale")
			}
			b.must(b.s.Accept(t.Context(), b.judges[0], id))
			b.refused(b.s.Accept(t.Context(), b.judges[0], id), fault.StateConflict, "R31", "")
			d, err := b.sales.Lot(t.Context(), b.lot, b.clock.Now())
			b.must(err)
			if s, phase := b.status(); s != auction.StatusSuspended || phase != "stayed" || d.Reason == nil || !strings.Contains(d.Reason.Zh, "案外人") || d.Reason.En == "" {
				t.Fatalf("the lot is %s, its course %s, for %+v", s, phase, d.Reason)
			}
			b.refused(b.sales.Resume(t.Context(), b.judges[0], auction.CourtAct{Lot: b.lot}), fault.ObjectionOpen, "R31", "")
			switch outcome {
			case "withdrawn":
				b.must(b.s.Withdraw(t.Context(), third, id))
			default:
				b.must(b.s.Decide(t.Context(), b.judges[0], objection.Decision{Objection: id, Founded: outcome == "founded", Reason: why()}))
			}
			if outcome == "founded" {
				b.refused(b.sales.Resume(t.Context(), b.judges[0], auction.CourtAct{Lot: b.lot}), fault.ObjectionOpen, "R31", "")
				b.must(b.sales.Withdraw(t.Context(), b.judges[0], auction.CourtAct{Lot: b.lot, Ground: auction.ObjectionFounded, Reason: why()}))
				b.sound()
				return
			}
			b.must(b.sales.Resume(t.Context(), b.judges[0], auction.CourtAct{Lot: b.lot}))
			b.run()
			if s, phase := b.status(); s != auction.StatusAnnounced || phase != "open" {
				t.Errorf("after it is %s the lot is %s, its course %s", outcome, s, phase)
			}
			b.sound()
		})
	}
}

func (b *bar) run() {
	b.t.Helper()
	_, err := duty.NewRunner(b.pool, b.clock, b.s.Handlers(), slog.New(slog.DiscardHandler)).RunDue(b.t.Context())
	b.must(err)
}

// R31, R28o: a claim that is accepted while an outage stays the lot stays it again when its clock runs on by itself.
func TestR31_AClaimOutlastsAnOutage(t *testing.T) {
	t.Parallel()
	b := newBar(t)
	ctx, at := t.Context(), b.clock.Now()
	outage := func(o auction.Outage) {
		o.Lot = b.lot
		b.must(pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error { return auction.RecordOutage(ctx, tx, b.book, o) }))
	}
	outage(auction.Outage{At: at, Since: at.Add(-7 * time.Second), EndsAt: at.Add(time.Minute)})
	b.must(courses{b.pool}.Stay(ctx, b.lot, ""))
	id := b.lodge(b.person(), objection.Lodging{Capacity: objection.ThirdParty, Kind: objection.Claim})
	b.must(b.s.Accept(ctx, b.judges[0], id))
	b.run()
	outage(auction.Outage{Over: true, At: at.Add(time.Second), EndsAt: at.Add(6 * time.Minute)})
	b.must(courses{b.pool}.Resume(ctx, b.lot))
	b.clock.To(at.Add(2 * time.Second))
	b.run()
	if s, phase := b.status(); s != auction.StatusSuspended || phase != "stayed" {
		t.Errorf("the lot is %s, its course %s", s, phase)
	}
	b.sound()
}

// R31: while the claim is open no sale of the same property is announced either.
func TestR31_NoOtherSaleOfClaimedPropertyIsAnnounced(t *testing.T) {
	t.Parallel()
	b := newBar(t)
	ctx := t.Context()
	rows, err := b.pool.Query(ctx, `SELECT asset_id FROM lot_assets WHERE lot_id = $1`, b.lot)
	b.must(err)
	assets, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	b.must(err)
	var document docket.Lot
	b.must(b.pool.QueryRow(ctx, `SELECT document FROM lots WHERE id = $1`, b.lot).Scan(&document))
	other, err := b.sales.ListLot(ctx, b.judges[0], auction.NewLot{AssetIDs: assets, Lot: document})
	b.must(err)
	claim := func() []fault.Code {
		starts := b.clock.Now().Add(60 * oneDay)
		list, err := b.sales.CheckAnnouncement(ctx, b.judges[0], auction.Announcement{Lot: other, StartsAt: starts, EndsAt: starts.Add(oneDay)})
		b.must(err)
		var codes []fault.Code
		for _, f := range list {
			codes = append(codes, f.Code)
		}
		return codes
	}
	if slices.Contains(claim(), fault.ObjectionOpen) {
		t.Fatal("refused without a claim")
	}
	id := b.lodge(b.person(), objection.Lodging{Capacity: objection.ThirdParty, Kind: objection.Claim})
	b.must(b.s.Accept(ctx, b.judges[0], id))
	if !slices.Contains(claim(), fault.ObjectionOpen) {
		t.Error("announced although the property is claimed")
	}
	b.must(b.s.Decide(ctx, b.judges[0], objection.Decision{Objection: id, Reason: why()}))
	if slices.Contains(claim(), fault.ObjectionOpen) {
		t.Error("refused after the claim was found without ground")
	}
}

// R31: every state against every move of a claim and of another objection.
func TestR31_StatesOfAnObjection(t *testing.T) {
	t.Parallel()
	all := []objection.State{"lodged", "under_review", "founded", "unfounded", "withdrawn"}
	for _, s := range all {
		if open := s == "lodged" || s == "under_review"; s.Open() != open {
			t.Errorf("%s is open: %t", s, s.Open())
		}
	}
	want := map[string]bool{
		"lodged>founded": true, "lodged>unfounded": true, "lodged>withdrawn": true, "lodged>under_review": true,
		"under_review>founded": true, "under_review>unfounded": true, "under_review>withdrawn": true,
	}
	for _, kind := range []objection.Kind{objection.Conduct, objection.Claim, objection.ToSetAside} {
		for _, from := range all {
			for _, to := range all {
				got, err := objection.Next(kind, from, to)
				allowed := want[string(from)+">"+string(to)] && (to != "under_review" || kind == objection.Claim)
				if (err == nil) != allowed || (allowed && got != to) || (!allowed && got != from) {
					t.Errorf("%s: %s to %s gives %s, %v", kind, from, to, got, err)
				}
			}
		}
	}
}

// R31: of a sale that was withdrawn its conduct is still objected to, and nothing else.
func TestR31_WhatAWithdrawnSaleMayBeObjectedFor(t *testing.T) {
	t.Parallel()
	b := newBar(t)
	b.must(b.sales.Withdraw(t.Context(), b.judges[0], auction.CourtAct{Lot: b.lot, Ground: "debt_paid", Reason: why()}))
	b.lodge(b.person(), objection.Lodging{Capacity: objection.Party, Kind: objection.Conduct})
	for _, n := range []objection.Lodging{
		{Lot: b.lot, Capacity: objection.ThirdParty, Kind: objection.Claim, Text: "x"},
		{Lot: b.lot, Capacity: objection.Party, Kind: objection.ToSetAside, Ground: objection.Collusion, Text: "x"},
	} {
		_, err := b.s.Lodge(t.Context(), b.person(), n)
		b.refused(err, fault.StateConflict, "R31", "")
	}
}
