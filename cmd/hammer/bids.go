package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"mingchui/cmd/hammer/load"
)

// bidsFlags are the settings of hammer bids.
type bidsFlags struct {
	url, lot, sessions, password, history string
	accounts                              []string
	connections                           int
	seconds                               float64
	count                                 int64
	pause                                 time.Duration
	retry                                 bool
}

func newBids() *cobra.Command {
	var f bidsFlags
	cmd := &cobra.Command{
		Use:   "bids",
		Short: "bid on a lot of a running server and keep the history",
		Long: `bids makes relative bids on one lot over many connections and writes what was asked
and answered to a file, one JSON object a line, for hammer judge. The server may be
killed and started again meanwhile: with --retry each bid is sent again with its
Idempotency-Key until it is decided.

Who bids is given by --sessions, a file with one JSON object a line, either
{"bidder_code", "passphrase"} or {"bidder_code", "token"}; or by --accounts, which
sign in, enrol and pay the deposit on the payment stand-in's page.

A run is bounded by --seconds, by --count, and by 50,000 bids of history.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return bids(cmd.Context(), f, cmd.OutOrStdout()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.url, "url", "http://127.0.0.1:8080", "the server, on this machine")
	flags.StringVar(&f.lot, "lot", "", "the lot's id (required)")
	flags.StringVar(&f.sessions, "sessions", "", "file of bidders")
	flags.StringSliceVar(&f.accounts, "accounts", nil, "logins of bidders who enrol now, comma-separated")
	flags.StringVar(&f.password, "password", "", "the accounts' password")
	flags.IntVar(&f.connections, "connections", 32, "keep-alive connections")
	flags.Float64Var(&f.seconds, "seconds", 10, "how long")
	flags.Int64Var(&f.count, "count", 20000, "how many bids at most")
	flags.DurationVar(&f.pause, "pause", 0, "rest of a connection between its bids")
	flags.BoolVar(&f.retry, "retry", true, "send a bid again with its key until it is decided")
	flags.StringVar(&f.history, "history", "history.ndjson", "file for the history")
	return cmd
}

func bids(ctx context.Context, f bidsFlags, out io.Writer) (err error) {
	lot, err := uuid.Parse(f.lot)
	if err != nil {
		return errors.New("--lot: the lot's id is needed")
	}
	if f.count < 1 || f.count > load.MaxHistory {
		return fmt.Errorf("--count: 1 to %d", load.MaxHistory)
	}
	site := load.Site{URL: f.url}
	address, err := site.Address()
	if err != nil {
		return err
	}
	about, err := site.Lot(ctx, lot)
	if err != nil {
		return err
	}
	sessions, err := bidders(ctx, site, lot, f)
	if err != nil {
		return err
	}
	file, err := os.Create(f.history)
	if err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	history := load.NewWriter(file)
	ladder := load.NewLadder(about.StartingPriceFen, about.IncrementFen)
	ladder.Saw(about.PriceFen)
	r, err := load.New(load.Config{
		Address: address, Lot: lot, Sessions: sessions, Connections: f.connections, Ladder: ladder,
		For: time.Duration(f.seconds * float64(time.Second)), Count: f.count, Pause: f.pause, Retry: f.retry, History: history.Add,
	})
	if err != nil {
		return err
	}
	t, err := r.Do(ctx)
	lines, closed := history.Close()
	if err := errors.Join(err, closed); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d bids in %s: %.0f decided/s, %d accepted, %d refused, %d tries not decided; p50 %s, p99 %s\n",
		lines, f.history, t.PerSecond(), t.Total.Accepted, t.Total.Refused, t.Total.NotDecided, t.P50, t.P99)
	return err
}

// bidders opens the sessions that the flags name.
func bidders(ctx context.Context, site load.Site, lot uuid.UUID, f bidsFlags) ([]load.Session, error) {
	var out []load.Session
	joining, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, login := range f.accounts {
		s, err := site.Join(joining, lot, login, f.password)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if f.sessions == "" {
		return out, nil
	}
	file, err := os.Open(f.sessions)
	if err != nil {
		return nil, fmt.Errorf("read the bidders: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	for d := json.NewDecoder(file); ; {
		var b struct {
			Code       string `json:"bidder_code"`
			Passphrase string `json:"passphrase"`
			Token      string `json:"token"`
		}
		err := d.Decode(&b)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the bidders: %w", err)
		}
		s := load.Session{Code: b.Code, Token: b.Token}
		if s.Token == "" {
			if s, err = site.OpenSession(ctx, lot, b.Code, b.Passphrase); err != nil {
				return nil, err
			}
		}
		out = append(out, s)
	}
}
