package auction_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/trail"
)

// criminalHouse is a court with cases of a kind, which lets property be sold without a reserve or not.
func criminalHouse(t *testing.T, kind docket.CaseKind, allowed bool) *house {
	t.Helper()
	h := houseWith(t, 3, func(f *docket.File) {
		for i := range f.Cases {
			f.Cases[i].Kind = kind
		}
	})
	if allowed {
		h.allowNoReserve(true)
	}
	return h
}

// allowNoReserve takes the court's choice down.
func (h *house) allowNoReserve(on bool) {
	h.t.Helper()
	h.clock.To(h.clock.Now().Add(time.Second))
	s := law.China2017().Settings()
	s.NoReserve = on
	_, err := h.s.SetSettings(h.t.Context(), h.judges[0], h.court, auction.CourtSettings{
		Settings:  s,
		DecidedBy: docket.Text{Zh: "执行局局长", En: "head of the enforcement bureau"}, Reason: docket.Text{Zh: "刑事涉财产案件。", En: "Property of criminal cases."},
	})
	h.must(err)
}

const answerHash = "5f1d7c2b0a9e8d7c6b5a49382716051423324150697887a6b5c4d3e2f1a0b9c8"

// today is the court's day, days away.
func (h *house) today(days int) docket.Date {
	return docket.Date(h.clock.Now().In(law.CourtTime()).AddDate(0, 0, days).Format(time.DateOnly))
}

// without is a next sale without a reserve from a price, on a ground that was answered today.
func (h *house) without(ground docket.NoReserveGround, start money.Fen) auction.NextSale {
	return auction.NextSale{
		StartingPrice: start, Increment: max(start/100, 1), Deposit: max(start/10, 1),
		NoReserve: &docket.NoReserve{Ground: ground, OfferedOn: h.today(0), AnsweredOn: h.today(0), Document: answerHash},
	}
}

