package agency_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mingchui/auction"
	"mingchui/auction/agency"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/trail"
	"mingchui/deploy/local/soldtest"
)

var (
	proof  = strings.Repeat("5a", 32)
	reason = docket.Text{Zh: "委托书没有签名", En: "The power of attorney is not signed"}
)

// desk is an announced lot, an agent, and the court that confirms.
type desk struct {
	*soldtest.World
	s      *agency.Service
	lot    uuid.UUID
	starts time.Time
	agent  auction.Actor
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{World: soldtest.New(t, nil)}
	d.s = agency.New(d.Pool, d.Auction)
	d.lot = d.Lot(func(docket.Asset) bool { return true })
	d.Announce(d.lot)
	d.see()
	d.agent = d.person("林代理", "110105194912310021")
	return d
}

func (d *desk) see() {
	d.T.Helper()
	l, err := d.Auction.Lot(d.T.Context(), d.lot, d.Clock.Now())
	d.Must(err)
	d.starts = *l.StartsAt
}

// person is a bidder's account with a name and an identity number.
func (d *desk) person(name, number string) auction.Actor {
	d.T.Helper()
	id := d.Account("bidder")
	d.exec(`UPDATE accounts SET real_name = $2, id_number = $3 WHERE id = $1`, id, name, number)
	return auction.Actor{AccountID: id, Role: "bidder"}
}

func (d *desk) exec(sql string, args ...any) {
	d.T.Helper()
	_, err := d.Pool.Exec(d.T.Context(), sql, args...)
	d.Must(err)
}

func principal(name, number string, bp int) agency.Principal {
	return agency.Principal{Name: name, Number: number, ShareBP: bp}
}

// one is a request for a single principal.
func (d *desk) one(number string) agency.Request {
	return agency.Request{Lot: d.lot, Proof: proof, Principals: []agency.Principal{principal("顾明远", number, 10_000)}}
}

func (d *desk) ask(r agency.Request) uuid.UUID {
	d.T.Helper()
	id, err := d.s.Request(d.T.Context(), d.agent, r)
	d.Must(err)
	return id
}

func (d *desk) confirm(id uuid.UUID) error {
	return d.s.Decide(d.T.Context(), d.Judges[0], agency.Decision{Agency: id, Confirmed: true})
}

func (d *desk) choose(id uuid.UUID) (c agency.Chosen, err error) {
	err = pgx.BeginFunc(d.T.Context(), d.Pool, func(tx pgx.Tx) error {
		c, err = agency.Choose(d.T.Context(), tx, d.lot, d.agent.AccountID, id)
		return err
	})
	return c, err
}

func (d *desk) ofCourt(by auction.Actor, lot uuid.UUID) ([]agency.View, error) {
	list, _, err := d.s.OfCourt(d.T.Context(), by, agency.CourtQuery{Lot: lot}, d.Clock.Now())
	return list, err
}

func (d *desk) rows() string {
	return fmt.Sprint(d.Count(`SELECT count(*) FROM agencies`), d.Count(`SELECT count(*) FROM agencies WHERE state = 'confirmed'`), d.Count(`SELECT count(*) FROM agency_principals`),
		d.Count(`SELECT count(*) FROM trail WHERE act LIKE 'agency%'`), d.Count(`SELECT count(*) FROM entries WHERE kind = 'lot.agency_decided'`))
}

// unchanged runs an act that must be refused and leave nothing.
func (d *desk) unchanged(what string, act func() error, code fault.Code, rule string) {
	d.T.Helper()
	before := d.rows()
	d.Refused(what, act(), code, rule)
	if after := d.rows(); after != before {
		d.T.Errorf("%s: %s became %s", what, before, after)
	}
}

