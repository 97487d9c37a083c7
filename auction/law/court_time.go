package law

import "time"

// CourtTime is the time of the courts, in which their days begin and end: eight hours ahead of UTC, without summer time since 1991.
func CourtTime() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }
