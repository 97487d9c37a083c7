package docket

import (
	"time"

	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// NoReserveFault is what keeps a lot from being sold without a reserve.
type NoReserveFault struct {
	Code    fault.Code
	Field   string
	Message Text
}

// CheckNoReserve holds R26n (Criminal 12) for a lot of a case: the rule set allows a sale without a reserve, the case is criminal, the
// ground stands with its document, and its days follow upon the last sale, none after today; today may be "" where no day is known.
// A lot of another stage has no such ground. Which sale failed before is not looked at here.
func CheckNoReserve(rules law.RuleSet, kind CaseKind, l *Lot, today Date) (list []NoReserveFault) {
	tell := func(c fault.Code, field, zh, en string) {
		list = append(list, NoReserveFault{c, field, Text{Zh: zh, En: en}})
	}
	if l.Stage != law.NoReserve {
		if l.NoReserve != nil {
			tell(fault.NoReserveNotLast, "no_reserve", "只有变卖未成后的无保留价拍卖才写不设保留价的依据。", "Only a sale without a reserve, after the sell-off failed, states why there is none.")
		}
		return list
	}
	if !rules.NoReserve {
		tell(fault.NoReserveOff, "stage", "本院未采用无保留价拍卖。", "The settings of this court have no sale without a reserve.")
	}
	if kind != Criminal {
		tell(fault.NoReserveCriminalOnly, "stage", "只有刑事裁判涉财产部分执行案件的财产可以无保留价拍卖。", "Only property of a criminal case is sold without a reserve.")
	}
	n := l.NoReserve
	if n == nil {
		tell(fault.NoReserveGround, "no_reserve", "应写明不设保留价的依据、告知日期、文书日期和文书哈希。", "State the ground, the day of the offer, the day of the document and its hash.")
		return list
	}
	if n.Ground != FinanceAsks && n.Ground != VictimRefuses {
		tell(fault.NoReserveGround, "no_reserve.ground", "应写明依据：财政机关要求继续变价，或者被害人不同意以物退赔。", "State the ground: the finance authority asks for it, or the victim refuses the thing.")
	}
	if !sha256Hex().MatchString(n.Document) {
		tell(fault.NoReserveGround, "no_reserve.document", "文书哈希应为 64 位小写十六进制 SHA-256。", "The hash of the document is a SHA-256 of 64 lower-case hexadecimal digits.")
	}
	var ended Date
	if len(l.Previous) > 0 {
		ended = l.Previous[len(l.Previous)-1].EndedOn
	}
	if !n.OfferedOn.isDay() || n.OfferedOn < ended {
		tell(fault.NoReserveDates, "no_reserve.offered_on", "应在最后一次变卖（拍卖）结束后，以其保留价通知财政机关接收或者告知被害人以物退赔。", "After the last sale ended the property is offered, at its reserve price, to the finance authority or the victim.")
	}
	if !n.AnsweredOn.isDay() || n.AnsweredOn < n.OfferedOn || (today != "" && n.AnsweredOn > today) {
		tell(fault.NoReserveDates, "no_reserve.answered_on", "文书日期不得早于告知日期，也不得晚于今日。", "The document is not dated before the offer, nor after today.")
	}
	return list
}

// isDay tells a day of the calendar; days of a form are typed.
func (d Date) isDay() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// noReserve holds R26n for the file: what of a value that does not stand is told where it is read.
func (c *checker) noReserve(path string, kind CaseKind, l *Lot) {
	for _, f := range CheckNoReserve(c.rules, kind, l, "") {
		if l.NoReserve == nil || c.stands(path+"."+f.Field) {
			c.tell(path+"."+f.Field, f.Code, "R26n", f.Message.Zh, f.Message.En)
		}
	}
}
