package papers

import (
	"fmt"
	"strings"

	"mingchui/auction/docket"
	"mingchui/auction/money"
)

// The rules that papers quote, by their short English names.
const (
	onlineAuction  = "《最高人民法院关于人民法院网络司法拍卖若干问题的规定》"
	auctionAndSale = "《最高人民法院关于人民法院民事执行中拍卖、变卖财产的规定》"
	procedureLaw   = "《中华人民共和国民事诉讼法》"

	onlineAuctionEN  = "Fa Shi (2016) No. 18"
	auctionAndSaleEN = "the Provisions on Auction and Sale in Civil Enforcement (2020)"
	procedureLawEN   = "the Civil Procedure Law"

	criminalProperty   = "《最高人民法院关于刑事裁判涉财产部分执行的若干规定》"
	criminalPropertyEN = "the Provisions on Property Parts of Criminal Judgments (2014)"
)

// toPriority is the role of a priority purchaser among addressees, as auction has it.
const toPriority docket.Notified = "priority"

// textV2 writes a paper of version 2. Once papers of it are made, its words never change.
func (p *Paper) textV2(w *writer) Text {
	t := Text{Court: w.text(p.Court), Heading: PaperHeading(p.Kind, w.lang()), Number: p.CaseNumber}
	t.Signed = sealed(w, t.Court, p.MadeAt)
	switch p.Kind {
	case SpecialNotices:
		t.Long = true
		p.noticesV2(w)
		t.Signed = append(t.Signed,
			Signature{Text: w.pick("竞买人已阅读并接受以上特别提示（签名或者盖章）", "Read and accepted by the bidder (signature)"), Blank: true}, dayToWrite(w))
	case NotificationLetter:
		t.To, t.Long = w.text(p.addressee())+w.pick("：", ":"), true
		p.letterV2(w)
		t.Signed = append(t.Signed, Signature{Text: w.pick("受送达人签收（签名或者盖章）", "Received by the addressee (signature)"), Blank: true}, dayToWrite(w))
	case StayNotice:
		if Suspends(p.Facts.Ground) {
			t.Heading = w.pick("中止拍卖公告", "Notice of a suspension")
		} else {
			t.Heading = w.pick("暂缓拍卖公告", "Notice of a stay")
		}
		p.stayV2(w)
	case ResumptionNotice:
		p.resumptionV2(w)
	case WithdrawalNotice:
		p.withdrawalV2(w)
	case BuyerReceipt:
		t.To = w.text(p.buyer()) + w.pick("：", ":")
		p.receiptV2(w)
	case RulingDraft:
		// The court gives the number and the date when it signs.
		t.Number = p.CaseNumber + w.pick("之＿＿", ", ruling no. ____")
		t.Draft = w.pick("草稿：经审判人员署名、加盖院印后生效", "Draft: takes effect with the judges’ names and the court’s seal")
		if p.Facts.Taken {
			t.Heading = w.pick(t.Heading, "Ruling on a taking for the debt")
		}
		p.rulingV2(w)
		t.Signed = p.judges(w)
	case RegistryNotice:
		t.Number = p.CaseNumber + w.pick("之＿＿", ", notice no. ____")
		t.To = p.registriesV1(w)
		p.registryV2(w)
	case HandoverRecord:
		t.Long = true
		p.handoverV2(w)
		t.Signed = p.present(w)
	case SettingAsideDraft:
		t.Number = p.CaseNumber + w.pick("之＿＿", ", ruling no. ____")
		t.Draft = w.pick("草稿：经审判人员署名、加盖院印后生效", "Draft: takes effect with the judges’ names and the court’s seal")
		p.settingAsideV2(w)
		t.Signed = p.judges(w)
	case AnnouncementPaper, ConfirmationPaper: // of forms of their own
	}
	t.Sections = w.list
	return t
}

// dayToWrite is a date that is written by hand.
func dayToWrite(w *writer) Signature {
	return Signature{Text: w.pick("　　　　年　　月　　日", "Date: ________________")}
}

func (p *Paper) judges(w *writer) []Signature {
	day := dayToWrite(w)
	day.Seal = true
	return []Signature{
		{Text: w.pick("审　判　长", "Presiding judge"), Blank: true},
		{Text: w.pick("审　判　员", "Judge"), Blank: true},
		{Text: w.pick("审　判　员", "Judge"), Blank: true},
		day,
		{Text: w.pick("书　记　员", "Clerk"), Blank: true},
	}
}

