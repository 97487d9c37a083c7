// Package retention says what of a sale may be erased, and when (R29): all
// electronic data are kept whole for at least ten years from its end. After
// that the names and the free texts beside the log may go: the buyer's name in
// the confirmation, the court's notes on the handing over, the reasons of the
// buyer's marks. Their hashes stay, and the entries of the log, the events of
// courses, bids and money are never erased.
//
// It owns no table. Erasing is an act on the lot: it is on the trail and in the log.
package retention
