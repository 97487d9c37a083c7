package payments_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/audit"
	"mingchui/auction/distribution"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/casefund"
)

// fund is a paid lot whose case's money is claimed and divided.
type fund struct {
	*resale

	funds   *casefund.Service
	finance auction.Actor
}

func (r *resale) fund() *fund {
	r.t.Helper()
	f := &fund{resale: r, funds: casefund.New(r.pool, r.court), finance: auction.Actor{AccountID: uuid.New(), Role: "finance", CourtID: r.judges[0].CourtID}}
	r.exec(`INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at) VALUES (@id, @login, 'finance', @court, '', 'n', now())`,
		pgx.NamedArgs{"id": f.finance.AccountID, "login": f.finance.AccountID.String(), "court": f.finance.CourtID})
	return f
}

// paidUp is a lot that was paid in full.
func paidUp(t *testing.T) *fund {
	t.Helper()
	r := bought(t)
	r.settle()
	r.payBalance(9)
	if r.outcome(r.lot) != "paid" {
		t.Fatalf("the lot is %s", r.outcome(r.lot))
	}
	return r.fund()
}

func (f *fund) lodged(kind distribution.Kind, name string, amount money.Fen, on ...casefund.Security) casefund.Lodging {
	return casefund.Lodging{
		Case: f.caseID, Kind: kind, Creditor: docket.Text{Zh: name, En: name}, Instrument: "（2025）皖9902民初88号", Amount: amount, Securities: on,
	}
}

func (f *fund) lodge(l casefund.Lodging) uuid.UUID {
	f.t.Helper()
	id, err := f.funds.Lodge(f.t.Context(), f.finance, l)
	f.must(err)
	return id
}

func (f *fund) refused(err error, code fault.Code, field, rule string) {
	f.t.Helper()
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Code != code || e.Field != field || e.Rule != rule {
		f.t.Errorf("%v, want %s at %q by %s", err, code, field, rule)
	}
}

// standing is the plan that stands.
func (f *fund) standing() casefund.Made {
	f.t.Helper()
	list, err := f.funds.Distributions(f.t.Context(), f.caseID)
	f.must(err)
	i := slices.IndexFunc(list, func(m casefund.Made) bool { return m.ReplacedAt == nil })
	if i < 0 {
		f.t.Fatal("no plan stands")
	}
	return list[i]
}

// due is what a claim gets by a plan.
func due(m casefund.Made, claim uuid.UUID) money.Fen {
	for _, d := range m.Plan.Dues {
		if d.Claim == claim.String() {
			return d.Fen
		}
	}
	return -1
}

// F4: what a sale brought, less its costs and those of the enforcement, goes to who has priority over it and then in proportion; a plan is made
// of what the accounts hold, to the fen, and stands in the log with all that it was made from.
func TestF4_APlanDividesWhatTheSaleBrought(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	propose := casefund.Proposal{Case: f.caseID, Order: distribution.ProRata, Enforcement: 90_00}
	f.must(f.court.RecordCosts(t.Context(), f.judges[0], auction.SaleCosts{Lot: f.lot, Costs: 10_00}))
	rest := f.price - 100_00
	bank := f.lodge(f.lodged(distribution.Secured, "江澜银行", rest-300_00, casefund.Security{Lot: f.lot, Rank: 1}))
	a := f.lodge(f.lodged(distribution.Ordinary, "甲公司", 200_00))
	b := f.lodge(f.lodged(distribution.Ordinary, "乙公司", 400_01))
	_, err := f.funds.Make(t.Context(), f.finance, propose)
	f.must(err)
	m := f.standing()
	// 300.00 are left for 200.00 and 400.01: 9999.83… and 20000.16… fen.
	if due(m, bank) != rest-300_00 || due(m, a) != 100_00 || due(m, b) != 200_00 || m.Plan.Costs != 100_00 || m.Plan.Debtor != 0 || m.Stale || m.No != 1 {
		t.Errorf("%+v of %+v", m.Plan, m.Case)
	}
	if len(m.Case.Pots) != 1 || m.Case.Pots[0] != (distribution.Pot{ID: f.lot.String(), Proceeds: f.price, Costs: 10_00}) || m.Case.Costs != 90_00 {
		t.Errorf("made from %+v", m.Case)
	}
	c := f.lodge(f.lodged(distribution.Ordinary, "丙公司", 600_01))
	if !f.standing().Stale {
		t.Error("a claim came, and the plan is not stale")
	}
	_, err = f.funds.Make(t.Context(), f.finance, propose)
	f.must(err)
	if m = f.standing(); m.No != 2 || m.Stale || due(m, a) != 50_00 || due(m, b) != 100_00 || due(m, c) != 150_00 {
		t.Errorf("the second plan: %+v", m.Plan)
	}
	f.must(f.funds.Withdraw(t.Context(), f.finance, c, docket.Text{Zh: "已另行清偿", En: "Paid otherwise."}))
	f.refused(f.funds.Withdraw(t.Context(), f.finance, c, docket.Text{Zh: "x", En: "x"}), fault.StateConflict, "claim", "F4")
	if !f.standing().Stale {
		t.Error("a claim went, and the plan is not stale")
	}
	f.inTheLog(m)
	f.sound()
}

