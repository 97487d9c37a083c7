package court

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding"
	"mingchui/cmd/mingchui/house"
)

const (
	// actsAtOnce bounds what the cast does at the same moment.
	actsAtOnce = 8
	// payLimit bounds one visit of the payment page.
	payLimit = 20 * time.Second
	// bidTries is how often a bid that was not placed is sent again.
	bidTries = 20
)

// director carries out scripts.
type director struct {
	house *house.House
	rules law.RuleSet
	pace  pace
	cast  *cast
	http  *http.Client
	acts  chan struct{}
	seed  uint64
	log   *slog.Logger
	// listed is called for each new lot, told with its title when its script ends.
	listed func(*sale)
	told   func(what string)

	mu      sync.Mutex
	rulings map[string]int
}

func newDirector(cfg Config, p pace, c *cast, seed uint64) *director {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &director{
		house: cfg.House, rules: cfg.House.Auction.RuleSet(), pace: p, cast: c, seed: seed, log: log,
		acts: make(chan struct{}, actsAtOnce), rulings: map[string]int{}, listed: func(*sale) {}, told: func(string) {},
		http: &http.Client{
			Timeout: payLimit,
			// The page leads back to the site, which a script has no need to see.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// chance is the luck of one lot, the same whenever the seed is.
func (d *director) chance(name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))                    // a hash never fails
	return rand.New(rand.NewPCG(d.seed, h.Sum64())) //nolint:gosec // repeatable on purpose
}

// act does f while at most actsAtOnce do something.
func (d *director) act(f func() error) error {
	d.acts <- struct{}{}
	defer func() { <-d.acts }()
	return f()
}

// look reads where a lot stands.
func (d *director) look(ctx context.Context, lot uuid.UUID) (seen, error) {
	var s seen
	var price *money.Fen
	var ends, ended, due *time.Time
	err := d.house.Pool.QueryRow(ctx, `
		SELECT coalesce(c.phase, ''), c.ends_at, c.price_fen, coalesce(c.leader_code, ''), l.status, coalesce(l.outcome, ''), l.ended_at, l.balance_due_at
		FROM lots l LEFT JOIN courses c ON c.lot_id = l.id WHERE l.id = @lot`, pgx.NamedArgs{"lot": lot}).
		Scan(&s.phase, &ends, &price, &s.leader, &s.status, &s.outcome, &ended, &due)
	if err != nil {
		return s, fmt.Errorf("look at lot %s: %w", lot, err)
	}
	for from, to := range map[*time.Time]*time.Time{ends: &s.endsAt, ended: &s.endedAt, due: &s.dueAt} {
		if from != nil {
			*to = *from
		}
	}
	if price != nil {
		s.price = *price
	}
	return s, nil
}

// pay presses the button that pays on a payment page.
func (d *director) pay(ctx context.Context, page string) error {
	return d.act(func() error {
		form := url.Values{"outcome": {"succeed"}}.Encode()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, page, strings.NewReader(form))
		if err != nil {
			return fmt.Errorf("go to the payment page: %w", err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := d.http.Do(req)
		if err != nil {
			return fmt.Errorf("pay: %w", err)
		}
		defer res.Body.Close() //nolint:errcheck // read to its end
		_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
		if err != nil {
			return fmt.Errorf("pay: %w", err)
		}
		if res.StatusCode != http.StatusSeeOther {
			return fmt.Errorf("pay: the payment page answers %s", res.Status)
		}
		return nil
	})
}

// errRefused is a bid that the course refused.
var errRefused = errors.New("the bid was refused")

// bid places a bid and sends it again with the same key while it is not
// placed for reasons of the machine.
func (d *director) bid(ctx context.Context, lot uuid.UUID, code string, amount money.Fen) (bidding.Accepted, error) {
	b := bidding.Bid{Lot: lot, Code: code, Amount: amount, Key: uuid.NewString(), ReceivedAt: d.pace.Now()}
	for try := 0; ; try++ {
		accepted, err := d.house.Engine.Bid(ctx, b)
		switch {
		case err == nil:
			return accepted, nil
		case fault.KindOf(err) == fault.Conflict:
			return accepted, fmt.Errorf("%w: %w", errRefused, err)
		case fault.KindOf(err) != fault.Unavailable || try == bidTries:
			return accepted, fmt.Errorf("bid: %w", err)
		}
		if err := rest(ctx, time.Duration(try+1)*10*time.Millisecond); err != nil {
			return accepted, err
		}
	}
}

// rulingNumber gives the next ruling of a case its number: （2026）皖9902执118号之一.
func (d *director) rulingNumber(caseNumber string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rulings[caseNumber]++
	return caseNumber + "之" + chinese(d.rulings[caseNumber])
}

// chinese writes 1 to 99 in Chinese figures.
func chinese(n int) string {
	digits := []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	tens := ""
	switch {
	case n >= 20:
		tens = digits[n/10%10] + "十"
	case n >= 10:
		tens = "十"
	}
	return tens + digits[n%10]
}
