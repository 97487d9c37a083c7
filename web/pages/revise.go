package pages

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// count is how many rows of a list say something.
func (g FieldGroup) count() int {
	n := 0
	for _, r := range g.Rows {
		if r.shown() != "" {
			n++
		}
	}
	return n
}

// ReviseForm is a draft's terms and texts as a form.
type ReviseForm struct {
	Action string
	// Of is what refusals have before the names of the fields.
	Of string
	// Open shows the fields at once.
	Open bool
	// Seen names the document that the form was filled from.
	Seen   string
	Groups []FieldGroup
	Errors Errors
}

// FieldGroup is a part of a form; a group of rows has one group for each.
type FieldGroup struct {
	// Name is the path of what it holds, for refusals of the whole of it.
	Name, Title, Note string
	Fields            []Field
	Rows              []FieldGroup
	// Key tells a row from others of its list, Remove is the name that leaves it out; both empty where the list has none.
	Key, Remove string
	// Open shows it at once, where it can be shut; Chip says where it stands.
	Open bool
	Chip Chip
	// Folds is a row that can be shut.
	Folds bool
}

// reviseID keeps the ids of the form's fields apart from other forms'.
const reviseID = "rv-"

// lotForm binds a docket's lot to a form, both ways.
type lotForm struct {
	*binder

	lot *docket.Lot
}

// rowsLeast is how many empty rows a list shows for more.
const rowsLeast = 1

// bindLot makes the form of a lot, with the lists' rows as they are and some empty ones.
// Maximum bids are asked for where the rules allow them, approvals and the sale as a whole of equity (R12e), the reason to sell apart of
// what should not be (R15).
func (p *Page) bindLot(l *docket.Lot, rules law.RuleSet, of soldOf) *lotForm {
	f := &lotForm{p.bind("revise.", reviseID), l}
	f.group("", "terms")
	f.origin()
	f.fen("starting_price_fen", "start", &l.StartingPriceFen)
	f.fen("increment_fen", "increment", &l.IncrementFen)
	f.fen("deposit_fen", "deposit", &l.DepositFen)
	if rules.MaximumBids {
		offered := ""
		if l.MaximumBids {
			offered = "yes"
		}
		options := []Option{{"", p.T("revise.maximum_no")}, {"yes", p.T("revise.maximum_yes")}}
		f.choose("maximum_bids", "maximum_bids", options, offered, func(s string) { l.MaximumBids = s == "yes" })
	}
	f.number("payment.balance_due_days", "balance_days", &l.Payment.BalanceDueDays)
	f.group("title", "title")
	f.text("title", "name", &l.Title, 200, false)
	f.group("pricing_basis", "basis")
	f.text("pricing_basis.by", "by", &l.PricingBasis.By, 0, false)
	f.line("pricing_basis.report", "report", "", 80, &l.PricingBasis.Report)
	f.date("pricing_basis.valued_on", "valued_on", &l.PricingBasis.ValuedOn)
	f.date("pricing_basis.valid_until", "valid_until", &l.PricingBasis.ValidUntil)
	f.text("pricing_basis.note", "note", &l.PricingBasis.Note, 2000, true)
	f.notifications()
	f.purchasers()
	f.group("payment", "payment")
	f.text("payment.account.holder", "holder", &l.Payment.Account.Holder, 0, false)
	f.text("payment.account.bank", "bank", &l.Payment.Account.Bank, 0, false)
	f.line("payment.account.number", "account", "", 40, &l.Payment.Account.Number)
	f.text("payment.note", "note", &l.Payment.Note, 0, true)
	f.group("contact", "contact")
	f.text("contact.role", "role", &l.Contact.Role, 0, false)
	f.line("contact.phone", "phone", "", 40, &l.Contact.Phone)
	f.text("contact.hours", "hours", &l.Contact.Hours, 0, false)
	f.group("viewing", "viewing")
	f.text("viewing.how", "viewing_how", &l.Viewing.How, 1000, true)
	f.text("viewing.place", "place", &l.Viewing.Place, 0, false)
	f.line("viewing.phone", "phone", "", 40, &l.Viewing.Phone)
	f.group("bidder_conditions", "conditions")
	f.text("bidder_conditions", "conditions", &l.BidderConditions, 2000, true)
	if l.PurchaseLimits == nil {
		l.PurchaseLimits = &docket.PurchaseLimits{}
	}
	f.text("purchase_limits.condition", "limits", &l.PurchaseLimits.Condition, 2000, true)
	f.text("purchase_limits.consequences", "limits_end", &l.PurchaseLimits.Consequences, 2000, true)
	if of.equity || l.Approval != nil || l.WholeEquity != nil {
		f.equity()
	}
	if of.grouped || !l.SplitReason.IsZero() {
		f.group("split_reason", "split")
		f.text("split_reason", "split_reason", &l.SplitReason, 2000, true)
	}
	f.group("handover", "handover")
	f.text("handover", "handover", &l.Handover, 2000, true)
	f.text("disclaimer", "disclaimer", &l.Disclaimer, 2000, true)
	f.firms()
	return f
}

