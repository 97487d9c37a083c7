package papers

import (
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// ConfirmationVersion is the form in which confirmations are written now.
const ConfirmationVersion = 2

// Confirmation is the 网络司法拍卖成交确认书 (R22): it states the buyer's true
// identity and is published beside the log, which holds its hash alone.
type Confirmation struct {
	// Version is ConfirmationVersion when it was made.
	Version    int         `json:"v"`
	Number     string      `json:"number"`
	Lot        string      `json:"lot"`
	CaseNumber string      `json:"case_number"`
	Court      docket.Text `json:"court"`
	Stage      law.Stage   `json:"stage"`
	Title      docket.Text `json:"title"`
	StartedAt  time.Time   `json:"started_at"`
	EndedAt    time.Time   `json:"ended_at"`
	BidderCode string      `json:"bidder_code"`
	// BuyerName is personal data; with NameSalt (hex) it opens NameCommitment,
	// which the log holds since the code was admitted.
	BuyerName      string `json:"buyer_name"`
	NameSalt       string `json:"name_salt"`
	NameCommitment string `json:"name_commitment"`
	// Agency is for whom BuyerName bid, nil for oneself: then the buyers are its principals. AgencySalt (hex) and its hash, or
	// nothing, open AgencyCommitment, which the log holds since the code was admitted; older confirmations have none of them.
	Agency           *Agency   `json:"agency,omitempty"`
	AgencySalt       string    `json:"agency_salt,omitempty"`
	AgencyCommitment string    `json:"agency_commitment,omitempty"`
	Price            money.Fen `json:"price_fen"`
	Deposit          money.Fen `json:"deposit_fen"`
	BalanceDueAt     time.Time `json:"balance_due_at"`
	ConfirmedAt      time.Time `json:"confirmed_at"`
}

// Balance is what is left to pay once the deposit counts towards the price (R23).
func (c *Confirmation) Balance() money.Fen { return max(c.Price-c.Deposit, 0) }

// Heading is the paper's title; lang is "en" or any other for Chinese.
func (c *Confirmation) Heading(lang string) string {
	if lang == "en" {
		return "Confirmation of an online judicial sale"
	}
	return "网络司法拍卖成交确认书"
}

// Paragraphs write the paper in words; lang is "en" or any other for Chinese.
func (c *Confirmation) Paragraphs(lang string) []string {
	w := &writer{en: lang == "en", version: c.Version + 1} // its second has the words of the papers' third
	return []string{
		w.pick(
			c.Court.Zh+"于"+w.clock(c.StartedAt)+"至"+w.clock(c.EndedAt)+"，在“明槌”网络司法拍卖平台对"+c.Title.Zh+"公开拍卖。",
			c.Court.En+" sold "+c.Title.En+" in public on the platform Mingchui, from "+w.clock(c.StartedAt)+" to "+w.clock(c.EndedAt)+"."),
		c.buyer(w),
		c.balance(w),
		w.pick(
			"标的物所有权自拍卖成交裁定送达买受人时转移。逾期不付的，保证金不予退还。",
			"Ownership passes when the ruling on the sale is served on the buyer. If the balance is not paid in time, the deposit is not returned."),
	}
}

// buyer names who bought, and the agent where one bid (R14): then the buyers are the principals.
func (c *Confirmation) buyer(w *writer) string {
	price := w.pick("人民币"+c.Price.Words()+"（¥"+c.Price.Yuan()+"）", "CNY "+c.Price.Yuan()+" ("+c.Price.Words()+")")
	if c.Agency == nil {
		return w.pick(w.code()+c.BidderCode+"的竞买人"+c.BuyerName+"，以"+price+"最高应价成交。", c.BuyerName+", bidding under the code "+c.BidderCode+", made the highest bid: "+price+".")
	}
	return w.pick(
		w.code()+c.BidderCode+"，由经本院确认的代理人"+c.BuyerName+"代为竞买，以"+price+"最高应价成交；买受人为"+c.Agency.Names("zh-CN")+"。",
		c.BuyerName+", an agent confirmed by this court, made the highest bid under the code "+c.BidderCode+": "+price+". The buyers are "+c.Agency.Names("en")+".")
}

// balance says what is still to be paid; the applicant creditor paid no deposit (R17).
func (c *Confirmation) balance(w *writer) string {
	zh, en := "已付保证金人民币"+c.Deposit.Words()+"计入价款，", "The deposit of CNY "+c.Deposit.Yuan()+" counts towards the price; "
	if c.Deposit == 0 {
		zh, en = "买受人依法未交保证金，", "The buyer, by law, paid no deposit; "
	}
	if c.Balance() == 0 {
		return w.pick(zh+"价款已全部付清。", en+"the price is paid in full.")
	}
	return w.pick(
		zh+"余款人民币"+c.Balance().Words()+"应于"+w.clock(c.BalanceDueAt)+"前付至法院指定账户。",
		en+"the balance of CNY "+c.Balance().Yuan()+" is due by "+w.clock(c.BalanceDueAt)+".")
}