// codesOf lists what a refusal says, code and rule.
func codesOf(err error) string {
	if r, ok := errors.AsType[*auction.Refusal](err); ok {
		return strings.Join(codesAndRules(r.Faults), ", ")
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return string(f.Code) + " " + f.Rule
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// R26n, Criminal 12(2): on either ground the property is sold once more, from any price; the ground stands on the trail, in the log and in
// the announcement. Here from 500 fen, where no floor of R10 or R26 would let it begin.
func TestR26n_EitherGroundIsPublished(t *testing.T) {
	t.Parallel()
	for _, ground := range []docket.NoReserveGround{docket.FinanceAsks, docket.VictimRefuses} {
		t.Run(string(ground), func(t *testing.T) {
			t.Parallel()
			h := criminalHouse(t, docket.Criminal, true)
			failed := h.failed(law.SellOff)
			h.same("owed before", h.owed(failed.ID, "owed"), []string{"ask_creditors", "open_course", "release_deposits", "return_property"})
			id, err := h.s.ListNoReserve(t.Context(), h.judges[0], failed.ID, h.without(ground, 500))
			h.must(err)
			_, err = h.s.ListNoReserve(t.Context(), h.judges[0], failed.ID, h.without(ground, 500))
			h.refused(err, fault.StateConflict, "")
			h.announce(id)
			h.same("owed by the sell-off", h.owed(failed.ID, "owed"), []string{"open_course", "release_deposits"})
			d, err := h.s.Lot(t.Context(), id, h.clock.Now())
			h.must(err)
			want := docket.NoReserve{Ground: ground, OfferedOn: h.today(0), AnsweredOn: h.today(0), Document: answerHash}
			a := d.Announcement
			if d.Stage != law.NoReserve || d.StartingPriceFen != 500 || a.NoReserve == nil || *a.NoReserve != want || len(a.Previous) != 3 || d.SellOffCourseMS != 0 {
				t.Errorf("announced: %s from %d, %+v, before it %+v", d.Stage, d.StartingPriceFen, a.NoReserve, a.Previous)
			}
			if law := a.Text("zh-CN"); law.Heading != "无保留价拍卖公告" {
				t.Errorf("headed %s", law.Heading)
			}
			var raw []byte
			h.must(h.pool.QueryRow(t.Context(), `SELECT bytes FROM entries WHERE lot_id = $1 AND kind = 'lot.announced'`, id).Scan(&raw))
			var e struct{ Body audit.LotAnnounced }
			h.must(json.Unmarshal(raw, &e))
			if n := e.Body.NoReserve; n == nil || n.Ground != string(ground) || n.Document != answerHash || e.Body.PreviousStartingPriceFen != failed.StartingPriceFen {
				t.Errorf("the log says %s", raw)
			}
			line := h.line(id, trail.Announced)
			if line.Rule != "R26n" || line.Ground != string(ground) || !line.Public || !strings.Contains(string(line.Detail), answerHash) {
				t.Errorf("the trail says %+v", line)
			}
		})
	}
}

// line is the only step of an act of a lot.
func (h *house) line(lot uuid.UUID, act trail.Act) (line trail.Line) {
	h.t.Helper()
	err := h.pool.QueryRow(h.t.Context(), `SELECT rule, ground, detail, public FROM trail WHERE lot_id = $1 AND act = $2`, lot, act).
		Scan(&line.Rule, &line.Ground, &line.Detail, &line.Public)
	h.must(err)
	return line
}

// R26n: not in a civil case, not where the court has it off, not without its ground; each refusal says so by the row.
func TestR26n_WhatIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		kind    docket.CaseKind
		allowed bool
		change  func(h *house, n *auction.NextSale)
		want    string
	}{
		{"a civil case", docket.Civil, true, nil, "no_reserve_criminal_only R26n"},
		{"a court that has it off", docket.Criminal, false, nil, "no_reserve_off R26n"},
		{"both", docket.Civil, false, nil, "no_reserve_off R26n, no_reserve_criminal_only R26n"},
		{"no ground", docket.Criminal, true, func(_ *house, n *auction.NextSale) { n.NoReserve = nil }, "no_reserve_ground R26n"},
		{"another ground", docket.Criminal, true, func(_ *house, n *auction.NextSale) { n.NoReserve.Ground = "creditor_asks" }, "no_reserve_ground R26n"},
		{"no document", docket.Criminal, true, func(_ *house, n *auction.NextSale) { n.NoReserve.Document = answerHash[:63] }, "no_reserve_ground R26n"},
		{"offered before the sell-off ended", docket.Criminal, true, func(h *house, n *auction.NextSale) { n.NoReserve.OfferedOn = h.today(-1) }, "no_reserve_dates R26n"},
		{"never offered", docket.Criminal, true, func(_ *house, n *auction.NextSale) { n.NoReserve.OfferedOn = "" }, "no_reserve_dates R26n"},
		{"on no day", docket.Criminal, true, func(_ *house, n *auction.NextSale) { n.NoReserve.OfferedOn, n.NoReserve.AnsweredOn = "2099", "2099" }, "no_reserve_dates R26n, no_reserve_dates R26n"},
		{"answered tomorrow", docket.Criminal, true, func(h *house, n *auction.NextSale) { n.NoReserve.AnsweredOn = h.today(1) }, "no_reserve_dates R26n"},
		{"answered before the offer", docket.Criminal, true, func(h *house, n *auction.NextSale) {
			h.clock.To(h.clock.Now().Add(oneDay))
			n.NoReserve.OfferedOn = h.today(0)
			n.NoReserve.AnsweredOn = h.today(-1)
		}, "no_reserve_dates R26n"},
		{"in order", docket.Criminal, true, func(h *house, n *auction.NextSale) {
			h.clock.To(h.clock.Now().Add(oneDay))
			n.NoReserve.AnsweredOn = h.today(0)
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := criminalHouse(t, c.kind, c.allowed)
			failed := h.failed(law.SellOff)
			n := h.without(docket.FinanceAsks, 1_000_000)
			if c.change != nil {
				c.change(h, &n)
			}
			if _, err := h.s.ListNoReserve(t.Context(), h.judges[0], failed.ID, n); codesOf(err) != c.want {
				t.Errorf("%q, want %q", codesOf(err), c.want)
			}
		})
	}
}

