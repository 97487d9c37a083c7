package docket

import (
	"reflect"
	"regexp"
	"strings"
	"time"
)

// noticeDays is the lead of R16 in days of the calendar: parties are told at
// least so long before the announcement.
const noticeDays = 3

// ReadyOn is the first day on which every lot of the file may be announced:
// three days after the last notice to anybody (R16). The zero time where the
// file tells no notice.
func (f File) ReadyOn() time.Time {
	var last Date
	for _, k := range f.Cases {
		for _, l := range k.Lots {
			for _, n := range l.Notifications {
				last = max(last, n.On)
			}
			for _, p := range l.PriorityPurchasers {
				last = max(last, p.NotifiedOn)
			}
		}
	}
	day, err := time.Parse(time.DateOnly, string(last))
	if err != nil {
		return time.Time{}
	}
	return day.AddDate(0, 0, noticeDays)
}

// Moved returns the same file as if everything in it had happened days later
// (earlier, when negative): its dates, and the days named in its texts
// (2026-10-12, 12 Oct 2026). An example file is written for one day and read on
// another; moved, its notices and appraisals are as old as they were meant to be.
// f is left as it is.
func (f File) Moved(days int) File {
	m := mover{
		days:    days,
		iso:     regexp.MustCompile(`\b(?:19|20)\d{2}-[01]\d-[0-3]\d\b`),
		english: regexp.MustCompile(`\b[0-3]?\d (?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?) (?:19|20)\d{2}\b`),
	}
	var moved File
	m.copy(reflect.ValueOf(&moved).Elem(), reflect.ValueOf(f))
	return moved
}

type mover struct {
	days         int
	iso, english *regexp.Regexp
}

func (m mover) copy(to, from reflect.Value) {
	switch from.Kind() { //nolint:exhaustive // the format's types have these kinds alone
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			m.copy(to.Elem(), from.Elem())
		}
	case reflect.Struct:
		for i := range from.NumField() {
			m.copy(to.Field(i), from.Field(i))
		}
	case reflect.Slice:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			m.copy(to.Index(i), from.Index(i))
		}
	case reflect.String:
		to.SetString(m.text(from.String()))
	default:
		to.Set(from)
	}
}

// text moves the days named in t; what is written like a day and is none stays.
func (m mover) text(t string) string {
	t = m.iso.ReplaceAllStringFunc(t, func(day string) string { return m.move(day, day, time.DateOnly) })
	return m.english.ReplaceAllStringFunc(t, func(day string) string {
		short := strings.Replace(day, "Sept ", "Sep ", 1) // English writes Sept, time reads Sep
		return m.move(day, short, "2 Jan 2006", "2 January 2006")
	})
}

// move reads and writes day by the first layout that fits, and returns stay where none does.
func (m mover) move(stay, day string, layouts ...string) string {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, day); err == nil {
			return at.AddDate(0, 0, m.days).Format(layout)
		}
	}
	return stay
}
