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
	case SettingAsideDraft:
		return w.pick("执行裁定书", "Ruling that sets a sale aside")
	case AnnouncementPaper:
		return w.pick("拍卖公告", "Announcement of the sale")
	case ConfirmationPaper:
		return (&Confirmation{}).Heading(lang)
	}
	return ""
}

// dateWords is the date as courts write it below a paper: 二〇二六年十一月二十七日.
func dateWords(w *writer, t time.Time) string {
	local := t.In(law.CourtTime())
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
	case law.NoReserve:
		return w.pick("无保留价拍卖", "sale without a reserve")
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
