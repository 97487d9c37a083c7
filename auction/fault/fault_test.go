package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"mingchui/auction/fault"
)

func TestError_CopiesAreTheirOwn(t *testing.T) {
	t.Parallel()
	base := fault.New(fault.Conflict, fault.BidTooLow)
	first := base.With("price_fen", 1)
	second := first.With("seq", 2).InField("amount_fen").ByRule("R20a").After(time.Second)
	if len(base.Args) != 0 || len(first.Args) != 1 || first.Field != "" || first.Rule != "" || first.RetryAfter != 0 {
		t.Errorf("the copies share: %+v %+v", base, first)
	}
	if len(second.Args) != 2 || second.Field != "amount_fen" || second.Rule != "R20a" || second.RetryAfter != time.Second {
		t.Errorf("the copy lacks: %+v", second)
	}
}

func TestError_IsByCodeAndUnwraps(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("place bid: %w", fault.Wrap(fault.Unavailable, fault.BidPending, io.ErrUnexpectedEOF))
	if !errors.Is(err, fault.New(fault.Conflict, fault.BidPending)) || errors.Is(err, fault.New(fault.Conflict, fault.BidTooLow)) {
		t.Error("Is does not go by the code")
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	if fault.KindOf(err) != fault.Unavailable || fault.CodeOf(err) != fault.BidPending {
		t.Errorf("%v %v", fault.KindOf(err), fault.CodeOf(err))
	}
}

func TestError_ForeignErrorsAreInternal(t *testing.T) {
	t.Parallel()
	if fault.KindOf(io.EOF) != fault.Internal || fault.CodeOf(io.EOF) != fault.InternalError {
		t.Error("a foreign error has a kind of ours")
	}
	err := fault.Internalf("read %s: %w", "lot", io.EOF)
	if !errors.Is(err, io.EOF) || err.Kind != fault.Internal || err.Error() != "internal_error: read lot: EOF" {
		t.Errorf("%v", err)
	}
}

func TestKind_Names(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for k := fault.Internal; k <= fault.Fatal; k++ {
		if seen[k.String()] {
			t.Errorf("two kinds are named %s", k)
		}
		seen[k.String()] = true
	}
	if len(seen) != 9 {
		t.Errorf("%d kinds", len(seen))
	}
}
