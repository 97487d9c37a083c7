package pages

import (
	"slices"
	"strconv"

	"mingchui/auction/distribution"
	"mingchui/payments/casefund"
)

// planForm makes a plan of what is there.
func (x *division) planForm(due bool) ActForm {
	p := x.p
	fields := []Field{
		{Name: "order", Label: p.T("division.order"), Kind: "select", Options: x.orders(), Required: true},
		{Name: "enforcement_costs_fen", Label: p.T("division.enforcement"), Kind: "amount", Mode: "decimal", Hint: p.T("division.enforcement_hint")},
		{Name: "sole_home_fen", Label: p.T("division.sole_home"), Kind: "amount", Mode: "decimal", Hint: p.T("division.kept_hint"), Start: true},
		{Name: "living_fen", Label: p.T("division.living"), Kind: "amount", Mode: "decimal"},
	}
	reason := both("reason", p.T("division.reason"), "textarea", false)
	reason[0].Start = true
	title := p.T("division.make")
	if !due {
		title = p.T("division.make_anew")
	}
	return ActForm{
		ID: "make", Title: title, Note: p.T("division.make_note"), Action: x.base + "plan", Main: due,
		Fields: prefixed("make", append(fields, reason...)), Buttons: []Option{{"make", p.T("division.go_make")}},
	}
}

// serviceForm says who received the plan; whom it is left empty for did not yet.
func (x *division) serviceForm(m *casefund.Made) ActForm {
	p := x.p
	form := ActForm{ID: "service", Title: p.T("division.service"), Note: p.T("division.service_note"), Action: x.base + "service", Main: true, Buttons: []Option{{"serve", p.T("division.go_service")}}}
	for _, a := range x.addressees(m) {
		if slices.ContainsFunc(m.Receipts, func(r distribution.Receipt) bool { return r.Who == a }) {
			continue
		}
		form.Fields = append(form.Fields, Field{Name: "received_" + string(a), Label: p.T("division.received", "who", x.to(a)), Kind: "datetime-local", Start: true})
	}
	form.Fields = prefixed("service", form.Fields)
	return form
}

// addressees are the creditors of the plan that was served, and the debtor.
func (x *division) addressees(m *casefund.Made) (list []distribution.Addressee) {
	for _, k := range m.Claims {
		list = append(list, distribution.Addressee(k.ID.String()))
	}
	return append(list, distribution.TheDebtor)
}

func (x *division) whoOptions(list []distribution.Addressee) (out []Option) {
	for _, a := range list {
		out = append(out, Option{string(a), x.to(a)})
	}
	return out
}

// objectionForm records a written objection to the plan.
func (x *division) objectionForm(m *casefund.Made) ActForm {
	p, all := x.p, x.addressees(m)
	return ActForm{
		ID: "objection", Title: p.T("division.objection"), Note: p.T("division.objection_note"), Action: x.base + "objection",
		Fields: prefixed("objection", []Field{
			{Name: "by", Label: p.T("division.objector"), Kind: "select", Options: x.whoOptions(all), Required: true},
			{Name: "lodged_at", Label: p.T("division.lodged_at"), Kind: "datetime-local", Value: x.now(), Required: true},
			{Name: "claim", Label: p.T("division.about"), Kind: "select", Options: x.whoOptions(all[:len(all)-1]), Required: true, Start: true},
			{Name: "asked_fen", Label: p.T("division.asked"), Kind: "amount", Mode: "decimal", Required: true, Hint: p.T("division.asked_hint")},
			{Name: "text", Label: p.T("division.text"), Kind: "textarea", Required: true, Max: 2000, Hint: p.T("division.text_hint"), Start: true},
		}),
		Buttons: []Option{{"object", p.T("division.go_objection")}},
	}
}

// stepForm records what came of objections that are open; nil where none is.
func (x *division) stepForm(m *casefund.Made) *ActForm {
	p := x.p
	var open []Option
	next := map[distribution.Contest]bool{}
	for _, o := range m.Objections {
		if !o.Outcome.Pending() && o.Outcome != distribution.InSuit {
			continue
		}
		open = append(open, Option{o.ID.String(), p.T("division.objection_of", "n", o.No, "who", x.to(o.By), "claim", x.to(distribution.Addressee(o.Claim)))})
		for _, s := range stepsFrom(o.Outcome) {
			next[s] = true
		}
	}
	if len(open) == 0 {
		return nil
	}
	var steps []Option
	for _, s := range []distribution.Contest{distribution.StepTold, distribution.StepOpposed, distribution.StepOpposedTold, distribution.StepSued, distribution.StepJudged, distribution.StepWithdrawn} {
		if next[s] {
			steps = append(steps, Option{string(s), p.T("division.step_" + string(s))})
		}
	}
	return &ActForm{
		ID: "step", Title: p.T("division.step"), Note: p.T("division.step_note"), Action: x.base + "step",
		Fields: prefixed("step", []Field{
			{Name: "objection", Label: p.T("division.of_objection"), Kind: "select", Options: open, Required: true},
			{Name: "step", Label: p.T("division.which_step"), Kind: "select", Options: steps, Required: true},
			{Name: "who", Label: p.T("division.step_who"), Kind: "select", Options: append([]Option{{"", "—"}}, x.whoOptions(x.addressees(m))...), Hint: p.T("division.step_who_hint"), Start: true},
			{Name: "at", Label: p.T("division.step_at"), Kind: "datetime-local", Value: x.now(), Required: true},
			{Name: "number", Label: p.T("division.step_number"), Auto: "off", Max: 200, Hint: p.T("division.step_number_hint"), Start: true},
			{Name: "judged_fen", Label: p.T("division.step_amount"), Kind: "amount", Mode: "decimal", Hint: p.T("division.step_judged_hint")},
		}),
		Buttons: []Option{{"step", p.T("division.go_step")}},
	}
}

