package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// benchColumns are the steps of a sale, in order.
func benchColumns() []auction.State {
	return []auction.State{
		auction.Draft, auction.Voted, auction.Announced, stateLive, auction.Suspended, auction.Sold, auction.Paid, auction.Taken, auction.Unsold, auction.Defaulted, auction.Ruled, auction.SetAside, auction.Withdrawn,
	}
}

// stateLive stands beside the lot's own states: announced, with bidding begun.
const stateLive auction.State = "live"

// columnItems bounds what a column prints.
const columnItems = 8

func (s *Site) bench(r *Request) error {
	p := r.P
	b, err := s.Auction.Bench(r.Context(), r.actor(), r.Now)
	if err != nil {
		return err
	}
	p.Title, p.Nav, p.NoIndex = p.T("bench.heading"), "bench", true
	v := BenchView{Court: p.pick(b.Court.Name), SettingsHref: settingsHref(b.Court.Code), Lots: int64(len(b.Lots)), Due: p.duties(b.Duties), Objections: openObjections(b.Duties)}
	if v.Agencies, err = s.agenciesWaiting(r.Context(), r.actor(), p, uuid.Nil); err != nil {
		return err
	}
	place := map[auction.State]int{}
	for _, st := range benchColumns() {
		place[st] = len(v.Columns)
		always := st == auction.Draft || st == auction.Voted || st == auction.Announced || st == stateLive || st == auction.Sold || st == auction.Paid || st == auction.Unsold
		v.Columns = append(v.Columns, Column{Title: p.T("bench.col_" + string(st)), Rare: !always})
	}
	for i := range b.Lots {
		l := &b.Lots[i]
		item := p.benchItem(l)
		st := l.State
		if phaseOf(&l.LotSummary).Running() {
			st = stateLive
		}
		if c, ok := place[st]; ok {
			v.Columns[c].Count++
			if len(v.Columns[c].Items) < columnItems {
				v.Columns[c].Items = append(v.Columns[c].Items, item)
			}
			v.Columns[c].More = "/lots?court=" + url.QueryEscape(b.Court.Code)
		}
		if l.State == auction.Draft && !l.Mine {
			item.Text = p.T("bench.vote_text", "start", p.P(l.StartingPriceFen), "pct", p.W.Percent(ratio(l.StartingPriceFen, l.AppraisalFen)),
				"increment", p.P(l.IncrementFen), "deposit", p.P(l.DepositFen))
			v.Votes = append(v.Votes, item)
		}
	}
	v.Columns = slices.DeleteFunc(v.Columns, func(c Column) bool { return c.Count == 0 && c.Rare })
	return r.show(http.StatusOK, BenchPage(p, v))
}

func (p *Page) benchItem(l *auction.BenchLot) BenchItem {
	item := BenchItem{Href: "/bench/lots/" + l.ID.String(), Title: p.pick(l.Title)}
	switch {
	case l.State == auction.Draft:
		item.Text = p.T("bench.vote_count", "yes", l.Votes.Approved, "no", l.Votes.Refused, "panel", l.Votes.Panel)
	case l.NextDueAt != nil:
		item.Text = p.T("bench.next_due", "at", p.W.Short(*l.NextDueAt))
		item.Bad = p.Now.After(*l.NextDueAt)
	case phaseOf(&l.LotSummary).Running() && l.EndsAt != nil:
		item.Text = p.T("bench.ends", "at", p.W.Short(*l.EndsAt), "n", p.W.Count(l.Bids))
	case l.State == auction.Announced && l.StartsAt != nil:
		item.Text = p.T("lot.starts_at", "at", p.W.Short(*l.StartsAt))
	case l.HandedOver:
		item.Text = p.T("bench.handed_over")
	default:
		item.Text = p.T("stage." + string(l.Stage))
	}
	return item
}

