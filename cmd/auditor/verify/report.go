package verify

import (
	"fmt"

	"mingchui/auction/money"
)

// A Finding is one thing that is wrong with the log.
type Finding struct {
	// Code is stable, for machines.
	Code Code `json:"code"`
	// Rule is the row of the rule book or the invariant that is broken (R20a, I2, I6).
	Rule string `json:"rule"`
	// Leaf is the index in the log, -1 where none applies.
	Leaf int64 `json:"leaf"`
	// Lot is the lot's id, empty for the log itself; Seq the number in its course, 0 for none.
	Lot string `json:"lot,omitempty"`
	Seq int64  `json:"seq,omitempty"`
	// TextZH and TextEN say it to a person.
	TextZH string `json:"text_zh"`
	TextEN string `json:"text_en"`
}

func logFinding(c Code, leaf int64, args ...any) Finding {
	rule, zh, en := wording(c)
	return Finding{Code: c, Rule: rule, Leaf: leaf, TextZH: fmt.Sprintf(zh, args...), TextEN: fmt.Sprintf(en, args...)}
}

// Trust is where the verifier key came from.
type Trust string

const (
	// KeyGiven: the caller named it.
	KeyGiven Trust = "given"
	// KeyRemembered: it stood in the state of an earlier run.
	KeyRemembered Trust = "remembered"
	// KeyFirstUse: the log itself named it, and nothing else vouches for it.
	KeyFirstUse Trust = "first_use"
)

// An Earlier is a checkpoint that was seen before.
type Earlier struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
}

// A KindCount is how many entries of a kind there are.
type KindCount struct {
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
}

// A LotReport is what the re-run of a lot gave.
type LotReport struct {
	Lot     string `json:"lot"`
	Stage   string `json:"stage,omitempty"`
	RuleSet string `json:"rule_set,omitempty"`
	// Judges voted on the announced terms; Approvals of them for it.
	Judges    int `json:"judges"`
	Approvals int `json:"approvals"`
	// Standing is listed, announced, open, stayed, sold, unsold, withdrawn, or broken: the re-run stopped at a fault, and the
	// figures are those before it.
	Standing   string    `json:"standing"`
	Admitted   int       `json:"admitted"`
	Bids       int64     `json:"bids"`
	Extensions int64     `json:"extensions"`
	Events     int64     `json:"events"`
	PriceFen   money.Fen `json:"price_fen"`
	LeaderCode string    `json:"leader_code,omitempty"`
	EndsAt     string    `json:"ends_at,omitempty"`
	Confirmed  bool      `json:"confirmed"`
	Findings   int       `json:"findings"`
}

// A Report is what was checked and what was found.
type Report struct {
	Origin      string   `json:"origin"`
	VerifierKey string   `json:"verifier_key"`
	KeyTrust    Trust    `json:"key_trust"`
	Size        int64    `json:"size"`
	Root        string   `json:"root"`
	Earlier     *Earlier `json:"earlier,omitempty"`
	// Checkpoint is the signed note, to be kept as the next run's earlier one.
	Checkpoint string `json:"checkpoint"`

	Entries int64       `json:"entries"`
	Bundles int64       `json:"bundles"`
	Tiles   int64       `json:"tiles"`
	Kinds   []KindCount `json:"kinds"`
	Lots    []LotReport `json:"lots"`
	// Draws are those between equals, as they were listed.
	Draws []DrawReport `json:"draws,omitempty"`

	Findings []Finding `json:"findings"`
	// Omitted counts the findings beyond the first MaxFindings.
	Omitted int64 `json:"omitted,omitempty"`
	// NotChecked says what this run could not or did not look at.
	NotChecked []Note `json:"not_checked"`
}

// A Note is a sentence in both languages.
type Note struct {
	Code   Code   `json:"code"`
	TextZH string `json:"text_zh"`
	TextEN string `json:"text_en"`
}

// MaxFindings bounds the findings that a report lists.
const MaxFindings = 500

// OK reports whether nothing was found.
func (r *Report) OK() bool { return len(r.Findings) == 0 && r.Omitted == 0 }

func (r *Report) add(f Finding) {
	if len(r.Findings) >= MaxFindings {
		r.Omitted++
		return
	}
	r.Findings = append(r.Findings, f)
}

func (r *Report) note(c Code, args ...any) {
	_, zh, en := wording(c)
	r.NotChecked = append(r.NotChecked, Note{Code: c, TextZH: fmt.Sprintf(zh, args...), TextEN: fmt.Sprintf(en, args...)})
}
