package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/cmd/auditor/verify"
)

// Exit codes: what a script may rely on.
const (
	exitHolds   = 0 // everything that was checked holds
	exitFound   = 1 // something is wrong with the log or the receipt
	exitUnknown = 2 // it could not be checked: usage, network, files
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv)
	stop()
	os.Exit(code)
}

// settings are the flags of all commands.
type settings struct {
	log, lot, state, key, lang string
	jobs                       int
	json, quiet                bool
}

// run is the whole program.
func run(ctx context.Context, args []string, out, progress io.Writer, getenv func(string) string) int {
	lang := langOf(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		_, _ = io.WriteString(out, usage(lang))
		if len(args) == 0 {
			return exitUnknown
		}
		return exitHolds
	}
	command := args[0]
	s, rest, err := parse(command, args[1:], lang)
	switch {
	case errors.Is(err, flag.ErrHelp) && command == "draw":
		_, _ = io.WriteString(out, drawUsage(lang))
		return exitHolds
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(out, usage(lang))
		return exitHolds
	case err == nil && command == "verify" && len(rest) == 0:
		var code int
		if code, err = verifyLog(ctx, s, out, progress); err == nil {
			return code
		}
	case err == nil && command == "draw" && len(rest) == 1:
		var code int
		if code, err = showDraw(ctx, s, rest[0], out, progress); err == nil {
			return code
		}
	case err == nil && command == "receipt" && len(rest) == 1:
		var code int
		if code, err = verifyReceipt(ctx, s, rest[0], out, progress); err == nil {
			return code
		}
	case err == nil:
		err = fmt.Errorf("%s", speak(lang, "用法不对；见 auditor --help", "this is not how it is called; see auditor --help"))
	}
	_, _ = fmt.Fprintln(progress, "auditor:", err)
	return exitUnknown
}

// langOf picks zh or en from the environment's locale.
func langOf(locales ...string) string {
	for _, l := range locales {
		if l != "" {
			if strings.HasPrefix(l, "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}

func speak(lang, zh, en string) string {
	if lang == "zh" {
		return zh
	}
	return en
}

// parse reads flags wherever they stand among the arguments.
func parse(command string, args []string, lang string) (s settings, rest []string, err error) {
	f := flag.NewFlagSet(command, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&s.log, "log", "", "")
	f.StringVar(&s.lot, "lot", "", "")
	f.StringVar(&s.state, "state", "", "")
	f.StringVar(&s.key, "key", "", "")
	f.StringVar(&s.lang, "lang", lang, "")
	f.IntVar(&s.jobs, "jobs", runtime.NumCPU()*2, "")
	f.BoolVar(&s.json, "json", false, "")
	f.BoolVar(&s.quiet, "quiet", false, "")
	for {
		if err := f.Parse(args); err != nil {
			return s, nil, err
		}
		if f.NArg() == 0 {
			break
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
	if s.lang != "zh" && s.lang != "en" {
		return s, nil, errors.New("--lang is zh or en")
	}
	if s.jobs < 1 || s.jobs > 256 {
		return s, nil, errors.New("--jobs is 1 to 256")
	}
	return s, rest, nil
}

// options turns settings into what verify takes.
func (s settings) options(progress io.Writer) (verify.Options, error) {
	o := verify.Options{VerifierKey: s.key, Jobs: s.jobs}
	if s.lot != "" {
		id, err := uuid.Parse(s.lot)
		if err != nil {
			return o, fmt.Errorf("--lot: %w", err)
		}
		o.Lot = id
	}
	var err error
	if o.Earlier, err = readState(s.state); err != nil {
		return o, err
	}
	if !s.quiet {
		o.Progress = teller(progress, s.lang)
	}
	return o, nil
}

// teller prints progress at each whole percent.
func teller(w io.Writer, lang string) func(done, total int64) {
	last := int64(-1)
	return func(done, total int64) {
		percent := done * 100 / max(total, 1)
		if percent == last {
			return
		}
		last = percent
		_, _ = fmt.Fprintf(w, speak(lang, "\r已核对 %d / %d 条（%d%%）", "\rchecked %d of %d entries (%d%%)"), done, total, percent)
		if done == total {
			_, _ = fmt.Fprintln(w)
		}
	}
}

func verifyLog(ctx context.Context, s settings, out, progress io.Writer) (int, error) {
	o, err := s.options(progress)
	if err != nil {
		return 0, err
	}
	src, err := newWeb(s.log, s.jobs)
	if err != nil {
		return 0, err
	}
	report, err := verify.Run(ctx, src, o)
	if err != nil {
		return 0, err
	}
	if s.lot != "" && len(report.Lots) == 0 && report.OK() {
		return 0, fmt.Errorf("the log has no lot %s", s.lot)
	}
	if s.json {
		err = writeJSON(out, report)
	} else {
		err = printReport(out, report, s.lang)
	}
	if err != nil {
		return 0, err
	}
	if !report.OK() {
		return exitFound, nil
	}
	if s.state == "" {
		return exitHolds, nil
	}
	return exitHolds, writeState(s.state, verify.State{VerifierKey: report.VerifierKey, Checkpoint: report.Checkpoint})
}

func verifyReceipt(ctx context.Context, s settings, path string, out, progress io.Writer) (int, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return 0, fmt.Errorf("read receipt: %w", err)
	}
	if audit.IsRefusal(b) {
		receipt, err := audit.ParseRefusalReceipt(b)
		if err != nil {
			return 0, err
		}
		return tellReceipt(s, progress, func(o verify.Options, src verify.Source) (*verify.RefusalReport, error) {
			if src == nil {
				return verify.OfflineRefusal(receipt, s.key), nil
			}
			return verify.RefusalReceipt(ctx, src, receipt, o)
		}, func(r *verify.RefusalReport) error { return printRefusal(out, r, s.lang) }, out)
	}
	receipt, err := audit.ParseReceipt(b)
	if err != nil {
		return 0, err
	}
	return tellReceipt(s, progress, func(o verify.Options, src verify.Source) (*verify.ReceiptReport, error) {
		if src == nil {
			return verify.Offline(receipt, s.key), nil
		}
		return verify.Receipt(ctx, src, receipt, o)
	}, func(r *verify.ReceiptReport) error { return printReceipt(out, r, s.lang) }, out)
}

// tellReceipt checks a receipt of either kind, by the log where one is named and else by the key alone, and prints the report.
func tellReceipt[R interface{ OK() bool }](s settings, progress io.Writer, check func(verify.Options, verify.Source) (R, error), show func(R) error, out io.Writer) (int, error) {
	o, err := s.options(progress)
	if err != nil {
		return 0, err
	}
	var src verify.Source
	switch {
	case s.log != "":
		if src, err = newWeb(s.log, s.jobs); err != nil {
			return 0, err
		}
	case s.key == "":
		return 0, errors.New(speak(s.lang, "需要 --log 或 --key", "--log or --key is needed"))
	}
	report, err := check(o, src)
	if err != nil {
		return 0, err
	}
	if s.json {
		err = writeJSON(out, report)
	} else {
		err = show(report)
	}
	if err != nil {
		return 0, err
	}
	if !report.OK() {
		return exitFound, nil
	}
	return exitHolds, nil
}

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
