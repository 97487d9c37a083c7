package press

import (
	"context"
	_ "embed" // sheet.css
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"mingchui/auction/fault"
)

// CSS is the stylesheet of a printed sheet, for the head of its HTML.
//
//go:embed sheet.css
var CSS string

const (
	// atOnce bounds the Chromiums that run; others wait for their turn.
	atOnce = 2
	// within bounds one print, waiting included.
	within = 40 * time.Second
	// kept is how many printed papers are held.
	kept = 64
)

// Press prints. It is safe for concurrent use.
type Press struct {
	turns chan struct{}

	mu    sync.Mutex
	done  map[string][]byte
	order []string
}

// New makes a press; Chromium is looked for when something is printed.
func New() *Press { return &Press{turns: make(chan struct{}, atOnce), done: map[string][]byte{}} }

// PDF prints an HTML document that needs nothing from elsewhere. The same key
// gives the same bytes again while they are held: it names content and language.
//
// Faults: pdf_unavailable (unavailable): no Chromium here, or it did not print in time.
func (p *Press) PDF(ctx context.Context, key string, html []byte) ([]byte, error) {
	if b, ok := p.held(key); ok {
		return b, nil
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, fault.PDFUnavailable, ctx.Err())
	}
	if b, ok := p.held(key); ok { // printed while this waited
		return b, nil
	}
	b, err := print1(ctx, html)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, fault.PDFUnavailable, err)
	}
	p.hold(key, b)
	return b, nil
}

func (p *Press) held(key string) ([]byte, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, ok := p.done[key]
	return b, ok
}

func (p *Press) hold(key string, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.done[key]; ok {
		return
	}
	p.done[key] = b
	p.order = append(p.order, key)
	if len(p.order) > kept {
		delete(p.done, p.order[0])
		p.order = p.order[1:]
	}
}

// browser is the first Chromium in the path.
func browser() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium is installed")
}

// print1 runs one Chromium on one document.
func print1(ctx context.Context, html []byte) (out []byte, err error) {
	path, err := browser()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "mingchui-press-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to print in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	page, pdf := filepath.Join(folder, "paper.html"), filepath.Join(folder, "paper.pdf")
	if err := os.WriteFile(page, html, 0o600); err != nil {
		return nil, fmt.Errorf("write what is printed: %w", err)
	}
	cmd := exec.CommandContext(ctx, path, //nolint:gosec // the program is one of four names, the arguments are ours
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage",
		"--host-resolver-rules=MAP * ~NOTFOUND", // nothing is fetched
		"--user-data-dir="+filepath.Join(folder, "profile"), "--no-pdf-header-footer", "--print-to-pdf="+pdf, "file://"+page)
	cmd.WaitDelay = 2 * time.Second
	said, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("chromium: %w: %.400s", err, said)
	}
	out, err = os.ReadFile(pdf) //nolint:gosec // a file of ours
	if err != nil {
		return nil, fmt.Errorf("chromium printed nothing: %w: %.400s", err, said)
	}
	return out, nil
}
