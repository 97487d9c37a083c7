package payments

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mingchui/auction/fault"
)

// A reference is read as it was made, however people write it; any one sign misread, and any two swapped, are found.
func TestAMisreadReferenceIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code, err := newReference(bytes.NewReader(append(rapid.SliceOfN(rapid.Byte(), 15, 15).Draw(t, "chance"), make([]byte, 15)...)))
		if err != nil || len(code) != referenceLength {
			t.Fatalf("%q, %v", code, err)
		}
		for _, written := range []string{code, SpacedReference(code), strings.ToLower(code), strings.ReplaceAll(SpacedReference(code), " ", "-"), " " + strings.NewReplacer("0", "o", "1", "l", "2", "z").Replace(code) + " "} {
			if got, err := ParseReference(written); err != nil || got != code {
				t.Fatalf("%q is read as %q, %v", written, got, err)
			}
		}
		i, j := rapid.IntRange(0, 15).Draw(t, "i"), rapid.IntRange(0, 15).Draw(t, "j")
		wrong, swapped := []byte(code), []byte(code)
		wrong[i] = rapid.SampledFrom([]byte(referenceSigns)).Draw(t, "sign")
		swapped[i], swapped[j] = swapped[j], swapped[i]
		for _, bad := range []string{string(wrong), string(swapped)} {
			if got, err := ParseReference(bad); (bad == code) != (err == nil) {
				t.Fatalf("%q for %q is read as %q, %v", bad, code, got, err)
			}
		}
	})
	for _, bad := range []string{"", "0", strings.Repeat("0", 15), strings.Repeat("0", 17), strings.Repeat("U", 16), strings.Repeat("零", 16)} {
		if got, err := ParseReference(bad); fault.CodeOf(err) != fault.PaymentReferenceInvalid {
			t.Errorf("%q is read as %q, %v", bad, got, err)
		}
	}
	if _, err := newReference(strings.NewReader("short")); err == nil {
		t.Error("a reference was drawn from no chance")
	}
	one, err := newReference(rand.Reader)
	two, err2 := newReference(rand.Reader)
	if err != nil || err2 != nil || one == two {
		t.Errorf("%s, %s, %v, %v", one, two, err, err2)
	}
}
