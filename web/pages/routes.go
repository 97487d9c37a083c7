package pages

import "net/http"

// maxImport bounds an uploaded docket file, maxActs a lot's terms and texts, or property's, or a list of old balances.
const maxImport, maxActs = 16 << 20, 1 << 20

// entry is a page with its handler.
type entry struct {
	method, path string
	h            handler
}

// Routes lists every page. Who may read it is in the table of roles (web.Table) alone.
func (s *Site) Routes() []Route {
	list := append(s.publicPages(), s.ownPages()...)
	routes := make([]Route, len(list))
	for i, e := range list {
		routes[i] = Route{Method: e.method, Path: e.path, Serve: s.serve(e.h)}
		switch e.path {
		case "/bench/import":
			routes[i].MaxBody = maxImport
		case "/bench/lots/{lot}/{act}", "/bench/assets/{asset}", "/funds/owners/{act}":
			routes[i].MaxBody = maxActs
		}
	}
	return routes
}

// publicPages are those that everybody reads, the live room among them.
func (s *Site) publicPages() []entry {
	const get, post = http.MethodGet, http.MethodPost
	return []entry{
		{get, "/", s.home},
		{get, "/lots", s.lots},
		{get, "/lots.atom", s.feed},
		{get, "/results", s.results},
		{get, "/guide", s.guide},
		{get, "/verify", s.verify},
		{post, "/preferences", s.preferences},

		{get, "/lots/{lot}", s.lot},
		{get, "/lots/{lot}/bids", s.bids},
		{get, "/statistics/accuracy", s.accuracy},
		{get, "/statistics/accuracy.csv", s.accuracyFile},
		{get, "/lots/{lot}/refusals.csv", s.refusalsFile},
		{get, "/lots/{lot}/announcement", s.announcement},
		{get, "/lots/{lot}/calendar.ics", s.calendar},
		{get, "/papers/{paper}", s.paper},
		{get, "/entries/{entry}", s.entry},
		// The bidding session is a cookie of its own; the account is not looked at (R18).
		{post, "/lots/{lot}/session", s.openSession},
		{post, "/lots/{lot}/session/end", s.endSession},
		{get, "/lots/{lot}/bid", s.askBid},
		{post, "/lots/{lot}/bid", s.bid},
		{post, "/lots/{lot}/maximum", s.maximum},
		{post, "/refusal-receipts", s.refusalReceipt},
		{get, "/lots/{lot}/enrol", s.enrolForm},
		{post, "/lots/{lot}/enrol", s.enrol},
		{post, "/lots/{lot}/leave", s.leave},
		{get, "/lots/{lot}/agency", s.agencyForm},
		{post, "/lots/{lot}/agency", s.askAgency},
		{post, "/lots/{lot}/balance", s.balance},
		{get, "/lots/{lot}/transfer", s.payByTransfer},
		{post, "/lots/{lot}/collection", s.collect},
		{get, "/lots/{lot}/statements", s.statements},
		{post, "/lots/{lot}/statements", s.markStatements},

		// The code opens it, and no account.
		{get, "/debtor", s.debtor},
		{post, "/debtor", s.enterDebtor},
		{post, "/debtor/pay", s.payDebt},
		{post, "/debtor/account", s.debtorAccount},
		{post, "/debtor/leave", s.leaveDebtor},

		{get, "/funds", s.funds},
		{get, "/cases/{case}/fund", s.fund},
		{get, "/courts/{court}/settings", s.settings},
		{post, "/courts/{court}/settings", s.chooseSettings},
		{get, "/notices", s.notices},
		{get, "/draws/{draw}", s.draw},
		{get, "/cases/{case}/trail", s.caseTrail},
		{get, "/cases/{case}/trail.csv", s.caseTrailFile},
	}
}

