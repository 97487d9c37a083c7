package pricing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
)

// Fsck holds every determination against the log and what must go with it, from the rows alone. It changes nothing.
//
// I6: each of its public acts is in the log once, with the figures, hashes and reasons that the rows have, and a fixed price is the
// one that its reports give; nothing about a price is in the log that the rows do not have; a price that a lot was announced on
// stands, and is of the lot's property; no price was fixed while an objection was under review, or beside another that was valid.
// I9: what a report, an objection and a price make due is owed, or was.
func Fsck(ctx context.Context, pool *pgxpool.Pool) (found []string, err error) {
	err = pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		found, err = fsckIn(ctx, tx)
		return err
	})
	if _, ours := errors.AsType[*fault.Error](err); err != nil && !ours {
		return nil, fault.Internalf("check prices: %w", err)
	}
	return found, err
}

func fsckIn(ctx context.Context, tx pgx.Tx) (found []string, err error) {
	logged, err := loggedPrices(ctx, tx)
	if err != nil {
		return nil, err
	}
	list, err := collect(ctx, tx, viewColumns+` ORDER BY d.started_at, d.id`, nil, scanView)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		want, err := v.entries(ctx, tx)
		if err != nil {
			return nil, err
		}
		have := logged[v.ID.String()]
		delete(logged, v.ID.String())
		for _, w := range want {
			if i := slices.IndexFunc(have, w.is); i >= 0 {
				have = slices.Delete(have, i, i+1)
				continue
			}
			found = append(found, fmt.Sprintf("I6 price %s: no %s of the log is what the rows say", v.ID, w.kind))
		}
		for _, h := range have {
			found = append(found, fmt.Sprintf("I6 price %s: a %s of the log is not what the rows say", v.ID, h.kind))
		}
	}
	for id, have := range logged {
		found = append(found, fmt.Sprintf("I6 price %s: it is in the log %d times and has no row", id, len(have)))
	}
	for _, sql := range []string{unsettled, overlapping, announcedOn, undue} {
		more, err := collect(ctx, tx, sql, nil, func(row pgx.CollectableRow, s *string) error { return row.Scan(s) })
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.Sort(found)
	return found, nil
}

// A loggedPrice is an entry about a price: its kind and its body in canonical form. A wanted one may have another form that serves too.
type loggedPrice struct {
	kind     string
	body, or []byte
}

func (w loggedPrice) is(h loggedPrice) bool {
	return w.kind == h.kind && (bytes.Equal(w.body, h.body) || (w.or != nil && bytes.Equal(w.or, h.body)))
}

// loggedPrices are the log's entries about prices, by the price.
func loggedPrices(ctx context.Context, tx pgx.Tx) (map[string][]loggedPrice, error) {
	rows, err := tx.Query(ctx, `SELECT convert_from(bytes, 'UTF8')::jsonb #>> '{body,price}', bytes FROM entries WHERE kind LIKE 'price.%'`)
	if err != nil {
		return nil, fault.Internalf("read entries of prices: %w", err)
	}
	all := map[string][]loggedPrice{}
	var price string
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&price, &raw}, func() error {
		e, err := audit.Parse(bytes.Clone(raw))
		all[price] = append(all[price], loggedPrice{kind: e.Kind, body: e.Body})
		return err
	})
	if err != nil {
		return nil, fault.Internalf("read entries of prices: %w", err)
	}
	return all, nil
}

// entries are what the log must have of a determination, made from its rows.
func (v *View) entries(ctx context.Context, tx pgx.Tx) (list []loggedPrice, err error) {
	d := Determination{ID: v.ID}
	if err := fill(ctx, tx, &d); err != nil {
		return nil, err
	}
	price, asset := v.ID.String(), v.AssetID.String()
	put := func(kind string, body any) {
		b, failed := audit.Canonical(body)
		if failed != nil {
			err = fault.Internalf("encode %s: %w", kind, failed)
		}
		list = append(list, loggedPrice{kind: kind, body: b})
	}
	put(audit.KindPriceStarted, audit.PriceStarted{Price: price, Asset: asset, Late: true})
	late := list[0].body
	list = nil // that it was late stands on the trail alone: either form serves
	put(audit.KindPriceStarted, audit.PriceStarted{Price: price, Asset: asset})
	list[0].or = late
	for _, r := range d.Reports {
		body := audit.PriceReport{
			Price: price, Report: r.ID.String(), Origin: string(r.Origin), Source: r.Source.String(), AmountFen: r.Fen, Hash: r.Hash,
			ValidUntil: string(r.ValidUntil), InTime: r.InTime,
		}
		if r.Corrects != nil {
			body.Corrects = r.Corrects.String()
		}
		put(audit.KindPriceReport, body)
	}
	for _, o := range d.Objections {
		if o.Outcome != nil {
			put(audit.KindPriceObjection, audit.PriceObjection{
				Price: price, Objection: o.ID.String(), Report: o.Report.String(), Ground: string(o.Ground), TextHash: o.TextHash,
				Outcome: string(*o.Outcome), ReasonHash: audit.HashText(o.Reason.Zh),
			})
		}
	}
	if v.FixedAt != nil {
		body, failed := v.fixed(&d)
		if failed != nil {
			return nil, failed
		}
		put(audit.KindPriceFixed, body)
	}
	if v.WithdrawnAt != nil {
		put(audit.KindPriceWithdrawn, audit.PriceWithdrawn{Price: price, Asset: asset, Ground: v.Ground, ReasonHash: audit.HashText(v.Reason.Zh)})
	}
	return list, err
}

