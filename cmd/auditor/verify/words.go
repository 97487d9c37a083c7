package verify

import "mingchui/bidding/course"

// Code names a finding or a note; codes are only ever added.
type Code string

// Findings about the log (I6).
const (
	CheckpointInvalid Code = "checkpoint_invalid"
	EarlierInvalid    Code = "earlier_checkpoint_invalid"
	KeyChanged        Code = "key_changed"
	LogShrank         Code = "log_shrank"
	HistoryRewritten  Code = "history_rewritten"
	RootDiffers       Code = "root_differs"
	BundleMissing     Code = "bundle_missing"
	BundleBroken      Code = "bundle_broken"
	TileMissing       Code = "tile_missing"
	TileDiffers       Code = "tile_differs"
	EntryUncanonical  Code = "entry_uncanonical"
	BodyUnreadable    Code = "body_unreadable"

	ReceiptInvalid   Code = "receipt_invalid"
	ReceiptAbsent    Code = "receipt_absent"
	ReceiptNotYet    Code = "receipt_not_in_log"
	ReceiptElsewhere Code = "receipt_elsewhere"
	RefusalAhead     Code = "refusal_ahead"
	RefusalPrice     Code = "refusal_price"
	RefusalWrong     Code = "refusal_wrong"
	RefusalOther     Code = "refusal_other"
)

// Findings about a lot.
const (
	SeqGap              Code = "seq_gap"
	RuleBroken          Code = "rule_broken"
	SpanTorn            Code = "span_torn"
	CourseWithoutNotice Code = "course_without_announcement"
	TermsDiffer         Code = "terms_differ"
	AnnouncedTwice      Code = "announced_twice"
	ListedDiffers       Code = "listed_differs"
	RuleSetUnknown      Code = "rule_set_unknown"
	RuleSetChanged      Code = "rule_set_changed"
	SettingsDiffer      Code = "settings_differ"
	PanelTooSmall       Code = "panel_too_small"
	PanelEven           Code = "panel_even"
	NoMajority          Code = "no_majority"
	VotedOtherTerms     Code = "voted_other_terms"
	VoteAfterNotice     Code = "vote_after_announcement"
	RevisedAfterNotice  Code = "revised_after_announcement"
	ReserveTooLow       Code = "reserve_too_low"
	PriceMisreckoned    Code = "price_misreckoned"
	PriceDiffers        Code = "price_differs"
	PriceExpired        Code = "price_expired"
	SecondTooLow        Code = "second_start_too_low"
	SellOffPrice        Code = "sell_off_price"
	PreviousDiffers     Code = "previous_sale_differs"
	NoReserveNotAllowed Code = "no_reserve_not_allowed"
	NotCriminal         Code = "no_reserve_not_criminal"
	NoReserveGround     Code = "no_reserve_ground"
	LeadTooShort        Code = "lead_too_short"
	BiddingTooShort     Code = "bidding_too_short"
	SellOffPeriod       Code = "sell_off_period"
	DepositOutOfBounds  Code = "deposit_out_of_bounds"
	IncrementInvalid    Code = "increment_invalid"
	WinnerDiffers       Code = "winner_differs"
	NameDiffers         Code = "name_commitment_differs"
	AgencyDiffers       Code = "agency_commitment_differs"
	AgencyUnconfirmed   Code = "agency_unconfirmed"
	AgencyTooLate       Code = "agency_too_late"
	OpenedWrongly       Code = "opened_wrongly"
	ConfirmedUnsold     Code = "confirmed_without_sale"
	ConfirmedTwice      Code = "confirmed_twice"
	AfterWithdrawal     Code = "after_withdrawal"
	DefaultDiffers      Code = "defaulter_differs"
	PaidUnconfirmed     Code = "paid_without_confirmation"
	PaidDiffers         Code = "paid_differs"
	RuledUnpaid         Code = "ruled_without_payment"
	TakenDiffers        Code = "taken_differs"
	OfferPassedBy       Code = "offer_passed_by"
	ReturnedWrongly     Code = "returned_wrongly"
	AfterReturn         Code = "after_return"
	SetAsideWrongly     Code = "set_aside_wrongly"
	AfterSettingAside   Code = "after_setting_aside"
	ForfeitDiffers      Code = "forfeit_differs"
	SoldDirectlyWrongly Code = "sold_directly_wrongly"
	PlanDiffers         Code = "plan_differs"
	PayoutDiffers       Code = "payout_differs"
	TransferInvalid     Code = "transfer_invalid"
	MaximaNotAllowed    Code = "maximum_bids_not_allowed"
	MaximumOpenedEarly  Code = "maximum_opened_early"
	FundNegative        Code = "fund_negative"
)

