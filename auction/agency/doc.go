// Package agency is how the court confirms agents before bidding starts (R14; OJA 14 (2)): an account asks, for one lot, to bid for
// one or several others, and the court confirms or refuses. Joint bidders (联合竞买) are principals with shares; the agent may be one
// of them.
//
// It owns the tables agencies and agency_principals and the entry lot.agency_decided. It does not own the enrolment that uses an
// agency (bidding), nor the confirmation that names the principals of a win (auction).
//
// Invariants: the shares of an agency make 10,000 basis points; it is confirmed before the lot's starts_at or never; nobody is
// confirmed who is barred (R34) or defaulted on the property (R24x), as agent or as principal; nobody is a principal of two agents
// of a lot (R20a). The log holds the hash of an
// agency, in which identity numbers stand as salted hashes; the rows hold no code, nor whether anybody enrolled (R18).
package agency
