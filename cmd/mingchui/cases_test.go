package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mingchui/auction/docket"
	"mingchui/auction/law"
)

// Whole cases under the law itself, from the draft to the handing over, each act over the API by the person whose act it is.
// The figures of the law stand here. With MC_PAPERS=<folder> their papers are written there, as they were published.

// papersEnv is where the papers of the cases go, to be looked at.
const papersEnv = "MC_PAPERS"

const oneDay = 24 * time.Hour

// listed is a new case with its draft.
func (w *world) listed() *sale {
	w.t.Helper()
	s := &sale{world: w, model: w.figures.sale(w.now(), w.rules)}
	s.start, s.step = s.model.Lots[0].StartingPriceFen, s.model.Lots[0].IncrementFen
	s.caseID, s.lot = w.list(s.model)
	return s
}

// announced publishes the sale's lot so many days ahead, for a day or so many.
func (s *sale) announced(lead, length time.Duration) {
	s.t.Helper()
	s.starts, s.ends = s.announce(s.lot, lead, length)
}

// unsold passes a sale in which nobody bids.
func (s *sale) unsold() {
	s.t.Helper()
	s.to(s.ends.Add(time.Second))
	if v := s.public.lot(s.lot); v.Outcome != "unsold" {
		s.t.Fatalf("nobody bid, and the lot is %s", v.Outcome)
	}
}

// next drafts the next sale of the property; what is refused on the way changes nothing.
func (s *sale) nextSale(kind string, start int64) {
	s.t.Helper()
	s.start = start
	s.lot = s.judges[0].post(path(s.lot, "next-sale"), map[string]any{
		"sale": kind, "starting_price_fen": start, "increment_fen": s.step, "deposit_fen": start / 10, "notifications": s.toldAnew(),
	}).made()
	s.seats, s.leader, s.price = nil, nil, 0
}

// toldAnew are the notices of a later sale, all served today, after the three days that R16 wants.
func (s *sale) toldAnew() []docket.Notification {
	s.t.Helper()
	day := s.now().In(law.CourtTime())
	notices := slices.Clone(s.model.Lots[0].Notifications)
	for i := range notices {
		notices[i].On = docket.Date(day.Format(time.DateOnly))
	}
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, law.CourtTime())
	if at := midnight.Add(3 * s.rules.Day); at.After(s.now()) {
		s.to(at)
	}
	return notices
}

// sold lets two bidders bid from the start to an end, and waits for it.
func (s *sale) sold() {
	s.t.Helper()
	for range 2 {
		s.seats = append(s.seats, s.admitted(s.register(), s.lot))
	}
	if s.now().Before(s.starts) {
		s.to(s.starts.Add(time.Minute))
	}
	s.took(s.seats[0], s.seats[0].raise(s.start))
	s.raiseByChance()
	s.ends = s.public.lot(s.lot).EndsAt
	s.to(s.ends.Add(time.Second))
	if v := s.public.lot(s.lot); v.Outcome != "sold" || v.PriceFen != s.price || v.Confirmation == nil {
		s.t.Fatalf("after the end: %+v", v)
	}
}

// toTheHandover pays, rules and hands over.
func (s *sale) toTheHandover() {
	s.t.Helper()
	s.depositsGoBackOf(s.seats)
	s.payBalance(s.leader, s.lot)
	s.ruling()
	judge := s.judges[0]
	type step struct {
		Step  string `json:"step"`
		State string `json:"state"`
	}
	var plan struct {
		Steps []step `json:"steps"`
	}
	judge.get(path(s.lot, "handover")).into(&plan)
	if len(plan.Steps) < 2 {
		s.t.Fatalf("the handing over has the steps %+v", plan.Steps)
	}
	settled := 0
	for i := range plan.Steps[:len(plan.Steps)-1] {
		one := plan.Steps[i]
		if one.State != "owed" {
			continue // who left need not be cleared
		}
		judge.post(path(s.lot, "handover/steps"), map[string]any{
			"step": one.Step, "note": "客厅沙发一组、空调两台，水电表读数已抄录", "vacate_by": s.now().Add(7 * oneDay), "outcome": "left",
		}).into(new(any))
		judge.get(path(s.lot, "handover")).into(&plan)
		settled++
	}
	if settled < 2 {
		s.t.Errorf("%d steps were settled: %+v", settled, plan.Steps)
	}
	s.to(s.now().Add(8 * oneDay))
	s.judges[0].post(path(s.lot, "handover"), map[string]any{}).into(new(any))
}

