package papers

import (
	"encoding/json"
	"fmt"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// Text is a paper as it is read.
type Text struct {
	Court   string `json:"court"`
	Heading string `json:"heading"`
	// Number is the case's, or the paper's own.
	Number string `json:"number"`
	// To is the addressee, empty where a paper has none.
	To string `json:"to,omitempty"`
	// Sections have headings in the longer papers only.
	Sections []Section `json:"sections"`
	// Signed is who signs and when, in the order of the sheet.
	Signed []Signature `json:"signed"`
	// Draft marks a paper that takes effect only when the court signs it.
	Draft string `json:"draft,omitempty"`
	// Long papers are set smaller.
	Long bool `json:"-"`
}

// Signature is a line below a paper.
type Signature struct {
	Text string `json:"text"`
	// Blank leaves room after it for a hand.
	Blank bool `json:"blank,omitempty"`
	// Seal marks the line, the date, over which the court's seal goes.
	Seal bool `json:"seal,omitempty"`
}

// Sheet is a paper of any form; lang is "en" or any other for Chinese.
type Sheet interface{ Text(lang string) Text }

// Open reads a paper's stored bytes by its kind.
func Open(k Kind, document []byte) (Sheet, error) {
	var s Sheet
	switch k {
	case AnnouncementPaper:
		s = &Announcement{}
	case ConfirmationPaper:
		s = &Confirmation{}
	case SpecialNotices, NotificationLetter, StayNotice, ResumptionNotice, WithdrawalNotice, BuyerReceipt, RulingDraft, RegistryNotice, HandoverRecord, SettingAsideDraft:
		s = &Paper{}
	}
	if s == nil {
		return nil, fmt.Errorf("open paper: no kind %q", k)
	}
	if err := json.Unmarshal(document, s); err != nil {
		return nil, fmt.Errorf("open paper: %w", err)
	}
	return s, nil
}

// Text writes a paper by the template of its version; lang is "en" or any other for Chinese.
func (p *Paper) Text(lang string) Text {
	w := &writer{en: lang == "en", version: p.Version}
	if p.Version <= 1 {
		return p.textV1(w)
	}
	return p.textV2(w) // the third differs in words alone
}

// Text writes the announcement as a sheet.
func (a *Announcement) Text(lang string) Text {
	w := &writer{en: lang == "en"}
	t := Text{Court: w.text(a.Court.Name), Heading: a.name(w), Number: a.CaseNumber, Long: true}
	first := w.pick(
		w.text(a.Court.Name)+"将于"+w.clock(a.StartsAt)+"起至"+w.clock(a.EndsAt)+"止（延时除外），在“明槌”网络司法拍卖平台上公开"+saleVerb(a.Stage)+"下列财产，现公告如下：",
		"From "+w.clock(a.StartsAt)+" to "+w.clock(a.EndsAt)+", extensions aside, "+w.text(a.Court.Name)+" sells the following in public on the platform Mingchui:")
	t.Sections = append([]Section{{Paragraphs: []string{first}}}, a.Sections(lang)...)
	t.Signed = sealed(w, w.text(a.Court.Name), a.PublishedAt)
	return t
}

func (a *Announcement) name(w *writer) string {
	switch a.Stage {
	case law.First:
		return w.pick("拍卖公告（第一次拍卖）", "Announcement of the first sale")
	case law.Second:
		return w.pick("拍卖公告（第二次拍卖）", "Announcement of the second sale")
	case law.SellOff:
		return w.pick("变卖公告", "Announcement of a sell-off")
	case law.NoReserve:
		return w.pick("无保留价拍卖公告", "Announcement of a sale without a reserve")
	}
	return ""
}

func saleVerb(s law.Stage) string {
	if s == law.SellOff {
		return "变卖"
	}
	return "拍卖"
}

// Text writes the confirmation as a sheet. The platform makes it (OJA 22), so no judge signs it.
func (c *Confirmation) Text(lang string) Text {
	w := &writer{en: lang == "en"}
	if c.BuyerName == "" { // erased ten years after the sale (R29)
		copied := *c
		copied.BuyerName = w.pick("（姓名或者名称已依法删除）", "(name erased by law)")
		c = &copied
	}
	return Text{
		Court: w.text(c.Court), Heading: c.Heading(lang), Number: c.Number, Sections: []Section{{Paragraphs: c.Paragraphs(lang)}},
		Signed: append(
			[]Signature{{Text: w.pick("本确认书由“明槌”网络司法拍卖平台自动生成并公示", "Made and published by the platform Mingchui by itself")}},
			sealed(w, w.text(c.Court), c.ConfirmedAt)...),
	}
}

// sealed is the court's name and the date, with the place of its seal.
func sealed(w *writer, court string, at time.Time) []Signature {
	return []Signature{{Text: court}, {Text: dateWords(w, at), Seal: true}}
}

// withNumber adds which of a role somebody is, where the role has more than its name.
func withNumber(role docket.Text, no int) docket.Text {
	if no < 1 {
		return role
	}
	return docket.Text{Zh: fmt.Sprintf("%s（第%d位）", role.Zh, no), En: fmt.Sprintf("%s no. %d", role.En, no)}
}

// Remaining names a usufruct that does not end with the sale (R28p): what it is, and whose.
func Remaining(e docket.Encumbrance) docket.Text {
	kind := map[docket.EncumbranceKind]docket.Text{
		docket.Lease: {Zh: "租赁权", En: "lease"}, docket.Residence: {Zh: "居住权", En: "right of residence"}, docket.Easement: {Zh: "地役权", En: "easement"},
		docket.Licence: {Zh: "许可使用权", En: "licence"}, docket.Reservation: {Zh: "所有权保留", En: "retention of title"},
	}[e.Kind]
	if kind.IsZero() {
		return e.Holder
	}
	return docket.Text{Zh: kind.Zh + "（" + e.Holder.Zh + "）", En: kind.En + " (" + e.Holder.En + ")"}
}
