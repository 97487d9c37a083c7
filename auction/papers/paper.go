package papers

import (
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Kind is which paper of a sale it is. Kinds are only ever added: rows and entries quote them.
type Kind string

// The papers of a sale.
const (
	// AnnouncementPaper and ConfirmationPaper have forms of their own: Announcement and Confirmation.
	AnnouncementPaper Kind = "announcement"
	ConfirmationPaper Kind = "confirmation"
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
	// SettingAsideDraft is the ruling that sets the sale aside, as the court signs it (R31).
	SettingAsideDraft Kind = "setting_aside_draft"
)

// Kinds lists them in the order of a sale.
func Kinds() []Kind {
	return []Kind{
		NotificationLetter, AnnouncementPaper, SpecialNotices, StayNotice, ResumptionNotice, WithdrawalNotice, ConfirmationPaper, BuyerReceipt,
		RulingDraft, RegistryNotice, HandoverRecord, SettingAsideDraft,
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
	case AnnouncementPaper, SpecialNotices, StayNotice, ResumptionNotice, WithdrawalNotice, ConfirmationPaper:
		return Public
	case BuyerReceipt:
		return Buyer
	case NotificationLetter, RulingDraft, RegistryNotice, HandoverRecord, SettingAsideDraft:
		return Court
	}
	return Court
}

// TemplateVersion is the form in which papers are written now. A paper keeps
// the one it was made by: another wording is another number and another file.
const TemplateVersion = 3

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
	// To is whom a letter addresses: a name, or a role where there is none ("申请执行人").
	To docket.Text `json:"to,omitzero"`
	// ToRole is the addressee's role ("priority" for a priority purchaser) and ToNo which of that role, from one; a priority
	// purchaser goes by its rank.
	ToRole docket.Notified `json:"to_role,omitempty"`
	ToNo   int             `json:"to_no,omitempty"`
	// Reason and Ground of a stay, a resumption, a withdrawal.
	Reason docket.Text `json:"reason,omitzero"`
	Ground string      `json:"ground,omitempty"`
	// StayGround is the ground of the stay that a resumption ends.
	StayGround string `json:"stay_ground,omitempty"`
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
	// Applicants and Debtors: as they are published in papers for the public and the buyer, by name in those of the court.
	Applicants []docket.Text `json:"applicants,omitempty"`
	Debtors    []docket.Text `json:"debtors,omitempty"`
	// Property is the title of each asset with what its register says.
	Property []PropertyLine `json:"property,omitempty"`
	// Criminal: the case enforces the property part of a criminal judgment. Nobody applied for that, the criminal division referred it;
	// Applicants are then the victims and others who did, none as a rule.
	Criminal bool `json:"criminal,omitempty"`
	// NoReserve is on which ground a sale had no reserve, LastReserve the price of the last sale that had one (R26n).
	NoReserve   *docket.NoReserve `json:"no_reserve,omitempty"`
	LastReserve money.Fen         `json:"last_reserve_fen,omitempty"`
	// Fallen is why and how the sale is set aside.
	Fallen *Fallen `json:"fallen,omitempty"`
	// Way is how the property reached the buyer, step by step.
	Way []HandoverLine `json:"way,omitempty"`
}

// Fallen is the setting aside of a sale (R31). Ground and Reason stand with the other facts.
type Fallen struct {
	// Request: it was asked for, and the court found the request right. Else it rests on the Order of a superior court, or without
	// one on this court's own finding that the buyer is not qualified (R17h).
	Request bool        `json:"request,omitempty"`
	Order   docket.Text `json:"order,omitzero"`
	// Approval: that finding is that a change of equity was not approved (R12e).
	Approval bool `json:"approval,omitempty"`
	// Again: the seizure stays and the property is sold again.
	Again bool `json:"sold_again,omitempty"`
	// Reversed goes back to the buyer, Recoverable of it was paid out and is claimed back.
	Reversed    money.Fen `json:"reversed_fen"`
	Recoverable money.Fen `json:"recoverable_fen"`
	// Kept is the deposit of a buyer who bid knowing that what was announced was not met (R12e).
	Kept money.Fen `json:"kept_fen,omitempty"`
}

// HandoverLine is a step of the handing over as it was settled.
type HandoverLine struct {
	// Step is package handover's.
	Step      string    `json:"step"`
	SettledAt time.Time `json:"settled_at"`
	// Skipped for Reason; else it was done, with Outcome ("left", "stayed") where it is asked for.
	Skipped bool        `json:"skipped,omitempty"`
	Reason  docket.Text `json:"reason,omitzero"`
	Outcome string      `json:"outcome,omitempty"`
	// Note is the court's own record of the step: of the inventory, what was left.
	Note string `json:"note,omitempty"`
	// Corrections were written beside it, oldest first.
	Corrections []string `json:"corrections,omitempty"`
}

// PropertyLine is one asset as papers name it.
type PropertyLine struct {
	Title       docket.Text `json:"title"`
	Certificate string      `json:"certificate,omitempty"`
	// Kind decides which registry is asked.
	Kind law.Kind `json:"kind"`
	// Occupancy is the announcement's words on who holds it.
	Occupancy docket.Text `json:"occupancy,omitzero"`
	// Remains are the leases and other usufructs that do not end with the sale (R28p).
	Remains []docket.Text `json:"remains,omitempty"`
}

// Erase takes every name and the court's own records out of a paper (R29). What is left is printed without them.
func (p *Paper) Erase() {
	f := &p.Facts
	f.To, f.Buyer, f.Agent, f.Debtors = docket.Text{}, docket.Text{}, docket.Text{}, []docket.Text{Debtor()}
	if !f.Criminal || len(f.Applicants) > 0 {
		f.Applicants = []docket.Text{Applicant()}
	}
	for i := range f.Way {
		f.Way[i].Note, f.Way[i].Corrections = "", nil
	}
}