// depositsGoBackOf holds R23 for a sale's seats.
func (s *sale) depositsGoBackOf(seats []*seat) {
	s.t.Helper()
	for _, seat := range seats {
		want := "returned"
		if seat == s.leader {
			want = "applied"
		}
		if d := seat.deposit(); d.Status != want || d.SettledAt == nil || d.SettledAt.After(s.ends.Add(oneDay)) {
			s.t.Errorf("%s's deposit: %+v, want %s within a day of %s", seat.login, d, want, s.ends)
		}
	}
}

// closed holds what is true of every case at its end: sound books and log, duties in time, papers there.
func (s *sale) closed(name string, kinds ...string) {
	s.t.Helper()
	s.rig.Fsck()
	newAuditor(s.t).holds(s.rig.SiteURL)
	rows, err := s.pool.Query(s.t.Context(), `SELECT id, kind FROM sheets WHERE case_id = @case ORDER BY made_at, id`, pgx.NamedArgs{"case": s.caseID})
	if err != nil {
		s.t.Fatal(err)
	}
	type paper struct {
		ID   uuid.UUID
		Kind string
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[paper])
	if err != nil {
		s.t.Fatal(err)
	}
	for _, kind := range kinds {
		if !slices.ContainsFunc(list, func(p paper) bool { return p.Kind == kind }) {
			s.t.Errorf("the case has no %s", kind)
		}
	}
	into := os.Getenv(papersEnv)
	for i, p := range list {
		for _, lang := range []string{"zh-CN", "en"} {
			if into == "" && (i > 0 || lang == "en") {
				continue // printing takes seconds
			}
			file := s.sheet(p.ID, lang)
			if !strings.HasPrefix(string(file), "%PDF-") {
				s.t.Errorf("%s %s is no PDF: %.200s", p.Kind, lang, file)
			}
			if into != "" {
				to := filepath.Join(into, fmt.Sprintf("%s-%02d-%s-%s.pdf", name, i, p.Kind, lang))
				if err := os.WriteFile(to, file, 0o600); err != nil {
					s.t.Fatal(err)
				}
			}
		}
	}
	var late int
	if err := s.pool.QueryRow(s.t.Context(), `SELECT count(*) FROM trail WHERE case_id = $1 AND due_at IS NOT NULL`, s.caseID).Scan(&late); err != nil {
		s.t.Fatal(err)
	}
	if late != 0 {
		s.t.Errorf("%d acts of the case are on record as late", late)
	}
}

// sheet is a paper as a judge prints it.
func (s *sale) sheet(id uuid.UUID, lang string) []byte {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.rig.SiteURL+"/papers/"+id.String()+".pdf?lang="+lang, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.judges[0].token)
	req.Header.Set("Accept-Language", lang)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return body
}

// R11, R22, R25, R20r: sold at once, paid, ruled, handed over.
func TestR22_ACaseSoldAtOnce(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.listed()
	s.announced(30*oneDay+time.Hour, oneDay)
	s.sold()
	s.toTheHandover()
	if fund := w.public.fund(s.caseID); fund["proceeds"] != s.price || fund["escrow"] != 0 {
		t.Errorf("the price is %d, the fund %v", s.price, fund)
	}
	s.divided()
	s.paidOut()
	s.closed("at-once", "special_notices", "buyer_receipt", "ruling_draft", "registry_notice", "handover_record")
}