// Findings about automatic bids have the codes of package course.
const (
	maximumNotOpened = Code(course.NotOpened)
	openingDiffers   = Code(course.OpeningDiffers)
	maximumTooLow    = Code(course.MaximumTooLow)
	bidUncalled      = Code(course.BidUncalled)
	bidAboveMaximum  = Code(course.BidAboveMaximum)
	answerMissing    = Code(course.AnswerMissing)
)

// Notes: what a run did not check.
const (
	NoEarlier       Code = "no_earlier_checkpoint"
	KeyUnvouched    Code = "key_on_first_use"
	BeyondTheLog    Code = "beyond_the_log"
	KindsUnknown    Code = "kinds_unknown"
	PreviousOutside Code = "previous_sale_outside"
	PricedByCosts   Code = "priced_by_costs"
	OneLotOnly      Code = "one_lot_only"
	MaximaSealed    Code = "maxima_sealed"
)

// wording is a code's rule and its sentence in both languages, with the verbs of fmt for the arguments in the order of their use.
func wording(c Code) (rule, zh, en string) {
	if rule, zh, en, ok := logWording(c); ok {
		return rule, zh, en
	}
	if rule, zh, en, ok := lotWording(c); ok {
		return rule, zh, en
	}
	if rule, zh, en, ok := drawWording(c); ok {
		return rule, zh, en
	}
	if rule, zh, en, ok := maximumWording(c); ok {
		return rule, zh, en
	}
	zh, en = noteWording(c)
	return "", zh, en
}

func logWording(c Code) (rule, zh, en string, ok bool) {
	rule, ok = "I6", true
	switch c { //nolint:exhaustive // the other codes have their own tables
	case CheckpointInvalid:
		zh, en = "检查点无效：%v", "The checkpoint is not valid: %v"
	case EarlierInvalid:
		zh, en = "先前保存的检查点用现在的密钥验证不通过：%v", "The checkpoint kept from an earlier run does not verify under this key: %v"
	case KeyChanged:
		zh, en = "日志的验证密钥变了：先前为 %s，现在为 %s", "The log's verifier key changed: it was %s and is %s"
	case LogShrank:
		zh, en = "日志变短了：先前签过 %d 条，现在只有 %d 条", "The log shrank: %d entries were signed earlier, now there are %d"
	case HistoryRewritten:
		zh = "历史被改写：前 %d 条的根先前签为 %s，现在算得 %s"
		en = "History was rewritten: over the first %d entries the root %s was signed earlier, the entries now give %s"
	case RootDiffers:
		zh, en = "检查点签的根是 %s，由条目算得 %s", "The checkpoint signs the root %s, the entries give %s"
	case BundleMissing:
		zh, en = "日志没有提供条目 %s", "The log does not serve the entries at %s"
	case BundleBroken:
		zh, en = "条目包 %s 无法拆开：%v", "The entry bundle %s cannot be taken apart: %v"
	case TileMissing:
		zh, en = "日志没有提供哈希块 %s", "The log does not serve the tile %s"
	case TileDiffers:
		zh, en = "哈希块 %s 与条目算得的不同", "The tile %s is not what the entries give"
	case EntryUncanonical:
		zh, en = "条目不是规范形式：%v", "The entry is not in canonical form: %v"
	case BodyUnreadable:
		zh, en = "%s 条目的内容读不懂：%v", "The body of this %s entry cannot be read: %v"
	case ReceiptInvalid:
		rule, zh, en = "I1", "回执不成立：%v", "The receipt does not hold: %v"
	case ReceiptAbsent:
		rule, zh, en = "I1", "回执证明条目已入日志，日志中却没有", "The receipt proves that the entry is in the log, but the log does not have it"
	case ReceiptNotYet:
		rule = "I1"
		zh = "日志中没有这一已确认的条目；行为发生后两秒之内尚属正常，此后不是"
		en = "The log does not have the acknowledged entry; within two seconds of the act this is no fault yet, later it is"
	case ReceiptElsewhere:
		rule, zh, en = "I1", "回执证明的位置是第 %d 条，日志中却在第 %d 条", "The receipt proves entry %d, the log has it at entry %d"
	case RefusalAhead:
		rule = "I1"
		zh = "拒绝所依据的是第 %d 号事件，日志中只有 %d 号；两秒之内尚属正常，此后不是"
		en = "The refusal rests on event %d, the log has up to %d; within two seconds this is no fault yet, later it is"
	case RefusalPrice:
		rule = "R20a"
		zh = "拒绝所依据的价格是 %s 元，日志中当时是 %s 元"
		en = "The refusal rests on a price of %s yuan, in the log it was %s yuan then"
	case RefusalWrong:
		rule = "R20a"
		zh = "这次出价以 %s 被拒绝，而按日志中的竞价过程本应接受"
		en = "The bid was refused with %s, and by the course in the log it should have been taken"
	case RefusalOther:
		rule = "R20a"
		zh = "这次出价以 %s 被拒绝，而按日志中的竞价过程应是 %s"
		en = "The bid was refused with %s, and by the course in the log the reason is %s"
	default:
		return "", "", "", false
	}
	return rule, zh, en, ok
}