// fixed is the entry of the price as the row has it, with the amounts that the reports' rows give: where the two do not agree, it
// is not the log's.
func (v *View) fixed(d *Determination) (audit.PriceFixed, error) {
	skips, err := skipsHash(d.Skips)
	body := audit.PriceFixed{
		Price: v.ID.String(), Asset: v.AssetID.String(), Origin: string(v.Origin), PriceFen: v.Fen, Rounding: "half_up",
		ValidUntil: string(v.ValidUntil), SkipsHash: skips, CostsFen: v.Costs,
	}
	switch v.Origin {
	case Costs:
		body.ApplicationHash = v.PaperHash
	case Agreed:
		body.AmountsFen, body.ReportHashes = append(body.AmountsFen, v.Sum), []string{v.PaperHash}
	case Authority, Online, Appraisal:
		for _, r := range d.counted(v.Origin) {
			body.AmountsFen, body.ReportHashes = append(body.AmountsFen, r.Fen), append(body.ReportHashes, r.Hash)
		}
	}
	return body, err
}

// unsettled is what the trigger price_is_settled holds.
const unsettled = `SELECT DISTINCT 'I6 price ' || d.id || ': it was fixed while an objection was under review'
	FROM price_determinations d JOIN price_objections o ON o.determination_id = d.id
	WHERE d.fixed_at IS NOT NULL AND (o.decided_at IS NULL OR o.decided_at > d.fixed_at)`

// overlapping is what free refuses: another determination that began on a day of a price that stood.
const overlapping = `SELECT 'I6 price ' || b.id || ': it was begun while price ' || a.id || ' was valid'
	FROM price_determinations a JOIN price_determinations b ON b.asset_id = a.asset_id AND b.id <> a.id AND b.started_at >= a.fixed_at
	WHERE (a.withdrawn_at IS NULL OR a.withdrawn_at > b.started_at)
		AND (a.origin = 'costs' OR a.valid_until >= (b.started_at AT TIME ZONE 'Asia/Shanghai')::date)`

// announcedOn: a price is not withdrawn once a lot of its property was announced.
const announcedOn = `SELECT 'I6 price ' || p.id || ': lot ' || e.lot_id || ' was announced on it, and it does not stand, or is of other property'
	FROM entries e CROSS JOIN LATERAL jsonb_array_elements_text(convert_from(e.bytes, 'UTF8')::jsonb #> '{body,prices}') AS p (id)
	LEFT JOIN price_determinations d ON d.id::text = p.id
	WHERE e.kind = 'lot.announced' AND (d.state IS DISTINCT FROM 'fixed'
		OR NOT EXISTS (SELECT FROM lot_assets a WHERE a.lot_id = e.lot_id AND a.asset_id = d.asset_id))`

// undue are duties that are not there (I9). A withdrawal cancels them.
const undue = `SELECT 'I9 price ' || due.price || ': the duty ' || due.kind || ' is not there'
	FROM (SELECT d.id AS price, 'begin_disposal' AS kind, d.id AS key, ARRAY['owed', 'done'] AS states FROM price_determinations d WHERE d.state = 'fixed'
		UNION ALL
		SELECT d.id, 'serve_price_report', r.id,
			CASE WHEN EXISTS (SELECT FROM price_services s WHERE s.report_id = r.id) THEN ARRAY['owed', 'done'] ELSE ARRAY['owed'] END
		FROM price_reports r JOIN price_determinations d ON d.id = r.determination_id WHERE d.state = 'open' AND r.in_time AND r.state = 'stands'
		UNION ALL
		SELECT d.id, 'decide_report_objection', o.id, ARRAY['owed']
		FROM price_objections o JOIN price_determinations d ON d.id = o.determination_id WHERE d.state = 'open' AND o.outcome IS NULL
		UNION ALL
		SELECT d.id, 'forward_report_objection', o.id, ARRAY['owed']
		FROM price_objections o JOIN price_determinations d ON d.id = o.determination_id
		WHERE d.state = 'open' AND o.outcome IS NULL AND o.passed_at IS NULL AND o.ground IN ('standard', 'method', 'result')) AS due
	WHERE NOT EXISTS (SELECT FROM duties u WHERE u.kind = due.kind AND u.key = due.key::text AND u.state = ANY(due.states))`