// R26, R26s: unsold twice, then sold off: the first bid comes on the 41st of the 60 days, and a day of bidding decides.
func TestR26s_ACaseUnsoldTwiceAndSoldOffOnDay41(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.listed()
	s.announced(30*oneDay+time.Hour, oneDay)
	s.unsold()
	first := s.start
	lower := (first*80 + 99) / 100 // at most 20 % below
	call := path(s.lot, "next-sale")
	w.unchanged("a second sale a fen too low", func() {
		got := w.judges[0].post(call, map[string]any{"sale": "second", "starting_price_fen": lower - 1, "increment_fen": s.step, "deposit_fen": lower / 10}).
			refused(http.StatusUnprocessableEntity, "reserve_too_low")
		if got.Rule != "R26" {
			t.Errorf("refused by %q", got.Rule)
		}
	})
	s.nextSale("second", lower)
	s.announced(15*oneDay+time.Hour, oneDay)
	s.unsold()
	w.judges[0].post(path(s.lot, "creditors-asked"), map[string]any{"how": docket.Text{Zh: "书面征询", En: "asked in writing"}}).into(new(any))
	s.nextSale("sell_off", lower)
	s.announced(15*oneDay+time.Hour, 60*oneDay)
	w.to(s.starts.Add(40*oneDay + time.Hour)) // the 41st day
	before := w.now()
	s.sold()
	if course := s.ends.Sub(before); course < oneDay || course > oneDay+10*time.Minute {
		t.Errorf("the first bid of the sell-off began %s of bidding, want a day", course)
	}
	s.toTheHandover()
	s.divided()
	s.paidOut()
	s.closed("sold-off", "ruling_draft", "handover_record")
}

// R24: sold, defaulted, sold again for less; the deposit covers the costs and the shortfall, and the rest of it the debt.
func TestR24_ACaseDefaultedWhoseDepositCoversTheShortfall(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.listed()
	s.announced(30*oneDay+time.Hour, oneDay)
	s.sold()
	sold, price, deposit := s.lot, s.price, s.model.Lots[0].DepositFen
	w.to(w.public.lot(s.lot).BalanceDueAt.Add(time.Minute))
	if v := w.public.lot(s.lot); v.Outcome != "defaulted" {
		t.Fatalf("the buyer did not pay, and the lot is %s", v.Outcome)
	}
	s.nextSale("resale", s.start)
	s.announced(30*oneDay+time.Hour, oneDay)
	s.seats = []*seat{w.admitted(w.register(), s.lot)}
	w.to(s.starts.Add(time.Minute))
	s.took(s.seats[0], s.seats[0].raise(s.start)) // at least two steps less than before
	w.to(s.ends.Add(time.Second))
	s.toTheHandover()
	const costs = 12_345
	w.judges[0].post(path(sold, "costs"), map[string]any{"costs_fen": costs}).into(new(any))
	w.settle()
	var used struct {
		Forfeit struct {
			DepositFen   int64 `json:"deposit_fen"`
			CostsFen     int64 `json:"costs_fen"`
			ShortfallFen int64 `json:"shortfall_fen"`
			DebtFen      int64 `json:"debt_fen"`
			KeptFen      int64 `json:"kept_fen"`
		} `json:"forfeit"`
	}
	w.public.get(path(sold, "costs")).into(&used)
	u, short := used.Forfeit, price-s.price
	debt := min(max(s.model.ClaimFen-s.price-short, 0), deposit-costs-short)
	if short <= 0 || short+costs > deposit || u.DepositFen != deposit || u.CostsFen != costs || u.ShortfallFen != short || u.DebtFen != debt || u.KeptFen != deposit-costs-short-debt {
		t.Errorf("of %d for a shortfall of %d were used %+v", deposit, short, u)
	}
	if fund := w.public.fund(s.caseID); fund["proceeds"] != s.price+short+debt || fund["costs"] != costs || fund["forfeits"] != u.KeptFen {
		t.Errorf("the fund is %v", fund)
	}
	s.divided()
	s.paidOut()
	s.closed("defaulted", "ruling_draft", "handover_record")
}

