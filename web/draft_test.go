package web_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// phoneLot is the phone's lot as a client sends it, with changes.
func (w *world) phoneLot(changes map[string]any) map[string]any {
	w.t.Helper()
	l := maps.Clone(w.file(phone)["cases"].([]any)[0].(map[string]any)["lots"].([]any)[0].(map[string]any))
	delete(l, "ref")
	delete(l, "asset_refs")
	maps.Copy(l, changes)
	return map[string]any{"lot": l}
}

// A lot that the panel refused is revised, voted on anew and announced.
func TestR6_ARefusedDraftIsRevisedOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.drafted()
	path := "/api/v1/lots/" + lot
	for _, judge := range []string{"judge1", "judge2", "judge3"} {
		w.want(201, "", judge, "POST", path+"/votes", map[string]any{"approve": false, "opinion": "起拍价偏低"})
	}
	same := w.want(200, "", "judge1", "PUT", path, w.phoneLot(nil))
	if same.text("status") != "draft" || same.json["votes_void"] != 0.0 {
		t.Errorf("the same terms: %s", same.body)
	}
	dearer := w.want(200, "", "judge1", "PUT", path, w.phoneLot(map[string]any{"starting_price_fen": 265_000}))
	if dearer.text("status") != "draft" || dearer.json["votes_void"] != 3.0 || dearer.text("terms_digest") == same.text("terms_digest") || dearer.text("lot") != lot {
		t.Errorf("other terms: %s", dearer.body)
	}
	w.want(409, "vote_terms_changed", "judge1", "POST", path+"/votes", map[string]any{"approve": true, "terms_digest": same.text("terms_digest")})
	for _, judge := range []string{"judge1", "judge2", "judge3"} {
		w.want(201, "", judge, "POST", path+"/votes", map[string]any{"approve": true, "terms_digest": dearer.text("terms_digest")})
	}
	text := w.want(200, "", "judge2", "PUT", path, w.phoneLot(map[string]any{"starting_price_fen": 265_000, "title": map[string]any{"zh": "手机一部", "en": "One phone"}}))
	if text.text("status") != "voted" || text.text("terms_digest") != dearer.text("terms_digest") {
		t.Errorf("another title: %s", text.body)
	}
	starts := w.clock.Now().AddDate(0, 0, 16)
	w.want(201, "", "judge1", "POST", path+"/announcement", map[string]any{"starts_at": starts.Format(contractTime), "ends_at": starts.AddDate(0, 0, 1).Format(contractTime)})
	if c := w.want(200, "", "", "GET", path, nil); c.json["starting_price_fen"] != 265_000.0 || !strings.Contains(c.body, "One phone") {
		t.Errorf("the announced lot reads %s", c.body)
	}
	w.want(409, "state_conflict", "judge1", "PUT", path, w.phoneLot(nil))
	w.want(409, "state_conflict", "judge1", "DELETE", path, nil)
}

// What a revision may not hold is refused with its field and its law, all at once.
func TestDraftsAreNotRevisedBadly(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.drafted()
	path := "/api/v1/lots/" + lot
	for name, x := range map[string]struct {
		body        any
		status      int
		code, field string
	}{
		"nothing":          {`{}`, 422, "field_missing", "lot"},
		"no JSON":          {`{"lot": `, 400, "invalid_request", ""},
		"a field too many": {w.phoneLot(map[string]any{"ref": "MH-013"}), 400, "unknown_field", "lot.ref"},
		"a part of a fen":  {w.phoneLot(map[string]any{"starting_price_fen": 260_000.5}), 422, "amount_invalid", "lot.starting_price_fen"},
		"2^53":             {w.phoneLot(map[string]any{"starting_price_fen": 1 << 53}), 422, "amount_too_large", "lot.starting_price_fen"},
		"no such day":      {w.phoneLot(map[string]any{"pricing_basis": map[string]any{"origin": "appraisal"}}), 422, "field_missing", "lot.pricing_basis.by"},
		"below 70 %":       {w.phoneLot(map[string]any{"starting_price_fen": 100_000}), 422, "reserve_too_low", "starting_price_fen"},
		"deposit":          {w.phoneLot(map[string]any{"deposit_fen": 60_000}), 422, "deposit_out_of_bounds", "deposit_fen"},
		"stage":            {w.phoneLot(map[string]any{"stage": "second"}), 422, "terms_missing", "previous"},
	} {
		c := w.do("judge1", "PUT", path, x.body)
		if c.status != x.status || !strings.Contains(c.body, `"`+x.code+`"`) || (x.field != "" && !strings.Contains(c.body, `"`+x.field+`"`)) {
			t.Errorf("%s: %d %s", name, c.status, c.body)
		}
	}
	c := w.do("judge1", "PUT", path, w.phoneLot(map[string]any{"starting_price_fen": 100_000, "deposit_fen": 60_000}))
	if list, _ := c.json["faults"].([]any); len(list) != 2 || !strings.Contains(c.body, `"R10"`) || !strings.Contains(c.body, `"R17"`) {
		t.Errorf("two faults: %s", c.body)
	}
	w.want(404, "not_found", "judge1", "PUT", "/api/v1/lots/"+uuid.NewString(), w.phoneLot(nil))
	w.want(404, "not_found", "judge1", "DELETE", "/api/v1/lots/none", nil)
}

// A wrongly listed lot is taken back; it never becomes public.
func TestADraftIsWithdrawnOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.drafted()
	path := "/api/v1/lots/" + lot
	c := w.want(200, "", "judge1", "DELETE", path, nil)
	if c.text("lot") != lot || c.text("status") != "withdrawn" {
		t.Errorf("it answers %s", c.body)
	}
	w.want(409, "state_conflict", "judge1", "DELETE", path, nil)
	w.want(409, "state_conflict", "judge1", "PUT", path, w.phoneLot(nil))
	w.want(409, "state_conflict", "judge1", "POST", path+"/votes", map[string]any{"approve": true})
	w.want(404, "not_found", "", "GET", path, nil)
	if c := w.want(http.StatusOK, "", "", "GET", "/api/v1/lots?status=withdrawn", nil); strings.Contains(c.body, lot) {
		t.Errorf("the list shows it: %s", c.body)
	}
}
