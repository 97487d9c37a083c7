package pages

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// prefixed keeps the ids of a form's fields apart from those of others on the page.
func prefixed(id string, fields []Field) []Field {
	out := append([]Field(nil), fields...)
	for i := range out {
		out[i].Prefix = id + "-"
	}
	return out
}

// both is a field in both languages.
func both(name, label, kind string, required bool) []Field {
	return []Field{
		{Name: name + "_zh", Label: label + " (中文)", Kind: kind, Required: required},
		{Name: name + "_en", Label: label + " (English)", Kind: kind, Required: required},
	}
}

// lateFields ask for the superior's reason that an act after its time needs.
func (p *Page) lateFields(form string) []Field {
	late, superior := both("late", p.T("bench.late_reason"), "textarea", false), both("superior", p.T("bench.superior"), "", false)
	late[0].Start, superior[0].Start = true, true
	return prefixed(form, append(late, superior...))
}

func lateOf(f url.Values) auction.Late {
	return auction.Late{Superior: text(f, "superior"), Reason: text(f, "late")}
}

// text reads a text in both languages.
func text(f url.Values, name string) docket.Text {
	return docket.Text{Zh: strings.TrimSpace(f.Get(name + "_zh")), En: strings.TrimSpace(f.Get(name + "_en"))}
}

// eligibilityForm is the court's finding on the buyer of a house under purchase limits (R17h), or of equity whose transfer takes an approval (R12e).
func (p *Page) eligibilityForm(base string, approval bool) ActForm {
	fields := prefixed("eligibility", []Field{
		{Name: "proof", Label: p.T("bench.eligibility_proof"), Required: true, Auto: "off", Max: 64, Hash: true},
		{Name: "reason_zh", Label: p.T("bench.eligibility_reason") + " (中文)", Kind: "textarea"},
		{Name: "reason_en", Label: p.T("bench.eligibility_reason") + " (English)", Kind: "textarea"},
	})
	title, note := p.T("bench.eligibility"), p.T("bench.eligibility_note")
	buttons := []Option{{"qualified", p.T("bench.eligibility_yes")}, {"not_qualified", p.T("bench.eligibility_no")}}
	if approval {
		title, note = p.T("bench.approval"), p.T("bench.approval_note")
		buttons = []Option{{"qualified", p.T("bench.approval_yes")}, {"not_qualified", p.T("bench.approval_no")}, {"knew", p.T("bench.approval_knew")}}
	}
	return ActForm{
		ID: "eligibility", Title: title, Note: note, Action: base + "eligibility", Fields: fields,
		Buttons: buttons,
	}
}

// unsoldForms are what the court does with an unsold property besides selling it again: the creditors are asked (R26s), one of
// them takes it for the debt (R16d), or it goes back to the debtor (R24r).
func (p *Page) unsoldForms(d *auction.DraftView, base string) []ActForm {
	offer := ActForm{
		ID: "offer", Title: p.T("bench.offer"), Note: p.T("bench.offer_note", "price", p.P(d.Terms.ReserveFen())), Action: base + "offer",
		Fields: prefixed("offer", append(both("creditor", p.T("bench.offer_creditor"), "", true),
			Field{Name: "rank", Label: p.T("bench.offer_rank"), Mode: "numeric", Value: "1", Required: true},
			Field{Name: "claim", Label: p.T("bench.offer_claim"), Mode: "decimal", Required: true})),
		Buttons: []Option{{"offer", p.T("bench.offer")}},
	}
	if d.Stage == law.First {
		return append(p.takingForm(d, base), offer)
	}
	ask := ActForm{
		ID: "ask", Title: p.T("bench.ask"), Note: p.T("bench.ask_note"), Action: base + "ask",
		Fields:  append(prefixed("ask", both("how", p.T("bench.ask_how"), "", true)), p.lateFields("ask")...),
		Buttons: []Option{{"ask", p.T("bench.ask")}},
	}
	forms := append(p.takingForm(d, base), ask, offer)
	if d.Stage == law.Second {
		return forms
	}
	return append(forms, ActForm{
		ID: "return", Title: p.T("bench.return"), Note: p.T("bench.return_note"), Action: base + "return",
		Fields:  append(prefixed("return", both("reason", p.T("bench.return_reason"), "textarea", true)), p.lateFields("return")...),
		Buttons: []Option{{"return", p.T("bench.return")}},
	})
}

