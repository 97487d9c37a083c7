package seal_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/fault"
	"mingchui/bidding/seal"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, seal.KeyBytes) }

func ring(t *testing.T, keys ...[]byte) *seal.Ring {
	t.Helper()
	r, err := seal.NewRing(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func identity(t *testing.T, name, number string) seal.Identity {
	t.Helper()
	id := seal.Identity{Account: uuid.New(), AcceptedAt: time.Date(2026, 3, 1, 8, 0, 0, 7e6, time.UTC)}
	var err error
	if id.Name, err = seal.NewField(name); err != nil {
		t.Fatal(err)
	}
	if id.Number, err = seal.NewField(number); err != nil {
		t.Fatal(err)
	}
	return id
}

type sealedLot struct {
	lot     uuid.UUID
	wrapped seal.Wrapped
	sealer  *seal.Sealer
}

func newLot(t *testing.T, r *seal.Ring) sealedLot {
	t.Helper()
	l := sealedLot{lot: uuid.New()}
	var err error
	if l.wrapped, err = r.Make(l.lot); err != nil {
		t.Fatal(err)
	}
	if l.sealer, err = r.Sealer(l.lot, l.wrapped); err != nil {
		t.Fatal(err)
	}
	return l
}

// What is sealed opens to the same identity, for its code and lot alone, and its length tells nothing.
func TestR18_SealedOpensForItsCodeAlone(t *testing.T) {
	t.Parallel()
	r := ring(t, key(1))
	l := newLot(t, r)
	opener, err := r.Opener(l.lot, l.wrapped)
	if err != nil {
		t.Fatal(err)
	}
	short, long := identity(t, "李", ""), identity(t, strings.Repeat("江澜启程商贸有限公司", 6), strings.Repeat("9", 64))
	for _, id := range []seal.Identity{short, long} {
		sealed, err := l.sealer.Seal("ABCDE", id)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != seal.SealedBytes {
			t.Errorf("%d bytes sealed, not %d", len(sealed), seal.SealedBytes)
		}
		got, err := opener.Open("ABCDE", sealed, l.sealer.Locator(id.Account))
		if err != nil || got != id {
			t.Errorf("opened %+v, %v, sealed was %+v", got, err, id)
		}
		if _, err := opener.Open("ABCDF", sealed, l.sealer.Locator(id.Account)); fault.CodeOf(err) != fault.SealBroken {
			t.Errorf("under another code it opens: %v", err)
		}
		if _, err := opener.Open("ABCDE", sealed, l.sealer.Locator(uuid.New())); fault.CodeOf(err) != fault.SealBroken {
			t.Errorf("with another's locator it opens: %v", err)
		}
		for _, i := range []int{0, 20, len(sealed) - 1} {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1
			if _, err := opener.Open("ABCDE", changed, l.sealer.Locator(id.Account)); fault.CodeOf(err) != fault.SealBroken {
				t.Errorf("with byte %d changed it opens: %v", i, err)
			}
		}
		other := newLot(t, r)
		if o, err := r.Opener(other.lot, other.wrapped); err != nil {
			t.Fatal(err)
		} else if _, err := o.Open("ABCDE", sealed, other.sealer.Locator(id.Account)); fault.CodeOf(err) != fault.SealBroken {
			t.Errorf("another lot's key opens it: %v", err)
		}
	}
	if _, err := l.sealer.Seal("ABCDE", identity(t, strings.Repeat("x", 201), "")); fault.CodeOf(err) != fault.InvalidRequest {
		t.Errorf("a name that is too long: %v", err)
	}
}

// A locator is of one account and one lot: it joins no two lots, and without the key it cannot be made.
func TestR18_LocatorsJoinNoLots(t *testing.T) {
	t.Parallel()
	r := ring(t, key(1))
	a, b, account := newLot(t, r), newLot(t, r), uuid.New()
	if !bytes.Equal(a.sealer.Locator(account), a.sealer.Locator(account)) || len(a.sealer.Locator(account)) != 32 {
		t.Error("an account is not found again")
	}
	if bytes.Equal(a.sealer.Locator(account), b.sealer.Locator(account)) || bytes.Equal(a.sealer.Locator(account), a.sealer.Locator(uuid.New())) {
		t.Error("two lots or two accounts have one locator")
	}
}

// A new key wraps, the old one still unwraps until everything is wrapped anew; a key that is not there says which it is.
func TestR18_SealingKeysRotate(t *testing.T) {
	t.Parallel()
	old := ring(t, key(1))
	l := newLot(t, old)
	both, newer := ring(t, key(2), key(1)), ring(t, key(2))
	if old.Current() == newer.Current() || both.Current() != newer.Current() || !both.Has(old.Current()) || newer.Has(old.Current()) {
		t.Fatal("keys are not told apart")
	}
	_, err := newer.Sealer(l.lot, l.wrapped)
	if fault.CodeOf(err) != fault.SealingKeyMissing || !strings.Contains(err.Error(), old.Current()) {
		t.Errorf("without its key a lot gives %v", err)
	}
	again, err := both.Rewrap(l.lot, l.wrapped)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newer.Sealer(l.lot, again)
	if err != nil {
		t.Fatal(err)
	}
	account := uuid.New()
	if !bytes.Equal(s.Locator(account), l.sealer.Locator(account)) {
		t.Error("the lot's key is another after it was wrapped anew")
	}
	if _, err := newer.Sealer(uuid.New(), again); fault.CodeOf(err) != fault.SealBroken {
		t.Errorf("another lot takes the key: %v", err)
	}
	for _, bad := range [][][]byte{nil, {key(1)[:31]}} {
		if _, err := seal.NewRing(bad...); err == nil {
			t.Error("a ring is made of no key, or of a short one")
		}
	}
}

// A court's secret opens for the court alone, under the key that it was sealed by, and never as a lot's key.
func TestSecretsOfReceiversOpenForTheirCourtAlone(t *testing.T) {
	t.Parallel()
	old, both, newer := ring(t, key(1)), ring(t, key(2), key(1)), ring(t, key(2))
	court, secret := uuid.New(), []byte("thirty-two bytes of a secret, 123")
	id, sealed := old.SealSecret(court, secret)
	if id != old.Current() || bytes.Contains(sealed, secret[:8]) {
		t.Fatalf("sealed under %s: %x", id, sealed)
	}
	if got, err := both.OpenSecret(court, id, sealed); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("opened %q, %v", got, err)
	}
	if _, err := newer.OpenSecret(court, id, sealed); fault.CodeOf(err) != fault.SealingKeyMissing {
		t.Errorf("without its key: %v", err)
	}
	if _, err := old.OpenSecret(uuid.New(), id, sealed); fault.CodeOf(err) != fault.SealBroken {
		t.Errorf("for another court: %v", err)
	}
	if _, err := old.Sealer(court, seal.Wrapped{KeyID: id, Bytes: sealed}); fault.CodeOf(err) != fault.SealBroken {
		t.Errorf("as a lot's key: %v", err)
	}
}

// The commitment is what anybody recomputes from the confirmation: SHA-256 over salt and name.
func TestR22_CommitmentBindsTheName(t *testing.T) {
	t.Parallel()
	f := identity(t, "顾明远", "").Name
	if f.Commitment() != seal.Commit(f.Salt[:], "顾明远") || f.Commitment() == seal.Commit(f.Salt[:], "沈若溪") || len(f.Commitment()) != 64 {
		t.Errorf("commitment %s", f.Commitment())
	}
	if g, err := seal.NewField("顾明远"); err != nil || g.Commitment() == f.Commitment() {
		t.Error("two salts give one commitment")
	}
}
