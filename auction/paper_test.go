package auction_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/papers"
	"mingchui/auction/trail"
)

// The papers of a sale from the letters to the handing over: each is made with its act, its hash is in the log, and what names a
// person stays with the court and the buyer.
func TestPapers_AreMadeWithTheirActAndFixedInTheLog(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, judge := t.Context(), h.judges[0]
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.must(h.s.WriteLetters(ctx, judge, lot))
	h.refused(h.s.WriteLetters(ctx, judge, lot), fault.StateConflict, "R16")
	h.announce(lot)
	h.open(lot)
	reason := docket.Text{Zh: "案外人提出异议，正在审查。", En: "A third party's objection is under review."}
	h.must(h.s.Stay(ctx, judge, auction.CourtAct{Lot: lot, Reason: reason}))
	h.must(h.s.Resume(ctx, judge, auction.CourtAct{Lot: lot, Reason: reason}))
	d := h.end(lot, true, "K7Q2M")
	buyer := auction.Actor{AccountID: h.buyer("K7Q2M", "江澜弋口航运有限公司"), Role: "bidder"}
	h.must(pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error { return h.s.RecordPaid(ctx, tx, h.clock.Now(), lot) }))
	h.qualify(lot)
	h.must(h.s.Rule(ctx, judge, auction.Ruling{Lot: lot, Number: "（2026）皖9902执101号之一"}))
	h.must(h.s.HandOver(ctx, judge, auction.Delivery{Lot: lot}))
	// Package objection sets sales aside; the paper of it is made here.
	h.must(h.s.OnLot(ctx, judge, lot, nil, trail.Step{Act: trail.SetAside, Rule: "R31"}, func(a *auction.LotAct) error {
		return a.DraftSettingAside(ctx, "untrue_statement", reason, papers.Fallen{Request: true, Reversed: *d.PriceFen})
	}))

	list, err := h.s.Papers(ctx, judge, lot)
	h.must(err)
	count := map[papers.Kind]int{}
	for _, p := range list {
		count[p.Kind]++
		e, err := h.s.Entry(ctx, p.Entry)
		h.must(err)
		own := p.Kind == papers.AnnouncementPaper || p.Kind == papers.ConfirmationPaper
		if !strings.Contains(string(e.Body), `hash":"`+p.Hash+`"`) || own != (p.ID == p.Entry) || !own && !strings.Contains(string(e.Body), p.ID.String()) {
			t.Errorf("the entry of %s does not fix its hash: %s", p.Kind, e.Body)
		}
		if sum := sha256.Sum256(p.Document); hex.EncodeToString(sum[:]) != p.Hash {
			t.Errorf("%s: the document's hash is %x, stored is %s", p.Kind, sum, p.Hash)
		}
		for _, lang := range []string{"zh-CN", "en"} {
			if text := whole(t, p, lang); len(text) < 60 || strings.Contains(text, "%!") {
				t.Errorf("%s in %s: %s", p.Kind, lang, text)
			}
		}
	}
	for _, k := range papers.Kinds() {
		if (count[k] > 0) == (k == papers.WithdrawalNotice) { // it was not withdrawn
			t.Errorf("%d of %s", count[k], k)
		}
	}
	for _, want := range []string{d.PriceFen.Words() + "（", "买受人：江澜弋口航运有限公司。", "撤销本院（2026）皖9902执101号之一执行裁定", "异议人：＿"} {
		if fallen := whole(t, find(t, list, papers.SettingAsideDraft), "zh-CN"); !strings.Contains(fallen, want) {
			t.Errorf("the ruling that sets it aside lacks %s: %s", want, fallen)
		}
	}
	receipt := find(t, list, papers.BuyerReceipt)
	for _, want := range []string{d.PriceFen.Words(), "K7Q2M"} {
		if !strings.Contains(whole(t, receipt, "zh-CN"), want) {
			t.Errorf("the receipt lacks %s", want)
		}
	}
	draft := find(t, list, papers.RulingDraft)
	if ruling := whole(t, draft, "zh-CN"); !strings.Contains(ruling, "江澜弋口航运有限公司以人民币"+d.PriceFen.Words()) {
		t.Errorf("the ruling: %s", ruling)
	}
	// Who reads what.
	for name, c := range map[string]struct {
		by   auction.Actor
		more []papers.Kind
	}{
		"a stranger":               {auction.Actor{}, nil},
		"another bidder":           {auction.Actor{AccountID: h.account("bidder", nil), Role: "bidder"}, nil},
		"a judge of another court": {auction.Actor{AccountID: uuid.New(), Role: "judge", CourtID: uuid.New()}, nil},
		"finance":                  {auction.Actor{AccountID: uuid.New(), Role: "finance", CourtID: h.court}, nil},
		"the buyer":                {buyer, []papers.Kind{papers.BuyerReceipt}},
	} {
		seen, err := h.s.Papers(ctx, c.by, lot)
		h.must(err)
		for _, p := range seen {
			if p.Audience != papers.Public && (len(c.more) == 0 || p.Kind != c.more[0]) {
				t.Errorf("%s reads the %s", name, p.Kind)
			}
		}
		if len(seen) != 5+len(c.more) { // announcement, notices, stay, resumption, confirmation
			t.Errorf("%s reads %d papers", name, len(seen))
		}
		if _, err := h.s.Paper(ctx, c.by, draft.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s opens the draft of the ruling: %v", name, err)
		}
	}
	for _, sql := range []string{
		`UPDATE papers SET hash = ''`, `UPDATE papers SET document = '{}'`, `DELETE FROM papers`, `UPDATE papers SET erased_at = now()`,
		`UPDATE papers SET erased_at = now(), hash = '' WHERE audience = 'court'`,
	} {
		if _, err := h.pool.Exec(ctx, sql); err == nil {
			t.Errorf("%s goes through", sql)
		}
	}
	ofCase, err := h.s.PapersOfCase(ctx, judge, list[0].CaseID)
	h.must(err)
	if len(ofCase) < len(list) {
		t.Errorf("the case has %d papers, its lot %d", len(ofCase), len(list))
	}
}

