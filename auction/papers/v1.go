package papers

import (
	"fmt"

	"mingchui/auction/law"
)

// textV1 writes a paper of version 1. Its words never change: papers that are printed again say what they said.
func (p *Paper) textV1(w *writer) Text {
	t := Text{Court: w.text(p.Court), Heading: PaperHeading(p.Kind, w.lang()), Number: p.CaseNumber}
	switch p.Kind {
	case SpecialNotices:
		p.noticesV1(w)
	case NotificationLetter:
		t.To = w.text(p.Facts.To) + w.pick("：", ":")
		p.letterV1(w)
	case StayNotice, ResumptionNotice, WithdrawalNotice:
		p.courtNoticeV1(w)
	case BuyerReceipt:
		t.To = w.text(p.Facts.Buyer) + w.pick("：", ":")
		p.receiptV1(w)
	case RulingDraft:
		// The court gives the number when it signs.
		t.Number = p.CaseNumber + w.pick("之＿＿", ", ruling no. ____")
		t.Draft = w.pick("草稿：经审判人员署名、加盖院印后生效", "Draft: takes effect with the judges' names and the court's seal")
		p.rulingV1(w)
	case RegistryNotice:
		t.To = p.registriesV1(w)
		p.registryV1(w)
	case HandoverRecord:
		p.handoverV1(w)
	case AnnouncementPaper, ConfirmationPaper, SettingAsideDraft: // of forms of their own, and one of version 2
	}
	t.Sections = w.list
	for _, line := range p.signedV1(w) {
		t.Signed = append(t.Signed, Signature{Text: line})
	}
	return t
}

func (p *Paper) noticesV1(w *writer) {
	lines := make([]string, 0, 8)
	lines = append(lines, w.pick("标的："+p.Title.Zh+"。", "Lot: "+p.Title.En+"."))
	for i, n := range Notices() {
		lines = append(lines, w.pick(fmt.Sprintf("%s、%s：%s", small(i+1), n.Title.Zh, n.Text.Zh), fmt.Sprintf("%d. %s: %s", i+1, n.Title.En, n.Text.En)))
	}
	w.add("", "", lines...)
}

// letter is the notification before the announcement (R16).
func (p *Paper) letterV1(w *writer) {
	f := p.Facts
	w.add("", "",
		w.pick(
			"本院在执行"+join(w, f.Applicants)+"与"+join(w, f.Debtors)+"一案中，依法对下列财产在“明槌”网络司法拍卖平台进行"+p.stage(w)+"："+p.property(w)+"。",
			"In the enforcement of "+join(w, f.Applicants)+" against "+join(w, f.Debtors)+", this court puts the following up for its "+p.stage(w)+" on the platform Mingchui: "+p.property(w)+"."),
		w.pick("评估价（参考价）："+amount(w, f.Appraisal)+"。", "Reference price: "+amount(w, f.Appraisal)+"."),
		w.pick("起拍价："+amount(w, f.Start)+"。拍卖时间以平台公告为准。", "Starting price: "+amount(w, f.Start)+". The time of the sale is that of the announcement on the platform."),
		w.pick(
			"优先购买权人经通知未参与竞买的，视为放弃优先购买权。当事人、利害关系人认为拍卖行为违反法律规定的，可以向本院提出异议。",
			"A priority purchaser who is notified and does not take part is taken to have waived the right. Parties and persons concerned who hold the sale to be unlawful may object to this court."),
		w.pick("联系电话："+p.CourtPhone+"。特此通知。", "Telephone: "+p.CourtPhone+"."))
}

// courtNotice is what is published of a stay, a resumption or a withdrawal.
func (p *Paper) courtNoticeV1(w *writer) {
	what := w.pick("决定暂缓（中止）本次"+p.stage(w), "stays the "+p.stage(w))
	switch p.Kind { //nolint:exhaustive // the three that come here
	case ResumptionNotice:
		what = w.pick("决定恢复本次"+p.stage(w), "resumes the "+p.stage(w))
	case WithdrawalNotice:
		what = w.pick("决定撤回本次"+p.stage(w), "withdraws the "+p.stage(w))
	}
	reason := w.text(p.Facts.Reason)
	if reason != "" {
		reason = w.pick("理由："+reason, "Reason: "+reason)
	}
	after := ""
	switch p.Kind { //nolint:exhaustive // the three that come here
	case StayNotice:
		after = w.pick("竞价剩余时间予以保留；原因消除后五日内恢复。已交纳的保证金依法处理。", "The time left is kept; the sale resumes within five days of the end of the cause. Deposits are handled as the law says.")
	case ResumptionNotice:
		after = w.pick("竞价自恢复时起按所余时间继续进行。", "Bidding goes on with the time that was left.")
	case WithdrawalNotice:
		after = w.pick("竞买人交纳的保证金于二十四小时内退还或者解除冻结。", "Deposits are returned or unfrozen within 24 hours.")
	}
	w.add("", "",
		w.pick(
			"本院于“明槌”网络司法拍卖平台对"+p.Title.Zh+"进行的"+p.stage(w)+"，现因故"+what+"。",
			"Of "+p.Title.En+", put up on the platform Mingchui, this court "+what+"."),
		groundV1(w, p.Facts.Ground), reason, after, w.pick("特此公告。", ""))
}

