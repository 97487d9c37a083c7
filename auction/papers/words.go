package papers

import (
	"strings"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// PaperHeading is the title line of a kind of paper.
func PaperHeading(k Kind, lang string) string {
	w := writer{en: lang == "en"}
	switch k {
	case SpecialNotices:
		return w.pick("网络司法拍卖特别提示", "Special notices of an online judicial sale")
	case NotificationLetter:
		return w.pick("拍卖通知书", "Notification of a sale")
	case StayNotice:
		return w.pick("暂缓（中止）拍卖公告", "Notice of a stay")
	case ResumptionNotice:
		return w.pick("恢复拍卖公告", "Notice of a resumption")
	case WithdrawalNotice:
		return w.pick("撤回拍卖公告", "Notice of a withdrawal")
	case BuyerReceipt:
		return w.pick("拍卖价款收款凭证", "Receipt of the price")
	case RulingDraft:
		return w.pick("执行裁定书", "Ruling on the sale")
	case RegistryNotice:
		return w.pick("协助执行通知书", "Notice to assist in enforcement")
	case HandoverRecord:
		return w.pick("标的物交付笔录", "Record of handing over")
	}
	return ""
}

// Text is a paper as it is read.
type Text struct {
	Court, Heading, Number string
	// To is the addressee, empty where a paper has none.
	To string
	// Sections have headings in the longer papers only.
	Sections []Section
	// Signed is who signs and when: the court, the date in words, and lines for signatures.
	Signed []string
	// Draft marks a paper that takes effect only when the court signs it.
	Draft string
}

// Text writes a paper by the template of its version; lang is "en" or any other for Chinese.
func (p *Paper) Text(lang string) Text {
	w := &writer{en: lang == "en"}
	t := Text{Court: w.text(p.Court), Heading: PaperHeading(p.Kind, lang), Number: p.CaseNumber}
	switch p.Kind {
	case SpecialNotices:
		p.notices(w)
	case NotificationLetter:
		t.To = w.text(p.Facts.To) + w.pick("：", ":")
		p.letter(w)
	case StayNotice, ResumptionNotice, WithdrawalNotice:
		p.courtNotice(w)
	case BuyerReceipt:
		t.To = w.text(p.Facts.Buyer) + w.pick("：", ":")
		p.receipt(w)
	case RulingDraft:
		// The court gives the number when it signs.
		t.Number = p.CaseNumber + w.pick("之＿＿", ", ruling no. ____")
		t.Draft = w.pick("草稿：经审判人员署名、加盖院印后生效", "Draft: takes effect with the judges' names and the court's seal")
		p.ruling(w)
	case RegistryNotice:
		t.To = p.registries(w)
		p.registry(w)
	case HandoverRecord:
		p.handover(w)
	}
	t.Sections = w.list
	t.Signed = p.signed(w)
	return t
}

func (p *Paper) signed(w *writer) []string {
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
	case NotificationLetter, StayNotice, ResumptionNotice, WithdrawalNotice, BuyerReceipt, RegistryNotice:
	}
	return []string{w.text(p.Court), date}
}

// ground is a ground of a withdrawal in words (R17w); empty for one that is free text.
func ground(w *writer, g string) string {
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

// dateWords is the date as courts write it below a paper: 二〇二六年十一月二十七日.
func dateWords(w *writer, t time.Time) string {
	local := t.In(time.FixedZone("CST", 8*60*60))
	if w.en {
		return local.Format("2 January 2006")
	}
	digits := []string{"〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	var year strings.Builder
	for _, c := range local.Format("2006") {
		year.WriteString(digits[c-'0'])
	}
	return year.String() + "年" + small(int(local.Month())) + "月" + small(local.Day()) + "日"
}

// small writes 1 to 31 in Chinese.
func small(n int) string {
	ones := []rune("〇一二三四五六七八九")
	out := ""
	if n >= 20 {
		out = string(ones[n/10%10])
	}
	if n >= 10 {
		out += "十"
	}
	if n%10 > 0 {
		out += string(ones[n%10])
	}
	return out
}

func (p *Paper) stage(w *writer) string {
	switch p.Stage {
	case law.First:
		return w.pick("第一次拍卖", "first sale")
	case law.Second:
		return w.pick("第二次拍卖", "second sale")
	case law.SellOff:
		return w.pick("变卖", "sell-off")
	}
	return ""
}

// amount is a sum in figures and in words.
func amount(w *writer, f money.Fen) string {
	if w.en {
		return "CNY " + f.Yuan() + " (" + f.Words() + ")"
	}
	return "人民币" + f.Words() + "（¥" + f.Yuan() + "）"
}

func join(w *writer, list []docket.Text) string {
	parts := make([]string, len(list))
	for i, t := range list {
		parts[i] = w.text(t)
	}
	return strings.Join(parts, w.pick("、", ", "))
}

func (p *Paper) property(w *writer) string {
	parts := make([]string, len(p.Facts.Property))
	for i, line := range p.Facts.Property {
		parts[i] = w.text(line.Title)
		if line.Certificate != "" {
			parts[i] += w.pick("（权证号", " (certificate ") + line.Certificate + w.pick("）", ")")
		}
	}
	if len(parts) == 0 {
		return w.text(p.Title)
	}
	return strings.Join(parts, w.pick("、", "; "))
}
