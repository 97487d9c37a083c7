package ledger_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"mingchui/auction/fault"
	"mingchui/auction/money"
	"mingchui/deploy/local/testserver"
	"mingchui/payments/ledger"
)

// held is a case with 100 fen of proceeds.
func openHeld(t *testing.T) *books {
	t.Helper()
	b := openBooks(t.Context(), t, testserver.Postgres(t))
	b.post(noon, "balance_paid", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Proceeds, Amount: 100})
	return b
}

func (b *books) reserve(key string, amount money.Fen, expires time.Time) ledger.Reserve {
	return ledger.Reserve{CaseID: b.kase, Account: ledger.Proceeds, Amount: amount, Kind: "payout", Reference: b.lot, Key: key, ExpiresAt: expires}
}

func (b *books) hold(at time.Time, r ledger.Reserve) (id uuid.UUID, err error) {
	err = pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error { id, err = ledger.Hold(b.ctx, tx, at, r); return err })
	return id, err
}

func (b *books) pay(key string, amount money.Fen) ledger.Posting {
	return ledger.Posting{
		CaseID: b.kase, Kind: "paid_out", Reference: b.lot, Key: key,
		Transfers: []ledger.Transfer{{Debit: ledger.Proceeds, Credit: ledger.PaidOut, Amount: amount}},
	}
}

func (b *books) postHold(at time.Time, id uuid.UUID, p ledger.Posting) error {
	return pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error { return ledger.PostHold(b.ctx, tx, at, id, p) })
}

func (b *books) void(at time.Time, id uuid.UUID) error {
	return pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error { return ledger.VoidHold(b.ctx, tx, at, id) })
}

func (b *books) available(at time.Time) (n money.Fen) {
	b.tb.Helper()
	b.must(pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error {
		free, err := ledger.Available(b.ctx, tx, at, b.kase, ledger.Proceeds)
		n = free[ledger.Proceeds]
		return err
	}))
	return n
}

// F5: what is held nobody else can move or hold; posting takes it, whole or in part, once.
func TestF5_WhatIsHeldIsThereForItsPostingAlone(t *testing.T) {
	t.Parallel()
	b := openHeld(t)
	id, err := b.hold(noon, b.reserve("h", 70, time.Time{}))
	b.must(err)
	if again, err := b.hold(noon, b.reserve("h", 70, time.Time{})); err != nil || again != id {
		t.Errorf("asked again: %s, %v", again, err)
	}
	if _, err := b.hold(noon, b.reserve("h", 71, time.Time{})); fault.CodeOf(err) != fault.IdempotencyKeyReused {
		t.Errorf("another amount under the key: %v", err)
	}
	if account, available, needed := limitOf(t, b.try(noon, b.pay("other", 31))); account != "proceeds" || available != 30 || needed != 31 {
		t.Errorf("another posting meets %s, %d of %d", account, available, needed)
	}
	_, err = b.hold(noon, b.reserve("second", 31, time.Time{}))
	if account, available, needed := limitOf(t, err); account != "proceeds" || available != 30 || needed != 31 {
		t.Errorf("another hold meets %s, %d of %d", account, available, needed)
	}
	b.sound()
	if account, available, needed := limitOf(t, b.postHold(noon, id, b.pay("p", 71))); account != "proceeds" || available != 70 || needed != 71 {
		t.Errorf("more than is held: %s, %d of %d", account, available, needed)
	}
	b.must(b.postHold(noon, id, b.pay("p", 60)))
	if got := b.available(noon); got != 40 {
		t.Errorf("%d are available after 60 of 70 were posted", got)
	}
	b.must(b.postHold(noon, id, b.pay("p", 60)))
	for name, p := range map[string]ledger.Posting{"another key": b.pay("q", 60), "another amount": b.pay("p", 10)} {
		if err := b.postHold(noon, id, p); fault.KindOf(err) != fault.Conflict {
			t.Errorf("posted again with %s: %v", name, err)
		}
	}
	if err := b.void(noon, id); fault.CodeOf(err) != fault.HoldEnded {
		t.Errorf("freed after it was posted: %v", err)
	}
	if got := b.at(noon.Add(time.Hour)); got[ledger.Proceeds] != 40 || got[ledger.PaidOut] != 60 {
		t.Errorf("accounts hold %v", got)
	}
	b.sound()
}

func TestF5_AFreedHoldIsAvailableAgain(t *testing.T) {
	t.Parallel()
	b := openHeld(t)
	id, err := b.hold(noon, b.reserve("h", 100, time.Time{}))
	b.must(err)
	for range 2 {
		b.must(b.void(noon, id))
	}
	if err := b.postHold(noon, id, b.pay("p", 1)); fault.CodeOf(err) != fault.HoldEnded {
		t.Errorf("posted after it was freed: %v", err)
	}
	b.must(b.try(noon, b.pay("other", 100)))
	b.sound()
}

