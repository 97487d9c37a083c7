package statement

import (
	"encoding/csv"
	"io"
	"strings"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/payments/ledger"
)

// Columns are the header of the CSV. Amounts are yuan with two decimals and
// without sign: what is taken off an account stands under debit_yuan, what comes
// onto it under credit_yuan; balance_side says on which side the balance is.
func Columns() []string {
	return []string{
		"account", "posted_at", "kind", "posting", "counterpart", "debit_yuan", "credit_yuan", "balance_yuan", "balance_side", "log_entry",
	}
}

// Kinds of the lines that are no movement.
const opening, closing = "opening_balance", "closing_balance"

// CSV writes the statement as RFC 4180 has it, UTF-8 without a byte order mark.
// Each account has a line with its opening balance, one for each movement, and
// one with its closing balance.
//
// Every cell is an id, an instant, an amount, a code of ours or empty; one that a
// spreadsheet could take for a formula is refused before anything is written.
//
// Faults: internal_error.
func (s *Statement) CSV(w io.Writer) error {
	lines := [][]string{Columns()}
	for _, a := range s.Accounts {
		lines = append(lines, balanceLine(a.Purpose, instant(s.Period.From), opening, a.OpeningFen))
		for _, e := range a.Entries {
			lines = append(lines, entryLine(a.Purpose, e))
		}
		lines = append(lines, balanceLine(a.Purpose, instant(s.lastInstant()), closing, a.ClosingFen))
	}
	for _, line := range lines {
		for _, cell := range line {
			if !plain(cell) {
				return fault.Internalf("a cell of a statement reads %q", cell)
			}
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.WriteAll(lines); err != nil {
		return fault.Internalf("write statement: %w", err)
	}
	return nil
}

// plain tells whether a cell is empty or begins with a letter or digit of ASCII and holds nothing that would need quotes.
func plain(cell string) bool {
	for i, c := range []byte(cell) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case i > 0 && strings.IndexByte("_-+:.", c) >= 0:
		default:
			return false
		}
	}
	return true
}

func balanceLine(account ledger.Purpose, at, kind string, balance money.Fen) []string {
	yuan, side := sided(balance)
	return []string{string(account), at, kind, "", "", "", "", yuan, side, ""}
}

func entryLine(account ledger.Purpose, e ledger.Entry) []string {
	amount, credited := unsigned(e.ChangeFen)
	debit, credit := amount, ""
	if credited {
		debit, credit = "", amount
	}
	yuan, side := sided(e.BalanceFen)
	return []string{
		string(account), instant(e.PostedAt), e.Kind, e.Posting.String(), string(e.Counterpart), debit, credit, yuan, side, e.Entry.String(),
	}
}

func sided(balance money.Fen) (yuan, side string) {
	yuan, credit := unsigned(balance)
	if credit {
		return yuan, "credit"
	}
	return yuan, "debit"
}