func (p *Paper) present(w *writer) []Signature {
	who := w.pick("买受人（签名或者盖章）", "Buyer (signature)")
	if p.Facts.Taken {
		who = w.pick("承受人（签名或者盖章）", "Creditor (signature)")
	}
	return []Signature{
		{Text: who, Blank: true},
		{Text: w.pick("被执行人或者占用人（签名）", "Debtor or occupant (signature)"), Blank: true},
		{Text: w.pick("见证人（签名）", "Witness (signature)"), Blank: true},
		{Text: w.pick("执行人员（签名）", "Enforcement officer (signature)"), Blank: true},
		{Text: w.pick("书记员（签名）", "Clerk (signature)"), Blank: true},
		dayToWrite(w),
	}
}

func (p *Paper) noticesV2(w *writer) {
	f := p.Facts
	lines := make([]string, 0, 9)
	lines = append(lines, w.pick(
		"本院定于"+w.clock(f.StartsAt)+"起至"+w.clock(f.EndsAt)+"止（延时除外），在“明槌”网络司法拍卖平台对"+p.Title.Zh+"进行"+p.stage(w)+"。依照"+onlineAuction+"第十四条的规定，特别提示如下：",
		"From "+w.clock(f.StartsAt)+" to "+w.clock(f.EndsAt)+", extensions aside, this court holds the "+p.stage(w)+" of "+p.Title.En+" on the platform Mingchui. As "+onlineAuctionEN+", art. 14 demands, special notice is given of the following:"))
	// On a sheet of its own it is not "this" announcement.
	onSheet := strings.NewReplacer("见本公告的", "见拍卖公告的", "in this announcement's", "in the announcement’s")
	for i, n := range Notices() {
		n.Text = docket.Text{Zh: onSheet.Replace(n.Text.Zh), En: onSheet.Replace(n.Text.En)}
		lines = append(lines, w.pick(fmt.Sprintf("%s、%s：%s", small(i+1), n.Title.Zh, n.Text.Zh), fmt.Sprintf("%d. %s: %s", i+1, n.Title.En, n.Text.En)))
	}
	w.add("", "", lines...)
}

// addressee is whom a letter goes to: by name with the role, else by role and number.
func (p *Paper) addressee() docket.Text {
	role := Recipient(p.Facts.ToRole)
	if p.Facts.ToRole == docket.ToApplicant && p.nobodyApplied() {
		role = referrer()
	}
	if p.Facts.ToRole == toPriority {
		role = docket.Text{Zh: fmt.Sprintf("第%d顺位优先购买权人", p.Facts.ToNo), En: fmt.Sprintf("Priority purchaser of rank %d", p.Facts.ToNo)}
	}
	if p.Facts.To.IsZero() || p.Facts.To == role {
		if p.Facts.ToRole == toPriority {
			return role
		}
		return withNumber(role, p.Facts.ToNo)
	}
	return docket.Text{Zh: p.Facts.To.Zh + "（" + role.Zh + "）", En: p.Facts.To.En + " (" + lower(role.En) + ")"}
}

// lower begins a phrase with a small letter.
func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// letterV2 is the notification before the announcement (R16).
func (p *Paper) letterV2(w *writer) {
	f := p.Facts
	property := p.property(w)
	prices := w.pick("一、参考价："+sum(w, f.Appraisal)+"；起拍价："+sum(w, f.Start)+"；保证金："+sum(w, f.Deposit)+"。",
		"1. Reference price: "+sum(w, f.Appraisal)+"; starting price: "+sum(w, f.Start)+"; deposit: "+sum(w, f.Deposit)+".")
	if f.Appraisal == 0 { // equity that cannot be appraised starts from the costs
		prices = w.pick("一、起拍价："+sum(w, f.Start)+"；保证金："+sum(w, f.Deposit)+"。", "1. Starting price: "+sum(w, f.Start)+"; deposit: "+sum(w, f.Deposit)+".")
	}
	w.add("", "",
		w.pick(
			p.inTheCase(w)+"依法对下列财产在“明槌”网络司法拍卖平台进行"+p.stage(w)+"："+property+"。依照"+onlineAuction+"第十六条的规定，现将有关事项通知如下：",
			p.inTheCase(w)+"this court puts the following up for its "+p.stage(w)+" on the platform Mingchui: "+property+". By "+onlineAuctionEN+", art. 16, you are notified of this:"),
		prices,
		w.pick("二、拍卖时间、竞价规则、标的物现状及其他事项，以本院在该平台发布的拍卖公告为准。", "2. For the time, the rules of bidding, the state of the property and everything else the court’s announcement on the platform holds."),
		p.letterByRole(w),
		w.pick("四、当事人、利害关系人认为网络司法拍卖行为违法侵害其合法权益的，可以向本院提出执行异议。", "4. Parties and persons concerned who hold the sale to be unlawful and their rights to be infringed may object to this court."),
		w.pick("联系电话："+p.CourtPhone+"。", "Telephone: "+p.CourtPhone+"."),
		w.pick("特此通知。", ""))
}

