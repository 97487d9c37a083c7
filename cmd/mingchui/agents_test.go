package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/law"
	"mingchui/bidding"
	"mingchui/web/account"
)

// jointly is a request of three joint bidders, of whom the agent is one.
func jointly() map[string]any {
	return map[string]any{"proof": strings.Repeat("5a", 32), "principals": []map[string]any{
		{"name": "顾明远", "id_number": "440300198001010011", "share_bp": 6_000},
		{"name": "江澜启程商贸有限公司", "id_number": "91340000MA2N000009", "share_bp": 3_000},
		{"share_bp": 1_000, "is_agent": true},
	}}
}

// confirmedAgency is an agent's request, confirmed by a clerk of the court.
func (s *sale) confirmedAgency(agent, clerk person, r map[string]any) uuid.UUID {
	s.t.Helper()
	id := agent.post(path(s.lot, "agencies"), r).made()
	clerk.post(fmt.Sprintf("/api/v1/agencies/%s/decision", id), map[string]any{"confirmed": true}).into(new(any))
	return id
}

// enrolFor takes a seat as an agent, and pays its deposit.
func (s *sale) enrolFor(p person, agency uuid.UUID) *seat {
	s.t.Helper()
	seat := s.unpaidFor(p, agency)
	payOn(s.t, seat.page, "succeed")
	s.settle()
	return seat
}

func (s *sale) unpaidFor(p person, agency uuid.UUID) *seat {
	s.t.Helper()
	var e enrolment
	p.post(path(s.lot, "enrolments"), map[string]any{"accept_notices": true, "promise_limits": true, "on_behalf": agency}).into(&e)
	seat := &seat{person: p, lot: s.lot, code: e.BidderCode, passphrase: e.Passphrase, page: e.Deposit.PaymentURL}
	seat.openSession()
	s.people = append(s.people, &seat.person)
	return seat
}

