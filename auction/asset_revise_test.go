package auction_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"mingchui/auction"
	"mingchui/auction/docket"
	"mingchui/auction/fault"
	"mingchui/auction/law"
)

// Who revises a piece of property says what he saw of it, or revises whatever stands; judges and clerks of its court do it, and nobody
// else; one thing that cannot be is enough to refuse it.
func TestR6_WhoRevisesPropertyAndWhat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id, a := h.propertyOf(h.got.Lots[h.refs(law.First)[0]])
	judge := h.judges[0]
	revise := func(by auction.Actor, seen string, a docket.Asset) error {
		return h.s.ReviseAsset(t.Context(), by, auction.AssetRevision{Asset: id, Document: a, Seen: seen})
	}
	first, err := h.s.Asset(t.Context(), judge, id)
	h.must(err)
	h.must(revise(judge, "", a))
	h.must(revise(judge, first.DocumentHash, a))
	a.Description.En += " Seen again."
	h.must(revise(judge, first.DocumentHash, a))
	h.refused(revise(judge, first.DocumentHash, a), fault.DraftChanged, "")
	now, err := h.s.Asset(t.Context(), judge, id)
	h.must(err)
	h.must(revise(judge, now.DocumentHash, a))

	clerk := auction.Actor{AccountID: h.account("clerk", &h.court), Role: "clerk", CourtID: h.court}
	h.must(revise(clerk, "", a))
	for name, change := range map[string]func(*auction.Actor){
		"a clerk of another court": func(x *auction.Actor) { x.CourtID = uuid.New() },
		"a clerk without a name":   func(x *auction.Actor) { x.AccountID = uuid.Nil },
		"finance":                  func(x *auction.Actor) { x.Role = "finance" },
	} {
		by := clerk
		change(&by)
		t.Log(name)
		h.refused(revise(by, "", a), fault.RoleForbidden, "")
	}

	for field, change := range map[string]func(*docket.Asset){
		"title.zh": func(x *docket.Asset) { x.Title.Zh = "" }, "region.code": func(x *docket.Asset) { x.Region.Code = "" },
	} {
		bad := a
		change(&bad)
		err := revise(judge, "", bad)
		r, ok := errors.AsType[*auction.Refusal](err)
		if !ok || len(r.Faults) != 1 || r.Faults[0].Code != fault.DocumentInvalid || r.Faults[0].Field != field {
			t.Errorf("without %s: %v", field, err)
		}
	}
	lacking := a
	lacking.Description = docket.Text{} // an announcement lacks it, a statement of property may
	h.must(revise(judge, "", lacking))
	h.must(revise(judge, "", a))
}

// Property is not stated anew while a sale of it runs, nor while that is stayed; then it is again.
func TestR13_PropertyIsNotRevisedWhileItIsSold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lot := h.got.Lots[h.refs(law.First)[0]]
	id, a := h.propertyOf(lot)
	revise := func() error {
		return h.s.ReviseAsset(t.Context(), h.judges[0], auction.AssetRevision{Asset: id, Document: a})
	}
	h.announce(lot)
	h.refused(revise(), fault.StateConflict, "")
	h.open(lot)
	why := docket.Text{Zh: "审查异议。", En: "An objection is reviewed."}
	h.must(h.s.Stay(t.Context(), h.judges[0], auction.CourtAct{Lot: lot, Reason: why}))
	h.refused(revise(), fault.StateConflict, "")
	h.must(h.s.Withdraw(t.Context(), h.judges[0], auction.CourtAct{Lot: lot, Ground: auction.Collusion, Reason: why}))
	h.must(revise())
}
