package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"mingchui/web/account"
)

// Who is a set of callers.
type Who uint16

// The callers. Stranger is a request that says nothing of who sends it.
const (
	Stranger Who = 1 << iota
	Bidder
	Judge
	Clerk
	Finance
	Inspector
	Operator
	// InSession is a bidding session of the lot in the path; it holds no account (R18).
	InSession
	// Signed is a request whose own signature the handler checks.
	Signed
	// unnamed leaves unlooked at who is signed in.
	unnamed
	// named looks at who is signed in where everybody may call.
	named
)

// Everyone may call it, signed in or not; SignedIn needs an account of any role.
// Room is everyone, and the gate does not look at who is signed in: these pages
// handle a bidding session, and nothing ever holds account and code together (R18).
const (
	SignedIn = Bidder | Judge | Clerk | Finance | Inspector | Operator
	Everyone = Stranger | SignedIn
	Room     = Everyone | unnamed
	// Named is everyone, and the handler knows who calls: what is answered differs by it. Everyone calls of the contract are
	// answered without looking, which spares them a read.
	Named = Everyone | named
)

// String names the set, for messages and the golden table.
func (w Who) String() string {
	switch w { //nolint:exhaustive // sets, not single callers
	case Everyone:
		return "everyone"
	case Room:
		return "everyone, unnamed"
	case Named:
		return "everyone, by name"
	case SignedIn:
		return "signed in"
	case InSession:
		return "bidding session"
	case Signed:
		return "signature"
	}
	var names []string
	for _, r := range account.Roles() {
		if w&of(r) != 0 {
			names = append(names, string(r))
		}
	}
	return strings.Join(names, ", ")
}

// of is the set of one role.
func of(r account.Role) Who {
	switch r {
	case account.Bidder:
		return Bidder
	case account.Judge:
		return Judge
	case account.Clerk:
		return Clerk
	case account.Finance:
		return Finance
	case account.Inspector:
		return Inspector
	case account.Operator:
		return Operator
	}
	return 0
}

// Access is one line of the table.
type Access struct {
	Method, Path string
	Who          Who
}

// Table is who may call what, the whole of it. A HEAD request is allowed where
// GET is, streams aside.
func Table() []Access { return append(callTable(), pageTable()...) }

// callTable has the calls of the contract.
func callTable() []Access {
	return slices.Concat(openTable(), courtTable(), fundTable(), webhookTable(), afterTable(), priceTable())
}

// afterTable has those on the way of sold property to its buyer, and on what was stated of it.
func afterTable() []Access {
	const get, post, put = http.MethodGet, http.MethodPost, http.MethodPut
	return []Access{
		{put, "/api/v1/assets/{asset}", Judge | Clerk},
		{get, "/api/v1/lots/{lot}/handover", Judge},
		{post, "/api/v1/lots/{lot}/handover/steps", Judge},
		{post, "/api/v1/lots/{lot}/handover/slots", Judge},
		{post, "/api/v1/lots/{lot}/handover/corrections", Judge},
		// Of the buyer alone, whom the confirmation names after the end (R18).
		{get, "/api/v1/lots/{lot}/collection", Bidder},
		{post, "/api/v1/lots/{lot}/collection", Bidder},
		{post, "/api/v1/lots/{lot}/statements/marks", Bidder},
		{get, "/api/v1/lots/{lot}/statements", Everyone},
		{get, "/api/v1/statistics/accuracy", Everyone},
		{post, "/api/v1/lots/{lot}/draws", Judge},
		{post, "/api/v1/assets/{asset}/draws", Judge},
		{get, "/api/v1/draws/{draw}", Everyone},
		{get, "/api/v1/cases/{case}/draws", Everyone},
		// Who may read a paper the use case decides: a paper of the court is not there for others.
		{get, "/api/v1/lots/{lot}/papers", Named},
		{get, "/api/v1/cases/{case}/papers", Named},
		{get, "/api/v1/papers/{paper}", Named},
		{get, "/api/v1/papers/{paper}/sheet.html", Named},
		{get, "/api/v1/papers/{paper}/sheet.pdf", Named},
	}
}

