package court

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/law"
)

const (
	// roundEvery is how often the keeper looks around.
	roundEvery = 5 * time.Second
	// fewLots is how many lots must be live or to come; below it more are listed.
	fewLots = 6
	// supplyEvery is the least time between two dockets.
	supplyEvery = 45 * time.Second
	// lateShare: what a judge owes and nobody did, the script does when this
	// many thousandths of its time have passed; people come first.
	lateShare = 750
	// firstNumber is the first case number of the keeper's own dockets.
	firstNumber = 30_000
)

// Keep keeps a running demonstration alive until ctx ends: scripted bidders
// enrol, pay and bid at people's pace, pay for what they buy, and stop at what
// a thing is worth to them; judges do what nobody did in time; when few lots
// are left, further ones are listed. It acts beside people and never as one of
// bidder1 to bidder9. Errors are logged and what failed is tried again.
func Keep(ctx context.Context, cfg Config) error {
	file, err := ReadDocket(cfg.House.Auction.RuleSet(), cfg.House.Clock.Now())
	if err != nil {
		return err
	}
	people, err := gather(ctx, cfg, file.Court, crowd{})
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	defer group.Wait()
	k := newKeeper(newDirector(cfg, real{cfg.House.Clock, &group}, people, cfg.luck()), file)
	return k.run(ctx)
}

// keeper looks around and starts what is missing.
type keeper struct {
	*director
	file     docket.File
	supplied time.Time

	mu sync.Mutex
	// at holds the lots that a goroutine is busy with.
	at map[uuid.UUID]bool
	// seats are the scripts' codes by lot, as each script would remember its own.
	seats map[uuid.UUID][]bidderOf
}

func newKeeper(d *director, file docket.File) *keeper {
	return &keeper{director: d, file: file, at: map[uuid.UUID]bool{}, seats: map[uuid.UUID][]bidderOf{}}
}

// pause waits as long as people do.
func (k *keeper) pause(ctx context.Context, d time.Duration) error {
	return k.pace.Until(ctx, k.pace.Now().Add(d), 0)
}

func (k *keeper) run(ctx context.Context) error {
	for {
		if err := k.round(ctx); err != nil && ctx.Err() == nil {
			k.log.WarnContext(ctx, "the scripted court met an error", slog.Any("error", err))
		}
		if err := k.pause(ctx, roundEvery); err != nil {
			return err
		}
	}
}

// kept is a lot that something may be due for.
type kept struct {
	ID         uuid.UUID
	CaseID     uuid.UUID
	CaseNumber string
	Status     string
	Outcome    string
	Stage      law.Stage
	Document   docket.Lot
	EndedAt    *time.Time
	DueAt      *time.Time
	// Buyer is the script that bought it, nil for anybody else.
	Buyer *uuid.UUID
	// Next says that a later sale is listed.
	Next bool
}

func (k *keeper) round(ctx context.Context) error {
	rows, err := k.house.Pool.Query(ctx, `
		SELECT l.id, l.case_id, c.number, l.status, coalesce(l.outcome, ''), l.stage, l.document, l.ended_at, l.balance_due_at,
			(SELECT b.account_id FROM balances b JOIN accounts a ON a.id = b.account_id WHERE b.lot_id = l.id AND a.login LIKE @scripts),
			EXISTS (SELECT FROM lots n WHERE n.previous_lot_id = l.id AND n.status <> 'withdrawn')
		FROM lots l JOIN cases c ON c.id = l.case_id
		WHERE l.court_id = @court AND (l.status = 'announced' OR (l.status = 'ended' AND l.outcome IN ('sold', 'unsold', 'paid', 'ruled', 'defaulted')))
		ORDER BY l.id DESC LIMIT 400`, pgx.NamedArgs{"court": k.cast.court, "scripts": scriptPrefix + "%"})
	if err != nil {
		return fmt.Errorf("look around: %w", err)
	}
	lots, err := pgx.CollectRows(rows, pgx.RowToStructByPos[kept])
	if err != nil {
		return fmt.Errorf("look around: %w", err)
	}
	open := 0
	for _, l := range lots {
		switch {
		case l.Status == "announced":
			open++
			k.busy(ctx, l, k.attend)
		case l.Outcome == "sold" && l.Buyer != nil:
			k.busy(ctx, l, k.buy)
		}
	}
	if err := k.lateDuties(ctx, lots); err != nil {
		return err
	}
	if err := k.afterOutages(ctx); err != nil {
		return err
	}
	if now := k.pace.Now(); open < fewLots && now.Sub(k.supplied) > supplyEvery {
		k.supplied = now
		return k.supply(ctx)
	}
	return nil
}

