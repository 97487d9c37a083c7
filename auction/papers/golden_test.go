package papers_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/papers"
)

var update = flag.Bool("update", false, "write testdata anew; what papers of a version that is in use say must not change")

func text(zh, en string) docket.Text { return docket.Text{Zh: zh, En: en} }

// house is an immovable with a lease that stays and a mortgage that ends.
func house() []papers.PropertyLine {
	return []papers.PropertyLine{{
		Title: text("江澜市明湖区青石路18号3幢1602室住宅", "Flat 1602, building 3, 18 Qingshi Road, Minghu District"), Certificate: "皖（2019）江澜市不动产权第0012345号",
		Kind: law.Immovable, Occupancy: text("被执行人居住，由法院负责腾退", "held by the debtor; the court clears it"), Remains: []docket.Text{text("供水公司的地役权", "the water company’s easement")},
	}}
}

func car() []papers.PropertyLine {
	return []papers.PropertyLine{{Title: text("小型轿车一辆", "A car"), Certificate: "皖Z·D0123", Kind: law.Movable, Occupancy: text("存放于本院", "kept at the court")}}
}

func paper(version int, kind papers.Kind, f papers.Facts) papers.Paper {
	f.Applicants = []docket.Text{text("江澜市商业银行", "Jianglan Commercial Bank")}
	f.Debtors = []docket.Text{text("周某", "Zhou"), text("方某", "Fang")}
	return papers.Paper{
		Version: version, Kind: kind, Lot: "0197f2c4-7a11-7c21-9e0d-3b1f5a2c0001", CaseNumber: "（2026）皖9902执101号",
		Court: text("江澜市明湖区人民法院", "Minghu District People’s Court"), CourtPhone: "0990-5550101", Title: text("青石路住宅", "The flat in Qingshi Road"),
		Stage: law.First, MadeAt: time.Date(2026, 6, 21, 2, 0, 0, 0, time.UTC), Facts: f,
	}
}

// variants are what a kind may have to say, by a name of each.
func variants(kind papers.Kind) map[string]papers.Facts {
	at := time.Date(2026, 6, 20, 2, 31, 5, 0, time.UTC)
	reason := text("正在审查提交的证据。", "The proof is being looked at.")
	sale := papers.Facts{
		Buyer: text("江澜弋口航运有限公司", "江澜弋口航运有限公司"), BidderCode: "H6QPW", Price: 268_800_000, Deposit: 40_000_000, EndsAt: at, PaidAt: at.AddDate(0, 0, 7),
		Property: house(), RulingNumber: "（2026）皖9902执101号之一", ServedAt: at.AddDate(0, 0, 9), HandedOverAt: at.AddDate(0, 0, 20),
	}
	taken := papers.Facts{
		Taken: true, Buyer: text("江澜市商业银行", "Jianglan Commercial Bank"), Price: 150_528_000, EndsAt: at, Property: house(),
		RulingNumber: "（2026）皖9902执101号之二", ServedAt: at.AddDate(0, 0, 9), HandedOverAt: at.AddDate(0, 0, 20),
	}
	takenCar := taken
	takenCar.Property = car()
	switch kind {
	case papers.SpecialNotices:
		return map[string]papers.Facts{"": {StartsAt: at.AddDate(0, 0, -1), EndsAt: at}}
	case papers.NotificationLetter:
		letter := papers.Facts{Appraisal: 384_000_000, Start: 268_800_000, Deposit: 40_000_000, Property: house()}
		to := func(role docket.Notified, no int, name docket.Text) papers.Facts {
			f := letter
			f.ToRole, f.ToNo, f.To = role, no, name
			return f
		}
		return map[string]papers.Facts{
			"applicant": to(docket.ToApplicant, 1, text("江澜市商业银行", "Jianglan Commercial Bank")), "debtor": to(docket.ToDebtor, 2, text("方某", "Fang")),
			"security holder": to(docket.ToSecurityHolder, 1, docket.Text{}), "priority": to("priority", 1, text("承租人", "Tenant")), "co-owner": to(docket.ToCoOwner, 1, docket.Text{}),
		}
	case papers.StayNotice:
		out := map[string]papers.Facts{"free text": {Ground: "a court’s own words", Reason: reason}, "outage": {Ground: "outage", Reason: reason}}
		for _, g := range papers.StayGrounds() {
			out[g] = papers.Facts{Ground: g, Reason: reason}
		}
		return out
	case papers.ResumptionNotice:
		return map[string]papers.Facts{"stay": {StayGround: "objection"}, "suspension": {StayGround: "third_party_claim", Reason: text("异议不成立", "The claim is unfounded")}}
	case papers.WithdrawalNotice:
		out := map[string]papers.Facts{}
		for _, g := range []string{"instrument_annulled", "applicant_withdrew", "debt_paid", "parties_settled", "objection_founded", "collusion", "debt_covered", "other"} {
			out[g] = papers.Facts{Ground: g, Reason: reason}
		}
		return out
	case papers.BuyerReceipt:
		full, none, erased := sale, sale, sale
		full.Deposit, none.Deposit, erased.Buyer = sale.Price, 0, docket.Text{}
		return map[string]papers.Facts{"": sale, "paid on enrolling": full, "without deposit": none, "erased": erased}
	case papers.RulingDraft:
		return map[string]papers.Facts{"sale": sale, "taking": taken, "taking of a car": takenCar}
	case papers.SettingAsideDraft:
		return setAside(sale, taken)
	case papers.RegistryNotice:
		sold := sale
		sold.Property = car()
		return map[string]papers.Facts{"sale": sale, "sale of a car": sold, "taking": taken}
	case papers.HandoverRecord:
		way := sale
		way.Way = []papers.HandoverLine{
			{Step: "notice_to_vacate", SettledAt: at.AddDate(0, 0, 10)},
			{Step: "deadline_to_vacate", SettledAt: at.AddDate(0, 0, 16), Outcome: "left"},
			{Step: "inventory", SettledAt: at.AddDate(0, 0, 17), Note: "木床一张 衣柜一个"},
			{Step: "clearing_decided", SettledAt: at.AddDate(0, 0, 16), Skipped: true, Reason: text("占用人已自行腾退。", "The occupants left by themselves.")},
			{Step: "keys_handed_over", SettledAt: at.AddDate(0, 0, 20), Note: "入户门钥匙三把"},
		}
		return map[string]papers.Facts{"on the spot": sale, "step by step": way, "taking": taken}
	case papers.AnnouncementPaper, papers.ConfirmationPaper:
	}
	return nil
}

