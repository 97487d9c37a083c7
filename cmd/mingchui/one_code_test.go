package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/duty"
	"mingchui/auction/law"
	"mingchui/cmd/mingchui/house"
	"mingchui/web/account"
)

// called makes a bidder's account of an identity number, which is as its holder writes it.
func (w *world) called(login, number string) person {
	w.t.Helper()
	w.public.post("/api/v1/accounts", map[string]string{"login": login, "password": password, "real_name": "顾明远", "id_number": number}).into(new(any))
	return w.public.signIn(login)
}

// soleOf is a request of an agent for one principal.
func soleOf(number string) map[string]any {
	return map[string]any{"proof": strings.Repeat("5b", 32), "principals": []map[string]any{{"name": "顾明远", "id_number": number, "share_bp": 10_000}}}
}

// pays pays the deposit of a seat and lets what follows happen.
func (s *sale) pays(seat *seat) {
	s.t.Helper()
	payOn(s.t, seat.page, "succeed")
	s.settle()
}

// stands expects where seats stand, and their deposits.
func (s *sale) stands(want, deposit string, seats ...*seat) {
	s.t.Helper()
	for _, seat := range seats {
		var e enrolment
		seat.get(path(s.lot, "enrolments/me")).into(&e)
		if e.Status != want || e.Deposit.Status != deposit {
			s.t.Errorf("%s (%s) is %s with a deposit %s, want %s and %s", seat.login, seat.code, e.Status, e.Deposit.Status, want, deposit)
		}
	}
}