func find(t *testing.T, list []auction.PaperView, k papers.Kind) auction.PaperView {
	t.Helper()
	for _, p := range list {
		if p.Kind == k {
			return p
		}
	}
	t.Fatalf("no %s", k)
	return auction.PaperView{}
}

// whole is a paper's text in one piece.
func whole(t *testing.T, p auction.PaperView, lang string) string {
	t.Helper()
	text, err := p.Text(lang)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(text.Court + text.Heading + text.Number + text.To)
	for _, s := range text.Sections {
		b.WriteString(s.Heading + strings.Join(s.Paragraphs, ""))
	}
	for _, s := range text.Signed {
		b.WriteString(s.Text)
	}
	return b.String()
}

// R17w: a withdrawal has its notice, with the ground's words and source, and everybody reads it.
func TestR17w_AWithdrawalHasItsNotice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	reason := docket.Text{Zh: "双方已签订和解协议。", En: "Both sides signed a settlement."}
	h.must(h.s.Withdraw(t.Context(), h.judges[0], auction.CourtAct{Lot: lot, Reason: reason, Ground: auction.PartiesSettled}))
	list, err := h.s.Papers(t.Context(), auction.Actor{}, lot)
	h.must(err)
	got := whole(t, find(t, list, papers.WithdrawalNotice), "zh-CN")
	for _, want := range []string{"撤回拍卖公告", "当事人达成执行和解协议", "第十七条第四项", "双方已签订和解协议", "二十四小时内退还"} {
		if !strings.Contains(got, want) {
			t.Errorf("the notice lacks %s: %s", want, got)
		}
	}
}

// R28: a stay by the court's decision and a suspension that the law demands are two papers, and what ends them says which it was.
func TestR28_TheNoticesFollowTheStaysGround(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, judge := t.Context(), h.judges[0]
	lot := h.got.Lots[h.refs(law.First)[0]]
	h.announce(lot)
	h.open(lot)
	for _, c := range []struct {
		ground             auction.Ground
		stay, resume, lack string
	}{{"superior_order", "暂缓拍卖公告", "此前已暂缓", "中止"}, {"heirs_awaited", "中止拍卖公告", "此前已中止", "暂缓"}} {
		act := auction.CourtAct{Lot: lot, Ground: c.ground, Reason: docket.Text{Zh: "理由。", En: "Reason."}}
		h.clock.To(h.clock.Now().Add(time.Minute))
		h.must(h.s.Stay(ctx, judge, act))
		h.must(h.s.Resume(ctx, judge, auction.CourtAct{Lot: lot}))
		list, err := h.s.Papers(ctx, auction.Actor{}, lot)
		h.must(err)
		slices.Reverse(list)
		stay, resume := whole(t, find(t, list, papers.StayNotice), "zh-CN"), whole(t, find(t, list, papers.ResumptionNotice), "zh-CN")
		if !strings.Contains(stay, c.stay) || !strings.Contains(resume, c.resume) || strings.Contains(stay+resume, c.lack) {
			t.Errorf("%s: %s / %s", c.ground, stay, resume)
		}
	}
}

