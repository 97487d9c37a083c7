package pages

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// OversightView is what is late or was, over all courts.
type OversightView struct {
	Overdue, Late           string
	Courts                  []CourtLate
	Duties                  []OverdueRow
	Acts                    []LateRow
	DutiesShown, LatesShown string
}

// CourtLate is what is late at one court.
type CourtLate struct{ Code, Name, Overdue, Late string }

// OverdueRow is one duty whose time has passed.
type OverdueRow struct{ What, Case, TrailHref, Court, Who, Due, Late, Source string }

// LateRow is one act that came after its time.
type LateRow struct{ What, Case, TrailHref, Court, Due, At, Late, Superior, Reason, Source string }

// TrailView is the trail of a case.
type TrailView struct {
	Number, Court, Href string
	// Whole: every step is shown, not the public ones alone.
	Whole bool
	Steps []TrailRow
	// Next is where the steps after these are; empty at the end.
	Next string
}

// TrailRow is one step of a trail.
type TrailRow struct {
	At, Act, Lot, LotHref, Who, Log, Login string
	Ground, Reason, Detail, Source         string
	Public                                 bool
	// Late is by when it was due and who approved why; empty for a step in time.
	Late string
}

// source is a rule with its article, for small print.
func (p *Page) source(rule string) string {
	if src, ok := law.Article(rule); ok {
		return rule + p.T("frame.comma") + p.W.Pick(src.TextZH, src.TextEN)
	}
	return rule
}

func (s *Site) oversight(r *Request) error {
	p := r.P
	got, err := s.Auction.Oversight(r.Context(), r.actor())
	if err != nil {
		return err
	}
	p.Title, p.Nav, p.NoIndex = p.T("oversight.heading"), "oversight", true
	return r.show(http.StatusOK, OversightPage(p, p.oversightView(&got)))
}

func (p *Page) oversightView(got *auction.Oversight) OversightView {
	v := OversightView{
		Overdue: p.W.Count(got.OverdueCount), Late: p.W.Count(got.LateCount),
		DutiesShown: p.W.Count(int64(len(got.Overdue))), LatesShown: p.W.Count(int64(len(got.Late))),
	}
	names := map[uuid.UUID]string{}
	for _, c := range got.Courts {
		names[c.Court] = p.pick(c.Name)
		v.Courts = append(v.Courts, CourtLate{Code: c.Code, Name: names[c.Court], Overdue: p.W.Count(c.Overdue), Late: p.W.Count(c.Late)})
	}
	for _, d := range got.Overdue {
		title := p.pick(d.LotTitle)
		if title == "" {
			title = d.CaseNumber
		}
		v.Duties = append(v.Duties, OverdueRow{
			What: p.T("duty."+string(d.Kind), "title", title), Case: d.CaseNumber, TrailHref: trailHref(d.CaseID), Court: names[d.Court],
			Who: p.T("oversight.by_" + string(d.Actor)), Due: p.W.Minute(d.DueAt), Late: p.W.Span(p.Now.Sub(d.DueAt)), Source: p.source(d.Rule),
		})
	}
	for _, a := range got.Late {
		v.Acts = append(v.Acts, LateRow{
			What: p.T("trail." + string(a.Act)), Case: a.CaseNumber, TrailHref: trailHref(a.CaseID), Court: names[a.Court],
			Due: p.W.Minute(a.DueAt), At: p.W.Minute(a.At), Late: p.W.Span(max(0, a.At.Sub(a.DueAt))), Superior: p.pick(a.Superior), Reason: p.pick(a.Reason), Source: p.source(a.Rule),
		})
	}
	return v
}

func trailHref(caseID uuid.UUID) string { return "/cases/" + caseID.String() + "/trail" }

