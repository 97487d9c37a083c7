package api

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/web/account"
	"mingchui/web/problem"
)

// actor is who acts, as auction knows it.
func actor(i account.Identity) auction.Actor {
	return auction.Actor{AccountID: i.ID, Role: string(i.Role), CourtID: i.CourtID}
}

// made is the answer to what was made.
type made struct {
	ID     uuid.UUID `json:"id"`
	Case   string    `json:"case,omitempty"`
	Asset  string    `json:"asset,omitempty"`
	Lot    string    `json:"lot,omitempty"`
	Status string    `json:"status,omitempty"`
}

func (a *API) openCase(ctx context.Context, c *Call) (Answer, error) {
	var in docket.Case
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Auction.OpenCase(ctx, actor(c.Visitor.Identity), in)
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Case: id.String()})
}

// caseID reads {case}: an id, or the court's number.
//
// Faults: not_found.
func (a *API) caseID(ctx context.Context, c *Call) (uuid.UUID, error) {
	if id, err := c.ID("case"); err == nil {
		return id, nil
	}
	var id uuid.UUID
	err := a.Pool.QueryRow(ctx, `SELECT id FROM cases WHERE number = @number`, pgx.NamedArgs{"number": c.Params["case"]}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, fault.New(fault.NotFound, fault.NotFoundCode).InField("case")
	}
	if err != nil {
		return uuid.Nil, fault.Internalf("find case by number: %w", err)
	}
	return id, nil
}

// publishedCase is caseID for who may read the case's trail: everybody once a lot of it is published, its judges and the inspector before.
func (a *API) publishedCase(ctx context.Context, c *Call) (uuid.UUID, error) {
	head, err := a.Auction.TrailOf(ctx, actor(c.Visitor.Identity), c.Params["case"])
	return head.ID, err
}

func (a *API) addAsset(ctx context.Context, c *Call) (Answer, error) {
	caseID, err := a.caseID(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	var in docket.Asset
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Auction.AddAsset(ctx, actor(c.Visitor.Identity), caseID, in)
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Case: caseID.String(), Asset: id.String()})
}

func (a *API) listLot(ctx context.Context, c *Call) (Answer, error) {
	asset, err := c.ID("asset")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Lot         docket.Lot  `json:"lot"`
		OtherAssets []uuid.UUID `json:"other_assets"`
		Panel       []uuid.UUID `json:"panel"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Auction.ListLot(ctx, actor(c.Visitor.Identity),
		auction.NewLot{AssetIDs: append([]uuid.UUID{asset}, in.OtherAssets...), Lot: in.Lot, Panel: in.Panel})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Lot: id.String(), Status: string(auction.Draft)})
}

// revise replaces the document of a lot that was not announced; other terms
// are voted on anew (R6).
func (a *API) revise(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Lot docket.Lot `json:"lot"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	got, err := a.Auction.Revise(ctx, actor(c.Visitor.Identity), auction.Revision{Lot: lot, Document: in.Lot})
	if err != nil {
		return Answer{}, err
	}
	return ok(struct {
		Lot         uuid.UUID     `json:"lot"`
		Status      auction.State `json:"status"`
		TermsDigest string        `json:"terms_digest"`
		VotesVoid   int           `json:"votes_void"`
	}{lot, got.State, got.TermsDigest, got.VotesVoid})
}

// withdrawDraft takes back a lot that was never announced.
func (a *API) withdrawDraft(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	if err := a.Auction.WithdrawDraft(ctx, actor(c.Visitor.Identity), lot); err != nil {
		return Answer{}, err
	}
	return ok(made{ID: lot, Lot: lot.String(), Status: string(auction.Withdrawn)})
}

// nextSale drafts the sale after this one: the second after an unsold first
// (R26), the sell-off after an unsold second (R26s), the sale without a reserve after an unsold sell-off (R26n), the same again after a default (R24).
func (a *API) nextSale(ctx context.Context, c *Call) (Answer, error) {
	previous, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Sale             string                `json:"sale"`
		StartingPriceFen money.Fen             `json:"starting_price_fen"`
		IncrementFen     money.Fen             `json:"increment_fen"`
		DepositFen       money.Fen             `json:"deposit_fen"`
		Notifications    []docket.Notification `json:"notifications"`
		Panel            []uuid.UUID           `json:"panel"`
		NoReserve        *docket.NoReserve     `json:"no_reserve"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	list := a.Auction.ListSecondSale
	switch in.Sale {
	case "sell_off":
		list = a.Auction.ListSellOff
	case "no_reserve":
		list = a.Auction.ListNoReserve
	case "resale":
		list = a.Auction.ListReSale
	}
	id, err := list(ctx, actor(c.Visitor.Identity), previous, auction.NextSale{
		StartingPrice: in.StartingPriceFen,
		Increment:     in.IncrementFen, Deposit: in.DepositFen, Notifications: in.Notifications, Panel: in.Panel, NoReserve: in.NoReserve,
	})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Lot: id.String(), Status: string(auction.Draft)})
}

func (a *API) vote(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Approve        bool   `json:"approve"`
		TermsDigest    string `json:"terms_digest"`
		PropertyDigest string `json:"property_digest"`
		Opinion        string `json:"opinion"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	got, err := a.Auction.Vote(ctx, actor(c.Visitor.Identity), auction.Ballot{Lot: lot, TermsDigest: in.TermsDigest, PropertyDigest: in.PropertyDigest, Approve: in.Approve, Opinion: in.Opinion})
	if err != nil {
		return Answer{}, err
	}
	return created(struct {
		Lot      uuid.UUID     `json:"lot"`
		Status   auction.State `json:"status"`
		Approved int           `json:"approved"`
		Refused  int           `json:"refused"`
		Panel    int           `json:"panel"`
	}{lot, got.State, got.Approved, got.Refused, got.Panel})
}