// R14: the shares of the joint bidders make 10,000 basis points, not one less nor more; the agent may be one of them.
func TestR14_AgentsSharesMakeTheWhole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, sum := range []int{9_999, 10_001} {
		r := agency.Request{Lot: d.lot, Proof: proof, Principals: []agency.Principal{principal("顾明远", "A1", 3_333), {ShareBP: sum - 3_333, Agent: true}}}
		d.unchanged(fmt.Sprint(sum), func() error { _, err := d.s.Request(t.Context(), d.agent, r); return err }, fault.SharesNotWhole, "R14")
	}
	id := d.ask(agency.Request{Lot: d.lot, Proof: proof, Principals: []agency.Principal{principal(" 顾明远 ", " A1 ", 3_333), {ShareBP: 6_667, Agent: true}}})
	list, err := d.s.Mine(t.Context(), d.agent.AccountID, d.lot)
	d.Must(err)
	if len(list) != 1 || list[0].ID != id || list[0].Principals[0].Name != "顾明远" || list[0].Principals[1].Name != "林代理" || !list[0].Principals[1].Agent ||
		list[0].Principals[0].Number != "" || list[0].Agent.Number != "" {
		t.Errorf("the agent's own list: %+v", list)
	}
	// SQL holds the sum too.
	err = pgx.BeginFunc(t.Context(), d.Pool, func(tx pgx.Tx) error {
		return d.Auction.OnLotIn(t.Context(), tx, d.Clock.Now(), d.Judges[0], d.lot, nil, trail.Step{Act: trail.AgencyRequested, Rule: "R14"}, func(a *auction.LotAct) error {
			_, err := tx.Exec(t.Context(), `WITH g AS (INSERT INTO agencies (id, lot_id, account_id, state, proof, form, hash, requested_at)
				VALUES (gen_random_uuid(), $1, $2, 'requested', $3, '', $3, $4) RETURNING id)
				SELECT 1`, d.lot, d.agent.AccountID, proof, a.Now)
			return err
		})
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.ConstraintName != "agencies_whole" {
		t.Errorf("an agency without principals: %v", err)
	}
}

// R14: what a request must say; the fields are named.
func TestR14_AnAgencyNamesItsPrincipals(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for field, change := range map[string]func(r *agency.Request){
		"proof":                  func(r *agency.Request) { r.Proof = "" },
		"principals":             func(r *agency.Request) { r.Principals = nil },
		"principals.0.name":      func(r *agency.Request) { r.Principals[0].Name = " " },
		"principals.0.id_number": func(r *agency.Request) { r.Principals[0].Number = strings.Repeat("9", 65) },
		"principals.0.share_bp":  func(r *agency.Request) { r.Principals[0].ShareBP = 0 },
		"principals.1.id_number": func(r *agency.Request) {
			r.Principals = []agency.Principal{principal("甲", "A1", 5_000), principal("乙", "A1", 5_000)}
		},
	} {
		r := d.one("A1")
		change(&r)
		_, err := d.s.Request(t.Context(), d.agent, r)
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != fault.InvalidRequest || f.Field != field || f.Rule != "R14" {
			t.Errorf("%s: %v", field, err)
		}
	}
	self := agency.Request{Lot: d.lot, Proof: proof, Principals: []agency.Principal{{ShareBP: 10_000, Agent: true}}}
	d.unchanged("for oneself alone", func() error { _, err := d.s.Request(t.Context(), d.agent, self); return err }, fault.InvalidRequest, "R14")
	own := d.one("110105194912310021")
	d.unchanged("oneself as another", func() error { _, err := d.s.Request(t.Context(), d.agent, own); return err }, fault.InvalidRequest, "R14")
	d.unchanged("a judge as agent", func() error { _, err := d.s.Request(t.Context(), d.Judges[0], d.one("A1")); return err }, fault.RoleForbidden, "")
	for range 5 {
		d.ask(d.one("A1"))
	}
	d.unchanged("a sixth open request", func() error { _, err := d.s.Request(t.Context(), d.agent, d.one("A1")); return err }, fault.StateConflict, "R14")
}

// R14: an agent is confirmed before the lot's starts_at: a millisecond before it is in time, at it is too late, for the request, the
// decision, and in SQL.
func TestR14_AgentsAreConfirmedBeforeBiddingStarts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first, second, third := d.ask(d.one("A1")), d.ask(d.one("A2")), d.ask(d.one("A3"))
	d.Clock.To(d.starts.Add(-time.Millisecond))
	d.Must(d.confirm(first))
	d.Must(d.s.Decide(t.Context(), d.Judges[0], agency.Decision{Agency: third, Reason: reason}))
	last := d.ask(d.one("A4"))
	d.Clock.To(d.starts)
	for what, act := range map[string]func() error{
		"a confirmation at the start": func() error { return d.confirm(second) },
		"a refusal at the start": func() error {
			return d.s.Decide(t.Context(), d.Judges[0], agency.Decision{Agency: last, Reason: reason})
		},
		"a request at the start": func() error { _, err := d.s.Request(t.Context(), d.agent, d.one("A5")); return err },
	} {
		d.unchanged(what, act, fault.AgencyTooLate, "R14")
	}
	_, err := d.Pool.Exec(t.Context(), `UPDATE agencies SET state = 'confirmed', decided_at = $2, decided_by = $3 WHERE id = $1`, second, d.starts, d.Judges[0].AccountID)
	if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.ConstraintName != "agencies_before_start" {
		t.Errorf("SQL confirms at the start: %v", err)
	}
	// What was confirmed in time is good while bidding runs; nothing else is.
	if c, err := d.choose(first); err != nil || len(c.Hash) != 64 || c.Sole != "A1" {
		t.Errorf("the confirmed agency: %+v, %v", c, err)
	}
	for _, id := range []uuid.UUID{second, third, uuid.New()} {
		_, err := d.choose(id)
		d.Refused("not confirmed", err, fault.AgencyNotConfirmed, "R14")
	}
	if list := d.Entries(d.lot, "lot.agency_decided"); len(list) != 2 || !strings.Contains(list[0]+list[1], "refused") || strings.Contains(list[0]+list[1], "顾明远") {
		t.Errorf("in the log: %v", list)
	}
	list, err := d.ofCourt(d.Judges[0], uuid.Nil)
	if err != nil || len(list) != 0 {
		t.Errorf("after the start the court still reads %d agencies, %v", len(list), err)
	}
}

