package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// screenshots names a folder that keeps a picture of every page: at 360 and at
// 1,440 pixels.
const screenshots = "MC_SCREENSHOTS"

// browser is one Chromium; each reader in it has cookies of its own.
type browser struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // chromedp keeps the browser in it
	site string
	// pictures is the folder for this language, empty for none; order numbers them.
	pictures string
	mu       sync.Mutex
	order    int
}

// openBrowser starts Chromium in a language (zh-CN, en). Nothing of it remains.
func openBrowser(t *testing.T, site, language string) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile(t)),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("lang", language),
		chromedp.Flag("accept-lang", language), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.WSURLReadTimeout(awaitLimit),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(cancel)
	// chromedp complains of events that are newer than it; what it cannot do fails the step.
	ctx, stop := chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(stop)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	b := &browser{t: t, ctx: ctx, site: site}
	if dir := os.Getenv(screenshots); dir != "" {
		b.pictures = filepath.Join(dir, language)
		if err := os.MkdirAll(b.pictures, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// profile is a fresh folder for a Chromium. Its children outlive the process that chromedp
// waits for, and still write there: so it is removed until nothing comes back, before the test removes its own.
func profile(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() {
		err := os.RemoveAll(dir)
		for until := time.Now().Add(awaitLimit); err != nil && time.Now().Before(until); err = os.RemoveAll(dir) {
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil {
			t.Errorf("remove Chromium's folder: %v", err)
		}
	})
	return dir
}

// reader is a person at the site with a browser window.
type reader struct {
	*browser
	name string
	ctx  context.Context //nolint:containedctx // chromedp keeps the window in it
}

// reader opens a window with cookies of its own. What goes wrong in its pages
// fails the test.
func (b *browser) reader(name string) *reader {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(b.window()))
	b.t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			b.t.Errorf("%s: the page throws: %s", name, e.ExceptionDetails.Error())
		case *cdplog.EventEntryAdded:
			// Refused requests are looked at where they are made.
			if e.Entry.Level == cdplog.LevelError && e.Entry.Source != cdplog.SourceNetwork {
				b.t.Errorf("%s: the browser says of %s: %s", name, e.Entry.URL, e.Entry.Text)
			}
		}
	})
	// The window lives as long as the context of the first Run.
	if err := chromedp.Run(ctx); err != nil {
		b.t.Fatalf("%s: open a window: %v", name, err)
	}
	r := &reader{b, name, ctx}
	r.run("open a window", chromedp.EmulateViewport(wide, tall))
	return r
}

// window opens a window in a browser context of its own. (chromedp would open a
// tab, which Chromium refuses in a context that has no window yet.)
func (b *browser) window() target.ID {
	b.t.Helper()
	var id target.ID
	err := chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		whole := cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
		own, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(whole)
		if err != nil {
			return err
		}
		id, err = target.CreateTarget("about:blank").WithBrowserContextID(own).WithNewWindow(true).Do(whole)
		return err
	}))
	if err != nil {
		b.t.Fatalf("open a window: %v", err)
	}
	return id
}

const (
	wide, narrow, tall = 1440, 360, 900
	stepLimit          = 45 * time.Second
)

// run does one step; where it cannot, it says what the page shows.
func (r *reader) run(what string, actions ...chromedp.Action) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, stepLimit)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		r.fail(what, err)
	}
}

func (r *reader) fail(what string, err error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, 5*time.Second)
	defer cancel()
	var address, text string
	_ = chromedp.Run(ctx, chromedp.Location(&address), chromedp.Evaluate(`document.body.innerText`, &text)) // as far as it can be read
	r.t.Fatalf("%s: %s: %v\nat %s:\n%.3000s", r.name, what, err, address, text)
}

// goTo opens a page of the site, or an address.
func (r *reader) goTo(path string) {
	r.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = r.site + path
	}
	r.run("open "+path, chromedp.Navigate(path))
}

