package oracle

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/bidding/course"
)

//go:embed *.txt
var texts embed.FS

// Case is one course and what the articles say of it.
type Case struct {
	// File and Line are where it stands; Rule is its row of the rule book, Article the article with its words.
	File          string
	Line          int
	Rule, Article string
	Name          string
	// Steps begin with the opening and the admissions.
	Steps []Step
}

// Step is one command and what must come of it.
type Step struct {
	Text string
	// At is the instant, unix milliseconds; it never lies before the step's before.
	At      int64
	Command course.Command
	Want    Want
	// Answers are the automatic bids that must follow, in order.
	Answers []Answer
}

// Answer is an automatic bid.
type Answer struct {
	Code   string
	Amount money.Fen
}

// In is the step's command in an epoch of the runner's: a close rests on a span of the epoch that runs.
func (s Step) In(epoch int64) course.Command {
	c := s.Command
	if c.Kind == course.Close {
		c.Span.Epoch = epoch
	}
	return c
}

// Want is what must come of a step: a refusal's code, or an event of which the case says what it speaks of.
type Want struct {
	Refused fault.Code
	EndsAt  int64          // bid, resume
	Outcome course.Outcome // close
	Price   money.Fen      // close
	Leader  string         // close
}

// Disagreement compares what became of the step with what must: the event, or the code of its refusal (then e is zero). It is
// empty when they agree.
func (s Step) Disagreement(e course.Event, refused fault.Code) string {
	got := Want{Refused: refused, EndsAt: e.EndsAt, Outcome: e.Outcome, Price: e.Price, Leader: e.Leader}
	switch {
	case got != s.Want:
		return fmt.Sprintf("%s: got %s", s.Text, got)
	case refused == "" && e.At != s.At && e.Kind != course.Open: // no rule turns on when a course was opened
		return fmt.Sprintf("%s: decided at %s", s.Text, course.Instant(e.At))
	case refused == "" && (e.Kind != s.Command.Kind || e.Code != s.Command.Code || e.Amount != s.shownAmount()):
		return fmt.Sprintf("%s: another event %+v", s.Text, e)
	}
	return ""
}

// shownAmount is what the event tells of the amount: a maximum's stays hidden.
func (s Step) shownAmount() money.Fen {
	if s.Command.Kind == course.Maximum {
		return 0
	}
	return s.Command.Amount
}

// Unanswered compares the events that followed the step's own at once with the automatic bids that must. It is empty when they
// agree.
func (s Step) Unanswered(followed []course.Event) string {
	got := make([]Answer, len(followed))
	for i, e := range followed {
		got[i] = Answer{e.Code, e.Amount}
		if e.Kind != course.Bid || !e.Automatic || e.At != s.At {
			return fmt.Sprintf("%s: followed by %+v", s.Text, e)
		}
	}
	if !slices.Equal(got, s.Answers) {
		return fmt.Sprintf("%s: answered by %v", s.Text, got)
	}
	return ""
}

func (w Want) String() string {
	if w.Refused != "" {
		return "refused " + string(w.Refused)
	}
	out := "accepted"
	if w.EndsAt > 0 {
		out += ", ends " + course.Instant(w.EndsAt)
	}
	if w.Outcome != "" {
		out += fmt.Sprintf(", %s %d %s", w.Outcome, w.Price, w.Leader)
	}
	return out
}

// Cases reads all cases, in the order of their files.
func Cases() ([]Case, error) {
	files, err := texts.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, f := range files {
		text, err := texts.ReadFile(f.Name())
		if err != nil {
			return nil, err
		}
		r := &reader{file: f.Name()}
		for i, line := range strings.Split(string(text), "\n") {
			if err := r.line(i+1, strings.TrimSpace(line)); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", f.Name(), i+1, err)
			}
		}
		all = append(all, r.cases...)
	}
	return all, nil
}