// priceTable has those by which a reference price is fixed: letters, reports and their service are the clerk's too.
func priceTable() []Access {
	const get, post = http.MethodGet, http.MethodPost
	return []Access{
		{get, "/api/v1/lots/{lot}/prices", Everyone},
		{get, "/api/v1/cases/{case}/prices", Named},
		{get, "/api/v1/assets/{asset}/prices", Judge | Clerk | Inspector},
		{post, "/api/v1/assets/{asset}/prices", Judge | Clerk},
		{post, "/api/v1/prices/{price}/skips", Judge},
		{post, "/api/v1/prices/{price}/agreement", Judge},
		{post, "/api/v1/prices/{price}/inquiries", Judge | Clerk},
		{post, "/api/v1/prices/{price}/firms", Judge | Clerk},
		{post, "/api/v1/prices/{price}/engagements", Judge | Clerk},
		{post, "/api/v1/prices/{price}/engagements/end", Judge},
		{post, "/api/v1/prices/{price}/extensions", Judge | Clerk},
		{post, "/api/v1/prices/{price}/reports", Judge | Clerk},
		{post, "/api/v1/prices/{price}/services", Judge | Clerk},
		{post, "/api/v1/prices/{price}/receipts", Judge | Clerk},
		{post, "/api/v1/prices/{price}/objections", Judge | Clerk},
		{post, "/api/v1/prices/{price}/objections/{objection}/forwarding", Judge | Clerk},
		{post, "/api/v1/prices/{price}/objections/{objection}/decision", Judge},
		{post, "/api/v1/prices/{price}/fixing", Judge},
		{post, "/api/v1/prices/{price}/costs", Judge},
		{post, "/api/v1/prices/{price}/withdrawal", Judge},
	}
}

// openTable has the public record, accounts and bidders.
func openTable() []Access {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []Access{
		// The contract and the public record.
		{get, "/api/v1/openapi.json", Everyone},
		{get, "/api/v1/lots", Everyone},
		{get, "/api/v1/lots/{lot}", Everyone},
		{get, "/api/v1/lots/{lot}/bids", Everyone},
		{get, "/api/v1/lots/{lot}/events", Everyone},
		{get, "/api/v1/lots/{lot}/record", Everyone},
		{get, "/api/v1/lots/{lot}/refusals", Everyone},
		{get, "/api/v1/lots/{lot}/objections", Everyone},
		{get, "/api/v1/lots/{lot}/setting-aside", Everyone},
		{get, "/api/v1/lots/{lot}/costs", Everyone},
		{get, "/api/v1/courts/{court}/settings", Everyone},
		{get, "/api/v1/cases/{case}", Everyone},
		{get, "/api/v1/cases/{case}/fund", Everyone},
		{get, "/api/v1/cases/{case}/fund/statement", Everyone},
		{get, "/api/v1/cases/{case}/trail", Named},
		{get, "/api/v1/cases/{case}/notices", Everyone},
		{get, "/api/v1/receipts/{receipt}", Everyone},
		// Whoever holds the token.
		{post, "/api/v1/refusal-receipts", Everyone},
		{get, "/log/checkpoint", Everyone},
		{get, "/log/key", Everyone},
		{get, "/log/tile/{tile}", Everyone},

		// Accounts.
		{post, "/api/v1/accounts", Everyone},
		{post, "/api/v1/tokens", Everyone},
		{del, "/api/v1/tokens/current", SignedIn},
		{get, "/api/v1/me", SignedIn},
		{get, "/api/v1/me/sessions", SignedIn},
		{del, "/api/v1/me/sessions", SignedIn},
		{del, "/api/v1/me/sessions/{session}", SignedIn},

		// Bidders. Staff of the court and of the platform may not take part (R34).
		{post, "/api/v1/lots/{lot}/enrolments", Bidder},
		{get, "/api/v1/lots/{lot}/enrolments/me", Bidder},
		{post, "/api/v1/lots/{lot}/enrolments/me/passphrase", Bidder},
		{post, "/api/v1/lots/{lot}/enrolments/me/withdrawal", Bidder},
		{get, "/api/v1/me/deposits", Bidder},
		{post, "/api/v1/lots/{lot}/balance", Bidder},
		{get, "/api/v1/lots/{lot}/payment-reference", Bidder},
		// An agent is confirmed by the court before bidding starts (R14).
		{post, "/api/v1/lots/{lot}/agencies", Bidder},
		{get, "/api/v1/me/agencies", Bidder},
		// Parties, interested and third persons: any account holder (R31).
		{post, "/api/v1/lots/{lot}/objections", Bidder},
		{del, "/api/v1/objections/{objection}", Bidder},
		{get, "/api/v1/me/objections", Bidder},
		// Code and passphrase open it; whose they are is nobody's to see (R18).
		{post, "/api/v1/lots/{lot}/bidding-sessions", Everyone},
		{post, "/api/v1/lots/{lot}/bids", InSession},
		{put, "/api/v1/lots/{lot}/maximum-bid", InSession},
		{del, "/api/v1/lots/{lot}/maximum-bid", InSession},
	}
}

