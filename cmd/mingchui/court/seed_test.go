package court

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"mingchui/cmd/mingchui/house/housetest"
)

func config(r *housetest.Rig) Config {
	return Config{House: r.House, Clock: r.Clock, SiteURL: r.SiteURL, Password: "a demonstration"}
}

// warnings is a log that keeps what should not happen.
func warnings(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func TestFullTry(t *testing.T) {
	r := housetest.Open(t, housetest.Options{Start: time.Now().Add(-Past)})
	cfg := config(r)
	begun := time.Now()
	cfg.Progress = func(done, total int, what string) {
		t.Logf("%6.1fs %d/%d %s", time.Since(begun).Seconds(), done, total, what)
	}
	want := os.Getenv("LOTS")
	var only func(string) bool
	if want != "" {
		only = func(ref string) bool { return len(ref) > 3 && (want == "all" || contains(want, ref[3:])) }
	}
	if err := seed(t.Context(), cfg, only); err != nil {
		t.Fatal(err)
	}
	t.Logf("seeded in %s", time.Since(begun))
	r.Fsck()
	rows, err := r.House.Pool.Query(t.Context(), `SELECT l.title_zh, l.stage, l.status||coalesce('/'||l.outcome,''), coalesce(c.bids,0), coalesce(c.extensions,0), coalesce(c.price_fen,0)/100, round(extract(epoch from l.announced_at-$1)/60)::int, round(extract(epoch from l.starts_at-$1)/60)::int, round(extract(epoch from c.ends_at-$1)/60)::int, coalesce(c.admitted,0) FROM lots l LEFT JOIN courses c ON c.lot_id=l.id ORDER BY c.ends_at`, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		v, _ := rows.Values()
		fmt.Println(v...)
	}
	for _, q := range []string{"SELECT kind, state, count(*), min(due_at)-now(), max(due_at)-now() FROM duties GROUP BY 1,2 ORDER BY 1,2", "SELECT state, count(*) FROM deposits GROUP BY 1", "SELECT state,count(*) FROM balances GROUP BY 1", "SELECT state,purpose,count(*) FROM payments GROUP BY 1,2", "SELECT state,count(*) FROM refunds GROUP BY 1", "select count(*) from entries"} {
		rows, err := r.House.Pool.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(q)
		for rows.Next() {
			v, _ := rows.Values()
			fmt.Println(v...)
		}
	}
}

func contains(list, s string) bool {
	for i := 0; i+len(s) <= len(list); i++ {
		if list[i:i+len(s)] == s {
			return true
		}
	}
	return false
}
