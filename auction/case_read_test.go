package auction_test

import (
	"encoding/json"
	"strings"
	"testing"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// The public reads a creditor with priority by role; a name stands only where
// the docket publishes that party's, and never a person's.
func TestCase_CreditorsAreShownByRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	text := func(zh string) docket.Text { return docket.Text{Zh: zh, En: zh} }
	var document docket.Case
	h.must(h.pool.QueryRow(ctx, `SELECT document FROM cases WHERE id = (SELECT case_id FROM lots WHERE id = $1)`, lot).Scan(&document))
	document.Applicants = []docket.Party{
		{Kind: docket.Organisation, Name: text("公开银行"), NamePublished: true},
		{Kind: docket.Organisation, Name: text("不公开银行")},
		{Kind: docket.Person, Name: text("自然人甲"), NamePublished: true},
	}
	document.PriorityClaims = []docket.PriorityClaim{
		{Rank: 1, Kind: docket.ByMortgage, Creditor: text("公开银行"), AmountFen: 100},
		{Rank: 2, Kind: docket.ByPledge, Creditor: text("不公开银行"), AmountFen: 200},
		{Rank: 3, Kind: docket.ByLien, Creditor: text("自然人甲"), AmountFen: 300},
		{Rank: 4, Kind: docket.ByConstruction, Creditor: text("案外公司"), AmountFen: 400, Note: text("案外公司的说明")},
		{Rank: 5, Kind: docket.ByWages, Creditor: text("职工乙")},
		{Rank: 6, Kind: docket.ByTax, Creditor: text("某税务所")},
		{Rank: 7, Kind: docket.ByRestitution, Creditor: text("被害人丙")},
	}
	_, err := h.pool.Exec(ctx, `UPDATE cases SET document = $2 WHERE id = (SELECT case_id FROM lots WHERE id = $1)`, lot, document)
	h.must(err)
	d, err := h.s.Lot(ctx, lot, h.clock.Now())
	h.must(err)
	k, err := h.s.CaseByKey(ctx, d.CaseNumber, h.clock.Now())
	h.must(err)
	var got []string
	for _, c := range k.PriorityClaims {
		got = append(got, c.Creditor.Zh+"/"+c.Creditor.En)
	}
	h.same("creditors", got, []string{
		"公开银行/公开银行", "质权人/Pledgee", "留置权人/Lien holder", "建设工程承包人/Contractor of the building", "职工/Employees", "税务机关/Tax authority", "被害人/Victims",
	})
	if c := k.PriorityClaims[3]; c.Rank != 4 || c.AmountFen != 400 || c.Kind != docket.ByConstruction {
		t.Errorf("a claim reads %+v", c)
	}
	public, err := json.Marshal(k)
	h.must(err)
	var log string
	h.must(h.pool.QueryRow(ctx, `SELECT string_agg(convert_from(bytes, 'UTF8'), ' ') FROM entries`).Scan(&log))
	for _, secret := range []string{"不公开银行", "自然人甲", "案外公司", "职工乙", "某税务所", "被害人丙"} {
		if strings.Contains(string(public), secret) || strings.Contains(log, secret) {
			t.Errorf("%s is public", secret)
		}
	}
}

// No creditor of the demonstration court's docket is named in the log.
func TestCase_TheLogNamesNoCreditor(t *testing.T) {
	t.Parallel()
	h := houseOf(t, 0)
	var log string
	h.must(h.pool.QueryRow(t.Context(), `SELECT string_agg(convert_from(bytes, 'UTF8'), ' ') FROM entries`).Scan(&log))
	named := 0
	for _, k := range h.file.Cases {
		for _, c := range k.PriorityClaims {
			named++
			if strings.Contains(log, c.Creditor.Zh) {
				t.Errorf("the log names %s", c.Creditor.Zh)
			}
		}
		for _, p := range append(k.Applicants, k.Debtors...) {
			if strings.Contains(log, p.Name.Zh) {
				t.Errorf("the log names %s", p.Name.Zh)
			}
		}
	}
	if named == 0 {
		t.Fatal("the docket has no claims with priority")
	}
}