// R14: what waits and what is decided is for the lot's court alone: another court's judge and clerk read none of it, by the list, the
// lot or the request's id.
func TestR14_AnotherCourtReadsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	waits, confirmed := d.ask(d.one("A1")), d.ask(d.one("A2"))
	d.Must(d.confirm(confirmed))
	for _, role := range []string{"judge", "clerk"} {
		own, other := auction.Actor{AccountID: uuid.New(), Role: role, CourtID: d.Judges[0].CourtID}, auction.Actor{AccountID: uuid.New(), Role: role, CourtID: uuid.New()}
		for _, lot := range []uuid.UUID{uuid.Nil, d.lot} {
			if list, err := d.ofCourt(own, lot); err != nil || len(list) != 2 {
				t.Errorf("the court's own %s reads %d, %v", role, len(list), err)
			}
			if list, err := d.ofCourt(other, lot); err != nil || len(list) != 0 {
				t.Errorf("another court's %s reads %+v, %v", role, list, err)
			}
		}
		for _, id := range []uuid.UUID{waits, confirmed} {
			if v, err := d.s.OfCourtOne(t.Context(), own, id, d.Clock.Now()); err != nil || v.ID != id {
				t.Errorf("the court's own %s reads %+v, %v", role, v, err)
			}
			_, err := d.s.OfCourtOne(t.Context(), other, id, d.Clock.Now())
			d.Refused("another court's "+role, err, fault.NotFoundCode, "")
		}
	}
}

