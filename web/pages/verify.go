package pages

import "time"

// VerifyView is a check and what it found.
type VerifyView struct {
	Query       string
	Verdict     *Verdict
	CheckedText string
	Checks      []CheckRow
	ReceiptText string
	Commands    string
	Errors      Errors
}

// Verdict is the outcome of a check.
type Verdict struct{ Icon, Title, Text string }

// CheckRow is one thing that was checked.
type CheckRow struct {
	Chip             Chip
	Name, How, Count string
}

// GuideView is the guide's figures and rules.
type GuideView struct {
	RuleSet           string
	Return, Extension time.Duration
	// Figures and Rules use Unit for the source; Value of a rule is its id.
	Figures, Rules []Figure
}

// AnnouncementView is the announcement as it was published.
type AnnouncementView struct {
	LotHref, Title, Heading, CaseNumber, Court, Date, Hash string
	Sections                                               []PaperSection
}

// PaperSection is a headed part of a document.
type PaperSection struct {
	Heading    string
	Paragraphs []string
}
