package audit

import (
	"time"

	"mingchui/auction/distribution"
	"mingchui/auction/money"
)

// Security is a claim's priority over what a lot brought, by its rank from 1.
type Security struct {
	Pot  string `json:"pot"`
	Rank int    `json:"rank"`
}

// ClaimLodged is the body of case.claim_lodged (F4, CPI 507): a creditor by number. Seized is the place of its seizure, 0 for none.
type ClaimLodged struct {
	Claim      string     `json:"claim"`
	No         int        `json:"no"`
	Kind       string     `json:"kind"`
	AmountFen  money.Fen  `json:"amount_fen"`
	Securities []Security `json:"securities,omitempty"`
	Seized     int        `json:"seized,omitempty"`
	Applicant  bool       `json:"applicant,omitempty"`
}

// ClaimWithdrawn is the body of case.claim_withdrawn.
type ClaimWithdrawn struct {
	Claim      string `json:"claim"`
	ReasonHash string `json:"reason_hash"`
}

// PlanMade is the body of case.plan_made (F4): all that a plan was made from, and what comes of it. Whoever divides Terms again finds the rest.
type PlanMade struct {
	Distribution string `json:"distribution"`
	No           int    `json:"no"`
	// Revises is the plan that was served, where this is a revision by its objections (CPI 510).
	Revises    string             `json:"revises,omitempty"`
	Terms      distribution.Case  `json:"terms"`
	Dues       []distribution.Due `json:"dues"`
	CostsFen   money.Fen          `json:"costs_fen"`
	KeptFen    money.Fen          `json:"kept_fen"`
	DebtorFen  money.Fen          `json:"debtor_fen"`
	ReasonHash string             `json:"reason_hash,omitempty"`
}

// PlanServed is the body of case.plan_served (F4o, CPI 509): who received a plan, and when.
type PlanServed struct {
	Distribution string                 `json:"distribution"`
	Receipts     []distribution.Receipt `json:"receipts"`
}

// PlanObjected is the body of case.plan_objected: By, a claim or the debtor, says that Claim should count for AskedFen.
type PlanObjected struct {
	Objection    string                 `json:"objection"`
	Distribution string                 `json:"distribution"`
	No           int                    `json:"no"`
	By           distribution.Addressee `json:"by"`
	Claim        string                 `json:"claim"`
	AskedFen     money.Fen              `json:"asked_fen"`
	LodgedAt     time.Time              `json:"lodged_at"`
	TextHash     string                 `json:"text_hash"`
}

// PlanContested is the body of case.plan_contested: a step of an objection (CPI 510). Who is told or opposes; JudgedFen is what the
// judgment leaves the claim.
type PlanContested struct {
	Objection string                 `json:"objection"`
	Step      distribution.Contest   `json:"step"`
	Who       distribution.Addressee `json:"who,omitempty"`
	At        time.Time              `json:"at"`
	JudgedFen *money.Fen             `json:"judged_fen,omitempty"`
}

// PlanVoted is the body of case.plan_voted (F3): a panel decided whether others than the applicant are paid by a plan.
type PlanVoted struct {
	Distribution string `json:"distribution"`
	InFavour     int    `json:"in_favour"`
	Against      int    `json:"against"`
}

// PlanApproved is the body of case.plan_approved (F5): the payouts of a plan, approved by another than who made it, and the costs that it settles.
type PlanApproved struct {
	Distribution string    `json:"distribution"`
	CostsFen     money.Fen `json:"costs_fen"`
	Payouts      []Payout  `json:"payouts"`
}

// Payout is what a plan pays to a payee: a claim, or the debtor.
type Payout struct {
	Payout    string                 `json:"payout"`
	To        distribution.Addressee `json:"to"`
	Purpose   string                 `json:"purpose"`
	AmountFen money.Fen              `json:"amount_fen"`
}

// PayoutMoved is the body of case.payout_moved: payouts were sent to the bank, were paid, or came back.
type PayoutMoved struct {
	Payouts []string `json:"payouts"`
	Event   string   `json:"event"`
}

// Receivables is the body of case.receivables (R31): what payees owe back for a sale that was set aside after its money was paid out.
type Receivables struct {
	// Reference is the lot, or the use of a forfeit that fell with it.
	Reference string       `json:"reference"`
	Items     []Receivable `json:"items"`
}

// Receivable is what one payee owes back: a claim's creditor, the debtor, or what was settled as costs.
type Receivable struct {
	Receivable string                 `json:"receivable"`
	From       distribution.Addressee `json:"from"`
	AmountFen  money.Fen              `json:"amount_fen"`
}