// stepsFrom are the steps that may follow where an objection stands.
func stepsFrom(o distribution.Outcome) []distribution.Contest {
	switch o {
	case distribution.Telling, distribution.Answering:
		return []distribution.Contest{distribution.StepTold, distribution.StepOpposed, distribution.StepWithdrawn}
	case distribution.Opposed:
		return []distribution.Contest{distribution.StepTold, distribution.StepOpposed, distribution.StepOpposedTold, distribution.StepWithdrawn}
	case distribution.Suing:
		return []distribution.Contest{distribution.StepSued, distribution.StepWithdrawn}
	case distribution.InSuit:
		return []distribution.Contest{distribution.StepJudged, distribution.StepWithdrawn}
	case distribution.Unopposed, distribution.Unsued, distribution.Judged, distribution.Dropped, distribution.Lapsed:
	}
	return nil
}

func (x *division) revisionForm() ActForm {
	p := x.p
	return ActForm{ID: "revision", Title: p.T("division.revision"), Note: p.T("division.revision_note"), Action: x.base + "revision", Main: true, Buttons: []Option{{"revise", p.T("division.go_revision")}}}
}

func (x *division) voteForm() ActForm {
	p := x.p
	return ActForm{
		ID: "vote", Title: p.T("division.vote"), Note: p.T("division.vote_note"), Action: x.base + "vote", Main: true,
		Fields:  prefixed("vote", []Field{{Name: "opinion", Label: p.T("division.opinion"), Kind: "textarea", Max: 2000, Hint: p.T("division.opinion_hint"), Start: true}}),
		Buttons: []Option{{"approve", p.T("division.go_vote")}, {"refuse", p.T("division.go_vote_against")}},
	}
}

// approvalForm names what leaves by it; there is no way back.
func (x *division) approvalForm(m *casefund.Made) ActForm {
	p := x.p
	sum, payees := m.Owed()
	form := ActForm{
		ID: "approval", Title: p.T("division.approval"), Note: p.T("division.approval_note", "payees", payees, "sum", p.M(sum), "costs", p.M(m.Plan.Costs)), Action: x.base + "approval", Main: true,
		Fields: prefixed("approval", []Field{{
			Name: "sure", Label: p.T("division.sure"), Kind: "select", Required: true, Start: true,
			Options: []Option{{"", p.T("division.sure_no")}, {"yes", p.T("division.sure_yes", "n", m.No)}},
		}, {Name: "distribution", Kind: "hidden", Value: m.ID.String()}}),
		Buttons: []Option{{"approve", p.T("division.go_approval", "sum", p.M(sum))}},
	}
	if x.late() {
		form.Fields = append(form.Fields, p.lateFields("approval")...)
	}
	return form
}

func (x *division) payeeForm(waiting map[distribution.Addressee]bool) ActForm {
	p := x.p
	var list []distribution.Addressee
	for _, k := range x.d.Claims {
		if a := distribution.Addressee(k.ID.String()); waiting[a] {
			list = append(list, a)
		}
	}
	if waiting[distribution.TheDebtor] {
		list = append(list, distribution.TheDebtor)
	}
	return ActForm{
		ID: "payee", Title: p.T("division.payee"), Note: p.T("division.payee_note"), Action: x.base + "payee",
		Fields: prefixed("payee", []Field{
			{Name: "to", Label: p.T("division.payee_of"), Kind: "select", Options: x.whoOptions(list), Required: true},
			{Name: "holder", Label: p.T("division.holder"), Auto: "off", Required: true, Max: 140},
			{Name: "bank", Label: p.T("division.bank"), Auto: "off", Required: true, Max: 140, Start: true},
			{Name: "number", Label: p.T("division.account"), Auto: "off", Mode: "numeric", Required: true, Max: 64},
		}),
		Buttons: []Option{{"record", p.T("division.go_payee")}},
	}
}

func (x *division) fileForm() ActForm {
	p := x.p
	return ActForm{
		ID: "file", Title: p.T("division.send"), Note: p.T("division.send_note", "sum", p.M(x.d.Sendable)), Action: x.base + "file", Main: true,
		Buttons: []Option{{"send", p.T("division.go_send", "sum", p.M(x.d.Sendable))}},
	}
}

