package bidding

import (
	"context"
	"encoding/hex"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/bidding/course"
)

// maxima holds the rows of maxima against the events, and after the close the automatic bids against the openings. Before it no
// maximum may be open.
func (f *fsck) maxima(ctx context.Context, tx pgx.Tx, lot uuid.UUID, s course.State, events []course.Event) error {
	rows, err := readMaxima(ctx, tx, lot)
	if err != nil {
		return err
	}
	at := map[int64]storedMaximum{}
	for _, m := range rows {
		at[m.Seq] = m
	}
	for _, e := range events {
		if e.Kind != course.Maximum && e.Kind != course.MaximumWithdrawn {
			continue
		}
		m, there := at[e.Seq]
		commitment := ""
		if m.Commitment != nil {
			commitment = *m.Commitment
		}
		if !there || m.Code != e.Code || m.At.UnixMilli() != e.At || commitment != e.Commitment {
			f.report("I1", lot, e.Seq, "maxima has another maximum or none")
		}
		delete(at, e.Seq)
	}
	for seq := range at {
		f.report("I1", lot, seq, "a maximum stands where no event set one")
	}
	openings, err := f.openings(ctx, tx, lot)
	if err != nil {
		return err
	}
	if s.Phase != course.Closed {
		if len(openings) > 0 {
			f.report("I7", lot, openings[0].Seq, "a maximum was opened before the close")
		}
		return nil
	}
	for _, m := range course.Answers(lot, events, openings) {
		f.report("I2", lot, m.Seq, "%s", m.Flaw)
	}
	return nil
}

// openings reads the opened maxima of a lot from the log.
func (f *fsck) openings(ctx context.Context, tx pgx.Tx, lot uuid.UUID) ([]course.Opening, error) {
	rows, err := tx.Query(ctx, `SELECT bytes FROM entries WHERE lot_id = $1 AND kind = $2 ORDER BY id`, lot, audit.KindMaximumOpened)
	if err != nil {
		return nil, err
	}
	entries, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, err
	}
	var out []course.Opening
	for _, b := range entries {
		entry, err := audit.Parse(b)
		var body audit.MaximumOpened
		if err == nil {
			err = json.Unmarshal(entry.Body, &body)
		}
		o := course.Opening{Seq: body.Seq, Code: body.BidderCode, Amount: body.AmountFen}
		if salt, bad := hex.DecodeString(body.Salt); err != nil || bad != nil || len(salt) != course.SaltBytes || copy(o.Salt[:], salt) == 0 {
			f.report("I2", lot, body.Seq, "an opening cannot be read")
			continue
		}
		out = append(out, o)
	}
	return out, nil
}
