package pages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// lotView makes a published lot ready; bids are all of them, or the last ones.
func (p *Page) lotView(d *auction.LotDetail, bids []auction.BidView, mine string) LotView {
	a := &d.Announcement
	v := LotView{
		Card: p.card(&d.LotSummary), CaseID: d.CaseID.String(), CategoryName: p.categoryName(d.Category), RegionName: p.pick(d.Place), RegionCode: d.Region,
		RuleSet: p.ruleSet(d.RuleSet), Chosen: p.chosenIn(d.RuleSet), SettingsHref: settingsHref(a.Court.Code), MaximumBids: a.MaximumBids, Extension: time.Duration(d.ExtensionMS) * time.Millisecond, AnnouncedEnd: a.EndsAt, Seq: d.Seq, Admitted: valueOf(d.Admitted), Mine: mine,
		Disclaimer: p.pick(a.Disclaimer), NoReserve: p.noReserve(a),
	}
	for _, asset := range a.Property {
		p.property(&v, asset, len(a.Property) > 1)
	}
	p.lotTerms(&v, d)
	p.lotPeople(&v, d)
	if n := len(v.Pictures); n > 5 {
		v.Pictures = v.Pictures[:5]
	}
	v.CodeList, v.Checks = codesOf(bids), checkBids(p, d, bids)
	v.Codes = len(v.CodeList)
	v.Points = chartBids(bids, a.EndsAt, mine)
	in := ChartInput{
		ID: "lot", Start: v.StartsAt, AnnouncedEnd: a.EndsAt, End: v.EndsAt, Extension: v.Extension, StartingPrice: v.StartingPrice,
		Reference: v.Reference, Bids: v.Points, Running: !v.Phase.Ended(), Now: p.Now,
	}
	v.Chart = DrawChart(p, in)
	pl := newPlot(in)
	v.Record = bidRows(p, bids, a.EndsAt, mine, &pl)
	for _, act := range d.Acts {
		told := p.pick(act.Reason)
		if told == "" {
			told = "—"
		}
		v.Facts = append(v.Facts, Pair{p.T("lot.act_"+act.Kind, "at", p.W.Minute(act.At)), told})
	}
	return v
}

// property adds one asset.
func (p *Page) property(v *LotView, a docket.Asset, several bool) {
	if several {
		v.Description = append(v.Description, p.pick(a.Title))
	}
	v.Description = append(v.Description, p.pick(a.Description))
	for _, f := range a.Attributes {
		v.Facts = append(v.Facts, Pair{p.pick(f.Name), p.pick(f.Value)})
	}
	for _, d := range a.Drawings {
		name := strings.TrimSuffix(d, ".svg")
		label := p.T("picture.property")
		if key := "picture." + name; p.W.Has(key) {
			label = p.T(key)
		}
		v.Pictures = append(v.Pictures, Picture{Drawing: d, Label: label})
	}
	items := docket.Checklist(a.Category)
	v.SurveyItems = max(v.SurveyItems, len(items))
	for _, f := range a.Survey {
		name := f.Item
		for _, i := range items {
			if i.Code == f.Item {
				name = p.pick(i.Name)
			}
		}
		by := p.pick(f.By)
		if by == "" {
			by = p.T("survey.by_court")
		}
		v.Survey = append(v.Survey, Finding{Note: f.State == docket.Notice, Item: name, Text: p.pick(f.Finding), Source: p.pick(f.Source), On: string(f.On), By: by})
	}
	for _, e := range a.Encumbrances {
		v.Encumbrances = append(v.Encumbrances, Encumbrance{
			Kind: p.T("encumbrance." + string(e.Kind)), Holder: p.pick(e.Holder), After: p.T("after_sale." + string(e.AfterSale)), Note: p.pick(e.Note), Amount: money.Fen(e.AmountFen),
		})
	}
	for _, r := range a.Arrears {
		v.Arrears = append(v.Arrears, Arrear{Item: p.pick(r.Item), AsOf: string(r.AsOf), Bearer: p.T("tax." + string(r.BorneBy)), Note: p.pick(r.Note), Amount: money.Fen(r.AmountFen)})
	}
	for _, t := range a.Taxes {
		v.Taxes = append(v.Taxes, Tax{Item: p.pick(t.Item), Bearer: p.T("tax." + string(t.BorneBy)), Rate: p.taxRate(t), Source: p.pick(t.Source), Note: p.pick(t.Note)})
	}
	for _, d := range a.Documents {
		v.Documents = append(v.Documents, Paper{Title: p.pick(d.Title), Note: p.pick(d.Note)})
	}
}

