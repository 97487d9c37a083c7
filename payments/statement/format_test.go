package statement_test

import (
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
	"mingchui/payments/statement"
)

func id(n int) uuid.UUID { return uuid.MustParse(fmt.Sprintf("0197f2c4-7a11-7c21-9e0d-%012d", n)) }

// sample is 18 and 19 June 2026: a deposit that became part of the price, and a payee who owes back.
func sample() statement.Statement {
	from := time.Date(2026, 6, 18, 0, 0, 0, 0, law.CourtTime())
	at := from.Add(10 * time.Hour)
	entry := func(n int, kind string, other ledger.Purpose, change, balance money.Fen) ledger.Entry {
		return ledger.Entry{Posting: id(n), Kind: kind, Counterpart: other, ChangeFen: change, BalanceFen: balance, PostedAt: at.Add(time.Duration(n) * time.Millisecond), Entry: id(100 + n)}
	}
	return statement.Statement{
		CaseID: id(0), Number: "（2026）皖9902执77号", From: "2026-06-18", To: "2026-06-19", Final: true, MadeAt: from.Add(100 * time.Hour),
		Period: ledger.Period{From: from, To: from.AddDate(0, 0, 2)},
		Accounts: []ledger.AccountStatement{
			{Purpose: ledger.Escrow, OpeningFen: 1, ClosingFen: 0, Entries: []ledger.Entry{
				entry(1, "deposit_held", ledger.Clearing, 30_000, 30_001), entry(2, "deposit_applied", ledger.Proceeds, -30_001, 0),
			}},
			{Purpose: ledger.Proceeds, OpeningFen: 0, ClosingFen: 30_001, Entries: []ledger.Entry{entry(2, "deposit_applied", ledger.Escrow, 30_001, 30_001)}},
			{Purpose: ledger.Recoverable, OpeningFen: 0, ClosingFen: -123_456_789, Entries: []ledger.Entry{
				entry(3, "sale_set_aside", ledger.Proceeds, -123_456_789, -123_456_789),
			}},
		},
	}
}

