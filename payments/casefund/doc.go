// Package casefund is what becomes of a case's money once it is there (案款): who claims it, and the plan by which it is divided
// (参与分配, 财产分配方案; F4, F4o, CPI 506-514).
//
// It owns claims, claim_securities and distributions. It does not own the arithmetic, which auction/distribution does for the auditor too,
// nor the accounts and what moves between them (payments/ledger).
//
// Creditors' names are read by the court alone. The public and the log know a claim by its number, kind, amount, rank and property.
//
// Invariants: a plan divides what the case's accounts hold, to the fen, or is not made; it is in the log with all that it was made from, so
// that anybody can divide again; of a case one plan stands at most, and it is of the claims that stand.
package casefund
