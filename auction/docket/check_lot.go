package docket

import (
	"fmt"
	"slices"
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// maxBalanceDays bounds the period to pay the balance; the announcement names it (R25).
const maxBalanceDays = 60

func (c *checker) lot(path string, l *Lot, own map[string]*Asset, sold map[string]string) {
	if len(l.AssetRefs) == 0 && c.stands(path+".asset_refs") {
		c.tell(path+".asset_refs", LotWithoutAsset, "", "标的里没有财产。", "The lot has no property in it.")
	}
	c.assetRefs(path+".asset_refs", l.AssetRefs, own)
	for i, r := range l.AssetRefs {
		at := fmt.Sprintf("%s.asset_refs[%d]", path, i)
		if first, twice := sold[r]; twice && r != "" && parent(parent(first)) != path {
			c.twice(at, AssetInTwoLots, "财产", "property", r, first)
			continue
		}
		sold[r] = at
	}
	c.whole(path, l, own)
	c.equity(path, l, own)
	c.pricing(path, l, own)
	c.prices(path, l)
	c.notices(path, l, own)
	if days := l.Payment.BalanceDueDays; c.stands(path+".payment.balance_due_days") && (days < 1 || days > maxBalanceDays) {
		c.tell(path+".payment.balance_due_days", OutOfRange, "R25", "余款期限应为 1 至 60 日。", "The balance is due within 1 to 60 days.")
	}
}

// whole holds R15: what cannot be used apart is sold as one lot, or the lot says why not.
func (c *checker) whole(path string, l *Lot, own map[string]*Asset) {
	if !l.SplitReason.IsZero() {
		return
	}
	var property, estate []Asset
	for ref, a := range own {
		estate = append(estate, *a)
		if slices.Contains(l.AssetRefs, ref) {
			property = append(property, *a)
		}
	}
	for _, group := range SplitGroups(property, estate) {
		c.tell(path+".asset_refs", fault.IndivisibleSplit, "R15",
			"不可分财产组“"+clip(group)+"”应整体拍卖，本标的缺少其中一部分；分别拍卖的，应写明理由（split_reason）。",
			"The indivisible group “"+clip(group)+"” is sold as one lot, and this lot lacks some of it; sold apart, the reason is stated (split_reason).")
	}
}

// pricing holds R10p and R13's third item: where the price comes from, how long
// it serves, and that the paper is published.
func (c *checker) pricing(path string, l *Lot, own map[string]*Asset) {
	b := l.PricingBasis
	at := path + ".pricing_basis"
	hasAppraisal, hasMarket := c.stands(path+".appraisal_fen"), c.stands(path+".market_price_fen")
	switch {
	case b.Origin == "":
	case b.Origin == PricedByCosts:
		c.pricedByCosts(path, l, own)
	case hasAppraisal && hasMarket:
		c.tell(path+".market_price_fen", PriceTwice, "R10", "评估价与市价只能写一个。", "Either an appraisal or a market price, not both.")
	case c.absent(path+".appraisal_fen") && c.absent(path+".market_price_fen"):
		c.tell(path, PriceMissing, "R10", "缺少评估价（appraisal_fen）或市价（market_price_fen）。", "An appraisal (appraisal_fen) or a market price (market_price_fen) is missing.")
	case !hasAppraisal && !hasMarket: // one stands, unreadable: told
	case hasAppraisal != (b.Origin == PricedByAppraisal):
		c.tell(at+".origin", PriceMismatch, "R10p", "评估的写评估价，议价、定向询价、网络询价的写市价。", "An appraisal goes with appraisal_fen; agreement, authority and online inquiry go with market_price_fen.")
	}
	if b.ValuedOn != "" && b.ValidUntil != "" {
		from, _ := time.Parse(time.DateOnly, string(b.ValuedOn)) // the decoder took it as a date
		to, _ := time.Parse(time.DateOnly, string(b.ValidUntil))
		switch {
		case to.Before(from):
			c.tell(at+".valid_until", BadOrder, "R10p", "有效期早于价值时点。", "It is valid until a day before it was made.")
		case to.After(from.AddDate(1, 0, 0)):
			c.tell(at+".valid_until", OutOfRange, "R10p", "参考价的有效期最长一年。", "A reference price is valid for at most one year.")
		}
	}
	want := PricingPaper
	if b.Origin == PricedByAppraisal {
		want = AppraisalReport
	}
	complete := len(l.AssetRefs) > 0 && b.Origin != ""
	for _, r := range l.AssetRefs {
		if own[r] == nil {
			complete = false
			continue
		}
		for _, d := range own[r].Documents {
			if d.Kind == want {
				return
			}
		}
	}
	if complete {
		c.tell(path+".asset_refs", DocumentAbsent, "R13", "财产的文书资料里缺少评估报告副本或定价依据（"+string(want)+"）。", "The documents of the property lack the appraisal report or the pricing basis ("+string(want)+").")
	}
}

// pricedByCosts is R12e's way, for equity that cannot be appraised.
func (c *checker) pricedByCosts(path string, l *Lot, own map[string]*Asset) {
	if !l.ofEquity(own) {
		c.tell(path+".pricing_basis.origin", PriceMismatch, "R12e", "只有无法评估的股权可以参照执行费用定价。", "Only equity that cannot be appraised is priced by the costs.")
		return
	}
	if l.AppraisalFen > 0 || l.MarketPriceFen > 0 {
		c.tell(path+".pricing_basis.origin", PriceMismatch, "R12e", "参照执行费用定价的，不写评估价或市价。", "Priced by the costs, there is no appraisal and no market price.")
	}
}

// prices holds R10, R26, R26s, R26n, R20a and R17.
func (c *checker) prices(path string, l *Lot) {
	start := money.Fen(l.StartingPriceFen)
	if start == 0 {
		if c.stands(path + ".starting_price_fen") {
			c.tell(path+".starting_price_fen", fault.ReserveTooLow, "R10", "起拍价应大于零。", "The starting price is above zero.")
		}
		return
	}
	reference := money.Fen(max(l.AppraisalFen, l.MarketPriceFen))
	switch l.Stage {
	case law.First:
		c.firstPrice(path+".starting_price_fen", start, reference)
		if len(l.Previous) > 0 {
			c.tell(path+".previous", PreviousMissing, "", "第一次拍卖没有此前流拍。", "A first sale has no failed sale before it.")
		}
	case law.Second:
		if c.previous(path, l, law.First) {
			c.firstPrice(path+".previous[0].starting_price_fen", money.Fen(l.Previous[0].StartingPriceFen), reference)
			c.secondPrice(path+".starting_price_fen", start, money.Fen(l.Previous[0].StartingPriceFen))
		}
	case law.SellOff:
		if c.previous(path, l, law.First, law.Second) {
			first, second := money.Fen(l.Previous[0].StartingPriceFen), money.Fen(l.Previous[1].StartingPriceFen)
			c.firstPrice(path+".previous[0].starting_price_fen", first, reference)
			c.secondPrice(path+".previous[1].starting_price_fen", second, first)
			if start != second {
				c.tell(path+".starting_price_fen", fault.ReserveTooLow, "R26s",
					"变卖价应为第二次拍卖的起拍价 "+second.ShortYuan()+" 元。", "A sell-off starts at the second sale's starting price, ¥"+second.ShortYuan()+".")
			}
		}
	case law.NoReserve: // the panel fixes where bidding begins; no floor binds
		c.previous(path, l, law.First, law.Second, law.SellOff)
	}
	if c.stands(path+".increment_fen") && (l.IncrementFen < 1 || money.Fen(l.IncrementFen) > start) {
		c.tell(path+".increment_fen", fault.IncrementInvalid, "R20a", "增价幅度应大于零，且不超过起拍价。", "The increment is above zero and not above the starting price.")
	}
	c.deposit(path, l, start)
	if l.MaximumBids && !c.rules.MaximumBids {
		c.tell(path+".maximum_bids", fault.MaximumNotAllowed, "R20a", "适用的规则不允许最高限价自动出价。", "The rules that apply allow no maximum bids.")
	}
}

func (c *checker) deposit(path string, l *Lot, start money.Fen) {
	least, most, err := c.rules.DepositBounds(start)
	deposit := money.Fen(l.DepositFen)
	if err != nil || !c.stands(path+".deposit_fen") || l.PricingBasis.Origin == PricedByCosts || (deposit >= least && deposit <= most) {
		return
	}
	c.tell(path+".deposit_fen", fault.DepositOutOfBounds, "R17",
		fmt.Sprintf("保证金应为起拍价的百分之%s至百分之%s：%s 元至 %s 元。", law.Percent(c.rules.DepositMinPermille), law.Percent(c.rules.DepositMaxPermille), least.ShortYuan(), most.ShortYuan()),
		fmt.Sprintf("The deposit is %s %% to %s %% of the starting price: ¥%s to ¥%s.", law.Percent(c.rules.DepositMinPermille), law.Percent(c.rules.DepositMaxPermille), least.ShortYuan(), most.ShortYuan()))
}

func (c *checker) firstPrice(path string, start, reference money.Fen) {
	least, err := c.rules.MinFirstStart(reference)
	if err != nil || !c.stands(path) || start >= least {
		return
	}
	c.tell(path, fault.ReserveTooLow, "R10",
		fmt.Sprintf("第一次拍卖的起拍价不得低于评估价或市价的百分之%s，即 %s 元。", law.Percent(c.rules.ReserveMinPermille), least.ShortYuan()),
		fmt.Sprintf("The first starting price is not below %s %% of the appraisal or market price, ¥%s.", law.Percent(c.rules.ReserveMinPermille), least.ShortYuan()))
}

func (c *checker) secondPrice(path string, start, first money.Fen) {
	least, err := c.rules.MinSecondStart(first)
	if err != nil || !c.stands(path) || start >= least {
		return
	}
	c.tell(path, fault.ReserveTooLow, "R26",
		fmt.Sprintf("第二次拍卖的起拍价降幅不得超过百分之%s，不得低于 %s 元。", law.Percent(c.rules.ReductionMaxPermille), least.ShortYuan()),
		fmt.Sprintf("The second starting price is at most %s %% lower: not below ¥%s.", law.Percent(c.rules.ReductionMaxPermille), least.ShortYuan()))
}

func previousRule(s law.Stage) string {
	if s == law.NoReserve {
		return "R26n"
	}
	return "R26"
}

// previous checks that the sales that must have failed before are there, in order.
func (c *checker) previous(path string, l *Lot, want ...law.Stage) bool {
	ok := len(l.Previous) == len(want)
	for i, s := range want {
		ok = ok && l.Previous[i].Stage == s
	}
	if !ok {
		c.tell(path+".previous", PreviousMissing, previousRule(l.Stage), "第二次拍卖应列出流拍的第一次拍卖；变卖应依次列出两次；无保留价拍卖应依次列出两次拍卖和变卖。",
			"A second sale lists the first that failed; a sell-off lists both, in order; a sale without a reserve lists these and the sell-off.")
		return false
	}
	for i := 1; i < len(l.Previous); i++ {
		if l.Previous[i-1].EndedOn > l.Previous[i].EndedOn && l.Previous[i].EndedOn != "" {
			c.tell(fmt.Sprintf("%s.previous[%d].ended_on", path, i), BadOrder, previousRule(l.Stage), "后一次拍卖（变卖）早于前一次结束。", "A sale ended before the sale before it.")
		}
	}
	return true
}

// notices holds R13's sixth and seventh items and R16: who was told, how, or why not.
func (c *checker) notices(path string, l *Lot, own map[string]*Asset) {
	for i, p := range l.PriorityPurchasers {
		at := fmt.Sprintf("%s.priority_purchasers[%d]", path, i)
		c.rank(at, p.Rank)
		if !p.Waived && !told(p.NotifiedOn, p.How, p.ReasonNot) {
			c.tell(at, ReasonMissing, "R16", "应写明通知日期与方式，或未能通知的理由，或已书面放弃。", "State when and how the priority purchaser was notified, or why not, or that the right was waived in writing.")
		}
	}
	wanted := []Notified{ToApplicant, ToDebtor}
	for _, r := range l.AssetRefs {
		if a := own[r]; a != nil && a.secured() {
			wanted = append(wanted, ToSecurityHolder)
			break
		}
	}
	there := map[Notified]bool{}
	for i, n := range l.Notifications {
		there[n.To] = true
		at := fmt.Sprintf("%s.notifications[%d]", path, i)
		if !n.Waived && !told(n.On, n.How, n.ReasonNot) {
			c.tell(at, ReasonMissing, "R16", "应写明通知日期与方式，或未能通知的理由。", "State when and how, or why not.")
		}
		if n.No < 0 {
			c.tell(at+".no", OutOfRange, "R16", "序号自 1 起。", "Numbers count from 1.")
		}
	}
	if !c.stands(path + ".notifications") {
		return
	}
	for _, w := range wanted {
		if !there[w] {
			zh, en := w.Name()
			c.tell(path+".notifications", NotificationAbsent, "R16", "缺少对"+zh+"的通知情况。", "How the "+en+" was notified is missing.")
		}
	}
}

func told(on Date, how, reasonNot Text) bool {
	return (on != "" && !how.IsZero()) || !reasonNot.IsZero()
}

// secured reports a security right of another on the property.
func (a *Asset) secured() bool {
	for _, e := range a.Encumbrances {
		if e.Secures() {
			return true
		}
	}
	return false
}

// Secures tells a security right from other encumbrances; its holder is told of the sale (ASE 11).
func (e Encumbrance) Secures() bool {
	return e.Kind == Mortgage || e.Kind == Pledge || e.Kind == LienOn
}

// Name is the role in words.
func (n Notified) Name() (zh, en string) {
	switch n {
	case ToApplicant:
		return "申请执行人", "applicant"
	case ToDebtor:
		return "被执行人", "debtor"
	case ToCoOwner:
		return "共有人", "co-owner"
	case ToSecurityHolder:
		return "担保物权人", "security holder"
	case ToCompany:
		return "股权所在公司", "company"
	case ToOther:
		return "其他权利人", "other holder of rights"
	}
	return "", ""
}