func lotWording(c Code) (rule, zh, en string, ok bool) {
	if rule, zh, en, ok = noticeWording(c); ok {
		return rule, zh, en, ok
	}
	if rule, zh, en, ok = fundWording(c); ok {
		return rule, zh, en, ok
	}
	ok = true
	switch c { //nolint:exhaustive // the other codes have their own tables
	case SeqGap:
		rule, zh, en = "I2", "竞价程序的编号不连续：应为 %d，却是 %d", "The course's numbers are not dense: %d should come, %d is there"
	case SpanTorn:
		rule = "I8"
		zh = "结束所依据的无中断时段不成立：分片 %d 在 %[3]s 至 %[4]s 之间出现过第 %[2]d 纪元的事件"
		en = "The span without a gap that the end rests on does not hold: shard %d has events of epoch %d between %s and %s"
	case RuleBroken:
		rule, zh, en = "I2", "按规则重演得不到这一事件：%v", "Re-run by the rules, the course does not give this event: %v"
	case CourseWithoutNotice:
		rule, zh, en = "R13", "没有公告就开始了竞价程序", "The course begins without an announcement"
	case TermsDiffer:
		rule, zh, en = "R13", "竞价程序的条件与公告不同：%s", "The course's terms differ from the announced ones: %s"
	case WinnerDiffers:
		rule, zh = "R22", "成交确认书写的是 %s、%s 元，竞价结果是 %s、%s 元"
		en = "The confirmation names %s at %s yuan, the course was won by %s at %s yuan"
	case OpenedWrongly:
		rule, zh, en = "R18", "竞价结束前打开了封存的身份，或打开的不是买受人：%s", "A sealed identity was opened before the end, or another than the buyer's: %s"
	case NameDiffers:
		rule, zh, en = "R22", "成交确认书的姓名承诺与该代码入场时的不同", "The confirmation's commitment to the name differs from the one made when the code was admitted"
	case AgencyDiffers:
		rule, zh, en = "R14", "成交确认书的代理承诺与该代码入场时的不同，或打不开该承诺", "The confirmation's commitment to an agency differs from the one made when the code was admitted, or is not opened"
	case AgencyUnconfirmed:
		rule, zh, en = "R14", "成交确认书的代理在竞价开始前没有经法院确认", "The confirmation's agent was not confirmed by the court before bidding started"
	case AgencyTooLate:
		rule, zh, en = "R14", "竞价开始后才确认代理", "An agent was confirmed after bidding had started"
	case ConfirmedUnsold:
		rule, zh, en = "R22", "没有成交却有成交确认书", "There is a confirmation without a sale"
	case ConfirmedTwice:
		rule, zh, en = "R22", "成交确认书不止一份", "There is more than one confirmation"
	case AfterWithdrawal:
		rule, zh, en = "R17w", "撤回之后还有 %s", "There is %s after the withdrawal"
	case DefaultDiffers:
		rule, zh, en = "R24", "记为悔拍的是 %s，买受人却是 %s", "The default is recorded of %s, but the buyer is %s"
	case PaidUnconfirmed:
		rule, zh, en = "R22", "已经付款或记为悔拍，却没有成交确认书", "A payment or a default is recorded, but there is no confirmation"
	case PaidDiffers:
		rule, zh, en = "R25", "记为付清的是 %s 元，成交价却是 %s 元", "The price is recorded as paid with %s yuan, but it is %s yuan"
	case RuledUnpaid:
		rule, zh, en = "R22", "余款没有付清就作了裁定", "The ruling was made before the price was paid"
	case TakenDiffers:
		rule, zh, en = "R16d", "以 %s 元抵债，与流拍时的保留价或债权额不符", "The property was taken for %s yuan, which is not the reserve price of a failed sale, or not with the difference to the claim"
	case OfferPassedBy:
		rule, zh, en = "R16d", "%s：没有这一承受申请，或者越过了顺位在先或者同顺位的申请人", "%s: no such offer to take the property was made, or one of a better or an equal rank was passed by"
	case ReturnedWrongly:
		rule, zh, en = "R24r", "解除查封并退还被执行人（理由：%q），但该财产并非流拍至最后一次，也没有终结执行的理由", "The property went back to the debtor on the ground %q, which is neither a sale unsold to the last nor an end of the enforcement against what waits for its next sale"
	case AfterReturn:
		rule, zh, en = "R24r", "解除查封之后还有 %s", "There is %s after the seizure was lifted"
	case SetAsideWrongly:
		rule, zh, en = "R31", "撤销拍卖并退回 %s 元，与成交情况不符", "A sale is set aside with %s yuan reversed, which does not fit its result"
	case ForfeitDiffers:
		rule, zh, en = "R24", "%s 元保证金的使用与成交、费用或者重新处置的价款不符，或者差价重复弥补", "The deposit of %s yuan was used otherwise than its sale, its costs and the sale that stands give, or a difference was made good twice"
	case SoldDirectlyWrongly:
		rule, zh, en = "R31d", "财产 %s 重复变卖，或者没有价款", "Thing %s was sold without an auction twice, or without a price"
	case AfterSettingAside:
		rule, zh, en = "R31", "撤销拍卖之后还有 %s", "There is %s after the sale was set aside"
	default:
		return "", "", "", false
	}
	return rule, zh, en, ok
}