// courtTable has the court's acts, and what answers for itself.
func courtTable() []Access {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []Access{
		// The court. Of which court somebody is, the use case checks.
		{post, "/api/v1/dockets", Judge},
		{post, "/api/v1/cases", Judge},
		{post, "/api/v1/cases/{case}/assets", Judge},
		{post, "/api/v1/assets/{asset}/lots", Judge},
		{put, "/api/v1/lots/{lot}", Judge},
		{del, "/api/v1/lots/{lot}", Judge},
		{post, "/api/v1/lots/{lot}/next-sale", Judge},
		{post, "/api/v1/lots/{lot}/votes", Judge},
		{post, "/api/v1/lots/{lot}/standings", Judge},
		{post, "/api/v1/lots/{lot}/announcement", Judge},
		{post, "/api/v1/lots/{lot}/stay", Judge},
		{post, "/api/v1/lots/{lot}/resumption", Judge},
		{post, "/api/v1/lots/{lot}/withdrawal", Judge},
		{post, "/api/v1/lots/{lot}/ruling", Judge},
		{post, "/api/v1/lots/{lot}/handover", Judge},
		{post, "/api/v1/lots/{lot}/eligibility", Judge},
		{post, "/api/v1/lots/{lot}/notices", Judge},
		{post, "/api/v1/lots/{lot}/no-surplus", Judge},
		{post, "/api/v1/lots/{lot}/insistence", Judge},
		{post, "/api/v1/cases/{case}/direct-sales", Judge},
		{post, "/api/v1/lots/{lot}/creditors-asked", Judge},
		{post, "/api/v1/lots/{lot}/taking-offers", Judge},
		{post, "/api/v1/lots/{lot}/taking", Judge},
		{post, "/api/v1/lots/{lot}/taking/lapse", Judge},
		{post, "/api/v1/lots/{lot}/return", Judge},
		{post, "/api/v1/cases/{case}/debtor-consent", Judge},
		{post, "/api/v1/lots/{lot}/costs", Judge},
		{put, "/api/v1/courts/{court}/settings", Judge},
		{get, "/api/v1/agencies", Judge | Clerk},
		{post, "/api/v1/agencies/{agency}/decision", Judge | Clerk},
		{get, "/api/v1/objections", Judge},
		{post, "/api/v1/objections/{objection}/acceptance", Judge},
		{post, "/api/v1/objections/{objection}/decision", Judge},
		{post, "/api/v1/lots/{lot}/setting-aside", Judge},
	}
}

// fundTable is about a case's money: who pays in by hand, who claims it, and how it leaves.
func fundTable() []Access {
	const get, post = http.MethodGet, http.MethodPost
	return []Access{
		{get, "/api/v1/lots/{lot}/difference", Judge | Finance},
		{post, "/api/v1/lots/{lot}/difference", Finance},
		{post, "/api/v1/transfers-in/{transfer}/decision", Finance},
		{post, "/api/v1/transfers-in/{transfer}/withdrawal", Finance},
		{get, "/api/v1/finance/transfers", Finance},
		{post, "/api/v1/finance/transfers", Finance},
		{get, "/api/v1/cases/{case}/claims", Judge | Finance},
		{post, "/api/v1/cases/{case}/claims", Finance},
		{post, "/api/v1/claims/{claim}/withdrawal", Finance},
		{get, "/api/v1/cases/{case}/distributions", Everyone},
		{post, "/api/v1/cases/{case}/distributions", Finance},
		{post, "/api/v1/distributions/{distribution}/service", Judge | Finance},
		{post, "/api/v1/distributions/{distribution}/objections", Judge | Finance},
		{post, "/api/v1/plan-objections/{objection}/steps", Judge | Finance},
		{post, "/api/v1/distributions/{distribution}/revision", Finance},
		{post, "/api/v1/distributions/{distribution}/votes", Judge},
		{post, "/api/v1/distributions/{distribution}/approval", Finance},
		{get, "/api/v1/cases/{case}/payees", Finance},
		{post, "/api/v1/cases/{case}/payees", Finance},
		{post, "/api/v1/cases/{case}/payout-files", Finance},
		{get, "/api/v1/payout-files/{file}", Finance},
		{post, "/api/v1/cases/{case}/payout-delay", Finance},
		{post, "/api/v1/cases/{case}/payout-delay/end", Finance},
		{post, "/api/v1/payouts/{payout}/result", Finance},
		{get, "/api/v1/finance/returns", Finance},
		{post, "/api/v1/finance/returns/{return}/transfers", Finance},
		{post, "/api/v1/transfers-out/{transfer}/decision", Finance},
		{post, "/api/v1/transfers-out/{transfer}/withdrawal", Finance},
		{get, "/api/v1/finance/reconciliation", Finance},
		{post, "/api/v1/finance/reconciliation/run", Finance},
		{post, "/api/v1/finance/reconciliation/differences/{difference}/closing", Finance},
		{post, "/api/v1/finance/reconciliation/suspense/{suspense}/assignment", Finance},
		{post, "/api/v1/finance/reconciliation/suspense/{suspense}/return", Finance},

		// Oversight.
		{get, "/api/v1/oversight", Inspector},

		// The payment provider.
		{post, "/webhooks/stripe", Signed},
		{post, "/webhooks/custodian", Signed},

		// Nodes of this installation, each second near an end.
		{post, TicksPath, Signed},
	}
}