// R16d: the ruling on a taking for the debt quotes the articles on takings, not those on sales.
func TestR16d_TheRulingOnATakingQuotesItsArticles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.failed(law.First)
	_, err := h.s.TakeForDebt(t.Context(), h.judges[0], auction.Taking{Lot: d.ID, Offer: h.offerToTake(d.ID, 1, d.StartingPriceFen)})
	h.must(err)
	list, err := h.s.Papers(t.Context(), h.judges[0], d.ID)
	h.must(err)
	got := whole(t, find(t, list, papers.RulingDraft), "zh-CN")
	for _, want := range []string{"首查封债权人", "第十六条、第二十条、第二十六条、第二十八条", "担保物权及其他优先受偿权消灭"} {
		if !strings.Contains(got, want) {
			t.Errorf("the ruling lacks %s: %s", want, got)
		}
	}
	for _, not := range []string{"第二十二条", "最高价竞得", "申请执行人：申请执行人"} {
		if strings.Contains(got, not) {
			t.Errorf("the ruling says %s: %s", not, got)
		}
	}
}

// R16: a letter to each addressee by number; who waived in writing on record has none, and who is named later has one later.
func TestR16_ALetterToEachAddressee(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, judge := t.Context(), h.judges[0]
	lot := h.got.Lots[h.refs(law.First)[0]]
	draft := h.draft(lot)
	_, err := h.pool.Exec(ctx, `WITH step AS (INSERT INTO trail (id, case_id, lot_id, at, role, act, public) VALUES (gen_random_uuid(), $2, $1, $3, 'judge', 'notified', false))
		INSERT INTO notices (id, lot_id, role, no, outcome, way, proof, recorded_by, recorded_at)
		VALUES (gen_random_uuid(), $1, 'debtor', 1, 'waived', '', repeat('a', 64), $4, $3)`, lot, h.caseOf(lot), h.clock.Now(), judge.AccountID)
	h.must(err)
	h.must(h.s.WriteLetters(ctx, judge, lot))
	to := func() map[string]int {
		list, err := h.s.Papers(ctx, judge, lot)
		h.must(err)
		out := map[string]int{}
		for _, p := range list {
			var in papers.Paper
			h.must(json.Unmarshal(p.Document, &in))
			out[fmt.Sprint(in.Facts.ToRole, " ", in.Facts.ToNo)]++
		}
		return out
	}
	first := to()
	want := len(draft.Case.Applicants) + len(draft.Case.Debtors) - 1 + len(auction.SecurityHolders(draft.Property))
	for _, p := range draft.Document.PriorityPurchasers {
		if !p.Waived {
			want++
		}
	}
	got := 0
	for who, n := range first {
		got += n
		if strings.HasPrefix(who, "debtor 1") {
			t.Error("who waived has a letter")
		}
	}
	if got < want || first["applicant 1"] != 1 {
		t.Errorf("letters to %v, want %d at least", first, want)
	}
	_, err = h.pool.Exec(ctx, `WITH step AS (INSERT INTO trail (id, case_id, lot_id, at, role, act, public) VALUES (gen_random_uuid(), $2, $1, $3, 'judge', 'notified', false))
		INSERT INTO notices (id, lot_id, role, no, outcome, way, proof, reason_zh, reason_en, published_at, recorded_by, recorded_at)
		VALUES (gen_random_uuid(), $1, 'debtor', 1, 'unreachable', '', '', '去向不明', 'Gone', $3, $4, $3)`, lot, h.caseOf(lot), h.clock.Now().Add(time.Minute), judge.AccountID)
	h.must(err)
	h.must(h.s.WriteLetters(ctx, judge, lot))
	if after := to(); after["debtor 1"] != 1 || after["applicant 1"] != 1 {
		t.Errorf("after the waiver was taken back: %v", after)
	}
	h.refused(h.s.WriteLetters(ctx, judge, lot), fault.StateConflict, "R16")
}
