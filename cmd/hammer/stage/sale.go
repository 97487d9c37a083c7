package stage

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding"
	"mingchui/cmd/hammer/load"
	"mingchui/cmd/mingchui/house"
	"mingchui/web/account"
)

// lotFile is the property that is bid for, in the public import format.
//
//go:embed lot.json
var lotFile []byte

// Bidder is an admitted bidder's code and passphrase for the lot.
type Bidder struct{ Code, Passphrase string }

// Sale is a lot that can be bid for now, for a day.
type Sale struct {
	Lot                      uuid.UUID
	StartingPrice, Increment money.Fen
	Bidders                  []Bidder
}

// atOnce is how many bidders enrol and pay beside each other.
const atOnce = 8

// Sell makes one lot's sale; see SellLots.
func (s *Servers) Sell(ctx context.Context, bidders int) (Sale, error) {
	sales, err := s.SellLots(ctx, bidders)
	if err != nil {
		return Sale{}, err
	}
	return sales[0], nil
}

// SellLots makes sales in this process, one for each number of bidders, then leaves the stage's clock at the present. An
// account may bid for several lots. MaxBidders bounds a lot's bidders, MaxLots the lots.
func (s *Servers) SellLots(ctx context.Context, bidders ...int) (sales []Sale, err error) {
	return s.sellLots(ctx, func(int) time.Time { return time.Now().Add(standing) }, bidders...)
}

// standing is how long a sale lasts: its end is out of the closing window, so bids do not move it.
const standing = 24*time.Hour - time.Minute

// SellTwo makes two sales: one as Sell does, and one that enters its closing window soon after SellTwo returns: bids hold it
// open from then on (R20c), and it ends when they end.
func (s *Servers) SellTwo(ctx context.Context, bidders, bidders2 int) (long, closing Sale, err error) {
	// An enrolment with its payment takes well below a second; on a busy machine one comes about.
	soon := 20*time.Second + time.Duration(bidders+bidders2)*time.Second + law.Demonstration().Extension
	sales, err := s.sellLots(ctx, func(n int) time.Time {
		if n == 1 {
			return time.Now().Add(soon)
		}
		return time.Now().Add(standing)
	}, bidders, bidders2)
	if err != nil {
		return long, closing, err
	}
	return sales[0], sales[1], nil
}

// SellSoon makes one sale whose bidding ends when all have had time to enrol and pay: it is bid for at once, and then left to close.
func (s *Servers) SellSoon(ctx context.Context, bidders int, within time.Duration) (Sale, error) {
	end := time.Now().Add(within)
	sales, err := s.sellLots(ctx, func(int) time.Time { return end }, bidders)
	if err != nil {
		return Sale{}, err
	}
	if left := time.Until(end); left < soonest {
		return Sale{}, fmt.Errorf("%d bidders took all but %s of the %s until the end", bidders, left, within)
	}
	return sales[0], nil
}

// soonest is what SellSoon leaves at least for the server to start and the bids.
const soonest = 15 * time.Second

// sellLots makes sales; ends says when the n-th one's bidding ends.
func (s *Servers) sellLots(ctx context.Context, ends func(n int) time.Time, bidders ...int) (sales []Sale, err error) {
	for _, n := range bidders {
		if n < 0 || n > MaxBidders {
			return nil, fmt.Errorf("bidders: at most %d", MaxBidders)
		}
	}
	if len(bidders) < 1 || len(bidders) > MaxLots {
		return nil, fmt.Errorf("lots: 1 to %d", MaxLots)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h, err := s.openHouse(ctx)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	site, err := house.Listen(ctx, s.SiteAddress(), "")
	if err != nil {
		return nil, err
	}
	h.ServePublic(site, h.Site()) // for the payment provider's webhooks
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- h.Run(running) }()
	defer func() {
		stop()
		if e := <-ended; e != nil && !errors.Is(e, context.Canceled) {
			err = errors.Join(err, e)
		}
	}()
	if sales, err = s.announce(ctx, h, len(bidders), ends); err != nil {
		return nil, fmt.Errorf("announce the lots: %w", err)
	}
	if err := s.enrol(ctx, h, sales, bidders); err != nil {
		return nil, fmt.Errorf("enrol the bidders: %w", err)
	}
	s.clock.Settle()
	return sales, nil
}

// MaxLots bounds the lots of a stage; a docket takes 500 a case.
const MaxLots, lotsOfCase = 1024, 400

// MaxBidders bounds a sale's bidders: each pays and is admitted.
const MaxBidders = 512

// readLots reads the embedded property, sets its dates by the clock, and lists it as often as there are to be lots.
func readLots(now time.Time, lots int) (docket.File, error) {
	file, problems := docket.ParseUnder(bytes.NewReader(lotFile), law.Demonstration())
	if len(problems) > 0 {
		return file, fmt.Errorf("lot.json line %d: %s", problems[0].Line, problems[0].Message.En)
	}
	day := func(days int) docket.Date { return docket.Date(now.AddDate(0, 0, days).Format(time.DateOnly)) }
	first := file.Cases[0]
	lot, asset := first.Lots[0], first.Assets[0]
	lot.PricingBasis.ValuedOn, lot.PricingBasis.ValidUntil = day(-30), day(120)
	for i := range lot.Notifications {
		lot.Notifications[i].On = day(-3)
	}
	file.Cases = nil
	for n := range lots {
		if n%lotsOfCase == 0 {
			c := first
			c.Lots, c.Assets = nil, nil
			c.Number = fmt.Sprintf("（2026）皖9902执%d号", 90001+n/lotsOfCase)
			file.Cases = append(file.Cases, c)
		}
		c := &file.Cases[n/lotsOfCase]
		asset.Ref = fmt.Sprintf("HAMMER-A%d", n+1)
		lot.Ref, lot.AssetRefs = lotRef(n), []string{asset.Ref}
		c.Assets, c.Lots = append(c.Assets, asset), append(c.Lots, lot)
	}
	return file, nil
}

