package bidding

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
)

// Receipt is the receipt of a course event by its entry's id, with its proof of inclusion once the log has given it a place.
//
// Codes: not_found; service_unavailable.
func (e *Engine) Receipt(ctx context.Context, id uuid.UUID) (audit.Receipt, error) {
	const query = `SELECT n.bytes, c.batch_index, b.leaves, b.signed
FROM entries AS n JOIN course_events AS c ON c.lot_id = n.lot_id AND c.seq = n.seq JOIN batches AS b ON b.id = c.batch_id
WHERE n.id = $1`
	var (
		entry, flat, signed []byte
		index               int
	)
	err := e.pool.QueryRow(ctx, query, id).Scan(&entry, &index, &flat, &signed)
	if errors.Is(err, pgx.ErrNoRows) {
		return audit.Receipt{}, fault.New(fault.NotFound, fault.NotFoundCode)
	}
	if err != nil {
		return audit.Receipt{}, unavailable(fmt.Errorf("read receipt %s: %w", id, err))
	}
	leaves, err := splitLeaves(flat)
	if err != nil || index >= len(leaves) {
		return audit.Receipt{}, fault.Internalf("read receipt %s: leaf %d of a batch of %d", id, index, len(leaves))
	}
	r := audit.NewReceipt(entry, index, audit.NewBatch(leaves), signed)
	if e.proofs == nil {
		return r, nil
	}
	proof, err := e.proofs.Proof(ctx, id)
	if err != nil {
		return audit.Receipt{}, fmt.Errorf("prove entry %s: %w", id, err)
	}
	if proof != nil {
		r = r.WithProof(*proof)
	}
	return r, nil
}

// splitLeaves reads the leaf hashes of a batch.
func splitLeaves(flat []byte) ([]audit.Hash, error) {
	const size = len(audit.Hash{})
	if len(flat) == 0 || len(flat)%size != 0 {
		return nil, fmt.Errorf("%d bytes are no leaf hashes", len(flat))
	}
	out := make([]audit.Hash, 0, len(flat)/size)
	for ; len(flat) > 0; flat = flat[size:] {
		out = append(out, audit.Hash(flat[:size]))
	}
	return out, nil
}