// R14: a judge or clerk of the lot's court confirms, once, and a refusal has its reason.
func TestR14_AgentsAreConfirmedByTheirCourt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.ask(d.one("A1"))
	court := d.Judges[0].CourtID
	for what, by := range map[string]auction.Actor{
		"another court's judge": {AccountID: uuid.New(), Role: "judge", CourtID: uuid.New()}, "finance": {AccountID: uuid.New(), Role: "finance", CourtID: court},
		"the agent": d.agent, "an operator": {AccountID: uuid.New(), Role: "operator"},
	} {
		d.unchanged(what, func() error {
			return d.s.Decide(t.Context(), by, agency.Decision{Agency: id, Confirmed: true})
		}, fault.RoleForbidden, "")
		if _, err := d.ofCourt(by, uuid.Nil); what != "another court's judge" && fault.CodeOf(err) != fault.RoleForbidden {
			t.Errorf("%s reads the court's list: %v", what, err)
		}
	}
	for _, half := range []docket.Text{{}, {Zh: "委托书无效"}, {En: "The mandate is void."}} {
		d.unchanged("no reason", func() error { return d.s.Decide(t.Context(), d.Judges[0], agency.Decision{Agency: id, Reason: half}) }, fault.ReasonRequired, "R14")
	}
	clerk := auction.Actor{AccountID: d.Judges[1].AccountID, Role: "clerk", CourtID: court}
	list, err := d.ofCourt(clerk, d.lot)
	if err != nil || len(list) != 1 || list[0].Principals[0].Number != "A1" || list[0].Agent.Number != "110105194912310021" {
		t.Errorf("the court reads %+v, %v", list, err)
	}
	d.Must(d.s.Decide(t.Context(), clerk, agency.Decision{Agency: id, Confirmed: true}))
	d.unchanged("decided twice", func() error {
		return d.s.Decide(t.Context(), d.Judges[0], agency.Decision{Agency: id, Reason: reason})
	}, fault.StateConflict, "R14")
	for _, sql := range []string{
		`UPDATE agencies SET state = 'refused', reason_zh = 'x', reason_en = 'x'`, `UPDATE agencies SET account_id = (SELECT id FROM accounts WHERE role = 'judge' LIMIT 1)`,
		`UPDATE agency_principals SET share_bp = 1`, `DELETE FROM agency_principals`,
	} {
		if _, err := d.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("SQL takes %s", sql)
		}
	}
	if n := d.Count(`SELECT count(*) FROM trail WHERE act LIKE 'agency%' AND public`); n != 0 {
		t.Errorf("%d public steps tell of agents", n)
	}
	if n := d.Count(`SELECT count(*) FROM trail WHERE act = 'agency_requested' AND account_id IS NOT NULL`); n != 0 {
		t.Errorf("%d steps name the agent's account", n)
	}
}

// resale sells the lot to the agent's account, has it default, and announces the sale that follows.
func (d *desk) resale(bought *uuid.UUID) {
	d.T.Helper()
	ctx := d.T.Context()
	d.Buyer = d.agent
	d.End(d.lot, true)
	if bought != nil { // as the opening of the agent's enrolment would
		d.exec(`UPDATE confirmations SET agency_id = $2 WHERE lot_id = $1`, d.lot, *bought)
	}
	l, err := d.Auction.Draft(ctx, d.Judges[0], d.lot, d.Clock.Now())
	d.Must(err)
	d.Must(pgx.BeginFunc(ctx, d.Pool, func(tx pgx.Tx) error { return d.Auction.RecordDefault(ctx, tx, d.Clock.Now(), d.lot, l.DepositFen) }))
	d.lot, err = d.Auction.ListReSale(ctx, d.Judges[0], d.lot, auction.NextSale{StartingPrice: l.StartingPriceFen, Increment: l.IncrementFen, Deposit: l.DepositFen})
	d.Must(err)
	d.Announce(d.lot)
	d.see()
}

// R24x: who bought and did not pay cannot have the property bid for at the re-sale, nor bid for others: at the request, at the
// court's confirmation, and at the enrolment.
func TestR24x_ADefaulterDoesNotBidThroughAnAgent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	defaulter := d.agent
	d.resale(nil)
	d.agent = d.person("沈若溪", "B1")
	joint := d.one("A1")
	joint.Principals = []agency.Principal{principal("顾明远", "A1", 9_999), principal("林代理", "110105194912310021", 1)}
	for what, r := range map[string]agency.Request{"the defaulter as principal": d.one("110105194912310021"), "the defaulter as joint bidder": joint} {
		d.unchanged(what, func() error { _, err := d.s.Request(t.Context(), d.agent, r); return err }, fault.DefaulterExcluded, "R24x")
	}
	d.unchanged("the defaulter as agent", func() error { _, err := d.s.Request(t.Context(), defaulter, d.one("A1")); return err }, fault.DefaulterExcluded, "R24x")
	// Another number than the court was shown at first: the confirmation and the enrolment look again.
	waits, confirmed := d.ask(d.one("A8")), d.ask(d.one("A9"))
	d.Must(d.confirm(confirmed))
	if _, err := d.choose(confirmed); err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"A8", "A9"} {
		d.exec(`UPDATE accounts SET id_number = $2 WHERE id = $1`, defaulter.AccountID, number)
		if number == "A8" {
			d.unchanged("at the confirmation", func() error { return d.confirm(waits) }, fault.DefaulterExcluded, "R24x")
		} else {
			_, err := d.choose(confirmed)
			d.Refused("at the enrolment", err, fault.DefaulterExcluded, "R24x")
		}
	}
}