// ownPages are those of accounts, of bidders, of the court and of inspectors.
func (s *Site) ownPages() []entry {
	const get, post = http.MethodGet, http.MethodPost
	return []entry{
		{get, "/sign-in", s.signInForm},
		{post, "/sign-in", s.signIn},
		{post, "/sign-out", s.signOut},
		{get, "/register", s.registerForm},
		{post, "/register", s.register},
		{get, "/me", s.me},
		{post, "/me/sessions", s.revoke},
		{get, "/me/money", s.money},
		{post, "/me/money", s.askMoney},

		{get, "/oversight", s.oversight},
		{get, "/oversight/{file}", s.oversightFile},
		{get, "/lots/{lot}/objection", s.objectForm},
		{post, "/lots/{lot}/objection", s.object},
		{post, "/objections/{objection}/withdrawal", s.withdrawObjection},
		{get, "/bench/agencies", s.benchAgencies},
		{get, "/bench/agencies/{agency}", s.benchAgency},
		{post, "/bench/agencies/{agency}", s.decideAgency},
		{get, "/bench/objections", s.benchObjections},
		{post, "/bench/objections/{objection}/{act}", s.decideObjection},
		{get, "/bench", s.bench},
		{get, "/bench/lots/{lot}", s.benchLot},
		{get, "/bench/lots/{lot}/drop", s.askDrop},
		{get, "/bench/lots/{lot}/setting-aside", s.askSetAside},
		{post, "/bench/lots/{lot}/setting-aside", s.setAside},
		{post, "/bench/lots/{lot}/{act}", s.benchAct},
		{get, "/cases/{case}/division", s.dividing},
		{post, "/cases/{case}/division/{act}", s.divisionAct},
		{get, "/bench/cases/{case}/debtor", s.debtorDoors},
		{post, "/bench/cases/{case}/debtor/{act}", s.doorAct},
		{get, "/funds/owners", s.owners},
		{post, "/funds/owners/{act}", s.ownersAct},
		{get, "/funds/debtors", s.debtorAccounts},
		{post, "/funds/debtors/{account}/{act}", s.decideDebtorAccount},
		{get, "/funds/differences", s.differences},
		{post, "/funds/differences/{lot}/entry", s.enterDifference},
		{post, "/funds/differences/{lot}/decision", s.decideDifference},
		{get, "/funds/transfers", s.transfers},
		{post, "/funds/transfers/entry", s.enterTransfer},
		{post, "/funds/transfers/{transfer}/approval", s.approveTransfer},
		{post, "/funds/transfers/{transfer}/refusal", s.refuseTransfer},
		{post, "/funds/transfers/{transfer}/withdrawal", s.withdrawTransfer},
		{get, "/funds/returns", s.returns},
		{post, "/funds/returns/{return}/entry", s.enterReturn},
		{post, "/funds/returns/{return}/approval", s.approveReturn},
		{post, "/funds/returns/{return}/refusal", s.refuseReturn},
		{post, "/funds/returns/{return}/withdrawal", s.withdrawReturn},
		{get, "/funds/reconciliation", s.reconciliation},
		{post, "/funds/reconciliation/run", s.runReconciliation},
		{post, "/funds/reconciliation/differences/{difference}/closing", s.closeDifference},
		{post, "/funds/reconciliation/suspense/{suspense}/assignment", s.assignUnknown},
		{post, "/funds/reconciliation/suspense/{suspense}/return", s.returnUnknown},
		{get, "/funds/webhook", s.webhook},
		{post, "/funds/webhook", s.setWebhook},
		{post, "/funds/webhook/closing", s.closeWebhook},
		{post, "/funds/webhook/test", s.testWebhook},
		{post, "/funds/webhook/messages/{message}/redelivery", s.redeliver},
		{post, "/funds/webhook/messages/{message}/skipping", s.skipMessage},
		{get, "/bench/assets/{asset}", s.asset},
		{post, "/bench/assets/{asset}", s.reviseAsset},
		{get, "/bench/prices", s.prices},
		{get, "/bench/assets/{asset}/price", s.assetPrice},
		{post, "/bench/assets/{asset}/price/{act}", s.priceAct},
		{get, "/bench/import", s.importForm},
		{post, "/bench/import", s.importFile},
	}
}