// R26n: it follows the failed sell-off alone, not the first sale, not the second, not a sell-off that sold or was returned; the sell-off
// itself states no such ground.
func TestR26n_OnlyAfterTheLastSaleFailed(t *testing.T) {
	t.Parallel()
	for _, upTo := range []law.Stage{law.First, law.Second, law.SellOff} {
		t.Run(string(upTo), func(t *testing.T) {
			t.Parallel()
			h := criminalHouse(t, docket.Criminal, true)
			d := h.failed(upTo)
			_, err := h.s.ListNoReserve(t.Context(), h.judges[0], d.ID, h.without(docket.VictimRefuses, 1_000_000))
			if upTo != law.SellOff {
				h.refused(err, fault.NoReserveNotLast, "R26n")
				return
			}
			h.must(err)
		})
	}
	h := criminalHouse(t, docket.Criminal, true)
	d := h.failed(law.Second)
	n := h.without(docket.VictimRefuses, d.StartingPriceFen)
	if _, err := h.s.ListSellOff(t.Context(), h.judges[0], d.ID, n); codesOf(err) != "no_reserve_not_last R26n" {
		t.Errorf("a sell-off with a ground for no reserve: %v", codesOf(err))
	}
	h = criminalHouse(t, docket.Criminal, true)
	d = h.failed(law.SellOff)
	h.must(h.s.ReturnToDebtor(t.Context(), h.judges[0], auction.CourtAct{Lot: d.ID, Reason: docket.Text{Zh: "变卖不成。", En: "The sell-off failed."}}))
	_, err := h.s.ListNoReserve(t.Context(), h.judges[0], d.ID, h.without(docket.VictimRefuses, 1_000_000))
	h.refused(err, fault.NoReserveNotLast, "R26n")
}

// R26n: any start from one fen; the deposit stays within OJA 17's bounds: of 1,000,000 fen 50,000 to 200,000. Below five fen no whole
// fen lies between, and it is one fen.
func TestR26n_TheStartIsFreeAndTheDepositIsNot(t *testing.T) {
	t.Parallel()
	h := criminalHouse(t, docket.Criminal, true)
	failed := h.failed(law.SellOff)
	for _, c := range []struct {
		start, deposit money.Fen
		want           string
	}{
		{0, 1, "terms_missing R26n"},
		{1, 0, "deposit_out_of_bounds R17"},
		{1, 2, "deposit_out_of_bounds R17"},
		{4, 2, "deposit_out_of_bounds R17"},
		{9, 2, "deposit_out_of_bounds R17"},
		{1_000_000, 49_999, "deposit_out_of_bounds R17"},
		{1_000_000, 200_001, "deposit_out_of_bounds R17"},
		{1, 1, ""},
		{1_000_000, 50_000, ""},
		{1_000_000, 200_000, ""},
		{failed.StartingPriceFen + 1, (failed.StartingPriceFen + 1) / 10, ""}, // above the last reserve too
	} {
		n := h.without(docket.FinanceAsks, c.start)
		n.Deposit = c.deposit
		id, err := h.s.ListNoReserve(t.Context(), h.judges[0], failed.ID, n)
		if codesOf(err) != c.want {
			t.Errorf("from %d with a deposit of %d: %q, want %q", c.start, c.deposit, codesOf(err), c.want)
		}
		if err == nil {
			h.must(h.s.WithdrawDraft(t.Context(), h.judges[0], id))
		}
	}
}

