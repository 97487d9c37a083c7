package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/audit"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/bidding/course"
	"mingchui/cmd/auditor/verify"
)

// A tamper is a log that whoever holds database and key wrote and signed anew, with all its hashes; want is every code that the
// auditor finds in it, none for a log that holds.
type tamper struct {
	want []verify.Code
	log  func(t *testing.T) []audit.Entry
}

// tampers are those of all subjects.
func tampers() map[string]tamper {
	all := map[string]tamper{}
	for subject, table := range map[string]map[string]tamper{
		"vote": voteTampers(), "notice": noticeTampers(), "later sale": laterTampers(), "no reserve": noReserveTampers(), "settings": settingsTampers(), "choice": choiceTampers(), "course": courseTampers(),
		"result": resultTampers(), "taking": takingTampers(), "return": returnTampers(), "setting aside": asideTampers(), "fund": fundTampers(), "forfeit": forfeitTampers(), "plan": planTampers(), "payout": payoutTampers(),
		"price": priceTampers(), "maximum": maximumTampers(), "draw": drawTampers(),
	} {
		for name, x := range table {
			all[subject+"/"+name] = x
		}
	}
	return all
}

// TestVerifyFindsEachTampering: the auditor finds what was changed, under its code, and nothing else.
func TestVerifyFindsEachTampering(t *testing.T) {
	t.Parallel()
	for name, x := range tampers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := verify.Run(t.Context(), memoryLog(t, x.log(t)), verify.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := codesOf(r), sortedCodes(x.want); !slices.Equal(got, want) {
				t.Errorf("found %v, want %v:\n%+v", got, want, r.Findings)
			}
			for _, f := range r.Findings {
				if f.Rule == "" || f.TextZH == string(f.Code) || f.TextEN == string(f.Code) {
					t.Errorf("%s has no words: %+v", f.Code, f)
				}
			}
		})
	}
}

func codesOf(r *verify.Report) []verify.Code {
	var all []verify.Code
	for _, f := range r.Findings {
		all = append(all, f.Code)
	}
	return sortedCodes(all)
}

func sortedCodes(list []verify.Code) []verify.Code {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func codes(list ...verify.Code) []verify.Code { return list }

// but is an honest log with changes, one after the other.
func but(honest func(*testing.T) []audit.Entry, changes ...change) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		entries := honest(t)
		for _, c := range changes {
			entries = c(t, entries)
		}
		return entries
	}
}

// alter changes the body of the nth entry of a kind.
func alter[T any](kind string, n int, f func(*T)) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := nth(t, entries, kind, n)
		entries[i] = altered(t, entries[i], f)
		return entries
	}
}

func alterAll[T any](kind string, f func(*T)) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		for i, e := range entries {
			if e.Kind == kind {
				entries[i] = altered(t, e, f)
			}
		}
		return entries
	}
}

func altered[T any](t *testing.T, e audit.Entry, f func(*T)) audit.Entry {
	t.Helper()
	var body T
	if err := audit.Decode(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	f(&body)
	again, err := audit.New(e.Kind, e.At, idOf(e.CaseID), idOf(e.LotID), e.Seq, body)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// after writes one entry more, in the case and lot of the last entry that has a lot, behind all others.
func after(kind string, body any) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := len(entries) - 1
		for entries[i].LotID == uuid.Nil {
			i--
		}
		e, err := audit.New(kind, entries[len(entries)-1].At.Add(time.Second), &entries[i].CaseID, &entries[i].LotID, 0, body)
		if err != nil {
			t.Fatal(err)
		}
		return append(entries, e)
	}
}

// again writes the last entry of a kind a second time, behind all others.
func again(kind string) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		for _, e := range slices.Backward(entries) {
			if e.Kind == kind {
				return append(entries, e)
			}
		}
		t.Fatalf("no %s", kind)
		return nil
	}
}

// announcedWith is a first sale that was announced and has not begun.
func announcedWith(terms, times func(*audit.LotAnnounced)) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		s := newSales(t, seed)
		s.terms, s.times = terms, times
		s.one(law.China2017(), law.First, nil)
		return s.entries
	}
}