// fundWording is about a case's money.
func fundWording(c Code) (rule, zh, en string, ok bool) {
	ok = true
	switch c { //nolint:exhaustive // the other codes have their own tables
	case FundNegative:
		rule, zh, en = "I4", "案件 %s 的账户 %s 为负：%s 元", "Account %[2]s of case %[1]s is below zero: %[3]s yuan"
	case PlanDiffers:
		rule, zh, en = "F4", "案件 %s 的第 %d 次分配方案与债权、成交价款或者法定顺位不符：%s", "Plan %[2]d of case %[1]s divides otherwise than its claims, its sales and the order of the law give: %[3]s"
	case PayoutDiffers:
		rule, zh, en = "F5", "案件 %s 的案款发放（第 %d 次分配方案）与方案、送达和异议程序、合议庭决定或者资金划转不符：%s", "Money of case %s was paid (plan %d) otherwise than the plan, its service and objections, the panel’s decision or the transfers give: %s"
	case TransferInvalid:
		rule, zh, en = "I4", "资金划转无效：%s", "A transfer is not valid: %s"
	default:
		return "", "", "", false
	}
	return rule, zh, en, ok
}

// maximumWording is about maximum bids.
func maximumWording(c Code) (rule, zh, en string, ok bool) {
	ok = true
	switch c { //nolint:exhaustive // the other codes have their own tables
	case MaximaNotAllowed:
		rule, zh, en = "R20a", "公告提供了最高限价自动出价，规则集 %q 并不允许", "The announcement offers maximum bids, which rule set %q does not allow"
	case MaximumOpenedEarly:
		rule, zh, en = "R18", "竞价结束前公开了 %s 的最高限价", "The maximum of %s was opened before the end"
	case maximumNotOpened:
		rule, zh, en = "I2", "竞价已经结束，这一最高限价却没有公开，自动出价无法重演", "Bidding ended, but this maximum was not opened; the automatic bids cannot be re-run"
	case openingDiffers:
		rule, zh, en = "I2", "公开的最高限价与竞价时的承诺值不符，或者没有对应的限价", "A maximum as opened does not fit the commitment made while bidding went on, or is of no maximum at all"
	case maximumTooLow:
		rule, zh, en = "R20a", "公开的最高限价低于当时可以出的最低价，本应被拒绝", "A maximum as opened was below the least bid that was possible then, and ought to have been refused"
	case bidUncalled:
		rule, zh, en = "I2", "没有任何最高限价要求这一自动出价，或者要求的数额不同", "No maximum called for this automatic bid, or for another amount"
	case bidAboveMaximum:
		rule, zh, en = "I2", "自动出价高于该代码的最高限价", "An automatic bid above the code's maximum"
	case answerMissing:
		rule, zh, en = "I2", "最高限价要求在此之前自动出价，却没有", "A maximum called for an automatic bid before this event, and there is none"
	default:
		return "", "", "", false
	}
	return rule, zh, en, ok
}

