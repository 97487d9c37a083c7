package papers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Announcement is all that R12, R13 and R14 have published on the day, as it
// was published. Its JSON is stored byte for byte; Hash is taken of that.
type Announcement struct {
	// Version is 1.
	Version    int          `json:"v"`
	Lot        string       `json:"lot"`
	CaseNumber string       `json:"case_number"`
	Court      docket.Court `json:"court"`
	Stage      law.Stage    `json:"stage"`
	Title      docket.Text  `json:"title"`
	// R13(1), (4): time, price, rules.
	PublishedAt   time.Time           `json:"published_at"`
	StartsAt      time.Time           `json:"starts_at"`
	EndsAt        time.Time           `json:"ends_at"`
	RuleSet       string              `json:"rule_set"`
	RuleDigest    string              `json:"rule_digest"`
	StartingPrice money.Fen           `json:"starting_price_fen"`
	Increment     money.Fen           `json:"increment_fen"`
	Deposit       money.Fen           `json:"deposit_fen"`
	Reference     money.Fen           `json:"reference_fen"`
	ReferenceKind string              `json:"reference_kind"`
	PricingBasis  docket.PricingBasis `json:"pricing_basis"`
	Previous      []PreviousSale      `json:"previous,omitempty"`
	BiddingRules  []docket.Text       `json:"bidding_rules"`
	// MaximumBids: bidders may leave a maximum that is bid for them.
	MaximumBids bool `json:"maximum_bids,omitempty"`
	// R13(2): the instrument, or why it is not published.
	Instrument docket.Instrument `json:"instrument"`
	Applicants []docket.Text     `json:"applicants"`
	Debtors    []docket.Text     `json:"debtors"`
	// R13(3), (5), (9): the property, its papers, its taxes.
	Property []docket.Asset `json:"property"`
	// R13(6), (7).
	PriorityPurchasers []docket.PriorityPurchaser `json:"priority_purchasers"`
	Notifications      []docket.Notification      `json:"notifications"`
	// R13(8), (10).
	Payment        docket.Payment         `json:"payment"`
	BalanceDueDays int                    `json:"balance_due_days"`
	Contact        docket.Contact         `json:"contact"`
	Viewing        docket.Viewing         `json:"viewing"`
	Conditions     docket.Text            `json:"bidder_conditions"`
	PurchaseLimits *docket.PurchaseLimits `json:"purchase_limits,omitempty"`
	Approval       *docket.Approval       `json:"approval,omitempty"`
	WholeEquity    *docket.WholeEquity    `json:"whole_equity,omitempty"`
	Handover       docket.Text            `json:"handover"`
	Disclaimer     docket.Text            `json:"disclaimer"`
	Auxiliary      []docket.Auxiliary     `json:"auxiliary,omitempty"`
	Liability      docket.Text            `json:"liability"`
	// Notices are the seven of R14, in its order.
	Notices []Notice `json:"notices"`
	// LateReason says why a sale is announced after its time (R26).
	LateReason docket.Text `json:"late_reason,omitzero"`
	// NoReserve is on which ground the sale has no reserve (R26n).
	NoReserve *docket.NoReserve `json:"no_reserve,omitempty"`
	// Referred: the criminal division referred the case and nobody applied, so it stands where the applicant would.
	Referred bool `json:"referred,omitempty"`
}

// PreviousSale is a sale before this one that found no bid.
type PreviousSale struct {
	Stage         law.Stage   `json:"stage"`
	StartingPrice money.Fen   `json:"starting_price_fen"`
	EndedOn       docket.Date `json:"ended_on"`
}

// Notice is one of R14's special notices.
type Notice struct {
	// Key is stable: capacity, agents, defects, as_is, acceptance, identity, default.
	Key   string      `json:"key"`
	Title docket.Text `json:"title"`
	Text  docket.Text `json:"text"`
}

