package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"mingchui/auction/docket"
	"mingchui/auction/law"
	"mingchui/web/account"
)

// The whole road through the pages alone: three judges, three bidders, finance
// and the public, in each language. Between the steps the clock is stepped.
func TestBrowserWalksTheWholeRoad(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	for _, language := range []string{"zh-CN", "en"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			world := openWorld(t, seed, law.Demonstration())
			w := &stroll{world: world, browser: openBrowser(t, world.rig.SiteURL, language), model: world.figures.sale(world.now(), world.rules)}
			w.model.Lots[0].Payment.BalanceDueDays = 30 // minutes here; the pages take seconds of them
			w.public = w.reader("public")
			w.lists()
			w.announces()
			w.enrolsThree()
			w.bidLive()
			w.closes()
			w.pays()
			w.rulesOn()
			w.divides()
			w.verifies()
			world.rig.Fsck()
		})
	}
}

// stroll is one lot and the people on its road.
type stroll struct {
	*world
	*browser
	model   docket.Case
	public  *reader
	judges  []*reader
	bidders []*reader
	lot     uuid.UUID
	href    string
	ends    time.Time
}

// signIn goes through the page of it.
func (w *stroll) signIn(login string) *reader {
	w.world.t.Helper()
	r := w.reader(login)
	r.goTo("/sign-in")
	r.fill("#login", login)
	r.fill("#password", password)
	r.submit("main form button.main")
	return r
}

// lists: a judge brings a docket file; one with a broken line is refused with
// its line; three judges vote.
func (w *stroll) lists() {
	t := w.world.t
	t.Helper()
	for i := range 3 {
		w.judges = append(w.judges, w.signIn(fmt.Sprintf("judge%d", i+1)))
	}
	judge := w.judges[0]
	judge.page("bench")
	file := w.figures.asDocket(w.model)
	bad, line := broken(t, file)
	dir := t.TempDir()
	for name, content := range map[string][]byte{"docket.json": file, "broken.json": bad} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	judge.goTo("/bench/import")
	judge.page("import")
	judge.run("choose a file", chromedp.SetUploadFiles("#file", []string{filepath.Join(dir, "broken.json")}, chromedp.ByQuery))
	judge.submit("main form button.main")
	judge.sees(".redline td.n", strconv.Itoa(line)+":")
	judge.page("import-refused")
	judge.run("choose a file", chromedp.SetUploadFiles("#file", []string{filepath.Join(dir, "docket.json")}, chromedp.ByQuery))
	judge.submit("main form button.main")
	judge.sees("main [role=status]", "1")
	title := w.model.Lots[0].Title.In(w.judgeLanguage())
	for i, j := range w.judges {
		j.goTo("/bench")
		j.sees("main a", title)
		j.run("open the lot", chromedp.Evaluate(fmt.Sprintf(`document.documentElement.dataset.left = "yes"; [...document.querySelectorAll("main a")].find((a) => a.textContent.includes(%q) && a.getAttribute("href").startsWith("/bench/lots/")).click()`, title), nil))
		j.until("the lot on the bench", `!document.documentElement.dataset.left && document.readyState === "complete"`)
		if i == 0 {
			j.page("bench-vote")
			w.href = "/lots/" + j.attribute("#vote form", "action")[len("/bench/lots/"):][:36]
			w.lot = uuid.MustParse(w.href[len("/lots/"):])
		}
		j.submit("#vote button[value=approve]")
		j.sees("main [role=status]", "")
	}
}

func (w *stroll) judgeLanguage() string {
	if strings.Contains(w.world.t.Name(), "zh") {
		return "zh"
	}
	return "en"
}

// courtTime is how a form writes the court's local time.
func courtTime(at time.Time) string {
	return at.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("2006-01-02T15:04:05")
}

// announces: too early a start is refused with its article beside the form, the
// right one goes through; then the public finds the lot.
func (w *stroll) announces() {
	judge := w.judges[0]
	judge.goTo("/bench" + w.href)
	judge.page("bench-announce")
	lead := w.world.rules.AnnounceLead(law.First, law.Immovable)
	judge.set("#starts_at", courtTime(w.now().Add(lead-5*time.Minute)))
	judge.set("#ends_at", courtTime(w.now().Add(lead+55*time.Minute)))
	judge.submit("#announce button.main")
	judge.sees(".redline .fault", "announcement_too_late")
	judge.page("bench-refused")
	starts := w.now().Add(lead + 2*time.Minute).Truncate(time.Second)
	w.ends = starts.Add(time.Hour)
	judge.set("#starts_at", courtTime(starts))
	judge.set("#ends_at", courtTime(w.ends))
	judge.submit("#announce button.main")
	judge.sees("main [role=status]", "")
	w.settle()
	judge.page("bench-announced")

	p := w.public
	p.goTo("/")
	p.page("home")
	p.goTo("/lots")
	p.page("lots")
	title := w.model.Lots[0].Title.In(w.judgeLanguage())
	p.goTo("/lots?q=" + urlQuery(title))
	p.sees("main a", title)
	p.page("lots-found")
	p.goTo(w.href)
	p.sees("h1", title)
	p.page("lot-announced")
	p.goTo(w.href + "/announcement")
	p.page("announcement")
	w.world.to(starts.Add(-10 * time.Minute))
}

