package papers

import (
	"fmt"
	"strings"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// rulingV2 is the 拍卖成交裁定, or that on a taking for the debt (以物抵债裁定).
func (p *Paper) rulingV2(w *writer) {
	f, buyer := p.Facts, w.text(p.buyer())
	who := w.pick("买受人", "Buyer")
	if f.Taken {
		who = w.pick("承受人", "Creditor who takes the property")
	}
	w.add("", "",
		p.applicants(w),
		line(w, w.pick("被执行人", "Debtor"), join(w, f.Debtors)),
		line(w, who, buyer))
	if f.Taken {
		p.takingV2(w, buyer)
	} else {
		p.saleV2(w, buyer)
	}
}

func (p *Paper) saleV2(w *writer, buyer string) {
	f, property := p.Facts, p.property(w)
	online := w.pick("第二十二条第二款", ", art. 22 para. 2")
	if p.Stage == law.SellOff {
		online = w.pick("第二十二条第二款、第三十七条第一款", ", arts. 22 para. 2 and 37 para. 1")
	}
	if p.Stage == law.NoReserve && !f.Criminal { // papers made before they said it
		online += w.pick("，"+criminalProperty+"第十二条第二款", ", "+criminalPropertyEN+", art. 12 para. 2")
	}
	w.add("", "", w.pick(
		p.inTheCase(w)+"依法在“明槌”网络司法拍卖平台对被执行人的下列财产进行"+p.stage(w)+"："+property+"。"+p.whyWithoutReserve(w)+w.day(f.EndsAt)+"，买受人"+buyer+p.agent(w)+"以"+sum(w, f.Price)+"的最高价竞得，并于"+w.day(f.PaidAt)+"付清全部价款。",
		p.inTheCase(w)+"this court held the "+p.stage(w)+" of this property of the debtor on the platform Mingchui: "+property+". "+p.whyWithoutReserve(w)+"On "+w.day(f.EndsAt)+" "+buyer+p.agent(w)+" bought it with the highest bid of "+sum(w, f.Price)+", and paid the whole price on "+w.day(f.PaidAt)+"."),
		w.pick(
			"依照"+p.criminalLaw(w)+procedureLaw+"第二百五十五条、第二百五十八条，"+onlineAuction+online+"，"+auctionAndSale+"第二十条、第二十六条、第二十八条的规定，裁定如下：",
			"By "+p.criminalLaw(w)+procedureLawEN+", arts. 255 and 258, "+onlineAuctionEN+online+", and "+auctionAndSaleEN+", arts. 20, 26 and 28, this court rules:"))
	p.orders(w,
		docket.Text{
			Zh: property + "的所有权（或者其他财产权）归" + buyer + "所有，自本裁定送达买受人时起转移。",
			En: "Title to (or the other right in) " + property + " passes to the buyer " + buyer + " when this ruling is served on the buyer.",
		},
		docket.Text{Zh: "买受人" + buyer + "可持本裁定书到登记机构办理相关产权过户登记手续。", En: "With this ruling the buyer may have the transfer registered."})
}

func (p *Paper) takingV2(w *writer, creditor string) {
	f, property := p.Facts, p.property(w)
	articles, articlesEN := "第十六条、第二十条、第二十六条、第二十八条", "arts. 16, 20, 26 and 28"
	switch {
	case p.Stage == law.First:
	case p.allMovable():
		articles, articlesEN = "第十六条、第二十条、第二十四条、第二十六条、第二十八条", "arts. 16, 20, 24, 26 and 28"
	default:
		articles, articlesEN = "第十六条、第二十条、第二十五条、第二十六条、第二十八条", "arts. 16, 20, 25, 26 and 28"
	}
	reserve, reserveEN := "该次"+saleVerb(p.Stage)+"所定的保留价", "that sale’s reserve price"
	if p.Stage == law.NoReserve {
		reserve, reserveEN = "最后一次设有保留价的变卖的保留价", "the reserve price of the last sale that had one"
	}
	w.add("", "", w.pick(
		p.inTheCase(w)+"依法在“明槌”网络司法拍卖平台对被执行人的下列财产进行"+p.stage(w)+"："+property+"。"+p.whyWithoutReserve(w)+"因无人出价，本次"+saleVerb(p.Stage)+"流拍。"+creditor+"申请以"+reserve+sum(w, f.Price)+"接受上述财产抵偿债务。",
		p.inTheCase(w)+"this court held the "+p.stage(w)+" of this property of the debtor on the platform Mingchui: "+property+". "+p.whyWithoutReserve(w)+"Nobody bid. "+creditor+" asked to take it for the debt at "+reserveEN+" of "+sum(w, f.Price)+"."),
		w.pick(
			"依照"+p.criminalLaw(w)+procedureLaw+"第二百五十五条、第二百五十八条，"+auctionAndSale+articles+"的规定，裁定如下：",
			"By "+p.criminalLaw(w)+procedureLawEN+", arts. 255 and 258, and "+auctionAndSaleEN+", "+articlesEN+", this court rules:"))
	p.orders(w,
		docket.Text{
			Zh: "将" + property + "作价" + sum(w, f.Price) + "，交付" + creditor + "抵偿债务。上述财产的所有权（或者其他财产权）自本裁定送达承受人时起转移。",
			En: "Title to (or the other right in) " + property + ", at the price of " + sum(w, f.Price) + ", passes to " + creditor + " for the debt when this ruling is served on that creditor.",
		},
		docket.Text{Zh: "承受人可持本裁定书到登记机构办理相关产权过户登记手续。", En: "With this ruling the creditor may have the transfer registered."})
}

// orders are what the court rules; the end of seizure and of security rights,
// and what stays on the property, come last (ASE 28).
func (p *Paper) orders(w *writer, list ...docket.Text) {
	list = append(list, docket.Text{
		Zh: "解除本院对上述财产的查封（扣押、冻结）；财产上原有的担保物权及其他优先受偿权消灭，其权利人就价款依法优先受偿。",
		En: "This court’s seizure (or freeze) of it is lifted; security and other priority rights in it end, and their holders are paid from the price first, as the law says.",
	})
	if remains := p.remains(w); remains != "" {
		list = append(list, docket.Text{Zh: "上述财产上原有的" + remains + "不因拍卖而消灭，继续存在。", En: "What remains on the property and does not end with the sale: " + remains + "."})
	}
	lines := make([]string, 0, len(list)+1)
	for i, one := range list {
		lines = append(lines, w.pick(small(i+1)+"、"+one.Zh, fmt.Sprintf("%d. %s", i+1, one.En)))
	}
	w.add("", "", append(lines, w.pick("本裁定送达后即发生法律效力。", "This ruling takes effect when it is served."))...)
}

func (p *Paper) remains(w *writer) string {
	var all []docket.Text
	for _, line := range p.Facts.Property {
		all = append(all, line.Remains...)
	}
	return join(w, all)
}

func (p *Paper) allMovable() bool {
	for _, line := range p.Facts.Property {
		if line.Kind != law.Movable {
			return false
		}
	}
	return true
}

// registryV2 asks the registry to change the register (OJA 6, Civil Procedure Law 262).
func (p *Paper) registryV2(w *writer) {
	f, property, buyer := p.Facts, p.property(w), w.text(p.buyer())
	who := w.pick("买受人", "the buyer")
	if f.Taken {
		who = w.pick("承受人", "the creditor who takes the property")
	}
	w.add("", "",
		w.pick(
			p.inTheCase(w)+"作出的"+f.RulingNumber+"执行裁定书已于"+w.day(f.ServedAt)+"送达"+who+"，发生法律效力。依照"+procedureLaw+"第二百六十二条、"+onlineAuction+"第六条第七项的规定，请协助执行以下事项：",
			p.inTheCase(w)+"this court’s ruling "+f.RulingNumber+" was served on "+who+" on "+w.day(f.ServedAt)+" and has taken effect. By "+procedureLawEN+", art. 262, and "+onlineAuctionEN+", art. 6 no. 7, please assist as follows:"),
		w.pick("一、解除本院对"+property+"的查封（冻结）登记，并注销其上因拍卖而消灭的抵押权（质权）登记。", "1. Cancel this court’s seizure or freeze registered on "+property+", and the mortgage or pledge that ended with the sale."),
		w.pick("二、将上述财产过户登记至"+who+buyer+"名下。", "2. Register it in the name of "+buyer+"."),
		w.pick("三、办理中产生的税费依照法律、行政法规的规定由相应主体承担。", "3. Taxes and fees fall on whom laws and regulations name."),
		w.pick("附：执行裁定书一份。", "Enclosed: the ruling."),
		w.pick("联系电话："+p.CourtPhone+"。", "Telephone: "+p.CourtPhone+"."))
}

// handoverV2 is the 交付笔录: what is signed at the handing over (ASE 27).
func (p *Paper) handoverV2(w *writer) {
	f := p.Facts
	who := w.pick("买受人", "Buyer")
	if f.Taken {
		who = w.pick("承受人", "Creditor who takes the property")
	}
	w.add("", "",
		w.pick("交付时间："+w.clock(f.HandedOverAt)+"。", "Time: "+w.clock(f.HandedOverAt)+"."),
		w.pick("交付地点："+w.blank(), "Place: "+w.blank()),
		w.pick("交付财产："+p.property(w)+"。", "Property: "+p.property(w)+"."),
		w.pick(who+"："+w.text(p.buyer())+p.agent(w)+"。", who+": "+w.text(p.buyer())+p.agent(w)+"."),
		w.pick("交付依据："+f.RulingNumber+"执行裁定书，"+auctionAndSale+"第二十七条。", "By: ruling "+f.RulingNumber+"; "+auctionAndSaleEN+", art. 27."))
	state := make([]string, 0, len(f.Property))
	for _, line := range f.Property {
		if !line.Occupancy.IsZero() {
			state = append(state, w.text(line.Title)+w.pick("：", ": ")+w.text(line.Occupancy)+w.pick("。", "."))
		}
	}
	w.add("一、公告载明的占用情况", "1. Occupancy as announced", state...)
	way := make([]string, 0, len(f.Way))
	for _, line := range f.Way {
		way = append(way, line.words(w))
	}
	if len(way) == 0 {
		way = append(way, w.pick("当场交付，无其他步骤。", "It was handed over on the spot, without steps before."))
	}
	w.add("二、交付经过", "2. How it was handed over", way...)
	w.add("三、遗留物品清单", "3. Inventory of things left", p.inventory(w))
	if remains := p.remains(w); remains != "" {
		w.add("四、继续存在的权利", "4. Rights that remain", remains+w.pick("。", "."))
	}
	w.add("", "",
		w.pick("水、电、燃气表底数："+w.blank(), "Meter readings: "+w.blank()), w.pick("钥匙、证照、资料："+w.blank(), "Keys, papers, documents: "+w.blank()),
		w.pick(who+"当场查验上述财产并予以接收。以上笔录经在场人阅读（宣读），确认无误。", "The property was examined and taken on the spot. All present have read this record, or had it read to them, and find it right."))
}

func (p *Paper) inventory(w *writer) string {
	var notes []string
	for _, line := range p.Facts.Way {
		if line.Step == "inventory" && line.Note != "" {
			notes = append(append(notes, line.Note), line.Corrections...)
		}
	}
	if len(notes) > 0 {
		return strings.Join(notes, w.pick("；", "; "))
	}
	return w.pick("□ 无　　□ 有："+w.blank(), "□ none   □ as follows: "+w.blank())
}

// words write a step of the handing over; a step of a later day that has no words here shows its name.
func (l HandoverLine) words(w *writer) string {
	names := map[string][2]string{
		"notice_to_vacate":   {"送达腾退通知", "the notice to vacate was served"},
		"deadline_to_vacate": {"腾退期限届满", "the deadline to vacate ran out"},
		"inventory":          {"清点遗留物品", "the things left were listed"},
		"clearing_decided":   {"决定强制清场", "forced clearing was decided"},
		"clearing_done":      {"强制清场", "the premises were cleared by force"},
		"tenant_told":        {"通知承租人向买受人交租", "the tenant was told to pay the buyer"},
		"keys_handed_over":   {"交付钥匙", "the keys were handed over"},
		"collection_offered": {"提供提货时间", "times for collection were offered"},
		"collection_booked":  {"买受人预约提货", "the buyer took a time"},
		"collected":          {"提货", "it was collected"},
		"register_notified":  {"送达登记机构", "the registry was notified"},
		"register_changed":   {"变更登记", "the register was changed"},
		"record_signed":      {"签署交付笔录", "the record was signed"},
	}
	name, ok := names[l.Step]
	if !ok {
		name = [2]string{l.Step, l.Step}
	}
	out := w.day(l.SettledAt) + w.pick("，"+name[0], ", "+name[1])
	switch {
	case l.Skipped:
		out = w.pick(name[0]+"：略过", "Left out: “"+name[1]+"”")
		if w.version >= 3 {
			out = w.pick(name[0]+"：无需办理", "Not needed: “"+name[1]+"”")
		}
		if reason := strings.TrimRight(w.text(l.Reason), "。."); reason != "" {
			out += w.pick("，理由："+reason, "; reason: "+reason)
		}
	case l.Outcome == "left":
		out += w.pick("，占用人已腾空", "; the occupants had left")
	case l.Outcome == "stayed":
		out += w.pick("，占用人仍占用", "; the occupants stayed")
	}
	if l.Note != "" && l.Step != "inventory" {
		out += w.pick("。记录："+strings.TrimRight(l.Note, "。."), ". Record: "+strings.TrimRight(l.Note, "。."))
	}
	if len(l.Corrections) > 0 && l.Step != "inventory" {
		out += w.pick("。更正："+strings.Join(l.Corrections, "；"), ". Corrected: "+strings.Join(l.Corrections, "; "))
	}
	return strings.TrimRight(out, "。.") + w.pick("。", ".")
}