// duties makes a list of duties ready, each with its source and where it is done.
func (p *Page) duties(list []auction.DutyView) []Due {
	out := make([]Due, 0, len(list))
	for _, d := range list {
		title := d.CaseNumber
		if d.LotID != nil {
			title = p.pick(d.LotTitle)
		}
		due := Due{At: d.DueAt, Title: p.T("duty."+string(d.Kind), "title", title), Act: p.T("duty.act_see"), Button: "sm"}
		source := d.Rule
		if src, ok := law.Article(d.Rule); ok {
			source = p.W.Pick(src.TextZH, src.TextEN)
		}
		due.Text = p.T("duty.text", "at", p.W.Minute(d.DueAt), "source", source)
		if d.RemindedAt != nil && !d.Late {
			due.Text += p.T("duty.reminded", "at", p.W.Minute(*d.RemindedAt))
		}
		if d.LotID != nil {
			due.Href = "/bench/lots/" + d.LotID.String()
		}
		switch d.Kind { //nolint:exhaustive // the rest say "see"
		case duty.JudgeVote:
			due.Act = p.T("duty.act_vote")
		case duty.MakeRuling:
			due.Act = p.T("duty.act_rule")
		case duty.SecondSale, duty.SellOffSale, duty.ReSale:
			due.Act = p.T("duty.act_draft")
		case duty.DecideObjection:
			due.Act, due.Href = p.T("duty.act_decide"), "/bench/objections"
		case duty.Resume:
			due.Act = p.T("duty.act_resume")
		case duty.FixReferencePrice, duty.ServePriceReport, duty.ForwardReportObjection, duty.DecideReportObjection, duty.BeginDisposal:
			due.Act, due.Href = p.T("duty.act_price"), "/bench/prices"
		case duty.PayDifference:
			due.Act, due.Href = p.T("duty.act_enter"), "/funds/differences"
		case duty.AnswerOwner:
			due.Act, due.Href = p.T("duty.act_owner"), ownersPath
		case duty.PayOut:
			if d.CaseID != nil {
				due.Act, due.Href = p.T("duty.act_pay"), "/cases/"+d.CaseID.String()+"/division"
			}
		case duty.ReturnByTransfer:
			due.Act, due.Href = p.T("duty.act_enter"), returnsPath
		}
		out = append(out, dueAt(p, due))
	}
	return out
}

func (s *Site) benchLot(r *Request) error {
	v, err := s.benchLotView(r, nil)
	if err != nil {
		return err
	}
	if done := r.URL.Query().Get("done"); r.P.W.Has("bench.said_" + done) {
		v.Said = r.P.T("bench.said_" + done)
	}
	return r.show(http.StatusOK, BenchLotPage(r.P, v))
}

// benchLotView makes a lot on the bench ready; refused is what the last act met.
func (s *Site) benchLotView(r *Request, refused *refusedAct) (BenchLotView, error) {
	id, err := r.lotID()
	if err != nil {
		return BenchLotView{}, err
	}
	d, err := s.Auction.Draft(r.Context(), r.actor(), id, r.Now)
	if err != nil {
		return BenchLotView{}, err
	}
	p := r.P
	v := BenchLotView{Card: p.card(&d.LotSummary), Public: d.AnnouncedAt != nil}
	p.Title, p.Nav, p.NoIndex = v.Title, "bench", true
	v.Terms = p.benchTerms(&d)
	v.PanelText = p.T("bench.panel_text")
	v.Votes, v.VotesBefore = p.votes(d.Votes, r), p.votes(d.VotesBefore, r)
	for i := len(d.Votes); i < d.PanelSize; i++ {
		v.Votes = append(v.Votes, VoteRow{Who: p.T("bench.judge"), Chip: Chip{"dash", "s-wait", p.T("bench.waiting")}})
	}
	v.Acts = p.benchActs(&d, r)
	v.Aside = s.asideDone(r.Context(), p, d.State, id)
	if canBeSetAside(d.State) {
		v.AsideHref = "/bench/lots/" + id.String() + "/setting-aside"
	}
	v.Dates, v.TrailHref, v.DebtorHref = p.legalDates(&d), trailHref(d.CaseID), "/bench/cases/"+d.CaseID.String()+"/debtor"
	if err := s.benchLists(r, &d, &v); err != nil {
		return v, err
	}
	if v.Papers, err = s.paperLinks(r, r.actor(), id); err != nil {
		return v, err
	}
	if err := s.benchHandover(r, &d, &v); err != nil {
		return v, err
	}
	if err := s.benchDraws(r, &d, &v); err != nil {
		return v, err
	}
	if d.State == auction.Draft || d.State == auction.Voted {
		diff, err := s.Statements.Drafted(r.Context(), id)
		if err != nil {
			return v, err
		}
		v.Changes = p.changes(diff)
	}
	if err := s.mend(r, &d, &v, refused); err != nil {
		return v, err
	}
	if refused != nil {
		refused.show(p, &v)
	}
	duties, err := s.Auction.DutiesOf(r.Context(), r.actor(), r.Now)
	if err != nil {
		return v, err
	}
	for _, x := range duties {
		if x.LotID != nil && *x.LotID == id {
			one := p.duties([]auction.DutyView{x})[0]
			one.Href = ""
			v.Due = append(v.Due, one)
		}
	}
	return v, nil
}

// benchLists are what is sold, and who asks to bid on it for others: the court decides until bidding starts (R14, R18).
func (s *Site) benchLists(r *Request, d *auction.DraftView, v *BenchLotView) (err error) {
	if v.Property, err = s.lotProperty(r, d.ID); err != nil {
		return err
	}
	if (d.State == auction.Announced || d.State == auction.Suspended) && d.StartsAt != nil && r.Now.Before(*d.StartsAt) {
		v.AgenciesHref = "/bench/agencies?lot=" + d.ID.String()
		v.Agencies, err = s.agenciesWaiting(r.Context(), r.actor(), r.P, d.ID)
	}
	return err
}

// benchTerms are what the panel votes on.
func (p *Page) benchTerms(d *auction.DraftView) []Pair {
	list := filled(
		Pair{p.T("lot.reference"), p.M(d.AppraisalFen)}, Pair{p.T("lot.start"), p.M(d.StartingPriceFen) + "　" + p.T("lot.of_reference", "pct", p.W.Percent(ratio(d.StartingPriceFen, d.AppraisalFen)))},
		Pair{p.T("lot.increment"), p.M(d.IncrementFen)}, Pair{p.T("lot.deposit"), p.M(d.DepositFen)},
		Pair{p.T("terms.balance"), p.T("terms.balance_days", "n", d.Terms.BalanceDueDays)}, Pair{p.T("lot.rule_set"), p.ruleSet(d.RuleSet)},
		Pair{p.T("bench.digest"), short(d.TermsDigest, 16)},
	)
	list = append(list, p.chosenIn(d.RuleSet)...)
	if d.Terms.MaximumBids {
		list = append(list, Pair{p.T("revise.f_maximum_bids"), p.T("revise.maximum_yes")})
	}
	return list
}

// legalDates are the soonest and the latest times that the law leaves for the court's next act on a lot.
func (p *Page) legalDates(d *auction.DraftView) []Pair {
	var out []Pair
	switch d.State {
	case auction.Draft, auction.Voted:
		end := d.EarliestStart.Add(time.Duration(d.LeastBiddingMS) * time.Millisecond)
		out = append(out,
			Pair{p.T("dates.start"), p.W.Minute(d.EarliestStart) + p.T("dates.by", "source", p.source(leadRule(d.Stage)))},
			Pair{p.T("dates.end"), p.W.Minute(end) + p.T("dates.by", "source", p.source("R20b"))})
		if d.Latest != nil {
			key := "dates.latest_start"
			if d.LatestRule == "R26s" {
				key = "dates.latest_announcement"
			}
			out = append(out, Pair{p.T(key), p.W.Minute(*d.Latest) + p.T("dates.by", "source", p.source(d.LatestRule))})
		}
	case auction.Suspended:
		if d.EarliestResume != nil {
			out = append(out, Pair{p.T("dates.resume"), p.W.Minute(*d.EarliestResume) + p.T("dates.by", "source", "R28o")})
		}
	case auction.Announced, auction.Sold, auction.Paid, auction.Ruled, auction.Unsold, auction.Taken, auction.Returned, auction.Defaulted, auction.SetAside, auction.Withdrawn:
	}
	return out
}

