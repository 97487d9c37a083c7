package api

import (
	"net/http"
	"slices"
	"time"

	"mingchui/auction/docket"
)

// Routes are the calls of the contract, for the gate to mount. The document
// and the table of roles have the same list; the start holds them against each other.
func (a *API) Routes() []*Route {
	return slices.Concat(a.saleRoutes(), a.afterRoutes(), a.priceRoutes())
}

// afterRoutes are those on the way of sold property to its buyer, on what was stated of it, and on the money that it brought.
func (a *API) afterRoutes() []*Route {
	const get, post, put = http.MethodGet, http.MethodPost, http.MethodPut
	return []*Route{
		{Method: post, Path: "/webhooks/custodian", Answer: a.notice, Raw: true, MaxBody: 64 << 10},
		{Method: get, Path: "/api/v1/cases/{case}/fund/statement", Answer: a.fundStatement},
		{Method: get, Path: "/api/v1/lots/{lot}/payment-reference", Answer: a.instructions},
		{Method: get, Path: "/api/v1/lots/{lot}/statements", Answer: a.statements},
		{Method: get, Path: "/api/v1/statistics/accuracy", Answer: a.accuracy},
		{Method: get, Path: "/api/v1/lots/{lot}/collection", Answer: a.collection},
		{Method: post, Path: "/api/v1/lots/{lot}/collection", Answer: a.bookCollection, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/statements/marks", Answer: a.markStatements, Keeps: true, MaxBody: courtBody},
		{Method: get, Path: "/api/v1/lots/{lot}/handover", Answer: a.handoverSteps},
		{Method: post, Path: "/api/v1/lots/{lot}/handover/steps", Answer: a.settleStep, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/handover/slots", Answer: a.offerCollection, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/handover/corrections", Answer: a.correctStep, Keeps: true},
		{Method: put, Path: "/api/v1/assets/{asset}", Answer: a.reviseAsset, MaxBody: courtBody},
		{Method: post, Path: "/api/v1/lots/{lot}/draws", Answer: a.listTakers, Keeps: true},
		{Method: post, Path: "/api/v1/assets/{asset}/draws", Answer: a.listFirms, Keeps: true},
		{Method: get, Path: "/api/v1/draws/{draw}", Answer: a.draw},
		{Method: get, Path: "/api/v1/cases/{case}/draws", Answer: a.draws},
		{Method: get, Path: "/api/v1/lots/{lot}/papers", Answer: a.lotPapers},
		{Method: get, Path: "/api/v1/cases/{case}/papers", Answer: a.casePapers},
		{Method: get, Path: "/api/v1/papers/{paper}", Answer: a.paper},
		{Method: get, Path: "/api/v1/papers/{paper}/sheet.html", Answer: a.paperHTML},
		{Method: get, Path: "/api/v1/papers/{paper}/sheet.pdf", Answer: a.paperPDF, Timeout: 45 * time.Second},
	}
}

func (a *API) saleRoutes() []*Route {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return append(a.objectionRoutes(), []*Route{
		{Method: get, Path: "/api/v1/openapi.json", Answer: a.document},
		{Method: get, Path: "/api/v1/lots", Answer: a.listLots},
		{Method: get, Path: "/api/v1/lots/{lot}", Answer: a.lot},
		{Method: get, Path: "/api/v1/lots/{lot}/bids", Answer: a.lotBids},
		{Method: get, Path: "/api/v1/lots/{lot}/events", Stream: a.events},
		{Method: get, Path: "/api/v1/lots/{lot}/record", Stream: a.record},
		{Method: get, Path: "/api/v1/lots/{lot}/refusals", Answer: a.refusals},
		{Method: get, Path: "/api/v1/cases/{case}", Answer: a.caseWhole},
		{Method: get, Path: "/api/v1/cases/{case}/fund", Answer: a.fund},
		{Method: get, Path: "/api/v1/cases/{case}/trail", Answer: a.trail},
		{Method: get, Path: "/api/v1/receipts/{receipt}", Answer: a.receipt},
		{Method: post, Path: "/api/v1/refusal-receipts", Answer: a.refusalReceipt, MaxBody: 4 << 10},
		{Method: get, Path: "/log/checkpoint", Answer: a.checkpoint},
		{Method: get, Path: "/log/key", Answer: a.logKey},
		{Method: get, Path: "/log/tile/{tile}", Answer: a.tile},

		{Method: post, Path: "/api/v1/accounts", Answer: a.register},
		{Method: post, Path: "/api/v1/tokens", Answer: a.issueToken},
		{Method: del, Path: "/api/v1/tokens/current", Answer: a.revokeToken},
		{Method: get, Path: "/api/v1/me", Answer: a.me},
		{Method: get, Path: "/api/v1/me/sessions", Answer: a.sessions},
		{Method: del, Path: "/api/v1/me/sessions", Answer: a.endSessions},
		{Method: del, Path: "/api/v1/me/sessions/{session}", Answer: a.endSession},

		{Method: post, Path: "/api/v1/lots/{lot}/enrolments", Answer: a.enrol, Keeps: true, Timeout: 30 * time.Second},
		{Method: get, Path: "/api/v1/lots/{lot}/enrolments/me", Answer: a.myEnrolment, Timeout: 30 * time.Second},
		{Method: post, Path: "/api/v1/lots/{lot}/enrolments/me/passphrase", Answer: a.resetPassphrase, Keeps: true, Timeout: 30 * time.Second},
		{Method: post, Path: "/api/v1/lots/{lot}/enrolments/me/withdrawal", Answer: a.leave, Keeps: true, Timeout: 30 * time.Second},
		{Method: get, Path: "/api/v1/me/deposits", Answer: a.myDeposits},
		{Method: post, Path: "/api/v1/lots/{lot}/balance", Answer: a.openBalance, Keeps: true, Timeout: 30 * time.Second},
		{Method: post, Path: "/api/v1/lots/{lot}/bidding-sessions", Answer: a.openSession},
		{Method: post, Path: "/api/v1/lots/{lot}/bids", Answer: a.bid, MaxBody: 4 << 10, Timeout: Bounded, Usual: usualBid, Session: true},
		{Method: put, Path: "/api/v1/lots/{lot}/maximum-bid", Answer: a.setMaximum, MaxBody: 4 << 10, Timeout: Bounded, Session: true},
		{Method: del, Path: "/api/v1/lots/{lot}/maximum-bid", Answer: a.withdrawMaximum, Timeout: Bounded, Session: true},

		{Method: post, Path: "/api/v1/dockets", Answer: a.importDocket, Keeps: true, Raw: true, MaxBody: docket.MaxFileBytes, Timeout: 50 * time.Second},
		{Method: post, Path: "/api/v1/cases", Answer: a.openCase, Keeps: true, MaxBody: courtBody},
		{Method: post, Path: "/api/v1/cases/{case}/assets", Answer: a.addAsset, Keeps: true, MaxBody: courtBody},
		{Method: post, Path: "/api/v1/assets/{asset}/lots", Answer: a.listLot, Keeps: true, MaxBody: courtBody},
		{Method: put, Path: "/api/v1/lots/{lot}", Answer: a.revise, MaxBody: courtBody},
		{Method: del, Path: "/api/v1/lots/{lot}", Answer: a.withdrawDraft},
		{Method: post, Path: "/api/v1/lots/{lot}/next-sale", Answer: a.nextSale, Keeps: true, MaxBody: courtBody},
		{Method: post, Path: "/api/v1/lots/{lot}/votes", Answer: a.vote, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/standings", Answer: a.confirmStanding, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/announcement", Answer: a.announce, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/stay", Answer: a.stay, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/resumption", Answer: a.resume, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/withdrawal", Answer: a.withdraw, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/ruling", Answer: a.rule, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/handover", Answer: a.handOver, Keeps: true},
		{Method: get, Path: "/api/v1/cases/{case}/notices", Answer: a.publishedNotices},
		{Method: post, Path: "/api/v1/lots/{lot}/notices", Answer: a.recordNotice, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/eligibility", Answer: a.checkEligibility, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/no-surplus", Answer: a.tellNoSurplus, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/insistence", Answer: a.insist, Keeps: true},
		{Method: post, Path: "/api/v1/cases/{case}/direct-sales", Answer: a.sellDirectly, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/creditors-asked", Answer: a.askCreditors, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/taking-offers", Answer: a.offerToTake, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/taking", Answer: a.takeForDebt, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/taking/lapse", Answer: a.lapseTaking, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/return", Answer: a.returnToDebtor, Keeps: true},
		{Method: post, Path: "/api/v1/cases/{case}/debtor-consent", Answer: a.debtorAgrees, Keeps: true},
		{Method: get, Path: "/api/v1/oversight", Answer: a.oversight},
		{Method: get, Path: "/api/v1/courts/{court}/settings", Answer: a.courtSettings},
		{Method: put, Path: "/api/v1/courts/{court}/settings", Answer: a.setCourtSettings},

		{Method: post, Path: "/webhooks/stripe", Answer: a.webhook, Raw: true, MaxBody: 512 << 10},
	}...)
}

// courtBody bounds what a court writes about a case, a thing or a lot.
const courtBody = 1 << 20

// objectionRoutes are those of agents (R14), of objections (R31) and of a sale's costs (R24).
func (a *API) objectionRoutes() []*Route {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []*Route{
		{Method: post, Path: "/api/v1/lots/{lot}/agencies", Answer: a.requestAgency, Keeps: true},
		{Method: get, Path: "/api/v1/me/agencies", Answer: a.myAgencies},
		{Method: get, Path: "/api/v1/agencies", Answer: a.courtAgencies},
		{Method: post, Path: "/api/v1/agencies/{agency}/decision", Answer: a.decideAgency, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/objections", Answer: a.lodge, Keeps: true},
		{Method: get, Path: "/api/v1/lots/{lot}/objections", Answer: a.objections},
		{Method: del, Path: "/api/v1/objections/{objection}", Answer: a.withdrawObjection},
		{Method: get, Path: "/api/v1/lots/{lot}/costs", Answer: a.costs},
		{Method: post, Path: "/api/v1/lots/{lot}/costs", Answer: a.recordCosts, Keeps: true},
		{Method: get, Path: "/api/v1/objections", Answer: a.courtObjections},
		{Method: get, Path: "/api/v1/me/objections", Answer: a.myObjections},
		{Method: post, Path: "/api/v1/objections/{objection}/acceptance", Answer: a.acceptObjection, Keeps: true},
		{Method: post, Path: "/api/v1/objections/{objection}/decision", Answer: a.decideObjection, Keeps: true},
		{Method: post, Path: "/api/v1/lots/{lot}/setting-aside", Answer: a.setAside, Keeps: true},
		{Method: get, Path: "/api/v1/lots/{lot}/setting-aside", Answer: a.settingAside},
		{Method: get, Path: "/api/v1/lots/{lot}/difference", Answer: a.differences},
		{Method: post, Path: "/api/v1/lots/{lot}/difference", Answer: a.enterDifference, Keeps: true},
		{Method: post, Path: "/api/v1/transfers-in/{transfer}/decision", Answer: a.decideTransfer, Keeps: true},
		{Method: post, Path: "/api/v1/transfers-in/{transfer}/withdrawal", Answer: a.withdrawTransfer, Keeps: true},
		{Method: get, Path: "/api/v1/finance/transfers", Answer: a.transfers},
		{Method: post, Path: "/api/v1/finance/transfers", Answer: a.enterTransfer, Keeps: true},
		{Method: get, Path: "/api/v1/cases/{case}/claims", Answer: a.claims},
		{Method: post, Path: "/api/v1/cases/{case}/claims", Answer: a.lodgeClaim, Keeps: true},
		{Method: post, Path: "/api/v1/claims/{claim}/withdrawal", Answer: a.withdrawClaim, Keeps: true},
		{Method: get, Path: "/api/v1/cases/{case}/distributions", Answer: a.distributions},
		{Method: post, Path: "/api/v1/cases/{case}/distributions", Answer: a.divide, Keeps: true},
		{Method: post, Path: "/api/v1/distributions/{distribution}/service", Answer: a.servePlan, Keeps: true},
		{Method: post, Path: "/api/v1/distributions/{distribution}/objections", Answer: a.objectToPlan, Keeps: true},
		{Method: post, Path: "/api/v1/plan-objections/{objection}/steps", Answer: a.contestPlan, Keeps: true},
		{Method: post, Path: "/api/v1/distributions/{distribution}/revision", Answer: a.revisePlan, Keeps: true},
		{Method: post, Path: "/api/v1/distributions/{distribution}/votes", Answer: a.voteOnPlan, Keeps: true},
		{Method: post, Path: "/api/v1/distributions/{distribution}/approval", Answer: a.approvePlan, Keeps: true},
		{Method: get, Path: "/api/v1/cases/{case}/payees", Answer: a.payees},
		{Method: post, Path: "/api/v1/cases/{case}/payees", Answer: a.payee, Keeps: true},
		{Method: post, Path: "/api/v1/cases/{case}/payout-files", Answer: a.releasePayouts, Keeps: true},
		{Method: get, Path: "/api/v1/payout-files/{file}", Answer: a.payoutFile},
		{Method: post, Path: "/api/v1/cases/{case}/payout-delay", Answer: a.delayPayOut, Keeps: true},
		{Method: post, Path: "/api/v1/cases/{case}/payout-delay/end", Answer: a.endDelay, Keeps: true},
		{Method: post, Path: "/api/v1/payouts/{payout}/result", Answer: a.settlePayout, Keeps: true},
		{Method: get, Path: "/api/v1/finance/returns", Answer: a.returns},
		{Method: post, Path: "/api/v1/finance/returns/{return}/transfers", Answer: a.enterReturn, Keeps: true},
		{Method: post, Path: "/api/v1/transfers-out/{transfer}/decision", Answer: a.decideReturn, Keeps: true},
		{Method: post, Path: "/api/v1/transfers-out/{transfer}/withdrawal", Answer: a.withdrawReturn, Keeps: true},
		{Method: get, Path: "/api/v1/finance/reconciliation", Answer: a.reconciliation},
		{Method: post, Path: "/api/v1/finance/reconciliation/run", Answer: a.runReconciliation, Keeps: true},
		{Method: post, Path: "/api/v1/finance/reconciliation/differences/{difference}/closing", Answer: a.closeDifference, Keeps: true},
		{Method: post, Path: "/api/v1/finance/reconciliation/suspense/{suspense}/assignment", Answer: a.assignUnknown, Keeps: true},
		{Method: post, Path: "/api/v1/finance/reconciliation/suspense/{suspense}/return", Answer: a.returnUnknown, Keeps: true},
		{Method: get, Path: "/api/v1/finance/webhook", Answer: a.receiver},
		{Method: put, Path: "/api/v1/finance/webhook", Answer: a.setWebhook}, // its answer is kept nowhere: it holds the secret
		{Method: del, Path: "/api/v1/finance/webhook", Answer: a.closeWebhook},
		{Method: post, Path: "/api/v1/finance/webhook/test", Answer: a.testWebhook, Keeps: true},
		{Method: post, Path: "/api/v1/finance/webhook/messages/{message}/redelivery", Answer: a.redeliver, Keeps: true},
		{Method: post, Path: "/api/v1/finance/webhook/messages/{message}/skipping", Answer: a.skipMessage, Keeps: true},
	}
}
