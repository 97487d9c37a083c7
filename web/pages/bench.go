package pages

import "time"

// BenchView is the judges' desk.
type BenchView struct {
	Court   string
	Lots    int64
	Due     []Due
	Votes   []BenchItem
	Columns []Column
	Said    string
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
	Acts      []ActForm
	Due       []Due
	Redline   *Redline
	Said      string
}

// VoteRow is one judge of the panel.
type VoteRow struct {
	Who  string
	Mine bool
	Chip Chip
	At   time.Time
}

// ActForm is one act of the court as a form.
type ActForm struct {
	ID, Title, Note, Action string
	Fields                  []Field
	Selects                 []Select
	Buttons                 []Option
	// Main gives the first button the one accent of the page.
	Main   bool
	Errors Errors
}

// Select is a choice in a form.
type Select struct {
	Name, Label, Value string
	Options            []Option
}

// Redline is a refused announcement with everything that is wrong with it.
type Redline struct {
	Title, Note string
	Faults      []RedFault
}

// RedFault is one thing that is wrong and how it is mended.
type RedFault struct {
	What, Article, Rule, Code string
	MendLabel, Old, New, Mend string
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