// noticeWording is about votes and announcements.
func noticeWording(c Code) (rule, zh, en string, ok bool) {
	ok = true
	switch c { //nolint:exhaustive // the other codes have their own tables
	case AnnouncedTwice:
		rule, zh, en = "R13", "公告不止一次", "The lot was announced more than once"
	case ListedDiffers:
		rule, zh, en = "R12", "公告与上拍登记不同：%s", "The announcement differs from the listing: %s"
	case RuleSetUnknown:
		rule, zh, en = "R13", "本审计程序不认识规则集 %q，数额与期限无法核对", "This auditor does not know the rule set %q; figures and periods cannot be checked"
	case RuleSetChanged:
		rule, zh, en = "R13", "规则集 %q 的摘要与本审计程序的不同", "The digest of rule set %q differs from this auditor's"
	case SettingsDiffer:
		rule, zh, en = "R13", "上拍所依规则集 %q 不是该院当时公开选定的（%s）", "The lot was listed under %q, which is not what its court had publicly chosen then (%s)"
	case PanelTooSmall:
		rule, zh, en = "R6", "公告的条件只有 %d 名法官表决，至少要 %d 名", "Only %d judges voted on the announced terms; at least %d are needed"
	case PanelEven:
		rule, zh, en = "R6", "公告的条件由 %d 名法官表决，应为单数", "%d judges voted on the announced terms; the number must be odd"
	case NoMajority:
		rule, zh, en = "R6", "公告的条件只得到 %d 票同意，共 %d 票", "The announced terms got %d approvals of %d votes, which is no majority"
	case VotedOtherTerms:
		rule, zh, en = "R6", "法官 %s 表决的数额与公告的不同", "Judge %s voted on other figures than the announced ones"
	case VoteAfterNotice:
		rule, zh, en = "R6", "公告之后还有表决", "There is a vote after the announcement"
	case RevisedAfterNotice:
		rule, zh, en = "R6", "公告之后还改了条件", "The terms were revised after the announcement"
	case ReserveTooLow:
		rule, zh, en = "R10", "起拍价 %s 元低于下限 %s 元", "The starting price of %s yuan is below the least of %s yuan"
	case PriceMisreckoned:
		rule, zh, en = "R10p", "参考价与所列数额的平均值不符，或者依据不全：%s", "A reference price is not the mean of its amounts, or what it rests on is missing: %s"
	case PriceDiffers:
		rule, zh, en = "R10", "公告与所引参考价不符：%s", "The announcement does not agree with the reference prices that it names: %s"
	case PriceExpired:
		rule, zh, en = "R10p", "一拍公告时参考价已过有效期 %s", "The reference price had expired (%s) when the first sale was announced"
	case SecondTooLow:
		rule, zh, en = "R26", "二拍起拍价 %s 元低于下限 %s 元", "The second sale's starting price of %s yuan is below the least of %s yuan"
	case SellOffPrice:
		rule, zh, en = "R26s", "变卖价 %s 元不等于二拍起拍价 %s 元", "The sell-off price of %s yuan is not the second sale's starting price of %s yuan"
	case PreviousDiffers:
		rule, zh, en = "R26", "与前一次拍卖不符：%s", "It does not agree with the sale before: %s"
	case NoReserveNotAllowed:
		rule, zh, en = "R26n", "规则集 %q 没有无保留价拍卖", "The rule set %q has no sale without a reserve"
	case NotCriminal:
		rule, zh, en = "R26n", "案件种类是 %q，只有刑事案件的财产可以无保留价拍卖", "The case is of the kind %q; only property of criminal cases is sold without a reserve"
	case NoReserveGround:
		rule, zh, en = "R26n", "不设保留价的依据不成立：%s", "The ground for a sale without a reserve does not hold: %s"
	case LeadTooShort:
		rule, zh, en = "R12", "公告在竞价前 %s 发布，至少要提前 %s", "The announcement came %s before bidding; at least %s are needed"
	case BiddingTooShort:
		rule, zh, en = "R20b", "竞价时间公告为 %s，至少要 %s", "Bidding was announced for %s; at least %s are needed"
	case SellOffPeriod:
		rule, zh, en = "R26s", "变卖期公告为 %s，应为 %s", "The sell-off was announced for %s; it lasts %s"
	case DepositOutOfBounds:
		rule, zh, en = "R17", "保证金 %s 元不在 %s 至 %s 元之间", "The deposit of %s yuan is not between %s and %s yuan"
	case IncrementInvalid:
		rule, zh, en = "R20a", "增价幅度 %s 元无效", "The increment of %s yuan is not valid"
	default:
		return "", "", "", false
	}
	return rule, zh, en, ok
}

