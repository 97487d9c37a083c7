package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// SettingsView is what a court chose of the figures that the law leaves to it (ADR 017).
type SettingsView struct {
	Court, Href, Said string
	Rows              []SettingRow
	// Steps are the choices, the newest first.
	Steps []Step
	// Form is the court's own judges' to choose anew, Ask what it will do.
	Form *ActForm
	Ask  *SettingsAsk
}

// SettingRow is one figure: in force, as the law has it, between what it lies, by which article.
type SettingRow struct {
	Name, Now, Own, Bounds, Source string
	// Chosen is set where the court's figure is not the law's.
	Chosen bool
}

// SettingsAsk tells what a choice changes before it is published.
type SettingsAsk struct {
	Changes, Said, Hidden []Pair
}

// settings is the page of a court's choice, for everybody.
func (s *Site) settings(r *Request) error {
	v, _, err := s.settingsView(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("done") == "set" {
		v.Said = r.P.T("settings.said_set")
	}
	return r.show(http.StatusOK, SettingsPage(r.P, v))
}

// chooseSettings shows what a choice changes, and takes it down when it is confirmed.
func (s *Site) chooseSettings(r *Request) error {
	v, got, err := s.settingsView(r)
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	f := r.PostForm
	c, refused := readSettings(f)
	switch {
	case refused != nil:
	case f.Get("act") == "go" && f.Get("confirmed") == "yes":
		if _, refused = s.Auction.SetSettings(r.Context(), r.actor(), got.ID, c); refused == nil {
			return r.seeOther(v.Href + "?done=set")
		}
	case f.Get("act") == "edit":
	default:
		if _, refused = s.Auction.CheckSettings(r.actor(), got.ID, c); refused == nil && got.Chosen[0].Settings == c.Settings {
			refused = fault.New(fault.Conflict, fault.SettingsUnchanged)
		}
		if refused == nil {
			v.Ask = r.P.settingsAsk(&got, c, f)
			return r.show(http.StatusOK, SettingsPage(r.P, v))
		}
	}
	status, ok := http.StatusOK, true
	if refused != nil {
		status, ok = refusal(refused)
	}
	if !ok || v.Form == nil {
		return refused
	}
	(&refusedAct{act: "settings", err: refused, values: f}).on(r.P, v.Form)
	return r.show(status, SettingsPage(r.P, v))
}

func (s *Site) settingsView(r *Request) (SettingsView, auction.CourtRules, error) {
	p := r.P
	got, err := s.Auction.SettingsOf(r.Context(), r.Params["court"])
	if err != nil {
		return SettingsView{}, got, err
	}
	court := p.pick(got.Court.Name)
	p.Title = p.T("settings.heading")
	v := SettingsView{Court: court, Href: settingsHref(got.Court.Code), Rows: p.settingRows(&got)}
	for i := range got.Chosen[:len(got.Chosen)-1] {
		v.Steps = append(v.Steps, p.settingStep(&got.Chosen[i], got.Chosen[i+1].Settings))
	}
	if p.Viewer.Is(RoleJudge) && p.Viewer.CourtID == got.ID {
		p.Nav = "bench"
		v.Form = p.settingsForm(v.Href, got.Chosen[0].Settings)
	}
	return v, got, nil
}

// settingsHref is where a court's settings stand; codes hold Chinese characters.
func settingsHref(code string) string { return "/courts/" + url.PathEscape(code) + "/settings" }

// settingFields are the settings in their order, with the rule of each and how a value reads.
func (p *Page) settingFields() []settingField {
	yes := func(on bool) string {
		if on {
			return p.T("settings.on")
		}
		return p.T("settings.off")
	}
	return []settingField{
		{"reserve_min_permille", "R10", func(s law.Settings) string { return p.W.Percent(s.ReserveMinPermille) }},
		{"pay_out_days", "F2", func(s law.Settings) string { return p.N("settings.days", s.PayOutDays) }},
		{"brief_outage_seconds", "R28o", func(s law.Settings) string { return p.W.Span(time.Duration(s.BriefOutageSeconds) * time.Second) }},
		{"maximum_bids", "R20a", func(s law.Settings) string { return yes(s.MaximumBids) }},
		{"no_reserve", "R26n", func(s law.Settings) string { return yes(s.NoReserve) }},
	}
}

type settingField struct {
	name, rule string
	say        func(s law.Settings) string
}

func (p *Page) settingRows(got *auction.CourtRules) []SettingRow {
	bounds := map[string]law.SettingBound{}
	for _, b := range got.Bounds {
		bounds[b.Field] = b
	}
	now, own := got.Chosen[0].Settings, got.Law.Settings()
	fields := p.settingFields()
	rows := make([]SettingRow, len(fields))
	for i, f := range fields {
		rows[i] = SettingRow{Name: p.T("settings.f_" + f.name), Now: f.say(now), Own: f.say(own), Bounds: p.T("settings.b_" + f.name), Source: p.source(f.rule)}
		rows[i].Chosen = rows[i].Now != rows[i].Own
		if b, ok := bounds[f.name]; ok {
			least := f.say(law.Settings{ReserveMinPermille: b.Least, PayOutDays: b.Least, BriefOutageSeconds: b.Least})
			most := f.say(law.Settings{ReserveMinPermille: b.Most, PayOutDays: b.Most, BriefOutageSeconds: b.Most})
			rows[i].Bounds = p.T("settings.between", "least", least, "most", most)
		}
	}
	return rows
}

// changed are the figures that differ between two choices.
func (p *Page) changed(was, is law.Settings) (out []Pair) {
	for _, f := range p.settingFields() {
		if before, after := f.say(was), f.say(is); before != after {
			out = append(out, Pair{p.T("settings.f_" + f.name), p.T("settings.from_to", "from", before, "to", after)})
		}
	}
	return out
}

func (p *Page) settingStep(c *auction.CourtSettings, was law.Settings) Step {
	var told []string
	for _, x := range p.changed(was, c.Settings) {
		told = append(told, x.Name+p.T("frame.colon")+x.Value)
	}
	return Step{
		State: Done, Title: p.T("settings.chosen_at", "at", p.W.Minute(c.Since), "office", p.pick(c.DecidedBy)),
		Text: p.T("settings.told", "changes", strings.Join(told, p.T("frame.semicolon")), "reason", p.pick(c.Reason)),
	}
}

func (p *Page) settingsForm(href string, now law.Settings) *ActForm {
	onOff := func(name string, on bool) Field {
		return Field{
			Name: name, Label: p.T("settings.f_" + name), Kind: "select", Value: strconv.FormatBool(on), Hint: p.T("settings.b_" + name),
			Options: []Option{{"false", p.T("settings.off")}, {"true", p.T("settings.on")}},
		}
	}
	fields := []Field{
		{Name: "reserve_min_permille", Label: p.T("settings.in_percent"), Mode: "decimal", Value: law.Percent(now.ReserveMinPermille), Required: true, Hint: p.T("settings.h_reserve"), Auto: "off", Max: 6},
		{Name: "pay_out_days", Label: p.T("settings.in_days"), Mode: "numeric", Value: strconv.FormatInt(now.PayOutDays, 10), Required: true, Hint: p.T("settings.h_days"), Auto: "off", Max: 4},
		{Name: "brief_outage_seconds", Label: p.T("settings.in_seconds"), Mode: "numeric", Value: strconv.FormatInt(now.BriefOutageSeconds, 10), Required: true, Hint: p.T("settings.h_seconds"), Auto: "off", Max: 6},
		onOff("maximum_bids", now.MaximumBids), onOff("no_reserve", now.NoReserve),
	}
	office, reason := both("decided_by", p.T("settings.decided_by"), "", true), both("reason", p.T("settings.reason"), "textarea", true)
	office[0].Start, reason[0].Start = true, true
	return &ActForm{
		ID: "settings", Title: p.T("settings.choose"), Note: p.T("settings.note"), Action: href, Main: true,
		Fields: prefixed("settings", append(append(fields, office...), reason...)), Buttons: []Option{{"ask", p.T("settings.ask")}},
	}
}

func (p *Page) settingsAsk(got *auction.CourtRules, c auction.CourtSettings, f url.Values) *SettingsAsk {
	ask := &SettingsAsk{
		Changes: p.changed(got.Chosen[0].Settings, c.Settings),
		Said:    []Pair{{p.T("settings.decided_by"), p.pick(c.DecidedBy)}, {p.T("settings.reason"), p.pick(c.Reason)}},
	}
	for _, field := range p.settingsForm("", c.Settings).Fields {
		ask.Hidden = append(ask.Hidden, Pair{field.Name, f.Get(field.Name)})
	}
	return ask
}

// readSettings reads the form.
func readSettings(f url.Values) (c auction.CourtSettings, err error) {
	whole, part, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(f.Get("reserve_min_permille")), "%"), ".")
	if part == "" {
		part = "0"
	}
	for _, x := range []struct {
		name, text string
		into       *int64
	}{
		{"reserve_min_permille", whole + part, &c.ReserveMinPermille},
		{"pay_out_days", f.Get("pay_out_days"), &c.PayOutDays},
		{"brief_outage_seconds", f.Get("brief_outage_seconds"), &c.BriefOutageSeconds},
	} {
		v, err := strconv.ParseUint(strings.TrimSpace(x.text), 10, 31)
		if err != nil || x.name == "reserve_min_permille" && len(part) != 1 {
			return c, fault.New(fault.Invalid, fault.InvalidRequest).InField(x.name)
		}
		*x.into = int64(v)
	}
	c.MaximumBids, c.NoReserve = f.Get("maximum_bids") == "true", f.Get("no_reserve") == "true"
	c.DecidedBy, c.Reason = text(f, "decided_by"), text(f, "reason")
	for _, x := range []Pair{{"decided_by_zh", c.DecidedBy.Zh}, {"decided_by_en", c.DecidedBy.En}, {"reason_zh", c.Reason.Zh}, {"reason_en", c.Reason.En}} {
		if x.Value == "" {
			return c, fault.New(fault.Invalid, fault.ReasonRequired).InField(x.Name)
		}
	}
	return c, nil
}

// ruleSet is a rule set by its name, as a reader knows it.
func (p *Page) ruleSet(name string) string {
	base, chosen, own := strings.Cut(name, "+")
	if !own || chosen == "" {
		return p.T("rule_set." + base)
	}
	return p.T("settings.with", "rules", p.T("rule_set."+base))
}

// chosenIn are the figures of a lot's rule set that its court chose otherwise than the law has them.
func (p *Page) chosenIn(name string) []Pair {
	base, _, _ := strings.Cut(name, "+")
	rules, known := law.ByName(name)
	own, ok := law.ByName(base)
	if !known || !ok {
		return nil
	}
	return p.changed(own.Settings(), rules.Settings())
}
