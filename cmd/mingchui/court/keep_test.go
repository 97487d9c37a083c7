package court

import (
	"context"
	"strings"
	"testing"
	"time"

	"mingchui/cmd/mingchui/house/housetest"
)

// Left alone for two hours the keeper lists property, bids for it, pays for
// what it buys, does what judges owe, and leaves people's accounts alone.
func TestKeep_ADemonstrationStaysAlive(t *testing.T) {
	t.Parallel()
	r := housetest.Open(t, housetest.Options{})
	cfg := config(r)
	line, err := stage(cfg)
	if err != nil {
		t.Fatal(err)
	}
	file, err := ReadDocket(r.House.Auction.RuleSet(), r.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	people, err := gather(t.Context(), cfg, file.Court, crowd{everybody: true, bidders: 12})
	if err != nil {
		t.Fatal(err)
	}
	logged := &strings.Builder{}
	cfg.Log = warnings(logged)
	k := newKeeper(newDirector(cfg, line, people, 1), file)
	ctx, cancel := context.WithCancel(t.Context())
	end := r.Clock.Now().Add(2 * time.Hour)
	err = line.Run(ctx, k.run, func(ctx context.Context) error {
		defer cancel()
		return line.Until(ctx, end, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	if logged.Len() > 0 {
		t.Errorf("the keeper met errors:\n%s", logged)
	}
	for what, query := range map[string]string{
		"lots that ended":           `SELECT count(*) FROM lots WHERE status = 'ended'`,
		"lots that are open":        `SELECT count(*) FROM lots WHERE status = 'announced'`,
		"bids":                      `SELECT count(*) FROM bids`,
		"balances that were paid":   `SELECT count(*) FROM balances WHERE state = 'paid'`,
		"rulings by the script":     `SELECT count(*) FROM rulings`,
		"deposits that went back":   `SELECT count(*) FROM deposits WHERE state = 'returned'`,
		"no enrolments of people":   `SELECT CASE WHEN EXISTS (SELECT FROM deposits d JOIN accounts a ON a.id = d.account_id WHERE a.login NOT LIKE 'script%') THEN 0 ELSE 1 END`,
		"prices that stay in sense": `SELECT CASE WHEN EXISTS (SELECT FROM courses c JOIN lots l ON l.id = c.lot_id WHERE c.price_fen > 2 * l.starting_price_fen) THEN 0 ELSE 1 END`,
	} {
		var n int
		if err := r.House.Pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d", what, n)
		if n == 0 {
			t.Errorf("%s: none", what)
		}
	}
	r.RunDue()
	r.Fsck()
}
