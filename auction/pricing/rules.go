package pricing

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// The law's periods, in days of the rule set; the article of Fa Shi (2018) No. 15 behind each.
const (
	onlineDays      = 3  // 11: a platform's report
	onlineMoreDays  = 3  // 11: more for those that applied, where none answered
	serveDays       = 3  // 21: reports go to the parties
	publicationDays = 15 // 21: published, it is received
	objectDays      = 5  // 22, 23
	appraiseDays    = 30 // 19: a firm's report
	extendBefore    = 5  // 19: an extension is asked for before the last five days
	extendMost      = 15 // 19: days of one extension
	extendTimes     = 2  // 19
	passDays        = 3  // 23: an objection to the result goes to the firm
	decideDays      = 15 // 22, with the time of CPL 236
	firms           = 3  // 16
)

// Skip is an origin that could not serve.
type Skip struct {
	Origin Origin      `json:"origin"`
	Ground SkipGround  `json:"ground"`
	Reason docket.Text `json:"reason"`
	At     time.Time   `json:"at"`
}

// Source is who was asked for a price: an authority, a platform, a firm.
type Source struct {
	ID     uuid.UUID   `json:"source"`
	Origin Origin      `json:"origin"`
	Round  int         `json:"round"`
	Place  int         `json:"place"`
	Name   docket.Text `json:"name"`
	// ChosenBy is agreement or draw, of firms alone; Draw is the draw's id.
	ChosenBy   string     `json:"chosen_by,omitempty"`
	Draw       *uuid.UUID `json:"draw,omitempty"`
	AskedAt    *time.Time `json:"asked_at,omitempty"`
	DueAt      *time.Time `json:"due_at,omitempty"`
	MoreAt     *time.Time `json:"extension_asked_at,omitempty"`
	Extensions int        `json:"extensions,omitempty"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
	Ended      EndGround  `json:"ended_ground,omitempty"`
}

// Report is what one of them answered.
type Report struct {
	ID         uuid.UUID   `json:"report"`
	Source     uuid.UUID   `json:"source"`
	Origin     Origin      `json:"origin"`
	Fen        money.Fen   `json:"amount_fen"`
	Number     string      `json:"number,omitempty"`
	Hash       string      `json:"hash"`
	ValuedOn   docket.Date `json:"valued_on"`
	ValidUntil docket.Date `json:"valid_until"`
	ReceivedAt time.Time   `json:"received_at"`
	InTime     bool        `json:"in_time"`
	Corrects   *uuid.UUID  `json:"corrects,omitempty"`
	// State is stands, corrected or fallen.
	State string `json:"status"`
}

const stands = "stands"

// Service is how a report reached somebody.
type Service struct {
	Report uuid.UUID `json:"report"`
	Who
	Way        Way        `json:"way"`
	SentAt     time.Time  `json:"sent_at"`
	ReceivedAt *time.Time `json:"received_at,omitempty"`
}

// Objection is one against a report.
type Objection struct {
	ID     uuid.UUID `json:"objection"`
	Report uuid.UUID `json:"report"`
	Who
	Ground    ObjectionGround `json:"ground"`
	TextHash  string          `json:"text_hash"`
	LodgedAt  time.Time       `json:"lodged_at"`
	DueAt     time.Time       `json:"due_at"`
	PassedAt  *time.Time      `json:"passed_at,omitempty"`
	Outcome   *Outcome        `json:"outcome,omitempty"`
	DecidedAt *time.Time      `json:"decided_at,omitempty"`
	Reason    docket.Text     `json:"reason,omitzero"`
}

// Determination is one fixing of the reference price of one piece of property,
// as the rules look at it.
type Determination struct {
	ID, CaseID, AssetID uuid.UUID
	Category            docket.Category
	State               State
	StartedAt           time.Time
	// Parties are those of the case: each gets every report.
	Parties    []Who
	Skips      []Skip
	Sources    []Source
	Reports    []Report
	Services   []Service
	Objections []Objection
	// Day is how long a day of the rule set lasts.
	Day time.Duration
}

func (d *Determination) after(at time.Time, days int) time.Time {
	return at.Add(time.Duration(days) * d.Day)
}

func (d *Determination) skipped(o Origin) bool {
	return slices.ContainsFunc(d.Skips, func(s Skip) bool { return s.Origin == o })
}

func conflict(code fault.Code) *fault.Error { return fault.New(fault.Conflict, code).ByRule(rule) }

func (d *Determination) open() error {
	if d.State != Open {
		return conflict(fault.StateConflict).With("state", string(d.State))
	}
	return nil
}

// MayUse tells whether it is an origin's turn: those before it are skipped, it is not.
//
// Faults: state_conflict, price_origin_too_early (conflict, with waiting and article).
func (d *Determination) MayUse(o Origin) error {
	if err := d.open(); err != nil {
		return err
	}
	for _, earlier := range Origins() {
		if earlier == o {
			break
		}
		if !d.skipped(earlier) {
			return conflict(fault.PriceOriginTooEarly).InField("origin").With("waiting", string(earlier)).With("article", article(earlier))
		}
	}
	if d.skipped(o) {
		return conflict(fault.StateConflict).InField("origin").With("state", "skipped")
	}
	return nil
}

// MaySkip tells whether an origin may be left on a ground at the time now.
//
// Faults: those of MayUse; price_ground_invalid (invalid), answer_not_due (conflict, with earliest_at), state_conflict (a report stands).
func (d *Determination) MaySkip(o Origin, ground SkipGround, now time.Time) error {
	if err := d.MayUse(o); err != nil {
		return err
	}
	if !slices.Contains(skipGrounds(o), ground) {
		return fault.New(fault.Invalid, fault.PriceGroundInvalid).InField("ground").ByRule(rule).With("article", article(o))
	}
	asked := d.of(o)
	answered := len(d.live(o)) > 0
	if answered { // its price is the price: nobody looks for a better one
		return conflict(fault.StateConflict).InField("origin").With("state", stands)
	}
	fell := slices.ContainsFunc(d.Reports, func(r Report) bool { return r.Origin == o && r.InTime })
	switch {
	case ground == ReportsFell && (!fell || d.reviewed() != nil),
		(ground == NoAnswer) && (len(asked) == 0 || fell),
		len(asked) > 0 && ground != ReportsFell && ground != NoAnswer && ground != PartiesChose:
		return fault.New(fault.Invalid, fault.PriceGroundInvalid).InField("ground").ByRule(rule).With("article", article(o))
	case ground == NoAnswer || ground == ReportsFell:
		return d.closed(o, now)
	}
	return nil
}

// of lists who was asked of an origin.
func (d *Determination) of(o Origin) []Source {
	var list []Source
	for _, s := range d.Sources {
		if s.Origin == o {
			list = append(list, s)
		}
	}
	return list
}

// live lists the reports of an origin that came in time and stand.
func (d *Determination) live(o Origin) []Report {
	var list []Report
	for _, r := range d.Reports {
		if r.Origin == o && r.InTime && r.State == stands {
			list = append(list, r)
		}
	}
	return list
}

// dueAt is until when a source's answer is in time. A platform that applied
// for more time within its three days has three more where no platform
// answered in the first three (art. 11).
func (d *Determination) dueAt(s Source) time.Time {
	if s.DueAt == nil {
		return time.Time{}
	}
	due := *s.DueAt
	if s.Origin != Online || s.MoreAt == nil {
		return due
	}
	for _, r := range d.Reports {
		if r.Origin == Online && !r.ReceivedAt.After(due) {
			return due
		}
	}
	return d.after(due, onlineMoreDays)
}

// closed tells that nobody asked of an origin can still answer in time.
func (d *Determination) closed(o Origin, now time.Time) error {
	var latest time.Time
	for _, s := range d.of(o) {
		answered := slices.ContainsFunc(d.Reports, func(r Report) bool { return r.Source == s.ID })
		if due := d.dueAt(s); !answered && !now.After(due) && due.After(latest) {
			latest = due
		}
	}
	if latest.IsZero() {
		return nil
	}
	return conflict(fault.AnswerNotDue).With("earliest_at", latest.Add(time.Millisecond))
}

// reviewed refuses while an objection is under review.
func (d *Determination) reviewed() error {
	for _, o := range d.Objections {
		if o.Outcome == nil {
			return conflict(fault.ReportObjectionOpen).With("objection", o.ID)
		}
	}
	return nil
}

// engaged is the firm that works on its report, nil for none.
func (d *Determination) engaged() *Source {
	for i, s := range d.Sources {
		if s.Origin == Appraisal && s.AskedAt != nil && s.EndedAt == nil {
			return &d.Sources[i]
		}
	}
	return nil
}

// nextFirm is the first in order that was not asked yet, nil when all were.
func (d *Determination) nextFirm() *Source {
	for i, s := range d.Sources { // by round and place
		if s.Origin == Appraisal && s.AskedAt == nil {
			return &d.Sources[i]
		}
	}
	return nil
}