// R31, R24x: a buyer who did not pay because the announcement was wrong objects; the sale is set aside, the deposit comes back, and the
// buyer may bid when the property is sold again.
func TestR31_ACaseDefaultedAndSetAsideOverTheAPI(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.listed()
	s.announced(30*oneDay+time.Hour, oneDay)
	s.sold()
	fallen, buyer := s.lot, s.leader
	w.to(w.public.lot(s.lot).BalanceDueAt.Add(time.Minute))
	if d := buyer.deposit(); d.Status != "forfeited" {
		t.Fatalf("the defaulter's deposit is %s", d.Status)
	}
	s.nextSale("resale", s.start)
	s.announced(30*oneDay+time.Hour, oneDay)
	yes := map[string]any{"accept_notices": true, "promise_limits": true}
	buyer.post(path(s.lot, "enrolments"), yes).refused(http.StatusForbidden, "defaulter_excluded")
	why := docket.Text{Zh: "公告所述面积与实际严重不符。", En: "The stated floor area is far from the real one."}
	id := buyer.post(path(fallen, "objections"), map[string]any{"capacity": "bidder", "kind": "set_aside", "ground": "untrue_statement", "text": "面积不符"}).made()
	call, ruling := path(fallen, "setting-aside"), map[string]any{"objection": id, "reason": why}
	w.unchanged("a setting aside before the decision", func() {
		if got := w.judges[0].post(call, ruling).refused(http.StatusConflict, "objection_not_founded"); got.Rule != "R31" || got.Article == "" {
			t.Errorf("refused by %+v", got)
		}
		buyer.post(call, ruling).refused(http.StatusForbidden, "role_forbidden")
		w.public.get(call).refused(http.StatusNotFound, "not_found")
	})
	w.judges[1].post(fmt.Sprintf("/api/v1/objections/%s/decision", id), map[string]any{"founded": true, "reason": why}).into(new(any))
	w.judges[0].post(call, ruling).into(new(any))
	w.settle()
	var aside struct {
		Ground      string `json:"ground"`
		ReversedFen int64  `json:"reversed_fen"`
	}
	w.public.get(call).into(&aside)
	if v := w.public.lot(fallen); v.Outcome != "set_aside" || aside.Ground != "untrue_statement" || aside.ReversedFen != s.model.Lots[0].DepositFen {
		t.Errorf("the lot is %s, %+v", v.Outcome, aside)
	}
	if d := buyer.deposit(); d.Status != "returned" {
		t.Errorf("the deposit is %s", d.Status)
	}
	w.admitted(buyer.person, s.lot)
	s.closed("defaulted-and-fallen", "setting_aside_draft")
}

// R31: sold, paid and ruled; then a superior court orders the sale to be set aside. All the money goes back, and the ruling on paper.
func TestR31_ACaseRuledAndSetAsideByOrder(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.listed()
	s.announced(30*oneDay+time.Hour, oneDay)
	s.sold()
	s.depositsGoBackOf(s.seats)
	s.payBalance(s.leader, s.lot)
	s.ruling()
	w.judges[1].post(path(s.lot, "setting-aside"), map[string]any{
		"order": docket.Text{Zh: "江澜市中级人民法院（2026）皖99执监7号执行裁定", En: "ruling (2026) Wan 99 Zhi Jian No. 7 of Jianglan Intermediate People’s Court"}, "ground": "system_fault", "sold_again": true,
		"reason": docket.Text{Zh: "竞价系统数据错误，致拍卖结果错误，严重损害其他竞买人利益。", En: "A data error of the bidding system made the result wrong and gravely harmed other bidders."},
	}).into(new(any))
	w.settle()
	if fund := w.public.fund(s.caseID); fund["proceeds"] != 0 || fund["escrow"] != 0 || fund["recoverable"] != 0 {
		t.Errorf("after all went back the fund is %v", fund)
	}
	if d := s.leader.deposit(); d.Status != "returned" {
		t.Errorf("the deposit is %s", d.Status)
	}
	s.closed("ruled-and-fallen", "ruling_draft", "registry_notice", "setting_aside_draft")
}
