package docket_test

import (
	"testing"

	"mingchui/auction/docket"
)

// R6: no list and an empty one are the same fact; one entry is another, and so is its Chinese, while its English is not.
func TestR6_FactsOfAList(t *testing.T) {
	t.Parallel()
	digest := func(defects []docket.Text) string {
		t.Helper()
		d, err := docket.FactsDigest(docket.Asset{Defects: defects})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	none, one := digest(nil), digest([]docket.Text{{Zh: "外墙渗水", En: "The wall lets water in"}})
	if digest([]docket.Text{}) != none {
		t.Error("an empty list is another fact than none")
	}
	if one == none || digest([]docket.Text{{Zh: "外墙开裂", En: "The wall lets water in"}}) == one {
		t.Error("a defect does not count")
	}
	if digest([]docket.Text{{Zh: "外墙渗水", En: "Water comes in"}}) != one {
		t.Error("the English counts")
	}
}
