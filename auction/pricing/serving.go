package pricing

import (
	"slices"
	"time"
)

// Serving is where the service of one report that stands is with one of those who get it.
type Serving struct {
	Report Report
	Who
	// SendBy is by when it goes to a party; nil where it went, or where no law says by when.
	SendBy *time.Time
	// Way is empty as long as it did not go; ReceivedAt of a published one is the end of its fifteen days, which may be to come.
	Way                Way
	SentAt, ReceivedAt *time.Time
	// ObjectBy is the last instant for an objection; nil before the receipt, and where the law gives none (art. 24).
	ObjectBy *time.Time
}

// Serving lists everybody whom a standing report goes or went to (arts. 21 to 24): for each report the parties in their order,
// then the interested persons who got it.
func (d *Determination) Serving() []Serving {
	var out []Serving
	for _, r := range d.Reports {
		if !r.InTime || r.State != stands {
			continue
		}
		for _, w := range append(slices.Clone(d.Parties), d.Interested()...) {
			if s, serves := d.serving(r, w); serves {
				out = append(out, s)
			}
		}
	}
	return out
}

// serving is false for an interested person whom the report did not go to.
func (d *Determination) serving(r Report, w Who) (Serving, bool) {
	s := Serving{Report: r, Who: w}
	i := slices.IndexFunc(d.Services, func(v Service) bool { return v.Report == r.ID && v.Who == w })
	if i < 0 {
		by := d.after(r.ReceivedAt, serveDays)
		s.SendBy = &by
		return s, slices.Contains(d.Parties, w)
	}
	v := d.Services[i]
	s.Way, s.SentAt, s.ReceivedAt = v.Way, &v.SentAt, v.ReceivedAt
	if v.ReceivedAt != nil && r.Corrects == nil && objectionGrounds(r.Origin) != nil {
		by := d.after(*v.ReceivedAt, objectDays)
		s.ObjectBy = &by
	}
	return s, true
}

// Interested lists the interested persons whom a report went to, by number.
func (d *Determination) Interested() []Who {
	var list []Who
	for _, s := range d.Services {
		if s.Role == Interested && !slices.Contains(list, s.Who) {
			list = append(list, s.Who)
		}
	}
	slices.SortFunc(list, func(a, b Who) int { return a.No - b.No })
	return list
}

// NextInterested is who may get reports besides the parties: those known to whom one did not go yet, and one more.
func (d *Determination) NextInterested() []Who {
	known := d.Interested()
	list := slices.DeleteFunc(slices.Clone(known), func(w Who) bool {
		return !slices.ContainsFunc(d.Reports, func(r Report) bool { return r.InTime && r.State == stands && !d.wentTo(w, r.ID) })
	})
	next := 1
	if n := len(known); n > 0 {
		next = known[n-1].No + 1
	}
	if next > mostInterested {
		return list
	}
	return append(list, Who{Role: Interested, No: next})
}

// mostInterested bounds the numbers of interested persons.
const mostInterested = 200
