package payments_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/duty"
	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/auction/objection"
	"mingchui/payments"
)

// endUnsold ends a lot's bidding without a bid; it gives the starting price.
func (r *resale) endUnsold(lot uuid.UUID) money.Fen {
	r.t.Helper()
	d, err := r.court.Lot(r.t.Context(), lot, r.clock.Now())
	r.must(err)
	r.clock.To(*d.EndsAt)
	r.must(pgx.BeginFunc(r.t.Context(), r.pool, func(tx pgx.Tx) error {
		return auction.RecordEnd(r.t.Context(), tx, duty.NewBook(nil), auction.End{LotID: lot, At: *d.EndsAt})
	}))
	return d.StartingPriceFen
}

// taken is a lot that found no bid and that a creditor took for a claim of so much below the price.
func taken(t *testing.T, short money.Fen) *resale {
	t.Helper()
	r := listed(t)
	r.announce(r.lot)
	r.price = r.endUnsold(r.lot)
	offer, err := r.court.OfferToTake(t.Context(), r.judges[0], auction.TakingOffer{
		Lot: r.lot, Creditor: docket.Text{Zh: "首查封债权人", En: "creditor of the first seizure"}, Rank: 1, Claim: r.price - short,
	})
	r.must(err)
	_, err = r.court.TakeForDebt(t.Context(), r.judges[0], auction.Taking{Lot: r.lot, Offer: offer})
	r.must(err)
	return r
}

// finance is a person of the court's finance office.
func (r *resale) finance() auction.Actor {
	r.t.Helper()
	id := uuid.New()
	r.exec(`INSERT INTO accounts (id, login, role, court_id, password_hash, real_name, created_at) VALUES (@id, @login, 'finance', @court, '', 'n', now())`,
		pgx.NamedArgs{"id": id, "login": id.String(), "court": r.judges[0].CourtID})
	return auction.Actor{AccountID: id, Role: "finance", CourtID: r.judges[0].CourtID}
}

