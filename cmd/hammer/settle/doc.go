// Package settle measures how long deposits lie after the end: real servers, a lot of many bidders whose deposits are paid at the payment stand-in, a few
// bids, and then the close. It waits until each deposit is applied to the price or returned, and reads from the record when that was.
//
// A return counts when the provider said that the money went, as R23 wants both times shown, not when it was asked to.
package settle
