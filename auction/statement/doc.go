// Package statement makes each fact of an announcement answer for itself: it
// has an id that stays over versions, a hash of its text, its source, the day
// it was found out and by whom. Versions show their differences, and at the
// handing over the buyer marks each fact true or false.
//
// It owns the table statement_marks, the ids and the differences. It does not
// own the facts (docket, auction), nor their revisions (auction.ReviseAsset).
//
// What a buyer marked stays. Its reason is the court's to read; the log has
// the statement's id, the verdict and the reason's hash, and no personal data.
package statement
