package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/money"
	"mingchui/auction/pricing"
)

// priceRoutes are those by which a reference price is fixed (R10p), or the costs take its place (R12e).
func (a *API) priceRoutes() []*Route {
	const get, post = http.MethodGet, http.MethodPost
	return []*Route{
		{Method: get, Path: "/api/v1/lots/{lot}/prices", Answer: a.lotPrices},
		{Method: get, Path: "/api/v1/cases/{case}/prices", Answer: a.casePrices},
		{Method: get, Path: "/api/v1/assets/{asset}/prices", Answer: a.assetPrices},
		{Method: post, Path: "/api/v1/assets/{asset}/prices", Answer: a.startPrice, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/skips", Answer: a.skipOrigin, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/agreement", Answer: a.agreePrice, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/inquiries", Answer: a.inquirePrice, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/firms", Answer: a.chooseFirms, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/engagements", Answer: a.engageFirm, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/engagements/end", Answer: a.endEngagement, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/extensions", Answer: a.extendReport, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/reports", Answer: a.reportPrice, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/services", Answer: a.serveReports, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/receipts", Answer: a.receiveReports, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/objections", Answer: a.objectToReport, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/objections/{objection}/forwarding", Answer: a.forwardReportObjection, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/objections/{objection}/decision", Answer: a.decideReportObjection, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/fixing", Answer: a.fixPrice, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/costs", Answer: a.priceByCosts, Keeps: true},
		{Method: post, Path: "/api/v1/prices/{price}/withdrawal", Answer: a.withdrawPrice, Keeps: true},
	}
}

// priceItems is a list of determinations.
type priceItems struct {
	Items []pricing.View `json:"items"`
}

// lotPrices tells of a published lot where its reference price comes from, and its history.
func (a *API) lotPrices(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	if _, err := a.Auction.Lot(ctx, lot, a.Clock.Now()); err != nil {
		return Answer{}, err // a draft is nobody's to see
	}
	return prices(a.Prices.OfLot(ctx, lot))
}

func (a *API) casePrices(ctx context.Context, c *Call) (Answer, error) {
	id, err := a.publishedCase(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	return prices(a.Prices.OfCase(ctx, id))
}

func (a *API) assetPrices(ctx context.Context, c *Call) (Answer, error) {
	asset, err := c.ID("asset")
	if err != nil {
		return Answer{}, err
	}
	return prices(a.Prices.OfAsset(ctx, actor(c.Visitor.Identity), asset))
}

func prices(list []pricing.View, err error) (Answer, error) {
	if err != nil {
		return Answer{}, err
	}
	if list == nil {
		list = []pricing.View{}
	}
	return ok(priceItems{list})
}

func (a *API) startPrice(ctx context.Context, c *Call) (Answer, error) {
	asset, err := c.ID("asset")
	if err != nil {
		return Answer{}, err
	}
	var in late
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Prices.Start(ctx, actor(c.Visitor.Identity), asset, in.given())
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Asset: asset.String(), Status: string(pricing.Open)})
}

// onPrice reads the determination and the body of a call, carries out f and answers with the status.
func onPrice[T any](c *Call, status pricing.State, f func(by auction.Actor, price uuid.UUID, in T) (uuid.UUID, error)) (Answer, error) {
	price, err := c.ID("price")
	if err != nil {
		return Answer{}, err
	}
	var in T
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := f(actor(c.Visitor.Identity), price, in)
	if err != nil {
		return Answer{}, err
	}
	if id == uuid.Nil {
		id = price
	}
	return created(made{ID: id, Status: string(status)})
}

func (a *API) skipOrigin(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Origin pricing.Origin     `json:"origin"`
		Ground pricing.SkipGround `json:"ground"`
		Reason docket.Text        `json:"reason"`
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.Skip(ctx, by, price, in.Origin, in.Ground, in.Reason)
	})
}

func (a *API) agreePrice(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Results    []money.Fen `json:"results_fen"`
		Paper      string      `json:"paper"`
		ValidUntil docket.Date `json:"valid_until"`
	}
	return onPrice(c, pricing.Fixed, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.Agree(ctx, by, pricing.Agreement{Price: price, Results: in.Results, Paper: in.Paper, ValidUntil: in.ValidUntil})
	})
}

func (a *API) inquirePrice(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Origin pricing.Origin `json:"origin"`
		Of     []docket.Text  `json:"of"`
		DueAt  time.Time      `json:"due_at"`
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.Inquire(ctx, by, pricing.Inquiry{Price: price, Origin: in.Origin, Of: in.Of, DueAt: in.DueAt})
	})
}

func (a *API) chooseFirms(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Firms    []docket.Text `json:"firms"`
		ChosenBy string        `json:"chosen_by"`
		Draw     uuid.UUID     `json:"draw"`
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.Choose(ctx, by, pricing.Choice{Price: price, Firms: in.Firms, By: in.ChosenBy, Draw: in.Draw})
	})
}

