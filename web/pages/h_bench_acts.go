package pages

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/papers"
)

// benchActs are the forms of what the court may do with a lot now.
func (p *Page) benchActs(d *auction.DraftView, r *Request) []ActForm {
	base := "/bench/lots/" + d.ID.String() + "/"
	reason := []Field{
		{Name: "reason_zh", Label: p.T("bench.reason_zh"), Kind: "textarea", Required: true},
		{Name: "reason_en", Label: p.T("bench.reason_en"), Kind: "textarea", Required: true},
	}
	stay := ActForm{ID: "stay", Title: p.T("bench.stay"), Note: p.T("bench.stay_note"), Action: base + "stay", Fields: prefixed("stay", reason), Buttons: []Option{{"stay", p.T("bench.stay")}}}
	why := Field{Name: "ground", Label: p.T("bench.stay_ground"), Kind: "select", Prefix: "stay-"}
	for _, g := range papers.StayGrounds() {
		why.Options = append(why.Options, Option{g, p.T("stay_ground." + g)})
	}
	stay.Fields = append([]Field{why}, stay.Fields...)
	resume := ActForm{ID: "resume", Title: p.T("bench.resume"), Note: p.T("bench.resume_note"), Action: base + "resume", Fields: append(prefixed("resume", reason), p.lateFields("resume")...), Buttons: []Option{{"resume", p.T("bench.resume")}}, Main: true}
	withdraw := ActForm{ID: "withdraw", Title: p.T("bench.withdraw"), Note: p.T("bench.withdraw_note"), Action: base + "withdraw", Fields: prefixed("withdraw", reason), Buttons: []Option{{"withdraw", p.T("bench.withdraw")}}}
	grounds := Field{Name: "ground", Label: p.T("bench.ground"), Kind: "select", Prefix: "withdraw-"}
	for _, g := range auction.Grounds() {
		grounds.Options = append(grounds.Options, Option{string(g), p.groundName(g)})
	}
	withdraw.Fields = append(withdraw.Fields, grounds)
	standing := p.standingForm(base)
	switch d.State {
	case auction.Draft:
		return append(p.draftActs(d, r, base), p.noticeForm(base))
	case auction.Voted:
		letters := ActForm{ID: "letters", Title: p.T("paper.letters"), Note: p.T("paper.letters_note"), Action: base + "letters", Buttons: []Option{{"letters", p.T("paper.letters")}}}
		return []ActForm{p.announceForm(d, base), p.noticeForm(base), letters, standing}
	case auction.Announced:
		if phaseOf(&d.LotSummary).Running() {
			return []ActForm{stay, standing}
		}
		return []ActForm{stay, withdraw, standing}
	case auction.Suspended:
		return []ActForm{resume, withdraw, standing}
	case auction.Paid, auction.Taken:
		forms := []ActForm{}
		if d.Document.PurchaseLimits != nil || d.Document.Approval != nil {
			forms = append(forms, p.eligibilityForm(base, d.Document.Approval != nil))
		}
		forms = append(forms, ActForm{
			ID: "rule", Title: p.T("bench.rule"), Note: p.T("bench.rule_note"), Action: base + "rule", Main: true,
			Fields: append([]Field{{Name: "number", Label: p.T("bench.ruling_number"), Required: true, Auto: "off"}}, p.lateFields("rule")...), Buttons: []Option{{"rule", p.T("bench.rule")}},
		})
		if d.DifferenceDue != nil {
			forms = append(forms, ActForm{
				ID: "lapse", Title: p.T("bench.lapse"), Note: p.T("bench.lapse_note", "due", p.W.Minute(*d.DifferenceDue)), Action: base + "lapse",
				Fields: prefixed("lapse", reason), Buttons: []Option{{"lapse", p.T("bench.lapse")}},
			})
		}
		return forms
	case auction.Ruled:
		if d.HandedOver {
			return nil
		}
		return []ActForm{{ID: "hand_over", Title: p.T("bench.hand_over"), Note: p.T("bench.hand_over_note"), Action: base + "hand_over", Buttons: []Option{{"hand_over", p.T("bench.hand_over")}}}}
	case auction.Unsold:
		return append(append(p.unsoldForms(d, base), p.nextSaleForm(d, base)...), p.releaseForm(d, base)...)
	case auction.Defaulted, auction.SetAside, auction.Withdrawn:
		if d.AwaitsNext {
			return append(p.nextSaleForm(d, base), p.releaseForm(d, base)...)
		}
	case auction.Sold, auction.Returned:
	}
	return nil
}

