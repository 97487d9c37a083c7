package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mingchui/auction/law"
	"mingchui/web"
	"mingchui/web/account"
)

// standing is the court's word on who somebody is.
func (s *sale) standing(who person, capacity string) {
	s.t.Helper()
	s.judges[0].post(path(s.lot, "standings"), map[string]any{"login": who.login, "capacity": capacity}).into(new(any))
}

// R12d, R17: the applicant creditor and the debtor may take part. The creditor need not pay a deposit, or the difference when the
// claim is smaller: a claim of the deposit owes nothing, a fen less owes one fen; the debtor pays it whole.
func TestR12d_CreditorAndDebtorMayTakePart(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	for name, short := range map[string]int64{"claim of the deposit": 0, "claim a fen below": 1, "claim a fen above": -1} {
		s := &sale{world: w, model: w.figures.sale(w.now(), w.rules)}
		deposit := s.model.Lots[0].DepositFen
		s.model.ClaimFen = deposit - short
		s.caseID, s.lot = w.list(s.model)
		s.starts, s.ends = w.announce(s.lot, 30*24*time.Hour+time.Hour, 24*time.Hour)
		creditor, debtor := w.register(), w.register()
		call, yes := path(s.lot, "enrolments"), map[string]any{"accept_notices": true, "promise_limits": true, "capacity": "creditor"}
		if got := creditor.post(call, yes).refused(http.StatusForbidden, "priority_not_confirmed"); got.Rule != "R19" {
			t.Errorf("%s: refused by %q", name, got.Rule)
		}
		s.standing(creditor, "creditor")
		var e enrolment
		creditor.post(call, yes).into(&e)
		if want := max(short, 0); e.Deposit.AmountFen != want {
			t.Errorf("%s: the creditor's deposit is %d, want %d", name, e.Deposit.AmountFen, want)
		}
		yes["capacity"] = "ordinary"
		debtor.post(call, yes).into(&e)
		if e.Deposit.AmountFen != deposit {
			t.Errorf("%s: the debtor's deposit is %d, want %d", name, e.Deposit.AmountFen, deposit)
		}
	}
}

// R17h: who enrols for a house under purchase limits promises to meet them.
func TestR17h_TheBidderPromisesTheCondition(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	if s.model.Lots[0].PurchaseLimits == nil {
		t.Fatal("the model has no purchase limits")
	}
	who, call := w.register(), path(s.lot, "enrolments")
	w.unchanged("an enrolment without the promise", func() {
		got := who.post(call, map[string]any{"accept_notices": true}).refused(http.StatusConflict, "limits_unpromised")
		if got.Rule != "R17h" || got.Field != "promise_limits" {
			t.Errorf("refused by %+v", got)
		}
	})
	w.enrol(who, s.lot)
}

// R34, R24x: the same person is known by the identity number, whatever the account; an auxiliary firm by its name.
func TestR34_ABarredPersonComesBackUnderAnotherAccount(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	w.bidders++
	number := fmt.Sprintf("11010519491231%03dX", w.bidders)
	open := func(login, name, number string) person {
		w.public.post("/api/v1/accounts", map[string]string{"login": login, "password": password, "real_name": name, "id_number": number}).into(new(any))
		return w.public.signIn(login)
	}
	first, second := open("firstaccount", "赵明", number), open("secondaccount", "赵明", number)
	yes := map[string]any{"accept_notices": true, "promise_limits": true}
	if err := w.rig.House.Accounts.Bar(t.Context(), w.account(first), "close relative of the executing judge"); err != nil {
		t.Fatal(err)
	}
	for _, who := range []person{first, second} {
		if got := who.post(path(s.lot, "enrolments"), yes).refused(http.StatusForbidden, "barred_person"); got.Rule != "R34" {
			t.Errorf("refused by %q", got.Rule)
		}
	}
	if len(s.model.Lots[0].Auxiliary) == 0 {
		t.Fatal("the model names no auxiliary firm")
	}
	firm := open("thefirm", s.model.Lots[0].Auxiliary[0].Name.Zh, "91340000MA2N000001")
	firm.post(path(s.lot, "enrolments"), yes).refused(http.StatusForbidden, "barred_person")
	w.enrol(open("somebodyelse", "赵明", number[:14]+"999X"), s.lot)
}

// R8, R18: no page and no call shows staff of court or platform who enrolled before the end.
func TestR8_NobodyWatchesBiddersFromBehind(t *testing.T) {
	t.Parallel()
	w := openWorld(t, seedOf(t), law.China2017())
	s := w.sealedSale()
	who := w.register()
	var me struct {
		RealName string `json:"real_name"`
	}
	who.get("/api/v1/me").into(&me)
	w.admitted(who, s.lot)
	number := fmt.Sprintf("11010519491231%03dX", w.bidders)
	staff := map[string]person{"judge": s.judges[0], "nobody": w.public}
	for role, login := range map[string]string{"finance": "r8finance", "inspector": "r8inspector", "operator": "r8operator", "clerk": "r8clerk"} {
		staff[role] = w.staff(login, account.Role(role))
	}
	looked := 0
	for _, at := range []time.Time{w.now(), s.starts.Add(time.Minute)} {
		w.to(at)
		for _, a := range web.Table() {
			if a.Method != http.MethodGet || strings.HasSuffix(a.Path, "/events") {
				continue
			}
			call := strings.NewReplacer("{lot}", s.lot.String(), "{case}", s.caseID.String(), "{tile}", "0/000").Replace(a.Path)
			if strings.Contains(call, "{") {
				continue
			}
			for role, p := range staff {
				body := string(p.get(call).body)
				looked++
				for what, mark := range map[string]string{"login": who.login, "number": number, "account": w.account(who).String()} {
					if strings.Contains(body, mark) {
						t.Errorf("%s reads the bidder's %s in GET %s", role, what, a.Path)
					}
				}
				if me.RealName != "" && strings.Contains(body, `"`+me.RealName+`"`) && !strings.Contains(call, "/me") {
					t.Errorf("%s reads the bidder's name in GET %s", role, a.Path)
				}
			}
		}
	}
	if looked < 200 {
		t.Errorf("only %d answers were looked at", looked)
	}
}