func lotRef(n int) string { return fmt.Sprintf("HAMMER-%d", n+1) }

// announce lists lots, lets three judges vote, publishes them and opens their courses. Bidding began a minute ago at the
// latest, by the present's time.
func (s *Servers) announce(ctx context.Context, h *house.House, lots int, ends func(n int) time.Time) ([]Sale, error) {
	file, err := readLots(s.clock.Now(), lots)
	if err != nil {
		return nil, err
	}
	made, err := h.Auction.Import(ctx, file, auction.Actor{Role: string(account.Operator)})
	if err != nil {
		return nil, err
	}
	judges := make([]auction.Actor, law.Demonstration().PanelMin)
	for i := range judges {
		a, err := h.Accounts.Create(ctx, account.Staff{
			Login: fmt.Sprintf("hammer-judge%d", i+1), Password: rand.Text(), Role: account.Judge, CourtID: made.CourtID,
			RealName: fmt.Sprintf("审判员%d（试验）", i+1), AnyPassword: true,
		})
		if err != nil {
			return nil, err
		}
		judges[i] = auction.Actor{AccountID: a.ID, Role: string(account.Judge), CourtID: made.CourtID}
	}
	lot := file.Cases[0].Lots[0]
	sales := make([]Sale, lots)
	for n := range sales {
		sales[n] = Sale{Lot: made.Lots[lotRef(n)], StartingPrice: money.Fen(lot.StartingPriceFen), Increment: money.Fen(lot.IncrementFen)}
		for _, judge := range judges {
			if _, err := h.Auction.Vote(ctx, judge, auction.Ballot{Lot: sales[n].Lot, Approve: true}); err != nil {
				return nil, err
			}
		}
		begins, end := time.Now().Add(-time.Minute), ends(n)
		if latest := end.Add(-law.Demonstration().BiddingMin); latest.Before(begins) {
			begins = latest
		}
		err := h.Auction.Announce(ctx, judges[0], auction.Announcement{Lot: sales[n].Lot, StartsAt: begins, EndsAt: end})
		if err != nil {
			return nil, err
		}
	}
	_, err = h.Duties.RunDue(ctx)
	return sales, err
}

// enrol brings bidders to the courses: accounts, and for each lot enrolment, deposit, admission.
func (s *Servers) enrol(ctx context.Context, h *house.House, sales []Sale, bidders []int) error {
	accounts := make([]uuid.UUID, slices.Max(bidders))
	err := each(len(accounts), func(i int) (err error) {
		accounts[i], err = createBidder(ctx, h, i)
		return err
	})
	if err != nil {
		return err
	}
	all := 0
	for n := range sales {
		all += bidders[n]
		sales[n].Bidders = make([]Bidder, bidders[n])
		err := each(bidders[n], func(i int) (err error) {
			sales[n].Bidders[i], err = enrolOne(ctx, h, sales[n].Lot, accounts[i])
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.awaitAdmission(ctx, h, all)
}

// each calls f for 0 to n-1, atOnce of them beside each other.
func each(n int, f func(i int) error) error {
	errs := make([]error, n)
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = f(i)
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func createBidder(ctx context.Context, h *house.House, i int) (uuid.UUID, error) {
	a, err := h.Accounts.Create(ctx, account.Staff{
		Login: fmt.Sprintf("hammer%03d", i+1), Password: rand.Text(), Role: account.Bidder, RealName: fmt.Sprintf("竞买人%03d（试验）", i+1), AnyPassword: true,
	})
	return a.ID, err
}

func enrolOne(ctx context.Context, h *house.House, lot, bidder uuid.UUID) (Bidder, error) {
	e, err := h.Desk.Enrol(ctx, bidding.EnrolRequest{Lot: lot, Account: bidder, Capacity: "ordinary", AcceptNotices: true})
	if err != nil {
		return Bidder{}, err
	}
	return Bidder{Code: e.BidderCode, Passphrase: e.Passphrase}, load.Site{}.Pay(ctx, e.Deposit.PaymentURL)
}

// awaitAdmission runs what comes due until n are admitted; webhooks arrive meanwhile.
func (s *Servers) awaitAdmission(ctx context.Context, h *house.House, n int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	admitted := 0
	for {
		if _, err := h.Duties.RunDue(ctx); err != nil {
			return err
		}
		err := h.Pool.QueryRow(ctx, `SELECT count(*) FROM enrolments WHERE status = 'admitted'`).Scan(&admitted)
		if err != nil {
			return fmt.Errorf("count the admitted: %w", err)
		}
		if admitted == n {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d bidders were admitted: %w", admitted, n, context.Cause(ctx))
		case <-tick.C:
		}
	}
}
