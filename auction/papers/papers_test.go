package papers_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/money"
	"mingchui/auction/papers"
)

func confirmation() papers.Confirmation {
	at := time.Date(2026, 5, 21, 2, 50, 47, 0, time.UTC)
	return papers.Confirmation{
		Version: 1, Number: "（2025）皖9902执2204号-1", Court: docket.Text{Zh: "江澜市明湖区人民法院", En: "Minghu District People’s Court"},
		Title: docket.Text{Zh: "干货船一艘", En: "A dry cargo vessel"}, StartedAt: at.Add(-24 * time.Hour), EndedAt: at, BidderCode: "H6QPW",
		BuyerName: "江澜弋口航运有限公司", Price: 438_000_000, Deposit: 40_000_000, BalanceDueAt: at.AddDate(0, 0, 15),
	}
}

// R22: the confirmation names the buyer, the price in figures and in words, and what is due by when.
func TestR22_ConfirmationInWords(t *testing.T) {
	t.Parallel()
	c := confirmation()
	text := strings.Join(c.Paragraphs("zh-CN"), "\n")
	for _, want := range []string{
		"竞买代号H6QPW的竞买人江澜弋口航运有限公司", "人民币肆佰叁拾捌万元整（¥4,380,000.00）", "保证金人民币肆拾万元整计入价款",
		"余款人民币叁佰玖拾捌万元整应于2026年6月5日10时50分前", "2026年5月21日10时50分",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %s:\n%s", want, text)
		}
	}
	if en := strings.Join(c.Paragraphs("en"), "\n"); !strings.Contains(en, "CNY 3,980,000.00 is due by 5 June 2026, 10:50 (Beijing time)") {
		t.Errorf("English: %s", en)
	}
	c.Deposit = 0 // the applicant creditor
	if text := strings.Join(c.Paragraphs("zh-CN"), "\n"); !strings.Contains(text, "依法未交保证金，余款人民币肆佰叁拾捌万元整") {
		t.Errorf("without a deposit: %s", text)
	}
	c.Deposit = c.Price // a sell-off, paid in full to qualify
	if text := strings.Join(c.Paragraphs("zh-CN"), "\n"); !strings.Contains(text, "价款已全部付清") || c.Balance() != money.Fen(0) {
		t.Errorf("paid in full: %s", text)
	}
}

// The hash is of the bytes that are stored, and the bytes read back to the paper.
func TestEncode_HashIsOfTheBytes(t *testing.T) {
	t.Parallel()
	c := confirmation()
	document, hash, err := papers.Encode(c)
	if err != nil || len(hash) != 64 {
		t.Fatalf("%s, %v", hash, err)
	}
	var back papers.Confirmation
	if err := json.Unmarshal(document, &back); err != nil || back != c {
		t.Errorf("read back: %+v, %v", back, err)
	}
	c.BuyerName += "。"
	if _, other, err := papers.Encode(c); err != nil || other == hash {
		t.Errorf("another name has the same hash: %v", err)
	}
}

// R20c, R26s: the rules in words follow the rule set's figures.
func TestRules_FollowTheRuleSet(t *testing.T) {
	t.Parallel()
	say := func(r law.RuleSet, s law.Stage) (zh, en string) {
		for _, rule := range papers.Rules(r, s) {
			zh, en = zh+rule.Zh, en+rule.En
		}
		return zh, en
	}
	if zh, en := say(law.China2017(), law.First); !strings.Contains(zh, "结束前5分钟") || !strings.Contains(en, "last 5 minutes") || strings.Contains(zh, "变卖") {
		t.Errorf("china2017: %s %s", zh, en)
	}
	if zh, en := say(law.Demonstration(), law.First); !strings.Contains(zh, "结束前1分钟") || !strings.Contains(en, "last 1 minute ") {
		t.Errorf("demonstration: %s %s", zh, en)
	}
	if zh, en := say(law.China2017(), law.SellOff); !strings.Contains(zh, "变卖期为60日") || !strings.Contains(zh, "24小时的竞价程序") || !strings.Contains(en, "open for 60 days") {
		t.Errorf("sell-off: %s %s", zh, en)
	}
}

// A name is shown only of an organisation whose name is published.
func TestParty_NamesNoPerson(t *testing.T) {
	t.Parallel()
	name := docket.Text{Zh: "名", En: "Name"}
	for _, c := range []struct {
		party docket.Party
		want  docket.Text
	}{
		{docket.Party{Kind: docket.Person, Name: name, NamePublished: true}, papers.Debtor()},
		{docket.Party{Kind: docket.Organisation, Name: name}, papers.Debtor()},
		{docket.Party{Kind: docket.Organisation, Name: name, NamePublished: true}, name},
		{docket.Party{Kind: docket.PublicBody, Name: name, NamePublished: true}, name},
	} {
		if got := papers.Party(c.party, papers.Debtor()); got != c.want {
			t.Errorf("%+v shows %v", c.party, got)
		}
	}
}