// dayZero is 00:00 of d0, the day before bidding starts; the instants of the cases are days and times of day from it.
var dayZero = time.Date(2026, 6, 17, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a date is no constant in Go

// reader reads one file. A line is blank, a comment (#), the course of the cases that follow ("course"), the head of a case
// ("case RULE ARTICLE: words", then "name …"), or a step ("INSTANT who does what -> what comes of it", and after a semicolon
// the automatic bids that answer it: "; A 101000.00, B 102000.00").
type reader struct {
	file  string
	terms course.Terms
	cases []Case
}

func (r *reader) line(number int, line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case line == "" || word[0] == '#':
		return nil
	case word == "course":
		return r.course(strings.Fields(rest))
	case word == "case":
		rule, article, ok := strings.Cut(rest, " ")
		if !ok || !strings.Contains(article, ": ") {
			return fmt.Errorf("a case without rule or article: %s", line)
		}
		r.cases = append(r.cases, Case{File: r.file, Line: number, Rule: rule, Article: article, Steps: beginning(r.terms)})
		return nil
	case len(r.cases) == 0:
		return fmt.Errorf("stands in no case: %s", line)
	}
	c := &r.cases[len(r.cases)-1]
	if word == "name" {
		c.Name = rest
		return nil
	}
	s, err := parseStep(line)
	if err != nil {
		return err
	}
	if s.At < c.Steps[len(c.Steps)-1].At {
		return fmt.Errorf("goes back in time: %s", line)
	}
	c.Steps = append(c.Steps, s)
	return nil
}

// course reads "start AMOUNT increment AMOUNT from DAY TIME until DAY TIME [sell-off] [maximum-bids]"; the closing window is five
// minutes and the course of a sell-off a day.
func (r *reader) course(f []string) error {
	if len(f) < 10 || f[0] != "start" || f[2] != "increment" || f[4] != "from" || f[7] != "until" {
		return fmt.Errorf("a course that cannot be read: %v", f)
	}
	var errs [4]error
	r.terms = course.Terms{Extension: 5 * 60_000}
	r.terms.StartingPrice, errs[0] = yuan(f[1])
	r.terms.Increment, errs[1] = yuan(f[3])
	r.terms.StartsAt, errs[2] = instant(f[5], f[6])
	r.terms.EndsAt, errs[3] = instant(f[8], f[9])
	if slices.Contains(f[10:], "sell-off") {
		r.terms.SellOffCourse = 24 * 60 * 60_000
	}
	r.terms.MaximumBids = slices.Contains(f[10:], "maximum-bids")
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// beginning opens a course and admits its bidders at noon of d0: A, B and C are ordinary bidders, K is the applicant
// creditor, P1 a priority purchaser of the first rank, P2 and Q2 of the second, P3 of the third, X a buyer who defaulted before.
func beginning(t course.Terms) []Step {
	noon := dayZero.Add(12 * time.Hour).UnixMilli()
	steps := []Step{{Text: "opening", At: noon, Command: course.Command{Kind: course.Open, Terms: t}}}
	for _, who := range []string{"A", "B", "C", "K creditor", "P1 rank 1", "P2 rank 2", "Q2 rank 2", "P3 rank 3", "X"} {
		name, standing, _ := strings.Cut(who, " ")
		steps = append(steps, Step{Text: "admission of " + who, At: noon, Command: admission(name, standing)})
	}
	return append(steps, Step{Text: "exclusion of X", At: noon, Command: course.Command{Kind: course.Exclude, Code: code("X")}})
}

func admission(name, standing string) course.Command {
	c := course.Command{Kind: course.Admit, Code: code(name), Capacity: course.Ordinary, NameCommitment: strings.Repeat("ab", 32)}
	if standing == "creditor" {
		c.Capacity = course.Creditor
	}
	if rank, ok := strings.CutPrefix(standing, "rank "); ok {
		c.Capacity = course.Priority
		c.Rank, _ = strconv.Atoi(rank)
	}
	return c
}

// code is the bidder code that stands for a name of the cases: five characters.
func code(name string) string { return strings.Repeat(name, 5)[:5] }

// instant reads "d2 09:55:00.000".
func instant(day, clock string) (int64, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(day, "d"))
	if err != nil || day[0] != 'd' {
		return 0, fmt.Errorf("no day: %s", day)
	}
	t, err := time.Parse("15:04:05.000", clock)
	if err != nil {
		return 0, err
	}
	return dayZero.AddDate(0, 0, n).Add(t.Sub(t.Truncate(24 * time.Hour))).UnixMilli(), nil
}

// yuan reads "100000.00" as fen.
func yuan(s string) (money.Fen, error) {
	whole, cents, ok := strings.Cut(s, ".")
	if !ok || len(cents) != 2 {
		return 0, fmt.Errorf("no amount in yuan with two decimals: %s", s)
	}
	n, err := strconv.ParseInt(whole+cents, 10, 64)
	return money.Fen(n), err
}