// confirmStanding is the court's word that somebody is a priority purchaser of
// a rank, or the applicant creditor (R17, R19). The account is named by its login.
func (a *API) confirmStanding(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Login    string `json:"login"`
		Capacity string `json:"capacity"`
		Rank     int    `json:"rank"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	who, err := a.Accounts.ByLogin(ctx, in.Login)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return Answer{}, fault.New(fault.NotFound, fault.NotFoundCode).InField("login")
		}
		return Answer{}, err
	}
	err = a.Auction.ConfirmStanding(ctx, actor(c.Visitor.Identity), auction.Standing{Lot: lot, Account: who.ID, Capacity: in.Capacity, Rank: in.Rank})
	if err != nil {
		return Answer{}, err
	}
	return created(struct {
		Lot      uuid.UUID `json:"lot"`
		Capacity string    `json:"capacity"`
		Rank     int       `json:"rank"`
	}{lot, in.Capacity, in.Rank})
}

func (a *API) announce(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		StartsAt time.Time `json:"starts_at"`
		EndsAt   time.Time `json:"ends_at"`
		late
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	err = a.Auction.Announce(ctx, actor(c.Visitor.Identity), auction.Announcement{
		Lot: lot, StartsAt: in.StartsAt, EndsAt: in.EndsAt, LateReason: in.LateReason, Superior: in.Superior,
	})
	if err != nil {
		return Answer{}, err
	}
	return created(struct {
		Lot      uuid.UUID `json:"lot"`
		Status   string    `json:"status"`
		StartsAt time.Time `json:"starts_at"`
		EndsAt   time.Time `json:"ends_at"`
	}{lot, string(auction.Announced), in.StartsAt, in.EndsAt})
}

// courtAct runs a stay, a resumption or a withdrawal.
func (a *API) courtAct(ctx context.Context, c *Call, status string, act func(context.Context, auction.Actor, auction.CourtAct) error) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Reason       docket.Text    `json:"reason"`
		Ground       auction.Ground `json:"ground"`
		CauseEndedAt time.Time      `json:"cause_ended_at"`
		late
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := act(ctx, actor(c.Visitor.Identity), auction.CourtAct{
		Lot: lot, Reason: in.Reason, Ground: in.Ground, CauseEndedAt: in.CauseEndedAt, Late: in.given(),
	}); err != nil {
		return Answer{}, err
	}
	return created(made{ID: lot, Lot: lot.String(), Status: status})
}

func (a *API) stay(ctx context.Context, c *Call) (Answer, error) {
	return a.courtAct(ctx, c, string(auction.Suspended), a.Auction.Stay)
}

func (a *API) resume(ctx context.Context, c *Call) (Answer, error) {
	return a.courtAct(ctx, c, string(auction.Announced), a.Auction.Resume)
}

func (a *API) withdraw(ctx context.Context, c *Call) (Answer, error) {
	return a.courtAct(ctx, c, string(auction.Withdrawn), a.Auction.Withdraw)
}

func (a *API) rule(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		Number   string    `json:"number"`
		ServedAt time.Time `json:"served_at"`
		late
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.Auction.Rule(ctx, actor(c.Visitor.Identity), auction.Ruling{Lot: lot, Number: in.Number, ServedAt: in.ServedAt, Late: in.given()}); err != nil {
		return Answer{}, err
	}
	return created(made{ID: lot, Lot: lot.String(), Status: string(auction.Ruled)})
}

func (a *API) handOver(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in late
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := a.Auction.HandOver(ctx, actor(c.Visitor.Identity), auction.Delivery{Lot: lot, Late: in.given()}); err != nil {
		return Answer{}, err
	}
	return created(made{ID: lot, Lot: lot.String(), Status: string(auction.Ruled)})
}

// importDocket takes a file in the public import format, all or nothing; a
// refusal lists every fault of it with its line.
func (a *API) importDocket(ctx context.Context, c *Call) (Answer, error) {
	rules, err := a.Auction.RulesFor(ctx, actor(c.Visitor.Identity))
	if err != nil {
		return Answer{}, err
	}
	file, found := docket.ParseUnder(bytes.NewReader(c.Body), rules)
	if len(found) > 0 {
		return Answer{}, &problem.Listed{Err: fault.New(fault.Invalid, fault.ImportInvalid).With("count", len(found)), Items: listed(found, c.Visitor.Lang)}
	}
	got, err := a.Auction.Import(ctx, file, actor(c.Visitor.Identity))
	if err != nil {
		return Answer{}, err
	}
	return created(struct {
		Court  uuid.UUID            `json:"court"`
		Cases  map[string]uuid.UUID `json:"cases"`
		Assets map[string]uuid.UUID `json:"assets"`
		Lots   map[string]uuid.UUID `json:"lots"`
	}{got.CourtID, got.Cases, got.Assets, got.Lots})
}

func listed(found []docket.Problem, lang string) []problem.Item {
	items := make([]problem.Item, len(found))
	for i, p := range found {
		items[i] = problem.Item{Code: p.Code, Detail: p.Message.In(lang), Field: p.Path, Rule: p.Rule, Article: p.Article.In(lang), Line: p.Line, Column: p.Column}
	}
	return items
}
