// Package drawing lists and makes draws between equals: which of several creditors of one rank takes a property (R16d), and
// which appraisal firms are asked, in which order (R10p).
//
// It owns the tables draws and draw_candidates, the duty make_draw and what is read of draws. It does not own how an order
// comes out of a list and a value, nor the check of it (auction/draw), nor what is done with the order (auction.TakeForDebt,
// the fixing of reference prices).
//
// A draw is listed by a judge, opened by the machine not before its time, and made by the machine once the published log covers
// the opening. Nobody chooses the value: it is the root of the tree that ends with the opening.
//
// Invariants: a list never changes and is drawn once; the value is opened after the list was published (I6).
package drawing
