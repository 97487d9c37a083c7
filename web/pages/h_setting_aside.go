package pages

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/objection"
)

// AsideView is the setting aside of a sale: the form, or with Ask what it will do.
type AsideView struct {
	LotHref, Title, CaseNumber string
	Chip                       Chip
	Action                     string
	Fields                     []Field
	Errors                     Errors
	// Ask is what is shown before it is done.
	Ask *AsideAsk
	// Terms are the sale as it stands.
	Terms []Pair
}

// AsideAsk tells what a setting aside will do, for it cannot be undone.
type AsideAsk struct {
	// Ruling is what was chosen and written; Money who gets what; Falls what ends with the sale.
	Ruling, Money []Pair
	Falls         []string
	// Recoverable is what was paid out and is claimed back.
	Recoverable money.Fen
	// Hidden are the form's fields, to be sent again.
	Hidden []Pair
}

// AsideDone is a sale that was set aside, as everybody sees it.
type AsideDone struct {
	At, Ground, Basis, Reason, Again string
	// Law is why the money goes where it goes.
	Law   string
	Money []Pair
}

// The bases of a setting aside; a founded objection is basisObjection and its id.
const (
	basisObjection = "objection:"
	basisOrder     = "order"
	basisFinding   = "finding"
)

// canBeSetAside tells whether a sale stands with a result (lifecycle decides).
func canBeSetAside(st auction.State) bool {
	switch st {
	case auction.Sold, auction.Paid, auction.Taken, auction.Ruled, auction.Defaulted:
		return true
	case auction.Draft, auction.Voted, auction.Announced, auction.Suspended, auction.Unsold, auction.Returned, auction.SetAside, auction.Withdrawn:
	}
	return false
}

// askSetAside is the form; a sale that fell already shows so on its own page.
func (s *Site) askSetAside(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if _, err := s.Objections.SettingAsideOf(r.Context(), id); err == nil {
		return r.seeOther("/bench/lots/" + id.String())
	}
	v, err := s.asideView(r, nil, nil)
	if err != nil {
		return err
	}
	return r.show(http.StatusOK, AsidePage(r.P, v))
}