// written is a log of one first sale with bids bids, closed, and what then follows.
func written(bids int, then ...func(x *sale)) func(*testing.T) []audit.Entry {
	return func(t *testing.T) []audit.Entry {
		t.Helper()
		s := newSales(t, seed)
		x := s.one(law.China2017(), law.First, nil)
		x.open(min(bids, 3))
		x.bid(bids)
		for _, f := range then {
			f(x)
		}
		return s.entries
	}
}

// ended is a sale with six bids before it is confirmed; sold is paid, ruled and handed over; failed had no bid.
func ended(t *testing.T) []audit.Entry  { t.Helper(); return written(6)(t) }
func failed(t *testing.T) []audit.Entry { t.Helper(); return written(0)(t) }
func sold(t *testing.T) []audit.Entry {
	t.Helper()
	return written(6, (*sale).confirm, (*sale).pay, (*sale).rule)(t)
}

// taken writes that a creditor whose claim is less than the price by the difference took the property, and paid that in.
func taken(difference money.Fen) func(*sale) {
	return func(x *sale) {
		price := x.notice.StartingPriceFen
		x.offer("o1", 1, price-difference)
		x.enter(audit.KindTaken, x.tick(time.Second), x.caseID, x.lot, 0, audit.TakenForDebt{Offer: "o1", Rank: 1, PriceFen: price, ClaimFen: price - difference, DifferenceFen: max(difference, 0)})
		if difference > 0 {
			x.fund("difference_paid", audit.FundTransfer{Debit: "clearing", Credit: "proceeds", AmountFen: difference})
			x.enter(audit.KindDifference, x.tick(time.Second), x.caseID, x.lot, 0, audit.DifferencePaid{AmountFen: difference})
		}
	}
}

// offer writes that a creditor would take the property.
func (x *sale) offer(id string, rank int, claim money.Fen) {
	x.enter(audit.KindTakingOffered, x.tick(time.Second), x.caseID, x.lot, 0, audit.TakingOffered{Offer: id, Rank: rank, ClaimFen: claim})
}

func (x *sale) fund(kind string, transfers ...audit.FundTransfer) {
	x.enter(audit.KindFundPosted, x.tick(time.Second), x.caseID, uuid.Nil, 0, audit.FundPosted{Posting: x.id().String(), Kind: kind, Transfers: transfers})
}

// aside writes that the sale does not stand; reversed goes back, recoverable of it from who had it.
func aside(reversed, recoverable func(x *sale) money.Fen) func(*sale) {
	return func(x *sale) {
		back, from := reversed(x), recoverable(x)
		if there := back - from; there > 0 {
			x.fund("sale_set_aside", audit.FundTransfer{Debit: "proceeds", Credit: "escrow", AmountFen: there})
		}
		if from > 0 {
			x.fund("sale_set_aside", audit.FundTransfer{Debit: "recoverable", Credit: "escrow", AmountFen: from})
		}
		x.enter(audit.KindSetAside, x.tick(time.Second), x.caseID, x.lot, 0, audit.SetAside{Ground: "collusion", ReasonHash: audit.HashText("r"), ReversedFen: back, RecoverableFen: from})
		later(x)
	}
}

// later is another case's entry ten seconds on, by when all that belongs together is in the log.
func later(x *sale) {
	x.now = x.now.Add(10 * time.Second)
	x.enter(audit.KindCaseOpened, x.now, x.id(), uuid.Nil, 0, audit.CaseOpened{Number: "later", Court: "c", Kind: "civil", ClaimFen: 1})
}

func price(x *sale) money.Fen { return x.state.Price }
func nothing(*sale) money.Fen { return 0 }

// code is the winner's where it is that of the sale, and another.
func otherCode(x *sale) string {
	for _, c := range x.codes {
		if c != x.state.Leader {
			return c
		}
	}
	panic(fmt.Sprintf("no other code than %s", x.state.Leader))
}

// event is a body of a course event, changed.
func event(n int, kind string, f func(*course.Event)) change {
	return func(t *testing.T, entries []audit.Entry) []audit.Entry {
		t.Helper()
		i := nth(t, entries, kind, n)
		e, err := course.FromEntry(entries[i])
		if err != nil {
			t.Fatal(err)
		}
		f(&e)
		entries[i], err = audit.NewRaw(kind, time.UnixMilli(e.At).UTC(), &entries[i].CaseID, &entries[i].LotID, e.Seq, e.AppendBody(nil))
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
}
