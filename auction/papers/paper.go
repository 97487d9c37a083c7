package papers

import (
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Kind is which paper of a sale it is. Kinds are only ever added: rows and entries quote them.
type Kind string

// The papers of a sale beside the announcement and the confirmation, which have forms of their own.
const (
	// SpecialNotices are the seven of R14, as a bidder signs them.
	SpecialNotices Kind = "special_notices"
	// NotificationLetter tells a party, a priority purchaser or a security holder of the sale (R16).
	NotificationLetter Kind = "notification_letter"
	StayNotice         Kind = "stay_notice"
	ResumptionNotice   Kind = "resumption_notice"
	WithdrawalNotice   Kind = "withdrawal_notice"
	// BuyerReceipt says that the whole price was received (R25).
	BuyerReceipt Kind = "buyer_receipt"
	// RulingDraft is the ruling on the sale, as the court signs it (R20r, R22).
	RulingDraft Kind = "ruling_draft"
	// RegistryNotice asks the registry to change the register and lift the seizure.
	RegistryNotice Kind = "registry_notice"
	// HandoverRecord is signed at the handing over (R20r).
	HandoverRecord Kind = "handover_record"
)

// Kinds lists them in the order of a sale.
func Kinds() []Kind {
	return []Kind{
		NotificationLetter, SpecialNotices, StayNotice, ResumptionNotice, WithdrawalNotice, BuyerReceipt, RulingDraft, RegistryNotice, HandoverRecord,
	}
}

// Audience is who may read a paper.
type Audience string

// The audiences. What names a person stays with the court, and a receipt is its buyer's too.
const (
	Public Audience = "public"
	Court  Audience = "court"
	Buyer  Audience = "buyer"
)

// Audience of a kind of paper.
func (k Kind) Audience() Audience {
	switch k {
	case SpecialNotices, StayNotice, ResumptionNotice, WithdrawalNotice:
		return Public
	case BuyerReceipt:
		return Buyer
	case NotificationLetter, RulingDraft, RegistryNotice, HandoverRecord:
		return Court
	}
	return Court
}

// TemplateVersion is the form in which papers are written now. A paper keeps
// the one it was made by: another wording is another number and another branch.
const TemplateVersion = 1

// Paper is what a paper states. Its JSON is stored byte for byte and hashed;
// the words are written from it by the template of its version.
type Paper struct {
	// Version is TemplateVersion when it was made.
	Version    int         `json:"v"`
	Kind       Kind        `json:"kind"`
	Lot        string      `json:"lot"`
	CaseNumber string      `json:"case_number"`
	Court      docket.Text `json:"court"`
	// CourtPhone is the contact that the announcement names.
	CourtPhone string      `json:"court_phone,omitempty"`
	Title      docket.Text `json:"title"`
	Stage      law.Stage   `json:"stage"`
	MadeAt     time.Time   `json:"made_at"`
	Facts      Facts       `json:"facts"`
}

// Facts are what papers state besides; each kind uses its own, the others are left out.
type Facts struct {
	// To is whom a letter addresses, by role ("申请执行人").
	To docket.Text `json:"to,omitzero"`
	// Reason and Ground of a stay, a resumption, a withdrawal.
	Reason docket.Text `json:"reason,omitzero"`
	Ground string      `json:"ground,omitempty"`
	// Buyer is the buyer's true name, or the creditor's role where it was taken for the debt.
	Buyer docket.Text `json:"buyer,omitzero"`
	// Agent bid for them (R14); the ruling goes to the buyers.
	Agent      docket.Text `json:"agent,omitzero"`
	BidderCode string      `json:"bidder_code,omitempty"`
	// Taken: it was taken for the debt (R16d).
	Taken     bool      `json:"taken,omitempty"`
	Price     money.Fen `json:"price_fen,omitempty"`
	Deposit   money.Fen `json:"deposit_fen,omitempty"`
	Start     money.Fen `json:"starting_price_fen,omitempty"`
	Appraisal money.Fen `json:"reference_fen,omitempty"`
	StartsAt  time.Time `json:"starts_at,omitzero"`
	EndsAt    time.Time `json:"ends_at,omitzero"`
	PaidAt    time.Time `json:"paid_at,omitzero"`
	// RulingNumber and ServedAt are the ruling's.
	RulingNumber string    `json:"ruling_number,omitempty"`
	ServedAt     time.Time `json:"served_at,omitzero"`
	HandedOverAt time.Time `json:"handed_over_at,omitzero"`
	// Applicants and Debtors as they are published.
	Applicants []docket.Text `json:"applicants,omitempty"`
	Debtors    []docket.Text `json:"debtors,omitempty"`
	// Property is the title of each asset with what its register says.
	Property []PropertyLine `json:"property,omitempty"`
}

// PropertyLine is one asset as papers name it.
type PropertyLine struct {
	Title       docket.Text `json:"title"`
	Certificate string      `json:"certificate,omitempty"`
	// Kind decides which registry is asked.
	Kind law.Kind `json:"kind"`
	// Occupancy and Handover are the announcement's words on how it reaches the buyer.
	Occupancy docket.Text `json:"occupancy,omitzero"`
}