// R14, R18, R22: an agent whom the court confirmed wins for joint bidders. Nobody sees before the end that anybody is an agent, the
// confirmation names the principals with their shares, the ruling goes to them, the log holds hashes alone, and the auditor follows.
func TestR14_AgentsBidForJointBidders(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	clerk := w.staff("r14clerk", account.Clerk)
	agent, another := w.register(), w.register()
	enrol := map[string]any{"accept_notices": true, "promise_limits": true}
	s.unchanged("agents who are not confirmed", func() {
		short := jointly()
		short["principals"].([]map[string]any)[2]["share_bp"] = 999
		if r := agent.post(path(s.lot, "agencies"), short).refused(http.StatusUnprocessableEntity, "shares_not_whole"); r.Rule != "R14" || !strings.Contains(r.Detail, "9999") {
			t.Errorf("refused by %+v", r)
		}
		enrol["on_behalf"] = uuid.New()
		if r := agent.post(path(s.lot, "enrolments"), enrol).refused(http.StatusForbidden, "agency_not_confirmed"); r.Rule != "R14" || r.Article == "" || r.Field != "on_behalf" {
			t.Errorf("refused by %+v", r)
		}
	})
	waits := agent.post(path(s.lot, "agencies"), jointly()).made()
	agency := s.confirmedAgency(agent, clerk, jointly())
	s.unchanged("another's agency, and one that waits", func() {
		enrol["on_behalf"] = agency
		another.post(path(s.lot, "enrolments"), enrol).refused(http.StatusForbidden, "agency_not_confirmed")
		enrol["on_behalf"] = waits
		agent.post(path(s.lot, "enrolments"), enrol).refused(http.StatusForbidden, "agency_not_confirmed")
		enrol["on_behalf"], enrol["capacity"] = agency, "priority"
		agent.post(path(s.lot, "enrolments"), enrol).refused(http.StatusForbidden, "priority_not_confirmed")
	})
	winner, loser := s.enrolFor(agent, agency), w.admitted(another, s.lot)
	s.seats = []*seat{winner, loser}
	var same bool
	must(t, s.pool.QueryRow(t.Context(), `SELECT count(DISTINCT (length(sealed), length(agency_commitment), length(agency_locator))) = 1 AND count(*) = 2
		FROM enrolments WHERE lot_id = $1`, s.lot).Scan(&same))
	if !same {
		t.Error("an agent's enrolment looks other than the others'")
	}
	s.to(s.starts)
	clerk.again()
	agent.again()
	s.unchanged("after the start", func() {
		decide := fmt.Sprintf("/api/v1/agencies/%s/decision", waits)
		if r := clerk.post(decide, map[string]any{"confirmed": true}).refused(http.StatusConflict, "agency_too_late"); r.Rule != "R14" || r.Article == "" {
			t.Errorf("refused by %+v", r)
		}
		agent.post(path(s.lot, "agencies"), jointly()).refused(http.StatusConflict, "agency_too_late")
	})
	s.took(loser, loser.raise(s.start))
	s.took(winner, winner.raise(s.start+s.step))
	s.to(s.ends.Add(time.Second))
	s.settle()
	s.namesThePrincipals(agency)
	s.payBalance(winner, s.lot)
	s.ruling()
	var ruled string
	must(t, s.pool.QueryRow(t.Context(), `SELECT document #>> '{facts,buyer,zh}' FROM papers WHERE lot_id = $1 AND kind = 'ruling_draft' ORDER BY made_at DESC LIMIT 1`, s.lot).Scan(&ruled))
	if !strings.HasPrefix(ruled, "顾明远（份额60%）、江澜启程商贸有限公司（份额30%）、") {
		t.Errorf("the ruling goes to %s", ruled)
	}
	w.rig.Fsck()
	newAuditor(t).holds(w.rig.SiteURL)
	s.fsckFindsAgency(winner)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// namesThePrincipals looks at the published confirmation and at everything that the log holds.
func (s *sale) namesThePrincipals(agency uuid.UUID) {
	s.t.Helper()
	var v struct {
		Confirmation struct {
			Agency struct {
				Principals []struct {
					Name    string `json:"name"`
					ShareBP int    `json:"share_bp"`
					Agent   bool   `json:"agent"`
				} `json:"principals"`
			} `json:"agency"`
			Commitment string `json:"agency_commitment"`
		} `json:"confirmation"`
	}
	s.public.get("/api/v1/lots/" + s.lot.String()).into(&v)
	p := v.Confirmation.Agency.Principals
	if len(p) != 3 || p[0].Name != "顾明远" || p[0].ShareBP != 6_000 || p[1].ShareBP != 3_000 || !p[2].Agent || p[2].ShareBP != 1_000 || len(v.Confirmation.Commitment) != 64 {
		s.t.Errorf("the confirmation names %+v", v.Confirmation)
	}
	var published, told int
	must(s.t, s.pool.QueryRow(s.t.Context(), `SELECT (SELECT count(*) FROM confirmations WHERE lot_id = $1 AND agency_id = $2 AND document::text NOT LIKE '%440300198001010011%'),
		(SELECT count(*) FROM entries WHERE convert_from(bytes, 'UTF8') ~ '顾明远|440300198001010011|启程商贸')`, s.lot, agency).Scan(&published, &told))
	if published != 1 || told != 0 {
		s.t.Errorf("%d confirmations without numbers, %d entries with names", published, told)
	}
}

// fsckFindsAgency changes for whom the winner bid behind the house's back.
func (s *sale) fsckFindsAgency(winner *seat) {
	s.t.Helper()
	for _, x := range []struct{ sql, want string }{
		{`UPDATE confirmations SET agency_id = NULL WHERE bidder_code = $1`, "opens another agency"},
		{`UPDATE enrolments SET agency_commitment = repeat('0', 64) WHERE bidder_code = $1`, "agency commitment is not in the log"},
		{`UPDATE enrolments SET agency_commitment = NULL, agency_locator = NULL WHERE bidder_code = $1`, "opens another agency"},
	} {
		_, err := s.pool.Exec(s.t.Context(), x.sql, winner.code)
		must(s.t, err)
		found, err := bidding.FsckSealed(s.t.Context(), s.pool)
		must(s.t, err)
		if !slices.ContainsFunc(found, func(p bidding.Problem) bool { return p.Invariant == "I7" && strings.Contains(p.Detail, x.want) }) {
			s.t.Errorf("fsck does not find %q: %+v", x.want, found)
		}
	}
}

// R34, R24x: a principal who is barred while bidding runs is excluded with the agent, whose own barring is not needed; other agents go on.
func TestR34_BarringAPrincipalExcludesTheAgent(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	clerk := w.staff("r34clerk", account.Clerk)
	agent, himself, other := w.register(), w.register(), w.register()
	w.public.post("/api/v1/accounts", map[string]string{"login": "principal", "password": password, "real_name": "顾明远", "id_number": "440300198001010011"}).into(new(any))
	principal := w.public.signIn("principal")
	alone := map[string]any{"proof": strings.Repeat("5b", 32), "principals": []map[string]any{{"name": "沈若溪", "id_number": "440300198001010099", "share_bp": 10_000}}}
	barred := s.enrolFor(agent, s.confirmedAgency(agent, clerk, jointly()))
	goesOn := s.enrolFor(other, s.confirmedAgency(other, clerk, alone))
	w.public.post("/api/v1/accounts", map[string]string{"login": "second", "password": password, "real_name": "陆一", "id_number": "440300198001010055"}).into(new(any))
	second := map[string]any{"proof": strings.Repeat("5c", 32), "principals": []map[string]any{{"name": "陆一", "id_number": "440300198001010055", "share_bp": 10_000}}}
	s.confirmedAgency(himself, clerk, second) // confirmed, but enrolled for oneself
	own := w.admitted(himself, s.lot)
	s.to(s.starts.Add(time.Minute))
	s.took(barred, barred.raise(s.start))
	for _, p := range []person{principal, w.public.signIn("second")} {
		must(t, w.rig.House.Accounts.Bar(t.Context(), w.account(p), "close relative of the executing judge"))
	}
	w.settle()
	s.took(goesOn, goesOn.raise(s.start+s.step))
	s.took(own, own.raise(s.start+2*s.step))
	r := barred.bid(s.start + 3*s.step)
	if r.status == http.StatusCreated {
		t.Errorf("the agent of a barred principal bids on: %s", r.body)
	}
	var status string
	must(t, s.pool.QueryRow(t.Context(), `SELECT string_agg(status, ' ' ORDER BY status) FROM enrolments WHERE lot_id = $1`, s.lot).Scan(&status))
	if status != "admitted admitted excluded" {
		t.Errorf("enrolments: %s", status)
	}
	w.rig.Fsck()
}

// R14, R19: an agent has the standing of a sole principal, not the agent's own.
func TestR14_AgentsTakeThePrincipalsStanding(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	clerk := w.staff("r19clerk", account.Clerk)
	agent := w.register()
	w.public.post("/api/v1/accounts", map[string]string{"login": "principal", "password": password, "real_name": "顾明远", "id_number": "440300198001010011"}).into(new(any))
	sole := map[string]any{"proof": strings.Repeat("5b", 32), "principals": []map[string]any{{"name": "顾明远", "id_number": "440300198001010011", "share_bp": 10_000}}}
	id := s.confirmedAgency(agent, clerk, sole)
	enrol := map[string]any{"accept_notices": true, "promise_limits": true, "on_behalf": id, "capacity": "creditor"}
	s.standing(agent, "creditor")
	s.unchanged("the agent's own standing", func() {
		agent.post(path(s.lot, "enrolments"), enrol).refused(http.StatusForbidden, "priority_not_confirmed")
	})
	s.standing(w.public.signIn("principal"), "creditor")
	var e json.RawMessage
	agent.post(path(s.lot, "enrolments"), enrol).into(&e)
}
