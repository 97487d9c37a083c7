package auction_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
	"mingchui/auction/papers"
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

	list, err := h.s.Papers(ctx, judge, lot)
	h.must(err)
	count := map[papers.Kind]int{}
	for _, p := range list {
		count[p.Kind]++
		e, err := h.s.Entry(ctx, p.Entry)
		h.must(err)
		if !strings.Contains(string(e.Body), `"hash":"`+p.Hash+`"`) || !strings.Contains(string(e.Body), p.ID.String()) {
			t.Errorf("the entry of %s does not fix its hash: %s", p.Kind, e.Body)
		}
		_, hash, err := papers.Encode(p.Paper)
		h.must(err)
		if hash != p.Hash {
			t.Errorf("%s: the document's hash is %s, stored is %s", p.Kind, hash, p.Hash)
		}
		for _, lang := range []string{"zh-CN", "en"} {
			if text := whole(&p.Paper, lang); len(text) < 60 || strings.Contains(text, "%!") {
				t.Errorf("%s in %s: %s", p.Kind, lang, text)
			}
		}
	}
	for _, k := range papers.Kinds() {
		if (count[k] > 0) == (k == papers.WithdrawalNotice) {
			t.Errorf("%d of %s", count[k], k)
		}
	}
	receipt := find(t, list, papers.BuyerReceipt)
	for _, want := range []string{d.PriceFen.Words(), "K7Q2M"} {
		if !strings.Contains(whole(&receipt.Paper, "zh-CN"), want) {
			t.Errorf("the receipt lacks %s", want)
		}
	}
	draft := find(t, list, papers.RulingDraft)
	if ruling := whole(&draft.Paper, "zh-CN"); !strings.Contains(ruling, "江澜弋口航运有限公司以人民币"+d.PriceFen.Words()) {
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
		if len(seen) != 3+len(c.more) { // notices, stay, resumption
			t.Errorf("%s reads %d papers", name, len(seen))
		}
		if _, err := h.s.Paper(ctx, c.by, draft.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s opens the draft of the ruling: %v", name, err)
		}
	}
	if _, err := h.pool.Exec(ctx, `UPDATE papers SET hash = ''`); err == nil {
		t.Error("a paper can be changed")
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
func whole(p *papers.Paper, lang string) string {
	text := p.Text(lang)
	var b strings.Builder
	b.WriteString(text.Court + text.Heading + text.Number + text.To)
	for _, s := range text.Sections {
		b.WriteString(s.Heading + strings.Join(s.Paragraphs, ""))
	}
	return b.String() + strings.Join(text.Signed, "")
}
