package verify

import (
	"encoding/hex"

	"mingchui/auction/audit"
)

// committed keeps what codes are bound to beside their names. A code is committed once to each field.
func (h *house) committed(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.Committed](h, leaf, e)
	if !ok {
		return
	}
	for _, c := range body.Commitments {
		if c.Field != audit.FieldAgency {
			continue
		}
		if before, twice := l.agencies[c.BidderCode]; twice && before != c.Commitment {
			h.find(l, leaf, e, AgencyDiffers)
		}
		l.agencies[c.BidderCode] = c.Commitment
	}
}

// agencyDecided holds a court's confirmation of an agent against the start of bidding (R14).
func (h *house) agencyDecided(l *lot, leaf int64, e audit.Entry) {
	body, ok := read[audit.AgencyDecided](h, leaf, e)
	if !ok || body.Outcome != audit.AgencyConfirmed {
		return
	}
	if l.announced == nil || !e.At.Before(l.announced.StartsAt) {
		h.find(l, leaf, e, AgencyTooLate)
		return
	}
	l.agents[body.Agency] = true
}

// agency opens for whom the buyer bid: what the code was committed to, and an agency that the court confirmed in time, or nobody.
// A log of before there were agencies commits to none, and its confirmations open none.
func (h *house) agency(l *lot, leaf int64, e audit.Entry, body audit.Confirmation) {
	salt, err := hex.DecodeString(body.AgencySalt)
	switch want := l.agencies[body.BidderCode]; {
	case body.AgencyCommitment != want,
		want != "" && (err != nil || audit.Commit(salt, body.Agency) != want),
		want == "" && (body.Agency != "" || body.AgencySalt != ""):
		h.find(l, leaf, e, AgencyDiffers)
	case body.Agency != "" && !l.agents[body.Agency]:
		h.find(l, leaf, e, AgencyUnconfirmed)
	}
}
