package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
)

// The flat of the demonstration's docket that generated sales take their form
// from; names, figures and days are chance.
const (
	docketFile = "court/docket.json"
	modelCase  = 10
)

// figures makes up a court's property. It is used by one goroutine.
type figures struct {
	t    *testing.T
	luck *rand.Rand
	n    int
}

func newFigures(t *testing.T, seed uint64) *figures {
	t.Helper()
	return &figures{t: t, luck: rand.New(rand.NewPCG(seed, 2))}
}

// demonstrationDocket reads the docket that the demonstration court imports.
func demonstrationDocket(t *testing.T) docket.File {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(docketFile))
	if err != nil {
		t.Fatal(err)
	}
	var file docket.File
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// pick chooses one.
func pick[T any](f *figures, from ...T) T { return from[f.luck.IntN(len(from))] }

// between draws a number of least to most.
func (f *figures) between(least, most int) int { return least + f.luck.IntN(most-least+1) }

// person's name in both languages.
func (f *figures) name() docket.Text {
	family := pick(f, docket.Text{Zh: "赵", En: "Zhao"}, docket.Text{Zh: "钱", En: "Qian"}, docket.Text{Zh: "孙", En: "Sun"},
		docket.Text{Zh: "李", En: "Li"}, docket.Text{Zh: "周", En: "Zhou"}, docket.Text{Zh: "吴", En: "Wu"}, docket.Text{Zh: "郑", En: "Zheng"})
	given := pick(f, docket.Text{Zh: "明", En: "Ming"}, docket.Text{Zh: "子涵", En: "Zihan"}, docket.Text{Zh: "建国", En: "Jianguo"},
		docket.Text{Zh: "晓梅", En: "Xiaomei"}, docket.Text{Zh: "思远", En: "Siyuan"}, docket.Text{Zh: "芳", En: "Fang"})
	return docket.Text{Zh: family.Zh + given.Zh, En: given.En + " " + family.En}
}

// sale makes up a case with one flat and the first sale of it under rules, as a
// court would write it on that day: every period is kept, with room.
func (f *figures) sale(now time.Time, rules law.RuleSet) docket.Case {
	f.t.Helper()
	f.n++
	c := demonstrationDocket(f.t).Cases[modelCase]
	year := now.Year()
	c.Number = fmt.Sprintf("（%d）皖9902执%d%02d号", year, f.between(3000, 9999), f.n)
	c.ClaimFen = int64(f.between(30_000_000, 300_000_000))
	debtor := f.name()
	c.Debtors[0].Name = debtor
	garden := pick(f, docket.Text{Zh: "听澜苑", En: "Tinglan Court"}, docket.Text{Zh: "桐荫里", En: "Tongyin Lane"},
		docket.Text{Zh: "云栖家园", En: "Yunqi Gardens"}, docket.Text{Zh: "望江台", En: "Wangjiang Terrace"})
	block, flat := f.between(1, 30), f.between(1, 25)*100+f.between(1, 4)
	asset, lot := &c.Assets[0], &c.Lots[0]
	asset.Title = docket.Text{Zh: fmt.Sprintf("%s%d幢%d室", garden.Zh, block, flat), En: fmt.Sprintf("Flat %d, block %d, %s", flat, block, garden.En)}
	asset.Address = docket.Text{Zh: "明湖区荆林路“" + garden.Zh + "”", En: garden.En + ", Jinglin Road, Minghu District"}
	lot.Title = docket.Text{Zh: "江澜市明湖区" + asset.Title.Zh + "住宅", En: asset.Title.En + ", Minghu District, Jianglan"}
	lot.AppraisalFen = int64(f.between(500_000, 5_000_000)) * 100
	lot.StartingPriceFen = (lot.AppraisalFen*int64(f.between(700, 900))/1000 + 99_999) / 100_000 * 100_000
	lot.IncrementFen = int64(f.between(1, 20)) * 50_000
	lot.DepositFen = lot.StartingPriceFen * int64(f.between(50, 200)) / 1000
	lot.Payment.BalanceDueDays = f.between(5, 30)
	day := func(d int) docket.Date { return docket.Date(now.AddDate(0, 0, d).Format(time.DateOnly)) }
	lot.PricingBasis.ValuedOn, lot.PricingBasis.ValidUntil = day(-f.between(20, 60)), day(f.between(90, 300))
	for i := range lot.Notifications {
		lot.Notifications[i].On = day(-f.between(5, 12))
	}
	ref := fmt.Sprintf("A%d", f.n)
	asset.Ref, lot.AssetRefs, lot.Ref = ref, []string{ref}, fmt.Sprintf("L%d", f.n)
	for i := range c.PriorityClaims {
		c.PriorityClaims[i].AssetRefs = []string{ref}
	}
	if least, most, err := rules.DepositBounds(money.Fen(lot.StartingPriceFen)); err != nil || money.Fen(lot.DepositFen) < least || money.Fen(lot.DepositFen) > most {
		f.t.Fatalf("a deposit of %d for %d: %v", lot.DepositFen, lot.StartingPriceFen, err)
	}
	return c
}

// asDocket is a case as a file in the public import format.
func (f *figures) asDocket(cases ...docket.Case) []byte {
	f.t.Helper()
	file := demonstrationDocket(f.t)
	file.Cases = cases
	b, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

// broken puts a fault on a line of a file and returns that line's number: an
// amount gets a decimal point.
func broken(t *testing.T, file []byte) ([]byte, int) {
	t.Helper()
	lines := strings.Split(string(file), "\n")
	for i, line := range lines {
		if strings.Contains(line, `"increment_fen":`) {
			lines[i] = strings.TrimSuffix(line, ",") + ".5,"
			return []byte(strings.Join(lines, "\n")), i + 1
		}
	}
	t.Fatal("the file has no increment")
	return nil, 0
}
