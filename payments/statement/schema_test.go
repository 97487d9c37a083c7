package statement_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// field is an element of a sequence of camt.053.001.08: how often it may stand, and its type.
type field struct {
	name     string
	min, max int
	kind     string
}

// sequences are those types of the schema that a statement uses, whole and in the schema's order, so that an element out of place is
// found as well as one that is missing. "many" is unbounded. A choice has one of its elements.
const many = 1 << 30

func sequences() map[string][]field {
	return map[string][]field{
		"Document": {{"BkToCstmrStmt", 1, 1, "BankToCustomerStatementV08"}},
		"BankToCustomerStatementV08": {
			{"GrpHdr", 1, 1, "GroupHeader81"}, {"Stmt", 1, many, "AccountStatement9"}, {"SplmtryData", 0, many, "-"},
		},
		"GroupHeader81": {
			{"MsgId", 1, 1, "Max35Text"},
			{"CreDtTm", 1, 1, "ISODateTime"},
			{"MsgRcpt", 0, 1, "-"},
			{"MsgPgntn", 0, 1, "-"},
			{"OrgnlBizQry", 0, 1, "-"},
			{"AddtlInf", 0, 1, "Max500Text"},
		},
		"AccountStatement9": {
			{"Id", 1, 1, "Max35Text"},
			{"StmtPgntn", 0, 1, "-"},
			{"ElctrncSeqNb", 0, 1, "-"},
			{"RptgSeq", 0, 1, "-"},
			{"LglSeqNb", 0, 1, "-"},
			{"CreDtTm", 0, 1, "ISODateTime"},
			{"FrToDt", 0, 1, "DateTimePeriod1"},
			{"CpyDplctInd", 0, 1, "-"},
			{"RptgSrc", 0, 1, "-"},
			{"Acct", 1, 1, "CashAccount39"},
			{"RltdAcct", 0, 1, "-"},
			{"Intrst", 0, many, "-"},
			{"Bal", 1, many, "CashBalance8"},
			{"TxsSummry", 0, 1, "TotalTransactions6"},
			{"Ntry", 0, many, "ReportEntry10"},
			{"AddtlStmtInf", 0, 1, "Max500Text"},
		},
		"DateTimePeriod1": {{"FrDtTm", 1, 1, "ISODateTime"}, {"ToDtTm", 1, 1, "ISODateTime"}},
		"CashAccount39": {
			{"Id", 1, 1, "AccountIdentification4Choice"},
			{"Tp", 0, 1, "CashAccountType2Choice"},
			{"Ccy", 0, 1, "CurrencyCode"},
			{"Nm", 0, 1, "Max70Text"},
			{"Prxy", 0, 1, "-"},
			{"Ownr", 0, 1, "-"},
			{"Svcr", 0, 1, "-"},
		},
		"GenericAccountIdentification1": {{"Id", 1, 1, "Max34Text"}, {"SchmeNm", 0, 1, "AccountSchemeName1Choice"}, {"Issr", 0, 1, "Max35Text"}},
		"CashBalance8": {
			{"Tp", 1, 1, "BalanceType13"},
			{"CdtLine", 0, many, "-"},
			{"Amt", 1, 1, "Amount"},
			{"CdtDbtInd", 1, 1, "CreditDebitCode"},
			{"Dt", 1, 1, "DateAndDateTime2Choice"},
			{"Avlbty", 0, many, "-"},
		},
		"BalanceType13": {{"CdOrPrtry", 1, 1, "BalanceType10Choice"}, {"SubTp", 0, 1, "-"}},
		"TotalTransactions6": {
			{"TtlNtries", 0, 1, "-"},
			{"TtlCdtNtries", 0, 1, "NumberAndSumOfTransactions1"},
			{"TtlDbtNtries", 0, 1, "NumberAndSumOfTransactions1"},
			{"TtlNtriesPerBkTxCd", 0, many, "-"},
		},
		"NumberAndSumOfTransactions1": {{"NbOfNtries", 0, 1, "Max15NumericText"}, {"Sum", 0, 1, "DecimalNumber"}},
		"ReportEntry10": {
			{"NtryRef", 0, 1, "Max35Text"},
			{"Amt", 1, 1, "Amount"},
			{"CdtDbtInd", 1, 1, "CreditDebitCode"},
			{"RvslInd", 0, 1, "-"},
			{"Sts", 1, 1, "EntryStatus1Choice"},
			{"BookgDt", 0, 1, "DateAndDateTime2Choice"},
			{"ValDt", 0, 1, "DateAndDateTime2Choice"},
			{"AcctSvcrRef", 0, 1, "Max35Text"},
			{"Avlbty", 0, many, "-"},
			{"BkTxCd", 1, 1, "BankTransactionCodeStructure4"},
			{"ComssnWvrInd", 0, 1, "-"},
			{"AddtlInfInd", 0, 1, "-"},
			{"AmtDtls", 0, 1, "-"},
			{"Chrgs", 0, 1, "-"},
			{"TechInptChanl", 0, 1, "-"},
			{"Intrst", 0, 1, "-"},
			{"CardTx", 0, 1, "-"},
			{"NtryDtls", 0, many, "-"},
			{"AddtlNtryInf", 0, 1, "Max500Text"},
		},
		"BankTransactionCodeStructure4":            {{"Domn", 0, 1, "-"}, {"Prtry", 0, 1, "ProprietaryBankTransactionCodeStructure1"}},
		"ProprietaryBankTransactionCodeStructure1": {{"Cd", 1, 1, "Max35Text"}, {"Issr", 0, 1, "Max35Text"}},
	}
}