// inTheLog holds the newest plan in the log against the one that stands, by dividing again, and that the log names nobody.
func (f *fund) inTheLog(m casefund.Made) {
	f.t.Helper()
	rows, err := f.pool.Query(f.t.Context(), `SELECT bytes FROM entries WHERE case_id = $1 ORDER BY at, id`, f.caseID)
	f.must(err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	f.must(err)
	var made audit.PlanMade
	for _, raw := range list {
		if strings.Contains(string(raw), "江澜银行") || strings.Contains(string(raw), "甲公司") {
			f.t.Errorf("the log names a creditor: %s", raw)
		}
		if bytes.Contains(raw, []byte(audit.KindPlanMade)) {
			var e struct {
				Body audit.PlanMade `json:"body"`
			}
			f.must(json.Unmarshal(raw, &e))
			made = e.Body
		}
	}
	again, err := distribution.Divide(made.Terms)
	f.must(err)
	if made.Distribution != m.ID.String() || !slices.Equal(again.Dues, m.Plan.Dues) || !slices.Equal(again.Dues, made.Dues) || again.Debtor != made.DebtorFen {
		f.t.Errorf("in the log %+v, divided again %+v, stands %+v", made, again, m.Plan)
	}
}

// F4, F1: nothing is divided that is not there: before a sale was paid, while a part of a price is there alone, and when the accounts differ by a fen.
func TestF4_NothingIsDividedThatIsNotThere(t *testing.T) {
	t.Parallel()
	r := bought(t)
	r.settle()
	f := r.fund()
	f.lodge(f.lodged(distribution.Ordinary, "甲公司", 1))
	propose := casefund.Proposal{Case: f.caseID, Order: distribution.ProRata}
	_, err := f.funds.Make(t.Context(), f.finance, propose)
	f.refused(err, fault.NothingToDivide, "", "F4")
	f.payBalance(1)
	_, err = f.funds.Make(t.Context(), f.finance, propose)
	f.refused(err, fault.NothingToDivide, "", "F4")
	f.payBalance(9)
	f.must(pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE ledger_accounts SET balance_fen = balance_fen - 1 WHERE case_id = $1 AND purpose = 'proceeds'`, f.caseID)
		return err
	}))
	_, err = f.funds.Make(t.Context(), f.finance, propose)
	f.refused(err, fault.FundDiffers, "", "F1")
	if e, ok := errors.AsType[*fault.Error](err); ok && (e.Args["held_fen"] != f.price-1 || e.Args["expected_fen"] != f.price) {
		t.Errorf("with %v", e.Args)
	}
	f.exec(`UPDATE ledger_accounts SET balance_fen = balance_fen + 1 WHERE case_id = @case AND purpose = 'proceeds'`, pgx.NamedArgs{"case": f.caseID})
	_, err = f.funds.Make(t.Context(), f.finance, propose)
	f.must(err)
	if m := f.standing(); m.Plan.Debtor != f.price-1 {
		t.Errorf("%+v", m.Plan)
	}
	f.sound()
}

// F4, R24: a deposit that a defaulter lost makes good what the property brings less, which belongs to that property; what it pays of the debt
// belongs to none; the costs that it met are met.
func TestF4_AForfeitBelongsToItsProperty(t *testing.T) {
	t.Parallel()
	r := defaulted(t)
	r.exec(`UPDATE cases SET claim_fen = @claim, debtor_agreed_at = now() WHERE id = @case`, pgx.NamedArgs{"claim": r.price + 3, "case": r.caseID})
	first := r.lot
	r.lot = r.again()
	r.buyer = r.enrol(r.deposit)
	r.payDeposit(r.buyer)
	ended := r.end(r.lot, r.price-7)
	r.told.winner, r.told.price = r.buyer, r.price-7
	r.settle()
	r.payBalance(9)
	r.must(r.court.RecordCosts(t.Context(), r.judges[0], auction.SaleCosts{Lot: first, Costs: r.deposit - 12}))
	_, err := r.runner.RunDue(t.Context())
	r.must(err)
	f := r.fund()
	_, err = f.funds.Make(t.Context(), f.finance, casefund.Proposal{Case: f.caseID, Order: distribution.ProRata})
	f.must(err)
	m := f.standing()
	pots := map[string]money.Fen{}
	for _, p := range m.Case.Pots {
		pots[p.ID] = p.Proceeds
	}
	// Of the deposit 12 fen are left after the costs: 7 for what the re-sale brought less, 3 of the debt that is still open, 2 are kept.
	if want := map[string]money.Fen{r.lot.String(): *ended.PriceFen + 7, casefund.CasePot: 3}; !maps.Equal(pots, want) || m.Case.Costs != 0 || m.Plan.Costs != 0 {
		t.Errorf("%+v, want %+v; costs %d", m.Case.Pots, want, m.Case.Costs)
	}
	f.sound()
}

// F4: what is wrong with a claim or a proposal is said with its field, and nothing is recorded; who is not the court's finance neither lodges nor divides.
func TestF4_ClaimsAndProposalsThatAreRefused(t *testing.T) {
	t.Parallel()
	f := paidUp(t)
	good := f.lodged(distribution.Secured, "江澜银行", 5, casefund.Security{Lot: f.lot, Rank: 1})
	for field, change := range map[string]func(*casefund.Lodging){
		"kind":               func(l *casefund.Lodging) { l.Kind = distribution.Fine },
		"creditor":           func(l *casefund.Lodging) { l.Creditor.En = " " },
		"instrument":         func(l *casefund.Lodging) { l.Kind, l.Securities, l.Instrument = distribution.Ordinary, nil, " " },
		"seized":             func(l *casefund.Lodging) { l.Seized = -1 },
		"securities":         func(l *casefund.Lodging) { l.Securities = nil },
		"securities[0].rank": func(l *casefund.Lodging) { l.Securities = []casefund.Security{{Lot: f.lot}} },
		"securities[1].lot":  func(l *casefund.Lodging) { l.Securities = append(l.Securities, l.Securities[0]) },
	} {
		l := good
		l.Securities = slices.Clone(good.Securities)
		change(&l)
		_, err := f.funds.Lodge(t.Context(), f.finance, l)
		f.refused(err, fault.InvalidRequest, field, "F4")
	}
	for amount, code := range map[money.Fen]fault.Code{0: fault.AmountInvalid, -1: fault.AmountInvalid, money.Max + 1: fault.AmountTooLarge} {
		l := good
		l.Amount = amount
		_, err := f.funds.Lodge(t.Context(), f.finance, l)
		f.refused(err, code, "amount_fen", "F4")
	}
	other := good
	other.Securities = []casefund.Security{{Lot: uuid.New(), Rank: 1}}
	_, err := f.funds.Lodge(t.Context(), f.finance, other)
	f.refused(err, fault.NotFoundCode, "securities[0].lot", "F1")
	for _, by := range []auction.Actor{f.judges[0], {AccountID: f.finance.AccountID, Role: "finance", CourtID: uuid.New()}} {
		_, err := f.funds.Lodge(t.Context(), by, good)
		f.refused(err, fault.RoleForbidden, "", "")
		_, err = f.funds.Make(t.Context(), by, casefund.Proposal{Case: f.caseID, Order: distribution.ProRata})
		f.refused(err, fault.RoleForbidden, "", "")
	}
	f.lodge(good)
	_, err = f.funds.Lodge(t.Context(), f.finance, good)
	f.refused(err, fault.ClaimLodgedTwice, "instrument", "F4")
	if list, err := f.funds.Claims(t.Context(), f.judges[0], f.caseID); err != nil || len(list) != 1 || list[0].Creditor.Zh != "江澜银行" || len(list[0].Securities) != 1 {
		t.Errorf("%v, %+v", err, list)
	}
	_, err = f.funds.Claims(t.Context(), auction.Actor{Role: "finance", CourtID: uuid.New()}, f.caseID)
	f.refused(err, fault.RoleForbidden, "", "")
	for _, c := range []struct {
		p     casefund.Proposal
		code  fault.Code
		field string
		rule  string
	}{
		{casefund.Proposal{Order: distribution.Criminal}, fault.OrderNotForCase, "order", "F4c"},
		{casefund.Proposal{Order: distribution.BySeizure}, fault.ReasonRequired, "reason", "F4"},
		{casefund.Proposal{Order: distribution.ProRata, Living: 1}, fault.ReasonRequired, "reason", "F4"},
		{casefund.Proposal{Order: distribution.ProRata, SoleHome: 1}, fault.ReasonRequired, "reason", "F4"},
		{casefund.Proposal{Order: distribution.ProRata, Reason: docket.Text{Zh: "x"}}, fault.ReasonRequired, "reason", "F4"},
		{casefund.Proposal{Order: distribution.ProRata, Enforcement: -1}, fault.AmountInvalid, "enforcement_costs_fen", "F4"},
		{casefund.Proposal{Order: "x"}, fault.InvalidRequest, "order", "F4"},
	} {
		c.p.Case = f.caseID
		_, err := f.funds.Make(t.Context(), f.finance, c.p)
		f.refused(err, c.code, c.field, c.rule)
	}
	if list, err := f.funds.Distributions(t.Context(), f.caseID); err != nil || len(list) != 0 {
		t.Errorf("%v, %d plans", err, len(list))
	}
	f.sound()
}
