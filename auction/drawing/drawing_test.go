package drawing_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/audit/sequencer"
	"mingchui/auction/docket"
	"mingchui/auction/draw"
	"mingchui/auction/drawing"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/deploy/local/soldtest"
)

// world is a court with a log, whose unsold lots are taken.
type world struct {
	*soldtest.World
	auction *auction.Service
	s       *drawing.Service
	log     *sequencer.Sequencer
	duties  *duty.Runner
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: soldtest.New(t, nil)}
	key, err := audit.NewKey("mingchui.test/log", bytes.Repeat([]byte{3}, 32))
	w.Must(err)
	folder, err := sequencer.NewFolder(t.TempDir())
	w.Must(err)
	quiet := slog.New(slog.DiscardHandler)
	w.log, err = sequencer.New(sequencer.Config{Pool: w.Pool, Signer: key, Store: folder, Log: quiet})
	w.Must(err)
	w.Must(w.log.Start(t.Context()))
	w.auction = auction.New(auction.Config{Pool: w.Pool, Clock: w.Clock, Duties: w.Book, RuleSet: law.China2017(), Draws: drawing.Store{}})
	w.s = drawing.New(drawing.Config{Pool: w.Pool, Clock: w.Clock, Auction: w.auction, Log: w.log.Reader})
	w.duties = duty.NewRunner(w.Pool, w.Clock, w.s.Handlers(), quiet)
	return w
}

// publish gives all entries their place under a new checkpoint.
func (w *world) publish() {
	w.T.Helper()
	_, err := w.log.Sequence(w.T.Context())
	w.Must(err)
}

func (w *world) run() {
	w.T.Helper()
	_, err := w.duties.RunDue(w.T.Context())
	w.Must(err)
}

// unsold is a lot that nobody bid for.
func (w *world) unsold() uuid.UUID {
	w.T.Helper()
	lot := w.Lot(func(docket.Asset) bool { return true })
	w.Announce(lot)
	w.End(lot, false)
	return lot
}

func (w *world) offer(lot uuid.UUID, rank int, claim money.Fen) (uuid.UUID, error) {
	return w.auction.OfferToTake(w.T.Context(), w.Judges[0], auction.TakingOffer{
		Lot: lot, Creditor: docket.Text{Zh: "普通债权人", En: "an ordinary creditor"}, Rank: rank, Claim: claim,
	})
}

func (w *world) offered(lot uuid.UUID, ranks ...int) []uuid.UUID {
	w.T.Helper()
	var list []uuid.UUID
	for i, rank := range ranks {
		id, err := w.offer(lot, rank, money.Fen(i+1))
		w.Must(err)
		list = append(list, id)
	}
	return list
}

func (w *world) get(id uuid.UUID) drawing.View {
	w.T.Helper()
	v, err := w.s.Get(w.T.Context(), id)
	w.Must(err)
	return v
}

// draw brings a listed draw to its end.
func (w *world) draw(id uuid.UUID) drawing.View {
	w.T.Helper()
	w.Clock.To(w.get(id).OpensAt)
	for range 2 {
		w.publish()
		w.run()
		w.Clock.To(w.Clock.Now().Add(time.Second))
	}
	v := w.get(id)
	if v.State != drawing.Drawn {
		w.T.Fatalf("the draw is %s", v.State)
	}
	return v
}

// R16d: three creditors of the best rank and one of a worse: the three are drawn once, ten minutes after the list at the earliest,
// by the root that ends with the opening; the first takes the property, the others do not.
func TestR16d_EqualRanksAreSettledByADrawThatAnyoneRepeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, judge := t.Context(), w.Judges[0]
	lot := w.unsold()
	offers := w.offered(lot, 2, 1, 1, 1)
	id, err := w.s.ListTakers(ctx, judge, lot)
	w.Must(err)
	listed := w.Clock.Now()
	v := w.get(id)
	if v.State != drawing.Listed || v.Nonce != "" || *v.Rank != 1 || len(v.Candidates) != 3 || v.OpensAt.Before(listed.Add(10*time.Minute)) {
		t.Fatalf("listed: %+v", v)
	}
	if slices.ContainsFunc(v.Candidates, func(c drawing.Candidate) bool { return c.ID == offers[0] || c.No < 2 || c.No > 4 || c.Place != 0 }) {
		t.Errorf("candidates %+v", v.Candidates)
	}
	_, err = w.s.ListTakers(ctx, judge, lot)
	w.Refused("a second list", err, fault.DrawRepeated, "R16d")
	_, err = w.offer(lot, 1, 5)
	w.Refused("an offer of the rank after the list", err, fault.DrawListed, "R16d")
	take := func(offer uuid.UUID) error {
		_, err := w.auction.TakeForDebt(ctx, judge, auction.Taking{Lot: lot, Offer: offer, Draw: id})
		return err
	}
	w.Refused("a taking before the draw", take(offers[1]), fault.DrawNotMade, "R16d")

	// A millisecond before its time nothing is opened, nor at its time before the list is published.
	w.publish()
	w.Clock.To(v.OpensAt.Add(-time.Millisecond))
	w.run()
	if got := w.get(id).State; got != drawing.Listed {
		t.Fatalf("a millisecond early it is %s", got)
	}
	v = w.draw(id)
	w.repeated(v)
	first := v.Candidates[0].ID
	for _, o := range offers {
		if o != first {
			w.Refused("a taking by another", take(o), fault.NotBestOffer, "R16d")
		}
	}
	_, err = w.offer(lot, 1, 5)
	w.Refused("an offer of the rank after the draw", err, fault.DrawListed, "R16d")
	w.Refused("another lot's draw", func() error {
		_, err := w.auction.TakeForDebt(ctx, judge, auction.Taking{Lot: lot, Offer: first, Draw: uuid.New()})
		return err
	}(), fault.NotFoundCode, "")
	w.Must(take(first))
	bodies := w.Entries(lot, "lot.taken")
	if len(bodies) != 1 || !strings.Contains(bodies[0], first.String()) || !strings.Contains(bodies[0], id.String()) {
		t.Errorf("the log has %v", bodies)
	}
}

