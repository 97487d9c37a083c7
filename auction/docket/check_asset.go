package docket

import (
	"cmp"
	"fmt"
	"strings"

	"mingchui/auction/fault"
)

func (c *checker) asset(path string, a *Asset, pt patterns) {
	c.region(path+".region", a.Region, pt)
	c.survey(path, a)
	c.occupancy(path, a)
	for i, e := range a.Encumbrances {
		c.encumbrance(fmt.Sprintf("%s.encumbrances[%d]", path, i), e)
	}
	for i, t := range a.Taxes {
		c.tax(fmt.Sprintf("%s.taxes[%d]", path, i), t)
	}
	shown := false
	for _, d := range a.Documents {
		shown = shown || d.Kind == Photographs || d.Kind == Video || d.Kind == SurveyRecord
	}
	if len(a.Documents) > 0 && !shown {
		c.tell(path+".documents", DocumentAbsent, "R13", "缺少反映财产现状的照片、视频或勘查笔录。", "Photographs, a video or a survey record of the property is missing.")
	}
	for i, name := range a.Drawings {
		if name != "" && !pt.drawing.MatchString(name) {
			c.tell(fmt.Sprintf("%s.drawings[%d]", path, i), BadFileName, "", "图样应为小写的文件名，如 flat-1.svg。", "A drawing is a file name in lower case, like flat-1.svg.")
		}
	}
}

// survey holds the checklist of the category: each item once, none missing (R2024).
func (c *checker) survey(path string, a *Asset) {
	seen := map[string]string{}
	for i, f := range a.Survey {
		at := fmt.Sprintf("%s.survey[%d].item", path, i)
		if first, twice := seen[f.Item]; twice && f.Item != "" {
			c.twice(at, DuplicateItem, "勘查项目", "survey item", f.Item, first)
		}
		seen[f.Item] = at
	}
	if !c.stands(path + ".survey") {
		return // told as missing
	}
	for _, item := range Checklist(a.Category) {
		if !item.Answered(a) {
			c.tell(path+".survey", ChecklistMissing, cmp.Or(item.Rule, "R2024"),
				"勘查清单缺少“"+item.Name.Zh+"”（"+item.Code+"）。", "The survey lacks “"+item.Name.En+"” ("+item.Code+").")
		}
	}
}

// occupancy holds R2024: who, on what title, until when, and that the court hands over.
func (c *checker) occupancy(path string, a *Asset) {
	o := a.Occupancy
	at := path + ".occupancy"
	if o.State == unknownOccupancy {
		c.tell(at+".state", fault.OccupancyUnknown, "R2024", "占用情况不能写“不明”：应查明由谁占用、依据什么、到何时为止。", "Occupancy cannot be “unknown”: who, on what title and until when is found out.")
	}
	if o.Handover == courtDoesNotVacate {
		c.tell(at+".handover", fault.OccupancyUnknown, "R2024", "不能写“法院不负责腾退”：应写明交付方式。", "“The court does not vacate” is not accepted: the way of handing over is stated.")
	}
	info, known := Info(a.Category)
	if known && info.Family == FamilyImmovable && (o.State == NotApplicable || o.State == CourtHeld || o.State == Stored) {
		c.tell(at+".state", fault.OccupancyUnknown, "R2024", "不动产应写明空置，或由被执行人、承租人、第三人占用。", "For an immovable it is stated that it is vacant, or held by the debtor, a tenant or a third person.")
	}
	leased := false
	for _, e := range a.Encumbrances {
		leased = leased || (e.Kind == Lease && e.AfterSale == Remains)
	}
	switch {
	case o.State == HeldByTenant && c.absent(at+".until"):
		c.tell(at, LeaseUntilMissing, "R2024", "由承租人占用的，应写明租期截止日（until）。", "Where a tenant holds it, the last day of the lease is stated (until).")
	case o.Handover == WithLease && !leased:
		c.tell(at+".handover", LeaseMismatch, "R28p", "带租交付的，权利负担里应有成交后继续存在的租赁权。", "Sold subject to a lease, the encumbrances hold a lease that remains.")
	case leased && o.Handover != WithLease && o.Handover != "" && o.Handover != courtDoesNotVacate:
		c.tell(at+".handover", LeaseMismatch, "R28p", "租赁权继续存在的，交付方式应为带租（with_lease）。", "Where a lease remains, the property is handed over subject to it (with_lease).")
	}
}

// encumbrance holds R28p: security ends with the sale, leases and other usufructs may remain.
func (c *checker) encumbrance(path string, e Encumbrance) {
	switch e.Kind {
	case Seizure, Mortgage, Pledge, LienOn:
		if e.AfterSale == Remains {
			c.tell(path+".after_sale", SecurityRemains, "R28p", "查封、抵押、质押、留置随拍卖消灭，不能写继续存在。", "Seizures, mortgages, pledges and liens end with the sale; they cannot remain.")
		}
	case Lease, Residence, Easement:
		if e.AfterSale == Extinguished {
			c.tell(path+".after_sale", UsufructEnds, "R28p", "租赁权、居住权、地役权不因拍卖而消灭：应写继续存在，或已在拍卖前依法除去。", "A lease, a right of residence and an easement do not end with the sale: they remain, or were removed before it.")
		}
	case Licence, Reservation:
	}
	c.rank(path, e.Rank)
}

// sellerTaxes are taxes whose payer by law is the one who gives the property up:
// VAT (Interim Regulations art. 1), income taxes, land appreciation tax (Interim Regulations art. 2).
func sellerTaxes() []string {
	return []string{"增值税", "所得税", "城市维护建设税", "教育费附加"}
}

// maxRateBP is the whole of the basis.
const maxRateBP = 10_000

// tax holds R30: a tax that the law puts on the one side is not put on the other; a rate says of what.
func (c *checker) tax(path string, t Tax) {
	switch {
	case t.RateBP > maxRateBP:
		c.tell(path+".rate_bp", OutOfRange, "R30", "税率以万分之一计，不超过 10000。", "The rate is in hundredths of a percent, at most 10000.")
	case t.RateBP > 0 && c.absent(path+".basis"):
		c.tell(path+".rate_bp", Missing, "R30", "写了税率的，应写明计税依据（basis）。", "Where a rate is stated, so is what it is a rate of (basis).")
	}
	if t.BorneBy != Buyer {
		if t.BorneBy == Debtor && strings.Contains(t.Item.Zh, "契税") {
			c.tell(path+".borne_by", fault.TaxesAllOnBuyer, "R30", "契税的纳税人是承受权属的一方（契税法第一条）。", "Deed tax is owed by the one who receives the property (Deed Tax Law, art. 1).")
		}
		return
	}
	for _, name := range sellerTaxes() {
		if strings.Contains(t.Item.Zh, name) {
			c.tell(path+".borne_by", fault.TaxesAllOnBuyer, "R30",
				"“"+clip(t.Item.Zh)+"”依法由出让方（被执行人）缴纳，不能由买受人承担。",
				"“"+clip(t.Item.En)+"” is by law owed by the one who gives the property up (the debtor); it cannot be put on the buyer.")
			return
		}
	}
}