func (x *division) resultForm(sent []Option) ActForm {
	p := x.p
	fields := []Field{
		{Name: "payout", Label: p.T("division.payout"), Kind: "select", Options: sent, Required: true, Start: true},
		{Name: "bank_reference", Label: p.T("division.bank_reference"), Auto: "off", Max: 200, Hint: p.T("division.bank_reference_hint"), Start: true},
	}
	reason := both("reason", p.T("division.returned_reason"), "", false)
	reason[0].Start = true
	return ActForm{
		ID: "result", Title: p.T("division.result"), Note: p.T("division.result_note"), Action: x.base + "result", Fields: prefixed("result", append(fields, reason...)),
		Buttons: []Option{{"paid", p.T("division.go_paid")}, {"returned", p.T("division.go_returned")}},
	}
}

// lodgeForm records a claim. More than one property in security comes by the API.
func (x *division) lodgeForm() ActForm {
	p := x.p
	var kinds []Option
	for _, k := range distribution.Order(x.orders()[0].Value).Kinds() {
		kinds = append(kinds, Option{string(k), p.T("plan.kind_" + string(k))})
	}
	lots := []Option{{"", p.T("division.no_security")}}
	for _, l := range x.c.Lots {
		lots = append(lots, Option{l.ID.String(), p.pick(l.Title)})
	}
	return ActForm{
		ID: "claim", Title: p.T("division.lodge"), Note: p.T("division.lodge_note"), Action: x.base + "claim",
		Fields: prefixed("claim", []Field{
			{Name: "creditor_zh", Label: p.T("division.creditor") + " (中文)", Auto: "off", Required: true, Max: 200},
			{Name: "creditor_en", Label: p.T("division.creditor") + " (English)", Auto: "off", Max: 200, Hint: p.T("division.creditor_hint")},
			{Name: "kind", Label: p.T("division.kind"), Kind: "select", Options: kinds, Required: true, Start: true},
			{Name: "amount_fen", Label: p.T("division.amount"), Kind: "amount", Mode: "decimal", Required: true},
			{Name: "instrument", Label: p.T("division.instrument"), Auto: "off", Max: 200, Hint: p.T("division.instrument_hint"), Start: true},
			{Name: "applicant", Label: p.T("division.is_applicant"), Kind: "select", Options: []Option{{"", p.T("division.no")}, {"yes", p.T("division.yes")}}},
			{Name: "security", Label: p.T("division.security"), Kind: "select", Options: lots, Start: true},
			{Name: "rank", Label: p.T("division.rank"), Mode: "numeric", Auto: "off", Max: 3, Hint: p.T("division.rank_hint")},
			{Name: "seized", Label: p.T("division.seized"), Mode: "numeric", Auto: "off", Max: 3, Hint: p.T("division.seized_hint"), Start: true},
		}),
		Buttons: []Option{{"lodge", p.T("division.go_lodge")}},
	}
}

// withdrawalForm takes a claim back; nil where none stands.
func (x *division) withdrawalForm() *ActForm {
	p := x.p
	var stand []Option
	for _, k := range x.d.Claims {
		if k.WithdrawnAt == nil {
			stand = append(stand, Option{k.ID.String(), strconv.Itoa(k.No) + " " + p.pick(k.Creditor)})
		}
	}
	if len(stand) == 0 {
		return nil
	}
	reason := both("reason", p.T("division.withdraw_reason"), "textarea", true)
	reason[0].Start = true
	return &ActForm{
		ID: "withdrawal", Title: p.T("division.withdraw"), Note: p.T("division.withdraw_note"), Action: x.base + "withdrawal",
		Fields:  prefixed("withdrawal", append([]Field{{Name: "claim", Label: p.T("division.which_claim"), Kind: "select", Options: stand, Required: true, Start: true}}, reason...)),
		Buttons: []Option{{"withdraw", p.T("division.go_withdraw")}},
	}
}

// delayForm puts a delay of paying out on record, or ends the one that stands.
func (x *division) delayForm(stands *casefund.Delay) ActForm {
	p := x.p
	if stands != nil {
		return ActForm{ID: "delay-end", Title: p.T("division.delay_end"), Note: p.T("division.delay_end_note"), Action: x.base + "delay-end", Buttons: []Option{{"end", p.T("division.go_delay_end")}}}
	}
	var grounds []Option
	for _, g := range casefund.DelayGrounds() {
		grounds = append(grounds, Option{string(g), p.T("division.ground_" + string(g))})
	}
	fields := append([]Field{
		{Name: "ground", Label: p.T("division.ground"), Kind: "select", Options: grounds, Required: true},
		{Name: "until", Label: p.T("division.delay_until"), Kind: "datetime-local", Required: true},
	}, both("reason", p.T("division.reason"), "textarea", true)...)
	fields = append(fields, both("superior", p.T("bench.superior"), "", true)...)
	fields[2].Start, fields[4].Start = true, true
	return ActForm{
		ID: "delay", Title: p.T("division.delay"), Note: p.T("division.delay_note"), Action: x.base + "delay", Fields: prefixed("delay", fields),
		Buttons: []Option{{"delay", p.T("division.go_delay")}},
	}
}
