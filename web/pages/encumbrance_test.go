package pages

import (
	"bytes"
	"strings"
	"testing"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/web/static"
	"mingchui/web/words"
)

// R28p: the lot's page says of every encumbrance whether it ends with the sale, remains, or was removed before; R2024: when and
// by whom a fact was found out; R30: at what rate a tax falls on whom.
func TestR28p_TheLotPageSaysWhatBecomesOfEachEncumbrance(t *testing.T) {
	t.Parallel()
	assets, err := static.Load()
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{
		words.Chinese: {"消灭，移至价款</td>", "继续存在</td>", "已先除去</td>", "2026-06-02 由不动产登记中心查明", "2026-06-03 由本院查明", "成交价的 1.5%"},
		words.English: {"Ends, passes to the proceeds</td>", "Remains</td>", "Removed before the sale</td>", "Found out on 2026-06-02 by Land registry", "by the court", "1.5 % of the price"},
	} {
		p := samplePage(assets, lang)
		d, _ := sampleLot(auction.Announced, -1)
		a := &d.Announcement.Property[0]
		a.Encumbrances = append(a.Encumbrances, docket.Encumbrance{Kind: docket.Residence, Holder: tx("居住权人", "Holder of the right of residence"), AfterSale: docket.Removed})
		v := p.lotView(&d, nil, "")
		v.Desk = (&Site{}).desk(&Request{P: p}, v)
		var b bytes.Buffer
		if err := LotPage(p, v).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s: the page lacks %q", lang, w)
			}
		}
	}
}