// setAside are sales that fell: of each ground, on each basis, before and after the ruling, with and without money paid out.
func setAside(sale, taken papers.Facts) map[string]papers.Facts {
	reason := text("公告所述面积与实际严重不符，买受人的购买目的无法实现。", "The stated floor area is far from the real one, and the buyer’s purpose fails.")
	fallen := func(f papers.Facts, ground string, x papers.Fallen) papers.Facts {
		f.Ground, f.Reason, f.Fallen = ground, reason, &x
		return f
	}
	unruled := sale
	unruled.RulingNumber, unruled.ServedAt = "", time.Time{}
	defaulted := unruled
	defaulted.PaidAt = time.Time{}
	agent, erased := unruled, unruled
	agent.Agent, agent.Buyer = text("林代理", "林代理"), text("顾明远（份额66.67%）、沈若溪（份额33.33%）", "顾明远 (66.67%), 沈若溪 (33.33%)")
	erased.Buyer = docket.Text{}
	out := map[string]papers.Facts{
		"after the ruling, by order": fallen(sale, "untrue_statement", papers.Fallen{Order: text("江澜市中级人民法院（2026）皖99执监7号执行裁定", "ruling (2026) Wan 99 Zhi Jian No. 7 of Jianglan Intermediate People’s Court"), Again: true, Reversed: sale.Price, Recoverable: 90_000_000}),
		"finding":                    fallen(unruled, "unqualified_buyer", papers.Fallen{Again: true, Reversed: sale.Price}),
		"finding, equity":            fallen(unruled, "unqualified_buyer", papers.Fallen{Approval: true, Again: true, Reversed: sale.Price}),
		"finding, equity, knew":      fallen(unruled, "unqualified_buyer", papers.Fallen{Approval: true, Again: true, Reversed: sale.Price - sale.Deposit, Kept: sale.Deposit}),
		"default":                    fallen(defaulted, "system_fault", papers.Fallen{Request: true, Reversed: sale.Deposit}),
		"agent":                      fallen(agent, "collusion", papers.Fallen{Request: true, Again: true, Reversed: sale.Price}),
		"erased":                     fallen(erased, "collusion", papers.Fallen{Request: true, Again: true, Reversed: sale.Price}),
		"taking":                     fallen(taken, "serious_breach", papers.Fallen{Request: true, Again: true}),
	}
	for _, ground := range []string{"untrue_statement", "system_fault", "collusion", "unqualified_buyer", "unequal_terms", "serious_breach"} {
		out["request, "+ground] = fallen(unruled, ground, papers.Fallen{Request: true, Again: true, Reversed: sale.Price})
	}
	return out
}

