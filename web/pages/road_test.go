package pages_test

import (
	"bytes"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
	"mingchui/web/pages"
)

// imported uploads the demonstration court's file and returns the phone's lot:
// a movable of little value, start 2,600 yuan, increment 50, deposit 300.
func (w *world) imported(judge *browser) string {
	w.t.Helper()
	src, err := os.ReadFile("../../cmd/mingchui/court/docket.json")
	w.must(err)
	judge.upload("/bench/import", "docket.json", src)
	judge.want(http.StatusOK, "已导入")
	var id string
	w.must(w.pool.QueryRow(w.t.Context(), `SELECT id::text FROM lots WHERE starting_price_fen = 260000 AND increment_fen = 5000 AND deposit_fen = 30000`).Scan(&id))
	return id
}

const formTime = "2006-01-02T15:04:05"

func beijing(t time.Time) string {
	return t.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format(formTime)
}

// announced brings the phone to the public by forms; bidding starts in sixteen days.
func (w *world) announced() string {
	w.t.Helper()
	judges := []*browser{w.signedIn("judge1"), w.signedIn("judge2"), w.signedIn("judge3")}
	lot := w.imported(judges[0])
	for _, j := range judges {
		j.get("/bench/lots/" + lot)
		j.want(http.StatusOK, "合议表决")
		j.post("/bench/lots/"+lot+"/vote", "act", "approve", "terms_digest", j.find(`name="terms_digest"[^>]*value="([0-9a-f]{64})"`))
		j.want(http.StatusOK, "您的表决已记录")
	}
	judge := judges[0]
	now := w.clock.Now()
	judge.post("/bench/lots/"+lot+"/announce", "starts_at", beijing(now.Add(24*time.Hour)), "ends_at", beijing(now.Add(25*time.Hour)))
	judge.want(http.StatusUnprocessableEntity, "不能公告", "announcement_too_late", "bidding_too_short", "R12", "R20b", "法释〔2016〕18号第12条")
	starts := now.Add(16 * 24 * time.Hour)
	judge.post("/bench/lots/"+lot+"/announce", "starts_at", beijing(starts), "ends_at", beijing(starts.Add(24*time.Hour)))
	judge.want(http.StatusOK, "公告已发布")
	_, err := w.runner.RunDue(w.t.Context())
	w.must(err)
	return lot
}

// enrolled enrols by the form, pays and returns the code.
func (w *world) enrolled(b *browser, lot string) (code, passphrase string) {
	w.t.Helper()
	b.post("/lots/"+lot+"/enrol", "capacity", "ordinary")
	b.want(http.StatusConflict, "notices_not_accepted", "R14")
	b.post("/lots/"+lot+"/enrol", "capacity", "ordinary", "accept_notices", "yes")
	b.want(http.StatusOK, "只显示这一次")
	if got := b.header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		w.t.Errorf("the page with the passphrase may be kept: %s", got)
	}
	code, passphrase = b.find(`class="code-big">([A-Z2-9]{5})<`), b.find(`class="mono">([^<]{16,})</dd>`)
	b.post(b.find(`class="btn main" href="(http[^"]+)"`), "outcome", "succeed")
	w.settle()
	b.get("/lots/" + lot + "/enrol?paid=1")
	b.want(http.StatusOK, "已确认")
	b.lacks(code, passphrase)
	return code, passphrase
}