// draftActs is the vote, for who has not voted on these terms.
func (p *Page) draftActs(d *auction.DraftView, r *Request, base string) []ActForm {
	for _, v := range d.Votes {
		if v.JudgeID == r.Visitor.Identity.ID {
			return nil
		}
	}
	return []ActForm{{
		ID: "vote", Title: p.T("bench.vote"), Note: p.T("bench.vote_note"), Action: base + "vote", Main: true,
		Fields:  []Field{{Name: "opinion", Label: p.T("bench.vote_opinion"), Kind: "textarea"}, {Name: "terms_digest", Kind: "hidden", Value: d.TermsDigest}, {Name: "property_digest", Kind: "hidden", Value: d.PropertyDigest}},
		Buttons: []Option{{"approve", p.T("bench.vote_yes")}, {"refuse", p.T("bench.vote_no")}},
	}}
}

// formTime is how a datetime-local input writes a court's local time.
const formTime = "2006-01-02T15:04:05"

func (p *Page) announceForm(d *auction.DraftView, base string) ActForm {
	// A minute's grace lets a form that is sent at once pass as it is.
	start := p.W.Local(d.EarliestStart.Add(time.Minute))
	end := start.Add(time.Duration(d.LeastBiddingMS) * time.Millisecond)
	a := ActForm{
		ID: "announce", Title: p.T("bench.announce"), Note: p.T("bench.announce_note", "earliest", p.W.Time(d.EarliestStart)), Action: base + "announce", Main: true,
		Fields: []Field{
			{Name: "starts_at", Label: p.T("bench.starts_at"), Kind: "datetime-local", Value: start.Format(formTime), Required: true},
			{Name: "ends_at", Label: p.T("bench.ends_at"), Kind: "datetime-local", Value: end.Format(formTime), Required: true},
		},
		Buttons: []Option{{"announce", p.T("bench.announce")}},
	}
	if d.Stage != law.First {
		a.Fields = append(a.Fields, Field{Name: "late_zh", Label: p.T("bench.late_reason") + " (中文)", Kind: "textarea"}, Field{Name: "late_en", Label: p.T("bench.late_reason") + " (English)", Kind: "textarea"},
			Field{Name: "superior_zh", Label: p.T("bench.superior") + " (中文)"}, Field{Name: "superior_en", Label: p.T("bench.superior") + " (English)"})
	}
	return a
}

func (p *Page) standingForm(base string) ActForm {
	return ActForm{
		ID: "standing", Title: p.T("bench.standing"), Note: p.T("bench.standing_note"), Action: base + "standing",
		Fields: []Field{
			{Name: "login", Label: p.T("bench.standing_login"), Auto: "off", Required: true, Prefix: "standing-"},
			{Name: "rank", Label: p.T("bench.standing_rank"), Mode: "numeric", Value: "1", Prefix: "standing-"},
			{
				Name: "capacity", Label: p.T("enrol.s3"), Kind: "select", Prefix: "standing-",
				Options: []Option{{"priority", p.T("enrol.cap_priority")}, {"creditor", p.T("enrol.cap_creditor")}},
			},
		},
		Buttons: []Option{{"standing", p.T("bench.standing")}},
	}
}

