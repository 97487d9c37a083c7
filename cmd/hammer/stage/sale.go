package stage

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
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

// Sell makes the sale in this process, then leaves the stage's clock at the present. MaxBidders bounds bidders.
func (s *Servers) Sell(ctx context.Context, bidders int) (sale Sale, err error) {
	if bidders < 2 || bidders > MaxBidders {
		return sale, fmt.Errorf("bidders: 2 to %d", MaxBidders)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h, err := s.openHouse(ctx)
	if err != nil {
		return sale, err
	}
	defer h.Close()
	site, err := house.Listen(ctx, s.SiteAddress(), "")
	if err != nil {
		return sale, err
	}
	h.Serve(site, h.Site()) // for the payment provider's webhooks
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- h.Run(running) }()
	defer func() {
		stop()
		if e := <-ended; e != nil && !errors.Is(e, context.Canceled) {
			err = errors.Join(err, e)
		}
	}()
	if sale, err = s.announce(ctx, h); err != nil {
		return sale, fmt.Errorf("announce the lot: %w", err)
	}
	if sale.Bidders, err = s.enrol(ctx, h, sale.Lot, bidders); err != nil {
		return sale, fmt.Errorf("enrol the bidders: %w", err)
	}
	s.clock.Settle()
	return sale, nil
}

// MaxBidders bounds a sale's bidders: each pays and is admitted.
const MaxBidders = 512

// readLot reads the embedded property and sets its dates by the clock.
func readLot(now time.Time) (docket.File, error) {
	file, problems := docket.ParseUnder(bytes.NewReader(lotFile), law.Demonstration())
	if len(problems) > 0 {
		return file, fmt.Errorf("lot.json line %d: %s", problems[0].Line, problems[0].Message.En)
	}
	day := func(days int) docket.Date { return docket.Date(now.AddDate(0, 0, days).Format(time.DateOnly)) }
	lot := &file.Cases[0].Lots[0]
	lot.PricingBasis.ValuedOn, lot.PricingBasis.ValidUntil = day(-30), day(120)
	for i := range lot.Notifications {
		lot.Notifications[i].On = day(-3)
	}
	return file, nil
}

// announce lists the lot, lets three judges vote, publishes it and opens its course. Bidding began a minute ago, by the
// present's time, and lasts a day: its end is out of the closing window, so bids do not move it.
func (s *Servers) announce(ctx context.Context, h *house.House) (Sale, error) {
	file, err := readLot(s.clock.Now())
	if err != nil {
		return Sale{}, err
	}
	made, err := h.Auction.Import(ctx, file, auction.Actor{Role: string(account.Operator)})
	if err != nil {
		return Sale{}, err
	}
	lot := file.Cases[0].Lots[0]
	sale := Sale{Lot: made.Lots[lot.Ref], StartingPrice: money.Fen(lot.StartingPriceFen), Increment: money.Fen(lot.IncrementFen)}
	var judge auction.Actor
	for i := range law.Demonstration().PanelMin {
		a, err := h.Accounts.Create(ctx, account.Staff{
			Login: fmt.Sprintf("hammer-judge%d", i+1), Password: rand.Text(), Role: account.Judge, CourtID: made.CourtID,
			RealName: fmt.Sprintf("审判员%d（试验）", i+1), AnyPassword: true,
		})
		if err != nil {
			return sale, err
		}
		judge = auction.Actor{AccountID: a.ID, Role: string(account.Judge), CourtID: made.CourtID}
		if _, err := h.Auction.Vote(ctx, judge, auction.Ballot{Lot: sale.Lot, Approve: true}); err != nil {
			return sale, err
		}
	}
	begins := time.Now().Add(-time.Minute)
	err = h.Auction.Announce(ctx, judge, auction.Announcement{Lot: sale.Lot, StartsAt: begins, EndsAt: begins.Add(24 * time.Hour)})
	if err != nil {
		return sale, err
	}
	_, err = h.Duties.RunDue(ctx)
	return sale, err
}

// enrol brings bidders to the course: account, enrolment, deposit, admission.
func (s *Servers) enrol(ctx context.Context, h *house.House, lot uuid.UUID, n int) ([]Bidder, error) {
	bidders, errs := make([]Bidder, n), make([]error, n)
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range bidders {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			bidders[i], errs[i] = enrolOne(ctx, h, lot, i)
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return bidders, s.awaitAdmission(ctx, h, lot, n)
}

func enrolOne(ctx context.Context, h *house.House, lot uuid.UUID, i int) (Bidder, error) {
	a, err := h.Accounts.Create(ctx, account.Staff{
		Login: fmt.Sprintf("hammer%03d", i+1), Password: rand.Text(), Role: account.Bidder, RealName: fmt.Sprintf("竞买人%03d（试验）", i+1), AnyPassword: true,
	})
	if err != nil {
		return Bidder{}, err
	}
	e, err := h.Desk.Enrol(ctx, bidding.EnrolRequest{Lot: lot, Account: a.ID, Capacity: "ordinary", AcceptNotices: true})
	if err != nil {
		return Bidder{}, err
	}
	return Bidder{Code: e.BidderCode, Passphrase: e.Passphrase}, load.Site{}.Pay(ctx, e.Deposit.PaymentURL)
}

// awaitAdmission runs what comes due until all are admitted; webhooks arrive meanwhile.
func (s *Servers) awaitAdmission(ctx context.Context, h *house.House, lot uuid.UUID, n int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	admitted := 0
	for {
		if _, err := h.Duties.RunDue(ctx); err != nil {
			return err
		}
		err := h.Pool.QueryRow(ctx, `SELECT count(*) FROM enrolments WHERE lot_id = $1 AND status = 'admitted'`, lot).Scan(&admitted)
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
