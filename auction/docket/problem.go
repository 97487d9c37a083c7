package docket

import (
	"cmp"
	"fmt"
	"slices"

	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// Problem is one fault of a file. Line and Column count from 1, columns in
// characters; a fault of a thing that is missing stands where its parent begins.
type Problem struct {
	Line    int        `json:"line"`
	Column  int        `json:"column"`
	Path    string     `json:"path"` // cases[2].lots[0].deposit_fen; empty for the file itself
	Code    fault.Code `json:"code"`
	Message Text       `json:"message"`
	// Rule is the row of the rule book, Article its source in both languages;
	// empty where the format alone is the reason.
	Rule    string `json:"rule,omitempty"`
	Article Text   `json:"article,omitzero"`
}

// InLine writes the problem in one line, for a terminal, in Chinese or, for "en", English.
func (p Problem) InLine(lang string) string {
	s := fmt.Sprintf("%d:%d %s %s: %s", p.Line, p.Column, p.Code, p.Path, p.Message.In(lang))
	if p.Rule != "" {
		s += " [" + p.Rule + " " + p.Article.In(lang) + "]"
	}
	return s
}

// The codes of the format's own faults, beside those of auction/fault. They
// are only ever added.
const (
	Syntax             fault.Code = "syntax"
	TooLarge           fault.Code = "too_large"
	TooDeep            fault.Code = "too_deep"
	TooMany            fault.Code = "too_many"
	TooFew             fault.Code = "too_few"
	TooManyProblems    fault.Code = "too_many_problems"
	DuplicateKey       fault.Code = "duplicate_key"
	DuplicateRef       fault.Code = "duplicate_ref"
	DuplicateItem      fault.Code = "duplicate_item"
	UnknownRef         fault.Code = "unknown_ref"
	BadRef             fault.Code = "bad_ref"
	WrongFormat        fault.Code = "wrong_format"
	WrongType          fault.Code = "wrong_type"
	Missing            fault.Code = "missing"
	TooLong            fault.Code = "too_long"
	NotInteger         fault.Code = "not_integer"
	OutOfRange         fault.Code = "out_of_range"
	UnknownValue       fault.Code = "unknown_value"
	UnknownCategory    fault.Code = "unknown_category"
	BadDate            fault.Code = "bad_date"
	BadCaseNumber      fault.Code = "bad_case_number"
	BadAreaCode        fault.Code = "bad_area_code"
	BadFileName        fault.Code = "bad_file_name"
	BadOrder           fault.Code = "bad_order"
	ChecklistMissing   fault.Code = "checklist_missing"
	LotWithoutAsset    fault.Code = "lot_without_asset"
	AssetInTwoLots     fault.Code = "asset_in_two_lots"
	PriceMissing       fault.Code = "price_missing"
	PriceTwice         fault.Code = "price_twice"
	PriceMismatch      fault.Code = "price_mismatch"
	PreviousMissing    fault.Code = "previous_sale_missing"
	PersonNamed        fault.Code = "person_named"
	IdentityNumber     fault.Code = "identity_number"
	ReasonMissing      fault.Code = "reason_missing"
	NotificationAbsent fault.Code = "notification_missing"
	DocumentAbsent     fault.Code = "document_missing"
	LeaseUntilMissing  fault.Code = "lease_until_missing"
	LeaseMismatch      fault.Code = "lease_mismatch"
	SecurityRemains    fault.Code = "security_remains"
	UsufructEnds       fault.Code = "usufruct_ends"
	NotEquity          fault.Code = "not_equity"
	BadHash            fault.Code = "bad_hash"
)

// Malformed reports a value that cannot be what it stands for, as against one
// that is missing or that the law refuses: no draft keeps such a value.
func (p Problem) Malformed() bool {
	return slices.Contains([]fault.Code{
		fault.AmountInvalid, fault.AmountTooLarge, WrongType, TooLong, TooMany, NotInteger, OutOfRange, UnknownValue, BadDate, BadOrder, NotEquity, BadHash,
	}, p.Code)
}

// article looks up the source of a rule; rows that law does not quote yet are quoted here.
func article(rule string) Text {
	if s, ok := law.Article(rule); ok {
		return Text{Zh: s.TextZH, En: s.TextEN}
	}
	switch rule {
	case "R10p":
		return Text{"法释〔2018〕15号第26条、第27条", "Fa Shi (2018) No. 15, arts. 26, 27"}
	case "R12e":
		return Text{"法释〔2021〕20号第12条、第14条", "Fa Shi (2021) No. 20, arts. 12, 14"}
	case "R15w":
		return Text{"法释〔2016〕18号第15条", "Fa Shi (2016) No. 18, art. 15"}
	case "R17h":
		return Text{"法释〔2021〕18号第2条", "Fa Shi (2021) No. 18, art. 2"}
	case "R28p":
		return Text{"拍卖规定（2020）第28条", "Auction and sale provisions (2020), art. 28"}
	}
	return Text{}
}

// maxProblems bounds the answer; a file with more is told so in the last one.
const maxProblems = 1000

// problems gathers what is wrong.
type problems struct {
	list []Problem
	full bool
}

func (ps *problems) add(p Problem) {
	if ps.full {
		return
	}
	if len(ps.list) == maxProblems {
		ps.full = true
		p = Problem{Line: p.Line, Column: p.Column, Code: TooManyProblems, Message: Text{
			fmt.Sprintf("错误超过 %d 处，其余未列出。", maxProblems),
			fmt.Sprintf("There are more than %d faults; the rest is not listed.", maxProblems),
		}}
	}
	if p.Rule != "" {
		p.Article = article(p.Rule)
	}
	ps.list = append(ps.list, p)
}

// sorted returns the problems by place.
func (ps *problems) sorted() []Problem {
	slices.SortStableFunc(ps.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return ps.list
}