func choices() map[string][]field {
	return map[string][]field{
		"AccountIdentification4Choice": {{"IBAN", 1, 1, "-"}, {"Othr", 1, 1, "GenericAccountIdentification1"}},
		"AccountSchemeName1Choice":     {{"Cd", 1, 1, "Max4Text"}, {"Prtry", 1, 1, "Max35Text"}},
		"CashAccountType2Choice":       {{"Cd", 1, 1, "Max4Text"}, {"Prtry", 1, 1, "Max35Text"}},
		"BalanceType10Choice":          {{"Cd", 1, 1, "Max4Text"}, {"Prtry", 1, 1, "Max35Text"}},
		"DateAndDateTime2Choice":       {{"Dt", 1, 1, "ISODate"}, {"DtTm", 1, 1, "ISODateTime"}},
		"EntryStatus1Choice":           {{"Cd", 1, 1, "Max4Text"}, {"Prtry", 1, 1, "Max35Text"}},
	}
}

// element is a part of a document as it stands.
type element struct {
	name     xml.Name
	attrs    []xml.Attr
	text     string
	children []element
}

// read reads a document without knowing its structs.
func read(d *xml.Decoder) (element, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return element{}, err
		}
		if start, ok := token.(xml.StartElement); ok {
			return readElement(d, start)
		}
	}
}

func readElement(d *xml.Decoder, start xml.StartElement) (element, error) {
	e := element{name: start.Name, attrs: start.Attr}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return e, err
		}
		switch x := token.(type) {
		case xml.StartElement:
			child, err := readElement(d, x)
			if err != nil {
				return e, err
			}
			e.children = append(e.children, child)
		case xml.EndElement:
			return e, nil
		case xml.CharData:
			e.text += string(x)
		}
	}
}

const namespace = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"

// breaches compares a document with the schema and lists what it would refuse.
func breaches(text string) []string {
	root, err := read(xml.NewDecoder(strings.NewReader(text)))
	if err != nil {
		return []string{err.Error()}
	}
	var found []string
	if root.name != (xml.Name{Space: namespace, Local: "Document"}) {
		found = append(found, fmt.Sprintf("the root is %v", root.name))
	}
	holds(root, "Document", "Document", &found)
	return found
}

func holds(e element, kind, path string, found *[]string) {
	say := func(format string, args ...any) { *found = append(*found, path+": "+fmt.Sprintf(format, args...)) }
	if e.name.Space != namespace {
		say("is of the namespace %q", e.name.Space)
	}
	fields, isSequence := sequences()[kind]
	options, isChoice := choices()[kind]
	if !isSequence && !isChoice {
		if len(e.children) > 0 || !simple(kind, e) {
			say("%q is no %s", e.text, kind)
		}
		return
	}
	if strings.TrimSpace(e.text) != "" {
		say("holds the text %q", e.text)
	}
	if isChoice {
		if len(e.children) != 1 {
			say("has %d of a choice", len(e.children))
		}
		fields = options
	}
	at := 0
	count := map[string]int{}
	for _, child := range e.children {
		place := -1
		for i, f := range fields {
			if f.name == child.name.Local {
				place = i
			}
		}
		switch {
		case place < 0:
			say("%s is not known", child.name.Local)
			continue
		case isSequence && place < at:
			say("%s stands after %s", child.name.Local, fields[at].name)
		}
		at = max(at, place)
		if count[child.name.Local]++; count[child.name.Local] > fields[place].max {
			say("%s stands too often", child.name.Local)
		}
		holds(child, fields[place].kind, path+"/"+child.name.Local, found)
	}
	for _, f := range fields {
		if isSequence && count[f.name] < f.min {
			say("%s is missing", f.name)
		}
	}
}

