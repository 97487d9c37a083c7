package pages

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"mingchui/auction/distribution"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/payments"
	"mingchui/payments/casefund"
	"mingchui/payments/debtor"
)

// debtorCookie holds the code for an hour, for the paths of the door alone: neither an address nor a log ever has it.
const (
	debtorCookie  = "mc_debtor"
	debtorPath    = "/debtor"
	debtorSeconds = 60 * 60
)

// DebtorDoorView is the door before it is open.
type DebtorDoorView struct {
	Said   string
	Errors Errors
}

// DebtorView is a case for its debtor.
type DebtorView struct {
	Said, Number, Court string
	// SumTitle is what Rest is; InWords is Rest in Chinese words, Until by when it holds.
	SumTitle, Rest, InWords, Until string
	Lines                          []Pair
	// Pay is nil where nothing is left.
	Pay       *ActForm
	Lots      []DebtorLot
	Payments  []Step
	Plan      *PlanView
	Movements []Movement
	// Own is what is kept for the debtor, and the surplus, with what was paid of each.
	Own         []Pair
	AccountSaid string
	Account     ActForm
}

// DebtorLot is a sale that a payment may stop.
type DebtorLot struct {
	Chip              Chip
	Href, Title, Text string
}

// debtorForm is refused at a form of the page; nil for none.
type debtorForm struct {
	id     string
	err    error
	values url.Values
}

