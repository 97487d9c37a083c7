package auction_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
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
	h.refused(h.s.CheckEligibility(t.Context(), judge, not), fault.ReasonRequired, "R17h")
	not.Reason = docket.Text{Zh: "社会保险缴纳年限不足。", En: "Too few years of social insurance."}
	h.qualify(lot)
	h.must(h.s.CheckEligibility(t.Context(), judge, not))
	h.refused(rule(), fault.EligibilityUnproven, "R17h")
	h.qualify(lot)
	h.must(rule())
	h.refused(h.s.CheckEligibility(t.Context(), judge, not), fault.StateConflict, "")
}
