package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/law"
	"mingchui/auction/money"
)

// The kinds of entries. Kinds are only ever added.
const (
	KindCaseOpened    = "case.opened"
	KindCourtSettings = "court.settings"
	KindLotListed     = "lot.listed"
	KindLotVoted      = "lot.voted"
	KindLotRevised    = "lot.revised"
	KindLotAnnounced  = "lot.announced"
	KindLotWithdrawn  = "lot.withdrawn"
	KindConfirmation  = "confirmation"
	KindFundPosted    = "fund.posted"
	KindBalancePaid   = "lot.balance_paid"
	KindDefaulted     = "lot.defaulted"
	KindRuled         = "lot.ruled"
	KindHandedOver    = "lot.handed_over"
	KindCommitted     = "lot.committed"
	KindOpened        = "lot.opened"
	KindMaximumOpened = "lot.maximum_opened"
	KindTakingOffered = "lot.taking_offered"
	KindTaken         = "lot.taken"
	KindReturned      = "lot.returned"
	KindSetAside      = "lot.set_aside"
	KindDebtorAgreed  = "case.debtor_agreed"
	KindEligibility   = "lot.eligibility_checked"
	KindPaper         = "paper.made"
	KindNotified      = "lot.notified"
	KindAgencyDecided = "lot.agency_decided"
	KindDirectSale    = "asset.sold_directly"
	// R24.
	KindCostsRecorded = "lot.costs_recorded"
	KindDifference    = "lot.difference_paid"
	KindTakingLapsed  = "lot.taking_lapsed"
	KindForfeitUsed   = "forfeit.used"
	// F4.
	KindClaimLodged    = "case.claim_lodged"
	KindClaimWithdrawn = "case.claim_withdrawn"
	KindPlanMade       = "case.plan_made"
	// F4o, F3, F5.
	KindPlanServed    = "case.plan_served"
	KindPlanObjected  = "case.plan_objected"
	KindPlanContested = "case.plan_contested"
	KindPlanVoted     = "case.plan_voted"
	KindPlanApproved  = "case.plan_approved"
	KindPayoutMoved   = "case.payout_moved"
	KindReceivables   = "case.receivables"
	// R31.
	KindObjectionLodged   = "objection.lodged"
	KindObjectionAccepted = "objection.accepted"
	KindObjectionDecided  = "objection.decided"
	// CoursePrefix goes before the kind of a course event: course.open, course.admit, course.bid …
	CoursePrefix = "course."
)

// CaseOpened is the body of case.opened.
type CaseOpened struct {
	Number   string    `json:"number"`
	Court    string    `json:"court"`
	Kind     string    `json:"kind"`
	ClaimFen money.Fen `json:"claim_fen"`
}

// CourtSettings is the body of court.settings: from then on the court lists under the rule set, whose name says what it chose
// within the law's bounds (ADR 017).
type CourtSettings struct {
	Court      string `json:"court"`
	RuleSet    string `json:"rule_set"`
	RuleDigest string `json:"rule_digest"`
}

// LotListed is the body of lot.listed. PreviousLot is the id of the sale before, for all but first sales.
type LotListed struct {
	Stage         law.Stage `json:"stage"`
	PreviousLot   string    `json:"previous_lot,omitempty"`
	TitleZH       string    `json:"title_zh"`
	TitleEN       string    `json:"title_en"`
	Category      string    `json:"category"`
	PropertyKind  law.Kind  `json:"property_kind"`
	ReferenceFen  money.Fen `json:"reference_fen"`
	ReferenceKind string    `json:"reference_kind"`
	RuleSet       string    `json:"rule_set"`
}

// LotVoted is the body of lot.voted: one judge's vote on the terms of the digest (R6). Judge is made by Judge.
type LotVoted struct {
	Judge            string    `json:"judge"`
	Approve          bool      `json:"approve"`
	TermsDigest      string    `json:"terms_digest"`
	StartingPriceFen money.Fen `json:"starting_price_fen"`
	IncrementFen     money.Fen `json:"increment_fen"`
	DepositFen       money.Fen `json:"deposit_fen"`
	MaximumBids      bool      `json:"maximum_bids,omitempty"`
}

// LotRevised is the body of lot.revised: the terms before no longer stand, and votes on them count no more (R6).
type LotRevised struct {
	TermsDigest      string    `json:"terms_digest"`
	ReferenceFen     money.Fen `json:"reference_fen"`
	ReferenceKind    string    `json:"reference_kind"`
	StartingPriceFen money.Fen `json:"starting_price_fen"`
	IncrementFen     money.Fen `json:"increment_fen"`
	DepositFen       money.Fen `json:"deposit_fen"`
	MaximumBids      bool      `json:"maximum_bids,omitempty"`
}