// webhookTable is where a court's finance system is told of its money.
func webhookTable() []Access {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []Access{
		{get, "/api/v1/finance/webhook", Finance},
		{put, "/api/v1/finance/webhook", Finance},
		{del, "/api/v1/finance/webhook", Finance},
		{post, "/api/v1/finance/webhook/test", Finance},
		{post, "/api/v1/finance/webhook/messages/{message}/redelivery", Finance},
		{post, "/api/v1/finance/webhook/messages/{message}/skipping", Finance},
	}
}

// pageTable has the pages.
func pageTable() []Access {
	const get, post = http.MethodGet, http.MethodPost
	return append([]Access{
		{get, "/", Everyone},
		{get, "/lots", Everyone},
		{get, "/lots.atom", Everyone},
		{get, "/results", Everyone},
		{get, "/guide", Everyone},
		{get, "/verify", Everyone},
		{post, "/preferences", Everyone},

		{get, "/lots/{lot}", Everyone},
		{get, "/lots/{lot}/bids", Everyone},
		{get, "/statistics/accuracy", Everyone},
		{get, "/statistics/accuracy.csv", Everyone},
		{get, "/lots/{lot}/refusals.csv", Everyone},
		{get, "/lots/{lot}/announcement", Everyone},
		{get, "/lots/{lot}/calendar.ics", Everyone},
		// Who may read which paper, the use case says.
		{get, "/papers/{paper}", Everyone},
		{get, "/entries/{entry}", Everyone},
		{post, "/lots/{lot}/session", Room},
		{post, "/lots/{lot}/session/end", Room},
		{get, "/lots/{lot}/bid", Room},
		{post, "/lots/{lot}/bid", Room},
		{post, "/lots/{lot}/maximum", Room},
		{post, "/refusal-receipts", Room},
		{get, "/lots/{lot}/enrol", Bidder},
		{post, "/lots/{lot}/enrol", Bidder},
		{post, "/lots/{lot}/leave", Bidder},
		{get, "/lots/{lot}/agency", Bidder},
		{post, "/lots/{lot}/agency", Bidder},
		{post, "/lots/{lot}/balance", Bidder},
		{get, "/lots/{lot}/transfer", Bidder},
		{post, "/lots/{lot}/collection", Bidder},
		{get, "/lots/{lot}/statements", Bidder},
		{post, "/lots/{lot}/statements", Bidder},

		// Whoever holds the code of the court's letter; the account is not looked at.
		{get, "/debtor", Room},
		{post, "/debtor", Room},
		{post, "/debtor/pay", Room},
		{post, "/debtor/account", Room},
		{post, "/debtor/leave", Room},

		{get, "/funds", Everyone},
		{get, "/cases/{case}/fund", Everyone},
		{get, "/courts/{court}/settings", Everyone},
		{get, "/notices", Everyone},
		{get, "/draws/{draw}", Everyone},
		{get, "/cases/{case}/trail", Everyone},
		{get, "/cases/{case}/trail.csv", Everyone},
		{get, "/oversight", Inspector},
		{get, "/oversight/{file}", Inspector},
		{get, "/lots/{lot}/objection", Bidder},
		{post, "/lots/{lot}/objection", Bidder},
		{post, "/objections/{objection}/withdrawal", Bidder},
		{get, "/sign-in", Everyone},
		{post, "/sign-in", Everyone},
		{post, "/sign-out", Everyone},
		{get, "/register", Everyone},
		{post, "/register", Everyone},
		{get, "/me", Bidder},
		{get, "/me/money", Bidder},
		{post, "/me/money", Bidder},
		{post, "/me/sessions", SignedIn},
	}, benchTable()...)
}

