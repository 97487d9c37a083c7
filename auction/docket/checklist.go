package docket

import "slices"

// Item is one question that a survey must have answered before the property
// may be announced (R2024, R13).
type Item struct {
	// Code is what Finding.Item quotes.
	Code string
	Name Text
	// Rule is the row that asks for it; empty is R2024.
	Rule string
	// Shown are kinds of document that answer the question as well as a finding does: files written before the item was on
	// the list have these alone.
	Shown []DocumentKind
}

// Answered reports whether the property's survey answers the item.
func (i Item) Answered(a *Asset) bool {
	for _, f := range a.Survey {
		if f.Item == i.Code {
			return true
		}
	}
	for _, d := range a.Documents {
		if slices.Contains(i.Shown, d.Kind) {
			return true
		}
	}
	return false
}

// Checklist returns the items that a survey of this category must hold, in
// the order that pages show them; nil for a category that there is not.
func Checklist(c Category) []Item {
	switch c {
	case Flat, Villa:
		return append(immovableItems(),
			Item{Code: "household_and_school", Name: Text{"户籍与学位", "Household registration, school place"}},
			handoverItem())
	case Shop, Office, ParkingSpace:
		return append(immovableItems(),
			Item{Code: "permitted_use", Name: Text{"用途与工商登记", "Permitted use, businesses registered there"}},
			handoverItem())
	case Factory:
		return append(immovableItems(),
			Item{Code: "building_and_fire", Name: Text{"建设手续与消防", "Building permits, fire safety"}},
			Item{Code: "environment", Name: Text{"环保与危险物", "Environment, hazardous matter"}},
			handoverItem())
	case LandUseRight:
		return append(immovableItems(),
			Item{Code: "planning", Name: Text{"规划条件", "Planning conditions"}},
			Item{Code: "idle_and_premium", Name: Text{"闲置与出让金", "Idle land, premium paid"}},
			Item{Code: "environment", Name: Text{"土壤与地上物", "Soil, things on the land"}},
			handoverItem())
	case VehicleCar, VehicleTruck:
		return vehicleItems()
	case Vessel:
		return vesselItems()
	case Equity:
		return equityItems()
	case Trademark, Patent:
		return intangibleItems()
	case Machine:
		return append(goodsItems(),
			Item{Code: "dismantling", Name: Text{"拆装与运输", "Dismantling and transport"}})
	case Jewellery, Liquor, Timber, Electronics, OtherGoods:
		return goodsItems()
	}
	return nil
}

func immovableItems() []Item {
	return []Item{
		{Code: "title", Name: Text{"权属", "Title"}},
		{Code: "site_visit", Name: Text{"现场勘查", "Site visit"}, Shown: []DocumentKind{SurveyRecord, Photographs, Video}},
		{Code: "occupancy", Name: Text{"占用", "Occupancy"}},
		// The register's extract and the appraisal report have the plan attached.
		{Code: "floor_plan", Name: Text{"户型图或宗地图", "Floor plan or site plan"}, Shown: []DocumentKind{FloorPlan, RegisterExtract, AppraisalReport}},
		{Code: "seizure_and_security", Name: Text{"查封与抵押", "Seizure, mortgage"}},
		{Code: "defects", Name: Text{"已知瑕疵", "Known defects"}},
		{Code: "arrears", Name: Text{"欠费", "Arrears"}},
	}
}

func handoverItem() Item {
	return Item{Code: "keys_and_handover", Name: Text{"钥匙与交付", "Keys, handover"}}
}

func vehicleItems() []Item {
	return []Item{
		{Code: "title", Name: Text{"登记权属", "Registered title"}},
		{Code: "possession", Name: Text{"控制与停放", "Possession, place of keeping"}},
		{Code: "seizure_and_security", Name: Text{"查封与抵押", "Seizure, mortgage"}},
		{Code: "inspection_and_insurance", Name: Text{"年检与保险", "Inspection, insurance"}},
		{Code: "violations", Name: Text{"违法与欠费", "Traffic offences, arrears"}},
		{Code: "condition", Name: Text{"车况", "Condition"}},
		{Code: "keys_and_papers", Name: Text{"钥匙与随车资料", "Keys, papers"}},
		{Code: "transfer", Name: Text{"过户与排放", "Transfer, emission class"}},
	}
}

func vesselItems() []Item {
	return []Item{
		{Code: "title", Name: Text{"船舶所有权", "Title"}},
		{Code: "possession", Name: Text{"停泊与看管", "Berth, keeping"}},
		{Code: "seizure_and_security", Name: Text{"扣押与抵押", "Arrest, mortgage"}},
		{Code: "maritime_liens", Name: Text{"船舶优先权", "Maritime liens"}},
		{Code: "certificates", Name: Text{"证书与检验", "Certificates, class survey"}},
		{Code: "condition", Name: Text{"船况", "Condition"}},
		{Code: "arrears", Name: Text{"欠费", "Arrears"}},
		{Code: "transfer", Name: Text{"过户与营运资质", "Transfer, operating licence"}},
	}
}

func equityItems() []Item {
	return []Item{
		{Code: "title", Name: Text{"持股与登记", "Holding, register"}},
		{Code: "capital", Name: Text{"认缴与实缴", "Capital subscribed and paid"}, Rule: "R12e"},
		{Code: "freeze_and_pledge", Name: Text{"冻结与出质", "Freeze, pledge"}},
		{Code: "company", Name: Text{"公司状况", "State of the company"}},
		{Code: "accounts", Name: Text{"财务资料", "Accounts"}},
		{Code: "transfer_limits", Name: Text{"章程与审批限制", "Limits in charter or law"}},
		{Code: "priority_purchasers", Name: Text{"股东优先购买权", "Shareholders' priority"}},
		{Code: "handover", Name: Text{"变更登记", "Change of register"}},
	}
}

func intangibleItems() []Item {
	return []Item{
		{Code: "title", Name: Text{"权属与登记", "Title, register"}},
		{Code: "term", Name: Text{"保护期限", "Term of protection"}},
		{Code: "scope", Name: Text{"核定范围", "Scope of the right"}},
		{Code: "freeze_and_pledge", Name: Text{"查封与质押", "Seizure, pledge"}},
		{Code: "licences", Name: Text{"许可使用", "Licences"}},
		{Code: "disputes", Name: Text{"争议", "Disputes"}},
		{Code: "handover", Name: Text{"转让登记", "Recordal of transfer"}},
	}
}

func goodsItems() []Item {
	return []Item{
		{Code: "title", Name: Text{"权属", "Title"}},
		{Code: "possession", Name: Text{"保管", "Keeping"}},
		{Code: "seizure_and_security", Name: Text{"查封与担保", "Seizure, security"}},
		{Code: "quantity_and_quality", Name: Text{"数量与品质", "Quantity, quality"}},
		{Code: "defects", Name: Text{"已知瑕疵", "Known defects"}},
		{Code: "authenticity", Name: Text{"鉴定与来源", "Examination, origin"}},
		{Code: "handover", Name: Text{"提取与交付", "Collection, handover"}},
	}
}
