// Package mount puts the pages behind web's gate: it turns the site's routes
// into web's pages and their lines of the table of roles. It owns nothing.
package mount

import (
	"mingchui/web"
	"mingchui/web/account"
	"mingchui/web/pages"
)

// Pages are the site's routes for web.Config.Pages and web.Config.Access.
func Pages(s *pages.Site) ([]web.Page, []web.Access) {
	routes := s.Routes()
	list := make([]web.Page, len(routes))
	access := make([]web.Access, len(routes))
	for i, r := range routes {
		list[i] = web.Page{Method: r.Method, Path: r.Path, Serve: r.Serve, MaxBody: r.MaxBody}
		access[i] = web.Access{Method: r.Method, Path: r.Path, Who: who(r.Roles)}
	}
	return list, access
}

// who is the set of roles; none means everyone.
func who(roles []account.Role) web.Who {
	if len(roles) == 0 {
		return web.Everyone
	}
	var w web.Who
	for _, r := range roles {
		switch r {
		case account.Bidder:
			w |= web.Bidder
		case account.Judge:
			w |= web.Judge
		case account.Clerk:
			w |= web.Clerk
		case account.Finance:
			w |= web.Finance
		case account.Inspector:
			w |= web.Inspector
		case account.Operator:
			w |= web.Operator
		}
	}
	return w
}
