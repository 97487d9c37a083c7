package pricing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/money"
	"mingchui/auction/pricing"
)

// sound expects that Fsck finds nothing, or findings with these words alone, each of them.
func (w *world) sound(words ...string) {
	w.t.Helper()
	found, err := pricing.Fsck(w.t.Context(), w.pool)
	w.must(err)
	for _, f := range found {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(f, word) }) {
			w.t.Errorf("found: %s", f)
		}
	}
	for _, word := range words {
		if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, word) }) {
			w.t.Errorf("%q is not found: %v", word, found)
		}
	}
}

// priced is a court with five prices: by platforms with an objection dismissed and one corrected, agreed, withdrawn, by a firm with an
// objection under review, and one that a lot was announced on.
type priced struct {
	*world
	online, agreed, withdrawn, open, announced uuid.UUID
}

func newPriced(t *testing.T) *priced {
	t.Helper()
	p := &priced{world: newWorld(t)}
	p.open = p.underReview()
	p.online = p.byPlatforms()
	p.agreed = p.byAgreement(p.asset(""))
	p.withdrawn = p.byAgreement(p.asset(""))
	p.must(p.s.Withdraw(t.Context(), p.judges[0], p.withdrawn, pricing.Supervision, why()))
	asset := p.asset("")
	p.announced, _ = p.appraised(asset, 100_000_000)
	p.clock.To(p.clock.Now().Add(5*day + ms))
	p.must(p.s.Fix(t.Context(), p.judges[0], p.announced, pricing.Appraisal))
	lot, err := p.list(asset, p.lot(100_000_000, 70_000_000, "2027-11-20"))
	p.must(err)
	p.vote(lot)
	p.must(p.announce(lot, auction.Late{}))
	return p
}

// underReview has a firm's report with an objection that goes to the firm, and a platform's skipped ways before it.
func (w *world) underReview() uuid.UUID {
	w.t.Helper()
	price, report := w.appraised(w.asset(""), 90_000_000)
	w.must(w.object(price, report, w.parties()[0], pricing.Method))
	return price
}

// byPlatforms is the mean of two of three platforms: an objection against the first is dismissed, one against the second corrected.
func (w *world) byPlatforms() uuid.UUID {
	w.t.Helper()
	asset := w.asset("")
	price := w.start(asset)
	w.skip(price, pricing.Agreed, pricing.Authority)
	w.must(w.s.Inquire(w.t.Context(), w.clerk, pricing.Inquiry{Price: price, Origin: pricing.Online, Of: names("甲", "乙", "丙")}))
	var reports []uuid.UUID
	for i, s := range w.view(asset).Sources {
		id, err := w.answer(price, s.ID, 100_000_000+3_000_001*money.Fen(i), string(rune('a'+i)))
		w.must(err)
		reports = append(reports, id)
	}
	w.serve(price)
	for i, r := range reports {
		w.must(w.object(price, r, w.parties()[0], pricing.FactsWrong))
		objections := w.view(asset).Objections
		in := pricing.Ruling{Price: price, Objection: objections[len(objections)-1].ID, Outcome: pricing.Dismissed, Reason: why()}
		if i == 1 {
			in.Outcome = pricing.Corrected
			in.Correction = pricing.Answer{Fen: 101_000_000, Number: "R-2", Hash: hash("d"), ValuedOn: "2026-11-20", ValidUntil: "2027-11-01"}
		}
		w.must(w.s.Decide(w.t.Context(), w.judges[0], in))
	}
	w.serve(price)
	w.clock.To(w.clock.Now().Add(6 * day))
	w.must(w.s.Fix(w.t.Context(), w.judges[0], price, pricing.Online))
	return price
}

func (w *world) byAgreement(asset uuid.UUID) uuid.UUID {
	w.t.Helper()
	price := w.start(asset)
	var results []money.Fen
	for range w.parties() {
		results = append(results, 100_000_000)
	}
	w.must(w.s.Agree(w.t.Context(), w.judges[0], pricing.Agreement{Price: price, Results: results, Paper: hash("c"), ValidUntil: "2027-11-20"}))
	return price
}

