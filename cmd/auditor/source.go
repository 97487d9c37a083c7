package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mingchui/cmd/auditor/verify"
)

const (
	// maxAnswerBytes is above the largest entry bundle: 256 entries of 65,535 bytes and their lengths.
	maxAnswerBytes = 256*(65535+2) + 1
	attempts       = 4
	firstPause     = 250 * time.Millisecond
)

// web is a log at an HTTP address.
type web struct {
	base   string
	client *http.Client
}

// newWeb reads the log's address, with or without the slash at its end.
func newWeb(address string, jobs int) (*web, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the address of a log, such as http://127.0.0.1:8080/log", address)
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: jobs * 2, ForceAttemptHTTP2: true}
	return &web{
		base:   strings.TrimSuffix(address, "/") + "/",
		client: &http.Client{Transport: transport, Timeout: time.Minute},
	}, nil
}

// errAgain marks an answer that may be another one soon.
var errAgain = errors.New("the log did not answer")

// Fetch gets a path, again after a pause when the network or the server failed.
func (w *web) Fetch(ctx context.Context, path string) ([]byte, error) {
	pause := firstPause
	for i := 1; ; i++ {
		b, err := w.once(ctx, path)
		if err == nil || !errors.Is(err, errAgain) || i == attempts {
			return b, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
		pause *= 3
	}
}

func (w *web) once(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+path, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", path, err)
	}
	request.Header.Set("User-Agent", "mingchui-auditor/1")
	answer, err := w.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w: %w", path, errAgain, err)
	}
	defer func() { _ = answer.Body.Close() }()
	switch {
	case answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusGone:
		return nil, fmt.Errorf("%s: %w", path, verify.ErrAbsent)
	case answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= http.StatusInternalServerError:
		return nil, fmt.Errorf("ask for %s: %w: status %d", path, errAgain, answer.StatusCode)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("ask for %s: status %d", path, answer.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w: %w", path, errAgain, err)
	}
	if len(b) == maxAnswerBytes {
		return nil, fmt.Errorf("read %s: more than %d bytes", path, maxAnswerBytes-1)
	}
	return b, nil
}
