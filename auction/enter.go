package auction

import (
	"context"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
)

// EnterAt is Enter for a body that states the entry's own time, or whose entry is referred to.
func (a *LotAct) EnterAt(ctx context.Context, kind string, body func(at time.Time) any) (audit.Entry, error) {
	at := a.lot.entryTime(a.Now)
	if err := enterLot(ctx, a.Tx, a.Now, &a.lot, kind, body(at)); err != nil {
		return audit.Entry{}, err
	}
	return audit.New(kind, at, &a.lot.CaseID, &a.lot.ID, 0, body(at))
}

// EnterAt is LotAct's for a case.
func (a *CaseAct) EnterAt(ctx context.Context, kind string, body func(at time.Time) any) (audit.Entry, error) {
	entry, err := audit.New(kind, a.Now, &a.CaseID, &uuid.Nil, 0, body(a.Now))
	if err != nil {
		return audit.Entry{}, err
	}
	return entry, sequencer.Append(ctx, a.Tx, entry)
}