// R20a (ours), R18: one person holds one code in a course, whoever bids: as principal and for oneself, in either order; as principal of
// one agent and agent of another, in either order; as agent and, under another account, for oneself; under two accounts. Everybody
// enrols alike; whose deposit comes first is admitted, and the other's goes back at once. Other persons are let in, and so is
// everybody in another course.
func TestR20a_OneCodeEachThroughAgents(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	clerk := w.staff("r20aclerk", account.Clerk)
	agentFor := func(agent person, number string) *seat {
		return s.unpaidFor(agent, s.confirmedAgency(agent, clerk, soleOf(number)))
	}
	const first, early, agent1, agent2, agent3, middle, agent4, twin = "440300198001010011", "440300198001010022", "440300198001010033",
		"440300198001010044", "440300198001010066", "440300198001010077", "440300198001010088", "440300198001010099"
	one := w.called("agent1", agent1)
	mid := w.called("middle", middle)
	for name, c := range map[string]struct{ holds, second *seat }{
		"a principal whose agent holds a code":  {agentFor(one, first), w.enrol(w.called("first", first), s.lot)},
		"an agent whose principal holds a code": {w.enrol(w.called("early", early), s.lot), agentFor(w.called("agent2", agent2), early)},
		"an agent who is a principal":           {agentFor(w.called("agent4", agent4), middle), agentFor(mid, "440300198001010111")},
		"two accounts of one number":            {w.enrol(w.called("twin", twin), s.lot), w.enrol(w.called("twin2", twin), s.lot)},
	} {
		s.pays(c.holds)
		s.stands("admitted", "held", c.holds)
		s.pays(c.second)
		s.stands("not_admitted", "returned", c.second)
		s.stands("admitted", "held", c.holds)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	for name, second := range map[string]*seat{
		"the agent of an agent who holds a code": agentFor(w.called("agent3", agent3), agent1),
		"an agent's other account":               w.enrol(w.called("agent1b", agent1), s.lot),
	} {
		s.pays(second)
		s.stands("not_admitted", "returned", second)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	next := w.enrol(w.called("nextto", "440300198001010034"), s.lot)
	s.pays(next)
	s.stands("admitted", "held", next)
	s.to(s.starts.Add(time.Minute))
	next.again()
	s.took(next, next.raise(s.start))

	other := w.sealedSale()
	again := w.enrol(w.public.signIn("first"), other.lot)
	other.pays(again)
	other.stands("admitted", "held", again)
	w.rig.Fsck()
}

// R20a: the court's confirmation looks at agencies alone: that the principal holds a code is not the court's to know (R18).
func TestR20a_TheCourtConfirmsOneAgentEach(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	clerk := w.staff("r20aclerk", account.Clerk)
	w.admitted(w.called("first", "440300198001010011"), s.lot)
	s.confirmedAgency(w.called("agent1", "440300198001010033"), clerk, soleOf("440300198001010011"))
	second := w.called("agent2", "440300198001010044").post(path(s.lot, "agencies"), soleOf("440300198001010011")).made()
	s.unchanged("a second agent of a principal", func() {
		clerk.post(fmt.Sprintf("/api/v1/agencies/%s/decision", second), map[string]any{"confirmed": true}).refused(http.StatusConflict, "one_code_each")
	})
}

// R18: who writes somebody's number learns nothing of them by enrolling, and keeps nobody out by it: neither the person nor the
// person's agent. Only who has paid a deposit learns that a person of the same enrolment was admitted before.
func TestR18_AStrangerWithANumberLearnsNothingAndBlocksNobody(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	clerk := w.staff("r18clerk", account.Clerk)
	const one, two = "440300198001010011", "440300198001010022"
	before := w.enrol(w.called("before", one), s.lot) // unpaid, and never paid
	agent := w.called("agent", "440300198001010033")
	behalf := s.unpaidFor(agent, s.confirmedAgency(agent, clerk, soleOf(one)))
	s.stands("awaiting_deposit", "requested", before, behalf)
	s.pays(behalf)
	s.stands("admitted", "held", behalf)
	himself := w.admitted(w.called("himself", two), s.lot)
	for login, number := range map[string]string{"after": one, "after2": two, "nobody": "440300198001010099"} {
		s.stands("awaiting_deposit", "requested", w.enrol(w.called(login, number), s.lot))
	}
	s.stands("awaiting_deposit", "requested", before)
	s.stands("admitted", "held", behalf, himself)
}

// R20a: of those who pay before one batch, the code of whom paid first is admitted, whoever enrolled first.
func TestR20a_WhoPaysFirstHoldsTheCode(t *testing.T) {
	t.Parallel()
	const admitEvery = 6 * time.Hour
	w := openWorld(t, seedOf(t), law.China2017(), func(c *house.Config) { c.AdmitEvery = admitEvery })
	s := w.sealedSale()
	w.to(w.now().Truncate(admitEvery).Add(admitEvery + time.Minute))
	clerk := w.staff("r20aclerk", account.Clerk)
	himself := w.enrol(w.called("himself", "440300198001010011"), s.lot)
	agent := w.called("agent", "440300198001010033")
	behalf := s.unpaidFor(agent, s.confirmedAgency(agent, clerk, soleOf("440300198001010011")))
	s.pays(behalf)
	w.to(w.now().Add(time.Minute))
	s.pays(himself)
	s.stands("awaiting_deposit", "held", himself, behalf)
	w.to(w.now().Add(admitEvery))
	s.stands("admitted", "held", behalf)
	s.stands("not_admitted", "returned", himself)
	w.rig.Fsck()
}

// R20a: two nodes do not admit beside each other: a batch waits for another node's of the lot, and looks then.
func TestR20a_BatchesOfTwoNodesWaitForEachOther(t *testing.T) {
	t.Parallel()
	const admitEvery = 6 * time.Hour
	w := openWorld(t, seedOf(t), law.China2017(), func(c *house.Config) { c.AdmitEvery = admitEvery })
	s := w.sealedSale()
	w.to(w.now().Truncate(admitEvery).Add(admitEvery + time.Minute))
	himself, twin := w.enrol(w.called("himself", "440300198001010011"), s.lot), w.enrol(w.called("twin", "440300198001010011"), s.lot)
	s.pays(himself)
	w.step(w.now().Add(admitEvery))
	other, err := w.pool.Begin(t.Context())
	must(t, err)
	defer func() { _ = other.Rollback(context.WithoutCancel(t.Context())) }() // committed below, if all went well
	if _, err := other.Exec(t.Context(), `SELECT pg_advisory_xact_lock(hashtextextended('admit:' || $1::uuid, 0))`, s.lot); err != nil {
		t.Fatal(err)
	}
	var owed duty.Duty
	must(t, w.pool.QueryRow(t.Context(), `SELECT id, lot_id FROM duties WHERE kind = 'admit_bidders' AND lot_id = $1 AND state = 'owed' LIMIT 1`, s.lot).Scan(&owed.ID, &owed.LotID))
	done := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { done <- w.rig.House.Desk.AdmitByDuty(ctx, owed) }()
	await(t, "the batch to wait", time.Millisecond, func() bool {
		select {
		case err := <-done:
			t.Fatalf("the batch did not wait: %v", err)
		default:
		}
		var waits bool
		must(t, w.pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waits))
		return waits
	})
	// What the other node admits meanwhile, as its batch would mark it.
	if _, err := other.Exec(t.Context(), `UPDATE enrolments SET status = 'admitted' WHERE bidder_code = $1`, twin.code); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), `UPDATE deposits SET state = 'held', held_at = requested_at, paid_fen = amount_fen WHERE account_id = $1`, w.account(twin.person)); err != nil {
		t.Fatal(err)
	}
	must(t, other.Commit(t.Context()))
	must(t, <-done)
	s.settle()
	s.stands("not_admitted", "returned", himself)
}

// R20a: an applicant creditor who owes no deposit is told alike, and who is admitted first holds the code.
func TestR20a_OneCodeEachOfACreditor(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	clerk := w.staff("r20aclerk", account.Clerk)
	himself := w.called("creditor", "440300198001010011")
	s.standing(himself, "creditor")
	agent := w.called("agent", "440300198001010033")
	enrol := map[string]any{"accept_notices": true, "promise_limits": true, "capacity": "creditor"}
	var e enrolment
	himself.post(path(s.lot, "enrolments"), enrol).into(&e)
	if e.Deposit.Status != "exempt" {
		t.Fatalf("the creditor owes a deposit: %+v", e)
	}
	s.settle()
	s.stands("admitted", "exempt", &seat{person: himself})
	enrol["on_behalf"] = s.confirmedAgency(agent, clerk, soleOf("440300198001010011"))
	agent.post(path(s.lot, "enrolments"), enrol).into(&e)
	s.settle()
	s.stands("not_admitted", "exempt", &seat{person: agent})
	w.rig.Fsck()
}