// A hold's time is its own end: to the microsecond before it nothing is free, from it on all of it is.
func TestF5_AHoldEndsAtItsTime(t *testing.T) {
	t.Parallel()
	b := openHeld(t)
	end := noon.Add(time.Hour)
	id, err := b.hold(noon, b.reserve("h", 70, end))
	b.must(err)
	if got := b.available(end.Add(-time.Microsecond)); got != 30 {
		t.Errorf("%d are available before the end", got)
	}
	if got := b.available(end); got != 100 {
		t.Errorf("%d are available at the end", got)
	}
	if err := b.postHold(end, id, b.pay("p", 1)); fault.CodeOf(err) != fault.HoldEnded {
		t.Errorf("posted after its end: %v", err)
	}
	b.must(b.void(end, id))
	b.must(b.try(end, b.pay("other", 100)))
	b.sound()
}

func TestF5_AHoldThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	b := openHeld(t)
	other := openBooks(t.Context(), t, b.pool)
	other.post(noon, "balance_paid", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Proceeds, Amount: 100})
	for name, change := range map[string]func(*ledger.Reserve){
		"amount 0":          func(r *ledger.Reserve) { r.Amount = 0 },
		"a negative amount": func(r *ledger.Reserve) { r.Amount = -1 },
		"2^53":              func(r *ledger.Reserve) { r.Amount = money.Max + 1 },
		"of clearing":       func(r *ledger.Reserve) { r.Account, r.CaseID = ledger.Clearing, uuid.Nil },
		"of recoverable":    func(r *ledger.Reserve) { r.Account = ledger.Recoverable },
		"of no case":        func(r *ledger.Reserve) { r.CaseID = uuid.Nil },
		"without a key":     func(r *ledger.Reserve) { r.Key = "" },
		"without a kind":    func(r *ledger.Reserve) { r.Kind = "" },
		"over at once":      func(r *ledger.Reserve) { r.ExpiresAt = noon },
		"never opened":      func(r *ledger.Reserve) { r.Account = ledger.Forfeits },
		"one fen above":     func(r *ledger.Reserve) { r.Amount = 101 },
	} {
		r := b.reserve(name, 10, time.Time{})
		change(&r)
		if _, err := b.hold(noon, r); err == nil {
			t.Errorf("%s: held", name)
		}
	}
	id, err := b.hold(noon, b.reserve("h", 10, time.Time{}))
	b.must(err)
	if err := b.postHold(noon, id, other.pay("p", 10)); fault.CodeOf(err) != fault.LedgerUnbalanced {
		t.Errorf("posted by another case: %v", err)
	}
	if err := b.postHold(noon, uuid.New(), b.pay("p", 10)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of no hold: %v", err)
	}
	b.sound()
}

// SQL holds the same: neither a row nor a balance can take what is reserved, and no row changes.
func TestF5_TheTablesHoldWhatIsHeld(t *testing.T) {
	t.Parallel()
	b := openHeld(t)
	id, err := b.hold(noon, b.reserve("h", 70, noon.Add(time.Hour)))
	b.must(err)
	for name, sql := range map[string]string{
		"a hold changes":            `UPDATE holds SET amount_fen = 1`,
		"a hold goes":               `DELETE FROM holds`,
		"more is held than there":   `INSERT INTO holds (id, account_id, amount_fen, kind, reference, idempotency_key, held_at) SELECT gen_random_uuid(), account_id, 31, kind, reference, 'x', held_at FROM holds`,
		"held money leaves":         `UPDATE ledger_accounts SET balance_fen = 69 WHERE purpose = 'proceeds'`,
		"clearing holds":            `UPDATE ledger_accounts SET held_fen = 1 WHERE purpose = 'clearing'`,
		"it runs out before":        `INSERT INTO hold_ends (hold_id, state, posted_fen, ended_at) SELECT id, 'expired', 0, held_at FROM holds`,
		"it is freed after":         `INSERT INTO hold_ends (hold_id, state, posted_fen, ended_at) SELECT id, 'voided', 0, expires_at FROM holds`,
		"it is posted by nothing":   `INSERT INTO hold_ends (hold_id, state, posted_fen, ended_at) SELECT id, 'posted', 70, held_at FROM holds`,
		"it is posted by another":   `INSERT INTO hold_ends (hold_id, state, posted_fen, posting_id, ended_at) SELECT h.id, 'posted', 70, p.id, held_at FROM holds h, postings p`,
		"it is posted and too much": `INSERT INTO hold_ends (hold_id, state, posted_fen, posting_id, ended_at) SELECT h.id, 'posted', 71, p.id, held_at FROM holds h, postings p`,
	} {
		if _, err := b.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s, and the tables take it", name)
		}
	}
	b.must(b.void(noon, id))
	if _, err := b.pool.Exec(t.Context(), `INSERT INTO hold_ends (hold_id, state, posted_fen, ended_at) SELECT id, 'voided', 0, held_at FROM holds`); err == nil {
		t.Error("a hold ends twice")
	}
	if _, err := b.pool.Exec(t.Context(), `DELETE FROM hold_ends`); err == nil {
		t.Error("an end goes")
	}
	b.sound()
	b.exec(`UPDATE ledger_accounts SET held_fen = 5 WHERE purpose = 'proceeds' AND @x`, pgx.NamedArgs{"x": true})
	problems, err := ledger.Fsck(t.Context(), b.pool)
	if err != nil || len(problems) != 1 {
		t.Errorf("fsck says %v, %v of an account that holds back more than its holds", problems, err)
	}
}