// I6, I9: whoever gets round the triggers of the rows of prices, or takes an entry or a duty away, is found by fsck.
func TestR10p_FsckFindsAChangedPrice(t *testing.T) {
	t.Parallel()
	const (
		missing = "of the log is what the rows say"
		stray   = "of the log is not what the rows say"
	)
	for _, c := range []struct {
		name  string
		sql   string
		words []string
	}{
		{"as it is", `SELECT`, nil},
		{"one fen more", `UPDATE price_determinations SET price_fen = price_fen + 1, sum_fen = sum_fen + 1 WHERE id = @agreed`, []string{"no price.fixed " + missing, "a price.fixed " + stray}},
		{"one fen more of the mean", `UPDATE price_determinations SET price_fen = price_fen + 1, sum_fen = sum_fen + amounts WHERE id = @online`, []string{"no price.fixed " + missing, "a price.fixed " + stray}},
		{"a day more", `UPDATE price_determinations SET valid_until = valid_until - 1 WHERE id = @agreed`, []string{"no price.fixed " + missing, "a price.fixed " + stray}},
		{"another writing", `UPDATE price_determinations SET paper_hash = repeat('f', 64) WHERE id = @agreed`, []string{"no price.fixed " + missing, "a price.fixed " + stray}},
		{
			"another amount of a report", `UPDATE price_reports SET amount_fen = amount_fen + 1 WHERE determination_id = @online AND state = 'stands' AND corrects IS NULL`,
			[]string{"no price.report " + missing, "a price.report " + stray, "no price.fixed " + missing, "a price.fixed " + stray},
		},
		{"a report in time", `UPDATE price_reports SET in_time = false WHERE determination_id = @open`, []string{"no price.report " + missing, "a price.report " + stray}},
		{"a report's last day", `UPDATE price_reports SET valid_until = valid_until - 1 WHERE determination_id = @open`, []string{"no price.report " + missing, "a price.report " + stray}},
		{"a report's paper", `UPDATE price_reports SET hash = repeat('f', 64) WHERE determination_id = @open`, []string{"no price.report " + missing, "a price.report " + stray}},
		{"a report that counts no more", `UPDATE price_reports SET state = 'fallen' WHERE determination_id = @announced`, []string{"no price.fixed " + missing, "a price.fixed " + stray}},
		{"an objection taken away", `DELETE FROM price_objections WHERE determination_id = @online AND outcome = 'corrected'`, []string{"a price.objection_decided " + stray, "no price.fixed " + missing, "a price.fixed " + stray}},
		{"another outcome", `UPDATE price_objections SET outcome = 'upheld' WHERE determination_id = @online AND outcome = 'dismissed'`, []string{"no price.objection_decided " + missing, "a price.objection_decided " + stray}},
		{"another reason", `UPDATE price_objections SET reason_zh = 'x' WHERE determination_id = @online AND outcome = 'corrected'`, []string{"no price.objection_decided " + missing, "a price.objection_decided " + stray}},
		{"a skip's reason", `UPDATE price_skips SET reason_en = 'x' WHERE determination_id = @online AND origin = 'agreed'`, []string{"no price.fixed " + missing, "a price.fixed " + stray}},
		{"a withdrawal's ground", `UPDATE price_determinations SET ground = 'other' WHERE id = @withdrawn`, []string{"no price.withdrawn " + missing, "a price.withdrawn " + stray}},
		{"a withdrawal undone", `UPDATE price_determinations SET state = 'fixed', withdrawn_at = NULL WHERE id = @withdrawn`, []string{"a price.withdrawn " + stray, "begin_disposal is not there"}},
		{
			"of other property", `UPDATE price_determinations SET asset_id = (SELECT asset_id FROM price_determinations WHERE id = @withdrawn) WHERE id = @agreed`,
			[]string{"no price.started " + missing, "a price.started " + stray, "no price.fixed " + missing, "a price.fixed " + stray, "was valid"},
		},
		{"an entry taken away", `DELETE FROM entries WHERE kind = 'price.started' AND convert_from(bytes, 'UTF8')::jsonb #>> '{body,price}' = @agreed::text`, []string{"no price.started " + missing}},
		{"a price without a row", `DELETE FROM price_determinations WHERE id = @agreed`, []string{"it is in the log 2 times and has no row"}},
		{"fixed over an objection", `UPDATE price_objections SET decided_at = decided_at + interval '1 year' WHERE determination_id = @online AND outcome = 'dismissed'
			AND id = (SELECT min(id::text)::uuid FROM price_objections WHERE determination_id = @online)`, []string{"it was fixed while an objection was under review"}},
		{"begun on the last day of another", second("2026-11-26T15:59:59Z"), []string{"no price.started " + missing, "no price.fixed " + missing, "a price.fixed " + stray, "was valid"}},
		{"begun the day after", second("2026-11-26T16:00:00Z"), []string{"no price.started " + missing, "no price.fixed " + missing, "a price.fixed " + stray}},
		{
			"withdrawn under a lot", `UPDATE price_determinations SET state = 'withdrawn', withdrawn_at = fixed_at, ground = 'supervision', reason_zh = 'x', reason_en = 'x' WHERE id = @announced`,
			[]string{"was announced on it, and it does not stand", "no price.withdrawn " + missing},
		},
		{"a lot of other property", `DELETE FROM lot_assets`, []string{"was announced on it, and it does not stand, or is of other property"}},
		{"no disposal due", `DELETE FROM duties WHERE kind = 'begin_disposal' AND key = @agreed::text`, []string{"the duty begin_disposal is not there"}},
		{"disposal cancelled", `UPDATE duties SET state = 'cancelled', done_at = now() WHERE kind = 'begin_disposal' AND key = @agreed::text`, []string{"the duty begin_disposal is not there"}},
		{"nothing to serve", `DELETE FROM duties WHERE kind = 'serve_price_report'`, []string{"the duty serve_price_report is not there"}},
		{"served on nobody", `DELETE FROM price_services`, []string{"the duty serve_price_report is not there"}},
		{"nothing to decide", `UPDATE duties SET state = 'done', done_at = now() WHERE kind = 'decide_report_objection' AND state = 'owed'`, []string{"the duty decide_report_objection is not there"}},
		{"nothing to forward", `UPDATE duties SET state = 'done', done_at = now() WHERE kind = 'forward_report_objection' AND state = 'owed'`, []string{"the duty forward_report_objection is not there"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPriced(t)
			p.sound()
			for _, table := range []string{"price_determinations", "price_skips", "price_sources", "price_reports", "price_services", "price_objections", "entries", "duties", "lot_assets"} {
				_, err := p.pool.Exec(t.Context(), `ALTER TABLE `+table+` DISABLE TRIGGER ALL`)
				p.must(err)
			}
			_, err := p.pool.Exec(t.Context(), c.sql, pgx.NamedArgs{"online": p.online, "agreed": p.agreed, "withdrawn": p.withdrawn, "open": p.open, "announced": p.announced})
			p.must(err)
			p.sound(c.words...)
		})
	}
}

// second is another determination of the agreed price's property, begun at an instant; that price was valid to 26 November, court time.
func second(at string) string {
	return `WITH one AS (UPDATE price_determinations SET valued_on = '2025-11-26', valid_until = '2026-11-26' WHERE id = @agreed RETURNING case_id, asset_id)
		INSERT INTO price_determinations (id, case_id, asset_id, state, started_at) SELECT gen_random_uuid(), case_id, asset_id, 'open', '` + at + `' FROM one`
}
