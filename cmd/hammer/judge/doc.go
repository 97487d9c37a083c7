// Package judge says whether a history of bids, as their bidders saw it, is one that the rules allow (I3): there must be an
// order of all bids, refusals included, in which each took effect between its sending and its answer, and in which
// bidding/course gives each the answer that it got. It also holds every answer against the lot's public record: what was
// acknowledged is there (I1), what was refused or not placed is not.
//
// The search is porcupine's; the model is bidding/course itself, the same code that the auditor re-runs.
package judge
