package statement

import "encoding/xml"

// The parts of camt.053.001.08 that a statement has, in the order of the schema's
// sequences; encoding/xml writes fields in their order. A choice of the schema is
// a path in the tag. Elements that a bank fills and a case fund has not (interest,
// card, parties, agents) are left out; all of them are optional.

const cny = "CNY"

// Document is the root.
type Document struct {
	XMLName xml.Name      `xml:"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08 Document"`
	GrpHdr  GroupHeader   `xml:"BkToCstmrStmt>GrpHdr"`
	Stmt    []AccountStmt `xml:"BkToCstmrStmt>Stmt"`
}

// GroupHeader is GroupHeader81.
type GroupHeader struct {
	MsgID   string `xml:"MsgId"`
	CreDtTm string `xml:"CreDtTm"`
}

// AccountStmt is AccountStatement9.
type AccountStmt struct {
	ID           string         `xml:"Id"`
	CreDtTm      string         `xml:"CreDtTm"`
	FrToDt       DateTimePeriod `xml:"FrToDt"`
	Acct         CashAccount    `xml:"Acct"`
	Bal          []CashBalance  `xml:"Bal"`
	TxsSummry    Summary        `xml:"TxsSummry"`
	Ntry         []ReportEntry  `xml:"Ntry"`
	AddtlStmtInf string         `xml:"AddtlStmtInf,omitempty"`
}

// DateTimePeriod is DateTimePeriod1; its end is included, to the millisecond.
type DateTimePeriod struct {
	FrDtTm string `xml:"FrDtTm"`
	ToDtTm string `xml:"ToDtTm"`
}

// CashAccount is CashAccount39.
type CashAccount struct {
	ID  OtherID `xml:"Id>Othr"`
	Tp  string  `xml:"Tp>Prtry"`
	Ccy string  `xml:"Ccy"`
	Nm  string  `xml:"Nm"`
}

// OtherID is GenericAccountIdentification1.
type OtherID struct {
	ID     string `xml:"Id"`
	Scheme string `xml:"SchmeNm>Prtry"`
}

// CashBalance is CashBalance8.
type CashBalance struct {
	Cd        string `xml:"Tp>CdOrPrtry>Cd"`
	Amt       Amount `xml:"Amt"`
	CdtDbtInd string `xml:"CdtDbtInd"`
	Dt        string `xml:"Dt>Dt"`
}

// Amount is ActiveOrHistoricCurrencyAndAmount. It is text, as a float would round.
type Amount struct {
	Ccy  string `xml:"Ccy,attr"`
	Yuan string `xml:",chardata"`
}

// Summary is TotalTransactions6.
type Summary struct {
	Credits Total `xml:"TtlCdtNtries"`
	Debits  Total `xml:"TtlDbtNtries"`
}

// Total is NumberAndSumOfTransactions1.
type Total struct {
	NbOfNtries string `xml:"NbOfNtries"`
	Sum        string `xml:"Sum"`
}

// ReportEntry is ReportEntry10.
type ReportEntry struct {
	// NtryRef is the posting's id. A posting may have several entries on an account.
	NtryRef   string `xml:"NtryRef"`
	Amt       Amount `xml:"Amt"`
	CdtDbtInd string `xml:"CdtDbtInd"`
	Sts       string `xml:"Sts>Cd"`
	BookgDt   string `xml:"BookgDt>DtTm"`
	// AcctSvcrRef is the id of the log entry that shows the posting.
	AcctSvcrRef  string          `xml:"AcctSvcrRef"`
	BkTxCd       ProprietaryCode `xml:"BkTxCd>Prtry"`
	AddtlNtryInf string          `xml:"AddtlNtryInf"`
}

// ProprietaryCode is ProprietaryBankTransactionCodeStructure1.
type ProprietaryCode struct {
	Cd   string `xml:"Cd"`
	Issr string `xml:"Issr"`
}
