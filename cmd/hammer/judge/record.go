package judge

import (
	"bufio"
	"fmt"
	"io"

	"mingchui/auction/audit"
	"mingchui/bidding/course"
)

// maxLine bounds one log entry.
const maxLine = 1 << 20

// ReadRecord reads a lot's public record, NDJSON of log entries (GET /api/v1/lots/{lot}/record), and returns its course
// events in order. Other entries are passed over.
func ReadRecord(r io.Reader) ([]course.Event, error) {
	var events []course.Event
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		entry, err := audit.Parse(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("line %d of the record: %w", n, err)
		}
		if entry.Seq == 0 {
			continue
		}
		e, err := course.FromEntry(entry)
		if err != nil {
			return nil, fmt.Errorf("line %d of the record: %w", n, err)
		}
		events = append(events, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the record: %w", err)
	}
	return events, nil
}