// letterByRole is what its addressee needs to know for the role.
func (p *Paper) letterByRole(w *writer) string {
	switch p.Facts.ToRole {
	case toPriority:
		return w.pick(
			"三、你方如行使优先购买权，应当在竞价程序开始前向本院申请确认优先购买权人资格及顺位，并按公告交纳保证金；经通知未参与竞买的，视为放弃优先购买权。",
			"3. To use your right of priority, apply to this court before bidding starts to have your standing and rank confirmed, and pay the deposit as announced. A priority purchaser who is notified and does not take part is taken to have waived the right.")
	case docket.ToApplicant:
		if p.nobodyApplied() {
			return w.pick("三、最后一次变卖未能成交，财产需要上缴国库或者退赔被害人的，本院依照"+criminalProperty+"第十二条第二款办理。",
				"3. If the last sale fails, what goes to the treasury or back to victims is dealt with by "+criminalPropertyEN+", art. 12 para. 2.")
		}
		return w.pick(
			"三、你方可以参加竞买，可以不交保证金；债权数额小于保证金数额的，按差额部分交纳。流拍的，可以申请以该次拍卖的保留价接受财产抵债。",
			"3. You may bid, and need not pay the deposit; if your claim is smaller than the deposit, the difference is due. If nobody bids you may ask to take the property for the debt at that sale’s reserve price.")
	case docket.ToDebtor:
		return w.pick(
			"三、你方可以参加竞买；在拍卖日之前向本院提交足额金钱清偿债务并要求停止拍卖的，本院予以准许，但应当负担因拍卖支出的必要费用。",
			"3. You may bid. If before the day of the sale you pay the debt in full to this court and ask that the sale be stopped, it is stopped, and you bear its necessary costs.")
	case docket.ToSecurityHolder:
		return w.pick(
			"三、拍卖财产上原有的担保物权因拍卖而消灭，拍卖所得价款优先清偿担保物权人的债权。请向本院申报债权数额并提交证据；你方可以于拍卖日参加竞买。",
			"3. Security rights in the property end with the sale, and its price first pays the secured claims. Please state your claim to this court with proof; you may bid on the day of the sale.")
	case docket.ToCoOwner, docket.ToCompany, docket.ToOther:
	}
	return w.pick("三、你方依法享有优先购买权的，应当在竞价程序开始前向本院申请确认；经通知未参与竞买的，视为放弃优先购买权。",
		"3. If by law you have a right of priority, apply to this court before bidding starts to have it confirmed. Who is notified and does not take part is taken to have waived it.")
}

// stayV2 is what is published of a stay or a suspension (OJA 28).
func (p *Paper) stayV2(w *writer) {
	f := p.Facts
	because := stayGround(w, f.Ground)
	if because == "" {
		because = w.pick("出现应当停止拍卖的情形", "there is cause to stop it")
	}
	sale := saleVerb(p.Stage)
	what, ends := w.pick("本院决定暂缓本次"+sale, "this court stays it"), w.pick("暂缓期限届满", "the stay runs out")
	switch {
	case f.Ground == "outage":
		what, ends = w.pick("本次"+sale+"先行暂缓", "it is stayed"), w.pick("故障排除", "service is back")
	case Suspends(f.Ground):
		what, ends = w.pick("本院裁定中止本次"+sale, "this court suspends it by a ruling"), w.pick("中止的事由消失", "the cause is gone")
	}
	w.add("", "",
		w.pick(
			"本院在“明槌”网络司法拍卖平台对"+p.Title.Zh+"进行的"+p.stage(w)+"，因"+because+"，依照"+stayLaw(w, f.Ground)+"的规定，"+what+"。",
			"Of the "+p.stage(w)+" of "+p.Title.En+" on the platform Mingchui: because "+because+", "+what+", by "+stayLaw(w, f.Ground)+"."),
		p.reason(w),
		w.pick(
			"竞价所余时间予以保留。"+ends+"后需要继续拍卖的，本院于五日内恢复拍卖，并另行公告。",
			"The time left for bidding is kept. When "+ends+" and the sale is to go on, this court resumes it within five days, with a notice of its own."),
		w.pick("特此公告。", ""))
}

