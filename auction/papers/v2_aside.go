package papers

import (
	"fmt"
	"strings"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

const (
	houseBidders   = "《最高人民法院关于人民法院司法拍卖房产竞买人资格若干问题的规定》"
	houseBiddersEN = "Fa Shi (2021) No. 18"
	equity         = "《最高人民法院关于人民法院强制执行股权若干问题的规定》"
	equityEN       = "Fa Shi (2021) No. 20"
)

// settingAsideV2 is the ruling that a sale does not stand (OJA 31): 撤销裁定.
func (p *Paper) settingAsideV2(w *writer) {
	f := p.Facts
	if f.Fallen == nil {
		return
	}
	who := w.pick("买受人", "Buyer")
	if f.Taken {
		who = w.pick("承受人", "Creditor who took the property")
	}
	objector := ""
	if f.Fallen.Request { // the court fills in whom it does not publish
		objector = w.pick("异议人："+w.blank()+"。", "Objector: "+w.blank()+".")
	}
	w.add("", "",
		p.applicants(w),
		line(w, w.pick("被执行人", "Debtor"), join(w, f.Debtors)),
		line(w, who, w.text(p.buyer())+p.agent(w)),
		objector)
	w.add("", "", p.saleThatFell(w), p.whyItFalls(w), p.court(w), w.pick(
		"依照"+p.lawOfFall(w)+"的规定，裁定如下：", "By "+p.lawOfFall(w)+", this court rules:"))
	p.ordersOfFall(w)
}

// line ends once, whether the name ends with a stop (Co., Ltd.) or not.
func line(w *writer, what, name string) string {
	return what + w.pick("：", ": ") + strings.TrimSuffix(name, ".") + w.pick("。", ".")
}

// saleThatFell tells the sale, or the taking after it.
func (p *Paper) saleThatFell(w *writer) string {
	f, property, buyer := p.Facts, p.property(w), w.text(p.buyer())
	out := w.pick(p.inTheCase(w)+"依法在“明槌”网络司法拍卖平台对被执行人的下列财产进行"+p.stage(w)+"："+property+"。",
		p.inTheCase(w)+"this court held the "+p.stage(w)+" of this property of the debtor on the platform Mingchui: "+property+".")
	if f.Taken {
		out += w.pick("因无人出价，该次"+saleVerb(p.Stage)+"流拍，"+buyer+"以保留价"+sum(w, f.Price)+"接受上述财产抵偿债务。",
			" Nobody bid, and "+buyer+" took it for the debt at the reserve price of "+sum(w, f.Price)+".")
	} else {
		out += w.pick(w.day(f.EndsAt)+"，买受人"+buyer+"以"+sum(w, f.Price)+"的最高价竞得。", " On "+w.day(f.EndsAt)+" "+buyer+" bought it with the highest bid of "+sum(w, f.Price)+".")
	}
	if f.RulingNumber != "" {
		out += w.pick("本院"+f.RulingNumber+"执行裁定书已于"+w.day(f.ServedAt)+"送达。", " This court’s ruling "+f.RulingNumber+" was served on "+w.day(f.ServedAt)+".")
	}
	return out
}

// groundOfFall is a ground of OJA 31 in the words of its item, and which item it is.
func groundOfFall(w *writer, ground string) (words string, item int) {
	list := []struct{ ground, zh, en string }{
		{"untrue_statement", "拍卖财产的文字说明、视频或者照片展示以及瑕疵说明严重失实，致使买受人产生重大误解，购买目的无法实现", "the text, the video or photographs or the statement of defects of the property were gravely untrue, so that the buyer erred and the purpose of buying fails"},
		{"system_fault", "由于系统故障、病毒入侵、黑客攻击、数据错误等原因致使拍卖结果错误，严重损害当事人或者其他竞买人利益", "a system fault, virus, attack or data error made the result wrong and did grave harm to parties or other bidders"},
		{"collusion", "竞买人之间，竞买人与网络司法拍卖服务提供者之间恶意串通，损害当事人或者其他竞买人利益", "bidders colluded among themselves or with the platform, to the harm of parties or other bidders"},
		{"unqualified_buyer", "买受人不具备法律、行政法规和司法解释规定的竞买资格", "the buyer is not qualified to bid as laws, regulations and judicial interpretations demand"},
		{"unequal_terms", "违法限制竞买人参加竞买或者对享有同等权利的竞买人规定不同竞买条件", "bidders were unlawfully kept from bidding, or bidders of equal rights were given unequal terms"},
		{"serious_breach", "存在其他严重违反网络司法拍卖程序且损害当事人或者竞买人利益的情形", "the procedure of the sale was gravely breached otherwise, to the harm of parties or bidders"},
	}
	for i, one := range list {
		if one.ground == ground {
			return w.pick(one.zh, one.en), i + 1
		}
	}
	return "", 0
}

// whyItFalls is what the setting aside rests on.
func (p *Paper) whyItFalls(w *writer) string {
	f := p.Facts
	ground, _ := groundOfFall(w, f.Ground)
	act := w.pick("上述"+saleVerb(p.Stage), "this sale")
	if f.Taken {
		ground = strings.NewReplacer("买受人", "承受人", "the buyer", "the creditor").Replace(ground)
		act = w.pick("上述以物抵债", "this taking")
	}
	switch {
	case f.Fallen.Request:
		return w.pick("异议人请求撤销"+act+"，理由是："+ground+"。经审查，异议请求成立。", "The objector asked this court to set "+act+" aside because "+ground+". On review the request is founded.")
	case !f.Fallen.Order.IsZero():
		order := strings.TrimRight(w.text(f.Fallen.Order), "。.")
		return w.pick(act+"经"+order+"认定应当撤销："+ground+"。", "By "+order+", "+act+" is to be set aside because "+ground+".")
	}
	if f.Fallen.Approval {
		if f.Fallen.Kept > 0 {
			return w.pick("买受人明知不符合公告载明的竞买资格或者条件依然参加竞买，且未在合理期限内取得相关部门的股权变更批准手续。",
				"The buyer bid though knowing that the announced qualification or condition was not met, and did not get the authority’s approval of the change of equity within the time that was announced.")
		}
		return w.pick("买受人未在合理期限内取得相关部门的股权变更批准手续。", "The buyer did not get the authority’s approval of the change of equity within the time that was announced.")
	}
	return w.pick("本院在出具裁定前审核查明，"+ground+"。", "Before its ruling on the sale this court examined the proof and found that "+ground+".")
}

// court is the court's published reason.
func (p *Paper) court(w *writer) string {
	reason := strings.TrimRight(w.text(p.Facts.Reason), "。.")
	if reason == "" {
		return ""
	}
	return w.pick("本院认为："+reason+"。", "This court holds: "+reason+".")
}

// lawOfFall is what the ruling rests on: for a request, how it is made; for the buyer's qualification, who asks for it.
func (p *Paper) lawOfFall(w *writer) string {
	f := p.Facts
	var list []docket.Text
	if f.Fallen.Request {
		list = append(list, docket.Text{Zh: procedureLaw + "第二百三十六条", En: procedureLawEN + ", art. 236"})
	}
	if _, item := groundOfFall(w, f.Ground); item > 0 {
		list = append(list, docket.Text{Zh: onlineAuction + "第三十一条第" + small(item) + "项", En: fmt.Sprintf("%s, art. 31 no. %d", onlineAuctionEN, item)})
	} else {
		list = append(list, docket.Text{Zh: onlineAuction + "第三十一条", En: onlineAuctionEN + ", art. 31"})
	}
	if f.Ground == "unqualified_buyer" {
		list = append(list, docket.Text{Zh: auctionAndSale + "第十二条", En: auctionAndSaleEN + ", art. 12"})
		switch {
		case f.Fallen.Approval && f.Fallen.Kept > 0:
			list = append(list, docket.Text{Zh: equity + "第十五条第二款、第三款", En: equityEN + ", art. 15 paras. 2 and 3"})
		case f.Fallen.Approval:
			list = append(list, docket.Text{Zh: equity + "第十五条第二款", En: equityEN + ", art. 15 para. 2"})
		case f.Fallen.Kept > 0:
			list = append(list, docket.Text{Zh: equity + "第十五条第三款", En: equityEN + ", art. 15 para. 3"})
		case !f.Fallen.Request && f.Fallen.Order.IsZero():
			list = append(list, docket.Text{Zh: houseBidders + "第三条", En: houseBiddersEN + ", art. 3"})
		}
	}
	return join(w, list)
}

// ordersOfFall are what the court rules: the sale, the ruling on it, the money, the property.
func (p *Paper) ordersOfFall(w *writer) {
	f, property, buyer := p.Facts, p.property(w), w.text(p.buyer())
	x := f.Fallen
	list := []docket.Text{{
		Zh: "撤销" + w.day(f.EndsAt) + "在“明槌”网络司法拍卖平台对" + property + "进行的" + p.stage(w) + "。",
		En: "The " + p.stage(w) + " of " + property + " on the platform Mingchui, which ended on " + w.day(f.EndsAt) + ", is set aside.",
	}}
	if f.Taken {
		list[0] = docket.Text{Zh: "撤销" + buyer + "以" + sum(w, f.Price) + "接受" + property + "抵偿债务。", En: "The taking of " + property + " by " + buyer + " for the debt at " + sum(w, f.Price) + " is set aside."}
	}
	if f.RulingNumber != "" {
		list = append(list, docket.Text{Zh: "撤销本院" + f.RulingNumber + "执行裁定。", En: "This court’s ruling " + f.RulingNumber + " is revoked."})
	}
	if x.Kept > 0 {
		list = append(list, docket.Text{
			Zh: buyer + "交纳的保证金" + sum(w, x.Kept) + "不予退还；不足以支付拍卖产生的费用损失、弥补重新拍卖价款低于原拍卖价款差价的，本院可以裁定其补交。",
			En: "The deposit of " + sum(w, x.Kept) + " that " + buyer + " paid does not go back. Where it does not cover the costs and losses of the sale and what the property brings less when it is sold again, this court may order the rest to be paid.",
		})
	}
	if x.Reversed > 0 {
		money := docket.Text{Zh: buyer + "交付的款项" + sum(w, x.Reversed) + "全额退还。", En: "What " + buyer + " paid, " + sum(w, x.Reversed) + ", goes back in full."}
		if x.Kept > 0 {
			money = docket.Text{Zh: buyer + "交付的其余款项" + sum(w, x.Reversed) + "予以退还。", En: "What " + buyer + " paid besides, " + sum(w, x.Reversed) + ", goes back."}
		}
		if x.Recoverable > 0 {
			money.Zh += "其中已经发放的" + sum(w, x.Recoverable) + "，由收款人返还本院。"
			money.En += " " + sum(w, x.Recoverable) + " of it was paid out; whoever had it returns it to this court."
		}
		list = append(list, money)
	}
	list = append(list, p.propertyAfterFall())
	lines := make([]string, 0, len(list)+1)
	for i, one := range list {
		lines = append(lines, w.pick(small(i+1)+"、"+one.Zh, fmt.Sprintf("%d. %s", i+1, one.En)))
	}
	ending := w.pick("本裁定送达后即发生法律效力。", "This ruling takes effect when it is served.")
	if x.Request {
		ending = w.pick("如不服本裁定，可以自本裁定送达之日起十日内向上一级人民法院申请复议。", "Whoever does not accept this ruling may apply to the next higher court for review within ten days of its service.")
	}
	w.add("", "", append(lines, ending)...)
}

// propertyAfterFall is what becomes of the property.
func (p *Paper) propertyAfterFall() docket.Text {
	seizure := docket.Text{Zh: "本院对上述财产的查封（扣押、冻结）继续有效", En: "This court’s seizure (or freeze) of it stays in force"}
	if p.Facts.RulingNumber != "" { // that ruling lifted it
		seizure = docket.Text{Zh: "上述财产恢复至拍卖前的查封（扣押、冻结）状态", En: "This court’s seizure (or freeze) of it is as it was before the sale"}
	}
	switch {
	case !p.Facts.Fallen.Again:
		return docket.Text{Zh: "上述财产不再拍卖，其查封（扣押、冻结）由本院另行处理。", En: "It is not sold again; this court decides on its seizure (or freeze) on its own."}
	case p.Stage == law.SellOff:
		return docket.Text{Zh: seizure.Zh + "，依法重新变卖。", En: seizure.En + ", and it is put up for sell-off again."}
	}
	if p.Facts.Fallen.Approval {
		return docket.Text{Zh: seizure.Zh + "，依法重新拍卖，原买受人不得参加竞买。", En: seizure.En + ", and it is sold again; the buyer may not bid."}
	}
	return docket.Text{Zh: seizure.Zh + "，依法重新拍卖。", En: seizure.En + ", and it is sold again."}
}