// busy starts what there is to do about a lot unless it is being done.
func (k *keeper) busy(ctx context.Context, l kept, do func(context.Context, kept) error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at[l.ID] {
		return
	}
	k.at[l.ID] = true
	k.pace.Go(func() {
		defer func() {
			k.mu.Lock()
			delete(k.at, l.ID)
			k.mu.Unlock()
		}()
		if err := do(ctx, l); err != nil && ctx.Err() == nil {
			k.log.WarnContext(ctx, "a script met an error", slog.String("lot", l.ID.String()), slog.Any("error", err))
			_ = k.pause(ctx, roundEvery) // then the next round tries again
		}
	})
}

// buy pays the balance after a while; one buyer in twelve never does.
func (k *keeper) buy(ctx context.Context, l kept) error {
	luck := k.chance("buy " + l.ID.String())
	if luck.IntN(12) == 0 {
		return k.pause(ctx, roundEvery)
	}
	within := int64(l.DueAt.Sub(*l.EndedAt))
	if err := k.pace.Until(ctx, l.EndedAt.Add(time.Duration(within/5+luck.Int64N(within*2/5))), 0); err != nil {
		return err
	}
	if now := k.pace.Now(); !now.Before(*l.DueAt) {
		return nil
	}
	return k.payBalance(ctx, l.ID, person{id: *l.Buyer})
}

// lateDuties does what judges owe and have not done.
func (k *keeper) lateDuties(ctx context.Context, lots []kept) error {
	owed, err := duty.OwedByCourt(ctx, k.house.Pool, duty.Judge, k.cast.court, 200)
	if err != nil {
		return err
	}
	by := map[uuid.UUID]kept{}
	for _, l := range lots {
		by[l.ID] = l
	}
	now := k.pace.Now()
	for _, o := range owed {
		if o.LotID == nil || now.Before(o.CreatedAt.Add(o.DueAt.Sub(o.CreatedAt)*lateShare/1000)) {
			continue
		}
		l, ok := by[*o.LotID]
		if !ok {
			continue
		}
		switch o.Kind { //nolint:exhaustive // votes and stays are left to people
		case duty.MakeRuling:
			k.busy(ctx, l, func(ctx context.Context, l kept) error { return k.rule(ctx, l.sale()) })
		case duty.HandOver:
			k.busy(ctx, l, func(ctx context.Context, l kept) error {
				return k.house.Auction.HandOver(ctx, k.cast.judge(0), delivery(l.ID))
			})
		case duty.SecondSale, duty.SellOffSale, duty.ReSale:
			if !l.Next {
				k.busy(ctx, l, k.sellAgain)
			}
		}
	}
	return nil
}

func (l kept) sale() *sale {
	return &sale{id: l.ID, caseID: l.CaseID, caseNumber: l.CaseNumber, lot: l.Document}
}

// sellAgain lists, votes and announces the next sale.
func (k *keeper) sellAgain(ctx context.Context, l kept) error {
	next, err := k.listNext(ctx, l.sale(), l.Outcome == "defaulted")
	if err != nil {
		return err
	}
	return k.publish(ctx, next, law.OtherRight) // the longer lead is never too short
}

// publish votes on a lot and announces it.
func (k *keeper) publish(ctx context.Context, s *sale, kind law.Kind) error {
	if err := k.vote(ctx, s, k.rules.PanelMin, time.Time{}); err != nil {
		return err
	}
	luck := k.chance("publish " + s.id.String())
	day := k.rules.Day
	starts := wholeMinute(k.pace.Now().Add(k.rules.AnnounceLead(s.lot.Stage, kind) + day + time.Duration(luck.Int64N(int64(4*day)))))
	length := k.rules.BiddingMin * time.Duration(2+luck.IntN(3))
	if s.lot.Stage == law.SellOff {
		length = k.rules.SellOffPeriod
	}
	s.road = road{startsAt: starts, endsAt: starts.Add(length)}
	return k.announce(ctx, s)
}

// supply lists a case of the docket under a fresh number.
func (k *keeper) supply(ctx context.Context) error {
	now := k.pace.Now()
	luck := k.chance("supply " + now.String())
	c := k.file.Cases[luck.IntN(len(k.file.Cases))]
	var lots []docket.Lot
	for _, l := range c.Lots {
		if l.Stage == law.First && len(lots) < 3 {
			lots = append(lots, l)
		}
	}
	if len(lots) == 0 {
		return nil
	}
	c.Lots = lots
	c = renumber(c, now.In(law.CourtTime()).Year(), firstNumber+luck.IntN(firstNumber))
	sales, err := k.importCase(ctx, k.file.Court, c)
	if err != nil {
		return err
	}
	for _, s := range sales {
		if err := k.publish(ctx, s, s.kind); err != nil {
			return err
		}
	}
	return nil
}
