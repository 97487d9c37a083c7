package pages

import (
	"context"
	"net/url"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
)

// stepAct goes before the name of a step in the act of its form.
const stepAct = "step_"

// benchHandover adds a ruled lot's way to its buyer: what is settled, and forms for what can be settled now.
func (s *Site) benchHandover(r *Request, d *auction.DraftView, v *BenchLotView) error {
	if d.State != auction.Ruled {
		return nil
	}
	way, err := s.Handover.Steps(r.Context(), r.actor(), d.ID)
	if err != nil {
		return err
	}
	p := r.P
	v.Handover = p.handoverSteps(way, true)
	if way.HandedOverAt != nil {
		return nil
	}
	base := "/bench/lots/" + d.ID.String() + "/"
	var forms []ActForm
	settled := Field{Name: "step", Label: p.T("handover.corrected_step"), Kind: "select", Prefix: "correct-"}
	for i, st := range way.Steps {
		if st.Next {
			forms = append(forms, p.stepForm(base, st, i == len(way.Steps)-1))
		}
		if st.Step == handover.CollectionOffered && st.State == handover.Done && way.Steps[i+1].State == handover.Owed {
			forms = append(forms, p.stepForm(base, st, false)) // more appointments
		}
		if st.State == handover.Done || st.State == handover.Skipped {
			settled.Options = append(settled.Options, Option{string(st.Step), p.T("handover." + string(st.Step))})
		}
	}
	if p.Now.After(way.DueAt) {
		for i := range v.Acts {
			v.Acts[i].Fields = append(v.Acts[i].Fields, p.lateFields("hand_over")...)
		}
	}
	v.Acts = append(forms, v.Acts...)
	if len(settled.Options) > 0 {
		v.Acts = append(v.Acts, ActForm{
			ID: "correct", Title: p.T("handover.correct"), Note: p.T("handover.correct_note"), Action: base + "correct",
			Fields: []Field{settled, {Name: "note", Label: p.T("handover.note"), Kind: "textarea", Required: true, Prefix: "correct-"}}, Buttons: []Option{{"correct", p.T("handover.correct")}},
		})
	}
	return nil
}

// stepForm settles one step.
func (p *Page) stepForm(base string, st handover.StepView, final bool) ActForm {
	name := string(st.Step)
	prefix := stepAct + name + "-"
	f := ActForm{
		ID: stepAct + name, Title: p.T("handover." + name), Note: p.T("handover.due", "at", p.W.Minute(st.DueAt)), Action: base + stepAct + name, Main: final,
		Buttons: []Option{{"done", p.T("handover.settle")}},
	}
	switch st.Step { //nolint:exhaustive // the others have the note alone
	case handover.NoticeToVacate:
		f.Fields = append(f.Fields, Field{Name: "vacate_by", Label: p.T("handover.vacate_by"), Kind: "datetime-local", Value: p.W.Local(p.Now.AddDate(0, 0, 7)).Format(formTime), Prefix: prefix})
	case handover.DeadlineToVacate:
		f.Fields = append(f.Fields, Field{
			Name: "outcome", Label: p.T("handover.outcome"), Kind: "select", Prefix: prefix,
			Options: []Option{{string(handover.Stayed), p.T("handover.stayed")}, {string(handover.Left), p.T("handover.left")}},
		})
	case handover.CollectionOffered:
		f.Fields = append(f.Fields,
			Field{Name: "slot_from", Label: p.T("handover.slot_from"), Kind: "datetime-local", Prefix: prefix}, Field{Name: "slot_to", Label: p.T("handover.slot_to"), Kind: "datetime-local", Prefix: prefix},
			Field{Name: "place_zh", Label: p.T("handover.place") + " (中文)", Prefix: prefix}, Field{Name: "place_en", Label: p.T("handover.place") + " (English)", Prefix: prefix})
	case handover.CollectionBooked:
		f.Buttons = nil // the buyer's own
	default:
		f.Fields = append(f.Fields, Field{Name: "note", Label: p.T("handover.note"), Kind: "textarea", Hint: p.T("handover.note_hint"), Prefix: prefix})
	}
	if st.State == handover.Owed && p.Now.After(st.DueAt) {
		f.Fields = append(f.Fields, p.lateFields(stepAct+name)...)
	}
	if !final && st.State == handover.Owed {
		f.Fields = append(f.Fields, Field{Name: "reason_zh", Label: p.T("handover.skip_reason") + " (中文)", Prefix: prefix}, Field{Name: "reason_en", Label: p.T("handover.skip_reason") + " (English)", Prefix: prefix})
		f.Buttons = append(f.Buttons, Option{"skip", p.T("handover.skip")})
	}
	return f
}