// Notices are the seven special notices of OJA 14 for a rule set.
func Notices() []Notice {
	t := func(key, titleZH, titleEN, zh, en string) Notice {
		return Notice{key, docket.Text{Zh: titleZH, En: titleEN}, docket.Text{Zh: zh, En: en}}
	}
	return []Notice{
		t("capacity", "资格", "Capacity",
			"竞买人应当具备完全民事行为能力，法律、行政法规和司法解释对买受人资格或者条件有特殊规定的，竞买人应当具备规定的资格或者条件。",
			"A bidder must have full capacity for civil acts and must meet every special qualification that laws, regulations or judicial interpretations require of the buyer."),
		t("agents", "代理", "Agents",
			"委托他人代为竞买的，应当在竞价程序开始前经人民法院确认，并通知网络服务提供者。",
			"Whoever has an agent bid must have the agent confirmed by the court before bidding starts, and the platform told."),
		t("defects", "已知瑕疵和权利负担", "Known defects and encumbrances",
			"拍卖财产已知瑕疵和权利负担见本公告的勘查清单与权利负担。",
			"The known defects and encumbrances of the property stand in this announcement's survey and list of encumbrances."),
		t("as_is", "以现状拍卖", "Sold as it stands",
			"拍卖财产以实物现状为准，竞买人可以申请实地看样。",
			"The property is sold as it physically stands; bidders may ask to view it."),
		t("acceptance", "视为接受", "Acceptance",
			"竞买人决定参与竞买的，视为对拍卖财产完全了解，并接受拍卖财产一切已知和未知瑕疵。",
			"Whoever decides to bid is taken to know the property fully and to accept all its defects, known and unknown."),
		t("identity", "公示真实身份", "The buyer's identity is published",
			"载明买受人真实身份的拍卖成交确认书在网络司法拍卖平台上公示。",
			"The confirmation of the sale, which states the buyer's true identity, is published on the platform."),
		t("default", "悔拍不退保证金", "No deposit back on default",
			"买受人悔拍后保证金不予退还。",
			"The deposit of a buyer who defaults is not returned."),
	}
}

// Rules are the bidding rules in words for a rule set and a stage (R20, R21, R11).
func Rules(r law.RuleSet, stage law.Stage) []docket.Text {
	list := []docket.Text{
		{Zh: "增价拍卖，竞价从起拍价开始，低于起拍价的出价无效；一人参与竞拍，出价不低于起拍价的，拍卖成交。", En: "Bidding ascends from the starting price; a bid below it is void. One bid at or above the starting price sells."},
		{Zh: "每次加价为增价幅度的整数倍，领先者不与自己竞价（平台规则）。", En: "Each raise is a whole number of increments, and the leader does not bid against himself (rules of this platform)."},
		{Zh: fmt.Sprintf("竞价结束前%s内有人出价的，结束时间自该次出价起顺延%s，次数不限。", spanZH(r.Extension), spanZH(r.Extension)), En: fmt.Sprintf("A bid within the last %s moves the end to %s after that bid, as often as it happens.", spanEN(r.Extension), spanEN(r.Extension))},
		{Zh: "优先购买权人可以与最高出价同价应买；无更高出价的，拍归优先购买权人。顺位不同的，归顺位在先者；顺位相同的，归出价在先者。", En: "A priority purchaser may match the highest bid; without a higher bid the property is the priority purchaser's. Better rank comes first, and of equal ranks the earlier bid."},
		{Zh: "出价时间以进入平台的时间为准。", En: "The time of a bid is the time when it entered the platform."},
	}
	if stage == law.SellOff {
		list = append(list, docket.Text{
			Zh: fmt.Sprintf("变卖期为%s，出现第一次有效出价即进入%s的竞价程序，竞价结束变卖即结束；竞买人以全款报名。", spanZH(r.SellOffPeriod), spanZH(r.SellOffCourse)),
			En: fmt.Sprintf("The sell-off stands open for %s; the first valid bid starts a course of %s, whose end ends the sell-off. Bidders qualify by paying the full price.", spanEN(r.SellOffPeriod), spanEN(r.SellOffCourse)),
		})
	}
	if stage == law.NoReserve {
		list = append(list, docket.Text{
			Zh: "本次拍卖不设保留价：起拍价由合议庭确定，只是竞价的起点，不受评估价（市价）和前次拍卖、变卖价格的限制。",
			En: "The sale has no reserve: the panel fixed the starting price, which is where bidding begins and no more. Neither the appraisal or market price nor the prices of the sales before bind it.",
		})
	}
	return list
}

