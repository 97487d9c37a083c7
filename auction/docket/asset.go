package docket

// Asset is one piece of property, as the court found it.
type Asset struct {
	Ref         string   `json:"ref" docket:"max=40" zh:"财产编号" en:"ref of the property"`
	Category    Category `json:"category" zh:"财产种类" en:"category"`
	Title       Text     `json:"title" docket:"max=200" zh:"名称" en:"title"`
	Description Text     `json:"description" docket:"max=8000" zh:"标的物介绍" en:"description"`
	Region      Region   `json:"region" zh:"地区" en:"region"`
	// Address goes to the block, never to a door that people live behind
	// beyond what the title of the lot must name.
	Address      Text          `json:"address" zh:"位置（到街区）" en:"address, to the block"`
	Ownership    Ownership     `json:"ownership" zh:"权属" en:"title to the property"`
	Occupancy    Occupancy     `json:"occupancy" zh:"占有使用" en:"occupancy"`
	Survey       []Finding     `json:"survey" docket:"max=40" zh:"勘查清单" en:"survey"`
	Encumbrances []Encumbrance `json:"encumbrances" docket:"max=40" zh:"权利负担" en:"encumbrances"`
	Defects      []Text        `json:"defects" docket:"max=40" zh:"已知瑕疵" en:"known defects"`
	Arrears      []Arrear      `json:"arrears" docket:"max=40" zh:"欠费" en:"arrears"`
	Taxes        []Tax         `json:"taxes" docket:"min=1,max=40" zh:"税费" en:"taxes"`
	Documents    []Document    `json:"documents" docket:"min=1,max=40" zh:"文书资料" en:"documents"`
	Drawings     []string      `json:"drawings" docket:"min=1,max=40" zh:"图样" en:"drawings"`
	Attributes   []Attribute   `json:"attributes" docket:"max=60" zh:"参数" en:"attributes"`
	// SeizedOn is the day of the seizure: within thirty days of it the court begins to fix the reference price (R10p). Property
	// without it brings a price that was found before, in its lot.
	SeizedOn Date `json:"seized_on,omitempty" docket:"optional" zh:"查封日期" en:"seized on"`
	// IndivisibleGroup is a name that property of the same case shares when it cannot be used apart, or would lose much
	// value apart: it is sold as one lot (R15).
	IndivisibleGroup string `json:"indivisible_group,omitempty" docket:"optional,max=40" zh:"不可分财产组" en:"indivisible group"`
}

// Ownership says whose the property is and what the register says of it.
type Ownership struct {
	// Holder is by role and kind of right, never by a person's name.
	Holder Text `json:"holder" zh:"权利人" en:"holder"`
	Nature Text `json:"nature" zh:"权利性质" en:"nature of the right"`
	// Certificate is masked to its last digits.
	Certificate string `json:"certificate,omitempty" docket:"optional,max=80" zh:"权证编号" en:"certificate"`
	Use         Text   `json:"use,omitzero" docket:"optional" zh:"登记用途" en:"registered use"`
}

// OccupancyState says who holds the property now. "unknown" is in nobody's list:
// an announcement that does not know is refused (R2024).
type OccupancyState string

// The states of occupancy. Movables are CourtHeld, Stored or HeldByDebtor; rights
// that nobody can sit in are NotApplicable.
const (
	Vacant        OccupancyState = "vacant"
	HeldByDebtor  OccupancyState = "debtor"
	HeldByTenant  OccupancyState = "tenant"
	HeldByOther   OccupancyState = "third_party"
	CourtHeld     OccupancyState = "court"
	Stored        OccupancyState = "stored"
	NotApplicable OccupancyState = "not_applicable"
)

// HandoverKind says how the property reaches the buyer.
type HandoverKind string

// The ways of handing over. CourtDoesNotVacate is not among them (R2024).
const (
	CourtVacates  HandoverKind = "court_vacates"
	WithLease     HandoverKind = "with_lease"
	CourtDelivers HandoverKind = "court_delivers"
	ByRegister    HandoverKind = "by_register"
)

// Occupancy is who holds the property, on what title, until when, and how it is handed over (R2024).
type Occupancy struct {
	State OccupancyState `json:"state" zh:"占用情况" en:"who holds it"`
	Title Text           `json:"title" zh:"占用依据" en:"on what title"`
	// Until is the last day of a lease; required for a tenant.
	Until    Date         `json:"until,omitempty" docket:"optional" zh:"占用期限" en:"until"`
	Handover HandoverKind `json:"handover" zh:"交付方式" en:"way of handing over"`
	Note     Text         `json:"note,omitzero" docket:"optional" zh:"说明" en:"note"`
}

// FindingState marks a finding that the reader should not pass over.
type FindingState string

// The states of a finding.
const (
	Clear  FindingState = "clear"
	Notice FindingState = "note"
)

