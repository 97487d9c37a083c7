package pricing

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
)

// Price is what a determination gives.
type Price struct {
	Origin Origin
	Fen    money.Fen
	// Amounts are what Fen is the mean of, and Sum their sum: one of an agreement, an inquiry, an appraisal.
	Amounts []money.Fen
	Sum     money.Fen
	Hashes  []string
	// ValuedOn is the earliest of theirs, ValidUntil the last day on which all of them are valid.
	ValuedOn, ValidUntil docket.Date
}

// Mean is the mean of amounts, to the nearest fen, halves up, and their sum, which is kept beside it: no fen is lost unseen.
//
// Faults: amount_invalid for no amounts, amount_too_large.
func Mean(amounts []money.Fen) (mean, sum money.Fen, err error) {
	for _, a := range amounts {
		if sum, err = sum.Add(a); err != nil {
			return 0, 0, err
		}
	}
	mean, err = sum.Ratio(1, int64(len(amounts)), money.HalfUp)
	return mean, sum, err
}

// chain is a report and those that it corrects, newest first.
func (d *Determination) chain(r Report) []uuid.UUID {
	ids := []uuid.UUID{r.ID}
	for r.Corrects != nil {
		i := slices.IndexFunc(d.Reports, func(b Report) bool { return b.ID == *r.Corrects })
		if i < 0 {
			break
		}
		r = d.Reports[i]
		ids = append(ids, r.ID)
	}
	return ids
}

// counted are the reports that the price is reckoned from (art. 13): where some
// stand without an objection of a party, those alone; else those whose
// objections were dismissed, or which were corrected.
func (d *Determination) counted(o Origin) []Report {
	live := d.live(o)
	var clean []Report
	for _, r := range live {
		chain := d.chain(r)
		objected := slices.ContainsFunc(d.Objections, func(x Objection) bool { return x.Role != Court && slices.Contains(chain, x.Report) })
		if !objected {
			clean = append(clean, r)
		}
	}
	if len(clean) > 0 {
		return clean
	}
	return live
}

// served tells until when objections are open against the reports of an origin,
// once everybody has them: five days from the last receipt, its last instant
// included. Corrections take no objections (art. 24).
//
// Faults: report_unserved (conflict, with role and no).
func (d *Determination) served(o Origin) (until time.Time, err error) {
	for _, r := range d.live(o) {
		if r.Corrects != nil {
			continue
		}
		for _, p := range d.Parties {
			if !d.wentTo(p, r.ID) {
				return until, conflict(fault.ReportUnserved).With("role", string(p.Role)).With("no", int64(p.No))
			}
		}
		for _, s := range d.Services {
			switch {
			case s.Report != r.ID:
			case s.ReceivedAt == nil:
				return until, conflict(fault.ReportUnserved).With("role", string(s.Role)).With("no", int64(s.No))
			case d.after(*s.ReceivedAt, objectDays).After(until):
				until = d.after(*s.ReceivedAt, objectDays)
			}
		}
	}
	return until, nil
}

// wentTo tells whether a report was sent to somebody.
func (d *Determination) wentTo(w Who, report uuid.UUID) bool {
	return slices.ContainsFunc(d.Services, func(s Service) bool { return s.Report == report && s.Who == w })
}

// Reckon gives the price that stands at the time now (arts. 4, 6, 13, 26).
//
// Faults: those of MayUse for an origin whose turn it is not; answer_not_due, report_missing (conflict), report_objection_open,
// report_unserved, objection_time_runs (conflict, with earliest_at).
func (d *Determination) Reckon(o Origin, now time.Time) (Price, error) {
	p := Price{Origin: o}
	if err := d.MayUse(o); err != nil {
		return p, err
	}
	if err := d.reviewed(); err != nil {
		return p, err
	}
	if o == Online {
		if err := d.closed(o, now); err != nil {
			return p, err
		}
	}
	reports := d.counted(o)
	if len(reports) == 0 {
		return p, conflict(fault.ReportMissing)
	}
	if objectionGrounds(o) != nil {
		until, err := d.served(o)
		if err != nil {
			return p, err
		}
		if !now.After(until) {
			return p, conflict(fault.ObjectionTimeRuns).With("earliest_at", until.Add(time.Millisecond))
		}
	}
	p.ValuedOn, p.ValidUntil = reports[0].ValuedOn, reports[0].ValidUntil
	for _, r := range reports {
		p.Amounts, p.Hashes = append(p.Amounts, r.Fen), append(p.Hashes, r.Hash)
		p.ValuedOn, p.ValidUntil = min(p.ValuedOn, r.ValuedOn), min(p.ValidUntil, r.ValidUntil)
	}
	var err error
	p.Fen, p.Sum, err = Mean(p.Amounts)
	return p, err
}

// MayObject tells whether an objection against a report is in time.
//
// Faults: not_found (report), report_objection_barred (conflict; art. 24), price_ground_invalid, report_objection_too_late
// (conflict, with latest_at), state_conflict.
func (d *Determination) MayObject(report uuid.UUID, by Who, ground ObjectionGround, now time.Time) error {
	if err := d.open(); err != nil {
		return err
	}
	i := slices.IndexFunc(d.Reports, func(r Report) bool { return r.ID == report })
	if i < 0 {
		return fault.New(fault.NotFound, fault.NotFoundCode).InField("report")
	}
	r := d.Reports[i]
	grounds := objectionGrounds(r.Origin)
	switch {
	case grounds == nil || (r.Corrects != nil && by.Role != Court):
		return conflict(fault.ReportObjectionBarred).With("article", "24")
	case !slices.Contains(grounds, ground):
		return fault.New(fault.Invalid, fault.PriceGroundInvalid).InField("ground").ByRule(rule).With("article", "22")
	case !r.InTime || r.State != stands:
		return conflict(fault.StateConflict).With("state", r.State)
	case by.Role == Court:
		return nil // arts. 12, 20: its own review ends with the price
	}
	// One who has not received it yet has the whole time before them.
	for _, s := range d.Services {
		if s.Report == report && s.Who == by && s.ReceivedAt != nil {
			if latest := d.after(*s.ReceivedAt, objectDays); now.After(latest) {
				return conflict(fault.ReportObjectionTooLate).With("latest_at", latest).With("article", "24")
			}
		}
	}
	return nil
}

// term holds art. 27: a price is valid for at most a year of the day that it is of.
//
// Faults: price_validity_invalid (invalid, with latest).
func term(valued, until docket.Date, today time.Time) error {
	from, err := time.Parse(time.DateOnly, string(valued))
	if err != nil || string(valued) > today.In(courtTime()).Format(time.DateOnly) {
		return invalid("valued_on")
	}
	latest := longest(valued)
	to, err := time.Parse(time.DateOnly, string(until))
	if err != nil || to.Before(from) || until > latest {
		return fault.New(fault.Invalid, fault.PriceValidityInvalid).InField("valid_until").ByRule(rule).With("latest", string(latest))
	}
	return nil
}

// longest is the last day of the longest term.
func longest(valued docket.Date) docket.Date {
	from, err := time.Parse(time.DateOnly, string(valued))
	if err != nil {
		return ""
	}
	latest := from.AddDate(1, 0, 0)
	if latest.Day() != from.Day() { // the 29th of February
		latest = latest.AddDate(0, 0, -latest.Day())
	}
	return docket.Date(latest.Format(time.DateOnly))
}

// courtTime is China's, which has known no other offset since 1991.
func courtTime() *time.Location { return time.FixedZone("CST", 8*60*60) }