func (s *Site) debtorChoice(value string, seconds int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure is set wherever the site has TLS
		Name: debtorCookie, Value: value, Path: debtorPath, MaxAge: seconds, Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// inside opens the door by the cookie. A wrong code counts as a try, so that a cookie is no way around the bound on them.
func (s *Site) inside(r *Request) (in debtor.Inside, open bool, err error) {
	r.P.Title, r.P.NoIndex = r.P.T("debtor.heading"), true
	r.W.Header().Set("Referrer-Policy", "no-referrer")
	r.W.Header().Set("X-Robots-Tag", "noindex, nofollow")
	c, noCookie := r.Cookie(debtorCookie)
	if noCookie != nil || c.Value == "" {
		return in, false, nil //nolint:nilerr // it is closed
	}
	if in, err = s.Debtor.Enter(r.Context(), codeIn(c), r.Now); err == nil {
		return in, true, nil
	}
	if fault.CodeOf(err) != fault.DebtorCodeWrong {
		return in, false, err
	}
	http.SetCookie(r.W, s.debtorChoice("", -1))
	return in, false, s.Accounts.TryCode(r.Context(), r.Visitor.Address)
}

// codeIn is the code that the cookie keeps; a broken one is none.
func codeIn(c *http.Cookie) string {
	code, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return code
}

// debtor is the door, and the case behind it.
func (s *Site) debtor(r *Request) error {
	in, open, err := s.inside(r)
	if err != nil {
		return err
	}
	if !open {
		return r.show(http.StatusOK, DebtorDoorPage(r.P, DebtorDoorView{}))
	}
	if r.URL.Query().Get("paid") == "1" {
		if err := s.Payments.LookForDebt(r.Context(), in.CaseID); err != nil {
			s.Trace.WarnContext(r.Context(), "a debtor's payment could not be looked for", "error", err)
		}
	}
	return s.showDebtor(r, in, http.StatusOK, nil)
}

func (s *Site) showDebtor(r *Request, in debtor.Inside, status int, refused *debtorForm) error {
	v, err := s.Debtor.Look(r.Context(), in, r.Now)
	if err != nil {
		return err
	}
	f, err := s.Payments.Fund(r.Context(), in.CaseID)
	if err != nil {
		return err
	}
	plans, err := s.CaseFund.Distributions(r.Context(), in.CaseID)
	if err != nil {
		return err
	}
	view := r.P.debtorOf(v, plans)
	view.Movements = r.P.movements(f.Movements)
	q := r.URL.Query()
	switch {
	case q.Get("done") == "account":
		view.Said = r.P.T("debtor.said_account")
	case q.Get("paid") == "1":
		view.Said = r.P.T("debtor.said_paid")
	}
	refused.on(r.P, &view)
	return r.write(status, DebtorPage(r.P, view), false) // a secret stands behind it: it is not compressed beside what a stranger may add
}

func (f *debtorForm) on(p *Page, v *DebtorView) {
	if f == nil {
		return
	}
	form := &v.Account
	if f.id == "pay" && v.Pay != nil {
		form = v.Pay
	}
	var names []string
	for i := range form.Fields {
		names = append(names, form.Fields[i].Name)
		if typed := f.values.Get(form.Fields[i].Name); typed != "" {
			form.Fields[i].Value = typed
		}
	}
	form.Errors = ErrorsOf(p.W, f.err, names...)
}

// debtorOf makes the case ready; plans are the newest first.
func (p *Page) debtorOf(v debtor.View, plans []casefund.Made) DebtorView {
	out := DebtorView{
		Number: v.Number, Court: p.pick(v.Court.Name), Rest: p.M(v.Sum.Rest), InWords: v.Sum.Rest.Words(),
		SumTitle: p.T("debtor.sum"), Until: p.T("debtor.until", "at", p.W.Minute(law.DayEnd(p.Now))),
	}
	for _, l := range v.Sum.Lines {
		out.Lines = append(out.Lines, Pair{p.debtLine(l), p.signed(l.Fen)})
	}
	if v.Sum.Later > 0 {
		out.Lines = append(out.Lines, Pair{p.T("debtor.line_later"), p.signed(-v.Sum.Later)})
	}
	if v.Sum.Rest == 0 {
		out.SumTitle, out.Until, out.InWords = p.T("debtor.sum_none"), p.T("debtor.sum_none_note"), ""
	} else {
		out.Pay = p.payForm(v.Sum.Rest)
	}
	for _, l := range v.Lots {
		row := DebtorLot{Chip{"solid", "s-due", p.T("debtor.stops")}, "/lots/" + l.ID.String(), p.pick(l.Title), p.T("debtor.stops_until", "at", p.W.Minute(l.StartsAt))}
		if !l.Stops {
			row.Chip, row.Text = Chip{"soft", "s-wait", p.T("debtor.stops_not")}, p.T("debtor.stops_not_note")
		}
		out.Lots = append(out.Lots, row)
	}
	for _, x := range v.Payments {
		step := Step{Done, p.M(x.Counted), p.W.Minute(x.At)}
		if x.Back > 0 {
			key := "debtor.goes_back"
			if x.Returned {
				key = "debtor.is_back"
			}
			step.Text += p.T("frame.comma") + p.T(key, "sum", p.M(x.Back))
		}
		out.Payments = append(out.Payments, step)
	}
	p.ofDebtor(&out, v, plans)
	return out
}

// ofDebtor is what plans give the debtor, and where it goes.
func (p *Page) ofDebtor(out *DebtorView, v debtor.View, plans []casefund.Made) {
	var kept, surplus, keptPaid, surplusPaid money.Fen
	for i := range plans {
		m := &plans[i]
		if m.ReplacedAt == nil {
			kept, surplus = kept+m.Plan.Kept, surplus+m.Plan.Debtor
			if out.Plan == nil {
				out.Plan = p.plan(m)
			}
		}
		for _, o := range m.Payouts {
			if o.To != distribution.TheDebtor || o.State != casefund.PayoutPaid {
				continue
			}
			switch o.Purpose {
			case casefund.ToKeep:
				keptPaid += o.AmountFen
			case casefund.Surplus:
				surplusPaid += o.AmountFen
			case casefund.ToClaim:
			}
		}
	}
	out.Own = []Pair{
		{p.T("debtor.kept"), p.M(kept)},
		{p.T("debtor.kept_paid"), p.M(keptPaid)},
		{p.T("debtor.surplus"), p.M(surplus)},
		{p.T("debtor.surplus_paid"), p.M(surplusPaid)},
	}
	out.Account = ActForm{
		ID: "account", Title: p.T("debtor.account"), Note: p.T("debtor.account_note"), Action: debtorPath + "/account",
		Fields: prefixed("account", []Field{
			{Name: "holder", Label: p.T("debtor.holder"), Auto: "off", Required: true, Max: 70},
			{Name: "bank", Label: p.T("debtor.bank"), Auto: "off", Required: true, Max: 70},
			{Name: "number", Label: p.T("debtor.number"), Mode: "numeric", Auto: "off", Required: true, Max: 48},
		}),
		Buttons: []Option{{"account", p.T("debtor.go_account")}},
	}
	if a := v.Account; a != nil {
		// The whole number is not shown again: whoever finds the letter learns nothing new by it.
		out.AccountSaid = p.T("debtor.account_"+string(a.State), "end", a.Account.Number[len(a.Account.Number)-4:], "at", p.W.Minute(a.At), "reason", a.Reason)
	}
}

func (p *Page) payForm(rest money.Fen) *ActForm {
	note := p.T("debtor.pay_note")
	if rest > payments.MaxPayment {
		note += p.T("debtor.pay_parts", "most", p.M(payments.MaxPayment))
	}
	return &ActForm{
		ID: "pay", Title: p.T("debtor.pay"), Note: note, Action: debtorPath + "/pay", Main: true,
		Fields:  prefixed("pay", []Field{{Name: "amount_fen", Label: p.T("debtor.amount"), Kind: "amount", Mode: "decimal", Value: rest.Yuan(), Required: true, Hint: p.T("debtor.amount_hint")}}),
		Buttons: []Option{{"pay", p.T("debtor.go_pay")}},
	}
}

// signed writes what lessens the sum with its sign.
func (p *Page) signed(f money.Fen) string {
	if f < 0 {
		return "−" + p.M(-f)
	}
	return p.M(f)
}

func (p *Page) debtLine(l debtor.Line) string {
	switch l.Part {
	case debtor.Claim:
		return p.T("plan.claim_no", "n", l.No, "kind", p.T("plan.kind_"+l.Kind))
	case debtor.Sold:
		return p.T("debtor.line_sold", "lot", p.pick(l.Title))
	case debtor.Paid:
		return p.T("debtor.line_paid", "at", p.W.Minute(*l.At))
	case debtor.Applicant, debtor.SaleCosts, debtor.Enforcement, debtor.Given, debtor.Direct, debtor.Forfeits:
	}
	return p.T("debtor.line_" + string(l.Part))
}

// enterDebtor takes the code as it was typed.
func (s *Site) enterDebtor(r *Request) error {
	if _, _, err := s.inside(r); err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	err := s.Accounts.TryCode(r.Context(), r.Visitor.Address)
	code := r.PostForm.Get("code")
	if err == nil {
		_, err = s.Debtor.Enter(r.Context(), code, r.Now)
	}
	if err != nil {
		status, ok := refusal(err)
		if !ok {
			return err
		}
		return r.show(status, DebtorDoorPage(r.P, DebtorDoorView{Errors: ErrorsOf(r.P.W, err, "code")}))
	}
	http.SetCookie(r.W, s.debtorChoice(url.QueryEscape(code), debtorSeconds))
	return r.seeOther(debtorPath)
}

func (s *Site) leaveDebtor(r *Request) error {
	http.SetCookie(r.W, s.debtorChoice("", -1))
	return r.seeOther(debtorPath)
}

// payDebt leads to the provider's page.
func (s *Site) payDebt(r *Request) error {
	return s.onDebtor(r, "pay", func(in debtor.Inside) error {
		amount, err := money.ParseYuan(r.PostForm.Get("amount_fen"))
		if err != nil {
			return inField(err, "amount_fen")
		}
		page, err := s.Payments.PayDebt(r.Context(), in.CaseID, amount)
		if err != nil {
			return err
		}
		return r.leave(page)
	})
}

func (s *Site) debtorAccount(r *Request) error {
	return s.onDebtor(r, "account", func(in debtor.Inside) error {
		f := r.PostForm
		if err := s.Debtor.Propose(r.Context(), in, casefund.Account{Holder: f.Get("holder"), Bank: f.Get("bank"), Number: f.Get("number")}); err != nil {
			return err
		}
		return r.seeOther(debtorPath + "?done=account")
	})
}

// onDebtor does an act behind the door, and shows the case again with what was refused.
func (s *Site) onDebtor(r *Request, id string, f func(in debtor.Inside) error) error {
	in, open, err := s.inside(r)
	if err != nil {
		return err
	}
	if !open {
		return r.seeOther(debtorPath)
	}
	if err := r.form(); err != nil {
		return err
	}
	refused := f(in)
	status, ok := refusal(refused)
	if refused == nil || !ok {
		return refused
	}
	return s.showDebtor(r, in, status, &debtorForm{id, refused, r.PostForm})
}

// DebtorDoorsView is a case's doors, for its court.
type DebtorDoorsView struct {
	Said, Number, Back string
	Errors             Errors
	// Code is shown once.
	Code, Address string
	Give          ActForm
	Rows          []BookRow
}

// debtorDoors is the court's page.
func (s *Site) debtorDoors(r *Request) error {
	return s.showDoors(r, http.StatusOK, "", nil)
}

func (s *Site) showDoors(r *Request, status int, code string, refused error) error {
	caseID, err := uuid.Parse(r.Params["case"])
	if err != nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	number, list, err := s.Debtor.Doors(r.Context(), r.actor(), caseID)
	if err != nil {
		return err
	}
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("debtor.doors"), p.courtNav("prices"), true
	v := p.doorsOf(caseID, number, list)
	v.Code, v.Address, v.Errors = code, s.SiteURL+debtorPath, ErrorsOf(p.W, refused)
	if r.URL.Query().Get("done") == "revoke" {
		v.Said = p.T("debtor.said_revoke")
	}
	return r.write(status, DebtorDoorsPage(p, v), code == "")
}

func (p *Page) doorsOf(caseID uuid.UUID, number string, list []debtor.Door) DebtorDoorsView {
	base := "/bench/cases/" + caseID.String() + "/debtor/"
	v := DebtorDoorsView{Number: number, Back: "/bench", Give: ActForm{
		ID: "give", Title: p.T("debtor.give"), Note: p.T("debtor.give_note"), Action: base + "give", Main: true, Buttons: []Option{{"give", p.T("debtor.go_give")}},
	}}
	if p.Viewer.Is(RoleClerk) {
		v.Back = "/bench/prices"
	}
	for _, d := range list {
		row := BookRow{ID: "d" + d.ID.String(), Title: p.T("debtor.given_at", "at", p.W.Minute(d.GivenAt)), Facts: []Pair{{p.T("debtor.expires"), p.W.Minute(d.Expires)}}}
		used := p.T("debtor.unused")
		if d.FirstUsedAt != nil {
			used = p.W.Minute(*d.FirstUsedAt)
		}
		row.Facts = append(row.Facts, Pair{p.T("debtor.first_used"), used})
		if d.RevokedAt != nil {
			row.Note = p.T("debtor.revoked_at", "at", p.W.Minute(*d.RevokedAt))
		} else {
			form := "revoke" + d.ID.String()[24:]
			row.Forms = []ActForm{{
				ID: form, Title: p.T("debtor.revoke"), Note: p.T("debtor.revoke_note"), Action: base + "revoke",
				Fields: prefixed(form, []Field{{Name: "door", Kind: "hidden", Value: d.ID.String()}}), Buttons: []Option{{"revoke", p.T("debtor.go_revoke")}},
			}}
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// doorAct gives a door, whose code is shown once, or revokes one.
func (s *Site) doorAct(r *Request) error {
	caseID, err := uuid.Parse(r.Params["case"])
	if err != nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if err := r.form(); err != nil {
		return err
	}
	var code string
	switch r.Params["act"] {
	case "give":
		code, err = s.Debtor.Give(r.Context(), r.actor(), caseID)
		if err == nil {
			return s.showDoors(r, http.StatusOK, code, nil)
		}
	case "revoke":
		var door uuid.UUID
		if door, err = idIn(r.PostForm, "door"); err == nil {
			err = s.Debtor.Revoke(r.Context(), r.actor(), door)
		}
		if err == nil {
			return r.seeOther("/bench/cases/" + caseID.String() + "/debtor?done=revoke")
		}
	default:
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if status, ok := refusal(err); ok {
		return s.showDoors(r, status, "", err)
	}
	return err
}

// DebtorAccountsView is where debtors want their surplus to go, for finance.
type DebtorAccountsView struct {
	Said   string
	Errors Errors
	Rows   []BookRow
}

// debtorAccounts is finance's page.
func (s *Site) debtorAccounts(r *Request) error {
	return s.showDebtorAccounts(r, http.StatusOK, nil)
}

func (s *Site) showDebtorAccounts(r *Request, status int, refused error) error {
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("debtor.accounts"), "funds", true
	list, err := s.Debtor.Proposals(r.Context(), r.actor())
	if err != nil {
		return err
	}
	v := p.debtorAccountsOf(list)
	v.Errors = ErrorsOf(p.W, refused)
	if done := r.URL.Query().Get("done"); p.W.Has("debtor.said_" + done) {
		v.Said = p.T("debtor.said_" + done)
	}
	return r.show(status, DebtorAccountsPage(p, v))
}

func (p *Page) debtorAccountsOf(list []debtor.Proposal) (v DebtorAccountsView) {
	for _, a := range list {
		base, form := "/funds/debtors/"+a.ID.String()+"/", a.ID.String()[24:]
		v.Rows = append(v.Rows, BookRow{
			ID: "a" + a.ID.String(), Title: a.Number,
			Facts: []Pair{{p.T("debtor.holder"), a.Account.Holder}, {p.T("debtor.bank"), a.Account.Bank}, {p.T("debtor.number"), a.Account.Number}, {p.T("debtor.proposed_at"), p.W.Minute(a.At)}},
			Forms: []ActForm{
				{ID: "take" + form, Title: p.T("debtor.take"), Note: p.T("debtor.take_note"), Action: base + "take", Buttons: []Option{{"take", p.T("debtor.go_take")}}},
				{
					ID: "decline" + form, Title: p.T("debtor.decline"), Note: p.T("debtor.decline_note"), Action: base + "decline",
					Fields:  prefixed("decline"+form, []Field{{Name: "reason", Label: p.T("reconciliation.reason"), Kind: "textarea", Required: true, Max: 1000}}),
					Buttons: []Option{{"decline", p.T("debtor.go_decline")}},
				},
			},
		})
	}
	return v
}

func (s *Site) decideDebtorAccount(r *Request) error {
	id, err := uuid.Parse(r.Params["account"])
	if err != nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if err := r.form(); err != nil {
		return err
	}
	act := r.Params["act"]
	switch act {
	case "take":
		err = s.Debtor.Take(r.Context(), r.actor(), id)
	case "decline":
		err = s.Debtor.Decline(r.Context(), r.actor(), id, r.PostForm.Get("reason"))
	default:
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if err == nil {
		return r.seeOther("/funds/debtors?done=" + act)
	}
	if status, ok := refusal(err); ok {
		return s.showDebtorAccounts(r, status, err)
	}
	return err
}