// setAside answers the form with what it will do, and what was seen with the deed.
func (s *Site) setAside(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	f := r.PostForm
	v, err := s.asideView(r, f, nil)
	if err != nil {
		return err
	}
	if f.Get("act") == "edit" {
		return r.show(http.StatusOK, AsidePage(r.P, v))
	}
	in, refused := readAside(f, id)
	var out auction.Reversed
	switch {
	case refused != nil:
	case f.Get("act") == "go" && f.Get("confirmed") == "yes" && in.Seen != nil:
		if _, refused = s.Objections.SetAside(r.Context(), r.actor(), in); refused == nil {
			return r.seeOther("/bench/lots/" + id.String() + "?done=set_aside")
		}
	default:
		in.Seen = nil
		if out, refused = s.Objections.Foresee(r.Context(), r.actor(), in); refused == nil {
			d, err := s.Auction.Lot(r.Context(), id, r.Now)
			if err != nil {
				return err
			}
			v.Ask = r.P.asideAsk(&v, &d, f, in, out)
			return r.show(http.StatusOK, AsidePage(r.P, v))
		}
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	if v, err = s.asideView(r, f, refused); err != nil {
		return err
	}
	return r.show(status, AsidePage(r.P, v))
}

// readAside reads the form.
func readAside(f url.Values, lot uuid.UUID) (objection.SettingAside, error) {
	in := objection.SettingAside{Lot: lot, Again: f.Get("again") == "yes", Reason: text(f, "reason")}
	if f.Get("seen_reversed") != "" {
		reversed, err1 := money.ParseYuan(f.Get("seen_reversed"))
		recoverable, err2 := money.ParseYuan(f.Get("seen_recoverable"))
		kept, err3 := money.ParseYuan(f.Get("seen_kept"))
		if err1 == nil && err2 == nil && err3 == nil {
			in.Seen = &auction.Reversed{ReversedFen: reversed, RecoverableFen: recoverable, KeptFen: kept}
		}
	}
	for _, x := range []Pair{{"reason_zh", in.Reason.Zh}, {"reason_en", in.Reason.En}} {
		if x.Value == "" {
			return in, fault.New(fault.Invalid, fault.ReasonRequired).InField(x.Name).ByRule("R31")
		}
	}
	basis := f.Get("basis")
	if id, ok := strings.CutPrefix(basis, basisObjection); ok {
		var err error
		if in.Objection, err = uuid.Parse(id); err != nil {
			return in, fault.New(fault.Invalid, fault.InvalidRequest).InField("basis").ByRule("R31")
		}
		return in, nil
	}
	switch basis {
	case basisOrder:
		in.Order, in.Ground = text(f, "order"), objection.Ground(f.Get("ground"))
		switch {
		case in.Ground == "":
			return in, fault.New(fault.Invalid, fault.InvalidRequest).InField("ground").ByRule("R31")
		case in.Order.Zh == "":
			return in, fault.New(fault.Invalid, fault.InvalidRequest).InField("order_zh").ByRule("R31")
		case in.Order.En == "":
			return in, fault.New(fault.Invalid, fault.InvalidRequest).InField("order_en").ByRule("R31")
		}
	case basisFinding:
		in.Ground = objection.UnqualifiedBuyer
	default:
		return in, fault.New(fault.Invalid, fault.InvalidRequest).InField("basis").ByRule("R31")
	}
	return in, nil
}

// asideView is the form with what was typed.
func (s *Site) asideView(r *Request, typed url.Values, refused error) (AsideView, error) {
	id, err := r.lotID()
	if err != nil {
		return AsideView{}, err
	}
	d, err := s.Auction.Draft(r.Context(), r.actor(), id, r.Now)
	if err != nil {
		return AsideView{}, err
	}
	if !canBeSetAside(d.State) {
		return AsideView{}, fault.New(fault.Conflict, fault.StateConflict)
	}
	list, err := s.Objections.OfLot(r.Context(), id)
	if err != nil {
		return AsideView{}, err
	}
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("aside.heading"), "bench", true
	card := p.card(&d.LotSummary)
	v := AsideView{
		LotHref: "/bench/lots/" + id.String(), Title: card.Title, CaseNumber: card.CaseNumber, Chip: phaseChip(p, card.Phase, card.Extensions),
		Action: "/bench/lots/" + id.String() + "/setting-aside", Fields: p.asideFields(list), Terms: p.asideTerms(&card),
	}
	names := make([]string, len(v.Fields))
	for i := range v.Fields {
		names[i] = v.Fields[i].Name
		if typed != nil {
			v.Fields[i].Value = typed.Get(names[i])
		}
	}
	v.Errors = ErrorsOf(p.W, refused, names...)
	return v, nil
}

// asideTerms are the sale as it stands.
func (p *Page) asideTerms(c *Card) []Pair {
	var out []Pair
	if c.Phase != Taken {
		out = append(out, Pair{p.T("aside.ended"), p.W.Minute(c.EndsAt)})
	}
	if c.Price > 0 {
		out = append(out, Pair{p.T("lot.final_price"), p.M(c.Price)})
	}
	return append(out, Pair{p.T("lot.deposit"), p.M(c.Deposit)})
}

func (p *Page) asideFields(list []objection.View) []Field {
	var basis []Option
	for i := range list {
		o := &list[i]
		if o.Kind == objection.ToSetAside && o.State == objection.Founded && o.DecidedAt != nil {
			basis = append(basis, Option{basisObjection + o.ID.String(), p.T("aside.basis_objection", "at", p.W.Minute(*o.DecidedAt), "ground", p.trailGround(string(o.Ground)))})
		}
	}
	basis = append(basis, Option{basisOrder, p.T("aside.basis_order")}, Option{basisFinding, p.T("aside.basis_finding")})
	grounds := []Option{{"", p.T("aside.no_ground")}}
	for _, g := range objection.Grounds() {
		grounds = append(grounds, Option{string(g), p.trailGround(string(g))})
	}
	fields := []Field{
		{Name: "basis", Label: p.T("aside.basis"), Kind: "select", Options: basis, Hint: p.T("aside.basis_hint")},
		{Name: "again", Label: p.T("aside.again"), Kind: "select", Options: []Option{{"yes", p.T("aside.again_yes")}, {"no", p.T("aside.again_no")}}},
		{Name: "ground", Label: p.T("aside.ground"), Kind: "select", Options: grounds, Hint: p.T("aside.ground_hint"), Start: true},
	}
	order := both("order", p.T("aside.order"), "", false)
	order[0].Start = true
	order[0].Hint = p.T("aside.order_hint")
	reason := both("reason", p.T("aside.reason"), "textarea", true)
	reason[0].Start = true
	return append(append(fields, order...), reason...)
}

// asideAsk words what will happen.
func (p *Page) asideAsk(v *AsideView, d *auction.LotDetail, f url.Values, in objection.SettingAside, out auction.Reversed) *AsideAsk {
	ask := &AsideAsk{Recoverable: out.RecoverableFen, Money: p.asideMoney(d, out)}
	for _, x := range v.Fields {
		ask.Hidden = append(ask.Hidden, Pair{x.Name, f.Get(x.Name)})
		shown := f.Get(x.Name)
		for _, o := range x.Options {
			if o.Value == shown {
				shown = o.Name
			}
		}
		ofOrder := x.Name == "ground" || strings.HasPrefix(x.Name, "order_")
		if ofOrder && f.Get("basis") != basisOrder {
			continue
		}
		ask.Ruling = append(ask.Ruling, Pair{x.Label, shown})
	}
	ask.Hidden = append(ask.Hidden, Pair{"seen_reversed", out.ReversedFen.Yuan()}, Pair{"seen_recoverable", out.RecoverableFen.Yuan()},
		Pair{"seen_kept", out.KeptFen.Yuan()})
	ask.Falls = p.asideFalls(d.State, in.Again, d.Announcement.Approval != nil)
	return ask
}

// asideMoney says how much goes back to whom.
func (p *Page) asideMoney(d *auction.LotDetail, out auction.Reversed) []Pair {
	var list []Pair
	to := p.T("aside.to_creditor")
	if c := p.confirmation(d); c != nil {
		to = c.Buyer
		if c.Deposit > 0 && out.KeptFen == 0 && out.ReversedFen >= c.Deposit {
			list = append(list, Pair{p.T("aside.of_deposit"), p.M(c.Deposit)})
			if rest := out.ReversedFen - c.Deposit; rest > 0 {
				list = append(list, Pair{p.T("aside.of_price"), p.M(rest)})
			}
		}
	}
	if out.KeptFen > 0 {
		list = append(list, Pair{p.T("aside.kept"), p.M(out.KeptFen)})
	}
	return append([]Pair{{p.T("aside.to"), to}, {p.T("aside.sum"), p.M(out.ReversedFen)}}, list...)
}

// asideFalls lists what ends with the sale.
func (p *Page) asideFalls(st auction.State, again, approval bool) []string {
	out := []string{p.T("aside.falls_sale")}
	switch st { //nolint:exhaustive // only these have more
	case auction.Ruled:
		out = append(out, p.T("aside.falls_ruling"))
	case auction.Taken:
		out = append(out, p.T("aside.falls_taking"))
	case auction.Defaulted:
		out = append(out, p.T("aside.falls_default"))
	}
	if again && approval {
		return append(out, p.T("aside.falls_approval"))
	}
	if again {
		return append(out, p.T("aside.falls_again"))
	}
	return append(out, p.T("aside.falls_not_again"))
}

// asideDone reads the setting aside of a lot; nil where its sale stands, or while it cannot be read.
func (s *Site) asideDone(ctx context.Context, p *Page, st auction.State, lot uuid.UUID) *AsideDone {
	if st != auction.SetAside {
		return nil
	}
	a, err := s.Objections.SettingAsideOf(ctx, lot)
	if err != nil {
		s.Trace.WarnContext(ctx, "a setting aside was not shown", "error", err)
		return nil
	}
	return p.asideDone(&a)
}

func (p *Page) asideDone(a *objection.SettingAsideView) *AsideDone {
	out := &AsideDone{At: p.W.Minute(a.SetAsideAt), Ground: p.trailGround(string(a.Ground)), Reason: p.pick(a.Reason)}
	switch {
	case a.Objection != nil:
		out.Basis = p.T("aside.by_objection")
	case !a.Order.IsZero():
		out.Basis = p.T("aside.by_order", "order", p.pick(a.Order))
	default:
		out.Basis = p.T("aside.by_finding")
	}
	out.Again = p.T("aside.state_not_again")
	if a.SoldAgain {
		out.Again = p.T("aside.state_again")
	}
	out.Money = []Pair{{p.T("aside.state_reversed"), p.M(a.ReversedFen)}}
	out.Law = p.T("aside.done_law")
	if a.KeptFen > 0 {
		out.Money = append(out.Money, Pair{p.T("aside.kept"), p.M(a.KeptFen)})
		out.Law = p.T("aside.done_law_kept")
	}
	if a.RecoverableFen > 0 {
		out.Money = append(out.Money, Pair{p.T("aside.recoverable"), p.M(a.RecoverableFen)})
	}
	return out
}