// taxRate writes a rate in percent, and of what; empty for none.
func (p *Page) taxRate(t docket.Tax) string {
	if t.RateBP == 0 {
		return ""
	}
	percent := strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%02d", t.RateBP/100, t.RateBP%100), "0"), ".")
	return p.T("tax.rate_of", "percent", percent, "basis", p.pick(t.Basis))
}

// lotTerms adds payment, conditions and the sales before.
func (p *Page) lotTerms(v *LotView, d *auction.LotDetail) {
	a := &d.Announcement
	methods := make([]string, len(a.Payment.Methods))
	for i, m := range a.Payment.Methods {
		methods[i] = p.T("pay_by." + string(m))
	}
	acc := a.Payment.Account
	v.Terms = filled(
		Pair{p.T("terms.basis"), p.T("pricing."+string(a.PricingBasis.Origin)) + p.T("frame.comma") + p.pick(a.PricingBasis.By)},
		Pair{p.T("terms.valid"), string(a.PricingBasis.ValidUntil)},
		Pair{p.T("terms.methods"), strings.Join(methods, p.T("frame.comma"))},
		Pair{p.T("terms.account"), strings.Join([]string{p.pick(acc.Holder), p.pick(acc.Bank), acc.Number}, p.T("frame.comma"))},
		Pair{p.T("terms.balance"), p.T("terms.balance_days", "n", a.BalanceDueDays)},
		Pair{p.T("terms.handover"), p.pick(a.Handover)},
	)
	v.Conditions = nonEmpty(p.pick(a.Conditions))
	if l := a.PurchaseLimits; l != nil {
		v.Limits = nonEmpty(p.pick(l.Condition), p.pick(l.Consequences))
	}
	if l := a.Approval; l != nil {
		v.Limits = nonEmpty(p.pick(l.Condition), p.T("lot.approval", "authority", p.pick(l.Authority), "n", l.WithinDays))
	}
	if l := a.WholeEquity; l != nil {
		v.Conditions = append(v.Conditions, p.T("lot.whole_equity", "on", string(l.AppliedOn))+p.pick(l.Reason))
	}
	for _, sale := range a.Previous {
		v.Previous = append(v.Previous, Pair{p.T("stage."+string(sale.Stage)) + p.T("frame.comma") + string(sale.EndedOn), p.M(sale.StartingPrice)})
	}
	for _, n := range a.Notices {
		v.Notices = append(v.Notices, Pair{p.pick(n.Title), p.pick(n.Text)})
	}
}

// lotPeople adds who may be asked, who was told, and who comes first.
func (p *Page) lotPeople(v *LotView, d *auction.LotDetail) {
	a := &d.Announcement
	v.Viewing = filled(
		Pair{p.T("viewing.how"), p.pick(a.Viewing.How)}, Pair{p.T("viewing.place"), p.pick(a.Viewing.Place)}, Pair{p.T("viewing.phone"), a.Viewing.Phone})
	v.Contact = filled(
		Pair{p.T("contact.role"), p.pick(a.Court.Division) + p.T("frame.comma") + p.pick(a.Contact.Role)}, Pair{p.T("contact.phone"), a.Contact.Phone},
		Pair{p.T("contact.hours"), p.pick(a.Contact.Hours)}, Pair{p.T("contact.supervision"), a.Court.SupervisionPhone})
	for _, x := range a.Auxiliary {
		v.Auxiliary = append(v.Auxiliary, Pair{p.pick(x.Work), p.pick(x.Name)})
	}
	for _, b := range a.PriorityPurchasers {
		told := p.pick(b.ReasonNot)
		switch {
		case b.Waived:
			told = p.T("priority.waived")
		case b.NotifiedOn != "":
			told = p.T("priority.told", "on", string(b.NotifiedOn), "how", p.pick(b.How))
		}
		v.Priority = append(v.Priority, Priority{Rank: b.Rank, Standing: p.pick(b.Standing), Notice: told, Status: p.T("priority.status_text")})
	}
	for _, n := range a.Notifications {
		to := string(n.To)
		if n.To == docket.ToOther {
			to = "others"
		}
		told := p.pick(n.ReasonNot)
		switch {
		case n.Waived:
			told = p.T("priority.waived")
		case n.On != "":
			told = p.T("priority.told", "on", string(n.On), "how", p.pick(n.How))
		}
		v.Notified = append(v.Notified, Pair{p.T("notified." + to), told})
	}
}

