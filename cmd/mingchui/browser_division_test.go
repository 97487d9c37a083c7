package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"mingchui/web/account"
)

// choose picks an option of a select by what it says.
func (r *reader) choose(selector, text string) {
	r.run("choose "+text, chromedp.Evaluate(fmt.Sprintf(`{ const s = document.querySelector(%q); s.value = [...s.options].find((o) => o.text.includes(%q)).value; s.dispatchEvent(new Event("change", {bubbles: true})) }`, selector, text), nil))
}

// caseID is the lot's case.
func (w *stroll) caseID() (id uuid.UUID) {
	w.world.t.Helper()
	if err := w.rig.House.Pool.QueryRow(w.world.t.Context(), `SELECT case_id FROM lots WHERE id = $1`, w.lot).Scan(&id); err != nil {
		w.world.t.Fatal(err)
	}
	return id
}

// divides: two people of finance divide the money and pay it out by the pages; a judge objects for nobody, three vote, and everybody reads the whole course.
func (w *stroll) divides() {
	first := w.signIn("finance1")
	w.staff("finance2", account.Finance)
	second := w.signIn("finance2")
	proceeds := w.world.public.fund(w.caseID())["proceeds"]
	page := "/cases/" + w.caseID().String() + "/division"
	first.goTo("/cases/" + w.caseID().String() + "/fund")
	first.submit(fmt.Sprintf("a[href=%q]", page))
	first.page("division-none")
	lodge := func(name string, fen int64) {
		first.run("open the form", chromedp.Evaluate(`document.querySelector("details:has(#claim)").open = true`, nil))
		first.fill("#claim-creditor_zh", name)
		first.set("#claim-kind", "ordinary")
		first.fill("#claim-amount_fen", yuan(fen))
		first.fill("#claim-instrument", "（2025）皖9902民初88号")
		first.submit("#claim button.btn")
		first.sees("main [role=status]", "")
	}
	lodge("甲某债权人", proceeds)
	lodge("乙某债权人", proceeds/2)
	first.submit("#make button.main")
	first.sees("main [role=status]", "")
	now := courtTime(w.world.now())
	for i := range first.count("#service input[type=datetime-local]") {
		first.run("received", chromedp.Evaluate(fmt.Sprintf(`document.querySelectorAll("#service input[type=datetime-local]")[%d].value = %q`, i, now), nil))
	}
	first.page("division-service")
	first.submit("#service button.main")
	first.sees("main [role=status]", "")
	w.objectedTo(first)
	w.world.to(w.world.now().Add(16 * time.Minute)) // days of the demonstration
	for _, j := range w.judges {
		j.goTo(page)
		j.submit("#vote button.main")
		j.sees("main [role=status]", "")
	}
	first.goTo(page)
	if first.count("#approval") != 0 {
		w.world.t.Error("who made the plan is asked to approve it")
	}
	first.page("division-mine")
	second.goTo(page)
	second.page("division-approval")
	second.set("#approval-sure", "yes")
	if second.count("#approval-late_zh") > 0 {
		for _, name := range []string{"late_zh", "late_en", "superior_zh", "superior_en"} {
			second.fill("#approval-"+name, "异议期未满")
		}
	}
	second.submit("#approval button.main")
	second.sees("main [role=status]", "")
	for i, name := range []string{"甲某债权人", "乙某债权人"} {
		first.goTo(page)
		first.choose("#payee-to", name)
		first.fill("#payee-holder", name)
		first.fill("#payee-bank", "江澜银行")
		first.fill("#payee-number", "622200001111222"+strings.Repeat(fmt.Sprint(i), 2))
		first.submit("#payee button.btn")
		first.sees("main [role=status]", "")
	}
	second.goTo(page)
	second.page("division-send")
	second.submit("#file button.main")
	second.sees("main [role=status]", "")
	for i := range 2 {
		second.fill("#result-bank_reference", fmt.Sprintf("B%d", i))
		second.submit("#result button[value=paid]")
		second.sees("main [role=status]", "")
	}
	second.page("division-paid")
	w.public.goTo("/cases/" + w.caseID().String() + "/fund")
	w.public.page("fund-divided")
	if text := w.public.text("main"); strings.Contains(text, "某债权人") {
		w.world.t.Error("the public page names a creditor")
	}
	if fund := w.world.public.fund(w.caseID()); fund["proceeds"] != 0 || fund["paid_out"] != 0 {
		w.world.t.Errorf("after the payout the fund holds %v", fund)
	}
}

// objectedTo: an objection is recorded and withdrawn again.
func (w *stroll) objectedTo(finance *reader) {
	finance.fill("#objection-asked_fen", "1.00")
	finance.fill("#objection-text", "已部分清偿")
	finance.submit("#objection button.btn")
	finance.sees("main [role=status]", "")
	finance.page("division-objected")
	finance.set("#step-step", "withdrawn")
	finance.submit("#step button.btn")
	finance.sees("main [role=status]", "")
}