func camt(t *testing.T, s statement.Statement) string {
	t.Helper()
	var b strings.Builder
	if err := s.Camt053(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func csvOf(t *testing.T, s statement.Statement) string {
	t.Helper()
	var b strings.Builder
	if err := s.CSV(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The whole CSV of the sample: no byte order mark, a header, yuan with two decimals and no sign.
func TestI4_AStatementAsCSV(t *testing.T) {
	t.Parallel()
	const want = `account,posted_at,kind,posting,counterpart,debit_yuan,credit_yuan,balance_yuan,balance_side,log_entry
escrow,2026-06-18T00:00:00.000+08:00,opening_balance,,,,,0.01,credit,
escrow,2026-06-18T10:00:00.001+08:00,deposit_held,0197f2c4-7a11-7c21-9e0d-000000000001,clearing,,300.00,300.01,credit,0197f2c4-7a11-7c21-9e0d-000000000101
escrow,2026-06-18T10:00:00.002+08:00,deposit_applied,0197f2c4-7a11-7c21-9e0d-000000000002,proceeds,300.01,,0.00,credit,0197f2c4-7a11-7c21-9e0d-000000000102
escrow,2026-06-19T23:59:59.999+08:00,closing_balance,,,,,0.00,credit,
proceeds,2026-06-18T00:00:00.000+08:00,opening_balance,,,,,0.00,credit,
proceeds,2026-06-18T10:00:00.002+08:00,deposit_applied,0197f2c4-7a11-7c21-9e0d-000000000002,escrow,,300.01,300.01,credit,0197f2c4-7a11-7c21-9e0d-000000000102
proceeds,2026-06-19T23:59:59.999+08:00,closing_balance,,,,,300.01,credit,
recoverable,2026-06-18T00:00:00.000+08:00,opening_balance,,,,,0.00,credit,
recoverable,2026-06-18T10:00:00.003+08:00,sale_set_aside,0197f2c4-7a11-7c21-9e0d-000000000003,proceeds,1234567.89,,1234567.89,debit,0197f2c4-7a11-7c21-9e0d-000000000103
recoverable,2026-06-19T23:59:59.999+08:00,closing_balance,,,,,1234567.89,debit,
`
	if got := csvOf(t, sample()); got != strings.ReplaceAll(want, "\n", "\r\n") {
		t.Errorf("the file is\n%s", got)
	}
}

// No cell can be taken for a formula: of whatever a posting's kind is made, the file either has it as a code or is not written at all.
func TestNoCellOfACSVIsAFormula(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\ufeff=1", "＝1", "a=1", "a,b", `a"b`, "a\nb", "a;b", "'=1"} {
		s := sample()
		s.Accounts[0].Entries[0].Kind = kind
		var b strings.Builder
		if err := s.CSV(&b); fault.CodeOf(err) != fault.InternalError || b.Len() != 0 {
			t.Errorf("%q is answered %v and %d bytes", kind, err, b.Len())
		}
		s = sample()
		s.Accounts[0].Purpose = ledger.Purpose(kind)
		if err := s.CSV(&b); fault.CodeOf(err) != fault.InternalError || b.Len() != 0 {
			t.Errorf("account %q is answered %v and %d bytes", kind, err, b.Len())
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := sample()
		s.Number = rapid.String().Draw(t, "number")
		s.Accounts[0].Entries[0].Kind = rapid.OneOf(rapid.String(), rapid.StringMatching(`[=+@-]?[a-z_]{1,20}`)).Draw(t, "kind")
		s.Accounts[2].ClosingFen = money.Fen(rapid.Int64Range(-int64(money.Max), int64(money.Max)).Draw(t, "fen"))
		var b strings.Builder
		if s.CSV(&b) != nil {
			return
		}
		for line := range strings.SplitSeq(b.String(), "\r\n") {
			for cell := range strings.SplitSeq(line, ",") {
				if cell != "" && !strings.Contains("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", cell[:1]) {
					t.Fatalf("a cell begins %q", cell)
				}
			}
		}
	})
}

// The document is camt.053.001.08 by the schema's order and required elements; its balances and sums are those of its entries.
func TestI4_AStatementAsCamt053(t *testing.T) {
	t.Parallel()
	s := sample()
	text := camt(t, s)
	if found := breaches(text); len(found) > 0 {
		t.Fatalf("%v\n%s", found, text)
	}
	for _, part := range []string{
		`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">`,
		"<FrDtTm>2026-06-18T00:00:00.000+08:00</FrDtTm>", "<ToDtTm>2026-06-19T23:59:59.999+08:00</ToDtTm>",
		"<Id>0197f2c47a117c219e0d000000000000ES</Id>", "<Id>0197f2c47a117c219e0d000000000000PR</Id>", "<Id>0197f2c47a117c219e0d000000000000RE</Id>",
		"<NtryRef>0197f2c47a117c219e0d000000000001</NtryRef>", "<AcctSvcrRef>0197f2c47a117c219e0d000000000101</AcctSvcrRef>",
		"<DtTm>2026-06-18T10:00:00.001+08:00</DtTm>", "<Cd>deposit_held</Cd>", "<Nm>（2026）皖9902执77号 escrow</Nm>",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("it has no %s:\n%s", part, text)
		}
	}
	if again := camt(t, sample()); again != text {
		t.Error("the same statement is other bytes")
	}
	addsUp(t, s, text)
}

// addsUp reads a document back and holds it against its statement.
func addsUp(t interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}, s statement.Statement, text string,
) {
	t.Helper()
	var d statement.Document
	if err := xml.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("read back: %v", err)
	}
	signed := func(a statement.Amount, side string) money.Fen {
		f, err := money.ParseYuan(a.Yuan)
		if err != nil || a.Ccy != "CNY" {
			t.Errorf("amount %+v: %v", a, err)
		}
		if side == "DBIT" {
			return -f
		}
		return f
	}
	if len(d.Stmt) != len(s.Accounts) {
		t.Fatalf("%d statements of %d accounts", len(d.Stmt), len(s.Accounts))
	}
	ids := map[string]bool{d.GrpHdr.MsgID: true}
	for i, st := range d.Stmt {
		a := s.Accounts[i]
		if ids[st.ID] {
			t.Errorf("the id %s stands twice", st.ID)
		}
		ids[st.ID] = true
		if len(st.Bal) != 2 || st.Bal[0].Cd != "OPBD" || st.Bal[1].Cd != "CLBD" || st.Bal[0].Dt != s.From || st.Bal[1].Dt != s.To {
			t.Fatalf("balances of %s: %+v", a.Purpose, st.Bal)
		}
		sum, closing := signed(st.Bal[0].Amt, st.Bal[0].CdtDbtInd), signed(st.Bal[1].Amt, st.Bal[1].CdtDbtInd)
		if sum != a.OpeningFen || closing != a.ClosingFen || st.Acct.Tp != string(a.Purpose) || st.Acct.Ccy != "CNY" {
			t.Errorf("%s opens with %d and closes with %d, want %d and %d", st.Acct.Tp, sum, closing, a.OpeningFen, a.ClosingFen)
		}
		var in, off money.Fen
		n := map[string]int{}
		for j, e := range st.Ntry {
			change := signed(e.Amt, e.CdtDbtInd)
			sum += change
			if n[e.CdtDbtInd]++; change > 0 {
				in += change
			} else {
				off -= change
			}
			was := a.Entries[j]
			if change != was.ChangeFen || e.BkTxCd.Cd != was.Kind || e.Sts != "BOOK" || e.NtryRef != strings.ReplaceAll(was.Posting.String(), "-", "") {
				t.Errorf("entry %+v, want %+v", e, was)
			}
		}
		if sum != closing {
			t.Errorf("%s: opening balance and entries are %d, the closing balance %d", st.Acct.Tp, sum, closing)
		}
		plain := func(f money.Fen) string { return strings.ReplaceAll(f.Yuan(), ",", "") }
		if want := (statement.Summary{
			Credits: statement.Total{NbOfNtries: fmt.Sprint(n["CRDT"]), Sum: plain(in)}, Debits: statement.Total{NbOfNtries: fmt.Sprint(n["DBIT"]), Sum: plain(off)},
		}); st.TxsSummry != want {
			t.Errorf("the summary is %+v, want %+v", st.TxsSummry, want)
		}
	}
}