// firms are the auxiliary firms, each with its work (R7), a row each.
func (f *lotForm) firms() {
	f.group("auxiliary", "auxiliary")
	for i := range f.lot.Auxiliary {
		x := &f.lot.Auxiliary[i]
		at := f.row("auxiliary", i)
		f.text(at+".name", "firm", &x.Name, 0, false)
		f.text(at+".work", "work", &x.Work, 0, false)
	}
}

// equity is what a sale of equity states besides: whose approval its transfer takes, and the debtor's application to sell it
// as a whole (R12e). Left empty, it takes none and nobody applied.
func (f *lotForm) equity() {
	l := f.lot
	if l.Approval == nil {
		l.Approval = &docket.Approval{}
	}
	if l.WholeEquity == nil {
		l.WholeEquity = &docket.WholeEquity{}
	}
	f.group("approval", "approval")
	f.text("approval.authority", "authority", &l.Approval.Authority, 0, false)
	f.text("approval.condition", "approval_condition", &l.Approval.Condition, 2000, true)
	f.number("approval.within_days", "within_days", &l.Approval.WithinDays)
	f.optional("approval.within_days", func() { l.Approval.WithinDays = 0 })
	f.group("whole_equity", "whole_equity")
	f.date("whole_equity.applied_on", "applied_on", &l.WholeEquity.AppliedOn)
	f.hash("whole_equity.application", "application", &l.WholeEquity.Application)
	f.text("whole_equity.reason", "whole_reason", &l.WholeEquity.Reason, 2000, true)
}

// origin is where the reference price comes from and how much it is: an
// appraisal, or a market price for the other origins (R10p).
func (f *lotForm) origin() {
	l := f.lot
	var options []Option
	for _, o := range []docket.PricingOrigin{docket.PricedByAgreement, docket.PricedByAuthority, docket.PricedOnline, docket.PricedByAppraisal, docket.PricedByCosts} {
		options = append(options, Option{string(o), f.p.T("revise.origin_" + string(o))})
	}
	f.choose("pricing_basis.origin", "origin", options, string(l.PricingBasis.Origin), func(s string) { l.PricingBasis.Origin = docket.PricingOrigin(s) })
	price, _ := l.Reference()
	amount := int64(price)
	f.fen("reference_fen", "reference", &amount)
	read := f.reads["reference_fen"]
	f.reads["reference_fen"] = func(typed string) error {
		l.AppraisalFen, l.MarketPriceFen = 0, 0
		if l.PricingBasis.Origin == docket.PricedByCosts && strings.TrimSpace(typed) == "" {
			return nil
		}
		err := read(typed)
		if l.PricingBasis.Origin == docket.PricedByAppraisal {
			l.AppraisalFen = amount
		} else {
			l.MarketPriceFen = amount
		}
		return err
	}
}

// notifications are how parties were told (R16), a row each.
func (f *lotForm) notifications() {
	options := []Option{{"", f.p.T("revise.nobody")}}
	for _, to := range []docket.Notified{docket.ToApplicant, docket.ToDebtor, docket.ToCoOwner, docket.ToSecurityHolder, docket.ToCompany, docket.ToOther} {
		options = append(options, Option{string(to), f.p.T("revise.to_" + string(to))})
	}
	f.group("notifications", "notifications")
	for i := range f.lot.Notifications {
		n := &f.lot.Notifications[i]
		at := f.row("notifications", i)
		f.choose(at+".to", "to", options, string(n.To), func(s string) { n.To = docket.Notified(s) })
		f.number(at+".no", "notice_no", &n.No)
		f.optional(at+".no", func() { n.No = 0 }) // empty is all of the role
		f.date(at+".on", "on", &n.On)
		f.text(at+".how", "how", &n.How, 0, false)
		f.text(at+".reason_not", "reason_not", &n.ReasonNot, 0, false)
		f.date(at+".published_on", "published_on", &n.PublishedOn)
		f.waived(at+".waived", &n.Waived)
	}
}