// LotAnnounced is the body of lot.announced: all figures that the rules bind (R10, R12, R17, R20, R26), and the digests of the
// rule set and of what was published. PreviousStartingPriceFen stands on all but first sales.
type LotAnnounced struct {
	RuleSet                  string    `json:"rule_set"`
	RuleDigest               string    `json:"rule_digest"`
	Stage                    law.Stage `json:"stage"`
	PropertyKind             law.Kind  `json:"property_kind"`
	ReferenceFen             money.Fen `json:"reference_fen"`
	ReferenceKind            string    `json:"reference_kind"`
	StartingPriceFen         money.Fen `json:"starting_price_fen"`
	IncrementFen             money.Fen `json:"increment_fen"`
	DepositFen               money.Fen `json:"deposit_fen"`
	PreviousStartingPriceFen money.Fen `json:"previous_starting_price_fen,omitempty"`
	TermsDigest              string    `json:"terms_digest"`
	StartsAt                 time.Time `json:"starts_at"`
	EndsAt                   time.Time `json:"ends_at"`
	BalanceDueDays           int64     `json:"balance_due_days"`
	DocumentHash             string    `json:"document_hash"`
	// MaximumBids: bidders may leave a maximum that is bid for them.
	MaximumBids bool `json:"maximum_bids,omitempty"`
	// Prices are the ids of the reference prices that the court fixed for the property (price.fixed), whose sum is ReferenceFen.
	Prices []string `json:"prices,omitempty"`
	// NoReserve is on which ground there is no reserve; on sales of that stage alone (R26n).
	NoReserve *NoReserve `json:"no_reserve,omitempty"`
}

// NoReserve is the ground of a sale without a reserve: days are 2006-01-02, Document is the SHA-256 of the finance authority's request
// or of the victim's refusal.
type NoReserve struct {
	Ground     string `json:"ground"`
	OfferedOn  string `json:"offered_on"`
	AnsweredOn string `json:"answered_on"`
	Document   string `json:"document"`
}

// LotWithdrawn is the body of lot.withdrawn (R17w); the reason's text stands on the lot's page. A lot that was never announced
// has the ground "draft" and no reason.
type LotWithdrawn struct {
	Ground     string `json:"ground"`
	ReasonHash string `json:"reason_hash,omitempty"`
}

// Confirmation is the body of confirmation (R22): the winning code, and the commitment that the buyer's admission carried. The
// name is opened in the document beside the log.
type Confirmation struct {
	BidderCode     string    `json:"bidder_code"`
	PriceFen       money.Fen `json:"price_fen"`
	NameCommitment string    `json:"name_commitment"`
	DocumentHash   string    `json:"document_hash"`
	// AgencyCommitment is the buyer's in lot.committed; AgencySalt (hex) and Agency, the hash of the agency bid for or nothing,
	// open it (R14). Confirmations of codes without one have none of them.
	AgencyCommitment string `json:"agency_commitment,omitempty"`
	AgencySalt       string `json:"agency_salt,omitempty"`
	Agency           string `json:"agency,omitempty"`
}

// FundPosted is the body of fund.posted: transfers that belong together. Kind says what for (deposit_held, balance_paid).
// Accounts are named by their purpose within the case ("escrow", "proceeds"), never by a person or a code; "clearing" is what
// lies with the payment provider.
type FundPosted struct {
	Posting   string         `json:"posting"`
	Kind      string         `json:"kind"`
	Transfers []FundTransfer `json:"transfers"`
}

// FundTransfer is one transfer of a posting.
type FundTransfer struct {
	Debit     string    `json:"debit"`
	Credit    string    `json:"credit"`
	AmountFen money.Fen `json:"amount_fen"`
}

// BalancePaid is the body of lot.balance_paid (R25). AmountFen is the whole price, the deposit included.
type BalancePaid struct {
	AmountFen money.Fen `json:"amount_fen"`
}

// Defaulted is the body of lot.defaulted (R24).
type Defaulted struct {
	BidderCode   string    `json:"bidder_code"`
	ForfeitedFen money.Fen `json:"forfeited_fen"`
}

// Ruled is the body of lot.ruled (R22, R20r).
type Ruled struct {
	Number   string    `json:"number"`
	ServedAt time.Time `json:"served_at"`
}

