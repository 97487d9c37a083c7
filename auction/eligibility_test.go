package auction_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/lifecycle"
	"mingchui/auction/trail"
)

// qualify records that the buyer of a lot may own it.
func (h *house) qualify(lot uuid.UUID) {
	h.t.Helper()
	h.must(h.s.CheckEligibility(h.t.Context(), h.judges[0], auction.Eligibility{Lot: lot, Qualified: true, Proof: strings.Repeat("5a", 32)}))
}

// R17h: without the court's finding that the buyer of a house under purchase limits is qualified there is no ruling; the newest counts.
func TestR17h_NoRulingWithoutProofOfQualification(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	judge, proof := h.judges[0], strings.Repeat("5a", 32)
	h.refused(h.s.CheckEligibility(t.Context(), judge, auction.Eligibility{Lot: lot, Qualified: true, Proof: proof}), fault.StateConflict, "")
	h.announce(lot)
	h.end(lot, true, "K7Q2M")
	h.buyer("K7Q2M", "甲公司")
	h.must(pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return h.s.RecordPaid(t.Context(), tx, h.clock.Now(), lot) }))
	h.due(lot, "check_eligibility", h.clock.Now().Add(10*oneDay))
	rule := func() error {
		return h.s.Rule(t.Context(), judge, auction.Ruling{Lot: lot, Number: "（2026）皖9902执101号之一"})
	}
	h.refused(rule(), fault.EligibilityUnproven, "R17h")
	h.refused(h.s.CheckEligibility(t.Context(), judge, auction.Eligibility{Lot: lot, Qualified: true, Proof: proof[1:]}), fault.InvalidRequest, "R17h")
	not := auction.Eligibility{Lot: lot, Proof: proof}
	for _, half := range []docket.Text{{}, {Zh: "年限不足"}, {En: "Too few years."}} {
		not.Reason = half
		h.refused(h.s.CheckEligibility(t.Context(), judge, not), fault.ReasonRequired, "R17h")
	}
	not.Reason = docket.Text{Zh: "社会保险缴纳年限不足。", En: "Too few years of social insurance."}
	h.qualify(lot)
	h.must(h.s.CheckEligibility(t.Context(), judge, not))
	h.refused(rule(), fault.EligibilityUnproven, "R17h")
	h.qualify(lot)
	for _, number := range []string{"", " ", strings.Repeat("x", 121)} {
		h.refused(h.s.Rule(t.Context(), judge, auction.Ruling{Lot: lot, Number: number}), fault.InvalidRequest, "R20r")
	}
	h.refused(h.s.Rule(t.Context(), judge, auction.Ruling{Lot: lot, Number: "x", ServedAt: h.clock.Now().Add(time.Millisecond)}), fault.InvalidRequest, "R20r")
	h.must(h.s.Rule(t.Context(), judge, auction.Ruling{Lot: lot, Number: strings.Repeat("x", 120)}))
	h.refused(h.s.CheckEligibility(t.Context(), judge, not), fault.StateConflict, "")
}

// R12e, Equity 15: equity whose transfer takes an approval is not ruled on before the buyer has it, for which there are the announced
// days and then those of a ruling. A buyer without it may not bid when the equity is sold again.
func TestR12e_NoRulingWithoutTheApproval(t *testing.T) {
	t.Parallel()
	h := houseOf(t, 0)
	kase := h.file.Cases[slices.IndexFunc(h.file.Cases, func(k docket.Case) bool { return k.Assets[0].Category == docket.Equity && len(k.Lots) == 1 })]
	lot, judge, proof := h.got.Lots[kase.Lots[0].Ref], h.judges[0], strings.Repeat("5a", 32)
	d, err := h.s.Draft(t.Context(), judge, lot, h.clock.Now())
	h.must(err)
	d.Document.Approval = &docket.Approval{
		Authority: docket.Text{Zh: "国家金融监督管理总局江澜监管分局", En: "the financial regulator"}, WithinDays: 45,
		Condition: docket.Text{Zh: "受让人应当符合商业银行股东资格条件。", En: "Whoever acquires it meets what is asked of a bank's shareholder."},
	}
	_, err = h.s.Revise(t.Context(), judge, auction.Revision{Lot: lot, Document: d.Document})
	h.must(err)
	h.announce(lot)
	sold := h.end(lot, true, "K7Q2M")
	if sold.Announcement.Approval == nil || sold.Announcement.Approval.WithinDays != 45 {
		t.Errorf("the announcement says of the approval: %+v", sold.Announcement.Approval)
	}
	for lang, want := range map[string]string{"zh-CN": "45日内持成交确认书取得批准", "en": "approved within 45 days of full payment"} {
		text := fmt.Sprint(sold.Announcement.Sections(lang))
		if !strings.Contains(text, want) || !strings.Contains(text, d.Document.Approval.Condition.In(lang)) {
			t.Errorf("the announcement in %s does not say %q", lang, want)
		}
	}
	buyer := h.buyer("K7Q2M", "甲公司")
	h.must(h.s.Confirm(t.Context(), lot))
	h.must(pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error { return h.s.RecordPaid(t.Context(), tx, h.clock.Now(), lot) }))
	h.due(lot, "check_eligibility", h.clock.Now().Add(45*oneDay))
	h.due(lot, "make_ruling", h.clock.Now().Add(55*oneDay))
	rule := func() error {
		return h.s.Rule(t.Context(), judge, auction.Ruling{Lot: lot, Number: "（2026）皖9902执823号之一"})
	}
	h.refused(rule(), fault.ApprovalMissing, "R12e")
	h.refused(h.s.CheckEligibility(t.Context(), judge, auction.Eligibility{Lot: lot, Proof: proof[1:]}), fault.InvalidRequest, "R12e")
	h.refused(h.s.CheckEligibility(t.Context(), judge, auction.Eligibility{Lot: lot, Proof: proof}), fault.ReasonRequired, "R12e")
	h.must(h.s.CheckEligibility(t.Context(), judge, auction.Eligibility{Lot: lot, Proof: proof, Reason: docket.Text{Zh: "未获批准。", En: "Not approved."}}))
	h.refused(rule(), fault.ApprovalMissing, "R12e")

	step := trail.Step{Act: trail.SetAside, Rule: "R31", Reason: docket.Text{Zh: "未获批准。", En: "Not approved."}, Public: true}
	h.must(h.s.OnLot(t.Context(), judge, lot, nil, step, func(a *auction.LotAct) error {
		return a.Move(t.Context(), lifecycle.Happening{Event: lifecycle.WasSetAside, Again: true}, "", nil)
	}))
	again, err := h.s.ListReSale(t.Context(), judge, lot, auction.NextSale{StartingPrice: sold.StartingPriceFen, Increment: sold.IncrementFen, Deposit: sold.DepositFen})
	h.must(err)
	may := func(who uuid.UUID) (err error) {
		h.must(pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
			err = auction.MayTakePart(t.Context(), tx, again, auction.Person{Account: who})
			return nil
		}))
		return err
	}
	h.refused(may(buyer), fault.UnapprovedExcluded, "R12e")
	h.must(may(h.account("bidder", nil)))
}