// oversightFile is one of the lists as RFC 4180 has it.
func (s *Site) oversightFile(r *Request) error {
	name := r.Params["file"]
	if !slices.Contains([]string{"courts.csv", "overdue.csv", "late.csv"}, name) {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	got, err := s.Auction.Oversight(r.Context(), r.actor())
	if err != nil {
		return err
	}
	out := r.csv("mingchui-oversight-" + name)
	codes := map[uuid.UUID]string{}
	for _, c := range got.Courts {
		codes[c.Court] = c.Code
	}
	switch name {
	case "courts.csv":
		_ = out.Write([]string{"court_code", "court", "overdue", "late"}) // what fails is the reader leaving
		for _, c := range got.Courts {
			_ = out.Write(cells(c.Code, c.Name.Zh, strconv.FormatInt(c.Overdue, 10), strconv.FormatInt(c.Late, 10)))
		}
	case "overdue.csv":
		_ = out.Write([]string{"court_code", "case", "lot", "duty", "rule", "actor", "due_at"})
		for _, d := range got.Overdue {
			_ = out.Write(cells(codes[d.Court], d.CaseNumber, idOf(d.LotID), string(d.Kind), d.Rule, string(d.Actor), instant(d.DueAt)))
		}
	case "late.csv":
		_ = out.Write([]string{"court_code", "case", "lot", "act", "rule", "due_at", "at", "superior", "reason"})
		for _, a := range got.Late {
			_ = out.Write(cells(codes[a.Court], a.CaseNumber, idOf(a.LotID), string(a.Act), a.Rule, instant(a.DueAt), instant(a.At), a.Superior.Zh, a.Reason.Zh))
		}
	}
	out.Flush()
	return nil
}

// csv begins a file; its lines end as RFC 4180 has it.
func (r *Request) csv(name string) *csv.Writer {
	h := r.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "private, no-store")
	out := csv.NewWriter(r.W)
	out.UseCRLF = true
	return out
}

// cells keep a spreadsheet from taking a text for a formula.
func cells(list ...string) []string {
	for i, c := range list {
		if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			list[i] = "'" + c
		}
	}
	return list
}

func idOf(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// trailRows is how many steps a page shows.
const trailRows = 200

// caseTrail shows who did what on a case, when and on which ground (R3).
func (s *Site) caseTrail(r *Request) error {
	p := r.P
	head, err := s.Auction.TrailOf(r.Context(), r.actor(), r.Params["case"])
	if err != nil {
		return err
	}
	after, err := afterStep(r)
	if err != nil {
		return err
	}
	steps, err := s.Auction.Trail(r.Context(), r.actor(), head.ID, uuid.Nil, after, trailRows)
	if err != nil {
		return err
	}
	p.Title, p.Nav, p.NoIndex = p.T("trail_page.heading")+" "+head.Number, "lots", true
	if p.Viewer.Is(RoleInspector) {
		p.Nav = "oversight"
	}
	v := TrailView{Number: head.Number, Court: p.pick(head.Court), Href: trailHref(head.ID), Whole: head.Whole}
	for i := range steps {
		v.Steps = append(v.Steps, p.trailRow(&head, &steps[i]))
	}
	if len(steps) == trailRows {
		v.Next = v.Href + "?after=" + steps[len(steps)-1].ID.String()
	}
	return r.show(http.StatusOK, TrailPage(p, v))
}

func afterStep(r *Request) (uuid.UUID, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, fault.New(fault.Invalid, fault.InvalidRequest).InField("after")
	}
	return id, nil
}

func (p *Page) trailRow(head *auction.TrailHead, l *trail.Line) TrailRow {
	row := TrailRow{
		At: p.W.Time(l.At), Act: p.T("trail." + string(l.Act)), Who: p.roleName(l.Role), Log: l.By, Login: l.Login, Public: l.Public,
		Ground: p.trailGround(l.Ground), Reason: p.pick(l.Reason), Detail: p.trailDetail(l.Detail), Source: p.source(l.Rule),
	}
	if l.LotID != nil {
		lot := head.Lots[*l.LotID]
		if row.Lot = p.pick(lot.Title); lot.Published {
			row.LotHref = "/lots/" + l.LotID.String()
		}
	}
	if l.DueAt != nil {
		row.Late = p.T("trail_page.late", "due", p.W.Minute(*l.DueAt), "superior", p.pick(l.Superior), "reason", p.pick(l.LateReason))
	}
	return row
}