// nextSaleForm drafts the second sale, the sell-off or the re-sale.
func (p *Page) nextSaleForm(d *auction.DraftView, base string) []ActForm {
	least, note := d.StartingPriceFen, "bench.next_resale"
	switch {
	case d.State == auction.SetAside && d.Document.Approval == nil:
		note = "bench.next_after_aside"
	case d.State == auction.SetAside:
		note = "bench.next_after_approval"
	case d.State == auction.Withdrawn:
		note = "bench.next_after_withdrawal"
	case d.State == auction.Unsold && d.Stage == law.First:
		note = "bench.next_second"
		if rules, ok := law.ByName(d.RuleSet); ok {
			if f, err := rules.MinSecondStart(d.StartingPriceFen); err == nil {
				least = f
			}
		}
	case d.State == auction.Unsold && d.Stage == law.Second:
		note = "bench.next_sell_off"
	case d.State == auction.Unsold && d.Stage == law.SellOff:
		return p.noReserveForm(d, base)
	case d.State == auction.Unsold:
		return nil
	}
	return []ActForm{{
		ID: "next", Title: p.T("bench.next_sale"), Note: p.W.Map(note, map[string]any{"least": p.P(least)}) + " " + p.T("bench.next_told"), Action: base + "next", Main: true,
		Fields: []Field{
			{Name: "starting_price_fen", Label: p.T("bench.starting_price"), Kind: "amount", Mode: "decimal", Value: least.ShortYuan(), Required: true},
			{Name: "increment_fen", Label: p.T("bench.increment"), Kind: "amount", Mode: "decimal", Value: d.IncrementFen.ShortYuan(), Required: true},
			{Name: "deposit_fen", Label: p.T("bench.deposit"), Kind: "amount", Mode: "decimal", Value: min(d.DepositFen, least/5).ShortYuan(), Required: true},
		},
		Buttons: []Option{{"next", p.T("bench.next_sale")}},
	}}
}

// benchAct carries one act of the court out; what is refused stands at its form.
func (s *Site) benchAct(r *Request) error {
	id, err := r.lotID()
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	act := r.Params["act"]
	to := id
	done := act
	if strings.HasPrefix(act, stepAct) {
		done = "step"
	}
	if act == "revise" {
		done, err = s.revise(r, id)
	} else {
		err = s.act(r.Context(), r, act, &to)
	}
	if err == nil {
		return r.seeOther("/bench/lots/" + to.String() + "?done=" + url.QueryEscape(done))
	}
	status, ok := refusal(err)
	if !ok {
		return err
	}
	v, e := s.benchLotView(r, &refusedAct{act, err, r.PostForm})
	if e != nil {
		return e
	}
	return r.show(status, BenchLotPage(r.P, v))
}

// act calls the use case; lot becomes the new lot where one was drafted.
func (s *Site) act(ctx context.Context, r *Request, act string, lot *uuid.UUID) error {
	f, by := r.PostForm, r.actor()
	reason := text(f, "reason")
	switch act {
	case "vote":
		_, err := s.Auction.Vote(ctx, by, auction.Ballot{
			Lot: *lot, TermsDigest: f.Get("terms_digest"), PropertyDigest: f.Get("property_digest"), Approve: f.Get("act") == "approve", Opinion: strings.TrimSpace(f.Get("opinion")),
		})
		return err
	case "announce":
		starts, err1 := localTime(f.Get("starts_at"), "starts_at")
		ends, err2 := localTime(f.Get("ends_at"), "ends_at")
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return s.Auction.Announce(ctx, by, auction.Announcement{
			Lot: *lot, StartsAt: starts, EndsAt: ends, LateReason: text(f, "late"), Superior: text(f, "superior"),
		})
	case "stay":
		return s.Auction.Stay(ctx, by, auction.CourtAct{Lot: *lot, Reason: reason, Ground: stayGround(f.Get("ground"))})
	case "resume":
		return s.Auction.Resume(ctx, by, auction.CourtAct{Lot: *lot, Reason: reason, Late: lateOf(f)})
	case "withdraw":
		return s.Auction.Withdraw(ctx, by, auction.CourtAct{Lot: *lot, Reason: reason, Ground: auction.Ground(f.Get("ground"))})
	case "drop":
		return s.Auction.WithdrawDraft(ctx, by, *lot)
	case "rule":
		return s.Auction.Rule(ctx, by, auction.Ruling{Lot: *lot, Number: f.Get("number"), Late: lateOf(f)})
	case "hand_over":
		return s.Auction.HandOver(ctx, by, auction.Delivery{Lot: *lot, Late: lateOf(f)})
	case "standing":
		return s.confirmStanding(ctx, by, f, *lot)
	case "next":
		return s.nextSale(ctx, by, f, lot)
	case "draw":
		return s.drawTakers(ctx, by, *lot)
	case "correct":
		return s.Handover.Correct(ctx, by, *lot, handover.Step(f.Get("step")), f.Get("note"))
	}
	if step, ok := strings.CutPrefix(act, stepAct); ok {
		return s.settleStep(ctx, by, handover.Step(step), f, *lot)
	}
	return s.actAfter(ctx, by, act, f, *lot)
}

