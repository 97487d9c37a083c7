package pages

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding"
)

// Maximum is what the desk shows of a bidder's maximum: whether there is one, and never how high.
type Maximum struct {
	// Offered: the lot's announcement offers maximum bids.
	Offered bool
	// Seq is the event that set the live one, 0 for none.
	Seq int64
	// Open shows the form at once; Typed is what the reader typed into it.
	Open  bool
	Typed string
}

// deskMaximum reads whether the reader has a maximum.
func (s *Site) deskMaximum(r *Request, v LotView) Maximum {
	if !v.MaximumBids {
		return Maximum{}
	}
	m := Maximum{Offered: true, Typed: r.PostForm.Get("maximum")}
	m.Open = m.Typed != "" || r.PostForm.Get("act") != ""
	id, err := uuid.Parse(v.ID)
	if err != nil {
		return m
	}
	live, err := s.Engine.LiveMaximum(r.Context(), id, v.Mine)
	if err != nil {
		s.Trace.WarnContext(r.Context(), "a maximum was not shown", "error", err)
		return m
	}
	m.Seq = live.Seq
	m.Open = m.Open || live.Seq > 0
	return m
}

// maximum sets or withdraws a maximum. The first post of an amount is answered by a page that asks; the confirmed one sets it
// under the key that the page carried.
func (s *Site) maximum(r *Request) error {
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
	b := bidding.MaximumBid{Lot: id, Code: code, Key: r.PostForm.Get("key"), ReceivedAt: s.Clock.Now()}
	if r.PostForm.Get("act") == "withdraw" {
		done, err := s.Engine.WithdrawMaximum(r.Context(), b)
		if err != nil {
			status, ok := refusal(err)
			if !ok {
				return err
			}
			return s.lotAgain(r, status, err)
		}
		return r.seeOther("/lots/" + id.String() + "?withdrawn=" + strconv.FormatInt(done.Seq, 10) + "#h-desk")
	}
	if b.Amount, err = typedMaximum(r); err != nil {
		return s.lotAgain(r, http.StatusUnprocessableEntity, err)
	}
	if r.PostForm.Get("confirm") != "yes" {
		return s.askMaximum(r, http.StatusOK, b, nil)
	}
	done, err := s.Engine.SetMaximum(r.Context(), b)
	if err != nil {
		status, ok := refusal(err)
		if !ok {
			return err
		}
		return s.askMaximum(r, status, b, err)
	}
	return r.seeOther("/lots/" + id.String() + "?maximum=" + strconv.FormatInt(done.Seq, 10) + "#h-desk")
}

// typedMaximum reads what a form carries: fen from the page that asked, yuan from a person.
func typedMaximum(r *Request) (money.Fen, error) {
	text := r.PostForm.Get("maximum_fen")
	if text == "" {
		f, err := money.ParseYuan(r.PostForm.Get("maximum"))
		return f, inField(err, "maximum")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, fault.AmountInvalid).InField("maximum")
	}
	return money.Fen(n), inField(money.Fen(n).Valid(), "maximum")
}

// askMaximum shows a maximum to be confirmed, as ask does a bid.
func (s *Site) askMaximum(r *Request, status int, b bidding.MaximumBid, refused error) error {
	d, err := s.Auction.Lot(r.Context(), b.Lot, r.Now)
	if err != nil {
		return err
	}
	p := r.P
	c := p.card(&d.LotSummary)
	if b.Key == "" || (refused != nil && fault.KindOf(refused) != fault.Unavailable) {
		b.Key = uuid.NewString()
	}
	v := BidConfirmView{
		LotHref: c.Href(), Title: c.Title, Amount: b.Amount, Price: c.Shown(), Code: b.Code, Key: b.Key, EndsAt: c.EndsAt,
		Errors: ErrorsOf(p.W, refused), Note: p.T("room.maximum_confirm_note", "deposit", p.P(c.Deposit)),
	}
	p.Title, p.Nav, p.NoIndex = p.T("room.maximum_confirm_heading"), "lots", true
	return r.show(status, MaximumConfirmPage(p, v))
}