func parseStep(line string) (Step, error) {
	act, want, ok := strings.Cut(line, " -> ")
	f := strings.Fields(act)
	if !ok || len(f) < 4 {
		return Step{}, fmt.Errorf("a step that cannot be read: %s", line)
	}
	s := Step{Text: line}
	var err error
	if s.At, err = instant(f[0], f[1]); err != nil {
		return Step{}, err
	}
	if s.Command, err = parseCommand(s.At, f[2], f[3], f[4:]); err != nil {
		return Step{}, err
	}
	want, answers, answered := strings.Cut(want, "; ")
	if s.Want, err = parseWant(s.Command.Kind, strings.Fields(want)); err != nil || !answered {
		return s, err
	}
	for text := range strings.SplitSeq(answers, ", ") {
		who, amount, _ := strings.Cut(text, " ")
		a := Answer{Code: code(who)}
		if a.Amount, err = yuan(amount); err != nil {
			return s, err
		}
		s.Answers = append(s.Answers, a)
	}
	return s, nil
}

func parseCommand(at int64, who, verb string, rest []string) (course.Command, error) {
	switch {
	case verb == "bids" && len(rest) == 1:
		amount, err := yuan(rest[0])
		return course.Command{Kind: course.Bid, Code: code(who), Amount: amount}, err
	case verb == "sets" && len(rest) == 1:
		amount, err := yuan(rest[0])
		return course.Command{Kind: course.Maximum, Code: code(who), Amount: amount, Commitment: strings.Repeat("cd", 32)}, err
	case verb == "withdraws" && len(rest) == 0:
		return course.Command{Kind: course.MaximumWithdrawn, Code: code(who)}, nil
	case verb == "enrols":
		return admission(who, strings.Join(rest, " ")), nil
	case verb == "excluded":
		return course.Command{Kind: course.Exclude, Code: code(who)}, nil
	case verb == "stays" && len(rest) == 0:
		return course.Command{Kind: course.Stay, Ground: course.Ground(who)}, nil
	case verb == "stays" && len(rest) == 3 && rest[0] == "since":
		since, err := instant(rest[1], rest[2])
		return course.Command{Kind: course.Stay, Ground: course.Ground(who), Since: since}, err
	case who == "bidding" && verb == "resumes":
		return course.Command{Kind: course.Resume}, nil
	case who == "engine" && verb == "resumes":
		return course.Command{Kind: course.Resume, Ground: course.ByOutage}, nil
	case who == "bidding" && verb == "closes":
		return closing(at, rest)
	}
	return course.Command{}, fmt.Errorf("an act that cannot be read: %s %s", who, verb)
}

// closing reads "served from DAY TIME until DAY TIME": when bids could be placed without a gap. Without it they always could.
func closing(at int64, f []string) (course.Command, error) {
	c := course.Command{Kind: course.Close, Span: course.Span{From: dayZero.UnixMilli(), To: at}}
	if len(f) == 0 {
		return c, nil
	}
	if len(f) != 7 || f[0] != "served" || f[1] != "from" || f[4] != "until" {
		return c, fmt.Errorf("a close that cannot be read: %v", f)
	}
	var err error
	if c.Span.From, err = instant(f[2], f[3]); err != nil {
		return c, err
	}
	c.Span.To, err = instant(f[5], f[6])
	return c, err
}

func parseWant(kind course.Kind, f []string) (Want, error) {
	switch {
	case len(f) == 2 && f[0] == "refused":
		return Want{Refused: fault.Code(f[1])}, nil
	case len(f) == 3 && f[0] == "ends" && (kind == course.Bid || kind == course.Resume):
		at, err := instant(f[1], f[2])
		return Want{EndsAt: at}, err
	case len(f) == 3 && f[0] == "sold" && kind == course.Close:
		price, err := yuan(f[2])
		return Want{Outcome: course.Sold, Leader: code(f[1]), Price: price}, err
	case len(f) == 1 && f[0] == "unsold" && kind == course.Close:
		return Want{Outcome: course.Unsold}, nil
	case len(f) == 1 && f[0] == "done" && kind != course.Bid && kind != course.Resume && kind != course.Close:
		return Want{}, nil
	}
	return Want{}, fmt.Errorf("an outcome that cannot be read: %v", f)
}