// reason is the published reason; a court writes it as a sentence or without its end.
func (p *Paper) reason(w *writer) string {
	reason := strings.TrimRight(w.text(p.Facts.Reason), "。.")
	if reason == "" {
		return ""
	}
	return w.pick("具体理由："+reason+"。", "The reason in full: "+reason+".")
}

func (p *Paper) resumptionV2(w *writer) {
	f := p.Facts
	what, gone := w.pick("暂缓", "stayed"), w.pick("暂缓的期限已经届满或者事由已经消失", "the stay has run out or its cause is gone")
	if Suspends(f.StayGround) {
		what, gone = w.pick("中止", "suspended"), w.pick("中止的事由已经消失", "the cause of the suspension is gone")
	}
	w.add("", "",
		w.pick(
			"本院在“明槌”网络司法拍卖平台对"+p.Title.Zh+"进行的"+p.stage(w)+"，此前已"+what+"。现"+gone+"，依照"+onlineAuction+"第二十八条第四款的规定，本院决定恢复拍卖。",
			"The "+p.stage(w)+" of "+p.Title.En+" on the platform Mingchui was "+what+". Now "+gone+"; by "+onlineAuctionEN+", art. 28 para. 4, this court resumes it."),
		p.reason(w),
		w.pick("竞价自恢复时起按所余时间继续进行，已经作出的出价有效。", "Bidding goes on with the time that was left; bids already placed stand."), w.pick("特此公告。", ""))
}

func (p *Paper) withdrawalV2(w *writer) {
	because, source := withdrawal(w, p.Facts.Ground)
	if because == "" {
		because = w.pick("出现应当撤回拍卖的其他情形", "there is another cause to take it back")
	}
	w.add("", "",
		w.pick(
			"本院在“明槌”网络司法拍卖平台对"+p.Title.Zh+"进行的"+p.stage(w)+"，因"+because+"，依照"+auctionAndSale+source+"的规定，本院决定撤回。",
			"Of the "+p.stage(w)+" of "+p.Title.En+" on the platform Mingchui: because "+because+", this court withdraws it, by "+auctionAndSaleEN+", "+source+"."),
		p.reason(w),
		w.pick("竞买人交纳的保证金自撤回之时起二十四小时内退还或者解除冻结。", "Deposits are returned or unfrozen within 24 hours of the withdrawal."), w.pick("特此公告。", ""))
}

// buyer is the buyer's name, or that it was erased (R29).
func (p *Paper) buyer() docket.Text {
	if p.Facts.Buyer.IsZero() {
		return docket.Text{Zh: "（姓名或者名称已依法删除）", En: "(name erased by law)"}
	}
	return p.Facts.Buyer
}

// receiptV2 is for the whole price (R25).
func (p *Paper) receiptV2(w *writer) {
	f := p.Facts
	deposit := w.pick("其中：保证金"+sum(w, f.Deposit)+"充抵价款，余款"+sum(w, f.Price-f.Deposit)+"。",
		"Of this, the deposit of "+sum(w, f.Deposit)+" counted towards the price; the balance was "+sum(w, f.Price-f.Deposit)+".")
	if f.Deposit == 0 {
		deposit = w.pick("你方依法未交保证金。", "By law you paid no deposit.")
	}
	if f.Deposit == f.Price {
		deposit = w.pick("价款已于报名时全额交纳。", "The whole price was paid on enrolling.")
	}
	w.add("", "",
		w.pick(
			"你方以"+w.code()+f.BidderCode+"于"+w.clock(f.EndsAt)+"在“明槌”网络司法拍卖平台竞得"+p.Title.Zh+"。今收到该标的全部价款"+sum(w, f.Price)+"。",
			"Under the bidder code "+f.BidderCode+" you bought "+p.Title.En+" on the platform Mingchui on "+w.clock(f.EndsAt)+". Its whole price has been received: "+sum(w, f.Price)+"."),
		deposit,
		w.pick("全部款项于"+w.clock(f.PaidAt)+"到达本院本案案款账户。", "All of it had arrived in this court’s account of the case by "+w.clock(f.PaidAt)+"."))
}

// sum is an amount in figures, and in Chinese in words before them.
func sum(w *writer, f money.Fen) string { return w.pick(amount(w, f), "CNY "+f.Yuan()) }
