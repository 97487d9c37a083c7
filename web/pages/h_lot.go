package pages

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/web/account"
)

// session is the bidding session of a lot that this browser holds; its code is
// empty for none. With one, the page shows no account (R18).
func (s *Site) session(r *Request, lot uuid.UUID) (code string) {
	c, err := r.Cookie(account.BiddingCookieName(lot))
	if err != nil || c.Value == "" {
		return ""
	}
	held, err := s.Desk.Session(r.Context(), c.Value)
	if err != nil || held.Lot != lot {
		return ""
	}
	r.P.Room, r.P.Viewer = true, Viewer{}
	return held.Code
}

func (s *Site) lot(r *Request) error {
	v, err := s.readLot(r)
	if err != nil {
		return err
	}
	p := r.P
	if r.URL.Query().Get("paid") != "" {
		v.Said = p.T("lot.paid_" + paidFlag(r))
	}
	if seq := r.URL.Query().Get("placed"); seq != "" && v.Mine != "" {
		v.Said = p.T("room.placed", "seq", short(seq, 20))
		if id, err := uuid.Parse(r.URL.Query().Get("receipt")); err == nil {
			v.Receipt = s.receiptOf(r.Context(), id)
		}
	}
	for _, act := range []string{"maximum", "withdrawn"} {
		if seq, err := strconv.ParseInt(r.URL.Query().Get(act), 10, 64); err == nil && v.Mine != "" {
			v.Said = p.T("room.said_"+act, "seq", itoa(seq))
		}
	}
	v.Desk = s.desk(r, v)
	// Those for everybody: the lot's page is the same whoever is signed in (R18).
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if v.Papers, err = s.paperLinks(r, auction.Actor{}, id); err != nil {
		return err
	}
	v.Objections, v.Prices = s.lotObjections(r, id), s.lotPrices(r, id)
	if !p.Viewer.SignedIn() || p.Viewer.Is(RoleBidder) { // a stranger is led to sign in
		v.ObjectHref = v.Href() + "/objection"
	}
	switch {
	case v.Phase.Ended():
		p.Scripts = []string{"replay.js"}
	default:
		p.Scripts = []string{"live.js"}
		v.Record = newestFirst(v.Record)
	}
	return r.show(http.StatusOK, LotPage(p, v))
}

func paidFlag(r *Request) string {
	if r.URL.Query().Get("paid") == "1" {
		return "yes"
	}
	return "no"
}

// readLot reads the lot of the path and makes its view ready.
func (s *Site) readLot(r *Request) (LotView, error) {
	id, err := r.lotID()
	if err != nil {
		return LotView{}, err
	}
	d, err := s.Auction.Lot(r.Context(), id, r.Now)
	if err != nil {
		return LotView{}, err
	}
	code := s.session(r, id)
	limit := maxRecord
	if d.EndedAt == nil {
		limit = maxPoints
	}
	bids, err := s.allBids(r.Context(), &d.LotSummary, limit)
	if err != nil {
		return LotView{}, err
	}
	p := r.P
	v := p.lotView(&d, bids, code)
	v.Refusals = s.refusedMinutes(r.Context(), p, id)
	s.lotStatements(r, &d, &v)
	p.Title, p.Description, p.Nav = v.Title, v.Title+" "+v.Court, "lots"
	p.NoIndex = v.Phase.Ended() // debtors' and winners' pages stay out of search engines
	v.Aside = s.asideDone(r.Context(), p, d.State, id)
	if v.Phase.Ended() {
		v.After, v.Confirmed = p.afterSteps(&d), p.confirmation(&d)
		if f, err := s.Payments.Fund(r.Context(), d.CaseID); err == nil {
			v.Movements = p.movements(atMost(f.Movements, 12))
		} else {
			s.Trace.WarnContext(r.Context(), "movements were not shown", "error", err)
		}
	}
	return v, nil
}

// desk is the bid desk of a reader.
func (s *Site) desk(r *Request, v LotView) *Desk {
	p := r.P
	d := &Desk{Code: v.Mine, Deposit: v.Deposit}
	d.State = deskState(p, v)
	open := v.Phase == Announced || v.Phase == Suspended || v.Phase.Running()
	if v.Mine == "" && open {
		d.OpenSession = true
		if !p.Viewer.SignedIn() || p.Viewer.Is(RoleBidder) { // nobody of the court or the platform bids (R34)
			d.EnrolHref, d.EnrolText = v.Href()+"/enrol", p.T("room.enrol")
		}
	}
	if v.Mine != "" && v.Phase.Running() {
		d.CanBid, d.Raises, d.Key = true, raises(v.StartingPrice, v.Price, v.Increment), uuid.NewString()
		if len(d.Raises) > 0 {
			d.Own = d.Raises[0].Amount.ShortYuan()
		}
		d.Maximum = s.deskMaximum(r, v)
	}
	return d
}

