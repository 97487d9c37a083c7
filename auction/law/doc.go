// Package law holds the rule sets: the figures and periods of a judicial sale
// as data, each with the article it comes from.
//
// A rule set is a value, never another code path: China2017 holds the figures
// in force, Demonstration the same rules with minutes in place of days. A lot
// keeps the rule set that it was announced under. The package is pure.
package law