// The whole road by forms alone: no JavaScript, no API.
func TestTheRoadWithoutJavaScript(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	public := w.browser()
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "可报名", "报名参加竞买", "这是测试。")
	one, two := w.signedIn("bidder1"), w.signedIn("bidder2")
	codeOne, _ := w.enrolled(one, lot)
	codeTwo, passTwo := w.enrolled(two, lot)

	w.clock.To(w.clock.Now().Add(16*24*time.Hour + time.Minute))
	one.get("/lots/" + lot)
	one.want(http.StatusOK, "您还没有出价", codeOne, "竞价会话，不含账户")
	one.lacks("bidder1", "测试bidder1") // R18: the room shows no account
	one.post("/lots/"+lot+"/bid", "amount", "2,612", "key", "k-one-0")
	one.want(http.StatusOK, "确认出价", "人民币贰仟陆佰壹拾贰元整")
	one.post("/lots/"+lot+"/bid", "amount_fen", one.find(`name="amount_fen" value="(\d+)"`), "key", one.find(`name="key" value="([^"]+)"`), "confirm", "yes")
	one.want(http.StatusConflict, "off_increment", "R20a")
	w.refused(one, public, lot, codeOne)
	one.post("/lots/"+lot+"/bid", "amount_fen", "260000", "key", "k-one-1", "confirm", "yes")
	one.want(http.StatusOK, "您正领先", "您的出价已确认")
	one.post("/lots/"+lot+"/bid", "amount", "twelve", "key", "k")
	one.want(http.StatusUnprocessableEntity, "amount_invalid")

	// A browser that only knows code and passphrase bids as well as the one that enrolled.
	other := w.browser()
	other.post("/lots/"+lot+"/session", "bidder_code", codeTwo, "passphrase", "wrong")
	other.want(http.StatusUnauthorized, "passphrase_wrong")
	other.post("/lots/"+lot+"/session", "bidder_code", strings.ToLower(codeTwo), "passphrase", passTwo)
	other.want(http.StatusOK, codeTwo, "您还没有出价")
	other.post("/lots/"+lot+"/bid", "amount_fen", "265000", "key", "k-two-1", "confirm", "yes")
	other.want(http.StatusOK, "您正领先")
	one.get("/lots/" + lot)
	one.want(http.StatusOK, "您被超过了")
	public.post("/lots/"+lot+"/bid", "amount_fen", "270000", "key", "k", "confirm", "yes")
	public.want(http.StatusUnauthorized)
	w.sealed(lot, one, codeOne, codeTwo)
	w.closed(lot, public, two, codeTwo)
}

// refused: the page of a refused bid leads to its receipt; what was refused is public as a count.
func (w *world) refused(one, public *browser, lot, code string) {
	w.t.Helper()
	token := one.find(`name="token" value="([\w-]+)"`)
	one.post("/refusal-receipts", "token", token)
	one.want(http.StatusOK)
	if kind := one.header.Get("Content-Disposition"); !strings.HasPrefix(kind, "attachment;") {
		w.t.Errorf("the receipt comes as %q", kind)
	}
	receipt, err := audit.ParseRefusalReceipt([]byte(one.html))
	w.must(err)
	said, err := receipt.Verify(w.seq.Reader.VerifierKey())
	w.must(err)
	if said.Lot != lot || said.BidderCode != code || said.AmountFen != 261_200 || said.Answer != fault.OffIncrement {
		w.t.Errorf("the receipt says %+v", said)
	}
	one.post("/refusal-receipts", "token", token[1:])
	one.want(http.StatusUnprocessableEntity, "refusal_token_invalid")
	public.get("/lots/" + lot + "/bids")
	public.want(http.StatusOK, "没有被拒绝的出价")
	w.must(w.engine.FlushRefusals(w.t.Context()))
	for _, path := range []string{"/bids", ""} {
		public.get("/lots/" + lot + path)
		public.want(http.StatusOK, "每分钟被拒绝的出价", "不是增价幅度的整数倍", "/refusals.csv")
	}
	public.get("/lots/" + lot + "/refusals.csv")
	public.want(http.StatusOK)
	if lines := regexp.MustCompile(`^minute,code,count\r\n\d{4}-\d\d-\d\dT\d\d:\d\d:00Z,off_increment,1\r\n$`); !lines.MatchString(public.html) {
		w.t.Errorf("the file reads %q", public.html)
	}
}

// sealed: while bidding runs no page of an account shows a code (R18).
func (w *world) sealed(lot string, one *browser, codes ...string) {
	w.t.Helper()
	for _, path := range []string{"/me", "/lots/" + lot + "/enrol"} {
		one.get(path)
		one.want(http.StatusOK, "bidder1")
		one.lacks(codes...)
	}
	judge := w.signedIn("judge1")
	for _, path := range []string{"/bench", "/bench/lots/" + lot} {
		judge.get(path)
		judge.want(http.StatusOK)
		judge.lacks("bidder1", "测试bidder1", "bidder2")
	}
}

