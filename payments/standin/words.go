package standin

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

// words are what the page says, in one language.
type words struct {
	Lang, Other, OtherName               string
	Title, Brand, Sub, Strip             string
	Pay, For, To, Amount, How            string
	Card, Alipay, WeChat                 string
	Advanced, RefundsGo                  string
	AtOnce, Later, FailLater             string
	PayNow, HoldNow, DeclineIt, Leave    string
	HoldNote, NoMoney, LeaveNote         string
	DeclinedHead, DeclinedText           string
	CompleteHead, CompleteText, AgainTxt string
	ExpiredHead, ExpiredText             string
	UnknownHead, UnknownText             string
	Return                               string
}

func chinese() words {
	return words{
		Lang: "zh-CN", Other: "en", OtherName: "English",
		Title: "支付（演示）", Brand: "支付替身", Sub: "代替支付机构\n仅供演示与测试", Strip: "演示：这里不是真正的支付机构，任何按钮都不会扣款。",
		Pay: "支付", For: "款项", To: "收款网站", Amount: "金额", How: "支付方式",
		Card: "银行卡", Alipay: "支付宝", WeChat: "微信支付",
		Advanced: "演示设置：以后退款时", RefundsGo: "银行卡退款的结果",
		AtOnce: "立即退回", Later: "数秒后退回", FailLater: "先退出，后被银行退票",
		PayNow: "支付", HoldNow: "冻结", DeclineIt: "由银行拒绝", Leave: "放弃并返回",
		HoldNote: "此款只在银行卡上冻结，不立即划走。", NoMoney: "点按后，替身像支付机构那样通知收款网站；没有资金移动。",
		LeaveNote:    "放弃后付款页仍然有效，到期前可以再来。",
		DeclinedHead: "银行拒绝了这笔付款", DeclinedText: "没有扣款。可以再试一次、换一种方式，或放弃并返回。",
		CompleteHead: "这笔款已经付过", CompleteText: "付款已完成，收款网站已收到通知。", AgainTxt: "刚才的再次提交没有改变任何事，也没有重复付款。",
		ExpiredHead: "付款页已失效", ExpiredText: "超过了付款期限，或收款网站已收回此页。没有扣款。",
		UnknownHead: "没有这个付款页", UnknownText: "地址不完整，或替身的数据已经清空。请回到收款网站重新进入。",
		Return: "返回收款网站",
	}
}

func english() words {
	return words{
		Lang: "en", Other: "zh-CN", OtherName: "中文",
		Title: "Payment (demonstration)", Brand: "Payment stand-in", Sub: "In place of the payment provider\nfor demonstration and tests", Strip: "Demonstration: this is no real payment provider. No button here takes money.",
		Pay: "Pay", For: "Payment for", To: "Website", Amount: "Amount", How: "Pay with",
		Card: "Bank card", Alipay: "Alipay", WeChat: "WeChat Pay",
		Advanced: "Demonstration setting: a later refund", RefundsGo: "A refund to this card",
		AtOnce: "arrives at once", Later: "arrives after some seconds", FailLater: "leaves, then is sent back by the bank",
		PayNow: "Pay", HoldNow: "Hold", DeclineIt: "Let the bank decline", Leave: "Leave without paying",
		HoldNote: "The amount is only held on the card, not taken at once.", NoMoney: "On a click the stand-in tells the website as a payment provider would; no money moves.",
		LeaveNote:    "After leaving, this page stays valid until it expires.",
		DeclinedHead: "The bank declined this payment", DeclinedText: "Nothing was taken. Try again, choose another way, or leave without paying.",
		CompleteHead: "This has been paid", CompleteText: "The payment is complete and the website has been told.", AgainTxt: "Submitting again changed nothing, and nothing was paid twice.",
		ExpiredHead: "This payment page has expired", ExpiredText: "Its time is over, or the website has withdrawn it. Nothing was taken.",
		UnknownHead: "There is no such payment page", UnknownText: "The address is incomplete, or the stand-in's data was cleared. Please go back to the website and start again.",
		Return: "Back to the website",
	}
}

func (w words) method(id string) string {
	switch id {
	case "alipay":
		return w.Alipay
	case "wechat_pay":
		return w.WeChat
	}
	return w.Card
}

// wordsFor chooses by ?lang=, then by the locale that the session was made
// with, then by Accept-Language; Chinese when none says.
func wordsFor(r *http.Request, locale string) words {
	for _, want := range []string{r.URL.Query().Get("lang"), locale} {
		switch {
		case strings.HasPrefix(want, "zh"):
			return chinese()
		case strings.HasPrefix(want, "en"):
			return english()
		}
	}
	_, at := language.MatchStrings(language.NewMatcher([]language.Tag{language.Chinese, language.English}), r.Header.Get("Accept-Language"))
	if at == 1 {
		return english()
	}
	return chinese()
}
