package pages

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/drawing"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/pricing"
)

// said is the key of what an act's answer says.
func said(act string) string {
	switch act {
	case "start", "fix", "agree", "costs", "withdraw", "draw", "skip":
		return act
	}
	return "done"
}

// carryOutPrice calls the use case of an act on the newest determination of a piece of property.
func (s *Site) carryOutPrice(r *Request, asset uuid.UUID, act string) error {
	ctx, by, f := r.Context(), r.actor(), r.PostForm
	st, err := s.Prices.Standing(ctx, by, asset, r.Now)
	if err != nil {
		return err
	}
	switch act {
	case "start":
		_, err := s.Prices.Start(ctx, by, asset, lateOf(f))
		return err
	case "draw":
		return s.listFirms(r, asset)
	}
	if st.D == nil {
		return fault.New(fault.Conflict, fault.StateConflict).ByRule("R10p")
	}
	price, turn := st.D.ID, st.D.Turn()
	reason := text(f, "reason")
	switch act {
	case "skip":
		return s.Prices.Skip(ctx, by, price, turn, pricing.SkipGround(f.Get("ground")), reason)
	case "agree":
		return s.agreePrice(r, &st)
	case "inquire":
		return s.inquirePrice(r, price, turn)
	case "choose":
		return s.chooseFirms(r, &st)
	case "engage":
		return s.Prices.Engage(ctx, by, price)
	case "end":
		return s.Prices.EndEngagement(ctx, by, price, pricing.EndGround(f.Get("ground")), reason)
	case "fix":
		return s.Prices.Fix(ctx, by, price, turn)
	case "withdraw":
		return s.Prices.Withdraw(ctx, by, price, pricing.WithdrawGround(f.Get("ground")), reason)
	case "costs":
		return s.costsPrice(r, price)
	}
	return s.reportAct(r, price, act)
}

// reportAct calls the use cases around reports: their time, their service, objections to them.
func (s *Site) reportAct(r *Request, price uuid.UUID, act string) error {
	ctx, by, f := r.Context(), r.actor(), r.PostForm
	switch act {
	case "report":
		in, err := figuresOf(f)
		if err != nil {
			return err
		}
		in.Price = price
		if in.Source, err = idIn(f, "source"); err != nil {
			return err
		}
		_, err = s.Prices.Report(ctx, by, in)
		return err
	case "extend":
		source, err := idIn(f, "source")
		if err != nil {
			return err
		}
		days, err := strconv.Atoi(strings.TrimSpace(f.Get("days")))
		if err != nil && f.Get("days") != "" {
			return badField("days")
		}
		return s.Prices.Extend(ctx, by, price, source, days)
	case "serve", "interested":
		who, err := whoOf(f)
		if err != nil {
			return err
		}
		way := pricing.Way(f.Get("way"))
		return s.Prices.Send(ctx, by, pricing.Sending{
			Price: price, Who: who, Way: way, Received: f.Get("received") == "yes" && way != pricing.Published, Proof: strings.TrimSpace(f.Get("proof")), Reason: text(f, "reason"), Late: lateOf(f),
		})
	case "receive":
		who, err := whoOf(f)
		if err != nil {
			return err
		}
		at, err := localTime(f.Get("at"), "at")
		if err != nil {
			return err
		}
		return s.Prices.Receive(ctx, by, price, who, at, strings.TrimSpace(f.Get("proof")))
	}
	return s.objectionAct(r, price, act)
}

func (s *Site) objectionAct(r *Request, price uuid.UUID, act string) error {
	ctx, by, f := r.Context(), r.actor(), r.PostForm
	switch act {
	case "object":
		who, err := whoOf(f)
		if err != nil {
			return err
		}
		report, err := idIn(f, "report")
		if err != nil {
			return err
		}
		_, err = s.Prices.Object(ctx, by, pricing.Objecting{Price: price, Report: report, By: who, Ground: pricing.ObjectionGround(f.Get("ground")), Text: strings.TrimSpace(f.Get("text_hash"))})
		return err
	case "pass":
		objection, err := idIn(f, "objection")
		if err != nil {
			return err
		}
		return s.Prices.Pass(ctx, by, price, objection, lateOf(f))
	case "decide":
		objection, err := idIn(f, "objection")
		if err != nil {
			return err
		}
		in := pricing.Ruling{Price: price, Objection: objection, Outcome: pricing.Outcome(f.Get("outcome")), Reason: text(f, "reason"), Late: lateOf(f)}
		if in.Outcome == pricing.Corrected {
			if in.Correction, err = figuresOf(f); err != nil {
				return err
			}
		}
		return s.Prices.Decide(ctx, by, in)
	}
	return fault.New(fault.NotFound, fault.NotFoundCode)
}

func badField(name string) error {
	return fault.New(fault.Invalid, fault.InvalidRequest).InField(name)
}

