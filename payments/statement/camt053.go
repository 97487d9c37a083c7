package statement

import (
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
)

// Camt053 writes the statement as an ISO 20022 camt.053.001.08: a Stmt for each
// account (the package comment says why), or, when the case has had no movement
// yet, one of its proceeds with nothing on it, because the schema wants at least
// one. An empty escrow would say that nobody has paid a deposit, which nobody may
// learn while bidding runs (R18).
//
// Faults: internal_error.
func (s *Statement) Camt053(w io.Writer) error {
	d, err := s.document()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fault.Internalf("write statement: %w", err)
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(d); err != nil {
		return fault.Internalf("write statement: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fault.Internalf("write statement: %w", err)
	}
	return nil
}

func (s *Statement) document() (*Document, error) {
	d := &Document{GrpHdr: GroupHeader{MsgID: s.id("message", s.MadeAt), CreDtTm: instant(s.MadeAt)}}
	accounts := s.Accounts
	if len(accounts) == 0 {
		accounts = []ledger.AccountStatement{{Purpose: ledger.Proceeds}}
	}
	for _, a := range accounts {
		one, err := s.ofAccount(a)
		if err != nil {
			return nil, err
		}
		d.Stmt = append(d.Stmt, one)
	}
	return d, nil
}

// provisional is said of a period that may still get a movement.
const provisional = "Provisional: the last day of the period is not closed yet."

func (s *Statement) ofAccount(a ledger.AccountStatement) (AccountStmt, error) {
	code, err := accountCode(a.Purpose)
	if err != nil {
		return AccountStmt{}, err
	}
	out := AccountStmt{
		// The same period of the same account has the same Id, so that a reader notices one that came twice.
		ID: s.id(string(a.Purpose), s.Period.To), CreDtTm: instant(s.MadeAt),
		FrToDt: DateTimePeriod{FrDtTm: instant(s.Period.From), ToDtTm: instant(s.lastInstant())},
		Acct: CashAccount{
			ID: OtherID{ID: packed(s.CaseID) + code, Scheme: "MINGCHUI-CASE-ACCOUNT"}, Tp: string(a.Purpose), Ccy: cny,
			Nm: shortened(s.Number+" "+string(a.Purpose), 70),
		},
		Bal: []CashBalance{balance("OPBD", a.OpeningFen, s.From), balance("CLBD", a.ClosingFen, s.To)},
	}
	var in, off total
	for _, e := range a.Entries {
		if e.Kind == "" || len(e.Kind) > 35 {
			return AccountStmt{}, fault.Internalf("a posting's kind is %q", e.Kind)
		}
		entry := ReportEntry{
			NtryRef: packed(e.Posting), Sts: "BOOK", BookgDt: instant(e.PostedAt), AcctSvcrRef: packed(e.Entry),
			BkTxCd: ProprietaryCode{Cd: e.Kind, Issr: "MINGCHUI"}, AddtlNtryInf: "counterpart " + string(e.Counterpart),
		}
		entry.Amt, entry.CdtDbtInd = amount(e.ChangeFen)
		sums := &off
		if e.ChangeFen > 0 {
			sums = &in
		}
		if err := sums.add(e.ChangeFen); err != nil {
			return AccountStmt{}, err
		}
		out.Ntry = append(out.Ntry, entry)
	}
	out.TxsSummry = Summary{Credits: in.of(), Debits: off.of()}
	if !s.Final {
		out.AddtlStmtInf = provisional
	}
	return out, nil
}

// accountCode ends an account's id. With the case's 32 digits it fills Max34Text.
func accountCode(p ledger.Purpose) (string, error) {
	switch p {
	case ledger.Escrow:
		return "ES", nil
	case ledger.Proceeds:
		return "PR", nil
	case ledger.Forfeits:
		return "FO", nil
	case ledger.Costs:
		return "CO", nil
	case ledger.PaidOut:
		return "PO", nil
	case ledger.Recoverable:
		return "RE", nil
	case ledger.Clearing, ledger.Suspense: // the house's as a whole
	}
	return "", fault.Internalf("account %q has no statement", p)
}

type total struct {
	n   int
	sum money.Fen
}

func (t *total) add(change money.Fen) (err error) {
	t.n++
	t.sum, err = t.sum.Add(change)
	return err
}

func (t *total) of() Total {
	yuan, _ := unsigned(t.sum)
	return Total{NbOfNtries: strconv.Itoa(t.n), Sum: yuan}
}

func balance(code string, f money.Fen, day string) CashBalance {
	b := CashBalance{Cd: code, Dt: day}
	b.Amt, b.CdtDbtInd = amount(f)
	return b
}

// amount is never negative: the indicator has the side.
func amount(f money.Fen) (Amount, string) {
	yuan, credit := unsigned(f)
	if credit {
		return Amount{Ccy: cny, Yuan: yuan}, "CRDT"
	}
	return Amount{Ccy: cny, Yuan: yuan}, "DBIT"
}

// id names a part of the statement: 32 digits, the same for the same case, part, beginning and end.
func (s *Statement) id(part string, end time.Time) string {
	return packed(uuid.NewSHA1(s.CaseID, fmt.Appendf(nil, "%s %d %d", part, s.Period.From.UnixMilli(), end.UnixMilli())))
}

// packed writes an id without hyphens: 36 signs do not fit Max35Text.
func packed(id uuid.UUID) string { return hex.EncodeToString(id[:]) }

func shortened(text string, most int) string {
	if signs := []rune(text); len(signs) > most {
		text = string(signs[:most])
	}
	return strings.TrimSpace(text)
}