// HandedOver is the body of lot.handed_over (R20r).
type HandedOver struct {
	HandedOverAt time.Time `json:"handed_over_at"`
}

// Committed is the body of lot.committed: what the codes of one batch of admissions are bound to beside the names, which their
// admissions carry; ordered by code. A code whose holder has no such field is committed all the same.
type Committed struct {
	Commitments []Commitment `json:"commitments"`
}

// Commitment is hex SHA-256 over a salt and a field of the identity behind a code (R18). Field is "id_number" or "agency".
type Commitment struct {
	BidderCode string `json:"bidder_code"`
	Field      string `json:"field"`
	Commitment string `json:"commitment"`
}

// Opened is the body of lot.opened: the sealed identity behind a code was opened (I7), for the "confirmation" (R22) or the
// "deposit" (R23).
type Opened struct {
	BidderCode string `json:"bidder_code"`
	Purpose    string `json:"purpose"`
}

// MaximumOpened is the body of lot.maximum_opened: how high the maximum was that the course's event Seq set (after the end alone).
// Salt is 32 bytes in hex; course.Commit gives the event's commitment from it.
type MaximumOpened struct {
	BidderCode string    `json:"bidder_code"`
	Seq        int64     `json:"seq"`
	AmountFen  money.Fen `json:"amount_fen"`
	Salt       string    `json:"salt"`
}

// TakingOffered is the body of lot.taking_offered (R16d): a creditor of the rank would take the unsold property for its claim. Who it
// is stands in the court's file; an offer's id is what draws and takings name.
type TakingOffered struct {
	Offer    string    `json:"offer"`
	Rank     int       `json:"rank"`
	ClaimFen money.Fen `json:"claim_fen"`
}

// TakenForDebt is the body of lot.taken (R16d): a creditor of the rank took the property at the reserve price of the sale that
// failed. DifferenceFen is what the price exceeds the claim by; Draw is the id of the draw between equal ranks.
type TakenForDebt struct {
	Rank          int       `json:"rank"`
	PriceFen      money.Fen `json:"price_fen"`
	ClaimFen      money.Fen `json:"claim_fen"`
	DifferenceFen money.Fen `json:"difference_fen"`
	Draw          string    `json:"draw,omitempty"`
	// Offer is the creditor's (lot.taking_offered).
	Offer string `json:"offer"`
}

// ReturnedToDebtor is the body of lot.returned: the seizure is lifted. Without a ground of what is unsold to the last and not taken
// (R24r), with one because the enforcement against the property ended (R17w) or its case has enough (R14s).
type ReturnedToDebtor struct {
	Ground     string `json:"ground,omitempty"`
	ReasonHash string `json:"reason_hash"`
}

// SetAside is the body of lot.set_aside (R31): the ground of OJA 31, the objection that was founded or "" where a superior court
// ordered it, and whether the property is sold again. ReversedFen is owed back to the buyer; RecoverableFen of it was paid out
// before and is claimed back from who had it.
type SetAside struct {
	Ground         string    `json:"ground"`
	Objection      string    `json:"objection,omitempty"`
	ReasonHash     string    `json:"reason_hash"`
	SoldAgain      bool      `json:"sold_again"`
	ReversedFen    money.Fen `json:"reversed_fen"`
	RecoverableFen money.Fen `json:"recoverable_fen,omitempty"`
	KeptFen        money.Fen `json:"kept_fen,omitempty"`
}

// DebtorAgreed is the body of case.debtor_agreed (R14s). Proof is the SHA-256 of the written consent.
type DebtorAgreed struct {
	Proof string `json:"proof"`
}

// EligibilityChecked is the body of lot.eligibility_checked (R17h, R12e). Proof is the SHA-256 of what the buyer showed. Knew: the buyer
// bid though knowing that what was announced was not met.
type EligibilityChecked struct {
	Qualified bool   `json:"qualified"`
	Knew      bool   `json:"knew,omitempty"`
	Proof     string `json:"proof"`
}

// DirectSale is the body of asset.sold_directly (R31d): the court's decision to sell a thing without an auction.
type DirectSale struct {
	Asset         string    `json:"asset"`
	Ground        string    `json:"ground"`
	ReferenceKind string    `json:"reference_kind"`
	ReferenceFen  money.Fen `json:"reference_fen"`
	PriceFen      money.Fen `json:"price_fen"`
	TriedAtValue  bool      `json:"tried_at_value"`
	ReasonHash    string    `json:"reason_hash"`
}