// enrolsThree: three people register, enrol, and pay on the payment page; one is
// declined first.
func (w *stroll) enrolsThree() {
	for i := range 3 {
		r := w.reader(fmt.Sprintf("bidder%d", i+1))
		r.goTo(w.href)
		r.goTo("/register?next=" + w.href + "/enrol")
		if i == 0 {
			r.page("register")
		}
		r.fill("#login", fmt.Sprintf("walker%d", i+1))
		r.fill("#password", password)
		r.fill("#real_name", w.figures.name().Zh)
		if r.count("#id_number") > 0 {
			r.fill("#id_number", fmt.Sprintf("11010519491231%03dX", i))
		}
		r.submit("main form button.main")
		r.sees("main form input[name=accept_notices]", "")
		if i == 0 {
			r.page("enrol")
		}
		r.run("accept the notices", chromedp.Click("input[name=accept_notices]", chromedp.ByQuery))
		if w.model.Lots[0].PurchaseLimits != nil {
			r.run("promise the purchase limits", chromedp.Click("input[name=promise_limits]", chromedp.ByQuery))
		}
		r.submit("main form button.main")
		if code := r.text(".code-big"); len(code) != 5 {
			w.world.t.Errorf("the bidder code is %q", code)
		}
		if i == 0 {
			r.page("enrol-code")
		}
		r.submit("main a.main")
		if i == 0 {
			r.page("payment")
			r.submit("button[value=decline]")
			r.sees("[role=alert]", "")
			r.page("payment-declined")
		}
		r.submit("button[value=succeed]")
		w.settle()
		r.goTo(w.href + "/enrol")
		if i == 0 {
			r.page("enrol-admitted")
			r.goTo("/me")
			r.page("me")
		}
		w.bidders = append(w.bidders, r)
	}
}

// bidLive: the live room. Who leads and who is outbid shows without a reload,
// and so does an end that moves (R20c).
func (w *stroll) bidLive() {
	t := w.world.t
	a, b, c := w.bidders[0], w.bidders[1], w.bidders[2]
	w.world.to(w.ends.Add(-30 * time.Minute))
	for _, r := range []*reader{a, b, c, w.public} {
		r.goTo(w.href)
		r.sees("h1", "")
	}
	a.page("live-before-bids")
	w.raises(a)
	b.sees("[data-record] th", "")
	w.raises(b)
	a.sees(`[data-lead="outbid"]`, "")
	a.page("live-outbid")
	b.page("live-leading")
	// An amount of one's own: off the increment it is told so, and nothing is sent.
	before := len(w.world.public.bids(w.lot))
	step := w.model.Lots[0].IncrementFen
	price := w.world.public.lot(w.lot).PriceFen
	c.fill("#own", yuan(price+step+1))
	c.run("review", chromedp.Click("[data-own-form] button", chromedp.ByQuery))
	c.sees("[data-own-error] .err", "")
	c.page("live-off-increment")
	// A bid that the price has overtaken: it is refused, and its receipt is one press away.
	c.run("an old price", chromedp.SetAttributeValue("[data-raise-form] button", "value", strconv.FormatInt(price, 10), chromedp.ByQuery),
		chromedp.Click("[data-raise-form] button", chromedp.ByQuery), chromedp.Click("#confirm button[value=yes]", chromedp.ByQuery, chromedp.NodeVisible))
	c.sees(`[data-lead="refused"]`, "")
	c.sees(`[data-refusal]:not([hidden]) button`, "")
	var token string
	c.run("its token", chromedp.Value("[data-refusal] [name=token]", &token, chromedp.ByQuery))
	receipt, err := w.world.rig.House.Engine.RefusalReceipt(t.Context(), token)
	if err != nil || !strings.Contains(receipt.Refusal, `"answer":"bid_too_low"`) {
		t.Errorf("the receipt of a refused bid: %+v, %v", receipt, err)
	}
	c.page("live-refused")
	c.fill("#own", yuan(price+3*step))
	c.run("review", chromedp.Click("[data-own-form] button", chromedp.ByQuery))
	w.confirms(c)
	b.sees(`[data-lead="outbid"]`, "")
	if after := len(w.world.public.bids(w.lot)); after != before+1 {
		t.Errorf("there were %d bids before and %d after one", before, after)
	}
	w.public.sees("[data-record] td.n", "")
	w.public.page("live-watched")
	// In the closing window a bid moves the end.
	w.world.to(w.ends.Add(-40 * time.Second))
	w.raises(a)
	if v := w.world.public.lot(w.lot); v.Extensions != 1 || !v.EndsAt.After(w.ends) {
		t.Errorf("a bid in the closing window: %+v", v)
	}
	w.public.sees("[data-chip]", "1")
	a.page("live-extended")
}