// closed runs the course to its end and the sale to its ruling.
func (w *world) closed(lot string, public, winner *browser, code string) {
	w.t.Helper()
	w.pass(25 * time.Hour)
	_, err := w.runner.RunDue(w.t.Context())
	w.must(err)
	w.settle()
	if _, err := w.seq.Sequence(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "成交", "人民币贰仟陆佰伍拾元整", code, "测试bidder2", "成交确认书", "每次出价合规则", `name="robots" content="noindex"`)
	public.get("/verify?q=" + lot)
	public.want(http.StatusOK, "相符：重算的结果与公布的结果一致")
	public.get("/results")
	public.want(http.StatusOK, "成交")
	winner.get("/me")
	winner.want(http.StatusOK, "付清余款", "¥2,350.00", "计入价款")
	winner.post("/lots/" + lot + "/balance")
	winner.want(http.StatusOK) // the payment page
	winner.post(winner.paymentPage(), "outcome", "succeed")
	w.settle()
	judge := w.signedIn("judge1")
	judge.get("/bench/lots/" + lot)
	judge.want(http.StatusOK, "作出成交裁定")
	judge.post("/bench/lots/"+lot+"/rule", "number", "（2026）皖9902执77号之一")
	judge.want(http.StatusOK, "裁定已登记")
	finance := w.signedIn("finance1")
	w.papers(lot, public, winner, judge, finance)
	finance.get("/funds")
	finance.want(http.StatusOK, "¥2,650.00")
	public.get(finance.find(`href="(/cases/[^"]+/fund)"`))
	public.want(http.StatusOK, "余款", "余额与流水相符")
	public.lacks("测试bidder", code)
}

// paymentPage is the address of the page that the browser was led to.
func (b *browser) paymentPage() string {
	b.w.t.Helper()
	var address string
	b.w.must(b.w.pool.QueryRow(b.w.t.Context(), `SELECT payment_url FROM payments WHERE purpose = 'balance' ORDER BY id DESC LIMIT 1`).Scan(&address))
	if !strings.HasSuffix(address, b.path) {
		b.w.t.Errorf("the balance led to %s, the page is %s", b.path, address)
	}
	return address
}

// What the court does with reasons, and what it may not.
func TestR28_StayNeedsAReasonAndShowsIt(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	judge := w.signedIn("judge1")
	judge.post("/bench/lots/"+lot+"/stay", "reason_zh", "", "reason_en", "")
	judge.want(http.StatusUnprocessableEntity, "reason_required", "R28")
	judge.post("/bench/lots/"+lot+"/stay", "reason_zh", "案外人提出异议", "reason_en", "A third party objected")
	judge.want(http.StatusOK, "已中止")
	public := w.browser()
	public.get("/lots/" + lot + "?lang=en")
	public.want(http.StatusOK, "A third party objected", "Bidding is stayed", `<html lang="en"`)
	public.get("/lots/" + lot)
	public.want(http.StatusOK, "A third party objected") // the language stays
	judge.post("/bench/lots/"+lot+"/resume", "reason_zh", "异议不成立", "reason_en", "Unfounded")
	judge.want(http.StatusOK, "已恢复")
	judge.post("/bench/lots/"+lot+"/withdraw", "reason_zh", "当事人和解", "reason_en", "Settled", "ground", "parties_settled")
	judge.want(http.StatusOK, "已撤回")
	public.get("/lots/" + lot + "?lang=zh-CN")
	public.want(http.StatusOK, "当事人和解", "撤回的理由")
	public.lacks("报名参加竞买")
}

