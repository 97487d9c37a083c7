package pages

import (
	"net/http"

	"mingchui/web/account"
)

// maxImport bounds an uploaded docket file.
const maxImport = 16 << 20

// Routes lists every page with who may read it.
func (s *Site) Routes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	bidder := []account.Role{account.Bidder}
	judge := []account.Role{account.Judge}
	signedIn := account.Roles()
	list := []struct {
		method, path string
		roles        []account.Role
		h            handler
	}{
		{get, "/", nil, s.home},
		{get, "/lots", nil, s.lots},
		{get, "/lots.atom", nil, s.feed},
		{get, "/results", nil, s.results},
		{get, "/guide", nil, s.guide},
		{get, "/verify", nil, s.verify},
		{post, "/preferences", nil, s.preferences},

		{get, "/lots/{lot}", nil, s.lot},
		{get, "/lots/{lot}/bids", nil, s.bids},
		{get, "/lots/{lot}/announcement", nil, s.announcement},
		{get, "/lots/{lot}/calendar.ics", nil, s.calendar},
		// The bidding session is a cookie of its own; the account is not looked at (R18).
		{post, "/lots/{lot}/session", nil, s.openSession},
		{post, "/lots/{lot}/session/end", nil, s.endSession},
		{get, "/lots/{lot}/bid", nil, s.askBid},
		{post, "/lots/{lot}/bid", nil, s.bid},
		{get, "/lots/{lot}/enrol", bidder, s.enrolForm},
		{post, "/lots/{lot}/enrol", bidder, s.enrol},
		{post, "/lots/{lot}/balance", bidder, s.balance},

		{get, "/funds", nil, s.funds},
		{get, "/cases/{case}/fund", nil, s.fund},

		{get, "/sign-in", nil, s.signInForm},
		{post, "/sign-in", nil, s.signIn},
		{post, "/sign-out", nil, s.signOut},
		{get, "/register", nil, s.registerForm},
		{post, "/register", nil, s.register},
		{get, "/me", bidder, s.me},
		{post, "/me/sessions", signedIn, s.revoke},

		{get, "/bench", judge, s.bench},
		{get, "/bench/lots/{lot}", judge, s.benchLot},
		{post, "/bench/lots/{lot}/{act}", judge, s.benchAct},
		{get, "/bench/import", judge, s.importForm},
		{post, "/bench/import", judge, s.importFile},
	}
	routes := make([]Route, len(list))
	for i, e := range list {
		routes[i] = Route{Method: e.method, Path: e.path, Roles: e.roles, Serve: s.serve(e.h)}
		if e.path == "/bench/import" {
			routes[i].MaxBody = maxImport
		}
	}
	return routes
}