// stayGround takes only what the form offers.
func stayGround(text string) auction.Ground {
	if slices.Contains(papers.StayGrounds(), text) {
		return auction.Ground(text)
	}
	return ""
}

func (s *Site) confirmStanding(ctx context.Context, by auction.Actor, f url.Values, lot uuid.UUID) error {
	who, err := s.Accounts.ByLogin(ctx, strings.TrimSpace(f.Get("login")))
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return fault.New(fault.Invalid, fault.InvalidRequest).InField("login")
		}
		return err
	}
	rank, err := strconv.Atoi(strings.TrimSpace(f.Get("rank")))
	if err != nil {
		return fault.New(fault.Invalid, fault.InvalidRequest).InField("rank")
	}
	if f.Get("capacity") == "creditor" {
		rank = 0
	}
	return s.Auction.ConfirmStanding(ctx, by, auction.Standing{Lot: lot, Account: who.ID, Capacity: f.Get("capacity"), Rank: rank})
}

func (s *Site) nextSale(ctx context.Context, by auction.Actor, f url.Values, lot *uuid.UUID) error {
	var n auction.NextSale
	var refused []error
	for name, into := range map[string]*money.Fen{"starting_price_fen": &n.StartingPrice, "increment_fen": &n.Increment, "deposit_fen": &n.Deposit} {
		v, err := money.ParseYuan(f.Get(name))
		if err != nil {
			refused = append(refused, inField(err, name))
		}
		*into = v
	}
	if len(refused) > 0 {
		return errors.Join(refused...)
	}
	d, err := s.Auction.Draft(ctx, by, *lot, s.Clock.Now())
	if err != nil {
		return err
	}
	list := s.Auction.ListSecondSale
	switch {
	case d.State == auction.Defaulted, d.State == auction.SetAside, d.State == auction.Withdrawn:
		list = s.Auction.ListReSale
	case d.Stage == law.SellOff:
		list, n.NoReserve = s.Auction.ListNoReserve, noReserveOf(f)
	case d.Stage != law.First:
		list = s.Auction.ListSellOff
	}
	*lot, err = list(ctx, by, *lot, n)
	return err
}

// localTime reads a datetime-local input, which is the court's time.
func localTime(text, field string) (time.Time, error) {
	zone := law.CourtTime()
	for _, layout := range []string{formTime, "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, fault.InvalidRequest).InField(field)
}

// faultsOf takes a refusal apart into its faults.
func faultsOf(err error) []*fault.Error {
	var out []*fault.Error
	for _, one := range unjoin(err) {
		if f, ok := errors.AsType[*fault.Error](one); ok {
			out = append(out, f)
		}
	}
	return out
}

// groundName is a ground of a withdrawal in words.
func (p *Page) groundName(g auction.Ground) string {
	if g == auction.OtherGround {
		return p.T("ground.others") // "other" is a word of the catalogue's own
	}
	return p.T("ground." + string(g))
}