// raises by one increment, and says yes when asked.
func (w *stroll) raises(r *reader) {
	r.run("raise", chromedp.Click("[data-raise-form] button:not([disabled])", chromedp.ByQuery, chromedp.NodeVisible))
	w.confirms(r)
}

func (w *stroll) confirms(r *reader) {
	r.run("confirm", chromedp.Click("#confirm button[value=yes]", chromedp.ByQuery, chromedp.NodeVisible))
	r.sees(`[data-lead="leading"]`, "")
}

// yuan writes fen as a person types an amount.
func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// closes: five minutes without a bid; the winner is told, the public reads the
// confirmation with the buyer's name, and the record with the replay.
func (w *stroll) closes() {
	winner := w.bidders[0]
	w.world.to(w.world.public.lot(w.lot).EndsAt.Add(time.Second))
	winner.sees(`[data-lead="won"]`, "")
	winner.page("live-won")
	v := w.world.public.lot(w.lot)
	if v.Status != "ended" || v.Outcome != "sold" || v.Confirmation == nil {
		w.world.t.Fatalf("after the end: %+v", v)
	}
	p := w.public
	p.goTo(w.href)
	p.sees(".doc", v.Confirmation.BuyerName)
	p.page("lot-ended")
	p.goTo(w.href + "/bids")
	if n := p.count("main tbody tr[data-seq]"); n != v.Bids {
		w.world.t.Errorf("the record shows %d bids of %d", n, v.Bids)
	}
	p.page("record")
	loser := w.bidders[1]
	loser.goTo("/me")
	loser.page("me-returned")
}

// pays: the winner pays the rest from the own desk; the money stands in the
// case's fund, for finance and for everybody.
func (w *stroll) pays() {
	winner := w.bidders[0]
	winner.goTo("/me")
	winner.page("me-won")
	for w.world.public.lot(w.lot).Outcome != "paid" {
		winner.goTo("/me")
		winner.submit(fmt.Sprintf("form[action=%q] button", w.href+"/balance"))
		winner.submit("button[value=succeed]")
		w.settle()
	}
	winner.goTo("/me")
	winner.page("me-paid")
	w.staff("finance1", account.Finance)
	finance := w.signIn("finance1")
	finance.sees("main table a", w.model.Number)
	finance.page("funds")
	finance.submit("main table a")
	finance.page("fund")
	p := w.public
	p.goTo("/funds")
	p.page("funds-public")
	p.goTo("/results")
	p.page("results")
}

// rulesOn: the court's ruling and the handing over end the road (R20r).
func (w *stroll) rulesOn() {
	judge := w.judges[0]
	judge.goTo("/bench")
	judge.page("bench-due")
	judge.goTo("/bench" + w.href)
	if w.model.Lots[0].PurchaseLimits != nil {
		judge.fill("#eligibility-proof", strings.Repeat("5a", 32))
		judge.page("bench-eligibility")
		judge.submit("#eligibility button[value=qualified]")
	}
	judge.fill("#number", w.model.Number+"之一")
	judge.submit("#rule button.main")
	judge.sees("main [role=status]", "")
	judge.page("bench-ruled")
	judge.submit("#hand_over button")
	judge.sees("main [role=status]", "")
	judge.page("bench-handed-over")
	if judge.count("#hand_over") > 0 {
		w.world.t.Error("the handing over is on record and asked for again")
	}
	if v := w.world.public.lot(w.lot); v.Outcome != "ruled" {
		w.world.t.Errorf("after the ruling the lot is %s", v.Outcome)
	}
}

// verifies: anybody has the record run again, and looks a receipt up.
func (w *stroll) verifies() {
	w.rig.Fsck() // gives the last entries their place
	p := w.public
	p.goTo("/verify")
	p.page("verify")
	p.goTo("/verify?q=" + w.lot.String())
	p.sees(".verdict", "")
	p.page("verify-lot")
	if n := p.count(".verdict use[href$=s-warn]"); n != 0 {
		w.world.t.Errorf("the record does not hold: %s", p.text(".verdict"))
	}
	winner := w.bidders[0]
	winner.goTo(w.href)
	winner.page("lot-won")
	p.goTo("/guide")
	p.page("guide")
	p.goTo("/lots/" + uuid.NewString())
	p.page("not-found")
}
