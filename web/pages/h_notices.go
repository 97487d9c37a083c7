package pages

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/notice"
)

// notices names who cannot be told of a sale (R16).
func (s *Site) notices(r *Request) error {
	p := r.P
	p.Title = p.T("published.heading")
	found, err := s.Notices.Published(r.Context(), uuid.Nil)
	if err != nil {
		return err
	}
	day := s.Auction.RuleSet().Day
	var list []PublishedNotice
	for _, n := range found {
		list = append(list, PublishedNotice{
			Case: n.CaseNumber, Court: p.pick(n.Court), Title: p.pick(n.Title), Who: p.pick(n.Name) + " " + strconv.Itoa(n.Who.No), Reason: p.pick(n.Reason),
			At: p.W.Time(n.PublishedAt), Until: p.W.Time(n.PublishedAt.Add(5 * day)),
		})
	}
	return r.show(http.StatusOK, NoticesPage(p, list))
}

// noticeForm records how somebody was told of the sale (R16).
func (p *Page) noticeForm(base string) ActForm {
	var to, ways []Option
	for _, who := range []docket.Notified{docket.ToApplicant, docket.ToDebtor, docket.ToSecurityHolder, docket.ToCoOwner, docket.ToCompany, docket.ToOther} {
		to = append(to, Option{string(who), p.T("revise.to_" + string(who))})
	}
	to = append(to, Option{string(auction.ToPriority), p.T("priority.heading")})
	for _, w := range notice.Ways() {
		ways = append(ways, Option{string(w), p.T("bench.notice_way_" + string(w))})
	}
	fields := []Field{
		{Name: "to", Label: p.T("bench.notice_to"), Kind: "select", Options: to},
		{Name: "no", Label: p.T("bench.notice_no"), Mode: "numeric", Value: "1", Required: true},
		{Name: "way", Label: p.T("bench.notice_way"), Kind: "select", Options: ways},
		{Name: "served_at", Label: p.T("bench.notice_served_at"), Kind: "datetime-local"},
		{Name: "proof", Label: p.T("bench.notice_proof"), Auto: "off", Max: 64, Hash: true},
	}
	fields = append(fields, both("reason", p.T("bench.notice_reason"), "textarea", false)...)
	return ActForm{
		ID: "notice", Title: p.T("bench.notice"), Note: p.T("bench.notice_note"), Action: base + "notice", Fields: prefixed("notice", fields),
		Buttons: []Option{{"served", p.T("bench.notice_served")}, {"unreachable", p.T("bench.notice_unreachable")}, {"waived", p.T("bench.notice_waived")}},
	}
}

func (s *Site) recordNotice(ctx context.Context, by auction.Actor, f url.Values, lot uuid.UUID) error {
	no, err := strconv.Atoi(strings.TrimSpace(f.Get("no")))
	if err != nil {
		return fault.New(fault.Invalid, fault.InvalidRequest).InField("no")
	}
	n := notice.Notice{
		Lot: lot, Who: auction.NoticeTo{To: docket.Notified(f.Get("to")), No: no}, Outcome: notice.Outcome(f.Get("act")),
		Proof: strings.TrimSpace(f.Get("proof")),
	}
	switch n.Outcome {
	case notice.Served:
		n.Way = notice.Way(f.Get("way"))
		if n.ServedAt, err = localTime(f.Get("served_at"), "served_at"); err != nil {
			return err
		}
	case notice.Unreachable:
		n.Reason = text(f, "reason")
	case notice.Waived:
	}
	_, err = s.Notices.Record(ctx, by, n)
	return err
}