// purchasers are those with a priority right and how they were told (R13, R16, R19), a row each.
func (f *lotForm) purchasers() {
	f.group("priority_purchasers", "purchasers")
	for i := range f.lot.PriorityPurchasers {
		x := &f.lot.PriorityPurchasers[i]
		at := f.row("priority_purchasers", i)
		f.number(at+".rank", "rank", &x.Rank)
		read := f.reads[at+".rank"]
		f.reads[at+".rank"] = func(typed string) error {
			x.Rank = 0
			_ = read(typed) // a rank below 1 is refused with the document, at the row that it has there
			return nil
		}
		f.text(at+".standing", "standing", &x.Standing, 0, false)
		f.date(at+".notified_on", "on", &x.NotifiedOn)
		f.text(at+".how", "how", &x.How, 0, false)
		f.text(at+".reason_not", "reason_not", &x.ReasonNot, 0, false)
		f.date(at+".published_on", "published_on", &x.PublishedOn)
		f.waived(at+".waived", &x.Waived)
	}
}

// withRows adds empty rows to a document's lists, for a form to fill.
func withRows(l docket.Lot, notifications, purchasers, firms int) docket.Lot {
	l.Notifications = append(slices.Clone(l.Notifications), make([]docket.Notification, notifications)...)
	l.PriorityPurchasers = append(slices.Clone(l.PriorityPurchasers), make([]docket.PriorityPurchaser, purchasers)...)
	l.Auxiliary = append(slices.Clone(l.Auxiliary), make([]docket.Auxiliary, firms)...)
	l.PurchaseLimits, l.Approval, l.WholeEquity = clone(l.PurchaseLimits), clone(l.Approval), clone(l.WholeEquity)
	return l
}

// withoutEmpty is a document as the form meant it: empty rows and limits that
// say nothing are not there.
func withoutEmpty(l docket.Lot) docket.Lot {
	l.Notifications = slices.DeleteFunc(slices.Clone(l.Notifications), func(n docket.Notification) bool { return n.To == "" })
	l.PriorityPurchasers = slices.DeleteFunc(slices.Clone(l.PriorityPurchasers), func(x docket.PriorityPurchaser) bool { return x == docket.PriorityPurchaser{} })
	l.Auxiliary = slices.DeleteFunc(slices.Clone(l.Auxiliary), func(x docket.Auxiliary) bool { return x == docket.Auxiliary{} })
	if l.PurchaseLimits != nil && *l.PurchaseLimits == (docket.PurchaseLimits{}) {
		l.PurchaseLimits = nil
	}
	if l.Approval != nil && *l.Approval == (docket.Approval{}) {
		l.Approval = nil
	}
	if l.WholeEquity != nil && *l.WholeEquity == (docket.WholeEquity{}) {
		l.WholeEquity = nil
	}
	return l
}

// clone keeps what a pointer points to apart from the document that it came from.
func clone[T any](x *T) *T {
	if x == nil {
		return nil
	}
	c := *x
	return &c
}

// The bounds of the lists, as the format has them.
const mostNotifications, mostPurchasers, mostFirms = 100, 50, 20

// readLot is the document that was typed over one that stands: every field of
// the form replaces its own, the rest stays. typed holds what could not be
// read, by name, with its refusals in refused.
func (p *Page) readLot(stands docket.Lot, rules law.RuleSet, of soldOf, values url.Values) (l docket.Lot, refused []error) {
	rows := func(list, field string, most int) int {
		n := 0
		for n < most && values.Has(fmt.Sprintf("%s[%d].%s", list, n, field)) {
			n++
		}
		return n
	}
	stands.Notifications, stands.PriorityPurchasers, stands.Auxiliary = nil, nil, nil
	l = withRows(stands, rows("notifications", "to", mostNotifications), rows("priority_purchasers", "rank", mostPurchasers), rows("auxiliary", "name.zh", mostFirms))
	f := p.bindLot(&l, rules, of)
	// The origin decides what the reference price is, and sorts before it.
	for _, name := range slices.Sorted(maps.Keys(f.reads)) {
		typed := values.Get(name)
		if !values.Has(name) {
			continue
		}
		if err := f.reads[name](typed); err != nil {
			refused = append(refused, inField(err, name))
		}
	}
	return withoutEmpty(l), refused
}

