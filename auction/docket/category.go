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
	// Drawing is the picture of the kind, under web/static/drawings; a lot that
	// has none of its own shows it.
	Drawing string
}

// Categories returns every category, in the order that facets show them.
func Categories() []CategoryInfo {
	return []CategoryInfo{
		{Flat, law.Immovable, FamilyImmovable, Text{"住宅", "Flat"}, "flat.svg"},
		{Villa, law.Immovable, FamilyImmovable, Text{"别墅", "Villa"}, "villa.svg"},
		{Shop, law.Immovable, FamilyImmovable, Text{"商铺", "Shop"}, "shop.svg"},
		{Office, law.Immovable, FamilyImmovable, Text{"办公用房", "Office"}, "office.svg"},
		{ParkingSpace, law.Immovable, FamilyImmovable, Text{"车位", "Parking space"}, "parking.svg"},
		{Factory, law.Immovable, FamilyImmovable, Text{"厂房", "Factory floor"}, "factory.svg"},
		{LandUseRight, law.Immovable, FamilyImmovable, Text{"土地使用权", "Land-use right"}, "land.svg"},
		{VehicleCar, law.Movable, FamilyVehicle, Text{"乘用车", "Car"}, "car.svg"},
		{VehicleTruck, law.Movable, FamilyVehicle, Text{"货车", "Truck"}, "truck.svg"},
		{Vessel, law.Movable, FamilyVehicle, Text{"船舶", "Vessel"}, "vessel.svg"},
		{Machine, law.Movable, FamilyGoods, Text{"机器设备", "Machine"}, "machine.svg"},
		{Equity, law.OtherRight, FamilyEquity, Text{"股权", "Equity"}, "equity.svg"},
		{Trademark, law.OtherRight, FamilyIntangible, Text{"注册商标", "Trademark"}, "trademark.svg"},
		{Patent, law.OtherRight, FamilyIntangible, Text{"专利权", "Patent"}, "patent.svg"},
		{Jewellery, law.Movable, FamilyGoods, Text{"珠宝玉石", "Jewellery"}, "jewellery.svg"},
		{Liquor, law.Movable, FamilyGoods, Text{"酒类", "Liquor"}, "liquor.svg"},
		{Timber, law.Movable, FamilyGoods, Text{"木材", "Timber"}, "timber.svg"},
		{Electronics, law.Movable, FamilyGoods, Text{"电子产品", "Electronics"}, "phone.svg"},
		{OtherGoods, law.Movable, FamilyGoods, Text{"其他动产", "Other goods"}, "goods.svg"},
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
