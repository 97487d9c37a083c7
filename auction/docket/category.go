package docket

import "mingchui/auction/law"

// Category is a kind of property, as fine as people search for it.
type Category string

// The categories of property.
const (
	Flat         Category = "flat"
	Villa        Category = "villa"
	Factory      Category = "factory"
	LandUseRight Category = "land_use_right"
	Shop         Category = "shop"
	Office       Category = "office"
	ParkingSpace Category = "parking_space"
	VehicleCar   Category = "vehicle_car"
	VehicleTruck Category = "vehicle_truck"
	Vessel       Category = "vessel"
	Machine      Category = "machine"
	Equity       Category = "equity"
	Trademark    Category = "trademark"
	Patent       Category = "patent"
	Jewellery    Category = "jewellery"
	Liquor       Category = "liquor"
	Timber       Category = "timber"
	Electronics  Category = "electronics"
	OtherGoods   Category = "other_goods"
)

// Family is which survey a category takes (R2024).
type Family string

// The families of property. R2024 names the first four; Intangible is for rights
// that stand in a register and have neither place nor company.
const (
	FamilyImmovable  Family = "immovable"
	FamilyVehicle    Family = "vehicle"
	FamilyEquity     Family = "equity"
	FamilyGoods      Family = "goods"
	FamilyIntangible Family = "intangible"
)

// CategoryInfo is what the format knows of a category.
type CategoryInfo struct {
	Category Category
	// Kind decides how long ahead a sale is announced (R12).
	Kind   law.Kind
	Family Family
	Name   Text
}

// Categories returns every category, in the order that facets show them.
func Categories() []CategoryInfo {
	return []CategoryInfo{
		{Flat, law.Immovable, FamilyImmovable, Text{"住宅", "Flat"}},
		{Villa, law.Immovable, FamilyImmovable, Text{"别墅", "Villa"}},
		{Shop, law.Immovable, FamilyImmovable, Text{"商铺", "Shop"}},
		{Office, law.Immovable, FamilyImmovable, Text{"办公用房", "Office"}},
		{ParkingSpace, law.Immovable, FamilyImmovable, Text{"车位", "Parking space"}},
		{Factory, law.Immovable, FamilyImmovable, Text{"厂房", "Factory floor"}},
		{LandUseRight, law.Immovable, FamilyImmovable, Text{"土地使用权", "Land-use right"}},
		{VehicleCar, law.Movable, FamilyVehicle, Text{"乘用车", "Car"}},
		{VehicleTruck, law.Movable, FamilyVehicle, Text{"货车", "Truck"}},
		{Vessel, law.Movable, FamilyVehicle, Text{"船舶", "Vessel"}},
		{Machine, law.Movable, FamilyGoods, Text{"机器设备", "Machine"}},
		{Equity, law.OtherRight, FamilyEquity, Text{"股权", "Equity"}},
		{Trademark, law.OtherRight, FamilyIntangible, Text{"注册商标", "Trademark"}},
		{Patent, law.OtherRight, FamilyIntangible, Text{"专利权", "Patent"}},
		{Jewellery, law.Movable, FamilyGoods, Text{"珠宝玉石", "Jewellery"}},
		{Liquor, law.Movable, FamilyGoods, Text{"酒类", "Liquor"}},
		{Timber, law.Movable, FamilyGoods, Text{"木材", "Timber"}},
		{Electronics, law.Movable, FamilyGoods, Text{"电子产品", "Electronics"}},
		{OtherGoods, law.Movable, FamilyGoods, Text{"其他动产", "Other goods"}},
	}
}

// Info returns what the format knows of a category; false for one that it does not have.
func Info(c Category) (CategoryInfo, bool) {
	for _, i := range Categories() {
		if i.Category == c {
			return i, true
		}
	}
	return CategoryInfo{}, false
}