func noteWording(c Code) (zh, en string) {
	switch c { //nolint:exhaustive // the other codes have their own tables
	case NoEarlier:
		return "没有先前保存的检查点可比：若整个日志被持有密钥者一致地改写或截短，这一次看不出来；请用 --state 保存本次的检查点",
			"There is no earlier checkpoint to compare with: a log that was rewritten or cut as a whole by one who holds the key cannot be found this time; keep this run's checkpoint with --state"
	case KeyUnvouched:
		return "验证密钥取自日志本身（首次使用即信任）；请与法院另行公布的密钥核对，或用 --key 指定",
			"The verifier key came from the log itself (trusted on first use); compare it with the one the court publishes elsewhere, or name it with --key"
	case BeyondTheLog:
		return "日志之外的事不在核对之列：文书全文、代码背后的人、银行里的钱、没有进入日志的行为",
			"What lies beyond the log is not checked: the full texts of documents, the persons behind codes, money at banks, acts that never entered the log"
	case KindsUnknown:
		return "有 %d 条条目的类型本审计程序不认识，只核对了形式：%s", "%d entries are of kinds that this auditor does not know; only their form was checked: %s"
	case PreviousOutside:
		return "%d 个标的的前一次拍卖不在本日志中，其起拍价取自公告", "The sale before is not in this log for %d lots; its starting price was taken from the announcement"
	case PricedByCosts:
		return "%d 个股权标的依申请按费用定价（R12e），不适用 R10 与 R17 的上下限", "%d lots of equity were priced by costs on application (R12e), to which the bounds of R10 and R17 do not apply"
	case DrawsLate:
		return "%d 次抽签的取值公开得比所定时间晚一小时以上；是否有人挑选时机，从日志看不出来",
			"The value of %d draws was opened more than an hour after its time; whether the moment was chosen, the log cannot tell"
	case OneLotOnly:
		return "只重演了一个标的；日志的形式和签名仍全部核对", "One lot alone was re-run; the log's form and signature were checked in whole"
	case MaximaSealed:
		return "%d 次自动出价尚未重演：竞价还没有结束（或标的已撤回），最高限价仍然封存", "%d automatic bids were not re-run yet: bidding has not ended, or the lot was withdrawn, and the maxima are still sealed"
	default:
		return string(c), string(c)
	}
}