// PaperMade is the body of paper.made: a paper of the sale by its kind, the version of its template and the SHA-256 of its document.
type PaperMade struct {
	Paper    string `json:"paper"`
	Kind     string `json:"kind"`
	Template int    `json:"template"`
	Hash     string `json:"hash"`
}

// Notified is the body of lot.notified (R16): that the No-th of a role was told, waived, or is named on the platform. Proof is the
// SHA-256 of what proves it.
type Notified struct {
	To      string `json:"to"`
	No      int64  `json:"no"`
	Outcome string `json:"outcome"`
	Proof   string `json:"proof,omitempty"`
}

// DifferencePaid is the body of lot.difference_paid (R16d): what the creditor who took the property owed above its claim is there.
type DifferencePaid struct {
	AmountFen money.Fen `json:"amount_fen"`
}

// TakingLapsed is the body of lot.taking_lapsed (ASE 22): the difference was not paid in by its time, and the property is unsold again.
type TakingLapsed struct {
	Offer         string    `json:"offer"`
	DifferenceFen money.Fen `json:"difference_fen"`
	ReasonHash    string    `json:"reason_hash"`
}

// AgencyDecided is the body of lot.agency_decided (R14): the court confirmed or refused an agent before bidding started. Agency is
// the SHA-256 of the agency's form, which holds salted numbers; a refusal has the hash of its reason.
type AgencyDecided struct {
	Agency     string `json:"agency"`
	Outcome    string `json:"outcome"`
	ReasonHash string `json:"reason_hash,omitempty"`
}

// The outcomes of AgencyDecided, and the fields of Commitment.
const (
	AgencyConfirmed = "confirmed"
	AgencyRefused   = "refused"
	FieldIDNumber   = "id_number"
	FieldAgency     = "agency"
)

// CostsRecorded is the body of lot.costs_recorded (R24): what the sale cost, and the debtor's other debts that are tied to the property.
type CostsRecorded struct {
	CostsFen   money.Fen `json:"costs_fen"`
	RelatedFen money.Fen `json:"related_debts_fen"`
}

// ForfeitUsed is the body of forfeit.used (R24): a defaulter's deposit divided in the law's order, with the prices that it was
// reckoned from. ReSalePriceFen is 0 where the property was not sold any more. ReSale is empty where Asset was sold without an auction (R31d).
type ForfeitUsed struct {
	DepositFen     money.Fen `json:"deposit_fen"`
	FirstPriceFen  money.Fen `json:"first_price_fen"`
	ReSale         string    `json:"re_sale"`
	Asset          string    `json:"asset,omitempty"`
	ReSalePriceFen money.Fen `json:"re_sale_price_fen"`
	CostsFen       money.Fen `json:"costs_fen"`
	ShortfallFen   money.Fen `json:"shortfall_fen"`
	DebtFen        money.Fen `json:"debt_fen"`
	RelatedFen     money.Fen `json:"related_debts_fen"`
	KeptFen        money.Fen `json:"kept_fen"`
}

// ObjectionLodged is the body of objection.lodged (R31): what it is about and the hash of what was written, never by whom.
type ObjectionLodged struct {
	Objection string `json:"objection"`
	Lot       string `json:"lot"`
	Kind      string `json:"kind"`
	// Ground is one of OJA 31's six, empty for other kinds.
	Ground   string `json:"ground"`
	TextHash string `json:"text_hash"`
}

// ObjectionAccepted is the body of objection.accepted: a third person's claim is under review and the lot stands still.
type ObjectionAccepted struct {
	Objection string `json:"objection"`
}

// ObjectionDecided is the body of objection.decided: founded, unfounded, or withdrawn by who lodged it.
type ObjectionDecided struct {
	Objection  string `json:"objection"`
	Outcome    string `json:"outcome"`
	ReasonHash string `json:"reason_hash,omitempty"`
}

// Commit is the commitment to a value in UTF-8 under a salt: hex SHA-256(salt ‖ value).
func Commit(salt []byte, value string) string {
	sum := sha256.Sum256(append(append([]byte{}, salt...), value...))
	return hex.EncodeToString(sum[:])
}

// HashText is the SHA-256 of a text in lower-case hex, as which free text enters the log.
func HashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// IsHash reports whether a text is a SHA-256 as HashText writes it.
func IsHash(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}

// Judge is the name under which a judge's acts stand in the log: the same for all acts of one account, telling nothing of the
// person to the public.
func Judge(account uuid.UUID) string { return "j-" + HashText(account.String())[:16] }