// Finding is one item of the survey: what was found and from whom.
type Finding struct {
	// Item is the code of an item of Checklist(category); others may be added by any code.
	Item    string       `json:"item" docket:"max=60" zh:"勘查项目" en:"item"`
	State   FindingState `json:"state" zh:"状态" en:"state"`
	Finding Text         `json:"finding" docket:"max=2000" zh:"查明的事实" en:"what was found"`
	Source  Text         `json:"source" zh:"来源" en:"source"`
	// On is the day on which it was found out.
	On Date `json:"on,omitempty" docket:"optional" zh:"查明日期" en:"found out on"`
	// By is the firm or authority that found it out for the court; absent, the court itself did (R7).
	By Text `json:"by,omitzero" docket:"optional,max=200" zh:"查明人" en:"found out by"`
}

// EncumbranceKind is what lies upon the property.
type EncumbranceKind string

// The kinds of encumbrance.
const (
	Seizure     EncumbranceKind = "seizure"
	Mortgage    EncumbranceKind = "mortgage"
	Pledge      EncumbranceKind = "pledge"
	LienOn      EncumbranceKind = "lien"
	Lease       EncumbranceKind = "lease"
	Residence   EncumbranceKind = "right_of_residence"
	Easement    EncumbranceKind = "easement"
	Licence     EncumbranceKind = "licence"
	Reservation EncumbranceKind = "retention_of_title"
)

// AfterSale says what becomes of an encumbrance with the sale (R28p).
type AfterSale string

// What becomes of an encumbrance. Security ends and goes over to the proceeds;
// leases and other usufructs remain unless removed before.
const (
	Extinguished AfterSale = "extinguished"
	Remains      AfterSale = "remains"
	Removed      AfterSale = "removed_before_sale"
)

// Encumbrance is one right of another upon the property.
type Encumbrance struct {
	Kind      EncumbranceKind `json:"kind" zh:"种类" en:"kind"`
	Rank      int             `json:"rank,omitempty" docket:"optional" zh:"顺位" en:"rank"`
	Holder    Text            `json:"holder" zh:"权利人" en:"holder"`
	AmountFen int64           `json:"amount_fen,omitempty" docket:"optional" zh:"金额" en:"amount"`
	AfterSale AfterSale       `json:"after_sale" zh:"成交后的处理" en:"after the sale"`
	Note      Text            `json:"note,omitzero" docket:"optional" zh:"说明" en:"note"`
}

// Bearer is who bears a tax or a charge by law (R30).
type Bearer string

// The bearers. Each tax falls on whom the law names; ByLaw is for a tax whose
// halves fall on both sides, each its own.
const (
	Buyer  Bearer = "buyer"
	Debtor Bearer = "debtor"
	ByLaw  Bearer = "each_by_law"
)

// Arrear is a charge that is owed on the property.
type Arrear struct {
	Item      Text   `json:"item" zh:"项目" en:"item"`
	AmountFen int64  `json:"amount_fen" zh:"金额" en:"amount"`
	AsOf      Date   `json:"as_of" zh:"截止日期" en:"as of"`
	BorneBy   Bearer `json:"borne_by" zh:"承担人" en:"borne by"`
	Note      Text   `json:"note,omitzero" docket:"optional" zh:"说明" en:"note"`
}

// Tax is one tax or fee that the transfer may raise, with the law that says who bears it.
type Tax struct {
	Item    Text   `json:"item" zh:"税费项目" en:"tax or fee"`
	BorneBy Bearer `json:"borne_by" zh:"承担人" en:"borne by"`
	Source  Text   `json:"source" zh:"依据" en:"source in law"`
	// RateBP is the rate in hundredths of a percent of what Basis names; absent where the tax office finds it or it is a fixed fee.
	RateBP int  `json:"rate_bp,omitempty" docket:"optional" zh:"税率（万分之）" en:"rate in basis points"`
	Basis  Text `json:"basis,omitzero" docket:"optional" zh:"计税依据" en:"basis of the rate"`
	Note   Text `json:"note,omitzero" docket:"optional" zh:"说明" en:"note"`
}

// DocumentKind sorts the documents that R13 asks for.
type DocumentKind string

// The kinds of document.
const (
	AppraisalReport DocumentKind = "appraisal_report"
	PricingPaper    DocumentKind = "pricing_basis"
	RegisterExtract DocumentKind = "register_extract"
	SurveyRecord    DocumentKind = "survey_record"
	Photographs     DocumentKind = "photographs"
	Video           DocumentKind = "video"
	LeaseContract   DocumentKind = "lease_contract"
	InstrumentCopy  DocumentKind = "instrument"
	FloorPlan       DocumentKind = "floor_plan"
	OtherDocument   DocumentKind = "other"
)

// Document is a paper or a picture that is published with the lot.
type Document struct {
	Kind  DocumentKind `json:"kind" zh:"种类" en:"kind"`
	Title Text         `json:"title" zh:"名称" en:"title"`
	Note  Text         `json:"note,omitzero" docket:"optional" zh:"说明" en:"note"`
}

// Attribute is a figure of the property: area, mileage, storey, year.
type Attribute struct {
	Name  Text `json:"name" zh:"参数名" en:"name"`
	Value Text `json:"value" zh:"参数值" en:"value"`
}
