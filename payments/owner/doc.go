// Package owner is money that looks for its owner (待领款): what a court holds for a signed-in person, asked for with one act and answered within
// fifteen days; balances that a court held before this house, and their age.
//
// It owns old_balances, claim_owners and money_requests. It pays nothing: a granted claim's account becomes the payee's (payments/casefund), a
// deposit's transfer by hand is finance's duty (R23), and an old balance lies on the court's old account, in no ledger of ours; that it was
// transferred is recorded by another person than granted it (F5).
//
// A person sees what is proven to be theirs: deposits of their account, and claims that finance linked to it by their papers. A name proves nothing, so
// nobody can look for old balances by one: they say what they know, and finance looks.
package owner