// simple holds a text against a simple type of the schema.
func simple(kind string, e element) bool {
	length := utf8.RuneCountInString(e.text)
	var most int
	if n, _ := fmt.Sscanf(kind, "Max%dText", &most); n == 1 && strings.HasSuffix(kind, "Text") && !strings.Contains(kind, "Numeric") {
		return length >= 1 && length <= most && len(e.attrs) == 0
	}
	matches := func(pattern string) bool { return regexp.MustCompile(pattern).MatchString(e.text) }
	switch kind {
	case "ISODateTime":
		_, err := time.Parse("2006-01-02T15:04:05.000-07:00", e.text)
		return err == nil && len(e.attrs) == 0
	case "ISODate":
		_, err := time.Parse(time.DateOnly, e.text)
		return err == nil && len(e.attrs) == 0
	case "Amount": // at most 18 digits, 5 of them behind the point; two for CNY
		return matches(`^[0-9]{1,16}\.[0-9]{2}$`) && len(e.attrs) == 1 && e.attrs[0] == (xml.Attr{Name: xml.Name{Local: "Ccy"}, Value: "CNY"})
	case "DecimalNumber":
		return matches(`^[0-9]{1,16}\.[0-9]{2}$`) && len(e.attrs) == 0
	case "Max15NumericText":
		return matches(`^[0-9]{1,15}$`)
	case "CreditDebitCode":
		return matches(`^(CRDT|DBIT)$`)
	case "CurrencyCode":
		return matches(`^[A-Z]{3}$`)
	}
	return false
}

// The schema above refuses what it must: it would be no test otherwise.
func TestTheSchemaOfTheTestRefuses(t *testing.T) {
	t.Parallel()
	sound := camt(t, sample())
	if found := breaches(sound); len(found) > 0 {
		t.Fatalf("the sample is refused: %v\n%s", found, sound)
	}
	for name, x := range map[string][2]string{
		"order":       {"<Tp>\n          <Prtry>escrow</Prtry>\n        </Tp>\n        <Ccy>CNY</Ccy>", "<Ccy>CNY</Ccy><Tp><Prtry>escrow</Prtry></Tp>"},
		"missing":     {"<Sts>\n          <Cd>BOOK</Cd>\n        </Sts>", ""},
		"unknown":     {"<GrpHdr>", "<GrpHdr><Sender>x</Sender>"},
		"twice":       {"<CdtDbtInd>CRDT</CdtDbtInd>", "<CdtDbtInd>CRDT</CdtDbtInd><CdtDbtInd>CRDT</CdtDbtInd>"},
		"too long":    {"<MsgId>", "<MsgId>0123"},
		"empty":       {"<Issr>MINGCHUI</Issr>", "<Issr></Issr>"},
		"negative":    {`<Amt Ccy="CNY">`, `<Amt Ccy="CNY">-`},
		"currency":    {`<Amt Ccy="CNY">`, `<Amt>`},
		"day":         {"<Dt>2026-06-18</Dt>", "<Dt>2026-06-31</Dt>"},
		"both":        {"<Dt>2026-06-18</Dt>", "<Dt>2026-06-18</Dt><DtTm>2026-06-18T00:00:00.000+08:00</DtTm>"},
		"namespace":   {"001.08", "001.02"},
		"no such way": {"<CdtDbtInd>CRDT", "<CdtDbtInd>CREDIT"},
	} {
		broken := strings.Replace(sound, x[0], x[1], 1)
		if broken == sound {
			t.Errorf("%s: nothing was changed", name)
		}
		if len(breaches(broken)) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}
