package pages

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/agency"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// firstInputs is how many principals the form offers at first, moreInputs how many more at a time.
const firstInputs, moreInputs = 2, 3

// agencyForm is where somebody asks to bid for another or with others (R14), and sees what became of it.
func (s *Site) agencyForm(r *Request) error {
	v, err := s.agencyView(r, nil, nil)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("done") == "asked" {
		v.Said = r.P.T("agency.said_asked")
	}
	return r.show(http.StatusOK, AgencyPage(r.P, v))
}

func (s *Site) agencyView(r *Request, typed url.Values, refused error) (AgencyView, error) {
	id, err := r.lotID()
	if err != nil {
		return AgencyView{}, err
	}
	d, err := s.Auction.Lot(r.Context(), id, r.Now)
	if err != nil {
		return AgencyView{}, err
	}
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("agency.heading"), "lots", true
	v := AgencyView{LotHref: "/lots/" + id.String(), Title: p.pick(d.Title)}
	v.Action = v.LotHref + "/agency"
	v.Closed = (d.State != auction.Announced && d.State != auction.Suspended) || d.StartsAt == nil || !r.Now.Before(*d.StartsAt)
	if d.StartsAt != nil {
		v.Until = p.W.Minute(*d.StartsAt)
	}
	if v.Mine, err = s.myAgencies(r, id); err != nil {
		return v, err
	}
	inputs := firstInputs
	if typed != nil {
		var list []AgencyInput
		_, list = readAgency(typed, id)
		v.Rows, v.Own, v.Proof, inputs = list, typed.Get("own_share"), typed.Get("proof"), max(len(list), firstInputs)
		if typed.Get("act") == "more" {
			inputs = len(list) + moreInputs
		}
	}
	for len(v.Rows) < min(inputs, agency.MaxPrincipals) {
		v.Rows = append(v.Rows, AgencyInput{})
	}
	v.Errors = agencyErrors(p, &v, refused)
	return v, nil
}

// agencyErrors puts a refusal beside the input that it is of; the agent's own share comes after the principals.
func agencyErrors(p *Page, v *AgencyView, refused error) Errors {
	names := []string{"proof", "real_name"}
	filled := 0
	for i, x := range v.Rows {
		if x != (AgencyInput{}) {
			filled = i + 1
		}
		for _, part := range []string{"name", "id_number", "share_bp"} {
			names = append(names, agencyField(i, part))
		}
	}
	own := agencyField(filled, "share_bp")
	e := ErrorsOf(p.W, refused, append(names, own)...)
	if v.Own != "" && len(e[own]) > 0 {
		e["own_share"] = e[own]
		delete(e, own)
	}
	return e
}

func agencyField(i int, part string) string { return "principals." + strconv.Itoa(i) + "." + part }

// readAgency reads the form: empty lines are left out, and a sole principal has the whole.
func readAgency(f url.Values, lot uuid.UUID) (agency.Request, []AgencyInput) {
	r := agency.Request{Lot: lot, Proof: strings.ToLower(strings.TrimSpace(f.Get("proof")))}
	var list []AgencyInput
	for i := range agency.MaxPrincipals {
		x := AgencyInput{
			Name: strings.TrimSpace(f.Get(agencyField(i, "name"))), Number: strings.TrimSpace(f.Get(agencyField(i, "id_number"))),
			Share: strings.TrimSpace(f.Get(agencyField(i, "share_bp"))),
		}
		if x != (AgencyInput{}) {
			list = append(list, x)
		}
	}
	own := strings.TrimSpace(f.Get("own_share"))
	if len(list) == 1 && own == "" && list[0].Share == "" {
		list[0].Share = "100"
	}
	for _, x := range list {
		r.Principals = append(r.Principals, agency.Principal{Name: x.Name, Number: x.Number, ShareBP: basisPoints(x.Share)})
	}
	if own != "" {
		r.Principals = append(r.Principals, agency.Principal{ShareBP: basisPoints(own), Agent: true})
	}
	return r, list
}

func (s *Site) askAgency(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	f := r.PostForm
	if f.Get("act") == "more" {
		v, err := s.agencyView(r, f, nil)
		if err != nil {
			return err
		}
		return r.show(http.StatusOK, AgencyPage(r.P, v))
	}
	request, _ := readAgency(f, id)
	_, refused := s.Agencies.Request(r.Context(), r.actor(), request)
	if refused == nil {
		return r.seeOther("/lots/" + id.String() + "/agency?done=asked")
	}
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.agencyView(r, f, refused)
	if err != nil {
		return err
	}
	return r.show(status, AgencyPage(r.P, v))
}

// myAgencies are those that the account asked for; lot uuid.Nil is all lots.
func (s *Site) myAgencies(r *Request, lot uuid.UUID) ([]AgencyRow, error) {
	list, err := s.Agencies.Mine(r.Context(), r.Visitor.Identity.ID, lot)
	if err != nil {
		return nil, err
	}
	rows := make([]AgencyRow, len(list))
	for i := range list {
		rows[i] = r.P.myAgency(&list[i])
	}
	return rows, nil
}

// behalfs are for whom an account may enrol: itself, or by one of its confirmed agencies.
func (s *Site) behalfs(r *Request, lot uuid.UUID) ([]Option, error) {
	list, err := s.Agencies.Mine(r.Context(), r.Visitor.Identity.ID, lot)
	if err != nil {
		return nil, err
	}
	out := []Option{{"", r.P.T("agency.choose")}, {forSelf, r.P.T("agency.for_self")}} // nothing is chosen beforehand: it cannot be changed
	for i := range list {
		if list[i].Status == agency.Confirmed {
			row := r.P.agencyRow(&list[i])
			out = append(out, Option{row.ID, r.P.T("agency.for", "names", row.names(r.P))})
		}
	}
	if len(out) == 2 {
		return nil, nil // nobody but oneself
	}
	return out, nil
}