// sheets are all that is printed of a kind by a version, in the order of their names.
func sheets(version int, kind papers.Kind) (names []string, list []papers.Sheet) {
	switch kind { //nolint:exhaustive // the two that have forms of their own
	case papers.AnnouncementPaper:
		first := announcement()
		second := announcement()
		second.Stage, second.LateReason = law.Second, text("因异议审查，逾期公告。", "Announced late, for an objection was under review.")
		off := announcement()
		off.Stage = law.SellOff
		return []string{"first sale", "second sale", "sell-off"}, []papers.Sheet{&first, &second, &off}
	case papers.ConfirmationPaper:
		sold, erased := confirmation(), confirmation()
		sold.ConfirmedAt, erased.ConfirmedAt, erased.BuyerName = sold.EndedAt, sold.EndedAt, ""
		return []string{"sale", "erased"}, []papers.Sheet{&sold, &erased}
	}
	all := variants(kind)
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p := paper(version, kind, all[name])
		if name == "taking" || name == "taking of a car" {
			p.Stage = law.Second
		}
		list = append(list, &p)
	}
	return names, list
}

func announcement() papers.Announcement {
	starts := time.Date(2026, 6, 19, 2, 0, 0, 0, time.UTC)
	rules := law.China2017()
	return papers.Announcement{
		Version: 1, Lot: "0197f2c4-7a11-7c21-9e0d-3b1f5a2c0001", CaseNumber: "（2026）皖9902执101号", Stage: law.First, Title: text("青石路住宅", "The flat in Qingshi Road"),
		Court: docket.Court{
			Name: text("江澜市明湖区人民法院", "Minghu District People’s Court"), Address: text("明湖区法院路1号", "1 Court Road, Minghu District"), SupervisionPhone: "0990-5550199",
		},
		PublishedAt: starts.AddDate(0, 0, -30), StartsAt: starts, EndsAt: starts.AddDate(0, 0, 1), StartingPrice: 268_800_000, Increment: 2_000_000, Deposit: 40_000_000, Reference: 384_000_000,
		BiddingRules: papers.Rules(rules, law.First), Instrument: docket.Instrument{
			Publishable: true, Title: text("民事调解书", "Civil mediation agreement"), Number: "（2025）皖9902民初88号", IssuedBy: text("江澜市明湖区人民法院", "Minghu District People’s Court"),
		},
		Property: []docket.Asset{{
			Title: house()[0].Title, Description: text("建筑面积 118.5 平方米", "118.5 square metres"), Ownership: docket.Ownership{Holder: text("被执行人", "the debtor"), Nature: text("单独所有", "sole ownership")},
			Occupancy: docket.Occupancy{Title: text("被执行人居住", "held by the debtor")}, Defects: []docket.Text{text("外墙渗水", "Damp outer wall")},
			Encumbrances: []docket.Encumbrance{{Kind: docket.Mortgage, Holder: text("江澜市商业银行", "Jianglan Commercial Bank"), AfterSale: docket.Extinguished}},
			Taxes:        []docket.Tax{{Item: text("契税", "Deed tax"), BorneBy: docket.Buyer, Source: text("契税法第一条", "Deed Tax Law, art. 1")}},
		}},
		PriorityPurchasers: []docket.PriorityPurchaser{{Rank: 1, Standing: text("承租人", "Tenant"), NotifiedOn: "2026-05-15", How: text("直接送达", "In person")}},
		Notifications:      []docket.Notification{{To: docket.ToDebtor, No: 1, On: "2026-05-15", How: text("邮寄送达", "By post")}, {To: docket.ToDebtor, No: 2, Waived: true}},
		Payment:            docket.Payment{Account: docket.BankAccount{Holder: text("江澜市明湖区人民法院", "Minghu District People’s Court"), Bank: text("江澜银行", "Jianglan Bank"), Number: "6200 0000 0101"}},
		BalanceDueDays:     15, Contact: docket.Contact{Role: text("执行局", "Enforcement division"), Phone: "0990-5550101"},
		Viewing: docket.Viewing{How: text("预约看样", "By appointment"), Place: text("标的物所在地", "On site"), Phone: "0990-5550102"}, Handover: text("法院负责腾退并交付", "The court clears it and hands it over"),
		Conditions: text("具有完全民事行为能力", "Full capacity"), Disclaimer: text("法院不保证拍卖财产的真伪或者品质。", "The court does not guarantee genuineness or quality."),
		Liability: papers.Liability(15), Notices: papers.Notices(),
	}
}

