package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding"
	"mingchui/payments"
	"mingchui/payments/custody"
	"mingchui/web/account"
)

type depositAnswer struct {
	ID         uuid.UUID `json:"id"`
	AmountFen  money.Fen `json:"amount_fen"`
	PaidFen    money.Fen `json:"paid_fen"`
	Status     string    `json:"status"`
	PaymentURL string    `json:"payment_url,omitempty"`
}

type enrolmentAnswer struct {
	ID         uuid.UUID `json:"id"`
	Lot        uuid.UUID `json:"lot"`
	Capacity   string    `json:"capacity"`
	Rank       int       `json:"rank"`
	BidderCode string    `json:"bidder_code"`
	// Passphrase is shown when it is made, and never again.
	Passphrase string `json:"passphrase,omitempty"`
	Status     string `json:"status"`
	// CreatedAt is the deposit's: beside the code no time is kept (R18).
	CreatedAt time.Time     `json:"created_at"`
	Deposit   depositAnswer `json:"deposit"`
}

func answerEnrolment(e bidding.Enrolment) enrolmentAnswer {
	return enrolmentAnswer{
		ID: e.ID, Lot: e.LotID, Capacity: e.Capacity, Rank: e.Rank, BidderCode: e.BidderCode, Passphrase: e.Passphrase,
		Status: e.Status, CreatedAt: e.Deposit.RequestedAt,
		Deposit: depositAnswer{e.Deposit.ID, e.Deposit.AmountFen, e.Deposit.PaidFen, e.Deposit.Status, e.Deposit.PaymentURL},
	}
}

// enrol gives a bidder code and a passphrase; a browser keeps a bidding session too.
func (a *API) enrol(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	me := c.Visitor.Identity.ID
	if err := a.allow(ctx, "enrol", me.String(), a.Limits.EnrolPerAccount); err != nil {
		return Answer{}, err
	}
	var in struct {
		AcceptNotices bool   `json:"accept_notices"`
		Capacity      string `json:"capacity"`
		PromiseLimits bool   `json:"promise_limits"`
		OnBehalf      string `json:"on_behalf"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if in.Capacity == "" {
		in.Capacity = "ordinary"
	}
	r := bidding.EnrolRequest{Lot: lot, Account: me, Capacity: in.Capacity, AcceptNotices: in.AcceptNotices, PromiseLimits: in.PromiseLimits}
	if in.OnBehalf != "" {
		if r.OnBehalf, err = uuid.Parse(in.OnBehalf); err != nil {
			return Answer{}, fault.New(fault.Invalid, fault.InvalidRequest).InField("on_behalf")
		}
	}
	e, err := a.Desk.Enrol(ctx, r)
	if err != nil {
		return Answer{}, err
	}
	return a.withPassphrase(ctx, c, e)
}

// withPassphrase answers with an enrolment whose passphrase is shown this once.
func (a *API) withPassphrase(ctx context.Context, c *Call, e bidding.Enrolment) (Answer, error) {
	answer := Answer{Status: http.StatusCreated, Body: answerEnrolment(e)}
	if c.Visitor.Means == account.ByCookie {
		// The enrolment stands whether or not this works: code and passphrase are in the answer.
		if session, err := a.Desk.OpenSession(ctx, e.LotID, e.BidderCode, e.Passphrase); err == nil {
			answer.Header = a.sessionCookie(e.LotID, session)
		}
	}
	return answer, nil
}

// resetPassphrase gives the own enrolment a new passphrase; the old one and its sessions end.
func (a *API) resetPassphrase(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	me := c.Visitor.Identity.ID
	if err := a.allow(ctx, "enrol", me.String(), a.Limits.EnrolPerAccount); err != nil {
		return Answer{}, err
	}
	e, err := a.Desk.ResetPassphrase(ctx, me, lot)
	if err != nil {
		return Answer{}, err
	}
	return a.withPassphrase(ctx, c, e)
}

// leave withdraws the own enrolment from a sale whose stay lasts long, with the deposit (R28o).
func (a *API) leave(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	me := c.Visitor.Identity.ID
	if err := a.allow(ctx, "enrol", me.String(), a.Limits.EnrolPerAccount); err != nil {
		return Answer{}, err
	}
	e, err := a.Desk.Leave(ctx, me, lot)
	if err != nil {
		return Answer{}, err
	}
	return created(answerEnrolment(e))
}

func (a *API) sessionCookie(lot uuid.UUID, s bidding.SessionToken) http.Header {
	cookie := account.BiddingCookie(lot, s.Token, s.ExpiresAt.Add(-a.Clock.Offset()), a.Secure)
	return http.Header{"Set-Cookie": {cookie.String()}}
}

func (a *API) myEnrolment(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	e, err := a.Desk.Mine(ctx, c.Visitor.Identity.ID, lot)
	if err != nil {
		return Answer{}, err
	}
	return ok(answerEnrolment(e))
}

func (a *API) myDeposits(ctx context.Context, c *Call) (Answer, error) {
	list, err := a.Payments.MyDeposits(ctx, c.Visitor.Identity.ID)
	if err != nil {
		return Answer{}, err
	}
	return ok(page[payments.MyDeposit]{Items: list})
}

func (a *API) openBalance(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	b, err := a.Payments.OpenBalance(ctx, lot, c.Visitor.Identity.ID)
	if err != nil {
		return Answer{}, err
	}
	return created(b)
}

// openSession opens a bidding session by code and passphrase (R18). It keeps no
// answers.
func (a *API) openSession(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		BidderCode string `json:"bidder_code"`
		Passphrase string `json:"passphrase"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	// Codes are public, so tries are counted for each address: a stranger's wrong ones must not lock a bidder out.
	tries := c.Visitor.Address + "\x00" + lot.String() + in.BidderCode
	if err := a.allow(ctx, "bidding-session", tries, a.Limits.EnrolPerAccount); err != nil {
		return Answer{}, err
	}
	s, err := a.Desk.OpenSession(ctx, lot, in.BidderCode, in.Passphrase)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Status: http.StatusCreated, Body: struct {
		Token     string    `json:"token"`
		ExpiresAt time.Time `json:"expires_at"`
	}{s.Token, s.ExpiresAt}}
	if c.Header.Get("Sec-Fetch-Site") == "same-origin" {
		answer.Header = a.sessionCookie(lot, s)
	}
	return answer, nil
}

// notice is what the custodian tells: that something happened. What did is read from its list.
func (a *API) notice(ctx context.Context, c *Call) (Answer, error) {
	if err := a.Payments.ReceiveNotice(ctx, c.Body, c.Header.Get(custody.SignatureHeader)); err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Received bool `json:"received"`
	}{true})
}

// webhook takes what the payment provider tells: stored and owed, then answered.
func (a *API) webhook(ctx context.Context, c *Call) (Answer, error) {
	signature := c.Header.Get("Stripe-Signature")
	if signature == "" {
		return Answer{}, fault.New(fault.Invalid, fault.WebhookSignatureInvalid)
	}
	if err := a.Payments.ReceiveWebhook(ctx, c.Body, signature); err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Received bool `json:"received"`
	}{true})
}