// repeated repeats a draw from the log's entries alone.
func (w *world) repeated(v drawing.View) {
	w.T.Helper()
	ctx := w.T.Context()
	w.publish()
	rows, err := w.Pool.Query(ctx, `SELECT e.bytes FROM leaves l JOIN entries e ON e.id = l.entry_id ORDER BY l.leaf_index`)
	w.Must(err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	w.Must(err)
	var edge audit.Frontier
	var l draw.List
	var o draw.Opening
	var root draw.Value
	flaw := draw.Flaw("the log has no such draw")
	for i, b := range all {
		e, err := audit.Parse(b)
		w.Must(err)
		edge.Add(e.LeafHash, nil)
		switch e.Kind {
		case audit.KindDrawListed:
			var body audit.DrawListed
			w.Must(audit.Decode(e.Body, &body))
			if body.Draw != v.ID.String() {
				continue
			}
			l = draw.List{Draw: v.ID, Leaf: int64(i), At: e.At, OpensAt: body.OpensAt, Commitment: body.Commitment}
			for _, c := range body.Candidates {
				l.Candidates = append(l.Candidates, uuid.MustParse(c.Candidate))
			}
			if body.OpensAt.Sub(e.At) != 10*time.Minute {
				w.T.Errorf("opens %s after the list", body.OpensAt.Sub(e.At))
			}
		case audit.KindDrawOpened:
			var body audit.DrawOpened
			w.Must(audit.Decode(e.Body, &body))
			if body.Draw == v.ID.String() {
				nonce, err := hex.DecodeString(body.Nonce)
				w.Must(err)
				o, root = draw.Opening{Leaf: int64(i), At: e.At, Nonce: nonce}, draw.Value(edge.Root())
			}
		case audit.KindDrawMade:
			var body audit.DrawMade
			w.Must(audit.Decode(e.Body, &body))
			if body.Draw != v.ID.String() {
				continue
			}
			value, err := hex.DecodeString(body.Root)
			w.Must(err)
			m := draw.Made{Leaf: int64(i), Size: body.Size, Value: draw.Value(value)}
			for j, c := range body.Order {
				m.Order = append(m.Order, uuid.MustParse(c))
				if v.Candidates[j].ID != m.Order[j] || v.Candidates[j].Place != j+1 {
					w.T.Errorf("place %d: %+v, in the log %s", j+1, v.Candidates[j], c)
				}
			}
			flaw = draw.Check(l, o, m, root)
		}
	}
	if flaw != "" {
		w.T.Errorf("the draw is not repeated: %s", flaw)
	}
}

// R16d: one creditor of the best rank alone needs no draw; a sale that is not unsold has none; it is the judge's to list.
func TestR16d_ADrawIsListedWhereRanksAreEqual(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, judge := t.Context(), w.Judges[0]
	lot := w.Lot(func(docket.Asset) bool { return true })
	w.Announce(lot)
	_, err := w.s.ListTakers(ctx, judge, lot)
	w.Refused("while it is sold", err, fault.StateConflict, "")
	w.End(lot, false)
	_, err = w.s.ListTakers(ctx, judge, lot)
	w.Refused("no offer", err, fault.DrawNeedless, "R16d")
	w.offered(lot, 1, 2, 2)
	_, err = w.s.ListTakers(ctx, judge, lot)
	w.Refused("one of the best rank", err, fault.DrawNeedless, "R16d")
	w.offered(lot, 1)
	_, err = w.s.ListTakers(ctx, w.Buyer, lot)
	w.Refused("a bidder", err, fault.RoleForbidden, "")
	_, err = w.s.ListTakers(ctx, judge, uuid.New())
	w.Refused("no lot", err, fault.NotFoundCode, "")
	if n := w.Count(`SELECT count(*) FROM draws`); n != 0 {
		t.Errorf("%d draws were listed", n)
	}
	id, err := w.s.ListTakers(ctx, judge, lot)
	w.Must(err)
	// A better rank that comes later goes first, without a draw.
	better, err := w.offer(lot, 1, 9)
	w.Refused("the same rank", err, fault.DrawListed, "R16d")
	w.draw(id)
	if better != uuid.Nil {
		_, err = w.auction.TakeForDebt(ctx, judge, auction.Taking{Lot: lot, Offer: better})
		w.Refused("a refused offer", err, fault.NotFoundCode, "")
	}
}

// The machine's steps wait for the published log, one after the other, and do nothing twice.
func TestR16d_EachStepIsPublishedBeforeTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lot := w.unsold()
	w.offered(lot, 1, 1)
	id, err := w.s.ListTakers(t.Context(), w.Judges[0], lot)
	w.Must(err)
	w.Clock.To(w.get(id).OpensAt.Add(time.Hour))
	step := func(want drawing.State) {
		t.Helper()
		w.run()
		w.Clock.To(w.Clock.Now().Add(time.Second))
		if got := w.get(id).State; got != want {
			t.Fatalf("it is %s, want %s", got, want)
		}
	}
	step(drawing.Listed) // the list is not published
	w.publish()
	step(drawing.Opened)
	step(drawing.Opened) // the opening is not published
	w.publish()
	step(drawing.Drawn)
	for _, kind := range []string{"draw.listed", "draw.opened", "draw.made"} {
		if got := w.Entries(lot, kind); len(got) != 1 {
			t.Errorf("%d entries of %s", len(got), kind)
		}
	}
	if got := w.Duties(lot, "done"); !slices.Contains(got, "make_draw") {
		t.Errorf("done: %v", got)
	}
	w.repeated(w.get(id))
}

