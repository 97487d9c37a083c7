package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// seat is a bidder's place at a lot: the account, and the bidding session that
// holds no account (R18).
type seat struct {
	person
	lot        uuid.UUID
	code       string
	passphrase string
	page       string
	session    person
}

type enrolment struct {
	BidderCode string `json:"bidder_code"`
	Passphrase string `json:"passphrase"`
	Status     string `json:"status"`
	Deposit    struct {
		AmountFen  int64  `json:"amount_fen"`
		Status     string `json:"status"`
		PaymentURL string `json:"payment_url"`
	} `json:"deposit"`
}

// enrol takes a seat and opens its bidding session; the deposit is not paid.
func (w *world) enrol(p person, lot uuid.UUID) *seat {
	w.t.Helper()
	var e enrolment
	p.post(path(lot, "enrolments"), map[string]any{"accept_notices": true, "capacity": "ordinary", "promise_limits": true}).into(&e)
	s := &seat{person: p, lot: lot, code: e.BidderCode, passphrase: e.Passphrase, page: e.Deposit.PaymentURL}
	s.openSession()
	w.people = append(w.people, &s.person)
	return s
}

func (s *seat) openSession() {
	s.t.Helper()
	var v struct {
		Token string `json:"token"`
	}
	person{t: s.t, site: s.site}.post(path(s.lot, "bidding-sessions"),
		map[string]string{"bidder_code": s.code, "passphrase": s.passphrase}).into(&v)
	s.session = person{t: s.t, site: s.site, token: v.Token}
}

// admitted takes a seat and pays its deposit.
func (w *world) admitted(p person, lot uuid.UUID) *seat {
	w.t.Helper()
	s := w.enrol(p, lot)
	payOn(w.t, s.page, "succeed")
	w.settle()
	var e enrolment
	p.get(path(lot, "enrolments/me")).into(&e)
	if e.Status != "admitted" || e.Deposit.Status != "held" || e.Passphrase != "" {
		w.t.Fatalf("%s's enrolment after payment: %+v", p.login, e)
	}
	return s
}

// bid sends one bid with a key of its own.
func (s *seat) bid(amount int64) reply {
	s.t.Helper()
	return s.bidAs(uuid.NewString(), amount)
}

func (s *seat) bidAs(key string, amount int64) reply {
	s.t.Helper()
	return s.session.postOnce(path(s.lot, "bids"), key, map[string]int64{"amount_fen": amount})
}

// bidText sends an amount as it is written.
func (s *seat) bidText(amount string) reply {
	s.t.Helper()
	return s.session.postOnce(path(s.lot, "bids"), uuid.NewString(), []byte(`{"amount_fen":`+amount+`}`))
}

// accepted is the answer to a bid that counts.
type accepted struct {
	Lot        uuid.UUID `json:"lot"`
	Seq        int64     `json:"seq"`
	BidderCode string    `json:"bidder_code"`
	AmountFen  int64     `json:"amount_fen"`
	AcceptedAt time.Time `json:"accepted_at"`
	EndsAt     time.Time `json:"ends_at"`
	Receipt    uuid.UUID `json:"receipt"`
}

// raise bids and must be accepted.
func (s *seat) raise(amount int64) accepted {
	s.t.Helper()
	var a accepted
	s.bid(amount).into(&a)
	if a.BidderCode != s.code || a.AmountFen != amount || a.Lot != s.lot {
		s.t.Errorf("the bid of %s for %d was answered %+v", s.code, amount, a)
	}
	return a
}

// lotView is what the public sees of a lot, as far as the tests look.
type lotView struct {
	Status           string    `json:"status"`
	Outcome          string    `json:"outcome"`
	PriceFen         int64     `json:"price_fen"`
	LeaderCode       string    `json:"leader_code"`
	StartingPriceFen int64     `json:"starting_price_fen"`
	IncrementFen     int64     `json:"increment_fen"`
	DepositFen       int64     `json:"deposit_fen"`
	Bids             int       `json:"bids"`
	Extensions       int       `json:"extensions"`
	EndsAt           time.Time `json:"ends_at"`
	EndedAt          time.Time `json:"ended_at"`
	BalanceDueAt     time.Time `json:"balance_due_at"`
	RuleSet          string    `json:"rule_set"`
	Confirmation     *struct {
		BuyerName  string `json:"buyer_name"`
		BidderCode string `json:"bidder_code"`
	} `json:"confirmation"`
	Announcement json.RawMessage `json:"announcement"`
}

func (p person) lot(id uuid.UUID) lotView {
	p.t.Helper()
	var v lotView
	p.get(fmt.Sprintf("/api/v1/lots/%s", id)).into(&v)
	return v
}

// deposit is one line of a bidder's own list.
type deposit struct {
	Lot         uuid.UUID  `json:"lot"`
	AmountFen   int64      `json:"amount_fen"`
	Status      string     `json:"status"`
	ReturnDueAt *time.Time `json:"return_due_at"`
	SettledAt   *time.Time `json:"settled_at"`
}

// deposit finds the bidder's deposit for the seat's lot.
func (s *seat) deposit() deposit {
	s.t.Helper()
	var list struct {
		Items []deposit `json:"items"`
	}
	s.get("/api/v1/me/deposits").into(&list)
	for _, d := range list.Items {
		if d.Lot == s.lot {
			return d
		}
	}
	s.t.Fatalf("%s has no deposit for the lot", s.login)
	return deposit{}
}

// fund is a case's accounts.
func (p person) fund(caseID uuid.UUID) map[string]int64 {
	p.t.Helper()
	var v struct {
		Accounts []struct {
			Account    string `json:"account"`
			BalanceFen int64  `json:"balance_fen"`
		} `json:"accounts"`
	}
	p.get(fmt.Sprintf("/api/v1/cases/%s/fund", caseID)).into(&v)
	out := map[string]int64{}
	for _, a := range v.Accounts {
		out[a.Account] = a.BalanceFen
	}
	return out
}
