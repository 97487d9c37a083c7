// Package trail keeps the process trail of a case (R3): who did what, when and
// on which ground, for every step from the case's opening to the handover.
//
// It owns the table trail and the words for acts. It does not own the acts:
// each package writes its step in the transaction of the act itself, and SQL
// refuses to commit a change of a lot, a vote, a paper or an order of the court
// that has no step beside it. Nothing can be done off the trail.
//
// A step names the account for the inspector alone; the public reads the role
// and the name under which the log has the judge. It carries no free text but
// the reasons that are published, and no identity of a bidder.
package trail
