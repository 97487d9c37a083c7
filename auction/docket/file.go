package docket

// Format is the value of the field "format" of every file of this version.
const Format = "mingchui-docket/1"

// Text is a sentence or a name that a person reads, in both languages.
type Text struct {
	Zh string `json:"zh" zh:"中文" en:"Chinese"`
	En string `json:"en" zh:"英文" en:"English"`
}

// IsZero reports that neither language is filled; encoding/json leaves it out.
func (t Text) IsZero() bool { return t.Zh == "" && t.En == "" }

// In returns the text in English for "en", else in Chinese.
func (t Text) In(lang string) string {
	if lang == "en" {
		return t.En
	}
	return t.Zh
}

// Date is a calendar day, 2006-01-02.
type Date string

// File is a docket: a court and the cases whose property it sells.
//
// The tag docket marks what may be left out (optional) and the bounds of lists
// (min, max elements) and strings (max runes); zh and en name the field to a person.
type File struct {
	Schema string `json:"$schema,omitempty" docket:"optional" zh:"格式说明的位置" en:"where the schema is"`
	Format string `json:"format" zh:"格式" en:"format"`
	Court  Court  `json:"court" zh:"法院" en:"court"`
	Cases  []Case `json:"cases" docket:"min=1,max=500" zh:"案件" en:"cases"`
}

// Court is the executing court as the public sees it.
type Court struct {
	// Code is the court's own code as it stands in its case numbers: 皖0202.
	Code             string `json:"code" docket:"max=16" zh:"法院代字" en:"court code"`
	Name             Text   `json:"name" zh:"法院名称" en:"name of the court"`
	Region           Region `json:"region" zh:"地区" en:"region"`
	Address          Text   `json:"address" zh:"地址" en:"address"`
	Division         Text   `json:"division" zh:"承办部门" en:"division in charge"`
	Phone            string `json:"phone" docket:"max=40" zh:"联系电话" en:"telephone"`
	SupervisionPhone string `json:"supervision_phone" docket:"max=40" zh:"监督电话" en:"telephone for supervision"`
	Hours            Text   `json:"hours,omitzero" docket:"optional" zh:"办公时间" en:"office hours"`
}

// Region is a place down to its district.
type Region struct {
	// Code is the six digits of GB/T 2260.
	Code     string `json:"code" docket:"max=6" zh:"区划代码" en:"area code"`
	Province Text   `json:"province" zh:"省" en:"province"`
	City     Text   `json:"city" zh:"市" en:"city"`
	District Text   `json:"district" zh:"区县" en:"district"`
}

// CaseKind tells whose order of payment applies (F4, F4c).
type CaseKind string

// The kinds of enforcement case.
const (
	Civil          CaseKind = "civil"
	Criminal       CaseKind = "criminal"
	Administrative CaseKind = "administrative"
	Arbitration    CaseKind = "arbitration"
	Notarial       CaseKind = "notarial"
)

// Case is one enforcement case with its property and its lots.
type Case struct {
	// Number is the court's: （2026）皖0202执1234号. Unique in the file.
	Number     string     `json:"number" docket:"max=60" zh:"案号" en:"case number"`
	Kind       CaseKind   `json:"kind" zh:"案件种类" en:"kind of case"`
	FiledOn    Date       `json:"filed_on" zh:"立案日期" en:"filed on"`
	Cause      Text       `json:"cause" zh:"案由" en:"cause of action"`
	Instrument Instrument `json:"instrument" zh:"执行依据" en:"enforceable instrument"`
	Applicants []Party    `json:"applicants" docket:"min=1,max=50" zh:"申请执行人" en:"applicants"`
	Debtors    []Party    `json:"debtors" docket:"min=1,max=50" zh:"被执行人" en:"debtors"`
	// ClaimFen is what the instrument awards, interest to the filing day included.
	ClaimFen       int64           `json:"claim_fen" zh:"执行标的额" en:"claim"`
	PriorityClaims []PriorityClaim `json:"priority_claims" docket:"max=50" zh:"优先受偿债权" en:"claims with priority"`
	Assets         []Asset         `json:"assets" docket:"min=1,max=500" zh:"财产" en:"property"`
	Lots           []Lot           `json:"lots" docket:"min=1,max=500" zh:"标的" en:"lots"`
}

// Instrument is the judgment, award or deed that is being enforced.
type Instrument struct {
	Title    Text   `json:"title" zh:"文书名称" en:"title"`
	Number   string `json:"number" docket:"max=80" zh:"文书编号" en:"number"`
	IssuedBy Text   `json:"issued_by" zh:"作出机关" en:"issued by"`
	IssuedOn Date   `json:"issued_on" zh:"作出日期" en:"issued on"`
	// Publishable is false where a law forbids publication (R13); then ReasonNot says which.
	Publishable bool `json:"publishable" zh:"是否公开" en:"may be published"`
	ReasonNot   Text `json:"reason_not,omitzero" docket:"optional" zh:"不公开的理由" en:"why it is not published"`
}

// PartyKind tells persons, whose names are never published, from others.
type PartyKind string

// The kinds of party.
const (
	Person       PartyKind = "person"
	Organisation PartyKind = "organisation"
	PublicBody   PartyKind = "public_body"
)

// Party is an applicant or a debtor.
type Party struct {
	Kind PartyKind `json:"kind" zh:"类别" en:"kind"`
	// Name is shown to the court. The public sees it only when NamePublished;
	// else it sees the role. A person's is never published before a confirmation.
	Name          Text `json:"name" zh:"姓名或名称" en:"name"`
	NamePublished bool `json:"name_published" zh:"是否公开名称" en:"name is published"`
}

// PriorityClaimKind is the ground of a priority (F4, F4c).
type PriorityClaimKind string

// The grounds of priority.
const (
	ByMortgage     PriorityClaimKind = "mortgage"
	ByPledge       PriorityClaimKind = "pledge"
	ByLien         PriorityClaimKind = "lien"
	ByConstruction PriorityClaimKind = "construction_price"
	ByWages        PriorityClaimKind = "wages"
	ByTax          PriorityClaimKind = "tax"
	ByRestitution  PriorityClaimKind = "restitution"
)

// PriorityClaim is a claim that is paid before ordinary ones, out of the
// proceeds of the property it lies upon.
type PriorityClaim struct {
	Rank      int               `json:"rank" zh:"顺位" en:"rank"`
	Kind      PriorityClaimKind `json:"kind" zh:"优先权种类" en:"ground"`
	Creditor  Text              `json:"creditor" zh:"债权人" en:"creditor"`
	AmountFen int64             `json:"amount_fen" zh:"金额" en:"amount"`
	// AssetRefs names the property; empty means the whole estate (wages, taxes).
	AssetRefs []string `json:"asset_refs" docket:"max=500" zh:"所涉财产" en:"property concerned"`
	Note      Text     `json:"note,omitzero" docket:"optional" zh:"说明" en:"note"`
}