// A case without movements, and one whose last day runs, are sound documents too; what runs says so.
func TestCamt053OfNothingAndOfToday(t *testing.T) {
	t.Parallel()
	s := sample()
	s.Accounts, s.Final = nil, false
	text := camt(t, s)
	if found := breaches(text); len(found) > 0 {
		t.Errorf("%v\n%s", found, text)
	}
	if strings.Count(text, "<Stmt>") != 1 || !strings.Contains(text, "<Prtry>proceeds</Prtry>") || strings.Contains(text, "escrow") || strings.Count(text, `<Amt Ccy="CNY">0.00</Amt>`) != 2 {
		t.Errorf("nothing is stated as\n%s", text)
	}
	if !strings.Contains(text, "<AddtlStmtInf>Provisional") || strings.Contains(camt(t, sample()), "Provisional") {
		t.Error("what is not final does not say so, or the other way round")
	}
	if lines := strings.Count(csvOf(t, s), "\r\n"); lines != 1 {
		t.Errorf("nothing has %d lines", lines)
	}
}

// An id names its period, account and case: none is the same for another.
func TestCamt053IdsDiffer(t *testing.T) {
	t.Parallel()
	read := func(change func(*statement.Statement)) statement.Document {
		s := sample()
		change(&s)
		var d statement.Document
		if err := xml.Unmarshal([]byte(camt(t, s)), &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := read(func(*statement.Statement) {})
	for name, change := range map[string]func(*statement.Statement){
		"case":      func(s *statement.Statement) { s.CaseID = id(9) },
		"beginning": func(s *statement.Statement) { s.Period.From = s.Period.From.Add(time.Millisecond) },
		"end":       func(s *statement.Statement) { s.Period.To = s.Period.To.Add(-time.Millisecond) },
	} {
		if d := read(change); d.Stmt[0].ID == first.Stmt[0].ID {
			t.Errorf("another %s has the same id", name)
		}
	}
	later := read(func(s *statement.Statement) { s.MadeAt = s.MadeAt.Add(time.Millisecond) })
	if later.Stmt[0].ID != first.Stmt[0].ID || later.GrpHdr.MsgID == first.GrpHdr.MsgID {
		t.Error("a statement made again is another statement, or the same message")
	}
}

// Whatever a court calls its case and however much money moves, the document is sound and adds up.
func TestI4_Camt053OfAnyAmounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := sample()
		s.Number = rapid.StringN(1, 100, -1).Draw(t, "number")
		a := &s.Accounts[1]
		a.OpeningFen = money.Fen(rapid.Int64Range(-int64(money.Max)/2, int64(money.Max)/2).Draw(t, "opening"))
		a.ClosingFen, a.Entries = a.OpeningFen, nil
		for i, n := range rapid.SliceOfN(rapid.Int64Range(-1_000_000_000_000, 1_000_000_000_000).Filter(func(n int64) bool { return n != 0 }), 0, 20).Draw(t, "changes") {
			a.ClosingFen += money.Fen(n)
			a.Entries = append(a.Entries, ledger.Entry{Posting: id(i), Kind: "balance_paid", Counterpart: ledger.Clearing, ChangeFen: money.Fen(n), BalanceFen: a.ClosingFen, PostedAt: s.Period.From, Entry: id(i)})
		}
		var b strings.Builder
		if err := s.Camt053(&b); err != nil {
			t.Fatal(err)
		}
		if found := breaches(b.String()); len(found) > 0 {
			t.Fatalf("%v\n%s", found, b.String())
		}
		addsUp(t, s, b.String())
	})
}