func idIn(f url.Values, name string) (uuid.UUID, error) {
	id, err := uuid.Parse(f.Get(name))
	if err != nil {
		return uuid.Nil, badField(name)
	}
	return id, nil
}

// whoOf reads somebody by role and number.
func whoOf(f url.Values) (pricing.Who, error) {
	role, no, _ := strings.Cut(f.Get("who"), ":")
	n, err := strconv.Atoi(no)
	if err != nil {
		return pricing.Who{}, badField("who")
	}
	return pricing.Who{Role: pricing.Role(role), No: n}, nil
}

// figuresOf reads a report's.
func figuresOf(f url.Values) (pricing.Answer, error) {
	fen, err := money.ParseYuan(f.Get("amount"))
	if err != nil {
		return pricing.Answer{}, inField(err, "amount")
	}
	return pricing.Answer{
		Fen: fen, Number: strings.TrimSpace(f.Get("number")), Hash: strings.TrimSpace(f.Get("hash")), ValuedOn: docket.Date(f.Get("valued_on")), ValidUntil: docket.Date(f.Get("valid_until")),
	}, nil
}

// namesOf reads names, one a line: Chinese, a bar, English. A line without a bar is the same in both.
func namesOf(typed string) []docket.Text {
	var list []docket.Text
	for line := range strings.Lines(typed) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		zh, en, two := strings.Cut(strings.ReplaceAll(line, "｜", "|"), "|")
		if !two {
			en = zh
		}
		list = append(list, docket.Text{Zh: strings.TrimSpace(zh), En: strings.TrimSpace(en)})
	}
	return list
}

func (s *Site) agreePrice(r *Request, st *pricing.Standing) error {
	f := r.PostForm
	in := pricing.Agreement{Price: st.D.ID, Paper: strings.TrimSpace(f.Get("paper")), ValidUntil: docket.Date(f.Get("valid_until"))}
	for i := range st.D.Parties {
		name := "result_" + strconv.Itoa(i)
		fen, err := money.ParseYuan(f.Get(name))
		if err != nil {
			return inField(err, name)
		}
		in.Results = append(in.Results, fen)
	}
	return s.Prices.Agree(r.Context(), r.actor(), in)
}

func (s *Site) inquirePrice(r *Request, price uuid.UUID, turn pricing.Origin) error {
	f := r.PostForm
	in := pricing.Inquiry{Price: price, Origin: turn, Of: namesOf(f.Get("of"))}
	if turn == pricing.Authority {
		in.Of = []docket.Text{text(f, "name")}
		var err error
		if in.DueAt, err = localTime(f.Get("due_at"), "due_at"); err != nil {
			return err
		}
	}
	return s.Prices.Inquire(r.Context(), r.actor(), in)
}

// chooseFirms takes three firms as they are agreed, or the next three of a draw.
func (s *Site) chooseFirms(r *Request, st *pricing.Standing) error {
	f := r.PostForm
	in := pricing.Choice{Price: st.D.ID, By: f.Get("chosen_by"), Firms: namesOf(f.Get("firms"))}
	draw, err := uuid.Parse(in.By)
	if err == nil && s.Draws != nil {
		d, err := s.Draws.Get(r.Context(), draw)
		if err != nil {
			return err
		}
		used := 0
		for _, src := range st.D.Asked(pricing.Appraisal) {
			if src.Draw != nil && *src.Draw == draw {
				used++
			}
		}
		in.By, in.Draw, in.Firms = pricing.ByDraw, draw, nil
		for _, c := range d.Candidates[min(used, len(d.Candidates)):] {
			if c.Firm != nil && len(in.Firms) < 3 {
				in.Firms = append(in.Firms, *c.Firm)
			}
		}
	}
	return s.Prices.Choose(r.Context(), r.actor(), in)
}

func (s *Site) costsPrice(r *Request, price uuid.UUID) error {
	f := r.PostForm
	costs, err := money.ParseYuan(f.Get("costs"))
	if err != nil {
		return inField(err, "costs")
	}
	return s.Prices.PriceByCosts(r.Context(), r.actor(), pricing.Application{
		Price: price, Paper: strings.TrimSpace(f.Get("paper")), On: docket.Date(f.Get("on")), Costs: costs, Worthless: f.Get("worthless") == "yes", Reason: text(f, "reason"),
	})
}

// listFirms lists firms for a draw about the property (R10p).
func (s *Site) listFirms(r *Request, asset uuid.UUID) error {
	if s.Draws == nil {
		return fault.New(fault.NotFound, fault.NotFoundCode)
	}
	names := slices.Clone(namesOf(r.PostForm.Get("firms")))
	_, err := s.Draws.ListFirms(r.Context(), r.actor(), drawing.Firms{Asset: asset, Names: names, Reason: text(r.PostForm, "reason")})
	return err
}
