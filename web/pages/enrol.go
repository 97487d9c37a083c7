package pages

import (
	"time"

	"mingchui/auction/money"
)

// EnrolView is an enrolment in any of its steps.
type EnrolView struct {
	Lot   Card
	Steps []Step
	// Name is the account's own, for its holder only.
	Name       string
	Conditions []string
	// Limited: a house under purchase limits, which the bidder promises to meet (R17h).
	Limited    bool
	Notices    []Pair
	Capacity   string
	Capacities []Option
	// Behalf is for whom, Behalfs the choice: oneself, and the agencies that the court confirmed.
	Behalf  string
	Behalfs []Option
	// Enrolled is true once a code was given. Code and Passphrase are filled
	// in the one answer that gives them.
	Enrolled         bool
	Code, Passphrase string
	Deposit          money.Fen
	DepositChip      Chip
	DepositText      string
	// NotAdmitted: the deposit came and goes back, and the code is not admitted (R20a).
	NotAdmitted bool
	// Left: the bidder left a sale whose stay lasted long (R28o). LeaveFrom is since when that can be done, zero where the sale is not
	// stayed; MayLeave: it can be done now.
	Left      bool
	LeaveFrom time.Time
	MayLeave  bool
	// PaymentURL is where the deposit is paid; empty when nothing is due.
	PaymentURL string
	// TransferHref leads to how it is paid by a transfer to the court's account; empty where nothing is due or the announcement offers none.
	TransferHref string
	Said         string
	Errors       Errors
}

// enrolProgress makes the five steps; at is the first that is not done, 1 to 5,
// 6 when all are.
func enrolProgress(p *Page, at int) []Step {
	steps := make([]Step, 5)
	for i := range steps {
		s := Step{Title: p.T("enrol.t" + itoa(i+1)), Text: p.T("enrol.d" + itoa(i+1))}
		switch {
		case i+1 < at:
			s.State = Done
		case i+1 == at:
			s.State = DueNow
		}
		steps[i] = s
	}
	return steps
}
