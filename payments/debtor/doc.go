// Package debtor is the door of a case for its debtor (被执行人): the sum that stops the sale today, to the fen and line by line; the way to pay it;
// and later where each fen went, what is kept for them, and where a surplus should go.
//
// It owns debtor_doors, debt_quotes and debtor_accounts. It does not own the payment (payments), nor the division of what came (payments/casefund).
//
// Whoever holds the code of a door is taken for the debtor: the court gives it on a letter that it serves. A door shows nothing that the court
// does not owe the debtor, creditors are numbers in it, and nothing is paid out by it alone: where a surplus goes is proposed there, and two
// persons of finance act on it (F5).
//
// Invariants: a lot whose bidding had not started when the debt was paid in full is withdrawn (R17w); what was told in the morning is enough until the
// court's day ends; the code is kept nowhere.
package debtor