// deskState says whether the reader leads.
func deskState(p *Page, v LotView) LeadState {
	args := []any{
		"price", p.P(v.Shown()), "code", v.Leader, "start", p.P(v.StartingPrice), "at", p.W.Long(v.StartsAt), "deposit", p.P(v.Deposit), "detail", "",
	}
	bidBefore := false
	lastAt := time.Time{}
	for _, b := range v.Record {
		if b.Mine {
			bidBefore, lastAt = true, b.AcceptedAt
		}
	}
	switch {
	case v.Phase == Withdrawn:
		return leadState(p, "withdrawn", args...)
	case v.Phase == Suspended:
		return leadState(p, "stayed", args...)
	case v.Phase == Announced && v.Mine != "":
		return leadState(p, "ready", args...)
	case v.Phase == Announced:
		return leadState(p, "upcoming", args...)
	case v.Mine == "" && v.Bids == 0:
		return leadState(p, "open", args...)
	case v.Mine == "":
		return leadState(p, "watching", args...)
	case v.Leader == v.Mine:
		return leadState(p, "leading", append(args, "at", p.W.Clock(lastAt))...)
	case bidBefore:
		return leadState(p, "outbid", args...)
	}
	return leadState(p, "none", args...)
}

// bids is the whole record.
func (s *Site) bids(r *Request) error {
	v, err := s.readLot(r)
	if err != nil {
		return err
	}
	r.P.Title = r.P.T("record.heading") + " · " + v.Title
	return r.show(http.StatusOK, BidsPage(r.P, v))
}

// announcement is what was published.
func (s *Site) announcement(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	d, err := s.Auction.Lot(r.Context(), id, r.Now)
	if err != nil {
		return err
	}
	p := r.P
	a := &d.Announcement
	v := AnnouncementView{
		LotHref: "/lots/" + id.String(), Title: p.pick(d.Title), Heading: a.Heading(p.W.Lang()), CaseNumber: d.CaseNumber, Court: p.pick(d.Court.Name),
		Date: docDate(p, valueOf(d.AnnouncedAt)), Hash: d.AnnouncementHash,
	}
	for _, section := range a.Sections(p.W.Lang()) {
		v.Sections = append(v.Sections, PaperSection{section.Heading, section.Paragraphs})
	}
	p.Title, p.Nav, p.NoIndex = v.Heading, "lots", true
	return r.show(http.StatusOK, AnnouncementPage(p, v))
}

// calendar is the bidding as an iCalendar event (RFC 5545), for reminders.
func (s *Site) calendar(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	d, err := s.Auction.Lot(r.Context(), id, r.Now)
	if err != nil {
		return err
	}
	if d.StartsAt == nil || d.EndsAt == nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	const stamp = "20060102T150405Z"
	address := s.SiteURL + "/lots/" + id.String()
	lines := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Mingchui//Lots//" + strings.ToUpper(r.P.W.Lang()), "BEGIN:VEVENT",
		"UID:" + id.String() + "@mingchui", "DTSTAMP:" + r.Now.UTC().Format(stamp), "DTSTART:" + d.StartsAt.UTC().Format(stamp), "DTEND:" + d.EndsAt.UTC().Format(stamp),
		"SUMMARY:" + icsText(r.P.pick(d.Title)), "LOCATION:" + icsText(r.P.pick(d.Court.Name)), "URL:" + address,
		"DESCRIPTION:" + icsText(r.P.T("lot.start")+" "+r.P.P(d.StartingPriceFen)+", "+r.P.T("lot.deposit")+" "+r.P.P(d.DepositFen)+"\n"+address),
		"BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT30M", "DESCRIPTION:" + icsText(r.P.pick(d.Title)), "END:VALARM", "END:VEVENT", "END:VCALENDAR", "",
	}
	for i, l := range lines {
		lines[i] = icsFold(l)
	}
	h := r.W.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="mingchui-%s.ics"`, id.String()[24:]))
	_, _ = r.W.Write([]byte(strings.Join(lines, "\r\n"))) // the reader left
	return nil
}

// icsText escapes a text (RFC 5545, 3.3.11).
func icsText(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(s)
}

// icsFold breaks a line at 75 octets, never within a character (RFC 5545, 3.1).
func icsFold(s string) string {
	var b strings.Builder
	n := 0
	for _, c := range s {
		size := len(string(c))
		if n+size > 74 {
			b.WriteString("\r\n ")
			n = 1
		}
		b.WriteRune(c)
		n += size
	}
	return b.String()
}