// A file with faults is refused whole, with the line of each.
func TestImportListsFaultsByLine(t *testing.T) {
	t.Parallel()
	w := start(t)
	judge := w.signedIn("judge1")
	src, err := os.ReadFile("../../cmd/mingchui/court/docket.json")
	w.must(err)
	broken := bytes.Replace(src, []byte(`"starting_price_fen": 260000`), []byte(`"starting_price_fen": "many"`), 1)
	if bytes.Equal(broken, src) {
		t.Fatal("the file has no such price")
	}
	line := 1 + bytes.Count(broken[:bytes.Index(broken, []byte(`"many"`))], []byte("\n"))
	judge.upload("/bench/import", "broken.json", broken)
	judge.want(http.StatusUnprocessableEntity, "没有导入", "starting_price_fen", ">"+itoa(line)+":")
	var lots int
	w.must(w.pool.QueryRow(t.Context(), `SELECT count(*) FROM lots`).Scan(&lots))
	if lots != 0 {
		t.Errorf("%d lots were kept of a file with a fault", lots)
	}
}

func itoa(n int) string {
	var b [12]byte
	i := len(b)
	for ; n > 0; n /= 10 {
		i--
		b[i] = byte('0' + n%10)
	}
	return string(b[i:])
}

// Searching, paging, feeds, errors and who may see what.
func TestPublicPages(t *testing.T) {
	t.Parallel()
	w := start(t)
	lot := w.announced()
	b := w.browser()
	b.get("/")
	b.want(http.StatusOK, "明槌", "新公告", "第 ", "可报名")
	b.get("/lots?q=" + "手机" + "&category=electronics")
	b.want(http.StatusOK, "1 件", lot)
	b.get("/lots?q=" + "没有这样的东西")
	b.want(http.StatusOK, "没有符合的拍品")
	b.get("/lots?price_min=abc")
	b.want(http.StatusOK, "amount_invalid")
	b.get("/lots?cursor=nonsense")
	b.want(http.StatusBadRequest)
	b.get("/lots.atom")
	b.want(http.StatusOK, "<feed", lot)
	b.get("/lots/" + lot + "/calendar.ics")
	b.want(http.StatusOK, "BEGIN:VEVENT", "TRIGGER:-PT30M")
	b.get("/lots/" + lot + "/announcement")
	b.want(http.StatusOK, "第一次拍卖公告")
	b.get("/guide")
	b.want(http.StatusOK, "R20c", "法释〔2016〕18号第20条第2款")
	b.get("/funds")
	b.want(http.StatusOK, "还没有入账的案件")
	b.get("/lots/00000000-0000-7000-8000-000000000000")
	b.want(http.StatusNotFound, "没有这一页")
	b.get("/nowhere")
	b.want(http.StatusNotFound, "没有这一页")
	b.get("/verify?q=00000000-0000-7000-8000-000000000000")
	b.want(http.StatusNotFound, "没有这个号码")
	b.get("/me")
	b.want(http.StatusOK, "登录") // led to the sign-in form
	if !strings.HasPrefix(b.path, "/sign-in?next=%2Fme") {
		t.Errorf("a visitor's desk leads to %s", b.path)
	}
	b.get("/bench")
	b.want(http.StatusOK, "登录")
	bidder := w.signedIn("bidder1")
	bidder.get("/bench")
	bidder.want(http.StatusForbidden, "role_forbidden")
	bidder.post("/sign-out")
	bidder.get("/me")
	bidder.want(http.StatusOK, "登录")
	b.post("/preferences", "theme", "dark", "next", "//elsewhere.example/")
	b.want(http.StatusOK, `data-theme="dark"`)
	b.post("/sign-in", "login", "bidder1", "password", "wrong")
	b.want(http.StatusUnauthorized, "credentials_wrong")
	b.post("/register", "login", "newcomer", "password", "short", "real_name", "某人")
	b.want(http.StatusUnprocessableEntity, "password_weak")
	b.post("/register", "login", "newcomer", "password", "a good long password", "real_name", "某公司")
	b.want(http.StatusOK, "我的竞买台", "newcomer")
}

// Every route that the site serves is mounted once.
func TestRoutesAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range new(pages.Site).Routes() {
		key := r.Method + " " + r.Path
		if seen[key] || r.Serve == nil {
			t.Errorf("%s is not whole", key)
		}
		seen[key] = true
	}
	if len(seen) < 30 {
		t.Errorf("only %d routes", len(seen))
	}
}
