package auction_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// propertyOf is the first asset of a lot, with its id.
func (h *house) propertyOf(lot uuid.UUID) (id uuid.UUID, a docket.Asset) {
	h.t.Helper()
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT a.id, a.document FROM assets a JOIN lot_assets la ON la.asset_id = a.id WHERE la.lot_id = $1 ORDER BY a.id LIMIT 1`, lot).Scan(&id, &a))
	return id, a
}

// votesOf counts the votes on a lot that count, and those that were set aside.
func (h *house) votesOf(lot uuid.UUID) (count, aside int) {
	h.t.Helper()
	h.must(h.pool.QueryRow(h.t.Context(), `SELECT count(*) FILTER (WHERE superseded_at IS NULL), count(superseded_at) FROM votes WHERE lot_id = $1`, lot).Scan(&count, &aside))
	return count, aside
}

func zh(s string) docket.Text { return docket.Text{Zh: s, En: "as in Chinese"} }

// R6: the panel's figures rest on the property. When what it is, what stays on it or who holds it changes after the vote, by a clerk's
// hand as well, the votes count no more and the lot is a draft again; what only describes or proves it leaves them.
func TestR6_APanelVotesOnThePropertyAsItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(a *docket.Asset)
		anew   bool
	}{
		"nothing":          {func(*docket.Asset) {}, false},
		"description":      {func(a *docket.Asset) { a.Description.Zh += "采光好。" }, false},
		"English title":    {func(a *docket.Asset) { a.Title.En += " (home)" }, false},
		"survey":           {func(a *docket.Asset) { a.Survey[0].Finding.Zh += "（已复核）" }, false},
		"documents":        {func(a *docket.Asset) { a.Documents = append(a.Documents, a.Documents[0]) }, false},
		"drawings":         {func(a *docket.Asset) { a.Drawings = a.Drawings[:1] }, false},
		"note of a tax":    {func(a *docket.Asset) { a.Taxes[0].Note = zh("以核定为准") }, false},
		"note of a burden": {func(a *docket.Asset) { a.Encumbrances[0].Note = zh("首封") }, false},
		"seized on":        {func(a *docket.Asset) { a.SeizedOn = "2026-11-01" }, false},
		"title":            {func(a *docket.Asset) { a.Title.Zh += "（含阁楼）" }, true},
		"address":          {func(a *docket.Asset) { a.Address.Zh += "北侧" }, true},
		"certificate":      {func(a *docket.Asset) { a.Ownership.Certificate = "****0001" }, true},
		"area":             {func(a *docket.Asset) { a.Attributes[0].Value.Zh = "1 ㎡" }, true},
		"a new defect":     {func(a *docket.Asset) { a.Defects = append(a.Defects, zh("外墙渗水")) }, true},
		"a lease that stays": {func(a *docket.Asset) {
			a.Encumbrances = append(a.Encumbrances, docket.Encumbrance{Kind: docket.Lease, Holder: zh("承租人"), AfterSale: docket.Remains})
		}, true},
		"a mortgage of a fen more": {func(a *docket.Asset) { a.Encumbrances[0].AmountFen++ }, true},
		"a day more of the lease":  {func(a *docket.Asset) { a.Occupancy.Until = "2039-01-02" }, true},
		"who hands over":           {func(a *docket.Asset) { a.Occupancy.Title.Zh += "（次承租人）" }, true},
		"arrears of a fen more":    {func(a *docket.Asset) { a.Arrears[0].AmountFen++ }, true},
		"cannot be sold apart":     {func(a *docket.Asset) { a.IndivisibleGroup = "甲" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			lot := h.got.Lots[h.refs(law.First)[0]]
			h.vote(lot)
			before := h.draft(lot)
			id, a := h.propertyOf(lot)
			c.change(&a)
			clerk := auction.Actor{AccountID: h.account("clerk", &h.court), Role: "clerk", CourtID: h.court}
			h.must(h.s.ReviseAsset(t.Context(), clerk, auction.AssetRevision{Asset: id, Document: a}))
			after := h.draft(lot)
			count, aside := h.votesOf(lot)
			if !c.anew {
				if after.State != auction.Voted || count != 3 || aside != 0 || after.PropertyDigest != before.PropertyDigest {
					t.Errorf("the lot is %s with %d votes, %d set aside", after.State, count, aside)
				}
				h.same("owed", h.owed(lot, "owed"), []string{"announce"})
				return
			}
			if after.State != auction.Draft || count != 0 || aside != 3 || after.TermsDigest != before.TermsDigest || after.PropertyDigest == before.PropertyDigest {
				t.Errorf("the lot is %s with %d votes, %d set aside", after.State, count, aside)
			}
			h.same("owed", h.owed(lot, "owed"), []string{"judge_vote"})
			h.vote(lot)
			if count, aside = h.votesOf(lot); count != 3 || aside != 3 {
				t.Errorf("after the second vote %d count, %d are set aside", count, aside)
			}
			h.sound()
		})
	}
}

// R6: with one vote of three cast it falls as well, the log says so with the terms as they were, and a judge whose page showed the
// property as it was is told. A lot that nobody voted on has no entry.
func TestR6_AVoteOnThePropertyAsItWasIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, lot := t.Context(), h.got.Lots[h.refs(law.First)[0]]
	id, a := h.propertyOf(lot)
	entries := func() (n int) {
		h.must(h.pool.QueryRow(ctx, `SELECT count(*) FROM entries WHERE lot_id = $1 AND kind = 'lot.revised'`, lot).Scan(&n))
		return n
	}
	a.Defects = append(slices.Clone(a.Defects), zh("外墙渗水"))
	h.must(h.s.ReviseAsset(ctx, h.judges[0], auction.AssetRevision{Asset: id, Document: a}))
	if n := entries(); n != 0 {
		t.Errorf("%d entries without a vote", n)
	}
	seen := h.draft(lot)
	_, err := h.s.Vote(ctx, h.judges[0], auction.Ballot{Lot: lot, TermsDigest: seen.TermsDigest, PropertyDigest: seen.PropertyDigest, Approve: true})
	h.must(err)
	a.Defects = append(slices.Clone(a.Defects), zh("地面空鼓"))
	h.must(h.s.ReviseAsset(ctx, h.judges[0], auction.AssetRevision{Asset: id, Document: a}))
	if count, aside := h.votesOf(lot); count != 0 || aside != 1 || entries() != 1 {
		t.Errorf("%d votes count, %d are set aside, %d entries", count, aside, entries())
	}
	_, err = h.s.Vote(ctx, h.judges[1], auction.Ballot{Lot: lot, TermsDigest: seen.TermsDigest, PropertyDigest: seen.PropertyDigest, Approve: true})
	h.refused(err, fault.VoteTermsChanged, "R6")
	now := h.draft(lot)
	for _, j := range h.judges[:3] { // who voted before votes anew
		_, err = h.s.Vote(ctx, j, auction.Ballot{Lot: lot, TermsDigest: now.TermsDigest, PropertyDigest: now.PropertyDigest, Approve: true})
		h.must(err)
	}
	if d := h.draft(lot); d.State != auction.Voted {
		t.Errorf("the lot is %s", d.State)
	}
	h.sound()
}
