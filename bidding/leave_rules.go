package bidding

import (
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
)

// stayed is a lot's stay as it decides who may leave (R28o).
type stayed struct {
	// now: the lot is stayed, since then; it must last over least.
	now    bool
	since  time.Time
	least  time.Duration
	leader string
}

// leave tells whether a code may leave. Who leads is bound.
//
// Faults: leave_not_open (conflict; with earliest_at where the lot is stayed), leading_is_bound (conflict).
func (s stayed) leave(at time.Time, code string) error {
	refused := fault.New(fault.Conflict, fault.LeaveNotOpen).ByRule("R28o")
	if !s.now {
		return refused
	}
	if earliest := s.since.Add(s.least); !at.After(earliest) {
		return refused.With("earliest_at", earliest)
	}
	if code == s.leader {
		return fault.New(fault.Conflict, fault.LeadingIsBound).ByRule("R28o")
	}
	return nil
}

// leaver is an enrolment whose bidder left, with what is held.
type leaver struct {
	Account uuid.UUID
	Code    string
}

// getBack are the accounts of those who left whose deposits go back: not of a code that came to lead meanwhile, for its bid stands (R23).
func getBack(list []leaver, leader string) (accounts []uuid.UUID) {
	for _, l := range list {
		if l.Code != leader {
			accounts = append(accounts, l.Account)
		}
	}
	return accounts
}
