package main

import (
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/web/account"
)

// planSeen is a plan as everybody reads it.
type planSeen struct {
	Distribution uuid.UUID `json:"distribution"`
	WaitsFor     string    `json:"waits_for"`
	Claims       []struct {
		Claim uuid.UUID `json:"claim"`
	} `json:"claims"`
	Plan struct {
		CostsFen int64 `json:"costs_fen"`
		Dues     []struct {
			Claim    string `json:"claim"`
			ShareFen int64  `json:"share_fen"`
		} `json:"dues"`
	} `json:"plan"`
	Payouts []struct {
		To        string `json:"to"`
		AmountFen int64  `json:"amount_fen"`
		Status    string `json:"status"`
	} `json:"payouts"`
}

// plan is the newest plan of the case.
func (s *sale) plan(waits string) planSeen {
	s.t.Helper()
	var v struct {
		Items []planSeen `json:"items"`
	}
	s.public.get("/api/v1/cases/" + s.caseID.String() + "/distributions").into(&v)
	if v.Items[0].WaitsFor != waits {
		s.t.Errorf("the plan waits for %s, not %s", v.Items[0].WaitsFor, waits)
	}
	return v.Items[0]
}

// paidOut takes the case's plan to its payees: served, 15 days, a panel, another person of finance than who made it, accounts, a file, and the bank's word. The
// case's proceeds are empty then, and each fen of them stands on record with the claim that got it.
func (s *sale) paidOut() {
	s.t.Helper()
	clerk, second := s.staff("records-"+s.caseID.String()[:8], account.Finance), s.staff("approves-"+s.caseID.String()[:8], account.Finance)
	p := s.plan("service")
	call := "/api/v1/distributions/" + p.Distribution.String()
	receipts := []map[string]any{{"received_at": s.now()}}
	for _, k := range p.Claims {
		receipts = append(receipts, map[string]any{"claim": k.Claim, "received_at": s.now()})
	}
	second.post(call+"/approval", map[string]any{}).refused(http.StatusConflict, "plan_not_final")
	s.judges[0].post(call+"/service", map[string]any{"receipts": receipts}).made()
	s.to(s.now().Add(15*oneDay + time.Minute))
	s.plan("panel")
	clerk.again()
	second.again()
	second.post(call+"/approval", map[string]any{}).refused(http.StatusConflict, "panel_decision_missing")
	for _, j := range s.judges {
		j.post(call+"/votes", map[string]any{"approve": true}).made()
	}
	s.plan("approval")
	late := map[string]any{"superior": docket.Text{Zh: "执行局局长", En: "Head of the enforcement bureau"}, "late_reason": docket.Text{Zh: "异议期未满", En: "The period to object ran."}}
	second.post(call+"/approval", late).made()
	second.post(call+"/approval", late).refused(http.StatusConflict, "state_conflict")
	cases := "/api/v1/cases/" + s.caseID.String()
	second.post(cases+"/payout-files", map[string]any{}).refused(http.StatusConflict, "payee_missing")
	for i, k := range p.Claims {
		clerk.post(cases+"/payees", map[string]any{"claim": k.Claim, "holder": "收款人" + string(rune('A'+i)), "bank": "江澜银行", "number": "62220000111122220" + string(rune('0'+i))}).made()
	}
	clerk.post(cases+"/payout-files", map[string]any{}).refused(http.StatusForbidden, "same_person")
	file := second.post(cases+"/payout-files", map[string]any{}).made()
	var got struct {
		Lines []struct {
			Payout    uuid.UUID `json:"payout"`
			AmountFen int64     `json:"amount_fen"`
		} `json:"lines"`
	}
	second.get("/api/v1/payout-files/" + file.String()).into(&got)
	pain := second.get("/api/v1/payout-files/" + file.String() + "?format=pain001").body
	if err := xml.Unmarshal(pain, new(struct{})); err != nil || !strings.Contains(string(pain), "收款人A") {
		s.t.Errorf("%v in %s", err, pain)
	}
	sum := p.Plan.CostsFen
	for _, l := range got.Lines {
		sum += l.AmountFen
		clerk.post("/api/v1/payouts/"+l.Payout.String()+"/result", map[string]any{"event": "paid", "bank_reference": "B" + l.Payout.String()}).made()
	}
	fund := s.public.fund(s.caseID)
	if p = s.plan("nothing"); fund["proceeds"] != 0 || fund["paid_out"] != 0 || len(got.Lines) != len(p.Payouts) {
		s.t.Errorf("%d of the proceeds left by %d transfers: %v, %+v", sum, len(got.Lines), fund, p.Payouts)
	}
	due := map[string]int64{}
	for _, d := range p.Plan.Dues {
		due[d.Claim] = d.ShareFen
	}
	for _, x := range p.Payouts {
		if x.Status != "paid" || due[x.To] != x.AmountFen {
			s.t.Errorf("%+v, due %d", x, due[x.To])
		}
	}
}
