package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"mingchui/auction/fault"
)

const (
	maxURL = 500
	// maxHeaders bounds what a receiver may answer; its body is not read.
	maxHeaders = 16 << 10
)

// errPrivate is by us: the name led to an address that no receiver may have.
var errPrivate = errors.New("the address is not of the public network")

// checkURL tells whether an address may be a receiver's: https with a host, no account in it. local takes http and every host besides.
//
// Faults: webhook_url_refused (invalid, url).
func checkURL(text string, local bool) error {
	refused := fault.New(fault.Invalid, fault.WebhookURLRefused).InField("url")
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return refused
	}
	if u.Scheme != "https" && (!local || u.Scheme != "http") {
		return refused
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && !local && !public(a) {
		return refused
	}
	return nil
}

// reserved are the blocks that IANA's registries of special addresses keep from the public network and that netip does not tell
// (iana.org/assignments/iana-ipv4-special-registry, iana-ipv6-special-registry).
func reserved() []netip.Prefix {
	var list []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		list = append(list, netip.MustParsePrefix(s))
	}
	return list
}

// public tells whether an address is somebody's on the public network. Of IPv6 that is 2000::/3 alone, so that no translated address (NAT64) is one.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	if a.Is6() && !netip.MustParsePrefix("2000::/3").Contains(a) {
		return false
	}
	for _, p := range reserved() {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// newClient makes a client that follows no redirect, takes no proxy from the environment and, unless local, connects to the public
// network alone. It looks at the address that is connected to, after the name was resolved: a name that changes its address wins nothing.
func newClient(limit time.Duration, local bool) *http.Client {
	dialer := &net.Dialer{Timeout: limit}
	if !local {
		dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !public(at.Addr()) {
				return errPrivate
			}
			return nil
		}
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: limit, ResponseHeaderTimeout: limit,
			DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeaders,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       limit,
	}
}
