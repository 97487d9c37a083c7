package auction_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// errUndo takes back what a test changed.
var errUndo = errors.New("not kept")

// Lots in every state are sound; each row that is then changed behind the
// service's back is found, with the invariant it breaks.
func TestFsck_FindsWhatWasChanged(t *testing.T) {
	t.Parallel()
	h := houseOf(t, 8)
	ctx := t.Context()
	refs := h.refs(law.First)
	sold, paid, unsold, stayed, live := h.got.Lots[refs[0]], h.got.Lots[refs[1]], h.got.Lots[refs[2]], h.got.Lots[refs[3]], h.got.Lots[refs[4]]
	for _, ref := range refs[:5] {
		h.announce(h.got.Lots[ref])
	}
	h.open(stayed)
	h.must(h.s.Stay(ctx, h.judges[0], auction.CourtAct{Lot: stayed, Reason: docket.Text{Zh: "异议", En: "Objection"}}))
	h.buyer("K7Q2M", "甲公司")
	h.end(sold, true, "K7Q2M")
	h.end(paid, true, "K7Q2M")
	h.must(h.s.Confirm(ctx, paid))
	h.must(pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error { return h.s.RecordPaid(ctx, tx, h.clock.Now(), paid) }))
	h.end(unsold, false, "")
	_, err := h.s.OfferToTake(ctx, h.judges[0], auction.TakingOffer{Lot: unsold, Creditor: docket.Text{Zh: "甲银行", En: "Bank A"}, Rank: 1, Claim: 5})
	h.must(err)
	_, err = h.s.SetSettings(ctx, h.judges[0], h.court, auction.CourtSettings{
		Settings: law.Settings{ReserveMinPermille: 800, PayOutDays: 7}, DecidedBy: docket.Text{Zh: "执行局", En: "Bureau"}, Reason: docket.Text{Zh: "理由", En: "Reason"},
	})
	h.must(err)
	found, err := auction.Fsck(ctx, h.pool)
	h.must(err)
	if len(found) > 0 {
		t.Fatalf("a sound house: %+v", found)
	}
	for name, c := range map[string]struct {
		sql       string
		invariant string
	}{
		"a lost duty":             {`DELETE FROM duties WHERE kind = 'make_ruling'`, "I9"},
		"a duty marked done":      {`UPDATE duties SET state = 'done', done_at = now() WHERE kind = 'resume'`, "I9"},
		"a changed announcement":  {`UPDATE announcements SET document = '{}' WHERE lot_id = '` + live.String() + `'`, "I6"},
		"a changed paper, hashed": {`UPDATE confirmations SET document = '{}', hash = encode(sha256('{}'), 'hex')`, "I6"},
		"a swapped buyer":         {`UPDATE confirmations SET buyer_name = '乙公司'`, "I6"},
		"an offer without entry":  {`INSERT INTO taking_offers SELECT gen_random_uuid(), lot_id, '乙银行', 'Bank B', rank, claim_fen, recorded_by, recorded_at FROM taking_offers`, "I6"},
		"settings without entry": {`INSERT INTO court_settings SELECT (s).* FROM (
			SELECT jsonb_populate_record(c, jsonb_build_object('since', c.since + interval '1 day')) AS s FROM court_settings c) x`, "I6"},
		"a payment without entry": {`UPDATE lots SET outcome = 'paid', paid_at = now() WHERE id = '` + sold.String() + `'`, "I6"},
	} {
		var found []auction.Problem
		err := pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, c.sql); err != nil {
				return err
			}
			var err error
			if found, err = auction.FsckIn(ctx, tx); err != nil {
				return err
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Errorf("%s: %v", name, err)
		}
		if len(found) == 0 || found[0].Invariant != c.invariant {
			t.Errorf("%s: %+v", name, found)
		}
	}
}
