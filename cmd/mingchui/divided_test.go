package main

import (
	"maps"
	"math/big"
	"net/http"
	"strings"

	"mingchui/auction/docket"
	"mingchui/web/account"
)

// divided lets finance record three claims and divide what the case brought: one with priority over the lot, two in proportion. Everybody reads
// the plan, nobody a name; it divides the case's proceeds to the fen. The auditor divides again when the case is closed.
func (s *sale) divided() {
	s.t.Helper()
	finance := s.staff("divides-"+s.caseID.String()[:8], account.Finance)
	claims := "/api/v1/cases/" + s.caseID.String() + "/claims"
	lodge := func(kind, name string, amount int64, more map[string]any) string {
		body := map[string]any{"kind": kind, "creditor": docket.Text{Zh: name, En: name}, "instrument": "（2025）皖9902民初88号", "amount_fen": amount}
		maps.Copy(body, more)
		return finance.post(claims, body).made().String()
	}
	total := s.public.fund(s.caseID)["proceeds"]
	const costs = 12_345
	first, a, b := total*6/10, total/2, total/4+1
	s.judges[0].post(claims, map[string]any{"kind": "ordinary", "creditor": docket.Text{Zh: "x", En: "x"}, "amount_fen": 1}).refused(http.StatusForbidden, "role_forbidden")
	bank := lodge("secured", "江澜抵押银行", first, map[string]any{"securities": []map[string]any{{"lot": s.lot, "rank": 1}}, "applicant": true})
	one, two := lodge("ordinary", "甲某债权人", a, nil), lodge("ordinary", "乙某债权人", b, nil)
	call := "/api/v1/cases/" + s.caseID.String() + "/distributions"
	finance.post(call, map[string]any{"order": "criminal"}).refused(http.StatusUnprocessableEntity, "order_not_for_case")
	finance.post(call, map[string]any{"order": "pro_rata", "enforcement_costs_fen": costs}).made()
	answer := s.public.get(call)
	var v struct {
		Items []struct {
			Plan struct {
				CostsFen  int64 `json:"costs_fen"`
				DebtorFen int64 `json:"debtor_fen"`
				Dues      []struct {
					Claim    string `json:"claim"`
					ShareFen int64  `json:"share_fen"`
				} `json:"dues"`
			} `json:"plan"`
			Stale bool `json:"stale"`
		} `json:"items"`
	}
	answer.into(&v)
	if len(v.Items) != 1 || v.Items[0].Stale {
		s.t.Fatalf("the plans are %s", answer.body)
	}
	plan := v.Items[0].Plan
	got := map[string]int64{}
	sum := plan.CostsFen + plan.DebtorFen
	for _, d := range plan.Dues {
		got[d.Claim] = d.ShareFen
		sum += d.ShareFen
	}
	// Of what the mortgage leaves, each of the two gets its part but for less than a fen.
	rest := total - plan.CostsFen - first
	off := new(big.Int).Sub(new(big.Int).Mul(big.NewInt(got[one]), big.NewInt(a+b)), new(big.Int).Mul(big.NewInt(rest), big.NewInt(a)))
	if sum != total || got[bank] != first || got[one]+got[two] != rest || off.CmpAbs(big.NewInt(a+b)) >= 0 || plan.DebtorFen != 0 {
		s.t.Errorf("of %d: %+v", total, plan)
	}
	page := string(s.public.get("/cases/" + s.caseID.String() + "/fund").body)
	for _, name := range []string{"江澜抵押银行", "甲某债权人"} {
		if strings.Contains(string(answer.body), name) || strings.Contains(page, name) {
			s.t.Errorf("the public reads who %s is", name)
		}
	}
	if !strings.Contains(page, "分配方案") && !strings.Contains(page, "How the money is divided") {
		s.t.Error("the fund's page shows no plan")
	}
}
