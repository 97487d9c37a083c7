package casefund

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/xml"
	"io"
	"strconv"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// Columns are the header of a file as CSV. The amount is yuan with two decimals.
func Columns() []string {
	return []string{"payout", "holder", "bank", "account", "amount_yuan", "remark"}
}

// CSV writes a file as RFC 4180 has it, UTF-8 without a byte order mark, a line for each transfer. No cell begins as a formula does: Payee refuses such names.
//
// Faults: internal_error.
func (f *File) CSV(w io.Writer) error {
	lines := [][]string{Columns()}
	for _, l := range f.Lines {
		lines = append(lines, []string{l.Payout.String(), l.Holder, l.Bank, l.Number, l.AmountFen.Decimal(), f.CaseNumber})
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.WriteAll(lines); err != nil {
		return fault.Internalf("write a payout file: %w", err)
	}
	return nil
}

// Name is the file's name for a download, of ASCII.
func (f *File) Name(ext string) string {
	return "payouts-" + f.ReleasedAt.In(law.CourtTime()).Format("20060102") + "-" + short(f.CaseID)[:8] + "-" + strconv.Itoa(f.No) + "." + ext
}

// short is an id without its dashes: ISO 20022 gives ids 35 characters.
func short(id uuid.UUID) string { return hex.EncodeToString(id[:]) }

// The elements of ISO 20022's pain.001.001.09 that a file has, in the order of its schema.
type (
	initiation struct {
		XMLName xml.Name `xml:"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09 Document"`
		Header  header   `xml:"CstmrCdtTrfInitn>GrpHdr"`
		Payment payment  `xml:"CstmrCdtTrfInitn>PmtInf"`
	}
	header struct {
		ID     string `xml:"MsgId"`
		MadeAt string `xml:"CreDtTm"`
		Count  int    `xml:"NbOfTxs"`
		Sum    string `xml:"CtrlSum"`
		Party  string `xml:"InitgPty>Nm"`
	}
	payment struct {
		ID     string `xml:"PmtInfId"`
		Method string `xml:"PmtMtd"`
		Count  int    `xml:"NbOfTxs"`
		Sum    string `xml:"CtrlSum"`
		// On is the court's day on which the bank carries it out.
		On        string     `xml:"ReqdExctnDt>Dt"`
		Party     string     `xml:"Dbtr>Nm"`
		Account   string     `xml:"DbtrAcct>Id>Othr>Id"`
		Agent     string     `xml:"DbtrAgt>FinInstnId>Othr>Id"`
		Transfers []transfer `xml:"CdtTrfTxInf"`
	}
	transfer struct {
		Instruction string `xml:"PmtId>InstrId"`
		EndToEnd    string `xml:"PmtId>EndToEndId"`
		Amount      amount `xml:"Amt>InstdAmt"`
		Bank        string `xml:"CdtrAgt>FinInstnId>Nm"`
		Holder      string `xml:"Cdtr>Nm"`
		Number      string `xml:"CdtrAcct>Id>Othr>Id"`
		Remark      string `xml:"RmtInf>Ustrd"`
	}
	amount struct {
		Currency string `xml:"Ccy,attr"`
		Value    string `xml:",chardata"`
	}
)

// Pain001 writes a file as an ISO 20022 pain.001.001.09, a customer's order of credit transfers. The account that pays is the case's own (一案一账号,
// F1), by the case's id; the court's agreement with its bank says which number that is, and which bank NOTPROVIDED is.
//
// Faults: internal_error.
func (f *File) Pain001(w io.Writer) error {
	sum := f.Sum().Decimal()
	d := initiation{
		Header: header{short(f.ID), f.ReleasedAt.UTC().Format("2006-01-02T15:04:05.000Z"), len(f.Lines), sum, clip(f.Court)},
		Payment: payment{
			ID: short(f.ID), Method: "TRF", Count: len(f.Lines), Sum: sum, On: f.ReleasedAt.In(law.CourtTime()).Format(time.DateOnly), Party: clip(f.Court),
			Account: short(f.CaseID), Agent: "NOTPROVIDED",
		},
	}
	for _, l := range f.Lines {
		d.Payment.Transfers = append(d.Payment.Transfers, transfer{
			short(l.Payout), short(l.Payout), amount{"CNY", l.AmountFen.Decimal()}, clip(l.Bank), clip(l.Holder), l.Number, clip(f.CaseNumber),
		})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fault.Internalf("write a payout file: %w", err)
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(d); err != nil {
		return fault.Internalf("write a payout file: %w", err)
	}
	return nil
}

// clip keeps a name within the 140 characters that the schema gives it.
func clip(s string) string {
	if r := []rune(s); len(r) > maxNameISO {
		return string(r[:maxNameISO])
	}
	return s
}

const maxNameISO = 140

// Sum is what a file moves.
func (f *File) Sum() (sum money.Fen) {
	for _, l := range f.Lines {
		sum += l.AmountFen
	}
	return sum
}
