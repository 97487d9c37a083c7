package api

import (
	"context"
	"time"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/notice"
)

// recordNotice records how somebody was told of a sale, or why not (R16).
func (a *API) recordNotice(ctx context.Context, c *Call) (Answer, error) {
	lot, err := c.ID("lot")
	if err != nil {
		return Answer{}, err
	}
	var in struct {
		To        docket.Notified `json:"to"`
		No        int             `json:"no"`
		Outcome   notice.Outcome  `json:"outcome"`
		Way       notice.Way      `json:"way"`
		SentAt    time.Time       `json:"sent_at"`
		ServedAt  time.Time       `json:"served_at"`
		Proof     string          `json:"proof"`
		ProofNote docket.Text     `json:"proof_note"`
		Reason    docket.Text     `json:"reason"`
	}
	if err := c.Decode(&in); err != nil {
		return Answer{}, err
	}
	id, err := a.Notices.Record(ctx, actor(c.Visitor.Identity), notice.Notice{
		Lot: lot, Who: auction.NoticeTo{To: in.To, No: in.No}, Outcome: in.Outcome, Way: in.Way, SentAt: in.SentAt, ServedAt: in.ServedAt,
		Proof: in.Proof, ProofNote: in.ProofNote, Reason: in.Reason,
	})
	if err != nil {
		return Answer{}, err
	}
	return created(made{ID: id, Lot: lot.String()})
}

// publishedNotices lists who cannot be told of the sales of a case (R16).
func (a *API) publishedNotices(ctx context.Context, c *Call) (Answer, error) {
	id, err := a.caseID(ctx, c)
	if err != nil {
		return Answer{}, err
	}
	items, err := a.Notices.Published(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	if items == nil {
		items = []notice.Publication{}
	}
	return ok(struct {
		Items []notice.Publication `json:"items"`
	}{items})
}
