package auction

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/fault"
)

// splitGroups lists the indivisible groups of which the lot would sell only a part (R15); none where it says why.
func splitGroups(ctx context.Context, tx pgx.Tx, caseID uuid.UUID, l docket.Lot, assets []assetRow) ([]string, error) {
	if !l.SplitReason.IsZero() {
		return nil, nil
	}
	property := make([]docket.Asset, len(assets))
	for i, a := range assets {
		property[i] = a.Document
	}
	rows, err := tx.Query(ctx, `SELECT document ->> 'indivisible_group' FROM assets WHERE case_id = @case AND document ? 'indivisible_group'`,
		pgx.NamedArgs{"case": caseID})
	if err != nil {
		return nil, fault.Internalf("read indivisible groups: %w", err)
	}
	estate, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a docket.Asset, err error) { return a, row.Scan(&a.IndivisibleGroup) })
	if err != nil {
		return nil, fault.Internalf("read indivisible groups: %w", err)
	}
	return docket.SplitGroups(property, estate), nil
}

// split is the refusal of a lot that sells a part of what cannot be used apart.
func split(groups []string) *fault.Error {
	return fault.New(fault.Invalid, fault.IndivisibleSplit).InField("lot.split_reason").ByRule("R15").With("groups", strings.Join(groups, ", "))
}
