package pages

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding"
	"mingchui/web/account"
)

// openSession opens a bidding session by code and passphrase. Who is signed in
// beside it is not looked at.
func (s *Site) openSession(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	code := strings.ToUpper(strings.TrimSpace(r.PostForm.Get("bidder_code")))
	opened, err := s.Desk.OpenSession(r.Context(), id, code, strings.TrimSpace(r.PostForm.Get("passphrase")))
	if err != nil {
		status, ok := refusal(err)
		if !ok {
			return err
		}
		return s.lotAgain(r, status, err)
	}
	http.SetCookie(r.W, account.BiddingCookie(id, opened.Token, opened.ExpiresAt, s.Secure))
	return r.seeOther("/lots/" + id.String() + "#h-desk")
}

// lotAgain shows the lot with a refusal at the desk.
func (s *Site) lotAgain(r *Request, status int, refused error) error {
	v, err := s.readLot(r)
	if err != nil {
		return err
	}
	if !v.Phase.Ended() {
		v.Record = newestFirst(v.Record)
	}
	v.Desk = s.desk(r, v)
	v.Desk.Errors = ErrorsOf(r.P.W, refused, "amount", "amount_fen", "maximum")
	r.P.Scripts = []string{"live.js"}
	return r.show(status, LotPage(r.P, v))
}

// endSession closes the bidding session of this browser.
func (s *Site) endSession(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if c, err := r.Cookie(account.BiddingCookieName(id)); err == nil {
		if err := s.Desk.CloseSession(r.Context(), c.Value); err != nil {
			return err
		}
		http.SetCookie(r.W, account.BiddingCookie(id, "", time.Unix(1, 0), s.Secure))
	}
	return r.seeOther("/lots/" + id.String())
}

// typedAmount reads what a form carries: fen from a button, yuan from a person.
func typedAmount(r *Request) (money.Fen, error) {
	if text := r.Form.Get("amount_fen"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, fault.New(fault.Invalid, fault.AmountInvalid).InField("amount_fen")
		}
		return money.Fen(n), inField(money.Fen(n).Valid(), "amount_fen")
	}
	f, err := money.ParseYuan(r.Form.Get("amount"))
	return f, inField(err, "amount")
}

func inField(err error, field string) error {
	if f, ok := err.(*fault.Error); ok { //nolint:errorlint // money returns its faults bare
		return f.InField(field)
	}
	return err
}

// bid places a bid without JavaScript. The first post is answered by a page
// that asks; the confirmed one places it under the key that the page carried.
func (s *Site) bid(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	code := s.session(r, id)
	if code == "" {
		return s.lotAgain(r, http.StatusUnauthorized, fault.New(fault.Unauthenticated, fault.NotEnrolled).ByRule("R18"))
	}
	amount, err := typedAmount(r)
	if err != nil {
		return s.lotAgain(r, http.StatusUnprocessableEntity, err)
	}
	if r.PostForm.Get("confirm") != "yes" {
		return s.ask(r, http.StatusOK, id, code, amount, nil)
	}
	done, err := s.Engine.Bid(r.Context(), bidding.Bid{Lot: id, Code: code, Amount: amount, Key: r.PostForm.Get("key"), ReceivedAt: s.Clock.Now()})
	if err != nil {
		status, ok := refusal(err)
		if !ok {
			return err
		}
		return s.ask(r, status, id, code, amount, err)
	}
	return r.seeOther("/lots/" + id.String() + "?placed=" + strconv.FormatInt(done.Seq, 10) + "&receipt=" + done.ReceiptID.String() + "#h-desk")
}

// askBid shows the page that asks, from an address.
func (s *Site) askBid(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	code := s.session(r, id)
	amount, err := typedAmount(r)
	if code == "" || err != nil {
		return r.seeOther("/lots/" + id.String())
	}
	return s.ask(r, http.StatusOK, id, code, amount, nil)
}

// ask shows one bid to be confirmed, with the amount in words. After a failure
// that decided nothing the same key is sent again; after a refusal a new one.
func (s *Site) ask(r *Request, status int, id uuid.UUID, code string, amount money.Fen, refused error) error {
	d, err := s.Auction.Lot(r.Context(), id, r.Now)
	if err != nil {
		return err
	}
	p := r.P
	c := p.card(&d.LotSummary)
	key := r.PostForm.Get("key")
	if key == "" || (refused != nil && fault.KindOf(refused) != fault.Unavailable) {
		key = uuid.NewString()
	}
	v := BidConfirmView{
		LotHref: c.Href(), Title: c.Title, Amount: amount, Price: c.Shown(), Code: code, Key: key, EndsAt: c.EndsAt, Errors: ErrorsOf(p.W, refused), Refused: refused,
		Note: p.T("room.confirm_note", "more", p.P(amount-c.Shown()), "deposit", p.P(c.Deposit)),
	}
	p.Title, p.Nav, p.NoIndex = p.T("room.confirm_heading"), "lots", true
	return r.show(status, BidConfirmPage(p, v))
}
