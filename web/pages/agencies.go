package pages

import (
	"fmt"
	"strconv"
	"strings"

	"mingchui/auction/agency"
)

// AgencyRow is an agency ready to be shown to its agent or to the court, and to nobody else.
type AgencyRow struct {
	ID, Lot, LotHref, Number string
	// What is an agency for one, or a joint bid.
	What string
	Chip Chip
	When string
	// Next is what the reader is to do, Reason why it was refused.
	Next, Reason string
	// Go leads there, with its words; empty where nothing is to be done.
	Go   Link
	Left Due
	// Agent, Principals, Proof and Hash are shown whole. Numbers stand for the court alone.
	Agent       AgencyPerson
	Principals  []AgencyPerson
	Proof, Hash string
	Open        bool
}

// AgencyPerson is an agent or a principal.
type AgencyPerson struct{ Name, Number, Share string }

// AgencyView is where somebody asks to bid for others.
type AgencyView struct {
	LotHref, Title, Action string
	// Until is when bidding starts; Closed, that it has, or that nothing is to be bid on.
	Until  string
	Closed bool
	Rows   []AgencyInput
	// Own is the agent's own share as a joint bidder, empty for none.
	Own, Proof string
	Mine       []AgencyRow
	Said       string
	Errors     Errors
}

// AgencyInput is one principal as typed.
type AgencyInput struct{ Name, Number, Share string }

// BenchAgenciesView is the court's list.
type BenchAgenciesView struct {
	Said, LotTitle string
	Rows           []AgencyRow
	// Next is the address of what follows.
	Next string
}

// BenchAgencyView is one agency before the court: the forms, or with Ask what will follow.
type BenchAgencyView struct {
	AgencyRow

	Action string
	Fields []Field
	Errors Errors
	// Ask is "confirm" or "refuse" where it is asked once more.
	Ask string
}

// shareOf writes basis points as a percentage, exactly.
func shareOf(bp int) string {
	if bp%100 == 0 {
		return strconv.Itoa(bp/100) + "%"
	}
	return strings.TrimRight(fmt.Sprintf("%d.%02d", bp/100, bp%100), "0") + "%"
}

// basisPoints reads a percentage with at most two decimals, 0 for what is none.
func basisPoints(text string) int {
	whole, part, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(text), "%"), ".")
	if len(whole) == 0 || len(whole) > 3 || len(part) > 2 {
		return 0
	}
	n, err := strconv.ParseUint(whole+(part + "00")[:2], 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// agencyRow makes an agency ready.
func (p *Page) agencyRow(v *agency.View) AgencyRow {
	row := AgencyRow{
		ID: v.ID.String(), Lot: p.pick(v.Title), LotHref: "/lots/" + v.Lot.String(), Number: v.Case, Reason: p.pick(v.Reason), What: p.T("agency.what_sole"),
		Agent: AgencyPerson{Name: v.Agent.Name, Number: v.Agent.Number}, Proof: v.Proof, Hash: v.Hash, Open: v.Status == agency.Requested,
		When: p.T("agency.asked_at", "at", p.W.Minute(v.RequestedAt)), Left: dueAt(p, Due{At: v.StartsAt}),
	}
	if len(v.Principals) > 1 {
		row.What = p.T("agency.what_joint", "n", len(v.Principals))
	}
	for _, x := range v.Principals {
		one := AgencyPerson{Name: x.Name, Number: x.Number, Share: shareOf(x.ShareBP)}
		if x.Agent {
			one.Name += p.T("agency.is_agent")
		}
		row.Principals = append(row.Principals, one)
	}
	if v.DecidedAt != nil {
		row.When += p.T("frame.comma") + p.T("agency.decided_at", "at", p.W.Minute(*v.DecidedAt))
	}
	row.Chip = map[agency.State]Chip{
		agency.Requested: {"dash", "s-wait", ""}, agency.Confirmed: {"soft", "s-done", ""}, agency.Refused: {"", "s-withdrawn", ""},
	}[v.Status]
	row.Chip.Text = p.T("agency.state_" + string(v.Status))
	return row
}

// myAgency adds what the agent is to do.
func (p *Page) myAgency(v *agency.View) AgencyRow {
	row := p.agencyRow(v)
	started := !p.Now.Before(v.StartsAt)
	switch {
	case v.Status == agency.Confirmed && started: // whether enrolment is still open, the lot's page says
		row.Go = Link{row.LotHref, p.T("lot.back")}
	case v.Status == agency.Confirmed:
		row.Next, row.Go = p.T("agency.next_confirmed"), Link{row.LotHref + "/enrol", p.T("agency.to_enrol")}
	case started && v.Status == agency.Requested:
		row.Next = p.T("agency.next_late")
	case started:
	case v.Status == agency.Refused:
		row.Next, row.Go = p.T("agency.next_refused"), Link{row.LotHref + "/agency", p.T("agency.again")}
	default:
		row.Next = p.T("agency.next_requested", "at", p.W.Minute(v.StartsAt))
	}
	return row
}

// names lists the principals of an agency with their shares.
func (r *AgencyRow) names(p *Page) string {
	list := make([]string, len(r.Principals))
	for i, x := range r.Principals {
		list[i] = x.Name
		if len(r.Principals) > 1 {
			list[i] += " " + x.Share
		}
	}
	return strings.Join(list, p.T("agency.between"))
}

// agencyAct is the key of the word on the way to one agency.
func agencyAct(a AgencyRow) string {
	if a.Open {
		return "agency.decide"
	}
	return "agency.see"
}

// agencyFields are the inputs of principal i.
func (p *Page) agencyFields(i int, x AgencyInput) []Field {
	return []Field{
		{Name: agencyField(i, "name"), Label: p.T("agency.name"), Value: x.Name, Auto: "off", Required: i == 0, Max: 200},
		{Name: agencyField(i, "id_number"), Label: p.T("agency.number"), Value: x.Number, Auto: "off", Required: i == 0, Max: 64},
		{Name: agencyField(i, "share_bp"), Label: p.T("agency.share_pct"), Value: x.Share, Mode: "decimal", Auto: "off", Max: 6},
	}
}