// receipt is for the whole price (R25).
func (p *Paper) receiptV1(w *writer) {
	f := p.Facts
	w.add("", "",
		w.pick("今收到你（单位）购买"+p.Title.Zh+"的全部价款"+amount(w, f.Price)+"。", "Received from you the whole price of "+p.Title.En+": "+amount(w, f.Price)+"."),
		w.pick(
			"其中已付保证金"+amount(w, f.Deposit)+"计入价款，余款"+amount(w, f.Price-f.Deposit)+"。",
			"The deposit of "+amount(w, f.Deposit)+" counted towards it; the balance was "+amount(w, f.Price-f.Deposit)+"."),
		w.pick("竞买代号："+f.BidderCode+"。全部款项到账时间："+w.clock(f.PaidAt)+"。款项存入本案案款账户。", "Bidder code: "+f.BidderCode+". All of it had arrived by "+w.clock(f.PaidAt)+", in the account of this case."))
}

// ruling is the 拍卖成交裁定, or that on a taking for the debt.
func (p *Paper) rulingV1(w *writer) {
	f := p.Facts
	w.add("", "",
		w.pick("申请执行人："+join(w, f.Applicants)+"。", "Applicant: "+join(w, f.Applicants)+"."),
		w.pick("被执行人："+join(w, f.Debtors)+"。", "Debtor: "+join(w, f.Debtors)+"."))
	course := w.pick(
		"本院于"+w.clock(f.EndsAt)+"在“明槌”网络司法拍卖平台对被执行人名下的"+p.property(w)+"进行"+p.stage(w)+"，买受人"+w.text(f.Buyer)+p.agent(w)+"以"+amount(w, f.Price)+"的最高价竞得，并已付清全部价款。",
		"On "+w.clock(f.EndsAt)+" this court sold the debtor's "+p.property(w)+" on the platform Mingchui ("+p.stage(w)+"); "+w.text(f.Buyer)+p.agent(w)+" made the highest bid of "+amount(w, f.Price)+" and has paid the whole price.")
	if f.Taken {
		course = w.pick(
			"被执行人名下的"+p.property(w)+"经"+p.stage(w)+"流拍，债权人（"+w.text(f.Buyer)+"）申请以该次拍卖的保留价"+amount(w, f.Price)+"抵偿债务。",
			"The "+p.stage(w)+" of the debtor's "+p.property(w)+" found no bid; "+w.text(f.Buyer)+" takes it for the debt at that sale's reserve price of "+amount(w, f.Price)+".")
	}
	w.add("", "", course, w.pick(
		"依照《中华人民共和国民事诉讼法》、《最高人民法院关于人民法院网络司法拍卖若干问题的规定》第二十二条、《最高人民法院关于人民法院民事执行中拍卖、变卖财产的规定》第二十条、第二十六条的规定，裁定如下：",
		"By the Civil Procedure Law, art. 22 of Fa Shi (2016) No. 18 and arts. 20 and 26 of the Auction and sale provisions (2020), this court rules:"))
	w.add("", "",
		w.pick("一、"+p.property(w)+"的所有权（及相应的其他权利）归"+w.text(f.Buyer)+"所有，自本裁定送达买受人时起转移。", "1. Title to "+p.property(w)+" passes to "+w.text(f.Buyer)+" when this ruling is served on the buyer."),
		w.pick("二、买受人可持本裁定书到登记机构办理相关权利的过户登记手续。", "2. With this ruling the buyer may have the register changed."),
		w.pick("三、解除本院及其他法院对上述财产的查封；其上的担保物权及其他优先受偿权消灭，效力及于价款。", "3. Seizures of it are lifted; security and priority rights in it end and go over to the proceeds."),
		w.pick("本裁定送达后即发生法律效力。", "This ruling takes effect when it is served."))
}

// agent names who bid for the buyer, in brackets.
func (p *Paper) agent(w *writer) string {
	if p.Facts.Agent.IsZero() {
		return ""
	}
	return w.pick("（委托代理人："+p.Facts.Agent.Zh+"）", " (through the agent "+p.Facts.Agent.En+")")
}

// registries are whom the notice addresses, by what the property is.
func (p *Paper) registriesV1(w *writer) string {
	for _, line := range p.Facts.Property {
		switch line.Kind {
		case law.Immovable:
			return w.pick("不动产登记机构：", "To the registry of immovables:")
		case law.OtherRight:
			return w.pick("权利登记机构：", "To the registry of the right:")
		case law.Movable:
		}
	}
	return w.pick("动产登记机构（车辆、船舶等）：", "To the registry of movables (vehicles, vessels):")
}

