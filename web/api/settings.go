package api

import (
	"context"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// settingBound is between what a setting may be chosen, by which article.
type settingBound struct {
	Field   string `json:"field"`
	Least   int64  `json:"least"`
	Most    int64  `json:"most"`
	Rule    string `json:"rule"`
	Article string `json:"article"`
}

type courtNamed struct {
	ID   uuid.UUID   `json:"id"`
	Code string      `json:"code"`
	Name docket.Text `json:"name"`
}

// courtSettings answers what a court chose of what the law leaves to it (ADR 017), the newest first.
func (a *API) courtSettings(ctx context.Context, c *Call) (Answer, error) {
	got, err := a.Auction.SettingsOf(ctx, c.Params["court"])
	if err != nil {
		return Answer{}, err
	}
	bounds := make([]settingBound, len(got.Bounds))
	for i, b := range got.Bounds {
		source, _ := law.Article(b.Rule)
		bounds[i] = settingBound{b.Field, b.Least, b.Most, b.Rule, docket.Text{Zh: source.TextZH, En: source.TextEN}.In(c.Visitor.Lang)}
	}
	return ok(struct {
		Court   courtNamed              `json:"court"`
		RuleSet string                  `json:"rule_set"`
		Items   []auction.CourtSettings `json:"items"`
		Bounds  []settingBound          `json:"bounds"`
	}{courtNamed{got.ID, got.Court.Code, got.Court.Name}, got.Chosen[0].RuleSet, got.Chosen, bounds})
}

// setCourtSettings takes a court's choice down: lots listed from then on have it.
func (a *API) setCourtSettings(ctx context.Context, c *Call) (Answer, error) {
	var in struct {
		law.Settings
		DecidedBy docket.Text `json:"decided_by"`
		Reason    docket.Text `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	court, err := uuid.Parse(c.Params["court"])
	if err != nil {
		return Answer{}, fault.New(fault.NotFound, fault.NotFoundCode).InField("court")
	}
	set, err := a.Auction.SetSettings(ctx, actor(c.Visitor.Identity), court, auction.CourtSettings{Settings: in.Settings, DecidedBy: in.DecidedBy, Reason: in.Reason})
	if err != nil {
		return Answer{}, err
	}
	return ok(set)
}
