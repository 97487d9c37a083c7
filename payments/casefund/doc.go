// Package casefund is what becomes of a case's money once it is there (案款): who claims it, the plan by which it is divided
// (参与分配, 财产分配方案; F4, CPI 506-514), the plan's course to its payees (F4o, F3) and its payouts (F5).
//
// It owns claims, claim_securities, distributions, plan_receipts, plan_objections, plan_objection_notices, plan_votes, payee_accounts, payouts and
// payout_files. It does not own the arithmetic nor the course of an objection, which auction/distribution has for the auditor too, nor the accounts and
// what moves between them (payments/ledger).
//
// Where to read: claim.go who claims; plan.go, pots.go the plan; serve.go, object.go, contest.go its course (stage.go says what it waits for); panel.go,
// approve.go who lets it be paid; payee.go, payout.go, file.go how it leaves; made.go what everybody sees, desk.go what the court sees.
//
// Creditors' names and accounts are read by the court alone. The public and the log know a claim by its number, kind, amount, rank and property.
//
// Invariants: a plan divides what the case's accounts hold, to the fen, or is not made; it is in the log with all that it was made from, so
// that anybody can divide again; of a case one plan stands at most, and it is of the claims that stand; what it pays is what it gives, less what is set
// aside, and nobody is paid by who prepared it.
package casefund