// releaseForm lifts the seizure of a property that waits for its next sale: the enforcement against it ended (R17w), or other lots of
// its case brought enough (R14s).
func (p *Page) releaseForm(d *auction.DraftView, base string) []ActForm {
	if !d.AwaitsNext {
		return nil
	}
	ground := Field{Name: "ground", Label: p.T("bench.release_ground"), Kind: "select"}
	for _, g := range auction.ReleaseGrounds() {
		ground.Options = append(ground.Options, Option{string(g), p.groundName(g)})
	}
	reason := both("reason", p.T("bench.return_reason"), "textarea", true)
	reason[0].Start = true
	return []ActForm{{
		ID: "release", Title: p.T("bench.release"), Note: p.T("bench.release_note"), Action: base + "return",
		Fields:  prefixed("release", append([]Field{ground}, reason...)),
		Buttons: []Option{{"release", p.T("bench.release")}},
	}}
}

// takingForm chooses among the creditors who would take the property; none while nobody would.
func (p *Page) takingForm(d *auction.DraftView, base string) []ActForm {
	if len(d.Offers) == 0 {
		return nil
	}
	chosen := Field{Name: "offer", Label: p.T("bench.taking_offer"), Kind: "select"}
	for _, o := range d.Offers {
		chosen.Options = append(chosen.Options, Option{
			o.ID.String(), p.T("bench.taking_option", "rank", o.Rank, "creditor", p.pick(o.Creditor), "claim", p.P(o.Claim)),
		})
	}
	return []ActForm{{
		ID: "taking", Title: p.T("bench.taking"), Note: p.T("bench.taking_note"), Action: base + "taking", Main: true,
		Fields:  prefixed("taking", []Field{chosen, {Name: "draw", Label: p.T("bench.taking_draw"), Auto: "off"}}),
		Buttons: []Option{{"taking", p.T("bench.taking")}},
	}}
}

// actAfter calls the use cases of what comes after the end of bidding.
func (s *Site) actAfter(ctx context.Context, by auction.Actor, act string, f url.Values, lot uuid.UUID) error {
	reason := text(f, "reason")
	switch act {
	case "notice":
		return s.recordNotice(ctx, by, f, lot)
	case "eligibility":
		return s.Auction.CheckEligibility(ctx, by, auction.Eligibility{
			Lot: lot, Qualified: f.Get("act") == "qualified", Knew: f.Get("act") == "knew", Proof: strings.TrimSpace(f.Get("proof")), Reason: reason,
		})
	case "ask":
		return s.Auction.AskCreditors(ctx, by, auction.Asking{Lot: lot, How: text(f, "how"), Late: lateOf(f)})
	case "offer":
		claim, err := money.ParseYuan(f.Get("claim"))
		if err != nil {
			return inField(err, "claim")
		}
		rank, err := strconv.Atoi(strings.TrimSpace(f.Get("rank")))
		if err != nil {
			return fault.New(fault.Invalid, fault.InvalidRequest).InField("rank")
		}
		_, err = s.Auction.OfferToTake(ctx, by, auction.TakingOffer{Lot: lot, Creditor: text(f, "creditor"), Rank: rank, Claim: claim})
		return err
	case "taking":
		k := auction.Taking{Lot: lot}
		var err error
		if k.Offer, err = uuid.Parse(f.Get("offer")); err != nil {
			return fault.New(fault.Invalid, fault.InvalidRequest).InField("offer")
		}
		if draw := strings.TrimSpace(f.Get("draw")); draw != "" {
			if k.Draw, err = uuid.Parse(draw); err != nil {
				return fault.New(fault.Invalid, fault.InvalidRequest).InField("draw")
			}
		}
		_, err = s.Auction.TakeForDebt(ctx, by, k)
		return err
	case "lapse":
		return s.Auction.LapseTaking(ctx, by, auction.CourtAct{Lot: lot, Reason: reason})
	case "letters":
		return s.Auction.WriteLetters(ctx, by, lot)
	case "return":
		return s.Auction.ReturnToDebtor(ctx, by, auction.CourtAct{Lot: lot, Ground: auction.Ground(f.Get("ground")), Reason: reason, Late: lateOf(f)})
	}
	return fault.New(fault.NotFound, fault.NotFoundCode)
}
