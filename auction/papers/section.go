package papers

import (
	"fmt"
	"strings"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Section is a headed part of a paper as it is read.
type Section struct {
	Heading    string   `json:"heading,omitempty"`
	Paragraphs []string `json:"paragraphs"`
}

// writer gathers sections in one language.
type writer struct {
	en   bool
	list []Section
	// version is the template's.
	version int
}

// code is what a bidder bids under, in the words of the template: since the third 竞买代码, as OJA 18 has it.
func (w *writer) code() string {
	if w.version >= 3 {
		return "竞买代码"
	}
	return "竞买代号"
}

// lang is the language as callers name it.
func (w *writer) lang() string { return w.pick("zh-CN", "en") }

// blank is a space that is filled in by hand.
func (w *writer) blank() string { return w.pick("＿＿＿＿＿＿", "____________") }

func (w *writer) pick(zh, en string) string {
	if w.en {
		return en
	}
	return zh
}

func (w *writer) text(t docket.Text) string { return w.pick(t.Zh, t.En) }

// then writes a sentence after what stands, nothing for none.
func (w *writer) then(t docket.Text) string {
	if s := w.text(t); s != "" {
		return w.pick("。", ". ") + s
	}
	return ""
}

// add appends a section; empty paragraphs are left out, and a section without any.
func (w *writer) add(zh, en string, paragraphs ...string) {
	s := Section{Heading: w.pick(zh, en)}
	for _, p := range paragraphs {
		if p != "" {
			s.Paragraphs = append(s.Paragraphs, p)
		}
	}
	if len(s.Paragraphs) > 0 {
		w.list = append(w.list, s)
	}
}

func (w *writer) yuan(f money.Fen) string {
	if w.en {
		return "CNY " + f.ShortYuan()
	}
	return f.ShortYuan() + "元"
}

// clock writes a court's local time, which is China's.
func (w *writer) clock(t time.Time) string {
	local := t.In(law.CourtTime())
	if w.en {
		return local.Format("2 January 2006, 15:04") + " (Beijing time)"
	}
	return local.Format("2006年1月2日15时04分")
}

// day writes the day alone.
func (w *writer) day(t time.Time) string {
	local := t.In(law.CourtTime())
	if w.en {
		return local.Format("2 January 2006")
	}
	return local.Format("2006年1月2日")
}

// Heading is the title line of the announcement; lang is "en" or any other for Chinese.
func (a *Announcement) Heading(lang string) string {
	w := writer{en: lang == "en"}
	stage := map[law.Stage]docket.Text{
		law.First:   {Zh: "第一次拍卖公告", En: "Announcement of the first sale"},
		law.Second:  {Zh: "第二次拍卖公告", En: "Announcement of the second sale"},
		law.SellOff: {Zh: "变卖公告", En: "Announcement of a sell-off"},

		law.NoReserve: {Zh: "无保留价拍卖公告", En: "Announcement of a sale without a reserve"},
	}[a.Stage]
	return w.pick(a.Court.Name.Zh+"关于"+a.Title.Zh+"的"+stage.Zh, stage.En+": "+a.Title.En+", "+a.Court.Name.En)
}

// Sections write the announcement in the order of OJA 12 and 13, for pages and
// print; lang is "en" or any other for Chinese.
func (a *Announcement) Sections(lang string) []Section {
	w := &writer{en: lang == "en"}
	a.opening(w)
	a.property(w)
	a.rightsAndNotices(w)
	a.closing(w)
	return w.list
}

func (a *Announcement) opening(w *writer) {
	w.add("一、拍卖标的", "1. The property", w.text(a.Title), w.text(a.LateReason))
	reference := w.pick("评估价：", "Appraised value: ")
	switch a.ReferenceKind {
	case "market":
		reference = w.pick("市价：", "Market price: ")
	case "costs":
		reference = ""
	}
	if reference != "" {
		reference += w.yuan(a.Reference)
	}
	w.add("二、价格", "2. Price", append([]string{
		w.pick("起拍价：", "Starting price: ") + w.yuan(a.StartingPrice), w.pick("增价幅度：", "Increment: ") + w.yuan(a.Increment),
		w.pick("保证金：", "Deposit: ") + w.yuan(a.Deposit), reference, a.previous(w),
	}, a.noReserve(w)...)...)
	rules := make([]string, 0, len(a.BiddingRules)+1)
	rules = append(rules, w.pick(w.clock(a.StartsAt)+"起至"+w.clock(a.EndsAt)+"止（延时除外）。", "From "+w.clock(a.StartsAt)+" to "+w.clock(a.EndsAt)+", extensions aside."))
	for _, r := range a.BiddingRules {
		rules = append(rules, w.text(r))
	}
	w.add("三、竞价时间与规则", "3. Time and rules of bidding", rules...)
	limits := ""
	if a.PurchaseLimits != nil {
		limits = w.text(a.PurchaseLimits.Condition) + w.pick("", " ") + w.text(a.PurchaseLimits.Consequences)
	}
	w.add("四、竞买人条件", "4. Conditions for bidders", w.text(a.Conditions), limits, a.approval(w), a.wholeEquity(w))
}

// approval states what the buyer of equity must be approved for before the ruling (R12e).
func (a *Announcement) approval(w *writer) string {
	p := a.Approval
	if p == nil {
		return ""
	}
	return w.text(p.Condition) + w.pick(
		fmt.Sprintf("股权变更须经%s批准：买受人应自付清价款之日起%d日内持成交确认书取得批准，取得批准后本院方作出成交裁定；未取得批准的，重新拍卖，原买受人不得参加竞买。", w.text(p.Authority), p.WithinDays),
		fmt.Sprintf(" The transfer is approved by %s: with the confirmation the buyer has it approved within %d days of full payment, and the ruling is made after that. Without it the equity is sold again and that buyer may not bid.", w.text(p.Authority), p.WithinDays))
}

// wholeEquity states why all of it is sold although a part would bring enough (R12e).
func (a *Announcement) wholeEquity(w *writer) string {
	p := a.WholeEquity
	if p == nil {
		return ""
	}
	return w.pick("经被执行人"+string(p.AppliedOn)+"书面申请，超出债权额及执行费用的股权一并拍卖："+w.text(p.Reason),
		"At the debtor's written application of "+string(p.AppliedOn)+" the equity is sold as a whole, beyond the claims and costs: "+w.text(p.Reason))
}

// noReserve states why there is no reserve, and the hash of the document, in groups of eight, so that lines break between them (R26n).
func (a *Announcement) noReserve(w *writer) []string {
	n := a.NoReserve
	if n == nil || len(a.Previous) == 0 {
		return nil
	}
	reserve, offered, answered := w.yuan(a.Previous[len(a.Previous)-1].StartingPrice), dayOf(w, n.OfferedOn), dayOf(w, n.AnsweredOn)
	why := w.pick("本院于"+offered+"通知有关财政机关以最后一次变卖的保留价"+reserve+"接收，该机关于"+answered+"要求继续变价",
		"On "+offered+" the finance authority was told to take the property at the last sale’s reserve price of "+reserve+"; on "+answered+" it asked that it be turned into money")
	if n.Ground == docket.VictimRefuses {
		why = w.pick("本院于"+offered+"告知被害人以最后一次变卖的保留价"+reserve+"以物退赔，被害人于"+answered+"表示不同意",
			"On "+offered+" the property was offered to the victim in restitution at the last sale’s reserve price of "+reserve+"; on "+answered+" the victim did not agree")
	}
	return []string{
		w.pick("本次拍卖不设保留价。"+why+"。依据："+criminalProperty+"第十二条第二款。", "This sale has no reserve. "+why+". Source: "+criminalPropertyEN+", art. 12 para. 2."),
		w.pick("上述要求（不同意）文书的 SHA-256 摘要：", "SHA-256 of that document: ") + grouped(n.Document) + w.pick("。", "."),
	}
}

// grouped sets a hash in groups of eight digits.
func grouped(hash string) string {
	var b strings.Builder
	for i, c := range hash {
		if i > 0 && i%8 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func (a *Announcement) previous(w *writer) string {
	if len(a.Previous) == 0 {
		return ""
	}
	last := a.Previous[len(a.Previous)-1]
	return w.pick("上一次流拍的起拍价：", "Starting price of the failed sale before: ") + w.yuan(last.StartingPrice) + w.pick("，结束于", ", ended on ") + string(last.EndedOn)
}

func (a *Announcement) property(w *writer) {
	var state, burdens, taxes, documents []string
	for _, p := range a.Property {
		state = append(state, w.text(p.Title)+w.pick("：", ": ")+w.text(p.Description), w.pick("权属：", "Title: ")+w.text(p.Ownership.Holder)+w.pick("，", ", ")+w.text(p.Ownership.Nature),
			w.pick("占用：", "Occupancy: ")+w.text(p.Occupancy.Title)+occupiedUntil(w, p.Occupancy))
		for _, d := range p.Defects {
			burdens = append(burdens, w.pick("瑕疵：", "Defect: ")+w.text(d))
		}
		for _, e := range p.Encumbrances {
			burdens = append(burdens, w.pick("权利负担：", "Encumbrance: ")+w.text(e.Holder)+w.then(e.Note))
		}
		for _, r := range p.Arrears {
			burdens = append(burdens, w.pick("欠费：", "Arrears: ")+w.text(r.Item)+" "+w.yuan(money.Fen(r.AmountFen)))
		}
		for _, t := range p.Taxes {
			taxes = append(taxes, w.text(t.Item)+w.pick("：由", ": borne by ")+w.text(bearer(t.BorneBy))+w.pick("承担，依据", "; source: ")+w.text(t.Source))
		}
		for _, d := range p.Documents {
			documents = append(documents, w.text(d.Title))
		}
	}
	w.add("五、权属、占用与现状", "5. Title, occupancy and state", state...)
	w.add("六、已知瑕疵与权利负担", "6. Known defects and encumbrances", append(burdens, w.text(a.Disclaimer))...)
	w.add("七、税费", "7. Taxes and fees", taxes...)
	w.add("八、公示的文书资料", "8. Documents published", documents...)
}

func occupiedUntil(w *writer, o docket.Occupancy) string {
	if o.Until == "" {
		return ""
	}
	return w.pick("，至", ", until ") + string(o.Until)
}

func bearer(b docket.Bearer) docket.Text {
	switch b {
	case docket.Buyer:
		return docket.Text{Zh: "买受人", En: "the buyer"}
	case docket.Debtor:
		return docket.Text{Zh: "被执行人", En: "the debtor"}
	case docket.ByLaw:
		return docket.Text{Zh: "双方依法各自", En: "each side as the law says"}
	}
	return docket.Text{}
}

func (a *Announcement) rightsAndNotices(w *writer) {
	instrument := w.text(a.Instrument.Title) + w.pick("", " ") + a.Instrument.Number + w.pick("，", ", ") + w.text(a.Instrument.IssuedBy)
	if !a.Instrument.Publishable {
		instrument = w.pick("执行依据依法不公开：", "The enforceable instrument is not published: ") + w.text(a.Instrument.ReasonNot)
	}
	w.add("九、执行依据", "9. Enforceable instrument", instrument)
	var holders, told []string
	for _, p := range a.PriorityPurchasers {
		line := w.pick(fmt.Sprintf("第%d顺位：", p.Rank), fmt.Sprintf("Rank %d: ", p.Rank)) + w.text(p.Standing)
		switch {
		case p.Waived:
			line += w.pick("，已书面放弃", ", waived in writing")
		case !p.ReasonNot.IsZero():
			line += w.pick("，未能通知：", "; not notified: ") + w.text(p.ReasonNot)
		default:
			line += w.pick("，已于", ", notified on ") + string(p.NotifiedOn) + w.pick("通知：", ": ") + w.text(p.How)
		}
		holders = append(holders, line)
	}
	if len(holders) == 0 {
		holders = []string{w.pick("经查明，无优先购买权人。", "No priority purchaser was found.")}
	}
	for _, n := range a.Notifications {
		to := Recipient(n.To)
		if a.Referred && n.To == docket.ToApplicant {
			to = referrer()
		}
		line := w.text(to) + w.pick("：", ": ")
		if n.No > 0 {
			line = w.text(to) + w.pick(fmt.Sprintf("（第%d位）：", n.No), fmt.Sprintf(" (no. %d): ", n.No))
		}
		if n.Waived {
			told = append(told, line+w.pick("已书面放弃", "waived in writing"))
			continue
		}
		if n.On == "" {
			told = append(told, line+w.pick("无法通知，", "could not be notified: ")+w.text(n.ReasonNot))
			continue
		}
		told = append(told, line+string(n.On)+w.pick("，", ", ")+w.text(n.How))
	}
	w.add("十、优先购买权人", "10. Priority purchasers", holders...)
	w.add("十一、通知情况", "11. Notifications", told...)
}

// Recipient names whom a notice goes to, by role.
func Recipient(n docket.Notified) docket.Text {
	switch n {
	case docket.ToApplicant:
		return Applicant()
	case docket.ToDebtor:
		return Debtor()
	case docket.ToCoOwner:
		return docket.Text{Zh: "共有人", En: "Co-owner"}
	case docket.ToSecurityHolder:
		return docket.Text{Zh: "担保物权人", En: "Security holder"}
	case docket.ToCompany:
		return docket.Text{Zh: "股权所在公司", En: "The company"}
	case docket.ToOther:
		return docket.Text{Zh: "其他权利人", En: "Other holder of rights"}
	}
	return docket.Text{}
}

func (a *Announcement) closing(w *writer) {
	account := a.Payment.Account
	w.add("十二、付款", "12. Payment",
		w.pick(fmt.Sprintf("余款自竞价结束起%d日内付清。", a.BalanceDueDays), fmt.Sprintf("The balance is paid within %d days of the end of bidding.", a.BalanceDueDays)),
		w.pick("账户：", "Account: ")+w.text(account.Holder)+w.pick("，", ", ")+w.text(account.Bank)+w.pick("，", ", ")+account.Number, w.text(a.Payment.Note))
	w.add("十三、法律责任", "13. Liability", w.text(a.Liability))
	notices := make([]string, len(a.Notices))
	for i, n := range a.Notices {
		notices[i] = fmt.Sprintf("（%d）", i+1) + n.Text.Zh
		if w.en {
			notices[i] = fmt.Sprintf("(%d) %s", i+1, n.Text.En)
		}
	}
	w.add("十四、特别提示", "14. Special notices", notices...)
	w.add("十五、看样与交付", "15. Viewing and handing over", w.text(a.Viewing.How), w.text(a.Viewing.Place)+w.pick("，电话", ", telephone ")+a.Viewing.Phone, w.text(a.Handover))
	firms := make([]string, 0, len(a.Auxiliary)+1)
	for _, x := range a.Auxiliary {
		firms = append(firms, w.text(x.Work)+w.pick("：", ": ")+w.text(x.Name))
	}
	if len(firms) > 0 { // R7
		firms = append(firms, w.pick("上述辅助工作的必要费用由被执行人承担；上述机构及其工作人员不得参与竞买。", "Their necessary cost is borne by the debtor; these firms and their staff may not bid."))
	}
	w.add("附、辅助机构", "Auxiliary firms", firms...)
	w.add("十六、法院、联系与监督", "16. Court, contact, supervision", w.text(a.Court.Name)+w.pick("，", ", ")+w.text(a.Court.Address),
		w.text(a.Contact.Role)+w.pick("：", ": ")+a.Contact.Phone, w.pick("监督电话：", "Supervision: ")+a.Court.SupervisionPhone)
}