// benchAgencies is the court's list: those to be decided first, by the start of bidding.
func (s *Site) benchAgencies(r *Request) error {
	p, q := r.P, r.URL.Query()
	p.Title, p.Nav, p.NoIndex = p.T("agency.bench"), p.courtNav("agencies"), true
	query := agency.CourtQuery{Cursor: q.Get("cursor"), Limit: agenciesAtOnce}
	var v BenchAgenciesView
	if text := q.Get("lot"); text != "" {
		var err error
		if query.Lot, err = uuid.Parse(text); err != nil {
			return fault.New(fault.Invalid, fault.InvalidRequest).InField("lot")
		}
	}
	list, next, err := s.Agencies.OfCourt(r.Context(), r.actor(), query, r.Now)
	if err != nil {
		return err
	}
	for i := range list {
		v.Rows = append(v.Rows, p.agencyRow(&list[i]))
	}
	if query.Lot != uuid.Nil {
		d, err := s.Auction.Lot(r.Context(), query.Lot, r.Now)
		if err != nil {
			return err
		}
		v.LotTitle = p.pick(d.Title)
	}
	if next != "" {
		q.Set("cursor", next)
		q.Del("done")
		v.Next = "/bench/agencies?" + q.Encode()
	}
	if done := q.Get("done"); done == string(agency.Confirmed) || done == string(agency.Refused) {
		v.Said = p.T("agency.said_" + done)
	}
	return r.show(http.StatusOK, BenchAgenciesPage(p, v))
}

// agenciesAtOnce is a page of the bench's list.
const agenciesAtOnce = 50

// agenciesWaiting counts those that the court has to decide on, agency.MaxLimit at most; lot uuid.Nil is all lots.
func (s *Site) agenciesWaiting(ctx context.Context, by auction.Actor, p *Page, lot uuid.UUID) (n int64, err error) {
	list, _, err := s.Agencies.OfCourt(ctx, by, agency.CourtQuery{Lot: lot}, p.Now)
	for i := range list {
		if list[i].Status == agency.Requested {
			n++
		}
	}
	return n, err
}

func (r *Request) agencyID() (uuid.UUID, error) {
	id, err := uuid.Parse(r.Params["agency"])
	if err != nil {
		return uuid.Nil, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	return id, nil
}

func (s *Site) benchAgency(r *Request) error {
	v, err := s.benchAgencyView(r, nil, nil)
	if err != nil {
		return err
	}
	return r.show(http.StatusOK, BenchAgencyPage(r.P, v))
}

func (s *Site) benchAgencyView(r *Request, typed url.Values, refused error) (BenchAgencyView, error) {
	id, err := r.agencyID()
	if err != nil {
		return BenchAgencyView{}, err
	}
	one, err := s.Agencies.OfCourtOne(r.Context(), r.actor(), id, r.Now)
	if err != nil {
		return BenchAgencyView{}, err
	}
	p := r.P
	p.Title, p.Nav, p.NoIndex = p.T("agency.single"), p.courtNav("agencies"), true
	v := BenchAgencyView{AgencyRow: p.agencyRow(&one), Action: "/bench/agencies/" + id.String(), Fields: both("reason", p.T("agency.reason"), "textarea", true)}
	for i := range v.Fields {
		v.Fields[i].Value = typed.Get(v.Fields[i].Name)
	}
	v.Errors = ErrorsOf(p.W, refused, v.Fields[0].Name, v.Fields[1].Name)
	return v, nil
}

// decideAgency asks once more before it confirms or refuses, for both are final.
func (s *Site) decideAgency(r *Request) error {
	id, err := r.agencyID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	f := r.PostForm
	decision := agency.Decision{Agency: id, Confirmed: f.Get("act") == "confirm", Reason: text(f, "reason")}
	var refused error
	switch act := f.Get("act"); {
	case act == "edit":
	case act != "confirm" && act != "refuse":
		return fault.New(fault.Invalid, fault.InvalidRequest).InField("act")
	case act == "refuse" && (decision.Reason.Zh == "" || decision.Reason.En == ""):
		refused = missingReason(decision.Reason)
	case f.Get("confirmed") == "yes":
		if refused = s.Agencies.Decide(r.Context(), r.actor(), decision); refused == nil {
			to := agency.Refused
			if decision.Confirmed {
				to = agency.Confirmed
			}
			return r.seeOther("/bench/agencies?done=" + string(to))
		}
	default:
		v, err := s.benchAgencyView(r, f, nil)
		if err != nil {
			return err
		}
		if v.Open {
			v.Ask = act
		}
		return r.show(http.StatusOK, BenchAgencyPage(r.P, v))
	}
	status, ok := http.StatusOK, true
	if refused != nil {
		status, ok = refusal(refused)
	}
	if !ok {
		return refused
	}
	v, err := s.benchAgencyView(r, f, refused)
	if fault.KindOf(err) == fault.NotFound && refused != nil {
		return refused // bidding has started: the court sees it no more
	}
	if err != nil {
		return err
	}
	return r.show(status, BenchAgencyPage(r.P, v))
}

func missingReason(reason docket.Text) error {
	field := "reason_zh"
	if reason.Zh != "" {
		field = "reason_en"
	}
	return fault.New(fault.Invalid, fault.ReasonRequired).InField(field).ByRule("R14")
}
