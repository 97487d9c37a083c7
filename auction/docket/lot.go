package docket

import (
	"slices"

	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Lot is what is sold in one course of bidding: one asset, or several that
// belong together (R15).
type Lot struct {
	Ref       string    `json:"ref" docket:"max=40" zh:"标的编号" en:"ref of the lot"`
	AssetRefs []string  `json:"asset_refs" docket:"max=200" zh:"所含财产" en:"property in the lot"`
	Title     Text      `json:"title" docket:"max=200" zh:"标的名称" en:"title of the lot"`
	Stage     law.Stage `json:"stage" zh:"阶段" en:"stage"`
	// Previous holds the sales that failed before, oldest first; needed for the
	// second sale (one), the sell-off (two) and a sale without a reserve (three).
	Previous []PreviousSale `json:"previous,omitempty" docket:"optional,max=3" zh:"此前流拍" en:"sales that failed before"`
	// Exactly one of AppraisalFen and MarketPriceFen is set; neither where an
	// equity cannot be appraised (R12e, pricing basis "costs").
	AppraisalFen     int64        `json:"appraisal_fen,omitempty" docket:"optional" zh:"评估价" en:"appraised value"`
	MarketPriceFen   int64        `json:"market_price_fen,omitempty" docket:"optional" zh:"市价" en:"market price"`
	PricingBasis     PricingBasis `json:"pricing_basis" zh:"定价依据" en:"pricing basis"`
	StartingPriceFen int64        `json:"starting_price_fen" zh:"起拍价" en:"starting price"`
	IncrementFen     int64        `json:"increment_fen" zh:"增价幅度" en:"increment"`
	DepositFen       int64        `json:"deposit_fen" zh:"保证金" en:"deposit"`

	// MaximumBids: bidders may leave a maximum that the platform bids for them, where the rule set allows it.
	MaximumBids bool `json:"maximum_bids,omitempty" docket:"optional" zh:"最高限价自动出价" en:"maximum bids"`

	PriorityPurchasers []PriorityPurchaser `json:"priority_purchasers" docket:"max=50" zh:"优先购买权人" en:"priority purchasers"`
	Notifications      []Notification      `json:"notifications" docket:"min=1,max=100" zh:"通知情况" en:"notifications"`
	Payment            Payment             `json:"payment" zh:"付款" en:"payment"`
	Contact            Contact             `json:"contact" zh:"联系方式" en:"contact"`
	Viewing            Viewing             `json:"viewing" zh:"看样" en:"viewing"`
	BidderConditions   Text                `json:"bidder_conditions" docket:"max=2000" zh:"竞买人条件" en:"conditions for bidders"`
	PurchaseLimits     *PurchaseLimits     `json:"purchase_limits,omitempty" docket:"optional" zh:"限购" en:"purchase limits"`
	Handover           Text                `json:"handover" docket:"max=2000" zh:"交付" en:"handing over"`
	// Disclaimer is the statement of R15w: genuineness and quality are not guaranteed.
	Disclaimer Text        `json:"disclaimer" docket:"max=2000" zh:"瑕疵声明" en:"disclaimer of warranty"`
	Auxiliary  []Auxiliary `json:"auxiliary,omitempty" docket:"optional,max=20" zh:"辅助机构" en:"auxiliary firms"`
	// Approval says whose consent a change of the equity takes; nil where it takes none (R12e).
	Approval *Approval `json:"approval,omitempty" docket:"optional" zh:"股权变更审批" en:"approval of the transfer"`
	// WholeEquity says why all of it is sold although a part would bring enough (R12e).
	WholeEquity *WholeEquity `json:"whole_equity,omitempty" docket:"optional" zh:"一并拍卖" en:"sold as a whole"`
	// NoReserve says on which ground there is no reserve; it stands on a sale of that stage alone (R26n).
	NoReserve *NoReserve `json:"no_reserve,omitempty" docket:"optional" zh:"不设保留价的依据" en:"why without a reserve"`
	// SplitReason says why property of one indivisible group is sold apart all the same (R15).
	SplitReason Text `json:"split_reason,omitzero" docket:"optional,max=2000" zh:"分别拍卖的理由" en:"why sold apart"`
}

// PreviousSale is a sale of the same property that found no bid.
type PreviousSale struct {
	Stage            law.Stage `json:"stage" zh:"阶段" en:"stage"`
	StartingPriceFen int64     `json:"starting_price_fen" zh:"起拍价" en:"starting price"`
	EndedOn          Date      `json:"ended_on" zh:"结束日期" en:"ended on"`
}

// PricingOrigin is where the reference price comes from (R10p, in this order).
type PricingOrigin string

// The origins of a reference price; PricedByCosts is R12e's way for equity that cannot be appraised.
const (
	PricedByAgreement PricingOrigin = "agreed"
	PricedByAuthority PricingOrigin = "authority"
	PricedOnline      PricingOrigin = "online_inquiry"
	PricedByAppraisal PricingOrigin = "appraisal"
	PricedByCosts     PricingOrigin = "costs"
)

// PricingBasis says how the reference price was found and how long it serves.
type PricingBasis struct {
	Origin     PricingOrigin `json:"origin" zh:"来源" en:"origin"`
	By         Text          `json:"by" zh:"出具人" en:"given by"`
	Report     string        `json:"report,omitempty" docket:"optional,max=80" zh:"报告编号" en:"report number"`
	ValuedOn   Date          `json:"valued_on" zh:"价值时点" en:"valued on"`
	ValidUntil Date          `json:"valid_until" zh:"有效期至" en:"valid until"`
	Note       Text          `json:"note,omitzero" docket:"optional,max=2000" zh:"说明" en:"note"`
}

// PriorityPurchaser is somebody who may match the highest bid (R19, R21).
type PriorityPurchaser struct {
	Rank     int  `json:"rank" zh:"顺位" en:"rank"`
	Standing Text `json:"standing" zh:"身份与权利性质" en:"standing"`
	// Either NotifiedOn with How, or ReasonNot; a written waiver makes notice needless (R16).
	NotifiedOn Date `json:"notified_on,omitempty" docket:"optional" zh:"通知日期" en:"notified on"`
	How        Text `json:"how,omitzero" docket:"optional" zh:"通知方式" en:"how"`
	ReasonNot  Text `json:"reason_not,omitzero" docket:"optional" zh:"未能通知的理由" en:"why not notified"`
	// PublishedOn is since when the platform names who could not be told; five days of it are notice.
	PublishedOn Date `json:"published_on,omitempty" docket:"optional" zh:"公示日期" en:"published on"`
	Waived      bool `json:"waived,omitempty" docket:"optional" zh:"已书面放弃" en:"waived in writing"`
}

// Notified is to whom a notice went (R16).
type Notified string

// Whom the court notifies before the announcement.
const (
	ToApplicant      Notified = "applicant"
	ToDebtor         Notified = "debtor"
	ToCoOwner        Notified = "co_owner"
	ToSecurityHolder Notified = "security_holder"
	ToCompany        Notified = "company"
	ToOther          Notified = "other"
)

// Notification is how a party was told, or why it could not be (R13, R16).
type Notification struct {
	To Notified `json:"to" zh:"被通知人" en:"to"`
	// No is which one of that role, counted from one in the order of the case's
	// parties, for security holders of the property's encumbrances; 0 is all of them.
	No        int  `json:"no,omitempty" docket:"optional" zh:"序号" en:"number"`
	On        Date `json:"on,omitempty" docket:"optional" zh:"通知日期" en:"on"`
	How       Text `json:"how,omitzero" docket:"optional" zh:"通知方式" en:"how"`
	ReasonNot Text `json:"reason_not,omitzero" docket:"optional" zh:"未能通知的理由" en:"why not"`
	// PublishedOn is since when the platform names who could not be told; five days of it are notice.
	PublishedOn Date `json:"published_on,omitempty" docket:"optional" zh:"公示日期" en:"published on"`
	// Waived in writing: no notice is needed.
	Waived bool `json:"waived,omitempty" docket:"optional" zh:"已书面放弃" en:"waived in writing"`
}

// PayBy is a way of paying.
type PayBy string

// The ways of paying.
const (
	PayOnline   PayBy = "online"
	PayTransfer PayBy = "bank_transfer"
	PayLoan     PayBy = "mortgage_loan"
)

// Payment says how deposit and price are paid, and by when (R13, R25).
type Payment struct {
	Methods []PayBy     `json:"methods" docket:"min=1,max=10" zh:"付款方式" en:"methods"`
	Account BankAccount `json:"account" zh:"案款账户" en:"account"`
	// BalanceDueDays counts from the end of bidding.
	BalanceDueDays int  `json:"balance_due_days" zh:"余款期限（日）" en:"days to pay the balance"`
	Note           Text `json:"note,omitzero" docket:"optional" zh:"说明" en:"note"`
}

// BankAccount is the court's account for this case.
type BankAccount struct {
	Holder Text   `json:"holder" zh:"户名" en:"holder"`
	Bank   Text   `json:"bank" zh:"开户行" en:"bank"`
	Number string `json:"number" docket:"max=40" zh:"账号" en:"number"`
}

// Contact is by role, with a number that answers.
type Contact struct {
	Role  Text   `json:"role" zh:"联系人（职务）" en:"role"`
	Phone string `json:"phone" docket:"max=40" zh:"电话" en:"telephone"`
	Hours Text   `json:"hours,omitzero" docket:"optional" zh:"时间" en:"hours"`
}

// Viewing is when and where the property can be seen (R14).
type Viewing struct {
	How   Text   `json:"how" docket:"max=1000" zh:"看样安排" en:"how"`
	Place Text   `json:"place" zh:"看样地点" en:"place"`
	Phone string `json:"phone" docket:"max=40" zh:"预约电话" en:"telephone"`
}

// PurchaseLimits is the condition of R17h; nil where the place has none.
type PurchaseLimits struct {
	Condition    Text `json:"condition" docket:"max=2000" zh:"购房资格条件" en:"condition"`
	Consequences Text `json:"consequences" docket:"max=2000" zh:"法律后果" en:"consequences"`
}

// Approval is what a buyer of equity brings before the ruling (Fa Shi (2021) No. 20, art. 15): whose approval, which qualification or
// condition a bidder must meet for it, and the days from full payment in which it is had.
type Approval struct {
	Authority  Text `json:"authority" zh:"审批部门" en:"authority"`
	Condition  Text `json:"condition" docket:"max=2000" zh:"竞买人资格或者条件" en:"condition for bidders"`
	WithinDays int  `json:"within_days" zh:"取得批准的期限（日）" en:"days to be approved"`
}

// WholeEquity is the debtor's application that equity of which a part would cover the claims and costs is sold as a whole, because
// the part would lose much of its value (Fa Shi (2021) No. 20, art. 13). Application is the SHA-256 of the writing, in hex.
type WholeEquity struct {
	AppliedOn   Date   `json:"applied_on" zh:"申请日期" en:"applied on"`
	Application string `json:"application" docket:"max=64" zh:"申请书哈希" en:"hash of the application"`
	Reason      Text   `json:"reason" docket:"max=2000" zh:"理由" en:"reason"`
}

// NoReserveGround is why property of a criminal case is sold without a reserve (Criminal 12).
type NoReserveGround string

// The two grounds of Criminal 12(2).
const (
	// FinanceAsks: what goes to the treasury; the authority was told to take it at the last sale's reserve price and asked that it be
	// turned into money.
	FinanceAsks NoReserveGround = "finance_authority_asks"
	// VictimRefuses: restitution in kind at that price was offered, and the victim does not agree.
	VictimRefuses NoReserveGround = "victim_refuses"
)

// NoReserve is the record of the ground (R26n): on which day the property was offered at the last sale's reserve price, and the
// document by which the authority asked or the victim refused. Document is its SHA-256, in hex.
type NoReserve struct {
	Ground     NoReserveGround `json:"ground" zh:"依据" en:"ground"`
	OfferedOn  Date            `json:"offered_on" zh:"告知日期" en:"offered on"`
	AnsweredOn Date            `json:"answered_on" zh:"文书日期" en:"date of the document"`
	Document   string          `json:"document" docket:"max=64" zh:"文书哈希" en:"hash of the document"`
}

// Auxiliary is a firm that helped, named and barred from bidding (R7, R34).
type Auxiliary struct {
	Name Text `json:"name" zh:"名称" en:"name"`
	Work Text `json:"work" zh:"承担的工作" en:"work"`
}

// Reference is the price that the starting price is measured against (R10) and
// whether it is an appraisal; 0 where there is none (R12e).
func (l Lot) Reference() (price money.Fen, appraised bool) {
	if l.AppraisalFen > 0 {
		return money.Fen(l.AppraisalFen), true
	}
	return money.Fen(l.MarketPriceFen), false
}

// Property returns the assets of a lot of this case, in the lot's order.
func (k Case) Property(l Lot) []Asset {
	out := make([]Asset, 0, len(l.AssetRefs))
	for _, ref := range l.AssetRefs {
		for _, a := range k.Assets {
			if a.Ref == ref {
				out = append(out, a)
			}
		}
	}
	return out
}

// SplitGroups lists the indivisible groups of property that lacks some of the
// same group in estate, all the property of the case (R15).
func SplitGroups(property, estate []Asset) []string {
	count := func(list []Asset) map[string]int {
		n := map[string]int{}
		for _, a := range list {
			if a.IndivisibleGroup != "" {
				n[a.IndivisibleGroup]++
			}
		}
		return n
	}
	all := count(estate)
	var split []string
	for group, n := range count(property) {
		if n < all[group] {
			split = append(split, group)
		}
	}
	slices.Sort(split)
	return split
}

// KindOf is how a lot of this property counts for periods of notice (R12): one
// thing in it that is no movable makes the longer period due.
func KindOf(property []Asset) law.Kind {
	for _, a := range property {
		if info, ok := Info(a.Category); ok && info.Kind != law.Movable {
			return info.Kind
		}
	}
	return law.Movable
}
