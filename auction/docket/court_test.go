package docket

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

const (
	courtFolder    = "../../cmd/mingchui/court"
	drawingsFolder = "../../web/static/drawings"
)

func readCourt(t *testing.T) ([]byte, File) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(courtFolder, "docket.json"))
	if err != nil {
		t.Fatal(err)
	}
	file, problems := Parse(bytes.NewReader(src))
	for _, p := range problems {
		t.Error(p.InLine("en"))
	}
	if t.Failed() {
		t.FailNow()
	}
	return src, file
}

// The demonstration court's file is an example that others copy: it has no problem.
func TestCourt_DocketHasNoProblem(t *testing.T) {
	t.Parallel()
	_, file := readCourt(t)
	lots, categories := 0, map[Category]int{}
	for _, k := range file.Cases {
		lots += len(k.Lots)
		for _, l := range k.Lots {
			if len(k.Property(l)) == 0 {
				t.Errorf("lot %s finds no property", l.Ref)
			}
		}
		for _, a := range k.Assets {
			categories[a.Category]++
		}
	}
	if lots < 44 || len(file.Cases) < 20 {
		t.Errorf("%d lots in %d cases, want at least 44 in 20", lots, len(file.Cases))
	}
	for _, c := range []Category{Flat, Villa, Factory, LandUseRight, Shop, ParkingSpace, VehicleCar, VehicleTruck, Machine, Equity, Trademark, Vessel, Jewellery, Liquor, Timber, Electronics} {
		if categories[c] == 0 {
			t.Errorf("no property of category %s", c)
		}
	}
}

// What was read and written again is read as the same: nothing of the file is lost on the way to the store.
func TestCourt_WrittenAndReadAgain(t *testing.T) {
	t.Parallel()
	_, file := readCourt(t)
	first, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	again, problems := Parse(bytes.NewReader(first))
	if len(problems) > 0 {
		t.Fatal(problems[0].InLine("en"))
	}
	second, err := json.Marshal(again)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("the file changed by being written and read again")
	}
}

// Each drawing that a lot names is there.
func TestCourt_DrawingsExist(t *testing.T) {
	t.Parallel()
	_, file := readCourt(t)
	for _, c := range Categories() {
		if _, err := os.Stat(filepath.Join(drawingsFolder, c.Drawing)); err != nil {
			t.Errorf("category %s names %s, which is not there", c.Category, c.Drawing)
		}
	}
	for _, k := range file.Cases {
		for _, a := range k.Assets {
			for _, d := range a.Drawings {
				if _, err := os.Stat(filepath.Join(drawingsFolder, d)); err != nil {
					t.Errorf("%s names %s, which is not there", a.Ref, d)
				}
			}
		}
	}
}
