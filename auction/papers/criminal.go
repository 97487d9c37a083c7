package papers

import (
	"slices"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// Papers of a case that enforces the property part of a criminal judgment name who applied, if anybody did, and rest on the provisions
// for such parts first; those on civil enforcement apply where they have no rule of their own (Criminal 16). Papers that were made
// before they said the kind of their case read as they did.

// nobodyApplied: the criminal division referred the case.
func (p *Paper) nobodyApplied() bool { return p.Facts.Criminal && len(p.Facts.Applicants) == 0 }

// applicants is the line that names them.
func (p *Paper) applicants(w *writer) string {
	if p.nobodyApplied() {
		return ""
	}
	return line(w, w.pick("申请执行人", "Applicant"), join(w, p.Facts.Applicants))
}

// referrer is the role of the criminal division, which is notified where an applicant would be.
func referrer() docket.Text { return docket.Text{Zh: "移送执行部门", En: "Referring division"} }

// inTheCase begins the sentence on what the court did.
func (p *Paper) inTheCase(w *writer) string {
	f := p.Facts
	applicants, debtors := join(w, f.Applicants), join(w, f.Debtors)
	if !f.Criminal {
		return w.pick("本院在执行"+applicants+"与"+debtors+"一案中，", "In the enforcement of "+applicants+" against "+debtors+", ")
	}
	if !p.nobodyApplied() {
		return w.pick("本院在执行"+applicants+"与"+debtors+"刑事裁判涉财产部分一案中，", "In the enforcement of the property part of a criminal judgment for "+applicants+" against "+debtors+", ")
	}
	if !slices.Contains(f.Debtors, Debtor()) {
		debtors = w.pick("被执行人"+debtors, debtors)
	}
	return w.pick("本院在执行"+debtors+"刑事裁判涉财产部分一案中，", "In the enforcement of the property part of a criminal judgment against "+debtors+", ")
}

// criminalLaw is what such a ruling rests on first, with what joins it to the rest; empty in other cases.
func (p *Paper) criminalLaw(w *writer) string {
	f := p.Facts
	if !f.Criminal {
		return ""
	}
	para, paraEN := "第一款", "para. 1"
	if f.NoReserve != nil {
		para, paraEN = "第二款", "para. 2"
	}
	return w.pick(criminalProperty+"第十二条"+para+"、第十六条，参照", criminalPropertyEN+", arts. 12 "+paraEN+" and 16, with ")
}

// whyWithoutReserve is a sentence on the ground of a sale without a reserve (R26n).
func (p *Paper) whyWithoutReserve(w *writer) string {
	n := p.Facts.NoReserve
	if n == nil {
		return ""
	}
	price := sum(w, p.Facts.LastReserve)
	if n.Ground == docket.VictimRefuses {
		return w.pick("因上述财产最后一次变卖未能成交，被害人于"+dayOf(w, n.AnsweredOn)+"表示不同意以该次变卖的保留价"+price+"以物退赔，故本次拍卖不设保留价。",
			"The last sale of it had failed, and on "+dayOf(w, n.AnsweredOn)+" the victim did not agree to take it in restitution at that sale’s reserve price of "+price+", so this one had no reserve. ")
	}
	return w.pick("因上述财产最后一次变卖未能成交，有关财政机关经通知以该次变卖的保留价"+price+"接收，于"+dayOf(w, n.AnsweredOn)+"要求继续变价，故本次拍卖不设保留价。",
		"The last sale of it had failed; the finance authority, told to take it at that sale’s reserve price of "+price+", asked on "+dayOf(w, n.AnsweredOn)+" that it be turned into money, so this one had no reserve. ")
}

// dayOf writes a day of a document; one that cannot be read stands as it is.
func dayOf(w *writer, d docket.Date) string {
	at, err := time.ParseInLocation(time.DateOnly, string(d), law.CourtTime())
	if err != nil {
		return string(d)
	}
	return w.day(at)
}