// reviseForm shows a document with what keeps it from standing, or from being announced.
func (p *Page) reviseForm(d *auction.DraftView, refused *refusedAct, gaps []*fault.Error) *ReviseForm {
	l, seen := d.Document, d.DocumentHash
	rules, _ := law.ByName(d.RuleSet)
	form := &ReviseForm{Action: "/bench/lots/" + d.ID.String() + "/revise", Of: "lot."}
	var errs []error
	for _, g := range gaps {
		if field, ofLot := strings.CutPrefix(g.Field, "lot."); ofLot {
			errs = append(errs, g.InField(field))
		}
	}
	var typed url.Values
	if refused != nil && refused.act == "revise" {
		typed, seen = refused.values, refused.values.Get("seen")
		errs = unjoin(refused.err)
		l, _ = p.readLot(l, rules, soldIn(d), typed)
		if fault.CodeOf(refused.err) == fault.DraftChanged {
			seen = d.DocumentHash // it was told; sent again, it stands
		}
	}
	l = withRows(l, rowsLeast, rowsLeast, rowsLeast)
	form.Seen, form.Groups, form.Open = seen, p.bindLot(&l, rules, soldIn(d)).groups, len(errs) > 0
	for _, err := range errs {
		if x, ok := errors.AsType[*fault.Error](err); ok && typed.Has(x.Field) && unreadable(x.Code) {
			form.keep(x.Field, typed.Get(x.Field))
		}
	}
	form.Errors = p.errorsIn(form, errs)
	return form
}

// soldOf tells what is sold, as far as its form asks for more.
type soldOf struct {
	// equity: all of it is equity.
	equity bool
	// grouped: some of it is of a group that is not sold apart.
	grouped bool
}

func soldIn(d *auction.DraftView) soldOf {
	return soldOf{
		equity:  len(d.Property) > 0 && !slices.ContainsFunc(d.Property, func(a docket.Asset) bool { return a.Category != docket.Equity }),
		grouped: slices.ContainsFunc(d.Property, func(a docket.Asset) bool { return a.IndivisibleGroup != "" }),
	}
}

// unreadable reports what a form could not take as the value it asks for, so
// that what was typed is shown again in place of what was read.
func unreadable(c fault.Code) bool {
	return c == fault.AmountInvalid || c == fault.AmountTooLarge || c == fault.DocumentInvalid
}

// find is the label of the field that mends a refusal, and its address on the
// page; empty where the form has none. The form may be nil.
func (r *ReviseForm) find(field string) (label, href string) {
	if r == nil {
		return "", ""
	}
	name, within := strings.CutPrefix(field, r.Of)
	if !within {
		return "", ""
	}
	at, fields := r.places()
	name = place(name, at, fields)
	for _, g := range r.Groups {
		for _, one := range append([]FieldGroup{g}, g.Rows...) {
			if len(one.Fields) > 0 && name != "" && one.Name == name {
				return one.Title, "#" + one.Fields[0].ID()
			}
			for _, x := range one.Fields {
				if x.Name == name {
					return x.Label, "#" + x.ID()
				}
			}
		}
		if name != "" && g.Name == name && len(g.Rows) > 0 {
			return g.Title, "#" + g.Rows[0].Fields[0].ID()
		}
	}
	return "", ""
}

// keep shows what was typed where it could not be read.
func (r *ReviseForm) keep(name, typed string) {
	keep := func(list []Field) {
		for i := range list {
			if list[i].Name == name {
				list[i].Value = typed
			}
		}
	}
	for i := range r.Groups {
		keep(r.Groups[i].Fields)
		for j := range r.Groups[i].Rows {
			keep(r.Groups[i].Rows[j].Fields)
		}
	}
}

// errorsIn puts each refusal at its field, else at the row or the group that
// holds it, else at the first field below it, else above the form.
func (p *Page) errorsIn(form *ReviseForm, errs []error) Errors {
	at, fields := form.places()
	e := Errors{}
	for _, err := range errs {
		r := Refused{p.W.Refusal(err)}
		e[place(r.Field, at, fields)] = append(e[place(r.Field, at, fields)], r)
	}
	return e
}

// places are the names at which a refusal can stand, and the fields in order.
func (r *ReviseForm) places() (at map[string]bool, fields []string) {
	at = map[string]bool{}
	for _, g := range r.Groups {
		for _, one := range append([]FieldGroup{g}, g.Rows...) {
			at[one.Name] = true
			for _, x := range one.Fields {
				at[x.Name] = true
				fields = append(fields, x.Name)
			}
		}
	}
	return at, fields
}

func place(field string, at map[string]bool, fields []string) string {
	switch field {
	case "appraisal_fen", "market_price_fen":
		field = "reference_fen"
	}
	for name := field; name != ""; name = parentOf(name) {
		if at[name] {
			return name
		}
		for _, f := range fields {
			if strings.HasPrefix(f, name+".") {
				return f
			}
		}
	}
	return ""
}

// parentOf is the path above one: a.b[1].c, a.b[1], a.b, a.
func parentOf(path string) string {
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return ""
}