// Dates stand below a paper as courts write them.
func TestPaper_DateInWords(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"2026-11-27T01:00:00Z": "二〇二六年十一月二十七日", "2026-10-10T00:00:00Z": "二〇二六年十月十日",
		"2030-02-20T00:00:00Z": "二〇三〇年二月二十日", "2028-02-28T16:00:00Z": "二〇二八年二月二十九日",
	} {
		made, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		for version := 1; version <= papers.TemplateVersion; version++ {
			p := papers.Paper{Version: version, Kind: papers.StayNotice, MadeAt: made, Court: docket.Text{Zh: "江澜市明湖区人民法院"}}
			if got := p.Text("zh-CN").Signed[1]; got.Text != want || got.Seal != (version > 1) {
				t.Errorf("version %d, %s: %+v, want %s", version, at, got, want)
			}
		}
	}
}

// R14, R22: where an agent bought, the confirmation and the ruling name the principals with their shares as buyers, and the agent.
func TestR14_AgentsArePrintedBesideTheirPrincipals(t *testing.T) {
	t.Parallel()
	c := confirmation()
	c.BuyerName = "林代理"
	c.Agency = &papers.Agency{Version: 1, Lot: c.Lot, Proof: strings.Repeat("0", 64), Principals: []papers.Principal{
		{Name: "顾明远", NumberCommitment: strings.Repeat("1", 64), ShareBP: 6_667},
		{Name: "沈若溪", NumberCommitment: strings.Repeat("2", 64), ShareBP: 3_300},
		{Name: "林代理", NumberCommitment: strings.Repeat("3", 64), ShareBP: 33, Agent: true},
	}}
	if text := strings.Join(c.Paragraphs("zh-CN"), "\n"); !strings.Contains(text, "由经本院确认的代理人林代理代为竞买") ||
		!strings.Contains(text, "买受人为顾明远（份额66.67%）、沈若溪（份额33%）、林代理（份额0.33%）。") {
		t.Errorf("confirmation: %s", text)
	}
	if text := strings.Join(c.Paragraphs("en"), "\n"); !strings.Contains(text, "The buyers are 顾明远 (66.67%), 沈若溪 (33%), 林代理 (0.33%).") {
		t.Errorf("confirmation: %s", text)
	}
	ruling := papers.Paper{Version: papers.TemplateVersion, Kind: papers.RulingDraft, Facts: papers.Facts{
		Buyer: docket.Text{Zh: c.Agency.Names("zh-CN"), En: c.Agency.Names("en")}, Agent: docket.Text{Zh: "林代理", En: "林代理"}, Price: 1_00,
	}}
	var text strings.Builder
	for _, s := range ruling.Text("zh-CN").Sections {
		text.WriteString(strings.Join(s.Paragraphs, "\n"))
	}
	if got := text.String(); !strings.Contains(got, "（委托代理人：林代理）以") || !strings.Contains(got, "归顾明远（份额66.67%）、沈若溪（份额33%）、林代理（份额0.33%）所有") {
		t.Errorf("ruling: %s", got)
	}
	// What is hashed says the same in the same bytes, and another share is another hash.
	form, hash, err := c.Agency.Encode()
	if err != nil || !strings.HasPrefix(form, `{"v":1,"lot":`) || len(hash) != 64 {
		t.Fatalf("%s, %s, %v", form, hash, err)
	}
	c.Agency.Principals[0].ShareBP++
	if _, other, err := c.Agency.Encode(); err != nil || other == hash {
		t.Errorf("another share, the same hash: %v", err)
	}
}

// OJA 18 says 竞买代码: confirmations say so since their second version, and those that were made before keep their word.
func TestR18_TheWordForTheCodeIsTheLaws(t *testing.T) {
	t.Parallel()
	for version, want := range map[int]string{1: "竞买代号H6QPW的竞买人", 2: "竞买代码H6QPW的竞买人"} {
		c := papers.Confirmation{Version: version, BidderCode: "H6QPW", BuyerName: "江澜弋口航运有限公司", Price: 100}
		if text := strings.Join(c.Paragraphs("zh-CN"), "\n"); !strings.Contains(text, want) {
			t.Errorf("version %d says %s", version, text)
		}
	}
}

// A name that ends with a stop (Co., Ltd.) ends its line in a ruling once.
func TestText_ANameEndsOnce(t *testing.T) {
	t.Parallel()
	firm := text("江澜建材有限公司", "Jianglan Building Materials Co., Ltd.")
	for _, kind := range []papers.Kind{papers.RulingDraft, papers.SettingAsideDraft} {
		for name, f := range variants(kind) {
			f.Buyer = firm
			p := paper(papers.TemplateVersion, kind, f)
			p.Facts.Applicants, p.Facts.Debtors = []docket.Text{firm}, []docket.Text{firm}
			if got := printed(p.Text("en")); strings.Contains(got, "..") || !strings.Contains(got, "Debtor: "+firm.En+"\n") {
				t.Errorf("%s, %s:\n%s", kind, name, got)
			}
		}
	}
}
