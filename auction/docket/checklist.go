package docket

// Item is one question that a survey must have answered before the property
// may be announced (R2024, R13).
type Item struct {
	// Code is what Finding.Item quotes.
	Code string
	Name Text
}

// Checklist returns the items that a survey of this category must hold, in
// the order that pages show them; nil for a category that there is not.
func Checklist(c Category) []Item {
	switch c {
	case Flat, Villa:
		return append(immovableItems(),
			Item{"household_and_school", Text{"户籍与学位", "Household registration, school place"}},
			handoverItem())
	case Shop, Office, ParkingSpace:
		return append(immovableItems(),
			Item{"permitted_use", Text{"用途与工商登记", "Permitted use, businesses registered there"}},
			handoverItem())
	case Factory:
		return append(immovableItems(),
			Item{"building_and_fire", Text{"建设手续与消防", "Building permits, fire safety"}},
			Item{"environment", Text{"环保与危险物", "Environment, hazardous matter"}},
			handoverItem())
	case LandUseRight:
		return append(immovableItems(),
			Item{"planning", Text{"规划条件", "Planning conditions"}},
			Item{"idle_and_premium", Text{"闲置与出让金", "Idle land, premium paid"}},
			Item{"environment", Text{"土壤与地上物", "Soil, things on the land"}},
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
			Item{"dismantling", Text{"拆装与运输", "Dismantling and transport"}})
	case Jewellery, Liquor, Timber, Electronics, OtherGoods:
		return goodsItems()
	}
	return nil
}

func immovableItems() []Item {
	return []Item{
		{"title", Text{"权属", "Title"}},
		{"occupancy", Text{"占用", "Occupancy"}},
		{"seizure_and_security", Text{"查封与抵押", "Seizure, mortgage"}},
		{"defects", Text{"已知瑕疵", "Known defects"}},
		{"arrears", Text{"欠费", "Arrears"}},
	}
}

func handoverItem() Item {
	return Item{"keys_and_handover", Text{"钥匙与交付", "Keys, handover"}}
}

func vehicleItems() []Item {
	return []Item{
		{"title", Text{"登记权属", "Registered title"}},
		{"possession", Text{"控制与停放", "Possession, place of keeping"}},
		{"seizure_and_security", Text{"查封与抵押", "Seizure, mortgage"}},
		{"inspection_and_insurance", Text{"年检与保险", "Inspection, insurance"}},
		{"violations", Text{"违法与欠费", "Traffic offences, arrears"}},
		{"condition", Text{"车况", "Condition"}},
		{"keys_and_papers", Text{"钥匙与随车资料", "Keys, papers"}},
		{"transfer", Text{"过户与排放", "Transfer, emission class"}},
	}
}

func vesselItems() []Item {
	return []Item{
		{"title", Text{"船舶所有权", "Title"}},
		{"possession", Text{"停泊与看管", "Berth, keeping"}},
		{"seizure_and_security", Text{"扣押与抵押", "Arrest, mortgage"}},
		{"maritime_liens", Text{"船舶优先权", "Maritime liens"}},
		{"certificates", Text{"证书与检验", "Certificates, class survey"}},
		{"condition", Text{"船况", "Condition"}},
		{"arrears", Text{"欠费", "Arrears"}},
		{"transfer", Text{"过户与营运资质", "Transfer, operating licence"}},
	}
}

func equityItems() []Item {
	return []Item{
		{"title", Text{"持股与登记", "Holding, register"}},
		{"capital", Text{"认缴与实缴", "Capital subscribed and paid"}},
		{"freeze_and_pledge", Text{"冻结与出质", "Freeze, pledge"}},
		{"company", Text{"公司状况", "State of the company"}},
		{"accounts", Text{"财务资料", "Accounts"}},
		{"transfer_limits", Text{"章程与审批限制", "Limits in charter or law"}},
		{"priority_purchasers", Text{"股东优先购买权", "Shareholders' priority"}},
		{"handover", Text{"变更登记", "Change of register"}},
	}
}

func intangibleItems() []Item {
	return []Item{
		{"title", Text{"权属与登记", "Title, register"}},
		{"term", Text{"保护期限", "Term of protection"}},
		{"scope", Text{"核定范围", "Scope of the right"}},
		{"freeze_and_pledge", Text{"查封与质押", "Seizure, pledge"}},
		{"licences", Text{"许可使用", "Licences"}},
		{"disputes", Text{"争议", "Disputes"}},
		{"handover", Text{"转让登记", "Recordal of transfer"}},
	}
}

func goodsItems() []Item {
	return []Item{
		{"title", Text{"权属", "Title"}},
		{"possession", Text{"保管", "Keeping"}},
		{"seizure_and_security", Text{"查封与担保", "Seizure, security"}},
		{"quantity_and_quality", Text{"数量与品质", "Quantity, quality"}},
		{"defects", Text{"已知瑕疵", "Known defects"}},
		{"authenticity", Text{"鉴定与来源", "Examination, origin"}},
		{"handover", Text{"提取与交付", "Collection, handover"}},
	}
}
