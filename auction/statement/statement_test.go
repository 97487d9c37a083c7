package statement_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/handover"
	"mingchui/auction/statement"
	"mingchui/deploy/local/soldtest"
)

func of(t *testing.T, id uuid.UUID, a docket.Asset) []statement.Statement {
	t.Helper()
	list, err := statement.Of(id, a)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func tx(zh, en string) docket.Text { return docket.Text{Zh: zh, En: en} }

// Each fact has an id of its own that stays when its text changes; versions tell what was added, removed and changed.
func TestStatements_DifferencesOfVersions(t *testing.T) {
	t.Parallel()
	id := uuid.New()
	a := docket.Asset{
		Category:  docket.Flat,
		Survey:    []docket.Finding{{Item: "occupancy", Finding: tx("空置", "Vacant"), Source: tx("现场", "On site"), On: "2026-10-14", By: tx("某公司", "A firm")}},
		Occupancy: docket.Occupancy{State: docket.Vacant, Title: tx("空置", "Vacant")},
		Defects:   []docket.Text{tx("渗水", "Damp"), tx("裂缝", "A crack")},
		Arrears:   []docket.Arrear{{Item: tx("物业费", "Charges"), AmountFen: 100, AsOf: "2026-10-31"}, {Item: tx("物业费", "Charges"), AmountFen: 200, AsOf: "2026-10-31"}},
		Taxes:     []docket.Tax{{Item: tx("契税", "Deed tax"), BorneBy: docket.Buyer, Source: tx("契税法", "Deed Tax Law")}},
	}
	first := of(t, id, a)
	ids := map[string]bool{}
	for _, s := range first {
		if len(s.ID) != 32 || len(s.TextHash) != 64 || ids[s.ID] {
			t.Errorf("the statement %+v", s)
		}
		ids[s.ID] = true
	}
	if s := first[1]; s.Kind != statement.Occupancy || s.SurveyedOn != "2026-10-14" || s.Surveyor.Zh != "某公司" || s.Source.Zh != "现场" {
		t.Errorf("the occupancy is known from %+v", s)
	}
	if !statement.Differences(first, of(t, id, a)).Empty() {
		t.Error("the same property differs from itself")
	}
	b := a
	b.Survey = []docket.Finding{{Item: "occupancy", Finding: tx("空置", "Vacant"), Source: tx("现场", "On site"), On: "2027-01-05", By: tx("某公司", "A firm")}}
	b.Occupancy = docket.Occupancy{State: docket.HeldByDebtor, Title: tx("被执行人回住", "The debtor moved back")}
	b.Defects = []docket.Text{tx("裂缝", "A crack"), tx("漏电", "Faulty wiring")}
	b.Arrears = slices.Clone(a.Arrears)
	b.Arrears[1].AmountFen = 201
	d := statement.Differences(first, of(t, id, b))
	names := func(list []statement.Statement) (out []string) {
		for _, s := range list {
			out = append(out, string(s.Kind)+" "+s.Text.Zh)
		}
		return out
	}
	var changed []string
	for _, c := range d.Changed {
		changed = append(changed, string(c.After.Kind)+" "+c.Before.Text.Zh+" > "+c.After.Text.Zh)
	}
	if !slices.Equal(names(d.Added), []string{"defect 漏电"}) || !slices.Equal(names(d.Removed), []string{"defect 渗水"}) ||
		!slices.Equal(changed, []string{"survey 空置 > 空置", "occupancy 空置 > 被执行人回住", "arrear 2 元；至 2026-10-31 > 2.01 元；至 2026-10-31"}) {
		t.Errorf("added %v, removed %v, changed %v", names(d.Added), names(d.Removed), changed)
	}
	if other := of(t, uuid.New(), a); other[0].ID == first[0].ID || other[0].TextHash != first[0].TextHash {
		t.Error("the facts of two things are not told apart")
	}
}

// Property is stated anew between two sales, not while one runs; what changed is told on the draft and on the lot.
// An id is made of the property, the kind, the fact's own name, and its place among those of one name: ids that were published stay.
func TestStatements_IDsAreMadeOfTheFactsName(t *testing.T) {
	t.Parallel()
	asset := uuid.MustParse("5f0f2c1e-7d53-4a52-9a3c-0b8b6c1f2d3e")
	list := of(t, asset, docket.Asset{Category: docket.Flat, Arrears: []docket.Arrear{
		{Item: tx("物业费", "Charges"), AmountFen: 1}, {Item: tx("物业费", "Charges")}, {Item: tx("物业费", "Charges"), AmountFen: 2},
	}})
	var got []string
	for i, name := range []string{"occupancy|", "arrear|物业费", "arrear|物业费|2", "arrear|物业费|3"} {
		sum := sha256.Sum256([]byte(asset.String() + "|" + name))
		if list[i].ID != hex.EncodeToString(sum[:16]) {
			t.Errorf("the id of %s is %s", name, list[i].ID)
		}
		got = append(got, list[i].Text.Zh)
	}
	if !slices.Equal(got[1:], []string{"0.01 元", "", "0.02 元"}) {
		t.Errorf("the amounts are %q", got[1:])
	}
}

func TestStatements_ChangeBetweenSales(t *testing.T) {
	t.Parallel()
	w := soldtest.New(t, nil)
	ctx, judge := t.Context(), w.Judges[0]
	s := statement.New(w.Pool, w.Auction)
	lot := w.Lot(func(a docket.Asset) bool { return a.Category == docket.Liquor })
	var asset uuid.UUID
	w.Must(w.Pool.QueryRow(ctx, `SELECT asset_id FROM lot_assets WHERE lot_id = $1`, lot).Scan(&asset))
	var a docket.Asset
	w.Must(w.Pool.QueryRow(ctx, `SELECT document FROM assets WHERE id = $1`, asset).Scan(&a))
	revised := a
	revised.Defects = append(slices.Clone(a.Defects), tx("外箱受潮", "The cases are damp"))
	if d, err := s.Drafted(ctx, lot); err != nil || !d.Empty() {
		t.Errorf("a first draft: %+v, %v", d, err)
	}
	w.Must(w.Auction.ReviseAsset(ctx, judge, auction.AssetRevision{Asset: asset, Document: revised}))
	if d, err := s.Drafted(ctx, lot); err != nil || len(d.Added) != 1 || d.Added[0].Text != tx("外箱受潮", "The cases are damp") || len(d.Changed)+len(d.Removed) > 0 {
		t.Errorf("a revised draft: %+v, %v", d, err)
	}
	w.Announce(lot)
	w.Refused("while a sale runs", w.Auction.ReviseAsset(ctx, judge, auction.AssetRevision{Asset: asset, Document: a}), fault.StateConflict, "")
	w.End(lot, false)
	stranger := auction.Actor{AccountID: uuid.New(), Role: "judge", CourtID: uuid.New()}
	w.Refused("another court", w.Auction.ReviseAsset(ctx, stranger, auction.AssetRevision{Asset: asset, Document: a}), fault.RoleForbidden, "")
	car := a
	car.Category = docket.VehicleCar
	w.Refused("another kind of thing", w.Auction.ReviseAsset(ctx, judge, auction.AssetRevision{Asset: asset, Document: car}), fault.InvalidRequest, "")
	w.Must(w.Auction.ReviseAsset(ctx, judge, auction.AssetRevision{Asset: asset, Document: a}))
	d, err := w.Auction.Lot(ctx, lot, w.Clock.Now())
	w.Must(err)
	next, err := w.Auction.ListSecondSale(ctx, judge, lot, auction.NextSale{
		StartingPrice: d.StartingPriceFen, Increment: d.IncrementFen, Deposit: d.DepositFen,
	})
	w.Must(err)
	if diff, err := s.Drafted(ctx, next); err != nil || len(diff.Removed) != 1 || len(diff.Added) > 0 {
		t.Errorf("the second sale's draft: %+v, %v", diff, err)
	}
	w.Announce(next)
	got, err := s.Of(ctx, next)
	w.Must(err)
	if got.Previous == nil || *got.Previous != lot || got.Changes == nil || len(got.Changes.Removed) != 1 || got.Changes.Removed[0].Text.Zh != "外箱受潮" {
		t.Errorf("the second sale says %+v", got.Changes)
	}
	if before, err := s.Of(ctx, lot); err != nil || !slices.ContainsFunc(before.Statements, func(x statement.Statement) bool { return x.Text.Zh == "外箱受潮" }) {
		t.Errorf("what was announced first has changed: %v", err)
	}
	if _, err := w.Pool.Exec(ctx, `DELETE FROM asset_versions`); err == nil {
		t.Error("what was stated before can be deleted")
	}
}

// The buyer marks each statement once, when the property is there; the court keeps the reasons, the log their hashes; the shares
// by court and surveyor are counted, however few.
func TestStatements_TheBuyerMarksThem(t *testing.T) {
	t.Parallel()
	w := soldtest.New(t, handover.Planner{})
	ctx := t.Context()
	s := statement.New(w.Pool, w.Auction)
	lot := w.Lot(func(a docket.Asset) bool {
		return a.Category == docket.Flat && a.Occupancy.State == docket.Vacant &&
			slices.ContainsFunc(a.Survey, func(f docket.Finding) bool { return f.Item == "site_visit" && !f.By.IsZero() })
	})
	w.Announce(lot)
	said, err := s.Of(ctx, lot)
	w.Must(err)
	find := func(kind statement.Kind, firm bool) statement.Statement {
		i := slices.IndexFunc(said.Statements, func(x statement.Statement) bool { return x.Kind == kind && x.Surveyor.IsZero() != firm })
		if i < 0 {
			t.Fatalf("no statement of kind %s", kind)
		}
		return said.Statements[i]
	}
	title, visit, occupancy := find(statement.Survey, false), find(statement.Survey, true), find(statement.Occupancy, false)
	longest := "阳台照片是另一户的。" + strings.Repeat("长", 490)
	marks := []statement.Mark{{Statement: title.ID, True: true}, {Statement: visit.ID, Reason: longest}, {Statement: occupancy.ID, True: true}}
	w.Refused("before the end", s.Mark(ctx, w.Buyer, lot, marks), fault.NotTheBuyer, "")
	w.End(lot, true)
	w.Refused("before the handing over", s.Mark(ctx, w.Buyer, lot, marks), fault.StateConflict, "")
	w.Finish(lot)
	hand := handover.New(w.Pool, w.Auction)
	w.Must(hand.Settle(ctx, w.Judges[0], handover.Settlement{Lot: lot, Step: handover.Inventory, Note: "无遗留物。"}))
	w.Refused("before the keys", s.Mark(ctx, w.Buyer, lot, marks), fault.StateConflict, "")
	w.Must(hand.Settle(ctx, w.Judges[0], handover.Settlement{Lot: lot, Step: handover.KeysHandedOver}))

	other := auction.Actor{AccountID: w.Account("bidder"), Role: "bidder"}
	w.Refused("another bidder", s.Mark(ctx, other, lot, marks), fault.NotTheBuyer, "")
	w.Refused("a judge", s.Mark(ctx, w.Judges[0], lot, marks), fault.RoleForbidden, "")
	w.Refused("nothing", s.Mark(ctx, w.Buyer, lot, nil), fault.InvalidRequest, "")
	w.Refused("what was not stated", s.Mark(ctx, w.Buyer, lot, []statement.Mark{{Statement: strings.Repeat("0", 32), True: true}}), fault.InvalidRequest, "")
	w.Refused("false without a reason", s.Mark(ctx, w.Buyer, lot, []statement.Mark{{Statement: title.ID}}), fault.ReasonRequired, "")
	w.Refused("a reason of 501", s.Mark(ctx, w.Buyer, lot, []statement.Mark{{Statement: title.ID, Reason: strings.Repeat("长", 501)}}), fault.InvalidRequest, "")
	w.Must(s.Mark(ctx, w.Buyer, lot, marks))
	w.Refused("twice", s.Mark(ctx, w.Buyer, lot, marks[:1]), fault.StateConflict, "")

	if list := strings.Join(w.Entries(lot, "statement.marked"), ""); strings.Count(list, title.ID)+strings.Count(list, visit.ID)+strings.Count(list, occupancy.ID) != 3 || strings.Contains(list, "阳台") {
		t.Errorf("the log has %s", list)
	}
	said, err = s.Of(ctx, lot)
	w.Must(err)
	if said.True != 2 || said.False != 1 || said.Marks[visit.ID] || !said.Marks[title.ID] {
		t.Errorf("marked %+v", said.Marks)
	}
	list, err := s.Accuracy(ctx)
	w.Must(err)
	want := []statement.Accuracy{
		{Court: w.File.Court.Name, Code: w.File.Court.Code, True: 2, Permille: 1000},
		{Court: w.File.Court.Name, Code: w.File.Court.Code, Surveyor: visit.Surveyor, False: 1},
	}
	if !slices.Equal(list, want) {
		t.Errorf("accuracy %+v, want %+v", list, want)
	}
	reasons, err := s.Reasons(ctx, w.Judges[1], lot)
	if err != nil || len(reasons) != 1 || reasons[0].Reason != longest {
		t.Errorf("the court reads %v, %v", reasons, err)
	}
	if _, err := s.Reasons(ctx, w.Buyer, lot); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("a bidder reads the reasons: %v", err)
	}
	elsewhere := auction.Actor{AccountID: w.Account("judge"), Role: "judge", CourtID: uuid.New()}
	if _, err := s.Reasons(ctx, elsewhere, lot); fault.CodeOf(err) != fault.RoleForbidden {
		t.Errorf("another court reads the reasons: %v", err)
	}
	if _, err := w.Pool.Exec(ctx, `UPDATE statement_marks SET found_true = true`); err == nil {
		t.Error("a mark can be changed")
	}
}
