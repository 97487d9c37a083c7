package auction

import (
	"bufio"
	"context"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/fault"
)

// Record writes every log entry of a lot as it was signed into the log, one a
// line (NDJSON), in the order of the log: listing, votes, announcement, the
// whole course, what followed. Entries of the last two seconds may still wait
// for their place and are not in it. not_found for a lot that is not published;
// an error of the writer comes back as it is.
func (s *Service) Record(ctx context.Context, lot uuid.UUID, w io.Writer) error {
	if err := s.published(ctx, lot); err != nil {
		return err
	}
	rows, err := s.pool.Query(ctx, `SELECT e.bytes FROM entries e JOIN leaves v ON v.entry_id = e.id
		WHERE e.lot_id = @lot ORDER BY v.leaf_index`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return fault.Internalf("read entries: %w", err)
	}
	defer rows.Close()
	out := bufio.NewWriterSize(w, 32<<10)
	for rows.Next() {
		// The buffer is the driver's until the next row; it is written at once.
		line := rows.RawValues()[0]
		if _, err := out.Write(line); err != nil {
			return err
		}
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fault.Internalf("read entries: %w", err)
	}
	return out.Flush()
}
