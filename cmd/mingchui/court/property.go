package court

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

//go:embed docket.json
var docketFile []byte

// The docket was written as of writtenOn. Begun within freshFor of it, it is
// taken as it stands; else all its dates are moved by the days between, so
// that its reports are valid and its notices were served in time whenever a
// demonstration begins.
const (
	writtenOn = "2026-11-20"
	freshFor  = 60 * 24 * time.Hour
)

// ReadDocket reads the docket that is built in, dated for a first day.
func ReadDocket(rules law.RuleSet, firstDay time.Time) (docket.File, error) {
	written, err := time.ParseInLocation(time.DateOnly, writtenOn, law.CourtTime())
	if err != nil {
		return docket.File{}, fmt.Errorf("read the docket: %w", err)
	}
	src := docketFile
	if d := firstDay.Sub(written); d < -3*24*time.Hour || d > freshFor {
		src = redate(src, int(d/(24*time.Hour)))
	}
	file, problems := docket.ParseUnder(bytes.NewReader(src), rules)
	if len(problems) > 0 {
		return docket.File{}, fmt.Errorf("read the docket: %s (and %d more)", problems[0].InLine("en"), len(problems)-1)
	}
	return file, nil
}

// redate moves the dates in a docket, in fields and in texts, by whole days,
// and the years of case and report numbers with them.
func redate(src []byte, days int) []byte {
	move := func(layout string) func([]byte) []byte {
		return func(b []byte) []byte {
			day, err := time.Parse(layout, string(b))
			if err != nil {
				return b // looks like a date and is none
			}
			return []byte(day.AddDate(0, 0, days).Format(layout))
		}
	}
	src = isoDate.ReplaceAllFunc(src, move(time.DateOnly))
	src = englishDate.ReplaceAllFunc(src, move("2 Jan 2006"))
	years := int((float64(days) + 365.2425/2) / 365.2425)
	if days < 0 {
		years = int((float64(days) - 365.2425/2) / 365.2425)
	}
	return numberYear.ReplaceAllFunc(src, func(b []byte) []byte {
		open, year, end := b[:3], b[3:7], b[7:]
		y, err := strconv.Atoi(string(year))
		if err != nil || y < 2024 {
			return b // a statute's year, not a case's
		}
		return fmt.Appendf(nil, "%s%04d%s", open, y+years, end)
	})
}

var (
	isoDate     = regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`)
	englishDate = regexp.MustCompile(`\b\d{1,2} [JFMASOND][a-z]{2} \d{4}\b`)
	// numberYear is the year in the number of a case or a report.
	numberYear = regexp.MustCompile(`[（〔]\d{4}[）〕]`)
	caseNumber = regexp.MustCompile(`^（(\d{4})）(.*?)(\d+)号$`)
)

// renumber gives a case of the docket a number of its own.
func renumber(c docket.Case, year, number int) docket.Case {
	parts := caseNumber.FindStringSubmatch(c.Number)
	head := "皖9902执"
	if parts != nil {
		head = parts[2]
	}
	c.Number = fmt.Sprintf("（%d）%s%d号", year, head, number)
	return c
}