// afterSteps is what the end made due, in words.
func (p *Page) afterSteps(d *auction.LotDetail) []Step {
	rules, ok := law.ByName(d.RuleSet)
	if !ok || d.EndedAt == nil {
		return nil
	}
	closed := p.T("after.closed_plain", "at", p.W.Time(*d.EndedAt))
	if d.Extensions > 0 {
		closed = p.T("after.closed_text", "at", p.W.Time(*d.EndedAt), "n", p.W.Count(d.Extensions))
	}
	steps := []Step{{Done, p.T("after.closed"), closed}}
	for _, st := range d.Steps {
		if st.State == "cancelled" {
			continue
		}
		step := Step{State: ToCome}
		at := p.W.Minute(st.DueAt)
		switch {
		case st.State == "done":
			step.State = Done
			at = p.W.Minute(valueOf(st.DoneAt))
		case p.Now.After(st.DueAt):
			step.State = Late
		default:
			step.State = DueNow
		}
		switch st.Kind {
		case "confirm_sale":
			step.Title, step.Text = p.T("after.confirmed"), p.T("after.confirmed_text", "at", at)
		case "release_deposits":
			step.Title, step.Text = p.T("after.deposits"), p.T("after.deposits_text", "long", p.W.Span(rules.ReturnDepositsWithin))
		case "pay_balance":
			step.Title, step.Text = p.T("after.balance"), p.T("after.balance_due", "at", at)
			if step.State == Done {
				step.Text = at
			}
			if d.State == auction.Defaulted {
				step.State, step.Text = Late, p.T("after.balance_not")
			}
		case "make_ruling":
			step.Title, step.Text = p.T("after.ruling"), p.T("after.ruling_due", "long", p.W.Span(rules.RulingWithin))
			if d.Ruling != nil {
				step.Text = p.T("after.ruling_done", "number", d.Ruling.Number, "at", p.W.Minute(d.Ruling.ServedAt))
			}
		case "hand_over":
			step.Title, step.Text = p.T("after.handover"), p.T("after.handover_due", "long", p.W.Span(rules.HandoverWithin))
		default:
			step.Title, step.Text = p.T("after.next"), p.T("due.by_kind_"+st.Kind, "at", at)
		}
		steps = append(steps, step)
	}
	return steps
}

// confirmation is the published document (R22).
func (p *Page) confirmation(d *auction.LotDetail) *Confirmation {
	c := d.Confirmation
	if c == nil {
		return nil
	}
	buyer := c.BuyerName
	if a := c.Agency; a != nil { // the buyers are the principals (R14)
		buyer = p.W.Pick(a.Names("zh-CN")+"（委托代理人："+c.BuyerName+"）", a.Names("en")+" (through the agent "+c.BuyerName+")")
	}
	return &Confirmation{
		Number: c.Number, Court: p.pick(c.Court), CaseNumber: c.CaseNumber, Title: p.pick(c.Title), Code: c.BidderCode, Buyer: buyer,
		Price: c.Price, Deposit: c.Deposit, Rest: c.Balance(), StartsAt: c.StartedAt, EndsAt: c.EndedAt, ConfirmedAt: c.ConfirmedAt, BalanceDueAt: c.BalanceDueAt,
	}
}

// filled leaves pairs without a value out.
func filled(list ...Pair) []Pair {
	out := list[:0]
	for _, x := range list {
		if strings.Trim(x.Value, "，, ") != "" {
			out = append(out, x)
		}
	}
	return out
}

func nonEmpty(list ...string) []string {
	out := list[:0]
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// indented breaks a JSON document over lines, for reading.
func indented(b []byte) string {
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return string(b)
	}
	return out.String()
}