func (a *API) engageFirm(ctx context.Context, c *Call) (Answer, error) {
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, _ struct{}) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.Engage(ctx, by, price)
	})
}

func (a *API) endEngagement(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Ground pricing.EndGround `json:"ground"`
		Reason docket.Text       `json:"reason"`
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.EndEngagement(ctx, by, price, in.Ground, in.Reason)
	})
}

func (a *API) extendReport(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Source uuid.UUID `json:"source"`
		Days   int       `json:"days"`
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.Extend(ctx, by, price, in.Source, in.Days)
	})
}

// report is a report's figures, as a body has them.
type report struct {
	Fen        money.Fen   `json:"amount_fen"`
	Number     string      `json:"number"`
	Hash       string      `json:"hash"`
	ValuedOn   docket.Date `json:"valued_on"`
	ValidUntil docket.Date `json:"valid_until"`
}

func (r report) answer(price, source uuid.UUID) pricing.Answer {
	return pricing.Answer{Price: price, Source: source, Fen: r.Fen, Number: r.Number, Hash: r.Hash, ValuedOn: r.ValuedOn, ValidUntil: r.ValidUntil}
}

func (a *API) reportPrice(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Source uuid.UUID `json:"source"`
		report
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return a.Prices.Report(ctx, by, in.answer(price, in.Source))
	})
}

func (a *API) serveReports(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Role     pricing.Role `json:"role"`
		No       int          `json:"no"`
		Way      pricing.Way  `json:"way"`
		Received bool         `json:"received"`
		Proof    string       `json:"proof"`
		Reason   docket.Text  `json:"reason"`
		late
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.Send(ctx, by, pricing.Sending{
			Price: price, Who: pricing.Who{Role: in.Role, No: in.No}, Way: in.Way, Received: in.Received, Proof: in.Proof, Reason: in.Reason, Late: in.given(),
		})
	})
}

func (a *API) receiveReports(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Role  pricing.Role `json:"role"`
		No    int          `json:"no"`
		At    time.Time    `json:"at"`
		Proof string       `json:"proof"`
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.Receive(ctx, by, price, pricing.Who{Role: in.Role, No: in.No}, in.At, in.Proof)
	})
}

func (a *API) objectToReport(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Report   uuid.UUID               `json:"report"`
		Role     pricing.Role            `json:"role"`
		No       int                     `json:"no"`
		Ground   pricing.ObjectionGround `json:"ground"`
		TextHash string                  `json:"text_hash"`
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return a.Prices.Object(ctx, by, pricing.Objecting{
			Price: price, Report: in.Report, By: pricing.Who{Role: in.Role, No: in.No}, Ground: in.Ground, Text: in.TextHash,
		})
	})
}

func (a *API) forwardReportObjection(ctx context.Context, c *Call) (Answer, error) {
	objection, err := c.ID("objection")
	if err != nil {
		return Answer{}, err
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in late) (uuid.UUID, error) {
		return objection, a.Prices.Pass(ctx, by, price, objection, in.given())
	})
}

func (a *API) decideReportObjection(ctx context.Context, c *Call) (Answer, error) {
	objection, err := c.ID("objection")
	if err != nil {
		return Answer{}, err
	}
	type body struct {
		Outcome    pricing.Outcome `json:"outcome"`
		Reason     docket.Text     `json:"reason"`
		Correction report          `json:"correction"`
		late
	}
	return onPrice(c, pricing.Open, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return objection, a.Prices.Decide(ctx, by, pricing.Ruling{
			Price: price, Objection: objection, Outcome: in.Outcome, Reason: in.Reason, Correction: in.Correction.answer(price, uuid.Nil), Late: in.given(),
		})
	})
}

func (a *API) fixPrice(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Origin pricing.Origin `json:"origin"`
	}
	return onPrice(c, pricing.Fixed, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.Fix(ctx, by, price, in.Origin)
	})
}

func (a *API) priceByCosts(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Paper     string      `json:"paper"`
		On        docket.Date `json:"on"`
		CostsFen  money.Fen   `json:"costs_fen"`
		Worthless bool        `json:"worthless"`
		Reason    docket.Text `json:"reason"`
	}
	return onPrice(c, pricing.Fixed, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.PriceByCosts(ctx, by, pricing.Application{
			Price: price, Paper: in.Paper, On: in.On, Costs: in.CostsFen, Worthless: in.Worthless, Reason: in.Reason,
		})
	})
}

func (a *API) withdrawPrice(ctx context.Context, c *Call) (Answer, error) {
	type body struct {
		Ground pricing.WithdrawGround `json:"ground"`
		Reason docket.Text            `json:"reason"`
	}
	return onPrice(c, pricing.Withdrawn, func(by auction.Actor, price uuid.UUID, in body) (uuid.UUID, error) {
		return uuid.Nil, a.Prices.Withdraw(ctx, by, price, in.Ground, in.Reason)
	})
}
