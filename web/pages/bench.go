package pages

import "time"

// BenchView is the judges' desk.
type BenchView struct {
	Court string
	// SettingsHref is where the court's settings stand.
	SettingsHref string
	Lots         int64
	Due          []Due
	Votes        []BenchItem
	Columns      []Column
	Said         string
	// Objections is how many the court owes a decision on.
	Objections int64
	// Agencies is how many agents wait for the court.
	Agencies int64
}

// BenchItem is a lot on the bench.
type BenchItem struct {
	Href, Title, Text string
	// Bad marks what is late or was refused.
	Bad bool
}

// Column is one step with the lots that stand at it.
type Column struct {
	Title string
	Count int
	Items []BenchItem
	// More is where the rest of them is listed.
	More string
	// Rare columns stand only when they hold something.
	Rare bool
}

// BenchLotView is one lot on the bench.
type BenchLotView struct {
	Card
	// Public is true once the lot has a page of its own.
	Public    bool
	Terms     []Pair
	PanelText string
	Votes     []VoteRow
	// VotesBefore are those on terms that were revised; they count no more.
	VotesBefore []VoteRow
	Acts        []ActForm
	// Property is what is sold, with the way to each.
	Property []PropertyRow
	// AgenciesHref leads to its agents' requests, of which Agencies wait; empty once bidding has started.
	AgenciesHref string
	Agencies     int64
	// Handover is the way to the buyer of a lot that was ruled.
	Handover []Step
	// Changes are what is stated of the property otherwise than in the version before.
	Changes []ChangeRow
	// Revise mends a lot that was not announced, nil for others.
	Revise *ReviseForm
	// Drop leads to the page that takes it back.
	Drop    string
	Due     []Due
	Redline *Redline
	// Gaps are what still keeps it from being announced.
	Gaps *Redline
	Said string
	// Papers are those of the lot that the court reads.
	Papers []PaperLink
	// Draws are those between creditors of equal rank.
	Draws []PriceLine
	// AsideHref leads to setting the sale aside, empty where it cannot be; Aside is that it was.
	AsideHref string
	Aside     *AsideDone
	// Warranty is shown while the announcement is written.
	Warranty *Warranty
	// Dates are the legal bounds of the court's next act; TrailHref the trail of the case.
	Dates     []Pair
	TrailHref string
	// DebtorHref leads to the codes of the case's debtor.
	DebtorHref string
}

// Warranty is whether the court is free of warranty for defects (R15w).
type Warranty struct {
	Free bool
	Chip Chip
	Text string
}

// VoteRow is one judge of the panel.
type VoteRow struct {
	Who string
	// Log is the name under which the log has another judge.
	Log  string
	Mine bool
	Chip Chip
	At   time.Time
	// Opinion is for the court alone.
	Opinion string
}

// ActForm is one act of the court as a form.
type ActForm struct {
	ID, Title, Note, Action string
	Fields                  []Field
	Buttons                 []Option
	// Main gives the first button the one accent of the page.
	Main bool
	// Sure is what the reader ticks before what cannot be undone; empty asks nothing.
	Sure   string
	Errors Errors
}

// Redline is an announcement with everything that is wrong with it.
type Redline struct {
	// ID tells two on a page apart.
	ID, Title, Note string
	// Refused is set where somebody just tried; else it is told beforehand.
	Refused bool
	Faults  []RedFault
}

// RedFault is one thing that is wrong and how it is mended.
type RedFault struct {
	What, Article, Rule, Code string
	MendLabel, Old, New, Mend string
	// Href leads to the field that mends it.
	Href string
}

// ImportView is the upload of a docket file and what came of it.
type ImportView struct {
	FileName     string
	Problems     []ImportProblem
	ProblemCount int
	Said         string
	Errors       Errors
}

// ImportProblem is one fault of a file, at its line.
type ImportProblem struct{ Line, Text, Path, Source string }

// dueSum counts duties and the late ones among them.
func dueSum(p *Page, list []Due) string {
	var late int64
	for _, d := range list {
		if d.Late {
			late++
		}
	}
	s := p.N("due.count", int64(len(list)))
	if late > 0 {
		s += p.N("due.count_late", late)
	}
	return s
}
