package audit

import (
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
	Distribution string             `json:"distribution"`
	No           int                `json:"no"`
	Terms        distribution.Case  `json:"terms"`
	Dues         []distribution.Due `json:"dues"`
	CostsFen     money.Fen          `json:"costs_fen"`
	KeptFen      money.Fen          `json:"kept_fen"`
	DebtorFen    money.Fen          `json:"debtor_fen"`
	ReasonHash   string             `json:"reason_hash,omitempty"`
}