// roleName is whose step it is; a role without a name of its own shows its word.
func (p *Page) roleName(role string) string {
	if role == trail.Machine {
		return p.T("trail_page.machine")
	}
	if p.W.Has("role." + role) {
		return p.T("role." + role)
	}
	return role
}

// trailGround is a ground in words; one that a court wrote itself stands as it is.
func (p *Page) trailGround(ground string) string {
	for _, key := range []string{"trail_ground.", "stay_ground.", "ground.", "objection_ground.", "price_skip.", "price_end.", "price_way.", "price_ground.", "price_outcome.", "price_withdraw."} {
		if p.W.Has(key + ground) {
			return p.T(key + ground)
		}
	}
	return ground
}

// trailDetail writes the figures of a step, in the order of their names; ids are left to the file.
func (p *Page) trailDetail(detail json.RawMessage) string {
	var all map[string]any
	if json.Unmarshal(detail, &all) != nil {
		return ""
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		value := ""
		switch x := all[name].(type) {
		case float64:
			value = strconv.FormatInt(int64(x), 10)
			if strings.HasSuffix(name, "_fen") {
				value = p.M(money.Fen(int64(x)))
			}
		case string:
			if _, err := uuid.Parse(x); err != nil && len(x) < 60 {
				value = x
			}
		case bool:
			value = strconv.FormatBool(x)
		}
		if value != "" {
			if p.W.Has("trail_detail." + name) {
				name = p.T("trail_detail." + name)
			}
			parts = append(parts, strings.TrimSuffix(name, "_fen")+" "+value)
		}
	}
	return strings.Join(parts, p.T("frame.comma"))
}

// maxTrail bounds a file: the longest trail is of a case with hundreds of lots.
const maxTrail = 20_000

// caseTrailFile is the same as RFC 4180 has it, whole from the first step.
func (s *Site) caseTrailFile(r *Request) error {
	head, err := s.Auction.TrailOf(r.Context(), r.actor(), r.Params["case"])
	if err != nil {
		return err
	}
	steps, err := s.wholeTrail(r.Context(), r.actor(), head.ID)
	if err != nil {
		return err
	}
	out := r.csv("mingchui-trail-" + head.ID.String()[24:] + ".csv")
	first := []string{"at", "lot", "role", "judge", "act", "rule", "ground", "reason", "detail", "public", "due_at", "superior", "late_reason"}
	if head.Whole {
		first = append(first, "login")
	}
	_ = out.Write(first) // what fails is the reader leaving
	for i := range steps {
		l := &steps[i]
		due := ""
		if l.DueAt != nil {
			due = instant(*l.DueAt)
		}
		line := cells(instant(l.At), idOf(l.LotID), l.Role, l.By, string(l.Act), l.Rule, l.Ground, l.Reason.Zh, string(l.Detail), strconv.FormatBool(l.Public), due, l.Superior.Zh, l.LateReason.Zh)
		if head.Whole {
			line = append(line, cells(l.Login)...)
		}
		_ = out.Write(line)
	}
	out.Flush()
	return nil
}

func (s *Site) wholeTrail(ctx context.Context, by auction.Actor, caseID uuid.UUID) ([]trail.Line, error) {
	var all []trail.Line
	after := uuid.Nil
	for len(all) < maxTrail {
		steps, err := s.Auction.Trail(ctx, by, caseID, uuid.Nil, after, trailRows)
		if err != nil {
			return nil, err
		}
		all = append(all, steps...)
		if len(steps) < trailRows {
			break
		}
		after = steps[len(steps)-1].ID
	}
	return all, nil
}
