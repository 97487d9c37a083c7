package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"mingchui/bidding/course"
	"mingchui/cmd/hammer/judge"
	"mingchui/cmd/hammer/load"
)

// Finding is one thing that does not hold.
type Finding struct {
	// By is who found it: judge (history against record, with porcupine), auditor, fsck, or bidders for whom bids did not go on.
	By   string `json:"by"`
	Kind string `json:"kind"`
	// Fault is the kind of fault that it is put down to; empty where that cannot be said.
	Fault  string `json:"fault,omitempty"`
	Detail string `json:"detail"`
}

const (
	byJudge   = "judge"
	byAuditor = "auditor"
	byFsck    = "fsck"
	byBidders = "bidders"
)

// breach is an error of the server, not of the harness.
type breach string

func (b breach) Error() string { return string(b) }

const (
	// judgeWithin bounds the search for an order of one lot.
	judgeWithin = time.Minute
	// closeWithin bounds how long the closing lot may take to close once nobody bids: its window, and what an outage adds.
	closeWithin = 4 * time.Minute
	// maxDetail bounds what is kept of one finding.
	maxDetail = 600
)

// verdict lets the closing lot close if it is to, holds both lots' histories against their records, asks the auditor, ends all
// processes and asks fsck.
func (s *scene) verdict(ctx context.Context, letClose bool, strikes []Strike) ([]Finding, error) {
	var found []Finding
	add := func(by, kind, detail string) {
		found = append(found, Finding{By: by, Kind: kind, Detail: detail[:min(len(detail), maxDetail)]})
	}
	if err := errors.Join(s.long.rest(), s.closing.rest()); err != nil {
		return nil, err
	}
	if letClose {
		if err := s.awaitClose(ctx); err != nil {
			add(byBidders, "not_closed", err.Error())
		}
	}
	for _, l := range []*lot{s.long, s.closing} {
		events, err := s.record(ctx, l)
		if err != nil {
			add(byJudge, "record", err.Error())
			continue
		}
		v, err := judge.Lot(l.sale.Lot, l.ops, events, judgeWithin)
		if err != nil {
			return nil, err
		}
		s.cfg.say("  %d bids of the history judged: %d accepted, %d refused, %d not placed, %d without an answer of which %d landed; %d events of others",
			len(l.ops), v.Accepted, v.Refused, v.NotPlaced, v.Unknown, v.Landed, v.Others)
		if v.Undecided {
			add(byJudge, "undecided", "porcupine found no order within "+judgeWithin.String())
		}
		for _, f := range v.Findings {
			add(byJudge, f.Kind, f.Detail)
			found[len(found)-1].Fault = blame(strikes, l.ops, f.Key)
		}
	}
	if out, err := s.audit(ctx); err != nil {
		add(byAuditor, "finding", fmt.Sprintf("%v: %s", err, out))
	}
	for name := range s.running {
		if err := s.stop(name); err != nil {
			add(byBidders, "not_stopped", err.Error())
		}
	}
	if out, err := s.servers.Fsck(ctx, s.binary); err != nil {
		add(byFsck, "breach", fmt.Sprintf("%v: %s", err, out))
	}
	return found, nil
}

// awaitClose waits until the closing lot is closed, or stands stayed and waits for the court (R28o).
func (s *scene) awaitClose(ctx context.Context) error {
	s.cfg.say("  nobody bids any more: the closing lot must close by itself")
	phase := ""
	err := until(ctx, closeWithin, "the close", func() (bool, error) {
		err := s.pool.QueryRow(ctx, `SELECT phase FROM courses WHERE lot_id = $1`, s.closing.sale.Lot).Scan(&phase)
		return phase == string(course.Closed), err
	})
	if err != nil && phase == string(course.Stayed) {
		s.cfg.say("  the closing lot is stayed")
		return nil
	}
	return err
}

// record reads a lot's public record once it has all that is committed.
func (s *scene) record(ctx context.Context, l *lot) (events []course.Event, err error) {
	site := load.Site{URL: s.servers.SiteURL()}
	var seq int64
	if err := s.pool.QueryRow(ctx, `SELECT coalesce(max(seq), 0) FROM course_events WHERE lot_id = $1`, l.sale.Lot).Scan(&seq); err != nil {
		return nil, fmt.Errorf("read the course: %w", err)
	}
	err = until(ctx, readyWithin, fmt.Sprintf("event %d in the record", seq), func() (bool, error) {
		in, err := site.Record(ctx, l.sale.Lot)
		if err != nil {
			return false, pause(ctx, heldFor) // the web node may have been killed a moment ago
		}
		events, err = judge.ReadRecord(in)
		if err := errors.Join(err, in.Close()); err != nil {
			return false, err
		}
		whole := slices.ContainsFunc(events, func(e course.Event) bool { return e.Seq == seq })
		if !whole {
			err = pause(ctx, heldFor)
		}
		return whole, err
	})
	return events, err
}

// audit runs the public's program over the log.
func (s *scene) audit(ctx context.Context) (string, error) {
	var out, told bytes.Buffer
	cmd := exec.CommandContext(ctx, s.auditor, "verify", "--log", s.servers.SiteURL()+"/log", "--quiet", "--lang", "en") //nolint:gosec // built by us
	cmd.Stdout, cmd.Stderr = &out, &told
	err := cmd.Run()
	return strings.TrimSpace(out.String() + told.String()), err
}

// blame names the fault that a bid was lost to: the first that struck when it was answered, or after.
func blame(strikes []Strike, ops []load.Op, key string) string {
	at := slices.IndexFunc(ops, func(op load.Op) bool { return op.Key == key })
	if at < 0 || len(strikes) == 0 {
		return ""
	}
	for _, s := range strikes {
		if s.ended >= ops[at].AnsweredAt {
			return s.Fault
		}
	}
	return strikes[len(strikes)-1].Fault
}