// Every kind of paper in every version and both languages, word for word. Papers that were made keep the words of their version: a
// change of a version's texts here is a change of papers that courts have signed.
func TestText_WordForWord(t *testing.T) {
	t.Parallel()
	for version := 1; version <= papers.TemplateVersion; version++ {
		for _, kind := range papers.Kinds() {
			own := kind == papers.AnnouncementPaper || kind == papers.ConfirmationPaper
			if own && version > 1 || kind == papers.SettingAsideDraft && version == 1 {
				continue // the first have versions of their own, the last came with the second
			}
			for file, lang := range map[string]string{"zh": "zh-CN", "en": "en"} {
				names, list := sheets(version, kind)
				var b strings.Builder
				for i, s := range list {
					fmt.Fprintf(&b, "==== %s\n%s\n", names[i], printed(s.Text(lang)))
				}
				golden(t, filepath.Join("testdata", fmt.Sprintf("v%d-%s.%s.txt", version, kind, file)), b.String())
				if lang == "en" && version > 1 && strings.ContainsAny(b.String(), "。，；：、《") {
					t.Errorf("%s in English has Chinese punctuation:\n%s", kind, b.String())
				}
			}
		}
	}
}

func printed(t papers.Text) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", t.Court, t.Heading, t.Number)
	if t.Draft != "" {
		b.WriteString("[" + t.Draft + "]\n")
	}
	if t.To != "" {
		b.WriteString(t.To + "\n")
	}
	for _, s := range t.Sections {
		if s.Heading != "" {
			b.WriteString("# " + s.Heading + "\n")
		}
		b.WriteString(strings.Join(s.Paragraphs, "\n") + "\n")
	}
	for _, s := range t.Signed {
		b.WriteString("-- " + s.Text)
		if s.Blank {
			b.WriteString(" [blank]")
		}
		if s.Seal {
			b.WriteString(" [seal]")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; it is now:\n%s", file, got)
	}
}

// The form of a paper is found by its kind, and its words are those of its own version.
func TestOpen_ReadsEachKind(t *testing.T) {
	t.Parallel()
	for _, kind := range papers.Kinds() {
		_, list := sheets(papers.TemplateVersion, kind)
		for _, s := range list {
			document, _, err := papers.Encode(s)
			if err != nil {
				t.Fatal(err)
			}
			back, err := papers.Open(kind, document)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := printed(s.Text("en")), printed(back.Text("en")); a != b {
				t.Errorf("%s reads\n%s, was\n%s", kind, b, a)
			}
		}
	}
	if _, err := papers.Open("unknown", []byte("{}")); err == nil {
		t.Error("an unknown kind is opened")
	}
}

// OJA 28: what a court orders for a time is a stay (暂缓, by decision); what the law demands is a suspension (中止, by ruling).
func TestR28_StayAndSuspensionAreTwoPapers(t *testing.T) {
	t.Parallel()
	for ground, suspends := range map[string]bool{
		"": false, "outage": false, "objection": false, "superior_order": false, "security_given": false, "property_checked": false, "third_party_clai": false,
		"third_party_claim": true, "applicant_agrees": true, "heirs_awaited": true, "successor_awaited": true, "bankruptcy": true, "suspended_by_law": true,
	} {
		p := paper(papers.TemplateVersion, papers.StayNotice, papers.Facts{Ground: ground})
		got := printed(p.Text("zh-CN"))
		want, not := "暂缓拍卖公告", "中止"
		if suspends {
			want, not = "中止拍卖公告", "暂缓"
		}
		if papers.Suspends(ground) != suspends || !strings.Contains(got, want) || strings.Contains(got, not) {
			t.Errorf("%q: %s", ground, got)
		}
	}
}
