// Package court is the scripted court of the demonstration: invented judges,
// bidders and property that go through every step of a sale by the same use
// cases as real ones.
//
// It owns the docket (docket.json), the plan of where each of its lots stands
// when a demonstration begins (plan.json), the scripts that bring them there
// (Seed), keep them alive (Keep) and sell lots of chance for tests (Sell). It
// does not own any rule: a script asks auction, bidding and payments like
// everybody else, pays on the payment page like everybody else, and takes
// every period from the rule set of the house.
//
// Scripts read like stories: announce, wait until noon, bid. What waiting means
// is a pace: on a timeline the clock is stepped to whoever is next, so days
// pass in a minute; in a running demonstration scripts wait for real.
//
// Everybody in it is invented and marked as such; nothing here touches the
// accounts that people sign in with, bidder1 to bidder9, once they are made.
package court