// SQL holds it too: a list and its draw never change, and nobody joins.
func TestR16d_ADrawIsNeverChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lot := w.unsold()
	w.offered(lot, 1, 1)
	id, err := w.s.ListTakers(t.Context(), w.Judges[0], lot)
	w.Must(err)
	w.draw(id)
	w.sound()
	for _, sql := range []string{
		`UPDATE draws SET nonce = sha256(nonce)`,
		`UPDATE draws SET root = sha256(root)`,
		`UPDATE draws SET state = 'listed'`,
		`UPDATE draw_candidates SET place = 3 - place`,
		`DELETE FROM draw_candidates`,
		`DELETE FROM draws`,
		`INSERT INTO taking_offers SELECT gen_random_uuid(), lot_id, 'x', 'x', rank, 1, recorded_by, recorded_at FROM taking_offers LIMIT 1`,
	} {
		if _, err := w.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("done: %s", sql)
		}
	}
}

// sound expects that Fsck finds nothing, or that each of its findings has one of the words.
func (w *world) sound(words ...string) {
	w.T.Helper()
	found, err := drawing.Fsck(w.T.Context(), w.Pool, w.log.Reader)
	w.Must(err)
	for _, f := range found {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(f, word) }) {
			w.T.Errorf("found: %s", f)
		}
	}
	if len(found) == 0 && len(words) > 0 {
		w.T.Errorf("nothing of %v is found", words)
	}
}

// I6: whoever gets round the triggers of a draw's rows is found by fsck.
func TestR16d_FsckFindsAChangedDraw(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sql, word string }{
		{"places swapped", `UPDATE draw_candidates SET place = 3 - place`, "draw_order_differs"},
		{"another root", `UPDATE draws SET root = sha256(root)`, "draw_value_differs"},
		{"another nonce", `UPDATE draws SET nonce = sha256(nonce)`, "draw_nonce_differs"},
		{"another size", `UPDATE draws SET size = size + 1`, "draw_value_elsewhere"},
		{"another entry", `UPDATE draws SET made_entry = list_entry`, "draw.made is not in the log"},
		{"never made", `UPDATE draws SET state = 'opened', size = NULL, root = NULL, made_entry = NULL, drawn_at = NULL`, "make_draw is not there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			lot := w.unsold()
			w.offered(lot, 1, 1)
			id, err := w.s.ListTakers(t.Context(), w.Judges[0], lot)
			w.Must(err)
			w.sound()
			w.draw(id)
			w.publish()
			w.sound()
			for _, sql := range []string{
				`ALTER TABLE draws DISABLE TRIGGER ALL`, `ALTER TABLE draw_candidates DISABLE TRIGGER ALL`,
				`ALTER TABLE draw_candidates DROP CONSTRAINT draw_candidates_draw_id_place_key`, c.sql,
			} {
				_, err := w.Pool.Exec(t.Context(), sql)
				w.Must(err)
			}
			w.sound(c.word)
		})
	}
}

