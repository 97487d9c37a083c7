package auction_test

import (
	"bytes"
	"testing"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// R14, R22: what the buyer's enrolment committed to about an agency must open; that nobody was bid for is committed to as well.
func TestR14_TheCommitmentToAnAgencyOpens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.end(lot, true, "K7Q2M")
	h.buyer("K7Q2M", "甲公司")
	buyer, salt := h.buyers.known["K7Q2M"], bytes.Repeat([]byte{9}, 32)
	known := func(hash, committed string) {
		buyer.AgencyHash, buyer.AgencySalt, buyer.AgencyCommitment = hash, salt, audit.Commit(salt, committed)
		h.buyers.known["K7Q2M"] = buyer
	}
	known("", "another")
	h.refused(h.s.Confirm(t.Context(), lot), fault.InternalError, "") // it does not open
	known("unknown", "unknown")
	h.refused(h.s.Confirm(t.Context(), lot), fault.InternalError, "") // nobody confirmed such an agency
	known("", "")
	h.must(h.s.Confirm(t.Context(), lot))
	paper, _, err := h.s.Confirmation(t.Context(), lot)
	if err != nil || paper.Agency != nil || paper.BuyerName != "甲公司" {
		t.Errorf("for oneself: %+v, %v", paper, err)
	}
}
