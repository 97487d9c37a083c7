package fault

// The codes that clients may act upon. They are only ever added; each has its
// wording in both catalogues of web, and a test fails when one is missing.
const (
	InternalError        Code = "internal_error"
	InvalidRequest       Code = "invalid_request"
	UnknownField         Code = "unknown_field"
	BodyTooLarge         Code = "body_too_large"
	NotFoundCode         Code = "not_found"
	MethodNotAllowed     Code = "method_not_allowed"
	Unsupported          Code = "unsupported_media_type"
	SignInRequired       Code = "sign_in_required"
	CredentialsWrong     Code = "credentials_wrong"
	RoleForbidden        Code = "role_forbidden"
	RateExceeded         Code = "rate_exceeded"
	ServiceUnavailable   Code = "service_unavailable"
	CrossSiteRequest     Code = "cross_site_request"
	IdempotencyKeyNeeded Code = "idempotency_key_required"
	IdempotencyKeyReused Code = "idempotency_key_reused"
	LoginTaken           Code = "login_taken"
	PasswordWeak         Code = "password_weak"

	AmountInvalid  Code = "amount_invalid"
	AmountTooLarge Code = "amount_too_large"

	// A sale before bidding.
	StateConflict          Code = "state_conflict"
	CaseNumberTaken        Code = "case_number_taken"
	TermsMissing           Code = "terms_missing"
	ReserveTooLow          Code = "reserve_too_low"          // R10, R26
	DepositOutOfBounds     Code = "deposit_out_of_bounds"    // R17
	IncrementInvalid       Code = "increment_invalid"        // R20a
	PanelInvalid           Code = "panel_invalid"            // R6
	VoteRepeated           Code = "vote_repeated"            // R6
	NoReserveOff           Code = "no_reserve_off"           // R26n: the court's settings
	NoReserveCriminalOnly  Code = "no_reserve_criminal_only" // R26n
	NoReserveNotLast       Code = "no_reserve_not_last"      // R26n: another sale than the sell-off failed, or none
	NoReserveGround        Code = "no_reserve_ground"        // R26n
	NoReserveDates         Code = "no_reserve_dates"         // R26n
	MaximumNotAllowed      Code = "maximum_not_allowed"      // R20a
	VotesMissing           Code = "votes_missing"            // R6
	VoteTermsChanged       Code = "vote_terms_changed"       // R6
	DraftChanged           Code = "draft_changed"
	DocumentInvalid        Code = "document_invalid"
	AnnouncementTooLate    Code = "announcement_too_late"   // R12
	BiddingTooShort        Code = "bidding_too_short"       // R20b
	AnnouncementIncomplete Code = "announcement_incomplete" // R13
	OccupancyUnknown       Code = "occupancy_unknown"       // R2024
	TaxesAllOnBuyer        Code = "taxes_all_on_buyer"      // R30
	NoticeTooLate          Code = "notice_too_late"         // R16
	NextSaleDrafted        Code = "next_sale_drafted"       // R24r
	DebtNotCovered         Code = "debt_not_covered"        // R14s
	LeaveNotOpen           Code = "leave_not_open"          // R28o
	LeadingIsBound         Code = "leading_is_bound"        // R28o
	LeftTheSale            Code = "left_the_sale"           // R28o
	NoticeOfEarlierSale    Code = "notice_of_earlier_sale"  // R16
	IndivisibleSplit       Code = "indivisible_split"       // R15
	SecondSaleTooLate      Code = "second_sale_too_late"    // R26
	ReasonRequired         Code = "reason_required"         // R28, R17w
	RequestWaits           Code = "request_waits"           // F1
	OldBalanceLine         Code = "old_balance_line"        // F1
	DebtorCodeWrong        Code = "debtor_code_wrong"       // R17w
	PDFUnavailable         Code = "pdf_unavailable"
	LateReasonRequired     Code = "late_reason_required"    // R28, R20r, R26s
	DebtCovered            Code = "debt_covered"            // R14s
	PropertyInSale         Code = "property_in_sale"        // R26
	NotBestOffer           Code = "not_best_offer"          // R16d
	SamePerson             Code = "same_person"             // F5
	ObjectionNotFounded    Code = "objection_not_founded"   // R31
	SumsChanged            Code = "sums_changed"            // R31
	DrawNeeded             Code = "draw_needed"             // R16d
	DrawListed             Code = "draw_listed"             // R16d
	DrawRepeated           Code = "draw_repeated"           // R10p, R16d
	DrawNotMade            Code = "draw_not_made"           // R10p, R16d
	DrawNeedless           Code = "draw_needless"           // R16d
	DrawListInvalid        Code = "draw_list_invalid"       // R10p
	DifferenceUnpaid       Code = "difference_unpaid"       // R16d
	DifferenceNotDue       Code = "difference_not_due"      // R16d
	EligibilityUnproven    Code = "eligibility_unproven"    // R17h
	ApprovalMissing        Code = "approval_missing"        // R12e
	EquityMoreThanNeeded   Code = "equity_more_than_needed" // R12e
	SettingOutOfBounds     Code = "setting_out_of_bounds"   // R10, F2, R28o
	SettingsUnchanged      Code = "settings_unchanged"
	UnapprovedExcluded     Code = "unapproved_excluded"   // R12e
	NoSurplus              Code = "no_surplus"            // R6s
	NotInsisted            Code = "not_insisted"          // R6s
	InsistedTooLate        Code = "insisted_too_late"     // R6s
	DirectGroundMissing    Code = "direct_ground_missing" // R31d
	DirectPriceTooLow      Code = "direct_price_too_low"  // R31d
	ObjectionOpen          Code = "objection_open"        // R31
	ImportInvalid          Code = "import_invalid"

	// The reference price.
	PriceOriginTooEarly    Code = "price_origin_too_early"    // R10p
	PriceGroundInvalid     Code = "price_ground_invalid"      // R10p
	PriceNotAgreed         Code = "price_not_agreed"          // R10p
	PriceValidityInvalid   Code = "price_validity_invalid"    // R10p
	PriceStands            Code = "price_stands"              // R10p
	PriceNotFixed          Code = "price_not_fixed"           // R10p
	ReferenceDiffers       Code = "reference_differs"         // R10
	AnswerNotDue           Code = "answer_not_due"            // R10p
	FirmsInvalid           Code = "firms_invalid"             // R10p
	FirmsNotDrawn          Code = "firms_not_drawn"           // R10p
	ExtensionRefused       Code = "extension_refused"         // R10p
	ReportMissing          Code = "report_missing"            // R10p
	ReportUnserved         Code = "report_unserved"           // R10p
	ObjectionTimeRuns      Code = "objection_time_runs"       // R10p
	ReportObjectionOpen    Code = "report_objection_open"     // R10p
	ReportObjectionBarred  Code = "report_objection_barred"   // R10p
	ReportObjectionTooLate Code = "report_objection_too_late" // R10p
	EquityAppraisable      Code = "equity_appraisable"        // R12e
	ApplicationMissing     Code = "application_missing"       // R12e
	EquityWorthless        Code = "equity_worthless"          // R12e

	// Taking part.
	NoticesNotAccepted   Code = "notices_not_accepted"   // R14
	LimitsUnpromised     Code = "limits_unpromised"      // R17h
	BarredPerson         Code = "barred_person"          // R34
	DefaulterExcluded    Code = "defaulter_excluded"     // R24x
	PriorityNotConfirmed Code = "priority_not_confirmed" // R19
	AgencyNotConfirmed   Code = "agency_not_confirmed"   // R14
	AgencyTooLate        Code = "agency_too_late"        // R14
	SharesNotWhole       Code = "shares_not_whole"       // R14
	OneCodeEach          Code = "one_code_each"          // R20a
	EnrolmentClosed      Code = "enrolment_closed"       // R18
	EnrolmentExists      Code = "enrolment_exists"
	PassphraseWrong      Code = "passphrase_wrong"  // R18
	RealNameMissing      Code = "real_name_missing" // R17
	// SealingKeyMissing: the server was not given the key that a lot's enrolments are sealed under.
	SealingKeyMissing Code = "sealing_key_missing" // R18
	// SealBroken: what is sealed does not open, or opens to somebody else than was committed to.
	SealBroken Code = "seal_broken" // R18

	// Bidding; the names of api.md.
	BidBelowStart  Code = "bid_below_start" // R20a
	BidTooLow      Code = "bid_too_low"     // R20a
	OffIncrement   Code = "off_increment"   // R20a
	AlreadyLeading Code = "already_leading" // R20a
	NotEnrolled    Code = "not_enrolled"    // R18
	NotStarted     Code = "not_started"
	Closed         Code = "closed"
	Suspended      Code = "suspended" // R28
	Excluded       Code = "excluded"  // R24x, R34
	// MaximumNotOffered: the lot's announcement offers no maximum bids. MaximumNone: the code has none to withdraw.
	MaximumNotOffered Code = "maximum_not_offered"
	MaximumNone       Code = "maximum_none"
	BidNotPlaced      Code = "bid_not_placed"
	BidPending        Code = "bid_pending"
	ClockRefused      Code = "clock"
	ShardBehind       Code = "shard_behind"
	ShardFenced       Code = "shard_fenced"
	CourseBroken      Code = "course_broken"
	// GapInClosing: bids could not be placed without a gap before the end.
	GapInClosing Code = "gap_in_closing" // R28o
	// ResumeNotYet: after a long outage the court waits for its hours and for notice.
	ResumeNotYet Code = "resume_not_yet" // R28o

	// Money.
	WebhookSignatureInvalid    Code = "webhook_signature_invalid"
	WebhookVersionOther        Code = "webhook_version_other"
	PaymentProviderUnavailable Code = "payment_provider_unavailable"
	PaymentDeclined            Code = "payment_declined"
	PaymentStateConflict       Code = "payment_state_conflict"
	RefundTooLarge             Code = "refund_too_large"
	BankReferenceUsed          Code = "bank_reference_used"
	PaymentReferenceInvalid    Code = "payment_reference_invalid"
	PaymentReferenceUnknown    Code = "payment_reference_unknown"
	NotTheBuyer                Code = "not_the_buyer"
	BalanceNotDue              Code = "balance_not_due"
	BalancePastDue             Code = "balance_past_due" // R25

	// Handing over.
	StepOutOfOrder Code = "step_out_of_order" // R20r
	VacateNotYet   Code = "vacate_not_yet"    // R20r
	SlotInvalid    Code = "slot_invalid"      // R20r
	RetentionRuns  Code = "retention_runs"    // R29

	LedgerUnbalanced     Code = "ledger_unbalanced"
	AccountLimitExceeded Code = "account_limit_exceeded" // F1
	// HoldEnded: what was held back was posted, freed, or ran out.
	HoldEnded Code = "hold_ended"
	// Dividing a case's money.
	ClaimLodgedTwice Code = "claim_lodged_twice" // F4
	ClaimsFull       Code = "claims_full"        // F4
	OrderNotForCase  Code = "order_not_for_case" // F4c
	NothingToDivide  Code = "nothing_to_divide"  // F4
	// FundDiffers: the accounts hold another sum than the sales brought.
	FundDiffers Code = "fund_differs" // F1
	// A plan's course, and its payouts.
	PlanStale            Code = "plan_stale"             // F4
	PlanNotFinal         Code = "plan_not_final"         // F4o
	PlanToRevise         Code = "plan_to_revise"         // F4o
	PlanUnsettled        Code = "plan_unsettled"         // F4o
	PlanObjectionLate    Code = "plan_objection_late"    // F4o
	JudgmentOutside      Code = "judgment_outside"       // F4o
	PanelDecisionMissing Code = "panel_decision_missing" // F3
	PayeeMissing         Code = "payee_missing"          // F3

	// A court's finance system, told by webhook.
	WebhookURLRefused    Code = "webhook_url_refused"
	WebhookStateConflict Code = "webhook_state_conflict"

	// Statements of a case fund.
	PeriodReversed   Code = "period_reversed"
	PeriodInFuture   Code = "period_in_future"
	StatementTooLong Code = "statement_too_long"

	// The log.
	EntryNotCanonical  Code = "entry_not_canonical"
	LogForkRefused     Code = "log_fork_refused"
	ReceiptNotYetInLog Code = "receipt_not_yet_in_log"
	// RefusalTokenInvalid: this platform gave no such token with a refused bid.
	RefusalTokenInvalid Code = "refusal_token_invalid" // R31
)