// leadRule is the row that the lead of an announcement follows.
func leadRule(s law.Stage) string {
	switch s {
	case law.Second:
		return "R26"
	case law.SellOff:
		return "R26s"
	case law.NoReserve:
		return "R26n"
	case law.First:
	}
	return "R12"
}

func (p *Page) votes(list []auction.VoteView, r *Request) []VoteRow {
	var rows []VoteRow
	for _, b := range list {
		mine := b.JudgeID == r.Visitor.Identity.ID
		row := VoteRow{Who: p.T("bench.judge"), Mine: mine, At: b.VotedAt, Opinion: b.Opinion}
		if mine {
			row.Who = p.T("bench.you")
		} else {
			row.Log = audit.Judge(b.JudgeID)
		}
		row.Chip = Chip{"soft", "s-done", p.T("bench.agree")}
		if !b.Approve {
			row.Chip = Chip{"", "s-withdrawn", p.T("bench.refuse")}
		}
		rows = append(rows, row)
	}
	return rows
}

// refusedAct is an act of the court that was refused, and what was typed.
type refusedAct struct {
	act    string
	err    error
	values url.Values
}

// show puts the refusal at the act's form; a refused announcement is a redline.
func (f *refusedAct) show(p *Page, v *BenchLotView) {
	for i := range v.Acts {
		a := &v.Acts[i]
		if !strings.HasSuffix(a.Action, "/"+f.act) {
			continue
		}
		var names []string
		for j := range a.Fields {
			if a.Fields[j].Kind == "hidden" { // a refusal is not seen there, and what stands now is voted on next
				continue
			}
			names = append(names, a.Fields[j].Name)
			if typed := f.values.Get(a.Fields[j].Name); typed != "" {
				a.Fields[j].Value = typed
			}
		}
		if f.act == "announce" {
			v.Redline, v.Gaps = p.redline(faultsOf(f.err), f.values, v.Revise), nil
			v.Redline.ID, v.Redline.Refused, v.Redline.Note = "rf", true, p.T("bench.refused_at", "at", p.W.Clock(p.Now))
			v.Redline.Title = p.N("bench.refused", int64(len(v.Redline.Faults)))
			v.Redline.toProperty(p, faultsOf(f.err), v.Property)
			return
		}
		a.Errors = ErrorsOf(p.W, f.err, names...)
		return
	}
	if f.act == "revise" && v.Revise != nil {
		return // it stands at the form
	}
	v.Redline = p.redline(faultsOf(f.err), f.values, nil)
	v.Redline.ID, v.Redline.Refused, v.Redline.Title = "rf", true, p.T("bench.not_done")
}

// redline lists everything that keeps a lot from being announced: what, the
// article, how to mend it, and where on the form.
func (p *Page) redline(list []*fault.Error, typed url.Values, form *ReviseForm) *Redline {
	red := &Redline{}
	for _, one := range list {
		w := p.W.Refusal(one)
		x := RedFault{What: w.Detail, Article: w.Article, Rule: w.Rule, Code: w.Code, MendLabel: p.T("bench.mend"), Mend: p.T("bench.mend_field", "field", w.Field)}
		if w.Field == "" {
			x.MendLabel, x.Mend = "", ""
		}
		zh, _ := one.Args["missing_zh"].(string)
		en, _ := one.Args["missing_en"].(string)
		switch text := p.W.Pick(zh, en); text {
		case "", w.Detail: // the words say it already
		default:
			x.MendLabel, x.Mend = p.T("bench.mend_lack"), text
		}
		if at, ok := p.W.Arguments(one.Args)["earliest_at"].(string); ok {
			x.MendLabel, x.New, x.Mend = p.T("bench.mend_earliest"), at, ""
			x.Old = strings.Replace(typed.Get(w.Field), "T", " ", 1)
		}
		if label, href := form.find(w.Field); href != "" {
			x.MendLabel, x.Mend, x.Href = p.T("bench.mend"), p.T("revise.mend", "field", label), href
		}
		red.Faults = append(red.Faults, x)
	}
	return red
}