// handoverSteps is the way in words; the court sees reasons and its corrections.
func (p *Page) handoverSteps(v handover.View, court bool) []Step {
	out := make([]Step, 0, len(v.Steps))
	for _, st := range v.Steps {
		step := Step{Title: p.T("handover." + string(st.Step)), Text: p.T("handover.due", "at", p.W.Minute(st.DueAt))}
		at := ""
		if st.SettledAt != nil {
			at = p.W.Minute(*st.SettledAt)
		}
		switch st.State {
		case handover.Done:
			step.State, step.Text = Done, p.T("handover.done_at", "at", at)
		case handover.Skipped:
			step.State, step.Text = Done, p.T("handover.skipped_at", "at", at)
		case handover.Cancelled:
			step.State, step.Text = Done, p.T("handover.cancelled_at", "at", at)
		case handover.Owed:
			if st.Next {
				step.State = DueNow
			}
			if p.Now.After(st.DueAt) {
				step.State = Late
			}
		}
		if st.Late {
			step.Text += p.T("frame.comma") + p.T("handover.late")
		}
		if court {
			for _, more := range append([]string{p.pick(st.Reason), st.Note}, corrections(st)...) {
				if more != "" {
					step.Text += p.T("frame.comma") + more
				}
			}
		}
		out = append(out, step)
	}
	return out
}

func corrections(st handover.StepView) []string {
	out := make([]string, len(st.Corrections))
	for i, c := range st.Corrections {
		out[i] = c.Note
	}
	return out
}

// settleStep carries out the form of a step.
func (s *Site) settleStep(ctx context.Context, by auction.Actor, step handover.Step, f url.Values, lot uuid.UUID) error {
	if skip := f.Get("act") == "skip"; step == handover.CollectionOffered && !skip {
		from, err := localTime(f.Get("slot_from"), "slot_from")
		if err != nil {
			return err
		}
		to, err := localTime(f.Get("slot_to"), "slot_to")
		if err != nil {
			return err
		}
		return s.Handover.Offer(ctx, by, lot, []handover.Slot{{StartsAt: from, EndsAt: to, Place: text(f, "place")}}, lateOf(f))
	}
	in := handover.Settlement{
		Lot: lot, Step: step, Skip: f.Get("act") == "skip", Reason: text(f, "reason"), Outcome: handover.Outcome(f.Get("outcome")), Note: f.Get("note"), Late: lateOf(f),
	}
	if step == handover.NoticeToVacate && !in.Skip {
		var err error
		if in.VacateBy, err = localTime(f.Get("vacate_by"), "vacate_by"); err != nil {
			return err
		}
	}
	return s.Handover.Settle(ctx, by, in)
}

// collect takes an appointment for the buyer.
func (s *Site) collect(r *Request) error {
	lot, err := r.lotID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	slot, err := uuid.Parse(r.PostForm.Get("slot"))
	if err != nil {
		return fault.New(fault.Invalid, fault.InvalidRequest).InField("slot")
	}
	if err := s.Handover.Book(r.Context(), r.actor(), lot, slot); err != nil {
		return s.meAgain(r, err)
	}
	return r.seeOther("/me?done=booked")
}

// meAgain shows the buyer's desk with what was refused.
func (s *Site) meAgain(r *Request, refused error) error {
	status, ok := refusal(refused)
	if !ok {
		return refused
	}
	v, err := s.meView(r)
	if err != nil {
		return err
	}
	v.Errors = ErrorsOf(r.P.W, refused)
	return r.show(status, MePage(r.P, v))
}

// bought adds to a purchase its way to the buyer and the appointments that can be taken.
func (s *Site) bought(ctx context.Context, p *Page, account uuid.UUID, d *auction.LotDetail, w *Won) {
	if d.Ruling == nil {
		return
	}
	way, err := s.Handover.Bought(ctx, account, d.ID)
	if err != nil {
		s.Trace.WarnContext(ctx, "a purchase's handing over was not read", "error", err)
		return
	}
	w.Handover = p.handoverSteps(way, false)
	free := false
	for _, st := range way.Steps {
		free = free || (st.Step == handover.CollectionBooked && st.Next)
	}
	for _, slot := range way.Slots {
		text := p.T("handover.slot", "from", p.W.Minute(slot.StartsAt), "to", p.W.Minute(slot.EndsAt), "place", p.pick(slot.Place))
		switch {
		case slot.BookedAt != nil:
			w.Appointment = text
		case free && slot.StartsAt.After(p.Now):
			w.Slots = append(w.Slots, Option{slot.ID.String(), text})
		}
	}
}