func (p *Paper) registryV1(w *writer) {
	f := p.Facts
	w.add("", "",
		w.pick("本院"+f.RulingNumber+"执行裁定书已于"+w.clock(f.ServedAt)+"送达买受人。请协助执行以下事项：", "This court's ruling "+f.RulingNumber+" was served on the buyer on "+w.clock(f.ServedAt)+". Please assist as follows:"),
		w.pick("一、解除对"+p.property(w)+"的查封（冻结）登记，注销其上的抵押（质押）登记。", "1. Cancel the seizure or freeze, and the mortgage or pledge, registered on "+p.property(w)+"."),
		w.pick("二、将上述财产过户登记至"+w.text(f.Buyer)+"名下。", "2. Register it in the name of "+w.text(f.Buyer)+"."),
		w.pick("三、办理中产生的税费依照法律规定由各方分别承担，不以买受人代缴为条件。", "3. Taxes and fees fall on whom the law names; the transfer does not depend on the buyer paying another's."),
		w.pick("附：执行裁定书一份。联系电话："+p.CourtPhone+"。", "Enclosed: the ruling. Telephone: "+p.CourtPhone+"."))
}

func (p *Paper) handoverV1(w *writer) {
	f := p.Facts
	state := make([]string, 0, len(f.Property))
	for _, line := range f.Property {
		state = append(state, w.text(line.Title)+w.pick("：", ": ")+w.text(line.Occupancy))
	}
	w.add("", "", w.pick("交付时间："+w.clock(f.HandedOverAt)+"。", "Handed over: "+w.clock(f.HandedOverAt)+"."), w.pick("标的："+p.Title.Zh+"。", "Lot: "+p.Title.En+"."),
		w.pick("买受人："+w.text(f.Buyer)+p.agent(w)+"。裁定书："+f.RulingNumber+"。", "Buyer: "+w.text(f.Buyer)+p.agent(w)+". Ruling: "+f.RulingNumber+"."))
	w.add("公告载明的占用与交付情况", "Occupancy and handing over, as announced", state...)
	w.add("交付情况", "Handing over",
		w.pick("本院执行人员于上述时间将标的物（含钥匙、证照、资料）交付买受人，买受人当场查验并接收。", "The court's officers handed the property, with keys, papers and documents, to the buyer, who examined and took it."),
		w.pick("遗留物品：□无　□有，见清单。　水、电、燃气表底数：　　　　　　　", "Things left: □ none □ see inventory.  Meter readings:"))
}

func (p *Paper) signedV1(w *writer) []string {
	date := dateWords(w, p.MadeAt)
	switch p.Kind {
	case RulingDraft:
		return []string{
			w.pick("审判长　　　　　　　", "Presiding judge"), w.pick("审判员　　　　　　　", "Judge"), w.pick("审判员　　　　　　　", "Judge"),
			date, w.pick("书记员　　　　　　　", "Clerk"),
		}
	case HandoverRecord:
		return []string{
			w.pick("执行人员（签名）　　　　　　　", "For the court (signature)"), w.pick("买受人（签名）　　　　　　　", "Buyer (signature)"),
			w.pick("在场人（签名）　　　　　　　", "Witness (signature)"), date,
		}
	case SpecialNotices:
		return []string{w.text(p.Court), date, w.pick("竞买人已阅读并接受以上特别提示（签名）　　　　　　　", "Read and accepted by the bidder (signature)")}
	case NotificationLetter, StayNotice, ResumptionNotice, WithdrawalNotice, BuyerReceipt, RegistryNotice, AnnouncementPaper, ConfirmationPaper, SettingAsideDraft:
	}
	return []string{w.text(p.Court), date}
}

// groundV1 is a ground of a withdrawal in words (R17w); empty for one that is free text.
func groundV1(w *writer, g string) string {
	words := map[string][2]string{
		"instrument_annulled": {"执行依据被撤销", "the enforceable instrument was annulled"},
		"applicant_withdrew":  {"申请执行人撤回执行申请", "the applicant withdrew"},
		"debt_paid":           {"被执行人全部履行了债务", "the debt was paid"},
		"parties_settled":     {"当事人达成执行和解协议", "the parties settled"},
		"objection_founded":   {"案外人对执行标的的异议成立", "a third party's objection is founded"},
		"collusion":           {"竞买人恶意串通", "there was collusion among bidders"},
		"debt_covered":        {"本案其他标的的价款已足以清偿债务和费用", "other lots of the case brought enough"},
	}[g]
	if words[0] == "" {
		return ""
	}
	return w.pick("依据："+words[0]+"。", "Ground: "+words[1]+".")
}