// MaximumBids is the bidding rule of a lot that offers them.
func MaximumBids() docket.Text {
	return docket.Text{
		Zh: "竞买人可以设定最高限价，由平台在限价内代为出价：有人出价更高时按增价幅度加价，优先购买权人可以同价应买。代为出价与本人出价效力相同，并注明为自动出价；两个限价相同且顺位相同的，先设定者先出价。限价数额在竞价结束前保密，只公布其承诺值，竞价结束后公开，供任何人核对。限价可以随时变更或撤回，已代为作出的出价有效。",
		En: "A bidder may set a maximum, up to which the platform bids: one increment above a higher bid, or the same price where a priority purchaser may match. Such a bid counts as the bidder's own and is marked automatic. Of two equal maxima of equal rank the one that was set first bids first. How high a maximum is stays secret until bidding ends; until then only a commitment to it is public, and then it is opened, so that anybody can check it. A maximum can be changed or withdrawn at any time; bids placed for it stand.",
	}
}

// Liability is what a default costs (R24, R25).
func Liability(days int) docket.Text {
	return docket.Text{
		Zh: fmt.Sprintf("买受人应当自竞价结束之日起%d日内将余款交付至公告所列账户。逾期未付的，保证金不予退还，依次用于支付拍卖产生的费用损失、弥补重新拍卖价款低于原拍卖价款的差价、冲抵本案被执行人的债务以及与拍卖财产相关的被执行人的债务；悔拍后重新拍卖的，原买受人不得参加竞买。", days),
		En: fmt.Sprintf("The buyer pays the rest to the account named here within %d days of the end of bidding. After that the deposit is kept and used, in this order, for the costs of the sale, the shortfall of the re-sale's price, the debt of this case and the debtor's other debts tied to the property; the defaulting buyer may not bid when the property is sold again.", days),
	}
}

func spanZH(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0 && d > 24*time.Hour:
		return fmt.Sprintf("%d日", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%d小时", d/time.Hour)
	}
	return fmt.Sprintf("%d分钟", d/time.Minute)
}

func spanEN(d time.Duration) string {
	n, unit := int64(d/time.Minute), "minute"
	switch {
	case d%(24*time.Hour) == 0 && d > 24*time.Hour:
		n, unit = int64(d/(24*time.Hour)), "day"
	case d%time.Hour == 0:
		n, unit = int64(d/time.Hour), "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// Party is a party as the public reads it: the name of an organisation that is
// published, else the role.
func Party(p docket.Party, role docket.Text) docket.Text {
	if p.NamePublished && p.Kind != docket.Person && !p.Name.IsZero() {
		return p.Name
	}
	return role
}

// Applicant and Debtor are the roles that stand for names.
func Applicant() docket.Text { return docket.Text{Zh: "申请执行人", En: "Applicant"} }

// Debtor is the role of the person enforced against.
func Debtor() docket.Text { return docket.Text{Zh: "被执行人", En: "Debtor"} }

// Creditor is the role that stands for the name of a creditor with priority.
func Creditor(ground docket.PriorityClaimKind) docket.Text {
	switch ground {
	case docket.ByMortgage:
		return docket.Text{Zh: "抵押权人", En: "Mortgagee"}
	case docket.ByPledge:
		return docket.Text{Zh: "质权人", En: "Pledgee"}
	case docket.ByLien:
		return docket.Text{Zh: "留置权人", En: "Lien holder"}
	case docket.ByConstruction:
		return docket.Text{Zh: "建设工程承包人", En: "Contractor of the building"}
	case docket.ByWages:
		return docket.Text{Zh: "职工", En: "Employees"}
	case docket.ByTax:
		return docket.Text{Zh: "税务机关", En: "Tax authority"}
	case docket.ByRestitution:
		return docket.Text{Zh: "被害人", En: "Victims"}
	}
	return docket.Text{Zh: "优先受偿债权人", En: "Creditor with priority"}
}

// Encode gives a paper's bytes and their SHA-256 in hex: what is stored, and
// what the log quotes.
func Encode(paper any) (document []byte, hash string, err error) {
	document, err = json.Marshal(paper)
	if err != nil {
		return nil, "", fmt.Errorf("encode paper: %w", err)
	}
	sum := sha256.Sum256(document)
	return document, hex.EncodeToString(sum[:]), nil
}
