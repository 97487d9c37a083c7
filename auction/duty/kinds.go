package duty

// Kind is what is to be done. Kinds are only ever added: rows quote them.
type Kind string

// Duties of the machine; keys in brackets.
const (
	// OpenCourse gives an announced lot its course of bidding (lot).
	OpenCourse Kind = "open_course"
	// CloseCourse closes a course whose end came while no engine looked (lot).
	CloseCourse Kind = "close_course"
	// AdmitBidders admits the codes of a lot whose deposits are confirmed, in one batch (a random id). R18
	AdmitBidders Kind = "admit_bidders"
	// ExcludeBarred keeps a barred account from the sales that run (account ":" time). R34
	ExcludeBarred Kind = "exclude_barred"
	// ConfirmSale makes the confirmation with the buyer's name (lot). R22
	ConfirmSale Kind = "confirm_sale"
	// ReleaseDeposits settles every deposit of an ended lot (lot). R23
	ReleaseDeposits Kind = "release_deposits"
	// RefundDeposit sends one deposit back (deposit). R23
	RefundDeposit Kind = "refund_deposit"
	// ApplyPaymentEvent applies a stored webhook (Stripe's event id).
	ApplyPaymentEvent Kind = "apply_payment_event"
	// OpenCheckout opens the payment page of a payment (payment).
	OpenCheckout Kind = "open_checkout"
	// StopOther looks whether others of its case brought enough, and then stays a lot (lot ":" the lot that sold). R14s
	StopOther Kind = "stop_other"
	// UseForfeits uses a defaulter's deposit once the re-sale stands (lot ":" random id). R24
	UseForfeits Kind = "use_forfeits"
	// StopForDebt withdraws a lot whose bidding had not started when the debtor had paid all (lot ":" payment). R17w
	StopForDebt Kind = "stop_for_debt"
	// StayForClaim stays a lot whose property a third person claims (objection ":" lot). R31
	StayForClaim Kind = "stay_for_claim"
	// FinishCourtAct puts a stay, resumption or withdrawal on record that the course took and whose server ended before it could (a random id). R28
	FinishCourtAct Kind = "finish_court_act"
	// MakeDraw opens a listed draw's value and makes the draw by it (draw). R10p, R16d
	MakeDraw Kind = "make_draw"
	// BalanceDue records a default when the rest was not paid in time (lot). R24, R25
	BalanceDue Kind = "balance_due"
	// Reconcile holds the provider's books against ours ("daily/" date, or the run that finance asked for). F1
	Reconcile Kind = "reconcile"
	// ReturnUnknown sends unknown money back the way it came (unknown money "/" time). F1
	ReturnUnknown Kind = "return_unknown"
	// OpenCustody opens a custodian's account for a large deposit or balance (payment reference). R17, R25
	OpenCustody Kind = "open_custody"
	// FetchCredits reads on in the custodian's list ("every/" time, or "notice/" id). F1
	FetchCredits Kind = "fetch_credits"
	// DeliverWebhook sends what waits for a court's finance system (court "/" random id).
	DeliverWebhook Kind = "deliver_webhook"
)

// Duties of persons; keys in brackets.
const (
	// JudgeVote asks the panel to vote (lot ":" random id). R6
	JudgeVote Kind = "judge_vote"
	// Announce asks for a voted lot to be published (lot ":" random id). R10p
	Announce Kind = "announce"
	// NotifyParties asks for the notices before the announcement (lot ":" random id). R16
	NotifyParties Kind = "notify_parties"
	// AskCreditors asks the creditors whether they take the unsold property for the debt (lot). R26s, R16d
	AskCreditors Kind = "ask_creditors"
	// ReturnProperty asks for the seizure to be lifted from what nobody bought or took (lot). R24r
	ReturnProperty Kind = "return_property"
	// PayDifference asks finance for what a taken property is worth above the claim (lot). R16d
	PayDifference Kind = "pay_difference"
	// SurplusAnswer waits for the applicant to insist on a sale that would leave nothing (lot). R6s
	SurplusAnswer Kind = "surplus_answer"
	// RecordCosts asks what a defaulted sale cost, for the use of its deposit (lot). R24
	RecordCosts Kind = "record_costs"
	// DecideObjection asks the court to decide an objection (objection). R31
	DecideObjection Kind = "decide_objection"
	// FixReferencePrice asks the court to begin to fix the price of seized property (asset ":" random id). R10p
	FixReferencePrice Kind = "fix_reference_price"
	// ServePriceReport asks for a report to go to the parties (report). R10p
	ServePriceReport Kind = "serve_price_report"
	// ForwardReportObjection asks for an objection to go to the firm that it is about (objection). R10p
	ForwardReportObjection Kind = "forward_report_objection"
	// DecideReportObjection asks the court to decide an objection against a report (objection). R10p
	DecideReportObjection Kind = "decide_report_objection"
	// BeginDisposal asks for the sale of property whose price is fixed (price determination). R10p
	BeginDisposal Kind = "begin_disposal"
	// CheckEligibility asks whether the buyer may own a house under purchase limits (lot). R17h
	CheckEligibility Kind = "check_eligibility"
	// MakeRuling asks for the ruling on a paid sale (lot). R20r
	MakeRuling Kind = "make_ruling"
	// HandOver asks for the property to be handed over (lot). R20r
	HandOver Kind = "hand_over"
	// The steps of the handing over, one duty each (lot). R20r
	HandoverNotice    Kind = "handover_notice_to_vacate"
	HandoverDeadline  Kind = "handover_deadline_to_vacate"
	HandoverInventory Kind = "handover_inventory"
	HandoverDecided   Kind = "handover_clearing_decided"
	HandoverCleared   Kind = "handover_clearing_done"
	HandoverTenant    Kind = "handover_tenant_told"
	HandoverKeys      Kind = "handover_keys_handed_over"
	HandoverOffered   Kind = "handover_collection_offered"
	// HandoverBooked is the buyer's.
	HandoverBooked    Kind = "handover_collection_booked"
	HandoverCollected Kind = "handover_collected"
	HandoverNotified  Kind = "handover_register_notified"
	HandoverChanged   Kind = "handover_register_changed"
	HandoverRecord    Kind = "handover_record_signed"
	// SecondSale asks for the second sale of an unsold lot (lot). R26
	SecondSale Kind = "second_sale"
	// SellOffSale asks for the sell-off after a failed second sale (lot). R26s
	SellOffSale Kind = "sell_off_sale"
	// ReSale asks for the sale of a defaulted lot's property again (lot). R24
	ReSale Kind = "re_sale"
	// Resume asks for the end of a stay once its cause is gone (lot ":" random id). R28
	Resume Kind = "resume"
	// PayBalance is the buyer's (lot). R25
	PayBalance Kind = "pay_balance"
	// PayOut is finance's 30 days (case ":" lot, or, of what the debtor paid, case ":" payment). F2
	PayOut Kind = "pay_out"
	// AnswerOwner asks finance to answer a person who asks for money that the court holds for them (request). F1
	AnswerOwner Kind = "answer_owner"
	// ReturnByTransfer asks finance to give back what the provider could not (refund, transfer in). R23, R31
	ReturnByTransfer Kind = "return_by_transfer"
)

// Actor is whose duty it is.
type Actor string

// The actors.
const (
	Machine Actor = "machine"
	Judge   Actor = "judge"
	Finance Actor = "finance"
	Bidder  Actor = "bidder"
)