// R34: whoever is barred under one account is excluded under every other of the number, and so is who bids as an agent for the person.
func TestR34_BarredUnderAnotherAccountOfTheNumber(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	const number = "440300198001010011"
	twin, other := w.called("twin", number), w.called("other", "440300198001010012")
	mine, goesOn := w.admitted(w.called("mine", number), s.lot), w.admitted(other, s.lot)
	s.to(s.starts.Add(time.Minute))
	s.took(mine, mine.raise(s.start))
	must(t, w.rig.House.Accounts.Bar(t.Context(), w.account(twin), "close relative of the executing judge"))
	w.settle()
	mine.again()
	s.stands("excluded", "held", mine)
	goesOn.again()
	s.stands("admitted", "held", goesOn)
	s.took(goesOn, goesOn.raise(s.start+s.step))
	mine.bid(s.start+2*s.step).refused(http.StatusUnauthorized, "bidding_session_required")
	w.rig.Fsck()
}

// R34, R24x: a barring, or a default, that was recorded beside an enrolment, so that neither saw the other, is found when the code
// would be admitted: of who enrolled, and of who is bid for.
func TestR34_AdmissionLooksAgainWhoMayTakePart(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	clerk := w.staff("r34clerk", account.Clerk)
	agent := w.called("agent", "440300198001010033")
	barred, defaulter, agents := w.enrol(w.called("barred", "440300198001010011"), s.lot), w.enrol(w.called("defaulter", "440300198001010022"), s.lot),
		s.unpaidFor(agent, s.confirmedAgency(agent, clerk, soleOf("440300198001010044")))
	principal := w.called("principal", "440300198001010044")
	for _, x := range []struct {
		sql  string
		args pgx.NamedArgs
	}{
		{`UPDATE accounts SET barred_reason = 'staff of the appraiser' WHERE id = @a OR id = @b`, pgx.NamedArgs{"a": w.account(barred.person), "b": w.account(principal)}},
		{`INSERT INTO exclusions (lot_id, account_id, ground, created_at) VALUES (@lot, @a, 'defaulter', now())`, pgx.NamedArgs{"lot": s.lot, "a": w.account(defaulter.person)}},
	} {
		_, err := w.pool.Exec(t.Context(), x.sql, x.args)
		must(t, err)
	}
	for _, seat := range []*seat{barred, defaulter, agents} {
		s.pays(seat)
	}
	s.stands("excluded", "held", barred, defaulter, agents)
	if n := s.codesOnTheCourse(); n != 0 {
		t.Errorf("%d codes are on the course", n)
	}
	w.rig.Fsck()
}

// R34: staff whose number is known to the house do not bid under an account of their own, nor through an agent; staff of another
// court may, and the number is read in its one form.
func TestR34_StaffAreKnownByTheirNumber(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	var court, other uuid.UUID
	must(t, w.pool.QueryRow(t.Context(), `SELECT court_id FROM lots WHERE id = $1`, s.lot).Scan(&court))
	must(t, w.pool.QueryRow(t.Context(), `INSERT INTO courts SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'code', 'elsewhere'))).*
		FROM courts c WHERE id = $1 RETURNING id`, court).Scan(&other))
	for login, x := range map[string]account.Staff{
		"34clerk":    {Role: account.Clerk, CourtID: court, IDNumber: " 44030019800101001x "},
		"34operator": {Role: account.Operator, IDNumber: "440300198001010022"},
		"34other":    {Role: account.Clerk, CourtID: other, IDNumber: "440300198001010033"},
	} {
		x.Login, x.Password, x.RealName = login, password, "顾明远"
		_, err := w.rig.House.Accounts.Create(t.Context(), x)
		must(t, err)
	}
	agent := w.register()
	enrol := map[string]any{"accept_notices": true, "promise_limits": true}
	for i, number := range []string{"44030019800101001X", "440300198001010022"} {
		himself := w.called(fmt.Sprint("staff", i), number)
		s.unchanged("staff", func() {
			himself.post(path(s.lot, "enrolments"), enrol).refused(http.StatusForbidden, "barred_person")
			agent.post(path(s.lot, "agencies"), soleOf(number)).refused(http.StatusForbidden, "barred_person")
		})
	}
	w.enrol(w.called("elsewhere", "440300198001010033"), s.lot)
}

func (s *sale) codesOnTheCourse() (n int) {
	s.t.Helper()
	must(s.t, s.pool.QueryRow(s.t.Context(), `SELECT count(*) FROM course_events WHERE lot_id = $1 AND kind = 'admit'`, s.lot).Scan(&n))
	return n
}