// R26n (ours): announced as far ahead as a sell-off, 7 days for movables and 15 for immovables, to the millisecond; R20b: open for 24
// hours at least, of no fixed length.
func TestR26n_AnnouncedAsASellOffAndOpenADay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		of   int // a case of the docket
		kind law.Kind
		days int
	}{{"a flat", 10, law.Immovable, 15}, {"trucks", 8, law.Movable, 7}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := houseWith(t, 0, func(f *docket.File) {
				f.Cases = f.Cases[c.of : c.of+1]
				f.Cases[0].Kind = docket.Criminal
			})
			h.allowNoReserve(true)
			failed := h.failed(law.SellOff)
			if failed.Kind != c.kind {
				t.Fatalf("the lot is %s", failed.Kind)
			}
			id, err := h.s.ListNoReserve(t.Context(), h.judges[0], failed.ID, h.without(docket.FinanceAsks, 1_000_000))
			h.must(err)
			h.vote(id)
			h.clock.To(h.clock.Now().Add(time.Minute))
			starts := h.clock.Now().Add(time.Duration(c.days) * oneDay)
			for _, one := range []struct {
				early, length time.Duration
				want          string
			}{
				{time.Millisecond, oneDay, "announcement_too_late R26n"},
				{0, oneDay - time.Millisecond, "bidding_too_short R20b"},
				{0, oneDay, ""},
				{0, 3 * oneDay, ""},
			} {
				a := auction.Announcement{Lot: id, StartsAt: starts.Add(-one.early), EndsAt: starts.Add(-one.early + one.length)}
				list, err := h.s.CheckAnnouncement(t.Context(), h.judges[0], a)
				h.must(err)
				if got := strings.Join(codesAndRules(list), ", "); got != one.want {
					t.Errorf("%s early, open %s: %q, want %q", one.early, one.length, got, one.want)
				}
				if one.want == "" {
					continue
				}
				if got := codesOf(h.s.Announce(t.Context(), h.judges[0], a)); got != one.want {
					t.Errorf("announced %s early, open %s: %q, want %q", one.early, one.length, got, one.want)
				}
			}
			h.must(h.s.Announce(t.Context(), h.judges[0], auction.Announcement{Lot: id, StartsAt: starts, EndsAt: starts.Add(oneDay)}))
		})
	}
}

// R26n, R6: the panel votes on the ground; where it is revised, the votes before count no more, and a draft cannot drop it.
func TestR26n_ThePanelVotesOnTheGround(t *testing.T) {
	t.Parallel()
	h := criminalHouse(t, docket.Criminal, true)
	failed := h.failed(law.SellOff)
	id, err := h.s.ListNoReserve(t.Context(), h.judges[0], failed.ID, h.without(docket.FinanceAsks, 1_000_000))
	h.must(err)
	h.vote(id)
	d, err := h.s.Draft(t.Context(), h.judges[0], id, h.clock.Now())
	h.must(err)
	document := d.Document
	document.NoReserve = nil
	if _, err := h.s.Revise(t.Context(), h.judges[0], auction.Revision{Lot: id, Document: document}); !strings.Contains(codesOf(err), "no_reserve_ground R26n") {
		t.Errorf("without its ground: %s", codesOf(err))
	}
	other := *d.Document.NoReserve
	other.Ground = docket.VictimRefuses
	document.NoReserve = &other
	got, err := h.s.Revise(t.Context(), h.judges[0], auction.Revision{Lot: id, Document: document})
	h.must(err)
	if got.VotesVoid != 3 || got.State != auction.Draft {
		t.Errorf("another ground: %+v", got)
	}
}

// R26n, R16d, R24r: unsold again, a creditor takes it at the last reserve price, the sell-off's, not at where bidding began; or it goes back
// to the debtor. Nothing is sold after it.
func TestR26n_AfterItFailed(t *testing.T) {
	t.Parallel()
	h := criminalHouse(t, docket.Criminal, true)
	sellOff := h.failed(law.SellOff)
	id, err := h.s.ListNoReserve(t.Context(), h.judges[0], sellOff.ID, h.without(docket.VictimRefuses, 100))
	h.must(err)
	h.announce(id)
	d := h.end(id, false, "")
	h.same("owed", h.owed(id, "owed"), []string{"ask_creditors", "open_course", "release_deposits", "return_property"})
	_, err = h.s.ListNoReserve(t.Context(), h.judges[0], id, h.without(docket.VictimRefuses, 100))
	h.refused(err, fault.NoReserveNotLast, "R26n")
	offer := h.offerToTake(id, 1, sellOff.StartingPriceFen-1)
	got, err := h.s.TakeForDebt(t.Context(), h.judges[0], auction.Taking{Lot: id, Offer: offer})
	h.must(err)
	if got.Price != sellOff.StartingPriceFen || got.Difference != 1 || d.StartingPriceFen != 100 {
		t.Errorf("taken at %d with %d to pay, bidding began at %d", got.Price, got.Difference, d.StartingPriceFen)
	}
	problems, err := auction.Fsck(t.Context(), h.pool)
	h.must(err)
	if problems = slices.DeleteFunc(problems, func(p auction.Problem) bool { return !strings.HasPrefix(p.Detail, "the duty") }); len(problems) > 0 {
		t.Errorf("fsck: %+v", problems)
	}
}

