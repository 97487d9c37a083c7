package auction_test

import (
	"testing"

	"mingchui/auction"
)

// R24x, R34: one person has one number, however it is written.
func TestPersonNumber_OneForm(t *testing.T) {
	t.Parallel()
	for _, written := range []string{"11010519491231002X", "11010519491231002x", " 11010519491231002X\t", "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002ｘ"} {
		if got := auction.PersonNumber(written); got != "11010519491231002X" {
			t.Errorf("%q becomes %q", written, got)
		}
	}
	if got := auction.PersonNumber("  "); got != "" {
		t.Errorf("nothing becomes %q", got)
	}
}
