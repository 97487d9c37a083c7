package press_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/auction/papers"
	"mingchui/web/press"
	"mingchui/web/words"
)

func sample(kind papers.Kind) papers.Sheet {
	t := func(zh, en string) docket.Text { return docket.Text{Zh: zh, En: en} }
	at := time.Date(2026, 6, 20, 2, 31, 5, 0, time.UTC)
	court := t("江澜市明湖区人民法院", "Minghu District People’s Court")
	house := []papers.PropertyLine{{
		Title: t("江澜市明湖区青石路18号3幢1602室住宅", "Flat 1602, building 3, 18 Qingshi Road, Minghu District"), Certificate: "皖（2019）江澜市不动产权第0012345号",
		Kind: law.Immovable, Occupancy: t("被执行人居住，由法院负责腾退", "held by the debtor; the court clears it"),
	}}
	switch kind { //nolint:exhaustive // the two that have forms of their own
	case papers.ConfirmationPaper:
		return &papers.Confirmation{
			Number: "（2026）皖9902执101号-1", Court: court, Title: t("青石路住宅", "the flat in Qingshi Road"), StartedAt: at.AddDate(0, 0, -1), EndedAt: at, BidderCode: "H6QPW",
			BuyerName: "江澜弋口航运有限公司", Price: 268_800_000, Deposit: 40_000_000, BalanceDueAt: at.AddDate(0, 0, 15), ConfirmedAt: at,
		}
	case papers.AnnouncementPaper:
		return &papers.Announcement{
			CaseNumber: "（2026）皖9902执101号", Stage: law.First, Title: t("青石路住宅", "The flat in Qingshi Road"), Court: docket.Court{Name: court, Address: t("法院路1号", "1 Court Road")},
			PublishedAt: at, StartsAt: at, EndsAt: at.AddDate(0, 0, 1), StartingPrice: 268_800_000, Increment: 2_000_000, Deposit: 40_000_000, Reference: 384_000_000,
			BiddingRules: papers.Rules(law.China2017(), law.First), Liability: papers.Liability(15), Notices: papers.Notices(), BalanceDueDays: 15,
			Property: []docket.Asset{{Title: house[0].Title, Description: t("建筑面积 118.5 平方米", "118.5 square metres"), Ownership: docket.Ownership{Holder: t("被执行人", "the debtor")}}},
		}
	}
	return &papers.Paper{
		Version: papers.TemplateVersion, Kind: kind, CaseNumber: "（2026）皖9902执101号", Court: court, CourtPhone: "0990-5550101", Title: t("青石路住宅", "the flat in Qingshi Road"), Stage: law.First, MadeAt: at,
		Facts: papers.Facts{
			ToRole: docket.ToDebtor, ToNo: 2, To: t("方某", "Fang"), Reason: t("正在审查提交的证据", "The proof is being looked at"),
			Ground:     map[papers.Kind]string{papers.StayNotice: "third_party_claim", papers.WithdrawalNotice: "parties_settled"}[kind],
			StayGround: "third_party_claim", Buyer: t("江澜弋口航运有限公司", "Jianglan Yikou Shipping Ltd"), BidderCode: "H6QPW", Price: 268_800_000, Deposit: 40_000_000,
			Start: 268_800_000, Appraisal: 384_000_000, StartsAt: at.AddDate(0, 0, -1), EndsAt: at, PaidAt: at.AddDate(0, 0, 7), RulingNumber: "（2026）皖9902执101号之一",
			ServedAt: at.AddDate(0, 0, 9), HandedOverAt: at.AddDate(0, 0, 20), Applicants: []docket.Text{t("江澜市商业银行", "Jianglan Commercial Bank")},
			Debtors: []docket.Text{t("周某", "Zhou"), t("方某", "Fang")}, Property: house,
			Way: []papers.HandoverLine{
				{Step: "notice_to_vacate", SettledAt: at.AddDate(0, 0, 10)},
				{Step: "deadline_to_vacate", SettledAt: at.AddDate(0, 0, 16), Outcome: "left"},
				{Step: "inventory", SettledAt: at.AddDate(0, 0, 17), Note: "木床一张、衣柜一个，已由被执行人取走"},
				{Step: "clearing_decided", SettledAt: at.AddDate(0, 0, 16), Skipped: true, Reason: t("占用人已自行腾退。", "The occupants left by themselves.")},
				{Step: "keys_handed_over", SettledAt: at.AddDate(0, 0, 20), Note: "入户门钥匙三把"},
			},
		},
	}
}

// Every paper prints in both languages, and its text can be selected: what pdftotext finds is what the paper says, in Chinese too.
// With -artifacts the sheets are kept for viewing.
func TestPaper_PrintsTextThatCanBeSelected(t *testing.T) {
	p := press.New()
	for _, lang := range []string{words.Chinese, words.English} {
		for _, kind := range papers.Kinds() {
			t.Run(lang+"/"+string(kind), func(t *testing.T) { // one after another: a print has a bound of time
				s := press.Sheet{
					W: words.In(lang), Text: sample(kind).Text(lang), Hash: fmt.Sprintf("%x", sha256.Sum256([]byte(kind))),
					EntryURL: "https://mingchui.example/entries/01a21a7e-6555-7c9f-99b4-e3fa2e5c0f33",
				}
				pdf, err := p.Paper(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(t.ArtifactDir(), string(kind)+"."+lang+".pdf"), pdf, 0o600); err != nil {
					t.Fatal(err)
				}
				got := squeezed(selectable(t, pdf))
				want := []string{s.Text.Court, s.Text.Heading, s.Text.Number, s.Text.To, s.Text.Draft, s.Hash, s.EntryURL, s.W.T("paper.fixed")}
				for _, part := range s.Text.Sections {
					want = append(append(want, part.Heading), part.Paragraphs...)
				}
				for _, line := range s.Text.Signed {
					want = append(want, line.Text)
				}
				for _, one := range want {
					if !strings.Contains(got, squeezed(one)) {
						t.Errorf("the PDF lacks %q", one)
					}
				}
			})
		}
	}
}

// selectable is the text of a PDF as a reader would copy it.
func selectable(t *testing.T, pdf []byte) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-enc", "UTF-8", "-raw", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftotext (poppler-utils, which install.sh --test installs): %v", err)
	}
	return string(out)
}

// squeezed leaves out what print breaks lines and pages with.
func squeezed(s string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "—") && strings.HasSuffix(line, "—") {
			continue // a page's number
		}
		for _, c := range line {
			if !unicode.IsSpace(c) {
				b.WriteRune(c)
			}
		}
	}
	return b.String()
}

// What was erased after ten years says so.
func TestPaper_ErasedSaysSo(t *testing.T) {
	t.Parallel()
	s := press.Sheet{W: words.In(words.Chinese), Text: sample(papers.BuyerReceipt).Text(words.Chinese), Hash: "00", EntryURL: "https://mingchui.example/entries/x", Erased: true}
	html, err := s.HTML(t.Context())
	if err != nil || !bytes.Contains(html, []byte("已依法删除")) {
		t.Errorf("%v: %s", err, html)
	}
}