// Two that would post the same hold, and many that would have the same money: one of each has it.
func TestF5_AHoldIsPostedOnceAndMoneyIsHeldOnce(t *testing.T) {
	t.Parallel()
	b := openHeld(t)
	const many = 16
	var group sync.WaitGroup
	ids := make([]uuid.UUID, many)
	for i := range many {
		group.Go(func() { ids[i], _ = b.hold(noon, b.reserve(uuid.NewString(), 30, time.Time{})) })
	}
	group.Wait()
	var got []uuid.UUID
	for _, id := range ids {
		if id != uuid.Nil {
			got = append(got, id)
		}
	}
	if len(got) != 3 {
		t.Fatalf("%d holds of 30 fen in 100", len(got))
	}
	ended := make([]bool, many)
	for i := range many {
		group.Go(func() {
			if i%2 == 0 {
				ended[i] = b.postHold(noon, got[0], b.pay(uuid.NewString(), 30)) == nil
			} else {
				ended[i] = b.void(noon, got[0]) == nil
			}
		})
	}
	group.Wait()
	posted, voided := 0, 0
	for i, is := range ended {
		if is && i%2 == 0 {
			posted++
		} else if is {
			voided++
		}
	}
	if posted > 1 || (posted == 1) == (voided > 0) {
		t.Errorf("%d posted it, %d freed it", posted, voided)
	}
	b.sound()
}

// Random acts in random order: what a model says is available is what the ledger says, and fsck is sound after each history.
func TestF5_HoldsAgreeWithAModel(t *testing.T) {
	t.Parallel()
	pool := testserver.Postgres(t)
	rapid.Check(t, func(rt *rapid.T) {
		b := openBooks(context.Background(), rt, pool) //nolint:usetesting // rapid's T has no context
		type pending struct {
			amount       money.Fen
			expires      time.Time
			posted, free bool
		}
		now, balance := noon, money.Fen(0)
		holds := map[uuid.UUID]*pending{}
		var ids []uuid.UUID
		free := func() money.Fen {
			n := balance
			for _, h := range holds {
				if !h.posted && !h.free && now.Before(h.expires) {
					n -= h.amount
				}
			}
			return n
		}
		for range rapid.IntRange(1, 25).Draw(rt, "acts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(rt, "minutes")) * time.Minute)
			amount := money.Fen(rapid.IntRange(1, 60).Draw(rt, "amount"))
			act := rapid.SampledFrom([]string{"in", "out", "hold", "post", "void"}).Draw(rt, "act")
			var h *pending
			var id uuid.UUID
			if len(ids) > 0 {
				id = rapid.SampledFrom(ids).Draw(rt, "hold")
				h = holds[id]
			}
			if h == nil && (act == "post" || act == "void") {
				continue
			}
			var err error
			may := true
			switch act {
			case "in":
				b.post(now, "balance_paid", false, ledger.Transfer{Debit: ledger.Clearing, Credit: ledger.Proceeds, Amount: amount})
				balance += amount
			case "out":
				may = amount <= free()
				if err = b.try(now, b.pay(uuid.NewString(), amount)); err == nil {
					balance -= amount
				}
			case "hold":
				may = amount <= free()
				expires := now.Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "for")) * time.Minute)
				if id, err = b.hold(now, b.reserve(uuid.NewString(), amount, expires)); err == nil {
					holds[id] = &pending{amount: amount, expires: expires}
					ids = append(ids, id)
				}
			case "post":
				may = !h.posted && !h.free && now.Before(h.expires) && amount <= h.amount
				if err = b.postHold(now, id, b.pay(uuid.NewString(), amount)); err == nil {
					balance -= amount
					h.posted = true
				}
			case "void":
				may = !h.posted
				err = b.void(now, id)
				h.free = true
			}
			if (err == nil) != may {
				rt.Fatalf("%s of %d with %d free: %v", act, amount, free(), err)
			}
			if got := b.available(now); got != free() {
				rt.Fatalf("%d are available, the model says %d", got, free())
			}
		}
		b.sound()
	})
}
