package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/web/account"
)

type accountAnswer struct {
	ID        uuid.UUID    `json:"id"`
	Login     string       `json:"login"`
	Role      account.Role `json:"role"`
	CourtID   *uuid.UUID   `json:"court,omitempty"`
	RealName  string       `json:"real_name"`
	Language  string       `json:"language"`
	CreatedAt time.Time    `json:"created_at"`
}

func answerAccount(x account.Account) accountAnswer {
	out := accountAnswer{ID: x.ID, Login: x.Login, Role: x.Role, RealName: x.RealName, Language: x.Language, CreatedAt: x.CreatedAt}
	if x.CourtID != uuid.Nil {
		out.CourtID = &x.CourtID
	}
	return out
}

// register makes a bidder's account. It keeps no answers: a key of a stranger
// belongs to nobody, and the body holds a password.
func (a *API) register(ctx context.Context, c *Call) (Answer, error) {
	var in struct {
		Login    string `json:"login"`
		Password string `json:"password"`
		RealName string `json:"real_name"`
		IDNumber string `json:"id_number"`
		Language string `json:"language"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	made, err := a.Accounts.Register(ctx, account.Registration{
		Login: in.Login, Password: in.Password, RealName: in.RealName,
		IDNumber: in.IDNumber, Language: in.Language, Address: c.Visitor.Address,
	})
	if err != nil {
		return Answer{}, err
	}
	return created(answerAccount(made))
}

func (a *API) issueToken(ctx context.Context, c *Call) (Answer, error) {
	var in struct {
		Login    string `json:"login"`
		Password string `json:"password"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Accounts.Check(ctx, in.Login, in.Password, c.Visitor.Address)
	if err != nil {
		return Answer{}, err
	}
	token, expires, err := a.Accounts.IssueToken(ctx, id.ID)
	if err != nil {
		return Answer{}, err
	}
	return created(struct {
		Token     string       `json:"token"`
		ExpiresAt time.Time    `json:"expires_at"`
		Role      account.Role `json:"role"`
	}{token, expires, id.Role})
}

// revokeToken ends the token that the request came with.
func (a *API) revokeToken(ctx context.Context, c *Call) (Answer, error) {
	if c.Visitor.Token == "" {
		return Answer{}, fault.New(fault.Conflict, fault.StateConflict)
	}
	if err := a.Accounts.RevokeToken(ctx, c.Visitor.Token); err != nil {
		return Answer{}, err
	}
	return nothing()
}

func (a *API) me(ctx context.Context, c *Call) (Answer, error) {
	x, err := a.Accounts.ByID(ctx, c.Visitor.Identity.ID)
	if err != nil {
		return Answer{}, err
	}
	return ok(answerAccount(x))
}

func (a *API) sessions(ctx context.Context, c *Call) (Answer, error) {
	list, err := a.Accounts.Sessions(ctx, c.Visitor.Identity.ID)
	if err != nil {
		return Answer{}, err
	}
	return ok(page[account.Session]{Items: list})
}

// endSessions signs out everywhere, this request's own session or token included.
func (a *API) endSessions(ctx context.Context, c *Call) (Answer, error) {
	if err := a.Accounts.SignOutEverywhere(ctx, c.Visitor.Identity.ID); err != nil {
		return Answer{}, err
	}
	return nothing()
}

func (a *API) endSession(ctx context.Context, c *Call) (Answer, error) {
	if err := a.Accounts.RevokeSession(ctx, c.Visitor.Identity.ID, c.Params["session"]); err != nil {
		return Answer{}, err
	}
	return nothing()
}

// page is a list with the cursor of what follows; empty at the end.
type page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"`
}