// R24x: where an agent bought and nobody paid, the principals are the defaulters, with or without an account; the agent is none.
func TestR24x_PrincipalsWhoDefaultedThroughAnAgent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.ask(d.one("A1"))
	d.Must(d.confirm(id))
	agent := d.agent
	d.resale(&id)
	d.agent = d.person("沈若溪", "B1")
	d.unchanged("the principal through another", func() error { _, err := d.s.Request(t.Context(), d.agent, d.one("A1")); return err }, fault.DefaulterExcluded, "R24x")
	himself := d.person("顾明远", "A1")
	may := func(who auction.Actor, number string) error {
		return pgx.BeginFunc(t.Context(), d.Pool, func(tx pgx.Tx) error {
			return auction.MayTakePart(t.Context(), tx, d.lot, auction.Person{Account: who.AccountID, Number: number})
		})
	}
	d.Refused("the principal himself", may(himself, "A1"), fault.DefaulterExcluded, "R24x")
	d.Must(may(agent, "110105194912310021"))
	d.Must(may(d.agent, "B1"))
}

// R34: barred persons, staff of the court and of the platform, and auxiliary firms do not bid through others, nor for others.
func TestR34_NobodyBarredBidsThroughAnAgent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	barred := d.person("赵明", "C1")
	d.exec(`UPDATE accounts SET barred_reason = 'close relative of the executing judge' WHERE id = $1`, barred.AccountID)
	d.exec(`UPDATE accounts SET id_number = 'C2' WHERE id = $1`, d.Judges[0].AccountID)
	d.exec(`UPDATE accounts SET id_number = 'C3' WHERE id = $1`, d.Account("operator"))
	for what, number := range map[string]string{"a barred person": "C1", "a judge of the court": "C2", "the platform's operator": "C3"} {
		d.unchanged(what, func() error { _, err := d.s.Request(t.Context(), d.agent, d.one(number)); return err }, fault.BarredPerson, "R34")
	}
	d.unchanged("a barred agent", func() error { _, err := d.s.Request(t.Context(), barred, d.one("A1")); return err }, fault.BarredPerson, "R34")
	var firm *string
	d.Must(d.Pool.QueryRow(t.Context(), `SELECT document #>> '{auxiliary,0,name,zh}' FROM lots WHERE id = $1`, d.lot).Scan(&firm))
	if firm == nil {
		t.Fatal("the lot names no auxiliary firm")
	}
	r := d.one("91340000MA2N000001")
	r.Principals[0].Name = *firm
	d.unchanged("an auxiliary firm", func() error { _, err := d.s.Request(t.Context(), d.agent, r); return err }, fault.BarredPerson, "R34")
	// Barred after the request, and after the confirmation.
	waits, confirmed := d.ask(d.one("A1")), d.ask(d.one("A2"))
	d.Must(d.confirm(confirmed))
	d.exec(`UPDATE accounts SET id_number = 'A1' WHERE id = $1`, barred.AccountID)
	d.unchanged("at the confirmation", func() error { return d.confirm(waits) }, fault.BarredPerson, "R34")
	d.exec(`UPDATE accounts SET id_number = 'A2' WHERE id = $1`, barred.AccountID)
	_, err := d.choose(confirmed)
	d.Refused("at the enrolment", err, fault.BarredPerson, "R34")
}

// R20a: nobody is a principal of two agents of a lot, and SQL says so too; one agent may be confirmed again, and another principal.
func TestR20a_APrincipalHasOneAgent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Must(d.confirm(d.ask(d.one("A1"))))
	d.Must(d.confirm(d.ask(d.one("A1"))))
	d.agent = d.person("沈若溪", "B1")
	joint := d.one("A2")
	joint.Principals = []agency.Principal{principal("顾明远", "A1", 1), principal("林代理", "A2", 9_999)}
	waits := d.ask(joint)
	d.unchanged("a principal of another agent", func() error { return d.confirm(waits) }, fault.OneCodeEach, "R20a")
	_, err := d.Pool.Exec(t.Context(), `UPDATE agencies SET state = 'confirmed', decided_at = requested_at, decided_by = $2 WHERE id = $1`, waits, d.Judges[0].AccountID)
	if pg := new(pgconn.PgError); !errors.As(err, &pg) || pg.ConstraintName != "agencies_one_code" {
		t.Errorf("SQL says %v", err)
	}
	d.Must(d.confirm(d.ask(d.one("A3"))))
	d.Must(d.s.Decide(t.Context(), d.Judges[0], agency.Decision{Agency: waits, Reason: reason}))
}