// R26n, R24: the buyer defaulted, so it is sold again without a reserve on the same ground; R24x keeps the defaulter out.
func TestR26n_SoldAgainAfterADefault(t *testing.T) {
	t.Parallel()
	h := criminalHouse(t, docket.Criminal, true)
	sellOff := h.failed(law.SellOff)
	id, err := h.s.ListNoReserve(t.Context(), h.judges[0], sellOff.ID, h.without(docket.FinanceAsks, 1_000_000))
	h.must(err)
	h.announce(id)
	d := h.end(id, true, "K7Q2M")
	h.buyer("K7Q2M", "甲公司")
	h.must(h.s.Confirm(t.Context(), id))
	h.must(pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return h.s.RecordDefault(t.Context(), tx, h.clock.Now(), id, d.DepositFen) }))
	again, err := h.s.ListReSale(t.Context(), h.judges[0], id, auction.NextSale{StartingPrice: 900_000, Increment: 10_000, Deposit: 90_000})
	h.must(err)
	h.announce(again)
	after, err := h.s.Lot(t.Context(), again, h.clock.Now())
	h.must(err)
	if after.Stage != law.NoReserve || after.Announcement.NoReserve == nil || after.Announcement.NoReserve.Ground != docket.FinanceAsks || len(after.Announcement.Previous) != 3 {
		t.Errorf("sold again: %s, %+v", after.Stage, after.Announcement.NoReserve)
	}
	var previous string
	h.must(h.pool.QueryRow(t.Context(), `SELECT convert_from(bytes, 'UTF8')::jsonb #>> '{body,previous_lot}' FROM entries WHERE lot_id = $1 AND kind = 'lot.listed'`, again).Scan(&previous))
	if previous != sellOff.ID.String() {
		t.Errorf("the log measures it by %s", previous)
	}
}

// R26n: the rows refuse what no use case writes: the stage without its ground, the ground at another stage.
func TestR26n_TheRowsHoldTheGround(t *testing.T) {
	t.Parallel()
	h := criminalHouse(t, docket.Criminal, true)
	failed := h.failed(law.SellOff)
	id, err := h.s.ListNoReserve(t.Context(), h.judges[0], failed.ID, h.without(docket.FinanceAsks, 1_000_000))
	h.must(err)
	for name, sql := range map[string]string{
		"the ground goes":       `UPDATE lots SET document = document - 'no_reserve' WHERE id = $1`,
		"another ground":        `UPDATE lots SET document = jsonb_set(document, '{no_reserve,ground}', '"other"') WHERE id = $1`,
		"no document":           `UPDATE lots SET document = document #- '{no_reserve,document}' WHERE id = $1`,
		"answered before asked": `UPDATE lots SET document = jsonb_set(document, '{no_reserve,answered_on}', '"2020-01-01"') WHERE id = $1`,
		"another stage":         `UPDATE lots SET stage = 'sell_off' WHERE id = $1`,
		"no stage that is":      `UPDATE lots SET stage = 'third' WHERE id = $1`,
	} {
		if _, err := h.pool.Exec(t.Context(), sql, id); err == nil || !strings.Contains(err.Error(), "lots_") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.pool.Exec(t.Context(), `UPDATE lots SET document = jsonb_set(document, '{no_reserve,ground}', '"victim_refuses"') WHERE id = $1`, id); err != nil {
		t.Errorf("the other ground of the law: %v", err)
	}
}
