package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"mingchui/bidding/course"
	"mingchui/cmd/hammer/judge"
	"mingchui/cmd/hammer/load"
)

func newJudge() *cobra.Command {
	var url, record string
	var limit time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "judge FILE",
		Short: "judge a history: linearizable, and every acknowledged bid on the record",
		Long: `judge reads a history that hammer bids wrote and holds it against the lots' public
records: every acknowledged bid is on the record as it was acknowledged (I1), no
refused one is, and there is an order of all bids, refusals included, in which the
rules give each the answer that it got (I3; porcupine, the model is bidding/course).

The record comes from --url, or from a file that GET /api/v1/lots/{lot}/record gave.
Exit 0: sound; 1: each thing that is wrong is named, or the search was not over.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			verdicts, err := judgeFile(cmd.Context(), args[0], url, record, limit)
			if err != nil {
				return err
			}
			return printVerdicts(cmd.OutOrStdout(), verdicts, asJSON)
		},
	}
	cmd.Flags().StringVar(&url, "url", "http://127.0.0.1:8080", "the server that has the record")
	cmd.Flags().StringVar(&record, "record", "", "file with the record instead, of a history of one lot")
	cmd.Flags().DurationVar(&limit, "limit", 2*time.Minute, "how long the search may take for a lot")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the verdicts as JSON")
	return cmd
}

func judgeFile(ctx context.Context, path, url, record string, limit time.Duration) ([]judge.Verdict, error) {
	file, err := os.Open(path) //nolint:gosec // the person names the file
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	ops, err := load.ReadHistory(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	byLot := map[uuid.UUID][]load.Op{}
	for _, op := range ops {
		byLot[op.Lot] = append(byLot[op.Lot], op)
	}
	if record != "" && len(byLot) != 1 {
		return nil, fmt.Errorf("--record holds one lot, the history has %d", len(byLot))
	}
	var out []judge.Verdict
	for _, lot := range slices.SortedFunc(maps.Keys(byLot), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		events, err := readRecord(ctx, lot, url, record)
		if err != nil {
			return nil, err
		}
		v, err := judge.Lot(lot, byLot[lot], events, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func readRecord(ctx context.Context, lot uuid.UUID, url, record string) ([]course.Event, error) {
	var in io.ReadCloser
	var err error
	if record != "" {
		in, err = os.Open(record) //nolint:gosec // the person names the file
	} else {
		in, err = load.Site{URL: url}.Record(ctx, lot)
	}
	if err != nil {
		return nil, err
	}
	events, err := judge.ReadRecord(in)
	return events, errors.Join(err, in.Close())
}

func printVerdicts(out io.Writer, verdicts []judge.Verdict, asJSON bool) error {
	sound := true
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(verdicts); err != nil {
			return err
		}
	}
	for _, v := range verdicts {
		sound = sound && v.Sound()
		if asJSON {
			continue
		}
		word := "sound"
		if !v.Sound() {
			word = "NOT SOUND"
		}
		_, _ = fmt.Fprintf(out, "lot %s: %s; %d accepted, %d refused, %d not placed, %d unknown of which %d landed; %d events of others\n",
			v.Lot, word, v.Accepted, v.Refused, v.NotPlaced, v.Unknown, v.Landed, v.Others)
		if v.Undecided {
			_, _ = fmt.Fprintln(out, "  the search was not over in time: give more --limit or a shorter history")
		}
		for _, f := range v.Findings {
			_, _ = fmt.Fprintf(out, "  %s: event %d, key %s: %s\n", f.Kind, f.Seq, f.Key, f.Detail)
		}
	}
	if !sound {
		return errFailed
	}
	return nil
}