// R20a, R34: under what else a person may hold a code: other accounts of the number, and confirmed agencies; and who stands behind an
// account: its own person, and the principals of its confirmed agencies for the lot.
func TestR20a_UnderWhatElseAPersonMayBid(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	twin, principal := d.person("林代理", "110105194912310021"), d.person("顾明远", "A1")
	nobody := d.person("无号", "")
	alone := d.person("无号", "")
	id := d.ask(d.one("A1"))
	d.ask(d.one("A2")) // waits, and counts for nothing
	d.Must(d.confirm(id))
	in := func(f func(tx pgx.Tx) error) { d.T.Helper(); d.Must(pgx.BeginFunc(t.Context(), d.Pool, f)) }
	for _, c := range []struct {
		of       auction.Actor
		accounts []uuid.UUID
		agencies []uuid.UUID
	}{
		{d.agent, []uuid.UUID{d.agent.AccountID, twin.AccountID}, nil},
		{twin, []uuid.UUID{d.agent.AccountID, twin.AccountID}, nil},
		{principal, []uuid.UUID{principal.AccountID}, []uuid.UUID{id}},
		{nobody, []uuid.UUID{nobody.AccountID}, nil},
		{alone, []uuid.UUID{alone.AccountID}, nil},
	} {
		in(func(tx pgx.Tx) error {
			accounts, agencies, err := agency.Under(t.Context(), tx, d.lot, c.of.AccountID)
			slices.SortFunc(accounts, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
			slices.SortFunc(c.accounts, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
			if !slices.Equal(accounts, c.accounts) || !slices.Equal(agencies, c.agencies) {
				t.Errorf("of %s: %v and %v, want %v and %v", c.of.AccountID, accounts, agencies, c.accounts, c.agencies)
			}
			return err
		})
	}
	for lot, want := range map[uuid.UUID]string{d.lot: "林代理 110105194912310021 顾明远 A1", uuid.New(): "林代理 110105194912310021"} {
		in(func(tx pgx.Tx) error {
			takers, err := agency.TakersOf(t.Context(), tx, lot, []uuid.UUID{d.agent.AccountID, nobody.AccountID})
			agent := takers[d.agent.AccountID]
			got := agent.Name + " " + agent.Number
			for _, b := range agent.Behalfs {
				for _, p := range b.Principals {
					got += " " + p.Name + " " + p.Number
				}
			}
			if none := takers[nobody.AccountID]; got != want || len(takers) != 2 || none.Name != "无号" || len(none.Behalfs) != 0 {
				t.Errorf("on %s: %+v, want %s", lot, takers, want)
			}
			return err
		})
	}
}

// R14: the court's list goes page by page, the undecided first, and leaves nobody out; another lot's are not among one lot's.
func TestR14_TheCourtsListHasPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var want []uuid.UUID
	for i := range 5 {
		want = append(want, d.ask(d.one(fmt.Sprint("A", i))))
	}
	d.Must(d.confirm(want[0]))
	want = append(want[1:], want[0])
	for _, limit := range []int{1, 2, 4, 5, 6} {
		var got []uuid.UUID
		cursor := ""
		for range 6 {
			list, next, err := d.s.OfCourt(t.Context(), d.Judges[0], agency.CourtQuery{Cursor: cursor, Limit: limit}, d.Clock.Now())
			d.Must(err)
			for _, v := range list {
				got = append(got, v.ID)
			}
			if cursor = next; cursor == "" {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("by %d: %v, want %v", limit, got, want)
		}
	}
	for _, q := range []agency.CourtQuery{{Limit: 101}, {Limit: -1}, {Cursor: "x"}, {Cursor: "MC4xLjE"}} {
		if _, _, err := d.s.OfCourt(t.Context(), d.Judges[0], q, d.Clock.Now()); fault.CodeOf(err) != fault.InvalidRequest {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if list, err := d.ofCourt(d.Judges[0], uuid.New()); err != nil || len(list) != 0 {
		t.Errorf("of another lot: %v, %v", list, err)
	}
}
