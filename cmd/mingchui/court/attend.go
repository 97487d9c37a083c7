package court

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// attend enrols bidders for an announced lot and bids until it ends.
func (k *keeper) attend(ctx context.Context, l kept) error {
	luck := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) //nolint:gosec // play
	at, err := k.look(ctx, l.ID)
	if err != nil {
		return err
	}
	if at.phase == "" {
		return nil // its course is being opened
	}
	if err := k.join(ctx, l, luck); err != nil {
		return err
	}
	for ctx.Err() == nil {
		at, err := k.look(ctx, l.ID)
		if err != nil || at.status != "announced" || at.phase == "closed" {
			return err
		}
		if err := k.turn(ctx, l, at, luck); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// wanted is how many scripts want a lot: for one in six nobody comes.
func wanted(luck *rand.Rand) int {
	if luck.IntN(6) == 0 {
		return 0
	}
	return 2 + luck.IntN(4)
}

// join enrols the scripts that want the lot and have not enrolled, spread over
// the time that is left.
func (k *keeper) join(ctx context.Context, l kept, luck *rand.Rand) error {
	order := k.chance("join " + l.ID.String())
	n := wanted(order)
	places := order.Perm(len(k.cast.bidders))[:min(n, len(k.cast.bidders))]
	have, err := k.codes(ctx, l.ID)
	if err != nil {
		return err
	}
	var starts time.Time
	if err := k.house.Pool.QueryRow(ctx, `SELECT starts_at FROM lots WHERE id = @lot`, pgx.NamedArgs{"lot": l.ID}).Scan(&starts); err != nil {
		return fmt.Errorf("read the start: %w", err)
	}
	for i, place := range places {
		who := k.cast.bidders[place]
		if len(have)+i >= n {
			break
		}
		if enrolled(have, who) {
			continue
		}
		span := max(starts.Sub(k.pace.Now())*3/4, 4*time.Second)
		if err := k.pause(ctx, time.Duration(luck.Int64N(int64(span)))/time.Duration(len(places)-i)); err != nil {
			return err
		}
		code, err := k.enrol(ctx, l.ID, who, "ordinary")
		if err == nil {
			k.seated(l.ID, bidderOf{code, who.id})
		}
		if err != nil && !errors.Is(err, errBarred) && ctx.Err() == nil {
			k.log.WarnContext(ctx, "a script could not enrol", slog.String("lot", l.ID.String()), slog.Any("error", err))
		}
	}
	return ctx.Err()
}

// bidderOf is a script admitted to a lot.
type bidderOf struct {
	Code    string
	Account uuid.UUID
}

func enrolled(have []bidderOf, who person) bool {
	for _, b := range have {
		if b.Account == who.id {
			return true
		}
	}
	return false
}

// codes are the admitted scripts of a lot. After a start each asks for its own, as a person would: nobody else can say which
// code is whose (R18).
func (k *keeper) codes(ctx context.Context, lot uuid.UUID) ([]bidderOf, error) {
	k.mu.Lock()
	list, known := k.seats[lot]
	k.mu.Unlock()
	if known {
		return slices.Clone(list), nil
	}
	for _, who := range k.cast.bidders {
		e, err := k.house.Desk.Seat(ctx, who.id, lot)
		switch {
		case fault.CodeOf(err) == fault.NotEnrolled:
		case err != nil:
			return nil, fmt.Errorf("ask for a script's code: %w", err)
		case e.Status == "admitted":
			list = append(list, bidderOf{e.BidderCode, who.id})
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seats[lot] = list
	return slices.Clone(list), nil
}

// seated notes a script that was admitted.
func (k *keeper) seated(lot uuid.UUID, b bidderOf) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seats[lot] = append(k.seats[lot], b)
}

// worth is what a lot is worth to a script: from the least start to somewhat
// above its reference price. It never changes.
func (k *keeper) worth(l kept, account uuid.UUID) money.Fen {
	reference, kind := auction.Reference(l.Document)
	if kind == auction.ByCosts {
		reference = 2 * money.Fen(l.Document.StartingPriceFen)
	}
	luck := k.chance("worth " + l.ID.String() + account.String())
	return reference * money.Fen(720+luck.IntN(400)) / 1000
}

// turn waits a while, as people do, and lets one script bid if one wants to.
func (k *keeper) turn(ctx context.Context, l kept, at seen, luck *rand.Rand) error {
	var starts time.Time
	if err := k.house.Pool.QueryRow(ctx, `SELECT starts_at FROM courses WHERE lot_id = @lot`, pgx.NamedArgs{"lot": l.ID}).Scan(&starts); err != nil {
		return fmt.Errorf("read the start: %w", err)
	}
	now := k.pace.Now()
	if now.Before(starts) {
		return k.pause(ctx, min(starts.Sub(now)+time.Second, 10*time.Second))
	}
	if err := k.pause(ctx, hesitate(luck, at.endsAt.Sub(now), k.rules.Extension)); err != nil {
		return err
	}
	if at.phase != "open" {
		return k.pause(ctx, 10*time.Second)
	}
	// The price as it stands now, after the wait.
	at, err := k.look(ctx, l.ID)
	if err != nil || at.phase != "open" || !k.pace.Now().Before(at.endsAt) {
		return err
	}
	code, amount, err := k.choose(ctx, l, at, luck)
	if err != nil || code == "" {
		return err
	}
	_, err = k.bid(ctx, l.ID, code, amount)
	if err != nil && ctx.Err() == nil {
		k.log.DebugContext(ctx, "a scripted bid was not taken", slog.String("lot", l.ID.String()), slog.Any("error", err))
		return k.pause(ctx, time.Second) // people are quicker at times
	}
	return ctx.Err()
}

// hesitate is how long a lot stands before somebody thinks of bidding.
func hesitate(luck *rand.Rand, left, window time.Duration) time.Duration {
	between := func(a, b time.Duration) time.Duration { return a + time.Duration(luck.Int64N(int64(b-a))) }
	switch {
	case left > 10*window:
		return between(40*time.Second, 4*time.Minute)
	case left > 3*window:
		return between(15*time.Second, time.Minute)
	case left > window:
		return between(5*time.Second, 30*time.Second)
	}
	return between(3*time.Second, max(window*4/5, 4*time.Second))
}

// choose picks a script that wants the lot at a higher price, and its bid; no
// code when nobody does.
func (k *keeper) choose(ctx context.Context, l kept, at seen, luck *rand.Rand) (string, money.Fen, error) {
	codes, err := k.codes(ctx, l.ID)
	if err != nil {
		return "", 0, err
	}
	step := money.Fen(l.Document.IncrementFen)
	least := at.price + step
	if at.leader == "" {
		least = money.Fen(l.Document.StartingPriceFen)
	}
	luck.Shuffle(len(codes), func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
	for _, b := range codes {
		top := k.worth(l, b.Account)
		if b.Code == at.leader || top < least {
			continue
		}
		amount := least
		if luck.IntN(4) == 0 && at.leader != "" {
			amount += step * money.Fen(luck.IntN(mostSteps))
		}
		for amount > top {
			amount -= step
		}
		return b.Code, amount, nil
	}
	return "", 0, nil
}
