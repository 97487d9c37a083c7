package payments

import (
	"strings"
	"unicode/utf8"

	"mingchui/auction/fault"
)

// EntryState is where a transfer stands that one person of finance entered, in or out, and another decides on (F5).
type EntryState string

const (
	// Prepared counts nothing yet. Another person leaves it by approval or refusal, who entered it by withdrawal.
	Prepared EntryState = "prepared"
	// Approved is posted, in the same transaction. Final.
	Approved EntryState = "approved"
	// RefusedEntry was found wrong, with the reason; another may be entered. Final.
	RefusedEntry EntryState = "refused"
	// WithdrawnEntry was taken back by who entered it; another may be entered. Final.
	WithdrawnEntry EntryState = "withdrawn"
)

// EntryEvent is what happens to an entry.
type EntryEvent string

const (
	EntryApproved  EntryEvent = "approve"
	EntryRefused   EntryEvent = "refuse"
	EntryWithdrawn EntryEvent = "withdraw"
)

// NextEntry is the state machine of an entry; byMaker tells whether who entered it acts. Who entered it never decides, and nobody
// else withdraws: same_person and role_forbidden. What is decided stays so: payment_state_conflict.
func NextEntry(s EntryState, e EntryEvent, byMaker bool) (EntryState, error) {
	switch s {
	case Prepared:
		switch e {
		case EntryApproved, EntryRefused:
			if byMaker {
				return s, fault.New(fault.Forbidden, fault.SamePerson).ByRule("F5")
			}
			if e == EntryApproved {
				return Approved, nil
			}
			return RefusedEntry, nil
		case EntryWithdrawn:
			if !byMaker {
				return s, fault.New(fault.Forbidden, fault.RoleForbidden).ByRule("F5")
			}
			return WithdrawnEntry, nil
		}
	case Approved, RefusedEntry, WithdrawnEntry:
	}
	return s, fault.New(fault.Conflict, fault.PaymentStateConflict).With("state", string(s))
}

// decision is the event of another person's word, with the reason, which a refusal needs.
//
// Faults: reason_required.
func decision(approve bool, reason string) (EntryEvent, string, error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); (!approve && n == 0) || n > maxReason {
		return "", "", fault.New(fault.Invalid, fault.ReasonRequired).InField("reason").ByRule("F5")
	}
	if approve {
		return EntryApproved, reason, nil
	}
	return EntryRefused, reason, nil
}

// stated is what the bank's papers say, in 1 to maxReference characters.
func stated(text, field string) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > maxReference {
		return "", fault.New(fault.Invalid, fault.InvalidRequest).InField(field)
	}
	return text, nil
}
