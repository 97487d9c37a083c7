package papers

// Suspends tells the suspension (中止) that the law itself demands, by a ruling,
// from the stay (暂缓) that the court or the platform orders for a time, by the
// stay's recorded ground (OJA 28; Civil Procedure Law 2023, art. 267). A ground
// that is not listed is a stay.
func Suspends(ground string) bool {
	switch ground {
	case "third_party_claim", "applicant_agrees", "heirs_awaited", "successor_awaited", "bankruptcy", "suspended_by_law":
		return true
	}
	return false
}

// StayGrounds are the grounds that a court names when it stops a sale: those of
// a stay first, then those of a suspension.
func StayGrounds() []string {
	return []string{
		"objection", "superior_order", "security_given", "property_checked",
		"third_party_claim", "applicant_agrees", "heirs_awaited", "successor_awaited", "bankruptcy", "suspended_by_law",
	}
}

// stayGround is a ground of a stay in words; empty for one that is free text.
func stayGround(w *writer, g string) string {
	words := map[string][2]string{
		"outage":            {"竞价服务发生故障，网络服务提供者先行暂缓拍卖并已报告本院", "the bidding service failed; the platform halted the sale first and reported to this court"},
		"objection":         {"当事人、利害关系人提出执行异议，正在审查", "an objection of a party or a person concerned is under review"},
		"superior_order":    {"上级人民法院决定暂缓执行", "a superior court ordered it"},
		"security_given":    {"被执行人提供担保并经申请执行人同意", "the debtor gave security and the applicant agreed"},
		"property_checked":  {"拍卖财产的有关情况需要进一步核实", "facts about the property are to be checked"},
		"third_party_claim": {"案外人对拍卖标的提出异议", "a third person claims the property"},
		"applicant_agrees":  {"申请执行人表示可以延期执行", "the applicant agreed to a delay"},
		"heirs_awaited":     {"作为一方当事人的公民死亡，需要等待继承人继承权利或者承担义务", "a party died and its heirs are awaited"},
		"successor_awaited": {"作为一方当事人的法人或者其他组织终止，尚未确定权利义务承受人", "a party that is an organisation ended and its successor is not determined"},
		"bankruptcy":        {"人民法院受理被执行人破产申请", "a bankruptcy petition of the debtor was accepted"},
		"debt_covered":      {"本案其他财产的价款已足以清偿债务和支付被执行人应当负担的费用", "other property of the case brought enough for the debt and the costs"},
		"suspended_by_law":  {"出现依法应当中止执行的其他情形", "of another circumstance in which the law suspends enforcement"},
	}[g]
	return w.pick(words[0], words[1])
}

// stayLaw is what a stop of a sale rests on, beside OJA 28.
func stayLaw(w *writer, g string) string {
	if g == "debt_covered" {
		return w.pick(auctionAndSale+"第十四条", auctionAndSaleEN+", art. 14")
	}
	words := map[string][2]string{
		"outage":            {"第二款", " para. 2"},
		"objection":         {"、第三十六条第一款", ", and art. 36 para. 1"},
		"third_party_claim": {"、第三十六条第二款", ", and art. 36 para. 2"},
	}[g]
	more := w.pick(words[0], words[1])
	item := map[string]string{"applicant_agrees": "一", "third_party_claim": "二", "heirs_awaited": "三", "successor_awaited": "四", "bankruptcy": "五", "suspended_by_law": "五"}[g]
	if item == "" {
		return w.pick(onlineAuction+"第二十八条"+more, onlineAuctionEN+", art. 28"+more)
	}
	no := map[string]string{"一": "1", "二": "2", "三": "3", "四": "4", "五": "5"}[item]
	return w.pick(
		procedureLaw+"第二百六十七条第一款第"+item+"项、"+onlineAuction+"第二十八条"+more,
		procedureLawEN+", art. 267 para. 1 no. "+no+", and "+onlineAuctionEN+", art. 28"+more)
}

// withdrawal is a ground of a withdrawal in words, and what it rests on (R17w);
// empty for one that is free text.
func withdrawal(w *writer, g string) (ground, source string) {
	words := map[string][3]string{
		"instrument_annulled": {"据以执行的生效法律文书被撤销", "the enforceable instrument was annulled", "第十七条第一项"},
		"applicant_withdrew":  {"申请执行人及其他执行债权人撤回执行申请", "the applicant and the other creditors withdrew", "第十七条第二项"},
		"debt_paid":           {"被执行人履行了法律文书确定的金钱债务", "the debt was paid", "第十七条第三项、第十九条"},
		"parties_settled":     {"当事人达成执行和解协议，不需要拍卖财产", "the parties settled and the property need not be sold", "第十七条第四项"},
		"objection_founded":   {"案外人对拍卖财产提出确有理由的异议", "a third person's objection to the sale of the property is founded", "第十七条第五项"},
		"collusion":           {"存在恶意串通", "there was collusion", "第十七条第六项"},
		"debt_covered":        {"本案其他财产的价款已足以清偿债务和支付被执行人应当负担的费用", "other property of the case brought enough for the debt and the costs", "第十四条"},
	}[g]
	if words[0] == "" {
		return "", w.pick("第十七条第七项", "art. 17 no. 7")
	}
	en := map[string]string{
		"第十七条第一项": "art. 17 no. 1", "第十七条第二项": "art. 17 no. 2", "第十七条第三项、第十九条": "arts. 17 no. 3 and 19", "第十七条第四项": "art. 17 no. 4",
		"第十七条第五项": "art. 17 no. 5", "第十七条第六项": "art. 17 no. 6", "第十四条": "art. 14",
	}[words[2]]
	return w.pick(words[0], words[1]), w.pick(words[2], en)
}
