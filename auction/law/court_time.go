package law

import "time"

// CourtTime is the time of the courts, in which their days begin and end: eight hours ahead of UTC, without summer time since 1991.
func CourtTime() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// DayEnd is when the court's day of t ends.
func DayEnd(t time.Time) time.Time {
	local := t.In(CourtTime())
	return time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, CourtTime())
}
