package api

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// reconciliation is finance's list: the last runs, what differs, what lies in suspense.
func (a *API) reconciliation(ctx context.Context, c *Call) (Answer, error) {
	view, err := a.Payments.Reconciliations(ctx, actor(c.Visitor.Identity))
	if err != nil {
		return Answer{}, err
	}
	return ok(view)
}

// runReconciliation asks for a run; the machine does it as a duty.
func (a *API) runReconciliation(ctx context.Context, c *Call) (Answer, error) {
	var in struct {
		From time.Time `json:"from"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Payments.Reconcile(ctx, actor(c.Visitor.Identity), in.From)
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: "asked"})
}

// closeDifference closes what finance has explained; no fen moves by it.
func (a *API) closeDifference(ctx context.Context, c *Call) (Answer, error) {
	return explained(c, "difference", "closed", func(id uuid.UUID, in explanation) error {
		return a.Payments.CloseDifference(ctx, actor(c.Visitor.Identity), id, in.Reason)
	})
}

// assignUnknown gives unknown money to the payment that it was meant for, a transfer to the deposit or balance of a reference.
func (a *API) assignUnknown(ctx context.Context, c *Call) (Answer, error) {
	return explained(c, "suspense", "assigned", func(id uuid.UUID, in explanation) error {
		if in.PaymentReference != "" {
			return a.Payments.AssignByReference(ctx, actor(c.Visitor.Identity), id, in.PaymentReference, in.Reason)
		}
		return a.Payments.AssignUnknown(ctx, actor(c.Visitor.Identity), id, in.Payment, in.Reason)
	})
}

// explanation is why finance does something, and to what.
type explanation struct {
	Payment          uuid.UUID `json:"payment"`
	PaymentReference string    `json:"payment_reference"`
	Reason           string    `json:"reason"`
}

// returnUnknown sends unknown money back the way it came.
func (a *API) returnUnknown(ctx context.Context, c *Call) (Answer, error) {
	return explained(c, "suspense", "returning", func(id uuid.UUID, in explanation) error {
		return a.Payments.ReturnUnknown(ctx, actor(c.Visitor.Identity), id, in.Reason)
	})
}

// explained is an act of finance on one thing of the list, with the reason for it.
func explained(c *Call, what, status string, act func(id uuid.UUID, in explanation) error) (Answer, error) {
	id, err := c.ID(what)
	if err != nil {
		return Answer{}, err
	}
	var in explanation
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	if err := act(id, in); err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Status: status})
}