func firms(n int) []docket.Text {
	var list []docket.Text
	for i := range n {
		list = append(list, docket.Text{Zh: fmt.Sprintf("第%d评估有限公司", i+1), En: fmt.Sprintf("Appraisers No. %d Ltd", i+1)})
	}
	return list
}

// R10p: firms of a list are put in an order for a piece of property; the same list is not drawn again, another only with a reason.
func TestR10p_FirmsAreDrawnInAnOrderThatAnyoneRepeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, judge := t.Context(), w.Judges[0]
	lot := w.Lot(func(docket.Asset) bool { return true })
	var asset uuid.UUID
	w.Must(w.Pool.QueryRow(ctx, `SELECT asset_id FROM lot_assets WHERE lot_id = $1`, lot).Scan(&asset))
	list := func(f drawing.Firms) error {
		_, err := w.s.ListFirms(ctx, judge, f)
		return err
	}
	w.Refused("two firms", list(drawing.Firms{Asset: asset, Names: firms(2)}), fault.DrawListInvalid, "R10p")
	w.Refused("201 firms", list(drawing.Firms{Asset: asset, Names: firms(201)}), fault.DrawListInvalid, "R10p")
	w.Refused("one firm twice", list(drawing.Firms{Asset: asset, Names: append(firms(3), firms(1)...)}), fault.DrawListInvalid, "R10p")
	w.Refused("a firm without a name", list(drawing.Firms{Asset: asset, Names: append(firms(3), docket.Text{Zh: " ", En: "x"})}), fault.DrawListInvalid, "R10p")
	for _, c := range []struct {
		zh, en int
		fault  bool
	}{{60, 1, false}, {61, 1, true}, {1, 120, false}, {1, 121, true}} {
		long := docket.Text{Zh: strings.Repeat("评", c.zh), En: strings.Repeat("x", c.en)}
		err := list(drawing.Firms{Asset: uuid.New(), Names: append(firms(3), long)})
		if want := map[bool]fault.Code{true: fault.DrawListInvalid, false: fault.NotFoundCode}[c.fault]; fault.CodeOf(err) != want {
			t.Errorf("names of %d and %d characters: %v", c.zh, c.en, err)
		}
	}
	w.Refused("no property", list(drawing.Firms{Asset: uuid.New(), Names: firms(3)}), fault.NotFoundCode, "")
	if n := w.Count(`SELECT count(*) FROM draws`) + w.Count(`SELECT count(*) FROM entries WHERE kind LIKE 'draw.%'`); n != 0 {
		t.Fatalf("%d rows of refused lists", n)
	}

	id, err := w.s.ListFirms(ctx, judge, drawing.Firms{Asset: asset, Names: firms(200)})
	w.Must(err)
	_, err = drawing.Store{}.Firms(ctx, w.Pool, id, asset)
	w.Refused("the order before the draw", err, fault.DrawNotMade, "R10p")
	w.Refused("another list before the draw", list(drawing.Firms{Asset: asset, Names: firms(3)}), fault.DrawNotMade, "R10p")
	v := w.draw(id)
	w.repeated(v)
	order, err := drawing.Store{}.Firms(ctx, w.Pool, id, asset)
	w.Must(err)
	if len(order) != 200 || order[0] != *v.Candidates[0].Firm || draw.Firm(order[0].Zh) != v.Candidates[0].ID {
		t.Errorf("%d firms, the first %v", len(order), order[0])
	}
	_, err = drawing.Store{}.Firms(ctx, w.Pool, id, uuid.New())
	w.Refused("the order for other property", err, fault.NotFoundCode, "")

	again := drawing.Firms{Asset: asset, Names: firms(200)}
	slices.Reverse(again.Names)
	again.Reason = docket.Text{Zh: "三家机构均退回委托。", En: "All three firms declined."}
	w.Refused("the same firms again", list(again), fault.DrawRepeated, "R10p")
	again.Names = again.Names[1:]
	again.Reason = docket.Text{}
	w.Refused("a further draw without a reason", list(again), fault.ReasonRequired, "R10p")
	again.Reason = docket.Text{Zh: "三家机构均退回委托。", En: "All three firms declined."}
	w.Must(list(again))
	all, err := w.s.OfCase(ctx, v.Case)
	w.Must(err)
	if len(all) != 2 || all[1].Previous == nil || *all[1].Previous != id || all[1].Reason != again.Reason || all[1].State != drawing.Listed {
		t.Errorf("the case has %+v", all)
	}
	if b, err := json.Marshal(all[1]); err != nil || strings.Contains(string(b), "nonce") {
		t.Errorf("%s, %v", b, err)
	}
}