// What has no place in the schema is refused: a kind that is too long by one sign, an account that is not the case's.
func TestCamt053Refuses(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]fault.Code{0: fault.InternalError, 1: "", 35: "", 36: fault.InternalError} {
		s := sample()
		s.Accounts[0].Entries[0].Kind = strings.Repeat("a", n)
		var b strings.Builder
		if err := s.Camt053(&b); err != nil && fault.CodeOf(err) != want || err == nil && want != "" {
			t.Errorf("a kind of %d signs is answered %v", n, err)
		}
	}
	s := sample()
	s.Accounts[0].Purpose = ledger.Clearing
	var b strings.Builder
	if err := s.Camt053(&b); fault.CodeOf(err) != fault.InternalError || b.Len() != 0 {
		t.Errorf("the court's clearing is stated: %v", err)
	}
}

// Every account of a case has an id of its own.
func TestCamt053KnowsEveryAccount(t *testing.T) {
	t.Parallel()
	s := sample()
	s.Accounts = nil
	for _, p := range ledger.Purposes() {
		s.Accounts = append(s.Accounts, ledger.AccountStatement{Purpose: p})
	}
	var d statement.Document
	if err := xml.Unmarshal([]byte(camt(t, s)), &d); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, st := range d.Stmt {
		ids[st.Acct.ID.ID] = true
	}
	if len(ids) != 6 {
		t.Errorf("accounts %v", ids)
	}
}

// The file's name is ASCII that every header and file system takes.
func TestFileName(t *testing.T) {
	t.Parallel()
	s := sample()
	if got := s.FileName("csv"); got != "mingchui-fund-000000000000-20260618-20260619.csv" {
		t.Error(got)
	}
	_, err := csv.NewReader(strings.NewReader(csvOf(t, s))).ReadAll()
	if err != nil {
		t.Error(err)
	}
}