// benchTable has the court's own pages.
func benchTable() []Access {
	const get, post = http.MethodGet, http.MethodPost
	return []Access{
		{get, "/bench", Judge},
		{get, "/bench/lots/{lot}", Judge},
		{get, "/bench/lots/{lot}/drop", Judge},
		{get, "/bench/lots/{lot}/setting-aside", Judge},
		{post, "/bench/lots/{lot}/setting-aside", Judge},
		{post, "/bench/lots/{lot}/{act}", Judge},
		{get, "/cases/{case}/division", Judge | Finance},
		{post, "/cases/{case}/division/{act}", Judge | Finance},
		{get, "/bench/cases/{case}/debtor", Judge | Clerk},
		{post, "/bench/cases/{case}/debtor/{act}", Judge | Clerk},
		{get, "/funds/owners", Finance},
		{post, "/funds/owners/{act}", Finance},
		{get, "/funds/debtors", Finance},
		{post, "/funds/debtors/{account}/{act}", Finance},
		{get, "/funds/differences", Finance},
		{post, "/funds/differences/{lot}/entry", Finance},
		{post, "/funds/differences/{lot}/decision", Finance},
		{get, "/funds/transfers", Finance},
		{post, "/funds/transfers/entry", Finance},
		{post, "/funds/transfers/{transfer}/approval", Finance},
		{post, "/funds/transfers/{transfer}/refusal", Finance},
		{post, "/funds/transfers/{transfer}/withdrawal", Finance},
		{get, "/funds/returns", Finance},
		{post, "/funds/returns/{return}/entry", Finance},
		{post, "/funds/returns/{return}/approval", Finance},
		{post, "/funds/returns/{return}/refusal", Finance},
		{post, "/funds/returns/{return}/withdrawal", Finance},
		{get, "/funds/reconciliation", Finance},
		{post, "/funds/reconciliation/run", Finance},
		{post, "/funds/reconciliation/differences/{difference}/closing", Finance},
		{post, "/funds/reconciliation/suspense/{suspense}/assignment", Finance},
		{post, "/funds/reconciliation/suspense/{suspense}/return", Finance},
		{get, "/funds/webhook", Finance},
		{post, "/funds/webhook", Finance},
		{post, "/funds/webhook/closing", Finance},
		{post, "/funds/webhook/test", Finance},
		{post, "/funds/webhook/messages/{message}/redelivery", Finance},
		{post, "/funds/webhook/messages/{message}/skipping", Finance},
		{get, "/bench/assets/{asset}", Judge | Clerk},
		{post, "/bench/assets/{asset}", Judge | Clerk},
		{get, "/bench/prices", Judge | Clerk},
		{get, "/bench/assets/{asset}/price", Judge | Clerk},
		{post, "/bench/assets/{asset}/price/{act}", Judge | Clerk},
		{post, "/courts/{court}/settings", Judge},
		{get, "/bench/import", Judge},
		{post, "/bench/import", Judge},
		{get, "/bench/agencies", Judge | Clerk},
		{get, "/bench/agencies/{agency}", Judge | Clerk},
		{post, "/bench/agencies/{agency}", Judge | Clerk},
		{get, "/bench/objections", Judge},
		{post, "/bench/objections/{objection}/{act}", Judge},
	}
}

// lookup is the table by method and path.
type lookup map[string]Who

func newLookup(table []Access) (lookup, error) {
	l := make(lookup, len(table))
	for _, a := range table {
		key := a.Method + " " + a.Path
		if _, twice := l[key]; twice {
			return nil, fmt.Errorf("the table of roles has %s twice", key)
		}
		if a.Who == 0 {
			return nil, fmt.Errorf("the table of roles lets nobody in to %s", key)
		}
		l[key] = a.Who
	}
	return l, nil
}

// agrees compares the table with the routes: each has the other's lines.
func (l lookup) agrees(routes []string) error {
	mounted := make(map[string]bool, len(routes))
	for _, key := range routes {
		if _, known := l[key]; !known {
			return fmt.Errorf("%s is missing from the table of roles", key)
		}
		mounted[key] = true
	}
	for key := range l {
		if !mounted[key] {
			return fmt.Errorf("the table of roles has %s, and there is no such route", key)
		}
	}
	return nil
}
