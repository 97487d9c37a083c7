package trail

// The acts of a sale, in its order.
const (
	CaseOpened        Act = "case_opened"
	AssetAdded        Act = "asset_added"
	LotListed         Act = "lot_listed"
	LotRevised        Act = "lot_revised"
	DraftWithdrawn    Act = "draft_withdrawn"
	Voted             Act = "voted"
	StandingConfirmed Act = "standing_confirmed"
	Notified          Act = "notified"
	AgencyRequested   Act = "agency_requested"
	AgencyDecided     Act = "agency_decided"
	Announced         Act = "announced"
	Stayed            Act = "stayed"
	Resumed           Act = "resumed"
	Withdrawn         Act = "withdrawn"
	Ended             Act = "ended"
	Confirmed         Act = "confirmed"
	BalancePaid       Act = "balance_paid"
	Defaulted         Act = "defaulted"
	Ruled             Act = "ruled"
	HandedOver        Act = "handed_over"
	TakenForDebt      Act = "taken_for_debt"
	Returned          Act = "returned"
	SetAside          Act = "set_aside"
	OthersStopped     Act = "others_stopped"
	DebtorAgreed      Act = "debtor_agreed"
	CreditorAsked     Act = "creditor_asked"
	NoSurplusTold     Act = "no_surplus_told"
	Insisted          Act = "insisted"
	LettersWritten    Act = "letters_written"
	SoldDirectly      Act = "sold_directly"
	TakingOffered     Act = "taking_offered"
	// What a sale cost, and the use of a defaulter's deposit (R24).
	CostsRecorded Act = "costs_recorded"
	ForfeitUsed   Act = "forfeit_used"
	// DifferencePaid: what a taken property is worth above the claim is paid in (R16d).
	DifferencePaid Act = "difference_paid"
	// TakingLapsed: it was not, and the property is unsold again (ASE 22).
	TakingLapsed Act = "taking_lapsed"
	// The course of an objection (R31).
	ObjectionLodged    Act = "objection_lodged"
	ObjectionAccepted  Act = "objection_accepted"
	ObjectionDecided   Act = "objection_decided"
	ObjectionWithdrawn Act = "objection_withdrawn"
	// EligibilityChecked: the court checked that the buyer may own the house (R17h).
	EligibilityChecked Act = "eligibility_checked"
	// Who claims a case's money, and the plan that divides it (F4).
	ClaimLodged    Act = "claim_lodged"
	ClaimWithdrawn Act = "claim_withdrawn"
	PlanMade       Act = "plan_made"
	// What becomes of the plan, and its payouts (F4o, F3, F5).
	PlanServed     Act = "plan_served"
	PlanObjected   Act = "plan_objected"
	PlanContested  Act = "plan_contested"
	PlanVoted      Act = "plan_voted"
	PlanApproved   Act = "plan_approved"
	PayeeRecorded  Act = "payee_recorded"
	PayoutsSent    Act = "payouts_sent"
	PayoutSettled  Act = "payout_settled"
	PayoutReturned Act = "payout_returned"
	// A delay of paying out, and its end (F2).
	PayOutDelayed    Act = "pay_out_delayed"
	PayOutDelayEnded Act = "pay_out_delay_ended"
	// Money that goes back by hand: entered by one person, decided by another (R23, R31, F5).
	ReturnEntered      Act = "return_entered"
	ReturnRefused      Act = "return_refused"
	ReturnWithdrawn    Act = "return_withdrawn"
	ReturnedByTransfer Act = "returned_by_transfer"
	// The debtor's door, and what came by it (R17w).
	DebtorDoorGiven     Act = "debtor_door_given"
	DebtorDoorRevoked   Act = "debtor_door_revoked"
	DebtorAccountNamed  Act = "debtor_account_named"
	DebtorAccountBarred Act = "debtor_account_declined"
	DebtPaid            Act = "debt_paid"
	// Money looking for its owner.
	ClaimLinked   Act = "claim_linked"
	MoneyAsked    Act = "money_asked"
	MoneyAnswered Act = "money_answered"
)

func saleActs() []Act {
	return []Act{
		CaseOpened, AssetAdded, LotListed, LotRevised, DraftWithdrawn, Voted, StandingConfirmed, Notified, AgencyRequested, AgencyDecided, Announced, Stayed, Resumed,
		Withdrawn, Ended, Confirmed, BalancePaid, Defaulted, Ruled, HandedOver, TakenForDebt, Returned, SetAside, OthersStopped,
		DebtorAgreed, CreditorAsked, TakingOffered, EligibilityChecked, NoSurplusTold, Insisted, SoldDirectly, LettersWritten,
		ObjectionLodged, ObjectionAccepted, ObjectionDecided, ObjectionWithdrawn, CostsRecorded, ForfeitUsed, DifferencePaid, TakingLapsed,
		ClaimLodged, ClaimWithdrawn, PlanMade, PlanServed, PlanObjected, PlanContested, PlanVoted, PlanApproved,
		PayeeRecorded, PayoutsSent, PayoutSettled, PayoutReturned, PayOutDelayed, PayOutDelayEnded,
		ReturnEntered, ReturnRefused, ReturnWithdrawn, ReturnedByTransfer,
		DebtorDoorGiven, DebtorDoorRevoked, DebtorAccountNamed, DebtorAccountBarred, DebtPaid, ClaimLinked, MoneyAsked, MoneyAnswered,
	}
}
