package main

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/cmd/auditor/verify"
)

// An agentCase is a sale whose buyer may have bid for another.
type agentCase struct {
	// committed is what the code was admitted with, decided the agency that the court answered so long before the start.
	committed string
	outcome   string
	before    time.Duration
	confirmed audit.Confirmation
	want      verify.Code
}

// soldAgency is the hash of the agency that the cases are about.
func soldAgency() string { return audit.HashText("the agency's form") }

func agentCases() map[string]agentCase {
	salt := []byte(strings.Repeat("s", 32))
	agency := soldAgency()
	opened := func(hash string) audit.Confirmation {
		return audit.Confirmation{AgencyCommitment: audit.Commit(salt, hash), AgencySalt: hex.EncodeToString(salt), Agency: hash}
	}
	other := opened(agency)
	other.Agency = audit.HashText("another")
	hidden := opened(agency)
	hidden.Agency = ""
	return map[string]agentCase{
		"an agent confirmed in time":            {audit.Commit(salt, agency), audit.AgencyConfirmed, time.Millisecond, opened(agency), ""},
		"an agent confirmed at the start":       {audit.Commit(salt, agency), audit.AgencyConfirmed, 0, opened(agency), verify.AgencyTooLate},
		"an agent who was refused":              {audit.Commit(salt, agency), audit.AgencyRefused, time.Hour, opened(agency), verify.AgencyUnconfirmed},
		"an agent of whom the court never knew": {audit.Commit(salt, agency), "", 0, opened(agency), verify.AgencyUnconfirmed},
		"another agency is opened":              {audit.Commit(salt, agency), audit.AgencyConfirmed, time.Hour, other, verify.AgencyDiffers},
		"the agency is hidden":                  {audit.Commit(salt, agency), audit.AgencyConfirmed, time.Hour, hidden, verify.AgencyDiffers},
		"nothing is opened":                     {audit.Commit(salt, agency), audit.AgencyConfirmed, time.Hour, audit.Confirmation{}, verify.AgencyDiffers},
		"for oneself":                           {audit.Commit(salt, ""), "", 0, opened(""), ""},
		"for oneself, an agency is slipped in":  {audit.Commit(salt, ""), audit.AgencyConfirmed, time.Hour, opened(agency), verify.AgencyDiffers},
		"before there were agencies":            {"", "", 0, audit.Confirmation{}, ""},
		"of nothing committed, one is opened":   {"", audit.AgencyConfirmed, time.Hour, opened(agency), verify.AgencyDiffers},
	}
}

// R14, R22: the confirmation opens for whom the winning code bid: what the log took at its admission, and an agency that the court
// confirmed before bidding started, to the millisecond; or nobody. Logs of before there were agencies hold (the other tests').
func TestR14_AgentsOnTheConfirmationAreThoseOfTheLog(t *testing.T) {
	t.Parallel()
	for name, x := range agentCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSales(t, seed)
			sale := s.one(law.China2017(), law.First, nil)
			if x.outcome != "" {
				sale.enter(audit.KindAgencyDecided, sale.notice.StartsAt.Add(-x.before), sale.caseID, sale.lot, 0, audit.AgencyDecided{Agency: soldAgency(), Outcome: x.outcome})
			}
			sale.open(3)
			if x.committed != "" {
				var list []audit.Commitment
				for _, code := range sale.codes {
					list = append(list, audit.Commitment{BidderCode: code, Field: audit.FieldAgency, Commitment: x.committed})
				}
				sale.enter(audit.KindCommitted, sale.now, sale.caseID, sale.lot, 0, audit.Committed{Commitments: list})
			}
			sale.bid(6)
			sale.confirmFor(x.confirmed)
			c := newCourt(t, s.entries)
			if x.want != "" {
				found(t, x.want, "--log", c.url)
			} else if code, r, text := auditor(t, "verify", "--log", c.url); code != exitHolds {
				t.Errorf("exit %d, %+v\n%s", code, r.Findings, text)
			}
		})
	}
}