// R16d, F5: the difference is paid in whole, entered by one person and approved by another; then, and not before, comes the ruling.
func TestR16d_TwoPersonsEnterTheDifference(t *testing.T) {
	t.Parallel()
	const short = 1
	r := taken(t, short)
	one, two := r.finance(), r.finance()
	elsewhere := two
	elsewhere.CourtID = uuid.New()
	refused := func(what string, err error, code fault.Code, field string) {
		t.Helper()
		f, _ := errors.AsType[*fault.Error](err)
		if f == nil || f.Code != code || f.Field != field {
			t.Errorf("%s: %v, want %s in %q", what, err, code, field)
		}
	}
	enter := func(by auction.Actor, amount money.Fen, reference string) (uuid.UUID, error) {
		return r.service.EnterDifference(t.Context(), by, r.lot, amount, reference)
	}
	_, err := enter(r.judges[0], short, "ref")
	refused("a judge", err, fault.RoleForbidden, "")
	_, err = enter(elsewhere, short, "ref")
	refused("another court", err, fault.RoleForbidden, "")
	_, err = enter(one, short-1, "ref")
	refused("a fen less", err, fault.AmountInvalid, "amount_fen")
	_, err = enter(one, short+1, "ref")
	refused("a fen more", err, fault.AmountInvalid, "amount_fen")
	_, err = enter(one, short, " ")
	refused("no reference", err, fault.InvalidRequest, "bank_reference")
	_, err = enter(one, short, strings.Repeat("7", 141))
	refused("a reference of 141 characters", err, fault.InvalidRequest, "bank_reference")
	wrong, err := enter(one, short, strings.Repeat("七", 140))
	r.must(err)
	_, err = enter(two, short, "20261201-0008")
	refused("twice", err, fault.PaymentStateConflict, "")
	refused("by who entered it", r.service.DecideTransfer(t.Context(), one, wrong, true, ""), fault.SamePerson, "")
	refused("by another court", r.service.DecideTransfer(t.Context(), elsewhere, wrong, true, ""), fault.RoleForbidden, "")
	refused("refused without a reason", r.service.DecideTransfer(t.Context(), two, wrong, false, ""), fault.ReasonRequired, "reason")
	refused("with a reason of 1,001", r.service.DecideTransfer(t.Context(), two, wrong, false, strings.Repeat("错", 1001)), fault.ReasonRequired, "reason")
	r.must(r.service.DecideTransfer(t.Context(), two, wrong, false, strings.Repeat("错", 1000)))
	refused("decided twice", r.service.DecideTransfer(t.Context(), two, wrong, true, ""), fault.PaymentStateConflict, "")
	if r.balances()["proceeds"] != 0 {
		t.Error("a refused transfer was posted")
	}
	r.must(r.court.CheckEligibility(t.Context(), r.judges[0], auction.Eligibility{Lot: r.lot, Qualified: true, Proof: proof}))
	rule := auction.Ruling{Lot: r.lot, Number: "（2026）皖9902执1号之一", ServedAt: r.clock.Now()}
	refused("the ruling before it", r.court.Rule(t.Context(), r.judges[0], rule), fault.DifferenceUnpaid, "")
	id, err := enter(one, short, "20261201-0009")
	r.must(err)
	r.must(r.service.DecideTransfer(t.Context(), two, id, true, ""))
	_, err = enter(one, short, "20261201-0010")
	refused("paid already", err, fault.PaymentStateConflict, "")
	if b := r.balances(); b["proceeds"] != short {
		t.Errorf("accounts hold %v", b)
	}
	list, err := r.service.TransfersOf(t.Context(), one, r.lot)
	r.must(err)
	if len(list) != 2 || list[0].ID != id || list[0].State != "approved" || list[1].State != "refused" {
		t.Errorf("listed: %+v", list)
	}
	r.sound()
	r.must(r.court.Rule(t.Context(), r.judges[0], rule))
	// R31: set aside, it is owed back by hand.
	out, err := r.objections().SetAside(t.Context(), r.judges[0], objection.SettingAside{
		Lot: r.lot, Order: docket.Text{Zh: "（2026）皖99执监5号", En: "No. 5"}, Ground: objection.SeriousBreach, Reason: reason(),
	})
	r.must(err)
	if b := r.balances(); out.ReversedFen != short || b["escrow"] != short || b["proceeds"] != 0 || r.owed(duty.ReturnByTransfer, id.String()) != 1 {
		t.Errorf("reversed %+v, accounts %v", out, b)
	}
	r.sound()
	held := func() (f money.Fen) {
		r.must(r.pool.QueryRow(t.Context(), `SELECT held_fen FROM ledger_accounts WHERE case_id = $1 AND purpose = 'escrow'`, r.caseID).Scan(&f))
		return f
	}
	entry, err := r.service.EnterReturn(t.Context(), one, id, payments.TransferOut{AmountFen: short, BankReference: "out/first", Payee: "n, 6222 0001"})
	r.must(err)
	if held() != short {
		t.Errorf("%d are reserved for the transfer", held())
	}
	r.sound()
	r.must(r.service.WithdrawReturn(t.Context(), one, entry))
	if held() != 0 {
		t.Errorf("%d are reserved for a transfer that was taken back", held())
	}
	r.giveBack(one, id.String(), short)
	if held() != 0 {
		t.Errorf("%d are reserved for what went back", held())
	}
	if b := r.balances(); b["escrow"] != 0 {
		t.Errorf("after the transfer accounts hold %v", b)
	}
	back, err := r.service.Returns(t.Context(), one)
	if err != nil || len(back) != 1 || back[0].Of != "difference" || back[0].Payer.En != "creditor of the first seizure" || back[0].Status != "returned" {
		t.Errorf("listed: %+v, %v", back, err)
	}
	r.sound()
}

// R16d: nothing is entered where the claim covers the price, and nothing goes back when such a taking is set aside.
func TestR16d_ATakingWithoutADifference(t *testing.T) {
	t.Parallel()
	r := taken(t, 0)
	if _, err := r.service.EnterDifference(t.Context(), r.finance(), r.lot, 0, "20261201-0007"); fault.CodeOf(err) != fault.PaymentStateConflict {
		t.Errorf("a difference of nothing: %v", err)
	}
	out, err := r.objections().SetAside(t.Context(), r.judges[0], objection.SettingAside{
		Lot: r.lot, Order: docket.Text{Zh: "（2026）皖99执监5号", En: "No. 5"}, Ground: objection.SeriousBreach, Reason: reason(),
	})
	r.must(err)
	if out != (auction.Reversed{}) {
		t.Errorf("reversed %+v", out)
	}
	r.sound()
}