// submit clicks what leads to another page and waits until that is there.
func (r *reader) submit(selector string) {
	r.t.Helper()
	r.run("leave by "+selector, chromedp.Evaluate(`document.documentElement.dataset.left = "yes"; true`, nil), chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
	r.until("another page after "+selector, `!document.documentElement.dataset.left && document.readyState === "complete"`)
}

// until waits for a condition of the page.
func (r *reader) until(what, condition string) {
	r.t.Helper()
	limit := time.Now().Add(stepLimit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var holds bool
		err := chromedp.Run(r.ctx, chromedp.Evaluate("Boolean("+condition+")", &holds)) // fails while a page is on its way
		if err == nil && holds {
			return
		}
		if r.ctx.Err() != nil || time.Now().After(limit) {
			r.fail("wait for "+what, fmt.Errorf("%s is not so: %w", condition, err))
		}
		<-tick.C
	}
}

// sees waits for an element, and for a text in it where one is given.
func (r *reader) sees(selector, text string) {
	r.t.Helper()
	r.until(selector+" "+text, fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.textContent.includes(%q))`, selector, text))
}

// count tells how many elements there are.
func (r *reader) count(selector string) (n int) {
	r.t.Helper()
	r.run("count "+selector, chromedp.Evaluate(fmt.Sprintf(`document.querySelectorAll(%q).length`, selector), &n))
	return n
}

// fill types into a field.
func (r *reader) fill(selector, text string) {
	r.t.Helper()
	r.set(selector, "")
	r.run("fill "+selector, chromedp.SendKeys(selector, text, chromedp.ByQuery, chromedp.NodeVisible))
}

// set gives a field its value as a date picker would.
func (r *reader) set(selector, value string) {
	r.t.Helper()
	r.until("the field "+selector, fmt.Sprintf(`document.querySelector(%q)`, selector))
	r.run("set "+selector, chromedp.Evaluate(fmt.Sprintf(
		`{ const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event("input", { bubbles: true })); true }`, selector, value), nil))
}

func (r *reader) text(selector string) string {
	r.t.Helper()
	var text string
	r.run("read "+selector, chromedp.Text(selector, &text, chromedp.ByQuery, chromedp.NodeVisible))
	return strings.TrimSpace(text)
}

// attribute reads an attribute of an element that is there.
func (r *reader) attribute(selector, name string) string {
	r.t.Helper()
	var value string
	var there bool
	r.run("read "+name+" of "+selector, chromedp.AttributeValue(selector, name, &value, &there, chromedp.ByQuery))
	if !there {
		r.fail("read "+name+" of "+selector, os.ErrNotExist)
	}
	return value
}

// page looks at the page as it is, wide and narrow: nothing sticks out at its
// side, no picture is missing, no name of a text stands in place of the text.
// It keeps pictures of it where they are wanted.
func (r *reader) page(name string) {
	r.t.Helper()
	r.mu.Lock()
	r.order++
	number := r.order
	r.mu.Unlock()
	for _, width := range []int64{narrow, wide} {
		var out struct {
			Wide   int    `json:"wide"`
			Broken int    `json:"broken"`
			Lang   string `json:"lang"`
			Texts  string `json:"texts"`
			Heads  int    `json:"heads"`
		}
		r.run("look at "+name, chromedp.EmulateViewport(width, tall), chromedp.Evaluate(`({
			wide: document.documentElement.scrollWidth, lang: document.documentElement.lang, heads: document.querySelectorAll("h1").length,
			broken: [...document.images].filter((i) => i.complete && !i.naturalWidth).length,
			texts: (document.body.innerText.match(/\b(frame|lot|room|bench|enrol|me|fund|funds|verify|record|duty|phase|stage|chart|home|notices|result|check)\.[a-z_]+[a-z]\b/g) || []).join(" ")})`, &out))
		if out.Wide > int(width) {
			r.t.Errorf("%s, %d px wide: the page is %d px wide", name, width, out.Wide)
		}
		if out.Broken > 0 || out.Texts != "" || out.Heads != 1 || out.Lang == "" {
			r.t.Errorf("%s, %d px wide: %+v", name, width, out)
		}
		if r.pictures == "" {
			continue
		}
		var png []byte
		r.run("picture of "+name, chromedp.FullScreenshot(&png, 100))
		file := filepath.Join(r.pictures, fmt.Sprintf("%02d-%s-%d.png", number, name, width))
		if err := os.WriteFile(file, png, 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
}
